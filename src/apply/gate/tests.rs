//! Gates as tables: what opens them, what is said of one that is shut, and whom they ask before they open.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, mpsc, watch};

use super::super::Settings;
use super::super::desk::Shared;
use super::*;
use crate::cloud::memory::MemoryCloud;
use crate::name::TrainName;
use crate::observed::{Instance, InstanceStatus};
use crate::op::Lineage;
use crate::rollout::Probe;
use crate::state::{AtLevel, InstanceRecord, Paused, RolloutRecord, Stopped};

const HOUR: i64 = 3_600;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(hour * HOUR).unwrap()
}

fn id(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{name}"))
}

fn web() -> GroupName {
    GroupName::new("web")
}

fn gl2() -> ReleaseName {
    ReleaseName::new("GL2")
}

/// A state in which these have been at these releases' levels since these hours.
fn state(levels: &[(&str, &str, i64)]) -> State {
    let mut state = State::new(TrainName::new("gl"), Lineage("line".into()));
    for (name, release, hour) in levels {
        let release = ReleaseName::new(release);
        let level =
            AtLevel { release: release.clone(), since: at(*hour), extra: 0, patching: Default::default() };
        let record = InstanceRecord {
            name: (*name).into(),
            group: web(),
            release: Some(release),
            at_level: Some(level),
            accepted: Default::default(),
            wave: 1,
        };
        state.instances.insert(id(name), record);
    }
    state
}

/// The rollout of `web` to a release, paused or stopped or neither.
fn rollout(release: &str, paused: Option<Paused>, stopped: Option<Stopped>) -> RolloutRecord {
    RolloutRecord {
        release: Some(ReleaseName::new(release)),
        started: at(0),
        waves: 3,
        awaited: BTreeMap::new(),
        failed: BTreeMap::new(),
        stopped,
        paused,
        ended: None,
    }
}

fn stopped(whole: bool) -> Option<Stopped> {
    Some(Stopped { wave: 2, failed: 3, allowed: 1, whole, at: at(5) })
}

fn paused() -> Option<Paused> {
    Some(Paused { by: "ada".to_owned(), at: at(5), why: None })
}

fn health() -> HealthCheck {
    HealthCheck { probe: Probe::Command(vec!["true".to_owned()]), timeout: SignedDuration::from_secs(60) }
}

/// `GroupAtLevel` of the four `a` to `d`, of whom one may be below it.
fn level(
    behind: Option<u32>,
    wave: Option<u32>,
    soak: Option<i64>,
    health: Option<HealthCheck>,
) -> Condition {
    Condition::GroupAtLevel {
        waiting: GroupName::new("db"),
        behind,
        group: web(),
        wave,
        release: gl2(),
        candidates: ["a", "b", "c", "d"].map(id).to_vec(),
        members: 4,
        allowed: 1,
        soak: soak.map(SignedDuration::from_hours),
        health,
    }
}

fn asked(well: usize, ill: &[&str], reboots: usize) -> Asked {
    Asked { well, ill: ill.iter().map(|why| (*why).to_owned()).collect(), reboots }
}

/// What becomes of a gate, as a line.
fn told(passing: Passing) -> String {
    match passing {
        Passing::Open => "open".to_owned(),
        Passing::Shut { message, until: None } => message,
        Passing::Shut { message, until: Some(until) } => format!("{message} [{until}]"),
        Passing::Ask(rounds) => {
            let Rounds { instances, need, group, release, health, soaked, tells_reboots } = rounds;
            let names = instances.iter().map(|(id, since)| {
                let name = id.as_str().rsplit('.').next().unwrap_or_default();
                format!("{name}@{}", since.as_second() / HOUR)
            });
            let of = names.collect::<Vec<_>>().join(" ");
            let health = if health.is_some() { ", health" } else { "" };
            let soaked = if soaked { ", soaked" } else { "" };
            assert!(tells_reboots);
            format!("ask {need} of {group} at {release}: {of}{health}{soaked}")
        }
    }
}

const THREE: [(&str, &str, i64); 4] = [("a", "GL2", 1), ("b", "GL2", 3), ("c", "GL2", 2), ("d", "GL1", 0)];

