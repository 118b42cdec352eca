//! A report compared as a whole: a fleet with every kind of member and of update.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::fleet::tests as world;
use super::*;
use crate::observed::{AvailableUpdate, Erratum, ErratumLink, Updates};
use crate::op::UpdateKind;

fn update(name: &str, kind: UpdateKind, errata: &[&str], cves: &[&str]) -> Arc<AvailableUpdate> {
    Arc::new(AvailableUpdate {
        name: name.into(),
        architecture: "x86_64".into(),
        installed: "1-1".into(),
        available: "1-2".into(),
        kind,
        errata: errata
            .iter()
            .map(|name| ErratumLink { id: format!("id-{name}").into(), name: (*name).into() })
            .collect(),
        cves: cves.iter().map(|cve| (*cve).into()).collect(),
    })
}

fn erratum(name: &str, severity: Option<Severity>, cves: &[&str]) -> (Arc<str>, Erratum) {
    let id: Arc<str> = format!("id-{name}").into();
    let erratum = Erratum {
        id: Arc::clone(&id),
        name: name.into(),
        synopsis: "".into(),
        kind: UpdateKind::Security,
        severity,
        issued: None,
        cves: cves.iter().map(|cve| (*cve).into()).collect(),
        packages: Vec::new(),
    };
    (id, erratum)
}

fn errata() -> BTreeMap<Arc<str>, Erratum> {
    BTreeMap::from([
        erratum("ELSA-1", Some(Severity::Moderate), &["CVE-a", "CVE-b"]),
        erratum("ELSA-2", Some(Severity::Critical), &["CVE-b"]),
        erratum("ELSA-3", None, &["CVE-c"]),
        erratum("ELSA-4", Some(Severity::Low), &[]),
    ])
}

fn updates() -> BTreeMap<Ocid, Updates> {
    let kernel = update("kernel", UpdateKind::Security, &["ELSA-1", "ELSA-2"], &["CVE-a", "CVE-b"]);
    // Equal to it, and not the same value.
    let twin = update("kernel", UpdateKind::Security, &["ELSA-1", "ELSA-2"], &["CVE-a", "CVE-b"]);
    let bash = update("bash", UpdateKind::Security, &["ELSA-3"], &["CVE-c", "CVE-b"]);
    let curl = update("curl", UpdateKind::Bugfix, &["ELBA-9"], &[]);
    let extra = update("extra", UpdateKind::Enhancement, &[], &[]);
    let other = update("other", UpdateKind::Other, &[], &[]);
    BTreeMap::from([
        (world::id("at"), vec![curl, extra, other]),
        (world::id("behind"), vec![kernel, bash]),
        (world::id("elsewhere"), vec![twin]),
        (world::id("silent"), Vec::new()),
        (world::id("gold"), vec![update("gold", UpdateKind::Security, &[], &["CVE-gold"])]),
    ])
}

fn record(at: i64) -> ReportRecord {
    ReportRecord { at: Timestamp::from_second(at).unwrap(), systems: 1, ..ReportRecord::default() }
}

fn made(edit: impl FnOnce(&mut crate::observed::Observed)) -> Report {
    let (train, state, mut observed) = (world::train(), world::state(), world::observed());
    edit(&mut observed);
    make(&Input {
        fleet: Fleet { train: &train, state: &state, observed: &observed },
        updates: &updates(),
        errata: &errata(),
        service: &world::label(),
        now: Timestamp::from_second(1000).unwrap(),
        // Kept out of order, and one of another clock.
        earlier: &[record(500), record(100), record(2000)],
    })
}

