//! How work goes: alone, in parts, in parts of parts, and in other compartments; and what it costs to ask.

use super::service::{Fault, Service};
use super::*;
use crate::cloud::Part;
use crate::oci::testing;

fn ticket(id: &str) -> Ticket {
    Ticket(id.to_owned())
}

fn parts(parts: &[(&str, Part)]) -> BTreeMap<Ocid, Part> {
    parts.iter().map(|(id, part)| (Ocid::new(id), part.clone())).collect()
}

fn failed(message: &str) -> Part {
    Part::Failed { message: message.to_owned() }
}

/// Asks again after a while: what was read a moment ago serves.
async fn poll(cloud: &OsmhCloud<Script>, id: &str) -> Progress {
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    cloud.poll(&ticket(id)).await.unwrap()
}

/// A group of three: one below the train's compartment, one in it, one elsewhere.
fn crew() -> Service {
    let service = Service::new();
    for (id, compartment) in [("a", "c1"), ("b", "c"), ("x", "elsewhere")] {
        service.instance(id, compartment, &["s"]);
    }
    service.group("g", "web", &["s"], &["a", "b", "x"]);
    service.work("w", "IN_PROGRESS", ("GROUP", "g"), None);
    for id in ["a", "b", "x"] {
        service.work(&format!("w-{id}"), "ACCEPTED", ("INSTANCE", id), Some("w"));
    }
    service
}

#[tokio::test(start_paused = true)]
async fn parts_are_followed_wherever_they_lie_by_a_list_and_not_one_by_one() {
    let service = crew();
    let cloud = cloud(&service);
    let all = |a, b, x| parts(&[("a", a), ("b", b), ("x", x)]);
    let accepted =
        Progress::Parts { parts: all(Part::Accepted, Part::Accepted, Part::Accepted), over: false };
    assert_eq!(poll(&cloud, "w").await, accepted);
    let list = "GET /workRequests?compartmentId=c&parentId=w&limit=1000&compartmentIdInSubtree=true";
    let asked = service.asked();
    assert_eq!(asked[..2], ["GET /workRequests/w", list]);
    // Once for each: whose it is, only the part says.
    let mut once: Vec<&str> = asked[2..].iter().map(String::as_str).collect();
    once.sort_unstable();
    assert_eq!(once, ["GET /workRequests/w-a", "GET /workRequests/w-b", "GET /workRequests/w-x"]);

    service.set("w-a", "SUCCEEDED");
    service.set("w-b", "IN_PROGRESS");
    let some = all(Part::Succeeded, Part::Running, Part::Accepted);
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: some, over: false });
    // And from then on where it lies is known.
    let there = "GET /workRequests?compartmentId=elsewhere&parentId=w&limit=1000";
    assert_eq!(service.asked(), ["GET /workRequests/w", list, there]);

    service.set("w-b", "FAILED");
    service.set("w", "FAILED");
    // "Parent finished" is not settled.
    let some = all(Part::Succeeded, failed("the work request failed"), Part::Accepted);
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: some, over: false });
    let asked = service.asked();
    assert_eq!(asked.iter().filter(|line| line.contains("/w-b/")).count(), 2, "errors and logs: {asked:?}");
    service.set("w-x", "SUCCEEDED");
    let end = all(Part::Succeeded, failed("the work request failed"), Part::Succeeded);
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: end.clone(), over: true });
    service.asked();
    // What is over is not read again.
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: end, over: true });
    assert_eq!(service.asked(), ["GET /workRequests/w"]);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_we_may_not_see_is_none_and_does_not_hide_the_others() {
    let service = crew();
    let cloud = cloud(&service);
    service.fault("/workRequests/w-x", Fault::Refused(404, "NotAuthorizedOrNotFound"));
    service.fault("/workRequests/w-a", Fault::Refused(404, "NotAuthorizedOrNotFound"));
    let some = parts(&[("b", Part::Accepted)]);
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: some, over: false });
    service.fault("/workRequests/w", Fault::Refused(404, "NotAuthorizedOrNotFound"));
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert!(cloud.poll(&ticket("w")).await.is_err(), "the whole is not there");
}

