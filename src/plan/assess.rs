//! How each member stands to its release: what it rides, what it lacks, what it needs, and what holds it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::crews::Crews;
use super::exact::{self, Correction};
use super::holdings::{Groups, Sources};
use super::roster::Rosters;
use super::{HeldReason, Input, Reason, bindings, reboot, schedules};
use crate::conformance::{Bringer, Sorter, StreamGap, Tally, Verdict, stream_gaps};
use crate::name::{GroupName, Ocid};
use crate::observed::{Instance, Riding};
use crate::op::{Binding, OpKey, Ticket, Wanted};
use crate::state::{FailedWork, UnfinishedOp};
use crate::train::{Ahead, Group, Members, Release};

/// One member of a declared group.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    /// Its id.
    pub(super) id: &'a Ocid,
    /// Its group.
    pub(super) group: &'a Group,
    /// The group of the service that it stands in, or shall stand in: its group, or its wave.
    pub(super) crew: &'a GroupName,
    /// Whether it leaves another one of the same group for that.
    pub(super) shifts: bool,
    /// The release it shall ride.
    pub(super) release: &'a Release,
    /// What the service says of it; none when the service does not know it.
    pub(super) seen: Option<&'a Instance>,
    /// How it stands; none when its packages could not be read.
    pub(super) verdict: Option<Arc<Verdict>>,
    /// What of being behind counts, and who brings it.
    pub(super) tally: Tally,
    /// Whether its packages can be at the level once this plan has done what it does.
    pub(super) reaches: bool,
    /// Whether it is on the release's source, reached, and its packages are at the level.
    pub(super) at_level: bool,
    /// Whether that is on record.
    pub(super) recorded: bool,
    /// Whether the service does not have it in the group.
    pub(super) outside: bool,
    /// Whether it joins the group.
    pub(super) joins: bool,
    /// Whether it rides the release's source.
    pub(super) rides: bool,
    /// Whether it is put on the release's source.
    pub(super) switch: bool,
    /// Whether it is updated.
    pub(super) update: bool,
    /// What makes it exactly its release, and what of that is left; nothing where its group does not ask for that.
    pub(super) correction: Correction,
    /// Whether it is booted anew, where it waits for that by then.
    pub(super) reboot: bool,
    /// Whether it is read back that it has booted.
    pub(super) boots: bool,
    /// Whether its packages are read back.
    pub(super) verify: bool,
    /// Why it is switched or updated.
    pub(super) reason: Reason,
    /// Why nothing, or not everything, is done.
    pub(super) held: Option<HeldReason>,
    /// Work that is open on it and that its group must wait for, where groups are moved as a whole.
    pub(super) busy: Option<Ticket>,
}

impl Member<'_> {
    /// Tells whether gates must be open before anything is done to it.
    pub(super) fn moves(&self) -> bool {
        self.switch || self.update || self.correction.is_due() || self.reboot
    }

    /// Tells whether its group has it booted, and it waits for that.
    pub(super) fn waits_for_reboot(&self) -> bool {
        self.group.enforcing.reboots()
            && (self.seen.is_some_and(|seen| seen.reboot_required) || reboot::runs_another(self))
    }

    /// Has nothing moved on it by this plan.
    pub(super) fn rest(&mut self) {
        (self.switch, self.update, self.reboot) = (false, false, false);
        self.boots = false;
        self.correction.rest();
    }

    /// Tells whether something is known of what only counts in part.
    pub(super) fn tells_kinds(&self) -> bool {
        let patching = self.group.patching();
        patching.update != Some(Wanted::All) && !(self.switch && patching.is_by_kind())
    }

    /// Tells whether it is at level on record, or a read-back of this plan can put that on record.
    pub(super) fn is_candidate(&self) -> bool {
        (self.verify && self.reaches) || (self.at_level && self.recorded)
    }

    /// Tells whether it is at level on record, and nothing is done to it.
    pub(super) fn is_settled(&self) -> bool {
        self.at_level && self.recorded && !self.verify
    }
}

