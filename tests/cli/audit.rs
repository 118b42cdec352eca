//! `patchtrain audit` from end to end: what was done in a period, told from what lies in the store.

use std::fs;

use patchtrain::cli::exit;
use serde_json::{Value, json};

use crate::support::{Served, Workspace};

fn audit(workspace: &Workspace, arguments: &[&str]) -> Value {
    let all = [&["audit", "--format", "json", "--since"], arguments].concat();
    let ran = workspace.run(&all).expect(exit::DONE);
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["trains"][0].take()
}

/// Returns the times at which the history's lines say that they were written.
fn times(workspace: &Workspace) -> Vec<String> {
    let text = fs::read_to_string(workspace.path().join("state/great-linux.history")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["at"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_period_is_told_from_the_store_alone_and_the_service_is_asked_only_where_that_is_wanted() {
    let workspace = Workspace::quickstart(&[]);
    let served = Served::quick(&workspace);
    let nothing = audit(&workspace, &["2026-01-01"]);
    assert_eq!(
        (&nothing["complete"], &nothing["events"], &nothing["serial"]),
        (&json!(true), &json!([]), &Value::Null)
    );
    assert_eq!(nothing["then"]["levels"]["known"], "nothing-applied");
    assert_eq!(nothing["now"]["report"], Value::Null);

    workspace.run(&["report", "--format", "csv"]).expect(exit::DONE);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.run(&["rollout", "pause", "web", "--reason", "a | b"]).expect(exit::DONE);
    workspace.run(&["simulate", "advance", "48h"]).expect(exit::DONE);
    workspace.bind(&["canary"]);
    workspace.run(&["plan", "--out", "saved.plan"]).expect(exit::DONE);
    workspace.run(&["apply", "saved.plan"]).expect(exit::DONE);
    workspace.run(&["report", "--format", "csv"]).expect(exit::DONE);
    drop(served);

    let whole = audit(&workspace, &["2026-01-01"]);
    assert_eq!(whole["complete"], true, "{:#}", whole["gaps"]);
    let told: Vec<(&str, u64)> = whole["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["event"].as_str().unwrap(), event["serial"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("apply", 1), ("change", 2), ("apply", 3)]);
    assert_eq!(whole["events"][0]["overrides"], json!(["--auto-approve"]));
    assert_eq!(whole["events"][2]["overrides"], json!([]));
    assert_eq!(whole["events"][1]["change"], "rollout pause web (a | b)");
    assert_eq!(whole["totals"]["applies"], 2);
    assert_eq!((&whole["actors"][0]["who"], &whole["actors"][0]["others"]), (&json!("tester"), &json!(1)));
    // Nothing is older than the period: then is of the first report in it, and of no state.
    assert_eq!(whole["then"]["levels"]["known"], "nothing-applied");
    let kept = fs::read_to_string(workspace.path().join("state/great-linux.reports")).unwrap();
    let kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&whole["then"]["report"], &whole["now"]["report"]], [&kept[0], &kept[1]]);
    assert!(kept[0]["compliant"] == 0 && kept[1]["compliant"].as_u64() > Some(20), "{kept:?}");
    let group = |of: &Value, name: &str| -> Value {
        let groups = of["levels"]["groups"].as_array().unwrap();
        let found = groups.iter().find(|group| group["name"] == name).unwrap();
        json!([found["release"], found["at_level"], found["members"]])
    };
    assert_eq!(group(&whole["now"], "canary"), json!(["GL1.1", 3, 3]));

    // Between the two applies: the state of then is kept, and tells how the groups stood.
    let times = times(&workspace);
    let since: jiff::Timestamp = times[0].parse().unwrap();
    let since = (since + jiff::SignedDuration::from_hours(1)).to_string();
    let later = audit(&workspace, &[&since]);
    assert_eq!(later["events"].as_array().unwrap().len(), 1);
    assert_eq!(later["then"]["levels"]["serial"], 2);
    assert_eq!(group(&later["then"], "canary"), json!(["GL1", 3, 3]));
    assert_eq!(group(&later["now"], "canary"), json!(["GL1.1", 3, 3]));
    let until = audit(&workspace, &["2026-01-01", "--until", &since]);
    assert_eq!(until["events"].as_array().unwrap().len(), 2);
    assert_eq!(group(&until["now"], "canary"), json!(["GL1", 3, 3]));

    let asked = audit(&workspace, &["2026-01-01", "--observe"]);
    assert_eq!(asked["observed"]["summary"]["systems"], 24);
    assert_eq!(asked["observed"]["groups"][0]["name"], "canary");
    let text = workspace.run(&["audit", "--since", "2026-01-01"]).expect(exit::DONE).stdout;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("2 applies, 1 change by hand, 1 with overriding flags; no gap in the record."),
        "{text}"
    );
}

#[test]
fn what_is_missing_in_the_record_is_said_on_every_way_out() {
    let workspace = Workspace::quickstart(&[]);
    let served = Served::quick(&workspace);
    for moved in [&[][..], &["canary"], &[]] {
        workspace.bind(moved);
        workspace.run(&["apply", "--auto-approve", "--summary"]);
    }
    drop(served);
    let path = workspace.path().join("state/great-linux.history");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() >= 2, "{text}");
    // The first line is gone, another is damaged, and the last was cut short.
    let damaged = format!("{}\nwhat is this\n{{\"at\": \"20", lines[1..].join("\n"));
    fs::write(&path, damaged).unwrap();
    let said = [
        "Nothing tells of serial 1,",
        "state/great-linux.history is damaged in line",
        "was cut off while it was written",
    ];
    for (format, page) in [("text", false), ("markdown", false), ("html", true)] {
        let name = format!("audit.{format}");
        let arguments = ["audit", "--since", "2026-01-01", "--format", format, "--out", &name];
        let ran = workspace.run(&arguments).expect(exit::DONE);
        let document = fs::read_to_string(workspace.path().join(&name)).unwrap();
        assert_eq!(document.starts_with("<!doctype html>"), page);
        let flat = document.split_whitespace().collect::<Vec<_>>().join(" ");
        let talk = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in said {
            assert!(flat.contains(part), "no `{part}` in {document}");
            assert!(talk.contains(part), "no `{part}` in {}", ran.stderr);
        }
        assert!(talk.contains("the record has gaps") && talk.contains(&format!("Wrote {name}")), "{talk}");
    }
    let gaps = audit(&workspace, &["2026-01-01"])["gaps"].take();
    let kinds: Vec<&str> = gaps.as_array().unwrap().iter().map(|gap| gap["gap"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["unreadable", "cut-short", "serials"]);
}
