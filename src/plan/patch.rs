//! Updates by hand: a plan that installs now what the sources of some instances offer them, because somebody asks for
//! it. It changes nothing else, waits for no gate, and is a plan like any other to whoever shows or runs it.
//!
//! Members are only taken forward to their release: one that rides another source would get ahead of it. The golden
//! instance rides no release, and is what the next one is frozen from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::assess::{self, Member};
use super::crews::Crews;
use super::retired::Retirement;
use super::{
    Action, Change, ChangeAction, ChangeDetail, FORMAT_VERSION, Held, HeldReason, Input, Note, Plan,
    PlannedGroup, PlannedRelease, Step, Verification, Work, changes, holdings, planner, roster, steps,
};
use crate::conformance::Sorter;
use crate::name::{Address, GroupName, Ocid};
use crate::observed::{AvailableUpdate, Instance, Precondition, Riding, Updates};
use crate::op::{Op, PlanId, StepId, UpdateKind, Wanted};
use crate::package::{Package, StreamName};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Of whom.
    pub target: Target,
    /// Which updates.
    pub wanted: Wanted,
    /// Only those of packages of these names, each maybe with its architecture; any without names.
    pub packages: Vec<String>,
    /// No updates, but these module streams to be enabled, one of a module.
    pub streams: Vec<StreamName>,
}

/// Whose updates are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All members of a group.
    Group(GroupName),
    /// One instance: a member, or the golden one.
    Instance(Ocid),
}

/// Whom a train has nothing to do with.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Stranger {
    /// No such group.
    #[error("the train has no group `{0}`")]
    Group(GroupName),
    /// No group of the train holds the instance.
    #[error("instance {0} is in no group of the train, and is not its golden instance")]
    Instance(Ocid),
}

/// Instances of one group, or the golden one, of which the same is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// The group; none for the golden instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// Which updates.
    pub wanted: Wanted,
    /// Whether they are asked for by their names, one by one.
    pub named: bool,
    /// What of that is outstanding.
    pub updates: Vec<OutstandingUpdate>,
    /// Instead of updates: the module streams that are enabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<StreamMove>,
    /// The instances.
    pub instances: Vec<Ocid>,
}

/// A module stream that is enabled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamMove {
    /// The stream.
    pub to: StreamName,
    /// The stream of the module that is in use so far, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Arc<str>>,
}

/// An update that is outstanding, as the service tells of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OutstandingUpdate {
    /// The bare RPM name.
    pub name: Arc<str>,
    /// As rpm spells it; empty where the service does not say.
    pub architecture: Arc<str>,
    /// What is installed.
    pub installed: Arc<str>,
    /// What is offered.
    pub available: Arc<str>,
    /// What it is for.
    pub kind: UpdateKind,
}

impl OutstandingUpdate {
    fn of(update: &AvailableUpdate) -> Self {
        Self {
            name: Arc::clone(&update.name),
            architecture: Arc::clone(&update.architecture),
            installed: Arc::clone(&update.installed),
            available: Arc::clone(&update.available),
            kind: update.kind,
        }
    }

    /// Returns what is offered as a package; none where the service tells too little.
    pub fn package(&self) -> Option<Package> {
        Package::parse(&format!("{}-{}.{}", self.name, self.available, self.architecture)).ok()
    }
}

