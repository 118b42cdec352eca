//! How plans stand to a policy, rule by rule: small fleets, told with the numbers.

use jiff::Timestamp;
use patchtrain::advisory::{Advisories, Advisory, Fix, Status};
use patchtrain::name::GroupName;
use patchtrain::op::UpdateKind;
use patchtrain::package::Package;
use patchtrain::plan::{CheckOutcome, Plan, Reviewed, reviewed};
use patchtrain::policy::{Approver, Forbidden, Policy, PublicKey};
use patchtrain::rollout::{Blackout, Days, Zone, parse_span};

use super::small::{applied, rebind, start};
use crate::support::model;
use crate::support::worlds::{World, instance_id};

fn review(world: &World, policy: Policy, book: Option<&Advisories>) -> Plan {
    let mut train = world.train.clone();
    train.policy = Some(policy);
    let plan = world.plan().unwrap();
    reviewed(plan, &Reviewed { train: &train, state: &world.state, now: world.now, book })
}

/// Returns how one rule went: its outcome, what was asked and found, and the details.
fn told(world: &World, policy: Policy, book: Option<&Advisories>) -> (CheckOutcome, String, Vec<String>) {
    let plan = review(world, policy, book);
    let checks = plan.policy.unwrap().checks;
    assert_eq!(checks.len(), 1, "{checks:?}");
    let check = checks[0].clone();
    (check.outcome, format!("{}; {}", check.limit, check.found), check.details)
}

fn is(told: (CheckOutcome, String, Vec<String>), outcome: CheckOutcome, text: &str) {
    assert_eq!((told.0, told.1.as_str()), (outcome, text));
}

const PASS: CheckOutcome = CheckOutcome::Pass;
const FAIL: CheckOutcome = CheckOutcome::Fail;

#[test]
fn whom_a_plan_touches_is_counted() {
    let fresh = start();
    let members = fresh.plan().unwrap().groups.iter().map(|group| group.members).sum::<usize>();
    let limited = |limit| Policy { max_instances: Some(limit), ..Policy::default() };
    is(told(&fresh, limited(members), None), PASS, &format!("at most {}; {}", many(members), many(members)));
    is(
        told(&fresh, limited(members - 1), None),
        FAIL,
        &format!("at most {}; {}", many(members - 1), many(members)),
    );
    let all = |limit| Policy { max_change: Some(limit), ..Policy::default() };
    is(
        told(&fresh, all(99), None),
        FAIL,
        &format!("at most 99% of the instances; 100% ({members} of {})", many(members)),
    );
    is(
        told(&fresh, all(100), None),
        PASS,
        &format!("at most 100% of the instances; 100% ({members} of {})", many(members)),
    );
    let done = applied();
    is(told(&done, limited(0), None), PASS, "at most 0 instances; 0 instances");
    is(told(&done, all(0), None), PASS, "at most 0% of the instances; nobody");
}

fn many(number: usize) -> String {
    if number == 1 { "1 instance".to_owned() } else { format!("{number} instances") }
}

#[test]
fn nothing_is_changed_in_a_freeze() {
    let frozen = |day: &str| Policy {
        freeze_periods: Some(Blackout {
            dates: vec![Days::parse(day).unwrap()],
            timezone: Zone::parse("UTC").unwrap(),
        }),
        ..Policy::default()
    };
    let world = start();
    let day = world.now.to_string()[..10].to_owned();
    let told_now = told(&world, frozen(&day), None);
    assert_eq!(told_now.0, FAIL);
    assert!(
        told_now.1.starts_with(&format!("nothing on {day} (UTC); it is one of them, until 20")),
        "{}",
        told_now.1
    );
    is(told(&world, frozen("2020-01-01"), None), PASS, "nothing on 2020-01-01 (UTC); it is none of them");
    is(told(&applied(), frozen(&day), None), PASS, &format!("nothing on {day} (UTC); nothing is changed"));
}

#[test]
fn what_is_forbidden_is_named() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    let plan = world.plan().unwrap();
    let delta = &plan.moves[0].delta;
    assert!(!delta.entries.is_empty());
    let forbid = |rules: &[&str]| Policy {
        forbid: rules.iter().map(|rule| Forbidden::parse(rule).unwrap()).collect(),
        ..Policy::default()
    };
    let (outcome, text, _) = told(&world, forbid(&["downgrade", "removal:nothing-has-this-name"]), None);
    assert_eq!(
        (outcome, text.as_str()),
        (PASS, "no downgrade, no removal:nothing-has-this-name; none of it")
    );
    // The way back takes versions back.
    model::run_all(&mut world, &plan);
    rebind(&mut world.train, "canary", "GL1");
    let (outcome, text, details) = told(&world, forbid(&["downgrade"]), None);
    assert_eq!(outcome, FAIL, "{text}");
    assert!(
        text.contains("downgrade: GL2 -> GL1: ") || details.iter().all(|one| one.starts_with("downgrade: ")),
        "{text}"
    );
    is(
        told(&applied(), forbid(&["downgrade", "reboot", "destroy"]), None),
        PASS,
        "no downgrade, no reboot, no destroy; none of it",
    );
}