#[test]
fn the_articles_tables_and_who_belongs_in_neither_column() {
    let report = made(|_| ());
    let told: Vec<_> = report
        .instances
        .iter()
        .map(|one| {
            let counts = one.updates.map(|of| (of.security, of.bug, of.enhancement, of.other));
            (
                one.group.as_str(),
                one.name.strip_prefix("ocid1.thing.oc1..").unwrap_or(&one.name),
                counts,
                one.security,
            )
        })
        .collect();
    let unknown = |because| Compliance::Unknown { because };
    assert_eq!(
        told,
        [
            ("web", "behind", Some((2, 0, 0, 0)), Compliance::NotCompliant),
            ("web", "elsewhere", Some((1, 0, 0, 0)), Compliance::NotCompliant),
            ("web", "at", Some((0, 1, 1, 1)), Compliance::Compliant),
            ("web", "lost", None, unknown(Unknown::NoSuchInstance)),
            ("web", "silent", Some((0, 0, 0, 0)), Compliance::Compliant),
            // The service knows it, and its updates were not among the answers.
            ("db", "ahead", None, unknown(Unknown::NotRead)),
        ]
    );
    let all = &report.summary;
    assert_eq!((all.systems, all.not_compliant, all.compliant, all.unknown), (6, 2, 2, 2));
    assert_eq!(all.compliant_percent.map(|percent| percent.to_string()).as_deref(), Some("33.3"));
    assert_eq!((all.at_level, all.behind, all.ahead, all.unreachable), (1, 1, 1, 1));
    assert_eq!(all.updates, Outstanding { security: 3, bug: 1, enhancement: 1, other: 1 });
    let by_group: Vec<(&str, usize, usize, usize)> = report
        .groups
        .iter()
        .map(|group| {
            (group.name.as_str(), group.summary.systems, group.summary.compliant, group.summary.cves.total())
        })
        .collect();
    assert_eq!(by_group, [("web", 5, 2, 3), ("db", 1, 0, 0)]);
}

#[test]
fn a_level_counts_since_only_while_it_holds() {
    let report = made(|_| ());
    let levels: Vec<(bool, bool)> =
        report.instances.iter().map(|one| (one.at_level, one.at_level_since.is_some())).collect();
    assert_eq!(
        levels,
        [(false, false), (false, false), (true, true), (false, false), (false, false), (false, false)]
    );
    // It left its level; the record of it stays in the state until the next apply.
    let left = made(|observed| observed.instances.get_mut(&world::id("at")).unwrap().parent = None);
    assert!(left.instances.iter().all(|one| !one.at_level && one.at_level_since.is_none()));
}

#[test]
fn cves_are_as_bad_as_an_erratum_that_names_them_says() {
    let report = made(|_| ());
    let told: Vec<_> = report
        .cves
        .iter()
        .map(|cve| {
            let on: Vec<&str> = cve.instances.iter().map(|label| &**label).collect();
            (&*cve.name, cve.severity, cve.errata.join(" "), cve.packages.join(" "), on)
        })
        .collect();
    assert_eq!(
        told,
        [
            // In two updates; the bash erratum does not name it, and is the only one that could mend it there.
            (
                "CVE-b",
                Some(Severity::Critical),
                "ELSA-1 ELSA-2 ELSA-3".to_owned(),
                "bash kernel".to_owned(),
                vec!["behind", "elsewhere"]
            ),
            // Not critical, though an erratum of the same update is.
            (
                "CVE-a",
                Some(Severity::Moderate),
                "ELSA-1".to_owned(),
                "kernel".to_owned(),
                vec!["behind", "elsewhere"]
            ),
            ("CVE-c", None, "ELSA-3".to_owned(), "bash".to_owned(), vec!["behind"]),
        ]
    );
    assert_eq!(
        report.summary.cves,
        Exposure { critical: 1, moderate: 1, not_stated: 1, ..Exposure::default() }
    );
    assert_eq!(report.instances[0].cves, Some(report.summary.cves));
    assert_eq!(report.instances[0].cves.and_then(Exposure::worst), Some(Severity::Critical));
    assert_eq!(report.instances[3].cves, None);
}

