//! The errata of the simulated vendor: one for each version that a family of packages has moved to, with a number,
//! CVEs and a severity of our own making. Drawn from the catalogue alone: the same on every machine and in every world.
//!
//! The numbers are beyond those that Oracle and MITRE give out, so that nobody takes them for real ones. The API has no
//! field for the severity; it stands before the colon of the synopsis, and some synopses leave it out.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};

use super::catalogue::modules::streams;
use super::catalogue::{UpdateType, WAVES, catalogue};
use super::world::{Id, ocid};
use crate::package::{Arch, Digest, Package};

/// The first number of an erratum and of a CVE.
const FIRST: usize = 90_001;

/// One erratum.
#[derive(Debug)]
pub(crate) struct Erratum {
    /// The service's id.
    pub(crate) id: Id,
    /// `ELSA-2026-90001`, with `ELBA` for bugs and `ELEA` for enhancements.
    pub(crate) name: String,
    /// What it is about.
    pub(crate) kind: UpdateType,
    /// One line.
    pub(crate) synopsis: String,
    /// When it was issued.
    pub(crate) issued: Timestamp,
    /// What it mends.
    pub(crate) cves: Vec<String>,
    /// What it brings.
    pub(crate) packages: Vec<Package>,
}

/// How grave an erratum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Low,
    Moderate,
    Important,
    Critical,
}

impl Severity {
    /// Returns OS Management Hub's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Moderate => "MODERATE",
            Self::Important => "IMPORTANT",
            Self::Critical => "CRITICAL",
        }
    }
}

impl Erratum {
    /// Returns how grave it is, where its synopsis says so.
    pub(crate) fn severity(&self) -> Option<Severity> {
        match self.synopsis.split_once(": ")?.0 {
            "Low" => Some(Severity::Low),
            "Moderate" => Some(Severity::Moderate),
            "Important" => Some(Severity::Important),
            "Critical" => Some(Severity::Critical),
            _ => None,
        }
    }
}

/// All errata, and which of them are about a package.
#[derive(Debug)]
pub(crate) struct Errata {
    /// In the order of their numbers.
    pub(crate) all: Vec<Erratum>,
    by_id: HashMap<Id, usize>,
    /// For each name and architecture the versions with their errata, oldest first.
    versions: HashMap<(&'static str, Arch), Vec<(Package, usize)>>,
}

static ERRATA: LazyLock<Errata> = LazyLock::new(Errata::draw);

/// Returns the errata, drawn once per process.
pub(crate) fn errata() -> &'static Errata {
    &ERRATA
}

impl Errata {
    /// Finds one by the service's id.
    pub(crate) fn get(&self, id: &str) -> Option<&Erratum> {
        self.by_id.get(id).map(|index| &self.all[*index])
    }

    /// Returns the errata of an update: of all versions after the installed one up to the available one, oldest first.
    pub(crate) fn between(&self, installed: Package, available: Package) -> impl Iterator<Item = &Erratum> {
        let of =
            move |package: &Package| package.cmp_evr(installed).is_gt() && package.cmp_evr(available).is_le();
        self.of_name(available)
            .iter()
            .filter(move |(package, _)| of(package))
            .map(|(_, index)| &self.all[*index])
    }

    /// Returns the erratum that brought exactly this package.
    pub(crate) fn of(&self, package: Package) -> Option<&Erratum> {
        let found = self.of_name(package).iter().find(|(known, _)| *known == package);
        found.map(|(_, index)| &self.all[*index])
    }

    fn of_name(&self, package: Package) -> &[(Package, usize)] {
        self.versions.get(&(package.name(), package.arch())).map_or(&[], Vec::as_slice)
    }

    fn draw() -> Self {
        // Twins are built from the same source package, and share their errata.
        let mut brought: BTreeMap<(usize, usize), (&str, UpdateType, Vec<Package>)> = BTreeMap::new();
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for (index, family) in catalogue().families.iter().enumerate() {
            if family.kind == UpdateType::Other {
                continue;
            }
            let index = *first_of.entry(family.key).or_insert(index);
            for wave in 1..WAVES {
                let moved = family.items.iter().filter(|item| item.waves[wave] != item.waves[wave - 1]);
                let moved: Vec<Package> = moved.map(|item| item.waves[wave]).collect();
                if !moved.is_empty() {
                    let entry = brought.entry((wave, index)).or_insert((family.key, family.kind, Vec::new()));
                    entry.2.extend(moved);
                }
            }
        }
        let mut errata = Self { all: Vec::new(), by_id: HashMap::new(), versions: HashMap::new() };
        let mut cves = 0;
        for ((wave, _), (key, kind, packages)) in brought {
            let number = errata.all.len();
            let erratum = draw(number, wave, key, kind, packages, &mut cves);
            for package in &erratum.packages {
                let versions = errata.versions.entry((package.name(), package.arch())).or_default();
                versions.push((*package, number));
            }
            errata.by_id.insert(erratum.id.clone(), number);
            errata.all.push(erratum);
        }
        errata
    }
}