/// A pull request that takes the old release out of the train file, or a plan that tells of a move that harms nobody.
#[test]
fn what_is_forbidden_cannot_be_hidden() {
    let forbid = |rule: &str| Policy { forbid: vec![Forbidden::parse(rule).unwrap()], ..Policy::default() };
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    let there = world.plan().unwrap();
    model::run_all(&mut world, &there);
    rebind(&mut world.train, "canary", "GL1");
    assert_eq!(told(&world, forbid("removal:zsh"), None).0, FAIL);

    let mut plan = world.plan().unwrap();
    plan.moves[0].delta = patchtrain::package::Delta::default();
    let mut train = world.train.clone();
    train.policy = Some(forbid("removal:zsh"));
    let by = Reviewed { train: &train, state: &world.state, now: world.now, book: None };
    assert!(reviewed(plan, &by).is_denied());

    world.train.releases.retain(|release| release.name.as_str() != "GL2");
    is(
        told(&world, forbid("removal:zsh"), None),
        FAIL,
        "no removal:zsh; GL2 -> GL1: nobody knows what differs, since GL2 is not declared; declare it, with `retired = true`",
    );
    // Of packages it does not speak.
    assert_eq!(told(&world, forbid("reboot"), None).0, PASS);
}

/// Under another name a group is still who it was.
#[test]
fn a_renamed_group_moves_on_as_well() {
    let policy = || Policy { min_conformance_before_next: Some(98), ..Policy::default() };
    let mut world = applied();
    world.state.instances.values_mut().next().unwrap().at_level = None;
    rebind(&mut world.train, "web", "GL2");
    assert_eq!(told(&world, policy(), None).0, FAIL);
    world.train.groups[1].name = GroupName::new("web2");
    let (outcome, text, _) = told(&world, policy(), None);
    assert_eq!(outcome, FAIL, "{text}");
}

#[test]
fn nobody_moves_on_while_too_many_are_below_level() {
    let policy = || Policy { min_conformance_before_next: Some(98), ..Policy::default() };
    let asked = "98% at the level of what they ride, before anybody moves on";
    let mut world = applied();
    is(told(&world, policy(), None), PASS, &format!("{asked}; nobody moves on"));
    rebind(&mut world.train, "canary", "GL2");
    let all = world.state.instances.len();
    is(told(&world, policy(), None), PASS, &format!("{asked}; 100% ({all} of {})", many(all)));
    // One that was left behind holds the next release, and not the move that has begun.
    world.state.instances.values_mut().next().unwrap().at_level = None;
    let (outcome, text, _) = told(&world, policy(), None);
    assert_eq!((outcome, text.contains(&format!("({} of {}", all - 1, many(all)))), (FAIL, true), "{text}");
    let canary = GroupName::new("canary");
    let record = world.state.groups.get_mut(&canary).unwrap();
    record.release = Some(patchtrain::name::ReleaseName::new("GL2"));
    is(told(&world, policy(), None), PASS, &format!("{asked}; nobody moves on"));
    // Where waves are groups of the service, by the first of them that has begun.
    let record = world.state.groups[&canary].clone();
    world.state.groups.get_mut(&canary).unwrap().release = None;
    world.state.groups.insert(canary.of_wave(1), record);
    is(told(&world, policy(), None), PASS, &format!("{asked}; nobody moves on"));
    // Whoever comes from another group has not begun.
    let id = world.state.instances.iter().find(|(_, record)| record.group == canary).unwrap().0.clone();
    world.state.instances.get_mut(&id).unwrap().group = GroupName::new("web");
    assert_eq!(told(&world, policy(), None).0, FAIL);
}

#[test]
fn groups_have_to_soak() {
    let policy = || Policy { require_soak: parse_span("24h").ok(), ..Policy::default() };
    let asked = "groups soak for 1d behind others, and between waves";
    let mut world = start();
    let name = world.train.groups[0].name.clone();
    let mut second = world.train.groups[0].clone();
    second.name = GroupName::new("second");
    second.members = patchtrain::train::Members::Listed([instance_id(900)].into());
    world.train.groups.truncate(1);
    is(told(&world, policy(), None), PASS, &format!("{asked}; all groups do"));
    world.train.groups.push(second);
    is(
        told(&world, policy(), None),
        FAIL,
        &format!("{asked}; no group goes after another, so that nobody waits for a soak"),
    );
    world.train.groups[1].after = vec![name];
    is(told(&world, policy(), None), FAIL, &format!("{asked}; group.second: soak is none"));
    world.train.groups[1].pace.soak = parse_span("23h").ok();
    is(told(&world, policy(), None), FAIL, &format!("{asked}; group.second: soak is 23h"));
    world.train.groups[1].pace.soak = parse_span("24h").ok();
    is(told(&world, policy(), None), PASS, &format!("{asked}; all groups do"));
}

