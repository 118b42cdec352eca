//! What a source holds: put in, taken out, awaited and read back.

use super::service::{Fault, Service};
use super::*;
use crate::oci::testing;

const VENDOR: [&str; 3] = ["acl-2.2-1.x86_64", "bash-4.4-1.x86_64", "vim-2:8-1.x86_64"];

fn filled(nevras: &[&str]) -> (Service, OsmhCloud<Script>) {
    let service = Service::new();
    service.vendor("base", "ol8_baseos_latest-x86_64", "SELECTED", &VENDOR);
    service.custom("s", "great-linux/GL1", nevras);
    let cloud = cloud(&service);
    (service, cloud)
}

fn add(nevras: &[&str]) -> Op {
    Op::AddPackages { source: source("s"), packages: packages(nevras) }
}

#[tokio::test(start_paused = true)]
async fn packages_are_put_in_by_their_whole_names_and_read_back() {
    let (service, cloud) = filled(&VENDOR[..1]);
    assert_eq!(cloud.submit(&add(&VENDOR), &token()).await.unwrap(), DONE);
    let body = r#"{"packages":["acl-2.2-1.x86_64","bash-4.4-1.x86_64","vim-2:8-1.x86_64"],"isContinueOnMissingPackages":true}"#;
    let t = "t".repeat(32);
    let contents = "GET /softwareSources/s/softwarePackages?limit=1000";
    assert_eq!(
        service.asked(),
        [
            format!("POST /softwareSources/s/actions/addPackages {t} {body}"),
            "GET /workRequests/work-1".to_owned(),
            contents.to_owned(),
            format!("{contents}&page=from%2B2"),
        ]
    );
    // Again, as after a crash, and where the answer is lost.
    service.fault("addPackages", Fault::Lost);
    assert_eq!(cloud.submit(&add(&VENDOR), &token()).await.unwrap(), DONE);
    assert_eq!(service.world().contents["s"], packages(&VENDOR).into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn what_the_service_leaves_out_is_told() {
    let (service, cloud) = filled(&[]);
    let more = [&VENDOR[..], &["nobody-ships-1:1-1.x86_64", "agent-1-1.noarch"]].concat();
    let error = cloud.submit(&add(&more), &token()).await.unwrap_err();
    assert!(!error.is_ambiguous());
    let text = error.to_string();
    assert!(
        text.starts_with(
            "AddPackagesToSoftwareSource: the service left out nobody-ships-1:1-1.x86_64, agent-1-1.noarch: "
        ),
        "{text}"
    );
    assert_eq!(service.world().contents["s"].len(), 3, "the others are in");
}

#[tokio::test(start_paused = true)]
async fn work_that_fails_or_a_source_that_breaks_is_told() {
    let failing = |work: &'static str, source: &'static str, id: bool| {
        Script::new(move |asked| match asked.line.split([' ', '?']).nth(1).unwrap() {
            "/softwareSources/s/actions/addPackages" if id => {
                testing::with(202, &[("opc-work-request-id", "w")], "")
            }
            "/softwareSources/s/actions/addPackages" => testing::with(202, &[], ""),
            "/workRequests/w" => testing::json(format!(r#"{{"id":"w","status":"{work}"}}"#)),
            "/softwareSources/s" => testing::json(format!(r#"{{"id":"s","lifecycleState":"{source}"}}"#)),
            "/workRequests/w/errors" => {
                testing::json(r#"{"items":[{"code":"Conflict","message":"Duplicate package"}]}"#)
            }
            _ => testing::json(r#"{"items":[]}"#),
        })
    };
    for (script, reason) in [
        (
            failing("FAILED", "ACTIVE", true),
            "the work request failed; Conflict: Duplicate package (work request w)",
        ),
        (failing("IN_PROGRESS", "ACTIVE", true), "work request w has not ended yet"),
        (failing("", "NEEDS_ATTENTION", false), "s was changed and is NEEDS_ATTENTION now"),
        (failing("", "UPDATING", false), "s was changed and is not ACTIVE yet"),
        // Done, and nothing is in.
        (failing("", "ACTIVE", false), "the service left out acl-2.2-1.x86_64"),
    ] {
        let error = of_script(&script, &[]).submit(&add(&VENDOR[..1]), &token()).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_add_is_told_unless_all_is_in() {
    let (service, cloud) = filled(&VENDOR);
    service.fault("addPackages", Fault::Refused(400, "InvalidParameter"));
    assert_eq!(cloud.submit(&add(&VENDOR), &token()).await.unwrap(), DONE);
    service.fault("addPackages", Fault::Refused(400, "LimitExceeded"));
    let error = cloud.submit(&add(&["nobody-1-1.noarch"]), &token()).await.unwrap_err();
    assert!(error.to_string().starts_with("AddPackagesToSoftwareSource: 400 LimitExceeded"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn only_packages_that_are_there_are_removed() {
    let (service, cloud) = filled(&VENDOR[..2]);
    service.fault("removePackages", Fault::Lost);
    let op = Op::RemovePackages { source: source("s"), packages: packages(&VENDOR[1..]) };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&op, &token()).await.unwrap(), DONE);
    }
    assert_eq!(service.world().contents["s"], packages(&VENDOR[..1]).into_iter().collect());
    let written = service.written();
    // The call and its repetition, since the answer was lost.
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(
        written.iter().all(|line| line.ends_with(r#"{"packages":["bash-4.4-1.x86_64"]}"#)),
        "{written:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_source_wait_for_each_other() {
    let (service, cloud) = filled(&[]);
    let ops: Vec<Op> = VENDOR.iter().map(|nevra| add(&[nevra])).collect();
    let tokens: Vec<RetryToken> = (0..3).map(|number| RetryToken(format!("t{number}"))).collect();
    let all = ops.iter().zip(&tokens).map(|(op, token)| cloud.submit(op, token));
    for done in futures_util::future::join_all(all).await {
        assert_eq!(done.unwrap(), DONE);
    }
    // Each change, its work and what came of it stand together.
    let asked = service.asked();
    let starts: Vec<usize> = (0..asked.len()).filter(|at| asked[*at].starts_with("POST")).collect();
    assert_eq!(starts, [0, 3, 6], "{asked:?}");
}
