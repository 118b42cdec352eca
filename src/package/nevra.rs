//! One package: `name-[epoch:]version-release.arch`, parsed strictly from the right, printed back byte for byte, and
//! ordered as rpm orders it.
//!
//! Packages are interned for the life of the process: a handle is one pointer, equal exactly when the NEVRA is. A
//! fleet of 10,000 instances names some ten thousand distinct packages millions of times, so the table is what
//! keeps a plan small. Comparison of versions is `rpm-version`'s, whose agreement with librpm is tested in CI; its
//! parser accepts anything and is not used.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Arch, manifest};

/// A package, by its NEVRA. Cheap to copy; equality and hash are those of the text.
///
/// The order is (name, architecture, EVR as rpm compares it, text), so that the versions of one name and
/// architecture stand together, oldest first, and ties of rpm's order (`1.0` and `1..0`) are broken by bytes.
#[derive(Clone, Copy)]
pub struct Package(&'static Record);

struct Record {
    text: Box<str>,
    /// Interned, so that equal names are one pointer.
    name: &'static str,
    epoch: u32,
    /// Where the version starts in `text`.
    version: usize,
    /// Where the release starts in `text`.
    release: usize,
    /// Where the release ends in `text`; the dot and the architecture follow.
    end: usize,
    arch: Arch,
    install_only: bool,
    /// `rpm-version`'s key: compares bytewise as rpm compares the EVR.
    key: Box<[u8]>,
}

/// Why a text is not a NEVRA.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NevraError {
    /// Nothing stands behind the last dot that is an architecture.
    #[error("`{text}` does not end in a known architecture (`{found}` is none)")]
    Architecture {
        /// The whole text.
        text: String,
        /// What stands where the architecture should.
        found: String,
    },
    /// Fewer than two dashes: name, version and release cannot be told apart.
    #[error("`{text}` is not `name-[epoch:]version-release.arch`: {missing} is missing")]
    Part {
        /// The whole text.
        text: String,
        /// What is missing.
        missing: &'static str,
    },
    /// The epoch is not a number up to 4294967295, is written as `0`, or has leading zeros.
    #[error("`{text}` has the epoch `{epoch}`: expected a number above 0 without leading zeros, or none")]
    Epoch {
        /// The whole text.
        text: String,
        /// The epoch as written.
        epoch: String,
    },
    /// Longer than a file name can be: no such package exists, and the comparison key is not made for it.
    #[error("`{start}...` is {length} bytes long: a NEVRA has at most {MAX_LENGTH}")]
    Length {
        /// How it starts.
        start: String,
        /// How long it is.
        length: usize,
    },
    /// A character that rpm does not allow there.
    #[error("`{text}` has `{character}` in its {part}, which rpm does not allow there")]
    Character {
        /// The whole text.
        text: String,
        /// The offending character, escaped.
        character: String,
        /// `name`, `version` or `release`.
        part: &'static str,
    },
}

/// The longest NEVRA, in bytes: with `.rpm` behind it, it is still a file name.
const MAX_LENGTH: usize = 251;

impl Package {
    /// Parses a NEVRA strictly. The epoch, where there is one, stands before the version; `0:` is refused, since
    /// one package must have one spelling.
    pub fn parse(text: &str) -> Result<Self, NevraError> {
        if let Some(known) = Table::get(text) {
            return Ok(known);
        }
        Ok(Table::insert(split(text)?))
    }

    /// Makes a package of the parts a service sends: `evr` is `[epoch:]version-release`, an epoch of 0 is dropped.
    /// Parts that are not what they claim are refused: an `evr` without release would otherwise take a piece of the
    /// name for its version.
    pub fn from_parts(name: &str, evr: &str, arch: &str) -> Result<Self, NevraError> {
        let evr = evr.strip_prefix("0:").unwrap_or(evr);
        let mut text = String::with_capacity(name.len() + evr.len() + arch.len() + 2);
        text.push_str(name);
        text.push('-');
        text.push_str(evr);
        text.push('.');
        text.push_str(arch);
        let package = Self::parse(&text)?;
        if package.name().len() != name.len() {
            // Too short a name: the `evr` has dashes of its own; too long is impossible.
            let missing = if package.name().len() < name.len() { "the release" } else { "the name" };
            return Err(NevraError::Part { text, missing });
        }
        if package.arch().as_str() != arch {
            return Err(NevraError::Architecture { text, found: arch.escape_debug().to_string() });
        }
        Ok(package)
    }

