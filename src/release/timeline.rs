//! A train's releases in their order: what each holds, what came with it, and who rides it since when. Offline: the train
//! file and the state tell all of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::advisory::{Advisories, Flagged};
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::{Delta, Digest, Lore};
use crate::state::State;
use crate::train::{Release, Train};

/// The releases of a train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The train.
    pub train: TrainName,
    /// The state's serial; none before the first apply.
    pub serial: Option<u64>,
    /// The releases, oldest first.
    pub releases: Vec<Milestone>,
}

/// One release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its name.
    pub name: ReleaseName,
    /// How many packages it holds.
    pub packages: usize,
    /// The digest of its content.
    pub digest: Digest,
    /// When it was frozen, where its manifest says so.
    pub frozen_at: Option<Timestamp>,
    /// Whether its source is to go.
    pub retired: bool,
    /// How it differs from the release before it; none for the first.
    pub change: Option<Delta>,
    /// Its source in the service, where one is on record.
    pub source: Option<SourceOnRecord>,
    /// Who rides it.
    pub riders: Vec<Rider>,
    /// Advisories that were taken back or replaced after they brought packages of it.
    pub flags: Vec<Flagged>,
}

/// A source as the state has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOnRecord {
    /// The service's id.
    pub id: Ocid,
    /// Since when it is ours.
    pub since: Timestamp,
    /// When it was first proven to hold the whole release.
    pub proven: Option<Timestamp>,
}

/// A group on a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rider {
    /// The group.
    pub group: GroupName,
    /// Whether the train file binds it to this release.
    pub bound: bool,
    /// Since when its members were moved to it; none where that was never applied.
    pub since: Option<Timestamp>,
    /// How many instances the state has on this release.
    pub instances: usize,
    /// How many of them are proven to be at its level.
    pub at_level: usize,
    /// Since when all of them are: the last one's moment. None while one is not.
    pub level_since: Option<Timestamp>,
}

/// Lays the releases of a train out in time. Where advisories are known, releases are flagged by those that no longer
/// stand.
pub fn timeline(train: &Train, state: Option<&State>, advisories: Option<&Advisories>) -> Timeline {
    let riders = state.map(on_record).unwrap_or_default();
    let mut before: Option<&Release> = None;
    let releases = train.releases.iter().map(|release| {
        let change = before.map(|before| {
            Delta::knowing(
                before.packages(),
                release.packages(),
                &Lore::of(&before.manifest, &release.manifest),
            )
        });
        before = Some(release);
        milestone(train, state, (release, change), riders.get(&release.name), advisories)
    });
    Timeline {
        train: train.name.clone(),
        serial: state.map(|state| state.serial),
        releases: releases.collect(),
    }
}

/// The instances of a group on a release.
#[derive(Clone, Copy, Debug, Default)]
struct Crew {
    instances: usize,
    at_level: usize,
    last: Option<Timestamp>,
}

/// Counts the instances on each release, by group.
fn on_record(state: &State) -> BTreeMap<&ReleaseName, BTreeMap<&GroupName, Crew>> {
    let mut riders: BTreeMap<&ReleaseName, BTreeMap<&GroupName, Crew>> = BTreeMap::new();
    for record in state.instances.values() {
        let Some(release) = &record.release else { continue };
        let crew = riders.entry(release).or_default().entry(&record.group).or_default();
        crew.instances += 1;
        if let Some(level) = record.at_level.as_ref().filter(|level| level.release == *release) {
            crew.at_level += 1;
            crew.last = crew.last.max(Some(level.since));
        }
    }
    riders
}

fn milestone(
    train: &Train,
    state: Option<&State>,
    (release, change): (&Release, Option<Delta>),
    crews: Option<&BTreeMap<&GroupName, Crew>>,
    advisories: Option<&Advisories>,
) -> Milestone {
    let bound = train.groups.iter().filter(|group| group.release == release.name).map(|group| &group.name);
    let bound: BTreeSet<&GroupName> = bound.collect();
    let moved = |name: &GroupName| {
        // Of waves that are groups of the service, the last one tells.
        let records = state.into_iter().flat_map(|state| &state.groups);
        let records = records.filter(|(known, _)| known.is_of(name)).map(|(_, record)| record);
        let moved = records.filter(|record| record.release.as_ref() == Some(&release.name));
        moved.filter_map(|record| record.since).max()
    };
    let groups: BTreeSet<GroupName> =
        state.into_iter().flat_map(|state| state.groups.keys()).map(GroupName::whole).collect();
    let mut names = bound.clone();
    names.extend(crews.into_iter().flat_map(|crews| crews.keys().copied()));
    names.extend(groups.iter().filter(|name| moved(name).is_some()));
    let rider = |name: &GroupName| {
        let crew = crews.and_then(|crews| crews.get(name)).copied().unwrap_or_default();
        let whole = crew.instances > 0 && crew.at_level == crew.instances;
        Rider {
            group: name.clone(),
            bound: bound.contains(name),
            since: moved(name),
            instances: crew.instances,
            at_level: crew.at_level,
            level_since: crew.last.filter(|_| whole),
        }
    };
    let record = state.and_then(|state| state.sources.get(&release.name));
    Milestone {
        name: release.name.clone(),
        packages: release.packages().len(),
        digest: release.digest,
        frozen_at: frozen_at(release),
        retired: release.retired,
        change,
        source: record.map(|record| SourceOnRecord {
            id: record.id.clone(),
            since: record.since,
            proven: record.proven,
        }),
        riders: names.into_iter().map(rider).collect(),
        flags: flagged(release, advisories),
    }
}

