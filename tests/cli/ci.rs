//! The scripts below `ci/` as CI systems run them: the real program against the simulator, and a stand-in on loopback for
//! the part of GitHub's and GitLab's APIs that has comments.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use patchtrain::cli::exit;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Served, Workspace};

const TOKEN: &str = "ghs_loopback-0123456789";
const MARK: &str = "<!-- patchtrain:plan:great-linux -->";

/// Which API is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
}

/// The comments of one pull or merge request, and who may write them.
struct Comments {
    forge: Forge,
    all: Mutex<Vec<Value>>,
    /// What is answered instead of doing as asked: to reads, and to writes.
    refusals: Mutex<(Option<StatusCode>, Option<StatusCode>)>,
    asked: Mutex<Vec<String>>,
}

/// Who the token is.
const OWN: u64 = 41;

impl Comments {
    fn new(forge: Forge) -> Arc<Self> {
        let (all, refusals, asked) = Default::default();
        Arc::new(Self { forge, all, refusals, asked })
    }

    /// Adds a comment of somebody.
    fn add(&self, id: u64, author: u64, body: &str) {
        let login = if author == OWN { "github-actions[bot]" } else { "somebody" };
        let who = json!({ "id": author, "login": login });
        let key = match self.forge {
            Forge::GitHub => "user",
            Forge::GitLab => "author",
        };
        self.all.lock().unwrap().push(json!({ "id": id, "body": body, key: who }));
    }

    /// Returns ids and first lines.
    fn told(&self) -> Vec<(u64, String)> {
        let all = self.all.lock().unwrap();
        let line = |one: &Value| one["body"].as_str().unwrap().lines().next().unwrap_or_default().to_owned();
        all.iter().map(|one| (one["id"].as_u64().unwrap(), line(one))).collect()
    }

    fn body(&self, id: u64) -> String {
        let all = self.all.lock().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap()["body"].as_str().unwrap().to_owned()
    }

