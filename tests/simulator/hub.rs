//! The whole way from an op to members that have changed, on OS Management Hub: the product's client against the simulator
//! in process, on tokio's paused clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::cloud::osmh::{API_VERSION, OsmhCloud, System};
use patchtrain::cloud::{Cloud, CloudError, Part, Progress, Submitted};
use patchtrain::name::{GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Inventory, Observed, Scope, Sighting};
use patchtrain::oci::{Client, Credentials, Endpoint};
use patchtrain::op::{
    Again, Every, GroupRef, Lineage, Op, Origin, Outfit, Ownership, RetryToken, Schedule, SourceRef, Ticket,
    Wanted,
};
use patchtrain::package::{Package, PackageSet};
use patchtrain::simulator::{
    Clock, DEFAULT_SEED, InProcess, Level, Mishap, NullSources, Simulator, Switches, credentials, facts,
    golden_set,
};

/// Those that hold what the golden instance has, as a train names them.
const VENDORS: [&str; 4] =
    ["ol8_baseos_latest-x86_64", "ol8_appstream-x86_64", "ol8_uekr7-x86_64", "ol8_ksplice-x86_64"];

struct World {
    cloud: OsmhCloud<InProcess>,
    simulator: Arc<Simulator>,
    observed: Observed,
    calls: u32,
    /// Packages of which nobody can tell the newer one: lists have no epochs, and between the releases theirs rises. What
    /// is an update there is taken for something older, and told as being ahead until it is there.
    unsure: BTreeSet<&'static str>,
}

/// How work for several ended.
#[derive(Debug, Default)]
struct End {
    created: Option<Ocid>,
    ticket: Option<Ticket>,
    parts: BTreeMap<Ocid, Part>,
}

