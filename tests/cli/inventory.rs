//! The inventory: who writes it, and `plan --refresh=false`, which asks the service for nothing.

use std::fs;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use super::readme::hold;
use crate::support::{Served, Workspace};

const PLAN: [&str; 3] = ["plan", "--refresh=false", "--summary"];

fn is_planned_from(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let inventory = workspace.path().join("state/great-linux.inventory");
    let refused = |why: &str| {
        let refused = workspace.run(&PLAN).expect(exit::REFUSED);
        let words = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(why) && words.contains("`patchtrain status` asks the service"), "{words}");
        assert_eq!(refused.stdout, "");
    };
    // A plan never writes it.
    workspace.run(&["plan", "--summary"]).expect(exit::DONE);
    assert!(!inventory.exists());
    refused("there is none yet");
    workspace.run(&["status"]).expect(exit::DONE);
    let first = workspace.run(&PLAN).expect(exit::DONE);
    assert!(first.stdout.contains("5 to add"), "{}", first.stdout);
    assert!(first.stderr.starts_with("Planned from state/great-linux.inventory, seen 2"), "{}", first.stderr);

    // What was there before the first apply says nothing of what is there after it; the apply itself does.
    let before = fs::read(&inventory).unwrap();
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let after = fs::read(&inventory).unwrap();
    fs::write(&inventory, &before).unwrap();
    refused("it is of a state of another lineage");
    fs::write(&inventory, &after).unwrap();
    let trace = workspace.path().join("trace");
    let asked = [&PLAN[..], &["--trace-http", "trace"]].concat();
    let plan = workspace.run(&asked).expect(exit::DONE).stdout;
    assert!(plan.contains("No changes. Your infrastructure matches the configuration. (2 held)"), "{plan}");
    assert_eq!(fs::read_to_string(&trace).unwrap(), "");

    // And what it plans is what a look plans.
    workspace.bind_on(api, &["canary"], "");
    let (cached, looked) =
        (workspace.run(&PLAN).expect(exit::DONE).stdout, workspace.run(&["plan", "--summary"]));
    let body = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(body(&cached), body(&looked.expect(exit::DONE).stdout));
    if api == Api::Osms {
        let (head, rest) = cached.split_once(", ").unwrap();
        let (_, rest) = rest.split_once(" old").unwrap();
        hold("docs/plans.md", &[("inventory", &format!("{head}, 3 h old{rest}"))]);
    }
    workspace.run(&["plan", "--refresh=false", "--out", "saved.plan"]).expect(exit::DONE);
    let applied = workspace.run(&["apply", "saved.plan", "--summary"]).expect(exit::DONE).stdout;
    assert!(applied.contains("Apply complete!"), "{applied}");
    // An apply of a saved plan writes it too.
    let plan = workspace.run(&PLAN).expect(exit::DONE).stdout;
    assert!(plan.contains("No changes. Your infrastructure"), "{plan}");

    let text = fs::read_to_string(&inventory).unwrap();
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        change(&mut document);
        fs::write(&inventory, document.to_string()).unwrap();
    };
    edit(&|document| document["lineage"] = "0".repeat(32).into());
    refused("another lineage");
    edit(&|document| document["serial"] = 1.into());
    refused("it was seen when the state was at serial 1, and that is at 2 now");
    edit(&|document| document["place"] = "elsewhere".into());
    refused("in elsewhere");
    edit(&|document| document["train"] = "other".into());
    refused("it is of train `other`");
    edit(&|document| document["colour"] = "red".into());
    damaged(&workspace, "unknown field `colour`");
    fs::write(&inventory, &text[..text.len() / 2]).unwrap();
    damaged(&workspace, "EOF while parsing");
    edit(&|document| {
        document["format_version"] = 1.into();
        document.as_object_mut().unwrap().remove("surveyed").unwrap();
    });
    refused("an older patchtrain wrote it, which did not keep what it had looked at");
    edit(&|document| document["format_version"] = 3.into());
    let newer = workspace.run(&PLAN).expect(exit::ERROR).stderr;
    assert!(newer.contains("format version 3") && newer.contains("update patchtrain"), "{newer}");
    // Whoever deletes it loses nothing.
    fs::remove_file(&inventory).unwrap();
    refused("there is none yet");
    workspace.run(&["status"]).expect(exit::DONE);
    workspace.run(&PLAN).expect(exit::DONE);
}

fn damaged(workspace: &Workspace, why: &str) {
    let damaged = workspace.run(&PLAN).expect(exit::ERROR).stderr;
    let words = damaged.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["state/great-linux.inventory is damaged", why, "It is a cache: delete it"] {
        assert!(words.contains(part), "no `{part}` in {words}");
    }
}

#[test]
fn a_train_on_os_management_is_planned_from_what_was_seen() {
    is_planned_from(Api::Osms);
}

#[test]
fn a_train_on_os_management_hub_is_planned_from_what_was_seen() {
    is_planned_from(Api::Osmh);
}

#[test]
fn a_cache_that_cannot_be_written_fails_nothing() {
    let workspace = Workspace::quickstart(&[]);
    fs::create_dir_all(workspace.path().join("state/great-linux.inventory/full")).unwrap();
    let status = workspace.run(&["status"]).expect(exit::DONE);
    assert!(status.stderr.contains("Warning: what is there now could not be kept"), "{}", status.stderr);
}

