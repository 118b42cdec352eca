//! What a way from one set of packages to another closes of the advisories, in the same words in a plan and in a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use super::page::{Mark, Page, Tone};
use super::words::{clean, count, counts};
use super::{Detail, markdown};
use crate::advisory::{Coverage, Covered, Flagged, Severity, Uncured};
use crate::patching::UpdateKind;

/// Advisories of one list shown before it folds.
const ROWS: usize = 15;
/// CVEs of an advisory shown before they fold, and packages.
const NAMES: usize = 8;
/// So many rows of a Markdown table stand open; more are folded behind a summary.
const OPEN: usize = 15;

/// What is told of one of the lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Closed,
    Remaining,
    Opened,
    Unsure,
}

/// Says what the way closes, in one sentence without a full stop.
pub(super) fn verdict(coverage: &Coverage, old: &str, new: &str) -> String {
    let Coverage { closed, remaining, opened, unsure, cves } = coverage;
    let (old, new) = (clean(old), clean(new));
    let mut parts = Vec::new();
    match cves.open_before() {
        0 if coverage.is_empty() => return format!("no advisory is open in {old}"),
        0 => parts.push(format!("no CVE is open in {old}")),
        before => {
            let mut part = format!("closes {} of {} open in {old}", cves.closed.len(), count(before, "CVE"));
            let without = counts(&[
                (cves.removed.len(), "by removal of the packages"),
                (cves.replaced.len(), "by packages of another stream, line or flavour in their place"),
            ]);
            if !without.is_empty() {
                let _ = write!(part, " ({without})");
            }
            parts.push(part);
            if !cves.remaining.is_empty() {
                let verb = if cves.remaining.len() == 1 { "remains" } else { "remain" };
                parts.push(format!("{} {verb}, fixed only upstream", cves.remaining.len()));
            }
        }
    }
    if !cves.opened.is_empty() {
        let number = match cves.open_before() {
            0 => count(cves.opened.len(), "CVE"),
            _ => format!("{} more", cves.opened.len()),
        };
        parts.push(format!("opens {number} in {new}"));
    }
    if !cves.unsure.is_empty() {
        let number = count(cves.unsure.len(), "CVE");
        parts.push(format!("of {number} it cannot be told, for want of a module stream"));
    }
    if cves.open_before() == 0 && cves.opened.is_empty() && cves.unsure.is_empty() {
        let lists = [
            (closed.len(), "closed"),
            (remaining.len(), "open in both"),
            (opened.len(), "opened"),
            (unsure.len(), "of which it cannot be told"),
        ];
        parts.push(format!("advisories: {}", counts(&lists)));
    }
    parts.join("; ")
}

/// Counts advisories by what they are for, those about security by severity.
fn kinds(advisories: &[Covered]) -> String {
    let of = |kind, severity: Option<Severity>| {
        let fits =
            |one: &&Covered| one.kind == kind && (kind != UpdateKind::Security || one.severity == severity);
        advisories.iter().filter(fits).count()
    };
    use UpdateKind::{Bugfix, Enhancement, Other, Security};
    counts(&[
        (of(Security, Some(Severity::Critical)), "critical"),
        (of(Security, Some(Severity::Important)), "important"),
        (of(Security, Some(Severity::Moderate)), "moderate"),
        (of(Security, Some(Severity::Low)), "low"),
        (of(Security, None), "security without a severity"),
        (of(Bugfix, None), "about bugs"),
        (of(Enhancement, None), "about enhancements"),
        (of(Other, None), "other"),
    ])
}

/// Returns a number of advisories.
pub(crate) fn advisory_count(number: usize) -> String {
    if number == 1 { "1 advisory".to_owned() } else { format!("{number} advisories") }
}

/// The lists as they are shown.
pub(super) fn in_order(coverage: &Coverage) -> [(List, &[Covered]); 4] {
    [
        (List::Opened, &coverage.opened),
        (List::Closed, &coverage.closed),
        (List::Remaining, &coverage.remaining),
        (List::Unsure, &coverage.unsure),
    ]
}

