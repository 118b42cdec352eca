//! A stage: one simulated world, one workspace with its train and state, and the pipeline between them, all in this
//! process on tokio's paused clock. Planning, applying and everything that somebody else does to the world stand here;
//! what of it is told is `told`'s business.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::apply::{Asked, Outcome, Run, Settings, apply, survey, survey_updates};
use patchtrain::cloud::compute::{self, Compute};
use patchtrain::cloud::osms::{API_VERSION, CAPABILITIES, OsmsCloud};
use patchtrain::cloud::{Cloud, Progress, Submitted};
use patchtrain::name::{Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Job, Observed, Scope, ServiceSchedule, Sighting};
use patchtrain::oci::{Call, Client, Credentials, Endpoint, Transport};
use patchtrain::op::{GroupRef, Lineage, Op, RetryToken, SourceRef, Wanted};
use patchtrain::package::{Package, StreamName};
use patchtrain::plan::{self, Input, Plan, Request, ServiceLabel, Target, lint};
use patchtrain::simulator::{Clock, DEFAULT_SEED, Facts, InProcess, Simulator, Switches, credentials, facts};
use patchtrain::state::State;
use patchtrain::state::store::{Holder, LocalSession, LocalStore, LockId, Session, Store, StoreError};
use patchtrain::train::{self, Train};
use serde_json::json;
use tokio::sync::watch;

use super::sky::Sky;
use crate::support::Workspace;

/// A group of the train file, as stories edit it.
pub(super) struct Group {
    pub(super) name: String,
    release: String,
    /// Display names; none for `"service"`.
    members: Option<Vec<String>>,
    after: Option<String>,
    max_failures: usize,
    /// Whether members are those that are tagged for the group instead.
    selects: bool,
    /// `update`, where it is said.
    update: Option<String>,
    /// `schedule`, where there is one: what, how often, from when.
    schedule: Option<[String; 3]>,
    /// Other lines of it.
    pub(super) lines: Vec<String>,
}

/// Everything there is in a story.
pub(crate) struct Stage {
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) sky: Sky,
    pub(super) client: Client<InProcess>,
    pub(super) facts: Facts,
    /// The service as the process sees it that is running, and what it has learnt: names of packages, sources.
    process: Arc<OsmsCloud<Sky>>,
    workspace: Workspace,
    pub(super) groups: Vec<Group>,
    retired: BTreeSet<String>,
    layout: String,
    tokens: usize,
}

fn client<T: Transport>(transport: T, version: &'static str) -> Client<T> {
    let own = credentials();
    let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
    Client::new(transport, Endpoint::fixed("http://127.0.0.1:1"), version, signer)
}

fn process(sky: &Sky, facts: &Facts) -> Arc<OsmsCloud<Sky>> {
    let other = || client(sky.clone(), compute::API_VERSION);
    let cloud = OsmsCloud::new(client(sky.clone(), API_VERSION), Ocid::new(&facts.compartment), 10);
    Arc::new(cloud.with_compute(Compute::new(other(), other(), 10)))
}

