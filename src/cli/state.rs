//! `patchtrain state`: looking into the state of a train, and changing it by hand. Only [`accept`] asks
//! a service.
//!
//! Here is what changes nothing; [`surgery`] has what does.

mod accept;
mod surgery;

use std::collections::BTreeSet;

use super::args::{
    OneTrain, StateAction, StateCommand as Arguments, StateDiff, StateHistory, StateList, StateRewrite,
    StateShow,
};
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, exit, lock, workspace};
use crate::apply::Interrupt;
use crate::name::Address;
use crate::render;
use crate::state::State;
use crate::state::inspect::{self, Spellings};
use crate::state::store::{Backup, Backups, Store, TrainStore};
use crate::train::Train;

/// Does what was asked for.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.action {
        StateAction::List(arguments) => list(context, arguments),
        StateAction::Show(arguments) => show(context, arguments),
        StateAction::Pull(arguments) if arguments.journal => journal(context, &arguments.of),
        StateAction::Pull(arguments) => pull(context, &arguments.of),
        StateAction::Diff(arguments) => diff(context, arguments),
        StateAction::History(arguments) => history(context, arguments),
        StateAction::Mv(arguments) => surgery::mv(context, arguments),
        StateAction::Rm(arguments) => surgery::rm(context, arguments),
        StateAction::Push(arguments) => surgery::push(context, arguments),
        StateAction::Restore(arguments) => surgery::restore(context, arguments),
        StateAction::Accept(arguments) => accept::accept(context, arguments),
        StateAction::Rewrite(arguments) => rewrite(context, arguments),
        StateAction::Locks(arguments) => super::locks::list(context, arguments),
    }
}

/// A train and where its state lies.
pub(super) struct Place {
    train: Train,
    store: TrainStore,
}

fn train(context: &Context, of: &OneTrain) -> Result<Train, CliError> {
    let trains = context.workspace.trains(&[])?;
    let why = "a state is of one train, and there are several";
    workspace::one_of(&trains, of.train.as_deref(), why).cloned()
}

pub(super) async fn place(context: &Context, interrupt: &Interrupt, train: Train) -> Result<Place, CliError> {
    Ok(Place { store: context.store(&train, interrupt).await?, train })
}

/// Reads the state of the one train that is meant.
fn state(context: &Context, of: &OneTrain) -> Result<State, CliError> {
    let train = train(context, of)?;
    context.block_on(async |interrupt| context.state(&train, &interrupt).await?.ok_or_else(|| none(&train)))
}

fn none(train: &Train) -> CliError {
    CliError::new(exit::ERROR, format!("train `{}` has no state here", train.name))
        .hint("it has never been applied from here, or the state was moved away: `patchtrain state history` tells what is kept")
}

impl Place {
    /// Finds a replaced snapshot: of the state's lineage, or, where there is no state, of any.
    async fn backup(&self, state: Option<&State>, serial: u64) -> Result<State, CliError> {
        let Backups { mut all, unlisted } = self.store.replaced().await?;
        all.retain(|backup| state.is_none_or(|state| backup.is_of(state)));
        let found: Vec<&Backup> = all.iter().filter(|backup| backup.name.serial == serial).collect();
        let train = &self.train.name;
        match found.as_slice() {
            [backup] => self
                .store
                .backup(backup)
                .await?
                .ok_or_else(|| CliError::new(exit::ERROR, format!("{} is gone", backup.place))),
            [] => {
                let message = format!("no state of serial {serial} of train `{train}` is kept");
                let error = unlisted.into_iter().fold(CliError::new(exit::ERROR, message), CliError::cause);
                Err(error.hint(match all.is_empty() {
                    true => "what an apply or a change by hand replaces is kept, and none was replaced yet"
                        .to_owned(),
                    false => {
                        format!("those kept are: {}", spans(all.iter().map(|backup| backup.name.serial)))
                    }
                }))
            }
            several => {
                let message =
                    format!("{} states of serial {serial} of train `{train}` are kept", several.len());
                let error = CliError::new(exit::ERROR, message);
                let error = several.iter().fold(error, |error, backup| error.cause(backup.place.to_string()));
                let error = error.hint("`patchtrain state push FILE` puts one of them in place");
                Err(self.store.ways().fetch().into_iter().fold(error, CliError::hint))
            }
        }
    }

    /// Returns the highest serial that was ever used, as far as is known.
    pub(super) async fn highest(&self, state: Option<&State>) -> Result<u64, CliError> {
        let kept = self.store.replaced().await?.all.into_iter().map(|backup| backup.name.serial);
        let past = self.store.past().await?.records;
        let noted = past.iter().filter_map(|line| line.left().map(|left| left.serial));
        Ok(kept.chain(noted).chain(state.map(|state| state.serial)).max().unwrap_or_default())
    }
}

/// Writes serials, many in a row as a span of them.
fn spans(serials: impl Iterator<Item = u64>) -> String {
    let serials: BTreeSet<u64> = serials.collect();
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for serial in serials {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == serial => *last = serial,
            _ => spans.push((serial, serial)),
        }
    }
    let words = spans.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn find(spellings: &Spellings<'_>, text: &str) -> Result<Address, CliError> {
    spellings.find(text).map_err(|why| {
        CliError::usage(format!("`{text}` {why}")).hint("`patchtrain state list` shows what is")
    })
}

