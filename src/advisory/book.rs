//! Many advisories, found by the packages they are about, and which of them stand open in a set.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::flavour::{line, system, system_of};
use super::{Advisory, Fix, Flavour, Status};
use crate::package::{Arch, Package, PackageSet, Streams};

/// Advisories of any number of sources, each once, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Advisories {
    list: Vec<Arc<Advisory>>,
    /// The fixes by the name of their package. An architecture can be that of a machine, and is looked at then.
    by_name: HashMap<&'static str, Vec<Place>>,
}

/// Where a fix stands, and what it needs of a package that it is to be about.
#[derive(Clone, Copy, Debug)]
struct Place {
    advisory: usize,
    fix: usize,
    build: Build,
}

/// How a package was built: fixes are about packages of the same build only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Build {
    flavour: Flavour,
    modular: bool,
    line: Option<(&'static str, &'static str)>,
}

impl Build {
    fn of(package: Package) -> Self {
        Self { flavour: Flavour::of(package), modular: package.is_modular(), line: line(package) }
    }
}

/// One or more sets of packages, and the module streams they have them from. Of several sets, as those of a group's
/// members, each is looked at by itself.
#[derive(Clone, Debug)]
pub struct Holding<'a> {
    /// The packages.
    pub sets: Vec<&'a PackageSet>,
    /// The streams. A module of which none is here is one whose stream nobody has told.
    pub streams: &'a Streams,
}

/// How advisories stand to packages. Each list is in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those that stand open.
    pub open: Vec<Open>,
    /// Those that may: the fix, or the package that is older, is of a module stream that nobody tells.
    pub unsure: Vec<Open>,
}

/// Whether a fix concerns a package that is older than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    Not,
    Unsure,
    Sure,
}

/// An advisory that stands open in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// What of the set it is about, in order: the newest of each name and architecture.
    pub lacks: Vec<Lack>,
}

/// A package that is older than its cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// What the set has.
    pub have: Package,
    /// The oldest that holds the cure. Its architecture may be that of the machine.
    pub fixed: Package,
}

/// An advisory that no longer stands as it was given out, and what of a set came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// The very packages that it brought, in order.
    pub packages: Vec<Package>,
}

impl Advisories {
    /// Makes the book. Advisories of one name are one, with what each source says of it.
    pub fn new(advisories: impl IntoIterator<Item = Advisory>) -> Self {
        let mut merged: BTreeMap<Arc<str>, Advisory> = BTreeMap::new();
        for mut advisory in advisories {
            match merged.get_mut(&advisory.id) {
                Some(known) => known.absorb(advisory),
                None => {
                    advisory.tidy();
                    merged.insert(advisory.id.clone(), advisory);
                }
            }
        }
        merged.values_mut().for_each(Advisory::place);
        Self::of_list(merged.into_values().map(Arc::new).collect())
    }

    fn of_list(list: Vec<Arc<Advisory>>) -> Self {
        let mut by_name: HashMap<&'static str, Vec<Place>> = HashMap::new();
        for (index, advisory) in list.iter().enumerate() {
            for (number, fix) in advisory.fixes.iter().enumerate() {
                let build = Build { modular: fix.is_modular(), ..Build::of(fix.package) };
                let place = Place { advisory: index, fix: number, build };
                by_name.entry(fix.package.name()).or_default().push(place);
            }
        }
        // Oldest first: what a set lacks stands at the end, and most sets lack little.
        for places in by_name.values_mut() {
            let fixed = |place: &Place| list[place.advisory].fixes[place.fix].package;
            places.sort_by(|a, b| fixed(a).cmp_evr(fixed(b)));
        }
        Self { list, by_name }
    }

