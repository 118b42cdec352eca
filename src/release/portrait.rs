//! One release by itself: where it comes from, how large it is, and what it is made of.

use std::collections::BTreeSet;

use crate::package::{Arch, Package, Streams};
use crate::release::Milestone;
use crate::train::Release;

/// A release, told whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portrait<'a> {
    /// As the timeline has it.
    pub milestone: &'a Milestone,
    /// The release.
    pub release: &'a Release,
    /// How large it is.
    pub size: Size,
    /// Modular packages of which its streams do not tell the stream. A stream that is named without version and context
    /// tells it of none.
    pub unplaced: Vec<Package>,
}

/// How large a release is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Packages.
    pub packages: usize,
    /// Distinct names.
    pub names: usize,
    /// Packages of each architecture.
    pub architectures: Vec<(Arch, usize)>,
    /// Packages of module streams.
    pub modular: usize,
    /// Names and architectures of which it holds several versions.
    pub several: usize,
    /// Whether all of those are such as rpm installs beside each other.
    pub kernels: bool,
}

impl<'a> Portrait<'a> {
    /// Looks at a release.
    pub fn of(release: &'a Release, milestone: &'a Milestone) -> Self {
        let packages = release.packages();
        let names: BTreeSet<&str> = packages.iter().map(Package::name).collect();
        let mut architectures: Vec<(Arch, usize)> = Vec::new();
        for package in packages.iter() {
            match architectures.iter_mut().find(|(arch, _)| *arch == package.arch()) {
                Some((_, count)) => *count += 1,
                None => architectures.push((package.arch(), 1)),
            }
        }
        architectures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let streams = Streams::of_manifest(&release.manifest);
        let modular: Vec<Package> = packages.iter().filter(|package| package.is_modular()).collect();
        let several: Vec<_> = packages.by_name_arch().filter(|versions| versions.len() > 1).collect();
        let size = Size {
            packages: packages.len(),
            names: names.len(),
            architectures,
            modular: modular.len(),
            several: several.len(),
            kernels: several.iter().all(|versions| versions[0].is_install_only()),
        };
        let unplaced = modular.into_iter().filter(|package| streams.of(*package).is_none()).collect();
        Self { milestone, release, size, unplaced }
    }
}
