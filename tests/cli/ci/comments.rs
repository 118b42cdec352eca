//! The one comment that scripts keep up to date: whose it is, when it is changed, and what becomes of it without a plan.

use std::fs;
use std::process::Command;

use axum::http::StatusCode;
use patchtrain::cli::exit;

use super::forge::{Comments, Forge, MARK, OWN, TOKEN, serve};
use super::{command, on, program, ran};
use crate::support::{Served, Workspace};

const COMMIT: &str = "57c4a190ffa19c1e5d8e2b7a6f3d4c5b6a798001";
const LATER: &str = "9eff87ae0c1d2b3a4f5e6d7c8b9a0f1e2d3c4b5a";
const MERGE: &str = "0dee57d00c1d2b3a4f5e6d7c8b9a0f1e2d3c4b5a";

fn one_comment_is_kept(forge: Forge) {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    let comments = Comments::new(forge);
    // More than a page of others' comments; one of them looks like ours.
    for id in 0..120 {
        comments.add(id, 3, "what is this?");
    }
    comments.add(120, 3, &format!("{MARK}\nnot ours"));
    let (_runtime, here) = serve(&comments);
    let plan = || {
        let mut command = command(&workspace, "plan.sh", &[]);
        on(forge, &mut command, &here);
        command.env("GITHUB_OUTPUT", workspace.path().join("output"));
        match forge {
            Forge::GitHub => command.env("PATCHTRAIN_COMMIT", COMMIT),
            Forge::GitLab => {
                command.env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", COMMIT).env("CI_COMMIT_SHA", MERGE)
            }
        };
        command
    };
    COMMIT.clone_into(&mut comments.head.lock().unwrap());
    let output = || fs::read_to_string(workspace.path().join("output")).unwrap();

    let (first, said) = ran(&mut plan(), exit::DONE);
    assert!(first.contains("Plan: ") && said.contains("the comment 1121 was made"), "{first}{said}");
    assert!(output().starts_with("exitcode=2\n"), "{}", output());
    assert_eq!(comments.told().len(), 122);
    assert_eq!(comments.told()[121], (1_121, MARK.to_owned()));
    for file in ["plan", "plan.md", "plan.html", "gitlab.json"] {
        let path = workspace.path().join("patchtrain-plan").join(file);
        assert!(fs::metadata(&path).is_ok_and(|file| file.len() > 0), "{file}");
    }
    assert_eq!(
        comments.body(1_121),
        fs::read_to_string(workspace.path().join("patchtrain-plan/plan.md")).unwrap()
    );

    let before = comments.body(1_121);
    assert!(before.contains(&format!(" of commit {COMMIT}, ")), "{before}");
    assert!(before.contains("\n```sh\npatchtrain apply plan\n```\n"), "{before}");
    workspace.bind(&["canary"]);
    comments.asked();
    let (_, said) = ran(&mut plan(), exit::DONE);
    assert!(said.contains("the comment 1121 is up to date"), "{said}");
    assert_eq!(comments.told().len(), 122);
    let after = comments.body(1_121);
    assert!(after.starts_with(MARK) && after != before, "{after}");
    assert_eq!(comments.body(120), format!("{MARK}\nnot ours"));
    let writes: Vec<String> = comments.asked().into_iter().filter(|method| method != "GET").collect();
    assert_eq!(writes, [if forge == Forge::GitHub { "PATCH" } else { "PUT" }]);

    // A commit that cannot be planned leaves no earlier plan standing, and the next one its plan.
    workspace.write("trains/great-linux.toml", "what is this?");
    ran(&mut plan(), exit::ERROR);
    let broken = comments.body(1_121);
    assert!(broken.starts_with(&format!("{MARK}\n**There is no plan.**")), "{broken}");
    assert!(broken.contains(&format!("of commit {COMMIT} ended with exit code 1")), "{broken}");
    workspace.bind(&["canary"]);
    ran(&mut plan(), exit::DONE);
    let again = comments.body(1_121);
    assert!(again.starts_with(MARK) && !again.contains("There is no plan."), "{again}");
    assert_eq!(comments.told().len(), 122);

    // What was reviewed is what is applied, once.
    ran(&mut command(&workspace, "apply.sh", &["patchtrain-plan/plan"]), exit::DONE);
    ran(&mut command(&workspace, "apply.sh", &["patchtrain-plan/plan"]), exit::REFUSED);
}