#[test]
fn an_instance_without_a_source_is_not_called_compliant_for_being_offered_nothing() {
    let bare = |name: &'static str| {
        let report = made(|observed| observed.instances.get_mut(&world::id(name)).unwrap().parent = None);
        let label = format!("ocid1.thing.oc1..{name}");
        report.instances.iter().find(|one| one.id.as_str() == label).unwrap().security
    };
    assert_eq!(bare("silent"), Compliance::Unknown { because: Unknown::NoSource });
    // What is known to be outstanding is known all the same.
    assert_eq!(bare("behind"), Compliance::NotCompliant);
}

#[test]
fn what_the_figures_do_not_say_is_said() {
    assert_eq!(
        made(|_| ()).limits,
        [
            Limit::OnRelease { instances: 4 },
            Limit::NoSuchInstance { instances: 1 },
            Limit::NotRead { instances: 1 },
            Limit::Silent { instances: 1 },
            Limit::SeverityOfErrata { cves: 2 },
            Limit::SeverityNotStated { cves: 1 },
        ]
    );
}

#[test]
fn the_trend_is_in_order_and_ends_with_this_report() {
    let report = made(|_| ());
    let at: Vec<i64> = report.trend.iter().map(|record| record.at.as_second()).collect();
    assert_eq!(at, [100, 500, 1000]);
    assert_eq!(
        report.record(),
        Some(&ReportRecord {
            systems: 6,
            compliant: 2,
            not_compliant: 2,
            at_level: 1,
            security: 3,
            bug: 1,
            enhancement: 1,
            other: 1,
            cves: 3,
            ..record(1000)
        })
    );
}

#[test]
fn what_is_not_all_never_reads_as_all() {
    let percent = |part, whole| Percent::of(part, whole).map(|percent| percent.to_string());
    assert_eq!(percent(0, 0), None);
    assert_eq!(percent(0, 7).as_deref(), Some("0.0"));
    assert_eq!(percent(4999, 5000).as_deref(), Some("99.9"));
    assert_eq!(percent(5000, 5000).as_deref(), Some("100.0"));
    assert_eq!(serde_json::to_string(&Percent::of(1, 3)).unwrap(), "33.3");
}

#[test]
fn each_member_passes_fails_or_is_skipped_and_what_is_wrong_is_listed_once() {
    let report = made(|_| ());
    let told: Vec<_> = report
        .instances
        .iter()
        .map(|one| (one.name.strip_prefix("ocid1.thing.oc1..").unwrap_or(&one.name), standing(one)))
        .collect();
    assert_eq!(
        told,
        [
            ("behind", Standing::Failed),
            ("elsewhere", Standing::Failed),
            ("at", Standing::Passed),
            ("lost", Standing::Skipped),
            // It has all that it should have, as far as anybody knows.
            ("silent", Standing::Skipped),
            ("ahead", Standing::Failed),
        ]
    );
    let wrong: Vec<_> = findings(&report)
        .iter()
        .map(|finding| {
            let of = match &finding.subject {
                Subject::Instance(one) => one.name.rsplit('.').next().unwrap_or_default().to_owned(),
                Subject::Cve(cve, labels) => format!("{} on {}", cve.name, labels.len()),
            };
            (finding.matter, finding.group.name.as_str(), of)
        })
        .collect();
    let expected = [
        (Matter::NotCompliant, "web", "behind"),
        (Matter::NotCompliant, "web", "elsewhere"),
        (Matter::BelowLevel, "web", "behind"),
        (Matter::BelowLevel, "web", "elsewhere"),
        (Matter::BelowLevel, "db", "ahead"),
        (Matter::Unknown, "web", "lost"),
        (Matter::Unknown, "db", "ahead"),
        (Matter::Silent, "web", "silent"),
        (Matter::Cve, "web", "CVE-b on 2"),
        (Matter::Cve, "web", "CVE-a on 2"),
        (Matter::Cve, "web", "CVE-c on 1"),
    ];
    assert_eq!(wrong, expected.map(|(matter, group, of)| (matter, group, of.to_owned())));
}
