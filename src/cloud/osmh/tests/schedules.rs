//! Schedules: made, changed and deleted; and read, also those that no train has made.

use serde_json::json;

use super::service::{Fault, Service};
use super::*;
use crate::observed::Job;
use crate::op::{Every, Schedule, UpdateKind, Wanted};

fn weekly(update: Wanted) -> Schedule {
    let start = "2026-12-05T02:00:00Z".parse().unwrap();
    Schedule { update, every: Every::parse("1 week").unwrap(), start }
}

async fn jobs(cloud: &OsmhCloud<Script>) -> BTreeMap<Ocid, crate::observed::ServiceSchedule> {
    let Sighting::Schedules(seen) = cloud.observe(&Scope::Schedules).await.unwrap() else { panic!() };
    seen
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_made_read_back_changed_and_deleted() {
    let service = Service::new();
    let cloud = cloud(&service);
    let name = || "great-linux/web".to_owned();
    let next = "2026-12-12T02:00:00Z".parse().unwrap();
    let security = weekly(Wanted::Only(UpdateKind::Security));
    let create =
        Op::CreateSchedule { group: group("g"), name: name(), owner: owner(None), schedule: security, next };
    let id = Ocid::new("made-great-linux/web");
    let made = Submitted::Done { created: Some(id.clone()) };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&create, &token()).await.unwrap(), made);
    }
    let body = r#"{"compartmentId":"c","managedInstanceGroupIds":["g"],"displayName":"great-linux/web","description":"schedule of group web of train great-linux, made by patchtrain","scheduleType":"RECURRING","timeNextExecution":"2026-12-12T02:00:00Z","recurringRule":"FREQ=WEEKLY;INTERVAL=1","operations":[{"operationType":"UPDATE_SECURITY"}],"freeformTags":{"patchtrain-group":"web","patchtrain-lineage":"abc","patchtrain-train":"great-linux"}}"#;
    assert_eq!(service.written()[0], format!("POST /scheduledJobs {} {body}", "t".repeat(32)));
    let seen = &jobs(&cloud).await[&id];
    assert_eq!((&seen.owner, &seen.group), (&Some(owner(None)), &Some(GroupName::new("web"))));
    assert!(
        seen.job.is_for(&Ocid::new("g")) && seen.job.does("great-linux/web", &security, next),
        "{seen:?}"
    );

    let all = weekly(Wanted::All);
    let change = Op::ChangeSchedule {
        group: GroupName::new("web"),
        id: id.clone(),
        name: name(),
        owner: owner(None),
        schedule: all,
        next,
    };
    service.fault("PUT", Fault::Lost);
    assert_eq!(cloud.submit(&change, &token()).await.unwrap(), DONE);
    assert!(jobs(&cloud).await[&id].job.does("great-linux/web", &all, next));
    service.fault("PUT", Fault::Refused(400, "InvalidParameter"));
    assert!(cloud.submit(&change, &token()).await.is_err());
    let delete = Op::DeleteSchedule { group: GroupName::new("web"), id };
    service.fault("DELETE", Fault::Lost);
    for _ in 0..2 {
        assert_eq!(cloud.submit(&delete, &token()).await.unwrap(), DONE);
    }
    assert_eq!(jobs(&cloud).await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn jobs_that_do_something_else_are_read_for_what_they_are() {
    let service = Service::new();
    let tags = json!(crate::cloud::tags::of_owner_and_group(&owner(None), &GroupName::new("web")));
    let job = |id: &str, more: serde_json::Value| {
        let mut job = json!({
            "id": id, "displayName": id, "compartmentId": "c", "lifecycleState": "ACTIVE", "scheduleType": "RECURRING",
            "recurringRule": "FREQ=WEEKLY;INTERVAL=1", "timeNextExecution": "2026-12-12T02:00:00.000Z",
            "managedInstanceGroupIds": ["g"], "managedInstanceIds": [], "dynamicSetIds": null,
            "operations": [{"operationType": "UPDATE_ALL", "packageNames": null}], "freeformTags": tags,
        });
        job.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        service.world().jobs.insert(id.to_owned(), job);
    };
    job("plain", json!({}));
    job(
        "two",
        json!({"operations": [{"operationType": "UPDATE_SECURITY"}, {"operationType": "UPDATE_BUGFIX"}]}),
    );
    job("reboot", json!({"operations": [{"operationType": "REBOOT"}]}));
    job("packages", json!({"operations": [{"operationType": "UPDATE_PACKAGES", "packageNames": ["x"]}]}));
    job("once", json!({"scheduleType": "ONETIME"}));
    job("sundays", json!({"recurringRule": "FREQ=WEEKLY;BYDAY=SU"}));
    job("wider", json!({"dynamicSetIds": ["d"]}));
    job("foreign", json!({"freeformTags": {}}));
    let seen = jobs(&cloud(&service)).await;
    let of = |id: &str| -> &Job { &seen[&Ocid::new(id)].job };
    let week = Some(Every::parse("1 week").unwrap());
    assert_eq!(
        (of("plain").update, of("plain").every, of("plain").instances),
        (Some(Wanted::All), week, false)
    );
    for id in ["two", "reboot", "packages"] {
        assert_eq!(of(id).update, None, "{id}");
    }
    for id in ["once", "sundays"] {
        assert_eq!(of(id).every, None, "{id}");
    }
    assert!(of("wider").instances);
    // Of one that is not ours, the list is enough.
    assert_eq!((of("foreign").every, &seen[&Ocid::new("foreign")].owner), (None, &None));
    assert!(!service.asked().iter().any(|line| line.contains("/scheduledJobs/foreign")));
}
