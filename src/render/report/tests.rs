//! Reports as documents: the same report in each format, with names that try to be more than names.

mod machines;

use std::sync::Arc;

use jiff::Timestamp;

use super::page::STYLE;
use super::*;
use crate::advisory::Severity;
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::observed::InstanceStatus;
use crate::plan::ServiceLabel;
use crate::render::html::TABLES;
use crate::report::{
    Compliance, Conformance, CveReport, Exposure, GroupReport, InstanceReport, Limit, Outstanding, Percent,
    Summary, Unknown,
};
use crate::state::store::ReportRecord;

const HOSTILE: &str = "=HYPERLINK(\"http://x\",'y')|<script>alert(1)</script>\u{202e}\n";

fn at() -> Timestamp {
    "2026-11-22T16:00:00Z".parse().unwrap()
}

fn instance(name: &str) -> InstanceReport {
    InstanceReport {
        id: Ocid::new(&format!("ocid1.instance.oc1..{}", name.len())),
        name: name.into(),
        group: GroupName::new("web"),
        release: ReleaseName::new("GL1"),
        rides: Some("great-linux/GL1".into()),
        on_release: true,
        agent: Some(InstanceStatus::Normal),
        updates: Some(Outstanding { security: 0, bug: 2, enhancement: 0, other: 1 }),
        security: Compliance::Compliant,
        cves: Some(Exposure::default()),
        conformance: Some(Conformance { behind: 1, extra: 2, exact: 9, ..Conformance::default() }),
        streams: Vec::new(),
        at_level: true,
        at_level_since: Some(at()),
        reboot_required: true,
        last_checkin: Some(at()),
        running_kernel: Some("5.15".into()),
        effective_kernel: None,
    }
}

fn made() -> Report {
    let cves = Exposure { important: 1, ..Exposure::default() };
    let lost = InstanceReport {
        rides: None,
        on_release: false,
        agent: None,
        updates: None,
        security: Compliance::Unknown { because: Unknown::NoSuchInstance },
        cves: None,
        conformance: None,
        at_level: false,
        at_level_since: None,
        reboot_required: false,
        last_checkin: None,
        running_kernel: None,
        ..instance("lost")
    };
    let open = InstanceReport {
        security: Compliance::NotCompliant,
        updates: Some(Outstanding { security: 3, bug: 0, enhancement: 0, other: 0 }),
        cves: Some(cves),
        on_release: false,
        at_level: false,
        at_level_since: None,
        rides: Some(HOSTILE.into()),
        effective_kernel: Some("5.16".into()),
        streams: vec![crate::conformance::StreamGap {
            release: crate::package::StreamName::parse("postgresql:15").unwrap(),
            instance: crate::conformance::Instead::Other("13".into()),
        }],
        ..instance(HOSTILE)
    };
    let summary = Summary {
        systems: 3,
        not_compliant: 1,
        compliant: 1,
        unknown: 1,
        compliant_percent: Percent::of(1, 3),
        at_level: 1,
        at_level_percent: Percent::of(1, 3),
        behind: 2,
        reboot: 2,
        cves,
        updates: Outstanding { security: 3, bug: 2, enhancement: 0, other: 1 },
        ..Summary::default()
    };
    let name: Arc<str> = HOSTILE.into();
    Report {
        train: TrainName::new("great-linux"),
        file: "trains/great-linux.toml".to_owned(),
        at: at(),
        tool: "0.1.0",
        serial: 4,
        service: ServiceLabel {
            api: "osms".to_owned(),
            simulator: false,
            place: "eu-frankfurt-1".to_owned(),
            compartment: Ocid::new("ocid1.compartment.oc1..c"),
        },
        summary: summary.clone(),
        groups: vec![GroupReport {
            name: GroupName::new("web"),
            release: ReleaseName::new("GL1"),
            line: 33,
            at_level: false,
            allowed: 0,
            summary,
        }],
        instances: vec![instance("web-01"), open, lost],
        cves: vec![CveReport {
            name: "CVE-2026-90001".into(),
            severity: Some(Severity::Important),
            errata: vec!["ELSA-2026-90001".into()],
            packages: vec!["kernel".into()],
            instances: vec![name; 45],
        }],
        trend: vec![
            ReportRecord { systems: 3, ..ReportRecord::default() },
            ReportRecord { at: at(), systems: 3, compliant: 1, ..ReportRecord::default() },
        ],
        limits: vec![Limit::NoSuchInstance { instances: 1 }],
    }
}