/// All members, in file order of the groups, and within them in order of the groups of the service, and of ids.
#[derive(Default)]
pub(super) struct Assessed<'a> {
    /// The members.
    pub(super) list: Vec<Member<'a>>,
    ranges: HashMap<&'a GroupName, std::ops::Range<usize>>,
}

impl<'a> Assessed<'a> {
    /// Returns the members of a group, or of one group of the service.
    pub(super) fn of(&self, group: &GroupName) -> &[Member<'a>] {
        self.ranges.get(group).map_or(&[], |range| &self.list[range.clone()])
    }
}

/// Assesses every member of every declared group.
pub(super) fn members<'a>(
    input: &Input<'a>,
    sources: &Sources,
    (riding, groups, crews): (&Riding, &Groups, &Crews<'a>),
    rosters: &'a Rosters,
) -> Assessed<'a> {
    let mut verdicts = Verdicts::default();
    let mut assessed = Assessed { list: Vec::with_capacity(rosters.group_of.len()), ranges: HashMap::new() };
    let binds_groups = input.capabilities.binding == Binding::Group;
    let own = bindings::own(input, groups, rosters);
    for group in &input.train.groups {
        let Some(release) = input.train.release(&group.release) else { continue };
        let first = assessed.list.len();
        for crew in crews.of_group(&group.name) {
            let Some((name, roster)) = rosters.declared.get_key_value(&crew.name) else { continue };
            let source = sources.get(&release.name).and_then(|found| found.id.as_ref());
            // Where groups are bound, a member rides what its group does.
            let id = groups.get(name).and_then(|found| found.id.as_ref());
            let ran = id.and_then(|id| schedules::last_run(input.observed, id));
            let bound = id.and_then(|id| input.observed.groups.get(id));
            let bound =
                !binds_groups || bound.zip(source).is_some_and(|(seen, source)| seen.has_only(source));
            let bound = source.filter(|_| bound);
            let failed = bindings::failed(input, (group, name));
            let mut taken_in: HashSet<&Ocid> = HashSet::new();
            for (op, instances) in bindings::taking_in(input, name) {
                let goes_on = |id: &&Ocid| {
                    input.observed.instances.get(*id).is_some_and(|seen| bindings::may_go_on(op, seen))
                };
                taken_in.extend(instances.iter().filter(goes_on));
            }
            let start = assessed.list.len();
            for id in &roster.members {
                let outside = roster.joins.binary_search(id).is_ok();
                let shifts = rosters.shifts.contains_key(id);
                let seen = input.observed.instances.get(id);
                let verdict = seen.and_then(|seen| verdicts.of(seen, release, input));
                let joining = seen.filter(|_| binds_groups && outside);
                let taken = joining.and_then(|seen| bindings::taken(input, &own, seen));
                let resting = taken.as_ref().or(roster.resting.get(id));
                // Whoever only changes groups of the service keeps the source that he has.
                let source = if shifts { source } else { bound };
                assessed.list.push(assess(
                    input,
                    (group, name),
                    release,
                    (source, riding),
                    id,
                    seen,
                    verdict,
                    outside,
                    resting,
                    Past { ran, taken_in: taken_in.contains(id), failed, shifts },
                ));
            }
            if binds_groups {
                exact::together(input, &mut assessed.list[start..]);
                bindings::hold_together(input, &mut assessed.list[start..]);
            }
            assessed.ranges.insert(name, start..assessed.list.len());
        }
        exact::hold(&mut assessed.list[first..]);
        reboot::choose(input, &mut assessed.list[first..]);
        assessed.ranges.insert(&group.name, first..assessed.list.len());
    }
    assessed
}

/// What was done to a member before, by us or by others.
#[derive(Clone, Copy)]
struct Past<'a> {
    /// When a schedule last ran on its group.
    ran: Option<Timestamp>,
    /// Whether an earlier run has begun to take it into its group, and that may be going on.
    taken_in: bool,
    /// Work for its group that failed on some and can be done again.
    failed: Option<&'a FailedWork>,
    /// Whether it leaves another group of the service of the same group.
    shifts: bool,
}

