//! What unfolds in a comment: the moves between releases, the groups, everything else that changes, drift, what is held.

use super::super::{changes, cohorts, drift, exact, held, imports, mismatch, notes, patches};
use super::known::{Drifted, Holding};
use super::{Draft, Rung};
use crate::advisory::{Coverage, Severity};
use crate::conformance::Lag;
use crate::name::GroupName;
use crate::package::{Delta, DeltaEntry, DeltaKind, Package};
use crate::patching::UpdateKind;
use crate::plan::{Change, ChangeAction, Cohort, ReleaseMove};
use crate::render::markdown::{fenced, head, row, tag};
use crate::render::packages::{self, Row};
use crate::render::words::{address, count, kind, labels, reason, source_name};
use crate::render::{coverage, delta};

/// What is said to be folded.
pub(super) const NAMES: &str = "names of instances";
const VERSIONS: &str = "versions of packages";
const OWN: &str = "the packages of each instance";
const PACKAGES: &str = "packages";
const ADVISORIES: &str = "lesser advisories";
const REASONS: &str = "some of what is held, drifted or noted";
const CHANGES: &str = "some of the changes to groups, sources and schedules";
const COHORTS: &str = "instances with a mix of their own";

/// Names shown of a list on the rungs below the highest.
pub(super) const NAMED: [usize; 3] = [24, 6, 0];

/// Writes all of it, as far as the budget goes.
pub(super) fn write(draft: &mut Draft<'_>) {
    let (plan, known) = (draft.plan, draft.known);
    for release_move in &plan.moves {
        if draft.is_over() {
            return;
        }
        moved(draft, release_move);
    }
    for (group, cohorts) in &known.cohorts {
        if draft.is_over() {
            return;
        }
        self::group(draft, group, cohorts);
    }
    let rest = [patched, taken_over, changed, exacted, drifted, holding, standing, noted];
    for write in rest {
        if draft.is_over() {
            return;
        }
        write(draft);
    }
}

fn moved(draft: &mut Draft<'_>, release_move: &ReleaseMove) {
    let ReleaseMove { from, to, delta: changed, groups, instances, coverage } = release_move;
    let groups: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    let summed = delta::summary(changed);
    let packages = if summed.is_empty() { "the same packages".to_owned() } else { summed };
    let closes = coverage.as_ref().map(|coverage| coverage::verdict(coverage, from.as_str(), to.as_str()));
    let closes = closes.map(|closes| format!("; {closes}")).unwrap_or_default();
    let told = draft.words(&format!(
        "{} of {}: {packages}{closes}",
        count(*instances, "instance"),
        groups.join(", ")
    ));
    let way = format!("{} → {}", tag_of(draft, from.as_str()), tag_of(draft, to.as_str()));
    if draft.rung == Rung::Counts {
        draft.folded.extend([VERSIONS, PACKAGES, ADVISORIES]);
        draft.block(format!("- {way} for {told}"));
        return;
    }
    draft.open(&format!("{way} for {told}"));
    packages_of(draft, changed);
    if let Some(coverage) = coverage
        && !draft.is_over()
    {
        advisories(draft, coverage, to.as_str());
    }
    draft.close();
}

fn tag_of(draft: &Draft<'_>, name: &str) -> String {
    tag(&name.chars().take(draft.longest).collect::<String>())
}

/// Writes how two releases differ.
fn packages_of(draft: &mut Draft<'_>, changed: &Delta) {
    let mut lines = Vec::new();
    for kind in DeltaKind::ALL {
        let entries: Vec<&DeltaEntry> = changed.entries.iter().filter(|entry| entry.kind == kind).collect();
        if entries.is_empty() {
            continue;
        }
        if draft.rung == Rung::Names {
            draft.folded.insert(VERSIONS);
            let mut names: Vec<String> =
                entries.iter().filter_map(|entry| entry.key()).map(packages::name).collect();
            names.dedup();
            let (title, names) = (draft.words(delta::title(kind)), draft.names(": ", &names, names.len()));
            draft.line(format!("- {} {title}{names}", entries.len()));
            continue;
        }
        lines.push(format!("@@ {} {} @@", entries.len(), delta::title(kind)));
        let rows = entries.iter().filter_map(|entry| Row::of_delta(entry)).collect();
        lines.extend(packages::diff(&packages::together(rows)));
    }
    if !lines.is_empty() {
        let mut fence = Vec::new();
        fenced(&mut fence, "diff", &lines);
        draft.lines.extend(fence);
    }
}

