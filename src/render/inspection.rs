//! The state looked into: addresses, records, differences between two states, and what was done to it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::page::{Mark, Page};
use super::table::{Side, Table};
use super::words::{clean, count, time};
use super::{Detail, Style, encoded};
use crate::name::Address;
use crate::state::inspect::{Difference, How, Spellings, fields};
use crate::state::store::{Backup, HistoryLine, UnlockRecord};
use crate::state::{Consent, State};

/// Lists what a state holds, an address a line.
pub fn state_addresses(state: &State) -> String {
    let spellings = Spellings::of(state);
    state.addresses().iter().map(|address| clean(&spellings.spell(address)).into_owned() + "\n").collect()
}

/// Tells what is on record at an address, a field a line.
pub fn state_record(state: &State, address: &Address) -> String {
    let record = state.record_at(address).unwrap_or_default();
    let mut text = format!("{}\n", clean(&Spellings::of(state).spell(address)));
    if let Address::Instance(id) = address {
        let _ = writeln!(text, "  id: {id}");
    }
    for (name, value) in fields(&record) {
        let _ = writeln!(text, "  {name}: {}", clean(&value));
    }
    text
}

/// Writes what is on record at addresses as JSON.
pub fn state_records(state: &State, addresses: &[Address]) -> String {
    let spellings = Spellings::of(state);
    let one = |address: &Address| {
        let id = match address {
            Address::Instance(id) => Some(id),
            _ => None,
        };
        let mut told = json!({ "address": spellings.spell(address), "record": state.record_at(address) });
        if let (Some(id), Value::Object(fields)) = (id, &mut told) {
            fields.insert("id".to_owned(), json!(id));
        }
        told
    };
    let all: Vec<Value> = addresses.iter().map(one).collect();
    encoded::document(
        &json!({ "format_version": 1, "train": state.train, "serial": state.serial, "resources": all }),
    )
}

/// Writes a state as its file would hold it, and as it can be looked at: whoever reads it reads the same.
pub fn state_json(state: &State) -> String {
    encoded::document(state)
}

/// How many differences are shown before somebody is asked.
const SHOWN: usize = 20;

/// Tells how two states differ, the first of many differences only.
pub fn state_differences_folded(differences: &[Difference]) -> String {
    let shown = &differences[..differences.len().min(SHOWN)];
    let mut text = state_differences(shown);
    let hidden = differences.len() - shown.len();
    if hidden > 0 {
        let _ = writeln!(text, "  ... and {hidden} more: --dry-run shows all");
    }
    text
}

/// Tells how two states differ.
pub fn state_differences(differences: &[Difference]) -> String {
    let mut text = String::new();
    for Difference { address, how } in differences {
        let address = clean(address);
        match how {
            How::Added => _ = writeln!(text, "  + {address}"),
            How::Removed => _ = writeln!(text, "  - {address}"),
            How::Changed { fields } => {
                let _ = writeln!(text, "  ~ {address}");
                for field in fields {
                    let side = |value: &Option<String>| match value {
                        Some(value) => clean(value).into_owned(),
                        None => "none".to_owned(),
                    };
                    let (before, after) = (side(&field.before), side(&field.after));
                    let _ = writeln!(text, "      {}: {before} -> {after}", field.name);
                }
            }
        }
    }
    text
}

/// Writes how two states differ as JSON.
pub fn state_differences_json(before: &State, after: &State, differences: &[Difference]) -> String {
    encoded::document(&json!({
        "format_version": 1,
        "train": after.train,
        "before": before.serial,
        "after": after.serial,
        "differences": differences,
    }))
}