#[test]
fn a_csv_is_one_line_an_instance_and_no_formula() {
    let text = report(&[made()], ReportFormat::Csv);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    let fields: Vec<usize> = [0, 1, 3].iter().map(|line| lines[*line].split(',').count()).collect();
    assert_eq!(fields, [33, 33, 33]);
    assert_eq!(
        lines[1],
        "great-linux,2026-11-22T16:00:00Z,web,GL1,web-01,ocid1.instance.oc1..6,0,2,0,1,yes,,0,0,0,0,0,0,\
         great-linux/GL1,yes,1,0,2,0,,yes,2026-11-22T16:00:00Z,yes,normal,2026-11-22T16:00:00Z,5.15,0.1.0,"
    );
    assert!(lines[2].contains(",1,0,2,0,postgresql:13 (release: postgresql:15),no,,yes,"), "{}", lines[2]);
    let hostile = "\"'=HYPERLINK(\"\"http://x\"\",'y')|<script>alert(1)</script>\\u{202e}\\u{a}\"";
    assert!(lines[2].contains(&format!(",GL1,{hostile},")), "{}", lines[2]);
    assert_eq!(
        lines[3],
        "great-linux,2026-11-22T16:00:00Z,web,GL1,lost,ocid1.instance.oc1..4,,,,,unknown,the service does not know it,\
         ,,,,,,,no,,,,,,no,,,,,,0.1.0,"
    );
    assert!(lines[2].ends_with(",5.15,0.1.0,5.16"), "{}", lines[2]);
}

#[test]
fn json_commands_no_terminal() {
    for format in [ReportFormat::Json, ReportFormat::Sarif] {
        let text = report(&[made()], format);
        assert!(!text.contains('\u{202e}'), "{format:?}: {text}");
    }
}

#[test]
fn json_holds_everything_and_null_where_nobody_knows() {
    let text = report(&[made(), made()], ReportFormat::Json);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["trains"].as_array().unwrap().len(), 2);
    let train = &document["trains"][0];
    assert_eq!(train["summary"]["compliant_percent"], 33.3);
    assert_eq!(train["instances"][0]["security"], serde_json::json!({ "verdict": "compliant" }));
    let unknown = serde_json::json!({ "verdict": "unknown", "because": "no-such-instance" });
    assert_eq!(train["instances"][2]["security"], unknown);
    assert_eq!(train["instances"][2]["updates"], serde_json::Value::Null);
    assert_eq!(train["instances"][1]["name"], HOSTILE);
    let kernels = |number: usize| {
        let one = &train["instances"][number];
        (one["running_kernel"].as_str(), one["effective_kernel"].as_str())
    };
    assert_eq!((kernels(0), kernels(1)), ((Some("5.15"), None), (Some("5.15"), Some("5.16"))));
    let gap = serde_json::json!({
        "release": "postgresql:15", "instance": { "has": "other", "stream": "13" },
    });
    assert_eq!(train["instances"][1]["streams"], serde_json::json!([gap]));
    assert_eq!(train["cves"][0]["instances"].as_array().unwrap().len(), 45);
    assert_eq!(train["limits"][0], serde_json::json!({ "limit": "no-such-instance", "instances": 1 }));
}

