//! The plan as one HTML page that needs nothing else: what a reviewer opens from a pull request. Without scripts it is the
//! same page, but for sorting and filtering.

mod groups;
mod lists;
mod moves;

use std::collections::BTreeSet;

use super::losses::losses;
use super::summary::{GROUPS, RELEASES, Row, group_rows, release_rows};
use super::warnings::{Gravity, warnings};
use super::{policy, summary, verdict};
use crate::plan::{Check, CheckOutcome, Plan};
use crate::render::graph::{Graph, svg};
use crate::render::html::{Html, Inline, TABLES, document};
use crate::render::table::Side;
use crate::render::words::{count, time};

const STYLE: Inline =
    Inline { tag: "style", code: concat!(include_str!("../html/base.css"), include_str!("html/plan.css")) };

/// Writes the page.
pub(super) fn page(plan: &Plan) -> String {
    let title = format!("Plan of {}: {}", plan.basis.train, verdict(plan));
    document(&title, STYLE, Some(TABLES), |html| {
        html.open("section", &[("data-train", &plan.basis.train)]);
        header(html, plan);
        figures(html, plan);
        warned(html, plan);
        lost(html, plan);
        html.element("h2", &[("id", &"groups")], "Groups");
        table(html, ("Groups", &moving(plan)), &GROUPS, &group_rows(plan));
        let sources = release_rows(plan);
        if !sources.is_empty() {
            html.element("h2", &[], "Sources of releases");
            table(html, ("Sources of releases", &BTreeSet::new()), &RELEASES, &sources);
        }
        rules(html, plan);
        moves::write(html, plan);
        groups::write(html, plan);
        drawn(html, plan);
        lists::write(html, plan);
        footer(html, plan);
        html.end("section");
    })
}

/// Returns a name under which part of the page can be linked to. What cannot stand in one is replaced.
fn anchor(kind: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    format!("{kind}.{}", name.chars().map(plain).collect::<String>())
}

fn header(html: &mut Html, plan: &Plan) {
    html.open("header", &[]);
    html.open("h1", &[]);
    html.text(format!("Plan of {}", plan.basis.train));
    if plan.service.simulator {
        html.text(" ");
        html.element("span", &[("class", &"badge")], "SIMULATOR");
    }
    html.end("h1");
    html.element("p", &[("class", &"verdict")], verdict(plan));
    let short: String = plan.id.0.chars().take(12).collect();
    let facts = format!(
        "Plan {short}, made {} on state serial {} of lineage {}, for {} ({}), by patchtrain {}. It is stale once that state \
         or the train file has changed.",
        time(plan.created),
        plan.basis.serial,
        plan.basis.lineage.0,
        plan.service.place,
        plan.service.api,
        plan.tool
    );
    html.element("p", &[("class", &"facts")], facts);
    html.open("nav", &[]);
    let parts = [
        (true, "#groups", "Groups"),
        (plan.policy.is_some(), "#policy", "Policy"),
        (!plan.moves.is_empty(), "#releases", "Releases"),
        (!plan.cohorts.is_empty(), "#who", "Who changes"),
        (!plan.steps.is_empty(), "#steps", "Steps"),
        (!plan.changes.is_empty(), "#changes", "Changes"),
        (!plan.held.is_empty(), "#held", "Held"),
        (!plan.drift.is_empty(), "#drift", "Drift"),
    ];
    for (_, address, text) in parts.into_iter().filter(|(there, _, _)| *there) {
        html.link(address, text);
    }
    html.end("nav");
    html.end("header");
}

/// The figures that a reader wants first.
fn figures(html: &mut Html, plan: &Plan) {
    let figures = plan.figures();
    html.open("ul", &[("class", &"figures")]);
    let imported = if figures.import > 0 { format!("{} imported", figures.import) } else { String::new() };
    for (number, what, note) in [
        (figures.add, "to add", imported),
        (figures.change, "to change", format!("{} of them instances", figures.instances)),
        (figures.destroy, "to destroy", format!("{} instances leave their group", figures.leaves)),
        (figures.held, "held", format!("{} ahead of their release", figures.ahead)),
        (figures.drifted, "drifted", "by somebody else".to_owned()),
        (
            figures.packages,
            "packages differ",
            format!("{} CVEs closed, {} opened", figures.closed, figures.opened),
        ),
        (figures.steps, "steps", format!("{} work requests", figures.work_requests)),
    ] {
        html.open("li", &[]);
        html.element("b", &[], number);
        html.element("span", &[], what);
        html.element("small", &[], note);
        html.end("li");
    }
    html.end("ul");
}

fn warned(html: &mut Html, plan: &Plan) {
    let warnings = warnings(plan);
    for (gravity, class, title) in
        [(Gravity::Caution, "caution", "Caution"), (Gravity::Warning, "limits", "Warnings")]
    {
        let of: Vec<&String> =
            warnings.iter().filter(|(of, _)| *of == gravity).map(|(_, text)| text).collect();
        if of.is_empty() {
            continue;
        }
        html.open("aside", &[("class", &class)]);
        html.element("h2", &[], title);
        html.open("ul", &[]);
        for text in of {
            html.element("li", &[], text);
        }
        html.end("ul");
        html.end("aside");
    }
}