#[test]
fn a_level_opens_when_as_many_are_proven_as_have_to_be() {
    let two = [THREE[0], THREE[1], THREE[3]];
    let missing = "group.web: 2 of 4 members are at the level of GL2, 1 may be below it";
    let table = [
        (level(None, None, None, None), &THREE[..], 3, "open".to_owned()),
        (level(None, None, None, None), &two, 3, format!("group.db waits for {missing}")),
        (
            level(Some(3), Some(2), None, None),
            &two,
            3,
            format!("wave 3 of group.db waits for wave 2 of {missing}"),
        ),
        // Whoever went first in a wave, soaks or has a health check is asked.
        (level(Some(2), Some(1), None, None), &THREE, 3, "ask 3 of web at GL2: a@1 b@3 c@2".to_owned()),
        (
            level(None, None, None, Some(health())),
            &THREE,
            3,
            "ask 3 of web at GL2: a@1 b@3 c@2, health".to_owned(),
        ),
        (level(None, None, Some(2), None), &THREE, 4, "ask 3 of web at GL2: a@1 b@3 c@2".to_owned()),
        // Since three have been: the third of them came at 3.
        (level(None, None, Some(2), None), &THREE, 5, "ask 3 of web at GL2: a@1 b@3 c@2, soaked".to_owned()),
    ];
    for (condition, levels, now, expected) in table {
        assert_eq!(told(pass(&condition, &state(levels), at(now), None)), expected, "{condition:?} at {now}");
    }
}

#[test]
fn a_level_that_was_asked_after_opens_when_as_many_are_well_and_the_soak_is_over() {
    let ill = "group.db waits for group.web: at least 2 of 4 members are not at the level of GL2 and well, 1 may be so \
               (x is ill; y is ill)";
    let many = "group.db waits for group.web: at least 4 of 4 members are not at the level of GL2 and well, 1 may be so \
                (x is ill; y is ill; z is ill; ...); 2 wait for a reboot";
    let soaks = "group.db waits until group.web has been at level for 2h, until 1970-01-01T05:00:00Z";
    let table = [
        (None, 3, asked(3, &["x is ill"], 0), "open".to_owned()),
        (None, 3, asked(4, &[], 1), "open".to_owned()),
        (None, 3, asked(2, &["x is ill", "y is ill"], 0), ill.to_owned()),
        (None, 3, asked(0, &["x is ill", "y is ill", "z is ill", "w is ill"], 2), many.to_owned()),
        (
            None,
            3,
            asked(0, &["x is ill", "y is ill", "z is ill"], 1),
            many.replace("4 of 4", "3 of 4").replace("; ...); 2 wait", "); 1 waits"),
        ),
        (Some(2), 4, asked(3, &[], 0), format!("{soaks} [1970-01-01T05:00:00Z]")),
        (Some(2), 4, asked(3, &[], 1), format!("{soaks}; 1 waits for a reboot [1970-01-01T05:00:00Z]")),
        (Some(2), 4, asked(3, &[], 2), format!("{soaks}; 2 wait for a reboot [1970-01-01T05:00:00Z]")),
        (Some(2), 5, asked(3, &[], 1), "open".to_owned()),
        (Some(2), 4, asked(2, &["x is ill", "y is ill"], 0), ill.to_owned()),
    ];
    for (soak, now, asked, expected) in table {
        let condition = level(None, None, soak, Some(health()));
        assert_eq!(
            told(pass(&condition, &state(&THREE), at(now), Some(&asked))),
            expected,
            "{asked:?} at {now}"
        );
    }
}

#[test]
fn nobody_has_to_be_where_all_may_be_below() {
    let mut condition = level(None, None, Some(2), None);
    let Condition::GroupAtLevel { allowed, .. } = &mut condition else { unreachable!() };
    *allowed = 9;
    assert_eq!(told(pass(&condition, &state(&[]), at(1), None)), "ask 0 of web at GL2: , soaked");
    assert_eq!(told(pass(&condition, &state(&[]), at(1), Some(&asked(0, &[], 0)))), "open");
}

