//! `[policy]` with the real program: what it denies, whose word it takes, and what is written down of that.

use std::fs;
use std::path::Path;

use patchtrain::cli::exit;
use serde_json::Value;

use super::readme::hold;
use crate::support::{Served, Workspace};

/// Adds a policy to the train.
pub(super) fn govern(workspace: &Workspace, policy: &str) {
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.split("\n[policy]\n").next().unwrap().to_owned();
    fs::write(&path, format!("{text}\n[policy]\n{policy}\n")).unwrap();
}

/// The keys that tests sign with; they open nothing.
fn key(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy/testdata");
    folder.join(name).display().to_string()
}

pub(super) const ADA: &str = "openssl.pem";
pub(super) const BOB: &str = "openssh.pem";

pub(super) fn approver(name: &str, key: &str) -> String {
    format!("{{ name = \"{name}\", key = \"{key}\" }}")
}

/// Returns the public half of a key, as `approve` tells it.
pub(super) fn public(workspace: &Workspace, plan: &str, of: &str) -> String {
    let said = approve(workspace, plan, of);
    let key = said.split('(').nth(1).unwrap().split(')').next().unwrap();
    assert!(key.starts_with("ed25519:"), "{said}");
    key.to_owned()
}

pub(super) fn approve(workspace: &Workspace, plan: &str, of: &str) -> String {
    workspace.run(&["approve", plan, "--key", &key(of)]).expect(exit::DONE).stderr
}