impl World {
    fn new(switches: Switches) -> Self {
        let epochs = switches.hub.versions_with_epoch;
        let start = Timestamp::from_second(1_795_000_000).expect("a second of 2026 is in range");
        let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, Clock::starting_at(start), switches));
        let own = credentials();
        let key = own.key.as_bytes();
        let signer =
            Credentials::from_parts(own.tenancy, own.user, own.fingerprint, key).expect("the key is good");
        let endpoint = Endpoint::fixed("http://127.0.0.1:1");
        let client = Client::new(InProcess(simulator.clone()), endpoint, API_VERSION, signer);
        let compartment = Ocid::new(&facts(DEFAULT_SEED).compartment);
        let system = System { os: "oracle-linux-8".to_owned(), arch: "x86_64".to_owned() };
        let vendors = VENDORS.map(str::to_owned).to_vec();
        let cloud = OsmhCloud::new(client, compartment, 10, system, vendors);
        let (first, second) = (golden_set(Level::Gl1), golden_set(Level::Gl1_1));
        let other = |one: &Package| second.iter().find(|other| other.same_name_arch(*one));
        let rises = |one: &Package| other(one).is_some_and(|other| other.epoch() != one.epoch());
        let unsure = first.iter().filter(|one| !epochs && rises(one)).map(Package::name).collect();
        Self { cloud, simulator, observed: Observed::default(), calls: 0, unsure }
    }

    async fn look(&mut self, scope: Scope) {
        let sighting = self.cloud.observe(&scope).await.unwrap_or_else(|error| panic!("{scope:?}: {error}"));
        self.observed.learn(sighting);
    }

    async fn look_all(&mut self) {
        let facts = facts(DEFAULT_SEED);
        let members = facts.groups.iter().flat_map(|(_, members)| members).chain([&facts.golden]);
        let instances: BTreeSet<Ocid> = members.map(|member| Ocid::new(&member.id)).collect();
        let groups = BTreeSet::from(["canary".into()]);
        self.look(Scope::Fleet { instances, groups, group_ids: BTreeSet::new() }).await;
    }

    async fn inventory(&self, id: &Ocid) -> Inventory {
        match self.cloud.observe(&Scope::Inventory(id.clone())).await {
            Ok(Sighting::Inventory(_, Some(inventory))) => inventory,
            other => panic!("{id}: {other:?}"),
        }
    }

    async fn ask(&mut self, op: &Op) -> Result<Submitted, CloudError> {
        self.calls += 1;
        let token = RetryToken(format!("{:032}", self.calls));
        let answer = self.cloud.submit(op, &token).await;
        // The same token again, as after an answer that was lost: the same thing or the same work is named.
        if let Ok(answer) = &answer {
            let again = self.cloud.submit(op, &token).await;
            assert_eq!(&again.unwrap_or_else(|error| panic!("{op:?} again: {error}")), answer, "{op:?}");
        }
        answer
    }

    /// Asks for an op, waits for it, and returns how it ended.
    async fn run(&mut self, op: &Op) -> End {
        match self.ask(op).await.unwrap_or_else(|error| panic!("{op:?}: {error}")) {
            Submitted::Done { created } => End { created, ..End::default() },
            Submitted::Pending { ticket } => loop {
                match self.cloud.poll(&ticket).await.unwrap_or_else(|error| panic!("{op:?}: {error}")) {
                    Progress::Succeeded => return End { ticket: Some(ticket), ..End::default() },
                    Progress::Failed { message } => panic!("{op:?}: {message}"),
                    Progress::Parts { parts, over: true } => {
                        return End { parts, ticket: Some(ticket), created: None };
                    }
                    _ => tokio::time::sleep(Duration::from_secs(5)).await,
                }
            },
        }
    }

    /// The same, for work that must succeed on all of these.
    async fn crew(&mut self, op: &Op) {
        let (_, instances) = op.crew().expect("it is for several");
        let instances: BTreeSet<Ocid> = instances.iter().cloned().collect();
        let end = self.run(op).await;
        let done = end.parts.iter().filter(|(_, part)| **part == Part::Succeeded);
        assert_eq!(done.map(|(id, _)| id.clone()).collect::<BTreeSet<_>>(), instances, "{op:?}: {end:?}");
    }

    /// Makes the source of a release, and fills it.
    async fn release(&mut self, name: &str, packages: &PackageSet, vendors: &[Ocid]) -> SourceRef {
        let release = ReleaseName::new(name);
        let create = Op::CreateSource {
            release: release.clone(),
            name: format!("great-linux/{name}"),
            arch: "x86_64".into(),
            owner: owner(Some((name, packages))),
            under: None,
            origin: Some(Origin { os: "oracle-linux-8".into(), vendors: vendors.to_vec() }),
        };
        let id = self.run(&create).await.created;
        assert!(id.is_some());
        let source = SourceRef { release, id, under: None };
        for batch in packages.as_slice().chunks(200) {
            self.run(&Op::AddPackages { source: source.clone(), packages: batch.to_vec() }).await;
        }
        self.look(Scope::SourcesNamed(format!("great-linux/{name}"))).await;
        let id = source.id.clone().expect("it was created");
        self.look(Scope::SourceContents(id.clone())).await;
        assert_eq!(self.observed.sources[&id].contents.as_ref(), Some(packages));
        source
    }
}

fn owner(release: Option<(&str, &PackageSet)>) -> Ownership {
    Ownership {
        train: TrainName::new("great-linux"),
        lineage: Lineage("story".into()),
        release: release.map(|(name, set)| (ReleaseName::new(name), set.digest())),
    }
}

fn without_epoch(package: Package) -> Package {
    let version = format!("{}-{}", package.version(), package.release());
    Package::from_parts(package.name(), &version, package.arch().as_str()).expect("it is one with an epoch")
}

