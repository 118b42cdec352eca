//! The text of a plan on a service that binds groups: what is exchanged, who joins, what that brings, what is held.

use super::super::{Detail, plan};
use super::sample::{
    change, cohort, group_name, held, instance, instances, link, planned_group, release, rides, source, step,
};
use super::{golden, sample, style};
use crate::conformance::Verdict;
use crate::name::{Address, GroupName, Ocid};
use crate::observed::SourceLink;
use crate::op::{GroupRef, Op, Ticket, Wanted};
use crate::plan::{
    Action, ChangeAction, ChangeDetail, Cost, Exchange, HeldReason, Note, Plan, Reason, Verification, Work,
};

/// Web moves from GL1 to GL1.1 while one joins; batch is made; one of db comes back to it, and others there cannot move;
/// of cache is repeated what failed.
pub(super) fn moving() -> Plan {
    let mut plan = sample::empty();
    plan.service.api = "osmh".to_owned();
    groups(&mut plan);
    changes(&mut plan);
    what_waits(&mut plan);
    plan.notes = vec![
        Note::JoinInstalls {
            group: group_name("web"),
            release: release("GL1.1"),
            instances: 1,
            beyond: false,
        },
        Note::JoinInstalls {
            group: group_name("batch"),
            release: release("GL1"),
            instances: 2,
            beyond: true,
        },
        Note::JoinInstalls { group: group_name("db"), release: release("GL1"), instances: 1, beyond: false },
        Note::WholeGroup { group: group_name("web"), unreachable: 2 },
        Note::WholeGroup { group: group_name("batch"), unreachable: 1 },
        Note::MadeOf {
            releases: vec![release("GL1"), release("GL1.1")],
            vendors: vec!["ol8_baseos_latest-x86_64".into(), "ol8_appstream-x86_64".into()],
        },
    ];
    steps(&mut plan);
    plan
}

fn groups(plan: &mut Plan) {
    let mut web = planned_group("web", "GL1.1", 14);
    web.rides = rides(&[("great-linux/GL1", 12), ("ol8_baseos_latest-x86_64", 2)]);
    web.work = Work { joins: 1, switches: 13, updates: 13, ..Work::default() };
    web.held = 1;
    let mut batch = planned_group("batch", "GL1", 2);
    batch.rides = rides(&[("ol8_baseos_latest-x86_64", 2)]);
    batch.patching.update = Some(Wanted::Only(crate::op::UpdateKind::Security));
    batch.work = Work { joins: 2, switches: 2, ..Work::default() };
    let mut db = planned_group("db", "GL1", 6);
    db.rides = rides(&[("great-linux/GL1", 5), ("", 1)]);
    (db.at_level, db.held, db.work.switches) = (0, 5, 1);
    let mut cache = planned_group("cache", "GL1", 2);
    cache.rides = rides(&[("ol8_baseos_latest-x86_64", 2)]);
    cache.work = Work { switches: 2, ..Work::default() };
    plan.groups = vec![web, batch, db, cache];
    sample::label(plan, "batch", 2);
    sample::label(plan, "cache", 2);
}

