//! How each member of a train's groups stands to its release: train, state and one look at the service, compared.
//! Pure; no plan is needed for it, so that a fleet can be looked at whose plan would be refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::conformance::{self, Sorter, StreamGap, Tally, Verdict, stream_gaps};
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::observed::{Instance, InstanceStatus, Job, Observed, Riding};
use crate::patching::{Schedule, Wanted};
use crate::plan::{self, ServiceLabel};
use crate::state::State;
use crate::train::{Group, Members, Patching, Reboot, Release, Train};

/// How many runs to come are told of a schedule.
const UPCOMING: usize = 3;

/// What `status` shows: the groups of a train and how each of their members stands to its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStatus {
    /// The train.
    pub train: TrainName,
    /// The state's serial; 0 before the first apply.
    pub serial: u64,
    /// Whether the service is the embedded simulator.
    pub simulator: bool,
    /// The region or URL.
    pub place: String,
    /// When the service was asked.
    pub at: Timestamp,
    /// The groups, in file order.
    pub groups: Vec<GroupStatus>,
}

/// A group as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    /// Its name.
    pub name: GroupName,
    /// The release it is bound to.
    pub release: ReleaseName,
    /// Whether it is at level: all its members are, but for those that may be below.
    pub at_level: bool,
    /// How many members may be below level.
    pub allowed: usize,
    /// What is installed on its members, and so what its level counts.
    pub patching: Patching,
    /// Its schedule, where it has one.
    pub schedule: Option<ScheduleLine>,
    /// Its members, in order of their labels.
    pub instances: Vec<InstanceLine>,
}

/// The schedule of a group as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleLine {
    /// What the train says.
    pub schedule: Schedule,
    /// The scheduled job that the service has for it; none where it was never made, or is gone.
    pub job: Option<Job>,
    /// Its next runs, as long as the job does what the train says.
    pub upcoming: Vec<Timestamp>,
}

/// An instance as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceLine {
    /// Its id.
    pub id: Ocid,
    /// What people call it.
    pub label: Arc<str>,
    /// What the service says of its agent; none when the service does not know it.
    pub status: Option<InstanceStatus>,
    /// The display name of the source it rides; none for no source.
    pub rides: Option<Arc<str>>,
    /// Whether it rides the release that its group is bound to.
    pub on_release: bool,
    /// How it stands to that release; none when its packages could not be read.
    pub verdict: Option<Verdict>,
    /// The module streams of that release that it does not have, where it was asked for them.
    pub streams: Vec<StreamGap>,
    /// What of being behind counts for its group, and what its schedule will bring.
    pub tally: Tally,
    /// Whether it is at level: reachable, on the release, and nothing behind that counts (or ahead, where that blocks).
    pub at_level: bool,
    /// Since when the state knows it to be at that level; none when it is not recorded.
    pub at_level_since: Option<Timestamp>,
    /// When its agent last checked in.
    pub last_checkin: Option<Timestamp>,
    /// When the service last had its packages listed, where it says so.
    pub listed: Option<Timestamp>,
    /// Whether that was before its group's schedule last ran, so that what that brought is not in the list.
    pub is_stale: bool,
    /// The kernel it runs.
    pub running_kernel: Option<Arc<str>>,
    /// The kernel that Ksplice has brought it to without a reboot; none where that is the one it runs.
    pub effective_kernel: Option<Arc<str>>,
    /// Whether it waits for a reboot; not where its group says that this is not told.
    pub reboot_required: bool,
}

/// What is wanted, what was applied, and what is there.
#[derive(Clone, Copy, Debug)]
pub struct Fleet<'a> {
    /// What is wanted.
    pub train: &'a Train,
    /// What was applied.
    pub state: &'a State,
    /// What is there.
    pub observed: &'a Observed,
}

