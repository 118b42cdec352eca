//! Rollouts as text and as JSON: waves, failures, and what holds them.

use serde::Serialize;

use super::page::{Mark, Page, Tone};
use super::table::{Side, Table};
use super::words::{self, clean, count, time};
use super::{Detail, Style, encoded};
use crate::report::rollout::{Ended, Hold, RolloutStanding, Rollouts};

/// The format of the JSON document.
const FORMAT_VERSION: &str = "1.0";

/// How many failures are shown before they fold.
const FAILURES: usize = 10;

/// Lays out how far rollouts are.
pub fn rollouts(told: &[Rollouts], style: Style) -> String {
    let mut page = Page::new(style);
    for train in told.iter().filter(|train| !train.rollouts.is_empty()) {
        let title = page.paint(Tone::Bold, &format!("Rollouts of train {}", train.train));
        page.flow(&[title, time(train.at)]);
        for rollout in &train.rollouts {
            one(&mut page, rollout);
        }
    }
    page.finish()
}

fn one(page: &mut Page, rollout: &RolloutStanding) {
    let to = rollout.release.as_ref().map(|release| format!(" to {release}")).unwrap_or_default();
    page.heading(&format!("{}{to}", rollout.group), &summary(rollout));
    let several = rollout.waves.len() > 1;
    if !rollout.waves.is_empty() {
        let mut head = vec![
            ("members", Side::Right),
            ("at level", Side::Right),
            ("failed", Side::Right),
            ("since", Side::Left),
        ];
        if several {
            head.insert(0, ("wave", Side::Left));
        }
        let mut table = Table::new(&head);
        for wave in &rollout.waves {
            let since = match (wave.since, wave.soaks_until) {
                (_, Some(until)) => format!("soaks until {}", time(until)),
                (Some(since), None) => time(since),
                (None, None) => String::new(),
            };
            let mut cells =
                vec![wave.members.to_string(), wave.at_level.to_string(), wave.failed.to_string(), since];
            if several {
                cells.insert(0, wave.wave.to_string());
            }
            table.row(Mark::NONE, cells, Vec::new());
        }
        table.write(page, 2, rollout.waves.len());
    }
    if page.shows(Detail::Default) {
        let shown = page.fold(rollout.failed.len(), FAILURES);
        for failure in rollout.failed.iter().take(shown) {
            let text = format!(
                "{} (wave {}, {}): {}",
                clean(&failure.name),
                failure.wave,
                time(failure.at),
                clean(&failure.why)
            );
            page.item(2, Mark::HELD, &text);
        }
        page.more(4, rollout.failed.len() - shown);
    }
}

fn summary(rollout: &RolloutStanding) -> String {
    let since = time(rollout.started);
    if let Some(Ended { at, aborted_to }) = &rollout.ended {
        let ended = match aborted_to {
            Some(to) => format!("aborted {} for {to}; it began {since}", time(*at)),
            None => format!("arrived {}; it began {since}", time(*at)),
        };
        return rollout.hold.iter().fold(ended, |ended, hold| format!("{ended}; {}", held(hold)));
    }
    let at_level: usize = rollout.waves.iter().map(|wave| wave.at_level).sum();
    let members: usize = rollout.waves.iter().map(|wave| wave.members).sum();
    let mut parts = Vec::new();
    if rollout.release.is_some() {
        parts.push(format!("{at_level} of {} at level since {since}", count(members, "instance")));
    }
    parts.extend(rollout.hold.as_ref().map(held));
    parts.extend(rollout.eta.map(|eta| format!("through about {} at this pace", time(eta))));
    parts.join("; ")
}

fn held(hold: &Hold) -> String {
    match hold {
        Hold::Paused(paused) => {
            let why = paused.why.as_ref().map(|why| format!(": {}", clean(why))).unwrap_or_default();
            format!("paused by {} on {}{why}", clean(&paused.by), time(paused.at))
        }
        Hold::Stopped(stopped) => format!("STOPPED: {}", words::gates::stop(stopped)),
        Hold::Closed { until: Some(until) } => format!("outside its hours until {}", time(*until)),
        Hold::Closed { until: None } => "outside its hours".to_owned(),
        Hold::Soaks { wave, until } => format!("wave {wave} soaks until {}", time(*until)),
    }
}

/// Writes how far rollouts are, for programs.
pub fn rollouts_json(told: &[Rollouts]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format_version: &'static str,
        trains: &'a [Rollouts],
    }
    encoded::document(&Document { format_version: FORMAT_VERSION, trains: told })
}
