//! Audits of made-up histories: what belongs to a period, what is missing, which state was whose.

use super::*;
use crate::state::store::Place;

fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn line(day: &str, text: &str) -> HistoryLine {
    serde_json::from_str(&format!(r#"{{"at":"{}","who":"ada","host":"desk",{text}}}"#, at(day))).unwrap()
}

fn run_with(day: &str, serial: u64, more: &str) -> HistoryLine {
    let steps = r#""steps":{"done":3,"already":1,"failed":0,"not_started":0}"#;
    line(day, &format!(r#""plan":"p{serial}","basis":0,"serial":{serial},{steps}{more}"#))
}

fn run(day: &str, serial: u64) -> HistoryLine {
    run_with(day, serial, r#","interrupted":false"#)
}

fn change(day: &str, basis: u64, serial: u64) -> HistoryLine {
    line(
        day,
        &format!(
            r#""change":"state rm a","basis":{basis},"serial":{serial},"lineage":"mine","overrides":["--auto-approve"]"#
        ),
    )
}

fn unlock(day: &str) -> HistoryLine {
    line(
        day,
        r#""unlocked":{"who":"bob","host":"ci","pid":1,"command":"patchtrain apply","since":"2026-10-02T00:00:00Z"}"#,
    )
}

fn heir(day: &str, serial: u64) -> HistoryLine {
    let from = r#""train":"t","api":"osms","lineage":"old","serial":9,"at":"2026-10-02T00:00:00Z""#;
    run_with(day, serial, &format!(r#","interrupted":false,"ancestor":{{{from}}}"#))
}

fn lines<T>(records: Vec<T>) -> Lines<T> {
    let place = Place::from(std::path::Path::new("state/t.history"));
    Lines { place, records, unreadable: Vec::new(), cut_short: false }
}

fn state(serial: u64) -> State {
    State { serial, ..State::new(TrainName::new("t"), Lineage("mine".into())) }
}

fn october() -> Period {
    let day = |text: &str| format!("{text}T00:00:00Z").parse().unwrap();
    Period { since: day("2026-10-01"), until: Some(day("2026-11-01")) }
}

fn made(history: &Lines<HistoryLine>, reports: &[ReportRecord], state: Option<&State>) -> Audit {
    audit(AuditInput {
        train: &TrainName::new("t"),
        period: october(),
        made: at("2026-11-20"),
        history,
        reports: &lines(reports.to_vec()),
        state,
        journal: false,
        levels: (Levels::NothingApplied, Levels::NotTold),
        observed: None,
    })
}

#[test]
fn what_was_done_in_the_period_is_told_and_counted() {
    let failed = r#""steps":{"done":2,"already":0,"failed":1,"not_started":4},"interrupted":true,"overrides":["--allow-shrink"]"#;
    let history = lines(vec![
        run("2026-09-30", 1),
        run("2026-10-01", 2),
        unlock("2026-10-02"),
        line("2026-10-03", &format!(r#""plan":"p3","basis":2,"serial":3,{failed}"#)),
        change("2026-10-04", 3, 4),
        // Noted, and nothing builds on it.
        change("2026-10-05", 4, 5),
        run("2026-10-31", 5),
        run("2026-11-01", 6),
    ]);
    let audit = made(&history, &[], Some(&state(6)));
    let told: Vec<(String, Option<u64>)> = audit
        .events
        .iter()
        .map(|event| match &event.what {
            What::Apply { plan, serial, .. } => (plan.0.to_string(), Some(*serial)),
            What::Change { change, serial, carried_out, .. } => {
                (change.clone(), carried_out.then_some(*serial))
            }
            What::Unlock { from } => (from.who.clone(), None),
            What::TakeOver { .. } => unreachable!(),
        })
        .collect();
    let expected = [
        ("p2", Some(2)),
        ("bob", None),
        ("p3", Some(3)),
        ("state rm a", Some(4)),
        ("state rm a", None),
        ("p5", Some(5)),
    ];
    assert_eq!(told, expected.map(|(what, serial)| (what.to_owned(), serial)));
    assert_eq!(
        audit.totals,
        Totals {
            applies: 3,
            with_failures: 1,
            interrupted: 1,
            steps: StepCounts { done: 8, already: 2, failed: 1, not_started: 4 },
            taken_over: 0,
            changes: 1,
            unlocks: 1,
            with_overrides: 3,
            approved: 0,
            set_aside: 0,
        }
    );
    let ada = Actor { who: "ada".to_owned(), host: "desk".to_owned(), applies: 3, others: 3 };
    assert_eq!(audit.actors, [ada]);
    assert_eq!((audit.gaps, audit.complete), (vec![], true));
}

#[test]
fn serials_that_nothing_tells_of_are_missing() {
    let serials = |first, last, after: Option<&str>, before: Option<&str>| Gap::Serials {
        first,
        last,
        after: after.map(at),
        before: before.map(at),
    };
    let (sep, early, late, nov) = ("2026-09-01", "2026-10-02", "2026-10-20", "2026-11-02");
    let cases = [
        ("nothing at all", vec![], None, vec![]),
        ("all of them", vec![run(sep, 1), run(early, 2), run(late, 3)], Some(3), vec![]),
        (
            "one amid them",
            vec![run(sep, 1), run(late, 3)],
            Some(3),
            vec![serials(2, 2, Some(sep), Some(late))],
        ),
        ("the first", vec![run(early, 3)], Some(3), vec![serials(1, 2, None, Some(early))]),
        ("before the period", vec![run("2026-08-01", 1), run(sep, 4), run(early, 5)], Some(5), vec![]),
        ("after it", vec![run(early, 1), run(nov, 2), run("2026-11-03", 7)], Some(7), vec![]),
        (
            "across all of it",
            vec![run(sep, 1), run(nov, 3)],
            Some(3),
            vec![serials(2, 2, Some(sep), Some(nov))],
        ),
        ("the last", vec![run(early, 1)], Some(3), vec![serials(2, 3, Some(early), None)]),
        ("all of them, of a state", vec![], Some(3), vec![serials(1, 3, None, None)]),
        (
            "by hand any serial may be left",
            vec![run(sep, 1), change(early, 1, 7), run(late, 8)],
            Some(8),
            vec![],
        ),
        (
            "before a change",
            vec![run(sep, 1), change(early, 3, 4)],
            Some(4),
            vec![serials(2, 3, Some(sep), Some(early))],
        ),
        ("of another lineage", vec![run(sep, 9), heir(early, 1), run(late, 2)], Some(2), vec![]),
        (
            "an older state by other means",
            vec![run(sep, 1), run(sep, 2), run(early, 3), run(late, 2)],
            Some(2),
            vec![Gap::Rewound { from: 3, to: 1, before: Some(at(late)) }],
        ),
        (
            "an older state that nothing follows",
            vec![run(sep, 1), run(early, 2)],
            Some(1),
            vec![Gap::Rewound { from: 2, to: 1, before: None }],
        ),
        ("a lock says nothing of serials", vec![run(sep, 1), unlock(early), run(late, 2)], Some(2), vec![]),
    ];
    for (what, records, serial, gaps) in cases {
        let audit = made(&lines(records), &[], serial.map(state).as_ref());
        assert_eq!(audit.gaps, gaps, "{what}");
        assert_eq!(audit.complete, gaps.is_empty(), "{what}");
    }
}

#[test]
fn what_cannot_be_read_is_told_whenever_it_was() {
    let mut history = lines(vec![run("2026-09-01", 1)]);
    history.unreadable = vec![2, 5];
    history.cut_short = true;
    let mut reports = lines(vec![]);
    reports.unreadable = vec![1];
    let input = |period, journal| {
        AuditInput {
            train: &TrainName::new("t"),
            period,
            made: at("2026-11-20"),
            history: &history,
            reports: &reports,
            state: Some(&state(2)),
            journal,
            levels: (Levels::NothingApplied, Levels::NotTold),
            observed: None,
        }
        .into_audit()
    };
    let unread =
        [Gap::Unreadable { lines: vec![2, 5] }, Gap::CutShort, Gap::UnreadableFigures { lines: vec![1] }];
    let serial = Gap::Serials { first: 2, last: 2, after: Some(at("2026-09-01")), before: None };
    assert_eq!(input(october(), false).gaps, [&unread[..], &[serial]].concat());
    // With a journal it is the run that has no line yet, which is none of a period that is over.
    assert_eq!(input(october(), true).gaps, unread);
    let open = Period { until: None, ..october() };
    assert_eq!(input(open, true).gaps, [&unread[..], &[Gap::Unfinished]].concat());
}

impl AuditInput<'_> {
    fn into_audit(self) -> Audit {
        audit(self)
    }
}

#[test]
fn the_state_of_a_time_is_the_one_that_the_last_line_before_it_left() {
    let whole = vec![run("2026-10-02", 1), change("2026-10-04", 1, 6), run("2026-10-08", 7)];
    let cases = [
        ("before all", whole.clone(), Some("2026-10-01"), Which::None),
        ("at the very time", whole.clone(), Some("2026-10-02"), Which::None),
        ("after the first", whole.clone(), Some("2026-10-03"), Which::Serial(1)),
        ("after a change", whole.clone(), Some("2026-10-05"), Which::Serial(6)),
        ("after all", whole.clone(), Some("2026-10-09"), Which::Serial(7)),
        ("the end of what is known", whole, None, Which::Serial(7)),
        ("the first lines are gone", vec![run("2026-10-08", 7)], Some("2026-10-03"), Which::NotTold),
        (
            "of a lineage before",
            vec![run("2026-10-02", 4), heir("2026-10-08", 7)],
            Some("2026-10-03"),
            Which::NotTold,
        ),
        (
            "not carried out",
            vec![run("2026-10-02", 6), change("2026-10-04", 6, 7), run("2026-10-08", 7)],
            Some("2026-10-05"),
            Which::Serial(6),
        ),
    ];
    for (what, records, time, which) in cases {
        assert_eq!(super::which(&lines(records), Some(&state(7)), time.map(at)), which, "{what}");
    }
    assert_eq!(super::which(&lines(vec![]), None, None), Which::None);
    let mut damaged = lines(vec![run("2026-10-08", 1)]);
    damaged.unreadable = vec![1];
    assert_eq!(super::which(&damaged, Some(&state(1)), Some(at("2026-10-01"))), Which::NotTold);
}

#[test]
fn figures_are_of_the_last_report_before_a_time_or_of_none() {
    let report = |day: &str| ReportRecord { at: at(day), ..ReportRecord::default() };
    let days = |days: &[&str]| days.iter().map(|day| report(day)).collect::<Vec<_>>();
    for (what, reports, then, now) in [
        ("none", vec![], None, None),
        (
            "kept out of order",
            days(&["2026-10-20", "2026-09-01", "2026-09-20"]),
            Some("2026-09-20"),
            Some("2026-10-20"),
        ),
        (
            "the first of the period",
            days(&["2026-10-03", "2026-10-20"]),
            Some("2026-10-03"),
            Some("2026-10-20"),
        ),
        ("before it alone", days(&["2026-09-20"]), Some("2026-09-20"), Some("2026-09-20")),
        ("after it alone", days(&["2026-11-20"]), None, None),
    ] {
        let audit = made(&lines(vec![]), &reports, None);
        let told = [&audit.then, &audit.now].map(|moment| moment.report.as_ref().map(|report| report.at));
        assert_eq!(told, [then.map(at), now.map(at)], "{what}");
    }
}

#[test]
fn a_level_counts_that_is_of_the_release_that_was_applied() {
    let state = crate::report::fleet::tests::state();
    let of = |state: &State| -> Vec<(String, usize, usize)> {
        levels(state).into_iter().map(|one| (one.name.to_string(), one.members, one.at_level)).collect()
    };
    let mut known = state.clone();
    let group = GroupName::new("web");
    let record = |release: Option<&str>| GroupRecord {
        id: crate::name::Ocid::new("ocid1.group.oc1..a"),
        made: true,
        release: release.map(ReleaseName::new),
        since: None,
        failed: None,
        called: None,
        accepted: Default::default(),
    };
    for (release, at_level) in [(Some("GL1"), 1), (Some("GL0"), 1), (Some("GL2"), 0), (None, 0)] {
        known.groups.insert(group.clone(), record(release));
        assert_eq!(of(&known), [("web".to_owned(), 2, at_level)], "{release:?}");
    }
}
