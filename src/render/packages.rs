//! Packages in aligned columns: what an update brings, how two releases differ, plain lists.

use std::borrow::Cow;
use std::collections::HashMap;

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
        old: Cow<'static, str>,
        /// The version there will be.
        new: Cow<'static, str>,
        /// What else is to be said; may be empty.
        rest: String,
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
            DeltaKind::Downgraded | DeltaKind::StreamChanged => Mark('!', Tone::Destroy),
            DeltaKind::Added => Mark::ADD,
            DeltaKind::Removed => Mark::REMOVE,
            DeltaKind::SetChanged => return Some(Self::set(name, &entry.old, &entry.new)),
            DeltaKind::Renamed => return Self::renamed(&entry.old, &entry.new),
        };
        match (entry.old.as_slice(), entry.new.as_slice()) {
            ([old], [new]) => Some(Self::pair(mark, *old, *new)),
            ([one], []) | ([], [one]) => Some(Self::One { mark, name, version: one.evr() }),
            (old, new) => Some(Self::set(name, old, new)),
        }
    }

    /// Makes the row of a package that an update brings to the release's version.
    pub(super) fn of_lag(lag: &Lag) -> Self {
        Self::pair(Mark::CHANGE, lag.installed, lag.release)
    }

    /// Makes the row of a package that is newer than the release, both versions as they stand.
    pub(super) fn of_ahead(lag: &Lag) -> Self {
        Self::pair(Mark::NONE, lag.installed, lag.release)
    }

    /// Makes the row of a package that is brought back to the release's version.
    pub(super) fn of_back(lag: &Lag) -> Self {
        Self::pair(Mark('!', Tone::Destroy), lag.installed, lag.release)
    }

    /// Makes the row of a package that somebody moved away from the release's version.
    pub(super) fn of_drifted(lag: &Lag) -> Self {
        Self::pair(Mark::DRIFT, lag.release, lag.installed)
    }

    /// Makes the row of a package that several instances get, from several versions.
    pub(super) fn of_many(old: &[Package], new: Package, rest: String) -> Self {
        let old = match old {
            [one] => Cow::Borrowed(one.evr()),
            several => Cow::Owned(format!("{} versions", several.len())),
        };
        Self::Pair { mark: Mark::CHANGE, name: name(new), old, new: new.evr().into(), rest }
    }

    /// Makes the row of a package that came for others; the old side names them.
    fn renamed(old: &[Package], new: &[Package]) -> Option<Self> {
        let came = new.last()?;
        let mut went: Vec<&str> = old.iter().map(|package| package.name()).collect();
        went.dedup();
        let old = match old {
            [one] => format!("{} {}", one.name(), one.evr()),
            _ => went.join(", "),
        };
        let (name, new) = (name(*came), came.evr().into());
        Some(Self::Pair { mark: Mark::CHANGE, name, old: Cow::Owned(old), new, rest: String::new() })
    }

    fn pair(mark: Mark, old: Package, new: Package) -> Self {
        Self::Pair {
            mark,
            name: name(new),
            old: old.evr().into(),
            new: new.evr().into(),
            rest: String::new(),
        }
    }

    /// Makes the row of an update as a service tells of it.
    pub(super) fn of_texts(name: &str, old: &str, new: &str, rest: String) -> Self {
        let safe = |text: &str| super::words::clean(text).into_owned();
        let (name, old, new) = (safe(name), Cow::Owned(safe(old)), Cow::Owned(safe(new)));
        Self::Pair { mark: Mark::CHANGE, name, old, new, rest }
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

/// Puts packages whose sets of versions are the same into one row: the parts of a kernel move together.
pub(super) fn together(rows: Vec<Row>) -> Vec<Row> {
    let mut places: HashMap<Vec<(char, &'static str)>, usize> = HashMap::new();
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        if let Row::Set { name, versions } = &row {
            let key = versions.iter().map(|(mark, version)| (mark.0, *version)).collect();
            let place = *places.entry(key).or_insert(kept.len());
            if let Some(Row::Set { name: names, .. }) = kept.get_mut(place) {
                names.push_str(", ");
                names.push_str(name);
                continue;
            }
        }
        kept.push(row);
    }
    kept
}

/// Writes rows in columns, folded to `limit`. `arrow` stands between two versions.
pub(super) fn write(page: &mut Page, indent: usize, rows: &[Row], limit: usize, arrow: &str) {
    let shown = page.fold(rows.len(), limit);
    let visible = &rows[..shown];
    // One very long name must not push all versions off the page; it gets a line of its own.
    let room = page.width().saturating_sub(indent);
    let counted = visible.iter().any(|row| matches!(row, Row::Pair { rest, .. } if !rest.is_empty()));
    let cap = if counted { room * 3 / 10 } else { room * 2 / 5 };
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
    let news = visible
        .iter()
        .filter_map(|row| match row {
            Row::Pair { new, rest, .. } if !rest.is_empty() => fitting(columns(new)),
            _ => None,
        })
        .max()
        .unwrap_or(0);
    let widths = Widths { names, olds, news };
    for row in visible {
        write_row(page, indent, row, &widths, arrow);
    }
    page.more(indent + 2, rows.len() - shown);
}

/// The columns of a list, each as wide as its widest entry that is not too wide.
struct Widths {
    names: usize,
    olds: usize,
    news: usize,
}

fn write_row(page: &mut Page, indent: usize, row: &Row, widths: &Widths, arrow: &str) {
    let Widths { names, olds, news } = *widths;
    let lead = " ".repeat(indent);
    let deep = indent + 4;
    match row {
        Row::Pair { mark, name, old, new, rest } => {
            let symbol = page.paint(mark.1, &mark.0.to_string());
            let line = format!(
                "{lead}{symbol} {}  {} {arrow} {}  {rest}",
                pad(name, names, false),
                pad(old, olds, false),
                pad(new, news, false)
            );
            let line = line.trim_end().to_owned();
            if columns(&line) <= page.width() {
                page.line(&line);
            } else {
                page.line(&format!("{lead}{symbol} {name}"));
                page.text(deep, deep, &format!("{old} {arrow} {new} {rest}"));
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

/// Returns rows as lines of a diff, each with its mark in the first column: `+`, `-`, or `!` for what changes. An arrow leads
/// to what a version becomes; one that stays is newer than the other.
pub(super) fn diff(rows: &[Row]) -> Vec<String> {
    let sign = |mark: &Mark| match mark.0 {
        sign @ ('+' | '-' | ' ') => sign,
        '>' => '+',
        '<' => '-',
        _ => '!',
    };
    let olds = rows.iter().filter_map(|row| match row {
        Row::Pair { old, .. } => Some(columns(old)),
        _ => None,
    });
    // One very long name must not push all the others apart.
    let names = rows.iter().map(|row| columns(row.name())).filter(|width| *width <= DIFF).max().unwrap_or(0);
    let olds = olds.filter(|width| *width <= DIFF).max().unwrap_or(0);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Row::Pair { mark, name, old, new, rest } => {
                let (name, old) = (pad(name, names, false), pad(old, olds, false));
                let arrow = if mark.0 == Mark::NONE.0 { "newer than" } else { "->" };
                let line = format!("{} {name}  {old} {arrow} {new}  {rest}", sign(mark));
                lines.push(line.trim_end().to_owned());
            }
            Row::One { mark, name, version } => {
                lines.push(format!("{} {}  {version}", sign(mark), pad(name, names, false)));
            }
            Row::Set { name, versions } => {
                lines.push(format!("! {name}"));
                lines.extend(versions.iter().map(|(mark, version)| format!("{}     {version}", sign(mark))));
            }
        }
    }
    lines
}

/// Columns of a name, or of a version, that others are put in line with.
const DIFF: usize = 48;

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
