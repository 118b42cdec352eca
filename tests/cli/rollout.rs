//! `patchtrain rollout`, and what a rollout makes of `plan` and `apply`.

use std::fs;
use std::path::Path;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use super::readme::hold;
use crate::support::Workspace;

/// What the example of `docs/rollouts.md` says of `web`.
const SOAKING: &str = "waves     = [\"1\", \"25%\"]\nwave_soak = \"24h\"\n";

/// Returns a workspace in which all has been applied: everybody on `GL1`, then the canaries on `GL1.1`.
fn applied() -> Workspace {
    let workspace = Workspace::quickstart(&[]);
    apply(&workspace);
    workspace.bind(&["canary"]);
    apply(&workspace);
    workspace
}

/// Binds `web` to `GL1.1` too, with more in its group.
fn bind_web(workspace: &Workspace, more: &str) {
    workspace.bind(&["canary"]);
    workspace
        .edit("name = \"web\"\nrelease = \"GL1\"\n", &format!("name = \"web\"\nrelease = \"GL1.1\"\n{more}"));
}

fn apply(workspace: &Workspace) -> String {
    let ran = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    ran.stdout + &ran.stderr
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

/// Returns what `rollout status web --format json` tells of it.
#[track_caller]
fn standing(workspace: &Workspace) -> Value {
    let json = workspace.run(&["rollout", "status", "web", "--format", "json"]).expect(exit::DONE).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format_version"], "1.0");
    json["trains"][0]["rollouts"][0].clone()
}

#[test]
fn where_no_rollout_is_on_record_that_is_said_and_nothing_is_written() {
    let workspace = Workspace::quickstart(&[]);
    let before = workspace.files();
    let text = workspace.run(&["rollout", "status"]).expect(exit::DONE);
    assert_eq!((text.stdout.as_str(), text.stderr.as_str()), ("", "No rollout is on record.\n"));
    let resumed = workspace.run(&["rollout", "resume", "web"]).expect(exit::DONE).stderr;
    has(&resumed, &["Nothing keeps group web: it is neither paused nor stopped."]);
    assert_eq!(standing(&workspace), Value::Null);
    let after = workspace.files().into_keys().filter(|path| !path.ends_with("great-linux.lock"));
    assert!(after.eq(before.into_keys()), "only the lock's file has come");
}

#[test]
fn a_group_that_no_train_has_is_a_usage_error() {
    let workspace = Workspace::quickstart(&[]);
    let commands: [&[&str]; 4] = [&["status"], &["pause"], &["resume"], &["abort", "--to", "GL1"]];
    for command in commands {
        let unknown = workspace.run(&[&["rollout"], command, &["wbe"]].concat()).expect(exit::USAGE);
        has(&unknown.stderr, &["group `wbe`"]);
    }
    let release = workspace.run(&["rollout", "abort", "web", "--to", "GL3"]).expect(exit::USAGE).stderr;
    has(&release, &["no release `GL3`"]);
}

#[test]
fn what_is_paused_is_not_moved_until_it_is_resumed() {
    let workspace = applied();
    bind_web(&workspace, "waves = [\"1\"]\n");
    workspace.run(&["plan", "--out", "saved.plan"]).expect(exit::DONE);
    let paused =
        workspace.run(&["rollout", "pause", "web", "--reason", "logins are slow"]).expect(exit::DONE);
    has(&paused.stderr, &["Group web is paused", "patchtrain rollout resume web"]);
    let again = workspace.run(&["rollout", "pause", "web"]).expect(exit::DONE).stderr;
    has(&again, &["Group web is paused already."]);
    let hold = &standing(&workspace)["hold"];
    assert_eq!([&hold["hold"], &hold["by"], &hold["why"]], ["paused", "tester", "logins are slow"]);
    has(&workspace.run(&["rollout", "status", "web"]).expect(exit::DONE).stdout, &["paused by tester on"]);
    has(
        &workspace.run(&["state", "history"]).expect(exit::DONE).stdout,
        &["rollout pause web (logins are slow)"],
    );

    let plan = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE).stdout;
    has(&plan, &["None of the 36 steps can start now.", "tester paused it on", "(logins are slow)"]);
    let world = |workspace: &Workspace| workspace.run(&["status", "web"]).expect(exit::DONE).stdout;
    let before = world(&workspace);
    has(&apply(&workspace), &["There is nothing that could be done now."]);
    let saved = workspace.run(&["apply", "saved.plan", "--summary"]).expect(exit::DONE);
    has(&saved.stdout, &["0 changed"]);
    has(&saved.stderr, &["group.web was paused by tester"]);
    let rides =
        |text: &str| text.lines().filter(|line| line.contains("GL1")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rides(&world(&workspace)), rides(&before));

    has(&workspace.run(&["rollout", "resume", "web"]).expect(exit::DONE).stderr, &["goes on with the next"]);
    let saved = workspace.run(&["apply", "saved.plan", "--summary"]).expect(exit::DONE).stdout;
    has(&saved, &["12 changed", "35 steps done"]);
}

