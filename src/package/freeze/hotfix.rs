//! A release made of an old one and few packages: what is added, removed and upgraded, and everything that keeps it
//! from being made.
//!
//! Pure. Which versions are on offer is for whoever asks the service to say.

use std::collections::BTreeSet;
use std::fmt;

use super::{Frozen, Kernel, twins};
use crate::package::manifest::{KernelPolicy, Origin, Provenance};
use crate::package::{Arch, Manifest, Package, PackageSet, Pattern, StreamContents, Streams};

/// The release that another one is made of.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// Its name.
    pub release: &'a str,
    /// What it holds.
    pub manifest: &'a Manifest,
}

/// What shall not be as it is in the base, as people have written it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// NEVRAs.
    pub add: &'a [String],
    /// Names.
    pub remove: &'a [String],
    /// Names.
    pub upgrade: &'a [String],
}

/// What is known besides.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The versions that the service offers of what is added and upgraded, for this system; none where it was not asked.
    pub offered: Option<&'a PackageSet>,
    /// The module streams that the service was seen to have, with their packages.
    pub streams: &'a [StreamContents],
    /// What the train does not care for.
    pub unmanaged: &'a [Pattern],
    /// Whether two versions are builds of one flavour: Ksplice's are no upgrade of plain ones.
    pub is_alike: &'a dyn Fn(Package, Package) -> bool,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there, or of a kernel not in this version.
    Added(Package),
    /// It stands for another version.
    Replaced {
        /// What stood there.
        old: Package,
        /// What stands there now.
        new: Package,
    },
    /// It is gone.
    Removed(Package),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(package) => write!(f, "added {package}"),
            Self::Removed(package) => write!(f, "removed {package}"),
            Self::Replaced { old, new } => {
                let verb = if old.cmp_evr(*new).is_le() { "upgraded" } else { "downgraded" };
                write!(f, "{verb} {old} to {}", new.evr())
            }
        }
    }
}

/// A wish that cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why not.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A release that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hotfix {
    /// It; of what the base has already, nothing is told anew.
    pub frozen: Frozen,
    /// What is not as it is in the base, in the order of packages.
    pub changes: Vec<Change>,
    /// Kernel packages that came, each with the names that the base has of that kernel and that did not come along.
    pub alone: Vec<(Package, Vec<&'static str>)>,
}

/// Makes the release, or says everything that is wrong with the wishes.
pub fn hotfix(
    base: &Base<'_>,
    wishes: &Wishes<'_>,
    known: &Known<'_>,
    provenance: Provenance,
) -> Result<Hotfix, Vec<Problem>> {
    let streams = Streams::of_manifest(base.manifest).listing(known.streams);
    let (changes, problems) = (Vec::new(), Vec::new());
    let mut maker = Maker { base, known, streams, changes, problems, named: BTreeSet::new() };
    for name in wishes.remove {
        maker.remove(name);
    }
    for name in wishes.upgrade {
        maker.upgrade(name);
    }
    let added = maker.parsed(wishes.add);
    for package in &added {
        maker.add(*package, &added);
    }
    let Maker { changes, problems, streams, .. } = maker;
    if problems.is_empty() { Ok(made(base, changes, &streams, provenance)) } else { Err(problems) }
}

fn made(base: &Base<'_>, mut changes: Vec<Change>, streams: &Streams, mut provenance: Provenance) -> Hotfix {
    let (mut came, mut gone) = (Vec::new(), BTreeSet::new());
    for change in &changes {
        match change {
            Change::Added(new) => came.push(*new),
            Change::Removed(old) => drop(gone.insert(*old)),
            Change::Replaced { old, new } => {
                gone.insert(*old);
                came.push(*new);
            }
        }
    }
    came.extend(base.manifest.packages.iter().filter(|package| !gone.contains(package)));
    let packages = PackageSet::new(came);
    changes.sort_by_key(|change| match change {
        Change::Added(package) | Change::Removed(package) | Change::Replaced { old: package, .. } => *package,
    });
    let several = |packages: &PackageSet| -> Vec<Vec<Package>> {
        packages.by_name_arch().filter(|run| run.len() > 1).map(<[Package]>::to_vec).collect()
    };
    let (before, mut after) = (several(&base.manifest.packages), several(&packages));
    // What the base says of its kernels, unless one was put beside another.
    let policy = base.manifest.header("kernel policy").and_then(KernelPolicy::of_word);
    let policy = if after.is_empty() { policy } else { Some(KernelPolicy::All) };
    after.retain(|run| !before.contains(run));
    let alone = alone(base, &packages, &changes);
    provenance.origin = Origin::Base {
        release: base.release.to_owned(),
        digest: base.manifest.digest(),
        changed: changes.iter().map(Change::to_string).collect(),
    };
    provenance.kernel_policy = policy;
    let Manifest { header: _, packages: _, modules, keys } = base.manifest;
    provenance.streams = streams.label_lines();
    // Of the base's own it was told when that was frozen.
    let streamless = packages
        .iter()
        .filter(|package| package.is_modular() && !base.manifest.packages.contains(*package))
        .filter(|package| streams.may_be_of(*package).next().is_none())
        .collect();
    let base_twins = twins(&base.manifest.packages);
    let parted = twins(&packages).into_iter().filter(|pair| !base_twins.contains(pair)).collect();
    let mut frozen = Frozen {
        manifest: Manifest::default(),
        left_out: Vec::new(),
        streamless,
        several: after,
        unmatched: Vec::new(),
        twins: parted,
        policy: policy.unwrap_or_default(),
        kernel: Kernel::Unknown,
        reboot_required: false,
        keys: None,
    };
    provenance.notes.extend(frozen.notes());
    provenance.notes.extend(
        alone
            .iter()
            .map(|(package, names)| format!("{package} came without {} of its version", names.join(", "))),
    );
    frozen.manifest = Manifest::frozen(&provenance, packages, modules.clone(), keys.clone());
    Hotfix { frozen, changes, alone }
}

