//! `simulate`: a server for other clients, and its clock.

use patchtrain::cli::exit;

use crate::support::{Served, Workspace};

#[test]
fn it_serves_until_it_is_told_to_end_and_only_once() {
    let workspace = Workspace::empty();
    let served = Served::start(&workspace, &["--config", "oci"]);
    assert!(served.fact("endpoint").starts_with("http://127.0.0.1:"));
    let second = workspace.run(&["simulate"]).expect(exit::ERROR);
    assert!(second.stderr.contains("served already"), "{}", second.stderr);
    let config = std::fs::read_to_string(served.fact("config")).unwrap();
    assert!(config.contains(&format!("tenancy={}\n", served.fact("tenancy"))), "{config}");
    assert_eq!(SERVED_AND_ENDED, served.end());
}

/// To be ended is what a server is there for.
const SERVED_AND_ENDED: Option<i32> = Some(exit::DONE as i32);

#[test]
fn its_clock_moves_whether_or_not_it_is_served() {
    let workspace = Workspace::empty();
    let time =
        |text: &str| -> jiff::Timestamp { text.trim().trim_start_matches("time").trim().parse().unwrap() };
    let served = Served::start(&workspace, &[]);
    let first = time(served.fact("time"));
    let second = time(&workspace.run(&["simulate", "advance", "48h"]).expect(exit::DONE).stdout);
    assert!(second.duration_since(first) >= jiff::SignedDuration::from_hours(48));
    assert_eq!(SERVED_AND_ENDED, served.end());
    let third = time(&workspace.run(&["simulate", "advance", "1d"]).expect(exit::DONE).stdout);
    assert!(third.duration_since(first) >= jiff::SignedDuration::from_hours(72));
    assert!(third.duration_since(first) < jiff::SignedDuration::from_hours(73));
}

#[test]
fn any_client_can_use_it_by_its_url_and_configuration() {
    let workspace = Workspace::quickstart(&[]);
    let served = Served::start(&workspace, &["--config", "oci"]);
    let train = std::fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    workspace.write(
        "trains/great-linux.toml",
        &train.replace("\"simulator\"", &format!("\"{}\"", served.fact("endpoint"))),
    );
    let mut command = workspace.command(&["plan", "--detailed-exitcode"]);
    let plan = Workspace::output(command.env("OCI_CONFIG_FILE", "oci/config"));
    assert_eq!(
        plan.status.code(),
        Some(i32::from(exit::DIFFERENT)),
        "{}",
        String::from_utf8_lossy(&plan.stderr)
    );
}

#[test]
fn one_service_can_be_served_without_the_other() {
    let workspace = Workspace::quickstart(&[]);
    let served = Served::start(&workspace, &["--api", "osmh", "--config", "oci"]);
    let train = std::fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    let endpoint = format!("\"{}\"", served.fact("endpoint"));
    workspace.write("trains/great-linux.toml", &train.replace("\"simulator\"", &endpoint));
    let plan = Workspace::output(workspace.command(&["plan"]).env("OCI_CONFIG_FILE", "oci/config"));
    assert_eq!(plan.status.code(), Some(i32::from(exit::ERROR)));
    let stderr = String::from_utf8_lossy(&plan.stderr);
    assert!(stderr.contains("no operation has the path /20190801/"), "{stderr}");
}