#[test]
fn no_security_update_may_be_lacking_for_long() {
    let policy = || Policy { max_security_lag: parse_span("30d").ok(), ..Policy::default() };
    let asked = "no security update out for more than 30d is lacking";
    let world = start();
    let package = world.train.releases[0].packages().iter().next().unwrap();
    let newer = Package::parse(&format!("{}-999:9-9.{}", package.name(), package.arch())).unwrap();
    let book = |kind, issued: Timestamp| {
        Advisories::new([Advisory {
            id: "ELSA-1".into(),
            kind,
            severity: None,
            title: "a fix".into(),
            issued: Some(issued),
            updated: None,
            cves: Vec::new(),
            fixes: vec![Fix::new(newer)],
            status: Status::Final,
        }])
    };
    let ago = |days: i64| world.now - jiff::SignedDuration::from_hours(24 * days);
    is(
        told(&world, policy(), None),
        FAIL,
        &format!("{asked}; no advisories were asked: --advisories FILE, or --advisories service"),
    );
    is(told(&world, policy(), Some(&Advisories::default())), PASS, &format!("{asked}; none is lacking"));
    let recent = book(UpdateKind::Security, ago(30));
    is(told(&world, policy(), Some(&recent)), PASS, &format!("{asked}; one has been out for 30d"));
    let bug = book(UpdateKind::Bugfix, ago(300));
    is(told(&world, policy(), Some(&bug)), PASS, &format!("{asked}; none is lacking"));
    let old = book(UpdateKind::Security, ago(31));
    let (outcome, text, details) = told(&world, policy(), Some(&old));
    assert_eq!((outcome, text.as_str()), (FAIL, format!("{asked}; one has been out for 31d").as_str()));
    assert!(details.iter().any(|detail| detail == "GL1 lacks ELSA-1, out for 31d"), "{details:?}");
    is(told(&applied(), policy(), None), PASS, &format!("{asked}; nobody is moved"));
}

/// An approver by a name.
fn approver(name: &str, key: &str) -> Approver {
    Approver { name: name.to_owned(), key: PublicKey::parse(key).unwrap() }
}

#[test]
fn a_changed_policy_is_told_and_approved_under_the_one_on_record() {
    let ada = || approver("ada", "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    let eve = || approver("eve", "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
    let recorded = Policy { approvals: 1, approvers: vec![ada()], binding: true, ..Policy::default() };
    let wanted =
        Policy { approvals: 1, approvers: vec![eve()], max_instances: Some(900), ..Policy::default() };
    let mut world = start();
    // Nothing on record: the train's own counts, and nothing is changed by it.
    let first = review(&world, wanted.clone(), None).policy.unwrap();
    let asked = first.approvals.unwrap();
    assert_eq!((asked.needed, asked.approvers, asked.recorded), (1, vec!["eve".to_owned()], false));
    assert_eq!((first.changed, first.binding), (Vec::new(), false));

    world.state.policy = Some(recorded.clone());
    let then = review(&world, wanted, None).policy.unwrap();
    let asked = then.approvals.unwrap();
    assert_eq!((asked.needed, asked.approvers, asked.recorded), (1, vec!["ada".to_owned()], true));
    let changed: Vec<&str> = then.changed.iter().map(|change| change.rule.as_str()).collect();
    assert_eq!((changed, then.binding), (vec!["approvers", "max_instances", "override"], true));

    // Whoever drops it all needs the word of those who were there.
    let plan = world.plan().unwrap();
    let by = Reviewed { train: &world.train, state: &world.state, now: world.now, book: None };
    let dropped = reviewed(plan, &by).policy.unwrap();
    assert_eq!((dropped.policy, dropped.checks.len()), (None, 0));
    assert_eq!(dropped.approvals.unwrap().approvers, ["ada"]);
    assert!(dropped.changed.iter().all(|change| change.to.is_none()));

    world.state.policy = Some(Policy { approvals: 0, approvers: Vec::new(), ..recorded });
    let free = review(&world, Policy { approvals: 1, approvers: vec![ada()], ..Policy::default() }, None);
    assert_eq!(free.policy.unwrap().approvals, None, "until it is on record");
}

#[test]
fn without_a_policy_there_is_nothing_to_say() {
    let world = start();
    let plan = world.plan().unwrap();
    let by = Reviewed { train: &world.train, state: &world.state, now: world.now, book: None };
    assert_eq!(reviewed(plan.clone(), &by), plan);
}
