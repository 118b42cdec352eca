//! The stream of a run: what each message says, and of which address.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Repeat, RunStream, stream_outcome};
use super::sample::{change, group_name, instance, instances, planned_group, step};
use super::{crews, imports, sample};
use crate::apply::{Event, Outcome, StepEnd};
use crate::name::{Address, GroupName, Ocid, TrainName};
use crate::op::{GroupRef, Lineage, Op, Ownership, StepId, Ticket};
use crate::plan::{Action, ChangeAction, ChangeDetail, Plan, Verification};
use crate::state::Stopped;
use crate::state::store::StepCounts;

/// What can be written to from two places.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// Takes what was written: type, code and level of each message, and the messages.
    fn take(&self) -> (Vec<(String, String)>, Vec<Value>) {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let messages: Vec<Value> = String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(messages.iter().all(|message| message["train"] == "great-linux"), "{messages:?}");
        let text = |message: &Value, key: &str| message[key].as_str().unwrap().to_owned();
        let rows = messages.iter().map(|message| (text(message, "type"), text(message, "code")));
        (rows.collect(), messages)
    }
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(kind, code)| ((*kind).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn an_address_is_complete_when_all_its_steps_are() {
    let plan = sample::full();
    let out = Shared::default();
    let clock = Arc::new(Mutex::new(plan.created));
    let told = Arc::clone(&clock);
    let mut stream = RunStream::new(&plan, out.clone(), move || *told.lock().unwrap());
    let pass = |seconds| {
        let mut now = clock.lock().unwrap();
        *now = now.checked_add(Duration::from_secs(seconds)).unwrap();
    };
    // canary-01: switched by step 4, updated by 5, read back by 6.
    let id = StepId;
    stream.event(&Event::Started { step: id(4) });
    pass(2);
    stream.event(&Event::Ended { step: id(4), end: StepEnd::Done });
    stream.event(&Event::Started { step: id(5) });
    let waiting = |percent| Event::Waiting { step: id(5), ticket: Ticket("ocid1.work".to_owned()), percent };
    stream.event(&waiting(0));
    pass(3);
    stream.event(&waiting(10));
    pass(10);
    stream.event(&waiting(60));
    stream.event(&Event::Ended { step: id(5), end: StepEnd::AlreadyDone });
    stream.event(&Event::Started { step: id(6) });
    stream.event(&Event::Ended { step: id(6), end: StepEnd::Done });
    let (told, messages) = out.take();
    assert_eq!(
        told,
        rows(&[
            // Of canary, and of canary-01 in it.
            ("apply_start", "apply.start"),
            ("apply_start", "apply.start"),
            ("step_start", "step.start"),
            ("step_complete", "step.done"),
            ("step_start", "step.start"),
            ("apply_progress", "apply.progress"),
            ("step_progress", "step.progress"),
            ("apply_progress", "apply.progress"),
            ("step_progress", "step.progress"),
            ("step_complete", "step.already-done"),
            ("step_start", "step.start"),
            ("step_complete", "step.done"),
            ("apply_complete", "apply.complete"),
        ])
    );
    assert_eq!(
        messages[12],
        json!({
            "@level": "info",
            "@message": "instance.canary-01: complete after 15 s",
            "@module": "patchtrain.ui",
            "@timestamp": "2026-11-30T04:10:15.000000Z",
            "type": "apply_complete",
            "code": "apply.complete",
            "train": "great-linux",
            "hook": {
                "resource": {
                    "addr": "patchtrain_instance.great-linux[\"canary-01\"]",
                    "module": "",
                    "resource": "patchtrain_instance.great-linux[\"canary-01\"]",
                    "implied_provider": "patchtrain",
                    "resource_type": "patchtrain_instance",
                    "resource_name": "great-linux",
                    "resource_key": "canary-01",
                },
                "action": "update",
                "id_key": "id",
                "id_value": "ocid1.instance.oc1.eu-frankfurt-1.canary-01",
                "elapsed_seconds": 15,
            },
        })
    );
    assert_eq!((&messages[8]["percent"], &messages[8]["work_request"]), (&json!(60), &json!("ocid1.work")));
}

#[test]
fn what_goes_wrong_is_told_with_its_reason() {
    let plan = sample::full();
    let out = Shared::default();
    let now = plan.created;
    let mut stream = RunStream::new(&plan, out.clone(), move || now);
    let gate = plan.steps.iter().find(|step| matches!(step.action, Action::Gate { .. })).unwrap().id;
    let message = |text: &str| text.to_owned();
    stream.event(&Event::Started { step: StepId(4) });
    let reason = message("no\nanswer");
    stream.event(&Event::Retrying { step: StepId(4), reason, after: Duration::from_millis(1500) });
    stream.event(&Event::Ended { step: StepId(4), end: StepEnd::Failed { message: message("404") } });
    stream.event(&Event::Ended { step: StepId(5), end: StepEnd::NotStarted });
    stream.event(&Event::Started { step: gate });
    stream.event(&Event::Held { step: gate, message: message("it soaks"), until: now });
    stream.event(&Event::Ended { step: gate, end: StepEnd::Shut { message: message("2 of 4") } });
    let stopped = Stopped { wave: 1, failed: 1, allowed: 0, whole: true, at: now };
    stream.event(&Event::Stopped { group: sample::group_name("canary"), stopped });
    stream.event(&Event::Interrupted);
    stream.event(&Event::Ended { step: StepId(8), end: StepEnd::Left { message: message("it goes on") } });
    let repeat = Repeat { operation: "ListX", reason: "503", attempts: 1, wait: Duration::from_secs(1) };
    stream.repeat(&repeat);
    stream.repeat(&repeat);
    // Whatever does not fit the plan is no panic.
    stream.event(&Event::Started { step: StepId(9_999) });
    let (told, messages) = out.take();
    assert_eq!(
        told,
        rows(&[
            ("apply_start", "apply.start"),
            ("apply_start", "apply.start"),
            ("step_start", "step.start"),
            ("retry", "run.retry"),
            ("step_errored", "step.failed"),
            ("diagnostic", "step.failed"),
            ("apply_errored", "apply.errored"),
            ("apply_errored", "apply.errored"),
            ("step_skipped", "step.not-started"),
            ("gate_wait", "gate.wait"),
            ("gate_shut", "gate.shut"),
            ("rollout_stopped", "run.stopped"),
            ("interrupted", "run.interrupted"),
            ("step_left", "step.left"),
            ("retry", "run.retry"),
        ])
    );
    assert_eq!(
        messages[5]["diagnostic"],
        json!({ "severity": "error", "summary": "canary-01: switching to GL1.1", "detail": "404" })
    );
    assert_eq!(messages[10]["reason"], "2 of 4");
}

#[test]
fn the_end_counts_addresses_whose_steps_are_all_done() {
    let plan = sample::full();
    let ends = plan.steps.iter().map(|step| {
        let end = if step.id.0 < 8 { StepEnd::Done } else { StepEnd::NotStarted };
        (step.id, end)
    });
    let outcome = Outcome {
        ends: ends.collect(),
        counts: StepCounts { done: 8, not_started: 39, ..StepCounts::default() },
        serial: 42,
        ..Outcome::default()
    };
    let messages: Vec<Value> = stream_outcome(&plan, &outcome, plan.created)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The release and canary-01; of canary-02 there is only its switch, and so canary is not there yet.
    assert_eq!(
        messages[0]["changes"],
        json!({ "add": 1, "change": 1, "import": 0, "remove": 0, "operation": "apply" })
    );
    assert_eq!(messages[1]["code"], "outcome.waiting");
    assert_eq!(messages[1]["steps"], json!({ "done": 8, "already": 0, "failed": 0, "not_started": 39 }));
    assert_eq!(messages[1]["serial"], 42);
    let failed = Outcome { counts: StepCounts { failed: 1, ..outcome.counts }, ..outcome };
    let told = stream_outcome(&plan, &failed, plan.created);
    assert!(
        told.contains("Apply ended early. Resources: 1 added") && told.contains("outcome.partial"),
        "{told}"
    );
}

#[test]
fn what_is_asked_of_a_group_is_work_on_each_that_it_is_for() {
    let plan = crews::moving();
    let out = Shared::default();
    let now = plan.created;
    let mut stream = RunStream::new(&plan, out.clone(), move || now);
    for step in &plan.steps {
        stream.event(&Event::Started { step: step.id });
        stream.event(&Event::Ended { step: step.id, end: StepEnd::Done });
    }
    let (told, messages) = out.take();
    let of = |kind: &str| {
        let named = messages.iter().filter(|message| message["type"] == kind);
        named.map(|message| message["hook"]["resource"]["resource_key"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(of("apply_start"), of("apply_complete"));
    let members = |op: &Op| op.crew().map_or(0, |(_, instances)| instances.len());
    let crew = plan.steps.iter().map(|step| match &step.action {
        Action::Act { op } => members(op),
        _ => 0,
    });
    let instances = plan.changes.iter().filter(|change| matches!(change.address, Address::Instance(_)));
    let (crew, instances) = (crew.max().unwrap(), instances.count());
    assert!(crew > 1 && of("apply_complete").len() >= crew.min(instances), "{told:?}");
}

/// A change of a group of which nothing is said but this.
fn of_group(create: bool, joins: Vec<Ocid>, leaves: Vec<Ocid>, verifies: usize) -> ChangeDetail {
    ChangeDetail::Group {
        create,
        adopt: false,
        from: None,
        joins,
        leaves,
        verifies,
        exchange: None,
        line: 41,
    }
}

fn group_ref(name: &str) -> GroupRef {
    GroupRef { group: group_name(name), id: None }
}

/// A plan of one change, of a group, and of steps with the group that each is for and its wave.
fn of_one(
    name: &str,
    (action, detail): (ChangeAction, ChangeDetail),
    steps: Vec<(Address, u32, Action)>,
) -> Plan {
    let mut plan = sample::empty();
    let whole = GroupName::new(name).whole();
    plan.groups = vec![planned_group(whole.as_str(), "GL1", 3)];
    plan.changes = vec![change(Address::Group(group_name(name)), action, detail)];
    for (address, wave, action) in steps {
        let id = step(&mut plan, address, Some(whole.as_str()), action, &[]);
        plan.steps[id as usize].wave = Some(wave).filter(|wave| *wave > 0);
    }
    plan
}

fn level(number: usize) -> (Address, u32, Action) {
    let instance = instance(&format!("web-{number:02}"));
    let what =
        Verification::Level { instance: instance.clone(), group: group_name("web"), stays: Vec::new() };
    (Address::Instance(instance), 0, Action::Verify { what })
}

fn act(address: Address, op: Op) -> (Address, u32, Action) {
    (address, 0, Action::Act { op })
}

fn join(number: usize) -> (Address, u32, Action) {
    let instance = instance(&format!("web-{number:02}"));
    let op = Op::Join { group: group_ref("web"), instance: instance.clone() };
    act(Address::Instance(instance), op)
}

fn leave(number: usize) -> (Address, u32, Action) {
    let instance = instance(&format!("web-{number:02}"));
    let op = Op::Leave { group: group_ref("web"), instance: instance.clone() };
    act(Address::Instance(instance), op)
}

fn owner() -> Ownership {
    Ownership { train: TrainName::new("great-linux"), lineage: Lineage("6f9a1c20".into()), release: None }
}

/// Runs a plan to these ends, done where none is given. Returns what is told of addresses, with the step that it is told
/// at, and the total.
fn run(plan: &Plan, ends: &[StepEnd]) -> (Vec<(u32, String, String)>, Value) {
    let out = Shared::default();
    let now = plan.created;
    let mut stream = RunStream::new(plan, out.clone(), move || now);
    let mut told = Vec::new();
    let mut outcome = Outcome::default();
    for step in &plan.steps {
        let end = ends.get(step.id.0 as usize).cloned().unwrap_or(StepEnd::Done);
        if end != StepEnd::NotStarted {
            stream.event(&Event::Started { step: step.id });
        }
        stream.event(&Event::Ended { step: step.id, end: end.clone() });
        outcome.ends.push((step.id, end));
        let (_, messages) = out.take();
        let hooks = messages.iter().filter(|message| message["hook"].is_object());
        told.extend(hooks.map(|message| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let key = &message["hook"]["resource"]["resource_key"];
            (step.id.0, text(&message["type"]), text(key))
        }));
    }
    let last = stream_outcome(plan, &outcome, now);
    let total: Value = serde_json::from_str(last.lines().next().unwrap()).unwrap();
    (told, total["changes"].clone())
}

#[test]
fn a_group_is_told_of_by_the_steps_of_its_members() {
    let web = || Address::Group(group_name("web"));
    let changes = |detail| (ChangeAction::Change, detail);
    let create = Op::CreateGroup { group: group_name("web"), owner: owner(), outfit: None };
    let dismiss = Op::Dismiss { group: group_ref("web"), instances: instances("web", 1..=2) };
    let delete = Op::DeleteGroup { group: group_ref("web") };
    let deleted = || (ChangeAction::Destroy, ChangeDetail::DeleteGroup { leaves: instances("web", 1..=2) });
    let failed = || StepEnd::Failed { message: "404".to_owned() };
    let of_wave = |(address, _, action): (Address, u32, Action)| (address, 2, action);
    // What changes, its steps, how they end, and when the group begins, fails and is complete.
    type Row = (&'static str, Plan, Vec<StepEnd>, [Option<u32>; 3]);
    let table: Vec<Row> = vec![
        (
            "members are read back",
            of_one(
                "web",
                changes(of_group(false, Vec::new(), Vec::new(), 3)),
                vec![level(1), level(2), level(3)],
            ),
            Vec::new(),
            [Some(0), None, Some(2)],
        ),
        (
            "members leave",
            of_one(
                "web",
                changes(of_group(false, Vec::new(), instances("web", 1..=2), 0)),
                vec![leave(1), leave(2)],
            ),
            Vec::new(),
            [Some(0), None, Some(1)],
        ),
        (
            "members leave a service that binds groups",
            of_one(
                "web",
                changes(of_group(false, Vec::new(), instances("web", 1..=2), 0)),
                vec![act(web(), dismiss)],
            ),
            Vec::new(),
            [Some(0), None, Some(0)],
        ),
        (
            "a group is made, and they join",
            of_one(
                "web",
                (ChangeAction::Add, of_group(true, instances("web", 1..=2), Vec::new(), 0)),
                vec![act(web(), create.clone()), join(1), join(2)],
            ),
            Vec::new(),
            [Some(0), None, Some(2)],
        ),
        (
            "a group is made, and nobody can join",
            of_one(
                "web",
                (ChangeAction::Add, of_group(true, instances("web", 1..=2), Vec::new(), 0)),
                vec![act(web(), create), join(1), join(2)],
            ),
            vec![StepEnd::Done, failed(), failed()],
            [Some(0), Some(1), None],
        ),
        (
            "a wave that is a group of the service",
            of_one(
                "web/2",
                changes(of_group(false, Vec::new(), Vec::new(), 2)),
                vec![of_wave(level(1)), of_wave(level(2))],
            ),
            vec![StepEnd::Done, StepEnd::AlreadyDone],
            [Some(0), None, Some(1)],
        ),
        (
            "a group goes, whatever becomes of those who were in it",
            of_one("web", deleted(), vec![leave(1), leave(2), act(web(), delete), of_wave(level(1))]),
            vec![StepEnd::Done, StepEnd::Done, StepEnd::Done, failed()],
            [Some(0), None, Some(2)],
        ),
    ];
    for (name, plan, ends, [begun, errored, complete]) in table {
        let (told, total) = run(&plan, &ends);
        let key = match &plan.changes[0].address {
            Address::Group(group) => group.to_string(),
            other => panic!("{other:?}"),
        };
        let expected: Vec<(u32, String, String)> =
            [(begun, "apply_start"), (errored, "apply_errored"), (complete, "apply_complete")]
                .into_iter()
                .filter_map(|(at, kind)| Some((at?, kind.to_owned(), key.clone())))
                .collect();
        assert_eq!(told, expected, "{name}");
        let counted: u64 = ["add", "change", "remove"].iter().map(|key| total[*key].as_u64().unwrap()).sum();
        assert_eq!(counted, u64::from(complete.is_some()), "{name}: {total}");
    }
}

#[test]
fn what_is_taken_over_and_changed_is_both() {
    let mut plan = imports::imports();
    let web = || Address::Group(group_name("web"));
    plan.changes =
        vec![change(web(), ChangeAction::Change, of_group(false, instances("web", 1..=1), Vec::new(), 0))];
    let (address, _, action) = join(1);
    step(&mut plan, address, Some("web"), action, &[1]);
    let (told, total) = run(&plan, &[]);
    let of_web: Vec<(u32, &str)> = told
        .iter()
        .filter(|(_, _, key)| key == "web")
        .map(|(step, kind, _)| (*step, kind.as_str()))
        .collect();
    assert_eq!(
        of_web,
        [(1, "apply_start"), (1, "apply_complete"), (3, "apply_start"), (3, "apply_complete")]
    );
    assert_eq!((&total["import"], &total["change"]), (&json!(3), &json!(1)));
}
