//! What others made and the train takes over as it is: whether it can be, and what a reviewer is shown of it. Found by its
//! id and by nothing else.
//!
//! Taking over changes whose something is and nothing it does: its tags, and the state. A source must hold the release
//! before that; a group is taken with whom and what it has, and moved by the same plan like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::holdings::{GroupFound, Groups, SourceFound, Sources};
use super::{Action, Input, Note, Refusal, Step};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Candidate, Precondition, SeenGroup, SourceLink};
use crate::op::{Binding, Op, Ownership};
use crate::package::{Package, PackageSet};
use crate::state::State;
use crate::train::{Import, Imported, Release, Train};

/// Something that is taken over, as a plan tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedImport {
    /// What it becomes.
    pub address: Address,
    /// What it is.
    pub id: Ocid,
    /// Its display name, which it keeps.
    pub name: Arc<str>,
    /// Whose it says it is; none where its tags name nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Ownership>,
    /// What it is taken over with.
    pub with: Takeover,
    /// The line of the train file that says so; none where it was asked for on the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What something is taken over with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Takeover {
    /// A source.
    Source {
        /// How many packages it holds, which are the release's.
        packages: usize,
    },
    /// A group.
    Group {
        /// Its members.
        members: Vec<Ocid>,
        /// The sources that it has, in a service that binds groups; else those that its members ride, with how many do.
        sources: Vec<Attached>,
    },
}

/// A source that a group or some of its members have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attached {
    /// The source; none for members without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceLink>,
    /// How many members have it; none where the group has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<usize>,
}

/// Why something cannot be imported; in words that go on from its name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unimportable {
    /// There is no such thing.
    #[error("the service has no such {0}, or does not show it to this user")]
    NotThere(&'static str),
    /// Nobody has looked at it.
    #[error("it was not looked at when the inventory was made; plan without --refresh=false")]
    Unread,
    /// It cannot be used.
    #[error("it is {0} now, and only what is ACTIVE can be taken over")]
    State(Arc<str>),
    /// The train would not find it again.
    #[error("it lies in the compartment {found}, and the train's is {own}; move it there first")]
    Elsewhere {
        /// Where it lies.
        found: Ocid,
        /// Where it would have to.
        own: Ocid,
    },
    /// The service lets it be no train's.
    #[error("it {0}")]
    Barred(Arc<str>),
    /// It is for other instances.
    #[error("it is for {found}, and the train for {own}")]
    System {
        /// What it is for.
        found: String,
        /// What the train is for.
        own: String,
    },
    /// Its release is to go.
    #[error(
        "the release is retired, so that its source would only be deleted; delete that in the service, or `retired` here"
    )]
    Retired,
    /// The train has one already.
    #[error("{of} has {id} already; if that is not the one, forget it first: `patchtrain state rm {of}`")]
    Another {
        /// What has one.
        of: String,
        /// That one.
        id: Ocid,
    },
    /// The train file says that the group is another one.
    #[error("the train file says that the group is {0} (`id`); correct or remove that there first")]
    Said(Ocid),
    /// Another train file has it.
    #[error(
        "it is group.{group} of {file}: a group is one train's, so delete it there first, or name another there by its `id`"
    )]
    Claimed {
        /// The group there.
        group: GroupName,
        /// The file.
        file: String,
    },
    /// Another train file takes it over.
    #[error("{0} imports it, too: it can be one train's, so delete that there first")]
    Contested(String),
    /// It is something else of the train already.
    #[error("it is {0} of this train already")]
    Others(String),
    /// It hangs under something that instances cannot have.
    #[error(
        "it is a child of {0}, which is not the train's own parent source, so that no instance can be put on it"
    )]
    Child(Ocid),
    /// It does not hold the release.
    #[error(
        "it does not hold the release: {}; `patchtrain diff {release} service:{id}` shows it in full. Have the one be \
         what the other is, and nothing else is in the way",
        differences(missing, foreign)
    )]
    Differs {
        /// The release.
        release: ReleaseName,
        /// The source.
        id: Ocid,
        /// Packages of the release that it lacks.
        missing: Vec<Package>,
        /// Packages that are not the release's.
        foreign: Vec<Package>,
    },
}

