//! What makes a member exactly its release, once it is up to date: what is newer is brought back, what is missing is
//! installed, what is extra is removed where the group says so; and what of that is left, and why.
//!
//! The order is that of the lists here: installs by name, then removals, newest kernels first. Where repositories tell
//! what packages need of each other, [`super::ordered`] puts it into theirs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::assess::{Assessed, Member};
use super::{HeldReason, Input};
use crate::conformance::{Lag, Verdict, stream_gaps};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::Instance;
use crate::op::{Adjust, Binding};
use crate::package::{ModuleStream, Package, StreamName, StreamStatus};
use crate::repodata::Repodata;
use crate::train::{Group, Release, os_major};

mod needs;
mod protected;

pub use protected::{PROTECTED, protected};

/// The first system on which the tools of an instance are known to install an older version that is asked for by name:
/// dnf's manual says so, and yum says "nothing to do".
const GOES_BACK_FROM: u16 = 8;

/// Members of one group that are made exactly their release by the same changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforcement {
    /// The group.
    pub group: GroupName,
    /// Its release.
    pub release: ReleaseName,
    /// What is newer and brought back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub back: Vec<Lag>,
    /// What is missing and installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Package>,
    /// What is extra and removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<Package>,
    /// Whether the service does it on the whole group or not at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// The instances, by id.
    pub instances: Vec<Ocid>,
}

/// A package that keeps an instance from being exactly its release, and that stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// Why it stays.
    pub why: Stay,
    /// The package: as it is installed, or as it would be.
    pub package: Package,
}

/// Why a package stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "stays", rename_all = "kebab-case")]
pub enum Stay {
    /// It is extra, and the group does not say that extras are removed.
    Extra,
    /// It is of the kernel that the instance runs.
    Running,
    /// It is of a kernel, and the service does not say which one the instance runs.
    RunsUnknown,
    /// It is never removed.
    Protected {
        /// Why not.
        why: Cow<'static, str>,
    },
    /// It is newer, and nobody knows whether the tools of this system install an older version.
    Older,
    /// It is newer or missing, and of a module stream that the instance gets no packages from, as far as that is known.
    Stream,
    /// It would be removed from all members, and from one of them it cannot be.
    Together,
    /// It would be installed on all members, and one of them gets no packages from its module stream, on which that fails.
    Barred,
    /// Something that stays needs it, as repositories tell.
    Needed {
        /// What needs it.
        by: Package,
    },
}

/// What is done to one member, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Correction {
    pub(super) back: Vec<Lag>,
    pub(super) add: Vec<Package>,
    pub(super) remove: Vec<Package>,
    pub(super) left: Vec<Left>,
    order: Vec<Adjust>,
}

impl Correction {
    /// Tells whether there is anything to do.
    pub(super) fn is_due(&self) -> bool {
        !(self.back.is_empty() && self.add.is_empty() && self.remove.is_empty())
    }

    /// Returns what there is to do, in order.
    pub(super) fn adjusts(&self) -> Vec<Adjust> {
        self.order.clone()
    }

    /// Works out that order: installs by name, then removals, as far as repositories do not tell of a better one.
    fn arrange(&mut self, repodata: &Repodata) {
        let back = self.back.iter().map(|lag| lag.release);
        let mut installs: Vec<Package> = back.chain(self.add.iter().copied()).collect();
        installs.sort_unstable();
        let installs = installs.into_iter().map(Adjust::Install);
        // A kernel's own packages are of one version; of several versions the newest go first.
        let removes = self.remove.iter().rev().copied().map(Adjust::Remove);
        self.order = needs::order(installs.chain(removes).collect(), repodata);
    }

    /// Returns the packages that stay.
    pub(super) fn stays(&self) -> Vec<Package> {
        self.left.iter().map(|left| left.package).collect()
    }

    /// Forgets what there is to do.
    pub(super) fn rest(&mut self) {
        *self = Self::default();
    }
}

