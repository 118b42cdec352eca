//! The catalogue: which packages the simulated vendor ships, in which versions, from which source.
//!
//! It is a table of our own (`catalogue/*.table`), one line per family, that is per group of packages built from one
//! source package and moving together:
//!
//! ```text
//! SET SOURCE KIND ARCH EVR : NAMES
//! ```
//!
//! The EVR holds groups in braces with four alternatives, one per wave: what the old image had, what was current at
//! GL1, what was current at GL1.1, and what is only in the preview channel. `=` repeats the wave before; versions
//! before a bar are older than the first wave (kernels that still lie around). Which instance has which family at
//! which wave is [`super::world`]'s business.

pub(crate) mod modules;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::package::{Arch, Package};

const TABLES: [&str; 4] = [
    include_str!("catalogue/system.table"),
    include_str!("catalogue/network.table"),
    include_str!("catalogue/tools.table"),
    include_str!("catalogue/roles.table"),
];

/// How many waves a family has.
pub(crate) const WAVES: usize = 4;
/// The wave of the release GL1.
pub(crate) const WAVE_GL1: usize = 1;
/// The wave of the release GL1.1, and the newest that the vendor's regular sources hold.
pub(crate) const WAVE_GL1_1: usize = 2;
/// The wave that only the preview source holds.
pub(crate) const WAVE_PREVIEW: usize = 3;

/// Who has a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Layer {
    /// Every instance.
    Base,
    /// 32-bit twins, on some.
    Twin,
    /// Web servers.
    Web,
    /// Databases.
    Db,
    /// Batch workers.
    Batch,
    /// Every instance for itself, by chance.
    Optional,
    /// Some batch workers and never the golden instance.
    Extra,
    /// The golden instance gains it between GL1 and GL1.1.
    Added,
    /// The golden instance loses it between GL1 and GL1.1.
    Dropped,
}

/// The vendor source that ships a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) enum Channel {
    /// The base operating system: the parent.
    BaseOs,
    /// Applications.
    AppStream,
    /// Oracle's kernel.
    Uek,
    /// Live patching.
    Ksplice,
    /// Everything's next version, for the brave.
    Preview,
}

/// What an erratum is about, as the service spells it in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) enum UpdateType {
    /// `SECURITY`
    Security,
    /// `BUG`
    Bug,
    /// `ENHANCEMENT`
    Enhancement,
    /// `OTHER`: in no erratum.
    Other,
}

impl UpdateType {
    /// Returns the service's spelling in answers; its filters say `BUGFIX` for `BUG`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Security => "SECURITY",
            Self::Bug => "BUG",
            Self::Enhancement => "ENHANCEMENT",
            Self::Other => "OTHER",
        }
    }
}

/// One package of a family in all its versions.
#[derive(Debug)]
pub(crate) struct Item {
    /// Versions older than the first wave, oldest first.
    pub(crate) older: Vec<Package>,
    /// One version per wave.
    pub(crate) waves: [Package; WAVES],
}

/// Packages that are built and released together.
#[derive(Debug)]
pub(crate) struct Family {
    /// The first name; 32-bit twins share it with their family.
    pub(crate) key: &'static str,
    /// Who has it.
    pub(crate) layer: Layer,
    /// Who ships it.
    pub(crate) channel: Channel,
    /// What its errata are about.
    pub(crate) kind: UpdateType,
    /// Its packages.
    pub(crate) items: Vec<Item>,
}

/// The whole table.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// All families, in table order.
    pub(crate) families: Vec<Family>,
    kinds: HashMap<(&'static str, Arch), UpdateType>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::read);

/// Returns the catalogue, read once per process.
pub(crate) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    /// Returns what an update of the package is about; `Other` for what the vendor does not ship.
    pub(crate) fn kind(&self, package: Package) -> UpdateType {
        self.kinds.get(&(package.name(), package.arch())).copied().unwrap_or(UpdateType::Other)
    }

    /// Returns everything that the channel ships, in every version.
    pub(crate) fn shipped(&self, channel: Channel) -> Vec<Package> {
        let preview = channel == Channel::Preview;
        let families = self.families.iter().filter(|family| preview || family.channel == channel);
        families
            .flat_map(|family| &family.items)
            .flat_map(|item| match preview {
                true => item.waves[WAVE_PREVIEW..].to_vec(),
                false => [&item.older, &item.waves[..WAVE_PREVIEW]].concat(),
            })
            .collect()
    }

    fn read() -> Self {
        let lines = TABLES.iter().flat_map(|table| table.lines());
        let families: Vec<Family> = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| family(line).expect("the built-in catalogue is well-formed, as its tests see to"))
            .collect();
        let kinds = families
            .iter()
            .flat_map(|family| family.items.iter().map(|item| (item.waves[0], family.kind)))
            .map(|(package, kind)| ((package.name(), package.arch()), kind))
            .collect();
        Self { families, kinds }
    }
}

