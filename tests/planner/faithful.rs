//! Saved plans that somebody has edited so that they hold together and say something else than the train.

use jiff::SignedDuration;
use patchtrain::op::{Op, StepId};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Action, Condition, Plan, contradiction, lint};
use patchtrain::rollout::{Amount, HealthCheck, Probe};
use patchtrain::train::Reboot;

use super::small::{applied, rebind, start};
use crate::support::worlds::World;

/// A canary and a web behind it, with a soak and a health check between, on their way to `GL2`.
fn world() -> World {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    for group in &mut world.train.groups {
        group.pace.soak = Some(SignedDuration::from_hours(24));
        let probe = Probe::Command(vec!["true".to_owned()]);
        group.pace.health = Some(HealthCheck { probe, timeout: SignedDuration::from_secs(10) });
        group.pace.stops = true;
    }
    world
}

fn gate(plan: &mut Plan) -> &mut Condition {
    let gate = plan.steps.iter_mut().find_map(|step| match &mut step.action {
        Action::Gate { condition: condition @ Condition::GroupAtLevel { .. } } => Some(condition),
        _ => None,
    });
    gate.expect("web waits for the canary")
}

/// Takes steps out of a plan as somebody would who knows how it is made.
fn without(plan: &mut Plan, drop: impl Fn(&Action) -> bool) {
    let kept: Vec<StepId> =
        plan.steps.iter().filter(|step| !drop(&step.action)).map(|step| step.id).collect();
    let place = |id: &StepId| kept.iter().position(|other| other == id).map(|at| StepId(at as u32));
    plan.steps.retain(|step| kept.contains(&step.id));
    for step in &mut plan.steps {
        step.id = place(&step.id).unwrap();
        step.after = step.after.iter().filter_map(place).collect();
    }
}

type Edit = fn(&mut Plan);

const EDITS: [(&str, Edit, &str); 12] = [
    (
        "a soak is taken away",
        |plan| {
            if let Condition::GroupAtLevel { soak, .. } = gate(plan) {
                *soak = None;
            }
        },
        "waits for something else than its group is to",
    ),
    (
        "a health check is taken away",
        |plan| {
            if let Condition::GroupAtLevel { health, .. } = gate(plan) {
                *health = None;
            }
        },
        "waits for something else than its group is to",
    ),
    (
        "a gate is taken away",
        |plan| {
            without(plan, |action| {
                matches!(action, Action::Gate { condition: Condition::GroupAtLevel { .. } })
            });
        },
        "does not wait for group canary",
    ),
    ("an order is taken away", |plan| plan.groups[1].after.clear(), "it tells of group web otherwise"),
    (
        "more may fail",
        |plan| plan.groups[0].max_failures = Amount::Percent(100),
        "it tells of group canary otherwise",
    ),
    ("nothing stops", |plan| plan.groups[1].rollout = None, "it tells of group web otherwise"),
    (
        "a release has other packages",
        |plan| {
            let release = plan.releases.values_mut().last().unwrap();
            release.packages = PackageSet::new(vec![Package::parse("evil-1-1.x86_64").unwrap()]);
        },
        "it tells of other packages of release GL2",
    ),
    (
        "a gate is passed by",
        |plan| {
            let gates: Vec<StepId> = plan
                .steps
                .iter()
                .filter(|step| {
                    matches!(step.action, Action::Gate { condition: Condition::GroupAtLevel { .. } })
                })
                .map(|step| step.id)
                .collect();
            plan.steps.iter_mut().for_each(|step| step.after.retain(|before| !gates.contains(before)));
        },
        "does not wait for group canary",
    ),
    (
        "somebody is said to be a canary",
        |plan| {
            let canary = plan.groups[0].name.clone();
            let moves = |step: &&mut patchtrain::plan::Step| {
                matches!(step.action, Action::Act { op: Op::Switch { .. } })
            };
            plan.steps.iter_mut().filter(moves).for_each(|step| step.group = Some(canary.clone()));
        },
        "as one of group canary",
    ),
    (
        "a move is of nobody knows what",
        |plan| plan.moves[0].from = patchtrain::name::ReleaseName::new("GL0"),
        "it tells of a move from GL0 to GL2, one of which is not declared",
    ),
    (
        "updates by hand are slipped in",
        |plan| {
            plan.patches.push(patchtrain::plan::Patch {
                group: None,
                instances: Vec::new(),
                updates: Vec::new(),
                streams: Vec::new(),
                wanted: patchtrain::op::Wanted::All,
                named: false,
            });
        },
        "it holds updates by hand, which are never saved",
    ),
    (
        "a group is made up",
        |plan| plan.groups[0].name = patchtrain::name::GroupName::new("x"),
        "it tells of group x otherwise",
    ),
];

#[test]
fn what_is_edited_away_is_found() {
    let world = world();
    let plan = world.plan().unwrap();
    assert_eq!(contradiction(&plan, &world.train), None);
    // In which order groups are listed says nothing.
    let mut tidied = world.train.clone();
    tidied.groups[1].after.reverse();
    assert_eq!(contradiction(&plan, &tidied), None);
    for (what, edit, told) in EDITS {
        let mut plan = plan.clone();
        edit(&mut plan);
        let found = contradiction(&plan, &world.train).unwrap_or_else(|| panic!("{what} passes"));
        assert!(found.contains(told), "{what}: {found}");
    }
}

#[test]
fn a_source_gets_what_its_release_has() {
    let world = start();
    let plan = world.plan().unwrap();
    assert_eq!(contradiction(&plan, &world.train), None);
    let mut edited = plan.clone();
    for step in &mut edited.steps {
        if let Action::Act { op: Op::AddPackages { packages, .. } } = &mut step.action {
            packages[0] = Package::parse("evil-1-1.x86_64").unwrap();
        }
    }
    assert!(contradiction(&edited, &world.train).unwrap().contains("makes of release GL1 what it is not"));
}

#[test]
fn nobody_is_booted_whose_group_does_not_ask_for_it() {
    let mut world = start();
    for group in &mut world.train.groups {
        group.enforcing.reboot = Reboot::Window;
    }
    for seen in world.observed.instances.values_mut() {
        seen.reboot_required = true;
    }
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let boots = |plan: &mut Plan| {
        let boot = |step: &&mut patchtrain::plan::Step| {
            matches!(&step.action, Action::Act { op: Op::Reboot { .. } })
        };
        plan.steps.iter_mut().filter(boot).for_each(|step| step.group = None);
    };
    let mut edited = plan.clone();
    boots(&mut edited);
    assert_ne!(edited, plan, "somebody is booted");
    let found = lint::lint(&edited).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(found.contains("boots who is in no group that asks for it"), "{found}");
}
