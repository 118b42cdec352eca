//! How the groups of a service that binds groups stand to the sources of their releases: what each is given and loses,
//! whom it takes in, and whose agents are put to work. A group moves as a whole, so that what holds one of its members
//! may hold all of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::assess::{Assessed, Member};
use super::crews::{Crew, Crews};
use super::holdings::{Groups, Sources};
use super::roster::Rosters;
use super::{HeldReason, Input, exact};
use crate::name::{GroupName, Ocid};
use crate::observed::{Instance, SourceLink};
use crate::op::{Adjust, Again, Binding as Binds, OpKey, Subject, Ticket, Wanted};
use crate::state::{FailedWork, UnfinishedOp};
use crate::train::Group;

/// What is done to one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Binding {
    /// The sources that the service's group has now.
    pub(super) has: Vec<SourceLink>,
    /// Whether it is given the source of its release.
    pub(super) attach: bool,
    /// The sources that it loses.
    pub(super) detach: Vec<SourceLink>,
    /// Whether the loss is asked for; also where an earlier run has brought it about and could not record it.
    pub(super) detaches: bool,
    /// Members that get what the group has, or had got it and could not be recorded.
    pub(super) moving: Vec<Ocid>,
    /// Members whose own sources are others than the group's: they leave and join again.
    pub(super) rejoin: Vec<Ocid>,
    /// Instances that join.
    pub(super) joins: Vec<Ocid>,
    /// Those of them that an earlier run has begun to take in, as it asked for them.
    pub(super) begun: Vec<Vec<Ocid>>,
    /// Work that failed on some members and is done again on those.
    pub(super) rerun: Option<(Ticket, Again, Vec<Ocid>)>,
    /// The members that an update of the whole group is for.
    pub(super) update: Option<(Wanted, Vec<Ocid>)>,
    /// What makes the members exactly their release, call by call, each with those for whom it is.
    pub(super) adjusts: Vec<(Vec<Adjust>, Vec<Ocid>)>,
    /// The members whose packages are read back.
    pub(super) proves: Vec<Ocid>,
}

impl Binding {
    /// Tells whether gates must be open before anything is done to it.
    pub(super) fn moves(&self) -> bool {
        self.exchanges()
            || !self.rejoin.is_empty()
            || !self.joins.is_empty()
            || self.rerun.is_some()
            || self.update.is_some()
            || !self.adjusts.is_empty()
    }

    /// Returns who is taken in by one call each, so many at most. What an earlier run has begun stays as it was asked
    /// for: by that it is found again.
    pub(super) fn batches(&self, per_call: usize) -> Vec<Vec<Ocid>> {
        let begun: BTreeSet<&Ocid> = self.begun.iter().flatten().collect();
        let new: Vec<Ocid> =
            self.joins.iter().chain(&self.rejoin).filter(|id| !begun.contains(id)).cloned().collect();
        self.begun.iter().cloned().chain(new.chunks(per_call).map(<[Ocid]>::to_vec)).collect()
    }

    /// Tells whether the sources of the group become others.
    pub(super) fn exchanges(&self) -> bool {
        self.attach || self.detaches
    }
}

pub(super) type Bindings = BTreeMap<GroupName, Binding>;

/// Finds out what is done to each group; nothing for a service that binds instances.
pub(super) fn draw_up(
    input: &Input<'_>,
    sources: &Sources,
    (crews, groups): (&Crews<'_>, &Groups),
    members: &Assessed<'_>,
) -> Bindings {
    if input.capabilities.binding == Binds::Instance {
        return Bindings::new();
    }
    let of_crew = |crew: &Crew<'_>| {
        let found = groups.get(&crew.name)?;
        let source = sources.get(&crew.group.release).and_then(|found| found.id.as_ref());
        Some((crew.name.clone(), bind(input, crew, found.id.as_ref(), source, members.of(&crew.name))))
    };
    crews.iter().filter_map(of_crew).collect()
}