fn service(train: &Train) -> ServiceLabel {
    ServiceLabel {
        api: "osms".into(),
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
    pub(crate) fn new(switches: Switches) -> Self {
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
                lines: Vec::new(),
                after,
            });
        }
        let sky = Sky::over(simulator.clone());
        let stage = Self {
            process: process(&sky, &facts),
            sky,
            client: client(InProcess(simulator.clone()), API_VERSION),
            simulator,
            facts,
            workspace: Workspace::quickstart(&[]),
            groups,
            retired: BTreeSet::new(),
            layout: "parent".to_owned(),
            tokens: 0,
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

    pub(crate) fn group(&mut self, name: &str, edit: impl FnOnce(&mut Vec<String>, &mut String, &mut usize)) {
        let group = self.groups.iter_mut().find(|group| group.name == name);
        let group = group.unwrap_or_else(|| panic!("the train has no group {name}"));
        let mut members = group.members.take();
        edit(members.get_or_insert_default(), &mut group.release, &mut group.max_failures);
        group.members = members;
        self.write();
    }

    /// Leaves the members of a group to the service.
    pub(crate) fn leave_to_service(&mut self, name: &str) {
        self.groups.iter_mut().filter(|group| group.name == name).for_each(|group| group.members = None);
        self.write();
    }

    /// Selects the members of a group by the tag that the simulator has on them.
    pub(crate) fn select(&mut self, name: &str) {
        self.groups.iter_mut().filter(|group| group.name == name).for_each(|group| group.selects = true);
        self.write();
    }

    /// Says which updates a group makes.
    pub(crate) fn updates(&mut self, name: &str, update: &str) {
        let group = self.groups.iter_mut().filter(|group| group.name == name);
        group.for_each(|group| group.update = Some(update.to_owned()));
        self.write();
    }

    /// Gives a group a schedule, or takes it away.
    pub(crate) fn schedule(&mut self, name: &str, schedule: Option<[String; 3]>) {
        let group = self.groups.iter_mut().filter(|group| group.name == name);
        group.for_each(|group| group.schedule.clone_from(&schedule));
        self.write();
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

    pub(crate) fn drop_group(&mut self, name: &str) {
        self.groups.retain(|group| group.name != name);
        self.groups.iter_mut().for_each(|group| group.after.take_if(|after| after == name).map_or((), drop));
        self.write();
    }

    /// Retires a release, or takes that back.
    pub(crate) fn retire(&mut self, release: &str, retired: bool) {
        match retired {
            true => self.retired.insert(release.to_owned()),
            false => self.retired.remove(release),
        };
        self.write();
    }

    /// Says how sources are made from now on.
    pub(crate) fn lay_out(&mut self, layout: &str) {
        layout.clone_into(&mut self.layout);
        self.write();
    }

    /// Writes the train file.
    pub(crate) fn write(&self) {
        let Facts { compartment, golden, .. } = &self.facts;
        let mut text = format!(
            "[train]\nname = \"great-linux\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
             compartment = \"{compartment}\"\ngolden = \"{}\"\nlayout = \"{}\"\n\n[service]\napi = \"osms\"\n\
             endpoints = {{ osms = \"simulator\" }}\n",
            golden.id, self.layout
        );
        for release in ["GL1", "GL1.1"] {
            let manifest = format!("great-linux/{release}.packages");
            write!(text, "\n[[release]]\nname = \"{release}\"\nmanifest = \"{manifest}\"\n").unwrap();
            if self.retired.contains(release) {
                text.push_str("retired = true\n");
            }
        }
        for Group { name, release, members, after, max_failures, selects, update, schedule, lines } in
            &self.groups
        {
            write!(text, "\n[[group]]\nname = \"{name}\"\nrelease = \"{release}\"\n").unwrap();
            if let Some(after) = after {
                writeln!(text, "after = [\"{after}\"]").unwrap();
            }
            writeln!(text, "max_failures = {max_failures}").unwrap();
            if let Some(update) = update {
                writeln!(text, "update = \"{update}\"").unwrap();
            }
            lines.iter().for_each(|line| writeln!(text, "{line}").unwrap());
            if let Some([update, every, start]) = schedule {
                let table = format!("{{ update = \"{update}\", every = \"{every}\", start = \"{start}\" }}");
                writeln!(text, "schedule = {table}").unwrap();
            }
            match members {
                _ if *selects => writeln!(
                    text,
                    "members = {{ compartments = [\"{compartment}\"], tags = {{ \"ops.patch\" = \"{name}\" }} }}"
                )
                .unwrap(),
                None => text.push_str("members = \"service\"\n"),
                Some(members) => {
                    let ids: Vec<String> =
                        members.iter().map(|name| format!("\"{}\"", self.id(name))).collect();
                    writeln!(text, "members = [{}]", ids.join(", ")).unwrap();
                }
            }
        }
        self.workspace.write("trains/great-linux.toml", &text);
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
        self.process = process(&self.sky, &self.facts);
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
        let (capabilities, now) = (CAPABILITIES, self.simulator.now());
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
    pub(super) fn hand(&self) -> OsmsCloud<InProcess> {
        let client = client(InProcess(self.simulator.clone()), API_VERSION);
        OsmsCloud::new(client, Ocid::new(&self.facts.compartment), 4)
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
                Progress::Succeeded => return,
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

    /// Counts the updates that an instance was ever asked for.
    pub(crate) async fn updates_of(&self, name: &str) -> usize {
        let id = self.id(name);
        let call = Call::get("ListWorkRequests", &["workRequests"])
            .query("compartmentId", self.facts.compartment.as_str())
            .query("managedInstanceId", id.as_str())
            .query("limit", "1000");
        let reply = self.client.send(&call).await.unwrap();
        let rows: Vec<serde_json::Value> = reply.json().unwrap();
        rows.iter().filter(|row| row["operationType"] == "UPDATEALL").count()
    }

    /// The display names of all members of all groups that the service knows.
    pub(crate) fn everybody(&self) -> Vec<String> {
        let members = self.facts.groups.iter().flat_map(|(_, members)| members);
        members.map(|member| member.name.clone()).filter(|name| name != "web-13").collect()
    }
}
