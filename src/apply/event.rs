//! What the executor tells whoever watches, and what a run came to.

use std::time::Duration;

use jiff::Timestamp;

use crate::name::GroupName;
use crate::op::{OpKey, StepId, Ticket};
use crate::state::Stopped;
use crate::state::store::StepCounts;

/// Something happened in a run. Sent in order; nothing depends on anybody listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step has started.
    Started {
        /// The step.
        step: StepId,
    },
    /// A step waits for work that the service has accepted.
    Waiting {
        /// The step.
        step: StepId,
        /// The work request.
        ticket: Ticket,
        /// How far it is, of 100.
        percent: u8,
    },
    /// A call failed and will be made again.
    Retrying {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
        /// After how long.
        after: Duration,
    },
    /// A step has ended.
    Ended {
        /// The step.
        step: StepId,
        /// How.
        end: StepEnd,
    },
    /// A gate or a step waits for a time to come; the run waits with it.
    Held {
        /// The step.
        step: StepId,
        /// For what, for people.
        message: String,
        /// Until when.
        until: Timestamp,
    },
    /// More of a group have failed than are put up with: nobody else of it is touched.
    Stopped {
        /// The group.
        group: GroupName,
        /// How many.
        stopped: Stopped,
    },
    /// A signal came: nothing new is started.
    Interrupted,
    /// Work of an earlier run is looked up before anything else.
    Resuming {
        /// The op.
        op: OpKey,
        /// Its work request, where the journal has one.
        ticket: Option<Ticket>,
    },
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// Done.
    Done,
    /// It already held; nothing was called.
    AlreadyDone,
    /// Read back, and nothing is outstanding that an update installs. What keeps the instance below its level is left to
    /// the schedule.
    Updated,
    /// The service refused it, its work failed, or what was read back is not what was asked for.
    Failed {
        /// Why, for people.
        message: String,
    },
    /// Its precondition no longer holds.
    Refused {
        /// Which, for people.
        message: String,
    },
    /// A gate whose condition does not hold: what is behind it waits for the next run.
    Shut {
        /// What is missing, for people.
        message: String,
    },
    /// Begun, and left by an interrupted run: what was asked of the service goes on there.
    Left {
        /// What goes on, for people.
        message: String,
    },
    /// Not started: something it depends on did not end well, or the run was interrupted.
    NotStarted,
}

impl StepEnd {
    /// Tells whether steps that depend on this one may start.
    pub fn lets_on(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone | Self::Updated)
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How each step ended, by id.
    pub ends: Vec<(StepId, StepEnd)>,
    /// The same, counted. A shut gate, what waits behind it, and what an
    /// interrupt left are not started.
    pub counts: StepCounts,
    /// Whether a signal ended it.
    pub interrupted: bool,
    /// Whether the rollout of a group of the plan has stopped, in this run or before.
    pub stopped: bool,
    /// The serial of the state that it left.
    pub serial: u64,
}