#[test]
fn an_aborted_rollout_is_closed_and_its_group_bound_elsewhere() {
    let workspace = applied();
    bind_web(&workspace, SOAKING);
    apply(&workspace);
    assert_eq!(standing(&workspace)["waves"][0]["at_level"], 1);
    let aborted = workspace.run(&["rollout", "abort", "web", "--to", "GL1"]).expect(exit::DONE);
    has(&aborted.stdout, &["What it cannot undo:"]);
    has(&aborted.stderr, &["Group web is bound to GL1 (trains/great-linux.toml:", "Its rollout is closed."]);
    let train = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    has(&train, &[&format!("name = \"web\"\nrelease = \"GL1\"\n{SOAKING}")]);
    assert_eq!(standing(&workspace)["ended"]["aborted_to"], "GL1");
    let plan = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DIFFERENT).stdout;
    has(&plan, &["(1 to switch"]);
    let again = workspace.run(&["rollout", "abort", "web", "--to", "GL1"]).expect(exit::DONE).stderr;
    has(&again, &["No rollout of it was going on."]);
}

#[test]
fn a_plan_of_another_moment_shows_a_window_open_and_is_not_saved() {
    let workspace = applied();
    // The simulator's clock goes with the real one: a window of yesterday's weekday is shut for days.
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let opens = now.date().checked_add(5.days()).unwrap().at(22, 0, 0, 0);
    let day = &opens.strftime("%a").to_string();
    let window =
        format!("window = {{ days = [\"{day}\"], from = \"22:00\", to = \"23:00\", timezone = \"UTC\" }}\n");
    bind_web(&workspace, &window);
    let shut = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE).stdout;
    has(&shut, &["outside its window", &format!("{}", opens.strftime("%Y-%m-%d %H:%MZ"))]);
    let at = opens.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let open = workspace.run(&["plan", "--detailed-exitcode", "--at", &at]).expect(exit::DIFFERENT).stdout;
    assert!(!open.contains("outside its window"), "{open}");
    let refused = workspace.run(&["plan", "--at", &at, "--out", "saved.plan"]).expect(exit::USAGE).stderr;
    has(&refused, &["--at", "cannot be used with '--out <FILE>'"]);
    workspace.run(&["plan", "--at", "Saturday"]).expect(exit::USAGE);
    assert!(!workspace.path().join("saved.plan").exists());
}

#[test]
fn what_the_hub_cannot_do_of_a_rollout_is_refused_with_a_way_out() {
    let workspace = Workspace::quickstart_on(Api::Osmh, &[]);
    let more = "waves = [\"1\"]\nid = \"ocid1.osmhmanagedinstancegroup.oc1..web\"\nconcurrency = 2\n";
    workspace.bind_on(Api::Osmh, &["web"], more);
    let refused = workspace.run(&["validate"]).expect(exit::ERROR).stderr;
    has(
        &refused,
        &[
            "there is no `concurrency`",
            "each of `waves` is a group there: make more of them",
            "with `waves` each of them is a group of OS Management Hub, and `id` names one group of the service",
            "great-linux.toml:",
        ],
    );
    // All else is for both.
    let more = "waves = [\"1\"]\nsoak = \"1h\"\nwindow = { days = [\"Sat\"], from = \"22:00\", to = \"04:00\", timezone = \"UTC\" }\n";
    workspace.bind_on(Api::Osmh, &["web"], more);
    workspace.run(&["validate"]).expect(exit::DONE);
}

/// Pins the moments of a rollout: what is N hours after its beginning is so in the document too. They are told to the
/// minute, and the machine may be slow, so that they are rounded.
fn pinned(text: &str, began: Timestamp) -> String {
    let day_one = DateTime::constant(2026, 11, 23, 9, 0, 0, 0);
    let mut pinned = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let told = rest.get(..17).filter(|told| told.ends_with('Z'));
        let told = told.and_then(|told| DateTime::strptime("%Y-%m-%d %H:%MZ", told).ok());
        let Some(moment) = told.and_then(|told| told.to_zoned(jiff::tz::TimeZone::UTC).ok()) else {
            pinned.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        let minutes = moment.timestamp().duration_since(began).as_mins();
        let hours = (minutes + 30).div_euclid(60);
        let moment = day_one.checked_add(hours.hours()).unwrap();
        pinned.push_str(&moment.strftime("%Y-%m-%d %H:%MZ").to_string());
        rest = &rest[17..];
    }
    pinned
}

