//! Addresses and comparisons of small states.

use super::super::store::tests::{new_state, replayed, run};
use super::*;
use crate::op::{Lineage, RetryToken, Ticket};
use crate::state::{PlanRun, UnfinishedOp};

fn applied() -> State {
    replayed(new_state(), &run(0..3))
}

#[test]
fn every_address_is_found_under_its_own_spelling() {
    let mut state = applied();
    // Two of one name.
    let twin = state.instances.values_mut().nth(1).unwrap();
    twin.name = "web-0".into();
    let spellings = Spellings::of(&state);
    let addresses = state.addresses();
    assert_eq!(addresses.len(), 5);
    for address in &addresses {
        assert_eq!(spellings.find(&spellings.spell(address)).as_ref(), Ok(address));
        assert!(state.record_at(address).is_some());
    }
    assert!(matches!(spellings.find("instance.web-0"), Err(NotFound::Ambiguous(two)) if two.len() == 2));
    for (text, error) in [
        ("web", NotFound::Shape),
        ("server.web", NotFound::Shape),
        ("group.db", NotFound::Missing),
        ("schedule.web", NotFound::Missing),
        ("instance.web-9", NotFound::Missing),
    ] {
        assert_eq!(spellings.find(text), Err(error), "{text}");
    }
    assert!(matches!(spellings.find("group.a b"), Err(NotFound::Name(_))));
}

#[test]
fn a_group_is_found_by_its_own_name_and_by_those_of_its_waves() {
    let mut state = applied();
    let (web, record) = (GroupName::new("web"), state.groups.remove("web").unwrap());
    for wave in [1, 2] {
        state.groups.insert(web.of_wave(wave), record.clone());
    }
    let spellings = Spellings::of(&state);
    assert_eq!(spellings.find("group.web"), Ok(Address::Group(web.clone())));
    assert_eq!(spellings.find("group.web/2"), Ok(Address::Group(web.of_wave(2))));
    assert_eq!(spellings.find("group.web/3"), Err(NotFound::Missing));
    assert!(matches!(spellings.find("group.web/x"), Err(NotFound::Name(_))));
    let told = state.record_at(&Address::Group(web)).unwrap();
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["web/1", "web/2"]);
}

#[test]
fn what_differs_is_told_and_what_differs_with_every_run_is_not() {
    let before = applied();
    let plan = PlanRun {
        id: crate::op::PlanId("b".into()),
        basis: 3,
        used_up: false,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let later = State { serial: 9, tool: "9.9".to_owned(), last_plan: Some(plan), ..before.clone() };
    assert_eq!(compare(&before, &later), []);

    let mut after = before.clone();
    after.instances.pop_first();
    after.instances.values_mut().next().unwrap().release = None;
    after.lineage = Lineage("f00d".into());
    let begun = UnfinishedOp {
        token: RetryToken("secret".to_owned()),
        started: jiff::Timestamp::UNIX_EPOCH,
        ticket: Some(Ticket("t-1".to_owned())),
        instances: Vec::new(),
    };
    after.unfinished.insert(OpKey("update/GL1/x".to_owned()), begun.clone());
    let told = compare(&before, &after);
    let names: Vec<&str> = told.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(names, ["lineage", "instance.web-0", "instance.web-1", "unfinished update/GL1/x"]);
    assert_eq!((&told[1].how, &told[3].how), (&How::Removed, &How::Added));
    let How::Changed { fields } = &told[2].how else { panic!("{told:?}") };
    assert_eq!(fields[0].name, "release");
    assert!(!format!("{told:?}").contains("secret"));

    // Whatever only one of them knows is a difference.
    let others = [
        UnfinishedOp { ticket: None, ..begun.clone() },
        UnfinishedOp { token: RetryToken("another".to_owned()), ..begun.clone() },
        UnfinishedOp { instances: vec![Ocid::new("ocid1.instance.oc1..a")], ..begun },
    ];
    for work in others {
        let mut other = after.clone();
        other.unfinished.insert(OpKey("update/GL1/x".to_owned()), work.clone());
        assert_eq!(compare(&other, &after).len(), 1, "{work:?}");
    }
}
