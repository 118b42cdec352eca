//! The charts, as SVG that takes its colours from the page's style. Every bar and line has its figures beside it in
//! words: colour repeats them.

use super::super::html::Html;
use super::super::words::time;
use super::words;
use crate::report::{Percent, Report, Summary};

/// The width of every chart, in units of the drawing.
const WIDTH: usize = 560;
/// Where bars begin, after their names.
const BARS: usize = 130;
/// How long the longest bar is; its figures stand after it.
const LONGEST: usize = 260;
/// From one bar to the next.
const STEP: usize = 26;
/// Groups that are drawn; the table has all of them.
const GROUPS: usize = 14;
/// Letters of a name that fit before a bar.
const NAME: usize = 17;

fn open(html: &mut Html, height: usize, label: &str) {
    html.open(
        "svg",
        &[("viewBox", &format!("0 0 {WIDTH} {height}")), ("role", &"img"), ("aria-label", &label)],
    );
}

fn text(html: &mut Html, x: usize, y: usize, class: &'static str, text: &str) {
    html.element("text", &[("x", &x), ("y", &y), ("class", &class)], text);
}

fn bar(html: &mut Html, x: usize, row: usize, length: usize, class: &'static str) {
    if length > 0 {
        let y = row * STEP + 4;
        html.element(
            "rect",
            &[("x", &x), ("y", &y), ("width", &length), ("height", &16), ("class", &class)],
            "",
        );
    }
}

/// Writes the name before a bar, cut where it would run into it.
fn name(html: &mut Html, row: usize, name: &str) {
    let long = name.chars().count() > NAME;
    let shown: String = name.chars().take(if long { NAME - 1 } else { NAME }).collect();
    let end = if long { "…" } else { "" };
    text(html, BARS - 8, row * STEP + 17, "name", &format!("{shown}{end}"));
}

/// Compliant, not compliant and unknown, of each group and of all.
pub(super) fn groups(html: &mut Html, report: &Report) {
    let all = ("all", &report.summary);
    let named = report.groups.iter().map(|group| (group.name.as_str(), &group.summary));
    let rows: Vec<(&str, &Summary)> = std::iter::once(all).chain(named).take(1 + GROUPS).collect();
    open(html, rows.len() * STEP + 22, "Security compliance by group");
    for (row, (label, summary)) in rows.iter().enumerate() {
        name(html, row, label);
        let share = |part: usize| part * LONGEST / summary.systems.max(1);
        let (compliant, not) = (share(summary.compliant), share(summary.not_compliant));
        bar(html, BARS, row, compliant, "yes");
        bar(html, BARS + compliant, row, not, "no");
        bar(html, BARS + compliant + not, row, share(summary.unknown), "dunno");
        let figures = format!(
            "{} of {}, {}",
            summary.compliant,
            summary.systems,
            words::percent(summary.compliant_percent)
        );
        text(html, BARS + LONGEST + 8, row * STEP + 17, "", &figures);
    }
    let row = rows.len();
    for (at, class, what) in [(0, "yes", "compliant"), (100, "no", "not"), (160, "dunno", "unknown")] {
        let (x, y) = (BARS + at, row * STEP + 6);
        html.element("rect", &[("x", &x), ("y", &y), ("width", &10), ("height", &10), ("class", &class)], "");
        text(html, x + 15, row * STEP + 16, "", what);
    }
    html.end("svg");
}

/// Open CVEs by severity.
pub(super) fn severities(html: &mut Html, report: &Report) {
    let cves = report.summary.cves;
    bars(
        html,
        "Open CVEs by severity",
        &[
            ("critical", cves.critical, "s4"),
            ("important", cves.important, "s3"),
            ("moderate", cves.moderate, "s2"),
            ("low", cves.low, "s1"),
            ("not stated", cves.not_stated, "dunno"),
        ],
    );
}

/// Outstanding updates by what they are for.
pub(super) fn updates(html: &mut Html, report: &Report) {
    let updates = report.summary.updates;
    bars(
        html,
        "Outstanding updates by kind",
        &[
            ("security", updates.security, "no"),
            ("bug", updates.bug, "s2"),
            ("enhancement", updates.enhancement, "s1"),
            ("other", updates.other, "dunno"),
        ],
    );
}

fn bars(html: &mut Html, label: &str, rows: &[(&str, usize, &'static str)]) {
    let most = rows.iter().map(|(_, number, _)| *number).max().unwrap_or_default().max(1);
    open(html, rows.len() * STEP + 4, label);
    for (row, (label, number, class)) in rows.iter().enumerate() {
        name(html, row, label);
        // Something is never drawn as nothing.
        let length = (number * LONGEST / most).max(usize::from(*number > 0) * 2);
        bar(html, BARS, row, length, class);
        text(html, BARS + length + 8, row * STEP + 17, "", &number.to_string());
    }
    html.end("svg");
}

/// Shares over time: one point a report.
pub(super) fn trend(html: &mut Html, report: &Report) {
    let (Some(first), Some(last)) = (report.trend.first(), report.trend.last()) else { return };
    if report.trend.len() < 2 || first.at == last.at {
        html.element("p", &[], "This is the first report; the trend begins with the next.");
        return;
    }
    const TOP: usize = 12;
    const HEIGHT: usize = 110;
    const LEFT: usize = 52;
    const LONG: usize = 360;
    open(html, TOP + HEIGHT + 26, "Share of instances that are compliant and at level, by report");
    for share in [0, 50, 100] {
        let y = TOP + HEIGHT - share * HEIGHT / 100;
        let end = LEFT + LONG;
        html.element("line", &[("x1", &LEFT), ("x2", &end), ("y1", &y), ("y2", &y), ("class", &"grid")], "");
        text(html, LEFT - 6, y + 4, "name", &format!("{share} %"));
    }
    text(html, LEFT, TOP + HEIGHT + 20, "", &time(first.at));
    text(html, LEFT + LONG, TOP + HEIGHT + 20, "name", &time(last.at));
    let span = (last.at.as_second() - first.at.as_second()).max(1);
    let x = |at: jiff::Timestamp| {
        let passed = (at.as_second() - first.at.as_second()).max(0);
        LEFT + usize::try_from(i128::from(passed) * LONG as i128 / i128::from(span)).unwrap_or_default()
    };
    let y = |part: usize, whole: usize| TOP + HEIGHT - part * HEIGHT / whole.max(1);
    let (compliant, level) = (y(last.compliant, last.systems), y(last.at_level, last.systems));
    // Two labels that would lie on each other are moved apart, the upper one up.
    let apart = 18usize.saturating_sub(compliant.abs_diff(level));
    let (up, down) = (apart / 2, apart - apart / 2);
    let (compliant_at, level_at) = match compliant <= level {
        true => (compliant.saturating_sub(up), level + down),
        false => (compliant + down, level.saturating_sub(up)),
    };
    for (class, what, label_at, part) in [
        (
            "line yes",
            "compliant",
            compliant_at,
            (|record| record.compliant) as fn(&crate::state::store::ReportRecord) -> usize,
        ),
        ("line level", "at level", level_at, |record| record.at_level),
    ] {
        let points: Vec<String> = report
            .trend
            .iter()
            .map(|record| format!("{},{}", x(record.at), y(part(record), record.systems)))
            .collect();
        html.element("polyline", &[("points", &points.join(" ")), ("class", &class)], "");
        let share = words::percent(Percent::of(part(last), last.systems));
        text(html, LEFT + LONG + 10, label_at + 4, "", &format!("{what} {share}"));
    }
    html.end("svg");
}
