//! Freezing: what is read of a golden instance, made into a manifest; what is left out, and what a person should look
//! at before instances ride it.
//!
//! Pure. Reading the instance, and writing the file, are the command line's.

use std::fmt;

use super::manifest::{self, KernelPolicy, Provenance};
use super::{Arch, Manifest, Package, PackageSet, Pattern, StreamContents, StreamStatus, Streams};

pub mod as_of;
pub mod hotfix;
mod kernels;

pub use kernels::Kernel;

/// A golden instance, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Golden<'a> {
    /// All that is installed.
    pub installed: &'a PackageSet,
    /// What of it no software source provides.
    pub unsourced: &'a PackageSet,
    /// The enabled and active module streams.
    pub streams: &'a [StreamContents],
    /// The kernel it runs, `version-release.arch`.
    pub running_kernel: Option<&'a str>,
    /// Whether it waits for a reboot.
    pub reboot_required: bool,
}

/// What is wanted of a freeze, and what its release follows on.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    /// What the train does not care for.
    pub unmanaged: &'a [Pattern],
    /// Which of several kernels are taken.
    pub kernels: KernelPolicy,
    /// The release before it.
    pub previous: Option<Previous<'a>>,
}

/// A release that another one follows on.
#[derive(Clone, Copy, Debug)]
pub struct Previous<'a> {
    /// Its name.
    pub release: &'a str,
    /// The ids of its trust keys, sorted.
    pub keys: &'a [String],
}

/// What a freeze gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The manifest.
    pub manifest: Manifest,
    /// What is not in it, and why; in the order of packages.
    pub left_out: Vec<LeftOut>,
    /// Packages of modules in no stream that the instance has enabled or active: which stream they are of is not known.
    pub streamless: Vec<Package>,
    /// Packages that stand in the manifest in several versions (kernels): a run per name and architecture, oldest
    /// first.
    pub several: Vec<Vec<Package>>,
    /// Packages of another version than the kernel that is taken, as there is none of its own; with that kernel.
    pub unmatched: Vec<(Package, Package)>,
    /// Packages of two architectures whose versions differ: the runs of each, the newest last.
    pub twins: Vec<Vec<Package>>,
    /// Which kernels were taken.
    pub policy: KernelPolicy,
    /// How the running kernel stands to the packages.
    pub kernel: Kernel,
    /// Whether the golden instance waits for a reboot.
    pub reboot_required: bool,
    /// How its trust keys differ from those of the release before it.
    pub keys: Option<KeyMoves>,
}

/// How the trust keys of two releases differ. Keys are told and never installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMoves {
    /// The release before it.
    pub previous: String,
    /// Those that it does not have.
    pub new: Vec<String>,
    /// Those that only it has.
    pub gone: Vec<String>,
}

/// A package that a release does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The package.
    pub package: Package,
    /// Why.
    pub why: Why,
}

/// Why a package is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The train says so.
    Unmanaged(Pattern),
    /// A software source can only hold what another one provides.
    Unsourced,
    /// It cannot be installed: it has no architecture.
    NoArchitecture,
    /// Of several kernels the newest is taken, which is this one.
    NotNewest(Package),
    /// It is newer than the kernel that is taken, which has a package of its own.
    NotOfKernel(Package),
    /// Only the kernel that runs is taken.
    NotRunning,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package;
        match &self.why {
            Why::Unmanaged(pattern) => write!(f, "{package} (unmanaged: `{pattern}`)"),
            Why::Unsourced => write!(f, "{package} (no software source provides it)"),
            Why::NoArchitecture => write!(f, "{package} (it has no architecture)"),
            Why::NotNewest(newest) => write!(f, "{package} (kernel policy newest: {newest} is newer)"),
            Why::NotOfKernel(kernel) => write!(f, "{package} (kernel policy newest: it is not of {kernel})"),
            Why::NotRunning => {
                write!(f, "{package} (kernel policy running: it is not of the kernel that runs)")
            }
        }
    }
}

impl Frozen {
    /// Says what was decided, for whoever reads the manifest later: a line each.
    fn notes(&self) -> Vec<String> {
        let Self {
            manifest: _, left_out: _, streamless, several: _, unmatched, twins, policy, kernel, ..
        } = self;
        let mut notes = Vec::new();
        if self.reboot_required {
            notes.push("a reboot was pending: what is frozen had not all run yet".to_owned());
        }
        let taken = match policy {
            KernelPolicy::Running => "the one that ran is taken",
            KernelPolicy::Newest => "the newest is taken",
            KernelPolicy::All => "all are taken",
        };
        match kernel {
            Kernel::Unknown | Kernel::Newest => {}
            Kernel::Older { running, newest } => {
                notes.push(format!("kernel {running} ran, and {newest} is newer: {taken}"));
            }
            Kernel::Gone { running } => {
                notes.push(format!("kernel {running} ran, and no package of it was installed: {taken}"));
            }
        }
        notes.extend(unmatched.iter().map(|(package, kernel)| {
            format!(
                "{package} is taken without its kernel: the newest is {kernel}, and has no {}",
                package.name()
            )
        }));
        notes.extend(twins.iter().map(|pair| {
            let versions: Vec<&str> = pair.iter().map(|package| package.as_str()).collect();
            format!(
                "two architectures of one name differ, and are taken as they are: {}",
                versions.join(", ")
            )
        }));
        notes.extend(streamless.iter().map(|package| format!("the module stream of {package} is not known")));
        if let Some(KeyMoves { previous, new, gone }) = &self.keys {
            notes.extend(new.iter().map(|id| format!("new trust key: {id} ({previous} does not have it)")));
            notes.extend(gone.iter().map(|id| format!("trust key gone: {id} ({previous} has it)")));
        }
        notes
    }
}