/// Works out what makes an instance exactly a release. What is behind is an update's to bring.
pub(super) fn correct(
    input: &Input<'_>,
    (id, group, release): (&Ocid, &Group, &Release),
    seen: &Instance,
    verdict: &Verdict,
) -> Correction {
    let mut correction = Correction::default();
    let Some(inventory) = seen.packages() else { return correction };
    let goes_back = os_major(&input.train.os).is_some_and(|major| major >= GOES_BACK_FROM);
    let streams = input.observed.streams.get(id).map_or(&[][..], Vec::as_slice);
    let elsewhere = stream_gaps(&release.manifest.modules, streams, verdict);
    let is_elsewhere = |package: Package| {
        let of = |module: &str| {
            let rest = package.name().strip_prefix(module);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        package.is_modular() && elsewhere.iter().any(|gap| gap.keeps_back() && of(&gap.release.module))
    };
    for lag in &verdict.ahead {
        if lag.release.is_install_only() {
            let versions = inventory.installed.iter().filter(|have| have.same_name_arch(lag.release));
            for newer in versions.filter(|have| have.cmp_evr(lag.release).is_gt()) {
                correction.removal(group, seen, newer);
            }
            if inventory.installed.contains(lag.release) {
                continue;
            }
            match goes_back {
                true => correction.add.push(lag.release),
                false => correction.leave(Stay::Older, lag.release),
            }
        } else if !goes_back {
            correction.leave(Stay::Older, lag.installed);
        } else if is_elsewhere(lag.release) {
            correction.leave(Stay::Stream, lag.installed);
        } else {
            correction.back.push(*lag);
        }
    }
    // Where sources tell of modules, as the vendor's do that a release is drawn from, one package that cannot be installed has
    // the call for all fail.
    let lists_modules = input.capabilities.binding == Binding::Group;
    for missing in &verdict.missing {
        match keeps_out(*missing, &release.manifest.modules, streams).unwrap_or(lists_modules) {
            true if missing.is_modular() => correction.leave(Stay::Stream, *missing),
            _ => correction.add.push(*missing),
        }
    }
    for extra in &verdict.extra {
        correction.removal(group, seen, *extra);
    }
    correction.remove.sort_unstable();
    let repodata = &input.observed.repositories;
    needs::spare(&mut correction, &inventory.installed, repodata);
    correction.left.sort_unstable();
    correction.arrange(repodata);
    correction
}

/// Tells whether an instance gets no package of a module stream because another stream of the module is in use there, or none;
/// none where nobody says which module it is of. It is taken to be of the one whose name its own begins with, the longest.
fn keeps_out(package: Package, modules: &[String], seen: &[ModuleStream]) -> Option<bool> {
    let specs = modules.iter().filter_map(|spec| StreamName::parse(spec).ok());
    let is_of = |spec: &StreamName| {
        let rest = package.name().strip_prefix(&*spec.module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let wanted = specs.filter(is_of).max_by_key(|spec| spec.module.len())?;
    let mut of_module = seen.iter().filter(|stream| stream.module == wanted.module).peekable();
    // What is not listed has no metadata that would keep anything out.
    of_module.peek()?;
    let in_use =
        |stream: &ModuleStream| stream.stream == wanted.stream && stream.status != StreamStatus::Disabled;
    Some(!of_module.any(in_use))
}

impl Correction {
    fn leave(&mut self, why: Stay, package: Package) {
        self.left.push(Left { why, package });
    }

    /// Removes a package that is no part of the release, or says why it stays.
    fn removal(&mut self, group: &Group, seen: &Instance, package: Package) {
        match protected(package.name()) {
            _ if !group.enforcing.remove_extras => self.leave(Stay::Extra, package),
            Some(why) => self.leave(Stay::Protected { why: why.into() }, package),
            None if package.is_install_only() => match seen.runs(package) {
                None => self.leave(Stay::RunsUnknown, package),
                Some(true) => self.leave(Stay::Running, package),
                Some(false) => self.remove.push(package),
            },
            None => self.remove.push(package),
        }
    }
}

/// Has nothing removed from a group as a whole that one of its members cannot lose, or that is nobody's to remove there, and
/// nothing installed that one of them cannot get.
pub(super) fn together(input: &Input<'_>, members: &mut [Member<'_>]) {
    let mut kept: BTreeSet<Package> = BTreeSet::new();
    let mut barred: BTreeSet<Package> = BTreeSet::new();
    for member in members.iter() {
        let left = member.correction.left.iter();
        barred.extend(left.filter(|left| left.why == Stay::Stream).map(|left| left.package));
        kept.extend(member.correction.left.iter().map(|left| left.package));
        let inventory = member.seen.and_then(|seen| seen.packages());
        kept.extend(inventory.iter().flat_map(|inventory| inventory.unsourced.iter()));
        // Whoever is held may run any of his kernels.
        let kernels = inventory.iter().flat_map(|inventory| inventory.installed.iter());
        let runs = |package: &Package| {
            package.is_install_only() && member.seen.and_then(|seen| seen.runs(*package)) != Some(false)
        };
        kept.extend(kernels.filter(runs));
    }
    for member in members.iter_mut() {
        let correction = &mut member.correction;
        let (stays, goes) =
            std::mem::take(&mut correction.remove).into_iter().partition(|it| kept.contains(it));
        correction.remove = goes;
        for package in Vec::into_iter(stays) {
            correction.leave(Stay::Together, package);
        }
        let (stays, comes) =
            std::mem::take(&mut correction.add).into_iter().partition(|it| barred.contains(it));
        correction.add = comes;
        for package in Vec::into_iter(stays) {
            correction.leave(Stay::Barred, package);
        }
        let (stays, back) = std::mem::take(&mut correction.back)
            .into_iter()
            .partition::<Vec<Lag>, _>(|lag| barred.contains(&lag.release));
        correction.back = back;
        for lag in stays {
            correction.leave(Stay::Barred, lag.installed);
        }
        correction.left.sort_unstable();
        correction.arrange(&input.observed.repositories);
    }
}

/// Holds those that will not be exactly their release, unless something else holds them.
pub(super) fn hold(members: &mut [Member<'_>]) {
    for member in members.iter_mut().filter(|member| !member.correction.left.is_empty()) {
        // There is no level to prove, but what is done to it is read back.
        member.reaches = false;
        member.verify &= member.update || member.correction.is_due();
        let left = member.correction.left.clone();
        member.held.get_or_insert(HeldReason::Inexact { left });
    }
}

/// Returns what is asked of a whole group for its members, call by call, each with those for whom it is. One call installs
/// or removes: where repositories tell that something must go before something else comes, there are several.
pub(super) fn of_group(input: &Input<'_>, members: &[Member<'_>]) -> Vec<(Vec<Adjust>, Vec<Ocid>)> {
    let mut wanted: BTreeMap<Adjust, Vec<Ocid>> = BTreeMap::new();
    for member in members {
        for adjust in member.correction.adjusts() {
            wanted.entry(adjust).or_default().push(member.id.clone());
        }
    }
    let ordered = needs::order(wanted.keys().copied().collect(), &input.observed.repositories);
    let calls = ordered.chunk_by(|one, next| one.installs() == next.installs());
    let for_whom = |adjusts: &[Adjust]| -> BTreeSet<Ocid> {
        adjusts.iter().filter_map(|adjust| wanted.get(adjust)).flatten().cloned().collect()
    };
    calls.map(|adjusts| (adjusts.to_vec(), for_whom(adjusts).into_iter().collect())).collect()
}

/// What members that stand together have in common: their group, and what goes back, comes and goes.
type Alike<'m> = (&'m GroupName, &'m [Lag], &'m [Package], &'m [Package]);

/// Gathers the members that are made exactly their release, those with the same changes together; by group in file
/// order, most instances first.
pub(super) fn tell(input: &Input<'_>, members: &Assessed<'_>) -> Vec<Enforcement> {
    let together = input.capabilities.binding == Binding::Group;
    let mut found: Vec<Enforcement> = Vec::new();
    let mut index: HashMap<Alike<'_>, usize> = HashMap::new();
    for Member { id, group, release, correction, .. } in &members.list {
        if !correction.is_due() {
            continue;
        }
        let Correction { back, add, remove, left: _, order: _ } = correction;
        let key = (&group.name, back.as_slice(), add.as_slice(), remove.as_slice());
        let place = *index.entry(key).or_insert_with(|| {
            found.push(Enforcement {
                group: group.name.clone(),
                release: release.name.clone(),
                back: back.clone(),
                add: add.clone(),
                remove: remove.clone(),
                together,
                instances: Vec::new(),
            });
            found.len() - 1
        });
        found[place].instances.push((*id).clone());
    }
    for group in found.chunk_by_mut(|one, next| one.group == next.group) {
        group.sort_by_key(|entry| std::cmp::Reverse(entry.instances.len()));
    }
    found
}