fn advisories(draft: &mut Draft<'_>, coverage: &Coverage, new: &str) {
    for (list, all) in coverage::in_order(coverage) {
        if all.is_empty() {
            continue;
        }
        let told = draft.words(&format!("Advisories {}", coverage::title(list, all, new)));
        draft.block(format!("**{told}**"));
        let grave = |severity| severity >= Some(Severity::Important);
        let rung = draft.rung;
        // Those of one severity stay in the order they came in.
        let mut shown: Vec<_> = all
            .iter()
            .filter(|one| match rung {
                Rung::Full => true,
                Rung::Grouped => one.kind == UpdateKind::Security,
                Rung::Names | Rung::Counts => one.kind == UpdateKind::Security && grave(one.severity),
            })
            .collect();
        shown.sort_by_key(|one| std::cmp::Reverse((one.kind == UpdateKind::Security, one.severity)));
        if shown.len() < all.len() {
            draft.folded.insert(ADVISORIES);
        }
        let mut lines = vec![String::new()];
        if !shown.is_empty() {
            let full = draft.rung == Rung::Full;
            let mut columns = vec!["severity", "advisory", "about", "CVEs"];
            columns.extend(full.then_some("packages"));
            head(&mut lines, &columns, &[]);
            for one in &shown {
                let cves: Vec<String> = one.cves.iter().map(|cve| coverage::link(cve)).collect();
                let mut cells = vec![
                    coverage::word(one).to_owned(),
                    coverage::link(&one.id),
                    draft.words(&coverage::about(one)),
                    cves.join(", "),
                ];
                cells.extend(full.then(|| draft.words(&coverage::packages(one).join(", "))));
                row(&mut lines, cells);
            }
            if shown.len() < all.len() {
                lines.extend([String::new(), format!("and {} more.", all.len() - shown.len())]);
            }
        }
        draft.lines.extend(lines);
    }
}

fn group<'p>(draft: &mut Draft<'p>, name: &GroupName, cohorts: &[&'p Cohort]) {
    let mix = cohorts::mix(cohorts);
    let told = format!("{}: {mix}", tag_of(draft, &format!("group.{name}")));
    if draft.rung == Rung::Counts {
        draft.folded.extend([NAMES, OWN]);
        draft.block(format!("- {told}"));
        return;
    }
    draft.open(&told);
    let shown = draft.fold(cohorts.len(), COHORTS, [12, 4, 0]);
    for cohort in &cohorts[..shown] {
        if draft.is_over() {
            return;
        }
        self::cohort(draft, cohort);
    }
    let rest = &cohorts[shown..];
    if !rest.is_empty() {
        let instances: usize = rest.iter().map(|cohort| cohort.instances.len()).sum();
        draft.line(format!("- and {} in {} more kinds", count(instances, "instance"), rest.len()));
    }
    draft.close();
}

/// Writes who is changed alike, what is done to them, why, and what is particular to them.
fn cohort<'p>(draft: &mut Draft<'p>, cohort: &'p Cohort) {
    let plan = draft.plan;
    let who = labels(plan, &cohort.instances);
    let what =
        draft.words(&format!("{}, {}", cohorts::what(plan, cohort), reason(plan, &cohort.reason, cohort)));
    let shown = draft.fold(who.len(), NAMES, NAMED);
    let names = draft.names("", &who, shown);
    draft.line(format!("- **{}**: {what}", count(who.len(), "instance")));
    draft.line(format!("  - {names}"));
    let own = draft.known.moved.besides(cohort);
    let told = own.counted();
    if !told.is_empty() {
        draft.line(format!("  - packages: {told}"));
    }
    let drops: Vec<String> =
        cohort.drops.iter().map(|link| source_name(plan, &link.name).into_owned()).collect();
    if !drops.is_empty() {
        let drops = draft.names("", &drops, drops.len());
        draft.line(format!("  - drops off with it: {drops}"));
    }
    if own.len() == 0 {
        return;
    }
    if draft.rung != Rung::Full {
        draft.folded.insert(OWN);
        return;
    }
    let mut lines = vec![String::new()];
    fenced(&mut lines, "diff", &own.lines());
    lines.push(String::new());
    // Within the item of the list.
    draft
        .lines
        .extend(lines.into_iter().map(|line| if line.is_empty() { line } else { format!("  {line}") }));
}

