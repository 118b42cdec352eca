//! Words for what a plan does to groups that are bound as a whole, and to their registration profiles.

use crate::plan::{Exchange, Note};
use crate::render::words::{clean, count};

/// Adds how the sources of a group change.
pub(super) fn exchange(what: &mut Vec<String>, exchange: &Exchange, to: &str) {
    let Exchange { attach, detach, rejoin, rerun } = exchange;
    if *attach {
        what.push(format!("attach the source of {to}"));
    }
    if !detach.is_empty() {
        let names: Vec<_> = detach.iter().map(|link| clean(&link.name)).collect();
        let then = if *attach { "then " } else { "" };
        what.push(format!("{then}detach {}", names.join(", ")));
    }
    if !rejoin.is_empty() {
        let many = count(rejoin.len(), "member");
        let (have, join) = if rejoin.len() == 1 { ("has", "joins") } else { ("have", "join") };
        what.push(format!("{many} {have} other sources than the group, and {join} it again"));
    }
    if !rerun.is_empty() {
        what.push(format!("repeat what failed on {}", count(rerun.len(), "member")));
    }
}

/// Says what becomes of a registration profile.
pub(super) fn profile((adopt, replace): (bool, bool), wanted: bool) -> &'static str {
    match (wanted, adopt, replace) {
        (false, ..) => "delete it; systems that came up with it stay as they are",
        (true, true, _) => "record it, which an earlier run made and could not record",
        (true, false, true) => "make it anew, since whom it is for cannot be changed",
        (true, false, false) => "make it, so that new systems come up as members of the group",
    }
}

/// Returns a note about a service that binds groups; none where the note is about something else.
pub(super) fn note(note: &Note) -> Option<String> {
    match note {
        Note::JoinInstalls { group, release, instances, beyond } => {
            let beyond = match beyond {
                true => ", which is more than `update` of the group asks for",
                false => "",
            };
            let (many, it) =
                (count(*instances, "instance"), if *instances == 1 { "it gets" } else { "they get" });
            Some(format!(
                "when {many} {} group.{group}, {it} the source of {release} instead of what was there, and all its \
                 updates at once{beyond}: the service does that with whoever joins",
                if *instances == 1 { "joins" } else { "join" },
            ))
        }
        Note::WholeGroup { group, unreachable } => {
            let many = count(*unreachable, "member");
            let (are, them) = if *unreachable == 1 { ("is", "it") } else { ("are", "them") };
            Some(format!(
                "group.{group} moves as a whole: its {many} that the service does not reach {are} asked too, and what \
                 waits there for {them} fails after a day"
            ))
        }
        Note::MadeOf { releases, vendors } => {
            let names: Vec<String> = releases.iter().map(|release| format!("release.{release}")).collect();
            let vendors: Vec<_> = vendors.iter().map(|name| clean(name)).collect();
            Some(format!("{} made from {}", names.join(", "), vendors.join(", ")))
        }
        _ => None,
    }
}
