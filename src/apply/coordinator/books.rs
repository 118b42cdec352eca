//! What a run takes in before its first step: levels that were left, and work that earlier runs left behind.

use std::collections::HashSet;

use super::super::job;
use super::super::token;
use super::Coordinator;
use crate::apply::{ApplyError, Event};
use crate::cloud::Cloud;
use crate::name::{Address, Ocid};
use crate::op::{Op, Subject};
use crate::plan::{Action, DriftKind};
use crate::state::store::Session;
use crate::state::{Entry, Finish};

impl<C: Cloud, S: Session, F: FnMut(Event) + Send> Coordinator<'_, C, S, F> {
    /// Takes in what is known before the first step: levels that were left, work that earlier runs left behind.
    pub(super) fn open_books(&mut self) -> Result<(), ApplyError> {
        let now = (self.run.clock)();
        let drift = self.plan.drift.iter().filter_map(|drift| match (&drift.address, &drift.kind) {
            (Address::Instance(instance), DriftKind::LeftLevel { .. }) => Some(instance),
            _ => None,
        });
        // A level that an earlier run of this very plan has proven since is not the one that was left.
        let again = self.ledger.runs_again();
        let proven_since = |instance: &&Ocid| {
            let level =
                self.ledger.state().instances.get(*instance).and_then(|record| record.at_level.as_ref());
            again && level.is_some_and(|level| level.since > self.plan.created)
        };
        // Safety rule 8: leaving the level clears it, before a gate could count it.
        let left = drift.filter(|instance| !proven_since(instance));
        let left: Vec<Entry> =
            left.filter_map(|instance| job::left_level(instance, self.ledger.state())).collect();
        if !left.is_empty() || self.ledger.changes_policy() {
            self.ledger.begin(now)?;
        }
        for entry in left {
            self.ledger.record(entry)?;
        }
        if self.plan.steps.is_empty() || self.ledger.state().unfinished.is_empty() {
            return Ok(());
        }
        self.sort_unfinished()
    }

    /// Safety rule 6: recorded tickets are looked up first. Those of the plan's own ops are their steps' business;
    /// open updates go to the first step on their instance; the rest is asked after once. What no plan holds any
    /// more, has no ticket and is older than its token is given up.
    fn sort_unfinished(&mut self) -> Result<(), ApplyError> {
        let now = (self.run.clock)();
        let mut keys = HashSet::new();
        let mut touched = HashSet::new();
        for step in &self.plan.steps {
            let Action::Act { op } = &step.action else { continue };
            keys.insert(op.key());
            touched.extend(subject(op));
        }
        let mut given_up = Vec::new();
        for (key, unfinished) in &self.ledger.state().unfinished {
            let at_work = key.subject().filter(|subject| touched.contains(subject));
            match (&unfinished.ticket, at_work) {
                // Calls that take instances into one group do not wait for each other.
                (Some(_), _) if key.is_enroll() && keys.contains(key) => {}
                (Some(ticket), Some(subject)) => {
                    self.open.entry(subject).or_default().push((key.clone(), ticket.clone()));
                }
                _ if keys.contains(key) => {}
                (Some(ticket), None) => self.orphans.push((key.clone(), ticket.clone())),
                (None, _) if !token::is_known(unfinished, now) => given_up.push(key.clone()),
                (None, _) => {}
            }
        }
        if !given_up.is_empty() {
            self.ledger.begin(now)?;
        }
        for key in given_up {
            let message = "no answer was seen, and no plan asks for it any more".to_owned();
            let finish = Finish::Failed { message };
            self.ledger.record(Entry::Finished { key, finish, effect: None, at: now })?;
        }
        Ok(())
    }
}

/// Returns whose agents an op puts to work, or whose repository it changes under them.
pub(super) fn subject(op: &Op) -> Option<Subject> {
    match op {
        Op::Switch { instance, .. }
        | Op::Update { instance, .. }
        | Op::Patch { instance, .. }
        | Op::Enforce { instance, .. }
        | Op::Reboot { instance, .. }
        | Op::EnableStreams { instance, .. } => Some(Subject::Instance(instance.clone())),
        other => other.crew().map(|(group, _)| Subject::Group(group.group.clone())),
    }
}
