//! What others made and a train takes over: what stands against it, what a plan does about it, and that nothing is left to
//! be done then.

use std::collections::BTreeSet;

use patchtrain::name::{Address, GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Candidate, ServiceGroup, Source, SourceLink};
use patchtrain::op::{Lineage, Op, OpKey, Ownership, RetryToken};
use patchtrain::package::PackageSet;
use patchtrain::plan::{Action, Input, Note, Plan, Refusal, Takeover, Unimportable, lint};
use patchtrain::state::{Entry, State, UnfinishedOp};
use patchtrain::train::{Import, Imported, Layout, Members};

use crate::support::worlds::{self, World, instance_id, label, plain_instance};
use crate::support::{hub, model};

use super::convergence;
use super::small::*;

pub(super) fn source_id() -> Ocid {
    Ocid::new("handmade-source")
}

pub(super) fn group_id() -> Ocid {
    Ocid::new("handmade-group")
}

pub(super) fn of_source(release: &str, id: Ocid) -> Import {
    Import { of: Imported::Source { release: ReleaseName::new(release), id }, line: Some(70) }
}

pub(super) fn of_group(group: &str, id: Ocid) -> Import {
    Import { of: Imported::Group { group: GroupName::new(group), id }, line: Some(80) }
}

fn candidate(world: &World, name: &str) -> Candidate {
    Candidate {
        name: name.into(),
        lifecycle: Some("ACTIVE".into()),
        compartment: world.train.compartment.clone(),
        os: None,
        arch: Some("x86_64".into()),
        bar: None,
    }
}

/// The small world with a source that holds GL1 and a group of both webs and a stranger, made by hand, who ride it.
pub(super) fn handmade() -> World {
    let mut world = start();
    let contents = Some(PackageSet::new(old()));
    let source = Source { name: "golden of 2026-10".into(), owner: None, contents, parent: None };
    world.observed.sources.insert(source_id(), source);
    world.observed.instances.insert(instance_id(7), plain_instance(7));
    let members: BTreeSet<Ocid> = [1, 2, 7].map(instance_id).into();
    for id in &members {
        let seen = world.observed.instances.get_mut(id).unwrap();
        seen.groups.insert(group_id());
        seen.parent = Some(SourceLink { id: source_id(), name: "golden of 2026-10".into() });
    }
    let group = ServiceGroup { name: "webservers".into(), members, ..Default::default() };
    world.observed.groups.insert(group_id(), group);
    let (source, group) = (candidate(&world, "golden of 2026-10"), candidate(&world, "webservers"));
    world.observed.candidates = [(source_id(), Some(source)), (group_id(), Some(group))].into();
    world.train.imports = vec![of_source("GL1", source_id()), of_group("web", group_id())];
    world
}

#[track_caller]
pub(super) fn run(world: &mut World) -> Plan {
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    let ends = model::run_all(world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}\n{}", told(&plan));
    plan
}

