//! What a plan changes, told for people: one entry an address, instances with the same change together, the moves
//! between releases behind them, and everything a renderer shows beside.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::assess::{Assessed, Member};
use super::bindings::{Binding, Bindings};
use super::crews::{self, Crew, Crews};
use super::gates::Gates;
use super::holdings::{GroupFound, Groups, SourceFound, Sources};
use super::retired::{Going, Retirement};
use super::roster::{Roster, Rosters};
use super::waves::Waves;
use super::{
    AheadReport, Change, ChangeAction, ChangeDetail, Cohort, Exchange, Held, HeldReason, Input, Note,
    PlannedGroup, Reason, ReleaseMove, Work, holdings, rollout,
};
use crate::conformance::{Lag, Tally, Verdict};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Instance, Riding, SourceLink};
use crate::op::{Binding as Binds, Wanted};
use crate::package::{Delta, Lore, Package};
use crate::train::{Ahead, Group, Layout, Release};

/// Everything of a plan that is for people.
#[derive(Default)]
pub(super) struct Story {
    pub(super) groups: Vec<PlannedGroup>,
    pub(super) changes: Vec<Change>,
    pub(super) moves: Vec<ReleaseMove>,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) ahead: Vec<AheadReport>,
    pub(super) held: Vec<Held>,
    pub(super) notes: Vec<Note>,
}

/// Returns what people call each instance: its display name, or its OCID where the name is not unique or unknown.
pub(super) fn labels(
    input: &Input<'_>,
    (rosters, retirement): (&Rosters, &Retirement<'_>),
    members: &Assessed<'_>,
) -> BTreeMap<Ocid, Arc<str>> {
    let mut names: BTreeMap<&Ocid, Arc<str>> = BTreeMap::new();
    for (id, record) in &input.state.instances {
        names.insert(id, record.name.clone());
    }
    for member in &members.list {
        names.entry(member.id).or_insert_with(|| member.id.as_str().into());
    }
    for (id, name) in &retirement.names {
        names.insert(id, name.clone());
    }
    for (id, seen) in &input.observed.instances {
        names.insert(id, seen.name.clone());
    }
    // What Compute calls those that the service does not know; a fleet next door is nobody's business.
    for roster in rosters.declared.values() {
        for id in roster.waiting.keys().chain(roster.left_out.keys()).chain(roster.resting.keys()) {
            let known = input.observed.compute.instances.get(id);
            names.entry(id).or_insert_with(|| known.map_or_else(|| id.as_str().into(), |it| it.name.clone()));
        }
    }
    let mut uses: HashMap<Arc<str>, usize> = HashMap::new();
    for name in names.values() {
        *uses.entry(name.clone()).or_default() += 1;
    }
    let unique = |name: &Arc<str>| uses.get(name) == Some(&1) && !name.is_empty();
    let label = |(id, name): (&Ocid, Arc<str>)| {
        let label = if unique(&name) { name } else { id.as_str().into() };
        (id.clone(), label)
    };
    names.into_iter().map(label).collect()
}

/// Tells the whole story.
pub(super) fn tell(
    input: &Input<'_>,
    (sources, riding): (&Sources, &Riding),
    (crews, groups, bindings): (&Crews<'_>, &Groups, &Bindings),
    rosters: &Rosters,
    members: &Assessed<'_>,
    (gates, waves): (&Gates, &Waves),
    retirement: &Retirement<'_>,
) -> Story {
    let held = gates.held.iter().chain(&retirement.held).cloned().collect();
    let changes = retirement.going.iter().map(Going::change).collect();
    let mut story = Story { held, changes, ..Story::default() };
    story.releases(input, sources);
    story.cohorts(input, members, (sources, riding));
    for group in &input.train.groups {
        let source = sources.get(&group.release).and_then(|found| found.id.as_ref());
        let stands = |crew: &Crew<'_>| {
            let (name, roster) = rosters.declared.get_key_value(&crew.name)?;
            let (found, binding) = (groups.get(name)?, bindings.get(name));
            Some(Stand { group, name, found, roster, binding, members: members.of(name) })
        };
        let own: Vec<Stand<'_>> = crews.of_group(&group.name).filter_map(stands).collect();
        if own.is_empty() {
            continue;
        }
        own.iter().for_each(|stand| story.binding(stand));
        let behind = rosters.undeclared.iter().filter(|(name, _)| name.whole() == group.name);
        let behind = behind.map(|(_, leaves)| leaves.len()).sum();
        story.group(input, (group, &own, behind), members.of(&group.name), (gates, waves), (source, riding));
        own.iter().for_each(|stand| story.stand(input, stand));
    }
    for (name, leaves) in &rosters.undeclared {
        let (address, leaves) = (Address::Group(name.clone()), leaves.clone());
        let (action, detail) = match rosters.stays(name, members) {
            false => (ChangeAction::Destroy, ChangeDetail::DeleteGroup { leaves }),
            true if leaves.is_empty() => continue,
            true => {
                let line = crews::group(input.train, name).map_or(1, |group| group.line);
                (ChangeAction::Change, ChangeDetail::departure(leaves, line))
            }
        };
        story.changes.push(Change { address, action, detail });
    }
    for (name, id) in &rosters.lost {
        let (address, reason) = (Address::Group(name.clone()), HeldReason::OthersGroup { group: id.clone() });
        story.held.push(Held { address, reason, until: None });
    }
    story.changes.sort_by(|a, b| a.address.cmp(&b.address));
    story.held.sort_by(|a, b| (&a.address, &a.reason).cmp(&(&b.address, &b.reason)));
    story
}

/// What members of a group stand in on the service: its group, or one of those of its waves.
struct Stand<'a> {
    group: &'a Group,
    name: &'a GroupName,
    found: &'a GroupFound,
    roster: &'a Roster,
    binding: Option<&'a Binding>,
    members: &'a [Member<'a>],
}

