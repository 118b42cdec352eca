//! When a saved plan fits, and what is said when it does not.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::name::{Ocid, TrainName};
use crate::op::{Lineage, PlanId};
use crate::package::Digest;
use crate::plan::{Basis, Cost, FORMAT_VERSION, ServiceLabel};
use crate::state::PlanRun;

pub(in crate::cli) fn plan(id: &str, serial: u64) -> Plan {
    Plan {
        format_version: FORMAT_VERSION,
        id: PlanId(id.into()),
        created: Timestamp::UNIX_EPOCH,
        tool: String::new(),
        file: "trains/great-linux.toml".into(),
        basis: Basis {
            train: TrainName::new("t"),
            lineage: Lineage("line".into()),
            serial,
            digest: Digest::of(["t"]),
            state: None,
            allow_shrink: false,
        },
        service: ServiceLabel {
            api: "osms".to_owned(),
            simulator: true,
            place: "simulator".to_owned(),
            compartment: Ocid::new("ocid1.compartment.oc1..a"),
        },
        releases: BTreeMap::new(),
        groups: Vec::new(),
        unmanaged: Vec::new(),
        labels: BTreeMap::new(),
        drift: Vec::new(),
        changes: Vec::new(),
        moves: Vec::new(),
        cohorts: Vec::new(),
        ahead: Vec::new(),
        mismatches: Vec::new(),
        exact: Vec::new(),
        held: Vec::new(),
        notes: Vec::new(),
        steps: Vec::new(),
        cost: Cost::default(),
        golden: None,
        partial: None,
        seen: None,
        policy: None,
        patches: Vec::new(),
        imports: Vec::new(),
    }
}

fn state(serial: u64, last: Option<(&str, u64, bool)>) -> State {
    let mut state = State::new(TrainName::new("t"), Lineage("line".into()));
    state.serial = serial;
    state.last_plan = last.map(|(id, basis, used_up)| PlanRun {
        id: PlanId(id.into()),
        basis,
        used_up,
        at: Timestamp::UNIX_EPOCH,
    });
    state
}

#[test]
fn a_plan_fits_the_state_it_was_made_on_and_what_its_own_runs_made_of_it() {
    let moved = |serial, state: Option<State>| state_moved(&plan("p", serial), state.as_ref());
    assert_eq!(moved(0, None), None);
    assert_eq!(moved(3, Some(state(3, None))), None);
    assert_eq!(moved(3, Some(state(3, Some(("q", 2, true))))), None);
    // Its own run was cut short, perhaps several times.
    assert_eq!(moved(3, Some(state(5, Some(("p", 3, false))))), None);

    let because = |serial, state| moved(serial, state).unwrap_or_default();
    assert!(because(3, None).contains("is gone"));
    assert!(because(3, Some(state(4, Some(("q", 3, false))))).contains("from serial 3 to 4"));
    assert!(because(3, Some(state(2, None))).contains("from serial 3 to 2"));
    assert!(because(3, Some(state(4, Some(("p", 3, true))))).contains("used up"));
    let mut other = state(3, None);
    other.lineage = Lineage("other".into());
    assert!(because(3, Some(other)).contains("lineage"));
}

#[test]
fn two_first_plans_have_each_a_lineage_and_only_one_can_be_applied() {
    let mut first = plan("p", 0);
    first.basis.lineage = Lineage("first".into());
    assert_eq!(state_moved(&first, None), None);
    assert!(state_moved(&first, Some(&state(1, Some(("q", 0, true))))).is_some());
}

/// Amid a run the state has the serial already that the run leaves.
#[test]
fn a_plan_made_amid_a_run_does_not_fit_what_the_run_went_on_to_do() {
    let amid = state(4, Some(("q", 3, false)));
    let mut made = plan("p", 4);
    made.basis.state = Some(amid.digest());
    assert_eq!(state_moved(&made, Some(&amid)), None, "the run was cut off there");
    // Another build has folded it.
    let folded = State { tool: "9.9.9".to_owned(), format_version: 1, ..amid };
    assert_eq!(state_moved(&made, Some(&folded)), None);
    let ended = state(4, Some(("q", 3, true)));
    assert!(state_moved(&made, Some(&ended)).unwrap_or_default().contains("at work"));
    // Plans of older builds do not tell.
    assert_eq!(state_moved(&plan("p", 4), Some(&ended)), None);
}
