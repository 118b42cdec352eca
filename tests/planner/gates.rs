//! What a plan puts between groups and waves, and which of it is shut: small fleets, told gate by gate.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use patchtrain::name::{Address, GroupName, Ocid, ReleaseName};
use patchtrain::observed::InstanceStatus;
use patchtrain::plan::{Action, Condition, HeldReason, Plan, lint};
use patchtrain::rollout::{Amount, HealthCheck, Pace, Probe};
use patchtrain::state::{Paused, RolloutRecord, Stopped};
use patchtrain::train::Group;

use super::small::{rebind, start};
use crate::support::model;
use crate::support::worlds::{World, group, instance_id};

/// A fleet of so many in `canary`, `web` behind it and `db` behind that, all at `GL1`.
fn applied(counts: [usize; 3]) -> World {
    let mut world = start();
    let one = world.observed.instances[&instance_id(0)].clone();
    world.observed.instances.clear();
    world.train.groups.clear();
    let mut next = 0;
    let mut before: Option<GroupName> = None;
    for (name, count) in ["canary", "web", "db"].into_iter().zip(counts) {
        let members: Vec<Ocid> = (next..next + count).map(instance_id).collect();
        for (index, id) in members.iter().enumerate() {
            let mut seen = one.clone();
            seen.name = format!("{name}-{index}").into();
            world.observed.instances.insert(id.clone(), seen);
        }
        next += count;
        let mut one = group(name, "GL1", &members);
        one.after.extend(before.replace(one.name.clone()));
        world.train.groups.push(one);
    }
    run(&mut world);
    world
}

/// Does what can be done.
fn run(world: &mut World) {
    let plan = world.plan().unwrap();
    model::run_all(world, &plan);
}

/// Does what stands before a wave of `web`.
fn run_before(world: &mut World, wave: u32) {
    let plan = world.plan().unwrap();
    let is_gate = |action: &Action| match action {
        Action::Gate { condition: Condition::GroupAtLevel { behind, .. } } => *behind == Some(wave),
        _ => false,
    };
    let limit = plan.steps.iter().position(|step| is_gate(&step.action)).unwrap();
    model::run(world, &plan, limit, |_| 0);
}

fn of<'w>(world: &'w mut World, name: &str) -> &'w mut Group {
    world.train.groups.iter_mut().find(|group| group.name.as_str() == name).unwrap()
}

fn bind(world: &mut World, names: &[&str]) {
    names.iter().for_each(|name| rebind(&mut world.train, name, "GL2"));
}

