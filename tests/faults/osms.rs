//! What a seed has in store for each instance of a fleet on OS Management, which patches each by itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use patchtrain::op::Api;
use patchtrain::simulator::{Mishap, Simulator};

use super::fleet::Names;
use super::script::{Foretold, Group, ROUNDS, Script, Stand, days};
use crate::support::rng::Rng;

/// What happens to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Nothing.
    Fine,
    /// Its first update fails, its second does not.
    FailsOnce,
    /// Its first two updates fail.
    FailsTwice,
    /// Nobody picks up its first update, which the service gives up after a day.
    Sticks,
    /// It does not check in.
    Unreachable,
    /// It is gone after so many changes of it were asked for: 1 joined, 2 detached, 3 attached, 4 updating.
    Vanishes(usize),
}

/// The whole.
#[derive(Debug)]
pub(crate) struct Singles {
    fates: BTreeMap<String, Fate>,
    groups: Vec<Group>,
    /// The retry tokens of changing calls about an instance that were served: one that is repeated changes nothing.
    changes: Mutex<HashMap<String, HashSet<String>>>,
}

impl Script for Singles {
    const API: Api = Api::Osms;
    const RELEASES: &'static [&'static str] = &["GL1"];

    fn draw(seed: u64, instances: &[String]) -> Self {
        let mut rng = Rng::new(seed);
        let mut fates = BTreeMap::new();
        for id in instances {
            let fate = match rng.below(100) {
                0..8 => Fate::FailsOnce,
                8..11 => Fate::FailsTwice,
                11..15 => Fate::Sticks,
                15..20 => Fate::Unreachable,
                20..25 => Fate::Vanishes(1 + rng.below(4)),
                _ => Fate::Fine,
            };
            fates.insert(id.clone(), fate);
        }
        Self { fates, groups: Group::draw(&mut rng, instances), changes: Mutex::default() }
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn fate(&self, id: &str) -> String {
        format!("{:?}", self.fates[id])
    }

    async fn begin(&self, simulator: &Arc<Simulator>, _names: &Names) {
        for (id, fate) in &self.fates {
            let strike = |mishap| simulator.strike(id, mishap).unwrap();
            match fate {
                Fate::Unreachable => simulator.silence(id).unwrap(),
                Fate::FailsOnce => strike(Mishap::Fails),
                Fate::FailsTwice => [Mishap::Fails; 2].into_iter().for_each(strike),
                Fate::Sticks => strike(Mishap::Sticks),
                Fate::Fine | Fate::Vanishes(_) => {}
            }
        }
    }

    /// Lets vanish who is gone after so many changes of it.
    fn served(&self, simulator: &Simulator, request: &Request<Bytes>) {
        let target = request.uri().path_and_query().map_or("", |target| target.as_str()).to_owned();
        let id = target.split(['/', '=', '?', '&']).find(|word| word.starts_with("ocid1.instance."));
        let Some(id) = id else { return };
        let token = request.headers().get("opc-retry-token").and_then(|token| token.to_str().ok());
        let new = {
            let mut changes = self.changes.lock().unwrap();
            let changes = changes.entry(id.to_owned()).or_default();
            changes.insert(token.unwrap_or_default().to_owned()).then_some(changes.len())
        };
        if let (Some(Fate::Vanishes(after)), Some(changes)) = (self.fates.get(id), new)
            && *after == changes
        {
            simulator.vanish(id).unwrap();
        }
    }

    fn night(&self, _simulator: &Simulator) {}

    fn works(&self, simulator: &Simulator, id: &str) -> usize {
        simulator.work_of(id).len()
    }

    /// No work is ever given beside other work.
    fn may_overlap(&self, _id: &str, _one: &str, _other: &str) -> bool {
        false
    }

    fn foretell(&self) -> Vec<Foretold> {
        let mut worked: BTreeMap<&str, usize> = BTreeMap::new();
        // In which round an instance was worked on first.
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            for group in &self.groups {
                // Groups stand in order; a gate opens within the round in which its group gets there.
                let open = group.after.is_none_or(|after| self.is_open(after, &worked, &first, round));
                for id in group.members.iter().filter(|_| open) {
                    let begun = *first.entry(id).or_insert(round);
                    // What sticks is not worked on again before the day is over.
                    let held = self.fates[id] == Fate::Sticks
                        && worked.contains_key(id.as_str())
                        && days(begun, round) == 0;
                    if !held {
                        *worked.entry(id).or_default() += 1;
                    }
                }
            }
            let stands = self.stands(&worked, &first, round).into_iter();
            let with_works = stands.map(|(id, stand)| {
                let times = worked.get(id.as_str()).copied().unwrap_or_default();
                let works = Self::works(self.fates[&id], times);
                (id, (stand, works))
            });
            rounds.push(with_works.collect());
        }
        rounds
    }
}

impl Singles {
    /// Tells how an instance stands that was worked on in so many rounds; `Fine` needs one.
    fn after(fate: Fate, worked: usize, days: usize) -> Stand {
        match (fate, worked) {
            (Fate::Unreachable, _) => Stand::Unreachable,
            (_, 0) => Stand::Behind,
            (Fate::Vanishes(_), _) => Stand::Unknown,
            (Fate::Fine, _) => Stand::AtLevel,
            (Fate::FailsOnce, 1) | (Fate::FailsTwice, 1 | 2) => Stand::Open,
            // Its first round has timed out; it is held until the day is over, and then tried again.
            (Fate::Sticks, _) if days == 0 => Stand::Overdue,
            (Fate::Sticks, 1) => Stand::Open,
            (Fate::FailsOnce | Fate::FailsTwice | Fate::Sticks, _) => Stand::AtLevel,
        }
    }

    /// Tells how many work requests that came to.
    fn works(fate: Fate, worked: usize) -> usize {
        match fate {
            Fate::Fine => worked.min(1),
            Fate::FailsOnce | Fate::Sticks => worked.min(2),
            Fate::FailsTwice => worked.min(3),
            Fate::Vanishes(4) => worked.min(1),
            Fate::Unreachable | Fate::Vanishes(_) => 0,
        }
    }

    fn stands(
        &self,
        worked: &BTreeMap<&str, usize>,
        first: &BTreeMap<&str, usize>,
        round: usize,
    ) -> BTreeMap<String, Stand> {
        let stand = |(id, fate): (&String, &Fate)| {
            let times = worked.get(id.as_str()).copied().unwrap_or_default();
            let days = first.get(id.as_str()).map_or(0, |begun| days(*begun, round));
            // Members join whatever the gates say: who vanishes then is gone.
            let joined = matches!(fate, Fate::Vanishes(1));
            (id.clone(), if joined { Stand::Unknown } else { Self::after(*fate, times, days) })
        };
        self.fates.iter().map(stand).collect()
    }

    /// Tells whether a group has at most as many members below level as it may.
    fn is_open(
        &self,
        name: &str,
        worked: &BTreeMap<&str, usize>,
        first: &BTreeMap<&str, usize>,
        round: usize,
    ) -> bool {
        let group = self.groups.iter().find(|group| group.name == name).unwrap();
        let stands = self.stands(worked, first, round);
        let below = group.members.iter().filter(|id| stands[*id] != Stand::AtLevel).count();
        below <= group.max_failures
    }
}
