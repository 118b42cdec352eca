//! A fleet in bad weather: its train, its state, and how it is planned for, applied and looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::apply::{Run, Settings, apply, survey};
use patchtrain::cloud::osmh::{self, OsmhCloud, System};
use patchtrain::cloud::osms::{self, OsmsCloud};
use patchtrain::cloud::{Cloud, Service};
use patchtrain::name::{Address, Ocid, TrainName};
use patchtrain::observed::{Scope, Sighting};
use patchtrain::oci::{Client, Credentials, Endpoint, Transport};
use patchtrain::op::{Api, Capabilities, Lineage};
use patchtrain::plan::{self, Action, HeldReason, Input, Plan, ServiceLabel, Step, lint};
use patchtrain::simulator::{Clock, DEFAULT_SEED, InProcess, Simulator, Switches, credentials};
use patchtrain::state::State;
use patchtrain::state::store::{Holder, LockId, Store};
use patchtrain::train::{self, Train};

use super::script::{Script, Stand};
use super::weather::Weather;
use crate::support::Workspace;
use crate::support::rng::Rng;
use crate::support::store::MemoryStore;

/// They would not do what the script says: one never checks in, one joins later.
const APART: [&str; 2] = ["db-04", "web-13"];

/// The vendor's sources that hold what the releases do.
const VENDORS: [&str; 4] =
    ["ol8_baseos_latest-x86_64", "ol8_appstream-x86_64", "ol8_uekr7-x86_64", "ol8_ksplice-x86_64"];

fn client<T: Transport>(transport: T, api: Api, seed: u64) -> Client<T> {
    let own = credentials();
    let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
    let rng = Mutex::new(Rng::new(seed));
    let version = match api {
        Api::Osms => osms::API_VERSION,
        Api::Osmh => osmh::API_VERSION,
    };
    Client::new(transport, Endpoint::fixed("http://127.0.0.1:1"), version, signer)
        .with_random(move |bytes| bytes.fill_with(|| rng.lock().unwrap().below(256) as u8))
}

/// What a fleet's things are called.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) train: Train,
    pub(crate) lineage: Lineage,
}

impl Names {
    /// Connects to the service of the train.
    pub(crate) fn connect<T: Transport>(&self, transport: T, seed: u64) -> Service<T> {
        let train = &self.train;
        let client = client(transport, train.service.api, seed);
        match train.service.api {
            Api::Osms => OsmsCloud::new(client, train.compartment.clone(), 10).into(),
            Api::Osmh => {
                let system = System { os: train.os.clone(), arch: train.architecture.clone() };
                let vendors = VENDORS.map(str::to_owned).to_vec();
                OsmhCloud::new(client, train.compartment.clone(), 10, system, vendors).into()
            }
        }
    }
}

/// A fleet, its train and its state.
pub(crate) struct Fleet<S> {
    seed: u64,
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) script: Arc<S>,
    weather: Weather<S>,
    names: Names,
    store: MemoryStore,
    /// Who was newer than the release before the first round.
    ahead: Mutex<Option<BTreeSet<Ocid>>>,
}

impl<S: Script> Fleet<S> {
    pub(crate) async fn new(seed: u64, instances: usize) -> Self {
        let start = Timestamp::from_second(1_795_000_000).unwrap();
        let clock = Clock::starting_at(start);
        // One world for all seeds: what happens in it is what differs.
        let fleet = instances + APART.len();
        let mut switches = Switches::default();
        // Else the time of day at which an agent looks around by itself would decide who is updated and who is read back.
        switches.hub.work_refreshes = true;
        let simulator = Arc::new(Simulator::with_fleet(DEFAULT_SEED, fleet, clock, switches));
        let facts = simulator.info().facts;
        let members = facts.groups.iter().flat_map(|(_, members)| members);
        let members = members.filter(|member| !APART.contains(&member.name.as_str()));
        let ids: Vec<String> = members.map(|member| member.id.clone()).collect();
        assert_eq!(ids.len(), instances);
        let script = Arc::new(S::draw(seed, &ids));
        let train = train(&*script, &facts.compartment, &facts.golden.id);
        let names = Names { train, lineage: Lineage("faults".into()) };
        script.begin(&simulator, &names).await;
        let weather = Weather::over(simulator.clone(), script.clone(), seed);
        let (store, ahead) = Default::default();
        Self { seed, simulator, script, weather, names, store, ahead }
    }

    async fn state(&self) -> State {
        let new = || State::new(TrainName::new("great-linux"), self.names.lineage.clone());
        self.store.load().await.unwrap().unwrap_or_else(new)
    }

    fn capabilities() -> Capabilities {
        match S::API {
            Api::Osms => osms::CAPABILITIES,
            Api::Osmh => osmh::CAPABILITIES,
        }
    }

    pub(crate) fn spoilt(&self) -> super::weather::Spoilt {
        self.weather.spoilt()
    }

