//! What changes a state by hand: `state mv`, `rm`, `push` and `restore`. Under the lock, approved, kept as a backup, and
//! written down. With `--dry-run` without the lock, and nothing is written at all.

use std::fmt::Display;

use super::super::args::{Consent, StateMv, StatePush, StateRestore, StateRm};
use super::super::context::Context;
use super::super::signals::unless_interrupted;
use super::super::{CliError, exit, lock, own_state, prompt};
use super::{Place, find, none, place, train};
use crate::apply::Interrupt;
use crate::name::{Address, GroupName};
use crate::render;
use crate::state::inspect::{self, Spellings};
use crate::state::store::{ChangeRecord, Store, TrainSession, read_state};
use crate::state::{State, Unfit, Unrenamable};
use crate::train::{Imported, Train};

pub(super) fn rm(context: &Context, arguments: &StateRm) -> Result<u8, CliError> {
    let words = format!("state rm {}", arguments.addresses.join(" "));
    let operation = Operation::new(context, train(context, &arguments.of)?, &arguments.consent, words)?;
    operation.run(async |_, place, before| {
        let mut after = before.clone().ok_or_else(|| none(&place.train))?;
        let spellings = Spellings::of(before.as_ref().unwrap_or(&after));
        let addresses: Vec<Address> =
            arguments.addresses.iter().map(|text| find(&spellings, text)).collect::<Result<_, _>>()?;
        addresses.iter().for_each(|address| unfindable(context, &place.train, &after, address));
        addresses.iter().for_each(|address| after.forget(address));
        Ok(after)
    })
}

/// Says of a group that the service calls otherwise what its forgetting leads to: only its name would find it.
fn unfindable(context: &Context, train: &Train, state: &State, address: &Address) {
    let Address::Group(name) = address else { return };
    let (Some(declared), Some(record)) = (train.group(name), state.groups.get(name)) else { return };
    let imported = train
        .imports
        .iter()
        .any(|import| matches!(&import.of, Imported::Group { group, .. } if group == name));
    let Some(called) = record.called.as_deref().filter(|called| *called != name.as_str()) else { return };
    if imported || declared.id.is_some() {
        return;
    }
    context.terminal.say(&format!(
        "Warning: the service calls group.{name} `{called}`, so that no plan finds it once it is forgotten: the next one would \
         make another group of the name `{name}`, and leave this one as it is. To have it go on with this one: \
         `patchtrain import group {name} --id {}`",
        record.id
    ));
}

pub(super) fn mv(context: &Context, arguments: &StateMv) -> Result<u8, CliError> {
    let (address, new) = (&arguments.address, &arguments.new);
    let words = format!("state mv {address} {new}");
    let operation = Operation::new(context, train(context, &arguments.of)?, &arguments.consent, words)?;
    let to = renamed(address, new)?;
    let done = operation.run(async |_, place, before| {
        let mut after = before.clone().ok_or_else(|| none(&place.train))?;
        let Address::Group(from) = find(&Spellings::of(&after.clone()), address)? else {
            return Err(unnamed(address));
        };
        if from.wave().is_some() {
            return Err(CliError::usage(format!("`{address}` is a wave, which goes with its group"))
                .hint(format!("rename the group: `patchtrain state mv group.{} {new}`", from.whole())));
        }
        after.rename(&from, &to).map_err(|why| {
            let error = refused_name(address, new, &why);
            match why {
                Unrenamable::Begun { .. } => {
                    error.hint("`patchtrain apply` finds out what became of it; then rename")
                }
                Unrenamable::Taken(_) => {
                    error.hint("choose another name, or forget that first: `patchtrain state rm`")
                }
            }
        })?;
        let declares = place.train.group(&from).is_some_and(|group| group.id.is_none());
        let called = after.groups.get(&to).map(|record| record.called.as_deref().unwrap_or(to.as_str()));
        if let Some(called) = called.filter(|called| declares && *called != from.as_str()) {
            let file = place.train.file.display();
            return Err(CliError::new(exit::ERROR, format!("`{address}` cannot become `{new}` yet"))
                .cause(format!(
                    "{file} still declares {from}, and the service calls the group `{called}`: the next apply would find \
                     none of that name, make another, and delete this one"
                ))
                .hint(format!("edit the train file first: call it `{to}` in {file} (`name`, and in `after` of others)")));
        }
        Ok(after)
    })?;
    let train = &operation.train;
    let file = train.file.display();
    context.terminal.say(&match train.group(&to) {
        Some(_) => format!("{file} declares {new} already: the next plan knows it by that name."),
        None => format!(
            "Now call it so in {file} too (`name`, and in `after` of others), before the next apply: until then that \
             takes the old name back."
        ),
    });
    context.terminal.say("In the service the group keeps its display name, and is found by its OCID.");
    Ok(done)
}

