//! The report as one HTML page that needs nothing else: style and script are in it and allowed by their digests, and
//! the page's own policy forbids whatever else it could load or send. Without scripts it is the same page, but for
//! sorting and filtering.

use super::super::words::{count, time};
use super::html::{Html, Inline};
use super::{chart, tables, words};
use crate::report::Report;

pub(in crate::render) const STYLE: Inline = Inline { tag: "style", code: include_str!("report.css") };
pub(super) const SCRIPT: Inline = Inline { tag: "script", code: include_str!("report.js") };

pub(super) fn page(reports: &[Report]) -> String {
    let mut html = Html::default();
    let names: Vec<&str> = reports.iter().map(|report| report.train.as_str()).collect();
    begin(&mut html, &format!("Compliance report: {}", names.join(", ")), &[STYLE, SCRIPT]);
    html.open("body", &[]);
    html.open("main", &[]);
    for report in reports {
        train(&mut html, report);
    }
    html.end("main");
    html.inline(SCRIPT);
    html.end("body");
    html.end("html");
    html.finish()
}

/// Begins a page that loads nothing, up to its body: what is in it of style and script is allowed by digest, and nothing else.
pub(in crate::render) fn begin(html: &mut Html, title: &str, inlines: &[Inline]) {
    let mut policy = "default-src 'none'".to_owned();
    for inline in inlines {
        policy.extend(["; ", inline.tag, "-src ", &inline.source()]);
    }
    policy.push_str("; base-uri 'none'; form-action 'none'");
    html.open("html", &[("lang", &"en")]);
    html.open("head", &[]);
    html.open("meta", &[("charset", &"utf-8")]);
    html.open("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    html.open("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    html.open("meta", &[("name", &"color-scheme"), ("content", &"light dark")]);
    html.open("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    html.element("title", &[], title);
    // Scripts stand at the end of the body, where all they work on is there.
    for style in inlines.iter().filter(|inline| inline.tag == "style") {
        html.inline(*style);
    }
    html.end("head");
}

fn train(html: &mut Html, report: &Report) {
    html.open("section", &[("class", &"train"), ("data-train", &report.train)]);
    header(html, report);
    figures(html, report);
    charts(html, report);
    html.element("h2", &[], "Summary");
    tables::groups(html, report);
    if !report.limits.is_empty() {
        html.open("aside", &[("class", &"limits")]);
        html.element("h2", &[], "What these figures do not say");
        html.open("ul", &[]);
        for limit in &report.limits {
            html.element("li", &[], words::limit(*limit));
        }
        html.end("ul");
        html.end("aside");
    }
    html.element("h2", &[], "Instances");
    tables::instances(html, report);
    html.element("h2", &[], "Open CVEs");
    match report.cves.is_empty() {
        true => html.element("p", &[], "No outstanding update names a CVE."),
        false => tables::cves(html, report),
    }
    html.element("h2", &[], "Reports so far");
    tables::trend(html, report);
    html.end("section");
}

fn header(html: &mut Html, report: &Report) {
    html.open("header", &[]);
    html.open("h1", &[]);
    html.text(format!("Compliance of {}", report.train));
    if report.service.simulator {
        html.text(" ");
        html.element("span", &[("class", &"badge")], "SIMULATOR");
    }
    html.end("h1");
    html.element("p", &[("class", &"verdict")], words::verdict(report));
    let facts = format!(
        "As of {}, asked of {} ({}), state serial {}, patchtrain {}.",
        time(report.at),
        report.service.place,
        report.service.api,
        report.serial,
        report.tool
    );
    html.element("p", &[("class", &"facts")], facts);
    html.end("header");
}

/// The figures that a reader wants first.
fn figures(html: &mut Html, report: &Report) {
    let summary = &report.summary;
    let of_all = format!("of {}", count(summary.systems, "instance"));
    let worst = match (summary.cves.total(), summary.cves.worst()) {
        (0, _) => "none".to_owned(),
        (_, None) => "severity not stated".to_owned(),
        (_, Some(worst)) => format!("worst: {}", words::severity(Some(worst))),
    };
    let compliance = format!(
        "{} compliant, {} not, {} unknown",
        summary.compliant, summary.not_compliant, summary.unknown
    );
    html.open("ul", &[("class", &"figures")]);
    for (what, figure, note) in [
        ("security compliant", words::percent(summary.compliant_percent), compliance),
        (
            "at their release's level",
            words::percent(summary.at_level_percent),
            format!("{} {of_all}", summary.at_level),
        ),
        ("open CVEs", summary.cves.total().to_string(), worst),
        ("to be rebooted", summary.reboot.to_string(), of_all.clone()),
        ("not checking in", summary.unreachable.to_string(), of_all),
    ] {
        html.open("li", &[]);
        html.element("b", &[], figure);
        html.element("span", &[], what);
        html.element("small", &[], note);
        html.end("li");
    }
    html.end("ul");
}

fn charts(html: &mut Html, report: &Report) {
    html.open("div", &[("class", &"charts")]);
    let mut figure = |caption: &str, draw: &dyn Fn(&mut Html, &Report)| {
        html.open("figure", &[]);
        html.element("figcaption", &[], caption);
        draw(html, report);
        html.end("figure");
    };
    figure("Security compliance by group", &chart::groups);
    figure("Open CVEs by severity", &chart::severities);
    figure("Outstanding updates, summed over instances", &chart::updates);
    figure("Trend", &chart::trend);
    html.end("div");
}
