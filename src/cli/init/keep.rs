//! `patchtrain init` where there are trains already: makes the stores ready that their files name, and moves states there.

use std::path::Path;

use jiff::Timestamp;

use super::super::args::Init as Arguments;
use super::super::context::Context;
use super::super::signals::unless_interrupted;
use super::super::{CliError, each, exit, lock, own_state};
use crate::apply::Interrupt;
use crate::state::store::{ChangeRecord, Moved};
use crate::train::{self, Keeping, Settings, Train};

/// Makes the stores of the selected trains ready.
pub(super) fn prepare(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.trains)?;
    context.block_on(async |interrupt| {
        let code = each::train(context, &trains, async |train| {
            ready(context, &interrupt, train).await?;
            Ok(exit::DONE)
        })
        .await;
        context.terminal.say("Nothing else was to be made: this folder has trains already.");
        Ok(code)
    })
}

/// Makes one store ready, and says so.
async fn ready(context: &Context, interrupt: &Interrupt, train: &Train) -> Result<(), CliError> {
    context.simulated_bucket(train, interrupt).await?;
    let store = context.store(train, interrupt).await?;
    let notes = unless_interrupted(interrupt, store.prepare()).await??;
    context.terminal.say(&format!("The state of train {} can be kept: {}", train.name, store.place()));
    for note in notes {
        context.terminal.say(&format!("Note: {note}"));
    }
    Ok(())
}

/// Moves the states of the selected trains to the stores that their files name by now.
pub(super) fn migrate(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let mut trains = context.workspace.trains(&arguments.trains)?;
    let before = arguments.from.as_deref().map(old).transpose()?;
    if let Some(before) = &before {
        trains.retain(|train| train.name == before.name);
        if trains.is_empty() {
            let (from, name) = (before.file.display(), &before.name);
            return Err(CliError::usage(format!("{from} is of train `{name}`, which is not selected here"))
                .hint("--from names an older version of a train file that is in trains/"));
        }
    }
    let was = |train: &Train| match &before {
        Some(Settings { service, keeping, .. }) => {
            Train { service: service.clone(), keeping: keeping.clone(), ..train.clone() }
        }
        None => Train { keeping: Keeping::Local, ..train.clone() },
    };
    // Nobody has named those whose state stays where it is, as long as there is one that moves.
    let moving = trains.iter().any(|train| !stays(&was(train), train));
    let named = !arguments.trains.is_empty();
    context.block_on(async |interrupt| {
        Ok(each::train(context, &trains, async |train| {
            let before = was(train);
            if moving && !named && stays(&before, train) {
                let (name, word) = (&train.name, train.keeping.word());
                context.terminal.say(&format!("The state of train {name} stays where it is (`{word}`)."));
                return Ok(exit::DONE);
            }
            one(context, arguments, &interrupt, &before, train).await
        })
        .await)
    })
}

/// Reads the train file that says where the state was.
fn old(path: &Path) -> Result<Settings, CliError> {
    // It need not lie where its manifests are: only its tables count.
    train::load_settings(path).map_err(CliError::problems)
}

/// Tells whether a state is kept in the same place before and after.
fn stays(before: &Train, train: &Train) -> bool {
    before.keeping == train.keeping && before.service.object_storage == train.service.object_storage
}

async fn one(
    context: &Context,
    arguments: &Arguments,
    interrupt: &Interrupt,
    before: &Train,
    train: &Train,
) -> Result<u8, CliError> {
    if stays(before, train) {
        let (name, word) = (&train.name, train.keeping.word());
        return Err(CliError::usage(format!(
            "the state of train `{name}` is kept in `{word}` before and after"
        ))
        .hint("first say in `[state]` of the train file where it goes")
        .hint("where it is not in state/ until now, name the old train file with --from"));
    }
    ready(context, interrupt, train).await?;
    let source = context.opened(before, interrupt).await?;
    let target = context.store(train, interrupt).await?;
    let mut from = lock::on(context, interrupt, before, &source, &arguments.locking).await?;
    let mut to = lock::on(context, interrupt, train, &target, &arguments.locking).await?;
    let holder = context.holder(&train.name)?;
    let record = ChangeRecord {
        at: holder.since,
        who: holder.who.clone(),
        host: holder.host,
        change: format!("init --migrate-state from {}", source.place()),
        basis: 0,
        serial: 0,
        lineage: crate::op::Lineage("".into()),
        overrides: Vec::new(),
    };
    let moved = Moved { to: target.place().to_string(), who: holder.who, at: Timestamp::now() };
    // Not to be dropped halfway without need: a second try goes on from wherever this one got.
    let base = to.take_over(&mut from, &record, moved).await?;
    if base.is_none() {
        // Lost is not the same as never there.
        let (past, kept) = (source.past().await?, source.backups().await?);
        own_state::gone(before, (&source.place(), source.ways()), &past, &kept).map_err(|error| {
            let (file, word) = (train.file.display(), before.keeping.word());
            error.hint(format!(
                "that lies where the state was until now: have {file} say so (`store = \"{word}\"`) until it is there again, and then \
                 move it with `patchtrain init --migrate-state`"
            ))
        })?;
    }
    context.terminal.say(&match base {
        Some(base) => format!(
            "Moved the state of train {} (serial {}) with its history to {}. What is left in {} says so.",
            train.name,
            base.serial,
            target.place(),
            source.place()
        ),
        None => format!("Train {} has no state in {} to be moved.", train.name, source.place()),
    });
    Ok(exit::DONE)
}