fn list(context: &Context, arguments: &StateList) -> Result<u8, CliError> {
    let state = state(context, &arguments.of)?;
    context.terminal.print(&match arguments.json {
        true => render::state_records(&state, &state.addresses()),
        false => render::state_addresses(&state),
    })?;
    Ok(exit::DONE)
}

fn show(context: &Context, arguments: &StateShow) -> Result<u8, CliError> {
    let state = state(context, &arguments.of)?;
    let address = find(&Spellings::of(&state), &arguments.address)?;
    context.terminal.print(&match arguments.json {
        true => render::state_records(&state, &[address]),
        false => render::state_record(&state, &address),
    })?;
    Ok(exit::DONE)
}

fn pull(context: &Context, of: &OneTrain) -> Result<u8, CliError> {
    let state = state(context, of)?;
    context.terminal.print(&render::state_json(&state))?;
    Ok(exit::DONE)
}

fn rewrite(context: &Context, arguments: &StateRewrite) -> Result<u8, CliError> {
    let train = train(context, &arguments.of)?;
    context.block_on(async |interrupt| {
        let (mut session, _) = lock::take(context, &interrupt, &train, &arguments.locking).await?;
        let state = session.rewrite().await?.ok_or_else(|| none(&train))?;
        let how = match train.encryption.as_ref().and_then(|encryption| encryption.passphrase_env.as_ref()) {
            Some(variable) => format!("encrypted with the passphrase in {variable}"),
            None => "plain".to_owned(),
        };
        let (name, serial) = (&train.name, state.serial);
        context.terminal.say(&format!(
            "The state of train {name}, at serial {serial}, is {how}, and so is what is kept beside it."
        ));
        Ok(exit::DONE)
    })
}

fn journal(context: &Context, of: &OneTrain) -> Result<u8, CliError> {
    let train = train(context, of)?;
    let journal = context.block_on(async |interrupt| {
        let place = place(context, &interrupt, train).await?;
        Ok(unless_interrupted(&interrupt, place.store.journal()).await??)
    })?;
    match journal {
        // A torn end is of half a letter at times.
        Some(bytes) => context.terminal.print(&String::from_utf8_lossy(&bytes))?,
        None => context.terminal.say("There is no journal: no run is in progress, and none was cut short."),
    }
    Ok(exit::DONE)
}

fn diff(context: &Context, arguments: &StateDiff) -> Result<u8, CliError> {
    let train = train(context, &arguments.of)?;
    let (before, after) = context.block_on(async |interrupt| {
        let place = place(context, &interrupt, train).await?;
        let now = place.store.load().await?;
        let at = async |serial: u64| match &now {
            Some(state) if state.serial == serial => Ok(state.clone()),
            _ => place.backup(now.as_ref(), serial).await,
        };
        let before = at(arguments.before).await?;
        let after = match arguments.after {
            Some(serial) => at(serial).await?,
            None => now.clone().ok_or_else(|| none(&place.train))?,
        };
        Ok((before, after))
    })?;
    let differences = inspect::compare(&before, &after);
    context.terminal.print(&match arguments.json {
        true => render::state_differences_json(&before, &after, &differences),
        false => render::state_differences(&differences),
    })?;
    if differences.is_empty() {
        context.terminal.say(&format!("Serials {} and {} are the same.", before.serial, after.serial));
        return Ok(exit::DONE);
    }
    Ok(exit::DIFFERENT)
}

fn history(context: &Context, arguments: &StateHistory) -> Result<u8, CliError> {
    let train = train(context, &arguments.of)?;
    let name = train.name.clone();
    let (past, backups, state) = context.block_on(async |interrupt| {
        let place = place(context, &interrupt, train).await?;
        let (past, backups) = (place.store.past().await?, place.store.replaced().await?);
        // A damaged state is when one looks for what to go back to.
        Ok((past, backups, place.store.load().await.ok().flatten()))
    })?;
    if !past.unreadable.is_empty() {
        let lines: Vec<String> = past.unreadable.iter().map(usize::to_string).collect();
        context.terminal.say(&format!("Warning: {} is damaged in line {}", past.place, lines.join(", ")));
    }
    let Backups { all: backups, unlisted } = backups;
    if let Some(why) = unlisted {
        context.terminal.say(&format!("Warning: older states may be kept that are not shown: {why}"));
    }
    if past.records.is_empty() && backups.is_empty() && !arguments.json {
        context.terminal.say(&format!("No history: nothing is on record of train `{name}` here."));
        return Ok(exit::DONE);
    }
    context.terminal.print(&match arguments.json {
        true => render::history_json(&past.records, &backups),
        false => render::history(
            &past.records,
            &backups,
            state.as_ref(),
            context.terminal.style(render::Detail::Full),
        ),
    })?;
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_serials_in_a_row_are_told_as_a_span() {
        for (serials, told) in [
            (&[][..], ""),
            (&[7], "7"),
            (&[7, 8], "7, 8"),
            (&[8, 7, 9, 7], "7 to 9"),
            (&[1, 3, 4, 5, 9, 10], "1, 3 to 5, 9, 10"),
        ] {
            assert_eq!(spans(serials.iter().copied()), told);
        }
    }
}
