//! `plan --rehearse`: what it tells, and that nothing of it is kept.

use std::fs;
use std::path::Path;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::{Value, json};

use super::readme::hold;
use crate::support::{Served, Workspace};

/// When the rehearsals of these tests begin: a Monday.
const AT: &str = "2026-11-23T09:00:00Z";

/// Returns a workspace in which everybody was applied on `GL1`, and `canary` on `GL1.1` after that. Its
/// service is quick.
fn applied(api: Api) -> (Workspace, Served) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let served = Served::quick(&workspace);
    apply(&workspace);
    workspace.bind_on(api, &["canary"], "");
    apply(&workspace);
    (workspace, served)
}

fn apply(workspace: &Workspace) {
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
}

/// Binds `web` to `GL1.1` too, with more in its group.
fn bind_web(workspace: &Workspace, api: Api, more: &str) {
    workspace.bind_on(api, &["canary"], "");
    workspace
        .edit("name = \"web\"\nrelease = \"GL1\"\n", &format!("name = \"web\"\nrelease = \"GL1.1\"\n{more}"));
}

/// Returns what is told of the rehearsal, from its first line on.
#[track_caller]
fn rehearsed(workspace: &Workspace, more: &[&str]) -> String {
    let arguments = [&["plan", "--summary", "--rehearse", "--at", AT], more].concat();
    let mut text = workspace.run(&arguments).expect(exit::DONE).stdout;
    text.split_off(text.find("SIMULATED").unwrap())
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn a_rehearsal_tells_what_moves_when_what_holds_it_and_what_is_left() {
    let (workspace, _served) = applied(Api::Osms);
    let window = |days: &str| {
        format!("window = {{ days = [{days}], from = \"22:00\", to = \"04:00\", timezone = \"UTC\" }}\n")
    };
    let soaking = "waves = [\"1\", \"25%\"]\nwave_soak = \"24h\"\n".to_owned();
    let windowed = format!("waves = [\"1\", \"25%\"]\nconcurrency = 1\n{}", window("\"Tue\", \"Sat\""));
    let dark = format!(
        "{}blackout = {{ dates = [\"2026-11-20..2027-06-01\"], timezone = \"UTC\" }}\n",
        window("\"Sat\"")
    );
    // Who stays held is the same in all of them.
    let held = "Held then 1 unknown to the service (ocid1.instance...kzonkrxszt); 1 unreachable (db-04)";
    let table: [(&str, &[&str], &[&str]); 4] = [
        (
            &soaking,
            &[],
            &[
                "SIMULATED   rehearsal of train great-linux   from 2026-11-23 09:00Z on\n",
                "Nothing of this has happened. Assumed are 5m for each piece of agents' work and 0.2 s for each",
                "Course: over 2026-11-25 09:16Z, after 2d\n",
                "  ~ web       1      1  2026-11-23 09:00Z  2026-11-23 09:05Z\n  ~ web       2      2  2026-11-24 09:05Z",
                "held while wave 1 of web soaks, from 2026-11-23 09:05Z until 2026-11-24 09:05Z",
                "held while wave 2 of web soaks, from 2026-11-24 09:11Z until 2026-11-25 09:11Z",
                "Steps: 36 done.",
                // Of two in the wave one may fail.
                "If 2 instances of wave 2 of web failed:\n  the rollout stops 2026-11-24 09:11Z",
                "1 at the level of GL1.1 (web-05); 2 touched and below it (web-08, web-12); 8 untouched.",
                "It keeps no other group from moving.",
            ],
        ),
        (
            &windowed,
            &["--rehearse-update", "90m"],
            &[
                "Assumed are 1h 30m for each piece",
                "~ web       1      1  2026-11-24 22:00Z  2026-11-24 23:30Z",
                "held outside its hours, from 2026-11-23 09:00Z until 2026-11-24 22:00Z",
                // The window closes amid the third wave, twice.
                "held outside its hours, from 2026-11-25 04:00Z until 2026-11-28 22:00Z",
                "held outside its hours, from 2026-11-29 04:00Z until 2026-12-01 22:00Z",
                "Steps: 37 done.",
            ],
        ),
        // Nobody waits for a window of next year.
        (
            &dark,
            &[],
            &[
                "Course: not over within 90d",
                "= web       11  not begun",
                "until 2027-06-05 22:00Z",
                "Steps: 35 not started.",
                "Not done in the end (1)\n  = group web: group.web may not be touched now",
            ],
        ),
        // Work that lasts for longer than a run waits fails by itself.
        (
            "waves = [\"1\"]\n",
            &["--rehearse-update", "3 days"],
            &["failed", "has not ended in", "Not done in the end", "not begun"],
        ),
    ];
    for (more, arguments, parts) in table {
        bind_web(&workspace, Api::Osms, more);
        let text = rehearsed(&workspace, arguments);
        has(&text, parts);
        has(&text, &[held]);
    }
    bind_web(&workspace, Api::Osms, &soaking);
    streamed(&workspace);
    // What only people bring is not waited for.
    workspace.run(&["rollout", "pause", "web"]).expect(exit::DONE);
    let paused = rehearsed(&workspace, &[]);
    has(
        &paused,
        &["over 2026-11-23 09:00Z, at once", "group.web was paused by tester", "Steps: 37 not started"],
    );
    assert!(!paused.contains("failed"), "nobody is moved whose move could fail: {paused}");
}

/// The same as a message.
fn streamed(workspace: &Workspace) {
    let arguments = ["plan", "--json", "--rehearse", "--at", AT];
    let stream = workspace.run(&arguments).expect(exit::DONE).stdout;
    let messages: Vec<Value> = stream.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = messages.iter().filter(|message| message["type"] == "rehearsal").collect::<Vec<_>>();
    assert_eq!((told.len(), &told[0]["code"]), (1, &json!("rehearsal.over")));
    let rehearsal = &told[0]["rehearsal"];
    assert_eq!((&rehearsal["simulated"], &rehearsal["begins"]), (&json!(true), &json!(AT)));
    assert_eq!(rehearsal["steps"]["done"], 36);
    let waves = rehearsal["groups"][0]["waves"].as_array().unwrap();
    let moving: Vec<u64> = waves.iter().map(|wave| wave["moving"].as_u64().unwrap()).collect();
    assert_eq!(moving, [1, 2, 8]);
    let hold = &waves[1]["holds"][0];
    assert_eq!((&hold["by"], &hold["after"], &hold["wave"]), (&json!("soak"), &json!("web"), &json!(1)));
    // From the end of the last step on, which a call took; soaks count from when it was recorded.
    let seconds = hold["seconds"].as_f64().unwrap();
    assert!((86_390.0..=86_400.0).contains(&seconds), "{hold}");
    assert_eq!(rehearsal["failures"][0]["at_level"], json!(["instance.web-05"]));
}

#[test]
fn nothing_of_a_rehearsal_is_kept() {
    let (workspace, _served) = applied(Api::Osms);
    bind_web(&workspace, Api::Osms, "waves = [\"1\"]\n");
    let plan = workspace.run(&["plan", "--summary", "--at", AT]).expect(exit::DONE).stdout;
    let before = workspace.files();
    let text = rehearsed(&workspace, &[]);
    assert_eq!(rehearsed(&workspace, &[]), text, "the same of the same");
    assert!(workspace.files() == before, "a rehearsal has changed a file");
    let again = workspace.run(&["plan", "--summary", "--at", AT]).expect(exit::DONE).stdout;
    let bare = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(bare(&again), bare(&plan));
    // Its exit codes are the plan's.
    workspace.run(&["plan", "--rehearse", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    // From the inventory too.
    has(
        &workspace.run(&["plan", "--rehearse", "--refresh=false"]).expect(exit::DONE).stdout,
        &["Steps: 35 done."],
    );
}

#[test]
fn on_the_hub_each_wave_is_played_as_a_group() {
    let (workspace, _served) = applied(Api::Osmh);
    bind_web(&workspace, Api::Osmh, "waves = [\"1\", \"25%\"]\nwave_soak = \"24h\"\n");
    has(
        &rehearsed(&workspace, &[]),
        &[
            "  ~ web            2      2  2026-11-24 09:16Z  2026-11-24 09:33Z\n      held while wave 1 of web soaks",
            "Steps: 30 done.",
            "If 2 instances of wave 2 of web failed:\n  the rollout stops 2026-11-24 09:22Z",
            "1 at the level of GL1.1 (web-05); 2 touched and below it (web-08, web-12); 8 untouched.",
        ],
    );
}

/// What the updates of the next release are for, nobody has told yet.
#[test]
fn a_group_that_takes_security_updates_alone_gets_there() {
    for api in [Api::Osms, Api::Osmh] {
        let workspace = Workspace::quickstart_on(api, &[]);
        let _served = Served::quick(&workspace);
        apply(&workspace);
        workspace.bind_on(api, &["canary", "web"], "update = \"security\"\nwaves = [\"1\"]\n");
        let text = rehearsed(&workspace, &[]);
        assert!(!text.contains(" failed,") && !text.contains("Not done in the end"), "{text}");
        has(&text, &["~ web "]);
    }
}

/// `web` lacks one whom the service does not know, so that nobody waits for the soak of `canary` any more.
#[test]
fn a_soak_that_nobody_waits_for_is_not_waited_for() {
    let (workspace, _served) = applied(Api::Osms);
    workspace.bind_on(Api::Osms, &["canary", "web", "backend"], "");
    let behind = |group: &str, after: &str| {
        format!("name = \"{group}\"\nrelease = \"GL1.1\"\nafter = [{after}]\nmax_failures = ")
    };
    let (web, backend) = (behind("web", "\"canary\""), behind("backend", "\"web\""));
    workspace.edit(&format!("{web}2"), &format!("{web}0"));
    let soaking = format!("soak = \"48h\"\n{}2", behind("backend", "\"canary\", \"web\""));
    workspace.edit(&format!("{backend}2"), &soaking);
    let text = rehearsed(&workspace, &[]);
    has(&text, &["Course: over 2026-11-23 09:", "group.backend waits for group.web"]);
}

#[test]
fn groups_behind_one_that_stops_are_named() {
    let workspace = Workspace::quickstart(&[]);
    workspace.bind_on(Api::Osms, &["canary", "web", "backend"], "waves = [\"1\"]\n");
    let text = rehearsed(&workspace, &[]);
    has(&text, &["If 3 instances of wave 2 of", "It keeps group", "from moving.", "(all else)"]);
}

#[test]
fn a_rehearsal_is_of_a_plan_that_is_shown_and_not_saved() {
    let workspace = Workspace::empty();
    for (arguments, why) in [
        (&["plan", "--rehearse", "--out", "saved.plan"][..], "--out"),
        (&["plan", "--rehearse", "--refresh-only"], "--refresh-only"),
        (&["plan", "--rehearse-update", "5m"], "--rehearse"),
        (&["plan", "--rehearse", "--rehearse-update", "soon"], "is not a length of time"),
    ] {
        has(&workspace.run(arguments).expect(exit::USAGE).stderr, &[why]);
    }
}

/// The rehearsal of `docs/rollouts.md`: what it shows is what one sees.
#[test]
fn the_rehearsal_of_the_document_is_what_is_printed() {
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
    let soaking = "waves     = [\"1\", \"25%\"]\nwave_soak = \"24h\"\n";
    workspace.edit(&format!("{}after   = [\"canary\"]\n", bound("web", "GL1")), &format!("{web}{soaking}"));
    let page = fs::read_to_string(root.join("docs/rollouts.md")).unwrap();
    has(&page, &[&format!("$ patchtrain plan --summary --rehearse --at {AT}\n")]);
    hold("docs/rollouts.md", &[("rehearsal", &rehearsed(&workspace, &[]))]);
}