fn draw(
    number: usize,
    wave: usize,
    key: &str,
    kind: UpdateType,
    packages: Vec<Package>,
    cves: &mut usize,
) -> Erratum {
    let letters = match kind {
        UpdateType::Security => "ELSA",
        UpdateType::Bug => "ELBA",
        UpdateType::Enhancement | UpdateType::Other => "ELEA",
    };
    let name = format!("{letters}-2026-{}", FIRST + number);
    let chance = Digest::of([key, "/", &wave.to_string()]);
    let (severity, how_many) = (chance.as_bytes()[0], 1 + usize::from(chance.as_bytes()[1] % 4));
    // The vendor calls an update of modular packages by the stream, of which it has one each.
    let stream = streams().iter().find(|stream| packages.iter().any(|package| stream.has(*package)));
    let key = stream.map_or_else(|| key.to_owned(), |stream| format!("{}:{}", stream.module, stream.name));
    let (synopsis, count) = match kind {
        UpdateType::Security => {
            let severity = match severity {
                0..16 => "Critical: ",
                16..112 => "Important: ",
                112..208 => "Moderate: ",
                208..232 => "Low: ",
                232.. => "",
            };
            (format!("{severity}{key} security update"), how_many)
        }
        UpdateType::Bug => (format!("{key} bug fix update"), 0),
        UpdateType::Enhancement | UpdateType::Other => (format!("{key} enhancement update"), 0),
    };
    let first = FIRST + *cves;
    *cves += count;
    // Before any world was created, and the waves some months apart.
    let days = 40 * i64::try_from(wave).unwrap_or_default() + i64::from(chance.as_bytes()[2] % 30);
    let issued = Timestamp::from_second(1_750_000_000).expect("a second of June 2025 is in range");
    Erratum {
        id: ocid("osmserratum", "", &name),
        name,
        kind,
        synopsis,
        issued: issued + SignedDuration::from_hours(24 * days),
        cves: (first..first + count).map(|number| format!("CVE-2026-{number}")).collect(),
        packages,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_update_names_all_errata_on_its_way_and_twins_share_theirs() {
        let package = |text: &str| Package::parse(text).unwrap();
        let (first, last) =
            (package("glibc-2.28-251.0.1.el8.x86_64"), package("glibc-2.28-251.0.2.el8_10.5.x86_64"));
        let between: Vec<&Erratum> = errata().between(first, last).collect();
        assert_eq!(between.len(), 2);
        assert!(
            between.iter().all(|erratum| erratum.kind == UpdateType::Security && !erratum.cves.is_empty())
        );
        assert!(between[0].issued < between[1].issued);
        assert_eq!(errata().between(last, last).count(), 0);
        let twin = package("glibc-2.28-251.0.2.el8_10.5.i686");
        assert_eq!(errata().of(twin).map(|erratum| &erratum.name), Some(&between[1].name));
        assert_eq!(errata().get(&between[0].id).map(|erratum| &erratum.name), Some(&between[0].name));
    }

    #[test]
    fn numbers_are_nobodys_and_stand_once() {
        let names: BTreeSet<&str> = errata().all.iter().map(|erratum| &*erratum.name).collect();
        assert_eq!(names.len(), errata().all.len());
        assert!(names.len() > 100, "{}", names.len());
        let cves: Vec<&String> = errata().all.iter().flat_map(|erratum| &erratum.cves).collect();
        assert_eq!(cves.iter().collect::<BTreeSet<_>>().len(), cves.len());
        assert!(cves.iter().all(|cve| cve.starts_with("CVE-2026-9") && cve.len() == 14), "{cves:?}");
        for word in ["Critical: ", "Important: ", "Moderate: ", "Low: ", ""] {
            let security = errata().all.iter().filter(|erratum| erratum.kind == UpdateType::Security);
            let mut said = security.map(|erratum| erratum.synopsis.as_str());
            assert!(
                said.any(|text| if word.is_empty() { !text.contains(':') } else { text.starts_with(word) }),
                "{word}"
            );
        }
    }
}