/// Makes GL1 of the golden instance, a group on it and members; then moves the group to GL1.1.
async fn ride(switches: Switches) {
    // What lists do not tell is nowhere: a release frozen there has no epochs either, and says the same of everybody.
    let listed = |level| match switches.hub.versions_with_epoch {
        true => golden_set(level),
        false => golden_set(level).iter().map(without_epoch).collect(),
    };
    let mut world = World::new(switches.clone());
    let facts = facts(DEFAULT_SEED);
    world.look_all().await;
    assert_eq!(world.observed.instances.len(), 24, "all but the one that joins later");
    assert!(world.observed.instances.values().all(|seen| seen.parent.is_none() && !seen.children.is_empty()));
    let golden = Ocid::new(&facts.golden.id);
    world.run(&Op::RefreshInstance { instance: golden.clone() }).await;
    let golden = world.inventory(&golden).await;
    assert_eq!(golden.installed, listed(Level::Gl1));
    assert_eq!(golden.unsourced.len(), 4, "{:?}", golden.unsourced);
    let first: PackageSet = golden.installed.difference(&golden.unsourced).into_iter().collect();
    let later = listed(Level::Gl1_1);
    let second: PackageSet = later.difference(&golden.unsourced).into_iter().collect();

    world.look(Scope::Vendors).await;
    let named = |name: &str| -> Ocid {
        let found = world.observed.vendors.iter().find(|(_, vendor)| *vendor.name == *name);
        found.filter(|(_, vendor)| vendor.selected).map(|(id, _)| id.clone()).expect("it is there, selected")
    };
    let vendors = VENDORS.map(named);
    world.look(Scope::Catalogue(first.union(second.as_slice()))).await;
    assert_eq!(world.observed.unoffered, PackageSet::default());

    let gl1 = world.release("GL1", &first, &vendors).await;
    let nobodys: Package = "nobody-ships-1-1.x86_64".parse().expect("it is a NEVRA");
    let add = Op::AddPackages { source: gl1.clone(), packages: vec![nobodys, first.as_slice()[0]] };
    let error = world.ask(&add).await.expect_err("nobody ships it");
    assert!(
        matches!(&error, CloudError::LeftOut { packages, .. } if *packages == [nobodys.to_string()]),
        "{error}"
    );

    let outfit = Outfit { os: "oracle-linux-8".into(), arch: "x86_64".into(), source: gl1.clone() };
    let name = GroupName::new("canary");
    let create = Op::CreateGroup { group: name.clone(), owner: owner(None), outfit: Some(outfit) };
    let group = GroupRef { group: name, id: world.run(&create).await.created };
    let members: Vec<Ocid> = facts.groups[1].1[..3].iter().map(|member| Ocid::new(&member.id)).collect();
    let enroll = Op::Enroll { group: group.clone(), source: gl1.clone(), instances: members.clone() };
    world.look_all().await;
    for id in &members {
        world.look(Scope::Inventory(id.clone())).await;
    }
    world.look(Scope::SourceContents(gl1.id.clone().expect("it was created"))).await;
    let mut expected = world.observed.clone();
    expected.advance(&enroll);
    world.crew(&enroll).await;
    refreshed(&mut world, &group, &members, &expected).await;
    assert!(world.observed.satisfies(&enroll));

    let gl1_1 = world.release("GL1.1", &second, &vendors).await;
    let attach = Op::Attach { group: group.clone(), source: gl1_1.clone(), instances: members.clone() };
    let detach = Op::Detach {
        group: group.clone(),
        sources: gl1.id.clone().into_iter().collect(),
        keeps: gl1_1.clone(),
        instances: members.clone(),
    };
    let update = Op::UpdateGroup {
        group: group.clone(),
        source: gl1_1.clone(),
        kind: Wanted::All,
        instances: members.clone(),
    };
    for op in [&attach, &detach] {
        expected.sources.clone_from(&world.observed.sources);
        expected.advance(op);
        let end = world.run(op).await;
        assert!(end.parts.values().all(|part| *part == Part::Succeeded), "{op:?}: {end:?}");
        world.look(Scope::Group(group.id.clone().expect("it was created"))).await;
        assert!(world.observed.satisfies(op), "{op:?}");
        assert_eq!(world.observed.groups[group.id.as_ref().expect("it was created")].busy, BTreeMap::new());
    }
    expected.advance(&update);
    world.crew(&update).await;
    refreshed(&mut world, &group, &members, &expected).await;
    end(&mut world, &group, &members, &gl1).await;
}

