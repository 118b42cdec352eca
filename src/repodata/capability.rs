//! What packages provide and require, and when one fits the other, as rpm has it.

use std::cmp::Ordering;
use std::fmt;

/// A version as dependencies name it: the release may be left out, and then any fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    epoch: u32,
    version: Box<str>,
    release: Box<str>,
}

/// How a version stands to the one that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

/// Something that packages provide, by its name, and in which versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name: a package, a library, a file, or a rich dependency as it was written.
    pub name: Box<str>,
    /// Which versions; none for any.
    pub bound: Option<(Relation, Version)>,
}

impl Version {
    /// Makes one of its parts. An epoch that is missing, or no number, is 0.
    pub fn new(epoch: &str, version: &str, release: &str) -> Self {
        Self { epoch: epoch.parse().unwrap_or_default(), version: version.into(), release: release.into() }
    }

    /// Reads `[EPOCH:]VERSION[-RELEASE]`.
    pub fn parse(text: &str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
            _ => ("", text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self::new(epoch, version, release)
    }

    /// Compares as rpm does where dependencies are concerned: releases only where both have one.
    pub fn cmp_loosely(&self, other: &Self) -> Ordering {
        let segment = |a: &str, b: &str| {
            if a == b {
                return Ordering::Equal;
            }
            rpm_version::Evr::new("", a, "").cmp(&rpm_version::Evr::new("", b, ""))
        };
        let releases = || match (&*self.release, &*other.release) {
            ("", _) | (_, "") => Ordering::Equal,
            (a, b) => segment(a, b),
        };
        self.epoch.cmp(&other.epoch).then_with(|| segment(&self.version, &other.version)).then_with(releases)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch > 0 {
            write!(f, "{}:", self.epoch)?;
        }
        f.write_str(&self.version)?;
        if !self.release.is_empty() {
            write!(f, "-{}", self.release)?;
        }
        Ok(())
    }
}

impl Relation {
    /// Reads what `primary.xml` has for it; none for any version.
    pub fn of_flag(flag: &str) -> Option<Self> {
        match flag {
            "LT" => Some(Self::Less),
            "LE" => Some(Self::AtMost),
            "EQ" => Some(Self::Equal),
            "GE" => Some(Self::AtLeast),
            "GT" => Some(Self::Greater),
            _ => None,
        }
    }

    /// Reads what people write for it.
    pub fn of_sign(sign: &str) -> Option<Self> {
        match sign {
            "<" => Some(Self::Less),
            "<=" | "=<" => Some(Self::AtMost),
            "=" | "==" => Some(Self::Equal),
            ">=" | "=>" => Some(Self::AtLeast),
            ">" => Some(Self::Greater),
            _ => None,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::Greater => ">",
        }
    }

    fn takes_less(self) -> bool {
        matches!(self, Self::Less | Self::AtMost)
    }

    fn takes_greater(self) -> bool {
        matches!(self, Self::Greater | Self::AtLeast)
    }

    fn takes_equal(self) -> bool {
        matches!(self, Self::AtMost | Self::Equal | Self::AtLeast)
    }
}

impl Capability {
    /// Reads `NAME [SIGN VERSION]`, as rich dependencies have it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let name = words.next()?.into();
        let bound = match (words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some(sign), Some(version), None) => Some((Relation::of_sign(sign)?, Version::parse(version))),
            _ => return None,
        };
        Some(Self { name, bound })
    }

    /// Tells whether what is provided, here, is what is required, of the same name: whether their versions overlap. One
    /// that says nothing of versions overlaps with all.
    pub fn overlaps(&self, required: &Self) -> bool {
        let (Some((has, version)), Some((wants, wanted))) = (&self.bound, &required.bound) else {
            return true;
        };
        match version.cmp_loosely(wanted) {
            Ordering::Less => has.takes_greater() || wants.takes_less(),
            Ordering::Greater => has.takes_less() || wants.takes_greater(),
            Ordering::Equal => {
                let at_it = |one: Relation, other: Relation| {
                    one.takes_equal() && (other.takes_less() || other.takes_greater())
                };
                // A version without a release stands for all of its releases: some are below the one that the other
                // names, and some above it.
                let any_release = match (version.release.is_empty(), wanted.release.is_empty()) {
                    (true, false) => at_it(*has, *wants),
                    (false, true) => at_it(*wants, *has),
                    _ => false,
                };
                any_release
                    || (has.takes_equal() && wants.takes_equal())
                    || (has.takes_less() && wants.takes_less())
                    || (has.takes_greater() && wants.takes_greater())
            }
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.bound {
            Some((relation, version)) => write!(f, " {} {version}", relation.sign()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_overlap_as_rpm_has_it() {
        let fits = |has: &str, wants: &str| {
            Capability::parse(has).unwrap().overlaps(&Capability::parse(wants).unwrap())
        };
        for (has, wants) in [
            ("a = 1.0-1", "a"),
            ("a", "a >= 5"),
            ("a = 1.0-1", "a = 1.0"),
            ("a = 1.0", "a = 1.0-7"),
            ("a = 1.0-1", "a >= 1.0"),
            ("a = 1.0-1", "a <= 1.0"),
            ("a = 1:0.5-1", "a > 3"),
            ("a = 0:1.0-1", "a = 1.0-1"),
            ("a >= 2", "a < 3"),
            ("a < 3", "a >= 2"),
            ("a = 1.10", "a > 1.9"),
            ("a = 1.0~rc1", "a < 1.0"),
            ("a = 1.0^git1", "a > 1.0"),
            ("a >= 1", "a >= 1"),
        ] {
            assert!(fits(has, wants), "{has} should fit {wants}");
        }
        for (has, wants) in [
            ("a = 1.0-1", "a > 1.0"),
            ("a = 1.0-1", "a < 1.0"),
            ("a = 1.0-1", "a = 1.0-2"),
            ("a = 3", "a = 1:3"),
            ("a < 2", "a > 2"),
            ("a < 2", "a = 2"),
            ("a = 999", "a >= 1:1"),
        ] {
            assert!(!fits(has, wants), "{has} should not fit {wants}");
        }
        assert_eq!(Capability::parse("a >= 1:2-3").unwrap().to_string(), "a >= 1:2-3");
        assert_eq!(Capability::parse("a >= "), None);
    }

    /// Every pair of these bounds, as the real thing judges it.
    #[test]
    fn every_pair_is_judged_as_librpm_judges_it() {
        let (mut wanted, mut pairs): (Vec<&str>, usize) = (Vec::new(), 0);
        for line in include_str!("overlaps.txt").lines() {
            if let Some(versions) = line.strip_prefix("# 1 ") {
                wanted = std::iter::once("1").chain(versions.split(' ')).collect();
            }
            if line.starts_with('#') {
                continue;
            }
            let [sign, version, other, verdicts] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let has = Capability::parse(&format!("a {sign} {version}")).unwrap();
            for (wanted, verdict) in wanted.iter().zip(verdicts.chars()) {
                let wants = Capability::parse(&format!("a {other} {wanted}")).unwrap();
                assert_eq!(has.overlaps(&wants), verdict == '1', "{has} for {wants}");
                pairs += 1;
            }
        }
        assert_eq!(pairs, 4_900);
    }
}