/// Returns the kernel packages that came without others of their kernel that the base has: a kernel is of several
/// packages, which need each other in one version.
fn alone(base: &Base<'_>, packages: &PackageSet, changes: &[Change]) -> Vec<(Package, Vec<&'static str>)> {
    let came = changes.iter().filter_map(|change| match change {
        Change::Added(package) if package.is_install_only() => Some(*package),
        _ => None,
    });
    let lacks = |package: Package| {
        let is_of_it = |other: &Package| other.kernel() == package.kernel() && other.arch() == package.arch();
        let names: BTreeSet<&'static str> =
            base.manifest.packages.iter().filter(is_of_it).map(Package::name).collect();
        let there: BTreeSet<&'static str> = packages
            .iter()
            .filter(|other| is_of_it(other) && other.evr() == package.evr())
            .map(Package::name)
            .collect();
        (package, names.difference(&there).copied().collect::<Vec<_>>())
    };
    came.map(lacks).filter(|(_, names)| !names.is_empty()).collect()
}

struct Maker<'a> {
    base: &'a Base<'a>,
    known: &'a Known<'a>,
    streams: Streams,
    changes: Vec<Change>,
    problems: Vec<Problem>,
    /// Names that a wish is about already.
    named: BTreeSet<String>,
}

impl Maker<'_> {
    /// Returns the versions that the base has of a name, where one may be wished for; it is a problem if not.
    fn there(&mut self, name: &str, flag: &str) -> Vec<Package> {
        if !self.named.insert(name.to_owned()) {
            self.problems
                .push(Problem::new(format!("`{name}` is named twice")).hint("say once what becomes of it"));
            return Vec::new();
        }
        let packages = self.base.manifest.packages.as_slice();
        // Sorted by name, so that a name's packages stand together.
        let start = packages.partition_point(|package| package.name() < name);
        let there: Vec<Package> =
            packages[start..].iter().copied().take_while(|package| package.name() == name).collect();
        if there.is_empty() {
            let problem = Problem::new(format!("{} has no package `{name}`", self.base.release));
            self.problems.push(match Package::parse(name) {
                Ok(package) => problem.hint(format!("{flag} takes a name: {flag} {}", package.name())),
                Err(_) => problem,
            });
        }
        there
    }

    fn remove(&mut self, name: &str) {
        let there = self.there(name, "--remove");
        self.changes.extend(there.into_iter().map(Change::Removed));
    }

    fn upgrade(&mut self, name: &str) {
        let there = self.there(name, "--upgrade");
        if there.is_empty() {
            return;
        }
        let offered = self.known.offered.map(PackageSet::as_slice).unwrap_or_default();
        let (mut upgrades, mut others) = (Vec::new(), Vec::new());
        let newest: Vec<Package> = there
            .chunk_by(|one, other| one.same_name_arch(*other))
            .filter_map(|run| run.last().copied())
            .collect();
        for current in &newest {
            let newer =
                |package: &&Package| package.same_name_arch(*current) && package.cmp_evr(*current).is_gt();
            let newer: Vec<Package> = offered.iter().filter(newer).copied().collect();
            let fits = |package: &&Package| {
                (self.known.is_alike)(*current, **package)
                    && is_of_one_line(*current, **package)
                    && self.is_of_one_stream(*current, **package)
            };
            match newer.iter().rfind(fits) {
                Some(best) if current.is_install_only() => upgrades.push(Change::Added(*best)),
                Some(best) => upgrades.push(Change::Replaced { old: *current, new: *best }),
                None => others.extend(newer.last()),
            }
        }
        if upgrades.is_empty() {
            let list = |packages: &[Package]| {
                packages.iter().map(|package| package.as_str()).collect::<Vec<_>>().join(", ")
            };
            let problem = Problem::new(format!("nothing newer than {} is on offer", list(&newest)));
            self.problems.push(match others.is_empty() {
                true => problem,
                false => problem.hint(format!(
                    "{} is of another stream, line or flavour, or its stream is not known: `--add` takes it by name",
                    list(&others)
                )),
            });
        }
        self.changes.extend(upgrades);
    }

    /// Tells whether two versions are both of no module, or known to be of one stream: because the service lists both
    /// under it, or by their labels.
    fn is_of_one_stream(&self, one: Package, other: Package) -> bool {
        if !one.is_modular() && !other.is_modular() {
            return true;
        }
        let lists_both =
            |known: &StreamContents| known.packages.contains(one) && known.packages.contains(other);
        let told = self.streams.of(one);
        one.is_modular()
            && other.is_modular()
            && (self.known.streams.iter().any(lists_both)
                || told.is_some() && told == self.streams.of(other)
                || one.module_label().is_some_and(|label| {
                    // One of several modules may be of several streams too.
                    other.module_label() == Some(label) && self.streams.may_be_of(one).nth(1).is_none()
                }))
    }

    fn parsed(&mut self, texts: &[String]) -> Vec<Package> {
        let mut packages = Vec::new();
        for text in texts {
            match Package::parse(text) {
                Ok(package) => packages.push(package),
                Err(error) => self.problems.push(
                    Problem::new(error.to_string())
                        .hint("--add takes a whole NEVRA: name-[epoch:]version-release.arch"),
                ),
            }
        }
        packages
    }

    fn add(&mut self, package: Package, all: &[Package]) {
        let mut problem = |problem| self.problems.push(problem);
        let pattern = self.known.unmanaged.iter().find(|pattern| pattern.matches(package.name()));
        if package.arch() == Arch::None {
            return problem(Problem::new(format!("{package} cannot be installed: it has no architecture")));
        }
        if let Some(pattern) = pattern {
            let message = format!("{package} is outside of the train (unmanaged: `{pattern}`)");
            return problem(Problem::new(message));
        }
        if self.base.manifest.packages.contains(package) {
            return problem(Problem::new(format!("{} has {package} already", self.base.release)));
        }
        if self.named.contains(package.name()) {
            let message = format!("`{}` is named twice, once by {package}", package.name());
            return problem(Problem::new(message).hint("say once what becomes of it"));
        }
        let rivals = all.iter().filter(|other| other.same_name_arch(package)).count();
        if rivals > 1 && !package.is_install_only() {
            let message =
                format!("{package} is one of {rivals} versions that are added: an instance has one");
            return problem(Problem::new(message));
        }
        let there = self.base.manifest.packages.iter().filter(|old| old.same_name_arch(package));
        let there: Vec<Package> = there.collect();
        match self.known.offered {
            Some(offered) if offered.contains(package) => {}
            Some(offered) => return problem(unoffered(package, offered)),
            None => {
                if let Some(old) = there.iter().find(|old| old.epoch() > 0 && package.epoch() == 0) {
                    return problem(without_epoch(package, *old, self.base.release));
                }
            }
        }
        if package.is_install_only() || there.is_empty() {
            self.changes.push(Change::Added(package));
            return;
        }
        self.changes.extend(there.iter().map(|old| Change::Replaced { old: *old, new: package }));
    }
}

