//! What a step looks at before it runs, and why it may not.

use super::desk::{Desk, Halt};
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::{Breach, Observed, Precondition, Scope};
use crate::op::{Adjust, Op, Ownership};

/// The smallest look that shows whether an op already holds and whether its precondition does (safety rule 2). A
/// member's groups stand with the member, so nobody reads a whole group to join or leave it.
pub(super) fn scopes(op: &Op) -> Vec<Scope> {
    match op {
        Op::CreateSource { name, .. } => vec![Scope::SourcesNamed(name.clone())],
        Op::AdoptSource { id, .. } => vec![Scope::SourceRow(id.clone()), Scope::SourceContents(id.clone())],
        // The source first: contents are taken in for sources that are known to be there.
        Op::AddPackages { source, .. } | Op::RemovePackages { source, .. } => {
            // By id: one that was imported is called as it was before.
            let by_id = source
                .id
                .iter()
                .flat_map(|id| [Scope::SourceRow(id.clone()), Scope::SourceContents(id.clone())]);
            by_id.collect()
        }
        Op::CreateGroup { group, .. } => vec![Scope::GroupsNamed(group.to_string())],
        // By id: somebody may have given it another name, and it is still ours to delete.
        Op::DeleteGroup { group } => group.id.iter().cloned().map(Scope::Group).collect(),
        Op::AdoptGroup { id, .. } => vec![Scope::Group(id.clone())],
        Op::CreateSchedule { group, .. } => {
            let group = group.id.iter().cloned().map(Scope::Group);
            group.chain([Scope::Schedules]).collect()
        }
        Op::ChangeSchedule { .. } | Op::DeleteSchedule { .. } => vec![Scope::Schedules],
        Op::Join { instance, .. }
        | Op::Leave { instance, .. }
        | Op::Switch { instance, .. }
        | Op::RefreshInstance { instance } => vec![Scope::Standing(instance.clone())],
        // With its open work: no second update is asked for beside one.
        Op::Update { instance, .. } | Op::Patch { instance, .. } => {
            vec![Scope::Instance(instance.clone())]
        }
        // With its packages, which say what is left to be done, or which kernels there are.
        Op::Enforce { instance, .. } | Op::Reboot { instance, .. } => {
            vec![Scope::Instance(instance.clone()), Scope::Inventory(instance.clone())]
        }
        // With the streams, which say whether it is done; an update shows only in what it led to.
        Op::EnableStreams { instance, .. } => {
            vec![Scope::Instance(instance.clone()), Scope::Streams(instance.clone())]
        }
        Op::DeleteSource { source } => source.id.iter().cloned().map(Scope::Source).collect(),
        // Those who join are no members yet: whether they have open work stands with each of them.
        Op::Enroll { group, instances, .. } => {
            let group = group.id.iter().cloned().map(Scope::Group);
            group.chain(instances.iter().cloned().map(Scope::Instance)).collect()
        }
        Op::Attach { group, .. }
        | Op::Detach { group, .. }
        | Op::Dismiss { group, .. }
        | Op::UpdateGroup { group, .. }
        | Op::PatchGroup { group, .. }
        | Op::EnforceGroup { group, .. }
        | Op::EnableGroupStreams { group, .. }
        | Op::Rerun { group, .. }
        | Op::Refresh { group, .. } => group.id.iter().cloned().map(Scope::Group).collect(),
        Op::CreateProfile { group, .. } => {
            let group = group.id.iter().cloned().map(Scope::Group);
            group.chain([Scope::Profiles]).collect()
        }
        Op::DeleteProfile { .. } => vec![Scope::Profiles],
    }
}

/// Looks at what the op touches.
pub(super) async fn look<C: Cloud>(desk: &Desk<C>, op: &Op) -> Result<Observed, Halt> {
    let mut seen = Observed::default();
    for scope in scopes(op) {
        seen.learn(desk.read(&scope).await?);
    }
    Ok(seen)
}

/// Tells whether something that is to be removed is of the kernel that the instance runs now, or may be: where nothing that
/// is installed is of what the service says that it runs, nobody knows which that is.
fn removes_running(seen: &Observed, instance: &Ocid, adjusts: &[Adjust]) -> bool {
    let Some(seen) = seen.instances.get(instance) else { return false };
    adjusts.iter().any(|adjust| match adjust {
        Adjust::Remove(package) => package.is_install_only() && seen.runs(*package) != Some(false),
        Adjust::Install(_) => false,
    })
}

/// The way out where something of our name is somebody else's and cannot be imported.
const RENAME: &str = "rename it there, or delete it: such a thing cannot be imported";

