//! The snapshot file: read with every doubt spoken out, written whole or not at all.

use std::path::Path;

use serde::Deserialize;

use super::super::super::FORMAT_VERSION;
use super::{State, StoreError, files};
use crate::name::TrainName;

/// What every version of the format has, read before the rest.
#[derive(Deserialize)]
struct Heading {
    format_version: u64,
    train: TrainName,
}

/// Reads a snapshot; none where there is no file.
pub(super) fn read(path: &Path, train: &TrainName) -> Result<Option<State>, StoreError> {
    files::read(path)?.map(|bytes| parse(path, &bytes, Some(train))).transpose()
}

/// Takes the bytes of a snapshot: of a train, or of whichever it is.
pub(super) fn parse(path: &Path, bytes: &[u8], train: Option<&TrainName>) -> Result<State, StoreError> {
    let damaged = |problem: String| StoreError::Damaged {
        path: path.to_owned(),
        problem,
        way_out: "Restore it from version control or a backup".to_owned(),
    };
    if bytes.is_empty() {
        return Err(damaged("it is empty".to_owned()));
    }
    let heading: Heading = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if heading.format_version > u64::from(FORMAT_VERSION) {
        let found = heading.format_version;
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT_VERSION });
    }
    if let Some(expected) = train.filter(|train| heading.train != **train) {
        let (path, expected) = (path.to_owned(), expected.clone());
        return Err(StoreError::OtherTrain { path, found: heading.train, expected });
    }
    let state: State = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    match nonsense(&state) {
        Some(problem) => Err(damaged(problem)),
        None => Ok(state),
    }
}

/// Finds what no build of ours writes although it is well-formed.
fn nonsense(state: &State) -> Option<String> {
    let rules = [
        (state.format_version == 0, "its format version is 0"),
        (state.serial == 0, "its serial is 0"),
        (state.lineage.0.is_empty(), "its lineage is empty"),
    ];
    rules.into_iter().find_map(|(broken, problem)| broken.then(|| problem.to_owned()))
}

/// Says which build writes, and in which format.
pub(super) fn stamp(state: &mut State) {
    state.format_version = FORMAT_VERSION;
    env!("CARGO_PKG_VERSION").clone_into(&mut state.tool);
}

/// Replaces the snapshot, durably.
pub(super) fn write(path: &Path, state: &State) -> Result<(), StoreError> {
    let mut json =
        serde_json::to_vec_pretty(state).map_err(|error| files::io("write", path)(error.into()))?;
    json.push(b'\n');
    files::replace(path, &json)
}