impl Story {
    fn releases(&mut self, input: &Input<'_>, sources: &Sources) {
        let own = input.train.own_parent();
        for release in std::iter::once(&own).chain(&input.train.releases) {
            // What is taken over is told apart, and nothing more is done to it.
            let works = |found: &&SourceFound| found.has_work() && !found.imported;
            let Some(found) = sources.get(&release.name).filter(works) else { continue };
            let calls = found.missing.len().div_ceil(input.capabilities.packages_per_call.max(1)) + 1;
            let packages = release.packages().len();
            let modular = release.packages().iter().filter(|package| package.is_modular()).count();
            if found.id.is_none() && (modular > 0 || !release.manifest.modules.is_empty()) {
                self.notes.push(Note::Modular {
                    release: release.name.clone(),
                    packages: modular,
                    streams: release.manifest.modules.clone(),
                });
            }
            let (action, detail) = match &found.id {
                None => {
                    (ChangeAction::Add, ChangeDetail::CreateSource { packages, calls, line: release.line })
                }
                Some(id) if found.adopt => {
                    let detail = ChangeDetail::AdoptSource { id: id.clone(), missing: found.missing.len() };
                    (ChangeAction::Change, detail)
                }
                Some(_) => {
                    let (add, remove) = (found.missing.clone(), found.foreign.clone());
                    (ChangeAction::Change, ChangeDetail::RepairSource { add, remove })
                }
            };
            self.changes.push(Change { address: Address::Release(release.name.clone()), action, detail });
        }
        let layout = input.train.layout;
        let otherwise = |release: &&Release| {
            let found = sources.get(&release.name).filter(|found| found.id.is_some() && !found.retired);
            found.is_some_and(|found| found.child != (layout == Layout::Child))
        };
        let others = input.train.releases.iter().filter(otherwise).map(|release| release.name.clone());
        let releases: Vec<ReleaseName> = others.collect();
        if !releases.is_empty() {
            self.notes.push(Note::OtherLayout { releases, layout, line: input.train.layout_line });
        }
        let declared =
            |release: &ReleaseName| release.is_own_parent() || input.train.release(release).is_some();
        for release in input.state.sources.keys().filter(|release| !declared(release)) {
            let address = Address::Release(release.clone());
            self.held.push(Held { address, reason: HeldReason::Undeclared, until: None });
        }
    }

