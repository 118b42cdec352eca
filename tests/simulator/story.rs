//! The whole way from an op to an instance that has changed: the product's client, signing and paging, against the
//! simulator in process, on tokio's paused clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::cloud::compute::{self, Compute};
use patchtrain::cloud::osms::{API_VERSION, OsmsCloud};
use patchtrain::cloud::{Cloud, Progress, Submitted};
use patchtrain::name::{GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{InstanceStatus, Inventory, Observed, Scope, Sighting};
use patchtrain::oci::{Client, Credentials, Endpoint};
use patchtrain::op::{GroupRef, Lineage, Op, Ownership, RetryToken, SourceRef, Wanted};
use patchtrain::package::PackageSet;
use patchtrain::simulator::{
    Clock, DEFAULT_SEED, InProcess, Level, Simulator, Switches, credentials, facts, golden_set,
};

struct World {
    cloud: OsmsCloud<InProcess>,
    simulator: Arc<Simulator>,
    observed: Observed,
    calls: u32,
}

impl World {
    fn new(switches: Switches) -> Self {
        let start = Timestamp::from_second(1_795_000_000).expect("a second of 2026 is in range");
        let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, Clock::starting_at(start), switches));
        let own = credentials();
        let key = own.key.as_bytes();
        let signer =
            Credentials::from_parts(own.tenancy, own.user, own.fingerprint, key).expect("the key is good");
        let endpoint = Endpoint::fixed("http://127.0.0.1:1");
        let client = Client::new(InProcess(simulator.clone()), endpoint, API_VERSION, signer);
        let compute = || {
            let key = own.key.as_bytes();
            let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, key);
            let endpoint = Endpoint::fixed("http://127.0.0.1:1");
            Client::new(
                InProcess(simulator.clone()),
                endpoint,
                compute::API_VERSION,
                signer.expect("the key is good"),
            )
        };
        let compute = Compute::new(compute(), compute(), 10);
        let cloud =
            OsmsCloud::new(client, Ocid::new(&facts(DEFAULT_SEED).compartment), 10).with_compute(compute);
        Self { cloud, simulator, observed: Observed::default(), calls: 0 }
    }

    async fn look(&mut self, scope: Scope) {
        let sighting = self.cloud.observe(&scope).await.unwrap_or_else(|error| panic!("{scope:?}: {error}"));
        self.observed.learn(sighting);
    }

    async fn look_all(&mut self) {
        let facts = facts(DEFAULT_SEED);
        let members = facts.groups.iter().flat_map(|(_, members)| members).chain([&facts.golden]);
        let instances: BTreeSet<Ocid> = members.map(|member| Ocid::new(&member.id)).collect();
        self.look(Scope::Fleet { instances, groups: BTreeSet::new(), group_ids: BTreeSet::new() }).await;
    }

    async fn inventory(&self, id: &Ocid) -> Inventory {
        match self.cloud.observe(&Scope::Inventory(id.clone())).await {
            Ok(Sighting::Inventory(_, Some(inventory))) => inventory,
            other => panic!("{id}: {other:?}"),
        }
    }

    /// Asks for an op, waits for it, and returns the id of what it made.
    async fn run(&mut self, op: &Op) -> Option<Ocid> {
        self.calls += 1;
        let token = RetryToken(format!("token-{}", self.calls));
        match self.cloud.submit(op, &token).await.unwrap_or_else(|error| panic!("{op:?}: {error}")) {
            Submitted::Done { created } => created,
            Submitted::Pending { ticket } => loop {
                match self.cloud.poll(&ticket).await.unwrap_or_else(|error| panic!("{op:?}: {error}")) {
                    Progress::Succeeded => return None,
                    Progress::Failed { message } => panic!("{op:?}: {message}"),
                    _ => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            },
        }
    }
}

fn owner(release: Option<(&str, &PackageSet)>) -> Ownership {
    Ownership {
        train: TrainName::new("great-linux"),
        lineage: Lineage("story".into()),
        release: release.map(|(name, set)| (ReleaseName::new(name), set.digest())),
    }
}

