//! `patchtrain rollout`: what holds a rollout lives in the state, and binds every later run. Nothing is asked of the
//! service, and nothing there is changed.

use jiff::Timestamp;

use super::args::{
    Amount, Locking, Promote, Rollout, RolloutAbort, RolloutAction, RolloutFormat, RolloutPause,
    RolloutResume, RolloutStatus,
};
use super::context::Context;
use super::{CliError, exit, lock, promote, state, workspace};
use crate::apply::Interrupt;
use crate::name::GroupName;
use crate::release;
use crate::render::{self, Detail};
use crate::report::rollout::{self, Rollouts};
use crate::state::store::ChangeRecord;
use crate::state::{Paused, State};
use crate::train::{self, Train};

pub(super) fn run(context: &Context, arguments: &Rollout) -> Result<u8, CliError> {
    match &arguments.action {
        RolloutAction::Status(arguments) => status(context, arguments),
        RolloutAction::Pause(arguments) => pause(context, arguments),
        RolloutAction::Resume(arguments) => resume(context, arguments),
        RolloutAction::Abort(arguments) => abort(context, arguments),
    }
}

fn status(context: &Context, arguments: &RolloutStatus) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    if let Some(group) = &arguments.group
        && !trains.iter().any(|train| train.group(group).is_some())
    {
        return Err(CliError::usage(format!("no train has a group `{group}`")));
    }
    context.block_on(async |interrupt| {
        let mut told: Vec<Rollouts> = Vec::new();
        for train in &trains {
            let Some(state) = context.state(train, &interrupt).await? else { continue };
            let now = now(context, train, &interrupt).await?;
            told.push(rollout::standing(train, &state, arguments.group.as_ref(), now));
        }
        match arguments.format {
            RolloutFormat::Json => context.terminal.print(&render::rollouts_json(&told))?,
            RolloutFormat::Text if told.iter().all(|train| train.rollouts.is_empty()) => {
                context.terminal.say("No rollout is on record.");
            }
            RolloutFormat::Text => {
                let style = context.terminal.style(arguments.amount.detail());
                context.terminal.print(&render::rollouts(&told, style))?;
            }
        }
        Ok(exit::DONE)
    })
}

/// Returns what time it is for a train: where it is on the simulator, that one's.
pub(super) async fn now(
    context: &Context,
    train: &Train,
    interrupt: &Interrupt,
) -> Result<Timestamp, CliError> {
    if train.service.endpoint != train::Endpoint::Simulator {
        return Ok(Timestamp::now());
    }
    Ok(context.simulator(interrupt).await?.now())
}

fn pause(context: &Context, arguments: &RolloutPause) -> Result<u8, CliError> {
    let RolloutPause { group, reason, train, locking } = arguments;
    let words = match reason {
        Some(reason) => format!("rollout pause {group} ({reason})"),
        None => format!("rollout pause {group}"),
    };
    let change = Change { context, group, words, locking };
    change.run(train.as_deref(), |state, at| {
        let paused = Paused { by: context.who().to_owned(), at, why: reason.clone() };
        let new = state.pause(group, paused);
        new.then(|| {
            format!("Group {group} is paused: no apply moves it until `patchtrain rollout resume {group}`.")
        })
        .ok_or_else(|| format!("Group {group} is paused already."))
    })
}

fn resume(context: &Context, arguments: &RolloutResume) -> Result<u8, CliError> {
    let RolloutResume { group, train, locking } = arguments;
    let change = Change { context, group, words: format!("rollout resume {group}"), locking };
    change.run(train.as_deref(), |state, _| {
        let kept = state.resume(group);
        kept.then(|| format!("Group {group} goes on with the next `patchtrain apply`."))
            .ok_or_else(|| format!("Nothing keeps group {group}: it is neither paused nor stopped."))
    })
}

fn abort(context: &Context, arguments: &RolloutAbort) -> Result<u8, CliError> {
    let RolloutAbort { group, to, train: name, locking } = arguments;
    let train = of(context, group, name.as_deref())?;
    let promotion = release::promotion(&train, to, group).map_err(|error| promote::refused(&error))?;
    let elsewhere = promotion.way != release::Way::Nowhere;
    let edited = elsewhere.then(|| promote::edit(context, &train, &promotion)).transpose()?;
    if elsewhere {
        let shown = Promote {
            release: to.clone(),
            to: group.clone(),
            train: None,
            check: false,
            auto_approve: true,
            advisories: Vec::new(),
            amount: Amount::of(Detail::Summary),
        };
        promote::show(context, &shown, &train, (&promotion, None))?;
    }
    let words = format!("rollout abort {group} --to {to}");
    let change = Change { context, group, words, locking };
    // The file first: a rollout that is closed while its group is still bound to that release would begin anew.
    let place = format!("{}:{}", train.file.display(), promotion.group.line);
    if let Some(edited) = &edited {
        promote::save(&train, edited)?;
        context.terminal.say(&format!("\nGroup {group} is bound to {to} ({place})."));
    }
    change.run(name.as_deref(), |state, at| {
        let was = state.abort(group, to, at);
        was.then(|| {
            let next = "`patchtrain plan` shows what that changes, `patchtrain apply` makes it so.";
            format!("Its rollout is closed. {next}")
        })
        .ok_or_else(|| "No rollout of it was going on.".to_owned())
    })
}

/// A change of what is on record of a group's rollout.
struct Change<'a> {
    context: &'a Context,
    group: &'a GroupName,
    /// The command, as it was typed.
    words: String,
    locking: &'a Locking,
}

impl Change<'_> {
    /// Makes the change under the lock, and writes it down. `make` says what it did, or why there was nothing to do.
    fn run(
        &self,
        train: Option<&str>,
        make: impl Fn(&mut State, Timestamp) -> Result<String, String>,
    ) -> Result<u8, CliError> {
        let train = of(self.context, self.group, train)?;
        self.context.block_on(async |interrupt| {
            let (mut session, before) = lock::take(self.context, &interrupt, &train, self.locking).await?;
            let before = self.context.own_state(&train, before, &interrupt).await?;
            let mut after = before.clone();
            let at = now(self.context, &train, &interrupt).await?;
            let said = match make(&mut after, at) {
                Ok(said) => said,
                Err(nothing) => {
                    self.context.terminal.say(&nothing);
                    return Ok(exit::DONE);
                }
            };
            let place = state::place(self.context, &interrupt, train.clone()).await?;
            let known = (before.serial > 0).then_some(&before);
            let after = after.paused_after(place.highest(known).await?);
            let holder = self.context.holder(&train.name)?;
            let record = ChangeRecord {
                at: holder.since,
                who: holder.who,
                host: holder.host,
                change: self.words.clone(),
                basis: before.serial,
                serial: after.serial,
                lineage: after.lineage.clone(),
                overrides: Vec::new(),
            };
            session.change(&after, record).await?;
            self.context.terminal.say(&said);
            Ok(exit::DONE)
        })
    }
}

/// Finds the train of a group.
fn of(context: &Context, group: &GroupName, name: Option<&str>) -> Result<Train, CliError> {
    let trains = context.workspace.trains(&[])?;
    let train = workspace::one_of(&trains, name, "a group is of one train, and there are several")?;
    if train.group(group).is_none() {
        let known: Vec<&str> = train.groups.iter().map(|group| group.name.as_str()).collect();
        return Err(CliError::usage(format!("train `{}` has no group `{group}`", train.name))
            .hint(format!("it has {}", known.join(", "))));
    }
    Ok(train.clone())
}
