//! From a step of the plan to a worker's job, and from its report to entries of the journal.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::StepEnd;
use super::crew;
use super::token::{self, Tokens};
use super::verify::Level;
use super::worker::{Act, Report};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, OpKey, ParentRef, SourceRef, Ticket, Wanted};
use crate::package::{Package, PackageSet, StreamName};
use crate::plan::{Action, Plan, Step, Verification};
use crate::state::{Effect, Entry, Finish, State};

/// What a worker is to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Bring an op about.
    Act(Box<Act>),
    /// Compare a source with its release.
    Contents { source: Ocid, release: ReleaseName, packages: PackageSet },
    /// Compare an instance with its release.
    Level { instance: Ocid, level: Level, precondition: Precondition, fallen: Option<String> },
    /// Find out whether updates are still outstanding.
    Patched { instance: Ocid, wanted: Wanted, packages: Vec<Package>, fallen: Option<String> },
    /// Find out whether module streams are enabled.
    Streams { instance: Ocid, streams: Vec<StreamName>, fallen: Option<String> },
    /// Find out whether an instance has been booted.
    Booted { instance: Ocid, kernel: Option<String> },
    /// Ask once after work of an earlier run.
    Settle { key: OpKey, ticket: Ticket },
}

impl Job {
    /// Makes the job of a step, with the ids that the state knows by now. An error says what is missing.
    pub(super) fn of(
        step: &Step,
        (plan, runs_again): (&Plan, bool),
        state: &State,
        (open, fallen): (Vec<(OpKey, Ticket)>, &HashMap<Ocid, String>),
        (tokens, now): (&Tokens, Timestamp),
    ) -> Result<Option<Self>, String> {
        Ok(Some(match &step.action {
            Action::Gate { .. } => return Ok(None),
            Action::Act { op } => {
                let mut op = op.clone();
                let mut precondition = step.precondition.clone();
                fill(&mut op, &mut precondition, state)?;
                fill_next(&mut op, now);
                let mut act = prepare(op, precondition, state, open, (tokens, now));
                let updates = matches!(act.op, Op::Update { .. } | Op::UpdateGroup { .. });
                let group = step.group.as_ref().filter(|_| runs_again && updates);
                act.runs_again = runs_again;
                act.leads_to = group.map(|group| level(plan, group, &[])).transpose()?;
                Self::Act(Box::new(act))
            }
            Action::Verify { what: Verification::Contents { source } } => {
                let mut source = source.clone();
                fill_source(&mut source, state)?;
                let release = source.release;
                let packages = packages(plan, &release)?;
                let source = source.id.ok_or_else(|| no_source(&release))?;
                Self::Contents { source, release, packages }
            }
            Action::Verify { what: Verification::Level { instance, group, stays } } => {
                let mut precondition = step.precondition.clone();
                fill_expected(&mut precondition, state)?;
                let fallen = fallen.get(instance).cloned();
                let level = level(plan, group, stays)?;
                Self::Level { instance: instance.clone(), level, precondition, fallen }
            }
            Action::Verify { what: Verification::Patched { instance, wanted, packages } } => {
                let (instance, packages) = (instance.clone(), packages.clone());
                let fallen = fallen.get(&instance).cloned();
                Self::Patched { instance, wanted: *wanted, packages, fallen }
            }
            Action::Verify { what: Verification::Booted { instance, kernel } } => {
                Self::Booted { instance: instance.clone(), kernel: kernel.clone() }
            }
            Action::Verify { what: Verification::Streams { instance, streams } } => {
                let fallen = fallen.get(instance).cloned();
                Self::Streams { instance: instance.clone(), streams: streams.clone(), fallen }
            }
        }))
    }
}

/// Joins an op with what the state knows of it. Safety rule 4: a token is inherited for as long as the service knows
/// it; later the op starts anew, with the look that every step begins with as its read-back.
fn prepare(
    op: Op,
    precondition: Precondition,
    state: &State,
    open: Vec<(OpKey, Ticket)>,
    (tokens, now): (&Tokens, Timestamp),
) -> Act {
    let key = op.key();
    let unfinished = state.unfinished.get(&key);
    let known = unfinished.filter(|op| token::is_known(op, now));
    Act {
        op,
        precondition,
        token: known.map_or_else(|| tokens(), |op| op.token.clone()),
        spare: tokens(),
        since: known.map(|op| op.started),
        asked_before: unfinished.is_some(),
        ticket: unfinished.and_then(|op| op.ticket.clone()),
        leads_to: None,
        runs_again: false,
        boot: key.rebooted().and_then(|instance| state.boots.get(&instance).cloned()),
        earlier: open.into_iter().filter(|(other, _)| *other != key).collect(),
        key,
    }
}