#[test]
fn a_source_and_a_group_are_taken_over_as_they_are_and_then_moved_like_any_other() {
    let mut world = handmade();
    let plan = check(
        &world,
        &[
            "import release.GL1 handmade-source",
            "import group.web handmade-group",
            "Add release.GL2 CreateSource",
            "Add group.canary Group",
            "Change group.web Group",
            "Change instance.host-0 Instance",
            "s0 release.GL1 AdoptSource",
            "s1 release.GL1 Contents <- s0",
            "s2 release.GL2 CreateSource",
            "s3 release.GL2 AddPackages x2 <- s2",
            "s4 release.GL2 AddPackages x2 <- s2",
            "s5 release.GL2 Contents <- s3 s4",
            "s6 group.web AdoptGroup",
            "s7 instance.host-7 Leave <- s6",
            "s8 group.canary CreateGroup",
            "s9 instance.host-0 Join <- s8",
            "s10 instance.host-0 Switch to GL1 <- s9 s1",
            "s11 instance.host-0 Level <- s10",
            "s12 instance.host-1 Level <- s6",
            "s13 instance.host-2 Level <- s6",
        ],
    );
    assert_eq!(plan.counts(), (2, 2, 0));
    let [source, group] = plan.imports.as_slice() else { panic!("{:?}", plan.imports) };
    assert_eq!((source.line, &*source.name, source.owner.as_ref()), (Some(70), "golden of 2026-10", None));
    assert_eq!(source.with, Takeover::Source { packages: 3 });
    let Takeover::Group { members, sources } = &group.with else { panic!("{group:?}") };
    assert_eq!((members.len(), sources.len(), sources[0].members), (3, 1, Some(3)));
    // What they ride is their release, whatever the service calls it.
    assert_eq!(plan.groups[1].rides.keys().next().unwrap().as_ref(), "t/GL1");

    run(&mut world);
    let tags = |owner: &Option<Ownership>| owner.clone().map(|owner| (owner.train, owner.lineage)).unwrap();
    let ours = (world.train.name.clone(), world.state.lineage.clone());
    assert_eq!(tags(&world.observed.sources[&source_id()].owner), ours);
    assert_eq!(tags(&world.observed.groups[&group_id()].owner), ours);
    assert_eq!(&*world.observed.sources[&source_id()].name, "golden of 2026-10");
    let web = &world.state.groups[&GroupName::new("web")];
    assert_eq!((&web.id, web.made, web.called.as_deref()), (&group_id(), true, Some("webservers")));
    assert_eq!(world.state.sources[&ReleaseName::new("GL1")].id, source_id());

    // Done is done: the blocks may stay, and need not.
    let after = check(&world, &[]);
    let done = Note::Imported {
        addresses: vec![Address::Release(ReleaseName::new("GL1")), Address::Group(GroupName::new("web"))],
    };
    assert_eq!(after.notes, [done]);
    world.train.imports.clear();
    assert_eq!(check(&world, &[]).notes, []);

    // What is imported is the train's as if it had made it.
    rebind(&mut world.train, "web", "GL2");
    rebind(&mut world.train, "canary", "GL2");
    run(&mut world);
    check(&world, &[]);
    world.train.groups.pop();
    assert!(told(&world.plan().unwrap()).contains("group.web DeleteGroup"));
}

#[test]
fn a_group_that_rides_something_else_is_taken_with_it_and_moved() {
    let mut world = handmade();
    world.train.imports.remove(0);
    let plan = run(&mut world);
    assert_eq!(plan.imports.len(), 1);
    let told = told(&plan);
    assert!(told.contains("Add release.GL1 CreateSource"), "{told}");
    assert!(told.contains("Change instance.host-1 Instance"), "{told}");
    check(&world, &[]);
    let gl1 = &world.state.sources[&ReleaseName::new("GL1")].id;
    assert_eq!(world.observed.instances[&instance_id(1)].parent.as_ref().map(|link| &link.id), Some(gl1));
}

#[test]
fn the_same_where_groups_are_bound() {
    let mut world = handmade();
    world.observed.groups.get_mut(&group_id()).unwrap().sources =
        vec![SourceLink { id: source_id(), name: "golden of 2026-10".into() }];
    let mut world = hub::over(world);
    let plan = run(&mut world);
    let Takeover::Group { sources, .. } = &plan.imports[1].with else { panic!("{:?}", plan.imports) };
    assert_eq!((sources.len(), sources[0].members), (1, None));
    assert!(world.plan().unwrap().steps.is_empty(), "{}", told(&world.plan().unwrap()));
    // One that has another source is given the release's and loses its own.
    let mut other = handmade();
    other.observed.groups.get_mut(&group_id()).unwrap().sources = vec![hub::vendor_link()];
    let mut other = hub::over(other);
    let plan = run(&mut other);
    let step = |op: &str| told(&plan).lines().position(|line| line.contains(op)).unwrap();
    assert!(step("group.web AdoptGroup") < step("group.web Attach"), "{}", told(&plan));
    assert!(other.plan().unwrap().steps.is_empty());
}

