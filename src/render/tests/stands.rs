//! The state and the fleet as they stand.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Detail, Style, instance_status, state, status};
use super::sample::{at, group_name, instance, lag, packages, release, whole_move};
use super::{golden, style};
use crate::conformance::Verdict;
use crate::name::{Ocid, TrainName};
use crate::observed::InstanceStatus;
use crate::op::{Lineage, OpKey, PlanId, RetryToken, Ticket};
use crate::package::Digest;
use crate::report::{FleetStatus, GroupStatus, InstanceLine};
use crate::state::{AtLevel, GroupRecord, InstanceRecord, PlanRun, SourceRecord, State, UnfinishedOp};

fn applied() -> State {
    let mut state = State::new(TrainName::new("great-linux"), Lineage("6f9a1c20".into()));
    "0.1.0".clone_into(&mut state.tool);
    state.serial = 41;
    let (id, when) = (PlanId("7f3c2a1b9d04e85566778899aabbccdd".into()), at("2026-11-29T02:10:00Z"));
    state.last_plan = Some(PlanRun { id, basis: 40, used_up: true, at: when });
    for name in ["GL1", "GL1.1"] {
        let id = Ocid::new(&format!("ocid1.osmssoftwaresource.oc1..{name}"));
        let record = SourceRecord { id, digest: Digest::of([name]), since: when, proven: None };
        state.sources.insert(release(name), record);
    }
    for (name, bound, many) in [("canary", "GL1.1", 2), ("web", "GL1", 24)] {
        let id = Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..{name}"));
        let record = GroupRecord {
            id,
            made: name == "web",
            release: Some(release(bound)),
            since: Some(when),
            failed: None,
            called: None,
            accepted: Default::default(),
        };
        state.groups.insert(group_name(name), record);
        for number in 1..=many {
            let label: Arc<str> =
                if number > 22 { "twin".into() } else { format!("{name}-{number:02}").into() };
            let level = AtLevel {
                release: release(bound),
                since: when,
                extra: number % 3,
                patching: crate::train::Patching::EVERYTHING,
            };
            let record = InstanceRecord {
                name: label,
                group: group_name(name),
                release: Some(release(bound)),
                at_level: (number != 2).then_some(level),
                accepted: Default::default(),
                wave: 0,
            };
            state.instances.insert(instance(&format!("{name}-{number:02}")), record);
        }
    }
    let open = UnfinishedOp {
        token: RetryToken("secret-token".to_owned()),
        started: when,
        ticket: Some(Ticket("ocid1.osmsworkrequest.oc1..w7".to_owned())),
        instances: Vec::new(),
    };
    state.unfinished.insert(OpKey("update/GL1/web-07".to_owned()), open);
    state
}

fn line(name: &str, verdict: Option<Verdict>) -> InstanceLine {
    InstanceLine {
        id: instance(name),
        label: name.into(),
        status: Some(InstanceStatus::Normal),
        rides: Some("great-linux/GL1.1".into()),
        on_release: true,
        at_level: verdict.as_ref().is_some_and(|verdict| verdict.behind.is_empty()),
        verdict,
        streams: Vec::new(),
        at_level_since: None,
        last_checkin: Some(at("2026-11-30T04:05:00Z")),
        listed: None,
        is_stale: false,
        running_kernel: Some("4.18.0-513.5.1.el8_9.x86_64".into()),
        effective_kernel: None,
        reboot_required: false,
        tally: Default::default(),
    }
}

fn fleet() -> FleetStatus {
    let level = Verdict { exact: 610, unmanaged: 3, ..Verdict::default() };
    let behind = Verdict {
        behind: whole_move(),
        ahead: vec![lag("curl-7.61.1-35.el8.x86_64", "curl-7.61.1-34.el8.x86_64")],
        extra: packages(&["htop-3.2.1-1.el8.x86_64"]),
        missing: packages(&["libzstd-1.4.4-1.0.1.el8.x86_64"]),
        unmanaged: 3,
        exact: 598,
    };
    let proven = InstanceLine {
        at_level_since: Some(at("2026-11-29T02:10:00Z")),
        ..line("canary-01", Some(level.clone()))
    };
    let unreachable = InstanceLine {
        status: Some(InstanceStatus::Unreachable),
        at_level: false,
        ..line("web-02", Some(level.clone()))
    };
    let other_stream = crate::conformance::StreamGap {
        release: crate::package::StreamName::parse("postgresql:15").unwrap(),
        instance: crate::conformance::Instead::Other("13".into()),
    };
    let elsewhere = InstanceLine {
        streams: vec![other_stream],
        rides: Some("ol8_baseos_latest-x86_64".into()),
        on_release: false,
        reboot_required: true,
        effective_kernel: Some("4.18.0-553.16.1.el8_10.x86_64".into()),
        ..line("web-03", Some(behind.clone()))
    };
    let unknown = InstanceLine { status: None, rides: None, on_release: false, ..line("web-04", None) };
    let group = |name, at_level, instances| GroupStatus {
        name: group_name(name),
        release: release("GL1.1"),
        at_level,
        allowed: 0,
        instances,
        patching: crate::train::Patching::EVERYTHING,
        schedule: None,
    };
    FleetStatus {
        train: TrainName::new("great-linux"),
        serial: 41,
        simulator: true,
        place: "http://127.0.0.1:41234".to_owned(),
        at: at("2026-11-30T04:10:00Z"),
        groups: vec![
            group("canary", true, vec![proven, line("canary-02", Some(level))]),
            group("web", false, vec![line("web-01", Some(behind)), unreachable, elsewhere, unknown]),
        ],
    }
}

#[test]
fn the_state_reads_well() {
    for width in [60, 80, 120] {
        golden::check(&format!("state-{width}"), &state(&applied(), style(width, Detail::Default)));
    }
    let text = state(&applied(), style(80, Detail::Full));
    assert!(text.contains("web-22") && !text.contains("--full"));
    // Two of one name are told apart by their OCIDs.
    assert!(!text.contains("twin"), "{text}");
    assert!(!text.contains("secret-token"), "{text}");
    let new = State::new(TrainName::new("great-linux"), Lineage("l".into()));
    assert_eq!(state(&new, style(80, Detail::Default)).lines().count(), 1);
}

#[test]
fn the_fleet_reads_well() {
    let fleet = fleet();
    for width in [60, 80, 120] {
        golden::check(&format!("status-{width}"), &status(&fleet, None, style(width, Detail::Default)));
    }
    golden::check("status-group", &status(&fleet, Some(&group_name("canary")), style(80, Detail::Default)));
    let group = &fleet.groups[1];
    let text = instance_status(&fleet, Some(group), &group.instances[2], style(80, Detail::Default));
    golden::check("status-instance", &text);
    let text = instance_status(&fleet, Some(group), &group.instances[3], style(80, Detail::Default));
    assert!(text.ends_with("packages  not read\n"), "{text}");
}

proptest! {
    #[test]
    fn no_width_is_too_small(width in 1_usize..200, detail in 0_usize..3, colour in any::<bool>()) {
        let detail = [Detail::Summary, Detail::Default, Detail::Full][detail];
        let (style, fleet) = (Style { width, colour, detail }, fleet());
        prop_assert!(!state(&applied(), style).is_empty());
        prop_assert!(!status(&fleet, None, style).is_empty());
        let text = instance_status(&fleet, None, &fleet.groups[1].instances[2], style);
        prop_assert!(!text.is_empty());
    }
}
