//! The words for things: addresses, sources, reasons, steps, times. One wording each, wherever it is shown.

mod crew;
mod doing;
pub(super) mod gates;
mod held;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::conformance::Tally;
use crate::name::{Address, Ocid, ReleaseName};
use crate::observed::{InstanceStatus, Job, SourceLink};
use crate::op::{Op, OpKey, Schedule, Wanted};
use crate::plan::{Action, Cohort, Phase, Plan, Reason, Step, Verification};
use crate::train::Patching;

use doing::{adjusting, enabling};
pub(super) use held::{held, held_short, held_whole};

/// Tells whether a character could command a terminal, turn the direction of writing, or stand there unseen.
pub(super) fn hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Makes a text that a service sent safe to show: control characters, and those that turn the direction of writing
/// or take no room, are spelled out.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hostile(c) { safe.extend(c.escape_unicode()) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// Makes a message of several lines one clean line.
pub(super) fn one_line(text: &str) -> String {
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// Returns what people call an instance.
pub(super) fn label(plan: &Plan, instance: &Ocid) -> String {
    clean(plan.label(instance)).into_owned()
}

/// Returns what people call several, briefly and in the order in which people look for them.
pub(super) fn labels<'a>(plan: &Plan, instances: impl IntoIterator<Item = &'a Ocid>) -> Vec<String> {
    let mut labels: Vec<String> = instances.into_iter().map(|instance| brief(plan.label(instance))).collect();
    labels.sort_by_cached_key(|label| natural(label));
    labels
}

/// Returns what sorts labels as people count: `web-2` before `web-10`. Before each number stands how long it is.
pub(super) fn natural(label: &str) -> String {
    let mut key = String::with_capacity(label.len() + 4);
    let mut rest = label;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let digits = number[..end].trim_start_matches('0');
        key.push_str(text);
        key.push(char::from_u32(0x100 + digits.len() as u32).unwrap_or(char::MAX));
        key.push_str(digits);
        rest = &number[end..];
    }
    key.push_str(rest);
    key
}

/// Returns a label that fits among others in a line. An OCID, which stands for a name where there is none, keeps its
/// kind and the end by which it is told from its neighbours; whole it stands where it is the subject.
pub(super) fn brief(label: &str) -> String {
    let safe = clean(label);
    let kind = safe.strip_prefix("ocid1.").and_then(|rest| rest.split_once('.'));
    match (kind, safe.char_indices().rev().nth(OCID_END - 1)) {
        (Some((kind, rest)), Some((end, _))) if rest.len() > OCID_END => {
            format!("ocid1.{kind}...{}", &safe[end..])
        }
        _ => safe.into_owned(),
    }
}

/// Characters of an OCID's end: 50 bits, of which no two of a fleet are alike.
const OCID_END: usize = 10;

/// Returns an address as people write it.
pub(super) fn address(plan: &Plan, address: &Address) -> String {
    match address {
        Address::Release(release) if release.is_own_parent() => format!("parent.{}", plan.basis.train),
        Address::Release(release) => format!("release.{release}"),
        Address::Group(group) => format!("group.{group}"),
        Address::Instance(instance) => format!("instance.{}", label(plan, instance)),
        Address::Schedule(group) => format!("schedule.{group}"),
        Address::Profile(group) => format!("profile.{group}"),
    }
}

/// Returns what kind of thing an address names.
pub(super) fn kind(address: &Address) -> &'static str {
    match address {
        Address::Release(release) if release.is_own_parent() => "parent",
        Address::Release(_) => "release",
        Address::Group(_) => "group",
        Address::Instance(_) => "instance",
        Address::Schedule(_) => "schedule",
        Address::Profile(_) => "profile",
    }
}

/// Returns a source's display name; a source of our own train is called as its release.
pub(super) fn source_name<'a>(plan: &Plan, name: &'a str) -> Cow<'a, str> {
    let own = name.strip_prefix(plan.basis.train.as_str()).and_then(|rest| rest.strip_prefix('/'));
    match own {
        Some(release) if ReleaseName::new(release).is_own_parent() => Cow::Borrowed("the empty parent"),
        _ => clean(own.unwrap_or(name)),
    }
}

/// Returns what people call a source of ours.
fn source(release: &ReleaseName) -> String {
    if release.is_own_parent() { "parent".to_owned() } else { release.to_string() }
}

/// Returns what an instance rides.
pub(super) fn rides<'a>(plan: &Plan, link: Option<&'a SourceLink>) -> Cow<'a, str> {
    link.map_or(Cow::Borrowed("no source"), |link| source_name(plan, &link.name))
}

