//! What no format keeps to itself: the packages and names behind a count are in all of them, but where a list folds.

use serde_json::{Value, json};

use super::super::{Comment, Detail, PlanFormat, plan_as};
use super::sample::{self, group_name, instance, instances, package, packages, release};
use super::{borders, crews, judge, policies, style};
use crate::name::{Address, Ocid};
use crate::patching::{Every, Unit};
use crate::plan::{ChangeAction, ChangeDetail, HeldReason, Left, Plan, Stay};

fn written(plan: &Plan) -> [String; 2] {
    [PlanFormat::Markdown(Box::default()), PlanFormat::Html]
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

/// Returns the lines of what is lost, as a comment of so many bytes has them.
fn lost(plan: &Plan, limit: usize) -> Vec<String> {
    let format = PlanFormat::Markdown(Box::new(Comment { limit, ..Comment::default() }));
    let text = plan_as(plan, &format);
    assert!(text.len() <= limit && !text.contains("**Cut**"), "{text}");
    let section = text.split("### Destroyed, removed, set back").nth(1).unwrap_or_default();
    let lines = section.lines().skip(2).take_while(|line| line.starts_with("- "));
    lines.map(str::to_owned).collect()
}

#[test]
fn what_drops_off_is_lost_a_line_each_source() {
    let mut plan = borders::heavy();
    for cohort in &mut plan.cohorts {
        cohort.drops = vec![sample::link("ol8_appstream-x86_64"), sample::link("ol8_addons-x86_64")];
    }
    let lines = lost(&plan, 65_536);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, name) in [(&lines[0], "ol8_addons"), (&lines[1], "ol8_appstream")] {
        let told = format!("- `-` source {name}-x86_64 drops off 2000 instances");
        assert!(line.starts_with(&told), "{line}");
    }
    let page = plan_as(&plan, &PlanFormat::Html);
    assert!(page.contains("source ol8_addons-x86_64 drops off 2000 instances"));
    let few = lost(&sample::full(), 65_536);
    let line = "- `-` source ol8_UEKR7-x86_64 drops off 2 instances: `web-07`, `web-08`";
    assert!(few.iter().any(|lost| lost == line), "{few:?}");
}

#[test]
fn what_is_detached_or_made_anew_is_lost() {
    let mut plan = crews::moving();
    let wanted = crate::patching::Schedule {
        update: crate::op::Wanted::All,
        every: Every { count: 1, unit: Unit::Week },
        start: sample::at("2026-12-05T02:00:00Z"),
    };
    let job = crate::observed::Job {
        name: "nightly".into(),
        groups: Default::default(),
        instances: false,
        update: None,
        every: None,
        next: None,
        last: None,
    };
    let schedule = ChangeDetail::Schedule {
        from: Some(job),
        to: Some(wanted),
        next: None,
        adopt: false,
        replace: true,
        line: Some(41),
    };
    let profile = ChangeDetail::Profile { adopt: false, replace: true, line: Some(41) };
    for (address, detail) in
        [(Address::Schedule(group_name("web")), schedule), (Address::Profile(group_name("web")), profile)]
    {
        plan.changes.push(sample::change(address, ChangeAction::Change, detail));
    }
    for limit in [65_536, 7_000] {
        let lines = lost(&plan, limit);
        for told in [
            "- `-` source ol8_addons-x86_64 is detached from 1 group",
            "- `-` schedule.web: ",
            "- `-` profile.web: make it anew",
            "- `-` profile.old: delete it",
        ] {
            assert_eq!(lines.iter().filter(|line| line.starts_with(told)).count(), 1, "{told} in {lines:?}");
        }
        // From one release to the next it is no loss.
        assert!(!lines.iter().any(|line| line.contains("source GL1")), "{lines:?}");
    }
}

#[test]
fn who_leaves_with_a_wave_that_is_given_up_is_counted_once() {
    let mut plan = sample::full();
    let before = plan.figures().leaves;
    // The group's own count has it already.
    plan.groups[1].work.leaves += 1;
    let detail = ChangeDetail::DeleteGroup { leaves: instances("web", 1..=1) };
    plan.changes.push(sample::change(Address::Group(group_name("web/3")), ChangeAction::Destroy, detail));
    assert_eq!(plan.figures().leaves, before + 1);
    assert_eq!(json_of(&plan)["summary"]["instances"]["leaves"], json!(before + 1));
    for document in written(&plan) {
        assert!(document.contains(&format!("{} instances leave, each its group.", before + 1)), "{document}");
    }
}

#[test]
fn terraform_has_what_it_has_no_place_for_under_a_key_of_ours() {
    let mut plan = policies::reviewed();
    assert!(plan.can_start() && plan.is_denied());
    plan.seen = Some(sample::at("2026-11-29T04:10:00Z"));
    plan.partial = Some(crate::plan::Partial {
        targets: vec!["group.web".to_owned()],
        along: Vec::new(),
        left_out: vec![Address::Group(group_name("db"))],
        steps: 3,
    });
    let terraform =
        |plan: &Plan| -> Value { serde_json::from_str(&plan_as(plan, &PlanFormat::TerraformJson)).unwrap() };
    let (document, own) = (terraform(&plan), json_of(&plan));
    assert_eq!((&document["applyable"], &document["patchtrain"]["denied"]), (&json!(false), &json!(true)));
    for key in ["seen", "partial", "notes", "ahead", "held"] {
        assert!(!own[key].is_null());
        assert_eq!(document["patchtrain"][key], own[key], "{key}");
    }
    plan.policy = None;
    let document = terraform(&plan);
    assert_eq!((&document["applyable"], &document["patchtrain"]["denied"]), (&json!(true), &json!(false)));
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
