//! Each entry on each kind of state, as a table of what it changes.

use super::super::{GroupRecord, InstanceRecord, SourceRecord};
use super::*;
use crate::name::TrainName;
use crate::op::Lineage;
use crate::op::Schedule;
use crate::package::Digest;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("it is within jiff's range")
}

fn id(n: u32) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{n}"))
}

fn key() -> OpKey {
    OpKey("update/GL1.1/x".to_owned())
}

fn started(second: i64, token: &str, unproves: Option<Ocid>) -> Entry {
    Entry::Started {
        key: key(),
        token: RetryToken(token.to_owned()),
        unproves: unproves.into_iter().collect(),
        boots: None,
        at: at(second),
    }
}

fn ticketed(ticket: &str) -> Entry {
    Entry::Ticketed { key: key(), ticket: Ticket(ticket.to_owned()) }
}

fn finished(finish: Finish, effect: Option<Effect>) -> Entry {
    Entry::Finished { key: key(), finish, effect, at: at(9) }
}

fn at_level(release: &str, extra: usize, second: i64) -> Entry {
    Entry::AtLevel {
        instance: id(1),
        name: "web-1".into(),
        group: GroupName::new("web"),
        release: ReleaseName::new(release),
        extra,
        at: at(second),
        patching: crate::train::Patching::EVERYTHING,
    }
}

fn source(release: &str, n: u32) -> Effect {
    Effect::Source { release: ReleaseName::new(release), id: id(n), digest: Digest::of([release]) }
}

fn group(name: &str, n: u32, made: bool) -> Effect {
    Effect::Group { group: GroupName::new(name), id: id(n), made, called: None }
}

fn riding(n: u32, group: &str, release: Option<&str>) -> Effect {
    let name = format!("web-{n}").into();
    let (group, release) = (GroupName::new(group), release.map(ReleaseName::new));
    Effect::Riding { instance: id(n), name, group, release }
}

/// Found done, with an effect: what needs no start.
fn found(effect: Effect) -> Entry {
    finished(Finish::AlreadyDone, Some(effect))
}

fn failed() -> Finish {
    Finish::Failed { message: "no".to_owned() }
}

fn state(entries: &[Entry]) -> State {
    let mut state = State::new(TrainName::new("great-linux"), Lineage("5eed".into()));
    for entry in entries {
        state.record(entry).expect("the table's entries are legal but for the last");
    }
    state
}

#[test]
fn only_what_was_started_gets_a_ticket_or_is_done() {
    let cases = [
        (vec![], ticketed("t"), false),
        (vec![], finished(Finish::Done, None), false),
        (vec![], finished(Finish::AlreadyDone, None), true),
        (vec![], finished(failed(), None), true),
        (vec![started(1, "a", None)], ticketed("t"), true),
        (vec![started(1, "a", None)], finished(Finish::Done, None), true),
        (vec![started(1, "a", None)], finished(failed(), None), true),
        (vec![started(1, "a", None), ticketed("t")], ticketed("u"), true),
        (vec![started(1, "a", None), ticketed("t")], finished(Finish::Done, None), true),
        (vec![started(1, "a", None), finished(failed(), None)], finished(Finish::Done, None), false),
        (vec![started(1, "a", None), finished(Finish::Done, None)], ticketed("t"), false),
    ];
    for (before, entry, legal) in cases {
        let mut after = state(&before);
        let expected = if legal { Ok(()) } else { Err(IllegalEntry { key: key() }) };
        assert_eq!(after.record(&entry), expected, "{before:?}, then {entry:?}");
        if !legal {
            assert_eq!(after, state(&before), "a refused entry changes nothing");
        }
    }
}

#[test]
fn an_op_is_unfinished_from_its_start_to_its_end() {
    let op = |token: &str, second, ticket: Option<&str>| UnfinishedOp {
        token: RetryToken(token.to_owned()),
        started: at(second),
        ticket: ticket.map(|ticket| Ticket(ticket.to_owned())),
        instances: Vec::new(),
    };
    let cases = [
        (vec![started(1, "a", None)], Some(op("a", 1, None))),
        (vec![started(1, "a", None), ticketed("t")], Some(op("a", 1, Some("t")))),
        (vec![started(1, "a", None), ticketed("t"), ticketed("u")], Some(op("a", 1, Some("u")))),
        // A new call is only made once the work of the old one is known to be over.
        (vec![started(1, "a", None), ticketed("t"), started(2, "b", None)], Some(op("b", 2, None))),
        (vec![started(1, "a", None), finished(Finish::Done, None)], None),
        (vec![started(1, "a", None), finished(Finish::AlreadyDone, None)], None),
        (vec![started(1, "a", None), ticketed("t"), finished(failed(), None)], None),
    ];
    for (entries, expected) in cases {
        assert_eq!(state(&entries).unfinished.get(&key()), expected.as_ref(), "{entries:?}");
    }
}

