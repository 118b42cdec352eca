//! What a seed has in store for each instance of a fleet, and how each must end for that reason. Written from what
//! the train asks for and what the service documents, without a look at the product: no planner, no executor.

use std::collections::BTreeMap;

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

/// How an instance stands after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// At level, on record.
    AtLevel,
    /// To be done by the next plan.
    Open,
    /// Held: the service does not reach it.
    Unreachable,
    /// Held: the service does not know it.
    Unknown,
    /// Held: its work is open for too long.
    Overdue,
    /// Held, or open, behind a gate.
    Behind,
}

/// One group of the train.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) members: Vec<String>,
    /// The group that must be at level first, and how many of its members may fail.
    pub(crate) after: Option<&'static str>,
    pub(crate) max_failures: usize,
}

/// The whole.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) fates: BTreeMap<String, Fate>,
    pub(crate) groups: Vec<Group>,
}

/// The rounds: plan and apply, with what happens in between.
pub(crate) const ROUNDS: usize = 4;

impl Script {
    /// Draws it for these instances, in the order given.
    pub(crate) fn draw(seed: u64, instances: &[String]) -> Self {
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
        // A first group, one beside it, and one behind the first.
        let cut = [instances.len() / 10, instances.len() * 7 / 10];
        let part = |range: std::ops::Range<usize>| instances[range].to_vec();
        // Allows none, some or many: the gate opens at once, later, or never.
        let max_failures = [0, 2, 4, 10][rng.below(4)];
        let groups = vec![
            Group { name: "first", members: part(0..cut[0]), after: None, max_failures },
            Group { name: "beside", members: part(cut[0]..cut[1]), after: None, max_failures: 0 },
            Group {
                name: "behind",
                members: part(cut[1]..instances.len()),
                after: Some("first"),
                max_failures: 0,
            },
        ];
        Self { fates, groups }
    }

    /// After how many changes an instance vanishes.
    pub(crate) fn vanishes_after(&self, id: &str) -> Option<usize> {
        match self.fates.get(id) {
            Some(Fate::Vanishes(after)) => Some(*after),
            _ => None,
        }
    }

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

    /// Foretells each round: how each instance stands at its end, and how much work it was ever given. A day passes after
    /// the second round.
    pub(crate) fn foretell(&self) -> Vec<BTreeMap<String, (Stand, usize)>> {
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

/// How many days have passed from the end of one round to the beginning of another.
fn days(from: usize, to: usize) -> usize {
    usize::from(from <= 1 && to >= 2)
}
