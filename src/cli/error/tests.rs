//! Codes and layout of errors.

use std::io;
use std::path::PathBuf;

use super::*;
use crate::name::GroupName;
use crate::state::store::{Holder, Lock, LockId};

#[test]
fn the_chain_is_printed_once_below_the_message() {
    let source = io::Error::from(io::ErrorKind::PermissionDenied);
    let error = StoreError::Io { action: "read", path: PathBuf::from("state/a.json"), source };
    let error = CliError::from(error).while_doing("train `a` was left out").hint("try this\nor that");
    assert_eq!(
        error.text(false),
        "Error: train `a` was left out\n  - cannot read state/a.json\n  - permission denied\n  hint: make room in state, or let this user read and write there\n  hint: then run the command again: what was recorded stands, and apply goes on from there\n  hint: try this\n        or that\n"
    );
    assert!(error.text(true).contains("\u{1b}["));
}

#[test]
fn each_error_has_the_exit_code_that_the_table_gives_it() {
    let refusal = |policy: bool| {
        let group = GroupName::new("web");
        if policy {
            Refusal::Shrink { group, leaving: 11, members: 20 }
        } else {
            Refusal::NoSuchGroup { group }
        }
    };
    let holder = Holder {
        id: LockId::default(),
        train: None,
        who: "ann".into(),
        host: "desk".into(),
        pid: 7,
        command: "patchtrain apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let lock = Lock { holder, heartbeat: None, stays: false };
    let damaged = PlanFileError::Damaged { path: "p".into(), problem: "x".into() };
    let newer = PlanFileError::Newer { path: "p".into(), found: 9 };
    let locked = || StoreError::Locked { lock: Some(Box::new(lock.clone())) };
    let codes: Vec<u8> = [
        CliError::from(locked()),
        CliError::from(ApplyError::Store(locked())),
        CliError::from(damaged),
        CliError::from(newer),
        CliError::from(ApplyError::UsedUp),
        CliError::from(ApplyError::Stale("x".into())),
        CliError::refusals("t", &[refusal(true), refusal(true)]),
        CliError::refusals("t", &[refusal(true), refusal(false)]),
        CliError::refusals("t", &[]),
        CliError::usage("x"),
        CliError::interrupted(),
    ]
    .iter()
    .map(|error| error.code)
    .collect();
    assert_eq!(codes, [4, 4, 5, 1, 5, 5, 5, 1, 1, 64, 130]);
}

#[test]
fn a_locked_state_says_who_holds_it() {
    let holder = Holder {
        id: LockId::default(),
        train: None,
        who: "ann".into(),
        host: "desk".into(),
        pid: 7,
        command: "patchtrain apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let lock = Lock { holder, heartbeat: None, stays: false };
    let text = CliError::from(StoreError::Locked { lock: Some(Box::new(lock)) }).text(false);
    for part in ["ann", "desk", "7", "patchtrain apply", "1970-01-01"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