fn patched(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    if plan.patches.is_empty() {
        return;
    }
    draft.open(&format!("Updates by hand ({})", plan.patches.len()));
    for patch in &plan.patches {
        if draft.is_over() {
            return;
        }
        let told = draft.words(&format!("{}: {}", patches::who(plan, patch), patches::what(patch)));
        let who = labels(plan, &patch.instances);
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let names = draft.names(": ", &who, shown);
        draft.line(format!("- {told}{names}"));
        let updates: Vec<String> = patch
            .updates
            .iter()
            .map(|update| format!("{} {} -> {}", update.name, update.installed, update.available))
            .collect();
        let streams = patch.streams.iter().map(|stream| stream.to.to_string());
        let updates: Vec<String> = updates.into_iter().chain(streams).collect();
        let shown = draft.fold(updates.len(), OWN, [60, 20, 0]);
        let updates = draft.names("  - ", &updates, shown);
        if !updates.is_empty() {
            draft.line(updates);
        }
    }
    draft.close();
}

/// Writes what is taken over, what that has, and whose it was.
fn taken_over(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    listed(draft, "Taken over as they are", &plan.imports, (CHANGES, [60, 20, 4]), |draft, import| {
        let said = format!("{}; {}", imports::words(plan, import), imports::holds(plan, import));
        let who = labels(plan, imports::members(import));
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let owned = imports::owned(import).map(|owned| format!("; {}", draft.words(&owned)));
        let who = draft.names(": ", &who, shown);
        format!("{}{who}{}", draft.words(&said), owned.unwrap_or_default())
    });
}

/// Writes what becomes of everything but instances and what is destroyed, which stands above.
fn changed(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let told = plan.changes.iter().filter(|change| change.action != ChangeAction::Destroy);
    let told: Vec<(&Change, String)> =
        told.filter_map(|change| Some((change, changes::words(plan, change)?))).collect();
    listed(draft, "Sources, groups, schedules", &told, (CHANGES, [60, 20, 4]), |draft, (change, words)| {
        let mark = super::super::summary::mark(change).0;
        let words = draft.words(&format!("{}: {words}", address(plan, &change.address)));
        let mut line = format!("`{mark}` {words}");
        for (_, verb, instances) in changes::people(change) {
            let who = labels(plan, instances);
            let shown = draft.fold(who.len(), NAMES, NAMED);
            line.push_str(&draft.names(&format!("; {verb}: "), &who, shown));
        }
        let back = changes::put_back(change);
        let shown = draft.fold(back.len(), PACKAGES, [24, 6, 0]);
        line.push_str(&draft.names("; put back: ", &back, shown));
        line
    });
}

fn exacted(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    listed(draft, "Made exactly their release", &plan.exact, (REASONS, [40, 12, 4]), |draft, entry| {
        let who = labels(plan, &entry.instances);
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let words = draft.words(&exact::words(plan, entry));
        let mut line = format!("{words}{}", draft.names(": ", &who, shown));
        let add: Vec<String> = entry.add.iter().map(Package::to_string).collect();
        let shown = draft.fold(add.len(), OWN, [24, 6, 0]);
        line.push_str(&draft.names("; installed: ", &add, shown));
        line
    });
}