#[test]
fn nothing_is_taken_over_that_is_not_what_was_shown() {
    let mut world = handmade();
    let plan = world.plan().unwrap();
    world.observed.sources.get_mut(&source_id()).unwrap().contents = Some(PackageSet::new(new()));
    let theirs = Ownership { train: TrainName::new("x"), lineage: Lineage("y".into()), release: None };
    world.observed.groups.get_mut(&group_id()).unwrap().owner = Some(theirs);
    let ends = model::run_all(&mut world, &plan);
    let failed = |at: usize, why: &str| {
        assert!(matches!(&ends[at], model::End::Failed(message) if message.contains(why)), "{:?}", ends[at]);
    };
    failed(0, "it holds other packages");
    failed(6, "its tags name train x of lineage y");
    assert!(!world.state.sources.contains_key(&ReleaseName::new("GL1")));
    assert_eq!(ends[7], model::End::NotStarted);
}

#[test]
fn a_group_is_not_taken_over_with_others_than_were_shown() {
    type Change = fn(&mut ServiceGroup);
    let changes: [(Change, &str); 2] = [
        (|group| drop(group.members.pop_first()), "it has other members"),
        (
            |group| {
                let link = SourceLink { id: source_id(), name: "golden of 2026-10".into() };
                group.sources.push(link);
            },
            "it has other software sources",
        ),
    ];
    for (change, why) in changes {
        let mut world = handmade();
        let plan = world.plan().unwrap();
        change(world.observed.groups.get_mut(&group_id()).unwrap());
        let ends = model::run_all(&mut world, &plan);
        assert!(matches!(&ends[6], model::End::Failed(message) if message.contains(why)), "{:?}", ends[6]);
        assert!(!world.state.groups.contains_key(&GroupName::new("web")));
    }
}

#[test]
fn what_another_lineage_has_made_is_taken_from_it_and_that_is_told() {
    let mut world = handmade();
    let theirs = |release| Ownership { train: TrainName::new("t"), lineage: Lineage("old".into()), release };
    let release = &world.train.releases[0];
    let of_release = theirs(Some((release.name.clone(), release.digest)));
    let source = world.observed.sources.get_mut(&source_id()).unwrap();
    (source.name, source.owner) = ("t/GL1".into(), Some(of_release.clone()));
    let group = world.observed.groups.get_mut(&group_id()).unwrap();
    (group.name, group.owner) = ("web".into(), Some(theirs(None)));
    // Without the import both are refused, and told how to get them.
    let imports = std::mem::take(&mut world.train.imports);
    let text = refused(&world).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for way in [
        "`patchtrain import release GL1 --source handmade-source`",
        "`patchtrain import group web --id handmade-group`",
    ] {
        assert!(text.contains(way), "no {way} in {text}");
    }
    world.train.imports = imports;
    let plan = run(&mut world);
    assert_eq!(plan.imports[0].owner, Some(of_release));
    assert_eq!(plan.imports[1].owner, Some(theirs(None)));
    check(&world, &[]);
}

