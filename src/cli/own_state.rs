//! The state that a command works on: the train's own, a new one where it was never applied, and never one of another
//! service.

use super::{CliError, exit, random};
use crate::op::{Api, Lineage};
use crate::state::State;
use crate::state::store::{Backup, HistoryLine, Left, Lines, Place, Ways};
use crate::train::Train;

/// Takes what the store has, or makes the state of a train that has never been applied.
pub(super) fn of(train: &Train, stored: Option<State>) -> Result<State, CliError> {
    match stored {
        Some(state) => fits(train, &state).map(|()| state),
        None => unapplied(train),
    }
}

/// Fails where there is no state, and the history or the backups say that there was one.
pub(super) fn gone(
    train: &Train,
    (place, ways): (&Place, Ways),
    past: &Lines<HistoryLine>,
    kept: &[Backup],
) -> Result<(), CliError> {
    let newest = kept.iter().max_by_key(|backup| backup.name.serial);
    // Of several lines of descent it cannot be told here which was the last.
    let newest = newest.filter(|newest| kept.iter().all(|one| one.name.lineage == newest.name.lineage));
    let evidence = match (past.records.iter().rev().find_map(HistoryLine::left), kept.first()) {
        (Some(Left { serial, who, at }), _) => {
            format!("{} tells of serial {serial}, left by {who} at {at:.0}", past.place)
        }
        (None, Some(backup)) => format!("{} is kept", backup.place),
        (None, None) if !past.unreadable.is_empty() => format!("{} cannot be read", past.place),
        (None, None) => return Ok(()),
    };
    let name = &train.name;
    let error = CliError::new(exit::ERROR, format!("{place} is gone: there is no state, and {evidence}"));
    let error = match newest {
        Some(backup) => error.hint(format!(
            "go on from what is kept: `patchtrain state restore {} --train {name}`; what was done since is then found by \
             reading the service",
            backup.name.serial
        )),
        None if !kept.is_empty() => error.hint(format!(
            "go on from what is kept: `patchtrain state history --train {name}` lists it, and `patchtrain state restore` takes a \
             serial"
        )),
        None => error.hint(format!(
            "{}; or, where there is a copy of it in a file, put that back: `patchtrain state push FILE --train {name}`",
            lowered(ways.restore())
        )),
    };
    Err(error.hint(format!(
        "or, to begin anew, {}; what the train has in the service is then taken back by `patchtrain import`",
        ways.remove(&format!("{} and all that is kept beside it", past.place))
    )))
}

/// Has a sentence begin as one does amid others.
fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Says that a state is older than what the history tells of its lineage.
pub(super) fn put_back(
    train: &Train,
    state: &State,
    place: &Place,
    history: &Place,
    left: &Left<'_>,
) -> CliError {
    let (name, Left { serial, who, at }) = (&train.name, left);
    CliError::new(
        exit::ERROR,
        format!(
            "{place} is at serial {}, and {history} tells of serial {serial} of the same lineage, left by {who} at {at:.0}: \
             somebody has put an older copy in its place",
            state.serial
        ),
    )
    .hint(format!(
        "go back to the latest that is kept: `patchtrain state history --train {name}` shows which, and `patchtrain state \
         restore` takes its serial"
    ))
    .hint(format!(
        "or go on from this one, which then gets a serial above all others: `patchtrain state pull --train {name} >FILE` and \
         `patchtrain state push FILE --train {name}`"
    ))
}

/// Refuses a state of another service: its ids mean nothing to the train's, which would be asked in vain.
pub(super) fn fits(train: &Train, state: &State) -> Result<(), CliError> {
    let (has, wants) = (state.api, train.service.api);
    if has == wants {
        return Ok(());
    }
    let name = &train.name;
    let message = format!(
        "the state of train `{name}` is of {} (`{}`), and {} says `api = \"{}\"`, which is {}",
        has.name(),
        has.word(),
        train.file.display(),
        wants.word(),
        wants.name()
    );
    let error = CliError::new(exit::ERROR, message);
    Err(match (has, wants) {
        (Api::Osms, Api::Osmh) => error
            .hint(format!(
                "`patchtrain import --from-osms --train {name}` takes the train over, and keeps the old state"
            ))
            .hint("or give the train another name: it then begins anew"),
        _ => error.hint(format!(
            "set `api = \"{}\"` again, or give the train another name: it then begins anew",
            has.word()
        )),
    })
}

/// Makes the state of a train that has never been applied, with a line of descent of its own.
pub(super) fn unapplied(train: &Train) -> Result<State, CliError> {
    Ok(with_lineage(train, Lineage(random::hex()?.into())))
}

/// Makes the state of a train that has never been applied, of a line of descent that a plan has begun.
pub(super) fn with_lineage(train: &Train, lineage: Lineage) -> State {
    State { api: train.service.api, ..State::new(train.name.clone(), lineage) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn train(api: &str) -> Train {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        let text = format!(
            "train = {{ name = \"t\", os = \"oracle-linux-8\", architecture = \"x86_64\", compartment = \"ocid1.compartment.oc1..a\", vendor_sources = [\"a\"] }}\nservice = {{ api = \"{api}\" }}\n"
        );
        std::fs::write(&path, text).unwrap();
        crate::train::load(&path).unwrap()
    }

    #[test]
    fn every_new_state_has_a_lineage_of_its_own_and_is_of_the_trains_service() {
        for (word, api) in [("osms", Api::Osms), ("osmh", Api::Osmh)] {
            let train = train(word);
            let (one, other) = (of(&train, None).unwrap(), of(&train, None).unwrap());
            assert_eq!(one.lineage.0.len(), 32);
            assert_ne!(one.lineage, other.lineage);
            assert_eq!((one.serial, one.api), (0, api));
            assert_eq!(of(&train, Some(one.clone())), Ok(one));
        }
    }

    #[test]
    fn a_state_of_another_service_is_refused_with_the_way_out() {
        let (osms, osmh) = (train("osms"), train("osmh"));
        let text = |train: &Train, state: State| of(train, Some(state)).unwrap_err().text(false);
        let over = text(&osmh, unapplied(&osms).unwrap());
        for part in
            ["OS Management (`osms`)", "`api = \"osmh\"`", "import --from-osms --train t", "another name"]
        {
            assert!(over.contains(part), "no {part} in {over}");
        }
        let back = text(&osms, unapplied(&osmh).unwrap());
        assert!(
            back.contains("OS Management Hub (`osmh`)") && back.contains("set `api = \"osmh\"` again"),
            "{back}"
        );
    }
}
