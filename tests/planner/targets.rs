//! Plans of a part: what a target takes with it, what it leaves, and that a part never does what the whole would not.

use std::collections::{BTreeMap, BTreeSet};

use patchtrain::name::{Address, GroupName, Ocid};
use patchtrain::op::{Op, StepId};
use patchtrain::plan::{Action, ChangeDetail, Plan, Refusal, Step, contradiction, lint};

use crate::support::worlds::{self, World};
use crate::support::{hub, model};

use super::convergence::{self, settle};
use super::small::{self, applied, rebind, start, told};

#[track_caller]
fn check(world: &World, targets: &[&str], expected: &[&str]) -> Plan {
    let plan = world.targeted(targets).unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    assert_eq!(contradiction(&plan, &world.train), None);
    let (told, expected) = (told(&plan), expected.join("\n"));
    assert!(told == expected, "{}", similar::TextDiff::from_lines(&expected, &told).unified_diff());
    plan
}

fn addresses(list: &[Address]) -> Vec<String> {
    let address = |address: &Address| match address {
        Address::Release(name) => format!("release.{name}"),
        Address::Group(name) => format!("group.{name}"),
        Address::Schedule(name) => format!("schedule.{name}"),
        Address::Profile(name) => format!("profile.{name}"),
        Address::Instance(id) => format!("instance.{}", &id.as_str()[id.as_str().len() - 1..]),
    };
    list.iter().map(address).collect()
}

#[test]
fn a_release_is_its_source_and_nothing_else() {
    let plan = check(
        &start(),
        &["release.GL2"],
        &[
            "Add release.GL2 CreateSource",
            "s0 release.GL2 CreateSource",
            "s1 release.GL2 AddPackages x2 <- s0",
            "s2 release.GL2 AddPackages x2 <- s0",
            "s3 release.GL2 Contents <- s1 s2",
        ],
    );
    let partial = plan.partial.unwrap();
    assert_eq!(partial.targets, ["release.GL2"]);
    assert_eq!(addresses(&partial.along), Vec::<String>::new());
    let left_out = ["release.GL1", "group.canary", "group.web", "instance.0", "instance.1", "instance.2"];
    assert_eq!(addresses(&partial.left_out), left_out);
    assert_eq!(partial.steps, start().plan().unwrap().steps.len() - 4);
}

#[test]
fn a_group_takes_its_release_its_gates_and_whoever_goes_first() {
    let plan = check(
        &start(),
        &["group.canary"],
        &[
            "Add release.GL1 CreateSource",
            "Add group.canary Group",
            "Change instance.host-0 Instance",
            "s0 release.GL1 CreateSource",
            "s1 release.GL1 AddPackages x2 <- s0",
            "s2 release.GL1 AddPackages x1 <- s0",
            "s3 release.GL1 Contents <- s1 s2",
            "s4 group.canary CreateGroup",
            "s5 instance.host-0 Join <- s4",
            "s6 instance.host-0 Switch to GL1 <- s5 s3",
            "s7 instance.host-0 Level <- s6",
        ],
    );
    assert_eq!(addresses(&plan.partial.unwrap().along), ["release.GL1"]);
    // The canary's end is what web's gate waits for: all comes, but for the release that nobody needs.
    let plan = world_part(&start(), "group.web");
    assert_eq!(addresses(&plan.partial.clone().unwrap().left_out), ["release.GL2"]);
    assert_eq!(addresses(&plan.partial.unwrap().along), ["release.GL1", "group.canary", "instance.0"]);
    // Canaries that are proven are waited for by nobody.
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    let plan = world_part(&world, "group.canary");
    let left_out = addresses(&plan.partial.unwrap().left_out);
    assert_eq!(left_out, ["group.web", "instance.1", "instance.2"]);
}

fn world_part(world: &World, target: &str) -> Plan {
    let plan = world.targeted(&[target]).unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    assert_eq!(contradiction(&plan, &world.train), None);
    plan
}

