//! What is ours on the service: the source of each release, the service's group of each group. Found by the id in
//! the state, else by the tags that a crash cannot separate from the thing; never by display name alone.

use std::collections::BTreeMap;

use super::crews::{self, Crew, Crews};
use super::{Input, Refusal, imports};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::Riding;
use crate::op::{OpKey, Ownership, ParentRef, SourceRef};
use crate::package::{Package, PackageSet};
use crate::train::{Layout, Members, Release};

/// The source of a release, as found.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceFound {
    /// Its id; none when it must be made.
    pub(super) id: Option<Ocid>,
    /// Whether the state has lost it (a crash before it was recorded), so that it is adopted.
    pub(super) adopt: bool,
    /// Whether others made it, and the train takes it over.
    pub(super) imported: bool,
    /// Whether it goes by another name than ours do, so that it is found by its id alone.
    pub(super) renamed: bool,
    /// Whether the state knew one that is gone.
    pub(super) gone: bool,
    /// Whether it was once proven to hold the whole release; what differs since then is drift.
    pub(super) proven: bool,
    /// Packages of the release that it lacks.
    pub(super) missing: Vec<Package>,
    /// Packages in it that are not the release's.
    pub(super) foreign: Vec<Package>,
    /// Whether its release is retired, so that it is only kept until it can be deleted.
    pub(super) retired: bool,
    /// Whether it is, or will be, a child of the train's own parent. What is there stays what it is: the service lets
    /// nobody change a source's parent.
    pub(super) child: bool,
}

impl SourceFound {
    /// Tells whether anything has to be done to it.
    pub(super) fn has_work(&self) -> bool {
        let whole = self.proven && self.missing.is_empty() && self.foreign.is_empty();
        !self.retired && (self.id.is_none() || self.adopt || !whole)
    }
}

/// The service's group of a train's group, as found.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupFound {
    /// Its id; none when it must be made.
    pub(super) id: Option<Ocid>,
    /// Whether the state has lost it, so that it is adopted.
    pub(super) adopt: bool,
    /// Whether others made it, and the train takes it over.
    pub(super) imported: bool,
    /// Whether the state knew one that is gone.
    pub(super) gone: bool,
}

pub(super) type Sources = BTreeMap<ReleaseName, SourceFound>;
pub(super) type Groups = BTreeMap<GroupName, GroupFound>;

/// Returns the display name of a release's source.
pub(super) fn source_name(input: &Input<'_>, release: &ReleaseName) -> String {
    format!("{}/{release}", input.train.name)
}

/// Returns the tags of a release's source, or of a group.
pub(super) fn ownership(input: &Input<'_>, release: Option<&Release>) -> Ownership {
    Ownership {
        train: input.train.name.clone(),
        lineage: input.state.lineage.clone(),
        release: release.map(|release| (release.name.clone(), release.digest)),
    }
}

/// Returns how ops refer to a release's source.
pub(super) fn source_ref(sources: &Sources, release: &ReleaseName) -> SourceRef {
    let id = |release: &ReleaseName| sources.get(release).and_then(|found| found.id.clone());
    let child = sources.get(release).is_some_and(|found| found.child);
    let under = child.then(|| ParentRef { id: id(&ReleaseName::own_parent()) });
    SourceRef { release: release.clone(), id: id(release), under }
}

/// Returns how the attachments of instances are read. Also what the train no longer declares is a release of ours.
pub(super) fn riding(input: &Input<'_>, sources: &Sources) -> Riding {
    let found = sources.iter().filter_map(|(release, found)| Some((found.id.clone()?, release.clone())));
    let recorded = input.state.sources.iter().map(|(release, record)| (record.id.clone(), release.clone()));
    let mut releases: BTreeMap<Ocid, ReleaseName> = recorded.chain(found).collect();
    releases.retain(|_, release| !release.is_own_parent());
    let parent = sources.get(&ReleaseName::own_parent()).and_then(|found| found.id.clone());
    Riding { parent, releases }
}

