//! The groups on the page: their waves, and who of them is changed alike.

use super::super::cohorts::{self, Moved};
use super::{anchor, names};
use crate::plan::{Cohort, Plan, PlannedRollout};
use crate::render::html::Html;
use crate::render::words::{labels, reason, source_name};

/// Lines about packages of single instances on the whole page. A fleet in which everybody is different has a million.
const LINES: usize = 8_000;

pub(super) fn write(html: &mut Html, plan: &Plan) {
    let by_group = cohorts::by_group(plan);
    if by_group.is_empty() {
        return;
    }
    html.element("h2", &[("id", &"who")], "Who changes");
    let moved = Moved::of(plan);
    let mut left = LINES;
    for (name, cohorts) in by_group {
        let id = anchor("group", name.as_str());
        html.open("details", &[("id", &id), ("open", &"")]);
        html.element("summary", &[], format!("group.{name}: {}", cohorts::mix(&cohorts)));
        if let Some(rollout) = plan.group(name).and_then(|group| group.rollout.as_ref()) {
            waves(html, rollout);
        }
        for cohort in cohorts {
            one(html, plan, (cohort, &moved), &mut left);
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

fn one<'p>(html: &mut Html, plan: &Plan, (cohort, moved): (&'p Cohort, &Moved<'p>), left: &mut usize) {
    let who = labels(plan, &cohort.instances);
    html.open("p", &[]);
    html.element("b", &[], crate::render::words::count(who.len(), "instance"));
    html.text(format!(": {}, {}", cohorts::what(plan, cohort), reason(plan, &cohort.reason, cohort)));
    let own = moved.besides(cohort);
    let told = own.counted();
    if !told.is_empty() {
        html.text(format!("; packages: {told}"));
    }
    if !cohort.drops.is_empty() {
        let drops: Vec<_> = cohort.drops.iter().map(|link| source_name(plan, &link.name)).collect();
        html.text(format!("; drops off with it: {}", drops.join(", ")));
    }
    html.end("p");
    names(html, &who);
    let lines = own.len();
    if lines == 0 {
        return;
    }
    if lines > *left {
        *left = 0;
        return;
    }
    *left -= lines;
    html.open("details", &[]);
    html.element("summary", &[], "packages of their own");
    html.open("pre", &[]);
    // Line ends are the page's own; what is in a line is escaped.
    for (at, line) in own.lines().iter().enumerate() {
        if at > 0 {
            html.newline();
        }
        html.text(line);
    }
    html.end("pre");
    html.end("details");
}