#[test]
fn an_instance_comes_alone_and_the_binding_of_its_group_stays_out() {
    let mut world = applied();
    rebind(&mut world.train, "web", "GL2");
    for target in ["instance.host-2", "instance.ocid1.instance.oc1.test.00002"] {
        let plan = check(
            &world,
            &[target],
            &[
                "Change group.web Group",
                "Change instance.host-2 Instance",
                "s0 instance.host-2 Switch to GL2",
                "s1 instance.host-2 Update <- s0",
                "s2 instance.host-2 Level <- s1",
            ],
        );
        let web = plan.groups.iter().find(|group| group.name.as_str() == "web").unwrap();
        assert_eq!((web.work.switches, web.members), (1, 2));
        assert_eq!((plan.cohorts.len(), plan.cohorts[0].instances.len()), (1, 1));
        assert_eq!((plan.moves[0].instances, plan.cost.changing_calls), (1, 3));
    }
    let whole = world.plan().unwrap();
    let both = world.targeted(&["instance.host-1", "instance.host-2"]).unwrap();
    assert_eq!((both.steps, both.changes, both.held), (whole.steps, whole.changes, whole.held));
    assert_eq!(both.partial.unwrap().left_out, []);
}

#[test]
fn a_target_without_work_is_a_plan_of_nothing_and_says_what_is_left_out() {
    let mut world = applied();
    rebind(&mut world.train, "web", "GL2");
    let plan = check(&world, &["group.canary"], &[]);
    assert_eq!(addresses(&plan.partial.unwrap().left_out), ["group.web", "instance.1", "instance.2"]);
    assert!(world.plan().unwrap().partial.is_none());
}

#[test]
fn what_is_held_is_told_of_what_is_asked_for_only() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    for index in [0, 2] {
        let seen = world.observed.instances.get_mut(&worlds::instance_id(index)).unwrap();
        seen.status = patchtrain::observed::InstanceStatus::Unreachable;
    }
    let held = |targets: &[&str]| {
        let plan = world.targeted(targets).unwrap();
        assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
        assert_eq!(contradiction(&plan, &world.train), None);
        let held: Vec<Address> = plan.held.iter().map(|held| held.address.clone()).collect();
        addresses(&held)
    };
    assert_eq!(held(&["group.canary"]), ["instance.0"]);
    assert_eq!(held(&["group.web"]), ["group.web", "instance.2"]);
    // Whose gate is shut is told with who stands behind it.
    assert_eq!(held(&["instance.host-1"]), ["group.web"]);
    assert_eq!(held(&["release.GL2"]), Vec::<String>::new());
}

#[test]
fn who_changes_groups_leaves_the_old_one_first_and_nothing_else_of_that_happens() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    let [canary, web] = &mut world.train.groups[..] else { panic!() };
    let (patchtrain::train::Members::Listed(canary), patchtrain::train::Members::Listed(web)) =
        (&mut canary.members, &mut web.members)
    else {
        panic!()
    };
    // host-0 goes to web; host-1 becomes the canary.
    (*canary, *web) = (
        [worlds::instance_id(1)].into_iter().collect(),
        [worlds::instance_id(0), worlds::instance_id(2)].into_iter().collect(),
    );
    let plan = world_part(&world, "instance.host-1");
    let told = told(&plan);
    assert!(told.contains("instance.host-1 Leave\n"), "{told}");
    assert!(!told.contains("instance.host-0"), "{told}");
}

