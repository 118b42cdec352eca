//! An audit as a page in a real browser, by `audit.py`: of a run that set a policy aside for a reason that tries to be more.

use std::fs;
use std::path::Path;
use std::process::Command;

use patchtrain::cli::exit;

use crate::support::Workspace;

const REASON: &str = "<img src=x onerror=window.broken=1> | CHG-4711";

#[test]
#[ignore = "needs Chromium; .ci/run browser"]
fn browser_audit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    fs::create_dir_all(&folder).unwrap();
    let workspace = Workspace::quickstart(&[]);
    let train = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&train).unwrap();
    fs::write(&train, format!("{text}\n[policy]\nmax_instances = 3\n")).unwrap();
    workspace.run(&["apply", "--summary", "--auto-approve", "--override", REASON]).expect(exit::DONE);
    workspace.run(&["report", "--out", "report.html"]).expect(exit::DONE);
    let page = folder.join("audit.html");
    let _ = fs::remove_file(&page);
    workspace.run(&["audit", "--since", "2026-01-01", "--out", page.to_str().unwrap()]).expect(exit::DONE);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/audit.py");
    let status = Command::new("python3").arg("-B").arg(script).arg(&folder).status().unwrap();
    assert!(status.success(), "{status}");
}