/// Returns the advisories that flag a release.
pub fn flagged(release: &Release, advisories: Option<&Advisories>) -> Vec<Flagged> {
    let flags = advisories.map(|known| known.flagged_in(release.packages())).unwrap_or_default();
    flags.iter().map(Flagged::from).collect()
}

/// Returns when a release was frozen, where its manifest says so.
pub(super) fn frozen_at(release: &Release) -> Option<Timestamp> {
    release.manifest.header("frozen at").and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::op::Lineage;
    use crate::package::DeltaKind;
    use crate::patching::Patching;
    use crate::state::{AtLevel, GroupRecord, InstanceRecord, SourceRecord};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn state(train: &Train) -> State {
        let mut state = State::new(train.name.clone(), Lineage("abc".into()));
        state.serial = 3;
        let (gl1, since) = (ReleaseName::new("GL1"), at("2026-05-01T00:00:00Z"));
        let source = SourceRecord {
            id: Ocid::new("ocid1.source.oc1..gl1"),
            digest: train.releases[0].digest,
            since,
            proven: Some(since),
        };
        state.sources.insert(gl1.clone(), source);
        for name in ["canary", "web", "gone"] {
            let record = GroupRecord {
                id: Ocid::new(name),
                made: true,
                release: Some(gl1.clone()),
                since: Some(since),
                failed: None,
                called: None,
                accepted: Default::default(),
            };
            state.groups.insert(GroupName::new(name), record);
        }
        for (name, group, level) in [
            ("a", "canary", Some("2026-05-02T00:00:00Z")),
            ("b", "canary", Some("2026-05-03T00:00:00Z")),
            ("c", "web", None),
        ] {
            let level = level.map(|since| AtLevel {
                release: gl1.clone(),
                since: at(since),
                extra: 0,
                patching: Patching::default(),
            });
            let record = InstanceRecord {
                name: name.into(),
                group: GroupName::new(group),
                release: Some(gl1.clone()),
                at_level: level,
                accepted: Default::default(),
                wave: 0,
            };
            state.instances.insert(Ocid::new(name), record);
        }
        state
    }

    fn train() -> Train {
        let header = "# release: GL1\n# frozen at: 2026-04-30T08:00:00Z\n";
        let groups = sample::group("canary", "GL2", &[]) + &sample::group("web", "GL1", &["canary"]);
        let first = format!("{header}bash-4.4.19-1.el8.x86_64\n");
        let more = "bash-4.4.20-1.el8.x86_64\nzsh-5-1.x86_64\n";
        sample::train(&[("GL1", first.as_str()), ("GL2", more)], &groups)
    }

    #[test]
    fn each_release_says_what_came_with_it_and_who_rides_it_since_when() {
        let train = train();
        let state = state(&train);
        let found = timeline(&train, Some(&state), None);
        assert_eq!(found.serial, Some(3));
        let [gl1, gl2] = found.releases.as_slice() else { panic!("{found:?}") };
        assert_eq!((gl1.packages, gl1.frozen_at), (1, Some(at("2026-04-30T08:00:00Z"))));
        assert!(gl1.change.is_none() && gl1.source.is_some() && gl2.source.is_none());
        let change = gl2.change.as_ref().unwrap();
        assert_eq!((change.count(DeltaKind::Upgraded), change.count(DeltaKind::Added)), (1, 1));
        // The canaries are still on GL1, though the train binds them to GL2 by now.
        let riders: Vec<_> = gl1
            .riders
            .iter()
            .map(|rider| {
                (rider.group.as_str(), rider.bound, rider.instances, rider.at_level, rider.level_since)
            })
            .collect();
        let level = Some(at("2026-05-03T00:00:00Z"));
        assert_eq!(
            riders,
            [("canary", false, 2, 2, level), ("gone", false, 0, 0, None), ("web", true, 1, 0, None)]
        );
        let riders: Vec<_> =
            gl2.riders.iter().map(|rider| (rider.group.as_str(), rider.bound, rider.since)).collect();
        assert_eq!(riders, [("canary", true, None)]);
    }

    #[test]
    fn without_a_state_only_bindings_are_known() {
        let train = train();
        let found = timeline(&train, None, None);
        assert_eq!(found.serial, None);
        assert!(
            found
                .releases
                .iter()
                .flat_map(|one| &one.riders)
                .all(|rider| rider.bound && rider.since.is_none())
        );
    }
}