fn bind(
    input: &Input<'_>,
    crew: &Crew<'_>,
    id: Option<&Ocid>,
    source: Option<&Ocid>,
    members: &[Member<'_>],
) -> Binding {
    let (group, name) = (crew.group, &crew.name);
    let ids = |test: &dyn Fn(&Member<'_>) -> bool| -> Vec<Ocid> {
        members.iter().filter(|member| test(member)).map(|member| member.id.clone()).collect()
    };
    let seen = id.and_then(|id| input.observed.groups.get(id));
    let mut binding = Binding {
        has: seen.map(|seen| seen.sources.clone()).unwrap_or_default(),
        proves: ids(&|member| member.verify),
        ..Binding::default()
    };
    if is_held(members) {
        return binding;
    }
    binding.adjusts = exact::of_group(input, members);
    let begun = |key: OpKey| input.state.unfinished.contains_key(&key);
    if seen.is_some() {
        binding.attach = source.is_none_or(|source| !binding.has.iter().any(|link| link.id == *source))
            || begun(OpKey::attach(name, &group.release));
        let others = binding.has.iter().filter(|link| Some(&link.id) != source);
        binding.detach = others.cloned().collect();
        binding.detaches = !binding.detach.is_empty() || begun(OpKey::detach(name, &group.release));
    }
    binding.joins = ids(&|member| member.joins);
    let join = |id: &Ocid| binding.joins.binary_search(id).is_ok();
    binding.begun = taking_in(input, name)
        .map(|(_, instances)| instances)
        .filter(|instances| instances.iter().all(join))
        .cloned()
        .collect();
    let exchanges = binding.exchanges();
    let lagging = ids(&|member| member.switch && !member.joins);
    let failed = failed(input, (group, name));
    let mut left_behind = Vec::new();
    if exchanges {
        binding.moving = lagging;
    } else {
        left_behind = lagging;
    }
    let again =
        failed.filter(|failed| exchanged(failed) && !left_behind.is_empty() && covers(failed, &left_behind));
    match again {
        Some(failed) => binding.rerun = Some((failed.ticket.clone(), failed.again, left_behind)),
        None => binding.rejoin = left_behind,
    }
    let behind = ids(&|member| member.update);
    let Some(kind) = group.update.filter(|_| !behind.is_empty()) else { return binding };
    let alone =
        !exchanges && binding.joins.is_empty() && binding.rejoin.is_empty() && binding.rerun.is_none();
    match failed.filter(|failed| alone && failed.again == Again::Update(kind) && covers(failed, &behind)) {
        Some(failed) => binding.rerun = Some((failed.ticket.clone(), failed.again, behind)),
        None => binding.update = Some((kind, behind)),
    }
    binding
}

/// Tells whether the exchange of sources failed on a member and can be done again on it.
pub(super) fn can_rerun(failed: Option<&FailedWork>, id: &Ocid) -> bool {
    failed.is_some_and(|failed| exchanged(failed) && failed.instances.contains(id))
}

/// Returns whom earlier runs have begun to take into a group, call by call, as far as that may be going on: it is open on
/// one of them, or nobody knows whether the service heard of it.
pub(super) fn taking_in<'a>(
    input: &Input<'a>,
    group: &GroupName,
) -> impl Iterator<Item = (&'a UnfinishedOp, &'a Vec<Ocid>)> + use<'a> {
    let subject = Some(Subject::Group(group.clone()));
    let begun =
        input.state.unfinished.iter().filter(move |(key, _)| key.is_enroll() && key.subject() == subject);
    begun.map(|(_, op)| (op, &op.instances)).filter(|(_, instances)| !instances.is_empty())
}

/// Tells whether an instance may still be being taken in by such a call.
pub(super) fn may_go_on(op: &UnfinishedOp, seen: &Instance) -> bool {
    op.ticket.as_ref().is_none_or(|ticket| seen.open_work.contains(ticket))
}

/// Tells whether what failed was to give members what their group has.
fn exchanged(failed: &FailedWork) -> bool {
    matches!(failed.again, Again::Sources | Again::Join)
}

/// Returns work for the group that failed on some members and can be done again on them. What is not over on all cannot:
/// one whom the service does not reach keeps it open for a day.
pub(super) fn failed<'a>(input: &Input<'a>, (group, crew): (&Group, &GroupName)) -> Option<&'a FailedWork> {
    let record = input.state.groups.get(crew).filter(|_| input.capabilities.reruns)?;
    let failed = record.failed.as_ref().filter(|failed| failed.release == group.release)?;
    let is_open = |seen: &Instance| seen.open_work.contains(&failed.ticket);
    (!input.observed.instances.values().any(is_open)).then_some(failed)
}

fn covers(failed: &FailedWork, instances: &[Ocid]) -> bool {
    instances.iter().all(|id| failed.instances.contains(id))
}

fn is_held(members: &[Member<'_>]) -> bool {
    members.iter().any(|member| member.busy.is_some())
}

/// Holds all members of a group on one of which work is open that is not ours, or is ours and overdue: whatever is asked
/// of a group is asked of that one too, and no second update is ever asked of an instance. (Those that the service does
/// not reach are another matter: what they are asked waits there for a day, and then fails.)
pub(super) fn hold_together(input: &Input<'_>, members: &mut [Member<'_>]) {
    wait_for_other_updates(input, members);
    let apart = members.iter().find(|member| matches!(member.held, Some(HeldReason::Apart { .. })));
    if let Some(apart) = apart.map(|member| member.id.clone()) {
        let alike =
            |member: &&mut Member<'_>| (member.update || member.correction.is_due()) && !member.switch;
        for member in members.iter_mut().filter(alike) {
            member.verify = false;
            member.rest();
            member.held.get_or_insert(HeldReason::Stray { instance: apart.clone() });
        }
    }
    let busy = members.iter().find_map(|member| Some((member.id.clone(), member.busy.clone()?)));
    let Some((instance, ticket)) = busy else { return };
    for member in members.iter_mut().filter(|member| member.moves() || member.joins) {
        (member.joins, member.verify) = (false, false);
        member.rest();
        let held = match member.busy.clone() {
            Some(ticket) => HeldReason::OpenWork { ticket },
            None => HeldReason::Beside { instance: instance.clone(), ticket: ticket.clone() },
        };
        member.held.get_or_insert(held);
    }
}

