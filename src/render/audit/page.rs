//! The audit as one HTML page that loads nothing and runs nothing, made of the same pieces as the compliance report.

use super::super::html::{Html, document};
use super::super::report::page::STYLE;
use super::super::table::Side;
use super::sections::{Columns, Section, sections, title};
use crate::report::audit::Audit;

pub(super) fn page(audits: &[Audit]) -> String {
    let names: Vec<&str> = audits.iter().map(|audit| audit.train.as_str()).collect();
    document(&format!("Audit: {}", names.join(", ")), STYLE, None, |html| {
        for audit in audits {
            one(html, audit);
        }
    })
}

fn one(html: &mut Html, audit: &Audit) {
    html.open("section", &[("class", &"train"), ("data-train", &audit.train)]);
    html.open("header", &[]);
    html.element("h1", &[], title(audit));
    let mut sections = sections(audit).into_iter();
    for (index, sentence) in sections.next().map(|first| first.said).unwrap_or_default().iter().enumerate() {
        html.element("p", &[("class", if index == 0 { &"verdict" } else { &"facts" })], sentence);
    }
    html.end("header");
    for part in sections {
        section(html, &part);
    }
    html.end("section");
}

fn section(html: &mut Html, section: &Section) {
    if section.warns {
        html.open("aside", &[("class", &"limits")]);
    }
    html.element("h2", &[], section.title);
    for sentence in &section.said {
        html.element("p", &[], sentence);
    }
    if !section.listed.is_empty() {
        html.open("ul", &[]);
        for item in &section.listed {
            html.element("li", &[], item);
        }
        html.end("ul");
    }
    if let Some(columns) = &section.table {
        table(html, section.title, columns);
    }
    if section.warns {
        html.end("aside");
    }
}

fn table(html: &mut Html, label: &str, columns: &Columns) {
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("aria-label", &label)]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    for (name, side) in &columns.head {
        html.element("th", &[("scope", &"col"), ("class", class(*side))], name);
    }
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
    for cells in &columns.rows {
        html.open("tr", &[]);
        for (cell, (_, side)) in cells.iter().zip(&columns.head) {
            html.element("td", &[("class", class(*side))], cell);
        }
        html.end("tr");
    }
    html.end("tbody");
    html.close("table");
    html.end("div");
}

fn class(side: Side) -> &'static &'static str {
    if side == Side::Right { &"n" } else { &"" }
}