/// How many packages a refusal names of each kind.
const NAMED: usize = 10;

fn differences(missing: &[Package], foreign: &[Package]) -> String {
    let list = |packages: &[Package], what: &str| {
        let mut text = format!("{} {what} (", packages.len());
        let names: Vec<&str> = packages.iter().take(NAMED).map(|package| package.as_str()).collect();
        text.push_str(&names.join(", "));
        if packages.len() > NAMED {
            text.push_str(", ...");
        }
        text.push(')');
        text
    };
    let lists = [(missing, "missing"), (foreign, "not the release's")];
    let lists: Vec<String> = lists
        .iter()
        .filter(|(packages, _)| !packages.is_empty())
        .map(|(packages, what)| list(packages, what))
        .collect();
    lists.join(", ")
}

/// Returns the imports of a train that its state does not know as done.
pub fn pending<'a>(train: &'a Train, state: &'a State) -> impl Iterator<Item = &'a Import> {
    train.imports.iter().filter(move |import| !is_done(&import.of, state))
}

/// Tells whether a state knows something as the train's own.
fn is_done(import: &Imported, state: &State) -> bool {
    match import {
        Imported::Source { release, id } => state.sources.get(release).is_some_and(|record| record.id == *id),
        // One that was only bound is the train's own from now on.
        Imported::Group { group, id } => {
            state.groups.get(group).is_some_and(|record| record.id == *id && record.made)
        }
    }
}

/// Notes the imports that are done: nothing has to stand in the file for them any more.
pub(super) fn done(input: &Input<'_>) -> Option<Note> {
    let written = input.train.imports.iter().filter(|import| import.line.is_some());
    let done = written.filter(|import| is_done(&import.of, input.state));
    let addresses: Vec<Address> = done.map(|import| address(&import.of)).collect();
    (!addresses.is_empty()).then_some(Note::Imported { addresses })
}

fn address(import: &Imported) -> Address {
    match import {
        Imported::Source { release, .. } => Address::Release(release.clone()),
        Imported::Group { group, .. } => Address::Group(group.clone()),
    }
}

/// Returns the source that a release is to take over, where there is one.
pub(super) fn of_release<'a>(input: &Input<'a>, release: &ReleaseName) -> Option<&'a Ocid> {
    pending(input.train, input.state).find_map(|import| match &import.of {
        Imported::Source { release: of, id } if of == release => Some(id),
        _ => None,
    })
}

/// Returns the group that one of the train's is to take over, where there is one.
pub(super) fn of_group<'a>(input: &Input<'a>, group: &GroupName) -> Option<&'a Ocid> {
    pending(input.train, input.state).find_map(|import| match &import.of {
        Imported::Group { group: of, id } if of == group => Some(id),
        _ => None,
    })
}

/// Finds out whether a source can be taken over as a release's.
pub(super) fn source(input: &Input<'_>, release: &Release, id: &Ocid) -> Result<SourceFound, Refusal> {
    let refused = |why| Refusal::Import { of: Address::Release(release.name.clone()), id: id.clone(), why };
    if release.retired {
        return Err(refused(Unimportable::Retired));
    }
    let state = input.state;
    let there = |record: &&crate::state::SourceRecord| input.observed.sources.contains_key(&record.id);
    if let Some(record) = state.sources.get(&release.name).filter(there) {
        let of = format!("release.{}", release.name);
        return Err(refused(Unimportable::Another { of, id: record.id.clone() }));
    }
    if let Some((other, _)) =
        state.sources.iter().find(|(name, record)| record.id == *id && **name != release.name)
    {
        return Err(refused(Unimportable::Others(format!("release.{other}"))));
    }
    candidate(input, id, "software source").map_err(refused)?;
    let Some(seen) = input.observed.sources.get(id) else {
        return Err(refused(Unimportable::NotThere("software source")));
    };
    let own_parent = state.sources.get(&ReleaseName::own_parent()).map(|record| &record.id);
    if let Some(parent) = seen.parent.as_ref().filter(|parent| Some(*parent) != own_parent) {
        return Err(refused(Unimportable::Child(parent.clone())));
    }
    let nothing = PackageSet::default();
    let contents = seen.contents.as_ref().unwrap_or(&nothing);
    let (missing, foreign) =
        (release.packages().difference(contents), contents.difference(release.packages()));
    if !(missing.is_empty() && foreign.is_empty()) {
        let (release, id) = (release.name.clone(), id.clone());
        return Err(refused(Unimportable::Differs { release, id, missing, foreign }));
    }
    Ok(SourceFound {
        id: Some(id.clone()),
        imported: true,
        child: seen.parent.is_some(),
        ..SourceFound::default()
    })
}