    /// Gathers instances with the same change, and the release moves behind them.
    fn cohorts(&mut self, input: &Input<'_>, members: &Assessed<'_>, (sources, riding): (&Sources, &Riding)) {
        let mut index: HashMap<CohortKey<'_>, usize> = HashMap::new();
        let mut extremes: Vec<Gathered> = Vec::new();
        let mut moves: BTreeMap<(ReleaseName, ReleaseName), (BTreeSet<GroupName>, usize)> = BTreeMap::new();
        for member in &members.list {
            if let (Some(verdict), true) = (&member.verdict, reached(member)) {
                self.report_ahead(member, verdict);
            }
            let (Some(seen), Some(verdict), true) = (member.seen, &member.verdict, member.moves()) else {
                continue;
            };
            let found = sources.get(&member.release.name);
            let own = found.and_then(|found| found.id.as_ref());
            // Where several are attached side by side, whoever has the release's own is left with that.
            let beside = seen.children.iter().find(|link| Some(&link.id) == own);
            let beside = beside.filter(|_| input.capabilities.binding == Binds::Group);
            let from = beside.or_else(|| riding.link(seen, own));
            // What hangs under the old parent goes with it; under the train's own, only releases are exchanged.
            let stays = !member.switch || (found.is_some_and(|found| found.child) && riding.hangs(seen));
            let drops = seen.children.iter().filter(|child| !stays && Some(*child) != from);
            let drops: Vec<&SourceLink> = drops.collect();
            let tally = Some(member.tally).filter(|_| member.tells_kinds());
            let key = CohortKey {
                group: &member.group.name,
                from: from.filter(|_| member.switch),
                drops: drops.clone(),
                update: member.update,
                exact: member.correction.is_due(),
                reboot: member.reboot,
                reason: &member.reason,
                behind: &verdict.behind,
                tally,
            };
            let cohort = *index.entry(key).or_insert_with(|| {
                extremes.push(Gathered::default());
                self.cohorts.push(Cohort {
                    group: member.group.name.clone(),
                    to: member.release.name.clone(),
                    from: from.cloned(),
                    switch: member.switch,
                    drops: drops.into_iter().cloned().collect(),
                    update: member.update,
                    exact: member.correction.is_due(),
                    reboot: member.reboot,
                    reason: member.reason.clone(),
                    verdict: Verdict { behind: verdict.behind.clone(), ..Verdict::default() },
                    instances: Vec::new(),
                    tally,
                });
                self.cohorts.len() - 1
            });
            self.cohorts[cohort].instances.push(member.id.clone());
            extremes[cohort].add(verdict);
            let address = Address::Instance(member.id.clone());
            let detail = ChangeDetail::Instance { cohort };
            self.changes.push(Change { address, action: ChangeAction::Change, detail });
            if let Some(release) =
                from.and_then(|from| riding.releases.get(&from.id)).filter(|_| member.switch)
                && *release != member.release.name
            {
                let entry = moves.entry(((*release).clone(), member.release.name.clone())).or_default();
                entry.0.insert(member.group.name.clone());
                entry.1 += 1;
            }
        }
        for (cohort, gathered) in self.cohorts.iter_mut().zip(extremes) {
            gathered.finish(&mut cohort.verdict);
        }
        for ((from, to), (groups, instances)) in moves {
            let (Some(old), Some(new)) = (input.train.release(&from), input.train.release(&to)) else {
                continue;
            };
            let delta =
                Delta::knowing(old.packages(), new.packages(), &Lore::of(&old.manifest, &new.manifest));
            let groups = groups.into_iter().collect();
            self.moves.push(ReleaseMove { from, to, delta, groups, instances, coverage: None });
        }
    }

