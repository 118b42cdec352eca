//! The hub's side of the world on disk.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_the_hub_was_asked_survives_and_a_world_that_never_met_it_is_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { world: folder.path().join("state/simulator"), seed: DEFAULT_SEED };
    let open =
        || Client::of(Simulator::open(&place, Clock::starting_at(start()), Switches::default()).unwrap());
    let client = open();
    let hub = Hub(&client);
    let (web, db, late) = (member("web-02"), member("db-02"), member("web-13"));
    let release = hub.release("GL1.1", &sourced(Level::Gl1_1)).await;
    let group = hub.group("web", &[&release], &[&web]).await;
    hub.done(&group, "installPackages", json!({ "packageNames": ["aide"] })).await;
    let next = client.simulator.now() + jiff::SignedDuration::from_hours(1);
    let job = json!({
        "compartmentId": COMPARTMENT,
        "scheduleType": "RECURRING",
        "recurringRule": "FREQ=HOURLY",
        "timeNextExecution": next.to_string(),
        "managedInstanceGroupIds": [group],
        "operations": [{ "operationType": "UPDATE_ALL" }],
    });
    let job = hub.post("/scheduledJobs", job).id();
    let profile = json!({
        "profileType": "GROUP",
        "compartmentId": COMPARTMENT,
        "displayName": "web",
        "managedInstanceGroupId": group,
    });
    let profile = hub.post("/profiles", profile).id();
    client.simulator.register(&late, &profile).unwrap();
    client.simulator.strike(&db, Mishap::Fails).unwrap();
    let token = [("opc-retry-token", "t")];
    let path = format!("{}/actions/updatePackages", instance(&db));
    let update = || hub_post(&hub, &path, &token);
    let first = update();
    client.simulator.silence(&web).unwrap();
    client.simulator.advance(3 * 3600).unwrap();
    client.simulator.bring_back(&web).unwrap();
    let open_work = hub.act(&group, "refreshSoftware", Value::Null).header("opc-work-request-id").to_owned();
    let digest = client.simulator.digest();
    drop(client);

    let client = open();
    let hub = Hub(&client);
    assert_eq!(client.simulator.digest(), digest);
    assert_eq!(hub_post(&hub, &path, &token), first, "the token is remembered");
    let part = hub.get(&format!("/workRequests/{first}")).body;
    assert_eq!(part["status"], "FAILED");
    assert_eq!(hub.get(&format!("/scheduledJobs/{job}")).body["workRequestIds"].as_array().unwrap().len(), 3);
    assert_eq!(hub.get(&instance(&late)).body["profile"], profile);
    assert_eq!(hub.wait(&open_work).await["status"], "SUCCEEDED");
}

fn hub_post(hub: &Hub<'_>, path: &str, token: &[(&str, &str)]) -> String {
    hub.send(Method::POST, path, json!({}), token).header("opc-work-request-id").to_owned()
}

/// Worlds that OSMS alone has changed are read as before, which a digest of the generated one guards.
#[test]
fn the_hub_leaves_a_new_world_as_it_was() {
    let world = super::super::super::world::World::generate(DEFAULT_SEED, 24, Timestamp::UNIX_EPOCH);
    let text = serde_json::to_string(&world).unwrap();
    assert!(!text.contains("\"hub\""));
    assert_eq!(world.hub.sources.len(), 7);
}
