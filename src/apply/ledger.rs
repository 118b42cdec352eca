//! The state, the journal behind it, and the run's last words: what only the coordinator touches.
//!
//! Entries are taken into the state at once and written together; nothing that depends on an entry may happen before
//! [`Ledger::commit`] has returned.

use std::mem;

use jiff::Timestamp;

use super::ApplyError;
use crate::op::PlanId;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::state::store::{Base, HistoryRecord, Session, StepCounts, StoreError};
use crate::state::{Consent, Entry, State};

/// What a plan was made with that is past a refusal.
const ALLOW_SHRINK: &str = "--allow-shrink";

/// The state of a running plan.
pub(super) struct Ledger<S> {
    session: S,
    base: Base,
    state: State,
    plan: PlanId,
    basis: u64,
    /// What the plan was made past, for the history.
    overrides: Vec<String>,
    /// The policy that the plan is of; none where nobody asked for one.
    policy: Option<Option<Policy>>,
    consent: Consent,
    pending: Vec<Entry>,
    begun: bool,
    again: bool,
    /// Whether entries are in the state that could not be made durable.
    lost: bool,
}

/// How a run ended, for the history.
pub(super) struct Close {
    pub(super) at: Timestamp,
    pub(super) who: String,
    pub(super) host: String,
    pub(super) steps: StepCounts,
    pub(super) interrupted: bool,
    pub(super) used_up: bool,
}

impl<S: Session> Ledger<S> {
    /// Takes over a loaded state, if the plan may run on it.
    ///
    /// Safety rule 1: a plan of another lineage or serial is refused, unless it wrote every serial since its own; a
    /// plan whose steps are all done is used up. (Another train digest is the caller's to refuse: it has the train.)
    pub(super) fn open(plan: &Plan, session: S, state: State, consent: Consent) -> Result<Self, ApplyError> {
        let stale = |reason: String| Err(ApplyError::Stale(reason));
        let basis = &plan.basis;
        if basis.train != state.train {
            return stale(format!("it is of train `{}`, the state is of `{}`", basis.train, state.train));
        }
        if basis.lineage != state.lineage {
            return stale("it was made on a state of another lineage".to_owned());
        }
        // A run that is not the last one cannot be gone on with: what came after it raised the serial too, so it is
        // enough to look at the last.
        let mut again = false;
        match &state.last_plan {
            Some(run) if run.id == plan.id && run.basis == basis.serial => {
                if run.used_up {
                    return Err(ApplyError::UsedUp);
                }
                again = true;
            }
            _ if state.is_as_at(basis.serial) && basis.differs_from(&state) => {
                return stale(format!(
                    "it was made while the run that led to serial {} was at work, which has done more since",
                    basis.serial
                ));
            }
            _ if state.is_as_at(basis.serial) => {}
            _ => {
                return stale(format!(
                    "it was made on serial {} of the state, which is at {} now",
                    basis.serial, state.serial
                ));
            }
        }
        Ok(Self {
            session,
            base: Base::of(&state),
            state,
            plan: plan.id.clone(),
            basis: basis.serial,
            overrides: basis.allow_shrink.then(|| ALLOW_SHRINK.to_owned()).into_iter().collect(),
            policy: plan.policy.as_ref().map(|review| review.policy.clone()),
            consent,
            pending: Vec::new(),
            begun: false,
            again,
            lost: false,
        })
    }

    /// Returns the state, entries that are not yet durable included.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Tells whether the plan has run before, so that any of its steps may be done.
    pub(super) fn runs_again(&self) -> bool {
        self.again
    }

    /// Says in the journal that the plan runs, once. A run that finds nothing to start writes nothing at all.
    pub(super) fn begin(&mut self, at: Timestamp) -> Result<(), ApplyError> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        // First: a plan that has begun goes on by the word that it began by, and that has to be on record by then.
        if let Some(policy) = self.policy.clone()
            && (policy != self.state.policy || !self.consent.is_none())
        {
            self.record(Entry::Governed { policy: policy.map(Box::new), consent: self.consent.clone() })?;
        }
        self.record(Entry::Begin { plan: self.plan.clone(), basis: self.basis, at })
    }

    /// Tells whether the plan is of another policy than the one on record.
    pub(super) fn changes_policy(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| *policy != self.state.policy)
    }

    /// Takes an entry in. It is not durable before the next [`Ledger::commit`].
    pub(super) fn record(&mut self, entry: Entry) -> Result<(), ApplyError> {
        self.state.record(&entry)?;
        self.pending.push(entry);
        Ok(())
    }

    /// Makes all entries taken in durable, in one batch.
    pub(super) async fn commit(&mut self) -> Result<(), ApplyError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let entries = mem::take(&mut self.pending);
        let kept = self.session.append(&self.base, &entries).await;
        self.lost |= kept.is_err();
        Ok(kept?)
    }

    /// Ends the run: the last entry, the new serial, the history, the fold. Returns the serial that is left.
    pub(super) async fn close(&mut self, close: Close) -> Result<u64, ApplyError> {
        if !self.begun {
            return Ok(self.state.serial);
        }
        let Close { at, who, host, steps, interrupted, used_up } = close;
        self.record(Entry::End { plan: self.plan.clone(), used_up, at })?;
        self.commit().await?;
        self.state.serial += 1;
        env!("CARGO_PKG_VERSION").clone_into(&mut self.state.tool);
        let serial = self.state.serial;
        let record = HistoryRecord {
            at,
            who,
            host,
            plan: self.plan.clone(),
            basis: self.basis,
            serial,
            steps,
            interrupted,
            ancestor: None,
            overrides: self.overrides.clone(),
            consent: self.consent.clone(),
        };
        // First: the journal has it all by now, and whoever folds that instead of this run notes the same, once.
        self.session.history(&record).await?;
        self.session.fold(&self.state).await?;
        Ok(serial)
    }

    /// Hands the state out where it holds what could not be written. What the journal holds is found again by itself.
    pub(super) fn unsaved(mut self, source: StoreError) -> ApplyError {
        if !self.lost && self.pending.is_empty() {
            return ApplyError::Store(source);
        }
        self.state.serial = self.base.serial + 1;
        ApplyError::Unsaved { state: Box::new(self.state), source }
    }

    /// Leaves the run as it stands: the journal says it all, and whoever loads it next counts one serial more.
    pub(super) fn abandon(self) -> u64 {
        self.base.serial + u64::from(self.begun)
    }
}