/// Has members tell anew what is installed, which must be what was foretold.
async fn refreshed(world: &mut World, group: &GroupRef, members: &[Ocid], expected: &Observed) {
    world.crew(&Op::Refresh { group: group.clone(), instances: members.to_vec() }).await;
    world.look_all().await;
    for id in members {
        let sure = |set: &PackageSet| -> PackageSet {
            set.iter().filter(|package| !world.unsure.contains(package.name())).collect()
        };
        let after = sure(&world.inventory(id).await.installed);
        let foretold = sure(&expected.instances[id].inventory.as_ref().expect("it was read").installed);
        assert_eq!(after, foretold, "what the planner foretells is what agents do");
        let seen = &world.observed.instances[id];
        assert_eq!(seen.children, expected.instances[id].children, "as their group has it");
        assert_eq!(seen.groups, group.id.clone().into_iter().collect());
    }
}

/// A profile and a schedule come and go; members leave, and what was made is deleted.
async fn end(world: &mut World, group: &GroupRef, members: &[Ocid], gl1: &SourceRef) {
    let create = Op::CreateProfile {
        group: group.clone(),
        name: "great-linux/canary".into(),
        owner: owner(None),
        os: "oracle-linux-8".into(),
        arch: "x86_64".into(),
    };
    let id = world.run(&create).await.created.expect("it was created");
    world.look(Scope::Profiles).await;
    assert!(world.observed.satisfies(&create));
    world.run(&Op::DeleteProfile { group: group.group.clone(), id }).await;

    let start = "2031-01-31T02:00:00Z".parse().expect("it is a time");
    let every = Every::parse("1 month").expect("it is an interval");
    let schedule = Schedule { update: Wanted::All, every, start };
    let name = "great-linux/canary".to_owned();
    let create = Op::CreateSchedule {
        group: group.clone(),
        name: name.clone(),
        owner: owner(None),
        schedule,
        next: start,
    };
    let id = world.run(&create).await.created.expect("it was created");
    world.look(Scope::Schedules).await;
    assert!(world.observed.satisfies(&create));
    assert!(
        world.observed.schedules[&id].job.does(&name, &schedule, start),
        "{:?}",
        world.observed.schedules
    );
    let weekly = Schedule { every: Every::parse("1 week").expect("it is an interval"), ..schedule };
    let change = Op::ChangeSchedule {
        group: group.group.clone(),
        id: id.clone(),
        name,
        owner: owner(None),
        schedule: weekly,
        next: start,
    };
    world.run(&change).await;
    world.look(Scope::Schedules).await;
    assert!(world.observed.satisfies(&change));
    world.run(&Op::DeleteSchedule { group: group.group.clone(), id }).await;

    let source = gl1.id.clone().expect("it was created");
    world.look(Scope::Source(source.clone())).await;
    assert_eq!(world.observed.riders[&source], BTreeMap::new(), "the group has left it");
    world.run(&Op::DeleteSource { source: gl1.clone() }).await;
    world.run(&Op::Dismiss { group: group.clone(), instances: members.to_vec() }).await;
    world.run(&Op::DeleteGroup { group: group.clone() }).await;
    world.look_all().await;
    assert_eq!(world.observed.groups, BTreeMap::new());
    assert!(!world.observed.sources.contains_key(&source));
}

