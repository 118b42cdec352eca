//! The look at the world that a plan is made from: fleet, contents of our sources, packages of all members.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use super::selection;
use crate::cloud::{Cloud, CloudError};
use crate::name::{Ocid, ReleaseName};
use crate::observed::{CandidateKind, Observed, Scope, Sighting, Source, Updates};
use crate::op::OpKey;
use crate::package::PackageSet;
use crate::plan;
use crate::state::State;
use crate::train::{Group, Imported, Members, Release, Train};

mod again;
mod covered;
mod kinds;
mod riders;
mod streams;

pub use again::survey_again;
pub use covered::{Uncovered, surveyed, uncovered};

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
    on_progress: impl FnMut(Survey) + Send,
) -> Result<Observed, CloudError> {
    let mut reads = Reads { cloud, parallelism, progress: Survey { done: 0, total: 1 }, on_progress };
    (reads.on_progress)(reads.progress);
    let groups = Groups::of(train, state);
    let mut observed = reads.fleet(train, state, &groups).await?;

    let imports: Vec<&Imported> = plan::pending_imports(train, state).map(|import| &import.of).collect();
    let candidates = candidates(&imports);
    let imported = |id: &Ocid| imports.iter().any(|import| import.id() == id);
    let ours = observed.sources.iter().filter(|(id, source)| is_ours(id, source, state) || imported(id));
    // Of a source that is to go, only who has it is of interest.
    let retired = retired(train, state);
    let contents = ours.map(|(id, source)| {
        let tagged = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
        let goes = retired.ids.contains(id) || tagged.is_some_and(|(name, _)| retired.names.contains(name));
        if goes { Scope::Source(id.clone()) } else { Scope::SourceContents(id.clone()) }
    });
    let members = members(&observed, train, &groups).into_iter().map(Scope::Inventory);
    let scopes: Vec<Scope> = contents.chain(members).chain(candidates).collect();
    let elsewhere = selection::groups_elsewhere(train, &observed);
    reads.all(&mut observed, scopes).await?;
    let mut others = Observed::default();
    reads.all(&mut others, elsewhere).await?;
    observed.compute.elsewhere = others.groups;

    // What updates are for is read only where a level depends on it.
    let kinds = kinds::wanted(&observed, train, state);
    // And streams only of those who may have another one than their release.
    let streams = streams::wanted(&observed, train, state);
    reads.all(&mut observed, kinds.into_iter().chain(streams).collect()).await?;

    if lists_schedules(train, state) {
        reads.all(&mut observed, vec![Scope::Schedules]).await?;
    }

    if !train.vendor_sources.is_empty() {
        reads.all(&mut observed, vec![Scope::Vendors]).await?;
    }
    if lists_profiles(train, state) {
        reads.all(&mut observed, vec![Scope::Profiles]).await?;
    }

    // Whatever would have to be put into a source is looked up before anything is made.
    let wanted = wanted(&observed, train, state);
    if !wanted.is_empty() {
        reads.all(&mut observed, vec![Scope::Catalogue(wanted)]).await?;
    }
    Ok(observed)
}

/// Reads what the imports of a train need that are not done, and nothing else of the fleet: what they are of, what sources
/// hold, who is in groups.
pub async fn survey_imports<C: Cloud>(
    cloud: &C,
    (train, state): (&Train, &State),
    parallelism: usize,
    on_progress: impl FnMut(Survey) + Send,
) -> Result<Observed, CloudError> {
    let mut reads = Reads { cloud, parallelism, progress: Survey { done: 0, total: 1 }, on_progress };
    (reads.on_progress)(reads.progress);
    let imports: Vec<&Imported> = plan::pending_imports(train, state).map(|import| &import.of).collect();
    let groups = imports.iter().filter(|import| matches!(import, Imported::Group { .. }));
    let fleet = Scope::Fleet {
        instances: BTreeSet::new(),
        groups: BTreeSet::new(),
        group_ids: groups.map(|import| import.id().clone()).collect(),
    };
    let mut observed = Observed::default();
    observed.learn(cloud.observe(&fleet).await?);
    reads.done();
    let contents = imports.iter().filter(|import| observed.sources.contains_key(import.id()));
    let contents = contents.map(|import| Scope::SourceContents(import.id().clone()));
    let scopes = contents.chain(candidates(&imports)).collect();
    reads.all(&mut observed, scopes).await?;
    Ok(observed)
}

/// What is asked for by hand, and so what is read of whom it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Updates.
    Updates,
    /// Module streams.
    Streams,
}