    /// Plans; again where the weather ends a survey, as whoever runs it would.
    pub(crate) async fn plan<C: Cloud>(&self, cloud: &C) -> Plan {
        let state = self.state().await;
        let train = &self.names.train;
        let mut tries = 0;
        let observed = loop {
            tries += 1;
            match survey(cloud, train, &state, 10, |_| ()).await {
                Ok(observed) => break observed,
                Err(error) => {
                    assert!(tries < 6, "seed {}: {error}", self.seed);
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            }
        };
        let service = ServiceLabel {
            api: S::API.word().to_owned(),
            simulator: true,
            place: "simulator".into(),
            compartment: train.compartment.clone(),
        };
        let input = Input {
            train,
            state: &state,
            observed: &observed,
            capabilities: Self::capabilities(),
            service: &service,
            now: self.simulator.now(),
            allow_shrink: true,
        };
        let plan = plan::plan(&input).unwrap_or_else(|refusals| panic!("seed {}: {refusals:?}", self.seed));
        assert_eq!(lint::lint(&plan), [], "seed {}", self.seed);
        self.nobody_beyond(&plan);
        plan
    }

    /// Nobody is taken beyond the release.
    fn nobody_beyond(&self, plan: &Plan) {
        let ahead: BTreeSet<Ocid> = plan.ahead.iter().map(|report| report.instance.clone()).collect();
        let mut before = self.ahead.lock().unwrap();
        let before = before.get_or_insert_with(|| self.newer_by_themselves());
        let new: Vec<&Ocid> = ahead.difference(before).collect();
        let fates: Vec<String> = new.iter().map(|id| self.script.fate(id.as_str())).collect();
        let newer: Vec<_> = plan.ahead.iter().filter(|report| new.contains(&&report.instance)).collect();
        assert!(new.is_empty(), "seed {}: beyond the release: {newer:?} {fates:?}", self.seed);
    }

    /// Returns who has something newer than the release, whether the service knows it by now or not: of who does not
    /// check in a plan says nothing.
    fn newer_by_themselves(&self) -> BTreeSet<Ocid> {
        let train = &self.names.train;
        let release = train.releases.last().unwrap().packages();
        let members = self.script.groups().iter().flat_map(|group| &group.members);
        let newer = members.filter(|id| {
            let installed = self.simulator.installed_on(id).unwrap();
            let newest = release.iter().map(|package| ((package.name(), package.arch().as_str()), package));
            let newest: BTreeMap<_, _> = newest.collect();
            installed.iter().any(|package| {
                let known = newest.get(&(package.name(), package.arch().as_str()));
                known.is_some_and(|known| package.cmp_evr(*known).is_gt())
            })
        });
        newer.map(|id| Ocid::new(id)).collect()
    }

    /// Starts the program: what it sees of the service, through the weather.
    pub(crate) fn start(&self, round: usize) -> Arc<Service<Weather<S>>> {
        Arc::new(self.names.connect(self.weather.clone(), self.seed + round as u64))
    }

    /// Applies, and returns how the steps ended that did not end well, to be shown where an instance stands otherwise
    /// than foretold.
    pub(crate) async fn apply(&self, plan: &Plan, cloud: Arc<Service<Weather<S>>>) -> Vec<String> {
        let holder = Holder {
            id: LockId::default(),
            train: None,
            who: "t".into(),
            host: "t".into(),
            pid: 1,
            command: "apply".into(),
            since: self.simulator.now(),
        };
        let session = self.store.lock(&holder).await.unwrap();
        let loaded = self.store.load().await.unwrap();
        let state =
            loaded.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
        let simulator = self.simulator.clone();
        let (_sender, interrupt) = tokio::sync::watch::channel(0);
        let settings = Settings {
            parallelism: 10,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(5 * 60),
            verify_patience: Duration::from_secs(30 * 60),
            work_patience: Duration::from_secs(2 * 3_600),
        };
        let clock = Arc::new(move || simulator.now());
        let run = Run {
            settings,
            clock,
            interrupt,
            who: "t".into(),
            host: "t".into(),
            wait: false,
            checker: None,
            consent: Default::default(),
        };
        let ran = apply(plan, cloud, session, state, run, |_| ()).await;
        let outcome = ran.unwrap_or_else(|error| panic!("seed {}: {error}", self.seed));
        let steps = plan.steps.iter().zip(&outcome.ends).filter(|(_, (_, end))| !end.lets_on());
        let what = |step: &Step| match &step.action {
            Action::Act { op } => op.key().0,
            Action::Verify { what } => format!("{what:?}"),
            Action::Gate { .. } => format!("gate of {:?}", step.group),
        };
        steps.map(|(step, (_, end))| format!("{}: {end:?}", what(step))).collect()
    }

    /// How each instance stands, by the next plan.
    pub(crate) async fn stands(&self, plan: &Plan) -> BTreeMap<String, Stand> {
        let state = self.state().await;
        let mut held = BTreeMap::new();
        for one in &plan.held {
            if let Address::Instance(id) = &one.address {
                held.insert(id.as_str(), &one.reason);
            }
        }
        let stand = |id: &String| match held.get(id.as_str()) {
            Some(HeldReason::Unreachable { .. }) => Stand::Unreachable,
            Some(HeldReason::Unknown) => Stand::Unknown,
            Some(HeldReason::Overdue { .. }) => Stand::Overdue,
            Some(HeldReason::Beside { .. }) => Stand::Beside,
            Some(other) => panic!(
                "seed {}: {id} ({}) is held: {other:?}; {:?}; unfinished: {:#?}",
                self.seed,
                self.script.fate(id),
                self.simulator.work_of(id),
                state.unfinished
            ),
            None => match state.instances.get(&Ocid::new(id)).and_then(|known| known.at_level.as_ref()) {
                Some(_) => Stand::AtLevel,
                None => Stand::Open,
            },
        };
        let members = self.script.groups().iter().flat_map(|group| &group.members);
        members.map(|id| (id.clone(), stand(id))).collect()
    }

    /// Nothing was done twice: a release has one source, a group is there once with one profile, no work was
    /// asked for beside the same.
    pub(crate) async fn nothing_twice(&self) {
        let cloud = self.names.connect(InProcess(self.simulator.clone()), 0);
        let (instances, groups, group_ids) = Default::default();
        let scope = Scope::Fleet { instances, groups, group_ids };
        let Sighting::Fleet(fleet) = cloud.observe(&scope).await.unwrap() else { panic!() };
        let mut sources: Vec<&str> = fleet.sources.values().map(|source| &*source.name).collect();
        sources.sort_unstable();
        let expected: Vec<String> = S::RELEASES.iter().map(|name| format!("great-linux/{name}")).collect();
        assert_eq!(sources, expected, "seed {}", self.seed);
        let mut groups: Vec<&str> = fleet.groups.values().map(|group| &*group.name).collect();
        groups.sort_unstable();
        assert_eq!(groups, ["behind", "beside", "first"], "seed {}", self.seed);
        if Self::capabilities().profiles {
            let Sighting::Profiles(profiles) = cloud.observe(&Scope::Profiles).await.unwrap() else {
                panic!()
            };
            let mut names: Vec<&str> = profiles.values().map(|profile| &*profile.name).collect();
            names.sort_unstable();
            let expected = ["behind", "beside", "first"].map(|group| format!("great-linux/{group}"));
            assert_eq!(names, expected, "seed {}", self.seed);
        }
        for id in self.script.groups().iter().flat_map(|group| &group.members) {
            for pair in self.simulator.work_of(id).windows(2) {
                assert!(
                    pair[1].accepted >= pair[0].ends
                        || self.script.may_overlap(id, &pair[0].what, &pair[1].what),
                    "seed {}: {id} ({}) was asked beside other work: {pair:?}",
                    self.seed,
                    self.script.fate(id)
                );
            }
        }
    }
}

/// Tells what went wrong with an instance, and how the first steps of a run ended that did not end well.
pub(crate) fn told(woes: &[String], id: &str) -> String {
    let own = woes.iter().filter(|woe| woe.contains(id));
    let others = woes.iter().filter(|woe| !woe.contains(id)).take(20);
    own.chain(others).map(|woe| format!("\n  {woe}")).collect()
}

/// The train file.
fn train<S: Script>(script: &S, compartment: &str, golden: &str) -> Train {
    let workspace = Workspace::quickstart(&[]);
    let api = S::API.word();
    let mut text = format!(
        "[train]\nname = \"great-linux\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
         compartment = \"{compartment}\"\ngolden = \"{golden}\"\n"
    );
    if S::API == Api::Osmh {
        writeln!(text, "vendor_sources = {VENDORS:?}").unwrap();
    }
    write!(
        text,
        "\n[service]\napi = \"{api}\"\nendpoints = {{ {api} = \"simulator\" }}\nwork_timeout = \"2h\"\n"
    )
    .unwrap();
    for release in S::RELEASES {
        write!(text, "\n[[release]]\nname = \"{release}\"\nmanifest = \"great-linux/{release}.packages\"\n")
            .unwrap();
    }
    let bound = S::RELEASES.last().unwrap();
    for group in script.groups() {
        write!(text, "\n[[group]]\nname = \"{}\"\nrelease = \"{bound}\"\n", group.name).unwrap();
        write!(text, "max_failures = {}\nmembers = {:?}\n", group.max_failures, group.members).unwrap();
        if let Some(after) = group.after {
            writeln!(text, "after = [\"{after}\"]").unwrap();
        }
    }
    let file = workspace.write("trains/great-linux.toml", &text);
    let mut train = train::load(&file).unwrap_or_else(|problems| panic!("{problems:?}"));
    // A file may not say so beside a list, since newcomers would leave again. None comes here.
    train.groups.iter_mut().for_each(|group| group.profile = S::API == Api::Osmh);
    // What is foretold is how each stands once all has been tried, so that nothing stops before.
    train.groups.iter_mut().for_each(|group| group.pace.stops = false);
    train
}