pub(super) fn title(list: List, advisories: &[Covered], new: &str) -> String {
    let number = advisory_count(advisories.len());
    let what = match list {
        List::Closed => "closed".to_owned(),
        List::Remaining => "still open, fixed only upstream".to_owned(),
        List::Opened => format!("open in {} only", clean(new)),
        List::Unsure => "of a module stream that is not told, open or not".to_owned(),
    };
    format!("{what}: {number} ({})", kinds(advisories))
}

/// Returns the word of a row: how grave it is, or what else it is for.
pub(super) fn word(covered: &Covered) -> &'static str {
    match (covered.kind, covered.severity) {
        (UpdateKind::Security, Some(severity)) => severity.word(),
        (UpdateKind::Security, None) => "security",
        (UpdateKind::Bugfix, _) => "bug fix",
        (UpdateKind::Enhancement, _) => "enhancement",
        (UpdateKind::Other, _) => "other",
    }
}

/// Returns the packages of an advisory: what is built together moves together, and stands once with its versions.
pub(super) fn packages(covered: &Covered) -> Vec<String> {
    let mut moves: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for Uncured { package, fixed, becomes } in &covered.packages {
        let versions = match becomes {
            Some(new) if new.evr() != fixed.as_str() => {
                format!("{} -> {} (fixed in {})", package.evr(), new.evr(), clean(fixed))
            }
            Some(new) => format!("{} -> {}", package.evr(), new.evr()),
            None => format!("{}, fixed in {}", package.evr(), clean(fixed)),
        };
        let names = moves.entry(versions).or_default();
        if names.last() != Some(&package.name()) {
            names.push(package.name());
        }
    }
    moves
        .into_iter()
        .map(|(versions, names)| {
            let shown = names[..names.len().min(NAMES)].join(", ");
            match names.len().saturating_sub(NAMES) {
                0 => format!("{shown}: {versions}"),
                more => format!("{shown} and {more} more: {versions}"),
            }
        })
        .collect()
}

/// Returns one line about an advisory, without the severity that the vendor begins some with.
pub(super) fn about(covered: &Covered) -> String {
    let title = clean(&covered.title);
    let rest = title.split_once(": ").filter(|(lead, _)| lead.eq_ignore_ascii_case(word(covered)));
    rest.map_or_else(|| title.to_string(), |(_, rest)| rest.to_owned())
}

fn safe(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(|name| clean(name).into_owned()).collect()
}

/// Writes the lists. What is not about security folds to its count unless everything is asked for.
pub(super) fn lists(page: &mut Page, indent: usize, coverage: &Coverage, new: &str) {
    for (list, advisories) in in_order(coverage) {
        if advisories.is_empty() {
            continue;
        }
        page.text(indent, indent + 2, &format!("{}:", title(list, advisories, new)));
        let security = advisories.iter().filter(|one| one.kind == UpdateKind::Security).count();
        let most = if page.shows(Detail::Full) { advisories.len() } else { security };
        let shown = page.fold(most, ROWS);
        for covered in &advisories[..shown] {
            let mark = match list {
                List::Closed => Mark::REMOVE,
                List::Opened => Mark('!', Tone::Destroy),
                List::Remaining => Mark::NONE,
                List::Unsure => Mark('?', Tone::Drift),
            };
            let line = format!("{} {}: {}", word(covered), clean(&covered.id), about(covered));
            page.item(indent + 2, mark, &line);
            if !covered.cves.is_empty() {
                page.names(indent + 8, &safe(&covered.cves), NAMES);
            }
            for packages in packages(covered) {
                page.text(indent + 8, indent + 10, &packages);
            }
        }
        page.more(indent + 4, advisories.len() - shown);
    }
}

/// Writes what came with advisories that no longer stand.
pub(super) fn flags(page: &mut Page, indent: usize, release: &str, flagged: &[Flagged]) {
    for one in flagged {
        let text = format!("{}: {}", clean(release), flag(one, &page.list(&names(one), NAMES)));
        page.item(indent, Mark('!', Tone::Drift), &text);
    }
}

