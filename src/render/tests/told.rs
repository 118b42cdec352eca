//! What no format keeps to itself: the packages and names behind a count are in all of them, but where a list folds.

use serde_json::{Value, json};

use super::super::{Comment, Detail, PlanFormat, plan_as};
use super::sample::{self, instance, instances, package, packages, release};
use super::{crews, judge, style};
use crate::name::{Address, Ocid};
use crate::plan::{HeldReason, Left, Plan, Stay};

fn written(plan: &Plan) -> [String; 2] {
    [PlanFormat::Markdown(Box::new(Comment::default())), PlanFormat::Html]
        .map(|format| plan_as(plan, &format).replace("&gt;", ">"))
}

fn json_of(plan: &Plan) -> Value {
    serde_json::from_str(&plan_as(plan, &PlanFormat::Json)).unwrap()
}

#[test]
fn the_packages_of_drift_and_of_repairs_are_told() {
    for document in written(&sample::full()) {
        for told in [
            "-tzdata-2023c-1.el8.noarch",
            "+htop-3.2.1-1.el8.x86_64",
            "bash-4.4.20-4.el8_6.x86_64 -> 4.4.20-3.el8",
            "put back:",
        ] {
            assert!(document.contains(told), "no {told} in {document}");
        }
        // Beside the release: without a sign, as in a list.
        let beside = document.split("beside the release now").nth(1).unwrap();
        assert!(beside[..300].contains("htop-3.2.1-1.el8.x86_64"), "{beside}");
    }
}

#[test]
fn who_keeps_a_retired_release_is_named() {
    let mut plan = sample::full();
    let group = Ocid::new("ocid1.osmhmanagedinstancegroup.oc1..0123456789abcdef");
    let ridden = |riders: Vec<Ocid>| HeldReason::Ridden { groups: vec![group.clone()], riders };
    plan.held = vec![
        sample::held(Address::Release(release("GL0")), ridden(instances("web", 1..=2))),
        sample::held(Address::Release(release("GL0.1")), ridden(instances("db", 1..=2))),
    ];
    for document in written(&plan) {
        for told in ["kept by", "web-02", "ocid1.osmhmanagedinstancegroup...6789abcdef"] {
            assert!(document.contains(told), "no {told} in {document}");
        }
        // Each of the two has its own.
        assert_eq!(document.matches("it is retired, and its source").count(), 2, "{document}");
    }
    let held = &json_of(&plan)["held"];
    assert_eq!(held[0]["details"]["riders"], json!(instances("web", 1..=2)));
    assert_eq!(held[1]["details"]["groups"], json!([group]));
}

#[test]
fn what_stays_of_an_instance_is_told_whole() {
    let mut plan = sample::full();
    let left = |last: &str| {
        let mut all = packages(&["acl-2-1.el8.x86_64", "bzip2-2-1.el8.x86_64", "cpio-2-1.el8.x86_64"]);
        all.push(package(last));
        let left: Vec<Left> = all.into_iter().map(|package| Left { why: Stay::Extra, package }).collect();
        HeldReason::Inexact { left }
    };
    plan.held = vec![
        sample::held(Address::Instance(instance("web-01")), left("zip-1-1.el8.x86_64")),
        sample::held(Address::Instance(instance("web-02")), left("zsh-1-1.el8.x86_64")),
    ];
    let text = |detail| plan_as(&plan, &PlanFormat::Text(style(400, detail)));
    let [comment, page] = written(&plan);
    for document in [&comment, &page, &text(Detail::Full)] {
        let rests: Vec<&str> = document.split("it will not be exactly its release").skip(1).collect();
        assert_eq!(rests.len(), 2, "{document}");
        for (rest, last, instance) in [(rests[0], "zip-1-1", "web-01"), (rests[1], "zsh-1-1", "web-02")] {
            assert!(rest.contains(last) && document.contains(instance), "no {last} in {document}");
        }
        assert!(!document.contains("cpio-2-1.el8.x86_64 and 1 more"), "{document}");
    }
    assert_eq!(text(Detail::Default).matches("cpio-2-1.el8.x86_64 and 1 more").count(), 2);
    let held = &json_of(&plan)["held"][1];
    assert!(held["text"].as_str().unwrap().contains("zsh-1-1"), "{held}");
    assert_eq!(
        held["details"]["left"][3],
        json!({ "why": { "stays": "extra" }, "package": "zsh-1-1.el8.x86_64" })
    );
}

#[test]
fn steps_name_whom_they_are_for_and_gates_what_they_wait_for() {
    let document = json_of(&crews::moving());
    let steps = document["steps"].as_array().unwrap();
    let attach = steps.iter().find(|step| step["kind"] == "attach").unwrap();
    assert_eq!((&attach["instances"], &attach["members"]), (&json!(12), &json!(instances("web", 1..=12))));

    let mut plan = sample::full();
    for step in &mut plan.steps {
        if let crate::plan::Action::Gate {
            condition: crate::plan::Condition::GroupAtLevel { soak, health, .. },
        } = &mut step.action
        {
            *soak = Some(jiff::SignedDuration::from_hours(48));
            let probe = crate::rollout::Probe::Http("https://{name}/health".to_owned());
            let timeout = crate::rollout::HealthCheck::DEFAULT_TIMEOUT;
            *health = Some(crate::rollout::HealthCheck { probe, timeout });
        }
    }
    let document = json_of(&plan);
    let steps = document["steps"].as_array().unwrap();
    let gate = &steps.iter().find(|step| step["kind"] == "gate-level").unwrap()["condition"];
    assert_eq!((&gate["gate"], &gate["soak"]), (&json!("group-at-level"), &json!("PT48H")));
    assert_eq!(gate["health"]["http"], "https://{name}/health");
    assert_eq!(gate["candidates"], json!(instances("canary", 1..=4)));
    let schema: Value = serde_json::from_str(super::super::plan::PLAN_SCHEMA).unwrap();
    assert_eq!(judge::faults(&schema, &document, true), Vec::<String>::new());
}