/// Tells why the op may not run on what was just seen, if so. Asked only after "is it already done?".
/// `unheard` says that the op was asked for before and will be asked for with the same token: open work may be its own.
pub(super) fn objection(
    seen: &Observed,
    op: &Op,
    precondition: &Precondition,
    unheard: bool,
) -> Option<String> {
    if let Err(breach) = seen.check(precondition) {
        return Some(breach.to_string());
    }
    // Safety rule 5: one of another lineage is an error that points to import, where it can be imported.
    let foreign = |what: &str, name: &str, id: &dyn std::fmt::Display, way: &str| {
        format!("the service has a {what} named `{name}` ({id}) that is not this state's; {way}")
    };
    match op {
        Op::CreateSource { release, name, owner, .. } => {
            let other = seen.sources.iter().find(|(_, source)| !is(owner, source.owner.as_ref()))?;
            // Ours by all but the digest in its tags.
            let ours = other.1.owner.as_ref().is_some_and(|seen| {
                (&seen.train, &seen.lineage) == (&owner.train, &owner.lineage)
                    && seen.release.as_ref().map(|(release, _)| release)
                        == owner.release.as_ref().map(|(release, _)| release)
            });
            if ours {
                return Some(format!(
                    "the software source `{name}` ({}) was made from another manifest of this release; restore the \
                     manifest, or give the new content a new release name",
                    other.0
                ));
            }
            let way = match release.is_own_parent() {
                true => RENAME.to_owned(),
                false => format!(
                    "rename yours, or take it over: `patchtrain import release {release} --source {}`",
                    other.0
                ),
            };
            Some(foreign("software source", name, other.0, &way))
        }
        Op::CreateGroup { group, owner, .. } => {
            let other = seen.groups.iter().find(|(_, seen)| !is(owner, seen.owner.as_ref()))?;
            let way =
                format!("rename yours, or take it over: `patchtrain import group {group} --id {}`", other.0);
            Some(foreign("group", group.as_str(), other.0, &way))
        }
        // Somebody may have booted it since the plan was made.
        Op::Enforce { instance, adjusts, .. } if removes_running(seen, instance, adjusts) => Some(
            "a kernel that is to be removed is the one that it runs now, or nobody knows which it runs"
                .to_owned(),
        ),
        // Safety rule 6: never a second update beside an open one, whatever the plan says.
        Op::Update { instance, .. }
        | Op::Patch { instance, .. }
        | Op::Enforce { instance, .. }
        | Op::EnableStreams { instance, .. }
        | Op::Reboot { instance, .. } => match seen.instances.get(instance) {
            None => Some(Breach::InstanceGone.to_string()),
            Some(seen) => seen
                .open_work
                .first()
                .map(|ticket| Breach::OpenWork { ticket: ticket.to_string() }.to_string()),
        },
        Op::Join { instance, .. } | Op::Switch { instance, .. } | Op::RefreshInstance { instance } => {
            (!seen.instances.contains_key(instance)).then(|| Breach::InstanceGone.to_string())
        }
        Op::CreateSchedule { group, name, owner, .. } => {
            if !seen.group_id(group).is_some_and(|id| seen.groups.contains_key(&id)) {
                return Some(format!("the service no longer knows group {}", group.group));
            }
            let other = seen
                .schedules
                .iter()
                .find(|(_, seen)| *seen.job.name == **name && !is(owner, seen.owner.as_ref()))?;
            Some(foreign("scheduled job", name, other.0, RENAME))
        }
        Op::CreateProfile { group, name, owner, .. } => {
            let Some(target) = seen.group_id(group).filter(|id| seen.groups.contains_key(id)) else {
                return Some(Breach::GroupGone { group: group.group.to_string() }.to_string());
            };
            let other = seen
                .profiles
                .iter()
                .find(|(_, seen)| *seen.name == **name && !is(owner, seen.owner.as_ref()))
                .or_else(|| {
                    seen.profiles.iter().find(|(_, seen)| {
                        is(owner, seen.owner.as_ref())
                            && *seen.name == **name
                            && seen.group.as_ref() != Some(&target)
                    })
                })?;
            Some(foreign("registration profile", name, other.0, RENAME))
        }
        Op::Attach { group, .. }
        | Op::Detach { group, .. }
        | Op::Enroll { group, .. }
        | Op::UpdateGroup { group, .. }
        | Op::PatchGroup { group, .. }
        | Op::EnforceGroup { group, .. }
        | Op::EnableGroupStreams { group, .. }
        | Op::Rerun { group, .. }
        | Op::Refresh { group, .. } => {
            let known = group.id.as_ref().and_then(|id| seen.groups.get(id));
            let Some(known) = known else {
                return Some(Breach::GroupGone { group: group.group.to_string() }.to_string());
            };
            // Safety rule 6, for whoever is to install something.
            let busy = op.installs().iter().find_map(|id| known.busy.get(id)).filter(|_| !unheard);
            busy.map(|ticket| Breach::OpenWork { ticket: ticket.to_string() }.to_string())
        }
        Op::AddPackages { .. }
        | Op::RemovePackages { .. }
        | Op::DeleteGroup { .. }
        | Op::Leave { .. }
        | Op::DeleteSource { .. }
        | Op::AdoptSource { .. }
        | Op::AdoptGroup { .. }
        | Op::ChangeSchedule { .. }
        | Op::DeleteSchedule { .. }
        | Op::Dismiss { .. }
        | Op::DeleteProfile { .. } => None,
    }
}

fn is(owner: &Ownership, seen: Option<&Ownership>) -> bool {
    seen == Some(owner)
}
