//! Groups whose waves are groups of the service: what ops on one of those mean for the records of its members.

use super::*;
use crate::name::{Address, TrainName};
use crate::op::Lineage;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(n: u32) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{n}"))
}

fn web() -> GroupName {
    GroupName::new("web")
}

fn joined(group: GroupName, release: &str, members: &[u32]) -> Effect {
    let instances = members.iter().map(|n| (id(*n), Arc::from(format!("web-{n}")))).collect();
    Effect::Crew { group, release: ReleaseName::new(release), instances, failed: None }
}

/// A state of so many waves, each a group of the service with one member.
fn waves(count: u32) -> State {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    for wave in 1..=count {
        let group = web().of_wave(wave);
        let made = Effect::Group { group: group.clone(), id: id(100 + wave), made: true, called: None };
        state.take_effect(&made, at(1));
        state.take_effect(&joined(group, "GL1", &[wave]), at(2));
    }
    state
}

#[test]
fn whoever_joins_a_wave_is_a_member_of_the_group_in_that_wave() {
    let mut state = waves(2);
    let record = &state.instances[&id(2)];
    assert_eq!((record.group.clone(), record.wave), (web(), 2));
    // The wave is what is bound, also where only the group is told of.
    state.take_effect(&joined(web().of_wave(1), "GL2", &[1]), at(3));
    state.ride(&id(2), &"web-2".into(), &web(), Some(&ReleaseName::new("GL1")), at(4));
    let bound = |wave: u32| state.groups[&web().of_wave(wave)].release.clone().unwrap();
    assert_eq!((bound(1), bound(2)), (ReleaseName::new("GL2"), ReleaseName::new("GL1")));
    assert!(!state.groups.contains_key("web"));
}

#[test]
fn whoever_is_let_go_by_one_wave_stays_on_record_in_another() {
    let mut state = waves(2);
    // He has joined the first meanwhile.
    state.take_effect(&joined(web().of_wave(1), "GL1", &[2]), at(3));
    state.take_effect(&Effect::Dismissed { group: web().of_wave(2), instances: vec![id(2)] }, at(4));
    assert_eq!(state.instances[&id(2)].wave, 1);
    state.take_effect(&Effect::Dismissed { group: web().of_wave(1), instances: vec![id(2)] }, at(5));
    assert!(!state.instances.contains_key(&id(2)));
}

#[test]
fn a_wave_that_is_gone_takes_nobody_of_the_others_along() {
    let mut state = waves(2);
    state.take_effect(&Effect::GroupGone { group: web().of_wave(2) }, at(3));
    assert_eq!(state.instances.len(), 2);
    state.take_effect(&Effect::GroupGone { group: web().of_wave(1) }, at(4));
    assert!(state.instances.is_empty() && state.groups.is_empty());
}

#[test]
fn a_group_is_renamed_and_forgotten_with_its_waves() {
    let (mut state, front) = (waves(2), GroupName::new("front"));
    state.rename(&web(), &front).unwrap();
    assert_eq!(state.groups.keys().cloned().collect::<Vec<_>>(), [front.of_wave(1), front.of_wave(2)]);
    assert_eq!(state.groups[&front.of_wave(2)].called.as_deref(), Some("web/2"));
    assert!(state.instances.values().all(|record| record.group == front));
    assert!(waves(2).rename(&front, &web()).is_err(), "its waves go by that name");
    let mut one = waves(2);
    one.forget(&Address::Group(web().of_wave(2)));
    assert_eq!((one.groups.len(), one.instances.keys().collect::<Vec<_>>()), (1, vec![&id(1)]));
    one.forget(&Address::Group(web()));
    assert!(one.groups.is_empty() && one.instances.is_empty());
}
