//! What keeps a release from being installed by itself.

use super::super::page::{Mark, Page, Tone};
use super::super::words::{clean, count};
use crate::package::Package;
use crate::release::{Clash, Dependencies, Unmet};

/// Rows of one kind shown before the list folds.
const ROWS: usize = 20;

/// Packages that require one thing, shown before they are counted.
const NAMED: usize = 4;

/// Writes what was found of one release.
pub(super) fn write(page: &mut Page, found: &Dependencies) {
    let Dependencies {
        packages,
        requirements,
        absent,
        unmet,
        unknown_files,
        conflicts,
        obsoleted,
        unlisted,
        undeclared,
    } = found;
    if found.is_good() {
        let text = format!(
            "can be installed by itself: {} of {} met within it",
            count(*requirements, "requirement"),
            count(*packages, "package")
        );
        page.item(2, Mark::HELD, &text);
    }
    let bad = Mark('!', Tone::Destroy);
    list(page, unmet, |page, rows| {
        page.item(2, bad, &format!("{} not met within the release:", count(unmet.len(), "requirement")));
        rows.iter().for_each(|one| need(page, bad, one));
    });
    list(page, conflicts, |page, rows| {
        page.item(2, bad, &format!("{} within the release:", count(conflicts.len(), "conflict")));
        rows.iter().for_each(|one| clash(page, "conflicts with", one));
    });
    list(page, obsoleted, |page, rows| {
        page.item(
            2,
            bad,
            &format!("{} replaced by others of the release:", count(obsoleted.len(), "package")),
        );
        rows.iter().for_each(|one| clash(page, "obsoletes", one));
    });
    list(page, unlisted, |page, rows| {
        let text = format!(
            "{} without module metadata in the repositories: dnf takes none of them:",
            count(unlisted.len(), "modular package")
        );
        page.item(2, bad, &text);
        names(page, rows);
    });
    list(page, absent, |page, rows| {
        let text = format!(
            "{} in none of the repositories, so that what they need is not known:",
            count(absent.len(), "package")
        );
        page.item(2, bad, &text);
        names(page, rows);
    });
    for (stream, packages) in undeclared {
        let text = format!(
            "{} of module stream {}, which the manifest does not name",
            count(*packages, "package"),
            clean(&stream.to_string())
        );
        page.item(2, Mark::DRIFT, &text);
    }
    list(page, unknown_files, |page, rows| {
        let text = format!(
            "{} not known to be there: the primary metadata does not tell all files, only filelists would:",
            count(unknown_files.len(), "required file")
        );
        page.item(2, Mark::DRIFT, &text);
        rows.iter().for_each(|one| need(page, Mark::DRIFT, one));
    });
}

/// Writes the rows that are shown, and how many are not.
fn list<T>(page: &mut Page, all: &[T], write: impl FnOnce(&mut Page, &[T])) {
    if all.is_empty() {
        return;
    }
    let shown = page.fold(all.len(), ROWS);
    write(page, &all[..shown]);
    page.more(6, all.len() - shown);
}

fn need(page: &mut Page, mark: Mark, unmet: &Unmet) {
    let mut by: Vec<&str> = unmet.by.iter().take(NAMED).map(|package| package.as_str()).collect();
    let more = format!("{} more", unmet.by.len().saturating_sub(NAMED));
    if unmet.by.len() > NAMED {
        by.push(&more);
    }
    let kernel = match unmet.kernel {
        Some(kernel) => format!(", where the kernel is {} alone", kernel.evr()),
        None => String::new(),
    };
    let text = format!("{} (required by {}){kernel}", clean(&unmet.requirement), by.join(", "));
    page.item(4, mark, &text);
}

fn clash(page: &mut Page, verb: &str, clash: &Clash) {
    let Clash { by, what, other } = clash;
    page.item(4, Mark('!', Tone::Destroy), &format!("{by} {verb} {}: {other}", clean(what)));
}

fn names(page: &mut Page, packages: &[Package]) {
    for package in packages {
        page.item(4, Mark::NONE, package.as_str());
    }
}