/// Counts things: `1 package`, `2 packages`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Joins the counts that are not zero.
pub(super) fn counts(parts: &[(usize, &str)]) -> String {
    let shown: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    shown.join(", ")
}

/// Returns a time, in UTC and to the minute.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Returns a span of time: `0.4 s`, `12.3 s`, `1:02 min`, `2:03:04 h`.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{}.{} s", seconds, span.subsec_millis() / 100),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02} h", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// Returns how old something is, as one would say it: `40 s`, `3 min`, `5 h`, `12 days`.
pub(crate) fn old(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Returns things with a verb: `1 package is`, `2 packages are`.
pub(super) fn are(number: usize, thing: &str) -> String {
    format!("{} {}", count(number, thing), if number == 1 { "is" } else { "are" })
}

/// Returns the name of a phase.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Sources => "sources",
        Phase::Membership => "members",
        Phase::Switch => "switch",
        Phase::Update => "update",
        Phase::Verify => "read back",
        Phase::Gate => "gates",
        Phase::Reboot => "reboot",
        Phase::Schedules => "schedules",
    }
}

/// Counts steps of a phase.
pub(super) fn phase_count(phase: Phase, steps: usize) -> String {
    match phase {
        Phase::Sources => format!("{steps} for sources"),
        Phase::Membership => format!("{steps} for members"),
        Phase::Switch => format!("{steps} to switch"),
        Phase::Update => format!("{steps} to update"),
        Phase::Verify => format!("{steps} to read back"),
        Phase::Reboot => format!("{steps} to reboot"),
        Phase::Gate => count(steps, "gate"),
        Phase::Schedules => format!("{steps} for schedules"),
    }
}

/// Returns what the service says of an agent.
pub(super) fn status(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Normal => "normal",
        InstanceStatus::Warning => "warning",
        InstanceStatus::Unreachable => "unreachable",
        InstanceStatus::Error => "error",
    }
}

/// Returns why an instance is changed.
pub(super) fn reason(plan: &Plan, reason: &Reason, cohort: &Cohort) -> String {
    let file = &plan.file;
    match reason {
        Reason::Bound { line } => {
            format!("because {file}:{line} binds the group to {}", cohort.to)
        }
        Reason::Joined { line } => format!("because {file}:{line} puts it in the group"),
        Reason::Behind => format!("because it rides {} and is behind it", cohort.to),
        Reason::Inexact => format!("because it rides {} and is not exactly that", cohort.to),
        Reason::Reboot => "because it waits for a reboot".to_owned(),
        Reason::Drifted => format!("because somebody else moved it off {}", cohort.to),
        Reason::Unfinished => "because an earlier run began and did not finish".to_owned(),
    }
}

/// Returns the few words for a reason that stand behind a number of instances.
pub(super) fn reason_short(plan: &Plan, reason: &Reason) -> String {
    let file = &plan.file;
    match reason {
        Reason::Bound { line } => format!("bound by {file}:{line}"),
        Reason::Joined { line } => format!("put in by {file}:{line}"),
        Reason::Behind => "behind their release".to_owned(),
        Reason::Inexact => "not exactly their release".to_owned(),
        Reason::Reboot => "waiting for a reboot".to_owned(),
        Reason::Drifted => "moved off it by somebody else".to_owned(),
        Reason::Unfinished => "left by an unfinished run".to_owned(),
    }
}

/// Returns what a group lets be installed, where that is not simply everything.
pub(super) fn patching(patching: Patching) -> Option<String> {
    let only = |wanted: Wanted| match wanted {
        Wanted::All => "all updates".to_owned(),
        Wanted::Only(kind) => format!("{} updates", Wanted::Only(kind)),
    };
    match (patching.update, patching.schedule) {
        (Some(Wanted::All), _) if patching.is_exact() => Some("at level with exactly its release".to_owned()),
        (Some(Wanted::All), _) => None,
        (Some(update), None) => Some(format!("only {} count", only(update))),
        (Some(update), Some(schedule)) => Some(format!(
            "{} are made, the schedule brings {}, the rest does not count",
            only(update),
            only(schedule)
        )),
        (None, Some(schedule)) => Some(format!("the schedule brings {}, nothing else does", only(schedule))),
        (None, None) => Some("nothing updates it, so that it is never at level".to_owned()),
    }
}