    /// Notes what a reviewer should know of a service that moves groups as a whole.
    fn binding(&mut self, stand: &Stand<'_>) {
        let Stand { group, name, binding, members, .. } = *stand;
        let Some(binding) = binding.filter(|binding| binding.moves()) else { return };
        // Whoever only changes waves has what the release has.
        let gets_it = |member: &&Member<'_>| member.joins && !(member.shifts && member.at_level);
        let joins = members.iter().filter(gets_it).count() + binding.rejoin.len();
        if joins > 0 {
            self.notes.push(Note::JoinInstalls {
                group: name.clone(),
                release: group.release.clone(),
                instances: joins,
                beyond: group.update != Some(Wanted::All),
            });
        }
        let away = |member: &&Member<'_>| member.seen.is_some_and(|seen| !seen.status.takes_work());
        let unreachable = members.iter().filter(|member| !member.outside).filter(away).count();
        if unreachable > 0 && (binding.exchanges() || binding.update.is_some()) {
            self.notes.push(Note::WholeGroup { group: name.clone(), unreachable });
        }
    }

    fn report_ahead(&mut self, member: &Member<'_>, verdict: &Verdict) {
        // What is brought back is told with that.
        if verdict.ahead.is_empty() || (member.group.patching().is_exact() && member.held.is_none()) {
            return;
        }
        self.ahead.push(AheadReport {
            instance: member.id.clone(),
            group: member.group.name.clone(),
            packages: verdict.ahead.clone(),
            blocks: member.group.ahead == Ahead::Block,
        });
    }

