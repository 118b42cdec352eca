//! The end of a run.

use super::super::{Detail, outcome};
use super::{golden, sample, style};
use crate::apply::{Outcome, StepEnd};
use crate::plan::{Phase, Plan};
use crate::state::store::StepCounts;

fn run(plan: &Plan, end: impl Fn(usize) -> StepEnd) -> Outcome {
    let ends: Vec<_> = plan.steps.iter().enumerate().map(|(index, step)| (step.id, end(index))).collect();
    let mut counts = StepCounts::default();
    for (_, end) in &ends {
        match end {
            StepEnd::Done | StepEnd::Updated => counts.done += 1,
            StepEnd::AlreadyDone => counts.already += 1,
            StepEnd::Failed { .. } | StepEnd::Refused { .. } => counts.failed += 1,
            StepEnd::Shut { .. } | StepEnd::Left { .. } | StepEnd::NotStarted => counts.not_started += 1,
        }
    }
    Outcome { ends, counts, interrupted: false, stopped: false, serial: 42 }
}

#[test]
fn a_whole_run_is_told_in_the_words_that_tools_know() {
    // The plan's repair of GL1 and deletion of a group have no steps in the sample: they do not count as done.
    let plan = sample::full();
    let text = outcome(&plan, &run(&plan, |_| StepEnd::Done), style(80, Detail::Default));
    assert_eq!(
        text,
        "Held      1 behind web (group db); 1 unknown to the service (web-14); 2\n          \
         unreachable (web-12, web-13); 1 with open work (web-11)\n\n\
         Apply complete! Resources: 1 added, 9 changed, 0 destroyed.\n\
         SIMULATOR   47 steps done   state serial 42\n"
    );
}

#[test]
fn what_was_there_already_is_not_claimed() {
    let plan = sample::full();
    let text = outcome(&plan, &run(&plan, |_| StepEnd::AlreadyDone), style(80, Detail::Default));
    assert!(text.contains("\nApply complete! Resources: 0 added, 0 changed, 0 destroyed.\n"), "{text}");
    assert!(text.contains("0 steps done, 47 found done"), "{text}");
}

#[test]
fn a_partial_run_says_what_failed_and_what_to_do() {
    let plan = sample::full();
    let outcome_of = run(&plan, |index| {
        let step = &plan.steps[index];
        match (step.phase(), index) {
            (Phase::Update, 8 | 11) => {
                StepEnd::Failed { message: "work request FAILED:\n no space left".to_owned() }
            }
            (Phase::Switch, 16) => StepEnd::Refused { message: "its source is now `x`".to_owned() },
            (Phase::Gate, _) => StepEnd::Shut { message: "2 of 4 members of canary are at level".to_owned() },
            (_, 9 | 12 | 17 | 18 | 29..) => StepEnd::NotStarted,
            _ => StepEnd::Done,
        }
    });
    for width in [60, 80] {
        golden::check(
            &format!("outcome-{width}"),
            &outcome(&plan, &outcome_of, style(width, Detail::Default)),
        );
    }
    let full = outcome(&plan, &outcome_of, style(80, Detail::Full));
    let verdict = full.lines().find(|line| line.starts_with("Apply")).unwrap();
    let counts = outcome_of.counts;
    assert_eq!(
        verdict,
        format!(
            "Apply incomplete: {} of {} steps done, 2 failed, 1 refused, {} not started.",
            counts.done,
            plan.steps.len(),
            counts.not_started
        )
    );
}

#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let plan = sample::full();
    let ended = run(&plan, |index| if index < 5 { StepEnd::Done } else { StepEnd::NotStarted });
    let text = outcome(&plan, &Outcome { interrupted: true, ..ended }, style(80, Detail::Default));
    golden::check("outcome-interrupted", &text);
}