#[expect(clippy::too_many_arguments, reason = "what is known of one member, gathered by the only caller")]
fn assess<'a>(
    input: &Input<'a>,
    (group, crew): (&'a Group, &'a GroupName),
    release: &'a Release,
    (source, riding): (Option<&Ocid>, &Riding),
    id: &'a Ocid,
    seen: Option<&'a Instance>,
    verdict: Option<Arc<Verdict>>,
    outside: bool,
    resting: Option<&HeldReason>,
    past: Past<'_>,
) -> Member<'a> {
    let record = input.state.instances.get(id);
    let recorded = record
        .and_then(|record| record.at_level.as_ref())
        .is_some_and(|level| level.release == release.name && level.patching == group.patching());
    let mut member = Member {
        id,
        group,
        crew,
        shifts: past.shifts,
        release,
        seen,
        verdict,
        tally: Tally::default(),
        reaches: false,
        at_level: false,
        recorded: recorded && record.is_some_and(|record| record.group == group.name),
        outside,
        joins: outside,
        rides: false,
        switch: false,
        update: false,
        correction: Correction::default(),
        reboot: false,
        boots: false,
        verify: false,
        reason: Reason::Bound { line: group.line },
        held: None,
        busy: None,
    };
    let hold = |mut member: Member<'a>, reason| {
        member.joins = false;
        member.held = Some(reason);
        member
    };
    if let Some(reason) = resting {
        return hold(member, reason.clone());
    }
    let Some(seen) = seen else { return hold(member, HeldReason::Unknown) };
    if !seen.status.takes_work() {
        let (status, last_checkin) = (seen.status, seen.last_checkin);
        return hold(member, HeldReason::Unreachable { status, last_checkin });
    }
    let Some(verdict) = member.verdict.clone() else { return hold(member, HeldReason::Unread) };
    let bound = source.is_some() && !outside;
    let rides = source.is_some_and(|source| riding.rides(seen, source));
    // What another source offers says nothing of the release's: before the switch nothing is known of any kind.
    let offered = input.observed.updates.get(id).filter(|_| rides);
    let sorter = Sorter::new(group.patching(), offered.map(|offered| offered.iter().map(|update| &**update)));
    member.rides = rides;
    member.tally = sorter.tally(&verdict);
    member.at_level = rides && verdict.at_level(&sorter, group.ahead) && !member.waits_for_reboot();
    // A switch that a crash cut off before it was recorded is taken up again, to record it.
    member.switch = !rides || begun(input, &OpKey::switch(&release.name, id));
    // Nor is one let go that an earlier run had begun to take in: that goes on, and is what gives it the group's sources.
    member.joins |= past.taken_in && !rides;
    let begun_exchange = begun(input, &OpKey::attach(crew, &release.name))
        || begun(input, &OpKey::detach(crew, &release.name));
    if input.capabilities.binding == Binding::Group {
        // Who joins gets the group's sources, whatever it had. Who joined after the exchange had no part in it.
        let put_there = rides && record.is_some_and(|record| record.release.as_ref() == Some(&release.name));
        let joins = member.joins && !(past.shifts && rides);
        member.switch |= joins || (begun_exchange && !put_there);
    }
    // An update that is done is not asked for again where only its being listed was cut off: the list is that of before.
    let refresh = input.state.unfinished.get(&OpKey::refresh(crew));
    let relist = refresh.is_some_and(|refresh| seen.is_listed_before(refresh.started))
        && rides
        && record.is_some_and(|record| record.release.as_ref() == Some(&release.name))
        && !past.failed.is_some_and(|failed| failed.instances.contains(id));
    member.update = member.tally.due > 0 && !relist;
    let exact = group.patching().is_exact();
    if exact && !relist {
        member.correction = exact::correct(input, (id, group, release), seen, &verdict);
    }
    // Of what kind anything is, nobody knows before the switch: it may turn out that the schedule brings nothing.
    let unknown = !rides && group.patching().is_by_kind();
    // Who joins installs everything at once, whatever is left to the schedule otherwise.
    let installs =
        input.capabilities.joining_installs && (member.joins || (bound && !rides && !begun_exchange));
    // What a schedule has brought is not in a list that is older. A new one tells.
    let stale = input.capabilities.refreshes
        && rides
        && seen.open_work.is_empty()
        && past.ran.is_some_and(|ran| seen.is_listed_before(ran));
    let stale = stale || relist;
    let left = member.tally.scheduled > 0 && !stale;
    let waits = left && !unknown && !installs;
    member.reaches = match exact {
        true => member.correction.left.is_empty(),
        false => sorter.has_level() && !waits && verdict.may_be_ahead(group.ahead),
    };
    if input.capabilities.binding == Binding::Group
        && let Some((ticket, since)) = bindings::in_the_way(input, crew, seen)
    {
        member.busy = Some(ticket.clone());
        if let Some(since) = since {
            member.joins = false;
            member.rest();
            member.held = Some(HeldReason::Overdue { ticket, since });
            return member;
        }
    }
    // Only leaving and joining again gives a member what its group has, and a run that is cut in between must not lose it.
    let apart = bound && !rides && !begun_exchange && group.members == Members::Service;
    if input.capabilities.binding == Binding::Group && apart && !bindings::can_rerun(past.failed, id) {
        let rides = riding.named(seen, None);
        member.rest();
        member.held = Some(HeldReason::Apart { rides });
        return member;
    }
    let own = [OpKey::update(&release.name, id), OpKey::enforce(&release.name, id), OpKey::reboot(id)];
    if let Some(reason) = own.iter().find_map(|own| overdue(input, seen, own)) {
        member.held = Some(reason);
        member.rest();
        return member;
    }
    if member.moves()
        && input.capabilities.binding == Binding::Instance
        && let Some(ticket) = foreign_work(input, seen, &own)
    {
        member.held = Some(HeldReason::OpenWork { ticket });
        member.rest();
        return member;
    }
    if member.update
        && !member.switch
        && let Some(reason) = other_streams(input, &member, &verdict, &sorter)
    {
        (member.held, member.reaches) = (Some(reason), false);
        member.rest();
        member.reason = self::reason(input, &member, rides);
        return member;
    }
    if exact {
        let changed = member.moves() || member.joins || !member.recorded || stale;
        member.verify = member.update || member.correction.is_due() || (member.reaches && changed);
    } else if group.ahead == Ahead::Block && !verdict.ahead.is_empty() {
        // What is newer cannot be brought back; the rest is still brought up. There is no level to prove.
        member.held = Some(HeldReason::Ahead { packages: verdict.ahead.len() });
    } else {
        if left && !installs {
            // What the schedule is to bring is not a step, and there is no level before it has come.
            member.held = Some(HeldReason::Schedule { packages: member.tally.scheduled, known: !unknown });
        }
        let changed =
            member.moves() || member.joins || !member.recorded || (stale && !member.tally.is_level());
        member.verify = member.update || (member.reaches && changed);
    }
    member.reason = reason(input, &member, rides);
    member
}

