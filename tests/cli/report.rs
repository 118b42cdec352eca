//! The compliance report from end to end: the real program against the embedded simulator, as either service.

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use crate::support::{Served, Workspace};

fn json(workspace: &Workspace) -> Value {
    let ran = workspace.run(&["report", "--format", "json"]).expect(exit::DONE);
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["trains"][0].take()
}

#[test]
fn a_report_before_and_after_an_apply_tells_what_the_apply_was_for() {
    before_and_after(Api::Osms);
}

#[test]
fn and_so_it_does_on_the_hub() {
    before_and_after(Api::Osmh);
}

fn before_and_after(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let before = json(&workspace);
    assert_eq!(before["summary"]["systems"], 24);
    assert_eq!(before["summary"]["compliant"], 0);
    assert_eq!(before["trend"].as_array().unwrap().len(), 1);
    for kind in ["security", "bug", "enhancement", "other"] {
        assert!(before["summary"]["updates"][kind].as_u64() > Some(0), "{kind}");
    }
    let cves = before["cves"].as_array().unwrap();
    assert!(cves.len() > 100, "{}", cves.len());
    // The simulator's errata say all four severities, and some say none.
    let told = |severity: &str| cves.iter().filter(|cve| cve["severity"] == severity).count();
    assert!(["critical", "important", "moderate", "low"].iter().all(|severity| told(severity) > 0));
    assert!(cves.iter().any(|cve| cve["severity"].is_null()));
    assert!(cves.iter().all(|cve| cve["name"].as_str().unwrap().starts_with("CVE-2026-9")));
    // A report reads; the simulator's world begins to be kept with the first change.
    let kept: Vec<String> = workspace
        .files()
        .into_keys()
        .filter(|path| path.starts_with("state"))
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(kept, ["state/great-linux.reports"]);

    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let after = json(&workspace);
    // db-04 does not check in, and web-13 is not known to the service yet.
    let summary = &after["summary"];
    let counts = ["compliant", "not_compliant", "unknown", "at_level", "unreachable"]
        .map(|key| summary[key].as_u64().unwrap());
    assert_eq!(counts, [22, 1, 1, 22, 1]);
    assert_eq!(after["summary"]["compliant_percent"], 91.6);
    assert_eq!(after["trend"].as_array().unwrap().len(), 2);
    let instances = after["instances"].as_array().unwrap();
    let web = instances.iter().find(|one| one["name"] == "web-02").unwrap();
    assert_eq!((&web["at_level"], &web["on_release"]), (&Value::Bool(true), &Value::Bool(true)));
    assert!(web["at_level_since"].is_string() && web["last_checkin"].is_string());
    // The plan is none the worse for it.
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
}

#[test]
fn a_file_is_written_as_its_name_says_and_replaced_as_a_whole() {
    let workspace = Workspace::quickstart(&[]);
    let read = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    for (name, start) in [
        ("report.html", "<!doctype html>"),
        ("report.json", "{\n  \"format_version\": 1"),
        ("report.csv", "train,as_of,group,"),
        ("report.md", "# Compliance report"),
    ] {
        let ran = workspace.run(&["report", "--out", name]).expect(exit::DONE);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains(&format!("Wrote {name}")), "{}", ran.stderr);
        assert!(read(name).starts_with(start), "{name}: {}", &read(name)[..60]);
    }
    assert!(read("report.html").contains("SIMULATOR"));
    assert_eq!(read("report.csv").lines().count(), 25);
    let ran = workspace.run(&["report", "--format", "csv", "--out", "report.html"]).expect(exit::DONE);
    assert!(ran.stderr.contains("0 of 24 instances security compliant"), "{}", ran.stderr);
    assert!(read("report.html").starts_with("train,"));
    assert_eq!(read("state/great-linux.reports").lines().count(), 5);

    // One look at the fleet, whatever number of files is made of it.
    let several = ["report", "--out", "a.html", "--out", "a.xml", "--out", "a.sarif"];
    let ran = workspace.run(&several).expect(exit::DONE);
    assert!(
        ["Wrote a.html", "Wrote a.xml", "Wrote a.sarif"].iter().all(|part| ran.stderr.contains(part)),
        "{}",
        ran.stderr
    );
    for (name, start) in
        [("a.html", "<!doctype html>"), ("a.xml", "<?xml version=\"1.0\""), ("a.sarif", "{\n  \"$schema\"")]
    {
        assert!(read(name).starts_with(start), "{name}: {}", &read(name)[..60]);
    }
    assert!(read("a.xml").contains("<testsuite name=\"great-linux.canary\" tests=\"3\" failures=\"3\""));
    assert!(read("a.sarif").contains("\"uri\": \"trains/great-linux.toml\""));
    assert_eq!(read("state/great-linux.reports").lines().count(), 6);

    let ran = workspace.run(&["report", "--out", "nowhere/report.html"]).expect(exit::ERROR);
    assert!(ran.stderr.contains("nowhere/report.html"), "{}", ran.stderr);
    assert_eq!(read("state/great-linux.reports").lines().count(), 6, "what was not written is not kept");
}

#[test]
fn a_damaged_trend_is_said_and_left_out() {
    let workspace = Workspace::quickstart(&[]);
    workspace.write("state/great-linux.reports", "what is this\n");
    let ran = workspace.run(&["report", "--format", "json"]).expect(exit::DONE);
    assert!(ran.stderr.contains("state/great-linux.reports is damaged in line 1"), "{}", ran.stderr);
    assert!(ran.stdout.contains("\"trend\": ["));
}