#[test]
fn where_groups_move_as_a_whole_one_member_is_refused_and_the_group_comes_whole() {
    let mut world = hub::over(small::start());
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    rebind(&mut world.train, "web", "GL2");
    let refused = world.targeted(&["instance.host-1"]).unwrap_err();
    let [Refusal::Together { instance, group }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!((instance.as_str(), group.as_str()), ("host-1", "web"));
    assert!(refused[0].to_string().contains("--target group.web"));
    let (whole, plan) = (world.plan().unwrap(), world_part(&world, "group.web"));
    assert_eq!((&plan.steps, &plan.changes), (&whole.steps, &whole.changes));
    // Nothing is to be done to the canary; then it may be named.
    assert_eq!(world.targeted(&["instance.host-0"]).unwrap().steps, []);
}

/// Who is let go in which group.
fn dismissed(plan: &Plan) -> Vec<(String, Vec<String>)> {
    let dismissals = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op: Op::Dismiss { group, instances } } => {
            Some((group.group.to_string(), instances.iter().map(|id| plan.label(id).to_string()).collect()))
        }
        _ => None,
    });
    dismissals.collect()
}

/// Two members leave a group by one step: another takes the one, and the second goes to a third.
fn two_leave_at_once() -> World {
    let mut world = hub::over(small::start());
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let list = |ids: &[usize]| {
        patchtrain::train::Members::Listed(ids.iter().map(|n| worlds::instance_id(*n)).collect())
    };
    let mut late = world.train.groups[0].clone();
    (late.name, late.members) = (GroupName::new("late"), list(&[2]));
    world.train.groups.push(late);
    world.train.groups[0].members = list(&[0, 1]);
    world.train.groups[1].members = list(&[]);
    world
}

#[test]
fn whoever_leaves_with_others_leaves_without_them() {
    let world = two_leave_at_once();
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    // The service lets both go by one call, and the whole plan asks for that.
    let whole = world.plan().unwrap();
    assert_eq!(dismissed(&whole), [("web".to_owned(), names(&["host-1", "host-2"]))], "{}", told(&whole));
    let plan = world_part(&world, "group.canary");
    assert_eq!(dismissed(&plan), [("web".to_owned(), names(&["host-1"]))], "{}", told(&plan));
    let leaves = plan.changes.iter().find_map(|change| match (&change.address, &change.detail) {
        (Address::Group(name), ChangeDetail::Group { leaves, .. }) if name.as_str() == "web" => Some(leaves),
        _ => None,
    });
    assert_eq!(leaves.unwrap(), &[worlds::instance_id(1)]);
    let partial = plan.partial.as_ref().unwrap();
    assert_eq!(addresses(&partial.along), ["group.web"]);
    assert!(addresses(&partial.left_out).contains(&"group.late".to_owned()));
    // He stays where he is, and the next plan has him go.
    let (mut world, web) = (world.clone(), world.state.groups[&GroupName::new("web")].id.clone());
    model::run_all(&mut world, &plan);
    assert_eq!(world.observed.groups[&web].members, [worlds::instance_id(2)].into());
    assert_eq!(dismissed(&world.plan().unwrap()), [("web".to_owned(), names(&["host-2"]))]);
    // Whoever asks for the group that they leave gets all of that.
    let asked = world_part(&two_leave_at_once(), "group.web");
    assert_eq!(dismissed(&asked), [("web".to_owned(), names(&["host-1", "host-2"]))]);
}

#[test]
fn a_group_that_is_gone_from_the_train_loses_only_whom_another_takes() {
    let mut world = two_leave_at_once();
    world.train.groups.remove(1);
    let plan = world_part(&world, "group.canary");
    assert_eq!(dismissed(&plan), [("web".to_owned(), vec!["host-1".to_owned()])], "{}", told(&plan));
    assert!(!told(&plan).contains("DeleteGroup"));
    let old = world_part(&world, "group.web");
    assert_eq!(dismissed(&old), [("web".to_owned(), vec!["host-1".to_owned(), "host-2".to_owned()])]);
    assert!(told(&old).contains("DeleteGroup"));
}

