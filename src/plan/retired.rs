//! Retired releases: whose source this plan deletes, after whom, and which must wait because somebody still has it.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::Assessed;
use super::holdings::{self, Sources};
use super::{Change, ChangeAction, ChangeDetail, Held, HeldReason, Input};
use crate::name::{Address, Ocid};
use crate::observed::Riders;
use crate::op::Ownership;
use crate::train::Release;

/// What becomes of the sources of retired releases.
#[derive(Debug, Default)]
pub(super) struct Retirement<'a> {
    /// Those that go.
    pub(super) going: Vec<Going<'a>>,
    /// Why the others stay.
    pub(super) held: Vec<Held>,
    /// What the service calls those who keep them there.
    pub(super) names: Riders,
}

/// A source that goes.
#[derive(Debug)]
pub(super) struct Going<'a> {
    /// Its release.
    pub(super) release: &'a Release,
    /// Its id.
    pub(super) id: Ocid,
    /// Whose it must be.
    pub(super) owner: Ownership,
    /// Whether it is gone already, so that it is only forgotten.
    pub(super) gone: bool,
    /// Who is switched off it first by this plan.
    pub(super) leaving: Vec<Ocid>,
}

/// Finds out what becomes of the sources of retired releases.
pub(super) fn settle<'a>(
    input: &Input<'a>,
    sources: &Sources,
    members: &Assessed<'_>,
    losers: &BTreeSet<&Ocid>,
) -> Retirement<'a> {
    let mut retirement = Retirement::default();
    if !input.train.releases.iter().any(|release| release.retired) {
        return retirement;
    }
    // One pass over the instances, not one per release.
    let mut attached: BTreeMap<&Ocid, Riders> = BTreeMap::new();
    for (id, seen) in &input.observed.instances {
        for link in seen.parent.iter().chain(&seen.children) {
            attached.entry(&link.id).or_default().insert(id.clone(), seen.name.clone());
        }
    }
    let switched = members.list.iter().filter(|member| member.switch).map(|member| member.id);
    let switched: BTreeSet<&Ocid> = switched.chain(losers.iter().copied()).collect();
    for (id, group) in &input.observed.groups {
        for link in &group.sources {
            attached.entry(&link.id).or_default().insert(id.clone(), group.name.clone());
        }
    }
    for release in input.train.releases.iter().filter(|release| release.retired) {
        let Some(id) = sources.get(&release.name).and_then(|found| found.id.clone()) else { continue };
        let owner = holdings::ownership(input, Some(release));
        // Whom the service names, and whom we have seen: a list that lags must not let anybody lose its packages.
        let mut riders = attached.remove(&id).unwrap_or_default();
        let named = input.observed.riders.get(&id).into_iter().flatten();
        riders.extend(named.map(|(id, name)| (id.clone(), name.clone())));
        let (leaving, staying): (Riders, Riders) =
            riders.into_iter().partition(|(rider, _)| switched.contains(rider));
        let leaving = leaving.into_keys().collect();
        let Some(seen) = input.observed.sources.get(&id) else {
            retirement.going.push(Going { release, id, owner, gone: true, leaving });
            continue;
        };
        let hold = |reason| {
            let address = Address::Release(release.name.clone());
            Held { address, reason, until: None }
        };
        if seen.owner.as_ref() != Some(&owner) {
            retirement.held.push(hold(HeldReason::NotOurs { source: id }));
            continue;
        }
        if staying.is_empty() {
            retirement.going.push(Going { release, id, owner, gone: false, leaving });
        } else {
            let is_group = |id: &Ocid| input.observed.groups.contains_key(id);
            let (groups, riders) = staying.keys().cloned().partition(is_group);
            retirement.held.push(hold(HeldReason::Ridden { groups, riders }));
            retirement.names.extend(staying);
        }
    }
    retirement
}

impl Going<'_> {
    /// Tells of the deletion.
    pub(super) fn change(&self) -> Change {
        let (id, gone, leaving) = (self.id.clone(), self.gone, self.leaving.len());
        let detail = ChangeDetail::DeleteSource { id, gone, leaving, line: self.release.line };
        Change { address: Address::Release(self.release.name.clone()), action: ChangeAction::Destroy, detail }
    }
}