/// Freezes an instance. To `provenance` the kernel policy, what was left out and the notes are added.
pub fn freeze(golden: &Golden<'_>, choices: &Choices<'_>, mut provenance: Provenance) -> Frozen {
    let Choices { unmanaged, kernels: policy, previous } = *choices;
    let (mut packages, mut left_out, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for package in golden.installed.iter() {
        // Trust keys are listed like packages; they are part of what makes a release installable, not of its packages.
        if let Some(key) = package.trust_key() {
            keys.push(key.to_owned());
            continue;
        }
        let pattern = unmanaged.iter().find(|pattern| pattern.matches(package.name()));
        let why = match pattern {
            Some(pattern) => Some(Why::Unmanaged(pattern.clone())),
            None if package.arch() == Arch::None => Some(Why::NoArchitecture),
            None if golden.unsourced.contains(package) => Some(Why::Unsourced),
            None => None,
        };
        match why {
            Some(why) => left_out.push(LeftOut { package, why }),
            None => packages.push(package),
        }
    }
    let kernels::Choice { taken: packages, left_out: kernels, unmatched } =
        kernels::choose(&PackageSet::new(packages), golden.running_kernel, policy);
    left_out.extend(kernels);
    left_out.sort_by_key(|left_out| left_out.package);
    let (modules, streamless) = modules(&packages, golden.streams);
    let several = packages.by_name_arch().filter(|run| run.len() > 1).map(<[Package]>::to_vec).collect();
    keys.sort_unstable();
    let mut frozen = Frozen {
        manifest: Manifest::default(),
        left_out,
        streamless,
        several,
        unmatched,
        twins: twins(&packages),
        policy,
        kernel: kernels::standing(golden.installed, golden.running_kernel),
        reboot_required: golden.reboot_required,
        keys: previous.map(|previous| key_moves(&previous, &keys)),
    };
    provenance.kernel_policy = Some(policy);
    provenance.left_out.extend(frozen.left_out.iter().map(LeftOut::to_string));
    provenance.streams = Streams::of_specs(&modules).listing(golden.streams).label_lines();
    provenance.notes.extend(frozen.notes());
    frozen.manifest = Manifest::frozen(&provenance, packages, modules, keys);
    frozen
}

/// Returns how trust keys differ from those of the release before.
pub fn key_moves(previous: &Previous<'_>, keys: &[String]) -> KeyMoves {
    let not_in = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|id| !those.contains(id)).cloned().collect()
    };
    KeyMoves {
        previous: previous.release.to_owned(),
        new: not_in(keys, previous.keys),
        gone: not_in(previous.keys, keys),
    }
}

/// Returns the names that are there for several architectures in different newest versions: dnf keeps the 32-bit
/// library of a name at the version of the 64-bit one, and updates none without the other. Kernels have no twins.
pub fn twins(packages: &PackageSet) -> Vec<Vec<Package>> {
    let runs: Vec<&[Package]> = packages.by_name_arch().collect();
    let of_one_name = runs.chunk_by(|one, other| one[0].name() == other[0].name());
    let newest = of_one_name.map(|runs| runs.iter().filter_map(|run| run.last().copied()));
    let newest = newest.map(|newest| newest.filter(|package| !package.is_install_only()).collect::<Vec<_>>());
    newest.filter(|newest| newest.iter().any(|package| package.cmp_evr(newest[0]).is_ne())).collect()
}

/// Returns the `NAME:STREAM` of each stream that the release needs, and the modular packages of no known one. A default
/// stream that nothing was installed from is no choice of anybody's, and is not recorded.
fn modules(packages: &PackageSet, streams: &[StreamContents]) -> (Vec<String>, Vec<Package>) {
    let modular: Vec<Package> = packages.iter().filter(|package| package.is_modular()).collect();
    let used = |known: &&StreamContents| {
        known.stream.status == StreamStatus::Enabled
            || modular.iter().any(|package| known.packages.contains(*package))
    };
    let specs = streams.iter().filter(used).map(|known| known.stream.spec());
    // What a manifest cannot hold would make it unreadable; its packages are told as streamless.
    let specs = specs.filter(|spec| manifest::module_error(spec).is_none()).collect();
    let known = |package: &Package| {
        streams.iter().any(|known| {
            known.packages.contains(*package) && manifest::module_error(&known.stream.spec()).is_none()
        })
    };
    (specs, modular.into_iter().filter(|package| !known(package)).collect())
}

#[cfg(test)]
mod tests;