/// Says that nobody offers a package, and what is on offer instead.
fn unoffered(package: Package, offered: &PackageSet) -> Problem {
    const MANY: usize = 6;
    let others: Vec<&str> =
        offered.iter().filter(|other| other.same_name_arch(package)).map(|other| other.as_str()).collect();
    let problem = Problem::new(format!("no software source offers {package}"));
    match others.len() {
        0 => problem
            .hint("a release holds what sources offer: look its version up, or add it to a source first"),
        count => problem.hint(format!(
            "on offer {}: {}",
            if count > MANY { "are, the newest last" } else { "of it" },
            others[count.saturating_sub(MANY)..].join(", ")
        )),
    }
}

/// Says that an epoch was most likely forgotten: rpm takes what has none for older than all that have one.
fn without_epoch(package: Package, old: Package, release: &str) -> Problem {
    let (name, epoch, version) = (package.name(), old.epoch(), package.version());
    let (build, arch) = (package.release(), package.arch());
    Problem::new(format!("{package} has no epoch, and {release} has {old}"))
        .hint(format!("write {name}-{epoch}:{version}-{build}.{arch}"))
}

/// Returns the newest of those that fit.
pub(super) fn newest_fitting(offered: &PackageSet, fits: impl Fn(Package) -> bool) -> Option<Package> {
    // Of one name and architecture, in order.
    offered.iter().rfind(|package| fits(*package))
}

/// Tells whether two kernels are of one line: the UEK's, as 5.4 and 5.15, exist side by side.
pub(super) fn is_of_one_line(one: Package, other: Package) -> bool {
    let line = |package: Package| {
        let mut parts = package.version().split('.');
        (parts.next(), parts.next())
    };
    !one.kernel().is_some_and(|kernel| kernel.starts_with("kernel-uek")) || line(one) == line(other)
}

/// Tells whether a package may be for a major version of the system: its release names no other one, as `el7` does.
pub fn is_for_major(package: Package, major: u16) -> bool {
    package.systems().all(|system| system == major)
}

#[cfg(test)]
mod tests;