fn fill(op: &mut Op, precondition: &mut Precondition, state: &State) -> Result<(), String> {
    if let Some(source) = op.source_mut() {
        fill_source(source, state)?;
    }
    if let Some(parent) = op.parent_mut() {
        fill_parent(parent, state)?;
    }
    if let Some(group) = op.group_mut() {
        fill_group(group, state)?;
    }
    fill_expected(precondition, state)
}

fn fill_group(group: &mut GroupRef, state: &State) -> Result<(), String> {
    if group.id.is_none() {
        let record = state.groups.get(&group.group);
        let record = record.ok_or_else(|| format!("the id of group.{} is not known", group.group))?;
        group.id = Some(record.id.clone());
    }
    Ok(())
}

/// Says when a schedule runs next as of now: a plan may have been made long before it runs.
fn fill_next(op: &mut Op, now: Timestamp) {
    if let Op::CreateSchedule { schedule, next, .. } | Op::ChangeSchedule { schedule, next, .. } = op {
        *next = schedule.next_from(now);
    }
}

fn fill_expected(precondition: &mut Precondition, state: &State) -> Result<(), String> {
    match precondition {
        Precondition::Rides { source, .. }
        | Precondition::Attached { source, .. }
        | Precondition::Owned { source, .. }
        | Precondition::Unridden { source, .. }
        | Precondition::Hangs { source, .. } => fill_source(source, state),
        Precondition::Carries { group, source, .. } | Precondition::Bound { group, source } => {
            fill_group(group, state)?;
            fill_source(source, state)
        }
        Precondition::UntakenGroup { group, .. } => fill_group(group, state),
        Precondition::Nothing
        | Precondition::ParentOrNone { .. }
        | Precondition::Idle { .. }
        | Precondition::OwnedProfile { .. }
        | Precondition::OwnedSchedule { .. }
        | Precondition::AsSeen { .. } => Ok(()),
    }
}

fn fill_source(source: &mut SourceRef, state: &State) -> Result<(), String> {
    if source.id.is_none() {
        let record = state.sources.get(&source.release).ok_or_else(|| no_source(&source.release))?;
        source.id = Some(record.id.clone());
    }
    source.under.as_mut().map_or(Ok(()), |parent| fill_parent(parent, state))
}

fn fill_parent(parent: &mut ParentRef, state: &State) -> Result<(), String> {
    if parent.id.is_none() {
        let record = state.sources.get(&ReleaseName::own_parent());
        let record = record.ok_or("the id of the train's own parent source is not known")?;
        parent.id = Some(record.id.clone());
    }
    Ok(())
}

fn no_source(release: &ReleaseName) -> String {
    format!("the id of the software source of release.{release} is not known")
}

fn level(plan: &Plan, group: &GroupName, stays: &[Package]) -> Result<Level, String> {
    let bound = plan.group(group).ok_or_else(|| format!("the plan has no group `{group}`"))?;
    let packages = packages(plan, &bound.release)?;
    let (release, ahead, patching) = (bound.release.clone(), bound.ahead, bound.patching);
    Ok(Level { release, packages, ahead, patching, stays: stays.to_vec() })
}

fn packages(plan: &Plan, release: &ReleaseName) -> Result<PackageSet, String> {
    let known = plan.releases.get(release);
    known.map(|known| known.packages.clone()).ok_or_else(|| format!("the plan has no release `{release}`"))
}