/// Makes GL1, puts an instance on it and brings it up to date.
async fn ride(switches: Switches) {
    let mut world = World::new(switches);
    let facts = facts(DEFAULT_SEED);
    world.look_all().await;
    assert_eq!(world.observed.instances.len(), 24, "all but the one that joins later");
    let silent = world.observed.instances.values().filter(|seen| seen.status == InstanceStatus::Unreachable);
    assert_eq!(silent.count(), 1);
    let golden = world.inventory(&Ocid::new(&facts.golden.id)).await;
    assert_eq!(golden.installed, golden_set(Level::Gl1));
    let release: PackageSet = golden.installed.difference(&golden.unsourced).into_iter().collect();
    assert_eq!(golden.unsourced.len(), 4);

    let owner_of_release = owner(Some(("GL1", &release)));
    let name = "great-linux/GL1".to_owned();
    let create = Op::CreateSource {
        release: ReleaseName::new("GL1"),
        name,
        arch: "x86_64".into(),
        owner: owner_of_release,
        under: None,
        origin: None,
    };
    let id = world.run(&create).await;
    assert!(id.is_some());
    let source = SourceRef { release: ReleaseName::new("GL1"), id, under: None };
    for batch in release.as_slice().chunks(200) {
        world.run(&Op::AddPackages { source: source.clone(), packages: batch.to_vec() }).await;
    }
    let group = GroupName::new("canary");
    let create = Op::CreateGroup { group: group.clone(), owner: owner(None), outfit: None };
    let group = GroupRef { group, id: world.run(&create).await };
    let instance = Ocid::new(&facts.groups[0].1[0].id);
    world.run(&Op::Join { group: group.clone(), instance: instance.clone() }).await;
    let from = world.observed.instances[&instance].parent.as_ref().map(|link| link.id.clone());
    let switch = Op::Switch { instance: instance.clone(), from, to: source.clone(), drops: Vec::new() };
    world.run(&switch).await;
    // Asked again, as after a crash: nothing is to be done.
    world.run(&switch).await;
    let update = Op::Update { instance: instance.clone(), source: source.clone(), kind: Wanted::All };

    world.look_all().await;
    world.look(Scope::SourceContents(source.id.clone().expect("it was created"))).await;
    world.look(Scope::Inventory(instance.clone())).await;
    let mut expected = world.observed.clone();
    expected.advance(&update);
    assert!(expected.instances[&instance].inventory != world.observed.instances[&instance].inventory);
    world.run(&update).await;
    let after = world.inventory(&instance).await.installed;
    let foretold = expected.instances[&instance].inventory.clone().expect("it was read").installed;
    assert_eq!(after, foretold, "what the planner foretells is what the agent does");

    world.look_all().await;
    assert!(world.observed.satisfies(&switch));
    assert!(world.observed.satisfies(&Op::Join { group, instance }));
    world.simulator.advance(6 * 3600).expect("nothing is written");
    world.look_all().await;
    assert_eq!(world.observed.instances.len(), 25);
}

#[tokio::test(start_paused = true)]
async fn an_instance_rides_a_release() {
    ride(Switches::default()).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_rides_a_release_where_names_lack_the_epoch() {
    ride(Switches { names_with_epoch: false, default_page: 10, ..Switches::default() }).await;
}

/// A reboot through Compute: the instance is away, checks in again, and runs the newest kernel.
#[tokio::test(start_paused = true)]
async fn an_instance_is_rebooted_through_compute() {
    let mut world = World::new(Switches::default());
    world.look_all().await;
    let waits = |world: &World, id: &Ocid| {
        let seen = &world.observed.instances[id];
        (seen.reboot_required, seen.running_kernel.clone(), seen.last_checkin.unwrap())
    };
    let waiting = world
        .observed
        .instances
        .iter()
        .find(|(_, seen)| seen.reboot_required && seen.status == InstanceStatus::Normal);
    let instance = waiting.expect("somebody waits for a reboot").0.clone();
    let (required, before, _) = waits(&world, &instance);
    assert!(required);
    let asked = world.simulator.now();
    let op = Op::Reboot { instance: instance.clone(), kernel: None };
    let token = RetryToken("reboot".to_owned());
    let answer = world.cloud.submit(&op, &token).await.unwrap();
    // Asked again with the same token, as after a lost answer: it is one reboot.
    assert_eq!(world.cloud.submit(&op, &token).await.unwrap(), answer);
    assert_eq!(world.simulator.work_of(instance.as_str()).len(), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.look_all().await;
    let (required, after, checked_in) = waits(&world, &instance);
    assert!(!required && after != before && checked_in > asked, "{after:?} {checked_in} {asked}");
    assert!(world.observed.instances[&instance].open_work.is_empty(), "no work request tells of it");
}