#[test]
fn a_level_lasts_since_its_first_proof_until_it_is_left() {
    let level = |release: &str, second, extra| AtLevel {
        release: ReleaseName::new(release),
        since: at(second),
        extra,
        patching: crate::train::Patching::EVERYTHING,
    };
    let left = Entry::LeftLevel { instance: id(1) };
    let cases = [
        (vec![at_level("GL1", 0, 5)], Some(level("GL1", 5, 0))),
        // Proven again: soak runs from the first proof, what was counted is counted anew.
        (vec![at_level("GL1", 0, 5), at_level("GL1", 3, 8)], Some(level("GL1", 5, 3))),
        (vec![at_level("GL1", 0, 5), at_level("GL1.1", 0, 8)], Some(level("GL1.1", 8, 0))),
        (vec![at_level("GL1", 0, 5), left.clone()], None),
        (vec![at_level("GL1", 0, 5), left.clone(), at_level("GL1", 0, 8)], Some(level("GL1", 8, 0))),
        // A call that may change packages ends the proof before it is made; another instance's does not.
        (vec![at_level("GL1", 0, 5), started(6, "a", Some(id(1)))], None),
        (vec![at_level("GL1", 0, 5), started(6, "a", Some(id(2)))], Some(level("GL1", 5, 0))),
        (vec![at_level("GL1", 0, 5), started(6, "a", None)], Some(level("GL1", 5, 0))),
        (vec![left], None),
    ];
    for (entries, expected) in cases {
        let found = state(&entries).instances.get(&id(1)).and_then(|record| record.at_level.clone());
        assert_eq!(found, expected, "{entries:?}");
    }
}

#[test]
fn effects_say_what_is_ours() {
    let (web, gl1) = (GroupName::new("web"), ReleaseName::new("GL1"));
    let after = state(&[found(source("GL1", 7))]);
    let expected = SourceRecord { id: id(7), digest: Digest::of(["GL1"]), since: at(9), proven: None };
    assert_eq!(after.sources, [(gl1.clone(), expected)].into());

    // Another one in its place has nothing of its binding until something rides there.
    let bound = [found(group("web", 8, true)), found(riding(1, "web", Some("GL1")))];
    let again = [bound.as_slice(), &[found(group("web", 9, false))]].concat();
    let record = |n, made| GroupRecord {
        id: id(n),
        made,
        release: Some(gl1.clone()),
        since: Some(at(9)),
        failed: None,
        called: None,
        accepted: Default::default(),
    };
    assert_eq!(state(&bound).groups, [(web.clone(), record(8, true))].into());
    let anew = GroupRecord { release: None, since: None, ..record(9, false) };
    assert_eq!(state(&again).groups, [(web.clone(), anew)].into());
    let again = [again.as_slice(), &[found(riding(1, "web", Some("GL1")))]].concat();
    assert_eq!(state(&again).groups, [(web.clone(), record(9, false))].into());

    // A group that goes takes its instances along, and no others.
    let two = [found(riding(1, "web", None)), found(riding(2, "canary", Some("GL1")))];
    let gone = [two.as_slice(), &[found(Effect::GroupGone { group: web.clone() })]].concat();
    assert_eq!(state(&gone).instances.keys().cloned().collect::<Vec<_>>(), [id(2)]);
    let left = |group: &str| found(Effect::InstanceGone { instance: id(2), group: GroupName::new(group) });
    let gone = [two.as_slice(), &[left("canary")]].concat();
    assert_eq!(state(&gone).instances.keys().cloned().collect::<Vec<_>>(), [id(1)]);
    // Leaving a group that somebody else put it into leaves its own alone.
    let stayed = [two.as_slice(), &[left("web")]].concat();
    assert_eq!(state(&stayed).instances.len(), 2);

    // A source is proven once; the first time counts.
    let proofs = [found(source("GL1", 7)), Entry::Proven { release: gl1.clone(), at: at(3) }];
    let again = [proofs.as_slice(), &[Entry::Proven { release: gl1.clone(), at: at(4) }]].concat();
    assert_eq!(state(&again).sources[&gl1].proven, Some(at(3)));
}