fn drifted(draft: &mut Draft<'_>) {
    let (plan, known) = (draft.plan, draft.known);
    let title = format!("Drift ({}): what others changed since the last apply", draft.figures.drifted);
    listed(draft, &title, &known.drifted, (REASONS, [40, 12, 4]), |draft, Drifted { alike, who }| {
        let Some(first) = alike.first() else { return String::new() };
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let right = drift::right(alike).map(|right| format!(" ({right})")).unwrap_or_default();
        let words = draft.words(&format!("{}{right}", drift::words(plan, first)));
        let number = count(who.len(), kind(&first.address));
        let mut line = format!("**{number}**: {words}{}", draft.names(": ", who, shown));
        let moved = drift::packages(first);
        let shown = draft.fold(moved.len(), OWN, [12, 4, 0]);
        line.push_str(&draft.names("; ", &moved, shown));
        line
    });
}

fn holding(draft: &mut Draft<'_>) {
    let known = draft.known;
    let title = format!("Held ({}): wanted, and not done now", draft.figures.held);
    listed(draft, &title, &known.held, (REASONS, [60, 20, 6]), |draft, holding| {
        let Holding { reason, whole, number, who, keepers } = holding;
        let full = draft.rung == Rung::Full;
        if !full && whole != reason {
            draft.folded.insert(OWN);
        }
        let words = draft.words(if full { whole } else { reason });
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let mut line = format!("**{number}**: {words}{}", draft.names(": ", who, shown));
        let shown = draft.fold(keepers.len(), NAMES, NAMED);
        line.push_str(&draft.names("; kept by: ", keepers, shown));
        line
    });
}

/// Writes who is newer than the release, and who has more or less than it.
fn standing(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let title = format!("Ahead ({}): newer than the release; no update brings that back", plan.ahead.len());
    listed(draft, &title, &plan.ahead, (REASONS, [40, 12, 0]), |draft, report| {
        let newer = |lag: &Lag| format!("{} newer than {}", lag.installed, lag.release.evr());
        let packages: Vec<String> = report.packages.iter().map(newer).collect();
        let shown = draft.fold(packages.len(), OWN, [4, 0, 0]);
        let words = draft.words(&held::ahead_words(plan, report));
        format!("{words}{}", draft.names(": ", &packages, shown))
    });
    let groups = plan.mismatches.chunk_by(|one, next| one.group == next.group);
    let told: Vec<String> = groups.map(mismatch::told).collect();
    let title = "Extra, missing: not as the release, and no update changes that";
    list(draft, title, &told, (REASONS, [60, 20, 0]));
}

fn noted(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let most = match draft.rung {
        Rung::Full => usize::MAX,
        Rung::Grouped => 12,
        Rung::Names => 4,
        Rung::Counts => 2,
    };
    let join = |names: &[String]| match names.len().saturating_sub(most) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..most].join(", ")),
    };
    list(draft, "Notes", &notes::lines(plan, &join), (REASONS, [40, 12, 2]));
    if let Some(partial) = &plan.partial {
        for (title, addresses) in [
            ("Along: what was asked for needs it", &partial.along),
            ("Left out: the train wants it, and this plan does not do it", &partial.left_out),
        ] {
            let names: Vec<String> = addresses.iter().map(|one| address(plan, one)).collect();
            list(draft, title, &names, (NAMES, [100, 30, 0]));
        }
    }
}

/// Writes sentences as a list that unfolds.
fn list(draft: &mut Draft<'_>, title: &str, told: &[String], folds: (&'static str, [usize; 3])) {
    listed(draft, title, told, folds, |draft, line| draft.words(line));
}

/// Writes a list that unfolds, a line for each entry that is shown; the lines are escaped already.
fn listed<'p, T>(
    draft: &mut Draft<'p>,
    title: &str,
    all: &[T],
    (what, folds): (&'static str, [usize; 3]),
    one: impl Fn(&mut Draft<'p>, &T) -> String,
) {
    if all.is_empty() {
        return;
    }
    let shown = draft.fold(all.len(), what, folds);
    if shown == 0 {
        let told = if all.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", all.len()) };
        draft.block(format!("- {title}: {told}"));
        return;
    }
    draft.open(title);
    for entry in &all[..shown] {
        if draft.is_over() {
            return;
        }
        let line = one(draft, entry);
        draft.line(format!("- {line}"));
    }
    if shown < all.len() {
        draft.line(format!("- and {} more", all.len() - shown));
    }
    draft.close();
}