/// Tells who did what when, and which serials can be gone back to.
pub fn history(lines: &[HistoryLine], backups: &[Backup], state: Option<&State>, style: Style) -> String {
    let mut page = Page::new(Style { detail: Detail::Full, ..style });
    let ours = |backup: &&Backup| state.is_none_or(|state| backup.is_of(state));
    // What is there goes before what only a version keeps.
    let mut kept: BTreeMap<u64, &str> = BTreeMap::new();
    for backup in backups.iter().filter(ours) {
        let how = if backup.version.is_some() { "version" } else { "yes" };
        let told = kept.entry(backup.name.serial).or_insert(how);
        if backup.version.is_none() {
            *told = how;
        }
    }
    let mut table = Table::new(&[
        ("serial", Side::Right),
        ("when", Side::Left),
        ("who", Side::Left),
        ("what", Side::Left),
        ("kept", Side::Left),
    ]);
    let begin = state.map_or(0, |state| HistoryLine::begin_of(lines, state));
    let mut rows: Vec<(u64, [String; 5])> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let (serial, at, who, host, what) = match line {
            HistoryLine::Run(run) => (run.serial, run.at, &run.who, &run.host, told(run)),
            HistoryLine::Change(change) => {
                let what = with_flags(change.change.clone(), &change.overrides);
                (change.serial, change.at, &change.who, &change.host, what)
            }
            HistoryLine::Unlock(unlock) => {
                let UnlockRecord { at, who, host, unlocked } = unlock;
                let who = clean(&format!("{who} on {host}")).into_owned();
                let what = format!(
                    "took away the lock of {} on {}: {}",
                    unlocked.who, unlocked.host, unlocked.command
                );
                let cells = [String::new(), time(*at), who, clean(&what).into_owned(), String::new()];
                rows.push((rows.last().map_or(0, |(serial, _)| *serial), cells));
                continue;
            }
        };
        let made = index < begin || line.was_made(&lines[index + 1..], state);
        let what = if made { what } else { format!("{what}, not carried out") };
        let is = if index < begin || !made {
            ""
        } else if state.is_some_and(|state| state.serial == serial) {
            "now"
        } else {
            kept.remove(&serial).unwrap_or_default()
        };
        let who = clean(&format!("{who} on {host}")).into_owned();
        rows.push((serial, [serial.to_string(), time(at), who, clean(&what).into_owned(), is.to_owned()]));
    }
    // Those that nothing is noted of: a state that was put there by other means.
    let unknown = kept.into_iter().rev();
    for (serial, how) in unknown {
        let at = begin + rows[begin..].iter().take_while(|(other, _)| *other < serial).count();
        let cells = [serial.to_string(), String::new(), String::new(), String::new(), how.to_owned()];
        rows.insert(at, (serial, cells));
    }
    let count = rows.len();
    for (_, cells) in rows {
        table.row(Mark::NONE, cells.to_vec(), Vec::new());
    }
    table.write(&mut page, 0, count);
    let others: Vec<&Backup> = backups.iter().filter(|backup| !ours(backup)).collect();
    if !others.is_empty() {
        page.heading("States of other lineages", "");
        for backup in others {
            page.item(2, Mark::NONE, &format!("serial {}: {}", backup.name.serial, backup.place));
        }
    }
    page.finish()
}

fn told(run: &crate::state::store::HistoryRecord) -> String {
    if let Some(ancestor) = &run.ancestor {
        return format!("took over from {}, serial {}", ancestor.api.name(), ancestor.serial);
    }
    let plan: String = run.plan.0.chars().take(12).collect();
    let steps = &run.steps;
    let mut told = format!("plan {plan}: {} done", count(steps.done, "step"));
    for (number, word) in
        [(steps.already, "done before"), (steps.failed, "failed"), (steps.not_started, "left")]
    {
        if number > 0 {
            let _ = write!(told, ", {number} {word}");
        }
    }
    if run.interrupted {
        told.push_str(", interrupted");
    }
    told.push_str(&consent(&run.consent));
    with_flags(told, &run.overrides)
}

/// Says by whose word a plan was applied, as what follows a sentence; nothing where nobody's was needed.
pub(super) fn consent(consent: &Consent) -> String {
    let Consent { approvals, overridden } = consent;
    let mut told = String::new();
    if !approvals.is_empty() {
        let names: Vec<&str> = approvals.iter().map(|approved| approved.name.as_str()).collect();
        let _ = write!(told, ", approved by {}", clean(&names.join(", ")));
    }
    if let Some(overridden) = overridden {
        let (broken, reason) = (overridden.broken.join(", "), &overridden.reason);
        let _ = write!(told, ", set aside {}: {}", clean(&broken), clean(reason));
    }
    told
}

/// Adds the flags by which something went on without a question, or past a refusal.
fn with_flags(told: String, flags: &[String]) -> String {
    flags.iter().fold(told, |told, flag| format!("{told}, {flag}"))
}

/// Writes the same as JSON.
pub fn history_json(lines: &[HistoryLine], backups: &[Backup]) -> String {
    let backup = |backup: &Backup| {
        json!({
            "serial": backup.name.serial,
            "lineage": backup.name.lineage,
            "place": backup.place.to_string(),
            "version": backup.version,
        })
    };
    let backups: Vec<Value> = backups.iter().map(backup).collect();
    encoded::document(&json!({ "format_version": 1, "history": lines, "backups": backups }))
}
