//! One audit in each layout, with names that try to be more than names.

use jiff::Timestamp;

use super::*;
use crate::name::{GroupName, ReleaseName, TrainName};
use crate::op::{Lineage, PlanId};
use crate::report::audit::{Actor, Event, Gap, GroupLevels, Levels, Moment, Period, Totals, What};
use crate::state::Consent;
use crate::state::store::{Holder, ReportRecord, StepCounts};

const HOSTILE: &str = "<b>|x`\u{202e}\n@you";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn made() -> Audit {
    let who = |who: &str, what, time: &str, overrides: &[&str]| Event {
        at: at(time),
        who: who.to_owned(),
        host: "ci-7".to_owned(),
        what,
        overrides: overrides.iter().map(|flag| (*flag).to_owned()).collect(),
        consent: Consent::default(),
    };
    let steps = StepCounts { done: 12, already: 1, failed: 2, not_started: 3 };
    let plan = PlanId("0123456789abcdef".into());
    let holder = Holder {
        id: Default::default(),
        train: None,
        who: HOSTILE.to_owned(),
        host: "desk".to_owned(),
        pid: 1,
        command: "patchtrain apply".to_owned(),
        since: at("2026-10-04T10:00:00Z"),
    };
    let group = |name: &str, release: Option<&str>, at_level| GroupLevels {
        name: GroupName::new(name),
        release: release.map(ReleaseName::new),
        members: 3,
        at_level,
    };
    let report = |time: &str, compliant| ReportRecord {
        at: at(time),
        systems: 24,
        compliant,
        not_compliant: 24 - compliant,
        at_level: compliant,
        cves: 80,
        ..ReportRecord::default()
    };
    Audit {
        train: TrainName::new("great-linux"),
        period: Period { since: at("2026-10-01T00:00:00Z"), until: Some(at("2026-11-01T00:00:00Z")) },
        made: at("2026-11-02T08:00:00Z"),
        tool: "0.1.0",
        place: "state/great-linux.history".to_owned(),
        lineage: Some(Lineage("5eed".into())),
        serial: Some(9),
        complete: false,
        gaps: vec![
            Gap::Unreadable { lines: vec![4] },
            Gap::Serials {
                first: 6,
                last: 7,
                after: Some(at("2026-10-05T10:00:00Z")),
                before: Some(at("2026-10-09T10:00:00Z")),
            },
        ],
        totals: Totals { applies: 1, with_failures: 1, changes: 1, unlocks: 1, steps, ..Totals::default() },
        actors: vec![Actor { who: "ada".to_owned(), host: "ci-7".to_owned(), applies: 1, others: 2 }],
        events: vec![
            who(
                "ada",
                What::Apply { plan, basis: 4, serial: 5, steps, interrupted: true },
                "2026-10-05T10:00:00Z",
                &["--auto-approve"],
            ),
            who("ada", What::Unlock { from: holder }, "2026-10-06T10:00:00Z", &[]),
            who(
                HOSTILE,
                What::Change {
                    change: "state rm group.web".to_owned(),
                    basis: 7,
                    serial: 8,
                    carried_out: true,
                },
                "2026-10-09T10:00:00Z",
                &[],
            ),
        ],
        then: Moment {
            at: Some(at("2026-10-01T00:00:00Z")),
            report: Some(report("2026-09-28T06:00:00Z", 12)),
            levels: Levels::NotKept { serial: 4 },
        },
        now: Moment {
            at: Some(at("2026-11-01T00:00:00Z")),
            report: Some(report("2026-10-30T06:00:00Z", 22)),
            levels: Levels::Kept {
                serial: 8,
                groups: vec![group("canary", Some("GL1.1"), 3), group("web", None, 0)],
            },
        },
        observed: None,
    }
}

#[test]
fn text_for_people() {
    let style = Style { width: 100, colour: false, detail: Detail::Default };
    crate::render::tests::golden::check("audit-100", &audit(&[made()], AuditFormat::Text(style)));
}

#[test]
fn markdown_and_no_name_leaves_its_cell() {
    let text = audit(&[made()], AuditFormat::Markdown);
    crate::render::tests::golden::check("audit-markdown", &text);
    let bare = text.lines().filter(|line| line.starts_with('|'));
    let cells: std::collections::BTreeSet<usize> =
        bare.map(|line| line.replace("\\|", "").matches('|').count()).collect();
    assert!(cells.len() <= 4 && !text.contains("<b>"), "{cells:?}");
}

#[test]
fn json_commands_no_terminal() {
    let text = audit(&[made()], AuditFormat::Json);
    assert!(!text.contains('\u{202e}') && text.contains(r"\u202e"), "{text}");
}

#[test]
fn json_holds_everything_with_a_version() {
    let document: serde_json::Value =
        serde_json::from_str(&audit(&[made(), made()], AuditFormat::Json)).unwrap();
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["trains"].as_array().unwrap().len(), 2);
    let train = &document["trains"][0];
    assert_eq!(train["complete"], false);
    assert_eq!(
        train["gaps"][1],
        serde_json::json!({
            "gap": "serials", "first": 6, "last": 7, "after": "2026-10-05T10:00:00Z", "before": "2026-10-09T10:00:00Z",
        })
    );
    assert_eq!(train["events"][0]["event"], "apply");
    assert_eq!(train["events"][0]["plan"], "0123456789abcdef");
    assert_eq!(train["events"][0]["overrides"], serde_json::json!(["--auto-approve"]));
    assert_eq!(train["then"]["levels"], serde_json::json!({ "known": "not-kept", "serial": 4 }));
    assert_eq!(train["now"]["levels"]["groups"][1]["release"], serde_json::Value::Null);
    assert_eq!(train["events"][2]["who"], HOSTILE);
}

#[test]
fn a_page_stands_alone_runs_nothing_and_says_the_same() {
    let text = audit(&[made()], AuditFormat::Html);
    assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(text.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
    assert!(!text.contains("script") && !text.contains("<b>"), "{text}");
    for said in [
        "<h1>Audit of great-linux</h1>",
        "state/great-linux.history is damaged in line 4",
        "Nothing tells of serials 6 to 7",
        "applied plan 0123456789ab of serial 4: 12 steps done, 1 done before, 2 failed, 3 left, interrupted, --auto-approve",
        "No levels are known of 2026-10-01 00:00Z: the state of then, serial 4, is not kept.",
        "22 (91.6 %)",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let open = |tag: &str| text.matches(&format!("<{tag}")).count();
    assert_eq!([open("table"), open("section"), open("aside")], [4, 1, 1]);
}

#[test]
fn nothing_on_record_is_said_and_not_shown_as_zero() {
    let nothing = Audit {
        gaps: Vec::new(),
        complete: true,
        totals: Totals::default(),
        actors: Vec::new(),
        events: Vec::new(),
        then: Moment { at: Some(at("2026-10-01T00:00:00Z")), report: None, levels: Levels::NothingApplied },
        now: Moment { at: None, report: None, levels: Levels::NotTold },
        period: Period { since: at("2026-10-01T00:00:00Z"), until: None },
        ..made()
    };
    assert_eq!(
        audit_verdict(&nothing),
        "Since 2026-10-01 00:00Z: nothing is on record; no gap in the record."
    );
    let style = Style { width: 100, colour: false, detail: Detail::Default };
    crate::render::tests::golden::check("audit-nothing", &audit(&[nothing], AuditFormat::Text(style)));
}
