//! Whether what an earlier survey has seen is enough for a plan of a train, whose file may have changed since. What a survey
//! would ask today is compared with what that one asked; what it asked besides does no harm.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Groups, candidates, kinds, listed, lists_profiles, lists_schedules, members, streams};
use crate::apply::selection;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::{Observed, Scope, Surveyed, SurveyedRelease};
use crate::plan;
use crate::state::State;
use crate::train::{Imported, Train};

/// Something that an earlier survey did not ask about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uncovered {
    /// A release that is new, or other than it was.
    Release(ReleaseName),
    /// What is to be imported.
    Import(Ocid),
    /// A group.
    Group(GroupName),
    /// A group by its OCID.
    GroupId(Ocid),
    /// An instance, or more of it.
    Instance(Ocid),
    /// A compartment to select from.
    Compartment(Ocid),
    /// Scheduled jobs.
    Schedules,
    /// The vendor's sources.
    Vendors,
    /// Registration profiles.
    Profiles,
}

impl fmt::Display for Uncovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(name) => write!(f, "release.{name}"),
            Self::Group(name) => write!(f, "group.{name}"),
            Self::Import(id) | Self::GroupId(id) | Self::Instance(id) | Self::Compartment(id) => {
                write!(f, "{id}")
            }
            Self::Schedules => f.write_str("scheduled jobs"),
            Self::Vendors => f.write_str("the vendor's sources"),
            Self::Profiles => f.write_str("registration profiles"),
        }
    }
}

/// Says what the survey asked about that has seen this, of a train and a state that are still the same.
pub fn surveyed(train: &Train, state: &State, observed: &Observed) -> Surveyed {
    let groups = Groups::of(train, state);
    let silent = asked(train, &groups, observed).filter(|id| !has_packages(observed, id)).cloned();
    let silent = silent.collect::<Vec<_>>().into_iter().chain(unanswered(train, state, observed));
    Surveyed {
        releases: releases(train, state),
        silent: silent.collect(),
        elsewhere: of_scopes(selection::groups_elsewhere(train, observed)),
        compartments: of_scopes(selection::lists(train, &observed.compute)),
        trees: of_scopes(selection::trees(train)),
        schedules: lists_schedules(train, state),
        vendors: !train.vendor_sources.is_empty(),
        profiles: lists_profiles(train, state),
        group_names: groups.names,
        group_ids: groups.ids,
    }
}

/// Returns what a survey would ask about today and that one did not. Its state is still the same.
pub fn uncovered(
    train: &Train,
    state: &State,
    (observed, surveyed): (&Observed, &Surveyed),
) -> BTreeSet<Uncovered> {
    let mut found: BTreeSet<Uncovered> = BTreeSet::new();
    let known =
        |(name, release): &(ReleaseName, SurveyedRelease)| surveyed.releases.get(name) == Some(release);
    let others = releases(train, state).into_iter().filter(|release| !known(release));
    found.extend(others.map(|(name, _)| Uncovered::Release(name)));
    let imports: Vec<&Imported> = plan::pending_imports(train, state).map(|import| &import.of).collect();
    for scope in candidates(&imports) {
        if let Scope::Candidate(_, id) = scope
            && !observed.candidates.contains_key(&id)
        {
            found.insert(Uncovered::Import(id));
        }
    }
    let groups = Groups::of(train, state);
    let new = train.groups.iter().filter(|group| !surveyed.group_names.contains(group.name.as_str()));
    found.extend(new.map(|group| Uncovered::Group(group.name.clone())));
    found.extend(groups.ids.difference(&surveyed.group_ids).cloned().map(Uncovered::GroupId));
    let elsewhere: BTreeSet<Ocid> = of_scopes(selection::groups_elsewhere(train, observed));
    found.extend(elsewhere.difference(&surveyed.elsewhere).cloned().map(Uncovered::GroupId));
    // Of a tree that was not walked, nothing below it is known.
    let trees: BTreeSet<Ocid> = of_scopes(selection::trees(train));
    let lists: BTreeSet<Ocid> = of_scopes(selection::lists(train, &observed.compute));
    let compartments = trees.difference(&surveyed.trees).chain(lists.difference(&surveyed.compartments));
    found.extend(compartments.cloned().map(Uncovered::Compartment));
    let unread = asked(train, &groups, observed).filter(|id| !has_packages(observed, id)).cloned();
    let unread: Vec<Ocid> = unread.chain(unanswered(train, state, observed)).collect();
    let unread = unread.into_iter().filter(|id| !surveyed.silent.contains(id));
    found.extend(unread.map(Uncovered::Instance));
    found.extend((lists_schedules(train, state) && !surveyed.schedules).then_some(Uncovered::Schedules));
    found.extend((!train.vendor_sources.is_empty() && !surveyed.vendors).then_some(Uncovered::Vendors));
    found.extend((lists_profiles(train, state) && !surveyed.profiles).then_some(Uncovered::Profiles));
    found
}

fn releases(train: &Train, state: &State) -> BTreeMap<ReleaseName, SurveyedRelease> {
    let imported: BTreeSet<&ReleaseName> = plan::pending_imports(train, state)
        .filter_map(|import| match &import.of {
            Imported::Source { release, .. } => Some(release),
            Imported::Group { .. } => None,
        })
        .collect();
    let release = |release: &crate::train::Release| {
        let imported = imported.contains(&release.name);
        let (digest, retired) = (release.digest, release.retired);
        (release.name.clone(), SurveyedRelease { digest, retired, imported })
    };
    train.releases.iter().map(release).collect()
}

/// Returns the instances whose packages are asked for: whoever is listed, is a member, or may become one.
fn asked<'a>(train: &'a Train, groups: &Groups, observed: &'a Observed) -> impl Iterator<Item = &'a Ocid> {
    let members = members(observed, train, groups);
    let mut seen: BTreeSet<&Ocid> = listed(train).collect();
    let members = members.iter().filter_map(|id| observed.instances.get_key_value(id)).map(|(id, _)| id);
    seen.extend(members);
    seen.into_iter()
}

fn has_packages(observed: &Observed, id: &Ocid) -> bool {
    observed.instances.get(id).is_some_and(|seen| seen.inventory.is_some())
}

/// Returns the instances whose updates or streams would be asked for, and are not there.
fn unanswered(train: &Train, state: &State, observed: &Observed) -> Vec<Ocid> {
    let wanted =
        kinds::wanted(observed, train, state).into_iter().chain(streams::wanted(observed, train, state));
    let missing = wanted.filter_map(|scope| match scope {
        Scope::Updates(id) if !observed.updates.contains_key(&id) => Some(id),
        Scope::Streams(id) if !observed.streams.contains_key(&id) => Some(id),
        _ => None,
    });
    missing.collect()
}

/// Returns what scopes of one thing each are of.
fn of_scopes(scopes: Vec<Scope>) -> BTreeSet<Ocid> {
    let ids = scopes.into_iter().filter_map(|scope| match scope {
        Scope::Group(id) | Scope::Compute(id) | Scope::Compartments(id) => Some(id),
        _ => None,
    });
    ids.collect()
}