/// The example of `docs/rollouts.md`: what it shows is what one sees.
#[test]
fn the_rollout_of_the_document_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    for file in ["great-linux.toml", "great-linux/GL1.packages", "great-linux/GL1.1.packages"] {
        let place = format!("trains/{file}");
        workspace.write(&place, &fs::read_to_string(root.join(&place)).unwrap());
    }
    apply(&workspace);
    let bound = |group: &str, release: &str| format!("name    = \"{group}\"\nrelease = \"{release}\"\n");
    workspace.edit(&bound("canary", "GL1"), &bound("canary", "GL1.1"));
    apply(&workspace);
    let web = "name      = \"web\"\nrelease   = \"GL1.1\"\nafter     = [\"canary\"]\n";
    workspace.edit(&format!("{}after   = [\"canary\"]\n", bound("web", "GL1")), &format!("{web}{SOAKING}"));
    let page = fs::read_to_string(root.join("docs/rollouts.md")).unwrap();
    has(&page, &[&format!("[[group]]\n{web}{SOAKING}```")]);

    let run = |arguments: &[&str]| workspace.run(arguments).expect(exit::DONE).stdout;
    // What a run shows behind its plan.
    let end = |mut text: String| text.split_off(text.rfind("\nApply ").unwrap() + 1);
    let go = ["apply", "--auto-approve", "--summary"];
    let plan = run(&["plan", "--summary"]);
    let applied = end(run(&go));
    let status = run(&["rollout", "status"]);
    let began = standing(&workspace)["started"].as_str().unwrap().parse().unwrap();
    run(&["rollout", "pause", "web", "--reason", "INC-1422: logins are slow"]);
    let paused = run(&["plan", "--summary"]);
    run(&["rollout", "resume", "web"]);
    run(&["simulate", "advance", "24h"]);
    let second = end(run(&go)) + "\n" + &run(&["rollout", "status"]);
    run(&["simulate", "advance", "24h"]);
    let arrived = end(run(&go)) + "\n" + &run(&["rollout", "status"]);
    let told = [
        ("plan", plan),
        ("apply", applied),
        ("status", status),
        ("paused", paused),
        ("second", second),
        ("arrived", arrived),
    ];
    let told = told.map(|(name, text)| (name, pinned(&text, began)));
    let blocks: Vec<(&str, &str)> = told.iter().map(|(name, text)| (*name, text.as_str())).collect();
    hold("docs/rollouts.md", &blocks);
}

fn notified(workspace: &Workspace, table: &str) {
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[notify]\n{table}\n")).unwrap();
}

#[test]
fn a_program_is_told_of_plans_and_runs() {
    let workspace = Workspace::quickstart(&[]);
    notified(&workspace, "command = [\"/bin/sh\", \"-c\", \"cat >>told\"]");
    workspace.run(&["plan"]).expect(exit::DONE);
    apply(&workspace);
    let told = fs::read_to_string(workspace.path().join("told")).unwrap();
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |name: &str| events.iter().find(|event| event["event"] == name).unwrap_or_else(|| panic!("{told}"));
    assert_eq!(of("plan")["train"], "great-linux");
    assert_eq!(of("start")["groups"], serde_json::json!(["backend", "canary", "web"]));
    assert_eq!((&of("done")["exit_code"], &of("done")["failed"]), (&0.into(), &0.into()));
}

#[test]
fn whoever_cannot_be_told_breaks_nothing() {
    let workspace = Workspace::quickstart(&[]);
    notified(&workspace, "command = [\"./no-such-program\"]\nwebhook_env = \"PATCHTRAIN_NO_SUCH_VARIABLE\"");
    let said = apply(&workspace);
    has(
        &said,
        &[
            "Warning: the command of `[notify]` cannot be run: ./no-such-program",
            "Warning: nobody is told by POST: PATCHTRAIN_NO_SUCH_VARIABLE is not set",
        ],
    );
}

#[test]
fn a_rollout_is_watched_until_it_has_ended() {
    let workspace = Workspace::quickstart(&[]);
    let none = workspace.run(&["status", "--watch"]).expect(exit::DONE);
    has(&none.stdout, &["Train great-linux: no rollout is on record.", "Nobody applies now."]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    let over = workspace.run(&["status", "--watch", "--every", "1s"]).expect(exit::DONE);
    has(&over.stdout, &["web", "arrived", "Nobody applies now."]);
    workspace.run(&["status", "--every", "1s"]).expect(exit::USAGE);
    let often = workspace.run(&["status", "--watch", "--every", "10ms"]).expect(exit::USAGE);
    has(&often.stderr, &["`10ms` is too often"]);
    let ignored = workspace.run(&["status", "--watch", "--parallelism", "3"]).expect(exit::USAGE);
    has(&ignored.stderr, &["'--watch' cannot be used with '--parallelism <N>'"]);
    let unknown = workspace.run(&["status", "--watch", "nobody"]).expect(exit::USAGE);
    has(&unknown.stderr, &["no train has a group `nobody`"]);
}
