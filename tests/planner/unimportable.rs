//! What cannot be imported, and the reason that is told.

use std::sync::Arc;

use patchtrain::name::{GroupName, Ocid, ReleaseName};
use patchtrain::observed::Candidate;
use patchtrain::package::PackageSet;

use patchtrain::train::Members;

use crate::support::worlds::World;

use super::imports::{group_id, handmade, of_group, of_source, run, source_id};
use super::selectors::neighbour;
use super::small::{refused, set};

/// One way in which something cannot be imported, and what is said of it.
type Row = (&'static str, fn(&mut World), &'static str);

#[test]
fn what_cannot_be_imported_is_refused_with_the_reason() {
    fn source(world: &mut World) -> &mut Candidate {
        world.observed.candidates.get_mut(&source_id()).unwrap().as_mut().unwrap()
    }
    fn group(world: &mut World) -> &mut Candidate {
        world.observed.candidates.get_mut(&group_id()).unwrap().as_mut().unwrap()
    }
    let rows: [Row; 20] = [
        (
            "gone",
            |world| drop(world.observed.candidates.insert(source_id(), None)),
            "the service has no such software source",
        ),
        ("not looked at", |world| world.observed.candidates.clear(), "plan without --refresh=false"),
        ("deleted", |world| source(world).lifecycle = Some("DELETED".into()), "it is DELETED now"),
        (
            "elsewhere",
            |world| group(world).compartment = Ocid::new("elsewhere"),
            "in the compartment elsewhere, and the train's is ocid1.compartment.oc1..test; move it there first",
        ),
        (
            "barred",
            |world| source(world).bar = Some("is a versioned source".into()),
            ": it is a versioned source",
        ),
        (
            "another machine",
            |world| source(world).arch = Some("aarch64".into()),
            "it is for aarch64, and the train for x86_64",
        ),
        (
            "another system",
            |world| group(world).os = Some("oracle-linux-9".into()),
            "it is for oracle-linux-9, and the train for oracle-linux-8",
        ),
        ("retired", |world| world.train.releases[0].retired = true, "the release is retired"),
        (
            "a package too few",
            |world| {
                let contents = Some(PackageSet::new(set("bash-1-1.x86_64 kernel-4-1.x86_64")));
                world.observed.sources.get_mut(&source_id()).unwrap().contents = contents;
            },
            "1 missing (openssl-1:1.1-1.x86_64); `patchtrain diff GL1 service:handmade-source`",
        ),
        (
            "another version",
            |world| {
                let contents = "bash-1-2.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64";
                world.observed.sources.get_mut(&source_id()).unwrap().contents =
                    Some(PackageSet::new(set(contents)));
            },
            "1 missing (bash-1-1.x86_64), 1 not the release's (bash-1-2.x86_64)",
        ),
        (
            "empty",
            |world| world.observed.sources.get_mut(&source_id()).unwrap().contents = None,
            "it does not hold the release: 3 missing (",
        ),
        (
            "a child of somebody else's",
            |world| world.observed.sources.get_mut(&source_id()).unwrap().parent = Some(Ocid::new("vendor")),
            "it is a child of vendor",
        ),
        (
            "a release that has one",
            |world| {
                world.train.imports.clear();
                world.observed.groups.clear();
                run(world);
                world.train.imports = vec![of_source("GL1", source_id())];
            },
            "release.GL1 has ocid1.osmssoftwaresource.oc1..planned.GL1 already",
        ),
        (
            "a group that has one",
            |world| {
                world.train.imports.clear();
                run(world);
                world.train.imports = vec![of_group("web", group_id())];
            },
            "`patchtrain state rm group.web`",
        ),
        (
            "a group that the train file says is another",
            |world| world.train.groups[1].id = Some(Ocid::new("another")),
            "the train file says that the group is another (`id`)",
        ),
        (
            "another train's, by its id",
            |world| {
                let mut other = neighbour(world, Members::Service);
                other.compartment = Ocid::new("elsewhere");
                other.groups[0].id = Some(group_id());
                world.train.neighbours.push(Arc::new(other));
            },
            "it is group.theirs of trains/other.toml",
        ),
        (
            "another train's, by its name",
            |world| {
                let mut other = neighbour(world, Members::Listed(Default::default()));
                other.groups[0].name = GroupName::new(&group(world).name.clone());
                world.train.neighbours.push(Arc::new(other));
            },
            " of trains/other.toml: a group is one train's",
        ),
        (
            "what another train imports",
            |world| {
                let mut other = neighbour(world, Members::Service);
                other.imports = vec![of_group("theirs", group_id())];
                world.train.neighbours.push(Arc::new(other));
            },
            "trains/other.toml imports it, too",
        ),
        (
            "another release's",
            |world| {
                run(world);
                world.train.releases[1].manifest = world.train.releases[0].manifest.clone();
                world.state.sources.remove(&ReleaseName::new("GL2"));
                world.train.imports = vec![of_source("GL2", source_id())];
            },
            "it is release.GL1 of this train already",
        ),
        (
            "another group's",
            |world| {
                run(world);
                world.state.groups.remove(&GroupName::new("canary"));
                world.train.imports = vec![of_group("canary", group_id())];
            },
            "it is group.web of this train already",
        ),
    ];
    for (what, change, why) in rows {
        let mut world = handmade();
        change(&mut world);
        let refusals = refused(&world);
        let text: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|text| text.contains(why)), "{what}: no `{why}` in {text:#?}");
        assert!(text.iter().all(|text| text.contains(" cannot be imported: ")), "{what}: {text:#?}");
    }
}

#[test]
fn another_trains_group_of_that_name_elsewhere_stands_in_nobodys_way() {
    let mut world = handmade();
    let mut other = neighbour(&world, Members::Service);
    let name = &world.observed.groups[&group_id()].name;
    other.groups[0].name = GroupName::new(name);
    other.compartment = Ocid::new("elsewhere");
    world.train.neighbours.push(Arc::new(other));
    assert!(world.plan().is_ok());
}