#[test]
fn a_rollout_that_has_stopped_holds_who_waits_for_it_and_a_pause_who_is_paused() {
    let with = |record| {
        let mut state = state(&THREE);
        state.rollouts.insert(web(), record);
        state
    };
    let held = "group.db waits for group.web, whose rollout has stopped".to_owned();
    let waits = |record| told(pass(&level(None, None, None, None), &with(record), at(6), None));
    assert_eq!(waits(rollout("GL2", None, stopped(false))), held);
    assert_eq!(waits(rollout("GL1", None, stopped(false))), "open", "that was another one");
    assert_eq!(waits(rollout("GL2", paused(), None)), "open", "who has arrived has arrived");

    let resume = "`patchtrain rollout resume web` has it go on";
    let by_hand = format!("group.web was paused by ada at 1970-01-01T05:00:00Z; {resume}");
    let going = Condition::Going { waiting: web(), release: gl2() };
    let arrived = |health| Condition::Arrived {
        group: web(),
        release: gl2(),
        candidates: ["a", "b", "c", "d"].map(id).to_vec(),
        members: 4,
        allowed: 1,
        health,
    };
    let table = [
        (rollout("GL2", None, None), "open".to_owned()),
        (rollout("GL2", paused(), stopped(true)), by_hand.clone()),
        (rollout("GL1", paused(), None), by_hand),
        (rollout("GL1", None, stopped(true)), "open".to_owned()),
        (
            rollout("GL2", None, stopped(true)),
            format!("the rollout of group.web has stopped: 3 failed in all, 1 may; {resume}"),
        ),
        (
            rollout("GL2", None, stopped(false)),
            format!("the rollout of group.web has stopped: 3 failed in wave 2, 1 may; {resume}"),
        ),
    ];
    for (record, expected) in table {
        let state = with(record);
        assert_eq!(told(pass(&going, &state, at(6), None)), expected);
        assert_eq!(told(pass(&arrived(None), &state, at(6), None)), expected);
    }
    assert_eq!(told(pass(&going, &state(&[]), at(6), None)), "open", "of nothing is nothing known");

    // Whoever has arrived is at level, and well where that is asked.
    let missing =
        "group.web has not arrived: group.web: 2 of 4 members are at the level of GL2, 1 may be below it";
    let ill = "group.web has not arrived: group.web: at least 2 of 4 members are not at the level of GL2 and well, 1 may \
               be so (x is ill; y is ill)";
    let two = state(&THREE[..2]);
    assert_eq!(told(pass(&arrived(None), &two, at(6), None)), missing);
    assert_eq!(told(pass(&arrived(Some(health())), &two, at(6), Some(&asked(4, &[], 0)))), missing);
    let three = state(&THREE);
    let of = |asked: Option<&Asked>| told(pass(&arrived(Some(health())), &three, at(6), asked));
    assert_eq!(of(None), "ask 3 of web at GL2: a@1 b@3 c@2, health");
    assert_eq!(of(Some(&asked(3, &["x is ill"], 0))), "open");
    assert_eq!(of(Some(&asked(2, &["x is ill", "y is ill"], 0))), ill);
}

#[test]
fn a_group_waits_for_its_hours() {
    let window = r#"{"window": {"days": ["Thu"], "from": "22:00", "to": "04:00", "timezone": "UTC"}}"#;
    let calendar: Calendar = serde_json::from_str(window).unwrap();
    let condition = Condition::Open { waiting: web(), calendar };
    let closed = "group.web may not be touched now, until 1970-01-01T22:00:00Z [1970-01-01T22:00:00Z]";
    for (hour, expected) in [(21, closed), (22, "open"), (27, "open")] {
        assert_eq!(told(pass(&condition, &state(&[]), at(hour), None)), expected);
    }
    let never = r#"{"blackout": {"dates": ["1970-01-01..1999-01-01"], "timezone": "UTC"},
        "window": {"days": ["Thu"], "from": "22:00", "to": "04:00", "timezone": "UTC"}}"#;
    let condition = Condition::Open { waiting: web(), calendar: serde_json::from_str(never).unwrap() };
    assert!(
        told(pass(&condition, &state(&[]), at(22), None))
            .starts_with("group.web may not be touched now, until ")
    );
}

/// Finds ill whom it is told, and remembers whom it was asked after.
struct Nurse(&'static [&'static str], Mutex<Vec<Facts>>);

impl HealthChecker for Nurse {
    fn check(
        &self,
        check: HealthCheck,
        facts: Facts,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        assert_eq!(check, health());
        let ill = self.0.contains(&facts.name.as_str());
        self.1.lock().unwrap().push(facts);
        Box::pin(async move { if ill { Err("503".to_owned()) } else { Ok(()) } })
    }
}