/// Plans the updates that are asked for. States of the world in which the train could not be applied do not stand
/// against it: it touches neither sources nor memberships.
pub fn update(input: &Input<'_>, request: &Request) -> Result<Plan, Stranger> {
    let mut refusals = Vec::new();
    let sources = holdings::sources(input, &mut refusals);
    let riding = holdings::riding(input, &sources);
    let crews = Crews::of(input);
    let mut groups = holdings::groups(input, &crews, &mut refusals);
    let mut rosters = roster::draw_up(input, &crews, &groups, &mut refusals);
    roster::without_empty(&crews, &mut groups, &mut rosters);
    let members = assess::members(input, &sources, (&riding, &groups, &crews), &rosters);

    let golden = input.train.golden.as_ref();
    let targets: Vec<(&Ocid, Option<&Member<'_>>)> = match &request.target {
        Target::Group(group) if input.train.group(group).is_none() => {
            return Err(Stranger::Group(group.clone()));
        }
        Target::Group(group) => members.of(group).iter().map(|member| (member.id, Some(member))).collect(),
        Target::Instance(id) if Some(id) == golden => vec![(id, None)],
        Target::Instance(id) => {
            let member = members.list.iter().find(|member| member.id == id);
            vec![(id, Some(member.ok_or_else(|| Stranger::Instance(id.clone()))?))]
        }
    };

    let mut draft = Draft::new(request);
    for (id, member) in &targets {
        match request.streams.is_empty() {
            true => draft.instance((input, &riding), id, *member),
            false => draft.streams((input, &riding), id, *member),
        }
    }
    draft.crews(input, &groups, &members);
    draft.stream_crews(input, &groups, &members);
    let Draft { patches, changes, mut held, steps, found, unlisted, .. } = draft;
    held.sort_by(|a, b| (&a.address, &a.reason).cmp(&(&b.address, &b.reason)));
    let missing = request.packages.iter().filter(|name| !found.contains(name.as_str()));
    let mut notes: Vec<Note> = missing.map(|name| Note::NotOutstanding { package: name.clone() }).collect();
    notes.extend(unlisted.into_iter().map(|(stream, instances)| Note::NotListed { stream, instances }));
    notes.extend(steps::taken_up(input.state, &steps));

    let mut concerned: BTreeMap<&GroupName, Vec<&Member<'_>>> = BTreeMap::new();
    for member in targets.iter().filter_map(|(_, member)| *member) {
        concerned.entry(&member.group.name).or_default().push(member);
    }
    let planned = concerned.values().map(|members| {
        let found = groups.get(members[0].crew).and_then(|found| found.id.clone());
        planned_group(members, found, &steps, &held)
    });
    let releases = concerned.values().map(|members| {
        let release = members[0].release;
        let planned = PlannedRelease { digest: release.digest, packages: release.packages().clone() };
        (release.name.clone(), planned)
    });
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        id: PlanId("".into()),
        created: input.now,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        basis: planner::basis(input),
        file: input.train.file.display().to_string(),
        service: input.service.clone(),
        releases: releases.collect(),
        groups: planned.collect(),
        unmanaged: input.train.unmanaged.clone(),
        labels: changes::labels(input, (&rosters, &Retirement::default()), &members),
        imports: Vec::new(),
        drift: Vec::new(),
        changes,
        moves: Vec::new(),
        cohorts: Vec::new(),
        ahead: Vec::new(),
        mismatches: Vec::new(),
        exact: Vec::new(),
        held,
        notes,
        cost: steps::cost(&steps),
        patches,
        golden: golden.filter(|golden| targets.iter().any(|(id, _)| id == golden)).cloned(),
        partial: None,
        seen: None,
        policy: None,
        steps,
    };
    plan.id = plan.content_id();
    Ok(plan)
}

fn planned_group(members: &[&Member<'_>], id: Option<Ocid>, steps: &[Step], held: &[Held]) -> PlannedGroup {
    let group = members[0].group;
    let mut work = Work::default();
    let mut updated = BTreeSet::new();
    for step in steps.iter().filter(|step| step.group.as_ref() == Some(&group.name)) {
        match &step.action {
            Action::Act {
                op: Op::PatchGroup { instances, .. } | Op::EnableGroupStreams { instances, .. },
            } => updated.extend(instances),
            Action::Act { op: Op::Refresh { .. } | Op::RefreshInstance { .. } } => {}
            Action::Act { .. } => work.updates += 1,
            Action::Verify { .. } => work.verifies += 1,
            Action::Gate { .. } => {}
        }
    }
    work.updates += updated.len();
    let ours: BTreeSet<&Ocid> = members.iter().map(|member| member.id).collect();
    let is_held = |held: &&Held| matches!(&held.address, Address::Instance(id) if ours.contains(id));
    PlannedGroup {
        name: group.name.clone(),
        id,
        release: group.release.clone(),
        ahead: group.ahead,
        after: group.after.clone(),
        max_failures: group.max_failures,
        members: members.len(),
        rides: BTreeMap::new(),
        at_level: members.iter().filter(|member| member.at_level).count(),
        work,
        held: held.iter().filter(is_held).count(),
        ahead_count: 0,
        gated: false,
        patching: group.patching(),
        rollout: None,
        reboot: group.enforcing.reboot,
    }
}

/// Returns why a selected member can do nothing, whatever the service says of its agent.
fn resting(member: &Member<'_>) -> Option<HeldReason> {
    let held = member.held.as_ref();
    held.filter(|held| matches!(held, HeldReason::NotRunning { .. } | HeldReason::OtherSystem { .. }))
        .cloned()
}

/// What is the same for instances that are told of together.
type Alike = (Option<GroupName>, Vec<OutstandingUpdate>, Vec<StreamMove>);

/// A plan of updates by hand as it grows.
struct Draft<'a> {
    request: &'a Request,
    patches: Vec<Patch>,
    index: HashMap<Alike, usize>,
    changes: Vec<Change>,
    held: Vec<Held>,
    steps: Vec<Step>,
    /// The names that were asked for and are outstanding somewhere.
    found: BTreeSet<&'a str>,
    /// The streams that are not listed for instances on which they are enabled, and of how many.
    unlisted: BTreeMap<StreamName, usize>,
    /// By group, where those are updated as a whole: the members that updates are outstanding on.
    crews: BTreeMap<GroupName, Vec<Outstanding>>,
    /// The same of module streams: the members that lack some.
    stream_crews: BTreeMap<GroupName, Vec<(Ocid, Vec<StreamMove>)>>,
}

