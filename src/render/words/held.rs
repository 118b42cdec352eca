//! The words for what is held: why, and in a summary's one word.

use std::collections::BTreeMap;

use super::{are, clean, count, time};

use crate::observed::InstanceStatus;
use crate::plan::{Held, HeldReason, Left, Stay};
use crate::rollout::Closure;

/// Packages named of those that stay for one reason before they are counted.
const NAMED: usize = 3;

/// Returns why something is held, without what differs from one instance to the next; of many packages some.
pub(in crate::render) fn held(held: &Held) -> String {
    told(held, NAMED)
}

/// The same with every package that there is.
pub(in crate::render) fn held_whole(held: &Held) -> String {
    told(held, usize::MAX)
}

fn told(held: &Held, most: usize) -> String {
    let until = held.until.map(|until| format!(", until {}", time(until))).unwrap_or_default();
    let reason = &held.reason;
    let text = match reason {
        HeldReason::Unreachable { status: InstanceStatus::Error, .. } => {
            "the service reports an error of its agent".to_owned()
        }
        HeldReason::Unreachable { .. } => "the service does not reach it".to_owned(),
        HeldReason::Unknown => {
            "the service does not know it (a new instance is unknown for some minutes)".to_owned()
        }
        HeldReason::Unread => {
            "the service tells none of its packages (its agent may not have sent them yet)".to_owned()
        }
        HeldReason::Ahead { packages } => format!(
            "{} newer than the release, and its group says that this blocks",
            are(*packages, "package")
        ),
        HeldReason::OpenWork { .. } => "a work request that is not this plan's is open on it".to_owned(),
        HeldReason::Gate { .. }
        | HeldReason::Soak { .. }
        | HeldReason::Closed { .. }
        | HeldReason::Paused { .. }
        | HeldReason::Stopped { .. } => super::gates::held(reason),
        HeldReason::Undeclared => {
            "the state owns its source, and the train no longer declares it; declared with \
             `retired = true`, it is deleted once nothing rides it"
                .to_owned()
        }
        HeldReason::Ridden { groups, riders } => {
            let parts = [(riders.len(), "instance"), (groups.len(), "group")];
            let parts = parts.into_iter().filter(|(number, _)| *number > 0);
            let who: Vec<String> = parts.map(|(number, what)| count(number, what)).collect();
            format!(
                "it is retired, and its source is deleted once nothing rides it: {} still {}, and what no group of the \
                 train holds is moved by hand",
                who.join(" and "),
                if groups.len() + riders.len() == 1 { "does" } else { "do" },
            )
        }
        HeldReason::NotOurs { source } => format!(
            "it is retired, and the tags of its source {source} no longer say that it is ours: delete it by hand, or \
             give it its tags back"
        ),
        HeldReason::OthersGroup { group } => format!(
            "the train no longer declares it, and the tags of the service's group {group} say that it is another \
             train's or state's, so that it is not ours to delete: forget it with `patchtrain state rm`"
        ),
        HeldReason::NotRunning { state } => format!("selected, and not running: it is {state}"),
        HeldReason::OtherSystem { os } => {
            format!("selected, and of another system than the train is for: {}", clean(os))
        }
        HeldReason::Schedule { packages, known: true } => {
            format!("waits for the schedule of its group, which is to bring {}", count(*packages, "package"))
        }
        HeldReason::Schedule { packages, known: false } => format!(
            "waits for the schedule of its group: {} behind, and which of them it brings is known after the switch",
            are(*packages, "package")
        ),
        HeldReason::Elsewhere { rides } => format!(
            "it rides {}, not its release, and an update would take it beyond that: `patchtrain apply` puts it there",
            rides.as_deref().map_or_else(|| "no source".to_owned(), |name| clean(name).into_owned())
        ),
        HeldReason::Beside { .. } => "its group moves as a whole, and work that is not ours, or takes longer than \
                                      `work_timeout`, is open on another member; taken out of the group, that one holds \
                                      nobody up"
            .to_owned(),
        HeldReason::NotEverywhere { package, lacking } => format!(
            "the service installs {} on all members of a group, and {} it altogether",
            clean(package),
            if *lacking == 1 { "1 of them lacks".to_owned() } else { format!("{lacking} of them lack") }
        ),
        HeldReason::Apart { rides } => format!(
            "it has {}, not what its group has; taken out of the group there and put in again, it gets that (`members = \
             \"service\"`: who is in it is not this train's to say)",
            rides.as_deref().map_or_else(|| "no source".to_owned(), |name| clean(name).into_owned())
        ),
        HeldReason::Stray { .. } => "its group is updated as a whole, and another member, with other sources than the \
                                     group has, would be taken beyond its release"
            .to_owned(),
        HeldReason::Taken { by, name } => {
            let by = match name {
                Some(name) => format!("{} ({by})", clean(name)),
                None => by.to_string(),
            };
            format!(
                "it is in {by}, which is not this train's, and the service has an instance in one group or lifecycle \
                 stage at most: taken out of that there, it joins with the next apply"
            )
        }
        HeldReason::Locked { group } => format!(
            "the service updates members of a group only together: `--group {group}` does that"
        ),
        HeldReason::Unbooted { kernel, runs, .. } => unbooted(kernel.as_deref(), runs.as_deref()),
        HeldReason::Overdue { .. } => {
            "its update takes longer than `work_timeout` and is still open; it is tried again when the service \
             has given it up"
                .to_owned()
        }
        HeldReason::Streams { streams, together } => {
            let gaps: Vec<String> = streams.iter().map(|gap| clean(&gap.to_string()).into_owned()).collect();
            let whom = together
                .as_ref()
                .map_or_else(|| "--instance NAME".to_owned(), |group| format!("--group {group}"));
            let wanted: Vec<String> =
                streams.iter().map(|gap| format!(" --stream {}", clean(&gap.release.to_string()))).collect();
            format!(
                "it is behind by packages of module streams and has {}; an update does not switch streams: \
                 `patchtrain update {whom}{}` does",
                gaps.join(", "),
                wanted.concat()
            )
        }
        HeldReason::Inexact { left } => inexact(left, most),
        HeldReason::NoUpdates => {
            "never at level: `update = \"none\"`, and no schedule installs anything either".to_owned()
        }
    };
    format!("{text}{until}")
}