/// Returns the last run of the history.
fn last_run(workspace: &Workspace) -> Value {
    let text = fs::read_to_string(workspace.path().join("state/great-linux.history")).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Returns an error and what follows it, without what was said before.
fn error(said: &str) -> &str {
    &said[said.find("Error:").unwrap()..]
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn what_a_policy_denies_is_not_applied_until_somebody_says_why() {
    let workspace = Workspace::quickstart(&[]);
    govern(&workspace, "max_instances = 3\nmax_change = \"100%\"");
    let denied = workspace.run(&["plan", "--summary", "--out", "p.plan"]).expect(exit::REFUSED);
    has(&denied.stdout, &["Plan: 5 to add"]);
    has(
        &denied.stderr,
        &[
            "Error: the plan breaks a rule of the policy of train `great-linux`",
            "max_instances: at most 3 instances; found: 22 instances",
            "hint: or `patchtrain apply --override REASON`, which is written down",
        ],
    );
    // All of them are told, as the document has it.
    govern(&workspace, "max_instances = 3\nmax_change = \"10%\"\nforbid = [\"addition\"]");
    let both = workspace.run(&["plan", "--summary"]).expect(exit::REFUSED);
    hold("docs/policy.md", &[("denied", error(&both.stderr))]);
    has(
        &both.stderr,
        &["breaks 2 rules", "max_instances: ", "max_change: at most 10% of the instances; found: "],
    );
    govern(&workspace, "max_instances = 3\nmax_change = \"100%\"");

    for arguments in [&["apply", "--auto-approve"][..], &["apply", "p.plan"]] {
        let refused = workspace.run(arguments).expect(exit::REFUSED);
        has(&refused.stderr, &["max_instances: at most 3 instances; found: 22 instances"]);
    }
    assert!(!workspace.path().join("state/great-linux.json").exists(), "nothing was written");
    // What the file says of itself is not believed.
    let plan = fs::read_to_string(workspace.path().join("p.plan")).unwrap();
    assert!(plan.contains("\"max_instances\""));
    workspace.run(&["apply", "p.plan", "--override", ""]).expect(exit::USAGE);
    govern(&workspace, "max_instances = 3\nmax_change = \"100%\"\noverride = false");
    let bound = workspace.run(&["apply", "--auto-approve", "--override", "in a hurry"]).expect(exit::REFUSED);
    has(&bound.stderr, &["the policy says `override = false`: nothing sets it aside"]);

    govern(&workspace, "max_instances = 3\nmax_change = \"100%\"");
    workspace
        .run(&["apply", "p.plan", "--summary", "--override", "CHG-4711: first apply"])
        .expect(exit::DONE);
    let run = last_run(&workspace);
    assert_eq!(run["override"]["reason"], "CHG-4711: first apply");
    assert_eq!(run["override"]["broken"], serde_json::json!(["max_instances"]));
    has(
        &workspace.run(&["state", "history"]).expect(exit::DONE).stdout,
        &["set aside max_instances: CHG-4711:"],
    );

    // Nothing that changes nobody is denied; rules of one's own are asked too.
    fs::create_dir_all(workspace.path().join("trains/policy")).unwrap();
    workspace.write(
        "trains/policy/fleet.rego",
        "package fleet\nimport rego.v1\n\
         deny contains msg if { some step in input.changes; msg := \"no change is wanted\" }\n\
         warn contains \"look twice\"\n",
    );
    govern(&workspace, "rego = [\"policy/*.rego\"]");
    workspace.run(&["plan", "--summary"]).expect(exit::DONE);
    workspace.bind(&["canary"]);
    govern(&workspace, "rego = [\"policy/*.rego\"]");
    let ruled = workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::REFUSED);
    has(&ruled.stderr, &["fleet.deny: found: no change is wanted"]);
    has(&workspace.run(&["update", "--group", "web", "--auto-approve"]).stderr, &[]);
}

#[test]
fn so_many_approvers_have_to_sign_and_nobody_appoints_himself() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["plan", "--summary", "--out", "first.plan"]).expect(exit::DONE);
    let (ada, bob) = (public(&workspace, "first.plan", ADA), public(&workspace, "first.plan", BOB));
    let two = format!("approvals = 2\napprovers = [{}, {}]", approver("ada", &ada), approver("bob", &bob));
    govern(&workspace, &two);

    let unsaved = workspace.run(&["apply", "--auto-approve"]).expect(exit::REFUSED);
    has(
        &unsaved.stderr,
        &["2 approvals are needed, and only a saved plan can have them", "approvers are ada, bob"],
    );
    workspace.run(&["plan", "--summary", "--out", "p.plan"]).expect(exit::DONE);
    let none = workspace.run(&["apply", "p.plan"]).expect(exit::REFUSED);
    has(
        &none.stderr,
        &["p.plan is not approved: 2 approvals are needed, and it has 0", "who can approve it yet: ada, bob"],
    );
    has(&approve(&workspace, "p.plan", ADA), &["as ada (ed25519:", "It has 1 of 2 in p.plan.approvals"]);
    // Whoever signs twice is one.
    has(&approve(&workspace, "p.plan", ADA), &["It has 1 of 2"]);
    let one = workspace.run(&["apply", "p.plan"]).expect(exit::REFUSED);
    has(&one.stderr, &["and it has 1", "who can approve it yet: bob"]);
    hold("docs/policy.md", &[("approved", error(&one.stderr))]);
    // What is of another plan, or was changed, does not count, and is told.
    let signed = fs::read_to_string(workspace.path().join("p.plan.approvals")).unwrap();
    let mut forged: Value = serde_json::from_str(signed.trim()).unwrap();
    forged["key"] = bob.clone().into();
    forged["name"] = "bob".into();
    workspace.write("forged", &forged.to_string());
    let told =
        workspace.run(&["apply", "p.plan", "--approvals", "forged", "--approvals", "first.plan.approvals"]);
    has(
        &told.expect(exit::REFUSED).stderr,
        &["the approval by bob does not bear its signature", "is of plan ", "and it has 1"],
    );
    workspace.write("nonsense", "{}\n");
    let told = workspace.run(&["apply", "p.plan", "--approvals", "nonsense"]).expect(exit::REFUSED);
    has(&told.stderr, &["nonsense:1: this is no approval"]);
    assert!(!workspace.path().join("state/great-linux.json").exists());

    // What they call themselves is theirs.
    let name = "Bob\u{200d} \u{202e}Zoë";
    workspace.run(&["approve", "p.plan", "--key", &key(BOB), "--name", name]).expect(exit::DONE);
    let applied = workspace.run(&["apply", "p.plan", "--summary"]).expect(exit::DONE);
    has(&applied.stderr, &["approved by ada at ", "approved by bob at "]);
    let run = last_run(&workspace);
    let names: Vec<&str> =
        run["approvals"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "bob"]);
    has(&workspace.run(&["state", "history"]).expect(exit::DONE).stdout, &["approved by ada, bob"]);
    has(&workspace.run(&["show"]).expect(exit::DONE).stdout, &["approvals = 2"]);

    // Another policy counts once those of this one have approved it.
    let alone = format!("approvals = 1\napprovers = [{}]", approver("bob", &bob));
    govern(&workspace, &alone);
    workspace.run(&["plan", "--summary", "--out", "q.plan"]).expect(exit::DONE);
    approve(&workspace, "q.plan", BOB);
    let under = workspace.run(&["apply", "q.plan"]).expect(exit::REFUSED);
    has(
        &under.stderr,
        &[
            "under the policy on record, which the train file's is to replace, 2 approvals are needed, and it has 1",
        ],
    );
    let quiet = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    has(
        &quiet.stderr,
        &["Note: the train file's policy is not on record yet\n", "only a saved plan can have them"],
    );
    assert!(!quiet.stderr.contains("Error:"), "{}", quiet.stderr);
    let streamed = workspace.run(&["apply", "--auto-approve", "--json"]).expect(exit::DONE).stdout;
    has(&streamed, &[r#""severity":"warning""#, r#""code":"note.refused""#, r#""code":"end.done""#]);
    assert!(!streamed.contains(r#""severity":"error""#), "{streamed}");
    approve(&workspace, "q.plan", ADA);
    workspace.run(&["apply", "q.plan", "--summary"]).expect(exit::DONE);
    has(&workspace.run(&["show"]).expect(exit::DONE).stdout, &["approvals = 1"]);
    // And now it counts.
    govern(&workspace, "");
    workspace.run(&["plan", "--summary", "--out", "r.plan"]).expect(exit::DONE);
    approve(&workspace, "r.plan", BOB);
    workspace.run(&["apply", "r.plan", "--summary"]).expect(exit::DONE);
    assert!(!workspace.run(&["show"]).expect(exit::DONE).stdout.contains("approvals"));
}

/// Or nobody would be held to it until something else is to be done.
#[test]
fn a_policy_alone_is_something_to_do() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--summary", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::DONE);
    govern(&workspace, "max_instances = 3");
    let plan = ["plan", "--summary", "--detailed-exitcode", "--out", "p.plan"];
    let different = workspace.run(&plan).expect(exit::DIFFERENT);
    has(&different.stdout, &["This policy is not on record yet: an apply puts it there"]);
    workspace.run(&["apply", "p.plan", "--summary"]).expect(exit::DONE);
    has(&workspace.run(&["show"]).expect(exit::DONE).stdout, &["max_instances = 3"]);
    let same = workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::DONE);
    assert!(!same.stdout.contains("not on record yet"), "{}", same.stdout);
    // So is its end.
    workspace.bind(&[]);
    let dropped = workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    has(&dropped.stdout, &["The train file has no policy any more: an apply takes it off the record"]);
    workspace.run(&["apply", "--summary", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::DONE);
}

/// Whoever can replace the file gives it the id that fits.
#[test]
fn a_plan_that_says_otherwise_than_the_train_is_refused() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["plan", "--summary", "--out", "p.plan"]).expect(exit::DONE);
    let path = workspace.path().join("p.plan");
    let mut plan: patchtrain::plan::Plan = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    plan.groups[1].ahead = patchtrain::train::Ahead::Block;
    plan.id = plan.content_id();
    patchtrain::plan::save(&plan, &path, &patchtrain::seal::Sealing::none()).unwrap();
    let refused = workspace.run(&["apply", "p.plan"]).expect(exit::REFUSED);
    has(
        &refused.stderr,
        &[
            "the plan p.plan does not say what the train says: it tells of group web otherwise",
            "somebody has changed the plan: ask who",
        ],
    );
    assert!(!workspace.path().join("state/great-linux.json").exists(), "nothing was written");
}

