//! Module streams: which of those that a release names an instance gets no packages from.
//!
//! Whether a source of our own tells an instance about modules is not documented. Where it does not, nothing is listed,
//! nothing follows from that, and it is told apart from a module that is listed with no stream, or another one, in use.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Lag, Verdict};
use crate::package::{ModuleStream, StreamName, StreamStatus};

/// A stream of a release that an instance gets no packages from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamGap {
    /// The release's.
    pub release: StreamName,
    /// What the instance has instead.
    pub instance: Instead,
}

/// What an instance has instead of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "has", content = "stream", rename_all = "kebab-case")]
pub enum Instead {
    /// Another stream of the module.
    Other(Arc<str>),
    /// The module is listed, and no stream of it is enabled or active.
    Off,
    /// The service lists no such module for it.
    Unlisted,
}

impl StreamGap {
    /// Tells whether updates leave out the stream's packages. What is not listed says nothing: without metadata an agent
    /// may well install whatever its source holds.
    pub fn keeps_back(&self) -> bool {
        match self.instance {
            Instead::Other(_) | Instead::Off => true,
            Instead::Unlisted => false,
        }
    }
}

impl fmt::Display for StreamGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { release, instance } = self;
        match instance {
            Instead::Other(stream) => write!(f, "{}:{stream} (release: {release})", release.module),
            Instead::Off => write!(f, "no stream of {} (release: {release})", release.module),
            Instead::Unlisted => write!(f, "{} not listed (release: {release})", release.module),
        }
    }
}

impl Verdict {
    /// Tells whether a package of a module stream is at another version than the release's: only then can another stream
    /// be behind it, and at the release's version the packages themselves prove their stream.
    pub fn has_modular_off(&self) -> bool {
        self.behind.iter().chain(&self.ahead).any(Lag::is_modular)
    }
}

/// Compares the streams that a release names with those of an instance, as far as they matter to it: of modules of which
/// it has packages at another version than the release's. A leaner instance lacks many streams and nothing for it.
pub fn stream_gaps(release: &[String], seen: &[ModuleStream], verdict: &Verdict) -> Vec<StreamGap> {
    let wanted: Vec<StreamName> = release.iter().filter_map(|spec| StreamName::parse(spec).ok()).collect();
    let in_use = |stream: &&ModuleStream| stream.status != StreamStatus::Disabled;
    let is_wanted = |stream: &ModuleStream| {
        wanted.iter().any(|name| (&*name.module, &*name.stream) == (&*stream.module, &*stream.stream))
    };
    let gap = |release: &StreamName| {
        // One of the release's own is in use: of two that it names of a module, only one can be.
        if of(seen, &release.module).filter(in_use).any(is_wanted) {
            return None;
        }
        // What somebody enabled goes before what is so by default.
        let instead = of(seen, &release.module).filter(in_use).min_by_key(|stream| stream.status);
        let instance = match instead {
            Some(other) => Instead::Other(Arc::clone(&other.stream)),
            None if of(seen, &release.module).next().is_some() => Instead::Off,
            None => Instead::Unlisted,
        };
        Some(StreamGap { release: release.clone(), instance })
    };
    let modules = wanted.iter().map(|name| &*name.module).chain(seen.iter().map(|stream| &*stream.module));
    let off = modules_off(&modules.collect(), verdict);
    wanted.iter().filter(|name| off.contains(&*name.module)).filter_map(gap).collect()
}

/// Returns the modules of packages that are off. Nobody lists which module a package is of, where a source tells of none:
/// it is taken to be of the one whose name its own begins with, the longest of those. That misses modules that name none
/// of their packages after themselves, whose packages then count as merely waiting for an update.
fn modules_off<'m>(modules: &BTreeSet<&'m str>, verdict: &Verdict) -> BTreeSet<&'m str> {
    let is_of = |name: &str, module: &str| {
        name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let lags = verdict.behind.iter().chain(&verdict.ahead).filter(|lag| lag.is_modular());
    let of = |lag: &Lag| {
        let name = lag.release.name();
        modules.iter().filter(|module| is_of(name, module)).max_by_key(|module| module.len()).copied()
    };
    lags.filter_map(of).collect()
}

