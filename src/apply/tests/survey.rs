//! The survey reads what a plan needs, and nothing that it does not.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::{Survey, survey};
use super::plans::{self, instance, release, story, story_world};
use super::*;
use crate::cloud::memory::Fault;
use crate::name::Ocid;
use crate::package::{Digest, Manifest, ModuleStream, StreamContents, StreamStatus};
use crate::state::SourceRecord;
use crate::train::{Ahead, Amount, Endpoint, Group, Members, Release, Service, Train};

fn a_train(groups: &[(&str, Members)]) -> Train {
    let group = |(name, members): &(&str, Members)| Group {
        name: plans::group(name),
        id: None,
        release: release(),
        members: members.clone(),
        after: Vec::new(),
        max_failures: Amount::Number(0),
        ahead: Ahead::Report,
        line: 1,
        update: Some(crate::op::Wanted::All),
        schedule: None,
        profile: false,
        pace: crate::rollout::Pace::default(),
        enforcing: Default::default(),
    };
    Train {
        file: PathBuf::from("gl.toml"),
        name: train(),
        os: "oracle-linux-8".to_owned(),
        architecture: "x86_64".to_owned(),
        compartment: Ocid::new("ocid1.compartment.oc1..c"),
        golden: None,
        unmanaged: Vec::new(),
        vendor_sources: Vec::new(),
        keeping: crate::train::Keeping::default(),
        service: Service {
            api: crate::op::Api::Osms,
            region: None,
            profile: None,
            auth: None,
            endpoint: Endpoint::Simulator,
            auth_endpoint: None,
            compute: Endpoint::Simulator,
            identity: Endpoint::Simulator,
            object_storage: Endpoint::Simulator,
            work_timeout: jiff::SignedDuration::from_hours(4),
        },
        releases: Vec::new(),
        groups: groups.iter().map(group).collect(),
        digest: Digest::of_lines(["train"]),
        layout: crate::train::Layout::Parent,
        layout_line: 1,
        encryption: None,
        backups: crate::train::BACKUPS,
        neighbours: Vec::new(),
        notify: None,
        policy: None,
        imports: Vec::new(),
    }
}

fn listed(names: &[&str]) -> Members {
    Members::Listed(names.iter().map(|name| instance(name)).collect())
}

