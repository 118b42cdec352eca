//! What is remembered of a boot, entry by entry.

use jiff::Timestamp;

use super::*;
use crate::name::{ReleaseName, TrainName};
use crate::op::{Lineage, RetryToken};
use crate::state::{Entry, Finish};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id() -> Ocid {
    Ocid::new("ocid1.instance.oc1..a")
}

fn started(key: OpKey, boots: Option<Standing>) -> Entry {
    Entry::Started { key, token: RetryToken("t".into()), unproves: vec![id()], boots, at: at(1) }
}

fn asked() -> Entry {
    started(OpKey::reboot(&id()), Some(Standing::default()))
}

fn finished(finish: Finish) -> Entry {
    Entry::Finished { key: OpKey::reboot(&id()), finish, effect: None, at: at(2) }
}

fn failed() -> Entry {
    let after = Standing { runs: Some("1".into()), ..Standing::default() };
    let failed = FailedBoot { at: at(3), kernel: Some("2".into()), after };
    Entry::BootFailed { instance: id(), failed }
}

fn after(entries: &[Entry]) -> State {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    let name = "web-1".into();
    state.ride(&id(), &name, &GroupName::new("web"), Some(&ReleaseName::new("GL1")), at(0));
    entries.iter().for_each(|entry| state.record(entry).unwrap());
    state
}

#[test]
fn a_boot_is_remembered_until_it_is_seen_to_have_gone_well() {
    let refused = Finish::Failed { message: "no".to_owned() };
    let update = || started(OpKey::update(&ReleaseName::new("GL1"), &id()), None);
    // Entries; whether the boot is on record, whether as one that failed, and whether the call is.
    let table: [(&str, Vec<Entry>, bool, bool, bool); 8] = [
        ("asked for", vec![asked()], true, false, true),
        ("over, and not looked at", vec![asked(), finished(Finish::Done)], true, false, false),
        ("refused", vec![asked(), finished(refused)], false, false, false),
        ("failed", vec![asked(), finished(Finish::Done), failed()], true, true, false),
        ("failed before its end was known", vec![asked(), failed()], true, true, false),
        ("seen", vec![asked(), failed(), Entry::Booted { instance: id() }], false, false, false),
        ("asked for once more", vec![asked(), failed(), asked()], true, false, true),
        ("something was installed since", vec![asked(), failed(), asked(), update()], false, false, false),
    ];
    for (what, entries, known, failed, open) in table {
        let state = after(&entries);
        let boot = state.boots.get(&id());
        assert_eq!(boot.is_some(), known, "{what}");
        assert_eq!(boot.is_some_and(|boot| boot.failed.is_some()), failed, "{what}");
        assert_eq!(state.unfinished.contains_key(&OpKey::reboot(&id())), open, "{what}");
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state, "{what}");
    }
}

#[test]
fn the_end_of_a_boot_that_was_forgotten_is_no_contradiction() {
    let mut state = after(&[asked(), started(OpKey::update(&ReleaseName::new("GL1"), &id()), None)]);
    state.record(&finished(Finish::Done)).unwrap();
}

#[test]
fn a_resume_has_those_of_its_group_booted_once_more() {
    let mut state = after(&[asked(), failed()]);
    assert!(!state.resume(&GroupName::new("db")));
    assert!(state.resume(&GroupName::new("web")) && state.boots.is_empty());
    assert!(!state.resume(&GroupName::new("web")));
    // One that may go on is not forgotten.
    let mut state = after(&[asked()]);
    assert!(!state.resume(&GroupName::new("web")) && !state.boots.is_empty());
}

#[test]
fn it_is_forgotten_with_its_instance() {
    let group = GroupName::new("web");
    let gone = crate::state::Effect::InstanceGone { instance: id(), group };
    let key = OpKey("leave/web/x".to_owned());
    let left = Entry::Finished { key, finish: Finish::AlreadyDone, effect: Some(gone), at: at(4) };
    assert!(after(&[asked(), failed(), left]).boots.is_empty());
}

#[test]
fn nothing_has_changed_only_where_all_of_it_is_the_same() {
    let Entry::BootFailed { failed, .. } = failed() else { panic!() };
    let now = failed.after.clone();
    assert!(failed.stands(Some("2"), &now));
    assert!(failed.stands(Some("2"), &Standing { checkin: Some(at(9)), ..now.clone() }));
    assert!(!failed.stands(Some("3"), &now) && !failed.stands(None, &now));
    assert!(!failed.stands(Some("2"), &Standing { runs: Some("2".into()), ..now.clone() }));
    assert!(!failed.stands(Some("2"), &Standing { waits: true, ..now }));
}
