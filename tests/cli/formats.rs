//! A plan for machines by the real program: the formats of `plan` and `show FILE`, the schemas, and the streams of `plan
//! --json` and `apply --json`, of which stdout holds nothing else.

use std::collections::BTreeSet;

use patchtrain::cli::exit;
use serde_json::{Value, json};

use super::readme::hold;
use crate::support::{Served, Workspace};

/// Reads a stream, and checks what every message has.
fn messages(stdout: &str) -> Vec<Value> {
    let messages: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for message in &messages {
        for key in ["@level", "@message", "@module", "@timestamp", "type", "code"] {
            assert!(message[key].is_string(), "{key} of {message}");
        }
        let at: jiff::Timestamp = message["@timestamp"].as_str().unwrap().parse().unwrap();
        assert!(at <= jiff::Timestamp::now());
        assert!(!stdout.contains('\u{1b}'));
    }
    assert_eq!(messages.first().unwrap()["type"], "version");
    assert_eq!(messages.last().unwrap()["type"], "end");
    messages
}

fn of<'m>(messages: &'m [Value], kind: &str) -> Vec<&'m Value> {
    messages.iter().filter(|message| message["type"] == kind).collect()
}

fn end(messages: &[Value]) -> (&str, u64) {
    let last = messages.last().unwrap();
    (last["code"].as_str().unwrap(), last["exit_code"].as_u64().unwrap())
}

