//! Runs in which nothing goes wrong, gates, and what a large plan costs.

use super::plans::{self, Builder, instance, release, story, story_world};
use super::*;
use crate::plan::DriftKind;
use crate::state::{AtLevel, Entry, GroupRecord, InstanceRecord, PlanRun};

#[tokio::test(start_paused = true)]
async fn a_plan_runs_to_its_end_and_the_state_says_so() {
    let rig = Rig::new(story(0), story_world());
    let (outcome, events) = rig.apply().await.unwrap();
    assert!(outcome.ends.iter().all(|(_, end)| *end == StepEnd::Done), "{:#?}", outcome.ends);
    assert_eq!(outcome.counts.done, rig.plan.steps.len());
    assert!(!outcome.interrupted);
    rig.assert_each_op_done_once();

    let at = jiff::Timestamp::from_second(1_000_000).unwrap();
    let state = rig.state();
    assert_eq!((state.serial, outcome.serial), (1, 1));
    let run = PlanRun { id: rig.plan.id.clone(), basis: 0, used_up: true, at };
    assert_eq!(state.last_plan, Some(run));
    assert!(state.unfinished.is_empty());
    let record = |name: &str, group: &str| {
        let at_level = Some(AtLevel {
            release: release(),
            since: at,
            extra: 0,
            patching: crate::train::Patching::EVERYTHING,
        });
        let group = plans::group(group);
        (
            instance(name),
            InstanceRecord {
                name: name.into(),
                group,
                release: Some(release()),
                at_level,
                accepted: Default::default(),
                wave: 0,
            },
        )
    };
    let expected = [record("canary-1", "canary"), record("web-1", "web"), record("web-2", "web")];
    assert_eq!(state.instances, expected.into());
    let bound = |name: &str| GroupRecord {
        id: crate::name::Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..planned.{name}")),
        made: true,
        release: Some(release()),
        since: Some(at),
        failed: None,
        called: None,
        accepted: Default::default(),
    };
    let expected = [(plans::group("canary"), bound("canary")), (plans::group("web"), bound("web"))];
    assert_eq!(state.groups, expected.into());
    assert_eq!(state.sources[&release()].digest, plans::set(plans::NEW).digest());

    rig.store.with(|inner| {
        assert_eq!((inner.folds, inner.history.len()), (1, 1));
        assert_eq!(inner.history[0].steps, outcome.counts);
        assert_eq!((inner.history[0].basis, inner.history[0].serial), (0, 1));
    });
    // Every step has one end, and one start before it, but for gates.
    for step in &rig.plan.steps {
        let of = |event: &Event| match event {
            Event::Started { step: id } if *id == step.id => Some('s'),
            Event::Ended { step: id, .. } if *id == step.id => Some('e'),
            _ => None,
        };
        let seen: String = events.iter().filter_map(of).collect();
        assert_eq!(seen, if matches!(step.action, Action::Gate { .. }) { "e" } else { "se" });
    }
    assert!(events.iter().any(|event| matches!(event, Event::Waiting { percent, .. } if *percent > 0)));
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_done_or_stale_is_refused() {
    let mut rig = Rig::new(story(0), story_world());
    rig.converge().await;
    assert!(matches!(rig.apply().await, Err(ApplyError::UsedUp)));

    let mut other = story(1);
    assert_ne!(other.id, rig.plan.id);
    other.basis.serial = 0;
    rig.plan = other.clone();
    let Err(ApplyError::Stale(reason)) = rig.apply().await else { panic!("not stale") };
    assert!(reason.contains("serial 0") && reason.contains("at 1"), "{reason}");

    other.basis.serial = 1;
    other.basis.state = Some(crate::package::Digest::of(["the state, amid the run that led to serial 1"]));
    rig.plan = other.clone();
    assert!(matches!(rig.apply().await, Err(ApplyError::Stale(reason)) if reason.contains("at work")));

    other.basis.lineage = Lineage("another".into());
    rig.plan = other;
    assert!(matches!(rig.apply().await, Err(ApplyError::Stale(reason)) if reason.contains("lineage")));
}

#[tokio::test(start_paused = true)]
async fn an_old_plan_cannot_go_on_after_another_has_run() {
    let mut rig = Rig::new(story(0), story_world());
    let first = rig.plan.clone();
    rig.cloud.on_submit(plans::create_source().key(), 1, refusal());
    rig.apply().await.unwrap();
    let mut builder = Builder::new();
    builder.edit().basis.serial = 1;
    builder.act(None, plans::create_group("canary"), &[]);
    rig.plan = builder.done();
    rig.converge().await;
    rig.plan = first;
    assert!(matches!(rig.apply().await, Err(ApplyError::Stale(_))));
}

fn refusal() -> crate::cloud::memory::Fault {
    crate::cloud::memory::Fault::Refused { status: 400, code: "InvalidParameter" }
}

#[tokio::test(start_paused = true)]
async fn a_shut_gate_keeps_what_is_behind_it_and_opens_when_the_plan_is_applied_again() {
    let rig = Rig::new(story(0), story_world());
    let fails = crate::cloud::memory::Fault::FailedWork { message: "disk full".to_owned() };
    rig.cloud.on_submit(plans::update("canary-1").key(), 1, fails);
    let (outcome, _) = rig.apply().await.unwrap();
    let gate = rig.plan.steps.iter().position(|step| matches!(step.action, Action::Gate { .. })).unwrap();
    let shut = "group.web waits for group.canary: 0 of 1 members are at the level of GL1, 0 may be below it";
    assert_eq!(outcome.ends[gate].1, StepEnd::Shut { message: shut.to_owned() });
    let StepEnd::Failed { message } = rig.end_of(&outcome, &plans::update("canary-1")) else { panic!() };
    assert!(message.ends_with("failed: disk full"), "{message}");
    // Joining a group waits for no gate; changing repositories does.
    assert_eq!(rig.end_of(&outcome, &plans::join("web", "web-1")), StepEnd::Done);
    assert_eq!(rig.end_of(&outcome, &plans::switch("web-1")), StepEnd::NotStarted);
    assert_eq!(rig.cloud.calls(&plans::switch("web-1").key()), 0);
    let state = rig.state();
    assert_eq!((state.serial, state.last_plan.unwrap().used_up), (1, false));

    let outcome = rig.converge().await;
    assert_eq!(outcome.serial, 2);
    assert_eq!(rig.end_of(&outcome, &plans::switch("canary-1")), StepEnd::AlreadyDone);
    let done = rig.cloud.done();
    assert_eq!(done[&plans::update("canary-1").key()], 2);
    assert_eq!(done[&plans::update("web-1").key()], 1);
}

#[tokio::test(start_paused = true)]
async fn a_gate_lets_so_many_failures_pass() {
    let rig = Rig::new(story(1), story_world());
    rig.cloud.on_submit(plans::update("canary-1").key(), 1, refusal());
    let (outcome, _) = rig.apply().await.unwrap();
    let gate = rig.plan.steps.iter().position(|step| matches!(step.action, Action::Gate { .. })).unwrap();
    assert_eq!(outcome.ends[gate].1, StepEnd::Done);
    assert_eq!(rig.end_of(&outcome, &plans::update("web-2")), StepEnd::Done);
    assert_eq!((outcome.counts.failed, outcome.counts.not_started), (1, 1));
    assert!(!rig.state().last_plan.unwrap().used_up);
}

#[tokio::test(start_paused = true)]
async fn a_level_that_was_left_opens_no_gate() {
    let mut builder = Builder::new();
    builder.group("web", 1);
    builder.gate(("web", "canary"), &["canary-1"], 0, &[]);
    let drift = crate::plan::Drift::of(
        crate::name::Address::Instance(instance("canary-1")),
        DriftKind::LeftLevel { release: release(), behind: Vec::new(), ahead: Vec::new() },
    );
    let opens = builder.edit().clone();
    builder.edit().drift.push(drift);
    let shuts = builder.done();
    for (plan, open) in [(opens, true), (shuts, false)] {
        let rig = Rig::new(plan, story_world());
        let mut state = State::new(train(), lineage());
        let at = jiff::Timestamp::UNIX_EPOCH;
        let (id, name, group) = (instance("canary-1"), "canary-1".into(), plans::group("canary"));
        state
            .record(&Entry::AtLevel {
                instance: id.clone(),
                name,
                group,
                release: release(),
                extra: 0,
                at,
                patching: crate::train::Patching::EVERYTHING,
            })
            .unwrap();
        rig.store.with(|inner| inner.snapshot = Some(state));
        let (outcome, events) = rig.apply().await.unwrap();
        assert_eq!(matches!(outcome.ends[0].1, StepEnd::Done), open, "{events:?}");
        assert_eq!(rig.state().instances[&id].at_level.is_some(), open);
        // Nothing was changed by looking at a gate: nothing is written either.
        assert_eq!(outcome.serial, u64::from(!open));
        assert_eq!(rig.store.with(|inner| inner.batches.len()), if open { 0 } else { 2 });
    }
}

/// A plan that only reads back, on a world that this state has put on its release.
async fn proven() -> Rig {
    let mut rig = Rig::new(story(0), story_world());
    rig.converge().await;
    let mut builder = Builder::new();
    builder.edit().basis.serial = 1;
    builder.group("canary", 1);
    let (of, what) = (plans::group("canary"), instance("canary-1"));
    let read = builder.verify_level("canary", "canary-1", &[]);
    let step = &mut builder.edit().steps[read.0 as usize];
    step.group = Some(of);
    step.precondition = crate::observed::Precondition::Attached { instance: what, source: plans::source() };
    rig.plan = builder.done();
    rig
}

#[tokio::test(start_paused = true)]
async fn a_level_is_only_proven_on_the_releases_source() {
    let rig = proven().await;
    rig.converge().await;
    let rig = proven().await;
    rig.cloud.edit(|world| {
        world.instances.get_mut(&instance("canary-1")).unwrap().parent = Some(plans::vendor());
    });
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(
        matches!(&outcome.ends[0].1, StepEnd::Failed { message } if message.contains("the source of GL1")),
        "{outcome:?}"
    );
    assert_eq!(rig.state().instances[&instance("canary-1")].at_level, None);
}

#[tokio::test(start_paused = true)]
async fn a_level_that_a_plan_has_proven_is_not_cleared_when_it_goes_on() {
    let mut rig = proven().await;
    let level = |rig: &Rig| rig.state().instances[&instance("canary-1")].at_level.clone();
    // It was left when the plan was made; the first run proves it, and is interrupted by a failure elsewhere.
    rig.plan.drift.push(crate::plan::Drift::of(
        crate::name::Address::Instance(instance("canary-1")),
        DriftKind::LeftLevel { release: release(), behind: Vec::new(), ahead: Vec::new() },
    ));
    let lost = Op::Join { group: plans::group_ref("canary"), instance: instance("nobody") };
    let id = crate::op::StepId(1);
    let mut join = rig.plan.steps[0].clone();
    (join.id, join.action) = (id, Action::Act { op: lost });
    join.precondition = crate::observed::Precondition::Nothing;
    rig.plan.steps.push(join);
    rig.plan.created = jiff::Timestamp::from_second(1_000_000).unwrap();
    rig.hours_pass(1).await;
    rig.apply().await.unwrap();
    let first = level(&rig).unwrap();
    assert_eq!(first.since.as_second(), 1_003_600);
    rig.hours_pass(1).await;
    rig.apply().await.unwrap();
    assert_eq!(level(&rig), Some(first), "a soak goes on from the first proof");
}

#[tokio::test(start_paused = true)]
async fn an_empty_plan_writes_nothing() {
    let rig = Rig::new(Builder::new().done(), story_world());
    let (outcome, events) = rig.apply().await.unwrap();
    assert_eq!((outcome, events), (Outcome::default(), Vec::new()));
    rig.store.with(|inner| {
        assert_eq!((inner.batches.len(), inner.folds, inner.history.len()), (0, 0, 0));
    });
}

#[tokio::test(start_paused = true)]
async fn members_leave_and_groups_go() {
    let mut rig = Rig::new(story(0), story_world());
    rig.converge().await;
    let mut builder = Builder::new();
    builder.edit().basis.serial = 1;
    let web = |name: &str| plans::leave("web", name);
    let first = builder.act(Some("web"), web("web-1"), &[]);
    let second = builder.act(Some("web"), web("web-2"), &[]);
    let delete = Op::DeleteGroup { group: plans::group_ref("web") };
    builder.act(Some("web"), delete.clone(), &[first, second]);
    rig.plan = builder.done();
    // One was taken out by somebody else meanwhile, and the group was given another name.
    let id = rig.state().groups[&plans::group("web")].id.clone();
    rig.cloud.edit(|world| {
        let gone = instance("web-2");
        let web = world.groups.get_mut(&id).unwrap();
        web.name = "web (old)".into();
        web.members.remove(&gone);
        world.instances.get_mut(&gone).unwrap().groups.remove(&id);
    });
    let outcome = rig.converge().await;
    assert_eq!(rig.end_of(&outcome, &web("web-2")), StepEnd::AlreadyDone);
    assert_eq!(rig.end_of(&outcome, &delete), StepEnd::Done);
    assert!(!rig.cloud.observed().groups.contains_key(&id));
    let state = rig.state();
    assert_eq!(state.instances.keys().collect::<Vec<_>>(), [&instance("canary-1")]);
    assert_eq!(state.groups.keys().collect::<Vec<_>>(), [&plans::group("canary")]);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_bounded_and_waiting_takes_no_slot() {
    let names: Vec<String> = (0..60).map(|index| format!("web-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut builder = Builder::new();
    let contents = builder.release_steps();
    builder.group_steps("web", &names, &[contents]);
    let rig = Rig {
        settings: Settings { parallelism: 3, ..base() },
        ..Rig::new(builder.done(), plans::world(&names))
    };
    rig.cloud.set_work_takes(Duration::from_secs(1800));
    let begun = tokio::time::Instant::now();
    rig.converge().await;
    assert_eq!(rig.cloud.most_in_flight(), 3);
    // One after another the updates alone would take 30 hours.
    assert!(begun.elapsed() < Duration::from_secs(3600), "{:?}", begun.elapsed());
}

fn base() -> Settings {
    Rig::new(Builder::new().done(), plans::world(&[])).settings
}

#[tokio::test(start_paused = true)]
async fn the_cost_of_a_step_does_not_grow_with_the_plan() {
    let mut per_step = Vec::new();
    for size in [50_usize, 1250] {
        let names: Vec<String> = (0..size).map(|index| format!("web-{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut builder = Builder::new();
        let contents = builder.release_steps();
        builder.group_steps("web", &names, &[contents]);
        let mut rig = Rig::new(builder.done(), plans::world(&names));
        rig.settings.parallelism = 10;
        rig.converge().await;
        let steps = rig.plan.steps.len();
        let (entries, batches) =
            rig.store.with(|inner| (inner.batches.iter().sum::<usize>(), inner.batches.len()));
        // Join and switch are two entries, update three, read-back one; the source is proven once.
        assert_eq!(entries, 8 * size + 2 + 2 * 4 + 1);
        // Waiting together costs as much as waiting alone.
        assert!(batches < entries / 2, "{entries} entries in {batches} batches");
        per_step.push((batches * 1000 / steps, rig.cloud.served() * 1000 / steps));
    }
    let (small, large) = (per_step[0], per_step[1]);
    assert!(large.0 < 1000 && large.1 <= small.1 * 11 / 10, "{small:?} {large:?}");
}

#[test]
fn a_run_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let rig = Rig::new(Builder::new().done(), plans::world(&[]));
    let run = Run {
        settings: rig.settings,
        clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
        interrupt: rig.interrupt.subscribe(),
        who: String::new(),
        host: String::new(),
        wait: false,
        checker: None,
        consent: Default::default(),
    };
    let state = State::new(train(), lineage());
    is_send(&super::super::apply(&rig.plan, rig.cloud.clone(), rig.store.clone(), state, run, |_| {}));
}