/// Returns the one word for a held reason that a summary has room for.
pub(in crate::render) fn held_short(reason: &HeldReason) -> String {
    match reason {
        HeldReason::Unreachable { .. } => "unreachable".to_owned(),
        HeldReason::Unknown => "unknown to the service".to_owned(),
        HeldReason::Unread => "without known packages".to_owned(),
        HeldReason::Ahead { .. } => "ahead".to_owned(),
        HeldReason::OpenWork { .. } => "with open work".to_owned(),
        HeldReason::Gate { after, wave, .. } => format!("behind {}", super::gates::first(after, *wave)),
        HeldReason::Soak { after, wave, .. } => format!("while {} soaks", super::gates::first(after, *wave)),
        HeldReason::Closed { by: Closure::Window } => "outside its window".to_owned(),
        HeldReason::Closed { by: Closure::Blackout } => "in a blackout".to_owned(),
        HeldReason::Paused { .. } => "paused".to_owned(),
        HeldReason::Stopped { .. } => "stopped".to_owned(),
        HeldReason::Undeclared => "undeclared".to_owned(),
        HeldReason::Ridden { .. } => "retired and still ridden".to_owned(),
        HeldReason::NotOurs { .. } => "retired, without our tags".to_owned(),
        HeldReason::OthersGroup { .. } => "another train's or state's".to_owned(),
        HeldReason::NotRunning { .. } => "not running".to_owned(),
        HeldReason::OtherSystem { .. } => "of another system".to_owned(),
        HeldReason::Schedule { .. } => "waiting for the schedule".to_owned(),
        HeldReason::NoUpdates => "without updates".to_owned(),
        HeldReason::Elsewhere { .. } => "not on its release".to_owned(),
        HeldReason::Overdue { .. } => "with overdue work".to_owned(),
        HeldReason::Unbooted { .. } => "not booted as expected".to_owned(),
        HeldReason::Beside { .. } => "beside open work".to_owned(),
        HeldReason::NotEverywhere { .. } => "not on every member".to_owned(),
        HeldReason::Locked { .. } => "locked by its group".to_owned(),
        HeldReason::Apart { .. } => "apart from its group".to_owned(),
        HeldReason::Streams { .. } => "on other streams".to_owned(),
        HeldReason::Stray { .. } => "beside one that is apart".to_owned(),
        HeldReason::Taken { .. } => "in another group or stage".to_owned(),
        HeldReason::Inexact { .. } => "not exactly the release".to_owned(),
    }
}

/// Says how a boot ended that did not end as expected, and what there is to do.
fn unbooted(kernel: Option<&str>, runs: Option<&str>) -> String {
    let runs = runs.map_or_else(|| "a kernel that the service does not tell of".into(), clean);
    match kernel {
        Some(kernel) => format!(
            "it was rebooted and runs {runs}, not {}: make that its default kernel and reboot it by hand, or have it \
             rebooted once more with `patchtrain rollout resume`",
            clean(kernel)
        ),
        None => format!(
            "it was rebooted, runs {runs}, and the service says that it still waits for a reboot: reboot it by hand, \
             or have it rebooted once more with `patchtrain rollout resume`"
        ),
    }
}

/// Says which packages keep an instance from being exactly its release, and why they stay; at most so many for one reason.
fn inexact(left: &[Left], most: usize) -> String {
    let mut whys: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for Left { why, package } in left {
        let why = match why {
            Stay::Extra => "extra, and only `remove_extras = true` removes".to_owned(),
            Stay::Running => {
                "of the kernel that it runs: with another one as its default, rebooted, the next apply \
                              removes"
                    .to_owned()
            }
            Stay::RunsUnknown => "of a kernel, and the service does not say which one it runs:".to_owned(),
            Stay::Protected { why } => format!("extra and protected ({}):", clean(why)),
            Stay::Older => {
                "newer, and it is not known whether the tools of this system install an older version by \
                            name; nothing is promised for"
                    .to_owned()
            }
            Stay::Stream => "of a module stream that it does not get packages from (`patchtrain update --stream` switches):".to_owned(),
            Stay::Together => {
                "extra, and removed from all members of the group or from none, of which one keeps".to_owned()
            }
            Stay::Barred => {
                "of a module stream, and installed on all members of the group or on none, of which one gets no packages \
                            from it:"
                    .to_owned()
            }
            Stay::Needed { by } => format!("extra, and needed by {by}, which stays:"),
        };
        whys.entry(why).or_default().push(package.as_str());
    }
    let parts: Vec<String> = whys
        .into_iter()
        .map(|(why, packages)| {
            let more = packages.len().saturating_sub(most);
            let named = packages[..packages.len().min(most)].join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let are = if packages.len() == 1 {
                "1 package is"
            } else {
                &format!("{} packages are", packages.len())
            };
            format!("{are} {why} {named}{more}")
        })
        .collect();
    format!("it will not be exactly its release: {}", parts.join("; "))
}
