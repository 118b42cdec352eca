//! `patchtrain update` from end to end on either service: for a group, by what updates are for, for a member alone,
//! which only one of the services can do, and for the golden instance.

use std::fs;

use patchtrain::cli::exit;
use patchtrain::op::Api;

use crate::support::{Served, Workspace};

/// Writes a train of the canaries alone, on GL1.1 or not yet, with more in their group.
fn canaries(workspace: &Workspace, api: Api, moved: bool, more: &str) {
    workspace.bind_on(api, if moved { &["canary"] } else { &[] }, more);
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (others, _) = text.match_indices("\n[[group]]").nth(1).unwrap();
    fs::write(&path, &text[..others]).unwrap();
}

/// Whatever the day is.
const FROZEN: &str = "freeze_periods = { dates = [\"2026-01-01..2099-12-31\"], timezone = \"UTC\" }\n";

fn takes_what_it_is_asked_for(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let apply = ["apply", "--auto-approve", "--summary"];
    // They ride GL1.1 and have installed nothing of it.
    canaries(&workspace, api, false, "");
    workspace.run(&apply).expect(exit::DONE);
    canaries(&workspace, api, true, "update = \"none\"\n");
    workspace.run(&apply).expect(exit::DONE);

    let security = ["update", "--group", "canary", "--type", "security", "--auto-approve"];
    // The policy holds for updates by hand as well, and the way out is one that there is.
    let train = workspace.path().join("trains/great-linux.toml");
    let text = std::fs::read_to_string(&train).unwrap();
    std::fs::write(&train, format!("{text}\n[policy]\nmax_instances = 2\n{FROZEN}")).unwrap();
    let refused = workspace.run(&security).expect(exit::REFUSED).stderr;
    assert!(refused.contains("max_instances: at most 2 instances; found: 3 instances"), "{refused}");
    assert!(refused.contains("hint: or `patchtrain update --override REASON`"), "{refused}");
    assert!(refused.contains("freeze_periods: ") && !refused.contains("--wait"), "{refused}");
    std::fs::write(&train, text).unwrap();
    let updated = workspace.run(&security).expect(exit::DONE);
    for part in [
        "Plan: 0 to add, 3 to change, 0 to destroy.",
        "web-01 of group.canary: install security updates, 51 outstanding",
        "-> 7.61.1-34.el8_10.2      security",
        "Apply complete! Resources: 0 added, 3 changed, 0 destroyed.",
    ] {
        assert!(updated.stdout.contains(part), "no `{part}` in {}", updated.stdout);
    }
    let again = workspace.run(&security).expect(exit::DONE);
    assert!(again.stderr.contains("No security update is outstanding."), "{}", again.stderr);

    // The others are there still. One member alone takes them where the service lets it.
    let alone = workspace.run(&["update", "--instance", "web-01", "--auto-approve", "--detailed-exitcode"]);
    match api {
        Api::Osms => {
            let alone = alone.expect(exit::DONE).stdout;
            assert!(alone.contains("web-01 of group.canary: install all updates"), "{alone}");
            assert!(alone.contains("Apply complete!"), "{alone}");
        }
        Api::Osmh => {
            let alone = alone.expect(exit::DIFFERENT);
            assert!(alone.stderr.contains("There is nothing that could be done now."), "{}", alone.stderr);
            let why = "instance.web-01: ";
            assert!(
                alone.stdout.contains(why) && alone.stdout.contains("--group canary"),
                "{}",
                alone.stdout
            );
        }
    }
    let whole = ["update", "--group", "canary", "--auto-approve", "--summary"];
    let rest = workspace.run(&whole).expect(exit::DONE);
    let changed = if api == Api::Osms { "2 changed" } else { "3 changed" };
    assert!(rest.stdout.contains(changed), "{}", rest.stdout);
    let again = workspace.run(&whole).expect(exit::DONE);
    assert!(again.stderr.contains("No update is outstanding."), "{}", again.stderr);

    // And the group is at its release, which the train may now ask for.
    canaries(&workspace, api, true, "");
    let status = workspace.run(&["status", "canary"]).expect(exit::DONE).stdout;
    assert!(status.contains("with 3 of 3 instances."), "{status}");
}

#[test]
fn a_group_of_os_management_takes_what_it_is_asked_for() {
    takes_what_it_is_asked_for(Api::Osms);
}

#[test]
fn a_group_of_os_management_hub_takes_what_it_is_asked_for() {
    takes_what_it_is_asked_for(Api::Osmh);
}