#[test]
fn a_group_that_goes_first_lets_all_go_before_it_moves() {
    // The canary moves as a whole: who still were its member would be moved with it.
    let mut world = hub::over(small::start());
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let list = |ids: &[usize]| {
        patchtrain::train::Members::Listed(ids.iter().map(|n| worlds::instance_id(*n)).collect())
    };
    let mut late = world.train.groups[0].clone();
    (late.name, late.members) = (GroupName::new("late"), list(&[0]));
    world.train.groups.push(late);
    world.train.groups[0].members = list(&[1]);
    world.train.groups[1].members = list(&[2]);
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    let plan = world_part(&world, "group.web");
    let told = told(&plan);
    assert_eq!(dismissed(&plan)[0], ("canary".to_owned(), vec!["host-0".to_owned()]), "{told}");
    assert!(addresses(&plan.partial.unwrap().along).contains(&"group.canary".to_owned()), "{told}");
}

#[test]
fn whoever_a_source_waits_for_is_not_only_switched() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.train.releases[0].retired = true;
    // Its deletion follows the switches alone; who is switched is updated and proven, too.
    let (whole, plan) = (world.plan().unwrap(), world_part(&world, "release.GL1"));
    assert_eq!(plan.steps, whole.steps, "{}", told(&plan));
}

#[test]
fn a_group_that_rests_is_counted_as_one_that_does_nothing() {
    let mut world = hub::over(small::start());
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.train.groups[1].after.clear();
    let plan = world_part(&world, "group.canary");
    let work = |name: &str| plan.groups.iter().find(|group| group.name.as_str() == name).unwrap().work;
    assert_eq!(work("web"), patchtrain::plan::Work::default());
    assert_ne!(work("canary"), patchtrain::plan::Work::default());
    assert_eq!(plan.moves.iter().map(|one| one.instances).sum::<usize>(), 1);
    assert!(plan.changes.iter().all(|change| change.address != Address::Group(GroupName::new("web"))));
}

/// What a step is but for where it stands. Of those who leave by one step, only who leaves in a part counts.
fn essence(step: &Step, leaving: &BTreeSet<Ocid>) -> String {
    let mut action = step.action.clone();
    if let Action::Act { op: Op::Dismiss { instances, .. } } = &mut action {
        instances.retain(|id| leaving.contains(id));
    }
    format!("{:?} {:?} {action:?} {:?}", step.address, step.group, step.precondition)
}

fn let_go(step: &Step) -> &[Ocid] {
    match &step.action {
        Action::Act { op: Op::Dismiss { instances, .. } } => instances,
        _ => &[],
    }
}

/// Nobody is let go but where his group is asked for or moves, or where he is taken in elsewhere.
fn nobody_leaves_for_others(part: &Plan, picked: &[&str], seed: u64) {
    for step in part.steps.iter().filter(|step| !let_go(step).is_empty()) {
        let group = step.group.as_ref().unwrap();
        let followers = part.steps.iter().filter(|later| later.after.contains(&step.id));
        let (own, others): (Vec<&Step>, Vec<&Step>) =
            followers.partition(|later| later.group.as_ref() == Some(group));
        if !own.is_empty() || picked.contains(&format!("group.{group}").as_str()) {
            continue;
        }
        let taken: BTreeSet<&Ocid> = others
            .iter()
            .filter_map(|later| match &later.action {
                Action::Act { op } => op.crew(),
                _ => None,
            })
            .flat_map(|(_, instances)| instances)
            .collect();
        for id in let_go(step) {
            assert!(taken.contains(id), "seed {seed}, {picked:?}: {id} leaves {group}\n{}", told(part));
        }
    }
}

/// Addresses to aim at in a world: those that change, and some that do not.
fn aims(plan: &Plan) -> Vec<String> {
    let mut aims: Vec<String> = Vec::new();
    for step in &plan.steps {
        aims.push(match &step.address {
            Address::Release(name) if name.is_own_parent() => format!("parent.{}", plan.basis.train),
            Address::Release(name) => format!("release.{name}"),
            Address::Group(name) => format!("group.{name}"),
            Address::Schedule(name) => format!("schedule.{name}"),
            Address::Profile(name) => format!("profile.{name}"),
            Address::Instance(id) => format!("instance.{id}"),
        });
    }
    aims.extend(plan.groups.iter().map(|group| format!("group.{}", group.name)));
    aims.sort();
    aims.dedup();
    aims
}