/// Finds the source of every declared release, and the train's own parent where one of them hangs under it.
pub(super) fn sources(input: &Input<'_>, refusals: &mut Vec<Refusal>) -> Sources {
    let index = Index::of(input);
    let mut sources = Sources::new();
    for release in &input.train.releases {
        match index.find(input, release) {
            Ok(found) => {
                sources.insert(release.name.clone(), found);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    let own = input.train.own_parent();
    let wanted = sources.values().any(|found| found.child && !found.retired);
    match index.find(input, &own) {
        // Once made it stays, whether or not anything hangs under it.
        Ok(found) if wanted || found.id.is_some() => {
            sources.insert(own.name.clone(), found);
        }
        Ok(_) => {}
        Err(refusal) => refusals.push(refusal),
    }
    for release in &input.train.releases {
        let Some(found) = sources.get(&release.name) else { continue };
        // Told before anything is made: a source that cannot be filled is no release.
        let unoffered =
            found.missing.iter().copied().filter(|package| input.observed.unoffered.contains(*package));
        let unoffered: Vec<Package> = unoffered.collect();
        if !unoffered.is_empty() {
            refusals.push(Refusal::NotOffered { release: release.name.clone(), packages: unoffered });
        }
        refusals.extend(orphan(input, &sources, release, found));
    }
    sources
}

/// A child whose parent is not, or no longer, the train's own can be attached nowhere.
fn orphan(input: &Input<'_>, sources: &Sources, release: &Release, found: &SourceFound) -> Option<Refusal> {
    let id = found.id.as_ref().filter(|_| found.child && !found.retired)?;
    let parent = input.observed.sources.get(id)?.parent.clone()?;
    let own = sources.get(&ReleaseName::own_parent()).and_then(|own| own.id.as_ref());
    let orphan = || Refusal::Orphan { release: release.name.clone(), id: id.clone(), parent: parent.clone() };
    (own != Some(&parent)).then(orphan)
}

/// The service's sources, by what they can be found by: one pass over them, not one per release.
struct Index<'a> {
    tagged: BTreeMap<&'a ReleaseName, Vec<(&'a Ocid, &'a Ownership)>>,
    named: BTreeMap<&'a str, Vec<(&'a Ocid, Option<&'a Ownership>)>>,
}

impl<'a> Index<'a> {
    fn of(input: &Input<'a>) -> Self {
        let mut index = Self { tagged: BTreeMap::new(), named: BTreeMap::new() };
        for (id, source) in &input.observed.sources {
            index.named.entry(&source.name).or_default().push((id, source.owner.as_ref()));
            if let Some(owner) = source.owner.as_ref().filter(|owner| is_ours(input, owner))
                && let Some((release, _)) = &owner.release
            {
                index.tagged.entry(release).or_default().push((id, owner));
            }
        }
        index
    }

    /// Finds the source of one release.
    fn find(&self, input: &Input<'_>, release: &Release) -> Result<SourceFound, Refusal> {
        if let Some(id) = imports::of_release(input, &release.name) {
            return imports::source(input, release, id);
        }
        let record = input.state.sources.get(&release.name);
        if let Some(record) = record.filter(|record| record.digest != release.digest) {
            return Err(changed(release, record.digest));
        }
        let known = record.map(|record| &record.id).filter(|id| input.observed.sources.contains_key(*id));
        let lost = self.tagged.get(&release.name).and_then(|tagged| tagged.first());
        let (id, adopt) = match (known, lost) {
            (Some(id), _) => (Some(id.clone()), false),
            (None, Some((id, owner))) => {
                let tagged = owner.release.as_ref().map(|(_, digest)| *digest);
                if let Some(digest) = tagged.filter(|digest| *digest != release.digest) {
                    return Err(changed(release, digest));
                }
                (Some((*id).clone()), true)
            }
            (None, None) => (None, false),
        };
        let seen = id.as_ref().and_then(|id| input.observed.sources.get(id));
        let made_as = input.train.layout == Layout::Child && !release.name.is_own_parent();
        let child = seen.map_or(made_as, |seen| seen.parent.is_some());
        if release.retired {
            // Nothing is made of it or put into it. One that is gone is still on record.
            let id = id.or_else(|| record.map(|record| record.id.clone()));
            return Ok(SourceFound { id, retired: true, child, ..SourceFound::default() });
        }
        let nothing = PackageSet::default();
        let contents = seen.and_then(|seen| seen.contents.as_ref()).unwrap_or(&nothing);
        // One that says it is another train's or lineage's is not ours, whatever the state has recorded: one of the two
        // was changed by hand. One without such tags is nothing to write into; while nothing has to be written, that
        // harms nobody.
        if let Some((id, seen)) = id.as_ref().zip(seen)
            && seen.owner != Some(ownership(input, Some(release)))
            && (contents != release.packages()
                || seen.owner.as_ref().is_some_and(|owner| !is_ours(input, owner)))
        {
            return Err(foreign(release, seen.name.to_string(), id, seen.owner.as_ref()));
        }
        if id.is_none() {
            let name = source_name(input, &release.name);
            if let Some((id, owner)) = self.named.get(name.as_str()).and_then(|same| same.first()) {
                return Err(foreign(release, name, id, *owner));
            }
        }
        let renamed = seen.is_some_and(|seen| *seen.name != *source_name(input, &release.name));
        Ok(SourceFound {
            missing: release.packages().difference(contents),
            foreign: contents.difference(release.packages()),
            // One whose deletion we began is gone because of us.
            gone: record.is_some()
                && known.is_none()
                && !input.state.unfinished.contains_key(&OpKey::delete_source(&release.name)),
            proven: known.is_some() && record.is_some_and(|record| record.proven.is_some()),
            adopt,
            imported: false,
            renamed,
            id,
            retired: false,
            child,
        })
    }
}

fn foreign(release: &Release, name: String, id: &Ocid, owner: Option<&Ownership>) -> Refusal {
    let owner = Ownership::told(owner);
    Refusal::ForeignSource { release: release.name.clone(), name, id: id.clone(), owner }
}

fn changed(release: &Release, applied: crate::package::Digest) -> Refusal {
    Refusal::ChangedRelease { release: release.name.clone(), manifest: release.digest, applied }
}

fn is_ours(input: &Input<'_>, owner: &Ownership) -> bool {
    owner.train == input.train.name && owner.lineage == input.state.lineage
}

/// Finds the service's group of every declared group, or of each wave of it.
pub(super) fn groups(input: &Input<'_>, crews: &Crews<'_>, refusals: &mut Vec<Refusal>) -> Groups {
    let mut named: BTreeMap<&str, Vec<&Ocid>> = BTreeMap::new();
    for (id, group) in &input.observed.groups {
        named.entry(&group.name).or_default().push(id);
    }
    let mut found = Groups::new();
    for crew in crews.iter() {
        let same_name = named.get(crew.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        match find_group(input, crew, same_name) {
            Ok(one) => {
                found.insert(crew.name.clone(), one);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    found
}

fn find_group(input: &Input<'_>, crew: &Crew<'_>, same_name: &[&Ocid]) -> Result<GroupFound, Refusal> {
    let group = crew.group;
    let name = || crew.name.clone();
    let ours = |id: &Ocid| {
        let owner = input.observed.groups.get(id).and_then(|group| group.owner.as_ref());
        owner.is_some_and(|owner| is_ours(input, owner))
    };
    if let Some(id) = imports::of_group(input, &crew.name) {
        return imports::group(input, &crew.name, id);
    }
    let record = input.state.groups.get(&crew.name);
    let known = record.map(|record| &record.id).filter(|id| input.observed.groups.contains_key(*id));
    // Of one that we did not make, whichever the service has now is the one.
    let made = record.is_some_and(|record| record.made);
    let gone = made && known.is_none();
    // What was ours and says now that it is another's is nobody's to change here. One that is only bound may be anybody's.
    if let Some(id) = known.filter(|id| group.id.as_ref().is_none_or(|said| said == *id))
        && let Some(owner) = others(input, id)
        && (made || group.members != Members::Service)
    {
        let owner = Ownership::told(Some(owner));
        return Err(Refusal::LostGroup { group: name(), id: id.clone(), owner });
    }
    if let Some(id) = &group.id {
        return match (input.observed.groups.contains_key(id), &group.members) {
            (false, _) => Err(Refusal::NoSuchGroup { group: name() }),
            (true, Members::Listed(_) | Members::Selected(_)) if !ours(id) && known != Some(id) => {
                Err(Refusal::ForeignGroup { group: name(), id: id.clone() })
            }
            // One that goes by another name there could not be found again by it; it is bound as it is.
            (true, _) => {
                let adopt = known != Some(id) && ours(id) && same_name.contains(&id);
                Ok(GroupFound { id: Some(id.clone()), adopt, gone, ..GroupFound::default() })
            }
        };
    }
    if let Some(id) = known {
        return Ok(GroupFound { id: Some(id.clone()), gone, ..GroupFound::default() });
    }
    // A run that was cut short has taken it over by its id, whatever it is called.
    let begun = input.state.unfinished.keys().filter_map(OpKey::adopted_group);
    let begun = begun.filter(|(name, id)| *name == crew.name && ours(id)).map(|(_, id)| id).next();
    if begun.is_some() {
        return Ok(GroupFound { id: begun, imported: true, gone, ..GroupFound::default() });
    }
    if let Some((by, id)) = taken(input, &crew.name, same_name) {
        return Err(Refusal::TakenName { group: name(), id, by });
    }
    let own: Vec<&Ocid> = same_name.iter().copied().filter(|id| ours(id)).collect();
    match (own.as_slice(), same_name, &group.members) {
        ([id], _, _) => {
            Ok(GroupFound { id: Some((*id).clone()), adopt: true, gone, ..GroupFound::default() })
        }
        ([_, _, ..], _, _) | ([], [_, _, ..], Members::Service) => {
            let ids = if own.is_empty() { same_name } else { own.as_slice() };
            Err(Refusal::AmbiguousGroup { group: name(), ids: ids.iter().map(|id| (*id).clone()).collect() })
        }
        ([], [id], Members::Service) => {
            Ok(GroupFound { id: Some((*id).clone()), gone, ..GroupFound::default() })
        }
        ([], [], Members::Service) => Err(Refusal::NoSuchGroup { group: name() }),
        ([], [id, ..], Members::Listed(_) | Members::Selected(_)) => {
            Err(Refusal::ForeignGroup { group: name(), id: (*id).clone() })
        }
        ([], [], Members::Listed(_) | Members::Selected(_)) => {
            Ok(GroupFound { gone, ..GroupFound::default() })
        }
    }
}

/// Returns the name that the state has a declared group under, where that is another: it is then the same group of the
/// service, and so what is on record of it is its own.
pub(super) fn known_as<'a>(input: &Input<'a>, group: &GroupName, id: Option<&Ocid>) -> Option<&'a GroupName> {
    let same = input.state.groups.iter().find(|(name, record)| Some(&record.id) == id && *name != group);
    same.map(|(name, _)| name).filter(|name| crews::group(input.train, name).is_none())
}

/// Returns whose a group of the service says it is, where that is another train or lineage. One whose tags name nobody is
/// nobody else's.
pub(super) fn others<'a>(input: &Input<'a>, id: &Ocid) -> Option<&'a Ownership> {
    let owner = input.observed.groups.get(id)?.owner.as_ref();
    owner.filter(|owner| !is_ours(input, owner))
}

/// Returns which other group of the train goes by the group's name in the service, where one does and it would be taken
/// for this one: a group of the train that was renamed here, and not there.
fn taken(input: &Input<'_>, name: &GroupName, same_name: &[&Ocid]) -> Option<(GroupName, Ocid)> {
    let others = input.state.groups.iter().filter(|(other, _)| *other != name);
    let declared = others.filter(|(other, _)| crews::group(input.train, other).is_some());
    let taken = declared.filter(|(_, record)| same_name.contains(&&record.id));
    taken.map(|(other, record)| (other.clone(), record.id.clone())).next()
}
