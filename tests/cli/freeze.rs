//! `patchtrain freeze`: the quickstart's manifests come from it, and what it refuses leaves no trace.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use patchtrain::cli::exit;
use patchtrain::cloud::osms::API_VERSION;
use patchtrain::oci::{Call, Client, Credentials, Endpoint};
use patchtrain::op::Api;
use patchtrain::simulator::{Clock, DEFAULT_SEED, InProcess, Place, Simulator, Switches, credentials, facts};

use crate::support::Workspace;
use crate::support::quickstart::head;

/// A train of the simulator without releases and groups.
fn bare(workspace: &Workspace, api: Api) -> PathBuf {
    let text = head(api).replace("\ngolden", "    # all of it\ngolden");
    workspace.write("trains/great-linux.toml", &format!("# ours\n{text}"))
}

/// The manifest without the time of its freeze, which no two have in common.
fn timeless(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let kept = text.lines().filter(|line| !line.starts_with("# frozen at: "));
    kept.map(|line| format!("{line}\n")).collect()
}

fn kept(release: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("trains/great-linux/{release}.packages"))
}

/// Patches the golden instance as its administrator would, through the API: everything updated, some packages
/// installed and some removed.
fn patch_golden(workspace: &Workspace) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place { world: workspace.path().join("state/simulator"), seed: DEFAULT_SEED };
        let simulator = Simulator::open(&place, Clock::Real, Switches::default()).unwrap();
        let own = credentials();
        let signer = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes());
        let endpoint = Endpoint::fixed("http://127.0.0.1:1");
        let client = Client::new(InProcess(Arc::new(simulator)), endpoint, API_VERSION, signer.unwrap());
        let golden = facts(DEFAULT_SEED).golden.id;
        let mut steps = vec![("updateAll", None)];
        let install =
            ["aide-0.16-14.0.1.el8.x86_64", "dnf-automatic-1.1-3.el8.noarch", "pcp-conf-5.3.7-20.el8.x86_64"];
        steps.extend(install.map(|name| ("install", Some(name))));
        steps
            .extend(["rsh-0.17-94.el8.x86_64", "talk-0.17-54.el8.x86_64"].map(|name| ("remove", Some(name))));
        for (action, package) in steps {
            let path = ["managedInstances", &golden, "actions", "packages", action];
            let mut call = Call::post("PatchGolden", &path);
            if let Some(package) = package {
                call = call.query("softwarePackageName", package);
            }
            let accepted = client.send(&call).await.unwrap();
            let work = accepted.headers["opc-work-request-id"].to_str().unwrap().to_owned();
            loop {
                let look = Call::get("GetWorkRequest", &["workRequests", &work]);
                let body: Bytes = client.send(&look).await.unwrap().body;
                let row: serde_json::Value = serde_json::from_slice(&body).unwrap();
                match row["status"].as_str().unwrap() {
                    "SUCCEEDED" => break,
                    "FAILED" => panic!("{row}"),
                    _ => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        }
    });
}

#[test]
fn the_quickstarts_manifests_are_freezes_before_and_after_the_golden_instances_updates() {
    freezes_are_the_quickstarts_manifests(Api::Osms);
}

#[test]
fn and_so_they_are_on_the_hub() {
    freezes_are_the_quickstarts_manifests(Api::Osmh);
}