/// Has members wait for updates and corrections of their group that an earlier run has asked for, where they are not what would
/// be asked for now: as far as such work got, less is to be done than it was asked for, and no step would take it up.
fn wait_for_other_updates(input: &Input<'_>, members: &mut [Member<'_>]) {
    let Some(Member { crew, release, .. }) = members.first() else { return };
    let update = OpKey::update_group(crew, &release.name);
    let subject = Some(Subject::Group((*crew).clone()));
    let ours = input.state.unfinished.iter().filter(|(key, _)| key.subject() == subject);
    let (mut begun, others): (Vec<_>, Vec<_>) =
        ours.partition(|(key, _)| key.is_enforce_group() || **key == update);
    if begun.is_empty() {
        return;
    }
    let others: Vec<Option<&Ticket>> = others.iter().map(|(_, op)| op.ticket.as_ref()).collect();
    let corrections = exact::of_group(input, members);
    let correction = |(adjusts, _): &(Vec<Adjust>, _)| OpKey::enforce_group(crew, &release.name, adjusts);
    let mut keys: Vec<OpKey> = corrections.iter().map(correction).collect();
    keys.extend(members.iter().any(|member| member.update).then_some(update));
    begun.retain(|(key, _)| !keys.contains(key));
    for member in members.iter_mut() {
        // Whom the service does not reach keeps it open for a day: another matter.
        let reached = member.seen.filter(|seen| seen.status.takes_work());
        let open = reached.map_or(&[][..], |seen| &seen.open_work);
        // Of work whose answer was lost, what is open and no other of ours is most likely it.
        let known = |ticket: &&Ticket| others.contains(&Some(*ticket));
        let of = |(_, op): &(&OpKey, &UnfinishedOp)| match &op.ticket {
            Some(ticket) => open.contains(ticket).then(|| ticket.clone()),
            None => open.iter().find(|ticket| !known(ticket)).cloned(),
        };
        member.busy = member.busy.take().or_else(|| begun.iter().find_map(of));
    }
}

/// Returns the groups of the service that are the train's, or were: whoever is in one that he shall not be in leaves it by
/// this plan.
pub(super) fn own<'a>(input: &Input<'a>, groups: &'a Groups, rosters: &Rosters) -> BTreeSet<&'a Ocid> {
    let undeclared = rosters.undeclared.keys().filter_map(|name| input.state.groups.get(name));
    let declared = groups.values().filter_map(|found| found.id.as_ref());
    declared.chain(undeclared.map(|record| &record.id)).collect()
}

/// Tells whether an instance that would join is where it cannot be fetched from: nobody is in two groups, or in a group and
/// a lifecycle stage, and the service refuses whoever is asked for all the same.
pub(super) fn taken(input: &Input<'_>, own: &BTreeSet<&Ocid>, seen: &Instance) -> Option<HeldReason> {
    let by = seen.groups.iter().find(|home| !own.contains(home))?;
    let name = input.observed.groups.get(by).map(|group| group.name.clone());
    Some(HeldReason::Taken { by: by.clone(), name })
}

/// Returns the work request of a member that its group must wait for, if there is one, and since when it is overdue
/// where it is ours.
pub(super) fn in_the_way(
    input: &Input<'_>,
    crew: &GroupName,
    seen: &Instance,
) -> Option<(Ticket, Option<Timestamp>)> {
    let subject = Subject::Group(crew.clone());
    let ours: Vec<_> =
        input.state.unfinished.iter().filter(|(key, _)| key.subject() == Some(subject.clone())).collect();
    for (_, op) in &ours {
        let late = input.now.duration_since(op.started) >= input.train.service.work_timeout;
        if let Some(ticket) = op.ticket.as_ref().filter(|ticket| late && seen.open_work.contains(ticket)) {
            return Some((ticket.clone(), Some(op.started)));
        }
    }
    // Work of ours whose answer was lost: what is open is most likely it, and the executor asks with its token.
    if ours.iter().any(|(_, op)| op.ticket.is_none()) {
        return None;
    }
    let is_ours = |ticket: &Ticket| ours.iter().any(|(_, op)| op.ticket.as_ref() == Some(ticket));
    seen.open_work.iter().find(|ticket| !is_ours(ticket)).map(|ticket| (ticket.clone(), None))
}

/// Returns the groups and instances that lose a source by this plan.
pub(super) fn losers<'a>(bindings: &'a Bindings, groups: &'a Groups) -> BTreeSet<&'a Ocid> {
    let mut losers = BTreeSet::new();
    for (name, binding) in bindings.iter().filter(|(_, binding)| binding.detaches) {
        losers.extend(groups.get(name).and_then(|found| found.id.as_ref()));
        losers.extend(&binding.moving);
    }
    losers
}