#[test]
fn one_comment_is_made_on_github_and_then_kept_up_to_date() {
    one_comment_is_kept(Forge::GitHub);
}

#[test]
fn one_comment_is_made_on_gitlab_and_then_kept_up_to_date() {
    one_comment_is_kept(Forge::GitLab);
}

#[test]
fn who_may_not_comment_breaks_no_plan_and_a_comment_that_stays_behind_does() {
    let workspace = Workspace::empty();
    let file = workspace.write("plan.md", &format!("{MARK}\n`x` \"y\" \\ ä\n"));
    let file = file.to_str().unwrap();
    for forge in [Forge::GitHub, Forge::GitLab] {
        let comments = Comments::new(forge);
        let (_runtime, here) = serve(&comments);
        let run = |arguments: &[&str], reads, writes, code: u8| -> String {
            *comments.refusals.lock().unwrap() = (reads, writes);
            let mut command = command(&workspace, "comment.sh", arguments);
            on(forge, &mut command, &here);
            ran(&mut command, code).1
        };
        let (forbidden, broken) = (Some(StatusCode::FORBIDDEN), Some(StatusCode::BAD_GATEWAY));
        let fork = run(&["post", file], None, forbidden, 0);
        assert!(fork.contains("may not comment (HTTP 403)"), "{fork}");
        let fork = run(&["post", file], forbidden, forbidden, 0);
        assert!(fork.contains("nobody is told"), "{fork}");
        let failed = run(&["post", file], None, broken, 1);
        assert!(failed.contains("cannot comment: HTTP 502"), "{failed}");
        assert!(run(&["post", file], broken, None, 1).contains("HTTP 502"));
        assert_eq!(comments.told(), []);

        run(&["post", file], None, None, 0);
        assert_eq!(comments.body(1_000), format!("{MARK}\n`x` \"y\" \\ ä\n"));
        // One that is there would go stale unseen.
        assert!(run(&["post", file], None, forbidden, 1).contains("may not change the comment (HTTP 403)"));
        let out = workspace.path().join("before.md");
        run(&["fetch", MARK, out.to_str().unwrap()], None, None, 0);
        assert_eq!(fs::read_to_string(&out).unwrap(), comments.body(1_000));
        run(&["fetch", "<!-- another -->", out.to_str().unwrap()], None, None, 0);
        assert_eq!(fs::read_to_string(&out).unwrap(), "");
    }
    // Nobody listens there.
    let mut nowhere = command(&workspace, "comment.sh", &["post", file]);
    on(Forge::GitHub, &mut nowhere, "http://127.0.0.1:1");
    assert!(ran(&mut nowhere, 1).1.contains("cannot be reached"));
    // Nor is there anybody to tell, nor a token to do it with.
    let mut alone = command(&workspace, "comment.sh", &["post", file]);
    assert!(ran(&mut alone, 0).1.contains("no comment"));
    let mut bare = command(&workspace, "comment.sh", &["post", file]);
    on(Forge::GitHub, &mut bare, "http://127.0.0.1:1");
    bare.env_remove("GITHUB_TOKEN");
    assert!(ran(&mut bare, 0).1.contains("no comment"));
    let mut odd = command(&workspace, "comment.sh", &["post", file]);
    on(Forge::GitHub, &mut odd, "http://127.0.0.1:1");
    odd.env("GITHUB_TOKEN", "a\"\noutput = \"/tmp/x\"");
    assert!(ran(&mut odd, 1).1.contains("holds what no token holds"));
}

#[test]
fn no_token_stands_on_a_command_line() {
    let workspace = Workspace::empty();
    let file = workspace.write("plan.md", MARK);
    let comments = Comments::new(Forge::GitHub);
    let (_runtime, here) = serve(&comments);
    let log = workspace.path().join("lines");
    let real = Command::new("sh").args(["-c", "command -v curl"]).output().unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let text = format!("printf '%s\\n' \"$*\" >>'{}'\nexec {} \"$@\"", log.display(), real.trim());
    let folder = workspace.path().join("bin");
    program(&folder, "curl", &text);
    let mut command = command(&workspace, "comment.sh", &["post", file.to_str().unwrap()]);
    on(Forge::GitHub, &mut command, &here);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display()));
    ran(&mut command, 0);
    assert_eq!(comments.told().len(), 1, "the token was given");
    let lines = fs::read_to_string(&log).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(!lines.contains(TOKEN), "{lines}");
}