fn lost(html: &mut Html, plan: &Plan) {
    let losses = losses(plan);
    if losses.is_empty() {
        return;
    }
    html.element("h2", &[("id", &"losses")], format!("Destroyed, removed, set back ({})", losses.len()));
    html.open("ul", &[]);
    for loss in losses {
        html.open("li", &[]);
        html.element("span", &[("class", &"mark")], loss.mark.0);
        html.text(format!(" {}", loss.what));
        names(html, &loss.of);
        html.end("li");
    }
    html.end("ul");
}

/// Names that are few stand there; many unfold.
fn names(html: &mut Html, names: &[String]) {
    const FEW: usize = 24;
    match names.len() {
        0 => {}
        1..=FEW => html.element("div", &[("class", &"names")], names.join(", ")),
        many => {
            html.open("details", &[]);
            html.element("summary", &[], format!("{many} of them"));
            html.element("div", &[("class", &"names")], names.join(", "));
            html.end("details");
        }
    }
}

/// Returns the groups of which somebody changes, and that have a place on the page for it.
fn moving(plan: &Plan) -> BTreeSet<&str> {
    plan.cohorts.iter().map(|cohort| cohort.group.as_str()).collect()
}

/// Writes a table without the columns that are empty. The names of the first column that are known lead to their groups.
fn table(
    html: &mut Html,
    (label, known): (&str, &BTreeSet<&str>),
    columns: &[(&'static str, Side)],
    rows: &[Row],
) {
    let used: Vec<usize> =
        (0..columns.len()).filter(|column| rows.iter().any(|row| !row.cells[*column].is_empty())).collect();
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("aria-label", &label)]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    html.element("th", &[], "");
    for column in &used {
        let (name, side) = columns[*column];
        let class = if side == Side::Right { "n" } else { "" };
        html.element("th", &[("scope", &"col"), ("class", &class)], name);
    }
    html.element("th", &[("scope", &"col")], "facts");
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
    for row in rows {
        html.open("tr", &[]);
        html.element("td", &[("class", &"mark")], row.mark.0);
        for column in &used {
            let cell = &row.cells[*column];
            match columns[*column].1 {
                Side::Left if *column == 0 && known.contains(cell.as_str()) => {
                    html.open("td", &[]);
                    html.link(&format!("#{}", anchor("group", cell)), cell);
                    html.close("td");
                }
                Side::Left => html.element("td", &[], cell),
                Side::Right => html.element("td", &[("class", &"n")], cell),
            }
        }
        html.open("td", &[]);
        for (at, fact) in row.below.iter().enumerate() {
            if at > 0 {
                html.open("br", &[]);
            }
            html.text(fact);
        }
        html.close("td");
        html.end("tr");
    }
    html.close("tbody");
    html.close("table");
    html.end("div");
}

fn rules(html: &mut Html, plan: &Plan) {
    let Some(review) = &plan.policy else { return };
    html.element("h2", &[("id", &"policy")], format!("Policy: {}", policy::verdict(review)));
    if !review.checks.is_empty() {
        html.open("div", &[("class", &"scroll")]);
        html.open("table", &[("class", &"policy"), ("aria-label", &"Policy")]);
        html.open("thead", &[]);
        html.open("tr", &[]);
        for name in ["outcome", "rule", "asked for", "found"] {
            html.element("th", &[("scope", &"col")], name);
        }
        html.end("tr");
        html.end("thead");
        html.open("tbody", &[]);
        for Check { rule, outcome, limit, found, details } in &review.checks {
            let class = match outcome {
                CheckOutcome::Pass => "pass",
                CheckOutcome::Warn => "warn",
                CheckOutcome::Fail => "fail",
            };
            html.open("tr", &[]);
            html.element("td", &[("class", &class)], policy::word(*outcome));
            html.element("td", &[], rule);
            html.element("td", &[], limit);
            html.open("td", &[]);
            html.text(found);
            names(html, details);
            html.close("td");
            html.end("tr");
        }
        html.close("tbody");
        html.close("table");
        html.end("div");
    }
    if let Some(approvals) = &review.approvals {
        html.element("p", &[("class", &"approvals")], policy::needed(approvals));
    }
    if let Some(unrecorded) = policy::unrecorded(review) {
        html.element("p", &[], unrecorded);
    }
    if !review.changed.is_empty() {
        html.open("ul", &[]);
        for change in &review.changed {
            html.element("li", &[], policy::changed(change));
        }
        html.end("ul");
    }
}

/// Draws the step graph.
fn drawn(html: &mut Html, plan: &Plan) {
    if plan.steps.is_empty() {
        return;
    }
    html.element("h2", &[("id", &"steps")], "Steps");
    if let Some(takes) = summary::takes(plan) {
        html.element("p", &[], format!("Takes {takes}."));
    }
    let legend = "What one group or wave does in one phase is one box; a round one reads back, a broken frame is a gate.";
    html.element("p", &[("class", &"facts")], legend);
    let known = moving(plan);
    let link = |group: &str| known.contains(group).then(|| format!("#{}", anchor("group", group)));
    svg::draw(html, Graph::collapsed(plan), &link);
}

fn footer(html: &mut Html, plan: &Plan) {
    let left = plan.partial.as_ref().map_or(0, |partial| partial.left_out.len());
    let part = if left > 0 { format!(" {} left out of it.", count(left, "address")) } else { String::new() };
    html.element("p", &[("class", &"facts")], format!("{}{part}", verdict(plan)));
}
