//! The text plan.

use proptest::prelude::*;

use super::super::page::columns;
use super::super::{Detail, Style, plan, verdict};
use super::{borders, golden, sample, style};
use crate::name::{Address, GroupName, Ocid, TrainName};
use crate::observed::PowerState;
use crate::plan::{Claimant, HeldReason, LeftOut, Note, Plan};

#[test]
fn a_realistic_plan_reads_well_at_every_width() {
    let sample = sample::full();
    for width in [60, 80, 120] {
        golden::check(&format!("plan-{width}"), &plan(&sample, style(width, Detail::Default)));
    }
    golden::check("plan-80-summary", &plan(&sample, style(80, Detail::Summary)));
    golden::check("plan-80-full", &plan(&sample, style(80, Detail::Full)));
    golden::check("plan-80-colour", &plan(&sample, Style { colour: true, ..style(80, Detail::Default) }));
}

#[test]
fn the_borders_read_well_too() {
    golden::check("plan-empty", &plan(&sample::empty(), style(80, Detail::Default)));
    golden::check("plan-first-run", &plan(&borders::first_run(), style(80, Detail::Default)));
    golden::check("plan-all-held", &plan(&borders::all_held(), style(80, Detail::Default)));
    golden::check("plan-large", &plan(&borders::large(), style(80, Detail::Default)));
}

#[test]
fn what_a_selector_holds_and_leaves_out_is_told() {
    let mut sample = sample::empty();
    let (stopped, other, gold) =
        (sample::instance("stopped"), sample::instance("other"), sample::instance("gold"));
    let (web, by) = (sample::group_name("web"), |file: Option<&str>| Claimant {
        group: sample::group_name("db"),
        file: file.map(str::to_owned),
    });
    let of = |id: &Ocid, reason| sample::held(Address::Instance(id.clone()), reason);
    sample.held = vec![
        of(&stopped, HeldReason::NotRunning { state: PowerState::Stopped }),
        of(&other, HeldReason::OtherSystem { os: "Oracle Linux Server 9.4".to_owned() }),
    ];
    let left_out =
        |instance: &Ocid, why| Note::LeftOut { group: web.clone(), instance: instance.clone(), why };
    sample.notes = vec![
        left_out(&gold, LeftOut::Golden),
        left_out(&stopped, LeftOut::Listed { by: by(None) }),
        left_out(&other, LeftOut::Selected { by: by(Some("trains/ol9.toml")) }),
        Note::Modular {
            release: sample::release("GL1"),
            packages: 1,
            streams: vec!["perl:5.26".to_owned(), "httpd:2.4".to_owned()],
        },
    ];
    golden::check("plan-selected", &plan(&sample, style(80, Detail::Default)));
}

#[test]
fn colour_repeats_what_the_symbols_say() {
    for sample in [sample::full(), borders::first_run(), borders::all_held()] {
        let plain = plan(&sample, style(80, Detail::Full));
        let coloured = plan(&sample, Style { colour: true, ..style(80, Detail::Full) });
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(console::strip_ansi_codes(&coloured), plain);
    }
}

#[test]
fn two_thousand_instances_are_a_short_read() {
    let sample = borders::large();
    let summary = plan(&sample, style(80, Detail::Summary));
    assert!(summary.lines().count() < 40, "{} lines", summary.lines().count());
    let text = plan(&sample, style(80, Detail::Default));
    assert!(text.lines().count() < 150, "{} lines", text.lines().count());
    let heavy = borders::heavy();
    let summary = plan(&heavy, style(80, Detail::Summary));
    assert!(summary.lines().count() < 40, "{} lines", summary.lines().count());
    let before = plan(&heavy, style(80, Detail::Default));
    let before = before.split("\n\nChanges (").next().unwrap();
    assert!(before.lines().count() < 150, "{} lines", before.lines().count());
    let full = plan(&sample, style(80, Detail::Full));
    assert!(!full.contains("--full"));
    for label in sample.labels.values().filter(|label| label.starts_with("batch")) {
        assert!(full.contains(&**label), "{label} is missing from the full text");
    }
}

#[test]
fn what_others_named_cannot_command_the_terminal() {
    let mut sample = sample::full();
    for label in sample.labels.values_mut() {
        *label = format!("{label}\u{1b}[2J\r\u{202e}x").into();
    }
    // A saved plan can name anything; nobody checks the names in it one by one.
    sample.groups[0].name = GroupName::new("can\u{1b}]0;title\u{7}ary");
    sample.basis.train = TrainName::new("great\u{1b}[8m");
    let text = plan(&sample, style(80, Detail::Full));
    let bad: Vec<char> =
        text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
    assert_eq!(bad, Vec::<char>::new());
    assert!(text.contains("web-07\\u{1b}[2J\\u{d}\\u{202e}x"));
    let coloured = plan(&sample, Style { colour: true, ..style(80, Detail::Full) });
    assert!(coloured.contains("great\\u{1b}[8m"), "{coloured}");
    assert!(!coloured.contains("\u{1b}]") && !coloured.contains("\u{1b}[8m"), "{coloured}");
}

fn samples() -> Vec<Plan> {
    vec![sample::empty(), sample::full(), borders::first_run(), borders::all_held()]
}

proptest! {
    #[test]
    fn any_width_is_kept_but_for_what_cannot_be_broken(
        width in 20_usize..200, which in 0_usize..4, detail in 0_usize..3, colour in any::<bool>()
    ) {
        let sample = &samples()[which];
        let detail = [Detail::Summary, Detail::Default, Detail::Full][detail];
        let text = plan(sample, Style { width, colour, detail });
        let sentence = verdict(sample);
        for line in text.lines() {
            // A symbol, a bracketed word or a label may stand before one long word.
            let words = line.split_whitespace().count();
            let breakable = words > 2 && !sentence.starts_with(console::strip_ansi_codes(line).trim());
            prop_assert!(columns(line) <= width || !breakable, "{} columns of {width}: {line:?}", columns(line));
        }
        prop_assert!(!text.contains("\n\n\n"));
    }

    #[test]
    fn the_verdict_counts_what_the_plan_counts(keep in proptest::collection::vec(any::<bool>(), 12)) {
        let mut sample = sample::full();
        let mut keep = keep.into_iter().cycle();
        sample.changes.retain(|_| keep.next().unwrap_or(true));
        let (add, change, destroy) = sample.counts();
        let text = plan(&sample, style(100, Detail::Default));
        let expected = match add + change + destroy {
            0 => "No changes. Your infrastructure matches the configuration.".to_owned(),
            _ => format!("Plan: {add} to add, {change} to change, {destroy} to destroy."),
        };
        let lines = text.lines().filter(|line| *line == format!("{expected} (5 held, 6 drifted)")).count();
        prop_assert_eq!(lines, 2, "{}", text);
    }
}