fn lose(world: &mut World, index: usize) {
    world.observed.instances.get_mut(&instance_id(index)).unwrap().status = InstanceStatus::Unreachable;
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn rollout(world: &World, release: &str) -> RolloutRecord {
    RolloutRecord {
        release: Some(ReleaseName::new(release)),
        started: world.now,
        waves: 1,
        awaited: BTreeMap::new(),
        failed: BTreeMap::new(),
        stopped: None,
        paused: None,
        ended: None,
    }
}

/// Has the rollout of a group to a release stop.
fn stop(world: &mut World, name: &str, release: &str) {
    let stopped = Some(Stopped { wave: 1, failed: 1, allowed: 0, whole: true, at: world.now });
    let record = RolloutRecord { stopped, ..rollout(world, release) };
    world.state.rollouts.insert(GroupName::new(name), record);
}

fn pause(world: &mut World, name: &str) {
    let paused = Some(Paused { by: "ada".to_owned(), at: world.now, why: None });
    let record = RolloutRecord { paused, release: None, ..rollout(world, "GL1") };
    world.state.rollouts.insert(GroupName::new(name), record);
}

/// The gates of a plan and why they are shut, a line each.
fn told(plan: &Plan) -> Vec<String> {
    let wave = |wave: &Option<u32>| wave.map_or_else(String::new, |wave| format!("/{wave}"));
    let gates = plan.steps.iter().filter_map(|step| {
        let Action::Gate { condition } = &step.action else { return None };
        Some(match condition {
            Condition::GroupAtLevel {
                waiting,
                behind,
                group,
                wave: first,
                release,
                candidates,
                members,
                allowed,
                soak,
                health,
            } => format!(
                "{waiting}{} behind {group}{} at {release}: {} can, of {members} but {allowed}{}{}",
                wave(behind),
                wave(first),
                candidates.len(),
                soak.map(|soak| format!(", soaks {}", patchtrain::rollout::span_words(soak)))
                    .unwrap_or_default(),
                if health.is_some() { ", health" } else { "" },
            ),
            Condition::Open { waiting, .. } => format!("{waiting} has hours"),
            Condition::Going { waiting, release } => format!("{waiting} may go to {release}"),
            Condition::Arrived { .. } => return None,
        })
    });
    let held = plan.held.iter().filter_map(|held| {
        let Address::Group(group) = &held.address else { return None };
        let until = held.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let why = match &held.reason {
            HeldReason::Gate { after, reachable, members, allowed, wave: first, behind } => {
                format!("{}: {reachable} of {members} but {allowed} of {after}{}", wave(behind), wave(first))
            }
            HeldReason::Soak { after, wave: first, behind, since, .. } => {
                let since = since.map(|since| since.to_string()).unwrap_or_default();
                format!("{}: {after}{} soaks since {since}", wave(behind), wave(first))
            }
            HeldReason::Stopped { of, .. } => match of {
                Some(of) => format!(": {of} has stopped"),
                None => ": stopped".to_owned(),
            },
            HeldReason::Paused { .. } => ": paused".to_owned(),
            HeldReason::Closed { by } => format!(": closed by {by:?}"),
            other => format!(": {other:?}"),
        };
        Some(format!("held {group}{why}{until}"))
    });
    gates.chain(held).collect()
}

#[track_caller]
fn check(world: &World, expected: &[&str]) {
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let told = told(&plan);
    assert_eq!(told, expected);
}

#[test]
fn a_group_waits_for_who_goes_first_until_nothing_is_to_be_done_there() {
    let mut world = applied([1, 2, 1]);
    check(&world, &[]);
    bind(&mut world, &["canary", "web"]);
    check(&world, &["web behind canary at GL2: 1 can, of 1 but 0"]);
    bind(&mut world, &["db"]);
    check(
        &world,
        &["web behind canary at GL2: 1 can, of 1 but 0", "db behind web at GL2: 2 can, of 2 but 0"],
    );
    // Who goes first is where it belongs: that is passed for good.
    let mut world = applied([1, 2, 1]);
    bind(&mut world, &["web"]);
    check(&world, &[]);
    of(&mut world, "canary").pace.health =
        Some(HealthCheck { probe: Probe::Command(vec!["true".to_owned()]), timeout: hours(1) });
    check(&world, &["web behind canary at GL1: 1 can, of 1 but 0, health"]);
}

/// Whose level is only to be proven may turn out not to be there.
#[test]
fn a_group_waits_for_who_is_only_read_back() {
    let mut world = applied([2, 1, 0]);
    of(&mut world, "canary").max_failures = Amount::Number(1);
    world.state.instances.get_mut(&instance_id(0)).unwrap().at_level = None;
    bind(&mut world, &["web"]);
    check(&world, &["web behind canary at GL1: 2 can, of 2 but 1"]);
}

#[test]
fn who_cannot_get_there_keeps_others_back_unless_so_many_may_be_below() {
    let mut world = applied([2, 2, 0]);
    bind(&mut world, &["canary", "web"]);
    lose(&mut world, 1);
    check(&world, &["web behind canary at GL2: 1 can, of 2 but 0", "held web: 1 of 2 but 0 of canary"]);
    of(&mut world, "canary").max_failures = Amount::Number(1);
    check(&world, &["web behind canary at GL2: 1 can, of 2 but 1"]);
    lose(&mut world, 0);
    check(&world, &["web behind canary at GL2: 0 can, of 2 but 1", "held web: 0 of 2 but 1 of canary"]);
    of(&mut world, "canary").max_failures = Amount::Number(5);
    check(&world, &[]);
}

#[test]
fn a_soak_is_over_when_it_has_lasted() {
    let mut world = applied([2, 2, 0]);
    of(&mut world, "web").pace.soak = Some(hours(2));
    bind(&mut world, &["canary"]);
    run(&mut world);
    bind(&mut world, &["web"]);
    check(
        &world,
        &[
            "web behind canary at GL2: 2 can, of 2 but 0, soaks 2h",
            "held web: canary soaks since 2026-11-22T12:07:00Z until 2026-11-22T14:07:00Z",
        ],
    );
    world.now += hours(2) - SignedDuration::from_secs(1);
    check(&world, &["web behind canary at GL2: 2 can, of 2 but 0, soaks 2h"]);
    world.now += SignedDuration::from_secs(1);
    check(&world, &["web behind canary at GL2: 2 can, of 2 but 0, soaks 2h"]);
    // Of those that have to be, the last has to have been so long; nobody has to be where all may be below.
    of(&mut world, "canary").max_failures = Amount::Number(2);
    lose(&mut world, 0);
    check(&world, &["web behind canary at GL2: 1 can, of 2 but 2, soaks 2h"]);
}

#[test]
fn pauses_stops_and_hours_hold_a_group_and_who_waits_for_it() {
    let mut world = applied([1, 1, 1]);
    bind(&mut world, &["canary", "web", "db"]);
    let bound = world.clone();
    pause(&mut world, "canary");
    check(
        &world,
        &[
            "canary may go to GL2",
            "web behind canary at GL2: 1 can, of 1 but 0",
            "db behind web at GL2: 1 can, of 1 but 0",
            "held canary: paused",
            "held db: 0 of 1 but 0 of web",
            "held web: 0 of 1 but 0 of canary",
        ],
    );
    world = bound.clone();
    stop(&mut world, "canary", "GL2");
    check(
        &world,
        &[
            "canary may go to GL2",
            "web behind canary at GL2: 1 can, of 1 but 0",
            "db behind web at GL2: 1 can, of 1 but 0",
            "held canary: stopped",
            "held db: 0 of 1 but 0 of web",
            "held web: canary has stopped",
        ],
    );
    world = bound.clone();
    stop(&mut world, "canary", "GL1");
    check(
        &world,
        &["web behind canary at GL2: 1 can, of 1 but 0", "db behind web at GL2: 1 can, of 1 but 0"],
    );
    world = bound.clone();
    let window = r#"{"window": {"days": ["Mon"], "from": "22:00", "to": "04:00", "timezone": "UTC"}}"#;
    of(&mut world, "canary").pace.calendar = serde_json::from_str(window).unwrap();
    check(
        &world,
        &[
            "canary has hours",
            "web behind canary at GL2: 1 can, of 1 but 0",
            "db behind web at GL2: 1 can, of 1 but 0",
            "held canary: closed by Window until 2026-11-23T22:00:00Z",
            "held db: 0 of 1 but 0 of web",
            "held web: 0 of 1 but 0 of canary",
        ],
    );
    world.now = "2026-11-23T22:00:00Z".parse().unwrap();
    check(
        &world,
        &[
            "canary has hours",
            "web behind canary at GL2: 1 can, of 1 but 0",
            "db behind web at GL2: 1 can, of 1 but 0",
        ],
    );
    of(&mut world, "canary").pace.calendar =
        serde_json::from_str(r#"{"blackout": {"dates": ["2026-11-23..2026-11-24"], "timezone": "UTC"}}"#)
            .unwrap();
    check(
        &world,
        &[
            "canary has hours",
            "web behind canary at GL2: 1 can, of 1 but 0",
            "db behind web at GL2: 1 can, of 1 but 0",
            "held canary: closed by Blackout until 2026-11-25T00:00:00Z",
            "held db: 0 of 1 but 0 of web",
            "held web: 0 of 1 but 0 of canary",
        ],
    );
}

#[test]
fn a_stop_outlives_the_work_of_who_has_stopped() {
    let mut world = applied([2, 1, 0]);
    of(&mut world, "canary").max_failures = Amount::Number(2);
    bind(&mut world, &["canary"]);
    run(&mut world);
    bind(&mut world, &["web"]);
    check(&world, &[]);
    stop(&mut world, "canary", "GL2");
    check(&world, &["web behind canary at GL2: 2 can, of 2 but 2", "held web: canary has stopped"]);
}

fn in_waves(counts: [usize; 3]) -> World {
    let mut world = applied(counts);
    let waves = vec![Amount::Number(1), Amount::Percent(50)];
    of(&mut world, "web").pace = Pace { waves, stops: true, ..Pace::default() };
    bind(&mut world, &["web"]);
    world
}

#[test]
fn each_wave_waits_for_the_one_before() {
    let mut world = in_waves([1, 5, 1]);
    check(
        &world,
        &["web/2 behind web/1 at GL2: 1 can, of 1 but 0", "web/3 behind web/2 at GL2: 2 can, of 2 but 0"],
    );
    of(&mut world, "web").pace.wave_soak = Some(hours(3));
    check(
        &world,
        &[
            "web/2 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
            "held web/2: web/1 soaks since ",
        ],
    );
    run_before(&mut world, 2);
    check(
        &world,
        &[
            "web/2 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
            "held web/2: web/1 soaks since 2026-11-22T12:07:00Z until 2026-11-22T15:07:00Z",
        ],
    );
    world.now += hours(3);
    check(
        &world,
        &[
            "web/2 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
            "held web/3: web/2 soaks since ",
        ],
    );
    run_before(&mut world, 3);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
            "held web/3: web/2 soaks since 2026-11-22T15:14:00Z until 2026-11-22T18:14:00Z",
        ],
    );
    world.now += hours(3);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
        ],
    );
    // Of the two of the second one is lost: one may be.
    let second = of_wave(&world, 2)[0].clone();
    world.observed.instances.get_mut(&second).unwrap().status = InstanceStatus::Unreachable;
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 1 can, of 2 but 0, soaks 3h",
            "held web/3: 1 of 2 but 0 of web/2",
        ],
    );
    of(&mut world, "web").max_failures = Amount::Number(1);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 1 can, of 2 but 1, soaks 3h",
        ],
    );
    run(&mut world);
    check(&world, &[]);
}

