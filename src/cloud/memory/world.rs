//! The world of the in-memory cloud: what each call finds and does there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::fault::{Fault, Script, no_answer, refused};
use crate::cloud::{CloudError, Part, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{
    Erratum, Instance, Inventory, Observed, Profile, Scope, ServiceGroup, ServiceSchedule, Sighting, Source,
    Updates,
};
use crate::op::{Op, OpKey, RetryToken, Ticket, UpdateKind};
use crate::package::{Package, PackageSet, StreamContents};

mod boots;
mod checkins;
mod crew;
mod offers;
mod tokens;

#[derive(Debug)]
pub(super) struct World {
    pub(super) observed: Observed,
    pub(super) script: Script,
    pub(super) latency: Duration,
    pub(super) work_takes: Duration,
    work: BTreeMap<Ticket, Work>,
    /// When open work ends.
    due: BTreeSet<(Instant, Ticket)>,
    answers: HashMap<String, (OpKey, Submitted)>,
    pub(super) calls: BTreeMap<OpKey, usize>,
    pub(super) done: BTreeMap<OpKey, usize>,
    pub(super) observations: usize,
    pub(super) polls: usize,
    pub(super) failing_reads: usize,
    pub(super) failing_polls: usize,
    pub(super) withheld: Vec<Package>,
    stale: BTreeMap<Ocid, Stale>,
    /// What instances are offered, as a test has said.
    pub(super) updates: BTreeMap<Ocid, Updates>,
    /// What the updates of each package are for, by its name; then what is offered follows from the sources.
    pub(super) kinds: Option<BTreeMap<Arc<str>, UpdateKind>>,
    pub(super) errata: Vec<Erratum>,
    pub(super) streams: BTreeMap<Ocid, Vec<StreamContents>>,
    pub(super) stale_contents: usize,
    /// Where agents check in: what time it was at a moment of tokio's clock.
    pub(super) checkins: Option<(Timestamp, Instant)>,
    pub(super) violations: Vec<String>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    /// After so many calls every further one hangs; the last one's effect may still come about.
    pub(super) cut_after: Option<(usize, bool)>,
    pub(super) served: usize,
    /// Whether a boot is asked for as work, which ends when the instance is up.
    pub(super) boots_are_work: bool,
}

#[derive(Debug)]
struct Work {
    op: Op,
    /// Of work for a group: how it goes with each member.
    parts: BTreeMap<Ocid, Part>,
    accepted: Instant,
    due: Option<Instant>,
    fault: Option<Fault>,
    /// None while it is open, then how it ended.
    ended: Option<Result<(), String>>,
}

/// The next so many reads of an inventory show what was there before the next update.
#[derive(Debug)]
struct Stale {
    reads: usize,
    old: Option<Inventory>,
}

impl World {
    pub(super) fn new(observed: Observed) -> Self {
        Self {
            observed,
            script: Script::default(),
            latency: Duration::from_millis(10),
            work_takes: Duration::from_secs(10),
            work: BTreeMap::new(),
            due: BTreeSet::new(),
            answers: HashMap::new(),
            calls: BTreeMap::new(),
            done: BTreeMap::new(),
            observations: 0,
            polls: 0,
            failing_reads: 0,
            failing_polls: 0,
            withheld: Vec::new(),
            stale: BTreeMap::new(),
            updates: BTreeMap::new(),
            kinds: None,
            errata: Vec::new(),
            streams: BTreeMap::new(),
            stale_contents: 0,
            checkins: None,
            violations: Vec::new(),
            in_flight: 0,
            most_in_flight: 0,
            cut_after: None,
            served: 0,
            boots_are_work: false,
        }
    }

    pub(super) fn stale_inventory(&mut self, instance: &Ocid, reads: usize) {
        self.stale.insert(instance.clone(), Stale { reads, old: None });
    }

    pub(super) fn observe(&mut self, scope: &Scope) -> Result<Sighting, CloudError> {
        self.observations += 1;
        if self.failing_reads > 0 {
            self.failing_reads -= 1;
            return Err(no_answer("Observe"));
        }
        Ok(match scope {
            Scope::Fleet { instances, groups, group_ids } => {
                Sighting::Fleet(self.fleet(instances, groups, group_ids))
            }
            Scope::Instance(id) => {
                let seen = self.observed.instances.get(id).cloned();
                let seen = seen.map(|seen| self.check_in(Instance { inventory: None, ..seen }));
                Sighting::Instance(id.clone(), seen)
            }
            // Without its open work, so that nobody takes it from here.
            Scope::Standing(id) => {
                let seen = self.observed.instances.get(id).cloned();
                let bare = |seen| Instance { inventory: None, open_work: Vec::new(), ..seen };
                Sighting::Instance(id.clone(), seen.map(|seen| self.check_in(bare(seen))))
            }
            Scope::Inventory(id) => Sighting::Inventory(id.clone(), self.inventory(id)),
            Scope::ModuleStreams(id) => {
                let known = self.observed.instances.contains_key(id);
                let streams = known.then(|| self.streams.get(id).cloned().unwrap_or_default());
                Sighting::ModuleStreams(id.clone(), streams)
            }
            Scope::Streams(id) => {
                let known = self.observed.instances.contains_key(id);
                let streams = known.then(|| self.observed.streams.get(id).cloned().unwrap_or_default());
                Sighting::Streams(id.clone(), streams)
            }
            Scope::InstancesNamed(name) => {
                let named = self.observed.instances.iter().filter(|(_, instance)| *instance.name == **name);
                let found = named.map(|(id, instance)| {
                    let mut instance = instance.clone();
                    instance.inventory = None;
                    (id.clone(), instance)
                });
                Sighting::InstancesNamed(name.clone(), found.collect())
            }
            Scope::SourceContents(id) => {
                let seen = self.observed.sources.get(id);
                let mut contents = seen.map(|source| source.contents.clone().unwrap_or_default());
                if self.stale_contents > 0 && contents.as_ref().is_some_and(|contents| !contents.is_empty()) {
                    self.stale_contents -= 1;
                    contents = Some(PackageSet::default());
                }
                Sighting::SourceContents(id.clone(), contents)
            }
            Scope::SourcesNamed(name) => {
                let named = self.observed.sources.iter().filter(|(_, source)| *source.name == **name);
                let found = named.map(|(id, source)| {
                    let mut source = source.clone();
                    source.contents = None;
                    (id.clone(), source)
                });
                Sighting::SourcesNamed(name.clone(), found.collect())
            }
            Scope::Catalogue(packages) => {
                let withheld = packages.iter().filter(|package| self.withheld.contains(package));
                Sighting::Catalogue(withheld.collect())
            }
            Scope::Offers(instance, names) => {
                Sighting::Offers(self.offers(instance.as_ref(), names), Vec::new())
            }
            Scope::Schedules => Sighting::Schedules(self.observed.schedules.clone()),
            Scope::Group(id) => Sighting::Group(id.clone(), self.group(id)),
            Scope::Source(id) | Scope::SourceRow(id) => {
                let seen = self.observed.sources.get(id).map(|source| {
                    let source = Source { contents: None, ..source.clone() };
                    (source, self.observed.riders(id))
                });
                Sighting::Source(id.clone(), seen)
            }
            Scope::GroupsNamed(name) => {
                let named = self.observed.groups.iter().filter(|(_, group)| *group.name == **name);
                let found = named.map(|(id, group)| (id.clone(), group.clone()));
                Sighting::GroupsNamed(name.clone(), found.collect())
            }
            Scope::Updates(id) => Sighting::Updates(id.clone(), self.offered(id)),
            Scope::Errata(id) => Sighting::Errata(id.clone(), self.errata_of(id)),
            Scope::Erratum(id) => {
                let found = self.errata.iter().find(|erratum| erratum.id == *id);
                Sighting::Erratum(id.clone(), found.cloned())
            }
            Scope::ErrataSince(since) => Sighting::ErrataSince(*since, self.errata_since(*since)),
            Scope::Compute(id) => {
                let there = self.observed.compute.instances.iter();
                let there = there.filter(|(_, instance)| instance.compartment == *id);
                let found = there.map(|(id, instance)| (id.clone(), instance.clone()));
                Sighting::Compute(id.clone(), found.collect())
            }
            Scope::Compartments(id) => {
                let compute = &self.observed.compute;
                let below = compute.parents.iter().filter(|(_, parent)| compute.is_within(parent, id));
                let found = below.map(|(child, parent)| (child.clone(), parent.clone()));
                Sighting::Compartments(id.clone(), found.collect())
            }
            Scope::Vendors => Sighting::Vendors(self.observed.vendors.clone()),
            Scope::Profiles => Sighting::Profiles(self.observed.profiles.clone()),
            Scope::Candidate(_, id) => {
                Sighting::Candidate(id.clone(), self.observed.candidates.get(id).cloned().flatten())
            }
        })
    }

    fn fleet(
        &self,
        instances: &BTreeSet<Ocid>,
        names: &BTreeSet<Arc<str>>,
        ids: &BTreeSet<Ocid>,
    ) -> Observed {
        let wanted = |id: &Ocid, name: &Arc<str>| ids.contains(id) || names.contains(name);
        let groups = self.observed.groups.iter().filter(|(id, group)| wanted(id, &group.name));
        let members: BTreeSet<&Ocid> = groups.flat_map(|(_, group)| &group.members).collect();
        let mut fleet = Observed {
            groups: self.observed.groups.clone(),
            sources: self.observed.sources.clone(),
            ..Observed::default()
        };
        fleet.sources.values_mut().for_each(|source| source.contents = None);
        for (id, instance) in &self.observed.instances {
            if instances.contains(id) || members.contains(id) {
                let mut instance = instance.clone();
                instance.inventory = None;
                fleet.instances.insert(id.clone(), instance);
            }
        }
        fleet
    }

    fn inventory(&mut self, id: &Ocid) -> Option<Inventory> {
        if let Some(stale) = self.stale.get_mut(id)
            && let Some(old) = &stale.old
        {
            let old = old.clone();
            stale.reads -= 1;
            if stale.reads == 0 {
                self.stale.remove(id);
            }
            return Some(old);
        }
        Some(self.observed.instances.get(id)?.inventory.clone().unwrap_or_default())
    }

    pub(super) fn submit(&mut self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        let key = op.key();
        let calls = self.calls.entry(key.clone()).or_insert(0);
        *calls += 1;
        let fault = self.script.fault(&key, *calls, op);
        self.note_missing_ids(op);
        match &fault {
            Some(Fault::LostCall) => return Err(no_answer("Submit")),
            Some(Fault::Refused { status, code }) => return Err(refused(*status, code)),
            Some(Fault::Vanish) => {
                if let Some(instance) = op.instance() {
                    self.vanish(&instance.clone());
                }
            }
            _ => {}
        }
        let answer = self.serve(op, &key, token, fault.as_ref())?;
        match fault {
            Some(Fault::LostAnswer) => Err(no_answer("Submit")),
            Some(Fault::DoneAndRefused { status, code }) => Err(refused(status, code)),
            _ => Ok(answer),
        }
    }

    /// Does the op, unless its token is one that was served before.
    fn serve(
        &mut self,
        op: &Op,
        key: &OpKey,
        token: &RetryToken,
        fault: Option<&Fault>,
    ) -> Result<Submitted, CloudError> {
        let takes_token = tokens::takes_one(op);
        if let Some((known, answer)) = self.answers.get(&token.0).filter(|_| takes_token) {
            if known == key {
                return Ok(answer.clone());
            }
            self.violations.push(format!("the token of {known} was used for {key}"));
            return Err(refused(409, "InvalidatedRetryToken"));
        }
        if op.instance().is_some_and(|id| !self.observed.instances.contains_key(id)) {
            return Err(refused(404, "NotAuthorizedOrNotFound"));
        }
        let answer = match op {
            Op::Update { instance, .. }
            | Op::Patch { instance, .. }
            | Op::Enforce { instance, .. }
            | Op::EnableStreams { instance, .. } => self.accept(op, instance, fault)?,
            Op::Reboot { instance, .. } if self.boots_are_work => self.accept(op, instance, fault)?,
            crew if crew.crew().is_some() => self.accept_crew(crew, fault)?,
            Op::DeleteGroup { group } => {
                let seen = self.observed.group_id(group).and_then(|id| self.observed.groups.get(&id));
                if seen.is_some_and(|seen| !seen.members.is_empty()) {
                    return Err(refused(409, "IncorrectState"));
                }
                self.advance(op, fault)
            }
            Op::DeleteSource { source } => {
                let id = self.observed.source_id(source);
                if id.is_some_and(|id| !self.observed.riders(&id).is_empty()) {
                    self.violations.push(format!("{key} while instances ride it"));
                    return Err(refused(409, "Conflict"));
                }
                self.advance(op, fault)
            }
            _ => self.advance(op, fault),
        };
        *self.done.entry(key.clone()).or_insert(0) += 1;
        if takes_token {
            self.answers.insert(token.0.clone(), (key.clone(), answer.clone()));
        }
        Ok(answer)
    }

    fn advance(&mut self, op: &Op, fault: Option<&Fault>) -> Submitted {
        if let Op::Switch { instance, .. } = op
            && self.observed.instances.get(instance).is_some_and(|seen| !seen.open_work.is_empty())
        {
            self.violations.push(format!("{} while work of the instance is open", op.key()));
        }
        match (op, fault) {
            (Op::AddPackages { source, packages }, Some(Fault::DropAdds { kept })) => {
                let packages = packages.iter().take(*kept).copied().collect();
                self.observed.advance(&Op::AddPackages { source: source.clone(), packages });
            }
            (Op::Reboot { instance, .. }, Some(fault @ (Fault::IdleUpdate | Fault::StuckWork))) => {
                self.boot_ill(instance, *fault == Fault::IdleUpdate);
            }
            _ => self.observed.advance(op),
        }
        let created = match op {
            Op::CreateSource { owner, .. } => self
                .observed
                .sources
                .iter()
                .find(|(_, source)| source.owner.as_ref() == Some(owner))
                .map(first),
            Op::CreateGroup { group, owner, .. } => {
                let same = |(_, seen): &(&Ocid, &ServiceGroup)| {
                    *seen.name == *group.as_str() && seen.owner.as_ref() == Some(owner)
                };
                self.observed.groups.iter().find(same).map(first)
            }
            Op::CreateSchedule { group, owner, .. } => {
                let same = |(_, seen): &(&Ocid, &ServiceSchedule)| {
                    seen.group.as_ref() == Some(&group.group) && seen.owner.as_ref() == Some(owner)
                };
                self.observed.schedules.iter().find(same).map(first)
            }
            Op::CreateProfile { group, owner, .. } => {
                let target = self.observed.group_id(group);
                let same = |(_, seen): &(&Ocid, &Profile)| {
                    seen.group == target && seen.owner.as_ref() == Some(owner)
                };
                self.observed.profiles.iter().find(same).map(first)
            }
            _ => None,
        };
        Submitted::Done { created }
    }

    fn accept(&mut self, op: &Op, instance: &Ocid, fault: Option<&Fault>) -> Result<Submitted, CloudError> {
        let ticket = Ticket(format!("ocid1.osmsworkrequest.oc1..{}", self.work.len() + 1));
        let Some(seen) = self.observed.instances.get_mut(instance) else {
            return Err(refused(404, "NotAuthorizedOrNotFound"));
        };
        if !seen.status.takes_work() {
            return Err(refused(409, "IncorrectState"));
        }
        if !seen.open_work.is_empty() {
            self.violations.push(format!("{} beside an open work request", op.key()));
        }
        seen.open_work.push(ticket.clone());
        let accepted = Instant::now();
        // A boot that nobody comes up from is given up in the end.
        let ends = fault != Some(&Fault::StuckWork) || matches!(op, Op::Reboot { .. });
        let due = ends.then(|| accepted + self.work_takes);
        let parts = BTreeMap::new();
        let work = Work { op: op.clone(), parts, accepted, due, fault: fault.cloned(), ended: None };
        self.work.insert(ticket.clone(), work);
        self.due.extend(due.map(|due| (due, ticket.clone())));
        Ok(Submitted::Pending { ticket })
    }

    /// Ends the work that is due: it goes on whether or not anybody asks.
    pub(super) fn settle(&mut self, now: Instant) {
        while self.due.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, ticket)) = self.due.pop_first() else { return };
            self.end(&ticket);
        }
    }

    fn end(&mut self, ticket: &Ticket) {
        let Some((op, fault)) = self.work.get(ticket).map(|work| (work.op.clone(), work.fault.clone()))
        else {
            return;
        };
        if op.crew().is_some() {
            return self.end_crew(ticket, &op, fault.as_ref());
        }
        let Some(id) = op.instance() else { return };
        let before = self.observed.instances.get(id).and_then(|seen| seen.inventory.clone());
        let ended = match fault {
            Some(Fault::FailedWork { message }) => Err(message),
            Some(fault @ (Fault::IdleUpdate | Fault::StuckWork)) if matches!(op, Op::Reboot { .. }) => {
                let up = fault == Fault::IdleUpdate;
                self.boot_ill(id, up);
                if up { Ok(()) } else { Err("it did not come up".to_owned()) }
            }
            Some(Fault::IdleUpdate) => Ok(()),
            _ if before.is_none() => Err("the instance is gone".to_owned()),
            _ => {
                // What is of a kind is what the service lists as of it at that time.
                let offered = self.offered(id).unwrap_or_default();
                self.observed.updates.insert(id.clone(), offered);
                self.observed.advance(&op);
                self.observed.updates.clear();
                Ok(())
            }
        };
        if let Some(work) = self.work.get_mut(ticket) {
            work.ended = Some(ended);
        }
        if let Some(stale) = self.stale.get_mut(id)
            && stale.old.is_none()
        {
            stale.old = before;
        }
        if let Some(seen) = self.observed.instances.get_mut(id) {
            seen.open_work.retain(|open| open != ticket);
        }
    }

    pub(super) fn poll(&mut self, ticket: &Ticket) -> Result<Progress, CloudError> {
        self.polls += 1;
        if self.failing_polls > 0 {
            self.failing_polls -= 1;
            return Err(no_answer("GetWorkRequest"));
        }
        let Some(work) = self.work.get(ticket) else { return Err(refused(404, "NotAuthorizedOrNotFound")) };
        if work.op.crew().is_some() {
            return Ok(work.parts());
        }
        Ok(match (&work.ended, work.due) {
            (Some(Ok(())), _) => Progress::Succeeded,
            (Some(Err(message)), _) => Progress::Failed { message: message.clone() },
            (None, None) => Progress::Accepted { since: None },
            (None, Some(due)) => {
                let whole = due.duration_since(work.accepted).as_millis().max(1);
                let gone = work.accepted.elapsed().as_millis();
                Progress::Running { percent: u8::try_from(gone * 100 / whole).unwrap_or(99).min(99) }
            }
        })
    }

    pub(super) fn vanish(&mut self, instance: &Ocid) {
        self.observed.instances.remove(instance);
        self.observed.groups.values_mut().for_each(|group| {
            group.members.remove(instance);
        });
    }

    fn note_missing_ids(&mut self, op: &Op) {
        let mut op = op.clone();
        let missing = op.source_mut().is_some_and(|source| source.id.is_none())
            || op.parent_mut().is_some_and(|parent| parent.id.is_none())
            || op.group_mut().is_some_and(|group| group.id.is_none());
        if missing {
            self.violations.push(format!("{} came without an id", op.key()));
        }
    }
}

fn first<T>((id, _): (&Ocid, T)) -> Ocid {
    id.clone()
}
