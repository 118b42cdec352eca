//! What a plan of a part leaves out, said loudly: nobody may take it for all that the train wants.

use super::super::page::{Mark, Page, Tone};
use super::super::words::{address, count, kind, natural};
use crate::name::Address;
use crate::plan::{Partial, Plan};

/// Names shown of one kind before the list folds.
const NAMES: usize = 12;

/// Writes in a line what a plan is a part of, if it is.
pub(in super::super) fn warning(page: &mut Page, plan: &Plan) {
    let Some(text) = told(plan) else { return };
    let painted: Vec<String> = text.split(' ').map(|word| page.paint(Tone::Held, word)).collect();
    page.text(0, 2, &painted.join(" "));
}

/// Says what a plan is a part of; none where it is whole.
pub(in super::super) fn told(plan: &Plan) -> Option<String> {
    plan.partial.as_ref().map(|partial| format!("PARTIAL: {}", sentence(partial)))
}

fn sentence(partial: &Partial) -> String {
    let Partial { targets, along, left_out, steps } = partial;
    let along = match along.as_slice() {
        [] => String::new(),
        some => format!(" and what it needs ({})", kinds(some)),
    };
    let left_out = match left_out.as_slice() {
        [] if *steps == 0 => "Nothing of the whole plan is left out.".to_owned(),
        [] => format!("Left out of the whole plan: {}.", count(*steps, "step")),
        some => format!("Left out of the whole plan: {} ({}).", kinds(some), count(*steps, "step")),
    };
    format!("only {}{along}. {left_out}", targets.join(", "))
}

/// Counts addresses by their kind.
fn kinds(addresses: &[Address]) -> String {
    let kinds = addresses.chunk_by(|one, next| kind(one) == kind(next));
    kinds.map(|some| count(some.len(), kind(&some[0]))).collect::<Vec<_>>().join(", ")
}

/// Writes what comes along, and what is left out.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    let Some(partial) = &plan.partial else { return };
    list(page, plan, ("Along", "because what was asked for needs it"), (Mark::NONE, &partial.along));
    list(
        page,
        plan,
        ("Left out", "the train wants it, and this plan does not do it"),
        (Mark::HELD, &partial.left_out),
    );
}

fn list(
    page: &mut Page,
    plan: &Plan,
    (title, explanation): (&str, &str),
    (mark, addresses): (Mark, &[Address]),
) {
    if addresses.is_empty() {
        return;
    }
    page.heading(&format!("{title} ({})", addresses.len()), explanation);
    for some in addresses.chunk_by(|one, next| kind(one) == kind(next)) {
        let mut names: Vec<String> = some.iter().map(|one| address(plan, one)).collect();
        names.sort_by_cached_key(|name| natural(name));
        let names = page.list(&names, NAMES);
        page.item(2, mark, &names);
    }
}