fn names(flagged: &Flagged) -> Vec<String> {
    flagged.packages.iter().map(ToString::to_string).collect()
}

/// Says what became of an advisory, and what of a release it brought.
pub(super) fn flag(flagged: &Flagged, packages: &str) -> String {
    let id = clean(&flagged.id);
    match (flagged.withdrawn, &flagged.by) {
        (true, _) => format!("{id} was withdrawn by the vendor; it brought {packages}"),
        (false, Some(by)) => format!("{id} is superseded by {}; it brought {packages}", clean(by)),
        (false, None) => format!("{id} is superseded; it brought {packages}"),
    }
}

/// Writes the lists as Markdown.
pub(super) fn in_markdown(lines: &mut Vec<String>, coverage: &Coverage, new: &str) {
    for (list, advisories) in in_order(coverage) {
        if advisories.is_empty() {
            continue;
        }
        let title = markdown::escaped(&format!("Advisories {}", title(list, advisories, new)));
        let folded = advisories.len() > OPEN;
        lines.push(String::new());
        lines.push(if folded {
            format!("<details><summary>{title}</summary>")
        } else {
            format!("### {title}")
        });
        lines.push(String::new());
        markdown::head(lines, &["severity", "advisory", "about", "CVEs", "packages"], &[]);
        for covered in advisories {
            let cves: Vec<String> = covered.cves.iter().map(|cve| link(cve)).collect();
            let cells = [
                word(covered).to_owned(),
                link(&covered.id),
                markdown::escaped(&about(covered)),
                cves.join(", "),
                markdown::escaped(&packages(covered).join(", ")),
            ];
            markdown::row(lines, cells);
        }
        if folded {
            lines.extend([String::new(), "</details>".to_owned()]);
        }
    }
}

/// Returns the CVEs of critical advisories, each list with what becomes of them. An advisory that names no CVE stands for
/// itself.
pub(super) fn critical(coverage: &Coverage) -> Vec<(&'static str, Vec<Arc<str>>)> {
    let of = |(list, advisories): (List, &[Covered])| {
        let grave = advisories.iter().filter(|one| one.severity == Some(Severity::Critical));
        let names = grave.flat_map(|one| match one.cves.as_slice() {
            [] => vec![Arc::clone(&one.id)],
            cves => cves.to_vec(),
        });
        let names: BTreeSet<Arc<str>> = names.collect();
        let what = match list {
            List::Closed => "closed",
            List::Remaining => "still open, fixed only upstream",
            List::Opened => "opened",
            List::Unsure => "open or not, for want of a module stream",
        };
        (!names.is_empty()).then(|| (what, names.into_iter().collect()))
    };
    in_order(coverage).into_iter().filter_map(of).collect()
}

/// Links a name to the vendor's page about it, where it has one.
pub(super) fn link(name: &str) -> String {
    match page(name) {
        Some(page) => format!("[{}]({page})", markdown::escaped(name)),
        None => markdown::escaped(name),
    }
}

