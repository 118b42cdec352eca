//! `--trace-http`: what stands in the file, who can read it, and what is said where it cannot be written. That no
//! secret is in it is seen to wherever a workspace ends.

use std::os::unix::fs::PermissionsExt;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use crate::support::{Served, Workspace};

#[test]
fn each_request_is_a_line_that_support_can_use() {
    each_request_is_a_line(Api::Osms, "/20190801/");
}

#[test]
fn and_so_it_is_on_the_hub() {
    each_request_is_a_line(Api::Osmh, "/20220901/");
}

fn each_request_is_a_line(api: Api, base: &str) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let trace = |name: &str| workspace.path().join(name);
    workspace.run(&["apply", "--auto-approve", "--trace-http", "trace"]).expect(exit::DONE);
    let text = std::fs::read_to_string(trace("trace")).unwrap();
    assert_eq!(std::fs::metadata(trace("trace")).unwrap().permissions().mode() & 0o777, 0o600);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |operation: &str| lines.iter().filter(|line| line["operation"] == operation).count();
    assert_eq!((of("CreateSoftwareSource"), of("CreateManagedInstanceGroup")), (2, 3));
    for line in &lines {
        // One member is not known to the service yet.
        let expected = if line["operation"] == "GetManagedInstance" { 200..405 } else { 200..300 };
        assert!(expected.contains(&line["status"].as_u64().unwrap()) && line["attempt"] == 1, "{line}");
        assert!(line["path"].as_str().unwrap().starts_with(base), "{line}");
        assert_eq!(line["request_id"].as_str().map(str::len), Some(32), "{line}");
    }
    for word in ["ignature", "authorization", "displayName\":"] {
        assert!(!text.contains(word), "{word}");
    }

    // The next command appends.
    workspace.run(&["status", "--trace-http", "trace"]).expect(exit::DONE);
    let more = std::fs::read_to_string(trace("trace")).unwrap();
    assert!(more.len() > text.len() && more.starts_with(&text));

    let failed = workspace.run(&["plan", "--trace-http", "no/such/folder"]).expect(exit::ERROR);
    assert!(failed.stderr.contains("cannot write to no/such/folder (--trace-http)"), "{}", failed.stderr);
}

#[test]
fn a_service_that_nobody_serves_is_told_of_within_half_a_minute() {
    let workspace = Workspace::quickstart(&[]);
    let train = workspace.path().join("trains/great-linux.toml");
    let text = std::fs::read_to_string(&train).unwrap();
    // Nobody listens on port 1.
    std::fs::write(&train, text.replace("\"simulator\"", "\"http://127.0.0.1:1\"")).unwrap();
    let simulator = patchtrain::simulator::credentials();
    let begun = std::time::Instant::now();
    let mut command = workspace.command(&["plan", "--trace-http", "trace"]);
    let command = command.env("OCI_CLI_USER", simulator.user).env("OCI_CLI_TENANCY", simulator.tenancy);
    let command = command.env("OCI_CLI_FINGERPRINT", simulator.fingerprint);
    let ran = Workspace::output(command.env("OCI_CLI_KEY_CONTENT", simulator.key));
    assert!(begun.elapsed().as_secs() < 40, "{:?}", begun.elapsed());
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(i32::from(exit::ERROR)), "{told}");
    assert!(told.contains("http://127.0.0.1:1 is down: its last "), "{told}");
    assert!(told.contains("ocistatus.oraclecloud.com"), "{told}");
    let text = std::fs::read_to_string(workspace.path().join("trace")).unwrap();
    assert!(text.contains("\"retry\":") && text.contains("\"attempt\":3"), "{text}");
}
