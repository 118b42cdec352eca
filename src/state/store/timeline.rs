//! What the history's lines tell of serials: which are of a state's own line of descent, and which were ever reached.

use jiff::Timestamp;

use super::State;
use super::record::{HistoryLine, Lines};

/// A serial that the history tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left<'a> {
    /// The serial.
    pub serial: u64,
    /// Who left it.
    pub who: &'a str,
    /// When.
    pub at: Timestamp,
}

impl HistoryLine {
    /// Returns the serial that it left; none for what left none.
    pub fn left(&self) -> Option<Left<'_>> {
        match self {
            Self::Run(run) => Some(Left { serial: run.serial, who: &run.who, at: run.at }),
            Self::Change(change) => Some(Left { serial: change.serial, who: &change.who, at: change.at }),
            Self::Unlock(_) => None,
        }
    }

    /// Tells whether it came to its end, by what follows it, or, of the last line, by the state. A change by hand is
    /// written down before it is made.
    pub fn was_made(&self, after: &[Self], state: Option<&State>) -> bool {
        let Self::Change(change) = self else { return true };
        match after.iter().find(|line| line.left().is_some()) {
            Some(Self::Change(next)) => next.basis >= change.serial,
            Some(Self::Run(next)) => next.serial > change.serial || next.ancestor.is_some(),
            Some(Self::Unlock(_)) | None => state.is_none_or(|state| state.serial >= change.serial),
        }
    }

    /// Finds the first line of a state's lineage: those before the last one that began it count serials of their own.
    pub fn begin_of(lines: &[Self], state: &State) -> usize {
        for (index, line) in lines.iter().enumerate().rev() {
            match line {
                Self::Run(run) if run.ancestor.is_some() => return index,
                Self::Change(change) if change.lineage != state.lineage => return index + 1,
                _ => {}
            }
        }
        0
    }
}

impl Lines<HistoryLine> {
    /// Returns the highest serial of a state's own lineage that was reached and is above the state's: then somebody has put
    /// an older copy in its place.
    pub fn ahead_of(&self, state: &State) -> Option<Left<'_>> {
        let lines = &self.records[HistoryLine::begin_of(&self.records, state)..];
        let made = lines
            .iter()
            .enumerate()
            .filter(|(index, line)| line.was_made(&lines[index + 1..], Some(state)))
            .filter_map(|(_, line)| line.left());
        made.filter(|left| left.serial > state.serial).max_by_key(|left| left.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TrainName;
    use crate::op::Lineage;
    use crate::state::store::Place;

    fn line(text: &str) -> HistoryLine {
        let who = r#""at":"2026-10-02T00:00:00Z","who":"ada","host":"desk""#;
        serde_json::from_str(&format!("{{{who},{text}}}")).unwrap()
    }

    fn run(serial: u64, more: &str) -> HistoryLine {
        let steps = r#""steps":{"done":1,"already":0,"failed":0,"not_started":0}"#;
        line(&format!(
            r#""plan":"p","basis":{},"serial":{serial},{steps},"interrupted":false{more}"#,
            serial - 1
        ))
    }

    fn change(basis: u64, serial: u64, lineage: &str) -> HistoryLine {
        line(&format!(r#""change":"state rm a","basis":{basis},"serial":{serial},"lineage":"{lineage}""#))
    }

    #[test]
    fn a_serial_that_was_reached_and_is_above_the_states_is_found() {
        let heir = r#","ancestor":{"train":"t","api":"osms","lineage":"old","serial":9,"at":"2026-10-02T00:00:00Z"}"#;
        let unlocked =
            r#""unlocked":{"who":"bob","host":"ci","pid":1,"command":"c","since":"2026-10-02T00:00:00Z"}"#;
        let cases = [
            ("nothing is noted", vec![], 3, None),
            ("it is the last", vec![run(2, ""), run(3, "")], 3, None),
            ("a run went on from it", vec![run(3, ""), run(4, ""), run(5, "")], 3, Some(5)),
            ("by hand, and not carried out", vec![run(3, ""), change(3, 4, "5eed")], 3, None),
            ("by hand, and gone on from", vec![change(3, 4, "5eed"), change(4, 5, "5eed")], 3, Some(4)),
            ("a lock was taken away since", vec![run(4, ""), line(unlocked)], 3, Some(4)),
            ("of the lineage before", vec![run(9, ""), run(1, heir), run(3, "")], 3, None),
            ("of a lineage that was left", vec![change(8, 9, "old"), run(3, "")], 3, None),
        ];
        for (what, records, serial, ahead) in cases {
            let place = Place::named("history".to_owned());
            let lines = Lines { place, records, unreadable: Vec::new(), cut_short: false };
            let state = State { serial, ..State::new(TrainName::new("t"), Lineage("5eed".into())) };
            assert_eq!(lines.ahead_of(&state).map(|left| left.serial), ahead, "{what}");
        }
    }
}
