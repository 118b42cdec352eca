//! A rollout as it goes: how far the groups of a train are, which of them wait for which, and who is at work now. From the
//! state and its lock alone, so that it can be looked at as often as somebody likes. Left out: what the service says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::rollout::{self, Rollouts};
use crate::name::GroupName;
use crate::state::State;
use crate::state::inspect::OpenCall;
use crate::state::store::Lock;
use crate::train::{Group, Train};

/// What there is to watch of a train.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its rollouts.
    pub rollouts: Rollouts,
    /// The run that holds the lock.
    pub lock: Option<Lock>,
    /// Who is at work, by what is done: an update, a reboot.
    pub at_work: BTreeMap<String, Vec<String>>,
    /// The groups that wait for others.
    pub waiting: Vec<Waiting>,
}

/// A group that waits for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The group.
    pub group: GroupName,
    /// The one that it waits for.
    pub after: GroupName,
    /// How many of that are known to be at its level.
    pub at_level: usize,
    /// Of so many on record.
    pub members: usize,
}

impl Watched {
    /// Looks at a train.
    pub fn of(
        train: &Train,
        state: &State,
        lock: Option<Lock>,
        only: Option<&GroupName>,
        now: Timestamp,
    ) -> Self {
        let rollouts = rollout::standing(train, state, only, now);
        let asked = |group: &GroupName| only.is_none_or(|only| only == group);
        let groups = train.groups.iter().filter(|group| asked(&group.name));
        Self { rollouts, lock, at_work: at_work(state, only), waiting: waiting(train, state, groups) }
    }

    /// Returns the same without what only time changes: when it was looked at, when a rollout may be through, and the last
    /// sign of life of a run.
    #[must_use]
    pub fn timeless(&self) -> Self {
        let mut same = self.clone();
        same.rollouts.at = Timestamp::UNIX_EPOCH;
        same.rollouts.rollouts.iter_mut().for_each(|rollout| rollout.eta = None);
        if let Some(lock) = &mut same.lock {
            lock.heartbeat = None;
        }
        same
    }

    /// Tells whether nothing goes on, nor will before somebody applies: every rollout has ended, and nobody runs.
    pub fn is_over(&self) -> bool {
        self.lock.is_none() && self.rollouts.rollouts.iter().all(|rollout| rollout.ended.is_some())
    }
}

/// Returns who is at work, as the state knows of calls that are open: instances by name, and groups that are moved as a whole.
fn at_work(state: &State, only: Option<&GroupName>) -> BTreeMap<String, Vec<String>> {
    let mut at_work: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let asked = |group: Option<&GroupName>| only.is_none_or(|only| group == Some(only));
    for OpenCall { kind, what, .. } in state.open_calls().filter(|call| asked(call.group.as_ref())) {
        at_work.entry(kind).or_default().insert(what);
    }
    at_work.into_iter().map(|(kind, names)| (kind, names.into_iter().collect())).collect()
}

/// Returns which groups that are not at their level wait for others that are not at theirs.
fn waiting<'a>(train: &Train, state: &State, groups: impl Iterator<Item = &'a Group>) -> Vec<Waiting> {
    let mut counts: BTreeMap<&GroupName, (usize, usize)> = BTreeMap::new();
    for record in state.instances.values() {
        let Some(group) = train.group(&record.group) else { continue };
        let (at_level, members) = counts.entry(&group.name).or_default();
        *members += 1;
        let level = record.at_level.as_ref().map(|level| &level.release);
        *at_level += usize::from(level == Some(&group.release));
    }
    let count = |group: &Group| counts.get(&group.name).copied().unwrap_or_default();
    let is_below = |group: &Group| {
        let (at_level, members) = count(group);
        at_level + group.max_failures.of(members).min(members) < members || members == 0
    };
    let mut waiting = Vec::new();
    for group in groups.filter(|group| is_below(group)) {
        for first in group.after.iter().filter_map(|first| train.group(first)).filter(|first| is_below(first))
        {
            let (at_level, members) = count(first);
            waiting.push(Waiting { group: group.name.clone(), after: first.name.clone(), at_level, members });
        }
    }
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Ocid, ReleaseName, TrainName};
    use crate::op::{Lineage, OpKey, RetryToken};
    use crate::state::Entry;
    use crate::state::store::{Holder, LockId};

    #[test]
    fn it_is_over_when_every_rollout_has_ended_and_nobody_runs() {
        let (web, at) = (GroupName::new("web"), Timestamp::from_second(100).unwrap());
        let id = Ocid::new("ocid1.instance.oc1..1");
        let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
        let mut entry = |entry: Entry| state.record(&entry).map(|()| state.clone()).unwrap();
        let release = ReleaseName::new("GL1");
        let waves = vec![vec![id.clone()]];
        entry(Entry::RolloutStarted { group: web.clone(), release: release.clone(), waves, at });
        let keys = [OpKey::update(&release, &id), OpKey::update_group(&web.of_wave(2), &release)];
        for key in keys {
            entry(Entry::Started {
                key,
                token: RetryToken("t".into()),
                unproves: Vec::new(),
                boots: None,
                at,
            });
        }
        let running = entry(Entry::Proven { release, at });
        let at_work = at_work(&running, None);
        assert_eq!(at_work["update"], ["group web/2".to_owned(), id.to_string()]);
        assert_eq!(super::at_work(&running, Some(&web))["update"], ["group web/2".to_owned()]);

        let watched = |state: &State, lock: Option<Lock>| {
            let rollouts = rollout::Rollouts {
                train: state.train.clone(),
                at,
                rollouts: vec![rollout::one(None, state, (&web, &state.rollouts[&web]), at)],
            };
            Watched { rollouts, lock, at_work: BTreeMap::new(), waiting: Vec::new() }.is_over()
        };
        let holder = Holder {
            id: LockId("lock".to_owned()),
            train: None,
            who: "ann".to_owned(),
            host: "ops".to_owned(),
            pid: 7,
            command: "apply".to_owned(),
            since: at,
        };
        let lock = Lock { holder, heartbeat: None, stays: false };
        assert!(!watched(&running, None));
        let ended = entry(Entry::RolloutDone { group: web.clone(), at });
        assert!(watched(&ended, None) && !watched(&ended, Some(lock)));
    }

    #[test]
    fn what_only_time_changes_is_no_change() {
        let (web, release) = (GroupName::new("web"), ReleaseName::new("GL1"));
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
        let waves = vec![vec![Ocid::new("ocid1.instance.oc1..1"), Ocid::new("ocid1.instance.oc1..2")]];
        state.record(&Entry::RolloutStarted { group: web.clone(), release, waves, at: at(100) }).unwrap();
        let watched = |state: &State, second| {
            let standing = rollout::one(None, state, (&web, &state.rollouts[&web]), at(second));
            let rollouts =
                rollout::Rollouts { train: state.train.clone(), at: at(second), rollouts: vec![standing] };
            Watched { rollouts, lock: None, at_work: BTreeMap::new(), waiting: Vec::new() }
        };
        let told = |watched: &Watched| format!("{:?}", watched.timeless());
        let before = watched(&state, 200);
        assert_eq!(told(&before), told(&watched(&state, 300)));
        let paused = crate::state::Paused { by: "ann".to_owned(), at: at(250), why: None };
        assert!(state.pause(&web, paused));
        assert_ne!(told(&before), told(&watched(&state, 300)));
    }
}