fn freezes_are_the_quickstarts_manifests(api: Api) {
    let workspace = Workspace::empty();
    let train = bare(&workspace, api);
    let before = fs::read_to_string(&train).unwrap();
    let first = workspace.run(&["freeze", "GL1", "--kernels", "all"]).expect(exit::DONE);
    assert_eq!(first.stdout, "trains/great-linux/GL1.packages\n");
    for part in
        ["GL1", "golden-01", "agent-1.46.0-21.el8.x86_64 (unmanaged: `oracle-cloud-agent*`)", "1 trust key"]
    {
        assert!(first.stderr.contains(part), "no `{part}` in {}", first.stderr);
    }
    for part in ["reboot", "not known", "the same as"] {
        assert!(!first.stderr.contains(part), "`{part}` in {}", first.stderr);
    }
    // The hub is asked to list the packages anew, which is work that its world keeps.
    let kept_world = workspace.path().join("state/simulator").exists();
    assert_eq!(kept_world, api == Api::Osmh, "a freeze only reads");
    patch_golden(&workspace);
    let golden = facts(DEFAULT_SEED).golden;
    dry_runs_change_nothing(&workspace, api);
    an_earlier_days_set_is_that_of_the_release_before(&workspace);
    let arguments = ["freeze", "GL1.1", "--from", &golden.id, "--kernels", "all"];
    let second = workspace.run(&arguments).expect(exit::DONE);
    for part in [
        "Warning: golden-01 waits for a reboot",
        "runs kernel 5.15.0-209.161.7.el8uek.x86_64, and kernel-uek",
    ] {
        assert!(second.stderr.contains(part), "no `{part}` in {}", second.stderr);
    }
    for release in ["GL1", "GL1.1"] {
        let path = workspace.path().join(format!("trains/great-linux/{release}.packages"));
        let (made, kept) = (timeless(&path), timeless(&kept(release)));
        let diff = similar::TextDiff::from_lines(&kept, &made);
        assert!(made == kept, "{release}:\n{}", diff.unified_diff());
    }
    // The train file: two declarations more, and nothing else.
    let declared = |release: &str| {
        format!("\n[[release]]\nname     = \"{release}\"\nmanifest = \"great-linux/{release}.packages\"\n")
    };
    let after = fs::read_to_string(&train).unwrap();
    assert_eq!(after, format!("{before}{}{}", declared("GL1"), declared("GL1.1")));
    let valid = workspace.run(&["validate"]).expect(exit::DONE);
    assert!(valid.stdout.contains("2 releases"), "{}", valid.stdout);
    // Made now, by the simulator's clock, to the second.
    let text = fs::read_to_string(workspace.path().join("trains/great-linux/GL1.packages")).unwrap();
    let at = text.lines().find_map(|line| line.strip_prefix("# frozen at: ")).unwrap();
    let age = Timestamp::now().duration_since(at.parse().unwrap()).as_secs();
    assert!((0..600).contains(&age) && at.ends_with('Z') && !at.contains('.'), "{at}");
}

/// Each kernel policy, shown against GL1 with the golden instance patched.
fn dry_runs_change_nothing(workspace: &Workspace, api: Api) {
    let manifests = |workspace: &Workspace| {
        let mut files = workspace.files();
        files.retain(|path, _| path.starts_with("trains"));
        files
    };
    let before = manifests(workspace);
    let running = "5.15.0-209.161.7.el8uek";
    for (policy, said, kernel) in [
        ("newest", "the newest is taken", "kernel-uek-5.15.0-209.161.7.el8uek.x86_64 (kernel policy newest"),
        (
            "running",
            "the one that runs is taken",
            "kernel-uek-5.15.0-301.163.5.2.el8uek.x86_64 (kernel policy running",
        ),
    ] {
        let ran = workspace
            .run(&["freeze", "GL2", "--diff", "--full", "--kernels", policy])
            .expect(exit::DIFFERENT);
        assert!(ran.stdout.starts_with("GL1 -> GL2: "), "{}", ran.stdout);
        let parts =
            [said, kernel, running, "Would freeze release GL2", "Nothing was written.", "waits for a reboot"];
        for part in parts {
            assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
        }
        assert!(ran.stderr.contains(&format!("kernel policy: {policy}")), "{}", ran.stderr);
        assert_eq!(manifests(workspace), before, "{policy} {api:?}");
    }
}