#[test]
fn a_run_that_was_cut_short_is_gone_on_with() {
    // The tags are on, and nobody has recorded it. With the blocks that is the same import again.
    let mut world = handmade();
    let plan = world.plan().unwrap();
    for step in &plan.steps {
        if let Action::Act { op: op @ (Op::AdoptSource { .. } | Op::AdoptGroup { .. }) } = &step.action {
            world.observed.advance(op);
            let begun = UnfinishedOp {
                token: RetryToken("token".into()),
                started: world.now,
                ticket: None,
                instances: Vec::new(),
            };
            world.state.unfinished.insert(op.key(), begun);
        }
    }
    let mut again = world.clone();
    assert_eq!(run(&mut again).imports.len(), 2);
    check(&again, &[]);
    assert!(again.state.unfinished.is_empty());

    // Without them, as after one on the command line, both are found again, whatever they are called.
    world.train.imports.clear();
    world.observed.candidates.clear();
    let plan = run(&mut world);
    let told = told(&plan);
    assert!(told.contains("release.GL1 AdoptSource") && told.contains("group.web AdoptGroup"), "{told}");
    assert!(!told.contains("release.GL1 CreateSource"), "{told}");
    check(&world, &[]);
    assert_eq!(world.state.sources[&ReleaseName::new("GL1")].id, source_id());
    assert_eq!(world.state.groups[&GroupName::new("web")].id, group_id());

    // One that the service never heard of is nothing.
    let mut world = handmade();
    world.train.imports.clear();
    let begun = Entry::Started {
        key: OpKey::adopt_group(&GroupName::new("web"), &group_id()),
        token: RetryToken("token".into()),
        unproves: Vec::new(),
        boots: None,
        at: world.now,
    };
    world.state.record(&begun).unwrap();
    assert_eq!(world.plan().unwrap().imports, []);
}

#[test]
fn what_is_bound_only_becomes_the_trains_own() {
    let mut world = handmade();
    world.observed.groups.get_mut(&group_id()).unwrap().name = "web".into();
    world.observed.groups.get_mut(&group_id()).unwrap().members.remove(&instance_id(7));
    world.observed.instances.get_mut(&instance_id(7)).unwrap().groups.clear();
    world.train.groups[1].members = Members::Service;
    let imports = std::mem::take(&mut world.train.imports);
    run(&mut world);
    assert!(!world.state.groups[&GroupName::new("web")].made);
    world.train.imports = imports[1..].to_vec();
    check(&world, &["import group.web handmade-group", "s0 group.web AdoptGroup"]);
    run(&mut world);
    let web = &world.state.groups[&GroupName::new("web")];
    assert!(web.made && web.release.is_some() && web.called.is_none(), "{web:?}");
    check(&world, &[]);
}

#[test]
fn a_target_takes_what_it_needs_and_leaves_the_rest() {
    let world = handmade();
    let plan = world.targeted(&["release.GL1"]).unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert_eq!((plan.imports.len(), plan.steps.len(), plan.changes.len()), (1, 2, 0));
    let partial = plan.partial.unwrap();
    assert!(partial.left_out.contains(&Address::Group(GroupName::new("web"))), "{partial:?}");
    let plan = world.targeted(&["group.web"]).unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    // Who rides the source already needs nothing done to it.
    assert_eq!(plan.imports.len(), 1, "{}", told(&plan));
}

#[test]
fn one_asked_for_by_hand_is_a_plan_of_nothing_else() {
    let mut world = handmade();
    world.train.imports = vec![Import { line: None, ..of_group("web", group_id()) }];
    let plan = |world: &World| {
        let service = label();
        let input = Input {
            train: &world.train,
            state: &world.state,
            observed: &world.observed,
            capabilities: world.capabilities(),
            service: &service,
            now: world.now,
            allow_shrink: false,
        };
        patchtrain::plan::import(&input)
    };
    let one = plan(&world).unwrap();
    assert_eq!(lint::lint(&one), []);
    assert_eq!(told(&one), "import group.web handmade-group\ns0 group.web AdoptGroup");
    let ends = model::run_all(&mut world, &one);
    assert_eq!(ends, [model::End::Done]);
    // Nobody put anybody in there since: what the train does not list is not drift.
    let whole = world.plan().unwrap();
    assert_eq!(whole.drift, [], "{}", told(&whole));
    let again = plan(&world).unwrap();
    assert!(again.steps.is_empty() && again.notes.is_empty(), "{:?}", again.notes);
    world.observed.candidates = [(source_id(), None)].into();
    world.train.imports = vec![of_source("GL2", source_id())];
    let refusals = plan(&world).unwrap_err();
    assert!(
        matches!(refusals.as_slice(), [Refusal::Import { why: Unimportable::NotThere(_), .. }]),
        "{refusals:?}"
    );
}