/// Returns the vendor's page about an advisory or a CVE, where it has one.
pub(super) fn page(name: &str) -> Option<String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = name.split('-');
    let (kind, year, number) = (parts.next(), parts.next(), parts.next());
    let numbered = year.is_some_and(digits) && number.is_some_and(digits);
    match kind {
        Some("CVE") if numbered && parts.next().is_none() => {
            Some(format!("https://linux.oracle.com/cve/{name}.html"))
        }
        Some("ELSA" | "ELBA" | "ELEA") if numbered && parts.next().is_none() => {
            Some(format!("https://linux.oracle.com/errata/{name}.html"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Style;

    fn covered(id: &str, kind: UpdateKind, severity: Option<Severity>, cves: &[&str]) -> Covered {
        let package = |text: &str| crate::package::Package::parse(text).unwrap();
        Covered {
            id: id.into(),
            kind,
            severity,
            title: "bash security update".into(),
            issued: None,
            cves: cves.iter().map(|cve| (*cve).into()).collect(),
            packages: vec![Uncured {
                package: package("bash-4.4-1.el8.x86_64"),
                fixed: "4.4-2.el8".to_owned(),
                becomes: Some(package("bash-4.4-3.el8.x86_64")),
            }],
        }
    }

    fn coverage() -> Coverage {
        let set = |cves: &[&str]| cves.iter().map(|cve| Arc::from(*cve)).collect();
        Coverage {
            closed: vec![
                covered(
                    "ELSA-2099-1",
                    UpdateKind::Security,
                    Some(Severity::Critical),
                    &["CVE-2099-1", "CVE-2099-2"],
                ),
                covered("ELBA-2099-2", UpdateKind::Bugfix, None, &[]),
            ],
            unsure: Vec::new(),
            remaining: vec![covered("ELSA-2099-3", UpdateKind::Security, None, &["CVE-2099-3"])],
            opened: Vec::new(),
            cves: crate::advisory::CoveredCves {
                closed: set(&["CVE-2099-1", "CVE-2099-2"]),
                remaining: set(&["CVE-2099-3"]),
                ..Default::default()
            },
        }
    }

    fn text(coverage: &Coverage, detail: Detail) -> String {
        let mut page = Page::new(Style { width: 80, colour: false, detail });
        lists(&mut page, 2, coverage, "GL2");
        page.finish()
    }

    #[test]
    fn the_verdict_counts_cves_over_the_whole_way() {
        assert_eq!(
            verdict(&coverage(), "GL1", "GL2"),
            "closes 2 of 3 CVEs open in GL1; 1 remains, fixed only upstream"
        );
        assert_eq!(verdict(&Coverage::default(), "GL1", "GL2"), "no advisory is open in GL1");
        let back = Coverage {
            opened: coverage().closed,
            cves: crate::advisory::CoveredCves { opened: coverage().cves.closed, ..Default::default() },
            ..Coverage::default()
        };
        assert_eq!(verdict(&back, "GL2", "GL1"), "no CVE is open in GL2; opens 2 CVEs in GL1");
        let bugs = Coverage {
            closed: vec![covered("ELBA-1", UpdateKind::Bugfix, None, &[])],
            ..Coverage::default()
        };
        assert_eq!(verdict(&bugs, "GL1", "GL2"), "no CVE is open in GL1; advisories: 1 closed");
    }

    #[test]
    fn lists_tell_each_advisory_with_its_cves_and_packages() {
        let shown = text(&coverage(), Detail::Default);
        assert_eq!(
            shown,
            "  closed: 2 advisories (1 critical, 1 about bugs):
    - critical ELSA-2099-1: bash security update
          CVE-2099-1, CVE-2099-2
          bash: 4.4-1.el8 -> 4.4-3.el8 (fixed in 4.4-2.el8)
      ... and 1 more (--full)
  still open, fixed only upstream: 1 advisory (1 security without a severity):
      security ELSA-2099-3: bash security update
          CVE-2099-3
          bash: 4.4-1.el8 -> 4.4-3.el8 (fixed in 4.4-2.el8)
"
        );
        assert!(text(&coverage(), Detail::Full).contains("bug fix"));
    }

    #[test]
    fn markdown_links_what_the_vendor_has_a_page_of() {
        let mut lines = Vec::new();
        in_markdown(&mut lines, &coverage(), "GL2");
        let row = "| critical | [ELSA-2099-1](https://linux.oracle.com/errata/ELSA-2099-1.html) | bash security update | \
            [CVE-2099-1](https://linux.oracle.com/cve/CVE-2099-1.html), \
            [CVE-2099-2](https://linux.oracle.com/cve/CVE-2099-2.html) | bash: 4.4-1.el8 -&gt; 4.4-3.el8 (fixed in 4.4-2.el8) |";
        assert!(lines.iter().any(|line| line == row), "{lines:#?}");
        assert_eq!(link("ELSA-1|x"), "ELSA-1&#124;x");
    }
}