    fn group(
        &mut self,
        input: &Input<'_>,
        (group, own, behind): (&Group, &[Stand<'_>], usize),
        members: &[Member<'_>],
        (gates, waves): (&Gates, &Waves),
        (source, riding): (Option<&Ocid>, &Riding),
    ) {
        let alone = own.first().filter(|stand| *stand.name == group.name);
        let leaves = own.iter().map(|stand| stand.roster.leaves.len()).sum::<usize>() + behind;
        let mut planned = PlannedGroup {
            name: group.name.clone(),
            id: alone.and_then(|stand| stand.found.id.clone()),
            release: group.release.clone(),
            ahead: group.ahead,
            after: group.after.clone(),
            max_failures: group.max_failures,
            members: members.len(),
            rides: BTreeMap::new(),
            at_level: 0,
            work: Work { leaves, ..Work::default() },
            held: 0,
            ahead_count: 0,
            gated: gates.shut.get(&group.name) == Some(&1),
            patching: group.patching(),
            rollout: rollout::tell(group, members, waves, gates.shut.get(&group.name).copied()),
            reboot: group.enforcing.reboot,
        };
        if !group.patching().has_level() {
            let address = Address::Group(group.name.clone());
            self.held.push(Held { address, reason: HeldReason::NoUpdates, until: None });
        }
        // A source that was taken over keeps its name in the service; here it goes by its release.
        let called: BTreeMap<&Ocid, Arc<str>> = riding
            .releases
            .iter()
            .map(|(id, release)| (id, holdings::source_name(input, release).into()))
            .collect();
        let rides = |seen: &Instance| {
            let own = riding.link(seen, source).and_then(|link| called.get(&link.id).cloned());
            own.or_else(|| riding.named(seen, source))
        };
        for member in members {
            let rides = member.seen.and_then(rides).unwrap_or_default();
            if member.seen.is_some() {
                *planned.rides.entry(rides).or_default() += 1;
            }
            planned.at_level += usize::from(member.at_level);
            planned.work.joins += usize::from(member.joins && !member.shifts);
            planned.work.switches += usize::from(member.switch);
            planned.work.updates += usize::from(member.update);
            planned.work.exact += usize::from(member.correction.is_due());
            planned.work.reboots += usize::from(member.reboot);
            planned.work.verifies += usize::from(member.verify);
            planned.held += usize::from(member.held.is_some());
            let ahead = member.verdict.as_ref().is_some_and(|verdict| !verdict.ahead.is_empty());
            planned.ahead_count += usize::from(ahead && reached(member));
            if let Some(reason) = &member.held {
                let address = Address::Instance(member.id.clone());
                self.held.push(Held { address, reason: reason.clone(), until: None });
            }
        }
        for Stand { roster, .. } in own {
            planned.held += roster.waiting.len();
            for (id, reason) in &roster.waiting {
                let address = Address::Instance(id.clone());
                self.held.push(Held { address, reason: reason.clone(), until: None });
            }
            for (instance, why) in &roster.left_out {
                let (group, instance, why) = (group.name.clone(), instance.clone(), why.clone());
                self.notes.push(Note::LeftOut { group, instance, why });
            }
        }
        if members.is_empty() {
            self.notes.push(Note::NoMembers { group: group.name.clone() });
        }
        let golden = own.iter().any(|stand| stand.roster.golden);
        if let Some(golden) = input.train.golden.as_ref().filter(|_| golden) {
            self.notes.push(Note::GoldenLeftOut { group: group.name.clone(), instance: golden.clone() });
        }
        self.groups.push(planned);
    }

    /// Tells what becomes of one group of the service.
    fn stand(&mut self, input: &Input<'_>, stand: &Stand<'_>) {
        let Stand { group, name, found, roster, binding, members } = *stand;
        let bound = input.state.groups.get(name).and_then(|record| record.release.clone());
        let from = bound.filter(|bound| *bound != group.release);
        let verifies =
            members.iter().filter(|member| (member.verify || member.boots) && !member.moves()).count();
        let joins = members.iter().filter(|member| member.joins).map(|member| member.id.clone());
        let joins: Vec<Ocid> = joins.collect();
        let create = found.id.is_none();
        let exchange = binding.and_then(exchange);
        let changes = create
            || exchange.is_some()
            || found.adopt
            || from.is_some()
            || verifies > 0
            || !joins.is_empty()
            || !roster.leaves.is_empty();
        if changes {
            let action = if create { ChangeAction::Add } else { ChangeAction::Change };
            let (adopt, leaves, line) = (found.adopt, roster.leaves.clone(), group.line);
            let detail = ChangeDetail::Group { create, adopt, from, joins, leaves, verifies, exchange, line };
            self.changes.push(Change { address: Address::Group(name.clone()), action, detail });
        }
    }
}

/// Returns how the sources of a group change, where they do.
fn exchange(binding: &Binding) -> Option<Exchange> {
    let rerun = binding.rerun.as_ref().map(|(_, _, instances)| instances.clone()).unwrap_or_default();
    let changes = binding.exchanges() || !binding.rejoin.is_empty() || !rerun.is_empty();
    changes.then(|| Exchange {
        attach: binding.attach,
        detach: binding.detach.clone(),
        rejoin: binding.rejoin.clone(),
        rerun,
    })
}

fn reached(member: &Member<'_>) -> bool {
    member.seen.is_some_and(|seen| seen.status.takes_work())
}

#[derive(PartialEq, Eq, Hash)]
struct CohortKey<'a> {
    group: &'a GroupName,
    from: Option<&'a SourceLink>,
    drops: Vec<&'a SourceLink>,
    update: bool,
    exact: bool,
    reboot: bool,
    reason: &'a Reason,
    behind: &'a [Lag],
    tally: Option<Tally>,
}

/// What stands on any instance of a cohort.
#[derive(Default)]
struct Gathered {
    ahead: BTreeSet<Lag>,
    extra: BTreeSet<Package>,
    missing: BTreeSet<Package>,
    unmanaged: usize,
}

impl Gathered {
    fn add(&mut self, verdict: &Verdict) {
        self.ahead.extend(&verdict.ahead);
        self.extra.extend(&verdict.extra);
        self.missing.extend(&verdict.missing);
        self.unmanaged = self.unmanaged.max(verdict.unmanaged);
    }

    fn finish(self, verdict: &mut Verdict) {
        let Self { ahead, extra, missing, unmanaged } = self;
        verdict.ahead = ahead.into_iter().collect();
        verdict.extra = extra.into_iter().collect();
        verdict.missing = missing.into_iter().collect();
        verdict.unmanaged = unmanaged;
    }
}
