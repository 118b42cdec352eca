//! Ops that take several calls, each answered with work of its own: packages that are brought to a version or taken away
//! one by one. What is done shows in what is read back, so that a run that was cut short goes on from there.

use std::borrow::Cow;

use super::desk::{Desk, Halt};
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::{Observed, Scope, Sighting};
use crate::op::{Adjust, Op, RetryToken};
use crate::package::Digest;

/// How far an op of several calls is in this run.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// What was asked for and is over. None of it is asked for again: what it led to is read back in the end.
    asked: Vec<Adjust>,
    /// What is being asked for.
    now: Option<Adjust>,
}

/// The next call of an op.
#[derive(Debug)]
pub(super) struct Call<'o> {
    pub(super) op: Cow<'o, Op>,
    pub(super) token: RetryToken,
}

impl Series {
    /// Tells whether it is an op of several calls.
    pub(super) fn is_one(op: &Op) -> bool {
        matches!(op, Op::Enforce { .. })
    }

    /// Tells whether any of its calls is over.
    pub(super) fn has_begun(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Returns the next call, by what was just seen; none where nothing is left to be asked for. An op of one call is
    /// that call.
    pub(super) fn next<'o>(&mut self, op: &'o Op, token: &RetryToken, seen: &Observed) -> Option<Call<'o>> {
        let Op::Enforce { instance, source, adjusts } = op else {
            return Some(Call { op: Cow::Borrowed(op), token: token.clone() });
        };
        let left = seen.unadjusted(instance, adjusts);
        let next = left.into_iter().find(|adjust| !self.asked.contains(adjust))?;
        self.now = Some(next);
        // A token is for one call. What it is for is part of it, so that a repetition of the call has the same.
        let token = token.part(&Digest::of_lines([next.label().as_str()]).short());
        let (instance, source) = (instance.clone(), source.clone());
        Some(Call { op: Cow::Owned(Op::Enforce { instance, source, adjusts: vec![next] }), token })
    }

    /// Takes note that the call is over.
    pub(super) fn over(&mut self) {
        self.asked.extend(self.now.take());
    }
}

/// Tells whether packages of all these instances are as an op for their group would make them.
pub(super) async fn are_adjusted<C: Cloud>(
    desk: &Desk<C>,
    instances: &[Ocid],
    adjusts: &[Adjust],
) -> Result<bool, Halt> {
    for id in instances {
        let Sighting::Inventory(_, Some(seen)) = desk.read(&Scope::Inventory(id.clone())).await? else {
            return Ok(false);
        };
        if seen.installed.is_empty() || !adjusts.iter().all(|adjust| seen.is_adjusted(*adjust)) {
            return Ok(false);
        }
    }
    Ok(!instances.is_empty())
}
