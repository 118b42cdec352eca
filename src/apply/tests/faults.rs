//! Every fault of the in-memory cloud: the run ends, says why, and applying again ends well where it can.

use super::plans::{self, Builder, instance, release, story, story_world};
use super::*;
use crate::cloud::memory::Fault;
use crate::observed::{InstanceStatus, Job, ServiceGroup, ServiceSchedule, Source};
use crate::op::{Every, Ownership, Schedule, Wanted};

fn canary() -> Rig {
    let mut builder = Builder::new();
    let contents = builder.release_steps();
    builder.group_steps("canary", &["canary-1"], &[contents]);
    Rig::new(builder.done(), plans::world(&["canary-1"]))
}

/// The end of the only step that ended badly of its own.
fn failure(outcome: &Outcome) -> &StepEnd {
    let bad = |end: &StepEnd| !end.lets_on() && *end != StepEnd::NotStarted;
    let mut failures = outcome.ends.iter().map(|(_, end)| end).filter(|end| bad(end));
    let failure = failures.next().unwrap();
    assert_eq!(failures.next(), None);
    failure
}

#[tokio::test(start_paused = true)]
async fn lost_answers_and_lost_calls_are_read_back_and_asked_again_with_the_same_token() {
    for fault in [Fault::LostAnswer, Fault::LostCall] {
        for op in canary().ops() {
            let rig = canary();
            rig.cloud.on_submit(op.key(), 1, fault.clone());
            let (outcome, events) = rig.apply().await.unwrap();
            let context = format!("{fault:?} of {}: {events:#?}", op.key());
            assert!(outcome.ends.iter().all(|(_, end)| *end == StepEnd::Done), "{context}");
            assert!(events.iter().any(|event| matches!(event, Event::Retrying { .. })), "{context}");
            rig.assert_each_op_done_once();
            // What was served is seen to be done, or as open work, and is not asked for again.
            assert_eq!(
                rig.cloud.calls(&op.key()),
                if fault == Fault::LostAnswer { 1 } else { 2 },
                "{context}"
            );
            assert!(rig.state().unfinished.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_answered_keeps_its_token_for_the_next_run() {
    for op in canary().ops() {
        let rig = canary();
        for nth in 1..=4 {
            rig.cloud.on_submit(op.key(), nth, Fault::LostCall);
        }
        let (outcome, _) = rig.apply().await.unwrap();
        let StepEnd::Failed { message } = failure(&outcome) else { panic!("{outcome:?}") };
        assert!(message.contains("no answer from memory") && message.contains("same token"), "{message}");
        assert_eq!(rig.cloud.calls(&op.key()), 4);
        let token = rig.state().unfinished[&op.key()].token.clone();
        rig.cloud.on_submit(op.key(), 5, Fault::LostAnswer);
        let (_, events) = rig.apply().await.unwrap();
        assert!(events.contains(&Event::Resuming { op: op.key(), ticket: None }), "{token:?} {events:?}");
        rig.assert_each_op_done_once();
        assert!(rig.state().unfinished.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_fails_once_and_is_over() {
    for op in canary().ops() {
        let rig = canary();
        rig.cloud.on_submit(op.key(), 1, Fault::Refused { status: 409, code: "Conflict" });
        let (outcome, _) = rig.apply().await.unwrap();
        let StepEnd::Failed { message } = failure(&outcome) else { panic!("{outcome:?}") };
        assert!(message.contains("409 Conflict"), "{message}");
        assert_eq!(rig.cloud.calls(&op.key()), 1);
        assert!(rig.state().unfinished.is_empty());
        rig.converge().await;
        rig.assert_each_op_done_once();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_done_even_if_the_service_refuses_it() {
    for op in canary().ops().filter(|op| !matches!(op, Op::Update { .. })) {
        let rig = canary();
        rig.cloud.on_submit(op.key(), 1, Fault::DoneAndRefused { status: 409, code: "Conflict" });
        rig.converge().await;
        rig.assert_each_op_done_once();
        assert_eq!(rig.cloud.calls(&op.key()), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_service_dropped_is_replaced() {
    let rig = canary();
    let op = plans::create_source();
    rig.cloud.on_submit(op.key(), 1, Fault::Refused { status: 409, code: "InvalidatedRetryToken" });
    rig.converge().await;
    rig.assert_each_op_done_once();
    assert_eq!(rig.cloud.calls(&op.key()), 2);
}

#[tokio::test(start_paused = true)]
async fn dropped_adds_are_found_by_reading_back() {
    let rig = canary();
    rig.cloud.on_submit(plans::add(&plans::NEW[..2]).key(), 1, Fault::DropAdds { kept: 1 });
    let (outcome, _) = rig.apply().await.unwrap();
    let message = "the software source does not hold GL1; 1 missing: curl-7.1-2.x86_64".to_owned();
    assert_eq!(*failure(&outcome), StepEnd::Failed { message });
    // Nobody rides a source that is not whole.
    assert_eq!(rig.end_of(&outcome, &plans::switch("canary-1")), StepEnd::NotStarted);
    rig.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_lists_its_packages_late_is_read_again() {
    let rig = canary();
    rig.cloud.stale_contents(5);
    rig.converge().await;
    assert_eq!(rig.cloud.calls(&plans::add(&plans::NEW[..2]).key()), 1);
}

#[tokio::test(start_paused = true)]
async fn foreign_packages_in_a_source_are_named() {
    let rig = canary();
    let add = plans::add(&plans::NEW[2..]);
    rig.cloud.on_submit(add.key(), 1, Fault::Refused { status: 400, code: "InvalidParameter" });
    rig.apply().await.unwrap();
    let id = rig.state().sources[&release()].id.clone();
    rig.cloud.edit(|world| {
        let source = world.sources.get_mut(&id).unwrap();
        let foreign =
            plans::packages(&["vim-9-1.x86_64", "zsh-5-1.x86_64", "nano-6-1.x86_64", "ed-1-1.x86_64"]);
        source.contents = source.contents.as_ref().map(|contents| contents.union(&foreign));
    });
    let (outcome, _) = rig.apply().await.unwrap();
    let message =
        "the software source does not hold GL1; 4 not the release's: ed-1-1.x86_64, nano-6-1.x86_64, \
                   vim-9-1.x86_64, ..."
            .to_owned();
    assert_eq!(*failure(&outcome), StepEnd::Failed { message });
}

#[tokio::test(start_paused = true)]
async fn an_update_that_does_nothing_is_found_by_reading_back() {
    let rig = canary();
    rig.cloud.on_submit(plans::update("canary-1").key(), 1, Fault::IdleUpdate);
    let begun = tokio::time::Instant::now();
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(300));
    let message =
        "below GL1; 3 behind: bash-5.0-1.x86_64 (release: 5.0-2), curl-7.1-1.x86_64 (release: 7.1-2), \
                   tar-1.30-1.x86_64 (release: 1.30-2)"
            .to_owned();
    assert_eq!(*failure(&outcome), StepEnd::Failed { message });
    assert_eq!(rig.state().instances[&instance("canary-1")].at_level, None);
    rig.converge().await;
    assert_eq!(rig.cloud.done()[&plans::update("canary-1").key()], 2);
}

#[tokio::test(start_paused = true)]
async fn an_inventory_that_lags_is_read_again() {
    let rig = canary();
    rig.cloud.stale_inventory(&instance("canary-1"), 5);
    rig.converge().await;
    rig.assert_each_op_done_once();

    // One that lags for longer than the patience is no proof; the next run reads, and does not update.
    let rig = canary();
    rig.cloud.stale_inventory(&instance("canary-1"), 40);
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(matches!(failure(&outcome), StepEnd::Failed { message } if message.starts_with("below GL1")));
    rig.cloud.stale_inventory(&instance("canary-1"), 0);
    rig.converge().await;
    rig.assert_each_op_done_once();
}

#[tokio::test(start_paused = true)]
async fn an_empty_inventory_proves_nothing() {
    let rig = canary();
    let known = rig.cloud.edit(|world| {
        let seen = world.instances.get_mut(&instance("canary-1")).unwrap();
        seen.inventory.replace(crate::observed::Inventory::default())
    });
    let (outcome, _) = rig.apply().await.unwrap();
    let message = "the service tells none of its packages".to_owned();
    assert_eq!(*failure(&outcome), StepEnd::Failed { message });
    assert_eq!(rig.state().instances[&instance("canary-1")].at_level, None);
    rig.cloud.edit(|world| world.instances.get_mut(&instance("canary-1")).unwrap().inventory = known);
    rig.converge().await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_inventory_takes_no_slot() {
    let names: Vec<String> = (0..20).map(|index| format!("web-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut builder = Builder::new();
    let contents = builder.release_steps();
    builder.group_steps("web", &names, &[contents]);
    let mut rig = Rig::new(builder.done(), plans::world(&names));
    rig.settings.parallelism = 1;
    for name in &names {
        rig.cloud.stale_inventory(&instance(name), 10);
    }
    let begun = tokio::time::Instant::now();
    rig.converge().await;
    assert!(begun.elapsed() < Duration::from_secs(400), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn stuck_work_costs_its_patience_and_is_never_doubled() {
    let rig = canary();
    let update = plans::update("canary-1");
    rig.cloud.on_submit(update.key(), 1, Fault::StuckWork);
    for _ in 0..3 {
        let (outcome, _) = rig.apply().await.unwrap();
        let StepEnd::Failed { message } = failure(&outcome) else { panic!("{outcome:?}") };
        assert!(message.contains("in 1 h (`work_timeout`)"), "{message}");
    }
    assert_eq!(rig.cloud.calls(&update.key()), 1);
    assert_eq!(rig.cloud.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn polls_and_reads_without_an_answer_are_repeated() {
    let rig = canary();
    rig.cloud.fail_reads(3);
    rig.cloud.fail_polls(6);
    rig.converge().await;
    rig.assert_each_op_done_once();

    let rig = canary();
    rig.cloud.fail_reads(usize::MAX);
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(outcome.counts.failed == 2 && outcome.counts.done == 0, "{outcome:?}");
    assert!(rig.cloud.done().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_reached_or_gone_is_not_updated() {
    let rig = canary();
    rig.cloud.set_status(&instance("canary-1"), InstanceStatus::Unreachable);
    let (outcome, _) = rig.apply().await.unwrap();
    let message = "the service does not reach the instance".to_owned();
    assert_eq!(*failure(&outcome), StepEnd::Refused { message });
    rig.cloud.set_status(&instance("canary-1"), InstanceStatus::Warning);
    rig.converge().await;

    for op in [plans::join("canary", "canary-1"), plans::switch("canary-1"), plans::update("canary-1")] {
        let rig = canary();
        rig.cloud.on_submit(op.key(), 1, Fault::Vanish);
        let (outcome, _) = rig.apply().await.unwrap();
        let StepEnd::Failed { message } = failure(&outcome) else { panic!("{outcome:?}") };
        assert!(message.contains("404 NotAuthorizedOrNotFound"), "{message}");
        let (outcome, _) = rig.apply().await.unwrap();
        let message = "the service no longer knows the instance".to_owned();
        assert_eq!(*failure(&outcome), StepEnd::Refused { message });
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_somebody_moved_is_not_switched() {
    let rig = canary();
    rig.cloud.edit(|world| {
        let other = crate::observed::SourceLink {
            id: crate::name::Ocid::new("ocid1.osmssoftwaresource.oc1..other"),
            name: "other".into(),
        };
        world.instances.get_mut(&instance("canary-1")).unwrap().parent = Some(other);
    });
    let (outcome, _) = rig.apply().await.unwrap();
    let StepEnd::Refused { message } = failure(&outcome) else { panic!("{outcome:?}") };
    assert!(message.starts_with("its source is now `other"), "{message}");

    // Without any source it is one whose switch was cut in two, and is attached.
    let rig = canary();
    rig.cloud.edit(|world| world.instances.get_mut(&instance("canary-1")).unwrap().parent = None);
    rig.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_of_our_name_is_adopted_by_its_tags_or_refused() {
    let other = Some((release(), crate::package::Digest::of(["other"])));
    for (owner, adopted, way_out) in [
        (Some(plans::owner()), true, ""),
        (Some(Ownership { lineage: Lineage("another".into()), ..plans::owner() }), false, "import"),
        (Some(Ownership { release: other, ..plans::owner() }), false, "restore the manifest"),
        (None, false, "import"),
    ] {
        let rig = canary();
        let id = crate::name::Ocid::new("ocid1.osmssoftwaresource.oc1..found");
        let contents = Some(plans::set(&plans::NEW[..1]));
        let source = Source { name: "gl/GL1".into(), owner, contents, parent: None };
        rig.cloud.edit(|world| world.sources.insert(id.clone(), source));
        let (outcome, _) = rig.apply().await.unwrap();
        assert_eq!(rig.cloud.calls(&plans::create_source().key()), 0);
        if adopted {
            assert_eq!(rig.end_of(&outcome, &plans::create_source()), StepEnd::AlreadyDone);
            assert_eq!(rig.state().sources[&release()].id, id);
            assert_eq!(outcome.counts.failed, 0);
        } else {
            let StepEnd::Refused { message } = failure(&outcome) else { panic!("{outcome:?}") };
            assert!(message.contains(id.as_str()) && message.contains(way_out), "{message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_job_of_our_name_is_adopted_by_its_tags_or_refused() {
    let schedule = Schedule {
        update: Wanted::All,
        every: Every::parse("1 week").unwrap(),
        start: "2026-12-05T02:00:00Z".parse().unwrap(),
    };
    let another = Ownership { lineage: Lineage("another".into()), ..plans::group_owner() };
    for (owner, adopted) in [(Some(plans::group_owner()), true), (Some(another), false), (None, false)] {
        let mut builder = Builder::new();
        builder.group("canary", 0);
        let made = builder.act(Some("canary"), plans::create_group("canary"), &[]);
        let op = Op::CreateSchedule {
            group: plans::group_ref("canary"),
            name: "gl/canary".to_owned(),
            owner: plans::group_owner(),
            schedule,
            next: schedule.start,
        };
        builder.act(None, op.clone(), &[made]);
        let rig = Rig::new(builder.done(), plans::world(&[]));
        // Both have come since the plan was made.
        let found =
            ServiceGroup { name: "canary".into(), owner: Some(plans::group_owner()), ..Default::default() };
        let target = crate::name::Ocid::new("ocid1.osmsmanagedinstancegroup.oc1..found");
        let id = crate::name::Ocid::new("ocid1.osmsscheduledjob.oc1..found");
        let group = owner.as_ref().map(|_| plans::group("canary"));
        let job = Job {
            name: "gl/canary".into(),
            groups: [target.clone()].into(),
            instances: false,
            update: Some(Wanted::All),
            every: Some(schedule.every),
            next: Some(schedule.start),
            last: None,
        };
        rig.cloud.edit(|world| {
            world.groups.insert(target, found);
            world.schedules.insert(id.clone(), ServiceSchedule { owner, group, job });
        });
        let (outcome, _) = rig.apply().await.unwrap();
        assert_eq!(rig.cloud.calls(&op.key()), 0);
        if adopted {
            assert_eq!(rig.end_of(&outcome, &op), StepEnd::AlreadyDone);
            assert_eq!(rig.state().schedules[&plans::group("canary")].id, id);
        } else {
            let StepEnd::Refused { message } = failure(&outcome) else { panic!("{outcome:?}") };
            assert!(message.contains(id.as_str()) && message.contains("not this state's"), "{message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_goes_over_to_somebody_else_is_not_written_into() {
    let mut rig = canary();
    let add = plans::add(&plans::NEW[2..]);
    rig.cloud.on_submit(add.key(), 1, Fault::Refused { status: 400, code: "InvalidParameter" });
    rig.apply().await.unwrap();
    let id = rig.state().sources[&release()].id.clone();
    rig.cloud.edit(|world| {
        let owner = Ownership { lineage: Lineage("another".into()), ..plans::owner() };
        world.sources.get_mut(&id).unwrap().owner = Some(owner);
    });
    let mut builder = Builder::new();
    builder.edit().basis.serial = 1;
    builder.act(None, add.clone(), &[]);
    rig.plan = builder.done();
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(matches!(rig.end_of(&outcome, &add), StepEnd::Refused { .. }), "{outcome:?}");
    assert_eq!(rig.cloud.calls(&add.key()), 1);
}

#[tokio::test(start_paused = true)]
async fn faults_drawn_from_a_seed_end_converged_within_a_few_runs() {
    let mut faulty = 0;
    for seed in 0..60 {
        let rig = Rig::new(story(0), story_world());
        rig.cloud.chaos(seed, 400);
        let mut runs = 0;
        loop {
            runs += 1;
            let (outcome, events) = rig.apply().await.unwrap();
            assert_eq!(rig.cloud.violations(), Vec::<String>::new(), "seed {seed}");
            if outcome.ends.iter().all(|(_, end)| end.lets_on()) {
                break;
            }
            assert!(runs < 12, "seed {seed}: {events:#?}");
            rig.hours_pass(7).await;
        }
        faulty += usize::from(runs > 1);
        let (state, world) = (rig.state(), rig.cloud.observed());
        assert!(state.unfinished.is_empty(), "seed {seed}");
        for name in ["canary-1", "web-1", "web-2"] {
            let installed = &world.instances[&instance(name)].inventory.as_ref().unwrap().installed;
            assert_eq!(*installed, plans::set(plans::NEW), "seed {seed}");
            assert!(state.instances[&instance(name)].at_level.is_some(), "seed {seed}");
        }
    }
    assert!(faulty > 20, "only {faulty} seeds disturbed anything");
}
