//! What says that an instance has been booted since it was asked to.

use std::collections::BTreeSet;

use super::*;
use crate::observed::InstanceStatus;

fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

/// One that last checked in and was last booted at these minutes, runs this and may wait.
fn seen(checkin: Option<i64>, booted: Option<i64>, runs: &str, waits: bool) -> Instance {
    Instance {
        name: "web-1".into(),
        status: InstanceStatus::Normal,
        os: None,
        parent: None,
        children: Vec::new(),
        groups: BTreeSet::new(),
        inventory: None,
        last_checkin: checkin.map(minute),
        last_boot: booted.map(minute),
        running_kernel: Some(runs.into()),
        effective_kernel: None,
        reboot_required: waits,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    }
}

#[test]
fn a_check_in_from_before_the_shutdown_is_no_boot() {
    let before = seen(Some(-1), Some(-5_000), "1", true).standing();
    let silent = Standing { booted: None, ..before.clone() };
    let untold = Standing { checkin: None, ..silent.clone() };
    // What there was before, what is there, whether the service says that it is over, whether it is up.
    let table = [
        ("not heard of since", &before, seen(Some(-1), Some(-5_000), "1", true), false, false),
        ("heard of before it went down", &before, seen(Some(2), Some(-5_000), "1", true), false, false),
        ("booted again", &before, seen(Some(4), Some(3), "1", true), false, true),
        ("booted, and not heard of", &before, seen(Some(-1), Some(3), "1", true), false, false),
        ("another kernel runs", &before, seen(Some(4), None, "2", true), false, true),
        ("it waits no more", &before, seen(Some(4), Some(-5_000), "1", false), false, true),
        ("time of boot a little off", &before, seen(Some(4), Some(-5_000), "1", true), false, false),
        // Compute takes the power away after fifteen minutes.
        ("nothing tells, and it is late", &before, seen(Some(21), Some(-5_000), "1", true), false, true),
        ("nothing tells, and it may be going down", &silent, seen(Some(15), None, "1", true), false, false),
        // The service's clock is behind ours: the check-in is later than the one before all the same.
        ("its clock is behind", &before, seen(Some(0), Some(-2), "2", false), false, true),
        ("the service says that it is over", &silent, seen(Some(3), None, "1", true), true, true),
        ("it says so, and has not heard of it", &silent, seen(Some(-1), None, "1", true), true, false),
        ("it never tells when", &untold, seen(None, None, "1", true), false, true),
    ];
    for (what, before, seen, ended, up) in table {
        let asked = Asked { before, at: minute(0), ended };
        assert_eq!(is_up(&seen, asked), up, "{what}");
        let away = Instance { status: InstanceStatus::Unreachable, ..seen };
        assert!(!is_up(&away, asked), "{what}, and it is not reached");
    }
    let jitter = SignedDuration::from_secs(9);
    let mut off = seen(Some(4), Some(-5_000), "1", true);
    off.last_boot = off.last_boot.map(|at| at + jitter);
    assert!(!is_up(&off, Asked { before: &before, at: minute(0), ended: false }));
}
