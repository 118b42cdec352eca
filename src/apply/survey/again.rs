//! The look after a run: what it may have changed is read again, and nothing else, so that what is known of the fleet is
//! what is there. Costs as much as was done, not as much as there is.

use std::collections::BTreeSet;

use super::{Groups, Reads, Survey, is_ours, kinds, retired, streams};
use crate::cloud::{Cloud, CloudError, Seen};
use crate::name::{Address, Ocid, ReleaseName};
use crate::observed::{Observed, Scope, Sighting};
use crate::op::Op;
use crate::plan::{Action, Plan};
use crate::state::State;
use crate::train::Train;

/// Reads again what the steps of a plan are about, but for what the run has `seen` after it had changed it, and the groups
/// and sources of its train. `state` is the one after the run. As with [`super::survey`] a call that fails ends it.
pub async fn survey_again<C: Cloud>(
    cloud: &C,
    (train, state): (&Train, &State),
    (plan, known, seen): (&Plan, Observed, Seen),
    parallelism: usize,
    on_progress: impl FnMut(Survey) + Send,
) -> Result<Observed, CloudError> {
    let mut reads = Reads { cloud, parallelism, progress: Survey { done: 0, total: 0 }, on_progress };
    let mut observed = known;
    let touched = touched(plan);

    let groups = Groups::of(train, state);
    let named = groups.names.into_iter().map(|name| Scope::GroupsNamed(name.to_string()));
    let by_id = groups.ids.into_iter().map(Scope::Group);
    let own = ReleaseName::own_parent();
    let releases = train.releases.iter().map(|release| &release.name).chain([&own]);
    let sources = releases.map(|release| Scope::SourcesNamed(format!("{}/{release}", train.name)));
    let Seen { instances: standing, mut inventories } = seen;
    // What is open on them now is looked at before anything is asked of them again.
    let unseen = touched.iter().filter(|id| !standing.contains_key(*id));
    let instances = unseen.cloned().map(Scope::Standing);
    let first: Vec<Scope> = named.chain(sources).chain(instances).collect();
    reads.all(&mut observed, first).await?;
    for (id, instance) in standing {
        observed.learn(Sighting::Instance(id, Some(instance)));
    }
    // What was taken over is called as it was before.
    let renamed = state.sources.iter().filter(|(release, record)| {
        let seen = observed.sources.get(&record.id);
        seen.is_some_and(|seen| *seen.name != *format!("{}/{release}", train.name))
    });
    let renamed = renamed.map(|(_, record)| Scope::Source(record.id.clone()));
    // By their names groups may have gone that still are there under others; and what was deleted, no state has any more.
    let by_id = by_id.chain(renamed).chain(deleted(plan)).collect();
    reads.all(&mut observed, by_id).await?;

    let retired = retired(train, state);
    let ours = observed.sources.iter().filter(|(id, source)| is_ours(id, source, state));
    let contents = ours.filter_map(|(id, source)| {
        let tagged = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
        let goes = retired.ids.contains(id) || tagged.is_some_and(|(name, _)| retired.names.contains(name));
        match goes {
            true => Some(Scope::Source(id.clone())),
            false => (source.contents.is_none() || filled(plan, tagged.map(|(name, _)| name)))
                .then(|| Scope::SourceContents(id.clone())),
        }
    });
    let known = touched.iter().filter(|id| observed.instances.contains_key(*id));
    let unread = known.filter(|id| !inventories.contains_key(*id));
    let second: Vec<Scope> = contents.chain(unread.cloned().map(Scope::Inventory)).collect();
    reads.all(&mut observed, second).await?;
    inventories.retain(|id, _| observed.instances.contains_key(id));
    for (id, inventory) in inventories {
        observed.learn(Sighting::Inventory(id, Some(inventory)));
    }

    let anew = |scope: &Scope, observed: &Observed| match scope {
        Scope::Updates(id) => touched.contains(id) || !observed.updates.contains_key(id),
        Scope::Streams(id) => touched.contains(id) || !observed.streams.contains_key(id),
        _ => true,
    };
    let mut rest: Vec<Scope> = kinds::wanted(&observed, train, state).into_iter().collect();
    rest.extend(streams::wanted(&observed, train, state));
    rest.retain(|scope| anew(scope, &observed));
    if !state.schedules.is_empty() || !observed.schedules.is_empty() {
        rest.push(Scope::Schedules);
    }
    if !state.profiles.is_empty() || !observed.profiles.is_empty() {
        rest.push(Scope::Profiles);
    }
    reads.all(&mut observed, rest).await?;
    Ok(observed)
}

/// Returns the instances that the steps of a plan are about.
fn touched(plan: &Plan) -> BTreeSet<Ocid> {
    let mut touched = BTreeSet::new();
    for step in &plan.steps {
        if let Address::Instance(id) = &step.address {
            touched.insert(id.clone());
        }
        if let Action::Act { op } = &step.action {
            let dismissed = match op {
                Op::Dismiss { instances, .. } => instances.as_slice(),
                _ => &[],
            };
            let crew = op.crew().map_or(&[][..], |(_, instances)| instances);
            touched.extend(crew.iter().chain(dismissed).cloned());
        }
    }
    touched
}

/// Returns what the steps of a plan delete, to see that it is gone.
fn deleted(plan: &Plan) -> Vec<Scope> {
    let deleted = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op: Op::DeleteGroup { group } } => group.id.clone().map(Scope::Group),
        Action::Act { op: Op::DeleteSource { source } } => source.id.clone().map(Scope::Source),
        _ => None,
    });
    deleted.collect()
}

/// Tells whether a plan fills or empties the source of a release.
fn filled(plan: &Plan, release: Option<&ReleaseName>) -> bool {
    plan.steps.iter().any(|step| match &step.address {
        Address::Release(address) => Some(address) == release,
        _ => false,
    })
}
