//! The inventory: what `apply` and `status` have seen, kept beside the state, and what `plan --refresh=false` is made from.
//! Which one may be used, and what is said where none may; what stands in it is `observed`'s, where it lies the store's.

use std::time::Duration;

use jiff::Timestamp;

use super::connect::Connection;
use super::context::Context;
use super::{CliError, exit, look};
use crate::apply::{self, Interrupt, Uncovered};
use crate::cloud::{Cloud, Watched};
use crate::observed::{Cached, CachedError, Observed};
use crate::plan::Plan;
use crate::render::old;
use crate::state::State;
use crate::state::store::{Place, StoreError, TrainStore};
use crate::train::Train;

/// Keeps what was seen. A cache that cannot be written is no reason to fail.
pub(super) async fn keep<C>(
    context: &Context,
    interrupt: &Interrupt,
    (train, state): (&Train, &State),
    connection: &Connection<C>,
    (observed, seen): (&Observed, Timestamp),
) {
    let label = &connection.label;
    let cached = Cached {
        train: train.name.clone(),
        lineage: lineage(state),
        serial: state.serial,
        service: (label.api.clone(), label.place.clone(), label.compartment.clone()),
        seen,
        surveyed: Some(apply::surveyed(train, state, observed)),
        observed: observed.clone(),
    };
    let store = match context.store(train, interrupt).await {
        Ok(store) => store,
        Err(error) => return warn(context, error),
    };
    let kept = match cached.text() {
        Ok(text) => store.keep_inventory(&text).await,
        Err(error) => {
            let path = store.inventory_place().to_string().into();
            Err(StoreError::Io { action: "write", path, source: error.into() })
        }
    };
    if let Err(error) = kept {
        warn(context, CliError::from(error));
    }
}

/// Says how old what a plan is made from is.
pub(super) fn tell(context: &Context, place: &Place, plan: &Plan, seen: Timestamp) {
    let age = Duration::try_from(plan.created.duration_since(seen)).unwrap_or_default();
    context.terminal.say(&format!(
        "Planned from {}, seen {seen:.0}, {} ago. The service was not asked; `patchtrain apply` looks again before each \
         step",
        place,
        old(age)
    ));
}

/// Reads again what a run may have changed and has not seen since, and keeps that. Where nothing is known from before the
/// run, all is read. What cannot be read is said, and no failure: the next plan from the inventory is then refused.
pub(super) async fn keep_after<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<Watched<C>>,
    (train, plan): (&Train, &Plan),
    known: Option<(Observed, Timestamp)>,
    calls: usize,
) {
    let Ok(Some(state)) = context.state(train, interrupt).await else { return };
    let now = (connection.clock)();
    let read = match known {
        Some((known, since)) => {
            let known = (plan, known, connection.cloud.seen());
            let read =
                look::observe_again(context, interrupt, connection, (train, &state), known, calls).await;
            read.map(|observed| (observed, since))
        }
        None => {
            let read = look::observe_quietly(context, interrupt, connection, (train, &state), calls).await;
            read.map(|observed| (observed, now))
        }
    };
    match read {
        Ok((observed, seen)) => {
            keep(context, interrupt, (train, &state), connection, (&observed, seen)).await;
        }
        Err(error) if error.code == exit::INTERRUPTED => {}
        Err(error) => warn(context, error),
    }
}

fn warn(context: &Context, error: CliError) {
    let error = error.while_doing("what is there now could not be kept for `plan --refresh=false`");
    let text = error.text(false);
    context.terminal.say(text.trim_end().replacen("Error:", "Warning:", 1).as_str());
}

/// Returns what is kept, if a plan may be made from it.
pub(super) async fn load<C>(
    context: &Context,
    interrupt: &Interrupt,
    (train, state): (&Train, &State),
    connection: &Connection<C>,
) -> Result<Cached, CliError> {
    let store = context.store(train, interrupt).await?;
    let place = store.inventory_place();
    let Some(cached) = read(&store).await? else {
        return Err(refused(&place, "there is none yet"));
    };
    let label = &connection.label;
    let here = (label.api.clone(), label.place.clone(), label.compartment.clone());
    let why = if cached.train != train.name {
        format!("it is of train `{}`", cached.train)
    } else if cached.service != here {
        let of = |(api, place, compartment)| format!("{api} in {place}, compartment {compartment}");
        format!("it is of {}, and the train of {}", of(cached.service), of(here))
    } else if cached.lineage != lineage(state) {
        "it is of a state of another lineage".to_owned()
    } else if cached.serial != state.serial {
        let (then, now) = (cached.serial, state.serial);
        format!("it was seen when the state was at serial {then}, and that is at {now} now")
    } else if let Some(why) = short_of(train, state, &cached) {
        why
    } else {
        return Ok(cached);
    };
    Err(refused(&place, &why))
}

/// Says what the train asks for that nobody looked at when this was seen.
fn short_of(train: &Train, state: &State, cached: &Cached) -> Option<String> {
    let Some(surveyed) = &cached.surveyed else {
        return Some("an older patchtrain wrote it, which did not keep what it had looked at".to_owned());
    };
    let uncovered = apply::uncovered(train, state, (&cached.observed, surveyed));
    let named: Vec<String> = uncovered.iter().take(3).map(Uncovered::to_string).collect();
    let more = uncovered.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| {
        format!(
            "it does not tell of {}{more}, for which the train asks since {} was changed",
            named.join(", "),
            train.file.display()
        )
    })
}

/// A state that was never written has a lineage that nobody knows yet.
fn lineage(state: &State) -> Option<crate::op::Lineage> {
    (state.serial > 0).then(|| state.lineage.clone())
}

async fn read(store: &TrainStore) -> Result<Option<Cached>, CliError> {
    let Some(text) = store.inventory().await? else { return Ok(None) };
    let place = store.inventory_place();
    let made = Cached::read(&text).map_err(|error| match error {
        CachedError::Newer { .. } => CliError::new(exit::ERROR, format!("{place}: {error}"))
            .hint("update patchtrain, or plan without --refresh=false"),
        CachedError::Damaged(problem) => CliError::from(StoreError::Damaged {
            place: place.clone(),
            problem,
            way_out: "It is a cache: delete it, and the next `patchtrain status` makes it anew".to_owned(),
        }),
    });
    made.map(Some)
}

fn refused(place: &Place, why: &str) -> CliError {
    CliError::new(exit::REFUSED, format!("no plan can be made from the inventory {place}: {why}"))
        .hint("`patchtrain status` asks the service and makes it anew; so does `patchtrain apply`")
        .hint("or plan without --refresh=false, which asks the service")
}
