//! Which state is taken over, whether the train is still the one that was applied, and what is said of it. Pure.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::{CliError, exit};
use crate::name::ReleaseName;
use crate::op::Api;
use crate::state::{Ancestor, State};
use crate::train::Train;

/// What there is to take over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This state.
    Old(Box<State>),
    /// Nothing any more: it was done before.
    Done(Ancestor),
}

/// Finds the state: the train's own, or that of a file where the train has none.
pub(super) fn find(
    train: &Train,
    own: Option<&State>,
    file: Option<(&Path, State)>,
) -> Result<Found, CliError> {
    if let Some((file, given)) = &file
        && given.api != Api::Osms
    {
        let message =
            format!("{} is of {}, and not of {}", file.display(), given.api.name(), Api::Osms.name());
        return Err(CliError::new(exit::ERROR, message).hint(
            "name the state of the train as it was on OS Management, or the backup that an import has kept",
        ));
    }
    let given = file.map(|(_, state)| state);
    let old = |state: State| Ok(Found::Old(Box::new(state)));
    match (own, given) {
        (None, None) => {
            let message = format!("train `{}` has no state that could be taken over", train.name);
            Err(CliError::new(exit::ERROR, message)
                .hint("name the file, if it lies elsewhere: `import --from-osms FILE`")
                .hint("a train that was never applied needs no import: `patchtrain plan` begins anew"))
        }
        (None, Some(given)) => old(given),
        (Some(own), given) => match &own.ancestor {
            Some(ancestor) if given.as_ref().is_none_or(|given| is_of(ancestor, given)) => {
                Ok(Found::Done(ancestor.clone()))
            }
            None if own.api == Api::Osms && given.as_ref().is_none_or(|given| given == own) => {
                old(own.clone())
            }
            _ => Err(in_the_way(train, own, given.is_some())),
        },
    }
}

fn is_of(ancestor: &Ancestor, state: &State) -> bool {
    ancestor.lineage == state.lineage && ancestor.serial == state.serial
}

/// The train has a state that is nobody else's heir.
fn in_the_way(train: &Train, own: &State, file: bool) -> CliError {
    let State { lineage, serial, api, .. } = own;
    let name = &train.name;
    let message = format!(
        "train `{name}` has a state of its own, of {} (lineage {lineage}, serial {serial})",
        api.name()
    );
    CliError::new(exit::ERROR, message).hint(match (api, file) {
        (Api::Osms, _) => "leave FILE out to take that one over, or give the train of FILE another name",
        (Api::Osmh, true) => "to take FILE over, give its train another name",
        (Api::Osmh, false) => "there is nothing to take over: `patchtrain plan` goes on from it",
    })
}

/// Checks that the train's releases are those that were applied. One that has changed since would be another release
/// under the same name.
pub(super) fn check(train: &Train, old: &State) -> Result<(), CliError> {
    let changed = train.releases.iter().filter_map(|release| {
        let record = old.sources.get(&release.name).filter(|record| record.digest != release.digest)?;
        let (path, now, then) = (&release.manifest_path, &release.digest, &record.digest);
        Some(format!("release {}: {path} has {now}, and what was applied had {then}", release.name))
    });
    let undeclared = old.groups.iter().filter_map(|(group, record)| {
        let ridden = record.release.as_ref().filter(|release| train.release(release).is_none())?;
        Some(format!("release {ridden}: group {group} rides it, and the train does not declare it"))
    });
    let differences: Vec<String> = changed.chain(undeclared).collect();
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!("train `{}` is not the one that was applied on {}", train.name, old.api.name());
    let error = differences.into_iter().fold(CliError::new(exit::ERROR, message), CliError::cause);
    Err(error.hint("restore it as it was then, from version control: what is new comes after the import"))
}

/// Returns what is remembered of it.
pub(super) fn ancestor(old: &State, at: Timestamp) -> Ancestor {
    let State { train, api, lineage, serial, .. } = old;
    Ancestor { train: train.clone(), api: *api, lineage: lineage.clone(), serial: *serial, at }
}

/// Says what is taken over, and what is not.
pub(super) fn text(train: &Train, old: &State) -> String {
    let declared = |name: &&ReleaseName| train.release(name).is_some();
    let releases = || old.sources.keys().filter(|name| !name.is_own_parent());
    let moved = train.groups.iter().filter_map(|group| {
        let rode = old.groups.get(&group.name)?.release.as_ref().filter(|rode| **rode != group.release)?;
        Some(format!("{} ({rode} -> {})", group.name, group.release))
    });
    let gone = old.groups.keys().filter(|name| train.group(name).is_none());
    let parts: [(&str, Vec<String>); 5] = [
        (
            "releases with the packages that were applied",
            releases().filter(declared).map(ToString::to_string).collect(),
        ),
        (
            "releases left behind, which the train no longer declares",
            releases().filter(|name| !declared(name)).map(ToString::to_string).collect(),
        ),
        ("groups left behind, which the train no longer has", gone.map(ToString::to_string).collect()),
        ("groups that move at the same time", moved.collect()),
        (
            "calls that were under way there and are followed no more",
            old.unfinished.keys().map(ToString::to_string).collect(),
        ),
    ];
    let (from, to) = (old.api.name(), train.service.api.name());
    // Writing to a String cannot fail.
    let mut text = format!("Taking train {} over from {from} to {to}.\n", train.name);
    let _ = write!(text, "  the old state: lineage {}, serial {}", old.lineage, old.serial);
    if old.train != train.name {
        let _ = write!(text, ", of train {}", old.train);
    }
    for (what, names) in parts.iter().filter(|(_, names)| !names.is_empty()) {
        let _ = write!(text, "\n  {what}: {}", names.join(", "));
    }
    text + "\n  levels are not taken over: they are proven anew\n"
}

#[cfg(test)]
mod tests;