#[test]
fn a_saved_plan_does_not_keep_for_ever() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["plan", "--summary", "--out", "p.plan"]).expect(exit::DONE);
    let plan: Value = serde_json::from_slice(&fs::read(workspace.path().join("p.plan")).unwrap()).unwrap();
    let made: jiff::Timestamp = plan["created"].as_str().unwrap().parse().unwrap();
    // The third day from now, and the one after.
    let day = |days: i64| (made + jiff::SignedDuration::from_hours(24 * days)).to_string()[..10].to_owned();
    let dates = format!("dates = [\"{}..{}\"], timezone = \"UTC\"", day(3), day(4));
    govern(&workspace, &format!("max_age = \"7d\"\nfreeze_periods = {{ {dates} }}"));
    workspace.run(&["plan", "--summary", "--out", "p.plan"]).expect(exit::DONE);
    workspace.run(&["simulate", "advance", "3d"]).expect(exit::DONE);
    let frozen = workspace.run(&["apply", "p.plan"]).expect(exit::REFUSED);
    let until = format!("it is one of them, until {}T00:00:00Z", day(5));
    has(
        &frozen.stderr,
        &[&format!("freeze_periods: nothing on {}..", day(3)), &until, "`patchtrain apply --wait`"],
    );
    let old = workspace.run(&["apply", "p.plan", "--max-age", "2d"]).expect(exit::REFUSED);
    has(&old.stderr, &["p.plan is too old: made 3d ", "and 2d is what it may be"]);
    workspace.run(&["simulate", "advance", "5d"]).expect(exit::DONE);
    let old = workspace.run(&["apply", "p.plan", "--max-age", "30d"]).expect(exit::REFUSED);
    has(&old.stderr, &["and 7d is what it may be", "hint: make a new one"]);
    assert!(!workspace.path().join("state/great-linux.json").exists());
    workspace.run(&["apply", "--max-age", "1d", "--auto-approve"]).expect(exit::USAGE);
}
