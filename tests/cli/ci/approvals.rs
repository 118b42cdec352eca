//! Approvals on their way: a plan is signed where the keys are, and applied by a pipeline that is given what was signed.

use std::fs;

use patchtrain::cli::exit;

use super::{command, ran};
use crate::cli::policy::{ADA, BOB, approve, approver, govern, public};
use crate::support::{Served, Workspace};

#[test]
fn a_pipeline_applies_with_the_approvals_that_it_is_given() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["plan", "--summary", "--out", "first.plan"]).expect(exit::DONE);
    let keys = [("ada", ADA), ("bob", BOB)]
        .map(|(name, key)| approver(name, &public(&workspace, "first.plan", key)));
    let policy = format!("approvals = 2\napprovers = [{}]", keys.join(", "));
    govern(&workspace, &policy);

    // What both have signed, who have the artifact and nothing else.
    let signed = || {
        ran(&mut command(&workspace, "plan.sh", &[]), exit::DONE);
        let artifact = workspace.path().join("patchtrain-plan/plan");
        fs::copy(&artifact, workspace.path().join("downloaded")).unwrap();
        let _ = fs::remove_file(workspace.path().join("downloaded.approvals"));
        approve(&workspace, "downloaded", ADA);
        approve(&workspace, "downloaded", BOB);
        fs::read_to_string(workspace.path().join("downloaded.approvals")).unwrap()
    };
    let apply = |approvals: Option<&str>, code| {
        let mut command = command(&workspace, "apply.sh", &["patchtrain-plan/plan"]);
        approvals.map(|approvals| command.env("PATCHTRAIN_APPROVALS", approvals));
        ran(&mut command, code).1
    };
    let beside = workspace.path().join("patchtrain-plan/plan.approvals");

    let text = signed();
    assert_eq!(text.lines().count(), 2, "{text}");
    let none = apply(None, exit::REFUSED);
    assert!(none.contains("2 approvals are needed, and it has 0"), "{none}");
    let nonsense = apply(Some("{ what is this?"), exit::ERROR);
    assert!(nonsense.contains("PATCHTRAIN_APPROVALS is not what `patchtrain approve` wrote"), "{nonsense}");
    assert!(!beside.exists() && !beside.with_extension("approvals.new").exists());
    let one = apply(text.lines().next(), exit::REFUSED);
    assert!(one.contains("and it has 1") && one.contains("who can approve it yet: bob"), "{one}");
    // A form of one line drops the ends of lines, or makes blanks of them.
    let applied = apply(Some(&text.replace('\n', "")), exit::DONE);
    assert!(applied.contains("approved by ada at ") && applied.contains("approved by bob at "), "{applied}");
    assert_eq!(fs::read_to_string(&beside).unwrap(), text);

    // The file of an earlier plan is gone; one that is there stays as it is where nothing is given.
    workspace.bind(&["canary"]);
    govern(&workspace, &policy);
    let text = signed();
    assert!(!beside.exists());
    fs::write(&beside, &text).unwrap();
    apply(None, exit::DONE);
}