/// Reads what updates by hand need: the fleet, and of those instances that `targets` picks from it their packages and
/// what they are offered, or their module streams. One that no group holds, as the golden instance, is read besides.
///
/// An instance that the service drops meanwhile stays without packages; any other call that fails ends it. Whom the
/// service counts no updates for is not asked after.
pub async fn survey_updates<C: Cloud>(
    cloud: &C,
    (train, state): (&Train, &State),
    (besides, asked): (Option<&Ocid>, Asked),
    targets: impl FnOnce(&Observed) -> BTreeSet<Ocid> + Send,
    parallelism: usize,
    on_progress: impl FnMut(Survey) + Send,
) -> Result<Observed, CloudError> {
    let mut reads = Reads { cloud, parallelism, progress: Survey { done: 0, total: 1 }, on_progress };
    (reads.on_progress)(reads.progress);
    let mut observed = reads.fleet(train, state, &Groups::of(train, state)).await?;
    if let Some(id) = besides.filter(|id| !observed.instances.contains_key(*id)) {
        reads.all(&mut observed, vec![Scope::Instance(id.clone())]).await?;
    }
    let mut scopes = Vec::new();
    for id in targets(&observed) {
        let Some(seen) = observed.instances.get(&id) else { continue };
        scopes.push(Scope::Inventory(id.clone()));
        match asked {
            Asked::Streams => scopes.push(Scope::Streams(id)),
            Asked::Updates if seen.is_offered_nothing() => {
                observed.learn(Sighting::Updates(id, Some(Updates::new())));
            }
            Asked::Updates => scopes.push(Scope::Updates(id)),
        }
    }
    reads.all(&mut observed, scopes).await?;
    Ok(observed)
}

/// Reads with so many calls in flight, and tells how far that is.
struct Reads<'a, C, P> {
    cloud: &'a C,
    parallelism: usize,
    progress: Survey,
    on_progress: P,
}

impl<C: Cloud, P: FnMut(Survey) + Send> Reads<'_, C, P> {
    fn done(&mut self) {
        self.progress.done += 1;
        (self.on_progress)(self.progress);
    }

    /// Reads the fleet; before it, where members are selected, what there is to select from: that says which instances
    /// are of interest.
    async fn fleet(&mut self, train: &Train, state: &State, groups: &Groups) -> Result<Observed, CloudError> {
        let mut observed = Observed::default();
        self.all(&mut observed, selection::trees(train)).await?;
        let lists = selection::lists(train, &observed.compute);
        self.all(&mut observed, lists).await?;
        let selected = plan::candidates(train, &observed, false);
        observed.learn(self.cloud.observe(&fleet(train, state, groups, &selected)).await?);
        self.done();
        Ok(observed)
    }

    /// Reads all of them, in whatever order they come.
    async fn all(&mut self, observed: &mut Observed, scopes: Vec<Scope>) -> Result<(), CloudError> {
        if scopes.is_empty() {
            return Ok(());
        }
        self.progress.total += scopes.len();
        (self.on_progress)(self.progress);
        let cloud = self.cloud;
        let reads = scopes.iter().map(|scope| async move { (scope, cloud.observe(scope).await) });
        let mut reads = stream::iter(reads).buffer_unordered(self.parallelism.max(1));
        while let Some((scope, answer)) = reads.next().await {
            match (scope, answer) {
                (_, Ok(sighting)) => observed.learn(sighting),
                (Scope::Inventory(id), Err(CloudError::Service { status: 404, .. })) => {
                    observed.learn(Sighting::Inventory(id.clone(), None));
                }
                (Scope::Updates(id), Err(CloudError::Service { status: 404, .. })) => {
                    observed.learn(Sighting::Updates(id.clone(), None));
                }
                (Scope::Streams(id), Err(CloudError::Service { status: 404, .. })) => {
                    observed.learn(Sighting::Streams(id.clone(), None));
                }
                (_, Err(error)) => return Err(error),
            }
            self.done();
        }
        Ok(())
    }
}

/// Tells whether a plan of the train is about scheduled jobs.
fn lists_schedules(train: &Train, state: &State) -> bool {
    let begun = state.unfinished.keys().any(|key| key.0.starts_with("create-schedule/"));
    begun || !state.schedules.is_empty() || train.groups.iter().any(|group| group.schedule.is_some())
}

