//! The releases of trains in time, as text, Markdown and JSON.

use serde::Serialize;

use super::super::markdown::{escaped, head, row};
use super::super::page::{Mark, Page, Tone};
use super::super::words::{clean, count, time};
use super::super::{Detail, Style, coverage, delta, encoded};
use crate::advisory::Flagged;
use crate::package::{Delta, DeltaKind};
use crate::release::{Milestone, Rider, Timeline};

/// How a timeline is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineFormat {
    /// For a terminal.
    Text(Style),
    /// For pull requests.
    Markdown,
    /// For programs: a versioned document.
    Json,
}

/// Lays the releases of trains out, oldest first.
pub fn timeline(timelines: &[Timeline], format: TimelineFormat) -> String {
    match format {
        TimelineFormat::Text(style) => text(timelines, style),
        TimelineFormat::Markdown => markdown(timelines),
        TimelineFormat::Json => json(timelines),
    }
}

fn text(timelines: &[Timeline], style: Style) -> String {
    let mut page = Page::new(style);
    for Timeline { train, serial, releases } in timelines {
        page.blank();
        let applied = match serial {
            Some(serial) => format!("state serial {serial}"),
            None => "never applied".to_owned(),
        };
        let name = page.paint(Tone::Bold, &format!("Train {train}"));
        page.flow(&[name, count(releases.len(), "release"), applied]);
        for release in releases {
            page.blank();
            milestone(&mut page, release);
        }
    }
    page.finish()
}

/// Writes a release: a line of facts, then what came with it, who rides it, and what flags it.
pub(super) fn milestone(page: &mut Page, release: &Milestone) {
    let mut facts = vec![page.paint(Tone::Bold, release.name.as_str())];
    facts.extend(self::facts(release));
    page.flow(&facts);
    if let Some(change) = &release.change {
        page.item(2, Mark::CHANGE, &changed(change));
    }
    for rider in &release.riders {
        let mark = if rider.bound { Mark::HELD } else { Mark::DRIFT };
        page.item(2, mark, &format!("{}: {}", rider.group, riding(rider)));
    }
    if page.shows(Detail::Default) {
        coverage::flags(page, 2, release.name.as_str(), &release.flags);
    } else if !release.flags.is_empty() {
        page.item(2, Mark::DRIFT, &format!("flagged by {}", advisories(release.flags.len())));
    }
}

fn advisories(number: usize) -> String {
    if number == 1 { "1 advisory".to_owned() } else { format!("{number} advisories") }
}

fn facts(release: &Milestone) -> Vec<String> {
    let mut facts = vec![count(release.packages, "package"), format!("sha256:{}", release.digest.short())];
    facts.push(match release.frozen_at {
        Some(at) => format!("frozen {}", time(at)),
        None => "frozen at a time not told".to_owned(),
    });
    match &release.source {
        Some(source) => facts.push(match source.proven {
            Some(at) => format!("source proven {}", time(at)),
            None => format!("source made {}, not proven yet", time(source.since)),
        }),
        None if release.retired => {}
        None => facts.push("no source yet".to_owned()),
    }
    if release.retired {
        facts.push("retired".to_owned());
    }
    facts
}

/// Returns how a release differs from the one before it.
fn changed(change: &Delta) -> String {
    let summary = delta::summary(change);
    if summary.is_empty() { "the same packages as before".to_owned() } else { summary }
}

/// Returns since when a group rides a release, and how far it is.
fn riding(rider: &Rider) -> String {
    let Rider { group: _, bound, since, instances, at_level, level_since } = rider;
    let mut parts = Vec::new();
    match (bound, since) {
        (true, Some(since)) => parts.push(format!("since {}", time(*since))),
        (false, Some(since)) => parts.push(format!("since {}, bound to another release now", time(*since))),
        (true, None) => parts.push("bound, not applied yet".to_owned()),
        (false, None) => parts.push("bound to another release".to_owned()),
    }
    if *instances > 0 {
        parts.push(format!("{at_level} of {} at level", count(*instances, "instance")));
    }
    if let Some(since) = level_since {
        parts.push(format!("all since {}", time(*since)));
    }
    parts.join(", ")
}