    /// Returns the NEVRA, byte for byte as it was parsed.
    pub fn as_str(self) -> &'static str {
        &self.0.text
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Returns the epoch; 0 where none is written.
    pub fn epoch(self) -> u32 {
        self.0.epoch
    }

    /// Returns the version.
    pub fn version(self) -> &'static str {
        &self.0.text[self.0.version..self.0.release - 1]
    }

    /// Returns the release.
    pub fn release(self) -> &'static str {
        &self.0.text[self.0.release..self.0.end]
    }

    /// Returns `[epoch:]version-release`, as printed.
    pub fn evr(self) -> &'static str {
        &self.0.text[self.0.name.len() + 1..self.0.end]
    }

    /// Returns the architecture.
    pub fn arch(self) -> Arch {
        self.0.arch
    }

    /// Tells whether rpm-based tools install a new version of this package beside the old one (kernels).
    pub fn is_install_only(self) -> bool {
        self.0.install_only
    }

    /// Returns the kernel that an install-only package is of: `kernel-uek` of `kernel-uek-core`. A debug build is of
    /// the kernel that it is a build of.
    pub fn kernel(self) -> Option<&'static str> {
        let name = self.name();
        let rest = name.strip_prefix("kernel").filter(|_| self.is_install_only())?;
        let flavour = FLAVOURS.iter().find(|flavour| strip_word(rest, flavour).is_some());
        name.get(.."kernel".len() + flavour.map_or(0, |flavour| flavour.len()))
    }

    /// Returns the id of the trust key that the package stands for: rpm lists keys like packages.
    pub fn trust_key(self) -> Option<&'static str> {
        (self.name() == "gpg-pubkey" && super::manifest::is_key(self.evr())).then(|| self.evr())
    }

    /// Returns the kernel that the package itself is, as [`Self::kernel`] names it: `kernel-uek` of `kernel-uek-core`, and
    /// none of its modules or headers, which may be left of a version that is gone.
    pub fn is_kernel_of(self) -> Option<&'static str> {
        let kernel = self.kernel()?;
        let rest = self.name().strip_prefix(kernel)?;
        let rest = rest.strip_prefix("-debug").unwrap_or(rest);
        matches!(rest, "" | "-core" | "-PAE").then_some(kernel)
    }

    /// Returns the major versions of the system that its release names, most often one or none: 8 of `5.el8_10`, of
    /// `2136.el8uek` and of `module+el8.6.0+1`.
    pub fn systems(self) -> impl Iterator<Item = u16> {
        self.release().split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|part| {
            let rest = part.strip_prefix("el")?;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest.get(..digits)?.parse().ok()
        })
    }

    /// Tells whether the package belongs to a module stream (`.module+` in its release).
    pub fn is_modular(self) -> bool {
        self.release().contains(".module+") || self.release().contains(".module_")
    }

    /// Returns the label of the build that a modular package came from: eight hex digits behind the last `+` of its
    /// release, as `b272fdef`. A small update of the package may add a number to it.
    pub fn module_label(self) -> Option<&'static str> {
        let (_, label) = self.release().rsplit_once('+').filter(|_| self.is_modular())?;
        let label = label.split('.').next().unwrap_or(label);
        manifest::is_label(label).then_some(label)
    }

    /// Tells whether name and architecture are the same, without looking at the letters: names are interned.
    pub fn same_name_arch(self, other: Self) -> bool {
        std::ptr::eq(self.0.name, other.0.name) && self.0.arch == other.0.arch
    }

    /// Compares name and architecture, which together say what replaces what.
    pub fn cmp_name_arch(self, other: Self) -> Ordering {
        if std::ptr::eq(self.0.name, other.0.name) {
            return self.0.arch.cmp(&other.0.arch);
        }
        self.0.name.cmp(other.0.name)
    }

    /// Compares epoch, version and release as rpm does; different spellings can be equal.
    pub fn cmp_evr(self, other: Self) -> Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