/// Returns what of a number of packages counts, behind that number; nothing where all do.
pub(super) fn counting(patching: Patching, tally: Option<Tally>) -> String {
    let kind = patching.update.map_or_else(String::new, |update| format!("{update} "));
    match (patching.update, tally) {
        (Some(Wanted::All), _) => String::new(),
        (_, None) => format!(", of which the {kind}ones count, known after the switch"),
        (_, Some(Tally { due, scheduled, .. })) => {
            let mut parts = Vec::new();
            if patching.update.is_some() {
                parts.push(format!("{due} {kind}count"));
            }
            if scheduled > 0 {
                parts.push(format!("{scheduled} wait for the schedule"));
            }
            if parts.is_empty() {
                ", of which none counts".to_owned()
            } else {
                format!(", of which {}", parts.join(" and "))
            }
        }
    }
}

/// Returns what a schedule installs and how often.
pub(super) fn schedule(schedule: &Schedule) -> String {
    let Schedule { update, every, start } = schedule;
    format!("{update} updates every {every} from {}", time(*start))
}

/// Returns what a scheduled job of the service does.
pub(super) fn job(job: &Job) -> String {
    let what = job.update.map_or_else(|| "no updates".to_owned(), |update| format!("{update} updates"));
    let often = job.every.map_or_else(|| "once".to_owned(), |every| format!("every {every}"));
    let next = job.next.map_or_else(String::new, |next| format!(", next {}", time(next)));
    format!("{what} {often}{next}, as `{}`", clean(&job.name))
}

/// Returns an op's lasting name with what people call its instance.
pub(super) fn op_key(labels: &BTreeMap<Ocid, Arc<str>>, key: &OpKey) -> String {
    let named = key.0.rsplit_once('/').map(|(what, id)| (what, Ocid::new(id)));
    match named.as_ref().and_then(|(what, id)| Some((what, labels.get(id)?))) {
        Some((what, label)) => format!("{}/{}", clean(what), brief(label)),
        None => clean(&key.0).into_owned(),
    }
}

/// Returns which updates, in brackets; nothing where it is all of them.
fn only(kind: Wanted) -> String {
    match kind {
        Wanted::All => String::new(),
        Wanted::Only(_) => format!(" ({kind})"),
    }
}

/// What a step does: to whom, while it does it, and when it has done it.
pub(super) struct StepWords {
    /// `web-03`, `GL1.1`, `group web`.
    pub(super) object: String,
    /// `updating`.
    pub(super) doing: String,
    /// `updated`.
    pub(super) done: String,
}