/// Checks what something is to be called. Only groups can be called otherwise.
fn renamed(address: &str, new: &str) -> Result<GroupName, CliError> {
    let kind = |text: &str| text.split_once('.').map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    match (kind(address), kind(new)) {
        (Some((from, _)), Some((to, name))) if from == "group" && to == "group" => GroupName::parse(&name)
            .map_err(|error| CliError::usage(format!("`{new}` is no address: {error}"))),
        (Some((from, _)), Some((to, _))) if from != "group" && from == to => Err(unnamed(address)),
        _ => Err(CliError::usage(format!("`{address}` cannot become `{new}`"))
            .hint("both are addresses of groups: `patchtrain state mv group.web group.frontend`")),
    }
}

/// Says why something keeps the name that it has.
fn unnamed(address: &str) -> CliError {
    let error = CliError::usage(format!("`{address}` cannot be called otherwise"));
    match address.split_once('.').map_or("", |(kind, _)| kind) {
        "release" => error
            .cause(
                "a release keeps its name: its source is named and tagged with that in the service, and levels, histories \
                 and manifests tell by it what was proven",
            )
            .hint("declare a release of the new name with the same packages, `promote` groups to it, and retire this one"),
        "schedule" | "profile" => error.hint("it goes by the name of its group, and is renamed with that"),
        _ => error.hint("an instance is called what the service calls it"),
    }
}

fn refused_name(address: &str, new: &str, why: &Unrenamable) -> CliError {
    CliError::new(exit::ERROR, format!("`{address}` cannot become `{new}`")).cause(why.to_string())
}

pub(super) fn push(context: &Context, arguments: &StatePush) -> Result<u8, CliError> {
    let (file, force) = (arguments.file.display(), arguments.force);
    let words = format!("state push {file}{}", if force { " --force" } else { "" });
    let operation = Operation::new(context, train(context, &arguments.of)?, &arguments.consent, words)?;
    let given = read_state(&arguments.file, &context.sealing(&operation.train)?)?;
    operation.run(async |_, place, before| {
        let train = &place.train;
        let beginning =
            State { api: train.service.api, ..State::new(train.name.clone(), given.lineage.clone()) };
        let current = before.as_ref().unwrap_or(&beginning);
        let what = format!("{file} cannot be the state of train `{}`", train.name);
        given.may_follow(current, force).map_err(|why| match given.may_follow(current, true) {
            Ok(()) => refused(exit::REFUSED, &what, &why).hint("--force puts it in place all the same"),
            Err(_) => refused(exit::ERROR, &what, &why),
        })?;
        Ok(given.clone())
    })
}

pub(super) fn restore(context: &Context, arguments: &StateRestore) -> Result<u8, CliError> {
    let words = format!("state restore {}", arguments.serial);
    let operation = Operation::new(context, train(context, &arguments.of)?, &arguments.consent, words)?;
    operation.run(async |_, place, before| {
        let kept = place.backup(before.as_ref(), arguments.serial).await?;
        let Some(current) = before else {
            own_state::fits(&place.train, &kept)?;
            return Ok(kept);
        };
        let what = format!("serial {} cannot be gone back to", arguments.serial);
        kept.is_akin_to(current, false).map_err(|why| refused(exit::ERROR, &what, &why))?;
        Ok(kept.restored_over(current))
    })
}

fn refused(code: u8, what: &dyn Display, why: &Unfit) -> CliError {
    CliError::new(code, what.to_string()).cause(why.to_string())
}

