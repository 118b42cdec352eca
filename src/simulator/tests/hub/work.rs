//! Work requests as trees.

use super::*;

/// A machine of the branch, and the compartment that it lies in.
fn kiosk(hub: &Hub<'_>, name: &str) -> (String, String) {
    let stores = super::super::super::world::STORES;
    let rows = hub.all(&format!("/managedInstances?compartmentId={stores}&displayName={name}"));
    (rows[0]["id"].as_str().unwrap().to_owned(), stores.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_parent_ends_when_its_parts_have_which_lie_where_their_instances_lie() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, (kiosk, stores)) = (member("web-01"), kiosk(&hub, "kiosk-01"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("mixed", &[&base], &[&web, &kiosk]).await;
    let details = json!({ "displayName": "plan 4711", "description": "step 3" });
    let body = json!({ "updateTypes": ["SECURITY"], "workRequestDetails": details });
    let id = hub.act(&group, "updateAllPackages", body).header("opc-work-request-id").to_owned();
    let path = format!("/workRequests/{id}");
    let seen = hub.get(&path).body;
    assert_eq!(
        (&seen["status"], &seen["childrenId"]),
        (&json!("ACCEPTED"), &json!([])),
        "parts come a little later"
    );
    assert_eq!(seen["resources"][0]["actionType"], "IN_PROGRESS");
    let mut statuses = vec!["ACCEPTED".to_owned()];
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let seen = hub.get(&path).body;
        let status = seen["status"].as_str().unwrap().to_owned();
        let parts = seen["childrenId"].as_array().unwrap().iter();
        let ended = parts.filter(|id| {
            let part = hub.get(&format!("/workRequests/{}", id.as_str().unwrap())).body;
            part["status"] == "SUCCEEDED"
        });
        assert_eq!(ended.count() == 2, status == "SUCCEEDED");
        if statuses.last() != Some(&status) {
            statuses.push(status);
        }
        if statuses.last().is_some_and(|status| status == "SUCCEEDED") {
            break;
        }
    }
    assert_eq!(statuses, ["ACCEPTED", "IN_PROGRESS", "SUCCEEDED"]);

    let done = hub.get(&path).body;
    assert_eq!((&done["displayName"], &done["description"]), (&json!("plan 4711"), &json!("step 3")));
    assert_eq!(
        (&done["operationType"], &done["compartmentId"]),
        (&json!("UPDATE_SECURITY"), &json!(COMPARTMENT))
    );
    assert_eq!(
        done["resources"][0],
        json!({
            "entityType": "GROUP",
            "actionType": "UPDATED",
            "identifier": group,
            "entityUri": format!("/20220901/managedInstanceGroups/{group}"),
            "name": "mixed",
            "metadata": {},
        })
    );
    let parts = hub.all(&format!("/workRequests?parentId={id}"));
    let mut compartments: Vec<&str> =
        parts.iter().map(|part| part["compartmentId"].as_str().unwrap()).collect();
    compartments.sort_unstable();
    let mut expected = [COMPARTMENT, &stores];
    expected.sort_unstable();
    assert_eq!(compartments, expected);
    assert!(parts.iter().all(|part| part["parentId"] == *id && part["childrenId"] == json!([])));
    let here = hub.all(&format!("/workRequests?parentId={id}&compartmentId={COMPARTMENT}"));
    assert_eq!(here.len(), 1, "who looks in the group's compartment alone misses parts");
    let below =
        format!("/workRequests?parentId={id}&compartmentId={COMPARTMENT}&compartmentIdInSubtree=true");
    assert_eq!(hub.all(&below).len(), 2);
    let of_kiosk = hub.all(&format!("/workRequests?resourceId={kiosk}&operationType=UPDATE_SECURITY"));
    assert_eq!((of_kiosk.len(), &of_kiosk[0]["parentId"]), (1, &json!(id)));
    let listed = hub.all(&format!("/workRequests?resourceId={group}"));
    assert_eq!(listed.len(), 2, "roots only: of the creation and of this");
    let failed = hub.all(&format!("/workRequests?compartmentId={COMPARTMENT}&status=FAILED&status=WAITING"));
    assert_eq!(failed, Vec::<Value>::new());
    let named = hub.all(&format!("/workRequests?compartmentId={COMPARTMENT}&displayNameContains=4711"));
    assert_eq!(named.len(), 2, "the parent and the part there");
    assert_eq!(hub.get("/workRequests").refusal(), (400, "MissingParameter"));
}

#[tokio::test(start_paused = true)]
async fn what_has_failed_is_done_again_by_itself() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db, batch) = (member("web-01"), member("db-01"), member("batch-01"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&web, &db, &batch]).await;
    client.simulator.strike(&db, Mishap::Fails).unwrap();
    let work = hub.done(&group, "updateAllPackages", json!({})).await;
    assert_eq!((&work["status"], &work["message"]), (&json!("FAILED"), &json!("1 of 3 failed")));
    assert_eq!(work["resources"][0]["actionType"], "FAILED");
    let id = work["id"].as_str().unwrap();
    let errors = hub.all(&format!("/workRequests/{id}/errors"));
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (&errors[0]["code"], errors[0]["message"].as_str().unwrap().split(':').next()),
        (&json!("YUM_ERROR"), Some("db-01"))
    );

    let rerun = |id: &str, body: Value| hub.post(&format!("/workRequests/{id}/actions/rerun"), body);
    assert_eq!(
        rerun(id, json!({ "managedInstances": [web] })).refusal(),
        (400, "InvalidParameter"),
        "it succeeded there"
    );
    let again = rerun(id, Value::Null);
    assert_eq!(again.status, 202, "{again:?}");
    let second = again.header("opc-work-request-id").to_owned();
    assert_eq!(rerun(&second, Value::Null).refusal(), (409, "IncorrectState"), "it has not ended");
    let done = hub.wait(&second).await;
    assert_eq!((&done["status"], &done["rerunOfId"]), (&json!("SUCCEEDED"), &json!(id)));
    let parts = hub.all(&format!("/workRequests?parentId={second}"));
    assert_eq!(parts.len(), 1);
    let part = hub.get(&format!("/workRequests/{}", parts[0]["id"].as_str().unwrap())).body;
    assert_eq!(part["resources"][0]["identifier"], db);
    assert_eq!(hub.all(&format!("/workRequests?rerunOfId={id}")).len(), 2, "the new one and its part");
    assert_eq!(rerun(&second, Value::Null).refusal(), (400, "InvalidParameter"), "nothing failed");

    let lenient = {
        let mut switches = Switches::default();
        switches.hub.mixed_fails = false;
        Client::switched(switches)
    };
    let hub = Hub(&lenient);
    let group = hub.group("canary", &[&base], &[&web, &db]).await;
    lenient.simulator.strike(&db, Mishap::Fails).unwrap();
    assert_eq!(hub.done(&group, "updateAllPackages", json!({})).await["status"], "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_silent_member_keeps_the_whole_open_for_a_day() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, silent) = (member("web-01"), member("db-04"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let made = hub.post("/managedInstanceGroups", group_details("backend", &[&base], &[&web, &silent]));
    let work = format!("/workRequests/{}", made.header("opc-work-request-id"));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(hub.get(&work).body["status"], "IN_PROGRESS");
    client.simulator.advance(24 * 3600 - 20).unwrap();
    assert_eq!(hub.get(&work).body["status"], "IN_PROGRESS");
    client.simulator.advance(20).unwrap();
    let ended = hub.get(&work).body;
    assert_eq!((&ended["status"], &ended["percentComplete"]), (&json!("FAILED"), &json!(100)));
    let path = work;
    assert_eq!(hub.all(&format!("{path}/errors"))[0]["code"], "TIMEOUT");
    // It comes back after it was given up; the same once more, for it alone.
    client.simulator.bring_back(&silent).unwrap();
    let again = hub.post(&format!("{path}/actions/rerun"), json!({ "managedInstances": [silent] }));
    assert_eq!(hub.wait(again.header("opc-work-request-id")).await["status"], "SUCCEEDED");
    assert_eq!(hub.sources(&instance(&silent)), [base]);

    client.simulator.strike(&web, Mishap::Sticks).unwrap();
    // Nothing goes wrong with merely telling what is installed; the next change does.
    let told = hub.act(&made.id(), "refreshSoftware", Value::Null).header("opc-work-request-id").to_owned();
    assert_eq!(hub.wait(&told).await["status"], "SUCCEEDED");
    let update = json!({ "updateTypes": ["ALL"] });
    let id = hub.act(&made.id(), "updateAllPackages", update).header("opc-work-request-id").to_owned();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(hub.get(&format!("/workRequests/{id}")).body["status"], "IN_PROGRESS");
    client.simulator.vanish(&web).unwrap();
    assert_eq!(hub.wait(&id).await["status"], "FAILED");
    let group = hub.get(&format!("/managedInstanceGroups/{}", made.id())).body;
    assert_eq!(group["managedInstanceIds"], json!([silent]));
}

