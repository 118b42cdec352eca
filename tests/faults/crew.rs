//! What a run does to a group on OS Management Hub and to its members, as the service and the train have it.

use std::collections::{BTreeMap, BTreeSet};

use super::osmh::{Fate, Kind};
use super::script::{Stand, days};

/// A group as a whole.
#[derive(Debug, Default)]
pub(super) struct Crew {
    pub(super) ones: BTreeMap<String, One>,
    /// Whether the group has the new source alone.
    exchanged: bool,
    /// Whether its gate was open in the last round.
    open: bool,
    /// On whom the last update failed.
    failed: BTreeSet<String>,
    /// Since which round that is not over, since somebody does not check in; till then it cannot be done again.
    unended: Option<usize>,
    /// Whether the exchange of sources was left open, so that the next run must first find out how it ended.
    left: bool,
}

/// One member.
#[derive(Clone, Debug)]
pub(super) struct One {
    fate: Fate,
    resident: bool,
    member: bool,
    /// Whether it has its group's source, and no other.
    equipped: bool,
    /// Whether the service lists nothing older of it than the release has.
    listed: bool,
    updated: bool,
    pub(super) level: bool,
    gone: bool,
    failures: usize,
    /// Since which round its work has been open.
    stuck: Option<usize>,
    pub(super) works: usize,
}

impl One {
    /// Makes a member of the old group, or one that is to join.
    pub(super) fn new(fate: Fate, resident: bool, listed: bool) -> Self {
        Self {
            fate,
            resident,
            member: resident,
            equipped: false,
            listed,
            updated: false,
            level: false,
            gone: false,
            failures: 0,
            stuck: None,
            works: 0,
        }
    }

    fn is_there(&self, round: usize) -> bool {
        !self.gone && self.checks_in(round)
    }

    fn checks_in(&self, round: usize) -> bool {
        match self.fate {
            Fate::Unreachable => false,
            Fate::Returns => days(0, round) > 0,
            _ => true,
        }
    }

    fn is_stuck(&self, round: usize) -> bool {
        self.stuck.is_some_and(|since| days(since, round) == 0)
    }

    /// Is given work of a kind, and returns whether that succeeds.
    fn work(&mut self, kind: Option<Kind>, round: usize) -> bool {
        self.works += 1;
        match self.fate {
            _ if !self.checks_in(round) => return false,
            Fate::Vanishes(after) if self.works >= after => {
                self.gone = true;
                return false;
            }
            Fate::Fails(what, times) if Some(what) == kind && self.failures < times => {
                self.failures += 1;
                return false;
            }
            Fate::Sticks(what) if Some(what) == kind && self.stuck.is_none() => {
                self.stuck = Some(round);
                return false;
            }
            _ => {}
        }
        true
    }
}

impl Crew {
    pub(super) fn new(ones: BTreeMap<String, One>, exchanged: bool) -> Self {
        Self { ones, exchanged, ..Self::default() }
    }

    /// How a member stands after a round.
    pub(super) fn stand(&self, one: &One, round: usize) -> Stand {
        match one.fate {
            _ if one.gone => Stand::Unknown,
            // The next plan is made after the day where that has passed; the stands are taken before.
            _ if !one.checks_in(round) => Stand::Unreachable,
            _ if one.level => Stand::AtLevel,
            _ if one.is_stuck(round) => Stand::Overdue,
            // Who is only to be read back is not held by what another has open.
            _ if one.equipped && (one.updated || one.listed) => Stand::Open,
            _ if self.ones.values().any(|other| !other.gone && other.is_stuck(round)) => Stand::Beside,
            _ if self.open => Stand::Open,
            _ => Stand::Behind,
        }
    }