#[test]
fn joining_keeps_the_release_and_moving_changes_the_groups_once() {
    let record = |group: &str, release: Option<&str>| InstanceRecord {
        name: "web-1".into(),
        group: GroupName::new(group),
        release: release.map(ReleaseName::new),
        at_level: None,
        accepted: Default::default(),
        wave: 0,
    };
    let cases = [
        (vec![riding(1, "web", None)], record("web", None)),
        (vec![riding(1, "web", Some("GL1"))], record("web", Some("GL1"))),
        (vec![riding(1, "web", Some("GL1")), riding(1, "canary", None)], record("canary", Some("GL1"))),
        (vec![riding(1, "web", Some("GL1")), riding(1, "web", Some("GL2"))], record("web", Some("GL2"))),
    ];
    for (effects, expected) in cases {
        let entries: Vec<Entry> = effects.into_iter().map(found).collect();
        assert_eq!(state(&entries).instances[&id(1)], expected, "{entries:?}");
    }

    let since = |second| {
        let entries = [found(group("web", 8, true)), at_level("GL1", 0, 5), at_level("GL1", 0, second)];
        state(&entries).groups[&GroupName::new("web")].since
    };
    assert_eq!(since(7), Some(at(5)), "the first member's move is the group's");
}

#[test]
fn a_plans_run_is_used_up_by_its_own_end_only() {
    let plan = |id: &str| PlanId(id.into());
    let begin = Entry::Begin { plan: plan("a"), basis: 4, at: at(1) };
    let end = |id: &str, used_up| Entry::End { plan: plan(id), used_up, at: at(2) };
    let run = |used_up, second| Some(PlanRun { id: plan("a"), basis: 4, used_up, at: at(second) });
    let cases = [
        (vec![], None),
        (vec![end("a", true)], None),
        (vec![begin.clone()], run(false, 1)),
        (vec![begin.clone(), end("a", true)], run(true, 2)),
        (vec![begin.clone(), end("a", false)], run(false, 2)),
        (vec![begin.clone(), end("b", true)], run(false, 1)),
        (vec![begin.clone(), end("a", true), begin], run(false, 1)),
    ];
    for (entries, expected) in cases {
        assert_eq!(state(&entries).last_plan, expected, "{entries:?}");
    }
}

#[test]
fn a_group_that_we_did_not_make_is_bound_and_keeps_its_past_under_a_new_name() {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    let bound = |name: &str| Entry::Bound { group: GroupName::new(name), id: id(70) };
    for entry in [bound("web"), at_level("GL1", 0, 5), bound("front")] {
        state.record(&entry).unwrap();
    }
    let record = |made| GroupRecord {
        id: id(70),
        made,
        release: Some(ReleaseName::new("GL1")),
        since: Some(at(5)),
        failed: None,
        called: None,
        accepted: Default::default(),
    };
    assert_eq!(state.groups, [(GroupName::new("front"), record(false))].into());
    assert_eq!(state.instances[&id(1)].group, GroupName::new("front"));
    // What we made stays ours to delete.
    state.record(&found(group("front", 70, true))).unwrap();
    state.record(&bound("back")).unwrap();
    assert_eq!(state.groups, [(GroupName::new("back"), record(true))].into());
}

#[test]
fn a_group_that_takes_the_place_of_another_has_nothing_of_its_past() {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    let bound = |n| Entry::Bound { group: GroupName::new("web"), id: id(n) };
    for entry in [bound(70), at_level("GL1", 0, 5), bound(71)] {
        state.record(&entry).unwrap();
    }
    let record = &state.groups[&GroupName::new("web")];
    assert_eq!((&record.id, &record.release, record.since), (&id(71), &None, None));
}

#[test]
fn a_group_under_a_new_name_keeps_its_job_and_its_profile() {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    let bound = |name: &str| Entry::Bound { group: GroupName::new(name), id: id(70) };
    let update = crate::op::Wanted::Only(crate::op::UpdateKind::Security);
    let every = crate::op::Every::parse("1 week").unwrap();
    let web = || GroupName::new("web");
    let schedule =
        Effect::Schedule { group: web(), id: id(80), schedule: Schedule { update, every, start: at(1) } };
    let profile = Effect::Profile { group: web(), id: id(90) };
    for entry in [bound("web"), found(schedule), found(profile), bound("front")] {
        state.record(&entry).unwrap();
    }
    let front = GroupName::new("front");
    assert_eq!(
        state.schedules.iter().map(|(name, record)| (name, &record.id)).collect::<Vec<_>>(),
        [(&front, &id(80))]
    );
    assert_eq!(
        state.profiles.iter().map(|(name, record)| (name, &record.id)).collect::<Vec<_>>(),
        [(&front, &id(90))]
    );
}