fn of<'s>(seen: &'s [ModuleStream], module: &'s str) -> impl Iterator<Item = &'s ModuleStream> {
    seen.iter().filter(move |stream| *stream.module == *module)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    /// A release's streams, an instance's, and the gaps between them.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, StreamStatus)], &'a [&'a str]);

    #[test]
    fn other_streams_are_told_from_none_and_from_what_is_not_listed() {
        use StreamStatus::{Active, Disabled, Enabled};
        let cases: [Case<'_>; 9] = [
            (&["pg:15"], &[("pg:15", Enabled)], &[]),
            (&["pg:15"], &[("pg:13", Disabled), ("pg:15", Active)], &[]),
            (&["pg:15:2:ab"], &[("pg:13", Enabled), ("pg:15", Disabled)], &["pg:13 (release: pg:15)"]),
            (&["pg:15"], &[("pg:10", Active), ("pg:13", Enabled)], &["pg:13 (release: pg:15)"]),
            (&["pg:15"], &[("pg:10", Active)], &["pg:10 (release: pg:15)"]),
            (&["pg:15"], &[("pg:10", Disabled), ("pg:15", Disabled)], &["no stream of pg (release: pg:15)"]),
            (&["pg:15"], &[("perl:5.26", Enabled)], &["pg not listed (release: pg:15)"]),
            (&["pg:13", "pg:15"], &[("pg:13", Enabled)], &[]),
            (&[], &[("pg:13", Enabled)], &[]),
        ];
        for (release, seen, gaps) in cases {
            let release: Vec<String> = release.iter().map(|spec| (*spec).to_owned()).collect();
            let seen: Vec<ModuleStream> = seen
                .iter()
                .map(|(spec, status)| {
                    let StreamName { module, stream } = StreamName::parse(spec).unwrap();
                    ModuleStream { module, stream, status: *status }
                })
                .collect();
            let found = stream_gaps(&release, &seen, &off(&["pg-libs"]));
            assert_eq!(
                found.iter().map(StreamGap::to_string).collect::<Vec<_>>(),
                gaps,
                "{release:?} {seen:?}"
            );
            let listed = |gap: &&&str| !gap.contains("not listed");
            assert_eq!(
                found.iter().filter(|gap| gap.keeps_back()).count(),
                gaps.iter().filter(listed).count()
            );
        }
    }

    /// Who has modular packages of these names off.
    fn off(names: &[&str]) -> Verdict {
        let package =
            |name: &str, n: u8| Package::parse(&format!("{name}-{n}-1.module+el8+{n}.x86_64")).unwrap();
        let lag = |name: &&str| Lag { installed: package(name, 1), release: package(name, 2) };
        Verdict { behind: names.iter().map(lag).collect(), ..Verdict::default() }
    }

    #[test]
    fn streams_of_modules_that_an_instance_has_nothing_off_of_are_no_gaps() {
        let release = ["nodejs:20", "perl:5.26", "perl-DBI:1.6"].map(str::to_owned);
        let modules = |names: &[&str]| -> Vec<String> {
            let gaps = stream_gaps(&release, &[], &off(names));
            gaps.iter().map(|gap| gap.release.module.to_string()).collect()
        };
        assert_eq!(modules(&["perl-libs"]), ["perl"]);
        // The longest name counts, and whole words of it.
        assert_eq!(modules(&["perl-DBI"]), ["perl-DBI"]);
        assert_eq!(modules(&["nodejs", "perl"]), ["nodejs", "perl"]);
        assert!(modules(&["nodejs20", "podman"]).is_empty());
    }

    #[test]
    fn only_modular_packages_at_another_version_are_a_reason_to_ask() {
        let lag = |installed: &str, release: &str| Lag {
            installed: Package::parse(installed).unwrap(),
            release: Package::parse(release).unwrap(),
        };
        let plain = lag("bash-5-1.x86_64", "bash-5-2.x86_64");
        let modular = lag("pg-13-1.module+el8.x86_64", "pg-15-1.module+el8.x86_64");
        let of = |behind: &[Lag], ahead: &[Lag]| {
            Verdict { behind: behind.to_vec(), ahead: ahead.to_vec(), ..Verdict::default() }.has_modular_off()
        };
        assert!(!of(&[plain], &[plain]));
        assert!(of(&[plain, modular], &[]) && of(&[], &[modular]));
    }
}
