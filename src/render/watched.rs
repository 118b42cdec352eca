//! A rollout as it goes, for a terminal: how far it is, who is at work, and who waits.

use super::lock::lock;
use super::page::Page;
use super::words::{clean, count};
use super::{Style, rollout};
use crate::report::watch::{Waiting, Watched};

/// How many names of those at work are shown.
const NAMES: usize = 6;

/// Lays out what is watched.
pub fn watched(watched: &[Watched], style: Style) -> String {
    let told: Vec<_> = watched.iter().map(|train| train.rollouts.clone()).collect();
    let mut text = rollout::rollouts(&told, style);
    let mut page = Page::new(style);
    for train in watched {
        if train.rollouts.rollouts.is_empty() {
            page.flow(&[format!("Train {}: no rollout is on record.", train.rollouts.train)]);
        }
        for Waiting { group, after, at_level, members } in &train.waiting {
            page.flow(&[format!("{group} waits for {after}: {at_level} of {members} are at level.")]);
        }
        match &train.lock {
            Some(held) => page.flow(&[format!("Locked {}", lock(held))]),
            None => page.flow(&["Nobody applies now.".to_owned()]),
        }
        for (kind, names) in &train.at_work {
            let shown: Vec<_> = names.iter().take(NAMES).map(|name| clean(name).into_owned()).collect();
            let more = names.len().saturating_sub(NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            page.flow(&[format!(
                "At work ({kind}, {}): {}{more}",
                count(names.len(), "open call"),
                shown.join(", ")
            )]);
        }
    }
    text.push_str(&page.finish());
    text
}
