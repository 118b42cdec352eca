//! A snapshot's bytes: read with every doubt spoken out.

use std::io;

use serde::Deserialize;

use super::medium::Place;
use super::{State, StoreError, Ways, moving};
use crate::name::TrainName;
use crate::state::FORMAT_VERSION;

/// The last serial that is believed. Later ones are added to it.
const LAST_SERIAL: u64 = 1 << 53;

/// What every version of the format has, read before the rest.
#[derive(Deserialize)]
struct Heading {
    format_version: u64,
    train: TrainName,
}

/// What a text says that it is of, as far as it does: a state, or something that is kept beside one.
#[derive(Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub(super) train: Option<String>,
    #[serde(default)]
    pub(super) lineage: Option<String>,
    #[serde(default)]
    pub(super) serial: Option<u64>,
}

impl Told {
    pub(super) fn by(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }
}

/// Says what to do with a train's own snapshot where it cannot be used.
pub(super) fn way_out(ways: Ways) -> String {
    format!(
        "{}, or {} (and the journal, if there is one) and go back to one of those that are kept: see `patchtrain state history`",
        ways.restore(),
        ways.remove("it")
    )
}

/// Takes the bytes of a train's own snapshot.
pub(super) fn parse_own(
    (place, ways): (&Place, Ways),
    bytes: &[u8],
    train: &TrainName,
) -> Result<State, StoreError> {
    parse(place, bytes, Some(train)).map_err(|error| match error {
        StoreError::Damaged { place, problem, way_out: _ } => {
            StoreError::Damaged { place, problem, way_out: way_out(ways) }
        }
        other => other,
    })
}

/// Takes the bytes of a snapshot, wherever it lies: of a train, or of whichever it is.
pub(super) fn parse(place: &Place, bytes: &[u8], train: Option<&TrainName>) -> Result<State, StoreError> {
    let damaged = |problem: String| StoreError::Damaged {
        place: place.clone(),
        problem,
        way_out: "Take another copy of it".to_owned(),
    };
    if bytes.is_empty() {
        return Err(damaged("it is empty".to_owned()));
    }
    moving::check(place, bytes)?;
    let heading: Heading = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if heading.format_version > u64::from(FORMAT_VERSION) {
        let found = heading.format_version;
        return Err(StoreError::Newer { place: place.clone(), found, known: FORMAT_VERSION });
    }
    if let Some(expected) = train.filter(|train| heading.train != **train) {
        let (place, expected) = (place.clone(), expected.clone());
        return Err(StoreError::OtherTrain { place, found: heading.train, expected });
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
        (state.serial > LAST_SERIAL, "its serial is beyond all that are counted"),
        (state.lineage.0.is_empty(), "its lineage is empty"),
        (
            !state.lineage.0.contains(|one: char| one.is_ascii_alphanumeric()),
            "its lineage has no letter or digit",
        ),
    ];
    rules.into_iter().find_map(|(broken, problem)| broken.then(|| problem.to_owned()))
}

/// Says which build writes, and in which format.
pub(super) fn stamp(state: &mut State) {
    state.format_version = FORMAT_VERSION;
    env!("CARGO_PKG_VERSION").clone_into(&mut state.tool);
}

/// Spells a state.
pub(super) fn bytes(state: &State) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(state)?;
    json.push(b'\n');
    Ok(json)
}
