//! `patchtrain import --from-osms`: a train that was applied on OS Management goes on on OS Management Hub. `import
//! release` and `import group` are in [`takeover`].
//!
//! Ids of one service mean nothing to the other, and a level is only what was proven: so the new state is of a new line
//! of descent and holds nothing but where it comes from. What is taken over is the train itself, whose releases have to
//! be those that were applied. What that means for the fleet is shown as `plan` shows it, and done by `apply`.

mod inherit;
mod takeover;

use std::path::Path;

use super::args::{Import as Arguments, ImportAction};
use super::connect::{Connection, Connector, Service};
use super::context::Context;
use super::look::{self, Manner};
use super::signals::unless_interrupted;
use super::{CliError, exit, lock, own_state, prompt, workspace};
use crate::apply::Interrupt;
use crate::op::Api;
use crate::plan::Plan;
use crate::render;
use crate::state::store::{HistoryLine, HistoryRecord, Session, StepCounts, TrainSession, read_state};
use crate::state::{Ancestor, Consent, State};
use crate::train::Train;

/// Takes over what was asked for. Nothing is written before it is approved.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.action {
        Some(ImportAction::Release(one)) => {
            takeover::run(context, &one.how, &takeover::Wanted::Source(&one.release, &one.source))
        }
        Some(ImportAction::Group(one)) => {
            takeover::run(context, &one.how, &takeover::Wanted::Group(&one.group, &one.id))
        }
        None => from_osms(context, arguments),
    }
}

/// Takes one train's state over.
fn from_osms(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if !arguments.auto_approve && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("take the state over without being asked, with --auto-approve"));
    }
    let trains = context.workspace.trains(&[])?;
    let why = "one train is taken over at a time, and there are several";
    let train = workspace::one_of(&trains, arguments.train.as_deref(), why)?;
    if train.service.api != Api::Osmh {
        let (file, api) = (train.file.display(), train.service.api.word());
        return Err(CliError::new(exit::ERROR, format!("{file} says `api = \"{api}\"`"))
            .hint("first say where the train goes: `api = \"osmh\"` and `vendor_sources`, then import"));
    }
    context.block_on(async |interrupt| one(context, arguments, &interrupt, train).await)
}

async fn one(
    context: &Context,
    arguments: &Arguments,
    interrupt: &Interrupt,
    train: &Train,
) -> Result<u8, CliError> {
    let file = arguments.file();
    let (mut session, own) = lock::take(context, interrupt, train, &arguments.locking).await?;
    let given = match file {
        Some(file) => Some((file, read_state(file, &context.sealing(train)?)?)),
        None => None,
    };
    let old = match inherit::find(train, own.as_ref(), given)? {
        inherit::Found::Old(old) => old,
        inherit::Found::Done(ancestor) => {
            context.terminal.say(&format!("There is nothing to do: {}.", taken_over(train, &ancestor)));
            return Ok(exit::DONE);
        }
    };
    if own.is_none() && !was_cut_off(context, interrupt, train, &old).await? {
        context.never_applied(train, interrupt).await?;
    }
    inherit::check(train, &old)?;
    let connection = Connector::new(context, &arguments.parallelism)?.connect(train, interrupt).await?;
    let ancestor = Some(inherit::ancestor(&old, (connection.clock)()));
    // Nobody gets rid of a policy by going to another service.
    let new = State { ancestor, policy: old.policy.clone(), ..own_state::unapplied(train)? };
    let manner = Manner::of(&arguments.parallelism, &arguments.planning);
    let plan = look::plan(context, interrupt, &connection, (train, &new), manner).await?;
    context.terminal.say(&inherit::text(train, &old));
    context.terminal.print(&render::plan(&plan, context.terminal.style(arguments.amount.detail())))?;
    if !arguments.auto_approve && !approved(context, interrupt, &plan).await? {
        return Err(CliError::new(exit::ERROR, "the state was not taken over; nothing was changed"));
    }
    write(context, &mut session, (own.is_some(), file), new, (&plan, &connection)).await?;
    context.terminal.say("Nothing was changed in the service: `patchtrain apply` does what is planned.");
    Ok(exit::DONE)
}

/// Tells whether the last thing that was written down is a taking over of this state, which got no further.
async fn was_cut_off(
    context: &Context,
    interrupt: &Interrupt,
    train: &Train,
    old: &State,
) -> Result<bool, CliError> {
    let store = context.store(train, interrupt).await?;
    let past = unless_interrupted(interrupt, store.past()).await??;
    let last = past.records.iter().rfind(|line| line.left().is_some());
    Ok(matches!(last, Some(HistoryLine::Run(HistoryRecord { ancestor: Some(ancestor), .. }))
        if (&ancestor.lineage, ancestor.serial) == (&old.lineage, old.serial)))
}

/// Asks whether only the state may be written.
async fn approved(context: &Context, interrupt: &Interrupt, plan: &Plan) -> Result<bool, CliError> {
    let question = format!(
        "\nDo you want to take the state of train {} over?\n  Only the state is written: what the plan shows is for the next apply.",
        plan.basis.train
    );
    prompt::yes(context, interrupt, &question).await
}

/// Puts the new state in its place, keeps the old one beside it, and writes down who did that.
async fn write(
    context: &Context,
    session: &mut TrainSession,
    (replaces, file): (bool, Option<&Path>),
    new: State,
    (plan, connection): (&Plan, &Connection<Service>),
) -> Result<(), CliError> {
    let (basis, new) = (new.serial, State { serial: new.serial + 1, ..new });
    // First: what nobody wrote down could not be told afterwards.
    session
        .history(&HistoryRecord {
            consent: Consent::default(),
            at: (connection.clock)(),
            who: context.who().to_owned(),
            host: context.host().to_owned(),
            plan: plan.id.clone(),
            basis,
            serial: new.serial,
            steps: StepCounts::default(),
            interrupted: false,
            ancestor: new.ancestor.clone(),
            overrides: Vec::new(),
        })
        .await?;
    let kept = match (replaces, file) {
        (true, _) => session.supersede(&new).await?.to_string(),
        (false, file) => {
            session.fold(&new).await?;
            file.map(|file| file.display().to_string()).unwrap_or_default()
        }
    };
    context.terminal.say(&format!("\nTook the state over; the old one is kept in {kept}."));
    Ok(())
}

fn taken_over(train: &Train, ancestor: &Ancestor) -> String {
    let Ancestor { train: _, api, lineage, serial, at } = ancestor;
    format!(
        "the state of train `{}` was taken over from {} at {at:.0} (lineage {lineage}, serial {serial})",
        train.name,
        api.name()
    )
}