    /// Returns the methods that were used since this was last asked.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body: Bytes = axum::body::to_bytes(body, 1_000_000).await.unwrap();
        let (method, path) = (parts.method, parts.uri.path().to_owned());
        self.asked.lock().unwrap().push(method.to_string());
        let (header, expected, list, one) = match self.forge {
            Forge::GitHub => (
                "authorization",
                format!("Bearer {TOKEN}"),
                "/repos/acme/fleet/issues/7/comments",
                "/repos/acme/fleet/issues/comments/",
            ),
            Forge::GitLab => (
                "private-token",
                TOKEN.to_owned(),
                "/projects/12/merge_requests/7/notes",
                "/projects/12/merge_requests/7/notes/",
            ),
        };
        if parts.headers.get(header).and_then(|value| value.to_str().ok()) != Some(&expected) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let refusals = *self.refusals.lock().unwrap();
        let refusal = if method == Method::GET { refusals.0 } else { refusals.1 };
        if let Some(refusal) = refusal {
            return (refusal, r#"{"message":"Resource not accessible by integration"}"#).into_response();
        }
        let said = || serde_json::from_slice::<Value>(&body).unwrap()["body"].as_str().unwrap().to_owned();
        let changes = if self.forge == Forge::GitHub { Method::PATCH } else { Method::PUT };
        if method == Method::GET && path == "/user" && self.forge == Forge::GitLab {
            return json!({ "id": OWN }).to_string().into_response();
        }
        if method == Method::GET && path == list {
            let query = parts.uri.query().unwrap();
            let number = |name: &str| -> usize {
                let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                value.unwrap().parse().unwrap()
            };
            let (size, page) = (number("per_page"), number("page"));
            let all = self.all.lock().unwrap();
            let these: Vec<&Value> = all.iter().skip(size * (page - 1)).take(size).collect();
            return serde_json::to_string(&these).unwrap().into_response();
        }
        if method == Method::POST && path == list {
            let id = 1_000 + self.all.lock().unwrap().len() as u64;
            self.add(id, OWN, &said());
            return (StatusCode::CREATED, json!({ "id": id }).to_string()).into_response();
        }
        let id = path.strip_prefix(one).and_then(|id| id.parse::<u64>().ok());
        let mut all = self.all.lock().unwrap();
        match all.iter_mut().find(|one| Some(one["id"].as_u64().unwrap()) == id) {
            Some(found) if method == changes => {
                found["body"] = said().into();
                json!({ "id": id }).to_string().into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// Serves the stand-in for as long as the runtime lives; returns where.
fn serve(comments: &Arc<Comments>) -> (Runtime, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ear = Arc::clone(comments);
    let here = runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        let answer = move |request: Request| {
            let ear = Arc::clone(&ear);
            async move { ear.answer(request).await }
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        here
    });
    (runtime, here)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ci").join(name)
}

/// Writes a program of the shell below a folder.
fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A script with the environment that a CI system gives it, and nothing of this one's.
fn command(workspace: &Workspace, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(script(name));
    command.args(arguments).current_dir(workspace.path()).stdin(std::process::Stdio::null());
    for name in [
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
        "PATCHTRAIN_PULL",
        "CI_MERGE_REQUEST_IID",
        "PATCHTRAIN_TOKEN",
        "PATCHTRAIN_URL",
        "RUNNER_TEMP",
        "GITHUB_PATH",
        "http_proxy",
        "HTTP_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    for (name, value) in workspace.environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PATCHTRAIN", PathBuf::from(env!("CARGO_BIN_EXE_patchtrain")));
    command
}

fn on(forge: Forge, command: &mut Command, here: &str) {
    match forge {
        Forge::GitHub => command
            .env("GITHUB_API_URL", here)
            .env("GITHUB_REPOSITORY", "acme/fleet")
            .env("PATCHTRAIN_PULL", "7")
            .env("GITHUB_TOKEN", TOKEN),
        Forge::GitLab => command
            .env("CI_API_V4_URL", here)
            .env("CI_PROJECT_ID", "12")
            .env("CI_MERGE_REQUEST_IID", "7")
            .env("PATCHTRAIN_TOKEN", TOKEN),
    };
}

/// Runs it to its end and returns what it said and its code.
#[track_caller]
fn ran(command: &mut Command, code: u8) -> (String, String) {
    let output: Output = Workspace::output(command);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(i32::from(code)), "\n--- stdout\n{out}\n--- stderr\n{err}");
    for said in [&out, &err] {
        assert!(!said.contains(TOKEN), "{said}");
    }
    (out, err)
}

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
        command
    };
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
    assert!(broken.contains("exit code 1"), "{broken}");
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
fn the_program_takes_the_place_of_the_script_that_applies() {
    let workspace = Workspace::empty();
    workspace.write("saved.plan", "");
    let own = program(workspace.path(), "stand-in", "echo $$ \"$@\"");
    let mut command = command(&workspace, "apply.sh", &["saved.plan", "--wait"]);
    command.env("PATCHTRAIN", own).env("PATCHTRAIN_DIR", "fleet").stdout(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let plan = workspace.path().canonicalize().unwrap().join("saved.plan");
    let arguments = format!("--chdir fleet --no-color apply {} --wait", plan.display());
    assert_eq!(said.trim(), format!("{pid} {arguments}"), "a signal to the script is one to the program");
}

#[test]
fn a_plans_code_is_the_scripts_but_for_something_to_do() {
    let workspace = Workspace::empty();
    for (plan, saved, code) in [
        (0, true, 0),
        (2, true, 0),
        (5, true, 5),
        (5, false, 5),
        (1, false, 1),
        (4, false, 4),
        (64, false, 64),
        (130, false, 130),
    ] {
        let save = if saved { "while [ \"$1\" != --out ]; do shift; done; echo plan >\"$2\"" } else { ":" };
        let text = format!("case \" $* \" in *\" plan \"*) {save}; exit {plan} ;; *) echo '{MARK}' ;; esac");
        let own = program(workspace.path(), "stand-in", &text);
        let mut command = command(&workspace, "plan.sh", &[]);
        command.env("PATCHTRAIN", own).env("PATCHTRAIN_TRAIN", "great-linux");
        command.env("GITHUB_OUTPUT", workspace.path().join(format!("output-{plan}-{saved}")));
        ran(&mut command, code);
        let output = fs::read_to_string(workspace.path().join(format!("output-{plan}-{saved}"))).unwrap();
        assert!(output.starts_with(&format!("exitcode={plan}\n")), "{output}");
        assert_eq!(workspace.path().join("patchtrain-plan/plan.html").exists(), saved, "{plan}");
    }
}

#[test]
fn an_audit_leaves_all_its_files_and_drift_is_no_error() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let audit = || {
        let mut command = command(&workspace, "audit.sh", &[]);
        command.env("PATCHTRAIN_AUDIT_SINCE", "2026-01-01");
        command
    };
    ran(&mut audit(), exit::DONE);
    let read = |name: &str| fs::read_to_string(workspace.path().join("patchtrain-audit").join(name)).unwrap();
    for (name, part) in [
        ("report.html", "<!doctype html>"),
        ("report.xml", "<testsuite name=\"great-linux.web\""),
        ("report.sarif", "\"version\": \"2.1.0\""),
        ("audit.html", "Audit of great-linux"),
        ("audit.json", "\"complete\": true"),
    ] {
        assert!(read(name).contains(part), "{name}");
    }
    let kept = fs::read_to_string(workspace.path().join("state/great-linux.reports")).unwrap();
    assert_eq!(kept.lines().count(), 1, "one look at the fleet");

    for (drift, report, code) in [(2, 0, 2), (2, 1, 1), (0, 4, 4), (1, 2, 1), (0, 0, 0)] {
        let text =
            format!("case \" $* \" in *\" drift \"*) exit {drift} ;; *\" report \"*) exit {report} ;; esac");
        let own = program(workspace.path(), "stand-in", &text);
        ran(audit().env("PATCHTRAIN", own), code);
    }
}

#[test]
fn only_a_binary_that_was_meant_is_installed() {
    let workspace = Workspace::empty();
    let real = program(workspace.path(), "real", "echo patchtrain 0.1.0");
    let sum = Command::new("sha256sum").arg(&real).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let sum = sum.split(' ').next().unwrap();
    let install = |sum: Option<&str>| {
        let mut command = command(&workspace, "install.sh", &[]);
        command.env("PATCHTRAIN_URL", format!("file://{}", real.display()));
        command.env("RUNNER_TEMP", workspace.path().join("temp"));
        command.env("GITHUB_PATH", workspace.path().join("path"));
        sum.map(|sum| command.env("PATCHTRAIN_SHA256", sum));
        command
    };
    assert!(ran(&mut install(None), 1).1.contains("PATCHTRAIN_SHA256 is not set"));
    let other = "0".repeat(64);
    assert!(ran(&mut install(Some(&other)), 1).1.contains("another SHA-256"));
    let folder = workspace.path().join("temp/patchtrain");
    assert!(!folder.join("patchtrain").exists() && !folder.join("patchtrain.new").exists());
    let (out, err) = ran(&mut install(Some(sum)), 0);
    assert_eq!((out.trim(), err.trim()), (folder.to_str().unwrap(), "patchtrain 0.1.0"));
    assert_eq!(fs::read_to_string(workspace.path().join("path")).unwrap().trim(), folder.to_str().unwrap());
    let mut none = command(&workspace, "install.sh", &[]);
    none.env("PATH", "/usr/bin:/bin");
    assert!(ran(&mut none, 1).1.contains("patchtrain is not installed"));
}
