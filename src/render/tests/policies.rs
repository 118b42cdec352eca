//! What the policy says, in the text plan.

use proptest::prelude::*;

use super::super::page::columns;
use super::super::{Detail, Style, plan};
use super::{golden, sample, style};
use crate::plan::{Approvals, Check, CheckOutcome, Plan, PolicyChange, PolicyReview};

fn check(rule: &str, outcome: CheckOutcome, limit: &str, found: &str, details: &[&str]) -> Check {
    let details = details.iter().map(|detail| (*detail).to_owned()).collect();
    Check { rule: rule.to_owned(), outcome, limit: limit.to_owned(), found: found.to_owned(), details }
}

/// A policy of each kind of rule: kept, broken once, broken by several, the train's own.
pub(super) fn review() -> PolicyReview {
    PolicyReview {
        policy: Some(crate::policy::Policy::default()),
        checks: vec![
            check("max_instances", CheckOutcome::Fail, "at most 5 instances", "8 instances", &[]),
            check("max_change", CheckOutcome::Pass, "at most 50% of the packages", "12 of 612, 2%", &[]),
            check(
                "forbid",
                CheckOutcome::Fail,
                "no downgrade, no removal of glibc*",
                "2 of that",
                &["downgrade of nodejs.x86_64", "removal of glibc-devel.i686"],
            ),
            check("patchtrain.warn", CheckOutcome::Warn, "", "group web moves on a Friday", &[]),
        ],
        approvals: Some(Approvals {
            keys: Vec::new(),
            needed: 2,
            approvers: vec!["alice".into(), "bob".into(), "carol".into()],
            recorded: true,
        }),
        changed: vec![PolicyChange {
            rule: "approvals".into(),
            from: Some("2 of alice, bob, carol".into()),
            to: Some("1 of mallory".into()),
        }],
        binding: true,
        unrecorded: true,
    }
}

/// The realistic plan under that policy.
pub(super) fn reviewed() -> Plan {
    Plan { policy: Some(review()), ..sample::full() }
}

#[test]
fn the_policy_stands_after_the_tables_with_its_numbers() {
    for width in [60, 120] {
        golden::check(&format!("plan-policy-{width}"), &plan(&reviewed(), style(width, Detail::Summary)));
    }
}

#[test]
fn a_plan_that_keeps_its_policy_is_not_denied() {
    let mut sample = reviewed();
    let review = sample.policy.as_mut().unwrap();
    review.checks.retain(|check| check.outcome == CheckOutcome::Pass);
    let text = plan(&sample, style(100, Detail::Default));
    assert!(text.contains("Policy: 1 rule passes\n"), "{text}");
    assert!(!text.contains("DENIED") && !text.contains("--override"), "{text}");
    assert!(!plan(&sample::full(), style(100, Detail::Full)).contains("Policy"));
}

proptest! {
    #[test]
    fn it_fits_any_width_in_colour_and_without(width in 60_usize..200, details in 0_usize..40) {
        let mut sample = reviewed();
        let many = (0..details).map(|number| format!("removal of package-{number}.x86_64")).collect();
        sample.policy.as_mut().unwrap().checks[2].details = many;
        let plain = plan(&sample, style(width, Detail::Default));
        for line in plain.lines() {
            prop_assert!(columns(line) <= width || line.split_whitespace().count() < 3, "{line:?}");
        }
        let coloured = plan(&sample, Style { colour: true, ..style(width, Detail::Default) });
        prop_assert_eq!(console::strip_ansi_codes(&coloured).into_owned(), plain.clone());
        let folded = details > 13;
        prop_assert_eq!(plain.contains(&format!("... and {} more (--full)", details.saturating_sub(12))), folded);
    }
}