/// Asks after these, each at level since 2, in a cloud in which all that is not normal is said.
async fn round(
    names: &[&str],
    need: usize,
    (soaked, tells_reboots): (bool, bool),
    nurse: Option<&Arc<Nurse>>,
    stop: bool,
) -> Result<(usize, Vec<String>, usize), Halt> {
    let mut world = Observed::default();
    for name in ["fit", "fitter", "gone", "lost", "old", "sick", "silent", "worn"] {
        let seen = Instance {
            name: name.into(),
            status: if name == "lost" { InstanceStatus::Unreachable } else { InstanceStatus::Normal },
            os: None,
            parent: None,
            children: Vec::new(),
            groups: Default::default(),
            inventory: None,
            last_checkin: match name {
                "silent" => None,
                "old" => Some(at(2)),
                _ => Some(at(3)),
            },
            last_boot: None,
            running_kernel: None,
            effective_kernel: None,
            reboot_required: matches!(name, "worn" | "old" | "lost" | "sick"),
            listed: None,
            updates_available: None,
            open_work: Vec::new(),
        };
        world.instances.insert(id(name), seen);
    }
    world.instances.remove(&id("gone"));
    let second = Duration::from_secs(1);
    let settings = Settings {
        parallelism: 1,
        first_wait: second,
        longest_wait: second,
        verify_patience: second,
        work_patience: second,
    };
    let (line, _events) = mpsc::unbounded_channel();
    let (stopping, stops) = watch::channel(false);
    let shared = Shared {
        cloud: Arc::new(MemoryCloud::new(world)),
        settings,
        clock: Arc::new(|| at(9)),
        unmanaged: Arc::new([]),
        calls: Semaphore::new(1),
        slots: Arc::new(Semaphore::new(1)),
        down: AtomicBool::new(false),
        stop: stops,
        line,
    };
    let slots = shared.slots.clone();
    let slot = slots.clone().try_acquire_owned().ok();
    let mut desk = Desk::new(Arc::new(shared), slot, None);
    let rounds = Rounds {
        instances: names.iter().map(|name| (id(name), at(2))).collect(),
        need,
        group: web(),
        release: gl2(),
        health: nurse.map(|_| health()),
        soaked,
        tells_reboots,
    };
    stopping.send_replace(stop);
    let nurse = nurse.map(|nurse| Arc::clone(nurse) as Arc<dyn HealthChecker>);
    let asked = ask(&mut desk, &rounds, nurse.as_ref()).await?;
    assert_eq!(slots.available_permits(), 1, "whoever asks takes no place from those who work");
    Ok((asked.well, asked.ill, asked.reboots))
}

#[tokio::test(start_paused = true)]
async fn who_is_known_reached_heard_of_and_healthy_is_well() {
    let nurse = Arc::new(Nurse(&["sick"], Mutex::new(Vec::new())));
    let all = ["fit", "gone", "lost", "old", "sick", "silent", "worn"];
    let gone = format!("the service no longer knows {}", id("gone"));
    let of = |ill: &[&str]| ill.iter().map(|why| (*why).to_owned()).collect::<Vec<_>>();
    let table = [
        ((false, true), None, 5, of(&[&gone, "the service does not reach lost"]), 4),
        ((false, false), None, 5, of(&[&gone, "the service does not reach lost"]), 0),
        (
            (true, true),
            None,
            3,
            of(&[
                &gone,
                "the service does not reach lost",
                "old has not checked in since it was updated",
                "silent has not checked in since it was updated",
            ]),
            4,
        ),
        (
            (false, true),
            Some(&nurse),
            4,
            of(&[&gone, "the service does not reach lost", "sick is not well: 503"]),
            4,
        ),
    ];
    for (manner, nurse, well, ill, reboots) in table {
        let told = round(&all, 0, manner, nurse, false).await.unwrap();
        assert_eq!(told, (well, ill, reboots), "{manner:?}");
    }
    // Only whom the service reaches is asked, and with his facts.
    let seen = nurse.1.lock().unwrap();
    let names: Vec<&str> = seen.iter().map(|facts| facts.name.as_str()).collect();
    assert_eq!(names, ["fit", "old", "sick", "silent", "worn"]);
    let facts = |name: &str| Facts {
        name: name.to_owned(),
        id: id(name).to_string(),
        group: "web".to_owned(),
        release: "GL2".to_owned(),
    };
    assert_eq!(seen[0], facts("fit"));
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_asked_when_it_cannot_open_any_more() {
    let names = ["gone", "lost", "fit", "fitter", "worn"];
    let asked = async |need| round(&names, need, (false, true), None, false).await.unwrap();
    // Three have to be well, and can be.
    assert_eq!(asked(3).await.0, 3);
    let (well, ill, _) = asked(4).await;
    assert_eq!((well, ill.len()), (0, 2), "two of five are ill: four cannot be well");
    let (well, ill, _) = asked(5).await;
    assert_eq!((well, ill.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_ended_asks_nobody() {
    let nurse = Arc::new(Nurse(&[], Mutex::new(Vec::new())));
    let ended = round(&["fit"], 1, (false, true), Some(&nurse), true).await;
    assert!(matches!(ended, Err(Halt::Stopped)), "{ended:?}");
    assert!(nurse.1.lock().unwrap().is_empty());
}
