//! What the service has of a release: the source that the state has on record, and whatever else goes by its name.

use std::collections::BTreeSet;

use crate::apply::Interrupt;
use crate::cli::CliError;
use crate::cli::connect::{Connection, Service};
use crate::cli::context::Context;
use crate::cli::look::Reading;
use crate::cli::signals::unless_interrupted;
use crate::cloud::{Cloud, CloudError};
use crate::name::Ocid;
use crate::observed::{Scope, Sighting};
use crate::release::{Found, Held};
use crate::state::State;
use crate::train::{Release, Train};

/// Reads the sources of a release, and shows that it goes on.
pub(super) async fn find(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<Service>,
    (train, state): (&Train, Option<&State>),
    release: &Release,
) -> Result<Found, CliError> {
    let name = &release.name;
    let progress = Reading::start(context, &format!("reading the source of {name}"), name.to_string());
    connection.retries.watch(progress.retries(context));
    let recorded = state.and_then(|state| state.sources.get(name)).map(|record| record.id.clone());
    let display = format!("{}/{name}", train.name);
    let read = unless_interrupted(interrupt, sources(&*connection.cloud, display, recorded)).await;
    connection.retries.unwatch();
    progress.vanish();
    let failed = |error: CloudError| CliError::from(error).while_doing("the service could not be read");
    read?.map(Found::Sources).map_err(failed)
}

async fn sources<C: Cloud>(
    cloud: &C,
    display: String,
    recorded: Option<Ocid>,
) -> Result<Vec<Held>, CloudError> {
    let mut ids: BTreeSet<Ocid> = recorded.into_iter().collect();
    if let Sighting::SourcesNamed(_, found) = cloud.observe(&Scope::SourcesNamed(display)).await? {
        ids.extend(found.into_keys());
    }
    let mut held = Vec::new();
    for id in ids {
        let source = match cloud.observe(&Scope::Source(id.clone())).await? {
            Sighting::Source(_, Some((source, _))) => Some(source),
            _ => None,
        };
        let contents = match &source {
            None => None,
            Some(_) => match cloud.observe(&Scope::SourceContents(id.clone())).await? {
                Sighting::SourceContents(_, contents) => contents,
                _ => None,
            },
        };
        held.push(Held { id, source, contents });
    }
    Ok(held)
}
