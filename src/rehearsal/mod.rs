//! Rehearsals: a plan is played by the real executor in a world in memory, on a clock that jumps from one thing to happen
//! to the next. What comes of it is a [`Rehearsal`]: who moves when, what holds whom and until when, and what a failure in
//! the second wave would leave.
//!
//! The world is a copy of what was observed, and the state one of what was loaded: nothing of it reaches the service, a
//! store or a file. It is a supposition and no forecast. How long calls and agents' work take is assumed
//! ([`Assumptions`]); agents check in all the time, and nobody is asked whether instances are well. What was open in the
//! service or in the state when the plan was made is left out, and begun anew where a step asks for it.

mod failure;
mod play;
mod session;
mod watch;
mod world;

use std::io;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::apply::{ApplyError, Settings};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::Observed;
use crate::op::StepId;
use crate::plan::Plan;
use crate::state::State;
use crate::state::store::StepCounts;

/// How far into the future is played. What is not over by then waits for something that no run should be started for.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Of how many groups it is played what a failure would leave: each is a play of all of the plan.
const MOST_FAILURES: usize = 20;

/// What is played.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The plan.
    pub plan: Plan,
    /// The state that it was made on.
    pub state: State,
    /// What it was made from.
    pub observed: Observed,
    /// When it begins.
    pub begins: Timestamp,
    /// How the executor behaves.
    pub settings: Settings,
    /// How long things are assumed to take.
    pub assumptions: Assumptions,
}

/// How long things are assumed to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// Work of agents: each work request.
    pub work: SignedDuration,
    /// A call of the service.
    pub call: SignedDuration,
}

impl Default for Assumptions {
    /// An agent checks in every few minutes, and a service far away answers in a fraction of a second.
    fn default() -> Self {
        Self { work: SignedDuration::from_mins(5), call: SignedDuration::from_millis(200) }
    }
}

/// What came of playing a plan. All times are of the virtual clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// How long things were assumed to take.
    pub assumptions: Assumptions,
    /// When it began.
    pub begins: Timestamp,
    /// When all was over that comes by itself; none where that is not within [`HORIZON`].
    pub ends: Option<Timestamp>,
    /// How its steps ended.
    pub counts: StepCounts,
    /// What belongs to no wave: sources, groups, memberships, schedules.
    pub rest: Option<Leg>,
    /// The groups that something is done for, wave by wave, in the order of the plan.
    pub groups: Vec<Course>,
    /// What was not done in the end, and why.
    pub left: Vec<Left>,
    /// What a failure in the second wave would leave, by group.
    pub failures: Vec<Failure>,
    /// Of how many groups more that was not played.
    pub unplayed: usize,
}

/// How a group moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The group.
    pub group: GroupName,
    /// Its release.
    pub release: ReleaseName,
    /// Its waves; one for a group without waves.
    pub waves: Vec<Leg>,
}

/// A wave of a group, or another part of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Its number, from 1; 0 of what belongs to no wave.
    pub wave: u32,
    /// How many instances move in it.
    pub moving: usize,
    /// When its first step started; none where none did.
    pub begun: Option<Timestamp>,
    /// When the last step that started had ended.
    pub ended: Option<Timestamp>,
    /// What held it, in order.
    pub holds: Vec<Hold>,
}

/// Something that only time ends has held a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What.
    pub by: Holding,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What holds a wave until a time comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Who goes first has to have been at level for some time: that group, or that wave of it.
    Soak {
        /// The group.
        group: GroupName,
        /// The wave.
        wave: Option<u32>,
    },
    /// Its group may not be touched.
    Hours,
}

/// Something was not done in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The first step that it is about.
    pub step: StepId,
    /// How many steps it is about.
    pub steps: usize,
    /// Why not.
    pub why: String,
}

/// What is left when more of a wave fail than are put up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The group.
    pub group: GroupName,
    /// The wave.
    pub wave: u32,
    /// On whom it is assumed to fail.
    pub failing: Vec<Ocid>,
    /// When the rollout stops; none where so many failures do not stop it.
    pub stops: Option<Timestamp>,
    /// When nothing of the group is at work any more.
    pub ends: Option<Timestamp>,
    /// The members that are at the level of the new release by then.
    pub at_level: Vec<Ocid>,
    /// Those that ride it and are below its level, and those on whom it failed before they rode it.
    pub below: Vec<Ocid>,
    /// How many of those that were to move were not touched.
    pub untouched: usize,
    /// The other groups that are not moved because of it, or not all of them.
    pub waiting: Vec<GroupName>,
}

/// A plan could not be played.
#[derive(Debug, Error)]
pub enum RehearsalError {
    /// There is no clock to play it on.
    #[error("a rehearsal could not be begun")]
    Runtime(#[from] io::Error),
    /// The executor does not take it.
    #[error("the plan could not be rehearsed")]
    Apply(#[from] ApplyError),
}

/// Plays a plan: once as it is, and once more for each group that moves in several waves, with one failure too many in the
/// second. Blocks, on a runtime of its own: it is to be called from a thread that is on none.
pub fn rehearse(piece: &Piece) -> Result<Rehearsal, RehearsalError> {
    let stage = play::Stage::of(piece);
    let played = stage.play(&[])?;
    let mut scripts = failure::scripts(&piece.plan, &played.outcome);
    let unplayed = scripts.len().saturating_sub(MOST_FAILURES);
    scripts.truncate(MOST_FAILURES);
    let failed = |script: &failure::Script<'_>| -> Result<Failure, RehearsalError> {
        Ok(failure::told(piece, script, &played, &stage.play(&script.faults)?))
    };
    let failures: Result<Vec<Failure>, RehearsalError> = scripts.iter().map(failed).collect();
    let failures = failures?;
    let left = played.left();
    let play::Played { outcome, watch, ends, .. } = played;
    let (rest, groups) = watch.courses();
    Ok(Rehearsal {
        assumptions: piece.assumptions,
        begins: piece.begins,
        ends,
        counts: outcome.counts,
        rest,
        groups,
        left,
        failures,
        unplayed,
    })
}
