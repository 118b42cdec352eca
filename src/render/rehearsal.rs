//! Rehearsals as text: that nothing of it has happened, who moves when, what holds whom, and what a failure would leave.

use std::time::Duration;

use jiff::SignedDuration;

use super::Style;
use super::page::{Mark, Page, Tone};
use super::plan::summary::held_where;
use super::table::{Side, Table};
use super::words::gates::first;
use super::words::{self, count, counts, labels, one_line, time};
use crate::name::Ocid;
use crate::plan::{HeldReason, Plan};
use crate::rehearsal::{Assumptions, Failure, HORIZON, Hold, Holding, Left, Leg, Rehearsal};
use crate::rollout::span_words;

/// How many rows the table shows before it folds.
const ROWS: usize = 40;
/// How many reasons are told before they fold.
const REASONS: usize = 10;
/// How many instances are named before they are counted.
const NAMES: usize = 3;

/// Lays out what came of playing a plan.
pub fn rehearsal(plan: &Plan, told: &Rehearsal, style: Style) -> String {
    let mut page = Page::new(style);
    let label = page.paint(Tone::Held, "SIMULATED");
    page.flow(&[
        label,
        format!("rehearsal of train {}", plan.basis.train),
        format!("from {} on", time(told.begins)),
    ]);
    if plan.steps.is_empty() {
        page.text(2, 2, "There is nothing to play: the plan has no steps.");
        return page.finish();
    }
    page.text(2, 2, &assumed(told.assumptions));
    course(&mut page, told);
    left(&mut page, plan, told);
    for failure in &told.failures {
        failed(&mut page, plan, failure);
    }
    if told.unplayed > 0 {
        page.blank();
        page.text(2, 2, &format!("Failures of {} more were not played.", count(told.unplayed, "group")));
    }
    page.finish()
}

fn assumed(Assumptions { work, call }: Assumptions) -> String {
    let call = Duration::try_from(call).unwrap_or_default();
    format!(
        "Nothing of this has happened. Assumed are {} for each piece of agents' work and {} for each call; that all goes \
         well, everybody is well and checks in, and nothing else changes; and a run that stays, as by `apply --wait`.",
        span_words(work),
        words::span(call)
    )
}

/// Says when all was over.
pub(super) fn course_words(told: &Rehearsal) -> String {
    let takes = told.ends.map(|ends| ends.duration_since(told.begins));
    match told.ends.zip(takes) {
        Some((ends, takes)) if takes > SignedDuration::ZERO => {
            format!("over {}, after {}", time(ends), span_words(takes))
        }
        Some((ends, _)) => format!("over {}, at once", time(ends)),
        None => format!("not over within {}", span_words(HORIZON)),
    }
}

fn course(page: &mut Page, told: &Rehearsal) {
    page.heading("Course", &course_words(told));
    let mut table = Table::new(&[
        ("group", Side::Left),
        ("wave", Side::Right),
        ("moves", Side::Right),
        ("begins", Side::Left),
        ("ends", Side::Left),
    ]);
    let mut rows = 0;
    for course in &told.groups {
        let several = course.waves.len() > 1 || course.waves.iter().any(|leg| leg.wave > 1);
        for leg in &course.waves {
            let wave = if several { leg.wave.to_string() } else { String::new() };
            row(&mut table, (course.group.to_string(), wave), leg);
            rows += 1;
        }
    }
    if let Some(leg) = &told.rest {
        row(&mut table, ("(all else)".to_owned(), String::new()), leg);
        rows += 1;
    }
    let shown = page.fold(rows, ROWS);
    table.write(page, 2, shown);
    page.more(4, rows - shown);
    let ended = counts(&[
        (told.counts.done, "done"),
        (told.counts.already, "found done"),
        (told.counts.failed, "failed"),
        (told.counts.not_started, "not started"),
    ]);
    page.text(2, 4, &format!("Steps: {ended}."));
}

fn row(table: &mut Table, (group, wave): (String, String), leg: &Leg) {
    let mark = if leg.begun.is_some() { Mark::CHANGE } else { Mark::HELD };
    let moves = if leg.moving > 0 { leg.moving.to_string() } else { String::new() };
    let begins = leg.begun.map_or_else(|| "not begun".to_owned(), time);
    let ends = leg.ended.map(time).unwrap_or_default();
    let holds = leg.holds.iter().map(held).collect();
    table.row(mark, vec![group, wave, moves, begins, ends], holds);
}

fn held(hold: &Hold) -> String {
    let span = format!("from {} until {}", time(hold.from), time(hold.until));
    match &hold.by {
        Holding::Soak { group, wave } => format!("held while {} soaks, {span}", first(group, *wave)),
        Holding::Hours => format!("held outside its hours, {span}"),
    }
}

/// Writes what is not done in the end.
fn left(page: &mut Page, plan: &Plan, told: &Rehearsal) {
    if !told.left.is_empty() {
        page.heading(&format!("Not done in the end ({})", told.left.len()), "");
        let shown = page.fold(told.left.len(), REASONS);
        for Left { step, steps, why } in told.left.iter().take(shown) {
            let Some(step) = plan.steps.get(step.0 as usize) else { continue };
            let object = words::step(plan, step).object;
            let more = if *steps > 1 { format!(" and {} more", steps - 1) } else { String::new() };
            page.item(2, Mark::HELD, &format!("{object}{more}: {}", one_line(why)));
        }
        page.more(4, told.left.len() - shown);
    }
    // What time or the run itself brings is told above, and so is what is left of gates.
    let stays = |reason: &HeldReason| {
        !matches!(
            reason,
            HeldReason::Soak { .. }
                | HeldReason::Closed { .. }
                | HeldReason::Gate { .. }
                | HeldReason::Paused { .. }
                | HeldReason::Stopped { .. }
        )
    };
    held_where(page, plan, "Held then", stays);
}

/// Writes what a failure would leave.
fn failed(page: &mut Page, plan: &Plan, failure: &Failure) {
    let Failure { group, wave, failing, stops, ends, at_level, below, untouched, waiting } = failure;
    let title = format!("If {} of wave {wave} of {group} failed", count(failing.len(), "instance"));
    let stop = match (stops, ends) {
        (Some(stops), Some(ends)) => {
            format!("the rollout stops {}; nothing of it is at work after {}", time(*stops), time(*ends))
        }
        _ => "the rollout does not stop by itself".to_owned(),
    };
    page.heading(&title, &stop);
    let named = |page: &Page, instances: &[Ocid]| {
        let names = labels(plan, instances);
        if names.is_empty() { String::new() } else { format!(" ({})", page.list(&names, NAMES)) }
    };
    let release = plan.group(group).map(|group| group.release.to_string()).unwrap_or_default();
    let new = format!("{} at the level of {release}{}", at_level.len(), named(page, at_level));
    let broken = format!("{} touched and below it{}", below.len(), named(page, below));
    page.text(2, 4, &format!("{new}; {broken}; {untouched} untouched."));
    let groups: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    match groups.as_slice() {
        [] => page.text(2, 4, "It keeps no other group from moving."),
        [one] => page.text(2, 4, &format!("It keeps group {one} from moving.")),
        several => page.text(2, 4, &format!("It keeps groups {} from moving.", page.list(several, ROWS))),
    }
}