/// Turns a report into what the journal shall say of it and how the step ended.
pub(super) fn book(
    step: &Step,
    plan: &Plan,
    state: &State,
    report: Report,
    at: Timestamp,
) -> (Option<Entry>, StepEnd) {
    match (&step.action, report) {
        (Action::Act { op }, Report::Done { already, id, name }) => {
            let (finish, end) = if already {
                (Finish::AlreadyDone, StepEnd::AlreadyDone)
            } else {
                (Finish::Done, StepEnd::Done)
            };
            let effect = effect(op, step, plan, state, (id, name));
            (Some(Entry::Finished { key: op.key(), finish, effect, at }), end)
        }
        // Where it is done on none, nothing that follows has anything to go on with.
        (Action::Act { op }, Report::Crew { crew, names }) if crew.is_lost() => {
            let (message, over) = (crew.loss(), crew.open.is_empty());
            let effect = crew::effect(op, plan, state, crew, &names);
            let finish = Finish::Failed { message: message.clone() };
            let entry = Entry::Finished { key: op.key(), finish, effect, at };
            (over.then_some(entry), StepEnd::Failed { message })
        }
        // What goes on for some keeps its token and ticket for the next run; the others are not kept waiting.
        (Action::Act { .. }, Report::Crew { crew, .. }) if !crew.open.is_empty() => (None, StepEnd::Done),
        (Action::Act { op }, Report::Crew { crew, names }) => {
            let effect = crew::effect(op, plan, state, crew, &names);
            (Some(Entry::Finished { key: op.key(), finish: Finish::Done, effect, at }), StepEnd::Done)
        }
        (Action::Act { op }, Report::Failed { message, over, .. }) => {
            // What is not known to be over keeps its token and ticket for the next run.
            let finish = Finish::Failed { message: message.clone() };
            let entry = Entry::Finished { key: op.key(), finish, effect: None, at };
            (over.then_some(entry), StepEnd::Failed { message })
        }
        (Action::Verify { what: Verification::Booted { instance, .. } }, Report::Done { .. }) => {
            let known =
                state.boots.contains_key(instance) || state.unfinished.contains_key(&OpKey::reboot(instance));
            (known.then(|| Entry::Booted { instance: instance.clone() }), StepEnd::Done)
        }
        (
            Action::Verify { what: Verification::Booted { instance, .. } }
            | Action::Act { op: Op::Reboot { instance, .. } },
            Report::Unbooted { message, failed },
        ) => (Some(Entry::BootFailed { instance: instance.clone(), failed }), StepEnd::Failed { message }),
        (Action::Verify { what: Verification::Contents { source } }, Report::Done { .. }) => {
            (Some(Entry::Proven { release: source.release.clone(), at }), StepEnd::Done)
        }
        (_, Report::Done { already, .. }) => {
            (None, if already { StepEnd::AlreadyDone } else { StepEnd::Done })
        }
        (_, Report::Failed { message, .. }) => (None, StepEnd::Failed { message }),
        (_, Report::Refused { message }) => (None, StepEnd::Refused { message }),
        (Action::Verify { what: Verification::Level { instance, group, .. } }, Report::AtLevel { extra }) => {
            let name = known_name(instance, plan, state);
            let Some(bound) = plan.group(group) else { return (None, StepEnd::Done) };
            let (group, release, patching) = (group.clone(), bound.release.clone(), bound.patching);
            let instance = instance.clone();
            (Some(Entry::AtLevel { instance, name, group, release, extra, at, patching }), StepEnd::Done)
        }
        // What was asked for is there; a level is not, and none is recorded.
        (Action::Verify { what: Verification::Level { instance, .. } }, Report::Updated) => {
            (left_level(instance, state), StepEnd::Updated)
        }
        (Action::Verify { what: Verification::Level { instance, .. } }, Report::BelowLevel { message }) => {
            (left_level(instance, state), StepEnd::Failed { message })
        }
        (_, Report::AtLevel { .. } | Report::Updated | Report::Crew { .. } | Report::Asked(_)) => {
            (None, StepEnd::Done)
        }
        (_, Report::BelowLevel { message } | Report::Unbooted { message, .. }) => {
            (None, StepEnd::Failed { message })
        }
        (action, Report::Stopped | Report::Kept { .. }) => (None, left(action, state)),
    }
}

/// Returns the entry that binds the group which an entry puts an instance under, where the state does not know that
/// group by its id: one that we did not make, or whose name in the train is new.
pub(super) fn binding(entry: &Entry, plan: &Plan, state: &State) -> Option<Entry> {
    let (Entry::AtLevel { group, .. }
    | Entry::Finished { effect: Some(Effect::Riding { group, .. } | Effect::Crew { group, .. }), .. }) =
        entry
    else {
        return None;
    };
    let id = plan.group(group)?.id.as_ref()?;
    let known = state.groups.get(group).is_some_and(|known| known.id == *id);
    (!known).then(|| Entry::Bound { group: group.clone(), id: id.clone() })
}

/// Returns the entry that takes a proven level back, where there is one.
pub(super) fn left_level(instance: &Ocid, state: &State) -> Option<Entry> {
    let record = state.instances.get(instance)?;
    record.at_level.as_ref().map(|_| Entry::LeftLevel { instance: instance.clone() })
}