#[tokio::test(start_paused = true)]
async fn one_instance_is_asked_without_a_tree_and_both_services_share_its_agent() {
    let client = Client::new();
    let hub = Hub(&client);
    let web = member("web-02");
    let update = format!("/managedInstances/{web}/actions/packages/updateAll?updateType=SECURITY");
    let osms = client.post(&update, Value::Null).header("opc-work-request-id").to_owned();
    let path = format!("{}/actions/updatePackages", instance(&web));
    let accepted = hub.post(&path, json!({ "updateTypes": ["BUGFIX", "OTHER"] }));
    let work = hub.wait(accepted.header("opc-work-request-id")).await;
    assert_eq!(
        (&work["status"], &work["parentId"], &work["childrenId"]),
        (&json!("SUCCEEDED"), &Value::Null, &json!([]))
    );
    assert_eq!(work["resources"][0]["entityType"], "INSTANCE");
    let first = client.get(&format!("/workRequests/{osms}")).body;
    assert_eq!(first["status"], "SUCCEEDED");
    let moment = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(moment(&first["timeFinished"]) <= moment(&work["timeStarted"]), "one thing at a time");
    let kinds: Vec<String> = client
        .all(&format!("/managedInstances/{web}/packages/updates"))
        .iter()
        .map(|row| row["updateType"].as_str().unwrap().to_owned())
        .collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind == "ENHANCEMENT"), "{kinds:?}");
    let id = work["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/workRequests/{id}")).status, 404, "OSMS does not know it");
    assert_eq!(hub.get(&format!("/workRequests/{osms}")).status, 404, "nor the hub OSMS's");
    let listed = client.all(&format!("/workRequests?compartmentId={COMPARTMENT}&managedInstanceId={web}"));
    assert_eq!(listed.len(), 1);
    assert_eq!(client.get(&format!("/managedInstances/{web}")).body["workRequestCount"], 1);
    assert_eq!(hub.get(&instance(&web)).body["workRequestCount"], 1);

    // Compartment-wide, members of groups are left out.
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    hub.group("canary", &[&base], &[&member("web-01")]).await;
    let all = hub.post("/managedInstances/actions/updatePackages", json!({ "compartmentId": COMPARTMENT }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let work = hub.get(&format!("/workRequests/{}", all.header("opc-work-request-id"))).body;
    assert_eq!(work["resources"][0]["entityType"], "COMPARTMENT");
    assert_eq!(work["childrenId"].as_array().unwrap().len(), 23, "all 24 that are known but one");
}

#[tokio::test(start_paused = true)]
async fn packages_are_installed_and_removed_as_each_list_spells_them() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-02"), member("db-01"));
    let has = |id: &str, name: &str| client.installed(id).iter().any(|package| package.name() == name);
    let install = |names: Value| json!({ "packageNames": names });
    let rows = hub.all(&format!("{}/availablePackages?displayName=aide", instance(&web)));
    let aide = rows.last().unwrap()["name"].as_str().unwrap().to_owned();
    assert!(aide.starts_with("aide-0.16-14") && aide.ends_with(".el8.x86_64"), "{aide}");
    let work = hub.ask(&web, "installPackages", install(json!([aide]))).await;
    assert_eq!((&work["status"], &work["packageNames"]), (&json!("SUCCEEDED"), &json!([aide])));
    assert!(has(&web, "aide"));
    let file = hub.post(
        &format!("{}/actions/installPackages", instance(&web)),
        install(json!([format!("{aide}.rpm")])),
    );
    assert_eq!(file.refusal(), (400, "InvalidParameter"));
    let update =
        |names: Value| hub.post(&format!("{}/actions/updatePackages", instance(&web)), install(names));
    assert_eq!(update(json!([aide])).refusal(), (400, "InvalidParameter"), "a bare name is wanted");
    assert_eq!(hub.wait(update(json!(["aide"])).header("opc-work-request-id")).await["status"], "SUCCEEDED");
    let absent = hub.wait(update(json!(["nonesuch"])).header("opc-work-request-id")).await;
    assert_eq!(absent["status"], "FAILED");
    assert_eq!(hub.ask(&web, "removePackages", install(json!(["aide"]))).await["status"], "SUCCEEDED");
    assert!(!has(&web, "aide"));
    assert_eq!(
        hub.ask(&web, "removePackages", install(json!(["aide"]))).await["status"],
        "SUCCEEDED",
        "nothing to do"
    );

    let release = hub.release("GL1.1", &sourced(Level::Gl1_1)).await;
    let group = hub.group("both", &[&release], &[&web, &db]).await;
    let rows =
        hub.all(&format!("/managedInstanceGroups/{group}/availablePackages?displayName=dnf-automatic"));
    let name = rows[0]["name"].as_str().unwrap().to_owned();
    assert!(name.ends_with(".noarch.rpm"), "{name}");
    let bare = name.trim_end_matches(".rpm");
    assert_eq!(
        hub.act(&group, "installPackages", install(json!([bare]))).refusal(),
        (400, "InvalidParameter")
    );
    assert_eq!(hub.done(&group, "installPackages", install(json!([name]))).await["status"], "SUCCEEDED");
    assert!(has(&web, "dnf-automatic") && has(&db, "dnf-automatic"), "on whoever lacked it");
    let missing = hub.done(&group, "installPackages", install(json!(["nonesuch"]))).await;
    let errors = hub.all(&format!("/workRequests/{}/errors", missing["id"].as_str().unwrap()));
    assert_eq!(errors[0]["code"], "NO_MATCH");
    assert_eq!(hub.done(&group, "removePackages", install(json!([name]))).await["status"], "SUCCEEDED");
    assert!(!has(&web, "dnf-automatic"));
}

