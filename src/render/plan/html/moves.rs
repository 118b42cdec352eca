//! The moves between releases on the page: their packages, to be searched, and the advisories.

use crate::advisory::Coverage;
use crate::name::GroupName;
use crate::package::{DeltaEntry, DeltaKind};
use crate::plan::{Plan, ReleaseMove};
use crate::render::html::{Column, Html, Sort, begin, end};
use crate::render::packages;
use crate::render::words::count;
use crate::render::{coverage, delta};

pub(super) fn write(html: &mut Html, plan: &Plan) {
    if plan.moves.is_empty() {
        return;
    }
    html.element("h2", &[("id", &"releases")], "Releases");
    for release_move in &plan.moves {
        one(html, release_move);
    }
}

fn one(html: &mut Html, release_move: &ReleaseMove) {
    let ReleaseMove { from, to, delta: changed, groups, instances, coverage } = release_move;
    let groups: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    let title = format!("{from} → {to} for {} of {}", count(*instances, "instance"), groups.join(", "));
    html.element("h3", &[("id", &super::anchor("move", &format!("{from}-{to}")))], title);
    let summed = delta::summary(changed);
    html.element("p", &[], if summed.is_empty() { "The releases hold the same packages." } else { &summed });
    if let Some(coverage) = coverage {
        html.element("p", &[], coverage::verdict(coverage, from.as_str(), to.as_str()));
        critical(html, coverage);
    }
    if !changed.entries.is_empty() {
        const COLUMNS: [Column; 4] = [
            Column("what", Sort::Text, true),
            Column("package", Sort::Text, false),
            Column("old", Sort::Text, false),
            Column("new", Sort::Text, false),
        ];
        begin(html, "packages", "packages", &COLUMNS);
        for kind in DeltaKind::ALL {
            for entry in changed.entries.iter().filter(|entry| entry.kind == kind) {
                package(html, entry);
            }
        }
        end(html);
    }
    if let Some(coverage) = coverage {
        advisories(html, coverage, to.as_str());
    }
}

fn package(html: &mut Html, entry: &DeltaEntry) {
    let Some(key) = entry.key() else { return };
    let renamed = entry.kind == DeltaKind::Renamed;
    let old = entry.old.iter().map(|package| if renamed { package.as_str() } else { package.evr() });
    let old: Vec<&str> = old.collect();
    let new: Vec<&str> = entry.new.iter().map(|package| package.evr()).collect();
    html.open("tr", &[]);
    let what = match entry.kind {
        DeltaKind::StreamChanged => "of another stream",
        DeltaKind::SetChanged => "several versions",
        plain => plain.word(),
    };
    for cell in [what, &packages::name(key), &old.join(", "), &new.join(", ")] {
        html.element("td", &[], cell);
    }
    html.end("tr");
}

fn linked(html: &mut Html, name: &str) {
    match coverage::page(name) {
        Some(page) => html.link(&page, name),
        None => html.text(name),
    }
}

fn critical(html: &mut Html, coverage: &Coverage) {
    for (what, names) in coverage::critical(coverage) {
        html.open("p", &[("class", &"critical")]);
        html.element("b", &[], format!("Critical, {what} ({}): ", names.len()));
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                html.text(", ");
            }
            linked(html, name);
        }
        html.end("p");
    }
}

fn advisories(html: &mut Html, coverage: &Coverage, new: &str) {
    const COLUMNS: [Column; 5] = [
        Column("severity", Sort::Key, true),
        Column("advisory", Sort::Text, false),
        Column("about", Sort::Text, false),
        Column("CVEs", Sort::Text, false),
        Column("packages", Sort::Text, false),
    ];
    for (list, all) in coverage::in_order(coverage) {
        if all.is_empty() {
            continue;
        }
        html.element("h3", &[], format!("Advisories {}", coverage::title(list, all, new)));
        begin(html, "advisories", "advisories", &COLUMNS);
        for covered in all {
            html.open("tr", &[]);
            let rank = covered.severity.map_or(0, |severity| severity as u8 + 1);
            html.element("td", &[("data-k", &rank)], coverage::word(covered));
            html.open("td", &[]);
            linked(html, &covered.id);
            html.close("td");
            html.element("td", &[], coverage::about(covered));
            html.open("td", &[]);
            for (at, cve) in covered.cves.iter().enumerate() {
                if at > 0 {
                    html.text(", ");
                }
                linked(html, cve);
            }
            html.close("td");
            html.element("td", &[], coverage::packages(covered).join(", "));
            html.end("tr");
        }
        end(html);
    }
}
