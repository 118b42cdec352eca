//! `plan` and `apply` with `--target`: a part is said to be one, loudly, and only that is done.

use patchtrain::cli::exit;
use patchtrain::op::Api;

use super::readme::hold;
use crate::support::{Served, Workspace};

fn is_done_alone(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.bind_on(api, &["canary", "web"], "");
    let whole = workspace.run(&["plan", "--summary", "--detailed-exitcode"]).expect(exit::DIFFERENT).stdout;
    assert!(!whole.contains("PARTIAL"), "{whole}");
    let plan = ["plan", "--target", "group.canary", "--detailed-exitcode"];
    let part = workspace.run(&plan).expect(exit::DIFFERENT).stdout;
    assert!(part.contains("Plan: 0 to add, 4 to change, 0 to destroy. (PARTIAL"), "{part}");
    assert_eq!(
        part.matches("PARTIAL: only group.canary. Left out of the whole plan: 1 group, 11 instances (")
            .count(),
        2,
        "{part}"
    );
    assert!(part.contains("Left out (12): the train wants it, and this plan does not do it"), "{part}");
    let summary = workspace.run(&["plan", "--target", "group.canary", "--summary"]).expect(exit::DONE).stdout;
    if api == Api::Osms {
        hold("docs/plans.md", &[("partial", &summary)]);
    }

    // A plan saved is one of a part as well.
    workspace.run(&["plan", "--target", "group.canary", "--out", "part.plan"]).expect(exit::DONE);
    let shown = workspace.run(&["show", "part.plan"]).expect(exit::DONE).stdout;
    assert!(shown.contains("PARTIAL: only group.canary."), "{shown}");
    let applied = workspace.run(&["apply", "part.plan", "--summary"]).expect(exit::DONE).stdout;
    assert!(
        applied.contains("4 changed, 0 destroyed") && applied.contains("PARTIAL: only group.canary."),
        "{applied}"
    );
    let again = workspace.run(&["apply", "--auto-approve", "--target", "group.canary"]).expect(exit::DONE);
    assert!(again.stdout.contains("No changes in what was asked for. (PARTIAL"), "{}", again.stdout);
    let status = workspace.run(&["status"]).expect(exit::DONE).stdout;
    assert!(status.contains("canary   GL1.1      3/3"), "{status}");

    let one = workspace.run(&["apply", "--auto-approve", "--summary", "--target", "instance.web-02"]);
    match api {
        Api::Osms => {
            let one = one.expect(exit::DONE).stdout;
            assert!(one.contains("Resources: 0 added, 2 changed, 0 destroyed."), "{one}");
        }
        Api::Osmh => {
            let one = one.expect(exit::ERROR).stderr;
            assert!(one.contains("ask for them all, with --target group.web"), "{one}");
        }
    }
    let rest = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE).stdout;
    assert!(rest.contains("Apply complete!") && !rest.contains("PARTIAL"), "{rest}");
}

#[test]
fn a_part_of_a_train_on_os_management_is_done_alone() {
    is_done_alone(Api::Osms);
}

#[test]
fn a_part_of_a_train_on_os_management_hub_is_done_alone() {
    is_done_alone(Api::Osmh);
}

#[test]
fn a_target_must_be_of_the_one_train_there_is() {
    let workspace = Workspace::quickstart(&[]);
    let misspelled = workspace.run(&["plan", "--target", "group.cannary"]).expect(exit::USAGE).stderr;
    assert!(misspelled.contains("train `great-linux` has nothing called group.cannary"), "{misspelled}");
    assert!(misspelled.contains("did you mean group.canary?"), "{misspelled}");
    let wrong = workspace.run(&["apply", "--auto-approve", "--target", "canary"]).expect(exit::USAGE).stderr;
    assert!(wrong.contains("`canary` is no address"), "{wrong}");
    workspace.run(&["apply", "x.plan", "--target", "group.canary"]).expect(exit::USAGE);
    let text = std::fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    let (head, _) = text.split_once("\n[[group]]").unwrap();
    workspace.write("trains/other.toml", &head.replacen("\"great-linux\"", "\"other\"", 1));
    let several = workspace.run(&["plan", "--target", "group.canary"]).expect(exit::USAGE).stderr;
    assert!(several.contains("--target names things of one train, and there are 2"), "{several}");
    workspace.run(&["plan", "--target", "group.canary", "--train", "great-linux"]).expect(exit::DONE);
}
