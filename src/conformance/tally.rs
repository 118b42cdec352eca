//! What of being behind counts: an update or a schedule of the group installs some kinds of updates and leaves others,
//! and the service says of each what it is for.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Lag, Verdict};
use crate::observed::AvailableUpdate;
use crate::patching::{Patching, UpdateKind, Wanted};

/// Who brings a package that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bringer {
    /// An update: it counts, and is asked for.
    Update,
    /// Only the schedule: it counts, and is waited for.
    Schedule,
    /// Nobody: it does not count.
    Nobody,
}

/// What an instance is behind by, counted by who brings it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tally {
    /// What an update installs.
    pub due: usize,
    /// What only the schedule installs.
    pub scheduled: usize,
    /// What nobody installs.
    pub beside: usize,
}

impl Tally {
    /// Tells whether nothing that counts is outstanding.
    pub fn is_level(self) -> bool {
        self.due == 0 && self.scheduled == 0
    }
}

/// Sorts packages that are behind by who brings them.
#[derive(Debug)]
pub struct Sorter<'a> {
    patching: Patching,
    /// By name and architecture, where kinds matter.
    kinds: HashMap<(&'a str, &'a str), Vec<UpdateKind>>,
}

impl<'a> Sorter<'a> {
    /// Makes it of what a group says and what its instance is offered; none where that is not known. An update of a
    /// kind that is not known counts, so that no instance passes for at level by what nobody has read.
    pub fn new(patching: Patching, offered: Option<impl IntoIterator<Item = &'a AvailableUpdate>>) -> Self {
        let mut kinds: HashMap<_, Vec<UpdateKind>> = HashMap::new();
        for update in offered.filter(|_| patching.is_by_kind()).into_iter().flatten() {
            kinds.entry((&*update.name, &*update.architecture)).or_default().push(update.kind);
        }
        Self { patching, kinds }
    }

    /// Tells whether anything installs updates at all: without, there is no level.
    pub fn has_level(&self) -> bool {
        self.patching.has_level()
    }

    /// Tells whether the packages are to be exactly the release's.
    pub fn is_exact(&self) -> bool {
        self.patching.is_exact()
    }

    /// Tells who brings one package.
    pub fn bringer(&self, lag: &Lag) -> Bringer {
        let Patching { update, schedule, enforce: _ } = self.patching;
        if !self.patching.is_by_kind() {
            return match (update, schedule) {
                (Some(_), _) => Bringer::Update,
                (None, Some(_)) => Bringer::Schedule,
                (None, None) => Bringer::Nobody,
            };
        }
        let find = |architecture| self.kinds.get(&(lag.release.name(), architecture));
        // The service need not say the architecture.
        let kinds = find(lag.release.arch().as_str()).or_else(|| find(""));
        let brings = |wanted: Option<Wanted>| {
            wanted
                .is_some_and(|wanted| kinds.is_none_or(|kinds| kinds.iter().any(|kind| wanted.admits(*kind))))
        };
        match () {
            () if brings(update) => Bringer::Update,
            () if brings(schedule) => Bringer::Schedule,
            () => Bringer::Nobody,
        }
    }

    /// Counts what an instance is behind by.
    pub fn tally(&self, verdict: &Verdict) -> Tally {
        let mut tally = Tally::default();
        if !self.patching.is_by_kind() {
            // One answer for all: no need to ask for each.
            let all = verdict.behind.len();
            if let Some(first) = verdict.behind.first() {
                *tally.of(self.bringer(first)) = all;
            }
            return tally;
        }
        for lag in &verdict.behind {
            *tally.of(self.bringer(lag)) += 1;
        }
        tally
    }

    /// Returns what counts of being behind.
    pub fn counting<'v>(&self, verdict: &'v Verdict) -> impl Iterator<Item = &'v Lag> {
        verdict.behind.iter().filter(|lag| self.bringer(lag) != Bringer::Nobody)
    }
}

impl Tally {
    fn of(&mut self, bringer: Bringer) -> &mut usize {
        match bringer {
            Bringer::Update => &mut self.due,
            Bringer::Schedule => &mut self.scheduled,
            Bringer::Nobody => &mut self.beside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    fn lag(name: &str) -> Lag {
        let package = |version| Package::parse(&format!("{name}-{version}-1.x86_64")).unwrap();
        Lag { installed: package(1), release: package(2) }
    }

    fn offer(name: &str, architecture: &str, kind: UpdateKind) -> AvailableUpdate {
        AvailableUpdate {
            name: name.into(),
            architecture: architecture.into(),
            installed: "1-1".into(),
            available: "2-1".into(),
            kind,
            errata: Vec::new(),
            cves: Vec::new(),
        }
    }

    #[test]
    fn what_counts_follows_from_update_schedule_and_kind() {
        let all = Some(Wanted::All);
        let only = |kind| Some(Wanted::Only(kind));
        use UpdateKind::{Bugfix, Enhancement, Other, Security};
        let verdict = Verdict { behind: ["a", "b", "c", "d", "e"].map(lag).to_vec(), ..Verdict::default() };
        // `e` is not in the service's list, and `d` without its architecture.
        let offered = [
            offer("a", "x86_64", Security),
            offer("b", "x86_64", Bugfix),
            offer("c", "x86_64", Other),
            offer("d", "", Security),
            offer("b", "i686", Security),
        ];
        for (update, schedule, known, unknown) in [
            (all, None, (5, 0, 0), (5, 0, 0)),
            (all, only(Security), (5, 0, 0), (5, 0, 0)),
            (None, None, (0, 0, 5), (0, 0, 5)),
            (None, all, (0, 5, 0), (0, 5, 0)),
            (only(Security), None, (3, 0, 2), (5, 0, 0)),
            (only(Security), all, (3, 2, 0), (5, 0, 0)),
            (only(Security), only(Bugfix), (3, 1, 1), (5, 0, 0)),
            (only(Enhancement), None, (1, 0, 4), (5, 0, 0)),
            (None, only(Security), (0, 3, 2), (0, 5, 0)),
        ] {
            let patching = Patching { update, schedule, ..Patching::EVERYTHING };
            let tally = |offered: Option<&[AvailableUpdate]>| {
                let Tally { due, scheduled, beside } = Sorter::new(patching, offered).tally(&verdict);
                (due, scheduled, beside)
            };
            assert_eq!(tally(Some(&offered)), known, "{patching:?}");
            assert_eq!(tally(None), unknown, "{patching:?} without a list");
        }
    }

    #[test]
    fn what_is_listed_twice_counts_by_either_kind() {
        let offered = [offer("a", "x86_64", UpdateKind::Bugfix), offer("a", "x86_64", UpdateKind::Security)];
        for (kind, bringer) in [
            (UpdateKind::Bugfix, Bringer::Update),
            (UpdateKind::Security, Bringer::Update),
            (UpdateKind::Enhancement, Bringer::Nobody),
        ] {
            let patching = Patching { update: Some(Wanted::Only(kind)), ..Patching::EVERYTHING };
            assert_eq!(Sorter::new(patching, Some(&offered)).bringer(&lag("a")), bringer);
        }
    }
}