#[test]
fn a_saved_plan_is_shown_in_every_format_and_applied_as_a_stream() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    let whole = workspace.run(&["plan", "--out", "p.plan", "--format", "json"]).expect(exit::DONE).stdout;
    let shown = |arguments: &[&str]| {
        workspace.run(&[&["show", "p.plan"], arguments].concat()).expect(exit::DONE).stdout
    };
    assert_eq!(shown(&["--format", "json"]), whole);
    let own: Value = serde_json::from_str(&whole).unwrap();
    let summary = &own["summary"];
    assert!(summary["add"].as_u64().unwrap() > 3 && summary["held"].as_u64().unwrap() > 0, "{summary}");
    let gitlab = shown(&["--format", "gitlab"]);
    assert_eq!(
        serde_json::from_str::<Value>(&gitlab).unwrap(),
        json!({ "create": summary["add"], "update": summary["change"], "delete": summary["destroy"] })
    );
    let terraform = shown(&["--format", "terraform-json"]);
    // As what reads Terraform's plans runs whatever TF_BINARY names.
    assert_eq!(workspace.run(&["show", "-json", "p.plan"]).expect(exit::DONE).stdout, terraform);
    let terraform: Value = serde_json::from_str(&terraform).unwrap();
    assert_eq!(terraform["patchtrain"]["summary"], *summary);
    let fields = |value: &Value, keys: &[&str]| -> Value {
        keys.iter()
            .map(|key| ((*key).to_owned(), value[*key].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    let release = &terraform["resource_changes"][0];
    hold(
        "docs/plan-formats.md",
        &[
            ("summary", &pretty(&fields(&own, &["format_version", "train", "summary"]))),
            ("change", &pretty(&own["changes"][0])),
            // Without the time at which it was last seen, which is the simulator's.
            ("held", &pretty(&fields(&own["held"][0], &["address", "id", "reason", "text", "gate"]))),
            ("terraform", &pretty(release)),
            ("gitlab", &gitlab),
        ],
    );

    let ran = workspace.run(&["apply", "--json", "p.plan"]).expect(exit::DONE);
    let messages = messages(&ran.stdout);
    let totals = of(&messages, "change_summary");
    assert_eq!(totals.len(), 2);
    for key in ["add", "change", "remove"] {
        // All that was planned could start, and was done: the total comes first, and the messages add up to it.
        let summary = &summary[if key == "remove" { "destroy" } else { key }];
        assert_eq!(&totals[0]["changes"][key], summary, "{key}");
        assert_eq!(&totals[1]["changes"][key], summary, "{key}");
    }
    let place = |kind: &str| messages.iter().position(|message| message["type"] == kind).unwrap();
    assert!(place("change_summary") < place("apply_start"));
    let changes = own["changes"].as_array().unwrap().len();
    assert_eq!(of(&messages, "planned_change").len(), changes);
    assert_eq!(of(&messages, "apply_start").len(), changes);
    assert_eq!(of(&messages, "apply_complete").len(), changes);
    assert_eq!(of(&messages, "held").len(), own["held"].as_array().unwrap().len());
    let kinds: BTreeSet<&str> =
        of(&messages, "step_start").iter().map(|step| step["step"]["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains("create-source") && kinds.contains("verify-level"), "{kinds:?}");
    assert_eq!(of(&messages, "outcome")[0]["steps"]["failed"], 0);
    assert_eq!(end(&messages), ("end.done", 0));

    // Used up: the reason is an error on the stream too, and the exit code stands in it.
    let again = workspace.run(&["apply", "--json", "p.plan"]).expect(exit::REFUSED);
    let messages = self::messages(&again.stdout);
    let error = of(&messages, "diagnostic")[0];
    assert_eq!((&error["code"], &error["exit_code"]), (&json!("error.refused"), &json!(5)));
    assert!(error["diagnostic"]["summary"].as_str().unwrap().contains("p.plan"), "{error}");
    assert!(error["diagnostic"]["detail"].as_str().unwrap().contains("hint: "), "{error}");
    assert!(again.stderr.contains("Error: "), "{}", again.stderr);
    assert_eq!(end(&messages), ("end.refused", 5));
}

#[test]
fn a_plan_as_a_stream_ends_with_its_exit_code() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    let ran = workspace.run(&["plan", "--json", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    let planned = messages(&ran.stdout);
    assert_eq!(end(&planned), ("end.different", 2));
    assert_eq!(of(&planned, "change_summary")[0]["changes"]["operation"], "plan");

    let asks = workspace.run(&["apply", "--json"]).expect(exit::USAGE);
    let refused = messages(&asks.stdout);
    assert_eq!(of(&refused, "diagnostic")[0]["code"], "error.usage");
    assert_eq!(end(&refused), ("end.usage", 64));

    let ran = workspace.run(&["apply", "--json", "--auto-approve"]).expect(exit::DONE);
    assert_eq!(of(&messages(&ran.stdout), "outcome").len(), 1);
    // Nothing is left to do: a plan, and no run.
    let ran = workspace.run(&["apply", "--json", "--auto-approve"]).expect(exit::DONE);
    let nothing = messages(&ran.stdout);
    assert_eq!(of(&nothing, "change_summary")[0]["changes"]["change"], 0);
    assert_eq!((of(&nothing, "outcome").len(), end(&nothing)), (0, ("end.done", 0)));

    let file = workspace.path().join("trains/great-linux.toml");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("[train]", "[train]\nnmae = 1"))
        .unwrap();
    let ran = workspace.run(&["plan", "--json"]).expect(exit::ERROR);
    let wrong = messages(&ran.stdout);
    let detail = of(&wrong, "diagnostic")[0]["diagnostic"]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("trains/great-linux.toml:") && detail.contains("nmae"), "{detail}");
}

#[test]
fn a_document_is_of_one_plan() {
    let workspace = Workspace::quickstart(&[]);
    let text = std::fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    let text = text.replacen("\"great-linux\"", "\"second\"", 1);
    let (head, _) = text.split_once("\n[[group]]").unwrap();
    workspace.write("trains/second.toml", head);
    for format in ["json", "terraform-json", "gitlab"] {
        let ran = workspace.run(&["plan", "--format", format]).expect(exit::USAGE);
        assert!(ran.stderr.contains("of one train") && ran.stdout.is_empty(), "{}", ran.stderr);
    }
    let ran = workspace.run(&["show", "--format", "json"]).expect(exit::USAGE);
    assert!(ran.stderr.contains("for a saved plan"), "{}", ran.stderr);
}

#[test]
fn trains_in_one_stream_are_told_apart() {
    let workspace = Workspace::quickstart(&[]);
    let text = std::fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    let text = text.replacen("\"great-linux\"", "\"second\"", 1);
    let (head, _) = text.split_once("\n[[group]]").unwrap();
    workspace.write("trains/second.toml", head);
    workspace.write("state/great-linux.json", "{");
    let ran = workspace.run(&["plan", "--json"]).expect(exit::ERROR);
    let told = messages(&ran.stdout);
    for message in &told[1..told.len() - 1] {
        assert!(message["train"].is_string(), "{message}");
    }
    // The error of one is not the end of the command: the other one is planned.
    let error = of(&told, "diagnostic")[0];
    assert_eq!((&error["train"], &error["code"]), (&json!("great-linux"), &json!("error.error")));
    assert_eq!(error.get("exit_code"), None, "{error}");
    assert_eq!(of(&told, "change_summary")[0]["train"], "second");
    assert_eq!(end(&told), ("end.error", 1));
    let ran = workspace.run(&["plan", "--json", "--train", "great-linux"]).expect(exit::ERROR);
    let told = messages(&ran.stdout);
    let error = of(&told, "diagnostic")[0];
    assert_eq!((&error["train"], &error["exit_code"]), (&json!("great-linux"), &json!(1)));
}

#[test]
fn the_schemas_are_printed() {
    let workspace = Workspace::empty();
    for (what, title) in [("plan", "patchtrain plan"), ("train", "patchtrain train file")] {
        let text = workspace.run(&["schema", what]).expect(exit::DONE).stdout;
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["title"], title);
    }
}