/// The golden instance is patched, and the release is of the day before the errata that brought that.
fn an_earlier_days_set_is_that_of_the_release_before(workspace: &Workspace) {
    let arguments = ["freeze", "GL2", "--as-of", "2025-08-31", "--kernels", "all", "--diff", "--full"];
    let ran = workspace.run(&arguments).expect(exit::DIFFERENT);
    for part in [
        "as of 2025-08-31: ",
        "curl-7.61.1-34.el8_10.2.x86_64 came later: 7.61.1-34.el8 is taken",
        "kernel-uek-5.15.0-301.163.5.2.el8uek.x86_64 came later: left out, an earlier one is installed",
    ] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
    // What was installed and removed by hand has no date.
    for part in ["GL1 -> GL2: ", "aide.x86_64", "rsh"] {
        assert!(ran.stdout.contains(part), "no `{part}` in {}", ran.stdout);
    }
    for part in ["upgraded", "curl", "kernel"] {
        assert!(!ran.stdout.contains(part), "`{part}` in {}", ran.stdout);
    }
    let arguments = ["freeze", "GL2", "--as-of", "2025-08-31", "--kernels", "running"];
    refused(workspace, &arguments, exit::USAGE, &["--kernels running"]);
    refused(workspace, &["freeze", "GL2", "--as-of", "yesterday"], exit::USAGE, &["--as-of <DATE>"]);
    refused(
        workspace,
        &["freeze", "GL2", "--as-of", "2025-08-31", "--from", "-"],
        exit::USAGE,
        &["of a list"],
    );
}

/// Runs a freeze that is refused, and checks that it wrote nothing.
#[track_caller]
fn refused(workspace: &Workspace, arguments: &[&str], code: u8, parts: &[&str]) {
    let before = workspace.files();
    let ran = workspace.run(arguments).expect(code);
    assert_eq!(ran.stdout, "", "{arguments:?}");
    for part in parts {
        assert!(ran.stderr.contains(part), "{arguments:?}: no `{part}` in {}", ran.stderr);
    }
    assert_eq!(workspace.files(), before, "{arguments:?}");
}

#[test]
fn what_cannot_be_frozen_is_refused_and_leaves_no_trace() {
    let workspace = Workspace::quickstart(&[]);
    let member = &facts(DEFAULT_SEED).groups[0].1[0];
    let absent = "ocid1.instance.oc1..absent";
    let path = workspace.path().join("trains/great-linux/GL3.packages");
    fs::write(&path, "mine\n").unwrap();
    for (arguments, code, parts) in [
        (&["freeze", "GL1"][..], exit::ERROR, &["has a release `GL1`", "great-linux.toml:"][..]),
        (&["freeze", "GL3"], exit::ERROR, &["GL3.packages already", "overwrites nothing"]),
        (&["freeze", "GL2", "--from", &member.id], exit::ERROR, &["is a member of group `canary`"]),
        (
            &["freeze", "GL2", "--from", &member.name],
            exit::ERROR,
            &["`web-01` is a member of group `canary`"],
        ),
        (&["freeze", "GL2", "--from", absent], exit::ERROR, &["no managed instance", absent]),
        (&["freeze", "GL2", "--from", "golden"], exit::ERROR, &["no managed instance", "is called `golden`"]),
        (&["freeze", "GL2", "--train", "nope"], exit::USAGE, &["no train `nope`", "great-linux"]),
    ] {
        refused(&workspace, arguments, code, parts);
    }
}

#[test]
fn a_name_that_the_state_knows_is_not_used_again() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    // Both releases are taken out of the train again, and their files moved away.
    let train = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&train).unwrap();
    let end = text.find("\n[[release]]").unwrap();
    fs::write(&train, &text[..end]).unwrap();
    fs::remove_dir_all(workspace.path().join("trains/great-linux")).unwrap();
    refused(
        &workspace,
        &["freeze", "GL1"],
        exit::ERROR,
        &["the state of train `great-linux` knows", "`GL1`"],
    );
    // Members of groups that the train no longer has are anybody's.
    let member = &facts(DEFAULT_SEED).groups[0].1[0];
    workspace.run(&["freeze", "GL9", "--from", &member.name]).expect(exit::DONE);
}