#[tokio::test(start_paused = true)]
async fn whether_installing_goes_back_is_switched() {
    for (switch, goes_back) in
        [(GoesBack::Never, false), (GoesBack::From(8), true), (GoesBack::From(9), false)]
    {
        let mut switches = Switches::default();
        switches.hub.install_goes_back = switch;
        let client = Client::switched(switches);
        let hub = Hub(&client);
        let golden = golden();
        let versions = hub.all(&format!("{}/availablePackages?displayName=curl", instance(&golden)));
        let names: Vec<&str> = versions.iter().map(|row| row["name"].as_str().unwrap()).collect();
        let have = client.installed(&golden);
        let have = have.iter().find(|package| package.name() == "curl").unwrap();
        let older =
            names.iter().find(|name| crate::package::Package::parse(name).unwrap().cmp_evr(have).is_lt());
        let older = *older.unwrap_or_else(|| panic!("nothing older than {have} in {names:?}"));
        let work = hub.ask(&golden, "installPackages", json!({ "packageNames": [older] })).await;
        assert_eq!(work["status"], "SUCCEEDED");
        let now = client.installed(&golden);
        let now = now.iter().find(|package| package.name() == "curl").unwrap();
        assert_eq!(now.as_str() == older, goes_back);
        assert_eq!(now == have, !goes_back);
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_of_all_may_come_in_four_parts_for_each_instance() {
    let mut switches = Switches::default();
    switches.hub.updates_split = true;
    let client = Client::switched(switches);
    let hub = Hub(&client);
    let (web, db) = (member("web-02"), member("db-02"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("g", &[&base], &[&web, &db]).await;
    let work = hub.done(&group, "updateAllPackages", json!({ "updateTypes": ["ALL"] })).await;
    assert_eq!(
        (&work["status"], &work["operationType"]),
        (&json!("SUCCEEDED"), &json!("UPDATE_ALL_PACKAGES"))
    );
    let parts = hub.all(&format!("/workRequests?parentId={}", work["id"].as_str().unwrap()));
    let mut kinds: Vec<&str> = parts.iter().map(|part| part["operationType"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let each = ["UPDATE_BUGFIX", "UPDATE_ENHANCEMENT", "UPDATE_OTHER", "UPDATE_SECURITY"];
    assert_eq!(kinds, each.map(|kind| [kind, kind]).concat());
    let of_web = hub.all(&format!("/workRequests?resourceId={web}&sortBy=timeCreated"));
    let mut spans: Vec<(String, String)> = of_web
        .iter()
        .map(|part| hub.get(&format!("/workRequests/{}", part["id"].as_str().unwrap())).body)
        .map(|part| {
            ["timeStarted", "timeFinished"].map(|name| part[name].as_str().unwrap().to_owned()).into()
        })
        .collect();
    spans.sort_unstable();
    assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "one after the other: {spans:?}");
    let one = hub.done(&group, "updateAllPackages", json!({ "updateTypes": ["SECURITY"] })).await;
    assert_eq!(one["childrenId"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_members_are_one_work_request() {
    let simulator =
        Simulator::with_fleet(DEFAULT_SEED, 600, Clock::starting_at(start()), Switches::default());
    let members: Vec<String> =
        simulator.info().facts.groups[1].1.iter().map(|member| member.id.clone()).collect();
    let client = Client::of(simulator);
    let hub = Hub(&client);
    client.simulator.advance(7 * 3600).unwrap();
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let begun = std::time::Instant::now();
    let ids: Vec<&str> = members.iter().map(String::as_str).collect();
    let group = hub.group("web", &[&base], &ids).await;
    let work = hub.done(&group, "updateAllPackages", json!({})).await;
    assert_eq!(
        (&work["status"], work["childrenId"].as_array().unwrap().len()),
        (&json!("SUCCEEDED"), ids.len())
    );
    let parts = hub.all(&format!("/workRequests?parentId={}", work["id"].as_str().unwrap()));
    assert_eq!(parts.len(), ids.len());
    let rows = hub.all(&format!("/managedInstances?compartmentId={COMPARTMENT}&group={group}"));
    assert_eq!(rows.len(), ids.len());
    println!("{} members joined, updated and listed in {:?}", ids.len(), begun.elapsed());
}
