//! Freezing: what is read of a golden instance, made into a manifest; what is left out, and what a person should look
//! at before instances ride it.
//!
//! Pure. Reading the instance, and writing the file, are the command line's.

use std::fmt;

use super::manifest::{self, Provenance};
use super::{Arch, Manifest, Package, PackageSet, Pattern, StreamContents, StreamStatus};

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
    /// How the running kernel stands to the packages.
    pub kernel: Kernel,
}

/// How the running kernel stands to what is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// It is the newest of its kind, or nothing is known of it.
    Newest,
    /// A newer one of its kind is installed: nobody has booted what is frozen.
    Older {
        /// What runs.
        running: String,
        /// The newest of its kind.
        newest: Package,
    },
    /// No package of it is installed any more.
    Gone {
        /// What runs.
        running: String,
    },
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
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package;
        match &self.why {
            Why::Unmanaged(pattern) => write!(f, "{package} (unmanaged: `{pattern}`)"),
            Why::Unsourced => write!(f, "{package} (no software source provides it)"),
            Why::NoArchitecture => write!(f, "{package} (it has no architecture)"),
        }
    }
}

/// Freezes an instance. Of `provenance`, what was left out and the notes are added to.
pub fn freeze(golden: &Golden<'_>, unmanaged: &[Pattern], provenance: Provenance) -> Frozen {
    let (mut packages, mut left_out, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for package in golden.installed.iter() {
        // Trust keys are listed like packages; they are part of what makes a release installable, not of its packages.
        if package.name() == "gpg-pubkey" && manifest::is_key(package.evr()) {
            keys.push(package.evr().to_owned());
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
    let packages = PackageSet::new(packages);
    let (modules, streamless) = modules(&packages, golden.streams);
    let mut provenance = provenance;
    provenance.left_out.extend(left_out.iter().map(LeftOut::to_string));
    provenance
        .notes
        .extend(streamless.iter().map(|package| format!("the module stream of {package} is not known")));
    let several = packages.by_name_arch().filter(|run| run.len() > 1).map(<[Package]>::to_vec).collect();
    let kernel = kernel(golden);
    Frozen {
        manifest: Manifest::frozen(&provenance, packages, modules, keys),
        left_out,
        streamless,
        several,
        kernel,
    }
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

fn kernel(golden: &Golden<'_>) -> Kernel {
    let Some(running) = golden.running_kernel else { return Kernel::Newest };
    let is_running = |package: &Package| {
        let rest = running.strip_prefix(package.version()).and_then(|rest| rest.strip_prefix('-'));
        let rest = rest
            .and_then(|rest| rest.strip_prefix(package.release()))
            .and_then(|rest| rest.strip_prefix('.'));
        // A debug or real-time kernel adds a word of its own behind the architecture.
        rest.is_some_and(|rest| rest.split(['+', '.']).next() == Some(package.arch().as_str()))
    };
    let mut kernels =
        golden.installed.by_name_arch().filter(|run| run.iter().any(|package| package.is_install_only()));
    let Some(run) = kernels.find(|run| run.iter().any(is_running)) else {
        return Kernel::Gone { running: running.to_owned() };
    };
    match run.last() {
        Some(newest) if !is_running(newest) => Kernel::Older { running: running.to_owned(), newest: *newest },
        _ => Kernel::Newest,
    }
}

#[cfg(test)]
mod tests;
