//! Whole trains on OS Management Hub, planned and applied against the simulator in process, on tokio's paused clock: who
//! comes up by a train's own profile, and who is in somebody else's lifecycle stage.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchtrain::apply::{Outcome, Run, Settings, StepEnd, apply, survey};
use patchtrain::cloud::compute::{self, Compute};
use patchtrain::cloud::osmh::{API_VERSION, CAPABILITIES, OsmhCloud, System};
use patchtrain::name::{Address, GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::oci::{Call, Client, Credentials, Endpoint};
use patchtrain::op::Lineage;
use patchtrain::plan::{
    self, ChangeDetail, DriftKind, Held, HeldReason, Input, Plan, ServiceLabel, Stay, lint,
};
use patchtrain::simulator::{Clock, DEFAULT_SEED, Facts, InProcess, Simulator, Switches, credentials, facts};
use patchtrain::state::State;
use patchtrain::state::store::Session;
use patchtrain::train::{self, Reboot, Train};
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::store::MemoryStore;

/// A train with one group, what it was applied to, and what of it is on record.
struct Line {
    simulator: Arc<Simulator>,
    facts: Facts,
    workspace: Workspace,
    store: MemoryStore,
}

impl Line {
    fn new() -> Self {
        let start = Timestamp::from_second(1_795_000_000).unwrap();
        let clock = Clock::starting_at(start);
        let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, clock, Switches::default()));
        let (facts, workspace) = (facts(DEFAULT_SEED), Workspace::quickstart(&[]));
        Self { simulator, facts, workspace, store: MemoryStore::default() }
    }

    fn client(&self, version: &'static str) -> Client<InProcess> {
        let own = credentials();
        let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes());
        let endpoint = Endpoint::fixed("http://127.0.0.1:1");
        Client::new(InProcess(self.simulator.clone()), endpoint, version, signer.unwrap())
    }

    fn cloud(&self, train: &Train) -> OsmhCloud<InProcess> {
        let system = System { os: train.os.clone(), arch: train.architecture.clone() };
        let vendors = self.facts.vendor_sources.clone();
        let cloud = OsmhCloud::new(self.client(API_VERSION), train.compartment.clone(), 10, system, vendors);
        let compute = || self.client(compute::API_VERSION);
        cloud.with_compute(Compute::new(compute(), compute(), 10))
    }

    fn id(&self, name: &str) -> Ocid {
        let mut members = self.facts.groups.iter().flat_map(|(_, members)| members);
        Ocid::new(&members.find(|member| member.name == name).unwrap().id)
    }

    /// Returns a train whose group takes in whoever is tagged for it, or whoever the service says, and has more lines.
    fn train(&self, group: &str, selects: bool, lines: &str) -> Train {
        let Facts { compartment, golden, vendor_sources, .. } = &self.facts;
        let members = match selects {
            true => {
                format!("{{ compartments = [\"{compartment}\"], tags = {{ \"ops.patch\" = \"{group}\" }} }}")
            }
            false => "\"service\"".to_owned(),
        };
        let text = format!(
            "[train]\nname = \"great-linux\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
             compartment = \"{compartment}\"\ngolden = \"{}\"\nvendor_sources = {vendor_sources:?}\n\n\
             [service]\napi = \"osmh\"\nendpoints = {{ osmh = \"simulator\" }}\n\n\
             [[release]]\nname = \"GL1\"\nmanifest = \"great-linux/GL1.packages\"\n\n\
             [[group]]\nname = \"{group}\"\nrelease = \"GL1\"\nmembers = {members}\n{lines}\n",
            golden.id
        );
        let file = self.workspace.write("trains/great-linux.toml", &text);
        train::load(&file).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn state(&self) -> State {
        let new = || State::new(TrainName::new("great-linux"), Lineage("line".into()));
        self.store.state().unwrap_or_else(new)
    }

    async fn plan(&self, train: &Train) -> Plan {
        let state = self.state();
        let observed = survey(&self.cloud(train), train, &state, 10, |_| ()).await.unwrap();
        let service = ServiceLabel {
            api: "osmh".into(),
            simulator: true,
            place: "simulator".into(),
            compartment: train.compartment.clone(),
        };
        let input = Input {
            train,
            state: &state,
            observed: &observed,
            capabilities: CAPABILITIES,
            service: &service,
            now: self.simulator.now(),
            allow_shrink: false,
        };
        let plan = plan::plan(&input).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        assert_eq!(lint::lint(&plan), []);
        plan
    }

    /// Plans and applies, which must go well; then nothing is left to be done.
    async fn apply(&self, train: &Train) -> Plan {
        let plan = self.plan(train).await;
        let outcome = self.run(train, &plan).await;
        let well = |end: &StepEnd| matches!(end, StepEnd::Done | StepEnd::AlreadyDone);
        assert!(outcome.ends.iter().all(|(_, end)| well(end)), "{:?}", outcome.ends);
        let after = self.plan(train).await;
        assert!(after.steps.is_empty() && after.changes.is_empty(), "{:?}", after.changes);
        plan
    }

    async fn run(&self, train: &Train, plan: &Plan) -> Outcome {
        let mut session = self.store.clone();
        let state = Session::load(&mut session).await.unwrap().unwrap_or_else(|| self.state());
        let simulator = self.simulator.clone();
        let (_sender, interrupt) = tokio::sync::watch::channel(0);
        let settings = Settings {
            parallelism: 10,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(2),
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
        apply(plan, Arc::new(self.cloud(train)), session, state, run, |_| ()).await.unwrap()
    }

    /// Starts web-13 with the profile that the state has for its group.
    async fn start_web_13(&self) -> Ocid {
        let (late, profile) = (self.id("web-13"), &self.state().profiles[&GroupName::new("web")].id.clone());
        self.simulator.register(late.as_str(), profile.as_str()).unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        late
    }
}

/// Whom a plan sends away.
fn leaving(plan: &Plan) -> Vec<&Ocid> {
    let leaves = plan.changes.iter().filter_map(|change| match &change.detail {
        ChangeDetail::Group { leaves, .. } => Some(leaves),
        _ => None,
    });
    leaves.flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn who_comes_up_by_the_trains_own_profile_stays_and_is_at_level() {
    for selects in [true, false] {
        let line = Line::new();
        if !selects {
            // Whoever the service says is said of a group that is there.
            line.apply(&line.train("web", true, "")).await;
        }
        let train = line.train("web", selects, "profile = true");
        line.apply(&train).await;
        let late = line.start_web_13().await;

        let plan = line.plan(&train).await;
        assert_eq!(leaving(&plan), Vec::<&Ocid>::new());
        assert_eq!((&plan.drift, &plan.held), (&Vec::new(), &Vec::new()));
        line.apply(&train).await;
        let level = line.state().instances[&late].at_level.clone();
        assert_eq!(level.map(|level| level.release), Some(ReleaseName::new("GL1")), "selects: {selects}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_up_by_the_profile_and_is_not_selected_is_a_stranger() {
    let line = Line::new();
    line.simulator.tag(line.id("web-13").as_str(), None).unwrap();
    let train = line.train("web", true, "profile = true");
    line.apply(&train).await;
    let late = line.start_web_13().await;
    let plan = line.apply(&train).await;
    assert_eq!(leaving(&plan), [&late]);
    let [drift] = plan.drift.as_slice() else { panic!("{:?}", plan.drift) };
    assert_eq!(drift.address, Address::Instance(late));
    assert!(matches!(drift.kind, DriftKind::Joined { .. }), "{:?}", drift.kind);
}

#[tokio::test(start_paused = true)]
async fn who_is_in_somebody_elses_stage_is_held_and_the_others_ride() {
    let line = Line::new();
    let client = line.client(API_VERSION);
    let details = json!({
        "compartmentId": line.facts.compartment,
        "displayName": "theirs",
        "stages": [{ "displayName": "test", "rank": 1 }, { "displayName": "prod", "rank": 2 }],
        "osFamily": "ORACLE_LINUX_8",
        "archType": "X86_64",
        "vendorName": "ORACLE",
        "location": "OCI_COMPUTE",
    });
    let call = Call::post("CreateLifecycleEnvironment", &["lifecycleEnvironments"]).json(&details);
    let made: Value = client.send(&call).await.unwrap().json().unwrap();
    let stage = Ocid::new(made["stages"][1]["id"].as_str().unwrap());
    let one = line.id("web-01");
    let members = json!({ "managedInstanceDetails": { "managedInstances": [one] } });
    let act =
        |action| Call::post(action, &["lifecycleStages", stage.as_str(), "actions", action]).json(&members);
    client.send(&act("attachManagedInstances")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;

    let train = line.train("canary", true, "");
    let plan = line.apply(&train).await;
    let reason = HeldReason::Taken { by: stage.clone(), name: None };
    assert_eq!(plan.held, [Held { address: Address::Instance(one.clone()), reason, until: None }]);
    assert_eq!(line.state().instances.len(), 2, "the other two canaries");

    client.send(&act("detachManagedInstances")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(line.apply(&train).await.held, []);
    assert!(line.state().instances[&one].at_level.is_some());
}

/// A group that is made exactly its release, with whoever waits for it booted: on the hub, where members move together and
/// each boots by itself.
#[tokio::test(start_paused = true)]
async fn a_group_is_made_exactly_its_release_and_booted() {
    let line = Line::new();
    let mut train = line.train("canary", true, "enforce = \"exact\"\nremove_extras = true");
    // A `window` is somebody else's to say; that members are rebooted is not held by it here.
    train.groups[0].enforcing.reboot = Reboot::Window;
    let plan = line.plan(&train).await;
    let work = plan.groups[0].work;
    assert!(work.exact == 3 && work.reboots == 3, "{work:?}");
    let outcome = line.run(&train, &plan).await;
    let well = |end: &StepEnd| matches!(end, StepEnd::Done | StepEnd::AlreadyDone | StepEnd::Updated);
    assert!(outcome.ends.iter().all(|(_, end)| well(end)), "{:?}", outcome.ends);
    // What ran when the plan was made goes with the next one.
    let second = line.plan(&train).await;
    let outcome = line.run(&train, &second).await;
    assert!(outcome.ends.iter().all(|(_, end)| well(end)), "{:?}", outcome.ends);
    let after = line.plan(&train).await;
    assert_eq!(after.steps.len(), 0);
    // What is left is of module streams that they do not have: no install brings those.
    let stays = |held: &Held| match &held.reason {
        HeldReason::Inexact { left } => left.iter().all(|left| left.why == Stay::Stream),
        _ => false,
    };
    assert!(after.held.iter().all(stays), "{:?}", after.held);
    // Nobody was booted twice, nor for nothing.
    for name in ["web-01", "db-01", "batch-01"] {
        let given = line.simulator.work_of(line.id(name).as_str());
        let boots = given.iter().filter(|work| work.what.starts_with("reboot/")).count();
        assert!(boots <= 1, "{name}: {boots}");
    }
}