#[test]
fn a_member_of_a_group_that_the_service_fills_is_refused_too() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    let train = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&train).unwrap();
    let (head, tail) = text.split_once("members = [").unwrap();
    let (_, tail) = tail.split_once("]\n").unwrap();
    fs::write(&train, format!("{head}members = \"service\"\n{tail}")).unwrap();
    let parts = ["`web-01` is a member of group `canary`", "says the service"];
    refused(&workspace, &["freeze", "GL2", "--from", "web-01"], exit::ERROR, &parts);
}

#[test]
fn without_a_golden_instance_or_with_several_trains_it_asks_for_a_flag() {
    let workspace = Workspace::empty();
    let train = bare(&workspace, Api::Osms);
    let text = fs::read_to_string(&train).unwrap();
    let bare = text.lines().filter(|line| !line.starts_with("golden"));
    let bare = bare.map(|line| format!("{line}\n")).collect::<String>();
    fs::write(&train, &bare).unwrap();
    refused(&workspace, &["freeze", "GL1"], exit::USAGE, &["names no golden instance", "--from INSTANCE"]);
    workspace.write("trains/other.toml", &bare.replace("great-linux", "other"));
    refused(&workspace, &["freeze", "GL1"], exit::USAGE, &["--train NAME: great-linux, other"]);
    workspace.run(&["freeze", "GL1", "--train", "other", "--from", "golden-01"]).expect(exit::DONE);
    assert!(workspace.path().join("trains/other/GL1.packages").exists());
    // Another OS: what it has would never fit.
    fs::write(&train, text.replace("oracle-linux-8", "oracle-linux-9")).unwrap();
    let parts = ["runs Oracle Linux Server 8.10", "oracle-linux-9"];
    refused(&workspace, &["freeze", "GL1", "--train", "great-linux"], exit::ERROR, &parts);
}

/// The packages of a manifest, as `rpm` lists them: with epochs, or without.
fn listed(release: &str, epochs: bool) -> String {
    let text = fs::read_to_string(kept(release)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(['#']) && !line.starts_with("module "));
    let line = |line: &str| match (line.strip_prefix("key "), line.split_once(':')) {
        (Some(key), _) => format!("gpg-pubkey-{key}\n"),
        (None, Some((before, after))) if !epochs => {
            format!("{}-{after}\n", before.rsplit_once('-').unwrap().0)
        }
        _ => format!("{line}\n"),
    };
    // In no order that means anything.
    let mut lines: Vec<String> = lines.map(line).collect();
    lines.reverse();
    lines.concat()
}

/// A train without endpoint, region or credentials: whatever asks its service fails.
fn offline(workspace: &Workspace) {
    let text = head(Api::Osms);
    let text: String =
        text.lines().filter(|line| !line.starts_with("endpoints")).map(|line| format!("{line}\n")).collect();
    workspace.write("trains/great-linux.toml", &text);
}

#[test]
fn a_list_of_packages_is_frozen_offline() {
    let workspace = Workspace::empty();
    offline(&workspace);
    workspace.write("gold.txt", &listed("GL1", true));
    let ran = workspace.run(&["freeze", "GL1", "--from", "gold.txt", "--kernels", "all"]).expect(exit::DONE);
    for part in [
        "from gold.txt",
        "does not tell module streams",
        "the module stream of",
        "1 trust key",
        "perl-Net-SSLeay",
    ] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
    let text = fs::read_to_string(workspace.path().join("trains/great-linux/GL1.packages")).unwrap();
    assert!(text.contains("\n# list: gold.txt\n# kernel policy: all\n"), "{text}");
    let content = |text: &str| -> Vec<String> {
        let content = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("module "));
        content.map(str::to_owned).collect()
    };
    assert_eq!(content(&text), content(&fs::read_to_string(kept("GL1")).unwrap()));
    // The same again, from a pipe and not written; the newest kernels are the default.
    let mut command = workspace.command(&["freeze", "GL2", "--from", "-", "--diff"]);
    let file = fs::File::open(workspace.path().join("gold.txt")).unwrap();
    let output = Workspace::output(command.stdin(file));
    assert_eq!(output.status.code(), Some(i32::from(exit::DIFFERENT)));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("GL1 -> GL2: 6 with several versions (kernels); "), "{shown}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("from stdin"));
    let same = workspace.run(&["freeze", "GL2", "--from", "gold.txt", "--kernels", "all", "--diff"]);
    let same = same.expect(exit::DONE);
    assert!(same.stdout.contains("no difference"), "{}", same.stdout);
    assert!(same.stderr.contains("it holds the same as release GL1"), "{}", same.stderr);
}