fn changes(plan: &mut Plan) {
    let group = |create, joins: Vec<Ocid>, exchange, line| ChangeDetail::Group {
        create,
        adopt: false,
        from: (line == 41).then(|| release("GL1")),
        joins,
        leaves: Vec::new(),
        verifies: 0,
        exchange,
        line,
    };
    let still = Exchange { attach: false, detach: Vec::new(), rejoin: Vec::new(), rerun: Vec::new() };
    let detach = vec![link("great-linux/GL1"), link("ol8_addons-x86_64")];
    let moves = Exchange { attach: true, detach, ..still.clone() };
    let rejoins = Exchange { rejoin: vec![instance("db-06")], ..still.clone() };
    let repeats = Exchange { rerun: instances("cache", 1..=2), ..still };
    let vendor: SourceLink = link("ol8_baseos_latest-x86_64");
    let verdict = || Verdict { behind: sample::whole_move(), unmanaged: 3, exact: 603, ..Verdict::default() };
    let mut joining = cohort("web", "GL1.1", instances("web", 13..=13), verdict());
    (joining.from, joining.reason) = (Some(vendor.clone()), Reason::Joined { line: 41 });
    let mut first = cohort("batch", "GL1", instances("batch", 1..=2), Verdict::default());
    (first.from, first.update) = (Some(vendor.clone()), false);
    let mut back = cohort("db", "GL1", instances("db", 6..=6), Verdict::default());
    (back.from, back.update, back.reason) = (None, false, Reason::Drifted);
    let mut again = cohort("cache", "GL1", instances("cache", 1..=2), Verdict::default());
    (again.from, again.update, again.reason) = (Some(vendor), false, Reason::Unfinished);
    let all = cohort("web", "GL1.1", instances("web", 1..=12), verdict());
    plan.cohorts = vec![all, joining, first, back, again];
    let entry = |name: &str, action, detail| change(Address::Group(group_name(name)), action, detail);
    plan.changes = vec![
        entry("batch", ChangeAction::Add, group(true, instances("batch", 1..=2), None, 52)),
        entry("web", ChangeAction::Change, group(false, instances("web", 13..=13), Some(moves), 41)),
        entry("db", ChangeAction::Change, group(false, Vec::new(), Some(rejoins), 63)),
        entry("cache", ChangeAction::Change, group(false, Vec::new(), Some(repeats), 74)),
        change(
            Address::Profile(group_name("batch")),
            ChangeAction::Add,
            ChangeDetail::Profile { adopt: false, replace: false, line: Some(52) },
        ),
        change(
            Address::Profile(group_name("old")),
            ChangeAction::Destroy,
            ChangeDetail::Profile { adopt: false, replace: false, line: None },
        ),
    ];
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let detail = ChangeDetail::Instance { cohort: index };
        let change = |id: &Ocid| change(Address::Instance(id.clone()), ChangeAction::Change, detail.clone());
        plan.changes.extend(cohort.instances.iter().map(change));
    }
}

fn what_waits(plan: &mut Plan) {
    let ticket = Ticket("ocid1.osmhworkrequest.oc1..w7".to_owned());
    let theirs =
        |id: &str, name: Option<&str>| HeldReason::Taken { by: Ocid::new(id), name: name.map(Into::into) };
    let vendor = Some("ol8_baseos_latest-x86_64".into());
    plan.held = [
        ("web-14", theirs("ocid1.osmhmanagedinstancegroup.oc1..theirs", Some("nightly"))),
        ("db-01", theirs("ocid1.osmhlifecyclestage.oc1..prod", None)),
        ("db-02", HeldReason::OpenWork { ticket: ticket.clone() }),
        ("db-03", HeldReason::Beside { instance: instance("db-02"), ticket: ticket.clone() }),
        ("db-04", HeldReason::Apart { rides: vendor }),
        ("db-05", HeldReason::Stray { instance: instance("db-04") }),
    ]
    .map(|(name, reason)| held(Address::Instance(instance(name)), reason))
    .into();
}

fn steps(plan: &mut Plan) {
    let target = GroupRef { group: group_name("web"), id: None };
    let (group, to) = (|| target.clone(), || source("GL1.1"));
    let members = || instances("web", 1..=12);
    let ops = [
        Op::Attach { group: group(), source: to(), instances: members() },
        Op::Detach {
            group: group(),
            sources: vec![link("great-linux/GL1").id],
            keeps: to(),
            instances: members(),
        },
        Op::Enroll { group: group(), source: to(), instances: instances("web", 13..=13) },
        Op::UpdateGroup { group: group(), source: to(), kind: Wanted::All, instances: members() },
        Op::Refresh { group: group(), instances: instances("web", 1..=13) },
    ];
    let mut last = Vec::new();
    for op in ops {
        let address = Address::Group(group_name("web"));
        last = vec![step(plan, address, Some("web"), Action::Act { op }, &last)];
    }
    for member in instances("web", 1..=13) {
        let what =
            Verification::Level { instance: member.clone(), group: GroupName::new("web"), stays: Vec::new() };
        step(plan, Address::Instance(member), Some("web"), Action::Verify { what }, &last);
    }
    plan.cost = Cost { changing_calls: 9, work_requests: 40 };
}

#[test]
fn a_plan_for_groups_that_move_as_a_whole_reads_well() {
    golden::check("plan-groups", &plan(&moving(), style(80, Detail::Full)));
    golden::check("plan-groups-60", &plan(&moving(), style(60, Detail::Default)));
}
