//! How two sets of packages differ, as text, Markdown and JSON. The summary line is the same in all.

mod json;
mod markdown;

pub(super) use json::DeltaRow;

use super::page::{Mark, Page, Tone};
use super::words::{clean, count};
use super::{Detail, Style};
use super::{coverage, delta};
use crate::release::{Comparison, Judgement, Origin, Side};

/// Rows of one kind shown before the list folds.
const ROWS: usize = 40;

/// How a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffFormat {
    /// For a terminal.
    Text(Style),
    /// For a pull request.
    Markdown,
    /// For programs: a versioned document.
    Json,
}

/// Lays a comparison out.
pub fn diff(comparison: &Comparison, format: DiffFormat) -> String {
    match format {
        DiffFormat::Text(style) => text(comparison, style),
        DiffFormat::Markdown => markdown::markdown(comparison),
        DiffFormat::Json => json::json(comparison),
    }
}

/// Returns what differs, in one line.
fn verdict(comparison: &Comparison) -> String {
    if comparison.is_same() {
        return format!("no difference; {} the same", count(comparison.same, "package"));
    }
    let mut parts = Vec::new();
    let packages = delta::summary(&comparison.delta);
    if !packages.is_empty() {
        parts.push(packages);
    }
    if !comparison.modules.is_empty() {
        parts.push(format!("{} changed", count(comparison.modules.len(), "module stream")));
    }
    if !comparison.keys.is_empty() {
        parts.push(format!("{} changed", count(comparison.keys.len(), "trust key")));
    }
    format!("{}; {} the same", parts.join(", "), comparison.same)
}

/// Returns what advisories say of the way, in one line.
fn judged(judgement: &Judgement, comparison: &Comparison) -> String {
    let said = coverage::verdict(&judgement.coverage, &comparison.old.label, &comparison.new.label);
    format!("Of {}: {said}", coverage::advisory_count(judgement.asked))
}

/// Returns what a side is, for whoever knows its name only.
fn side(side: &Side) -> String {
    let packages = count(side.packages, "package");
    let what = match (side.origin, side.instances) {
        (Origin::Release, _) => "release".to_owned(),
        (Origin::File, _) => "file".to_owned(),
        (Origin::Instance, _) => "instance".to_owned(),
        (Origin::Group, Some(instances)) => {
            format!("group, every version on {}", count(instances, "instance"))
        }
        (Origin::Group, None) => "group".to_owned(),
        (Origin::Source, _) => "software source".to_owned(),
    };
    let left_out = match side.left_out {
        0 => String::new(),
        several => format!(" ({several} unmanaged left out)"),
    };
    format!("{what}, {packages}{left_out}, packages' {}", side.digest)
}

fn streams(streams: &[String]) -> String {
    if streams.is_empty() { "none".to_owned() } else { streams.join(", ") }
}

fn text(comparison: &Comparison, style: Style) -> String {
    let mut page = Page::new(style);
    let Comparison { old, new, same: _, delta: packages, modules, keys, advisories } = comparison;
    let names = format!("{} -> {}", clean(&old.label), clean(&new.label));
    page.text(0, 2, &format!("{names}: {}", verdict(comparison)));
    if let Some(judgement) = advisories {
        page.text(0, 2, &judged(judgement, comparison));
    }
    if page.shows(Detail::Default) {
        page.item(2, Mark::REMOVE, &format!("{}: {}", clean(&old.label), side(old)));
        page.item(2, Mark::ADD, &format!("{}: {}", clean(&new.label), side(new)));
        for one in modules {
            page.blank();
            let (before, after) = (streams(&one.old), streams(&one.new));
            let mark = Mark('!', Tone::Destroy);
            page.item(
                2,
                mark,
                &format!("module {}: {} -> {}", clean(&one.module), clean(&before), clean(&after)),
            );
        }
        for key in keys {
            let (mark, what) =
                if key.added { (Mark::ADD, "new trust key") } else { (Mark::REMOVE, "trust key gone") };
            page.item(2, mark, &format!("{what}: {}", clean(&key.id)));
        }
        if !packages.is_empty() {
            page.blank();
            delta::lists(&mut page, 2, packages, ROWS);
        }
        if let Some(Judgement { asked: _, coverage, flagged_old, flagged_new }) = advisories {
            page.blank();
            coverage::lists(&mut page, 2, coverage, &new.label);
            coverage::flags(&mut page, 2, &old.label, flagged_old);
            coverage::flags(&mut page, 2, &new.label, flagged_new);
        }
        if !comparison.is_same() {
            page.blank();
            // The end of a long list is what is seen first.
            page.text(0, 2, &format!("{names}: {}", verdict(comparison)));
            if let Some(judgement) = advisories {
                page.text(0, 2, &judged(judgement, comparison));
            }
        }
    }
    page.finish()
}