#[test]
fn lists_that_cannot_be_trusted_are_refused() {
    let workspace = Workspace::empty();
    offline(&workspace);
    workspace.write("bare.list", &listed("GL1", false));
    workspace.write("bad.list", "bash\nacl-2.2.53-3.el8.x86_64\n1:x-1-1.noarch\n");
    workspace.write("empty", "# nothing\n");
    workspace.write("kernels.txt", "kernel-4.18.0-1.el8.x86_64\nbind-libs-32:9.11-1.el8.x86_64\n");
    fs::copy(kept("GL1"), workspace.path().join("GL1.packages")).unwrap();
    for (arguments, code, parts) in [
        (
            &["--from", "bad.list"][..],
            exit::ERROR,
            &["bad.list is no list", "line 1: ", "line 3: ", "rpm -qa --qf '%{NEVRA}"][..],
        ),
        (&["--from", "empty"], exit::ERROR, &["lists no package"]),
        (&["--from", "./none"], exit::ERROR, &["cannot read ./none"]),
        (&["--from", "GL1.packages"], exit::ERROR, &["is a manifest", "--base RELEASE"]),
        (
            &["--from", "kernels.txt", "--kernels", "running"],
            exit::USAGE,
            &["does not tell which kernel runs"],
        ),
        (&["--from", "bare.list"], exit::ERROR, &["bare.list has no epochs", "--assume-epoch-0"]),
        (&["--base", "GL1", "--from", "x"], exit::USAGE, &["cannot be used with"]),
        (&["--add", "x"], exit::USAGE, &["--base"]),
    ] {
        let arguments: Vec<&str> = ["freeze", "GL2"].iter().chain(arguments).copied().collect();
        refused(&workspace, &arguments, code, parts);
    }
    // A list that was put together: some lines have an epoch, others have lost theirs since the last release.
    workspace.write("GL1.txt", &listed("GL1", true));
    workspace.run(&["freeze", "GL1", "--from", "GL1.txt"]).expect(exit::DONE);
    workspace.write(
        "mixed.txt",
        "zsh-5.5.1-10.el8.x86_64\nbind-libs-32:9.11-1.el8.x86_64\nNetworkManager-1.41-1.el8.x86_64\n",
    );
    let parts = [
        "1 line of mixed.txt lacks an epoch",
        "line 3: NetworkManager-1.41-1.el8.x86_64 has no epoch, and GL1 has NetworkManager-1:1.40.16",
        "--assume-epoch-0",
    ];
    refused(&workspace, &["freeze", "GL3", "--from", "mixed.txt"], exit::ERROR, &parts);
    let parts = ["NetworkManager-1.41-1.el8.x86_64 has no epoch", "write NetworkManager-1:1.41-1.el8.x86_64"];
    let add = ["freeze", "GL3", "--base", "GL1", "--add", "NetworkManager-1.41-1.el8.x86_64"];
    refused(&workspace, &add, exit::ERROR, &parts);
    // Nobody's epochs are known better than by whoever says that there are none.
    workspace.run(&["freeze", "GL2", "--from", "bare.list", "--assume-epoch-0"]).expect(exit::DONE);
}