/// Tells whether what an update is to bring is of module streams that the member does not have: then it brings nothing of
/// that. The member is held as a whole, so that what its plan shows is what happens.
fn other_streams(
    input: &Input<'_>,
    member: &Member<'_>,
    verdict: &Verdict,
    sorter: &Sorter<'_>,
) -> Option<HeldReason> {
    let due = verdict.behind.iter().filter(|lag| sorter.bringer(lag) == Bringer::Update);
    let due = Verdict { behind: due.copied().collect(), ..Verdict::default() };
    let seen = input.observed.streams.get(member.id)?;
    let mut streams = stream_gaps(&member.release.manifest.modules, seen, &due);
    streams.retain(StreamGap::keeps_back);
    let together = (!input.capabilities.updates_members).then(|| member.group.name.clone());
    (!streams.is_empty()).then_some(HeldReason::Streams { streams, together })
}

fn reason(input: &Input<'_>, member: &Member<'_>, rides: bool) -> Reason {
    let line = member.group.line;
    let record = input.state.instances.get(member.id);
    let put_there = record.is_some_and(|record| record.release.as_ref() == Some(&member.release.name));
    if rides {
        return match () {
            () if member.joins => Reason::Joined { line },
            () if member.switch || updating(input, member) => Reason::Unfinished,
            () if member.recorded => Reason::Drifted,
            () if member.correction.is_due() && !member.update => Reason::Inexact,
            () => Reason::Behind,
        };
    }
    let bound = input.state.groups.get(member.crew).and_then(|group| group.release.as_ref());
    match () {
        () if switching(input, member) => Reason::Unfinished,
        () if put_there => Reason::Drifted,
        () if record.is_none_or(|record| record.release.is_none()) && bound == Some(&member.release.name) => {
            Reason::Joined { line }
        }
        () => Reason::Bound { line },
    }
}

