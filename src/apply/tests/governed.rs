//! Runs under a policy: nothing is asked of the service on the days of a freeze, unless that was set aside; policy and
//! consent are on record before anything else is.

use super::plans::{Builder, story, story_world};
use super::*;
use crate::plan::PolicyReview;
use crate::policy::Policy;
use crate::rollout::{Blackout, Days, Zone};
use crate::state::{Consent, Entry, Overridden};

/// 1970-01-12, on which the tests' clock starts.
fn frozen() -> Policy {
    let periods =
        Blackout { dates: vec![Days::parse("1970-01-12").unwrap()], timezone: Zone::parse("UTC").unwrap() };
    Policy { freeze_periods: Some(periods), max_instances: Some(9), ..Policy::default() }
}

fn governed(mut plan: Plan) -> Plan {
    plan.policy = Some(PolicyReview { policy: Some(frozen()), ..PolicyReview::default() });
    plan
}

#[tokio::test(start_paused = true)]
async fn a_freeze_holds_what_acts_and_the_same_plan_goes_on_after_it() {
    let rig = Rig::new(governed(story(0)), story_world());
    let (outcome, _) = rig.apply().await.unwrap();
    let shut = StepEnd::Shut { message: "the policy has nothing applied on this day".to_owned() };
    assert!(outcome.ends.iter().any(|(_, end)| *end == shut), "{:#?}", outcome.ends);
    assert_eq!((outcome.counts.done, rig.cloud.done().len()), (0, 0), "nothing was asked");
    rig.hours_pass(24).await;
    rig.converge().await;
    assert_eq!(rig.state().policy, Some(frozen()));
}

#[tokio::test(start_paused = true)]
async fn whoever_sets_the_freeze_aside_goes_on_and_is_on_record() {
    let mut rig = Rig::new(governed(story(0)), story_world());
    let overridden = |rule: &str| Consent {
        overridden: Some(Overridden { reason: "CVE".to_owned(), broken: vec![rule.to_owned()] }),
        ..Consent::default()
    };
    // Another rule is another matter.
    rig.consent = overridden("max_instances");
    assert_eq!(rig.apply().await.unwrap().0.counts.done, 0);
    rig.consent = overridden("freeze_periods");
    rig.converge().await;
    let said =
        rig.store.with(|inner| inner.history.iter().map(|run| run.consent.clone()).collect::<Vec<_>>());
    assert_eq!(said.last(), Some(&overridden("freeze_periods")));
}

#[tokio::test(start_paused = true)]
async fn another_policy_is_recorded_though_nothing_is_done() {
    let rig = Rig::new(governed(Builder::new().done()), story_world());
    rig.apply().await.unwrap();
    assert_eq!((rig.state().policy, rig.state().serial), (Some(frozen()), 1));
}

/// One that has begun is not asked again for anybody's word.
#[tokio::test(start_paused = true)]
async fn what_governs_a_plan_is_on_record_before_it_begins() {
    let rig = Rig::new(governed(Builder::new().done()), story_world());
    rig.store.with(|inner| inner.fails = Some(store::Fails { at: 0, durable: true }));
    assert!(rig.apply().await.is_err());
    let entries = rig.store.with(|inner| inner.journal.clone());
    assert!(matches!(&entries[..], [Entry::Governed { .. }, Entry::Begin { .. }, ..]), "{entries:?}");
}