    /// Adds what another source says.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        let Self { list, by_name: _ } = self;
        Self::new(list.into_iter().chain(other.list).map(Arc::unwrap_or_clone))
    }

    /// Leaves out what was issued before a time. What does not tell when it was issued stays.
    #[must_use]
    pub fn since(self, time: Timestamp) -> Self {
        let Self { mut list, by_name: _ } = self;
        list.retain(|advisory| advisory.issued.is_none_or(|issued| time <= issued));
        Self::of_list(list)
    }

    /// Iterates over the advisories in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Advisory>> {
        self.list.iter()
    }

    /// Finds one by its name.
    pub fn get(&self, id: &str) -> Option<&Arc<Advisory>> {
        self.list.binary_search_by(|advisory| (*advisory.id).cmp(id)).ok().map(|index| &self.list[index])
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the advisories that stand open in a set, in the order of their names: those with a fix that is newer
    /// than the newest package of the set which it is about. Of kernels too only the newest counts. One that is not
    /// given out yet, or that was taken back, is never open; one of which that is not certain is not told.
    pub fn open_in(&self, set: &PackageSet, streams: &Streams) -> Vec<Open> {
        self.standing_in(&Holding { sets: vec![set], streams }).open
    }

    /// Returns how the advisories stand to what is held: open are those that are so in any of the sets.
    pub fn standing_in(&self, holding: &Holding<'_>) -> Standing {
        let mut lacks: Vec<(usize, Concern, Lack)> = Vec::new();
        for set in &holding.sets {
            self.gather(set, holding.streams, &mut lacks);
        }
        // Of one package the newest fix comes last, and is the whole cure.
        lacks.sort_by(|(a, _, one), (b, _, other)| {
            a.cmp(b).then_with(|| one.have.cmp(&other.have)).then_with(|| one.fixed.cmp_evr(other.fixed))
        });
        let mut standing = Standing::default();
        for lacks in lacks.chunk_by(|(a, ..), (b, ..)| a == b) {
            let of = |concern: Concern| -> Vec<Lack> {
                let these: Vec<Lack> =
                    lacks.iter().filter(|(_, known, _)| *known == concern).map(|(.., lack)| *lack).collect();
                these.chunk_by(|a, b| a.have == b.have).filter_map(<[_]>::last).copied().collect()
            };
            let (list, lacks_of) = match of(Concern::Sure) {
                sure if sure.is_empty() => (&mut standing.unsure, of(Concern::Unsure)),
                sure => (&mut standing.open, sure),
            };
            list.push(Open { advisory: Arc::clone(&self.list[lacks[0].0]), lacks: lacks_of });
        }
        standing
    }

    fn gather(&self, set: &PackageSet, streams: &Streams, lacks: &mut Vec<(usize, Concern, Lack)>) {
        let (machine, whole) = (machine_of(set), system_of(set));
        for group in set.by_name_arch() {
            let Some(places) = group.first().and_then(|first| self.by_name.get(first.name())) else {
                continue;
            };
            for (have, build) in newest_of_each_build(group) {
                let newer = places.partition_point(|place| self.fix(*place).package.cmp_evr(have).is_le());
                for place in places[newer..].iter().filter(|place| place.build == build) {
                    let fix = self.fix(*place);
                    let status = &self.list[place.advisory].status;
                    let concerns = matches!(status, Status::Final | Status::Superseded { .. })
                        && fix.reaches(have.arch(), machine)
                        // A service tells of all its systems: the next one's fix is newer than all of this one's.
                        && (whole.is_none() || system(fix.package).is_none_or(|other| whole == Some(other)));
                    let concern = if concerns { of_stream(fix, have, streams) } else { Concern::Not };
                    if concern != Concern::Not {
                        lacks.push((place.advisory, concern, Lack { have, fixed: fix.package }));
                    }
                }
            }
        }
    }

    fn fix(&self, place: Place) -> &Fix {
        &self.list[place.advisory].fixes[place.fix]
    }

    /// Returns the advisories that were taken back or replaced after they brought packages of the set, in the order
    /// of their names. They flag a release; nothing changes it.
    pub fn flagged_in(&self, set: &PackageSet) -> Vec<Flag> {
        let machine = machine_of(set);
        let mut brought: BTreeMap<usize, Vec<Package>> = BTreeMap::new();
        for package in set.iter() {
            for place in self.by_name.get(package.name()).into_iter().flatten() {
                let fix = self.fix(*place);
                let stands = matches!(self.list[place.advisory].status, Status::Testing | Status::Final);
                if !stands && fix.package.evr() == package.evr() && fix.reaches(package.arch(), machine) {
                    brought.entry(place.advisory).or_default().push(package);
                }
            }
        }
        let flag = |(index, mut packages): (usize, Vec<Package>)| {
            packages.dedup();
            Flag { advisory: Arc::clone(&self.list[index]), packages }
        };
        brought.into_iter().map(flag).collect()
    }
}

impl PartialEq for Advisories {
    fn eq(&self, other: &Self) -> bool {
        // The places follow from the list.
        let Self { list, by_name: _ } = self;
        *list == other.list
    }
}

impl Eq for Advisories {}

impl FromIterator<Advisory> for Advisories {
    fn from_iter<I: IntoIterator<Item = Advisory>>(advisories: I) -> Self {
        Self::new(advisories)
    }
}

/// Tells whether a fix is of the stream that a package is of, as far as either is told.
fn of_stream(fix: &Fix, have: Package, streams: &Streams) -> Concern {
    if !fix.is_modular() {
        return Concern::Sure;
    }
    let Some(name) = &fix.module else { return Concern::Unsure };
    let same = match streams.of(have) {
        Some(own) => own == name.to_string(),
        None if !streams.knows(&name.module) => return Concern::Unsure,
        None => streams.has(name),
    };
    if same { Concern::Sure } else { Concern::Not }
}

/// Returns the newest package of each build among the versions of one name and architecture.
fn newest_of_each_build(group: &[Package]) -> Vec<(Package, Build)> {
    let mut newest: Vec<(Package, Build)> = Vec::with_capacity(1);
    for package in group.iter().rev() {
        let build = Build::of(*package);
        // Kernels of several lines stand beside each other, and the machine runs one: the newest.
        let same = |known: &Build| known.flavour == build.flavour && known.modular == build.modular;
        if !newest.iter().any(|(_, known)| same(known)) {
            newest.push((*package, build));
        }
    }
    newest.reverse();
    newest
}

/// Tells the newest package that a fix of the given package can be compared with.
pub(super) fn comparable(group: &[Package], have: Package) -> Option<Package> {
    let build = Build::of(have);
    let same = |other: Build| other.flavour == build.flavour && other.modular == build.modular;
    group.iter().rev().copied().find(|package| same(Build::of(*package)))
}

/// Returns the architecture of the machine that a set is for: that of most packages, but for those that run on many.
fn machine_of(set: &PackageSet) -> Option<Arch> {
    let mut counts: BTreeMap<Arch, usize> = BTreeMap::new();
    for package in set.iter() {
        let arch = package.arch();
        let thirty_two_bit = arch != Arch::X86_64 && arch.runs_on(Arch::X86_64);
        if arch != Arch::None && !thirty_two_bit {
            *counts.entry(arch).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(arch, _)| arch)
}