/// One command that puts a state in another's place.
pub(super) struct Operation<'a> {
    context: &'a Context,
    pub(super) train: Train,
    consent: &'a Consent,
    /// The command, as it was typed.
    words: String,
}

impl<'a> Operation<'a> {
    pub(super) fn new(
        context: &'a Context,
        train: Train,
        consent: &'a Consent,
        words: String,
    ) -> Result<Self, CliError> {
        if !consent.dry_run && !consent.auto_approve && !context.terminal.can_ask {
            return Err(CliError::usage("there is no terminal to ask for approval on")
                .hint("change the state without being asked, with --auto-approve")
                .hint("see what would be done, with --dry-run"));
        }
        Ok(Self { context, train, consent, words })
    }

    /// Finds out with `make` what is to follow the state, and puts it there once that is approved.
    pub(super) fn run(
        &self,
        make: impl AsyncFn(&Interrupt, &Place, &Option<State>) -> Result<State, CliError>,
    ) -> Result<u8, CliError> {
        self.context.block_on(async |interrupt| {
            let place = place(self.context, &interrupt, self.train.clone()).await?;
            if self.consent.dry_run {
                let before = unless_interrupted(&interrupt, place.store.load()).await??;
                let after = make(&interrupt, &place, &before).await?;
                if self.differs(&place, before.as_ref(), &after).await? {
                    self.context.terminal.say("\nNothing was changed.");
                }
                return Ok(exit::DONE);
            }
            let (mut session, before) =
                lock::take(self.context, &interrupt, &self.train, &self.consent.locking).await?;
            let after = make(&interrupt, &place, &before).await?;
            if self.differs(&place, before.as_ref(), &after).await? {
                self.put(&interrupt, &place, &mut session, (before, after)).await?;
            }
            Ok(exit::DONE)
        })
    }

    /// Shows what would change. Tells whether anything would: where an older copy was put in the state's place, that it is
    /// gone on from is a change.
    async fn differs(&self, place: &Place, before: Option<&State>, after: &State) -> Result<bool, CliError> {
        let train = &self.train;
        let nothing = State { api: after.api, ..State::new(train.name.clone(), after.lineage.clone()) };
        let differences = inspect::compare(before.unwrap_or(&nothing), after);
        let put_back = match before {
            Some(before) => place.store.past().await.is_ok_and(|past| past.ahead_of(before).is_some()),
            None => false,
        };
        if differences.is_empty() && before.is_some() && !put_back {
            self.context.terminal.say("The state is so already; nothing was changed.");
            return Ok(false);
        }
        self.context.terminal.print(&match self.consent.dry_run {
            true => render::state_differences(&differences),
            false => render::state_differences_folded(&differences),
        })?;
        Ok(true)
    }

    async fn put(
        &self,
        interrupt: &Interrupt,
        place: &Place,
        session: &mut TrainSession,
        (before, after): (Option<State>, State),
    ) -> Result<(), CliError> {
        let train = &self.train.name;
        let question = format!(
            "\nDo you want to change the state of train {train}?\n  Only the state: nothing in the service is changed by it."
        );
        if !self.consent.auto_approve && !prompt::yes(self.context, interrupt, &question).await? {
            return Err(CliError::new(exit::ERROR, "nothing was changed"));
        }
        let after = after.after(place.highest(before.as_ref()).await?);
        let holder = self.context.holder(train)?;
        let record = ChangeRecord {
            at: holder.since,
            who: holder.who,
            host: holder.host,
            change: self.words.clone(),
            basis: before.as_ref().map_or(0, |before| before.serial),
            serial: after.serial,
            lineage: after.lineage.clone(),
            overrides: Vec::new(),
        };
        session.change(&after, record).await?;
        let back = match &before {
            Some(before) if before.lineage == after.lineage => {
                format!("; `patchtrain state restore {}` goes back", before.serial)
            }
            _ => String::new(),
        };
        self.context
            .terminal
            .say(&format!("\nThe state of train {train} is at serial {}{back}.", after.serial));
        Ok(())
    }
}