/// Finds out whether a group can be taken over as one of the train's.
pub(super) fn group(input: &Input<'_>, name: &GroupName, id: &Ocid) -> Result<GroupFound, Refusal> {
    let refused = |why| Refusal::Import { of: Address::Group(name.clone()), id: id.clone(), why };
    let said = input.train.group(name).and_then(|group| group.id.as_ref());
    if let Some(said) = said.filter(|said| *said != id) {
        return Err(refused(Unimportable::Said(said.clone())));
    }
    let groups = &input.state.groups;
    let another = groups.get(name).filter(|record| record.id != *id);
    if let Some(record) = another.filter(|record| input.observed.groups.contains_key(&record.id)) {
        let of = format!("group.{name}");
        return Err(refused(Unimportable::Another { of, id: record.id.clone() }));
    }
    // One that the train has under another name now is the same group.
    let other = groups.iter().find(|(other, record)| record.id == *id && *other != name);
    if let Some((other, _)) = other.filter(|(other, _)| input.train.group(other).is_some()) {
        return Err(refused(Unimportable::Others(format!("group.{other}"))));
    }
    let seen = candidate(input, id, "managed instance group").map_err(refused)?;
    if let Some(why) = claimed(input, id, &seen.name) {
        return Err(refused(why));
    }
    if !input.observed.groups.contains_key(id) {
        return Err(refused(Unimportable::NotThere("managed instance group")));
    }
    Ok(GroupFound { id: Some(id.clone()), imported: true, ..GroupFound::default() })
}

/// Returns the other train file that has a group: by its id, by its name where that is looked for in the same place, or
/// to be taken over.
fn claimed(input: &Input<'_>, id: &Ocid, called: &str) -> Option<Unimportable> {
    let train = input.train;
    train.neighbours.iter().find_map(|neighbour| {
        let file = || neighbour.file.display().to_string();
        let by_name = neighbour.compartment == train.compartment
            && neighbour.service.may_share_groups_with(&train.service);
        let group = neighbour.groups.iter().find(|group| match &group.id {
            Some(said) => said == id,
            None => by_name && group.name.as_str() == called,
        });
        let contested = || neighbour.imports.iter().any(|import| import.of.id() == id);
        match group {
            Some(group) => Some(Unimportable::Claimed { group: group.name.clone(), file: file() }),
            None => contested().then(|| Unimportable::Contested(file())),
        }
    })
}

/// Checks what is the same for sources and groups.
fn candidate<'a>(input: &Input<'a>, id: &Ocid, what: &'static str) -> Result<&'a Candidate, Unimportable> {
    let seen = input.observed.candidates.get(id).ok_or(Unimportable::Unread)?;
    let seen = seen.as_ref().ok_or(Unimportable::NotThere(what))?;
    let train = input.train;
    if !seen.is_active() {
        return Err(Unimportable::State(seen.lifecycle.clone().unwrap_or_default()));
    }
    if seen.compartment != train.compartment {
        return Err(Unimportable::Elsewhere {
            found: seen.compartment.clone(),
            own: train.compartment.clone(),
        });
    }
    if let Some(bar) = &seen.bar {
        return Err(Unimportable::Barred(bar.clone()));
    }
    let other =
        |found: &Option<Arc<str>>, own: &str| found.as_ref().filter(|found| ***found != *own).cloned();
    if let Some(found) = other(&seen.os, &train.os) {
        return Err(Unimportable::System { found: found.to_string(), own: train.os.clone() });
    }
    if let Some(found) = other(&seen.arch, &train.architecture) {
        return Err(Unimportable::System { found: found.to_string(), own: train.architecture.clone() });
    }
    Ok(seen)
}