impl Fleet<'_> {
    /// Compares every member of every group.
    pub fn status(&self, service: &ServiceLabel, at: Timestamp) -> FleetStatus {
        let members: Vec<(&Group, BTreeSet<Ocid>)> =
            self.train.groups.iter().map(|group| (group, self.members(group))).collect();
        let labels = self.labels(members.iter().flat_map(|(_, members)| members));
        FleetStatus {
            train: self.train.name.clone(),
            serial: self.state.serial,
            simulator: service.simulator,
            place: service.place.clone(),
            at,
            groups: members.iter().map(|(group, members)| self.group(group, members, &labels, at)).collect(),
        }
    }

    /// Returns the members of all groups that the service knows.
    pub fn known_members(&self) -> BTreeSet<Ocid> {
        let members = self.train.groups.iter().flat_map(|group| self.members(group));
        members.filter(|id| self.observed.instances.contains_key(id)).collect()
    }

    /// Returns the members of a group, known to the service or not.
    pub fn members_of(&self, group: &GroupName) -> BTreeSet<Ocid> {
        self.train.group(group).map(|group| self.members(group)).unwrap_or_default()
    }

    /// Describes an instance that no group of the train holds, if the service knows it: the golden one, say.
    pub fn outsider(&self, id: &Ocid) -> Option<InstanceLine> {
        let label = |known: &Instance| Arc::clone(&known.name);
        self.observed.instances.get(id).map(|known| self.line(id, label(known), None, &self.riding()))
    }

    fn group(
        &self,
        group: &Group,
        members: &BTreeSet<Ocid>,
        labels: &BTreeMap<Ocid, Arc<str>>,
        at: Timestamp,
    ) -> GroupStatus {
        let release = self.train.release(&group.release);
        let riding = self.riding();
        let schedule = group.schedule.map(|schedule| self.schedule(group, schedule, at));
        let ran = schedule.as_ref().and_then(|schedule| schedule.job.as_ref()?.last);
        let bound = release.map(|release| Bound { group, release, sources: self.sources_of(release), ran });
        let line = |id: &Ocid| {
            let label = labels.get(id).map_or_else(|| id.as_str().into(), Arc::clone);
            self.line(id, label, bound.as_ref(), &riding)
        };
        let mut instances: Vec<InstanceLine> = members.iter().map(line).collect();
        instances.sort_by(|one, other| (&one.label, &one.id).cmp(&(&other.label, &other.id)));
        let at_level = instances.iter().filter(|line| line.at_level).count();
        GroupStatus {
            name: group.name.clone(),
            release: group.release.clone(),
            at_level: conformance::group_at_level(instances.len(), at_level, group.max_failures),
            allowed: group.max_failures.of(instances.len()),
            patching: group.patching(),
            schedule,
            instances,
        }
    }

    fn schedule(&self, group: &Group, schedule: Schedule, at: Timestamp) -> ScheduleLine {
        let recorded = self.state.schedules.get(&group.name);
        let recorded = recorded.and_then(|record| self.observed.schedules.get(&record.id));
        let tagged = || {
            self.observed.schedules.values().find(|seen| {
                let owner = seen.owner.as_ref();
                seen.group.as_ref() == Some(&group.name)
                    && owner.is_some_and(|owner| {
                        owner.train == self.state.train && owner.lineage == self.state.lineage
                    })
            })
        };
        let job = recorded.or_else(tagged).map(|seen| seen.job.clone());
        let next = job.as_ref().and_then(|job| job.next).filter(|next| schedule.has_next(*next, at));
        let upcoming = next.map(|next| schedule.runs_from(next.max(at)).take(UPCOMING).collect());
        ScheduleLine { schedule, job, upcoming: upcoming.unwrap_or_default() }
    }

    fn line(&self, id: &Ocid, label: Arc<str>, bound: Option<&Bound<'_>>, riding: &Riding) -> InstanceLine {
        let known = self.observed.instances.get(id);
        let source = bound.and_then(|bound| bound.sources.first());
        let link = known.and_then(|known| riding.link(known, source));
        // From the train's own parent, which is empty, nothing comes.
        let link = link.filter(|link| Some(&link.id) != riding.parent.as_ref());
        let on_release = known
            .zip(bound)
            .is_some_and(|(known, bound)| bound.sources.iter().any(|source| riding.rides(known, source)));
        let inventory = known.and_then(|known| known.packages());
        let verdict = inventory.zip(bound).map(|(inventory, bound)| {
            Verdict::of(inventory, bound.release.packages(), &self.train.unmanaged)
        });
        // Whoever may have another stream than its release was asked.
        let streams = self.observed.streams.get(id).zip(bound).filter(|_| on_release);
        let streams = streams.zip(verdict.as_ref());
        let streams = streams
            .map(|((seen, bound), verdict)| stream_gaps(&bound.release.manifest.modules, seen, verdict));
        let reachable = known.is_some_and(|known| known.status.takes_work());
        let level = verdict.as_ref().zip(bound);
        let patching = bound.map_or(Patching::EVERYTHING, |bound| bound.group.patching());
        // What another source offers says nothing of the release's.
        let offered = self.observed.updates.get(id).filter(|_| on_release);
        let sorter = Sorter::new(patching, offered.map(|offered| offered.iter().map(|update| &**update)));
        let at_level = reachable
            && on_release
            && level.is_some_and(|(verdict, bound)| verdict.at_level(&sorter, bound.group.ahead))
            && !known.zip(bound).is_some_and(|(known, bound)| self.awaits_boot(id, known, bound));
        let tally = verdict.as_ref().map(|verdict| sorter.tally(verdict)).unwrap_or_default();
        let proven = self.state.instances.get(id).and_then(|record| record.at_level.as_ref());
        let proven = proven.filter(|level| bound.is_some_and(|bound| level.release == bound.release.name));
        InstanceLine {
            id: id.clone(),
            label,
            status: known.map(|known| known.status),
            rides: link.and(known).and_then(|known| riding.named(known, source)),
            on_release,
            verdict,
            streams: streams.unwrap_or_default(),
            tally,
            at_level,
            at_level_since: proven.map(|level| level.since),
            last_checkin: known.and_then(|known| known.last_checkin),
            listed: known.and_then(|known| known.listed),
            is_stale: known
                .zip(bound.and_then(|bound| bound.ran))
                .is_some_and(|(known, ran)| known.is_listed_before(ran)),
            running_kernel: known.and_then(|known| known.running_kernel.clone()),
            effective_kernel: known.and_then(|known| known.patched_kernel().cloned()),
            reboot_required: known.is_some_and(|known| known.reboot_required)
                && bound.is_none_or(|bound| bound.group.enforcing.reboot != Reboot::Never),
        }
    }

    /// Tells whether a member is below its level for want of a boot: its group has it booted, and it waits for that, or has not
    /// been seen to have booted as it was to.
    fn awaits_boot(&self, id: &Ocid, seen: &Instance, bound: &Bound<'_>) -> bool {
        let wanted = || seen.kernel_of(bound.release.packages(), |_| false);
        let runs_another = || {
            bound.group.update == Some(Wanted::All) && wanted().is_some_and(|kernel| seen.runs_beside(kernel))
        };
        bound.group.enforcing.reboots()
            && (seen.reboot_required || self.state.boots.contains_key(id) || runs_another())
    }

    /// Returns who is in a group by the train's word, or by the service's where the train leaves it to that. The
    /// golden instance never is.
    fn members(&self, group: &Group) -> BTreeSet<Ocid> {
        let mut members = match &group.members {
            Members::Listed(members) => members.clone(),
            Members::Service => self.of_service(group),
            Members::Selected(selector) => {
                let look = (self.train, self.state, self.observed);
                plan::selected(look, &group.name, selector, &self.of_service(group))
            }
        };
        if let Some(golden) = &self.train.golden {
            members.remove(golden);
        }
        members
    }

    /// Returns how the attachments of instances are read: by what is recorded, and by tags.
    fn riding(&self) -> Riding {
        let recorded =
            self.state.sources.iter().map(|(release, record)| (record.id.clone(), release.clone()));
        let tagged = self.observed.sources.iter().filter_map(|(id, source)| {
            let owner = source.owner.as_ref()?;
            let ours = owner.train == self.state.train && owner.lineage == self.state.lineage;
            Some((id.clone(), owner.release.as_ref().filter(|_| ours)?.0.clone()))
        });
        let mut riding = Riding { parent: None, releases: tagged.chain(recorded).collect() };
        let there = |id: &Ocid| self.observed.sources.contains_key(id);
        let own = riding.releases.iter().find(|(id, release)| release.is_own_parent() && there(id));
        riding.parent = own.map(|(id, _)| id.clone());
        riding.releases.retain(|_, release| !release.is_own_parent());
        riding
    }

    /// Returns who the service has in a group.
    fn of_service(&self, group: &Group) -> BTreeSet<Ocid> {
        // Also in the groups of its waves, where those are groups of the service.
        let recorded = self.state.groups.iter().filter(|(name, _)| name.is_of(&group.name));
        let recorded = recorded.map(|(_, record)| &record.id);
        let ids: BTreeSet<&Ocid> = match &group.id {
            Some(id) => [id].into(),
            None => recorded.filter(|id| self.observed.groups.contains_key(*id)).collect(),
        };
        let named = self.observed.groups.iter().filter(|(known, service)| match ids.is_empty() {
            true => *service.name == *group.name.as_str(),
            false => ids.contains(known),
        });
        named.flat_map(|(_, service)| service.members.iter().cloned()).collect()
    }

    /// Returns the sources that hold a release: the recorded one, and one that a crash left unrecorded, by its tags.
    fn sources_of(&self, release: &Release) -> BTreeSet<Ocid> {
        let recorded = self.state.sources.get(&release.name).map(|record| record.id.clone());
        let tagged = self.observed.sources.iter().filter(|(_, source)| {
            source.owner.as_ref().is_some_and(|owner| {
                let named = owner.release.as_ref().is_some_and(|(name, _)| *name == release.name);
                named && owner.train == self.state.train && owner.lineage == self.state.lineage
            })
        });
        tagged.map(|(id, _)| id.clone()).chain(recorded).collect()
    }

    /// Returns what people call each instance: its display name, its OCID where that name is not unique.
    fn labels<'i>(&self, members: impl Iterator<Item = &'i Ocid>) -> BTreeMap<Ocid, Arc<str>> {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for known in self.observed.instances.values() {
            *named.entry(&known.name).or_default() += 1;
        }
        let label = |id: &Ocid| match self.observed.instances.get(id) {
            Some(known) if named.get(&*known.name) == Some(&1) => Arc::clone(&known.name),
            _ => id.as_str().into(),
        };
        members.map(|id| (id.clone(), label(id))).collect()
    }
}

/// A group with its release and the sources that hold it.
struct Bound<'a> {
    group: &'a Group,
    release: &'a Release,
    sources: BTreeSet<Ocid>,
    /// When its schedule last ran.
    ran: Option<Timestamp>,
}

#[cfg(test)]
pub(super) mod tests;