    /// What a run does to a group whose gate is open or not.
    pub(super) fn round(&mut self, round: usize, open: bool) {
        self.open |= open;
        // What is open too long holds the group: whatever is asked of it is asked of that one too. But nothing is asked
        // of who is only read back.
        let stuck = self.ones.values().any(|one| !one.gone && one.is_stuck(round));
        let behind = |one: &One| one.is_there(round) && !one.updated && !one.listed;
        let wanted: BTreeSet<String> =
            self.ones.iter().filter(|(_, one)| behind(one)).map(|(id, _)| id.clone()).collect();
        if !open {
            return;
        }
        if !stuck {
            let Asked { all, lost, nobody } = self.equip(round);
            if !nobody {
                self.failed.clear();
            }
            // What follows an update that must not be follows no more.
            if (!all && !wanted.is_empty()) || lost {
                return;
            }
            self.update(round, &wanted, nobody);
        }
        for one in self.ones.values_mut() {
            one.level |= one.is_there(round) && one.equipped && (one.updated || one.listed);
        }
    }

    /// Has the group get its source, and members get what it has.
    fn equip(&mut self, round: usize) -> Asked {
        let (mut all, mut asked, mut done_on) = (true, 0, 0);
        let left = std::mem::take(&mut self.left);
        let left_behind: Vec<&mut One> = if left {
            // On whom it failed is known after this run, and repeated by the next.
            all = false;
            Vec::new()
        } else if self.exchanged {
            let behind = |one: &&mut One| one.member && !one.equipped && one.is_there(round);
            self.ones.values_mut().filter(behind).collect()
        } else {
            let members = self.ones.values_mut().filter(|one| one.member && !one.gone);
            // The new source first: nothing is to go wrong with that but that somebody vanishes.
            let mut having: Vec<&mut One> = Vec::new();
            for one in members {
                let waited = one.is_there(round);
                all &= one.work(None, round) || !waited;
                if !one.gone {
                    having.push(one);
                }
            }
            having
        };
        self.exchanged = true;
        for one in left_behind {
            let waited = one.is_there(round);
            let kind = if one.resident { Kind::Sources } else { Kind::Join };
            let done = one.work(Some(kind), round);
            one.equipped = done;
            one.listed |= done && !one.resident;
            (asked, done_on) = (asked + usize::from(waited), done_on + usize::from(done));
            self.left |= one.resident && one.is_stuck(round);
            all &= done || !waited;
        }
        for one in self.ones.values_mut().filter(|one| !one.member && one.is_there(round)) {
            one.member = true;
            one.equipped = one.work(Some(Kind::Join), round);
            // Joining installs the latest, and the agent tells.
            one.listed |= one.equipped;
            all &= one.equipped;
            (asked, done_on) = (asked + 1, done_on + usize::from(one.equipped));
        }
        Asked { all, lost: asked > 0 && done_on == 0, nobody: asked == 0 && !left }
    }

    /// Has members updated: those on whom it failed before, or else all.
    fn update(&mut self, round: usize, wanted: &BTreeSet<String>, alone: bool) {
        if wanted.is_empty() {
            return;
        }
        let over = self.unended.is_none_or(|since| days(since, round) > 0);
        let again = alone && over && wanted.is_subset(&self.failed);
        self.unended = None;
        let (mut failed, mut open) = (BTreeSet::new(), false);
        for (id, one) in &mut self.ones {
            let asked = if again { wanted.contains(id) } else { one.member && !one.gone };
            if !asked {
                continue;
            }
            if !one.checks_in(round) {
                self.unended = Some(round);
            }
            let done = one.work(Some(Kind::Update), round);
            one.updated |= done;
            if wanted.contains(id) && !done {
                failed.insert(id.clone());
                open |= one.is_stuck(round);
            }
        }
        // How it ends is known only when it has ended on all who are waited for; till then it may be all that is asked.
        if !open {
            self.failed = failed;
        }
    }
}

/// How it went to give members what their group has.
struct Asked {
    /// All of them have it.
    all: bool,
    /// None of them has.
    lost: bool,
    /// There was nobody to be asked.
    nobody: bool,
}
