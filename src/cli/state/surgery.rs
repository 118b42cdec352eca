//! What changes a state by hand: `state rm`, `push` and `restore`. Under the lock, approved, kept as a backup, and
//! written down.

use super::super::args::{Consent, StatePush, StateRestore, StateRm};
use super::super::context::Context;
use super::super::{CliError, exit, lock, prompt};
use super::{Place, find, place};
use crate::apply::Interrupt;
use crate::name::Address;
use crate::render;
use crate::state::State;
use crate::state::inspect::{self, Spellings};
use crate::state::store::{ChangeRecord, LocalSession, Session, read_state};

pub(super) fn rm(context: &Context, arguments: &StateRm) -> Result<u8, CliError> {
    let place = place(context, &arguments.of)?;
    context.block_on(async |interrupt| {
        let mut session =
            lock::take(context, &interrupt, &place.train.name, &arguments.consent.locking).await?;
        let before = session.load().await?.ok_or_else(|| place.none())?;
        let spellings = Spellings::of(&before);
        let addresses: Vec<Address> =
            arguments.addresses.iter().map(|text| find(&spellings, text)).collect::<Result<_, _>>()?;
        let mut after = before.clone();
        for address in &addresses {
            after.forget(address);
        }
        let words = format!("state rm {}", arguments.addresses.join(" "));
        let change = Change { place: &place, before: Some(before), after, words };
        change.make(context, &interrupt, &mut session, &arguments.consent).await
    })
}

pub(super) fn push(context: &Context, arguments: &StatePush) -> Result<u8, CliError> {
    let place = place(context, &arguments.of)?;
    let given = read_state(&arguments.file)?;
    context.block_on(async |interrupt| {
        let mut session =
            lock::take(context, &interrupt, &place.train.name, &arguments.consent.locking).await?;
        let before = session.load().await?;
        let file = arguments.file.display();
        let unfit = |why: &dyn std::fmt::Display| {
            CliError::new(exit::ERROR, format!("{file} cannot be the state of train `{}`", place.train.name))
                .cause(why.to_string())
        };
        match &before {
            Some(before) => given.may_follow(before, arguments.force).map_err(|why| {
                let forced = given.may_follow(before, true).is_ok();
                let error = unfit(&why);
                if forced { error.hint("--force puts it in place all the same") } else { error }
            })?,
            None if given.train != place.train.name => {
                return Err(unfit(&format!("it is of train `{}`", given.train)));
            }
            None => {}
        }
        let words = format!("state push {file}{}", if arguments.force { " --force" } else { "" });
        let change = Change { place: &place, before, after: given, words };
        change.make(context, &interrupt, &mut session, &arguments.consent).await
    })
}

pub(super) fn restore(context: &Context, arguments: &StateRestore) -> Result<u8, CliError> {
    let place = place(context, &arguments.of)?;
    context.block_on(async |interrupt| {
        let mut session =
            lock::take(context, &interrupt, &place.train.name, &arguments.consent.locking).await?;
        let before = session.load().await?;
        let (_, kept) = place.backup(before.as_ref(), arguments.serial).await?;
        let words = format!("state restore {}", arguments.serial);
        let change = Change { place: &place, before, after: kept, words };
        change.make(context, &interrupt, &mut session, &arguments.consent).await
    })
}

/// A state that is to take another's place.
struct Change<'a> {
    place: &'a Place,
    before: Option<State>,
    after: State,
    words: String,
}

impl Change<'_> {
    async fn make(
        self,
        context: &Context,
        interrupt: &Interrupt,
        session: &mut LocalSession,
        consent: &Consent,
    ) -> Result<u8, CliError> {
        let train = &self.place.train.name;
        let nothing = State::new(train.clone(), self.after.lineage.clone());
        let before = self.before.as_ref().unwrap_or(&nothing);
        let differences = inspect::compare(before, &self.after);
        if differences.is_empty() && before.lineage == self.after.lineage && self.before.is_some() {
            context.terminal.say("The state is so already; nothing was changed.");
            return Ok(exit::DONE);
        }
        context.terminal.print(&render::state_differences(&differences))?;
        let after = self.after.following(before);
        if consent.dry_run {
            context
                .terminal
                .say(&format!("\nNothing was changed: with approval this would be serial {}.", after.serial));
            return Ok(exit::DONE);
        }
        let question = format!(
            "\nDo you want to change the state of train {train}?\n  Only the state: nothing in the service is changed by it."
        );
        if !consent.auto_approve {
            if !context.terminal.can_ask {
                return Err(CliError::usage("there is no terminal to ask for approval on")
                    .hint("change the state without being asked, with --auto-approve")
                    .hint("see what would be done, with --dry-run"));
            }
            if !prompt::yes(context, interrupt, &question).await? {
                return Err(CliError::new(exit::ERROR, "nothing was changed"));
            }
        }
        let holder = context.holder();
        let record = ChangeRecord {
            at: holder.since,
            who: holder.who,
            host: holder.host,
            change: self.words,
            basis: before.serial,
            serial: after.serial,
        };
        session.change(&after, record).await?;
        let kept = match self.before {
            Some(before) => format!("; `patchtrain state restore {}` goes back", before.serial),
            None => String::new(),
        };
        context.terminal.say(&format!("\nThe state of train {train} is at serial {}{kept}.", after.serial));
        Ok(exit::DONE)
    }
}