#[test]
fn a_part_does_nothing_that_the_whole_does_not_and_keeps_what_its_steps_follow() {
    let mut parts = 0;
    for seed in worlds::seeds(400) {
        let (world, mut rng) = convergence::world(seed);
        if !convergence::is_plannable(&world) {
            continue;
        }
        let whole = convergence::checked_plan(&world, seed);
        let aims = aims(&whole);
        if aims.is_empty() {
            continue;
        }
        for _ in 0..3 {
            let picked: Vec<&str> = (0..=rng.below(2)).map(|_| rng.pick(&aims).as_str()).collect();
            let part = match world.targeted(&picked) {
                Ok(part) => part,
                Err(refused) => {
                    let together = |refusal: &Refusal| matches!(refusal, Refusal::Together { .. });
                    assert!(refused.iter().all(together), "seed {seed}, {picked:?}: {refused:?}");
                    continue;
                }
            };
            parts += 1;
            let findings = lint::lint(&part);
            assert!(
                findings.is_empty(),
                "seed {seed}, {picked:?}: {findings:#?}\n{}\nof\n{}",
                told(&part),
                told(&whole)
            );
            let leaving: BTreeSet<Ocid> = part.steps.iter().flat_map(let_go).cloned().collect();
            let essence = |step: &Step| essence(step, &leaving);
            let at: BTreeMap<String, StepId> =
                whole.steps.iter().map(|step| (essence(step), step.id)).collect();
            for step in &part.steps {
                let there =
                    at.get(&essence(step)).unwrap_or_else(|| panic!("seed {seed}, {picked:?}: {step:?}"));
                let follows = |steps: &[Step], ids: &[StepId]| -> Vec<String> {
                    ids.iter().map(|id| essence(&steps[id.0 as usize])).collect()
                };
                let original = &whole.steps[there.0 as usize];
                let (ours, theirs) =
                    (follows(&part.steps, &step.after), follows(&whole.steps, &original.after));
                assert_eq!(ours, theirs, "seed {seed}, {picked:?}");
            }
            nobody_leaves_for_others(&part, &picked, seed);
            let partial = part.partial.as_ref().unwrap();
            assert_eq!(partial.steps + part.steps.len(), whole.steps.len(), "seed {seed}");
            // All that is asked for by its own address is in.
            for target in picked.iter().filter_map(|picked| picked.strip_prefix("group.")) {
                let of = |plan: &Plan| {
                    plan.steps
                        .iter()
                        .filter(|step| step.group.as_ref().is_some_and(|group| group.as_str() == target))
                        .count()
                };
                assert_eq!(of(&part), of(&whole), "seed {seed}, {picked:?}");
            }
        }
    }
    assert!(parts > 300, "only {parts} parts");
}

#[test]
fn a_part_and_then_the_whole_lead_where_the_whole_leads() {
    for seed in worlds::seeds(400).step_by(4) {
        let (start, mut rng) = convergence::world(seed);
        if !convergence::is_plannable(&start) {
            continue;
        }
        let whole = convergence::checked_plan(&start, seed);
        let aims = aims(&whole);
        let Some(part) =
            (!aims.is_empty()).then(|| start.targeted(&[rng.pick(&aims).as_str()]).ok()).flatten()
        else {
            continue;
        };
        let (mut first, mut all) = (start.clone(), start.clone());
        model::run_all(&mut first, &part);
        settle(&mut first, seed);
        model::run_all(&mut all, &whole);
        settle(&mut all, seed);
        let (ours, theirs) =
            (format!("{:#?}", worlds::essence(&first)), format!("{:#?}", worlds::essence(&all)));
        let diff = similar::TextDiff::from_lines(&theirs, &ours);
        assert!(
            ours == theirs,
            "seed {seed}, {:?}:\n{}",
            part.partial,
            diff.unified_diff().context_radius(12)
        );
    }
}