#[test]
fn the_golden_instance_is_patched_and_frozen_on_either_service() {
    for api in Api::ALL {
        let workspace = Workspace::quickstart_on(api, &[]);
        let _served = Served::quick(&workspace);
        let golden = ["update", "--instance", "golden-01", "--auto-approve", "--summary"];
        let updated = workspace.run(&golden).expect(exit::DONE);
        assert!(updated.stdout.contains("Apply complete!"), "{}", updated.stdout);
        let again = workspace.run(&golden).expect(exit::DONE);
        assert!(again.stderr.contains("No update is outstanding."), "{}", again.stderr);
        // What a release is frozen from is another one now.
        let frozen = workspace.run(&["freeze", "GL2"]).expect(exit::DONE);
        assert!(!frozen.stderr.contains("it holds the same as release"), "{}", frozen.stderr);
        assert!(frozen.stderr.contains("golden-01 waits for a reboot"), "{}", frozen.stderr);
    }
}

/// What a scheduled job has brought is in no list that is older, and the next apply has it listed anew.
#[test]
fn what_a_schedule_has_brought_is_proven_on_either_service() {
    for api in Api::ALL {
        let workspace = Workspace::quickstart_on(api, &[]);
        let _served = Served::quick(&workspace);
        let apply = ["apply", "--auto-approve", "--summary"];
        canaries(&workspace, api, false, "");
        workspace.run(&apply).expect(exit::DONE);
        let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let schedule = format!("{{ update = \"all\", every = \"1 week\", start = \"{start:.0}\" }}");
        canaries(&workspace, api, true, &format!("update = \"none\"\nschedule = {schedule}\n"));
        let switched = workspace.run(&apply).expect(exit::DONE);
        assert!(switched.stdout.contains("3 waiting for the schedule"), "{}", switched.stdout);
        assert!(!switched.stderr.contains("  at level"), "{}", switched.stderr);

        workspace.run(&["simulate", "advance", "90m"]).expect(exit::DONE);
        let status = workspace.run(&["status", "canary"]).expect(exit::DONE).stdout;
        let stale = "the packages of 3 instances were listed before that run";
        assert_eq!(status.contains(stale), api == Api::Osmh, "{status}");
        assert_eq!(status.contains("with 3 of 3 instances."), api == Api::Osms, "{status}");
        let report = workspace.run(&["report", "--format", "markdown"]).expect(exit::DONE).stdout;
        assert_eq!(report.contains("before the last run of their schedule"), api == Api::Osmh, "{report}");

        let proven = workspace.run(&apply).expect(exit::DONE);
        assert!(proven.stderr.contains("web-01  at level"), "{}", proven.stderr);
        let status = workspace.run(&["status", "canary"]).expect(exit::DONE).stdout;
        assert!(status.contains("with 3 of 3 instances.") && !status.contains(stale), "{status}");
        let again = workspace.run(&apply).expect(exit::DONE);
        assert!(again.stdout.contains("No changes"), "{}", again.stdout);
    }
}

fn enables_a_stream(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let enable = |whom: [&str; 2], stream: &str| {
        workspace.run(&["update", whom[0], whom[1], "--stream", stream, "--auto-approve"])
    };
    let golden = || enable(["--instance", "golden-01"], "nodejs:20");
    let enabled = golden().expect(exit::DONE).stdout;
    for part in
        ["the golden instance golden-01: enable 1 module stream", "nodejs:10 -> nodejs:20", "1 changed"]
    {
        assert!(enabled.contains(part), "no `{part}` in {enabled}");
    }
    let again = golden().expect(exit::DONE);
    assert!(again.stderr.contains("All that was asked for is enabled."), "{}", again.stderr);
    let twice =
        ["update", "--group", "canary", "--stream", "perl:5.26", "--stream", "perl:5.30", "--auto-approve"];
    let twice = workspace.run(&twice).expect(exit::USAGE);
    assert!(twice.stderr.contains("two streams of module `perl` are asked for"), "{}", twice.stderr);

    canaries(&workspace, api, false, "");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let group = || enable(["--group", "canary"], "httpd:2.4");
    match api {
        // A source of our own tells nobody of modules, as far as is known: there is nothing to enable.
        Api::Osms => {
            let failed = group().expect(exit::PARTIAL).stdout;
            let failed = failed.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(failed.contains("does not list httpd:2.4 for 3 instances"), "{failed}");
            assert!(
                failed.contains("no software source of the instance has the stream httpd:2.4"),
                "{failed}"
            );
        }
        Api::Osmh => {
            let enabled = group().expect(exit::DONE).stdout;
            assert!(enabled.contains("3 instances of group.canary, all alike: enable 1 module"), "{enabled}");
            let member = enable(["--instance", "web-01"], "httpd:2.4").expect(exit::DONE);
            assert!(member.stderr.contains("All that was asked for is enabled."), "{}", member.stderr);
            let member = enable(["--instance", "web-01"], "python36:3.6").expect(exit::DONE);
            assert!(member.stdout.contains("--group canary"), "{}", member.stdout);
        }
    }
}

#[test]
fn a_stream_is_enabled_on_os_management() {
    enables_a_stream(Api::Osms);
}

#[test]
fn a_stream_is_enabled_on_os_management_hub() {
    enables_a_stream(Api::Osmh);
}