/// What is outstanding on one member of a group that is updated as a whole.
pub(super) struct Outstanding {
    pub(super) id: Ocid,
    pub(super) updates: Vec<OutstandingUpdate>,
    /// Whether it is at its level once they are installed.
    pub(super) proves: bool,
}

impl<'a> Draft<'a> {
    fn new(request: &'a Request) -> Self {
        Self {
            request,
            patches: Vec::new(),
            index: HashMap::new(),
            changes: Vec::new(),
            held: Vec::new(),
            steps: Vec::new(),
            found: BTreeSet::new(),
            unlisted: BTreeMap::new(),
            crews: BTreeMap::new(),
            stream_crews: BTreeMap::new(),
        }
    }

    fn instance(&mut self, (input, riding): (&Input<'_>, &Riding), id: &Ocid, member: Option<&Member<'_>>) {
        let Some(seen) = self.reached(input, id, member) else { return };
        let Some(listed) = input.observed.updates.get(id) else { return self.hold(id, HeldReason::Unread) };
        let mut updates: Vec<OutstandingUpdate> = listed
            .iter()
            .filter(|update| self.asks_for(update))
            .map(|update| OutstandingUpdate::of(update))
            .collect();
        updates.sort_unstable();
        updates.dedup();
        if updates.is_empty() {
            return;
        }
        if let Some(member) = member.filter(|member| !member.rides) {
            let rides = member.seen.and_then(|seen| riding.named(seen, None));
            return self.hold(id, HeldReason::Elsewhere { rides });
        }
        if let (Some(member), false) = (member, input.capabilities.updates_members) {
            let group = &member.group.name;
            return match &self.request.target {
                Target::Instance(_) => self.hold(id, HeldReason::Locked { group: group.clone() }),
                Target::Group(_) => {
                    let proves = reaches_level(member, listed, &updates);
                    let outstanding = Outstanding { id: id.clone(), updates, proves };
                    self.crews.entry(member.crew.clone()).or_default().push(outstanding);
                }
            };
        }
        if let Some(ticket) = foreign_work(input, id, seen) {
            return self.hold(id, HeldReason::OpenWork { ticket });
        }
        let group = member.map(|member| member.group.name.clone());
        let proves = member.is_some_and(|member| reaches_level(member, listed, &updates));
        self.steps_of((id, input.capabilities.refreshes), group.as_ref(), &updates, proves);
        self.change(id, group, (updates, Vec::new()));
    }

    /// Returns what is seen of an instance whose agent can do something now, or holds it.
    fn reached<'i>(
        &mut self,
        input: &Input<'i>,
        id: &Ocid,
        member: Option<&Member<'_>>,
    ) -> Option<&'i Instance> {
        let seen = input.observed.instances.get(id);
        let reason = match (member.and_then(resting), seen) {
            (Some(reason), _) => reason,
            (None, None) => HeldReason::Unknown,
            (None, Some(seen)) if !seen.status.takes_work() => {
                let (status, last_checkin) = (seen.status, seen.last_checkin);
                HeldReason::Unreachable { status, last_checkin }
            }
            (None, Some(seen)) => return Some(seen),
        };
        self.hold(id, reason);
        None
    }

    fn hold(&mut self, id: &Ocid, reason: HeldReason) {
        self.held.push(Held { address: Address::Instance(id.clone()), reason, until: None });
    }

    /// Tells whether an update is one of those that are asked for.
    fn asks_for(&mut self, update: &AvailableUpdate) -> bool {
        if !self.request.wanted.admits(update.kind) {
            return false;
        }
        let request = self.request;
        if request.packages.is_empty() {
            return true;
        }
        let is = |name: &&String| {
            let bare = name.strip_prefix(&*update.name);
            bare == Some("") || bare.and_then(|rest| rest.strip_prefix('.')) == Some(&*update.architecture)
        };
        match request.packages.iter().find(is) {
            // One that cannot be named to the service cannot be asked for.
            Some(name) if OutstandingUpdate::of(update).package().is_some() => {
                self.found.insert(name);
                true
            }
            _ => false,
        }
    }

    fn steps_of(
        &mut self,
        (id, refreshes): (&Ocid, bool),
        group: Option<&GroupName>,
        updates: &[OutstandingUpdate],
        proves: bool,
    ) {
        let wanted = self.request.wanted;
        let packages: Vec<Package> = match self.request.packages.is_empty() {
            true => Vec::new(),
            false => updates.iter().filter_map(OutstandingUpdate::package).collect(),
        };
        let ops = match packages.as_slice() {
            [] => vec![Op::Patch { instance: id.clone(), wanted, package: None }],
            // One after the other: never a second update beside an open one.
            several => several
                .iter()
                .map(|package| Op::Patch { instance: id.clone(), wanted, package: Some(*package) })
                .collect(),
        };
        let mut last = None;
        for op in ops {
            let expects = Precondition::Idle { instance: id.clone() };
            last = Some(self.push(id, group, Action::Act { op }, last, expects));
        }
        if refreshes {
            let op = Op::RefreshInstance { instance: id.clone() };
            last = Some(self.push(id, group, Action::Act { op }, last, Precondition::Nothing));
        }
        let what = Verification::Patched { instance: id.clone(), wanted, packages };
        last = Some(self.push(id, group, Action::Verify { what }, last, Precondition::Nothing));
        if let (true, Some(group)) = (proves, group) {
            let what = Verification::Level { instance: id.clone(), group: group.clone(), stays: Vec::new() };
            self.push(id, Some(group), Action::Verify { what }, last, Precondition::Nothing);
        }
    }

    fn push(
        &mut self,
        id: &Ocid,
        group: Option<&GroupName>,
        action: Action,
        after: Option<StepId>,
        precondition: Precondition,
    ) -> StepId {
        let step = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        let (address, group) = (Address::Instance(id.clone()), group.cloned());
        let after = after.into_iter().collect();
        self.steps.push(Step { id: step, address, group, wave: None, action, after, precondition });
        step
    }

    /// Tells of what is done to an instance, beside those to whom the same is done.
    fn change(
        &mut self,
        id: &Ocid,
        group: Option<GroupName>,
        (updates, streams): (Vec<OutstandingUpdate>, Vec<StreamMove>),
    ) {
        let (wanted, named) = (self.request.wanted, !self.request.packages.is_empty());
        let patch =
            *self.index.entry((group.clone(), updates.clone(), streams.clone())).or_insert_with(|| {
                self.patches.push(Patch { group, wanted, named, updates, streams, instances: Vec::new() });
                self.patches.len() - 1
            });
        self.patches[patch].instances.push(id.clone());
        let (address, detail) = (Address::Instance(id.clone()), ChangeDetail::Patch { patch });
        self.changes.push(Change { address, action: ChangeAction::Change, detail });
    }
}

