//! Releases as children of the train's own parent: `layout = "child"`.

use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::observed::{Precondition, SourceLink};
use patchtrain::op::{Op, OpKey, ParentRef, RetryToken};
use patchtrain::plan::{Action, DriftKind, Note, Plan, Refusal, lint};
use patchtrain::state::UnfinishedOp;
use patchtrain::train::Layout;

use crate::support::model;
use crate::support::worlds::{World, instance_id};

use super::small::*;

fn run(world: &mut World) {
    let plan = world.plan().unwrap();
    let ends = model::run_all(world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
}

fn fresh() -> World {
    let mut world = start();
    world.train.layout = Layout::Child;
    world
}

fn hanging() -> World {
    let mut world = fresh();
    run(&mut world);
    check(&world, &[]);
    world
}

fn id(world: &World, release: &str) -> Ocid {
    world.state.sources[&ReleaseName::new(release)].id.clone()
}

fn link(world: &World, release: &str) -> SourceLink {
    let id = id(world, release);
    SourceLink { name: world.observed.sources[&id].name.clone(), id }
}

/// What an instance has: its parent and its children, by name.
fn attached(world: &World, index: usize) -> Vec<String> {
    let seen = &world.observed.instances[&instance_id(index)];
    seen.parent.iter().chain(&seen.children).map(|link| link.name.to_string()).collect()
}

fn children(world: &mut World, index: usize) -> &mut Vec<SourceLink> {
    &mut world.observed.instances.get_mut(&instance_id(index)).unwrap().children
}

#[test]
fn the_first_plan_makes_the_parent_and_the_releases_under_it() {
    let plan = check(
        &fresh(),
        &[
            "Add release.GL1 CreateSource",
            "Add release.GL2 CreateSource",
            "Add release._parent CreateSource",
            "Add group.canary Group",
            "Add group.web Group",
            "Change instance.host-0 Instance",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 release._parent CreateSource",
            "s1 release._parent Contents <- s0",
            "s2 release.GL1 CreateSource <- s1",
            "s3 release.GL1 AddPackages x2 <- s2",
            "s4 release.GL1 AddPackages x1 <- s2",
            "s5 release.GL1 Contents <- s3 s4",
            "s6 release.GL2 CreateSource <- s1",
            "s7 release.GL2 AddPackages x2 <- s6",
            "s8 release.GL2 AddPackages x2 <- s6",
            "s9 release.GL2 Contents <- s7 s8",
            "s10 group.canary CreateGroup",
            "s11 instance.host-0 Join <- s10",
            "s12 group.web CreateGroup",
            "s13 instance.host-1 Join <- s12",
            "s14 instance.host-2 Join <- s12",
            "s15 instance.host-0 Switch to GL1 <- s11 s5 s1",
            "s16 instance.host-0 Level <- s15",
            "s17 group.web Gate <- s16",
            "s18 instance.host-1 Switch to GL1 <- s13 s5 s1 s17",
            "s19 instance.host-1 Level <- s18",
            "s20 instance.host-2 Switch to GL1 <- s14 s5 s1 s17",
            "s21 instance.host-2 Level <- s20",
        ],
    );
    // The parent and its children, detach and two attaches each.
    assert_eq!(plan.cost.changing_calls, 1 + 2 + 4 + 2 + 3 + 3 * 3);
    let world = hanging();
    assert_eq!(attached(&world, 0), ["t/_parent", "t/GL1"]);
    let own = id(&world, "_parent");
    assert_eq!(world.observed.sources[&id(&world, "GL2")].parent, Some(own));
}

#[test]
fn a_later_switch_exchanges_the_child() {
    let mut world = hanging();
    rebind(&mut world.train, "canary", "GL2");
    let plan = check(
        &world,
        &[
            "Change group.canary Group",
            "Change instance.host-0 Instance",
            "s0 instance.host-0 Switch to GL2",
            "s1 instance.host-0 Update <- s0",
            "s2 instance.host-0 Level <- s1",
        ],
    );
    let (own, old) = (id(&world, "_parent"), id(&world, "GL1"));
    let Action::Act { op: Op::Switch { from, to, drops, .. } } = &plan.steps[0].action else { panic!() };
    assert_eq!((from.as_ref(), drops.as_slice()), (Some(&own), std::slice::from_ref(&old)));
    assert_eq!(to.under, Some(ParentRef { id: Some(own.clone()) }));
    let Precondition::Hangs { parent, children, .. } = &plan.steps[0].precondition else { panic!() };
    assert_eq!((parent.as_ref(), children.as_slice()), (Some(&own), std::slice::from_ref(&old)));
    assert_eq!((plan.cost.changing_calls, plan.cost.work_requests), (3, 1));
    assert_eq!(plan.cohorts[0].from.as_ref(), Some(&link(&world, "GL1")), "what it rides is the release");
    assert_eq!(plan.cohorts[0].drops, [], "nothing drops off");
    assert_eq!((plan.moves[0].from.as_str(), plan.moves[0].to.as_str()), ("GL1", "GL2"));
    run(&mut world);
    assert_eq!(attached(&world, 0), ["t/_parent", "t/GL2"]);
    check(&world, &[]);
}

#[test]
fn what_was_cut_goes_on_and_is_no_drift() {
    let mut world = hanging();
    rebind(&mut world.train, "canary", "GL2");
    let both = link(&world, "GL2");
    children(&mut world, 0).push(both);
    let op = UnfinishedOp {
        token: RetryToken("t".into()),
        started: world.now,
        ticket: None,
        instances: Vec::new(),
    };
    world.state.unfinished.insert(OpKey::switch(&ReleaseName::new("GL2"), &instance_id(0)), op);
    let plan = check(
        &world,
        &[
            "Change group.canary Group",
            "Change instance.host-0 Instance",
            "s0 instance.host-0 Switch to GL2",
            "s1 instance.host-0 Update <- s0",
            "s2 instance.host-0 Level <- s1",
        ],
    );
    assert!(matches!(plan.notes.as_slice(), [Note::Unfinished { .. }]));
    run(&mut world);
    assert_eq!(attached(&world, 0), ["t/_parent", "t/GL2"]);
}

#[test]
fn who_lost_its_child_or_its_parent_is_drift_and_comes_back() {
    let back = [
        "drift instance.host-1 Parent",
        "Change instance.host-1 Instance",
        "s0 instance.host-1 Switch to GL1",
        "s1 instance.host-1 Level <- s0",
    ];
    let mut world = hanging();
    children(&mut world, 1).clear();
    let plan = check(&world, &back);
    let DriftKind::Parent { found, .. } = &plan.drift[0].kind else { panic!() };
    assert_eq!(found.as_ref(), Some(&link(&world, "_parent")));
    run(&mut world);
    let vendor = SourceLink { id: Ocid::new("vendor"), name: "ol8".into() };
    let seen = world.observed.instances.get_mut(&instance_id(1)).unwrap();
    (seen.parent, seen.children) = (Some(vendor), Vec::new());
    check(&world, &back);
    run(&mut world);
    assert_eq!(attached(&world, 1), ["t/_parent", "t/GL1"]);
    check(&world, &[]);
}

#[test]
fn another_release_beside_it_is_drift_and_goes_and_a_strangers_child_is_told() {
    let mut world = hanging();
    let other = link(&world, "GL2");
    children(&mut world, 1).push(other);
    check(
        &world,
        &[
            "drift instance.host-1 Children",
            "Change instance.host-1 Instance",
            "s0 instance.host-1 Switch to GL1",
            "s1 instance.host-1 Level <- s0",
        ],
    );
    run(&mut world);
    assert_eq!(attached(&world, 1), ["t/_parent", "t/GL1"]);
    let foreign = SourceLink { id: Ocid::new("foreign"), name: "foreign".into() };
    children(&mut world, 1).push(foreign.clone());
    let plan = check(&world, &["drift instance.host-1 Children"]);
    assert_eq!(plan.drift[0].kind, DriftKind::Children { children: vec![foreign] });
    // It is not ours to take off, also when the release changes.
    rebind(&mut world.train, "web", "GL2");
    run(&mut world);
    assert_eq!(attached(&world, 1), ["t/_parent", "foreign", "t/GL2"]);
}

#[test]
fn a_child_that_the_plan_did_not_see_stops_the_switch() {
    let mut world = hanging();
    rebind(&mut world.train, "canary", "GL2");
    let plan = world.plan().unwrap();
    children(&mut world, 0).push(SourceLink { id: Ocid::new("late"), name: "latecomer".into() });
    let ends = model::run_all(&mut world, &plan);
    let said = "the child source `latecomer (late)` is attached to it now, which the plan did not see";
    assert_eq!(ends[0], model::End::Failed(said.to_owned()));
}

#[test]
fn what_somebody_puts_into_the_parent_goes_before_anybody_is_updated() {
    let mut world = hanging();
    let own = id(&world, "_parent");
    world.observed.sources.get_mut(&own).unwrap().contents =
        Some(set("zsh-9-1.x86_64").into_iter().collect());
    rebind(&mut world.train, "canary", "GL2");
    check(
        &world,
        &[
            "drift release._parent Contents",
            "Change release._parent RepairSource",
            "Change group.canary Group",
            "Change instance.host-0 Instance",
            "s0 release._parent RemovePackages x1",
            "s1 release._parent Contents <- s0",
            "s2 instance.host-0 Switch to GL2 <- s1",
            "s3 instance.host-0 Update <- s2",
            "s4 instance.host-0 Level <- s3",
        ],
    );
    run(&mut world);
    check(&world, &[]);
}

#[test]
fn a_layout_is_for_releases_that_are_made_from_then_on() {
    // GL1 was made as a parent; GL2 is made as a child, and whoever goes there goes over.
    let mut world = start();
    let second = world.train.releases.pop().unwrap();
    run(&mut world);
    world.train.layout = Layout::Child;
    let plan = check(&world, &[]);
    let releases = vec![ReleaseName::new("GL1")];
    assert_eq!(plan.notes, [Note::OtherLayout { releases, layout: Layout::Child, line: 1 }]);
    world.train.releases.push(second.clone());
    rebind(&mut world.train, "canary", "GL2");
    run(&mut world);
    assert_eq!(attached(&world, 0), ["t/_parent", "t/GL2"]);
    assert_eq!(attached(&world, 1), ["t/GL1"]);
    // The last leaves GL1, which is retired.
    rebind(&mut world.train, "web", "GL2");
    world.train.releases[0].retired = true;
    run(&mut world);
    let plan = check(&world, &[]);
    assert_eq!((plan.notes.len(), world.state.sources.len()), (0, 2));
    // And back: what hangs under the parent goes to a parent of its own.
    world.train.layout = Layout::Parent;
    world.train.releases[0].retired = false;
    rebind(&mut world.train, "canary", "GL1");
    run(&mut world);
    assert_eq!(attached(&world, 0), ["t/GL1"]);
    assert!(world.state.sources.contains_key(&ReleaseName::own_parent()), "the parent stays");
}

#[test]
fn a_retired_child_goes_when_the_last_has_left_it() {
    let mut world = hanging();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.train.releases[0].retired = true;
    let old = id(&world, "GL1");
    run(&mut world);
    assert!(!world.observed.sources.contains_key(&old));
    check(&world, &[]);
}

#[test]
fn a_child_of_something_else_is_refused() {
    let mut world = hanging();
    let gl1 = id(&world, "GL1");
    world.observed.sources.get_mut(&gl1).unwrap().parent = Some(Ocid::new("other"));
    let refusals = refused(&world);
    assert!(matches!(refusals.as_slice(), [Refusal::Orphan { release, .. }] if release.as_str() == "GL1"));
    let mut world = hanging();
    let own = id(&world, "_parent");
    world.observed.sources.remove(&own);
    assert_eq!(refused(&world).len(), 2, "both children are of a parent that is gone");
    // Without them, all of it is made anew.
    world.observed.sources.retain(|id, _| id.as_str() == "vendor");
    assert!(world.plan().is_ok());
}

#[test]
fn lint_sees_who_would_be_left_without_a_release() {
    let mut world = hanging();
    rebind(&mut world.train, "canary", "GL2");
    let good = world.plan().unwrap();
    let fresh = fresh().plan().unwrap();
    type Harm = fn(&mut Plan);
    let broken: [(&str, &Plan, Harm); 4] = [
        ("gives up what it goes to", &good, |plan| {
            if let Action::Act { op: Op::Switch { to, drops, .. } } = &mut plan.steps[0].action {
                drops.extend(to.id.clone());
            }
        }),
        ("goes to the empty parent", &good, |plan| {
            if let Action::Act { op: Op::Switch { to, .. } } = &mut plan.steps[0].action {
                to.release = ReleaseName::own_parent();
            }
        }),
        ("does not look", &good, |plan| plan.steps[0].precondition = Precondition::Nothing),
        ("a child before its parent", &fresh, |plan| plan.steps[2].after.clear()),
    ];
    for (what, good, harm) in broken {
        assert_eq!(lint::lint(good), []);
        let mut plan = good.clone();
        harm(&mut plan);
        assert_ne!(lint::lint(&plan), [], "{what} passes");
    }
}
