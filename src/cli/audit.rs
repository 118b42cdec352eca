//! `patchtrain audit`: the evidence of a period as one document. Reads the state's store and, where that is asked for, the
//! service; changes nothing in either.

use jiff::Timestamp;

use super::args::{Audit as Arguments, AuditLayout};
use super::connect::Connector;
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, each, exit, report, write};
use crate::apply::Interrupt;
use crate::render::{self, AuditFormat, Detail};
use crate::report::audit::{self, Audit, AuditInput, Levels, Observation, Period, Which};
use crate::state::State;
use crate::state::store::{Store, TrainStore};
use crate::train::Train;

/// Puts the evidence of the selected trains together: of all of them, or none at all.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let period = period(arguments)?;
    let trains = context.workspace.trains(&arguments.selection.train)?;
    context.block_on(async |interrupt| {
        let mut connector =
            arguments.observe.then(|| Connector::new(context, &arguments.parallelism)).transpose()?;
        let calls = arguments.parallelism.calls();
        let mut audits = Vec::new();
        let code = each::train(context, &trains, async |train| {
            let observed = match &mut connector {
                Some(connector) => {
                    Some(report::of_train(context, &interrupt, connector, train, calls).await?.into())
                }
                None => None,
            };
            audits.push(of_train(context, &interrupt, train, period, observed).await?);
            Ok(exit::DONE)
        })
        .await;
        if code != exit::DONE {
            // Evidence that lacks a train would read as if nothing had happened there.
            context.terminal.say("No audit was written.");
            return Ok(code);
        }
        hand_over(context, arguments, &audits)?;
        Ok(code)
    })
}

fn period(arguments: &Arguments) -> Result<Period, CliError> {
    let since = arguments.since().ok_or_else(|| CliError::usage("--since is before any clock"))?;
    let period = Period { since, until: arguments.until() };
    match period.until {
        Some(until) if until <= since => Err(CliError::usage("--until is not after --since")),
        _ => Ok(period),
    }
}

async fn of_train(
    context: &Context,
    interrupt: &Interrupt,
    train: &Train,
    period: Period,
    observed: Option<Observation>,
) -> Result<Audit, CliError> {
    let store = context.store(train, interrupt).await?;
    let read = async {
        // The journal first: a run that ends between the two then shows as ended.
        let journal = store.journal().await?.is_some_and(|bytes| !bytes.is_empty());
        Ok((journal, store.load().await?, store.past().await?, store.reports().await?))
    };
    let (journal, state, history, reports) =
        unless_interrupted(interrupt, read).await?.map_err(|error: crate::state::store::StoreError| error)?;
    let state = state.as_ref();
    let mut levels = Vec::new();
    for at in [Some(period.since), period.until] {
        let which = audit::which(&history, state, at);
        levels.push(unless_interrupted(interrupt, kept(&store, state, which)).await??);
    }
    let now = levels.pop().unwrap_or(Levels::NotTold);
    let then = levels.pop().unwrap_or(Levels::NotTold);
    Ok(audit::audit(AuditInput {
        train: &train.name,
        period,
        // When the document was made is of this world, whatever the simulator's clock says.
        made: Timestamp::now(),
        history: &history,
        reports: &reports,
        state,
        journal,
        levels: (then, now),
        observed,
    }))
}

/// Reads the levels of a state that was the train's once, if it is kept.
async fn kept(store: &TrainStore, state: Option<&State>, which: Which) -> Result<Levels, CliError> {
    let serial = match which {
        Which::None => return Ok(Levels::NothingApplied),
        Which::NotTold => return Ok(Levels::NotTold),
        Which::Serial(serial) => serial,
    };
    let of = |state: &State| Levels::Kept { serial, groups: audit::levels(state) };
    let Some(state) = state else { return Ok(Levels::NotKept { serial }) };
    if state.serial == serial {
        return Ok(of(state));
    }
    let mut all = store.replaced().await?.all;
    all.retain(|backup| backup.is_of(state) && backup.name.serial == serial);
    // Of two of one serial nobody can say which it was.
    let [backup] = all.as_slice() else { return Ok(Levels::NotKept { serial }) };
    Ok(store.backup(backup).await?.as_ref().map_or(Levels::NotKept { serial }, of))
}

/// Hands the document over, and says what must not be overlooked.
fn hand_over(context: &Context, arguments: &Arguments, audits: &[Audit]) -> Result<(), CliError> {
    let document = render::audit(audits, format(context, arguments));
    match &arguments.out {
        None => context.terminal.print(&document)?,
        Some(path) => {
            write::publish(path, &document).map_err(|error| {
                let what = format!("cannot write the audit {}", path.display());
                CliError::of(exit::ERROR, &error).while_doing(what)
            })?;
            for audit in audits {
                context.terminal.say(&format!("{}: {}", audit.train, render::audit_verdict(audit)));
            }
            context.terminal.say(&format!("Wrote {}", path.display()));
        }
    }
    for audit in audits {
        for gap in render::audit_gaps(audit) {
            context.terminal.say(&format!("Warning: {}: {gap}", audit.train));
        }
    }
    Ok(())
}

/// Returns the format: as asked for, else as the file's name says, else text.
fn format(context: &Context, arguments: &Arguments) -> AuditFormat {
    let extension = || {
        let extension = arguments.out.as_ref()?.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(AuditLayout::Html),
            "json" => Some(AuditLayout::Json),
            "md" | "markdown" => Some(AuditLayout::Markdown),
            _ => None,
        }
    };
    match arguments.format.or_else(extension).unwrap_or(AuditLayout::Text) {
        AuditLayout::Text => {
            let mut style = context.terminal.style(Detail::Full);
            // A file is read elsewhere.
            style.colour &= arguments.out.is_none();
            AuditFormat::Text(style)
        }
        AuditLayout::Markdown => AuditFormat::Markdown,
        AuditLayout::Json => AuditFormat::Json,
        AuditLayout::Html => AuditFormat::Html,
    }
}
