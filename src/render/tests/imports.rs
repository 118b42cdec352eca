//! What is taken over: a section of its own in a plan, a sentence that counts it by itself, and the end of such a run.

use super::super::{Comment, Detail, PlanFormat, outcome, plan, plan_as, verdict};
use super::sample::{self, group_name, instances, link, release};
use super::{golden, style};
use crate::apply::{Outcome, StepEnd};
use crate::name::{Address, Ocid, TrainName};
use crate::observed::Precondition;
use crate::op::{Lineage, Op, Ownership, StepId};
use crate::plan::{Action, Attached, ChangeAction, ChangeDetail, Note, Plan, PlannedImport, Step, Takeover};

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
fn each_format_says_whose_it_was_and_what_it_has() {
    let imports = imports();
    let markdown =
        |limit| plan_as(&imports, &PlanFormat::Markdown(Box::new(Comment { limit, ..Comment::default() })));
    let (comment, page) = (markdown(65_536), plan_as(&imports, &PlanFormat::Html));
    for document in [&comment, &page] {
        for told in [
            "By its tags group.web belongs to train older of lineage 6f9a1c20: whoever has that state is refused it",
            "its tags say that it belongs to train older of lineage 6f9a1c20: whoever has",
            "it holds 598 packages, which are the release",
            "14 members, riding no source (1), GL1 (13)",
            "14 members; it has ol8",
            "web-14",
        ] {
            assert!(document.contains(told), "no {told} in {document}");
        }
        // Of the two groups one says that it is somebody's.
        assert_eq!(document.matches("its tags say that it belongs").count(), 1, "{document}");
    }
    assert!(comment.contains("> [!CAUTION]\n> - By its tags group.web"), "{comment}");
    assert!(page.contains("class=\"caution\""), "{page}");
    // However little room there is: what is another's comes first.
    let mut others = imports.clone();
    others.groups = (0..90).map(|at| sample::planned_group(&format!("group-{at:02}"), "GL1", 3)).collect();
    let bare =
        plan_as(&others, &PlanFormat::Markdown(Box::new(Comment { limit: 2_000, ..Comment::default() })));
    assert!(bare.contains("1 taken over from another's state"), "{bare}");

    let document: serde_json::Value =
        serde_json::from_str(&plan_as(&imports, &PlanFormat::TerraformJson)).unwrap();
    let changes = document["resource_changes"].as_array().unwrap();
    let before = |index: &str| {
        let of = changes.iter().find(|change| change["index"] == index).unwrap();
        of["change"]["before"].clone()
    };
    assert_eq!(before("web")["owner"]["train"], "older");
    assert_eq!(before("web")["sources"], serde_json::json!([null, "great-linux/GL1"]));
    assert!(before("GL1").get("owner").is_none());
}

#[test]
fn whose_a_group_was_is_told_where_it_changes_at_once() {
    let mut imports = imports();
    let joins = instances("canary", 1..=1);
    let detail = ChangeDetail::Group {
        create: false,
        adopt: false,
        from: None,
        joins,
        leaves: Vec::new(),
        verifies: 0,
        exchange: None,
        line: 41,
    };
    imports.changes = vec![sample::change(Address::Group(group_name("web")), ChangeAction::Change, detail)];
    let document: serde_json::Value =
        serde_json::from_str(&plan_as(&imports, &PlanFormat::TerraformJson)).unwrap();
    let changes = document["resource_changes"].as_array().unwrap();
    let web = changes.iter().find(|change| change["index"] == "web").unwrap();
    assert_eq!(web["change"]["before"]["owner"]["train"], "older");
    assert!(web["change"]["after"].get("owner").is_none());
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
