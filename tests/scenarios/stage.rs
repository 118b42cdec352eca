//! A stage: one simulated world, one workspace with its train and state, and the pipeline between them, all in this
//! process on tokio's paused clock. Planning, applying and everything that somebody else does to the world stand here;
//! what of it is told is `told`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::apply::{Asked, Outcome, Run, Settings, apply, survey, survey_updates};
use patchtrain::cloud::compute::{self, Compute};
use patchtrain::cloud::osmh::{self, OsmhCloud, System};
use patchtrain::cloud::osms::{self, OsmsCloud};
use patchtrain::cloud::{Cloud, Progress, Service, Submitted};
use patchtrain::name::{Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Job, Observed, Scope, ServiceSchedule, Sighting};
use patchtrain::oci::{Call, Client, Credentials, Endpoint, Transport};
use patchtrain::op::{Api, GroupRef, Lineage, Op, RetryToken, SourceRef, Wanted};
use patchtrain::package::{Package, StreamName};
use patchtrain::plan::{self, Input, Plan, Request, ServiceLabel, Target, lint};
use patchtrain::simulator::{Clock, DEFAULT_SEED, Facts, InProcess, Simulator, Switches, credentials, facts};
use patchtrain::state::State;
use patchtrain::state::store::{Holder, LocalSession, LocalStore, LockId, Session, Store, StoreError};
use patchtrain::train::{self, Train};
use serde_json::json;
use tokio::sync::watch;

use super::edits::Group;
use super::ill::Ill;
use super::sky::Sky;
use crate::support::Workspace;

/// Everything there is in a story.
pub(crate) struct Stage {
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) sky: Sky,
    pub(super) client: Client<InProcess>,
    pub(super) facts: Facts,
    /// The service as the process sees it that is running, and what it has learnt: names of packages, sources.
    process: Arc<Service<Sky>>,
    pub(super) api: Api,
    pub(super) workspace: Workspace,
    pub(super) groups: Vec<Group>,
    pub(super) retired: BTreeSet<String>,
    pub(super) layout: String,
    tokens: usize,
    /// Whether the next run waits for what only time brings.
    pub(super) wait: bool,
    /// Who is not well, by display name.
    pub(super) ill: Arc<Ill>,
}

fn client<T: Transport>(transport: T, version: &'static str) -> Client<T> {
    let own = credentials();
    let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
    Client::new(transport, Endpoint::fixed("http://127.0.0.1:1"), version, signer)
}

/// Returns the service as a new process sees it.
fn connect<T: Transport + Clone>(transport: &T, facts: &Facts, api: Api) -> Service<T> {
    let other = || client(transport.clone(), compute::API_VERSION);
    let compute = Compute::new(other(), other(), 10);
    let (compartment, client) = (Ocid::new(&facts.compartment), client(transport.clone(), version(api)));
    match api {
        Api::Osms => OsmsCloud::new(client, compartment, 10).with_compute(compute).into(),
        Api::Osmh => {
            let system = System { os: "oracle-linux-8".into(), arch: "x86_64".into() };
            let vendors = facts.vendor_sources.clone();
            OsmhCloud::new(client, compartment, 10, system, vendors).with_compute(compute).into()
        }
    }
}

fn version(api: Api) -> &'static str {
    match api {
        Api::Osms => osms::API_VERSION,
        Api::Osmh => osmh::API_VERSION,
    }
}

fn service(train: &Train) -> ServiceLabel {
    ServiceLabel {
        api: train.service.api.word().into(),
        simulator: true,
        place: "simulator".into(),
        compartment: train.compartment.clone(),
    }
}

/// How a run went.
pub(crate) enum Ran {
    Ended(Outcome),
    /// The process died.
    Cut,
    Failed(String),
}