mod crew;
mod streams;

/// Tells whether a member is at its level once these updates are installed, so that this can be proven. What keeps the
/// level of before was on record until the update began.
fn reaches_level(member: &Member<'_>, listed: &Updates, updates: &[OutstandingUpdate]) -> bool {
    let Some(verdict) = &member.verdict else { return false };
    let sorter = Sorter::new(member.group.patching(), Some(listed.iter().map(|update| &**update)));
    let brought: BTreeSet<(&str, &str)> =
        updates.iter().map(|update| (&*update.name, &*update.architecture)).collect();
    let mut left = sorter.counting(verdict).filter(|lag| {
        !brought.contains(&(lag.release.name(), lag.release.arch().as_str()))
            && !brought.contains(&(lag.release.name(), ""))
    });
    // Updates make nobody exact, and reboot nobody: who has to be rebooted for it is not at his level by that.
    let rest = match member.group.patching().is_exact() {
        true => verdict.is_exact_but_behind(),
        false => verdict.may_be_ahead(member.group.ahead),
    };
    sorter.has_level() && left.next().is_none() && rest && !member.group.enforcing.reboots()
}

/// Returns a work request that is open on the instance and is none that an earlier run of ours left there.
fn foreign_work(input: &Input<'_>, id: &Ocid, seen: &Instance) -> Option<crate::op::Ticket> {
    let ending = format!("/{id}");
    let ours: Vec<_> = input
        .state
        .unfinished
        .iter()
        .filter(|(key, _)| key.0.starts_with("update/") && key.0.ends_with(&ending))
        .map(|(_, op)| op.ticket.as_ref())
        .collect();
    // What is open may be one whose answer was lost; the executor looks.
    if ours.contains(&None) {
        return None;
    }
    seen.open_work.iter().find(|ticket| !ours.contains(&Some(ticket))).cloned()
}