/// Returns what must hold just before something is taken over: that it is what was shown.
pub(super) fn as_seen(input: &Input<'_>, id: &Ocid) -> Precondition {
    let source = input.observed.sources.get(id);
    let group = input.observed.groups.get(id);
    Precondition::AsSeen {
        id: id.clone(),
        owner: source.map(|seen| seen.owner.clone()).or(group.map(|seen| seen.owner.clone())).flatten(),
        contents: source.and_then(|seen| seen.contents.as_ref()).map(PackageSet::digest),
        group: group.map(|seen| Box::new(SeenGroup::of(seen))),
    }
}

/// Tells what these steps take over, for people.
pub(super) fn tell(
    input: &Input<'_>,
    (sources, groups): (&Sources, &Groups),
    steps: &[Step],
) -> Vec<PlannedImport> {
    let taken: BTreeSet<&Ocid> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Act { op: Op::AdoptSource { id, .. } | Op::AdoptGroup { id, .. } } => Some(id),
            _ => None,
        })
        .collect();
    let line = |address: &Address| {
        let asked = input.train.imports.iter().find(|import| self::address(&import.of) == *address);
        asked.and_then(|import| import.line)
    };
    let mut imports = Vec::new();
    for (release, found) in sources.iter().filter(|(_, found)| found.imported) {
        let seen = found.id.as_ref().and_then(|id| input.observed.sources.get_key_value(id));
        let Some((id, seen)) = seen else { continue };
        let address = Address::Release(release.clone());
        let packages = seen.contents.as_ref().map_or(0, PackageSet::len);
        imports.push(PlannedImport {
            line: line(&address),
            address,
            id: id.clone(),
            name: seen.name.clone(),
            owner: foreign(input, seen.owner.as_ref()),
            with: Takeover::Source { packages },
        });
    }
    for (group, found) in groups.iter().filter(|(_, found)| found.imported) {
        let seen = found.id.as_ref().and_then(|id| input.observed.groups.get_key_value(id));
        let Some((id, seen)) = seen else { continue };
        let address = Address::Group(group.clone());
        let sources = match input.capabilities.binding {
            Binding::Group => {
                let has = seen.sources.iter().cloned();
                has.map(|source| Attached { source: Some(source), members: None }).collect()
            }
            Binding::Instance => ridden(input, &seen.members),
        };
        imports.push(PlannedImport {
            line: line(&address),
            address,
            id: id.clone(),
            name: seen.name.clone(),
            owner: foreign(input, seen.owner.as_ref()),
            with: Takeover::Group { members: seen.members.iter().cloned().collect(), sources },
        });
    }
    imports.retain(|import| taken.contains(&import.id));
    imports.sort_by(|a, b| a.address.cmp(&b.address));
    imports
}

/// Returns whose something says it is, where that is not this state.
fn foreign(input: &Input<'_>, owner: Option<&Ownership>) -> Option<Ownership> {
    let ours = |owner: &&Ownership| owner.train == input.train.name && owner.lineage == input.state.lineage;
    owner.filter(|owner| !ours(owner)).cloned()
}

fn ridden<'a>(input: &Input<'a>, members: impl IntoIterator<Item = &'a Ocid>) -> Vec<Attached> {
    let mut ridden: BTreeMap<Option<&SourceLink>, usize> = BTreeMap::new();
    for seen in members.into_iter().filter_map(|id| input.observed.instances.get(id)) {
        *ridden.entry(seen.parent.as_ref()).or_default() += 1;
    }
    let attached = |(source, members): (Option<&SourceLink>, usize)| Attached {
        source: source.cloned(),
        members: Some(members),
    };
    ridden.into_iter().map(attached).collect()
}