#[test]
fn epochs_that_a_list_lacks_are_the_services() {
    for api in [Api::Osms, Api::Osmh] {
        let workspace = Workspace::empty();
        bare(&workspace, api);
        workspace.write("bare.list", &listed("GL1", false));
        let arguments = ["freeze", "GL1", "--from", "bare.list", "--kernels", "all"];
        let ran = workspace.run(&arguments).expect(exit::DONE);
        assert!(ran.stderr.contains("bare.list has no epochs; the service told them"), "{}", ran.stderr);
        let content = |path: &Path| -> Vec<String> {
            let text = fs::read_to_string(path).unwrap();
            let content = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("module "));
            content.map(str::to_owned).collect()
        };
        let made = workspace.path().join("trains/great-linux/GL1.packages");
        assert_eq!(content(&made), content(&kept("GL1")));
        // One that nobody offers.
        workspace.write("more.list", "acl-2.2.53-3.el8.x86_64\nbash-9-9.el8.x86_64\n");
        let parts = ["of 1 of its 2 packages", "line 2: bash-9-9.el8.x86_64", "--assume-epoch-0"];
        refused(&workspace, &["freeze", "GL2", "--from", "more.list"], exit::ERROR, &parts);
    }
}

#[test]
fn a_hotfix_is_an_old_release_and_few_packages() {
    for api in [Api::Osms, Api::Osmh] {
        let workspace = Workspace::quickstart_on(api, &[]);
        let arguments = [
            "freeze",
            "GL1.0.1",
            "--base",
            "GL1",
            "--upgrade",
            "curl",
            "--upgrade",
            "openssl-libs",
            "--remove",
            "at",
        ];
        let ran = workspace.run(&arguments).expect(exit::DONE);
        let parts =
            ["from release GL1", "upgraded curl-7.61.1-34.el8.x86_64 to 7.61.1-34.el8_10.2", "removed at-3"];
        for part in parts {
            assert!(ran.stderr.contains(part), "{api:?}: no `{part}` in {}", ran.stderr);
        }
        let text = fs::read_to_string(workspace.path().join("trains/great-linux/GL1.0.1.packages")).unwrap();
        assert!(text.contains("\n# base: GL1 sha256:bb9ccde5"), "{text}");
        assert!(text.contains("\n# changed: removed at-3"), "{text}");
        // Of a module, and upgraded within its stream.
        let arguments = ["freeze", "GL1.0.2", "--base", "GL1", "--upgrade", "python39", "--diff"];
        let ran = workspace.run(&arguments).expect(exit::DIFFERENT);
        let upgraded = "upgraded python39-3.9.19-7.module+el8.10.0+90397+c5ac2beb.x86_64 to 3.9.20-1.module";
        assert!(ran.stderr.contains(upgraded), "{api:?}: {}", ran.stderr);
        // Shown against what it was made of; nothing is asked for what is named whole.
        let arguments = ["freeze", "GL1.0.2", "--base", "GL1", "--add", "zsh-5.5.1-99.el8.x86_64", "--diff"];
        let ran = workspace.run(&arguments).expect(exit::DIFFERENT);
        assert!(ran.stdout.starts_with("GL1 -> GL1.0.2: "), "{}", ran.stdout);
        let parts = ["nothing newer than acl-", "GL1 has no package `nope`", "GL9"];
        let arguments = ["freeze", "GL1.0.2", "--base", "GL1", "--upgrade", "acl", "--remove", "nope"];
        refused(&workspace, &arguments, exit::ERROR, &parts[..2]);
        refused(&workspace, &["freeze", "GL1.0.2", "--base", "GL1"], exit::USAGE, &["--upgrade NAME"]);
        refused(&workspace, &["freeze", "GL2", "--base", "GL9", "--remove", "at"], exit::USAGE, &parts[2..]);
    }
}