#[tokio::test(start_paused = true)]
async fn those_that_ask_at_once_are_answered_by_one() {
    let service = crew();
    let cloud = cloud(&service);
    let asked = [0; 5].map(|_| poll(&cloud, "w"));
    futures_util::future::join_all(asked).await;
    assert_eq!(service.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn parts_of_parts_are_one_part_of_their_instance() {
    let service = Service::new();
    service.instance("a", "c", &[]);
    service.instance("b", "c", &[]);
    service.group("g", "web", &["s"], &["a", "b"]);
    // By instance, then by kind.
    service.work("w", "IN_PROGRESS", ("GROUP", "g"), None);
    for (id, kinds) in [("a", ["SUCCEEDED", "FAILED"]), ("b", ["SUCCEEDED", "SKIPPED"])] {
        let part = format!("w-{id}");
        service.work(&part, "SUCCEEDED", ("INSTANCE", id), Some("w"));
        for (number, kind) in kinds.into_iter().enumerate() {
            service.work(&format!("{part}-{number}"), kind, ("INSTANCE", id), Some(&part));
        }
    }
    // By kind, then by instance.
    service.work("v", "SUCCEEDED", ("GROUP", "g"), None);
    for kind in ["security", "bugfix"] {
        let part = format!("v-{kind}");
        service.work(&part, "SUCCEEDED", ("GROUP", "g"), Some("v"));
        for id in ["a", "b"] {
            let status = if (kind, id) == ("bugfix", "b") { "IN_PROGRESS" } else { "SUCCEEDED" };
            service.work(&format!("{part}-{id}"), status, ("INSTANCE", id), Some(&part));
        }
    }
    let cloud = cloud(&service);
    let done = parts(&[("a", failed("the work request failed")), ("b", Part::Succeeded)]);
    assert_eq!(poll(&cloud, "w").await, Progress::Parts { parts: done, over: false });
    let some = parts(&[("a", Part::Succeeded), ("b", Part::Running)]);
    assert_eq!(poll(&cloud, "v").await, Progress::Parts { parts: some, over: false });
    service.set("v-bugfix-b", "CANCELED");
    let end = parts(&[("a", Part::Succeeded), ("b", failed("the work request was cancelled"))]);
    assert_eq!(poll(&cloud, "v").await, Progress::Parts { parts: end, over: true });
}

#[tokio::test(start_paused = true)]
async fn work_of_a_group_without_parts_waits_for_them_or_is_over_as_a_whole() {
    let service = Service::new();
    service.group("g", "web", &["s"], &["a"]);
    service.work("w", "ACCEPTED", ("GROUP", "g"), None);
    let cloud = cloud(&service);
    let none = Progress::Parts { parts: BTreeMap::new(), over: false };
    assert_eq!(poll(&cloud, "w").await, none);
    service.set("w", "SUCCEEDED");
    assert_eq!(poll(&cloud, "w").await, Progress::Succeeded);
    service.work("v", "FAILED", ("GROUP", "g"), None);
    let message = "the work request failed".to_owned();
    assert_eq!(poll(&cloud, "v").await, Progress::Failed { message });
}

#[tokio::test(start_paused = true)]
async fn work_of_one_instance_or_of_a_source_is_followed_to_its_end() {
    for resource in
        [r#"{"entityType":"INSTANCE","identifier":"i"}"#, r#"{"entityType":"SOFTWARE_SOURCE"}"#, ""]
    {
        for (fields, expected) in [
            (
                r#""status":"ACCEPTED","timeCreated":"2026-11-22T14:00:00.123Z""#,
                Progress::Accepted { since: "2026-11-22T14:00:00.123Z".parse().ok() },
            ),
            (r#""status":"WAITING""#, Progress::Accepted { since: None }),
            (r#""status":"IN_PROGRESS","percentComplete":42.9"#, Progress::Running { percent: 42 }),
            (r#""status":"CANCELING""#, Progress::Running { percent: 0 }),
            (r#""status":"DREAMING","percentComplete":1e9"#, Progress::Running { percent: 100 }),
            (r#""status":"SUCCEEDED","childrenId":null"#, Progress::Succeeded),
        ] {
            let body = format!(r#"{{"id":"w",{fields},"resources":[{resource}]}}"#);
            let script = Script::answers([testing::json(body)]);
            assert_eq!(of_script(&script, &[]).poll(&ticket("w")).await.unwrap(), expected);
            assert_eq!(script.lines(), ["GET /workRequests/w"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_of_all_kinds_of_one_instance_fails_with_what_failed_of_it() {
    let service = Service::new();
    service.instance("i", "c", &[]);
    service.work("w", "SUCCEEDED", ("INSTANCE", "i"), None);
    service.work("w-1", "SUCCEEDED", ("INSTANCE", "i"), Some("w"));
    service.work("w-2", "FAILED", ("INSTANCE", "i"), Some("w"));
    service.world().work[2]["message"] = serde_json::json!("no space");
    let cloud = cloud(&service);
    let message = "the work request failed; no space".to_owned();
    assert_eq!(poll(&cloud, "w").await, Progress::Failed { message });
    service.set("w-2", "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_what_the_service_says_of_it() {
    let script = Script::new(|asked| {
        crate::cloud::contract::Contract::osmh().check(asked);
        match asked.line.split('?').next().unwrap() {
            "GET /workRequests/w" => testing::json(r#"{"id":"w","status":"FAILED","message":"it broke"}"#),
            "GET /workRequests/w/errors" => {
                testing::json(r#"{"items":[{"code":"E1","message":"no space","timestamp":"x"}]}"#)
            }
            _ => testing::json(
                r#"{"items":[{"message":"dnf: second"},{"message":"dnf: first"},{"message":" "}]}"#,
            ),
        }
    });
    let message = "the work request failed; it broke; E1: no space; dnf: first; dnf: second".to_owned();
    let told = of_script(&script, &[]).poll(&ticket("w")).await.unwrap();
    assert_eq!(told, Progress::Failed { message });
    let silent = Script::new(|asked| match asked.line.as_str() {
        "GET /workRequests/w" => testing::json(r#"{"id":"w","status":"CANCELED"}"#),
        _ => testing::refuse(404, "NotFound"),
    });
    let message = "the work request was cancelled".to_owned();
    let told = of_script(&silent, &[]).poll(&ticket("w")).await.unwrap();
    assert_eq!(told, Progress::Failed { message });
}