fn markdown(timelines: &[Timeline]) -> String {
    let mut lines = Vec::new();
    for Timeline { train, serial: _, releases } in timelines {
        lines.extend([format!("## Releases of {}", escaped(train.as_str())), String::new()]);
        head(&mut lines, &["release", "frozen", "digest", "since the one before", "rides it"], &["packages"]);
        for release in releases {
            let riders: Vec<String> =
                release.riders.iter().map(|rider| format!("{}: {}", rider.group, riding(rider))).collect();
            let retired = if release.retired { " (retired)" } else { "" };
            let texts = [
                format!("{}{retired}", release.name),
                release.frozen_at.map(time).unwrap_or_default(),
                release.digest.short(),
                release.change.as_ref().map(changed).unwrap_or_default(),
                riders.join("; "),
                release.packages.to_string(),
            ];
            row(&mut lines, texts.map(|text| escaped(&text)));
        }
        lines.push(String::new());
        for release in releases {
            for flag in &release.flags {
                let packages: Vec<&str> = flag.packages.iter().map(|package| package.as_str()).collect();
                let text = coverage::flag(flag, &packages.join(", "));
                lines.push(format!("- {}: {}", escaped(release.name.as_str()), escaped(&text)));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The version of the document: its first number changes when something that was there means something else or is gone.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    trains: Vec<Train<'a>>,
}

#[derive(Serialize)]
struct Train<'a> {
    train: &'a str,
    serial: Option<u64>,
    releases: Vec<Release<'a>>,
}

#[derive(Serialize)]
struct Release<'a> {
    name: &'a str,
    packages: usize,
    digest: String,
    frozen_at: Option<jiff::Timestamp>,
    retired: bool,
    change: Option<std::collections::BTreeMap<&'static str, usize>>,
    source: Option<Source<'a>>,
    riders: Vec<Rides<'a>>,
    flags: &'a [Flagged],
}

#[derive(Serialize)]
struct Source<'a> {
    id: &'a str,
    since: jiff::Timestamp,
    proven: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct Rides<'a> {
    group: &'a str,
    bound: bool,
    since: Option<jiff::Timestamp>,
    instances: usize,
    at_level: usize,
    level_since: Option<jiff::Timestamp>,
}

fn json(timelines: &[Timeline]) -> String {
    let trains = timelines.iter().map(|timeline| Train {
        train: timeline.train.as_str(),
        serial: timeline.serial,
        releases: timeline.releases.iter().map(document).collect(),
    });
    encoded::document(&Document { format_version: FORMAT_VERSION, trains: trains.collect() })
}

fn document(release: &Milestone) -> Release<'_> {
    let Milestone { name, packages, digest, frozen_at, retired, change, source, riders, flags } = release;
    let counted =
        |change: &Delta| DeltaKind::ALL.iter().map(|kind| (kind.word(), change.count(*kind))).collect();
    Release {
        name: name.as_str(),
        packages: *packages,
        digest: digest.to_string(),
        frozen_at: *frozen_at,
        retired: *retired,
        change: change.as_ref().map(counted),
        source: source.as_ref().map(|source| Source {
            id: source.id.as_str(),
            since: source.since,
            proven: source.proven,
        }),
        riders: riders
            .iter()
            .map(|rider| Rides {
                group: rider.group.as_str(),
                bound: rider.bound,
                since: rider.since,
                instances: rider.instances,
                at_level: rider.at_level,
                level_since: rider.level_since,
            })
            .collect(),
        flags,
    }
}

/// Returns a text of the manifest's header as it may be shown.
pub(super) fn shown(text: &str) -> String {
    clean(text).into_owned()
}
