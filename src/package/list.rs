//! A plain list of packages: one NEVRA a line, as `rpm -qa --qf '%{NEVRA}\n'` prints it.
//!
//! Pure. Whether lines without an epoch may be trusted is whoever reads it to decide: plain `rpm -qa` leaves epochs out.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use super::manifest::is_key;
use super::{NevraError, Package, PackageSet, walk};

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The packages.
    pub packages: PackageSet,
    /// The ids of the trust keys, sorted; they are listed as `gpg-pubkey`.
    pub keys: Vec<String>,
}

/// A line that is no NEVRA.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {error}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: NevraError,
}

impl List {
    /// Reads a list. Empty lines, and those that start with `#`, say nothing; the order does not matter.
    ///
    /// # Errors
    ///
    /// Every line that is no NEVRA.
    pub fn parse(text: &str) -> Result<Self, Vec<BadLine>> {
        Self::numbered(text).map(|(list, _)| list)
    }

    /// As [`Self::parse`], with the line that each package stands on first, from 1.
    ///
    /// # Errors
    ///
    /// Every line that is no NEVRA.
    pub fn numbered(text: &str) -> Result<(Self, HashMap<Package, usize>), Vec<BadLine>> {
        let (mut packages, mut keys, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        let mut lines = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // Newer rpms print a key without its architecture, which is `(none)`.
            if let Some(id) = line.strip_prefix("gpg-pubkey-") {
                let id = id.strip_suffix(".(none)").unwrap_or(id);
                if is_key(id) {
                    keys.push(id.to_owned());
                    continue;
                }
            }
            match Package::parse(line) {
                Ok(package) => {
                    lines.entry(package).or_insert(at + 1);
                    packages.push(package);
                }
                Err(error) => bad.push(BadLine { line: at + 1, error }),
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok((Self { packages: PackageSet::new(packages), keys }, lines))
    }

    /// Tells whether the list was made in a way that keeps epochs: some line has one. A machine of 300 packages has
    /// some thirty with an epoch.
    pub fn has_epochs(&self) -> bool {
        self.packages.iter().any(|package| package.epoch() > 0)
    }
}

/// Gives packages that are written without an epoch the one that they have, by what is on offer of their names. Those
/// of which no version is on offer, or several that differ in nothing else, are returned as they are.
pub fn with_epochs(
    packages: impl IntoIterator<Item = Package>,
    offered: &PackageSet,
) -> (Vec<Package>, Vec<Package>) {
    let bare =
        |package: Package| (package.name(), package.version(), package.release(), package.arch().as_str());
    let mut known: BTreeMap<_, Vec<Package>> = BTreeMap::new();
    for package in offered.iter() {
        known.entry(bare(package)).or_default().push(package);
    }
    let (mut told, mut untold) = (Vec::new(), Vec::new());
    for package in packages {
        match known.get(&bare(package)).map(Vec::as_slice) {
            Some([only]) => told.push(*only),
            _ => untold.push(package),
        }
    }
    (told, untold)
}

/// Returns what most likely has lost its epoch: packages none of whose versions has one, while every version of an older
/// set has; each with one of those.
pub fn lost_epochs(packages: &PackageSet, before: &PackageSet) -> Vec<(Package, Package)> {
    let mut lost = Vec::new();
    walk(packages, before, |here, there| {
        let none = here.iter().all(|package| package.epoch() == 0);
        let (true, Some(old)) = (none, there.last()) else { return };
        if there.iter().all(|package| package.epoch() > 0) {
            lost.extend(here.iter().map(|package| (*package, *old)));
        }
    });
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_that_was_there_before_and_is_not_now_is_lost() {
        let set = |nevras: &[&str]| -> PackageSet {
            nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
        };
        let before = set(&[
            "bind-libs-32:9.11-1.el8.x86_64",
            "dbus-1:1.12-8.el8.x86_64",
            "dropped-1:1-1.noarch",
            "dropped-2-1.noarch",
            "gone-1:1-1.noarch",
            "twin-1:1-1.i686",
            "zsh-5-1.x86_64",
        ]);
        let now = set(&[
            "bind-libs-9.11-2.el8.x86_64",
            "dbus-1:1.12-8.el8.x86_64",
            "dropped-3-1.noarch",
            "new-1-1.noarch",
            "twin-1-1.x86_64",
            "zsh-5-2.x86_64",
        ]);
        let lost: Vec<String> =
            lost_epochs(&now, &before).iter().map(|(now, before)| format!("{now} {before}")).collect();
        assert_eq!(lost, ["bind-libs-9.11-2.el8.x86_64 bind-libs-32:9.11-1.el8.x86_64"]);
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let text = "\n# made by hand\nzsh-5.5.1-10.el8.x86_64\n  bash-4.4.20-5.el8.x86_64\r\nbash-4.4.20-5.el8.x86_64\n\
            gpg-pubkey-82562ea9-5c1c5e1a\ngpg-pubkey-ad986da3-5cabf60d.(none)\n";
        let list = List::parse(text).unwrap();
        let packages: Vec<&str> = list.packages.iter().map(Package::as_str).collect();
        assert_eq!(packages, ["bash-4.4.20-5.el8.x86_64", "zsh-5.5.1-10.el8.x86_64"]);
        assert_eq!(list.keys, ["82562ea9-5c1c5e1a", "ad986da3-5cabf60d"]);
        assert!(!list.has_epochs());
        assert!(List::parse("linux-firmware-999:20230516-999.el8.noarch").unwrap().has_epochs());
    }

    #[test]
    fn epochs_are_those_of_the_one_version_that_is_on_offer() {
        let set =
            |list: &[&str]| -> PackageSet { list.iter().map(|text| Package::parse(text).unwrap()).collect() };
        let offered = set(&[
            "bind-libs-32:9.11.36-8.el8.x86_64",
            "bind-libs-32:9.11.36-8.el8.i686",
            "acl-2.2.53-3.el8.x86_64",
            "odd-1:1-1.noarch",
            "odd-2:1-1.noarch",
        ]);
        let listed = set(&[
            "acl-2.2.53-3.el8.x86_64",
            "acl-2.2.53-4.el8.x86_64",
            "bind-libs-9.11.36-8.el8.x86_64",
            "odd-1-1.noarch",
        ]);
        let (told, untold) = with_epochs(listed.iter(), &offered);
        assert_eq!(told, [offered.as_slice()[0], offered.as_slice()[2]]);
        assert_eq!(untold, [listed.as_slice()[1], listed.as_slice()[3]]);
    }

    #[test]
    fn the_lines_of_packages_are_known() {
        let (_, lines) = List::numbered("\n# x\nzsh-5.5.1-10.el8.x86_64\nzsh-5.5.1-10.el8.x86_64\n").unwrap();
        assert_eq!(lines[&Package::parse("zsh-5.5.1-10.el8.x86_64").unwrap()], 3);
    }

    #[test]
    fn every_bad_line_is_told() {
        let bad = List::parse("bash\nzsh-5.5.1-10.el8.x86_64\n1:bash-4.4-1.x86_64\n").unwrap_err();
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 3]);
        assert!(bad[0].to_string().starts_with("line 1: `bash`"), "{}", bad[0]);
    }
}