/// Reads one line; the error names the word that is wrong.
fn family(line: &'static str) -> Result<Family, String> {
    let (head, names) = line.split_once(" : ").ok_or_else(|| format!("no ` : ` in `{line}`"))?;
    let words: Vec<&str> = head.split_whitespace().collect();
    let [layer, channel, kind, arch, evr] = words[..] else {
        return Err(format!("not five words before ` : ` in `{line}`"));
    };
    let layer = match layer {
        "base" => Layer::Base,
        "twin" => Layer::Twin,
        "web" => Layer::Web,
        "db" => Layer::Db,
        "batch" => Layer::Batch,
        "opt" => Layer::Optional,
        "extra" => Layer::Extra,
        "added" => Layer::Added,
        "dropped" => Layer::Dropped,
        other => return Err(format!("unknown set `{other}`")),
    };
    let channel = match channel {
        "baseos" => Channel::BaseOs,
        "appstream" => Channel::AppStream,
        "uek" => Channel::Uek,
        "ksplice" => Channel::Ksplice,
        other => return Err(format!("unknown source `{other}`")),
    };
    let kind = match kind {
        "security" => UpdateType::Security,
        "bug" => UpdateType::Bug,
        "enhancement" => UpdateType::Enhancement,
        "other" => UpdateType::Other,
        other => return Err(format!("unknown kind `{other}`")),
    };
    let key = names.split_whitespace().next().ok_or_else(|| format!("no names in `{line}`"))?;
    let (older, waves) = spread(evr)?;
    let package =
        |name: &str, evr: &str| Package::from_parts(name, evr, arch).map_err(|error| error.to_string());
    let items = names.split_whitespace().map(|name| {
        let older = older.iter().map(|evr| package(name, evr)).collect::<Result<_, _>>()?;
        let [first, second, third, fourth] = &waves;
        let waves =
            [package(name, first)?, package(name, second)?, package(name, third)?, package(name, fourth)?];
        Ok(Item { older, waves })
    });
    let items = items.collect::<Result<_, String>>()?;
    Ok(Family { key, layer, channel, kind, items })
}

/// Spreads the braces of an EVR over the older versions and the waves.
fn spread(evr: &str) -> Result<(Vec<String>, [String; WAVES]), String> {
    let mut older: Vec<String> = Vec::new();
    let mut waves: [String; WAVES] = Default::default();
    let mut rest = evr;
    while let Some((before, group)) = rest.split_once('{') {
        let (group, after) = group.split_once('}').ok_or_else(|| format!("an open brace in `{evr}`"))?;
        let (old, four) = group.rsplit_once('|').map_or((None, group), |(old, four)| (Some(old), four));
        let four: Vec<&str> = four.split(',').collect();
        if four.len() != WAVES {
            return Err(format!("not {WAVES} waves in `{{{group}}}`"));
        }
        let old: Vec<&str> = old.map(|old| old.split(',').collect()).unwrap_or_default();
        if !older.is_empty() && older.len() != old.len() {
            return Err(format!("groups with different numbers of older versions in `{evr}`"));
        }
        older.resize(old.len(), waves[0].clone());
        older.iter_mut().zip(old).for_each(|(text, part)| {
            text.push_str(before);
            text.push_str(part);
        });
        let mut current = four[0];
        for (text, part) in waves.iter_mut().zip(four) {
            current = if part == "=" { current } else { part };
            text.push_str(before);
            text.push_str(current);
        }
        rest = after;
    }
    older.iter_mut().chain(&mut waves).for_each(|text| text.push_str(rest));
    Ok((older, waves))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn braces_spread_over_the_waves() {
        let four = |texts: [&str; 4]| texts.map(str::to_owned);
        assert_eq!(spread("1.0-1.el8"), Ok((vec![], four(["1.0-1.el8"; 4]))));
        assert_eq!(
            spread("1:2.{1,2,=,3}-4.el8{,_9,_9,_10}"),
            Ok((vec![], four(["1:2.1-4.el8", "1:2.2-4.el8_9", "1:2.2-4.el8_9", "1:2.3-4.el8_10"])))
        );
        let older = vec!["k-1.x".to_owned(), "k-2.x".to_owned()];
        assert_eq!(spread("k-{1,2|3,4,5,6}.x"), Ok((older, four(["k-3.x", "k-4.x", "k-5.x", "k-6.x"]))));
        assert!(spread("1-{1,2}").is_err());
        assert!(spread("1-{1,2,3,4").is_err());
    }

    #[test]
    fn the_table_is_well_formed_and_versions_only_grow() {
        let mut seen = BTreeSet::new();
        for line in TABLES.iter().flat_map(|table| table.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            for item in family(line).unwrap_or_else(|error| panic!("{error}: {line}")).items {
                let versions = [&item.older[..], &item.waves[..]].concat();
                assert!(versions.is_sorted_by(|a, b| a.cmp_evr(*b).is_le()), "{versions:?}");
                let new = seen.insert((item.waves[0].name(), item.waves[0].arch()));
                assert!(new, "twice: {}", item.waves[0]);
            }
        }
        let names: BTreeSet<&str> = seen.iter().map(|(name, _)| *name).collect();
        assert!(names.len() >= 430, "{} names", names.len());
    }

    #[test]
    fn the_catalogue_has_what_trips_careless_programs() {
        let all: Vec<Package> = [Channel::BaseOs, Channel::AppStream, Channel::Uek, Channel::Ksplice]
            .into_iter()
            .flat_map(|channel| catalogue().shipped(channel))
            .collect();
        let any = |what: fn(Package) -> bool| all.iter().any(|package| what(*package));
        assert!(any(|package| package.epoch() == 999));
        assert!(any(|package| package.evr().contains('~')));
        assert!(any(|package| package.evr().contains('^')));
        assert!(any(Package::is_modular));
        assert!(any(Package::is_install_only));
        assert!(any(|package| package.arch() == Arch::I686));
        let preview = catalogue().shipped(Channel::Preview);
        assert!(preview.iter().any(|package| !all.contains(package)));
        let bumped = |item: &Item| item.waves[WAVE_GL1].epoch() < item.waves[WAVE_GL1_1].epoch();
        assert!(catalogue().families.iter().flat_map(|family| &family.items).any(bumped));
    }
}