#[tokio::test(start_paused = true)]
async fn members_and_our_sources_are_read_and_nobody_else() {
    let rig = Rig::new(story(0), story_world());
    rig.converge().await;
    rig.cloud.edit(|world| {
        let more = plans::world(&["elsewhere", "listed"]);
        world.instances.extend(more.instances);
    });
    let members = [("canary", Members::Service), ("new", listed(&["listed", "unknown-to-the-service"]))];
    let mut state = rig.state();
    // `web` is no longer in the train, and its instances are in the state: seen, and without packages.
    state.groups.remove(&plans::group("web"));
    let mut progress = Vec::new();
    let before = rig.cloud.reads().0;
    let observed = survey(&*rig.cloud, &a_train(&members), &state, 2, |at| progress.push(at)).await.unwrap();
    let read: BTreeSet<&str> =
        observed.instances.values().filter(|seen| seen.inventory.is_some()).map(|seen| &*seen.name).collect();
    assert_eq!(read, BTreeSet::from(["canary-1", "listed"]));
    let seen: BTreeSet<&str> = observed.instances.values().map(|seen| &*seen.name).collect();
    assert_eq!(seen, BTreeSet::from(["canary-1", "listed", "web-1", "web-2"]));
    let contents: Vec<_> = observed.sources.values().map(|source| source.contents.clone()).collect();
    assert_eq!(contents, [Some(plans::set(plans::NEW)), None]);

    assert_eq!(rig.cloud.reads().0 - before, 4);
    assert_eq!(progress.first(), Some(&Survey { done: 0, total: 1 }));
    assert_eq!(progress.last(), Some(&Survey { done: 4, total: 4 }));
    assert!(progress.is_sorted_by_key(|at| at.done));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_only_the_state_knows_is_ours() {
    let rig = Rig::new(story(0), story_world());
    let mut state = State::new(train(), lineage());
    let since = jiff::Timestamp::UNIX_EPOCH;
    let record =
        SourceRecord { id: plans::vendor().id, digest: plans::set(plans::NEW).digest(), since, proven: None };
    state.sources.insert(release(), record);
    let observed = survey(&*rig.cloud, &a_train(&[]), &state, 1, |_| {}).await.unwrap();
    assert_eq!(observed.sources[&plans::vendor().id].contents, Some(plans::set(plans::OLD)));
}

#[tokio::test(start_paused = true)]
async fn reads_are_bounded_and_a_failing_one_fails_the_survey() {
    let names: Vec<String> = (0..200).map(|index| format!("web-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rig = Rig::new(story(0), plans::world(&names));
    let train = a_train(&[("web", listed(&names))]);
    let state = State::new(super::train(), lineage());
    survey(&*rig.cloud, &train, &state, 7, |_| {}).await.unwrap();
    assert_eq!(rig.cloud.most_in_flight(), 7);

    let mut reads = 0;
    let cloud = rig.cloud.clone();
    let failed = survey(&*rig.cloud, &train, &state, 7, |_| {
        reads += 1;
        if reads == 50 {
            cloud.fail_reads(1);
        }
    });
    assert!(failed.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_goes_while_it_is_surveyed_has_no_packages() {
    let rig = Rig::new(story(0), story_world());
    let train = a_train(&[("web", listed(&["web-1", "web-2"]))]);
    let state = State::new(super::train(), lineage());
    let cloud = rig.cloud.clone();
    let observed = survey(&*rig.cloud, &train, &state, 1, |at| {
        if at.done == 1 {
            cloud.vanish(&instance("web-2"));
        }
    });
    let observed = observed.await.unwrap();
    let read = |name| observed.instances[&instance(name)].inventory.is_some();
    assert!(read("web-1") && !read("web-2"));
    // Scripted faults of submissions are no business of a survey.
    rig.cloud.on_submit(plans::update("web-1").key(), 1, Fault::LostAnswer);
    assert!(survey(&*rig.cloud, &train, &state, 1, |_| {}).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn streams_are_asked_of_whoever_has_modular_packages_off_its_release_and_of_nobody_else() {
    let released = ["bash-5.0-2.x86_64", "perl-5.26-2.module+el8+7.x86_64"];
    let [bash, perl] = released;
    let manifest = Manifest::parse(format!("{bash}\nmodule perl:5.26\n{perl}\n")).unwrap();
    let mut world = plans::world(&["at", "off", "plain", "elsewhere"]);
    world.sources.get_mut(&plans::vendor().id).unwrap().contents = Some(plans::set(&released));
    let mut has = |name: &str, nevras: &[&str]| {
        let seen = world.instances.get_mut(&instance(name)).unwrap();
        seen.inventory.as_mut().unwrap().installed = plans::set(nevras);
    };
    has("at", &released);
    has("plain", &["bash-5.0-1.x86_64", released[1]]);
    for name in ["off", "elsewhere"] {
        has(name, &[released[0], "perl-5.24-1.module+el8+2.x86_64"]);
    }
    world.instances.get_mut(&instance("elsewhere")).unwrap().parent = None;
    let mut train = a_train(&[("web", listed(&["at", "off", "plain", "elsewhere"]))]);
    train.releases = vec![Release {
        name: release(),
        manifest_path: String::new(),
        digest: manifest.digest(),
        manifest,
        line: 1,
        retired: false,
    }];
    let mut state = State::new(super::train(), lineage());
    let (since, digest) = (jiff::Timestamp::UNIX_EPOCH, train.releases[0].digest);
    let record = SourceRecord { id: plans::vendor().id, digest, since, proven: None };
    state.sources.insert(release(), record);

    let rig = Rig::new(story(0), world);
    let stream = ModuleStream { module: "perl".into(), stream: "5.24".into(), status: StreamStatus::Enabled };
    let contents = StreamContents { stream: stream.clone(), packages: plans::set(&[]) };
    rig.cloud.set_streams(&instance("off"), vec![contents]);
    let observed = survey(&*rig.cloud, &train, &state, 2, |_| {}).await.unwrap();
    assert_eq!(observed.streams, [(instance("off"), vec![stream])].into());
    // The fleet, a source, four lists of packages, and the one list of streams.
    assert_eq!(rig.cloud.reads(), (7, 0));
    // A release without streams has nothing to compare them with.
    train.releases[0].manifest.modules.clear();
    assert_eq!(survey(&*rig.cloud, &train, &state, 2, |_| {}).await.unwrap().streams, [].into());
}
