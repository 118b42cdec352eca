//! The comparison as Markdown, for a pull request: the verdict first, then a list that folds for each kind.

use super::super::coverage;
use super::super::delta;
use super::super::markdown::{escaped, head, row};
use super::super::packages::name;
use super::{judged, side, streams, verdict};
use crate::package::{DeltaEntry, DeltaKind};
use crate::release::{Comparison, Judgement};

/// So many rows stand open; more are folded behind a summary.
const OPEN: usize = 15;

pub(super) fn markdown(comparison: &Comparison) -> String {
    let Comparison { old, new, same: _, delta: packages, modules, keys, advisories } = comparison;
    let mut lines = vec![
        format!("## {} → {}", escaped(&old.label), escaped(&new.label)),
        String::new(),
        format!("**{}**", escaped(&verdict(comparison))),
    ];
    if let Some(judgement) = advisories {
        lines.extend([String::new(), format!("**{}**", escaped(&judged(judgement, comparison)))]);
    }
    lines.extend([
        String::new(),
        format!("- {}: {}", escaped(&old.label), escaped(&side(old))),
        format!("- {}: {}", escaped(&new.label), escaped(&side(new))),
    ]);
    for one in modules {
        let (before, after) = (escaped(&streams(&one.old)), escaped(&streams(&one.new)));
        lines.push(format!("- module {}: {before} → {after}", escaped(&one.module)));
    }
    for key in keys {
        let what = if key.added { "new trust key" } else { "trust key gone" };
        lines.push(format!("- {what}: {}", escaped(&key.id)));
    }
    for kind in DeltaKind::ALL {
        let entries: Vec<&DeltaEntry> = packages.entries.iter().filter(|entry| entry.kind == kind).collect();
        if !entries.is_empty() {
            list(&mut lines, kind, &entries);
        }
    }
    if let Some(Judgement { asked: _, coverage, flagged_old, flagged_new }) = advisories {
        coverage::in_markdown(&mut lines, coverage, &new.label);
        for (label, flagged) in [(&old.label, flagged_old), (&new.label, flagged_new)] {
            for one in flagged {
                let packages: Vec<String> = one.packages.iter().map(ToString::to_string).collect();
                let said = coverage::flag(one, &packages.join(", "));
                lines.push(format!("- {}: {}", escaped(label), escaped(&said)));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn list(lines: &mut Vec<String>, kind: DeltaKind, entries: &[&DeltaEntry]) {
    let folded = entries.len() > OPEN;
    let title = format!("{} {}", entries.len(), delta::title(kind));
    lines.push(String::new());
    if folded {
        lines.push(format!("<details><summary>{}</summary>", escaped(&title)));
    } else {
        lines.push(format!("### {}", escaped(&title)));
    }
    lines.push(String::new());
    head(lines, &["package", "old", "new"], &[]);
    for entry in entries {
        let Some(key) = entry.key() else { continue };
        let renamed = kind == DeltaKind::Renamed;
        let old = entry.old.iter().map(|package| if renamed { package.as_str() } else { package.evr() });
        let old: Vec<&str> = old.collect();
        let new: Vec<&str> = entry.new.iter().map(|package| package.evr()).collect();
        row(lines, [name(key), old.join(", "), new.join(", ")].map(|cell| escaped(&cell)));
    }
    if folded {
        lines.extend([String::new(), "</details>".to_owned()]);
    }
}