#[test]
fn a_group_of_a_name_that_another_still_has_in_the_service_is_refused() {
    let mut world = applied();
    world.state.rename(&GroupName::new("web"), &GroupName::new("front")).unwrap();
    world.train.groups[1].name = GroupName::new("front");
    check(&world, &[]);
    let mut web = world.train.groups[0].clone();
    web.name = GroupName::new("web");
    web.members = Members::Listed([instance_id(9)].into());
    world.train.groups.push(web);
    let refusals = refused(&world);
    assert!(
        matches!(refusals.as_slice(), [Refusal::TakenName { by, .. }] if by.as_str() == "front"),
        "{refusals:?}"
    );
}

/// Whatever world a train has settled in: when its state is lost, imports of all that it had made bring it back, and nothing
/// is made a second time.
#[test]
fn a_lost_state_comes_back_by_imports_alone() {
    let mut tried = 0;
    for seed in worlds::seeds(150) {
        let (mut world, mut rng) = convergence::world(seed);
        for group in &mut world.train.groups {
            (group.schedule, group.profile) = (None, false);
        }
        let hangs = world.observed.sources.values().any(|source| {
            let tagged = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
            tagged.is_some_and(|(release, _)| release.is_own_parent())
        });
        if !convergence::is_plannable(&world) || hangs || world.train.layout == Layout::Child {
            continue;
        }
        convergence::settle(&mut world, seed);
        let new =
            State { api: world.state.api, ..State::new(world.train.name.clone(), Lineage("new".into())) };
        let lost = std::mem::replace(&mut world.state, new);
        let whole = |release: &patchtrain::train::Release| {
            let seen =
                lost.sources.get(&release.name).and_then(|record| world.observed.sources.get(&record.id));
            !release.retired && seen.is_some_and(|seen| seen.contents.as_ref() == Some(release.packages()))
        };
        let releases = world.train.releases.iter().filter(|release| whole(release));
        let sources =
            releases.map(|release| of_source(release.name.as_str(), lost.sources[&release.name].id.clone()));
        let there = |record: &patchtrain::state::GroupRecord| {
            record.made && world.observed.groups.contains_key(&record.id)
        };
        let groups = world.train.groups.iter().filter_map(|group| {
            let record = lost.groups.get(&group.name).filter(|record| there(record))?;
            let same = group.id.as_ref().is_none_or(|id| *id == record.id);
            same.then(|| of_group(group.name.as_str(), record.id.clone()))
        });
        let imports: Vec<Import> = sources.chain(groups).collect();
        world.observed.candidates =
            imports.iter().map(|import| (import.of.id().clone(), Some(candidate(&world, "any")))).collect();
        world.train.imports = imports;
        // Jobs and profiles of the lost lineage cannot be imported.
        world.observed.schedules.clear();
        world.observed.profiles.clear();
        if !convergence::is_plannable(&world) {
            continue;
        }
        tried += 1;
        let plan = convergence::checked_plan(&world, seed);
        assert_eq!(plan.imports.len(), world.train.imports.len(), "seed {seed}");
        for step in &plan.steps {
            if let Action::Act { op: Op::CreateSource { .. } | Op::CreateGroup { .. } } = &step.action {
                let imported = plan.imports.iter().any(|import| import.address == step.address);
                assert!(!imported, "seed {seed}: {} is made a second time", step.id);
            }
        }
        if rng.chance(50) {
            let limit = rng.below(plan.steps.len() + 1);
            model::run(&mut world, &plan, limit, |_| 0);
        } else {
            model::run_shuffled(&mut world, &plan, &mut rng);
        }
        convergence::settle(&mut world, seed);
        let after = convergence::checked_plan(&world, seed);
        assert_eq!(after.imports, [], "seed {seed}");
    }
    assert!(tried > 50, "only {tried} worlds could be tried");
}