/// Returns the words for a step.
pub(super) fn step(plan: &Plan, step: &Step) -> StepWords {
    let safe = |text: String| clean(&text).into_owned();
    let words = |object: String, doing: String, done: String| StepWords {
        object: safe(object),
        doing: safe(doing),
        done: safe(done),
    };
    match &step.action {
        Action::Act { op } => match op {
            Op::CreateSource { release, .. } => {
                words(source(release), "creating the source".to_owned(), "source created".to_owned())
            }
            Op::AddPackages { source, packages } => {
                let many = count(packages.len(), "package");
                words(source.release.to_string(), format!("adding {many}"), format!("{many} added"))
            }
            Op::RemovePackages { source, packages } => {
                let many = count(packages.len(), "package");
                words(source.release.to_string(), format!("removing {many}"), format!("{many} removed"))
            }
            Op::AdoptSource { release, .. } => {
                words(source(release), "taking the source over".to_owned(), "source taken over".to_owned())
            }
            Op::AdoptGroup { group, .. } => {
                words(format!("group {group}"), "taking over".to_owned(), "taken over".to_owned())
            }
            Op::CreateGroup { group, .. } => {
                words(format!("group {group}"), "creating".to_owned(), "created".to_owned())
            }
            Op::DeleteGroup { group } => {
                words(format!("group {}", group.group), "deleting".to_owned(), "deleted".to_owned())
            }
            Op::Join { group, instance } => words(
                brief(plan.label(instance)),
                format!("joining {}", group.group),
                format!("joined {}", group.group),
            ),
            Op::Leave { group, instance } => words(
                brief(plan.label(instance)),
                format!("leaving {}", group.group),
                format!("left {}", group.group),
            ),
            Op::Switch { instance, to, .. } => words(
                brief(plan.label(instance)),
                format!("switching to {}", to.release),
                format!("switched to {}", to.release),
            ),
            Op::DeleteSource { source } => words(
                source.release.to_string(),
                "deleting the source".to_owned(),
                "source deleted".to_owned(),
            ),
            Op::CreateSchedule { group, .. } => {
                words(format!("schedule {}", group.group), "creating".to_owned(), "created".to_owned())
            }
            Op::ChangeSchedule { group, .. } => {
                words(format!("schedule {group}"), "changing".to_owned(), "changed".to_owned())
            }
            Op::DeleteSchedule { group, .. } => {
                words(format!("schedule {group}"), "deleting".to_owned(), "deleted".to_owned())
            }
            Op::Patch { instance, package: Some(package), .. } => words(
                brief(plan.label(instance)),
                format!("updating {} to {}", package.name(), package.evr()),
                format!("{} updated to {}", package.name(), package.evr()),
            ),
            Op::Patch { instance, wanted, package: None } => words(
                brief(plan.label(instance)),
                format!("installing {wanted} updates"),
                format!("{wanted} updates installed"),
            ),
            Op::Enforce { instance, source, adjusts } => {
                let (doing, done) = adjusting(adjusts);
                let release = &source.release;
                words(
                    brief(plan.label(instance)),
                    format!("making it exactly {release}: {doing}"),
                    format!("made exactly {release}: {done}"),
                )
            }
            Op::EnableStreams { instance, streams } => {
                let (doing, done) = enabling(streams);
                words(brief(plan.label(instance)), doing, done)
            }
            Op::Attach { .. }
            | Op::Detach { .. }
            | Op::Enroll { .. }
            | Op::Dismiss { .. }
            | Op::UpdateGroup { .. }
            | Op::PatchGroup { .. }
            | Op::EnforceGroup { .. }
            | Op::EnableGroupStreams { .. }
            | Op::Rerun { .. }
            | Op::Refresh { .. }
            | Op::CreateProfile { .. }
            | Op::DeleteProfile { .. } => {
                let (object, doing, done) = crew::step(op);
                words(object, doing, done)
            }
            Op::Reboot { instance, .. } => {
                words(brief(plan.label(instance)), "rebooting".to_owned(), "rebooted".to_owned())
            }
            Op::RefreshInstance { instance } => words(
                brief(plan.label(instance)),
                "having packages listed anew".to_owned(),
                "packages listed anew".to_owned(),
            ),
            Op::Update { instance, source, kind } => {
                let what = only(*kind);
                words(
                    brief(plan.label(instance)),
                    format!("updating to {}{what}", source.release),
                    format!("updated to {}{what}", source.release),
                )
            }
        },
        Action::Verify { what: Verification::Contents { source } } => words(
            self::source(&source.release),
            "reading the source back".to_owned(),
            "source read back".to_owned(),
        ),
        Action::Verify { what: Verification::Patched { instance, .. } } => words(
            brief(plan.label(instance)),
            "reading updates back".to_owned(),
            "updates read back".to_owned(),
        ),
        Action::Verify { what: Verification::Streams { instance, .. } } => words(
            brief(plan.label(instance)),
            "reading streams back".to_owned(),
            "streams read back".to_owned(),
        ),
        Action::Verify { what: Verification::Booted { instance, .. } } => words(
            brief(plan.label(instance)),
            "looking what it runs".to_owned(),
            "runs what it is to run".to_owned(),
        ),
        Action::Verify { what: Verification::Level { instance, .. } } => {
            words(brief(plan.label(instance)), "reading packages back".to_owned(), "at level".to_owned())
        }
        Action::Gate { condition } => {
            let (object, doing, done) = gates::step(condition);
            words(object, doing, done)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_sort_as_people_count() {
        let mut labels = ["web-10", "web-2", "db-1", "web-02b", "web", "web-2-1", "web-100"];
        labels.sort_by_key(|label| natural(label));
        assert_eq!(labels, ["db-1", "web", "web-2", "web-2-1", "web-02b", "web-10", "web-100"]);
    }

    #[test]
    fn an_ocid_among_others_keeps_its_kind_and_its_end() {
        let long =
            "ocid1.instance.oc1.eu-frankfurt-1.aaaaaaaaythmnrjbhef4z7p53teuvsmj7huw2ltsivlfqkwsfakzonkrxszt";
        assert_eq!(brief(long), "ocid1.instance...kzonkrxszt");
        for kept in ["web-01", "ocid1.instance.a", "ocid1.", "", "ocid1-looks-like-one-but-is-a-name"] {
            assert_eq!(brief(kept), kept);
        }
        assert_eq!(brief("ocid1.instance.oc1..\u{fc}\u{fc}bung-0123456789"), "ocid1.instance...0123456789");
    }
}
