//! The tables of a comment: groups, releases, the policy; and the critical CVEs.

use super::super::summary::{GROUPS, RELEASES, Row, group_rows, release_rows};
use super::super::{policy, summary};
use super::{Draft, Rung};
use crate::plan::Check;
use crate::render::coverage;
use crate::render::markdown::{escaped, head, row};
use crate::render::table::Side;
use crate::render::words::count;

/// Writes them.
pub(super) fn write(draft: &mut Draft<'_>) {
    let rows = group_rows(draft.plan);
    table(draft, &format!("### Groups ({})", rows.len()), &GROUPS, &rows);
    let rows = release_rows(draft.plan);
    table(draft, &format!("### Sources of releases ({})", rows.len()), &RELEASES, &rows);
    rules(draft);
    critical(draft);
}

/// Writes a table without the columns that are empty; its first two columns are names. What stands below a row in a
/// terminal stands in a last column here.
fn table(draft: &mut Draft<'_>, title: &str, columns: &[(&'static str, Side)], rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let shown = draft.keep(rows.len());
    let used: Vec<usize> =
        (0..columns.len()).filter(|column| rows.iter().any(|row| !row.cells[*column].is_empty())).collect();
    let of = |side| used.iter().copied().filter(move |column: &usize| columns[*column].1 == side);
    let told = rows.iter().any(|row| !row.below.is_empty());
    let mut texts = vec![" "];
    texts.extend(of(Side::Left).map(|column| columns[column].0));
    let mut figures: Vec<&str> = of(Side::Right).map(|column| columns[column].0).collect();
    figures.extend(told.then_some("facts"));
    draft.block(title);
    draft.line("");
    let mut lines = Vec::new();
    head(&mut lines, &texts, &figures);
    if told && let Some(rule) = lines.last_mut() {
        // The facts are text, and stand last all the same.
        rule.truncate(rule.len() - "---:|".len());
        rule.push_str("---|");
    }
    for entry in &rows[..shown] {
        let mark = if entry.mark.0 == ' ' { String::new() } else { format!("`{}`", entry.mark.0) };
        let name = |column: usize| match (column, entry.cells[column].as_str()) {
            (_, "") => String::new(),
            (0, text) => draft.name(text),
            (_, text) => draft.words(text),
        };
        let mut cells = vec![mark];
        cells.extend(of(Side::Left).map(name));
        cells.extend(of(Side::Right).map(|column| escaped(&entry.cells[column])));
        if told {
            let facts: Vec<String> = entry.below.iter().map(|fact| draft.words(fact)).collect();
            cells.push(facts.join("<br>"));
        }
        row(&mut lines, cells);
    }
    draft.lines.extend(lines);
    if shown < rows.len() {
        draft.block(format!("and {} more.", rows.len() - shown));
    }
    if columns.len() == GROUPS.len()
        && let Some(held) = summary::held_kinds(draft.plan)
    {
        let shown = draft.keep(held.len());
        let held: Vec<String> =
            held[..shown].iter().map(|(kind, many)| format!("{many} {}", draft.words(kind))).collect();
        draft.block(format!("Held: {}.", held.join("; ")));
    }
}

fn rules(draft: &mut Draft<'_>) {
    let Some(review) = &draft.plan.policy else { return };
    draft.block(format!("### Policy: {}", policy::verdict(review)));
    draft.line("");
    if !review.checks.is_empty() {
        let mut lines = Vec::new();
        head(&mut lines, &["", "rule", "asked for", "found"], &[]);
        let shown = draft.keep(review.checks.len());
        for Check { rule, outcome, limit, found, details } in &review.checks[..shown] {
            let listed = draft.fold(details.len(), "what breaks a rule, one by one", [50, 20, 5]);
            let mut found = vec![draft.words(found)];
            found.extend(details[..listed].iter().map(|detail| format!("• {}", draft.words(detail))));
            if listed < details.len() {
                found.push(format!("and {} more", details.len() - listed));
            }
            let outcome = policy::word(*outcome);
            let outcome = if outcome == "pass" { outcome.to_owned() } else { format!("**{outcome}**") };
            row(&mut lines, [outcome, draft.name(rule), draft.words(limit), found.join("<br>")]);
        }
        draft.lines.extend(lines);
        if shown < review.checks.len() {
            draft.block(format!("and {}.", count(review.checks.len() - shown, "more rule")));
        }
    }
    if let Some(approvals) = &review.approvals {
        let needed = draft.words(&policy::needed(approvals));
        draft.block(format!("**{needed}**"));
    }
    if let Some(unrecorded) = policy::unrecorded(review) {
        draft.block(unrecorded);
    }
    if !review.changed.is_empty() {
        draft.line("");
        let shown = draft.keep(review.changed.len());
        for change in &review.changed[..shown] {
            let changed = draft.words(&policy::changed(change));
            draft.line(format!("- {changed}"));
        }
        if shown < review.changed.len() {
            draft.line(format!("- and {} more", review.changed.len() - shown));
        }
    }
}

/// Writes the CVEs that the vendor calls critical: what becomes of each, by move.
fn critical(draft: &mut Draft<'_>) {
    let mut lines = Vec::new();
    for one in &draft.plan.moves {
        let Some(coverage) = &one.coverage else { continue };
        for (what, names) in coverage::critical(coverage) {
            let shown = draft.keep(names.len());
            let told = names[..shown].iter().map(|name| match draft.rung {
                Rung::Counts => draft.name(name),
                _ => coverage::link(name),
            });
            let mut told: Vec<String> = told.collect();
            if shown < names.len() {
                told.push(format!("{} more", names.len() - shown));
            }
            let (from, to) = (draft.name(one.from.as_str()), draft.name(one.to.as_str()));
            lines.push(format!("- {from} → {to}, {what} ({}): {}", names.len(), told.join(", ")));
        }
    }
    if !lines.is_empty() {
        let shown = draft.keep(lines.len());
        draft.block("### Critical CVEs");
        draft.line("");
        let rest = lines.len() - shown;
        draft.lines.extend(lines.into_iter().take(shown));
        if rest > 0 {
            draft.line(format!("- and {rest} more moves or lists"));
        }
    }
}