fn of_wave(world: &World, wave: u32) -> Vec<Ocid> {
    let records = world.state.instances.iter();
    let own = records.filter(|(_, record)| record.wave == wave && record.group.as_str() == "web");
    own.map(|(id, _)| id.clone()).collect()
}

#[test]
fn a_wave_that_nobody_moves_in_is_looked_at_by_the_next_that_somebody_does() {
    let mut world = in_waves([0, 6, 0]);
    of(&mut world, "web").pace.wave_soak = Some(hours(3));
    run_before(&mut world, 2);
    world.now += hours(3);
    run_before(&mut world, 3);
    // No gate of the second looks at the first any more: the third looks at both.
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 0, soaks 3h",
            "held web/3: web/2 soaks since 2026-11-22T15:14:00Z until 2026-11-22T18:14:00Z",
        ],
    );
    of(&mut world, "web").pace.wave_soak = None;
    check(
        &world,
        &["web/3 behind web/1 at GL2: 1 can, of 1 but 0", "web/3 behind web/2 at GL2: 2 can, of 2 but 0"],
    );
    let waves = vec![Amount::Number(1), Amount::Number(2), Amount::Number(3)];
    of(&mut world, "web").pace.waves = waves;
    check(
        &world,
        &["web/3 behind web/1 at GL2: 1 can, of 1 but 0", "web/3 behind web/2 at GL2: 2 can, of 2 but 0"],
    );
}

