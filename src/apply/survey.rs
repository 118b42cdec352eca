//! The look at the world that a plan is made from: fleet, contents of our sources, packages of all members.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use crate::cloud::{Cloud, CloudError};
use crate::name::{Ocid, ReleaseName};
use crate::observed::{Observed, Scope, Sighting, Source};
use crate::package::PackageSet;
use crate::state::State;
use crate::train::{Members, Train};

/// How far a survey is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Reads done.
    pub done: usize,
    /// Reads known to be needed.
    pub total: usize,
}

/// Reads what a plan for the train needs, with so many calls in flight.
///
/// Sources that are not this train's are seen without their contents, and instances that no group of the train holds
/// or lists without their packages. An instance that the service drops while it is surveyed stays without packages;
/// any other call that fails ends the survey, since a plan on half a view would shrink groups.
pub async fn survey<C: Cloud>(
    cloud: &C,
    train: &Train,
    state: &State,
    parallelism: usize,
    mut on_progress: impl FnMut(Survey) + Send,
) -> Result<Observed, CloudError> {
    let mut progress = Survey { done: 0, total: 1 };
    on_progress(progress);
    let groups = Groups::of(train, state);
    let mut observed = Observed::default();
    observed.learn(cloud.observe(&fleet(train, state, &groups)).await?);

    let ours = observed.sources.iter().filter(|(id, source)| is_ours(id, source, state));
    // Of a source that is to go, only who has it is of interest.
    let retired = retired(train, state);
    let contents = ours.map(|(id, source)| {
        let tagged = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
        let goes = retired.ids.contains(id) || tagged.is_some_and(|(name, _)| retired.names.contains(name));
        if goes { Scope::Source(id.clone()) } else { Scope::SourceContents(id.clone()) }
    });
    let members = members(&observed, train, &groups).into_iter().map(Scope::Inventory);
    let scopes: Vec<Scope> = contents.chain(members).collect();
    progress = Survey { done: 1, total: 1 + scopes.len() };
    on_progress(progress);

    let reads = scopes.iter().map(|scope| async move { (scope, cloud.observe(scope).await) });
    let mut reads = stream::iter(reads).buffer_unordered(parallelism.max(1));
    while let Some((scope, answer)) = reads.next().await {
        match (scope, answer) {
            (_, Ok(sighting)) => observed.learn(sighting),
            (Scope::Inventory(id), Err(CloudError::Service { status: 404, .. })) => {
                observed.learn(Sighting::Inventory(id.clone(), None));
            }
            (_, Err(error)) => return Err(error),
        }
        progress.done += 1;
        on_progress(progress);
    }
    drop(reads);

    // Whatever would have to be put into a source is looked up before anything is made.
    let wanted = wanted(&observed, train, state);
    if !wanted.is_empty() {
        progress.total += 1;
        on_progress(progress);
        observed.learn(cloud.observe(&Scope::Catalogue(wanted)).await?);
        progress.done += 1;
        on_progress(progress);
    }
    Ok(observed)
}

/// Returns the packages of the train's releases that are not in their sources.
fn wanted(observed: &Observed, train: &Train, state: &State) -> PackageSet {
    let nothing = PackageSet::default();
    let missing = train.releases.iter().filter(|release| !release.retired).flat_map(|release| {
        let recorded = state.sources.get(&release.name).and_then(|record| observed.sources.get(&record.id));
        let tagged = || {
            let holds = |(id, source): &(&Ocid, &Source)| {
                let tags = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
                is_ours(id, source, state) && tags.is_some_and(|(name, _)| *name == release.name)
            };
            observed.sources.iter().find(holds).map(|(_, source)| source)
        };
        let contents =
            recorded.or_else(tagged).and_then(|source| source.contents.as_ref()).unwrap_or(&nothing);
        release.packages().difference(contents)
    });
    missing.collect()
}

/// The retired releases, and the sources recorded for them.
struct Retired<'a> {
    names: BTreeSet<&'a ReleaseName>,
    ids: BTreeSet<&'a Ocid>,
}

fn retired<'a>(train: &'a Train, state: &'a State) -> Retired<'a> {
    let releases = train.releases.iter().filter(|release| release.retired);
    let names: BTreeSet<&ReleaseName> = releases.map(|release| &release.name).collect();
    let ids = names.iter().filter_map(|name| state.sources.get(*name)).map(|record| &record.id).collect();
    Retired { names, ids }
}

/// The groups of the train, by what is known of them.
struct Groups {
    names: BTreeSet<Arc<str>>,
    ids: BTreeSet<Ocid>,
}

impl Groups {
    fn of(train: &Train, state: &State) -> Self {
        let names = train.groups.iter().map(|group| group.name.as_str().into());
        let written = train.groups.iter().filter_map(|group| group.id.clone());
        let recorded = state.groups.values().map(|record| record.id.clone());
        Self { names: names.collect(), ids: written.chain(recorded).collect() }
    }
}

fn listed(train: &Train) -> impl Iterator<Item = &Ocid> {
    train.groups.iter().flat_map(|group| {
        match &group.members {
            Members::Listed(members) => Some(members),
            Members::Service => None,
        }
        .into_iter()
        .flatten()
    })
}

fn fleet(train: &Train, state: &State, groups: &Groups) -> Scope {
    Scope::Fleet {
        instances: listed(train).chain(state.instances.keys()).cloned().collect(),
        groups: groups.names.clone(),
        group_ids: groups.ids.clone(),
    }
}

/// Tells whether a source is this state's: recorded, or tagged with its train and lineage by a run that a crash
/// ended.
fn is_ours(id: &Ocid, source: &Source, state: &State) -> bool {
    let tagged = source.owner.as_ref();
    tagged.is_some_and(|owner| owner.train == state.train && owner.lineage == state.lineage)
        || state.sources.values().any(|record| record.id == *id)
}

/// Returns the members that the service knows: listed, or found in a group of the train.
fn members(observed: &Observed, train: &Train, groups: &Groups) -> BTreeSet<Ocid> {
    let of_train = observed
        .groups
        .iter()
        .filter(|(id, group)| groups.ids.contains(*id) || groups.names.contains(&group.name));
    let found = of_train.flat_map(|(_, group)| &group.members);
    let known = listed(train).chain(found).filter(|id| observed.instances.contains_key(*id));
    known.cloned().collect()
}