#[tokio::test(start_paused = true)]
async fn a_group_rides_a_release() {
    ride(Switches::default()).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_rides_a_release_where_nobody_knows_what_else_there_is() {
    let mut switches = Switches { default_page: 10, ..Switches::default() };
    switches.hub.detaching_makes_work = false;
    switches.hub.null_sources = NullSources::Some;
    ride(switches.clone()).await;
    switches.hub.null_sources = NullSources::Never;
    switches.hub.parts_appear_after = Duration::from_secs(20);
    switches.hub.pick_up = (Duration::from_secs(60), Duration::from_secs(120));
    switches.hub.mixed_fails = false;
    switches.hub.detaching_makes_work = true;
    ride(switches).await;
}

/// One test for each of what else nobody documented, with the answer that the simulator does not give by default; and one
/// for all of them.
macro_rules! unknowns {
    ($($test:ident: $switch:ident is $answer:literal,)*) => {
        $(#[tokio::test(start_paused = true)]
        async fn $test() {
            let mut switches = Switches::default();
            assert_ne!(switches.hub.$switch, $answer, "that is the default");
            switches.hub.$switch = $answer;
            ride(switches).await;
        })*

        #[tokio::test(start_paused = true)]
        async fn a_group_rides_where_none_of_it_is_as_supposed() {
            let mut switches = Switches::default();
            $(switches.hub.$switch = $answer;)*
            ride(switches).await;
        }
    };
}

unknowns![
    a_group_rides_where_making_a_source_makes_no_work: making_makes_work is false,
    a_group_rides_where_lists_have_no_epochs: versions_with_epoch is false,
    a_group_rides_where_an_update_is_four_parts: updates_split is true,
    a_group_rides_where_leaving_takes_the_sources: leaving_keeps_sources is false,
    a_group_rides_where_any_spelling_is_taken: strict_spellings is false,
    a_group_rides_where_a_full_group_is_not_deleted: delete_full_group is false,
    a_group_rides_where_etags_are_plain: etags_say_gzip is false,
    a_group_rides_where_conditions_take_no_ending: if_match_takes_gzip is false,
    a_group_rides_where_attached_sources_can_be_deleted: delete_attached_source is true,
];

#[tokio::test(start_paused = true)]
async fn work_that_fails_on_one_member_is_done_again_on_it_alone() {
    for mixed_fails in [true, false] {
        let mut switches = Switches::default();
        switches.hub.mixed_fails = mixed_fails;
        let mut world = World::new(switches);
        let facts = facts(DEFAULT_SEED);
        world.look(Scope::Vendors).await;
        let found = world.observed.vendors.iter().find(|(_, vendor)| *vendor.name == *VENDORS[0]);
        let vendor = found.map(|(id, _)| id.clone()).expect("it is there");
        let bash = golden_set(Level::Gl1).iter().find(|package| package.name() == "bash");
        let packages = PackageSet::new(bash.into_iter().collect());
        let source = world.release("GL1", &packages, &[vendor]).await;
        let outfit = Outfit { os: "oracle-linux-8".into(), arch: "x86_64".into(), source: source.clone() };
        let name = GroupName::new("canary");
        let create = Op::CreateGroup { group: name.clone(), owner: owner(None), outfit: Some(outfit) };
        let group = GroupRef { group: name, id: world.run(&create).await.created };
        let members: Vec<Ocid> = facts.groups[1].1[..2].iter().map(|member| Ocid::new(&member.id)).collect();
        let (one, other) = (members[0].clone(), members[1].clone());
        world
            .crew(&Op::Enroll { group: group.clone(), source: source.clone(), instances: members.clone() })
            .await;
        world.simulator.strike(one.as_str(), Mishap::Fails).expect("nothing is written");
        let update = Op::UpdateGroup {
            group: group.clone(),
            source: source.clone(),
            kind: Wanted::All,
            instances: members.clone(),
        };
        let end = world.run(&update).await;
        assert_eq!(end.parts[&other], Part::Succeeded);
        let Part::Failed { message } = &end.parts[&one] else { panic!("{end:?}") };
        assert!(message.starts_with("the work request failed; "), "{message}");
        let of = end.ticket.expect("it is work");
        let again = Again::Update(Wanted::All);
        let rerun = Op::Rerun {
            group: group.clone(),
            source: source.clone(),
            of,
            again,
            instances: vec![one.clone()],
        };
        let end = world.run(&rerun).await;
        assert_eq!(end.parts, BTreeMap::from([(one.clone(), Part::Succeeded)]));

        // One that is silent holds up nobody but who waits for it.
        world.simulator.silence(one.as_str()).expect("nothing is written");
        let Submitted::Pending { ticket } = world.ask(&update).await.expect("it is accepted") else {
            panic!()
        };
        tokio::time::sleep(Duration::from_secs(60)).await;
        let progress = world.cloud.poll(&ticket).await.expect("it is known");
        let parts = BTreeMap::from([(one.clone(), Part::Accepted), (other, Part::Succeeded)]);
        assert_eq!(progress, Progress::Parts { parts, over: false });
        world.look(Scope::Group(group.id.clone().expect("it was created"))).await;
        let busy = world.observed.groups.values().map(|group| group.busy.clone()).collect::<Vec<_>>();
        assert_eq!(busy, [BTreeMap::from([(one, ticket)])]);
    }
}