#[test]
fn who_was_moved_and_is_gone_counts_against_his_wave() {
    let mut world = in_waves([0, 7, 1]);
    of(&mut world, "web").pace.wave_soak = Some(hours(3));
    run_before(&mut world, 2);
    world.now += hours(3);
    run_before(&mut world, 3);
    world.now += hours(3);
    let second = of_wave(&world, 2);
    let patchtrain::train::Members::Listed(listed) = &mut of(&mut world, "web").members else { panic!() };
    listed.remove(&second[0]);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 3 but 0, soaks 3h",
            "held web/3: 2 of 3 but 0 of web/2",
        ],
    );
    of(&mut world, "web").max_failures = Amount::Number(1);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 3 but 1, soaks 3h",
        ],
    );
    // Whoever waits for all of the group counts him too.
    bind(&mut world, &["db"]);
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 3 but 1, soaks 3h",
            "db behind web at GL2: 6 can, of 7 but 1",
        ],
    );
    world.state.rollouts.clear();
    check(
        &world,
        &[
            "web/3 behind web/1 at GL2: 1 can, of 1 but 0, soaks 3h",
            "web/3 behind web/2 at GL2: 2 can, of 2 but 1, soaks 3h",
            "db behind web at GL2: 6 can, of 6 but 1",
        ],
    );
}
