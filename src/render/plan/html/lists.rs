//! The changes on the page, an anchor for each; what is made exact, drift, what is held and why, what is ahead, and notes.

use super::super::{changes, cohorts, drift, exact, held, imports, mismatch, notes, patches, summary};
use super::{anchor, names};
use crate::name::Address;
use crate::plan::{ChangeDetail, Plan};
use crate::render::html::{Column, Html, Sort, begin, end};
use crate::render::words::{address, count, held_whole, kind, label, labels, natural, reason_short, rides};

pub(super) fn write(html: &mut Html, plan: &Plan) {
    changed(html, plan);
    let exact: Vec<Entry> = plan
        .exact
        .iter()
        .map(|entry| {
            let add = entry.add.iter().map(|package| format!("+{package}"));
            let of = labels(plan, &entry.instances).into_iter().chain(add).collect();
            Entry::of(exact::words(plan, entry), of)
        })
        .collect();
    list(html, "exact", "Made exactly their release", &exact);
    drifted(html, plan);
    holding(html, plan);
    let ahead: Vec<Entry> = plan
        .ahead
        .iter()
        .map(|report| {
            let packages = report
                .packages
                .iter()
                .map(|lag| format!("{} newer than {}", lag.installed, lag.release.evr()));
            Entry::of(held::ahead_words(plan, report), packages.collect())
        })
        .collect();
    let title = format!("Ahead ({}): newer than the release; no update brings that back", ahead.len());
    list(html, "ahead", &title, &ahead);
    let groups = plan.mismatches.chunk_by(|one, next| one.group == next.group);
    let beside: Vec<Entry> = groups
        .map(|group| {
            let of = group.iter().flat_map(|entry| {
                let more = entry.extra.iter().map(|package| format!("+{package}"));
                more.chain(entry.missing.iter().map(|package| format!("-{package}")))
            });
            let mut of: Vec<String> = of.collect();
            of.sort_unstable();
            of.dedup();
            Entry::of(mismatch::told(group), of)
        })
        .collect();
    list(html, "beside", "Extra, missing: not as the release, and no update changes that", &beside);
    let told = notes::lines(plan, &|names| names.join(", "));
    let told: Vec<Entry> = told.into_iter().map(|line| Entry::of(line, Vec::new())).collect();
    list(html, "notes", "Notes", &told);
    if let Some(partial) = &plan.partial {
        let named =
            |addresses: &[Address]| addresses.iter().map(|one| address(plan, one)).collect::<Vec<_>>();
        let parts = [
            ("because what was asked for needs it", &partial.along),
            ("the train wants it, and this plan does not do it", &partial.left_out),
        ];
        let parts: Vec<Entry> = parts
            .into_iter()
            .filter(|(_, of)| !of.is_empty())
            .map(|(what, of)| Entry::of(what.to_owned(), named(of)))
            .collect();
        list(html, "partial", "Along, and left out", &parts);
    }
}

/// Packages of drift on the whole page: a fleet in which everybody drifted in his own way has a million.
const LINES: usize = 8_000;

