//! Module streams, as the service shows them.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_instance_has_enabled_what_it_has_of_no_default() {
    let client = Client::new();
    let path = format!("/managedInstances/{}/moduleStreams", golden());
    let rows = client.all(&format!("{path}?sortBy=DISPLAYNAME"));
    let of = |module: &str| -> Vec<(&str, &str)> {
        let rows = rows.iter().filter(|row| row["moduleName"] == module);
        rows.map(|row| (row["streamName"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
    };
    assert_eq!(of("postgresql"), [("10", "DISABLED"), ("15", "ENABLED")]);
    assert_eq!(of("nodejs"), [("10", "ACTIVE"), ("20", "DISABLED")]);
    assert_eq!(of("httpd"), [("2.4", "ACTIVE")]);
    assert!(rows.is_sorted_by_key(|row| (row["moduleName"].to_string(), row["streamName"].to_string())));
    let enabled = client.all(&format!("{path}?streamStatus=ENABLED"));
    assert!(enabled.len() >= 2 && enabled.iter().all(|row| row["status"] == "ENABLED"));
    assert_eq!(client.all(&format!("{path}?moduleName=postgresql&streamName=15")).len(), 1);
    for bad in ["streamName=15", "streamStatus=ON"] {
        assert_eq!(client.get(&format!("{path}?{bad}")).refusal(), (400, "InvalidParameter"));
    }

    // What a row points to says which packages are meant, by the names that all other lists use.
    let row = rows.iter().find(|row| row["streamName"] == "15").unwrap();
    let source = row["softwareSourceId"].as_str().unwrap();
    let stream = client.get(&format!("/softwareSources/{source}/modules/postgresql/streams/15")).body;
    assert_eq!(
        (stream["isDefault"].as_bool(), &stream["softwareSourceId"]),
        (Some(false), &row["softwareSourceId"])
    );
    let installed = client.all(&format!("/managedInstances/{}/packages?displayName=postgresql", golden()));
    assert_eq!(installed.len(), 3);
    for package in installed {
        assert!(stream["packages"].as_array().unwrap().contains(&package["name"]), "{package}");
    }
    assert_eq!(client.get(&format!("/softwareSources/{source}/modules/postgresql/streams/9")).status, 404);
    let of_source = client.all(&format!("/softwareSources/{source}/moduleStreams?moduleName=postgresql"));
    assert_eq!(of_source.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whether_custom_sources_know_about_modules_is_switched() {
    for (custom_sources_have_modules, count) in [(false, 0), (true, 1)] {
        let client = Client::switched(Switches { custom_sources_have_modules, ..Switches::default() });
        let httpd: crate::package::PackageSet =
            golden_set(Level::Gl1).iter().filter(|package| package.name() == "httpd").collect();
        let source = client.source("great-linux/GL1", &httpd);
        assert_eq!(client.all(&format!("/softwareSources/{source}/moduleStreams")).len(), count);
        client.switch(&golden(), &source);
        assert_eq!(client.all(&format!("/managedInstances/{}/moduleStreams", golden())).len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn streams_are_managed_by_work() {
    let client = Client::new();
    let instance = member("db-06");
    let manage = |body: Value| {
        client.post(&format!("/managedInstances/{instance}/actions/moduleStreams/manage"), body)
    };
    let status = || {
        let path = format!("/managedInstances/{instance}/moduleStreams?moduleName=postgresql&streamName=15");
        let rows = client.all(&path);
        rows[0]["status"].as_str().unwrap().to_owned()
    };
    let has = || client.installed(&instance).iter().any(|package| package.name() == "postgresql");
    let profile =
        |stream: &str| json!([{ "moduleName": "postgresql", "streamName": stream, "profileName": "common" }]);
    let stream = |stream: &str| json!([{ "moduleName": "postgresql", "streamName": stream }]);
    let done = async |body: Value| {
        let work = manage(body).header("opc-work-request-id").to_owned();
        client.wait(&work).await["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(done(json!({ "remove": profile("15"), "disable": stream("15") })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("DISABLED".to_owned(), false));
    assert_eq!(done(json!({ "install": profile("15"), "isDryRun": true })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("DISABLED".to_owned(), false), "only tried");
    // Of a rival, nothing is put in unless it is enabled in the same breath.
    assert_eq!(done(json!({ "enable": stream("10") })).await, "SUCCEEDED");
    assert_eq!(done(json!({ "install": profile("15") })).await, "FAILED");
    assert_eq!(done(json!({ "install": profile("15"), "enable": stream("15") })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("ENABLED".to_owned(), true));

    for bad in [
        json!({ "enable": stream("9") }),
        json!({ "enable": stream("15"), "disable": stream("15") }),
        json!({ "install": [{ "moduleName": "postgresql", "streamName": "15", "profileName": "devel" }] }),
        json!({ "enabled": [] }),
    ] {
        assert_eq!(manage(bad.clone()).refusal(), (400, "InvalidParameter"), "{bad}");
    }
    // A custom source that carries no module metadata knows no stream.
    let source = client.source("great-linux/GL1", &super::persist::golden_sourced());
    client.switch(&instance, &source);
    assert_eq!(done(json!({ "enable": stream("15") })).await, "FAILED");
}

/// One thing asked of one stream.
fn act(client: &Client, instance: &str, action: &str, query: &str) -> Got {
    client.post(&format!("/managedInstances/{instance}/actions/{action}?{query}"), Value::Null)
}

/// The same, done by the agent: what kind of work it was and how it went.
async fn done(client: &Client, instance: &str, action: &str, query: &str) -> (String, String) {
    let accepted = act(client, instance, action, query);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let work = client.wait(accepted.header("opc-work-request-id")).await;
    let word = |name: &str| work[name].as_str().unwrap().to_owned();
    (word("operationType"), word("status"))
}

/// How an instance stands to the streams of PostgreSQL and to the profiles of the newer, and how many packages it has.
fn stands(client: &Client, instance: &str) -> (Vec<String>, Vec<String>, usize) {
    let words = |path: &str, names: &[&str]| -> Vec<String> {
        let rows = client.all(&format!("/managedInstances/{instance}/{path}"));
        let line = |row: &Value| {
            let words: Vec<&str> = names.iter().map(|name| row[*name].as_str().unwrap()).collect();
            words.join(" ")
        };
        rows.iter().map(line).collect()
    };
    let sorted = "sortBy=DISPLAYNAME&moduleName=postgresql";
    (
        words(&format!("moduleStreams?{sorted}"), &["streamName", "status"]),
        words(&format!("streamProfiles?{sorted}&streamName=15"), &["profileName", "status"]),
        client.installed(instance).iter().filter(|package| package.name().starts_with("postgresql")).count(),
    )
}

fn expected(streams: [&str; 2], profiles: [&str; 2], packages: usize) -> (Vec<String>, Vec<String>, usize) {
    let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
    (words(streams), words(profiles), packages)
}

const WANTED: &str = "moduleName=postgresql&streamName=15";

#[tokio::test(start_paused = true)]
async fn one_stream_is_enabled_disabled_or_switched_to() {
    let client = Client::new();
    let db = member("db-06");
    let in_use = expected(["10 DISABLED", "15 ENABLED"], ["client INSTALLED", "common INSTALLED"], 3);
    assert_eq!(stands(&client, &db), in_use);
    let (enable, disable, switch) = ("moduleStreams/enable", "moduleStreams/disable", "moduleStreams/switch");
    // What is enabled already can be enabled, a rival of it cannot, and nothing is disabled of which a profile is in.
    let did = |verb: &str| (format!("{verb}MODULESTREAM"), "SUCCEEDED".to_owned());
    let failed = |verb: &str| (format!("{verb}MODULESTREAM"), "FAILED".to_owned());
    assert_eq!(done(&client, &db, enable, WANTED).await, did("ENABLE"));
    assert_eq!(done(&client, &db, enable, "moduleName=postgresql&streamName=10").await, failed("ENABLE"));
    assert_eq!(done(&client, &db, disable, WANTED).await, failed("DISABLE"));
    assert_eq!(
        done(&client, &db, disable, "moduleName=postgresql").await,
        failed("DISABLE"),
        "the one in use"
    );
    assert_eq!(stands(&client, &db), in_use);

    // Whoever switches loses what has no counterpart; without a name, to the default.
    assert_eq!(done(&client, &db, switch, "moduleName=postgresql").await, did("SWITCH"));
    let other = ["client AVAILABLE", "common AVAILABLE"];
    assert_eq!(stands(&client, &db), expected(["10 ENABLED", "15 DISABLED"], other, 0));
    assert_eq!(done(&client, &db, disable, "moduleName=postgresql").await, did("DISABLE"));
    assert_eq!(stands(&client, &db), expected(["10 DISABLED", "15 DISABLED"], other, 0));
    assert_eq!(done(&client, &db, enable, WANTED).await, did("ENABLE"));
    assert_eq!(stands(&client, &db), expected(["10 DISABLED", "15 ENABLED"], other, 0));

    let invalid = (400, "InvalidParameter");
    for (query, refusal) in [
        ("", (400, "MissingParameter")),
        ("moduleName=nothing", invalid),
        ("moduleName=postgresql&streamName=9", invalid),
        ("moduleName=postgresql&stream=15", invalid),
        // It has no default.
        ("moduleName=python39", (400, "MissingParameter")),
    ] {
        for action in [enable, switch] {
            let got = act(&client, &member("web-02"), action, query);
            assert_eq!(got.refusal(), refusal, "{action} {query}");
        }
    }
    let unknown = act(&client, "ocid1.instance.oc1..x", enable, WANTED);
    assert_eq!(unknown.refusal(), (404, "NotAuthorizedOrNotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_streams_offer_follows_from_what_is_enabled() {
    let client = Client::new();
    let db = member("db-06");
    let path = format!("/managedInstances/{db}/packages/available?displayName=postgresql");
    let offered = || client.all(&path).len();
    assert_eq!(offered(), 0, "all of it is there");
    done(&client, &db, "streamProfiles/remove", WANTED).await;
    assert_eq!(offered(), 3);
    done(&client, &db, "moduleStreams/switch", "moduleName=postgresql&streamName=10").await;
    assert_eq!(offered(), 0, "of a stream that is not in use nothing can be installed");
}

#[tokio::test(start_paused = true)]
async fn profiles_are_put_in_and_taken_out() {
    let client = Client::new();
    let db = member("db-06");
    let (install, remove) = ("streamProfiles/install", "streamProfiles/remove");
    let did = |verb: &str| (format!("{verb}MODULESTREAMPROFILE"), "SUCCEEDED".to_owned());
    let streams = ["10 DISABLED", "15 ENABLED"];
    assert_eq!(done(&client, &db, "moduleStreams/enable", WANTED).await.1, "SUCCEEDED");
    assert_eq!(done(&client, &db, remove, &format!("{WANTED}&profileName=client")).await, did("REMOVE"));
    let none = ["client AVAILABLE", "common AVAILABLE"];
    assert_eq!(stands(&client, &db), expected(streams, none, 2));
    // Without a profile, whichever are in: of the rest none is.
    assert_eq!(done(&client, &db, remove, WANTED).await, did("REMOVE"));
    assert_eq!(stands(&client, &db), expected(streams, none, 2));
    assert_eq!(done(&client, &db, install, &format!("{WANTED}&profileName=client")).await, did("INSTALL"));
    let all = ["client INSTALLED", "common INSTALLED"];
    assert_eq!(stands(&client, &db), expected(streams, all, 3));
    assert_eq!(done(&client, &db, remove, "moduleName=postgresql").await, did("REMOVE"));
    assert_eq!(stands(&client, &db), expected(streams, none, 0));
    assert_eq!(done(&client, &db, install, &format!("{WANTED}&profileName=client")).await, did("INSTALL"));
    assert_eq!(stands(&client, &db), expected(streams, ["client INSTALLED", "common AVAILABLE"], 1));
    assert_eq!(
        done(&client, &db, install, "moduleName=postgresql").await,
        did("INSTALL"),
        "the default profile"
    );
    assert_eq!(stands(&client, &db), expected(streams, all, 3));

    // The stream must be in use, and the sources must have it.
    let failed = ("INSTALLMODULESTREAMPROFILE".to_owned(), "FAILED".to_owned());
    assert_eq!(done(&client, &db, remove, "moduleName=postgresql").await, did("REMOVE"));
    assert_eq!(done(&client, &db, "moduleStreams/disable", WANTED).await.1, "SUCCEEDED");
    assert_eq!(done(&client, &db, install, WANTED).await, failed, "nothing is enabled, and no rival either");
    assert_eq!(done(&client, &db, "moduleStreams/enable", WANTED).await.1, "SUCCEEDED");
    assert_eq!(done(&client, &db, install, WANTED).await, did("INSTALL"));
    assert_eq!(done(&client, &db, install, "moduleName=postgresql&streamName=10").await, failed);
    assert_eq!(
        done(&client, &db, install, "moduleName=nodejs").await,
        failed,
        "no source has packages of it"
    );
    for query in ["moduleName=postgresql&profileName=client", &format!("{WANTED}&profileName=devel")] {
        assert_eq!(act(&client, &db, install, query).refusal(), (400, "InvalidParameter"), "{query}");
    }

    // Etags guard it, and a retry token has it done once.
    let path = format!("/managedInstances/{db}");
    let action = format!("{path}/actions/{remove}?{WANTED}");
    let stale = client.post_with(&action, Value::Null, &[("if-match", "old")]);
    assert_eq!(stale.refusal(), (412, "NoEtagMatch"));
    let tag = client.get(&path).header("etag").to_owned();
    let sent = || client.post_with(&action, Value::Null, &[("if-match", &tag), ("opc-retry-token", "once")]);
    let (first, again) = (sent(), sent());
    assert_eq!(
        (first.status, first.header("opc-work-request-id")),
        (202, again.header("opc-work-request-id"))
    );
}

#[tokio::test(start_paused = true)]
async fn sources_tell_of_their_profiles() {
    let client = Client::new();
    let rows = client.all(&format!("/managedInstances/{}/moduleStreams?{WANTED}", golden()));
    let source = format!("/softwareSources/{}", rows[0]["softwareSourceId"].as_str().unwrap());
    let names = |query: &str| -> Vec<String> {
        let rows = client.all(&format!("{source}/streamProfiles?sortBy=DISPLAYNAME{query}"));
        let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let name = |row: &Value| {
            format!("{}:{}/{}", word(row, "moduleName"), word(row, "streamName"), word(row, "profileName"))
        };
        rows.iter().map(name).collect()
    };
    assert!(names("").is_sorted() && names("").len() > 8, "{:?}", names(""));
    assert_eq!(names("&moduleName=httpd"), ["httpd:2.4/common", "httpd:2.4/minimal"]);
    assert_eq!(names("&moduleName=postgresql&streamName=15&profileName=client"), ["postgresql:15/client"]);
    assert!(names("&moduleName=nodejs").is_empty(), "it has no packages of them");
    for bad in ["profileName=client", "moduleName=postgresql&profileName=client", "streamName=15"] {
        for path in [source.clone(), format!("/managedInstances/{}", golden())] {
            let got = client.get(&format!("{path}/streamProfiles?{bad}"));
            assert_eq!(got.refusal(), (400, "InvalidParameter"), "{bad}");
        }
    }
    let one = |path: &str| client.get(&format!("{source}/modules/postgresql/streams/{path}"));
    let (client_profile, common) = (one("15/profiles/client").body, one("15/profiles/common").body);
    assert_eq!((&client_profile["isDefault"], &common["isDefault"]), (&json!(false), &json!(true)));
    assert_eq!(common["packages"], one("15").body["packages"]);
    assert_eq!(one("15").body["profiles"], json!(["client", "common"]));
    for package in client_profile["packages"].as_array().unwrap() {
        let package = escape(package.as_str().unwrap());
        assert_eq!(
            client.get(&format!("{source}/softwarePackages/{package}")).body["displayName"],
            "postgresql"
        );
    }
    for gone in ["15/profiles/devel", "10/profiles/common", "9/profiles/common"] {
        assert_eq!(one(gone).refusal(), (404, "NotAuthorizedOrNotFound"), "{gone}");
    }
    let status =
        |status: &str| client.all(&format!("/managedInstances/{}/streamProfiles?{status}", golden()));
    let (all, installed) = (status(""), status("profileStatus=INSTALLED"));
    assert_eq!(all.len(), installed.len() + status("profileStatus=AVAILABLE").len());
    assert!(!installed.is_empty() && installed.len() < all.len());
}