#[test]
fn markdown_has_both_tables_and_no_name_leaves_its_cell() {
    let text = report(&[made()], ReportFormat::Markdown);
    let row = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    assert_eq!(row("| web | GL1"), "| web | GL1 | 3 | 1 | 1 | 33.3 % | 1 | 1 | 2 | 2 |");
    assert_eq!(
        row("| web-01"),
        "| web-01 | web | GL1 | yes | 0 | 2026-11-22 16:00Z | needed | normal | 2026-11-22 16:00Z |  | 0 | 2 | 0 | 1 | 1 | 0 | 2 | 0 |"
    );
    assert_eq!(
        row("| lost"),
        "| lost | web | GL1 | unknown | ? | ? |  | unknown |  |  | ? | ? | ? | ? | ? | ? | ? | ? |"
    );
    let hostile = row("| =HYPER");
    assert!(!hostile.contains('<') && !text.contains("<script"), "{hostile}");
    let cells = hostile.matches('|').count();
    assert!(text.contains(": postgresql:13 (release: postgresql:15)"), "{text}");
    assert_eq!(cells, row("| web-01").matches('|').count(), "{hostile}");
}

#[test]
fn kernels_patched_in_memory_have_a_column_where_there_are_any() {
    let patched = made();
    let mut plain = patched.clone();
    plain.instances.iter_mut().for_each(|instance| instance.effective_kernel = None);
    for format in [ReportFormat::Html, ReportFormat::Markdown] {
        let column = |made: &Report| report(std::slice::from_ref(made), format).contains("Kernel by Ksplice");
        assert_eq!((column(&patched), column(&plain)), (true, false), "{format:?}");
    }
    let page = report(&[patched], ReportFormat::Html);
    assert_eq!(page.matches("<td>5.16</td>").count(), 1);
}

#[test]
fn a_page_stands_alone_and_says_what_it_allows() {
    let text = report(&[made()], ReportFormat::Html);
    assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"));
    let policy = format!(
        "content=\"default-src &#39;none&#39;; style-src {}; script-src {}; base-uri &#39;none&#39;; form-action &#39;none&#39;\"",
        STYLE.source().replace('\'', "&#39;"),
        TABLES.source().replace('\'', "&#39;")
    );
    assert!(text.contains(&policy), "{policy}");
    // Nothing refers to anything outside; attributes that would run or style something are not there at all.
    let body = text.replace(STYLE.code, "").replace(TABLES.code, "");
    for forbidden in
        [" src=", " href=", "url(", "@import", " style=", " onclick=", "<script>alert", "<link", "<img"]
    {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
    for code in [STYLE.code, TABLES.code] {
        for forbidden in ["</", "<!--", "url(", "@import", "fetch(", "innerHTML", "http"] {
            assert!(!code.contains(forbidden), "{forbidden}");
        }
    }
    assert_eq!(text.matches("<script>").count(), 1);
    assert_eq!(text.matches("<svg").count(), 4);
    assert!(text.contains("<td>postgresql:13 (release: postgresql:15)</td>"));
    assert!(text.contains(" and 5 more</td>"), "of 45 instances 40 are named");
    assert!(text.contains("<td class=\"dunno\" title=\"the service does not know it\">unknown</td>"));
}

#[test]
fn a_first_report_has_no_trend_and_an_empty_fleet_no_share() {
    let report = Report {
        summary: Summary::default(),
        groups: Vec::new(),
        instances: Vec::new(),
        cves: Vec::new(),
        trend: vec![ReportRecord::default()],
        limits: Vec::new(),
        ..made()
    };
    let text = super::report(std::slice::from_ref(&report), ReportFormat::Html);
    assert_eq!(text.matches("<svg").count(), 3);
    assert!(text.contains("This is the first report") && text.contains("No outstanding update names a CVE."));
    assert_eq!(
        report_verdict(&report),
        "0 of 0 instances security compliant (no instances), 0 at the level of their release (no instances), 0 CVEs open."
    );
    super::report(&[report], ReportFormat::Markdown);
}