#[test]
fn the_comment_is_the_newest_commit_s_whichever_run_ends_last() {
    let workspace = Workspace::empty();
    let file = workspace.write("plan.md", &format!("{MARK}\nof the earlier\n"));
    let failing = program(workspace.path(), "stand-in", "exit 4");
    for forge in [Forge::GitHub, Forge::GitLab] {
        let comments = Comments::new(forge);
        let (_runtime, here) = serve(&comments);
        LATER.clone_into(&mut comments.head.lock().unwrap());
        let post = |commit: &str| {
            let mut command = command(&workspace, "comment.sh", &["post", file.to_str().unwrap()]);
            on(forge, &mut command, &here);
            command.env("PATCHTRAIN_COMMIT", commit);
            command
        };
        let said = ran(&mut post(COMMIT), 0).1;
        assert!(
            said.contains(&format!("this is of commit {COMMIT}, and the request is at {LATER}")),
            "{said}"
        );
        assert_eq!(comments.told(), []);
        ran(&mut post(LATER), 0);
        assert_eq!(comments.told(), [(1_000, MARK.to_owned())]);

        // Nor does an earlier commit without a plan take the later one's away.
        let mut fails = command(&workspace, "plan.sh", &[]);
        on(forge, &mut fails, &here);
        fails.env("PATCHTRAIN", &failing);
        ran(fails.env("PATCHTRAIN_COMMIT", COMMIT), 4);
        assert!(comments.body(1_000).contains("of the earlier"));
        ran(fails.env("PATCHTRAIN_COMMIT", LATER), 4);
        assert!(comments.body(1_000).contains(&format!("of commit {LATER} ended with exit code 4")));
    }
}

#[test]
fn without_a_plan_no_other_train_s_comment_is_replaced() {
    let workspace = Workspace::empty();
    let failing = program(workspace.path(), "stand-in", "exit 4");
    let mark = |train: &str| format!("<!-- patchtrain:plan:{train} -->");
    for forge in [Forge::GitHub, Forge::GitLab] {
        let comments = Comments::new(forge);
        let (_runtime, here) = serve(&comments);
        let plan = |train: Option<&str>| -> String {
            let mut command = command(&workspace, "plan.sh", &[]);
            on(forge, &mut command, &here);
            command.env("PATCHTRAIN", &failing);
            train.map(|train| command.env("PATCHTRAIN_TRAIN", train));
            ran(&mut command, 4).1
        };
        // Where there is none, none is made.
        plan(None);
        plan(Some("web"));
        assert_eq!(comments.told(), []);

        let trains = ["web", "web--", "web-2"];
        for (id, train) in (1..).zip(trains) {
            comments.add(id, OWN, &format!("{}\r\nthe plan of {train}", mark(train)));
        }
        let replaced = || -> Vec<bool> {
            (1..=3).map(|id| comments.body(id).contains("**There is no plan.**")).collect()
        };
        let said = plan(None);
        assert!(said.contains("3 tell plans") && said.contains("set PATCHTRAIN_TRAIN"), "{said}");
        assert_eq!(replaced(), [false; 3]);
        plan(Some("web--"));
        assert_eq!(replaced(), [false, true, false]);
        assert_eq!(comments.told()[1], (2, mark("web--")));
        plan(Some("web"));
        assert_eq!(replaced(), [true, true, false]);
    }

    // The only one is it, whatever others have written.
    let comments = Comments::new(Forge::GitHub);
    let (_runtime, here) = serve(&comments);
    comments.add(1, 3, &mark("web"));
    comments.add(2, OWN, &mark("web-2"));
    let mut alone = command(&workspace, "plan.sh", &[]);
    on(Forge::GitHub, &mut alone, &here);
    ran(alone.env("PATCHTRAIN", &failing), 4);
    assert_eq!(comments.body(1), mark("web"));
    assert!(comments.body(2).starts_with(&format!("{}\n**There is no plan.**", mark("web-2"))));
}