/// Tells whether it is about registration profiles.
fn lists_profiles(train: &Train, state: &State) -> bool {
    let begun = state.unfinished.keys().any(|key| key.0.starts_with("create-profile/"));
    begun || !state.profiles.is_empty() || train.groups.iter().any(|group| group.profile)
}

/// Returns the looks at what is to be imported, to see whether it can be.
fn candidates(imports: &[&Imported]) -> Vec<Scope> {
    let look = |import: &&Imported| match import {
        Imported::Source { id, .. } => Scope::Candidate(CandidateKind::Source, id.clone()),
        Imported::Group { id, .. } => Scope::Candidate(CandidateKind::Group, id.clone()),
    };
    imports.iter().map(look).collect()
}

/// Returns the packages of the train's releases that are not in their sources.
fn wanted(observed: &Observed, train: &Train, state: &State) -> PackageSet {
    let nothing = PackageSet::default();
    // What is taken over holds its release, or is refused.
    let imported = |release: &&Release| {
        plan::pending_imports(train, state)
            .any(|import| matches!(&import.of, Imported::Source { release: of, .. } if *of == release.name))
    };
    let made = train.releases.iter().filter(|release| !release.retired && !imported(release));
    let missing = made.flat_map(|release| {
        let source = source_of(observed, release, state).map(|(_, source)| source);
        let contents = source.and_then(|source| source.contents.as_ref()).unwrap_or(&nothing);
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

/// Returns the source that holds a release: the recorded one, or one that a crash left unrecorded, by its tags.
fn source_of<'o>(observed: &'o Observed, release: &Release, state: &State) -> Option<(&'o Ocid, &'o Source)> {
    let recorded = state.sources.get(&release.name);
    let recorded = recorded.and_then(|record| observed.sources.get_key_value(&record.id));
    recorded.or_else(|| {
        let holds = |(id, source): &(&Ocid, &Source)| {
            let tags = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
            is_ours(id, source, state) && tags.is_some_and(|(name, _)| *name == release.name)
        };
        observed.sources.iter().find(holds)
    })
}

/// The groups of the train, by what is known of them.
struct Groups {
    names: BTreeSet<Arc<str>>,
    ids: BTreeSet<Ocid>,
}

impl Groups {
    fn of(train: &Train, state: &State) -> Self {
        // Waves may be groups of the service of their own.
        let waves = |group: &Group| {
            let count = u32::try_from(group.pace.waves.len()).unwrap_or(u32::MAX);
            let name = group.name.clone();
            (1..=count.saturating_add(u32::from(count > 0))).map(move |wave| name.of_wave(wave))
        };
        let names = train.groups.iter().flat_map(|group| waves(group).chain([group.name.clone()]));
        let recorded = state.groups.keys().cloned();
        let names = names.chain(recorded).map(|name| name.as_str().into());
        let written = train.groups.iter().filter_map(|group| group.id.clone());
        let recorded = state.groups.values().map(|record| record.id.clone());
        let imports = plan::pending_imports(train, state).filter_map(|import| match &import.of {
            Imported::Group { id, .. } => Some(id.clone()),
            Imported::Source { .. } => None,
        });
        // What a run that was cut short was taking over.
        let begun = state.unfinished.keys().filter_map(OpKey::adopted_group).map(|(_, id)| id);
        Self { names: names.collect(), ids: written.chain(recorded).chain(imports).chain(begun).collect() }
    }
}

fn listed(train: &Train) -> impl Iterator<Item = &Ocid> {
    train.groups.iter().flat_map(|group| {
        match &group.members {
            Members::Listed(members) => Some(members),
            Members::Service | Members::Selected(_) => None,
        }
        .into_iter()
        .flatten()
    })
}

fn fleet(train: &Train, state: &State, groups: &Groups, selected: &BTreeSet<Ocid>) -> Scope {
    Scope::Fleet {
        instances: listed(train).chain(state.instances.keys()).chain(selected).cloned().collect(),
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

/// Returns the members that the service knows: listed, selected and able to join, or found in a group of the train.
fn members(observed: &Observed, train: &Train, groups: &Groups) -> BTreeSet<Ocid> {
    let of_train = observed
        .groups
        .iter()
        .filter(|(id, group)| groups.ids.contains(*id) || groups.names.contains(&group.name));
    let found = of_train.flat_map(|(_, group)| &group.members);
    let joining = plan::candidates(train, observed, true);
    let known = listed(train).chain(&joining).chain(found).filter(|id| observed.instances.contains_key(*id));
    known.cloned().collect()
}