/// Words, and those they are about.
struct Entry {
    words: String,
    of: Vec<String>,
    /// What else there is to name, and what that is; nothing for nothing.
    more: (&'static str, Vec<String>),
}

impl Entry {
    fn of(words: String, of: Vec<String>) -> Self {
        Self { words, of, more: ("", Vec::new()) }
    }
}

fn list(html: &mut Html, id: &str, title: &str, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    html.element("h2", &[("id", &id)], title);
    html.open("ul", &[]);
    for Entry { words, of, more: (what, more) } in entries {
        html.open("li", &[]);
        html.text(words);
        names(html, of);
        if !more.is_empty() {
            html.text(format!("{what}:"));
            names(html, more);
        }
        html.end("li");
    }
    html.end("ul");
}

fn changed(html: &mut Html, plan: &Plan) {
    if !plan.changes_anything() {
        return;
    }
    html.element("h2", &[("id", &"changes")], format!("Changes ({})", plan.changes.len()));
    html.open("ul", &[]);
    for import in &plan.imports {
        html.open("li", &[]);
        html.text(format!("{}; {}", imports::words(plan, import), imports::holds(plan, import)));
        if let Some(owned) = imports::owned(import) {
            html.text(format!("; {owned}"));
        }
        names(html, &labels(plan, imports::members(import)));
        html.end("li");
    }
    for change in changes::ordered(plan) {
        let Some(words) = changes::words(plan, change) else { continue };
        let named = address(plan, &change.address);
        html.open("li", &[("id", &anchor("change", &named))]);
        html.element("span", &[("class", &"mark")], summary::mark(change).0);
        html.text(format!(" {named}: {words}"));
        for (_, verb, instances) in changes::people(change) {
            html.text(format!("; {verb}:"));
            names(html, &labels(plan, instances));
        }
        let back = changes::put_back(change);
        if !back.is_empty() {
            html.text("; put back:");
            names(html, &back);
        }
        html.end("li");
    }
    html.end("ul");
    instances(html, plan);
    let patched: Vec<Entry> = plan
        .patches
        .iter()
        .map(|patch| {
            let updates = patch
                .updates
                .iter()
                .map(|update| format!("{} {} -> {}", update.name, update.installed, update.available));
            let streams = patch.streams.iter().map(|stream| stream.to.to_string());
            let of = labels(plan, &patch.instances).into_iter().chain(updates).chain(streams).collect();
            Entry::of(format!("{}: {}", patches::who(plan, patch), patches::what(patch)), of)
        })
        .collect();
    list(html, "patches", "Updates by hand", &patched);
}

/// The instances that move, a row each.
fn instances(html: &mut Html, plan: &Plan) {
    const COLUMNS: [Column; 8] = [
        Column("instance", Sort::Text, false),
        Column("group", Sort::Text, true),
        Column("what", Sort::Text, true),
        Column("why", Sort::Text, true),
        Column("behind", Sort::Number, false),
        Column("ahead", Sort::Number, false),
        Column("extra", Sort::Number, false),
        Column("missing", Sort::Number, false),
    ];
    // Equal words are made once.
    let told: Vec<[String; 3]> = plan
        .cohorts
        .iter()
        .map(|cohort| {
            let (what, counts) = (cohorts::what(plan, cohort), cohorts::kinds(plan, cohort));
            let what = match counts.is_empty() {
                true => what,
                false => format!("{what}; {} behind{counts}", cohort.verdict.behind.len()),
            };
            let why = reason_short(plan, &cohort.reason);
            [what, why, rides(plan, cohort.from.as_ref()).into_owned()]
        })
        .collect();
    let mut rows: Vec<(String, usize)> = Vec::new();
    for change in &plan.changes {
        if let (Address::Instance(instance), ChangeDetail::Instance { cohort }) =
            (&change.address, &change.detail)
        {
            rows.push((label(plan, instance), *cohort));
        }
    }
    if rows.is_empty() {
        return;
    }
    rows.sort_by_cached_key(|(label, cohort)| (natural(label), *cohort));
    begin(html, "changing", "instances", &COLUMNS);
    for (label, index) in &rows {
        let (Some(cohort), Some([what, why, _])) = (plan.cohorts.get(*index), told.get(*index)) else {
            continue;
        };
        html.open("tr", &[("id", &anchor("instance", label))]);
        html.element("td", &[], label);
        html.open("td", &[]);
        html.link(&format!("#{}", anchor("group", cohort.group.as_str())), &cohort.group);
        html.close("td");
        html.element("td", &[], what);
        html.element("td", &[], why);
        let verdict = &cohort.verdict;
        for number in [verdict.behind.len(), verdict.ahead.len(), verdict.extra.len(), verdict.missing.len()]
        {
            let class = if number == 0 { "n z" } else { "n" };
            html.element("td", &[("class", &class)], number);
        }
        html.end("tr");
    }
    end(html);
}

fn drifted(html: &mut Html, plan: &Plan) {
    let drifts: Vec<_> = plan.drift.iter().collect();
    let mut left = LINES;
    let entries: Vec<Entry> = drift::alike(&drifts)
        .into_iter()
        .filter_map(|alike| {
            let first = alike.first()?;
            let right = drift::right(&alike).map(|right| format!(" ({right})")).unwrap_or_default();
            let number = count(alike.len(), kind(&first.address));
            let mut who: Vec<String> = alike.iter().map(|drift| address(plan, &drift.address)).collect();
            who.sort_by_cached_key(|name| natural(name));
            let mut packages = if left > 0 { drift::packages(first) } else { Vec::new() };
            if packages.len() > left {
                packages.clear();
                left = 0;
            }
            left -= packages.len();
            let words = format!("{number}: {}{right}", drift::words(plan, first));
            Some(Entry { more: ("packages", packages), ..Entry::of(words, who) })
        })
        .collect();
    let title = format!("Drift ({}): what others changed since the last apply", plan.figures().drifted);
    list(html, "drift", &title, &entries);
    if left == 0 {
        let told =
            "The packages of further drift are not on this page: `patchtrain show FILE --full` tells them.";
        html.element("p", &[("class", &"more")], told);
    }
}

fn holding(html: &mut Html, plan: &Plan) {
    let entries: Vec<Entry> = held::alike(plan)
        .into_iter()
        .filter_map(|(_, alike)| {
            let first = *alike.first()?;
            let mut who: Vec<String> = alike.iter().map(|held| held::named(plan, held)).collect();
            who.sort_by_cached_key(|name| natural(name));
            let words = format!("{}: {}", count(alike.len(), kind(&first.address)), held_whole(first));
            Some(Entry { more: ("kept by", held::keepers(plan, first)), ..Entry::of(words, who) })
        })
        .collect();
    let title = format!("Held ({}): wanted, and not done now", plan.figures().held);
    list(html, "held", &title, &entries);
}