impl Stage {
    pub(crate) fn new(api: Api, switches: Switches) -> Self {
        let start = Timestamp::from_second(1_795_000_000).unwrap();
        let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, Clock::starting_at(start), switches));
        let facts = facts(DEFAULT_SEED);
        let mut groups: Vec<Group> = Vec::new();
        for (name, members) in &facts.groups {
            let after = groups.last().map(|group| group.name.clone());
            groups.push(Group {
                name: name.clone(),
                release: "GL1".to_owned(),
                members: Some(members.iter().map(|member| member.name.clone()).collect()),
                max_failures: if after.is_some() { 2 } else { 0 },
                selects: false,
                update: None,
                schedule: None,
                settings: BTreeMap::new(),
                after,
            });
        }
        let sky = Sky::over(simulator.clone());
        let stage = Self {
            process: Arc::new(connect(&sky, &facts, api)),
            api,
            sky,
            client: client(InProcess(simulator.clone()), version(api)),
            simulator,
            facts,
            workspace: Workspace::quickstart(&[]),
            groups,
            retired: BTreeSet::new(),
            layout: "parent".to_owned(),
            tokens: 0,
            wait: false,
            ill: Arc::default(),
        };
        stage.write();
        stage
    }

    pub(crate) fn id(&self, name: &str) -> Ocid {
        let members = self.facts.groups.iter().flat_map(|(_, members)| members);
        let mut members = members.chain([&self.facts.golden]);
        let found = members.find(|member| member.name == name);
        Ocid::new(&found.unwrap_or_else(|| panic!("nobody is called {name}")).id)
    }

    /// Changes what is on record of rollouts, as `patchtrain rollout` does.
    pub(crate) async fn record(&self, make: impl FnOnce(&mut State, Timestamp)) {
        let mut session = self.lock("tester").await.unwrap();
        let mut state = session.load().await.unwrap().unwrap();
        make(&mut state, self.simulator.now());
        session.fold(&state.paused_after(0)).await.unwrap();
    }

    /// Returns the scheduled jobs of the service.
    pub(crate) async fn jobs(&self) -> Vec<String> {
        let Ok(Sighting::Schedules(jobs)) = self.hand().observe(&Scope::Schedules).await else {
            panic!("the jobs cannot be listed")
        };
        let line = |(_, seen): (_, ServiceSchedule)| {
            let Job { name, update, every, next, last, .. } = seen.job;
            let ran = if last.is_some() { "ran" } else { "never ran" };
            let update = update.map_or("nothing", Wanted::word);
            format!("{name}: {update} every {} next {} {ran}", every.unwrap(), next.unwrap())
        };
        jobs.into_iter().map(line).collect()
    }

    /// Has somebody set how often the job of a group runs.
    pub(crate) async fn edit_job(&mut self, group: &str, days: &str) {
        let Ok(Sighting::Schedules(jobs)) = self.hand().observe(&Scope::Schedules).await else {
            panic!("the jobs cannot be listed")
        };
        let of_group =
            jobs.iter().find(|(_, seen)| seen.group.as_ref().is_some_and(|name| name.as_str() == group));
        let id = of_group.unwrap().0.as_str();
        let edit = json!({ "intervalType": "DAY", "intervalValue": days });
        let call = Call::new("UpdateScheduledJob", http::Method::PUT, &["scheduledJobs", id]).json(&edit);
        self.client.send(&call).await.unwrap();
    }

    fn train(&self) -> Train {
        let file = self.workspace.path().join("trains/great-linux.toml");
        train::load(&file).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn store(&self) -> LocalStore {
        LocalStore::new(self.workspace.path().join("state"), TrainName::new("great-linux"))
    }

    /// Starts a new process, which has learnt nothing yet.
    pub(crate) fn start_process(&mut self) {
        self.process = Arc::new(connect(&self.sky, &self.facts, self.api));
    }

    /// Replaces ids by display names, also of instances that the service does not know yet.
    pub(crate) fn named(&self, mut text: String) -> String {
        for member in self.facts.groups.iter().flat_map(|(_, members)| members) {
            if text.contains(&member.id) {
                text = text.replace(&member.id, &member.name);
            }
        }
        text
    }

    pub(crate) async fn state(&self) -> State {
        let known = self.store().load().await.unwrap();
        known.unwrap_or_else(|| State::new(TrainName::new("great-linux"), Lineage("story".into())))
    }

    /// Plans, and checks the plan.
    pub(crate) async fn plan(&self) -> Result<Plan, String> {
        let (train, state) = (self.train(), self.state().await);
        let survey = survey(&*self.process, &train, &state, 10, |_| ()).await;
        let observed: Observed = survey.map_err(|error| format!("error: {error}"))?;
        let service = service(&train);
        let input = self.input((&train, &state), &observed, &service);
        let plan = plan::plan(&input).map_err(|refusals| format!("refused: {refusals:?}"))?;
        assert_eq!(lint::lint(&plan), []);
        Ok(plan)
    }

    /// Plans as `update --stream` does.
    pub(crate) async fn plan_streams(&self, instance: Ocid, streams: Vec<StreamName>) -> Plan {
        let (train, state) = (self.train(), self.state().await);
        let of = |_: &Observed| [instance.clone()].into();
        let asked = (None, Asked::Streams);
        let observed = survey_updates(&*self.process, (&train, &state), asked, of, 10, |_| ()).await.unwrap();
        let service = service(&train);
        let input = self.input((&train, &state), &observed, &service);
        let target = Target::Instance(instance.clone());
        let request = Request { target, wanted: Wanted::All, packages: Vec::new(), streams };
        let plan = plan::update(&input, &request).unwrap();
        assert_eq!(lint::lint(&plan), []);
        plan
    }

    fn input<'a>(
        &self,
        (train, state): (&'a Train, &'a State),
        observed: &'a Observed,
        service: &'a ServiceLabel,
    ) -> Input<'a> {
        let capabilities = match self.api {
            Api::Osms => osms::CAPABILITIES,
            Api::Osmh => osmh::CAPABILITIES,
        };
        let now = self.simulator.now();
        Input { train, state, observed, capabilities, service, now, allow_shrink: false }
    }

    pub(crate) async fn lock(&self, who: &str) -> Result<LocalSession, StoreError> {
        let since = self.simulator.now();
        let holder = Holder {
            id: LockId::default(),
            train: None,
            who: who.into(),
            host: "stage".into(),
            pid: std::process::id(),
            command: "apply".into(),
            since,
        };
        self.store().lock(&holder).await
    }

    /// Applies a plan, until its end or until the weather cuts the run off. The sender is that of signals.
    pub(crate) async fn apply(&self, plan: &Plan, signal: watch::Receiver<u8>) -> Ran {
        let mut session = match self.lock("tester").await {
            Ok(session) => session,
            Err(error) => return Ran::Failed(error.to_string()),
        };
        let state = session.load().await.unwrap();
        let basis = &plan.basis;
        let state = state.unwrap_or_else(|| State::new(basis.train.clone(), basis.lineage.clone()));
        let simulator = self.simulator.clone();
        let run = Run {
            settings: Settings {
                parallelism: 10,
                first_wait: Duration::from_millis(100),
                longest_wait: Duration::from_secs(2),
                verify_patience: Duration::from_secs(30 * 60),
                work_patience: Duration::from_secs(4 * 3_600),
            },
            clock: Arc::new(move || simulator.now()),
            interrupt: signal,
            who: "tester".into(),
            host: "stage".into(),
            wait: self.wait,
            checker: Some(self.ill.clone()),
            consent: Default::default(),
        };
        tokio::select! {
            ran = apply(plan, self.process.clone(), session, state, run, |_| ()) => match ran {
                Ok(outcome) => Ran::Ended(outcome),
                Err(error) => Ran::Failed(error.to_string()),
            },
            () = self.sky.death() => Ran::Cut,
        }
    }

    /// The service without weather, for those who do things by hand; each time anew, so that nothing is remembered.
    pub(super) fn hand(&self) -> Service<InProcess> {
        connect(&InProcess(self.simulator.clone()), &self.facts, self.api)
    }

    pub(super) async fn look(&self, scope: Scope) -> Sighting {
        self.hand().observe(&scope).await.unwrap()
    }

    /// Does something by hand, and waits for it.
    pub(crate) async fn by_hand(&mut self, op: &Op) {
        self.tokens += 1;
        let token = RetryToken(format!("hand-{}", self.tokens));
        let Submitted::Pending { ticket } = self.hand().submit(op, &token).await.unwrap() else { return };
        loop {
            match self.hand().poll(&ticket).await.unwrap() {
                Progress::Succeeded | Progress::Parts { over: true, .. } => return,
                Progress::Failed { message } => panic!("{op:?}: {message}"),
                _ => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Puts an instance back on the sources that the golden one has, which are the vendor's, and updates it.
    pub(crate) async fn yum_update_from_the_vendor(&mut self, name: &str) {
        let (instance, golden) = (self.id(name), self.id("golden-01"));
        let Sighting::Instance(_, Some(vendor)) = self.look(Scope::Instance(golden)).await else {
            panic!("the golden instance is there")
        };
        let to = SourceRef {
            release: ReleaseName::new("by-hand"),
            id: vendor.parent.map(|link| link.id),
            under: None,
        };
        self.by_hand(&Op::Switch {
            instance: instance.clone(),
            from: None,
            to: to.clone(),
            drops: Vec::new(),
        })
        .await;
        for child in vendor.children {
            let path = ["managedInstances", instance.as_str(), "actions", "attachChildSoftwareSource"];
            let call =
                Call::post("AttachChild", &path).json(&json!({ "softwareSourceId": child.id.as_str() }));
            self.client.send(&call).await.unwrap();
        }
        self.by_hand(&Op::Update { instance, source: to, kind: Wanted::All }).await;
    }

    /// Takes a package out of a release's source, or puts one in that is not the release's.
    pub(crate) async fn edit_source(&mut self, release: &str, with: bool, package: &str) {
        let id = self.state().await.sources[&ReleaseName::new(release)].id.clone();
        let source = SourceRef { release: ReleaseName::new(release), id: Some(id.clone()), under: None };
        let packages = if with {
            vec![Package::parse(package).unwrap()]
        } else {
            let Sighting::SourceContents(_, Some(held)) = self.look(Scope::SourceContents(id)).await else {
                panic!("{release} has no source")
            };
            held.iter().filter(|held| held.name() == package).collect()
        };
        assert!(!packages.is_empty(), "{release} has no {package}");
        self.by_hand(&match with {
            true => Op::AddPackages { source, packages },
            false => Op::RemovePackages { source, packages },
        })
        .await;
    }

    pub(crate) async fn join_by_hand(&mut self, name: &str, group: &str) {
        let id =
            self.state().await.groups.iter().find(|(known, _)| known.as_str() == group).unwrap().1.id.clone();
        let group = GroupRef { group: patchtrain::name::GroupName::new(group), id: Some(id) };
        let instance = self.id(name);
        self.by_hand(&Op::Join { group, instance }).await;
    }

    /// Lists the ACTIVE sources that somebody made, by name.
    pub(crate) async fn sources(&self) -> Vec<String> {
        let none = Default::default;
        let Sighting::Fleet(fleet) = self
            .look(Scope::Fleet { instances: none(), groups: Default::default(), group_ids: none() })
            .await
        else {
            panic!("not a fleet")
        };
        let mut names: Vec<String> = fleet.sources.values().map(|source| source.name.to_string()).collect();
        names.sort();
        names
    }

    /// Lists the groups of the service that are the train's: how many are in each, and what it is bound to.
    pub(crate) async fn service_groups(&self) -> Vec<String> {
        let names = self.groups.iter().flat_map(|group| {
            let waves = (1..=5).map(|wave| format!("{}/{wave}", group.name));
            waves.chain([group.name.clone()]).map(|name| Arc::from(name.as_str()))
        });
        let (none, names) = (BTreeSet::default(), names.collect());
        let scope = Scope::Fleet { instances: none, groups: names, group_ids: BTreeSet::default() };
        let Sighting::Fleet(fleet) = self.look(scope).await else { panic!("not a fleet") };
        let line = |group: &patchtrain::observed::ServiceGroup| {
            let sources: Vec<&str> = group.sources.iter().map(|link| &*link.name).collect();
            format!("{}: {} on {}", group.name, group.members.len(), sources.join(", "))
        };
        let mut lines: Vec<String> = fleet.groups.values().map(line).collect();
        lines.sort();
        lines
    }

    /// The display names of all members of all groups that the service knows.
    pub(crate) fn everybody(&self) -> Vec<String> {
        let members = self.facts.groups.iter().flat_map(|(_, members)| members);
        members.map(|member| member.name.clone()).filter(|name| name != "web-13").collect()
    }
}