impl PartialEq for Package {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Package {}

impl Hash for Package {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

impl PartialOrd for Package {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Package {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        self.cmp_name_arch(*other)
            .then_with(|| self.cmp_evr(*other))
            .then_with(|| self.0.text.cmp(&other.0.text))
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.text)
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl FromStr for Package {
    type Err = NevraError;

    fn from_str(text: &str) -> Result<Self, NevraError> {
        Self::parse(text)
    }
}

impl Serialize for Package {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text)
    }
}

impl<'de> Deserialize<'de> for Package {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Package;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a NEVRA")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Package, E> {
                Package::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Where the parts of a NEVRA lie in its text.
struct Split<'a> {
    text: &'a str,
    name: usize,
    epoch: u32,
    version: usize,
    release: usize,
    end: usize,
    arch: Arch,
}

fn split(text: &str) -> Result<Split<'_>, NevraError> {
    if text.len() > MAX_LENGTH {
        let start = text.chars().take(40).collect();
        return Err(NevraError::Length { start, length: text.len() });
    }
    let part = |missing| NevraError::Part { text: text.to_owned(), missing };
    let (rest, word) = text.rsplit_once('.').ok_or_else(|| part("the architecture"))?;
    let arch = Arch::parse(word).ok_or_else(|| NevraError::Architecture {
        text: text.to_owned(),
        found: word.escape_debug().to_string(),
    })?;
    let end = rest.len();
    let dash = rest.rfind('-').ok_or_else(|| part("the release"))?;
    let release = dash + 1;
    let name = rest[..dash].rfind('-').ok_or_else(|| part("the version"))?;
    let (epoch, version) = match rest[name + 1..dash].split_once(':') {
        None => (0, name + 1),
        Some((written, _)) => (epoch(text, written)?, name + 1 + written.len() + 1),
    };
    for (range, what) in [(0..name, "name"), (version..dash, "version"), (release..end, "release")] {
        if range.is_empty() {
            return Err(part(match what {
                "name" => "the name",
                "version" => "the version",
                _ => "the release",
            }));
        }
        let allowed = |c: &char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '.' | '_' | '+')
                || if what == "name" { *c == '-' } else { matches!(c, '~' | '^') }
        };
        let value = &text[range];
        let starts_badly = |c: &char| what == "name" && !(c.is_ascii_alphanumeric() || *c == '_');
        if let Some(bad) =
            value.chars().find(|c| !allowed(c)).or_else(|| value.chars().next().filter(starts_badly))
        {
            let character = bad.escape_debug().to_string();
            return Err(NevraError::Character { text: text.to_owned(), character, part: what });
        }
    }
    Ok(Split { text, name, epoch, version, release, end, arch })
}

fn epoch(text: &str, written: &str) -> Result<u32, NevraError> {
    let error = || NevraError::Epoch { text: text.to_owned(), epoch: written.to_owned() };
    if written.starts_with('0') || !written.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(error());
    }
    written.parse().map_err(|_| error())
}

/// The names rpm-based tools treat as install-only on Oracle Linux: dnf's default list and the packages that provide
/// `installonlypkg(...)`, spelled out for the plain, UEK and real-time kernels and their debug and 64k-page builds.
fn install_only(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("kernel") else { return false };
    let rest = FLAVOURS.iter().find_map(|flavour| strip_word(rest, flavour)).unwrap_or(rest);
    let rest = strip_word(rest, "-debug").unwrap_or(rest);
    matches!(rest, "" | "-core" | "-devel" | "-PAE") || strip_word(rest, "-modules").is_some()
}

/// What follows `kernel` in the names of kernels other than the plain one.
const FLAVOURS: [&str; 4] = ["-uek64k", "-uek", "-rt", "-64k"];

/// Strips a word that ends where the text does or before the next dash.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The process-wide table. Records are leaked on purpose: the set of distinct packages a run meets is small and
/// lives as long as the run.
#[derive(Default)]
struct Table {
    packages: HashMap<&'static str, Package>,
    names: HashMap<&'static str, &'static str>,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(RwLock::default);

impl Table {
    fn get(text: &str) -> Option<Package> {
        TABLE.read().unwrap_or_else(PoisonError::into_inner).packages.get(text).copied()
    }

    fn insert(split: Split<'_>) -> Package {
        let Split { text, name, epoch, version, release, end, arch } = split;
        let spelled = &text[..name];
        let epoch_text = epoch.to_string();
        let evr =
            rpm_version::Evr::new(epoch_text.as_str(), &text[version..release - 1], &text[release..end]);
        let key = evr.sortkey().as_bytes().into();
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.packages.get(text) {
            return *known;
        }
        let name = match table.names.get(spelled) {
            Some(known) => *known,
            None => {
                let leaked: &'static str = Box::leak(spelled.into());
                table.names.insert(leaked, leaked);
                leaked
            }
        };
        let install_only = install_only(name);
        let record =
            Record { text: text.into(), name, epoch, version, release, end, arch, install_only, key };
        let package = Package(Box::leak(Box::new(record)));
        table.packages.insert(package.as_str(), package);
        package
    }
}

#[cfg(test)]
pub(super) mod tests;