/// Tells whether an earlier run has begun to update the member to its release, by itself or with its group.
fn updating(input: &Input<'_>, member: &Member<'_>) -> bool {
    begun(input, &OpKey::update(&member.release.name, member.id))
        || begun(input, &OpKey::enforce(&member.release.name, member.id))
        || begun(input, &OpKey::update_group(member.crew, &member.release.name))
}

/// Tells whether an earlier run has begun to put the member on its release, by itself or with its group.
fn switching(input: &Input<'_>, member: &Member<'_>) -> bool {
    let (group, release) = (member.crew, &member.release.name);
    begun(input, &OpKey::switch(release, member.id))
        || begun(input, &OpKey::attach(group, release))
        || begun(input, &OpKey::detach(group, release))
}

fn begun(input: &Input<'_>, key: &OpKey) -> bool {
    input.state.unfinished.contains_key(key)
}

/// Tells whether our own update of the instance is open for longer than is waited for.
fn overdue(input: &Input<'_>, seen: &Instance, own: &OpKey) -> Option<HeldReason> {
    let op = input.state.unfinished.get(own)?;
    let ticket = op.ticket.as_ref().filter(|ticket| seen.open_work.contains(ticket))?;
    let late = input.now.duration_since(op.started) >= input.train.service.work_timeout;
    late.then(|| HeldReason::Overdue { ticket: ticket.clone(), since: op.started })
}

/// Returns a work request that is open on the instance and is not the work of ours that we are waiting for anyway.
fn foreign_work(input: &Input<'_>, seen: &Instance, own: &[OpKey]) -> Option<crate::op::Ticket> {
    let begun = |key: &OpKey| input.state.unfinished.get(key).map(|op| (key.is_enforce(), op));
    let ours: Vec<_> = own.iter().filter_map(begun).collect();
    // Work of ours whose answer was lost: what is open is most likely it, and the executor looks. Of an op of several calls
    // the one that is known may be over, and the next one be open.
    let is_lost = |(several, op): &(bool, &UnfinishedOp)| match &op.ticket {
        None => true,
        Some(ticket) => *several && !seen.open_work.contains(ticket),
    };
    if ours.iter().any(is_lost) {
        return None;
    }
    let is_ours = |ticket: &Ticket| ours.iter().any(|(_, op)| op.ticket.as_ref() == Some(ticket));
    seen.open_work.iter().find(|ticket| !is_ours(ticket)).cloned()
}

/// Verdicts by what was compared: instances on one level share their package set, and so their verdict.
#[derive(Default)]
struct Verdicts {
    known: HashMap<(usize, usize, usize), Arc<Verdict>>,
}

impl Verdicts {
    fn of(&mut self, seen: &Instance, release: &Release, input: &Input<'_>) -> Option<Arc<Verdict>> {
        let inventory = seen.packages()?;
        let packages = release.packages();
        let key = (inventory.installed.identity(), inventory.unsourced.identity(), packages.identity());
        Some(match self.known.entry(key) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(slot) => {
                slot.insert(Arc::new(Verdict::of(inventory, packages, &input.train.unmanaged))).clone()
            }
        })
    }
}