/// Says how a step ends whose worker was stopped: what was asked of the service goes on there.
pub(super) fn left(action: &Action, state: &State) -> StepEnd {
    let Action::Act { op } = action else { return StepEnd::NotStarted };
    match state.unfinished.get(&op.key()) {
        None => StepEnd::NotStarted,
        Some(unfinished) => StepEnd::Left {
            message: match &unfinished.ticket {
                Some(ticket) => {
                    format!("work request {ticket} runs on in the service; the next run looks it up first")
                }
                None => "whether the service was asked is not known; the next run looks first".to_owned(),
            },
        },
    }
}

/// What is ours, or no longer, now that the op holds.
fn effect(
    op: &Op,
    step: &Step,
    plan: &Plan,
    state: &State,
    (id, name): (Option<Ocid>, Option<Arc<str>>),
) -> Option<Effect> {
    let name = |instance: &Ocid| name.clone().unwrap_or_else(|| known_name(instance, plan, state));
    match op {
        Op::CreateSource { owner, .. } => {
            let (release, digest) = owner.release.clone()?;
            Some(Effect::Source { release, id: id?, digest })
        }
        Op::AdoptSource { id, owner, .. } => {
            let (release, digest) = owner.release.clone()?;
            Some(Effect::Source { release, id: id.clone(), digest })
        }
        // What was taken over is the train's own from then on, as if the train had made it.
        Op::AdoptGroup { group, id, called, .. } => {
            let called = (*called != *group.as_str()).then(|| called.as_str().into());
            Some(Effect::Group { group: group.clone(), id: id.clone(), made: true, called })
        }
        Op::CreateGroup { group, .. } => {
            Some(Effect::Group { group: group.clone(), id: id?, made: true, called: None })
        }
        Op::DeleteGroup { group } => Some(Effect::GroupGone { group: group.group.clone() }),
        Op::Join { group, instance } => Some(Effect::Riding {
            instance: instance.clone(),
            name: name(instance),
            group: group.group.clone(),
            release: None,
        }),
        Op::CreateSchedule { group, schedule, .. } => {
            Some(Effect::Schedule { group: group.group.clone(), id: id?, schedule: *schedule })
        }
        Op::ChangeSchedule { group, id, schedule, .. } => {
            Some(Effect::Schedule { group: group.clone(), id: id.clone(), schedule: *schedule })
        }
        Op::DeleteSchedule { group, id } => {
            Some(Effect::ScheduleGone { group: group.clone(), id: id.clone() })
        }
        // The state keeps one that is another group's member by now.
        Op::Leave { group, instance } => {
            Some(Effect::InstanceGone { instance: instance.clone(), group: group.group.clone() })
        }
        Op::Switch { instance, to, .. } => Some(Effect::Riding {
            instance: instance.clone(),
            name: name(instance),
            group: group_of(step, instance, state)?,
            release: Some(to.release.clone()),
        }),
        Op::DeleteSource { source } => Some(Effect::SourceGone { release: source.release.clone() }),
        Op::AddPackages { .. }
        | Op::RemovePackages { .. }
        | Op::Update { .. }
        | Op::Patch { .. }
        | Op::Enforce { .. }
        | Op::EnableStreams { .. }
        | Op::Reboot { .. }
        | Op::RefreshInstance { .. } => None,
        Op::CreateProfile { group, .. } => Some(Effect::Profile { group: group.group.clone(), id: id? }),
        Op::DeleteProfile { group, id } => Some(Effect::ProfileGone { group: group.clone(), id: id.clone() }),
        Op::Attach { .. }
        | Op::Detach { .. }
        | Op::Enroll { .. }
        | Op::Dismiss { .. }
        | Op::UpdateGroup { .. }
        | Op::PatchGroup { .. }
        | Op::EnforceGroup { .. }
        | Op::EnableGroupStreams { .. }
        | Op::Rerun { .. }
        | Op::Refresh { .. } => crew::effect_of_all(op, plan, state),
    }
}

fn group_of(step: &Step, instance: &Ocid, state: &State) -> Option<GroupName> {
    let known = || state.instances.get(instance).map(|record| record.group.clone());
    step.group.clone().or_else(known)
}

pub(super) fn known_name(instance: &Ocid, plan: &Plan, state: &State) -> Arc<str> {
    let known = state.instances.get(instance).map(|record| record.name.clone());
    known.unwrap_or_else(|| plan.label(instance).into())
}