fn asks_for_more(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let (file, manifests) = (workspace.path().join("trains/great-linux.toml"), "trains/great-linux");
    let train = fs::read_to_string(&file).unwrap();
    let planned = |train: &str| {
        fs::write(&file, train).unwrap();
        workspace.run(&PLAN)
    };
    let refused = |train: &str, about: &str| {
        let refused = planned(train).expect(exit::REFUSED);
        let words = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let why =
            format!("it does not tell of {about}, for which the train asks since trains/great-linux.toml");
        assert!(words.contains(&why) && words.contains("`patchtrain status` asks the service"), "{words}");
        assert_eq!(refused.stdout, "");
    };
    // A release that nobody has looked up, and one that holds something else now.
    let packages = fs::read_to_string(workspace.path().join(manifests).join("GL1.1.packages")).unwrap();
    workspace
        .write(&format!("{manifests}/GL1.2.packages"), &packages.replace("release: GL1.1", "release: GL1.2"));
    let release = "[[release]]\nname = \"GL1.2\"\nmanifest = \"great-linux/GL1.2.packages\"\n";
    let first = train.find("[[group]]").unwrap();
    refused(&[&train[..first], release, &train[first..]].concat(), "release.GL1.2");
    refused(
        &train.replacen("great-linux/GL1.1.packages\"", "great-linux/GL1.1.packages\"\nretired = true", 1),
        "release.GL1.1",
    );
    // A group, and an instance that nobody asked about.
    let group = "\n[[group]]\nname = \"late\"\nrelease = \"GL1\"\nmembers = \"service\"\n";
    refused(&format!("{train}{group}"), "group.late");
    let stranger = "ocid1.instance.oc1.eu-frankfurt-1.aaaaaaaastranger";
    refused(&train.replacen("members = [", &format!("members = [\"{stranger}\","), 1), stranger);
    // What is asked for by groups besides.
    let schedule = "schedule = { update = \"all\", every = \"1 week\", start = \"2036-12-05T02:00:00Z\" }\n";
    refused(&train.replacen("members = [", &format!("{schedule}members = ["), 1), "scheduled jobs");
    if api == Api::Osmh {
        let first = train.find("members = [").unwrap();
        let end = first + train[first..].find("]\n").unwrap();
        let profile = "profile = true\nmembers = \"service\"\n";
        refused(&[&train[..first], profile, &train[end + 2..]].concat(), "registration profiles");
    }
    // What was looked at is planned for, whatever the train makes of it now.
    let less = train.replacen("after = [\"canary\"]\n", "max_failures = 1\n", 1).replacen(
        "max_failures = 2\n",
        "",
        1,
    );
    planned(&less).expect(exit::DONE);
    let (canary, rest) = (train[first..].find("members = [").unwrap() + first, "]\n");
    let end = canary + train[canary..].find(rest).unwrap();
    let last = train[..end].trim_end().rfind('\n').unwrap();
    let smaller = planned(&[&train[..last], "\n", &train[end..]].concat()).expect(exit::DONE).stdout;
    assert!(smaller.contains("1 to change") || smaller.contains("leave"), "{smaller}");
    // And a look makes it fit.
    planned(&format!("{train}{group}")).expect(exit::REFUSED);
    workspace.run(&["status"]);
    let late = workspace.run(&PLAN);
    assert!(!late.stderr.contains("does not tell of"), "{}", late.stderr);
}

#[test]
fn a_train_on_os_management_that_asks_for_more_is_not_planned_from_what_was_seen() {
    asks_for_more(Api::Osms);
}

#[test]
fn a_train_on_os_management_hub_that_asks_for_more_is_not_planned_from_what_was_seen() {
    asks_for_more(Api::Osmh);
}

fn forgets_what_was_deleted(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let names = |what: &str| -> Vec<String> {
        let text = fs::read(workspace.path().join("state/great-linux.inventory")).unwrap();
        let document: Value = serde_json::from_slice(&text).unwrap();
        let all = document[what].as_object().unwrap().values();
        let mut names: Vec<String> = all.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("groups"), ["backend", "canary", "web"]);
    let file = workspace.path().join("trains/great-linux.toml");
    let train = fs::read_to_string(&file).unwrap();
    let (rest, _) = train.rsplit_once("[[group]]").unwrap();
    let rest = rest.replacen("GL1.1.packages\"", "GL1.1.packages\"\nretired = true", 1);
    fs::write(&file, &rest).unwrap();
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    assert_eq!(names("groups"), ["canary", "web"]);
    assert!(!names("sources").contains(&"great-linux/GL1.1".to_owned()), "{:?}", names("sources"));
    // Another train file that has one of that name meets what is there.
    let cached = workspace.run(&PLAN).expect(exit::DONE).stdout;
    assert!(cached.contains("No changes."), "{cached}");
}

#[test]
fn what_an_apply_deletes_on_os_management_is_not_in_the_inventory_any_more() {
    forgets_what_was_deleted(Api::Osms);
}

#[test]
fn what_an_apply_deletes_on_os_management_hub_is_not_in_the_inventory_any_more() {
    forgets_what_was_deleted(Api::Osmh);
}
