//! The groups on the page: their waves, and who of them is changed alike.

use super::super::cohorts;
use super::{anchor, names};
use crate::plan::{Cohort, Plan, PlannedRollout};
use crate::render::html::Html;
use crate::render::packages::{self, Row};
use crate::render::page::Mark;
use crate::render::words::{labels, reason, source_name};

/// Lines about packages of single instances on the whole page. A fleet in which everybody is different has a million.
const LINES: usize = 8_000;

pub(super) fn write(html: &mut Html, plan: &Plan) {
    let by_group = cohorts::by_group(plan);
    if by_group.is_empty() {
        return;
    }
    html.element("h2", &[("id", &"who")], "Who changes");
    let mut left = LINES;
    for (name, cohorts) in by_group {
        let id = anchor("group", name.as_str());
        html.open("details", &[("id", &id), ("open", &"")]);
        html.element("summary", &[], format!("group.{name}: {}", cohorts::mix(&cohorts)));
        if let Some(rollout) = plan.group(name).and_then(|group| group.rollout.as_ref()) {
            waves(html, rollout);
        }
        for cohort in cohorts {
            one(html, plan, cohort, &mut left);
        }
        html.end("details");
    }
    if left == 0 {
        let told = "The packages of further instances are not on this page: `patchtrain show FILE --full` tells them.";
        html.element("p", &[("class", &"more")], told);
    }
}

fn waves(html: &mut Html, rollout: &PlannedRollout) {
    if rollout.waves.len() < 2 {
        return;
    }
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("aria-label", &"Waves")]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    for name in ["wave", "members", "at level", "move", "at a time", "may fail", "gate"] {
        html.element("th", &[("scope", &"col"), ("class", &"n")], name);
    }
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
    for (at, wave) in rollout.waves.iter().enumerate() {
        let number =
            |number: Option<usize>| number.map_or_else(|| "any".to_owned(), |number| number.to_string());
        html.open("tr", &[]);
        for cell in [
            (at + 1).to_string(),
            wave.members.to_string(),
            wave.at_level.to_string(),
            wave.moving.to_string(),
            number(wave.concurrency),
            number(wave.allowed),
            if wave.gated { "shut now" } else { "open" }.to_owned(),
        ] {
            html.element("td", &[("class", &"n")], cell);
        }
        html.end("tr");
    }
    html.close("tbody");
    html.close("table");
    html.end("div");
}

fn one(html: &mut Html, plan: &Plan, cohort: &Cohort, left: &mut usize) {
    let who = labels(plan, &cohort.instances);
    html.open("p", &[]);
    html.element("b", &[], crate::render::words::count(who.len(), "instance"));
    html.text(format!(": {}, {}", cohorts::what(plan, cohort), reason(plan, &cohort.reason, cohort)));
    let (common, own) = cohorts::besides(plan, cohort);
    if common > 0 {
        html.text(format!("; {common} packages behind as the releases differ"));
    }
    if !cohort.drops.is_empty() {
        let drops: Vec<_> = cohort.drops.iter().map(|link| source_name(plan, &link.name)).collect();
        html.text(format!("; drops off with it: {}", drops.join(", ")));
    }
    html.end("p");
    names(html, &who);
    let verdict = &cohort.verdict;
    let mut rows: Vec<Row> = own.into_iter().map(Row::of_lag).collect();
    rows.extend(verdict.ahead.iter().map(Row::of_ahead));
    rows.extend(verdict.extra.iter().map(|package| Row::one(Mark::MORE, *package)));
    rows.extend(verdict.missing.iter().map(|package| Row::one(Mark::LESS, *package)));
    if rows.is_empty() {
        return;
    }
    if rows.len() > *left {
        *left = 0;
        return;
    }
    *left -= rows.len();
    html.open("details", &[]);
    let parts = [
        (verdict.behind.len() - common, "behind besides"),
        (verdict.ahead.len(), "newer and left so"),
        (verdict.extra.len(), "not in the release"),
        (verdict.missing.len(), "of the release not installed"),
    ];
    html.element("summary", &[], format!("packages: {}", crate::render::words::counts(&parts)));
    html.open("pre", &[]);
    // Line ends are the page's own; what is in a line is escaped.
    for (at, line) in packages::diff(&rows, "->").iter().enumerate() {
        if at > 0 {
            html.newline();
        }
        html.text(line);
    }
    html.end("pre");
    html.end("details");
}
