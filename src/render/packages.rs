//! Packages in aligned columns: what an update brings, how two releases differ, plain lists.

use super::page::{Mark, Page, Tone, columns, pad};
use crate::conformance::Lag;
use crate::package::{DeltaEntry, DeltaKind, Package};

/// One line, or a few, about one package name.
pub(super) enum Row {
    /// One version for another.
    Pair {
        /// `~` or `!`.
        mark: Mark,
        /// `name.arch`.
        name: String,
        /// The version there was.
        old: &'static str,
        /// The version there will be.
        new: &'static str,
    },
    /// One version.
    One {
        /// `+`, `-` or none.
        mark: Mark,
        /// `name.arch`.
        name: String,
        /// The version.
        version: &'static str,
    },
    /// Several versions beside each other, shown whole.
    Set {
        /// `name.arch`.
        name: String,
        /// Each version: gone, staying, new.
        versions: Vec<(Mark, &'static str)>,
    },
}

impl Row {
    /// Makes the row of an entry of a delta.
    pub(super) fn of_delta(entry: &DeltaEntry) -> Option<Self> {
        let key = entry.key()?;
        let name = name(key);
        let mark = match entry.kind {
            DeltaKind::Upgraded => Mark::CHANGE,
            DeltaKind::Downgraded => Mark('!', Tone::Destroy),
            DeltaKind::Added => Mark::ADD,
            DeltaKind::Removed => Mark::REMOVE,
            DeltaKind::SetChanged => return Some(Self::set(name, &entry.old, &entry.new)),
        };
        match (entry.old.as_slice(), entry.new.as_slice()) {
            ([old], [new]) => Some(Self::Pair { mark, name, old: old.evr(), new: new.evr() }),
            ([one], []) | ([], [one]) => Some(Self::One { mark, name, version: one.evr() }),
            (old, new) => Some(Self::set(name, old, new)),
        }
    }

    /// Makes the row of a package that an update brings to the release's version.
    pub(super) fn of_lag(lag: &Lag) -> Self {
        Self::Pair {
            mark: Mark::CHANGE,
            name: name(lag.release),
            old: lag.installed.evr(),
            new: lag.release.evr(),
        }
    }

    /// Makes the row of a package that is newer than the release, both versions as they stand.
    pub(super) fn of_ahead(lag: &Lag) -> Self {
        Self::Pair {
            mark: Mark::NONE,
            name: name(lag.release),
            old: lag.installed.evr(),
            new: lag.release.evr(),
        }
    }

    /// Makes the row of a package that somebody moved away from the release's version.
    pub(super) fn of_drifted(lag: &Lag) -> Self {
        Self::Pair {
            mark: Mark::DRIFT,
            name: name(lag.release),
            old: lag.release.evr(),
            new: lag.installed.evr(),
        }
    }

    /// Makes the row of one package.
    pub(super) fn one(mark: Mark, package: Package) -> Self {
        Self::One { mark, name: name(package), version: package.evr() }
    }

    fn set(name: String, old: &[Package], new: &[Package]) -> Self {
        let mut all: Vec<Package> = old.iter().chain(new).copied().collect();
        all.sort_unstable();
        all.dedup();
        let versions = all
            .into_iter()
            .map(|package| {
                let mark = match (old.contains(&package), new.contains(&package)) {
                    (true, false) => Mark::REMOVE,
                    (false, true) => Mark::ADD,
                    _ => Mark::NONE,
                };
                (mark, package.evr())
            })
            .collect();
        Self::Set { name, versions }
    }

    fn name(&self) -> &str {
        match self {
            Self::Pair { name, .. } | Self::One { name, .. } | Self::Set { name, .. } => name,
        }
    }
}

/// Writes rows in columns, folded to `limit`. `arrow` stands between two versions.
pub(super) fn write(page: &mut Page, indent: usize, rows: &[Row], limit: usize, arrow: &str) {
    let shown = page.fold(rows.len(), limit);
    let visible = &rows[..shown];
    // One very long name must not push all versions off the page; it gets a line of its own.
    let cap = page.width().saturating_sub(indent) * 2 / 5;
    let fitting = |width: usize| (width <= cap).then_some(width);
    let names = visible.iter().filter_map(|row| fitting(columns(row.name()))).max().unwrap_or(0);
    let olds = visible
        .iter()
        .filter_map(|row| match row {
            Row::Pair { old, .. } => fitting(columns(old)),
            _ => None,
        })
        .max()
        .unwrap_or(0);
    for row in visible {
        write_row(page, indent, row, names, olds, arrow);
    }
    page.more(indent + 2, rows.len() - shown);
}

fn write_row(page: &mut Page, indent: usize, row: &Row, names: usize, olds: usize, arrow: &str) {
    let lead = " ".repeat(indent);
    let deep = indent + 4;
    match row {
        Row::Pair { mark, name, old, new } => {
            let symbol = page.paint(mark.1, &mark.0.to_string());
            let line = format!(
                "{lead}{symbol} {}  {} {arrow} {new}",
                pad(name, names, false),
                pad(old, olds, false)
            );
            if columns(&line) <= page.width() {
                page.line(&line);
            } else {
                page.line(&format!("{lead}{symbol} {name}"));
                page.text(deep, deep, &format!("{old} {arrow} {new}"));
            }
        }
        Row::One { mark, name, version } => {
            let symbol = page.paint(mark.1, &mark.0.to_string());
            let line = format!("{lead}{symbol} {}  {version}", pad(name, names, false));
            if columns(&line) <= page.width() {
                page.line(&line);
            } else {
                page.line(&format!("{lead}{symbol} {name}"));
                page.text(deep, deep, version);
            }
        }
        Row::Set { name, versions } => {
            page.item(indent, Mark::CHANGE, name);
            for (mark, version) in versions {
                page.item(deep, *mark, version);
            }
        }
    }
}

/// Returns `name.arch`, which together say what replaces what.
pub(super) fn name(package: Package) -> String {
    format!("{}.{}", package.name(), package.arch())
}

/// Returns `name.arch` of several, each once.
pub(super) fn names(packages: &[Package]) -> Vec<String> {
    let mut names: Vec<String> = packages.iter().map(|package| name(*package)).collect();
    names.dedup();
    names
}
