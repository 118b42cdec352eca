//! What is taken over: a section of its own in a plan, a sentence that counts it by itself, and the end of such a run.

use super::super::{Detail, outcome, plan, verdict};
use super::sample::{self, group_name, instances, link, release};
use super::{golden, style};
use crate::apply::{Outcome, StepEnd};
use crate::name::{Address, Ocid, TrainName};
use crate::observed::Precondition;
use crate::op::{Lineage, Op, Ownership, StepId};
use crate::plan::{Action, Attached, Note, Plan, PlannedImport, Step, Takeover};

fn owner(train: &str) -> Ownership {
    Ownership { train: TrainName::new(train), lineage: Lineage("6f9a1c20".into()), release: None }
}

pub(super) fn imports() -> Plan {
    let mut plan = sample::empty();
    let source = PlannedImport {
        address: Address::Release(release("GL1")),
        id: Ocid::new("ocid1.osmssoftwaresource.oc1..golden"),
        name: "golden of 2026-10".into(),
        owner: None,
        with: Takeover::Source { packages: 598 },
        line: Some(70),
    };
    let attached = |name: &str, members| Attached { source: Some(link(name)), members };
    let group = |name: &str, sources| PlannedImport {
        address: Address::Group(group_name(name)),
        id: Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..{name}")),
        name: format!("{name} servers").into(),
        owner: Some(owner("older")),
        with: Takeover::Group { members: instances("web", 1..=14), sources },
        line: None,
    };
    let nothing = Attached { source: None, members: Some(1) };
    plan.imports = vec![
        source,
        group("web", vec![nothing, attached("great-linux/GL1", Some(13))]),
        PlannedImport { owner: None, ..group("canary", vec![attached("ol8_appstream-x86_64", None)]) },
    ];
    plan.notes = vec![Note::Imported { addresses: vec![Address::Release(release("GL1.1"))] }];
    let ops = [
        Op::AdoptSource {
            release: release("GL1"),
            id: plan.imports[0].id.clone(),
            owner: owner("great-linux"),
        },
        Op::AdoptGroup {
            group: group_name("web"),
            id: plan.imports[1].id.clone(),
            called: "web servers".to_owned(),
            owner: owner("great-linux"),
        },
        Op::AdoptGroup {
            group: group_name("canary"),
            id: plan.imports[2].id.clone(),
            called: "canary servers".to_owned(),
            owner: owner("great-linux"),
        },
    ];
    for (at, op) in ops.into_iter().enumerate() {
        plan.steps.push(Step {
            id: StepId(at as u32),
            address: plan.imports[at].address.clone(),
            group: None,
            action: Action::Act { op },
            after: Vec::new(),
            precondition: Precondition::Nothing,
            wave: None,
        });
    }
    plan.cost.changing_calls = 3;
    plan
}

#[test]
fn what_is_taken_over_is_shown_by_itself_and_counted_first() {
    let imports = imports();
    assert_eq!(verdict(&imports), "Plan: 3 to import, 0 to add, 0 to change, 0 to destroy.");
    golden::check("plan-imports", &plan(&imports, style(80, Detail::Default)));
}

#[test]
fn the_end_of_a_run_counts_what_it_has_taken_over() {
    let imports = imports();
    let ends = |ends: [StepEnd; 3]| Outcome {
        ends: ends.into_iter().enumerate().map(|(at, end)| (StepId(at as u32), end)).collect(),
        serial: 4,
        ..Outcome::default()
    };
    let failed = StepEnd::Failed { message: "409 Conflict".to_owned() };
    for (run, expected) in [
        (
            [StepEnd::Done, StepEnd::AlreadyDone, StepEnd::Done],
            "3 imported, 0 added, 0 changed, 0 destroyed.",
        ),
        ([StepEnd::Done, failed, StepEnd::NotStarted], "1 imported, 0 added, 0 changed, 0 destroyed."),
    ] {
        let text = outcome(&imports, &ends(run), style(80, Detail::Default));
        assert!(text.contains(expected), "no {expected} in {text}");
    }
}
