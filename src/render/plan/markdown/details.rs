//! What unfolds in a comment: the moves between releases, the groups, everything else that changes, drift, what is held.

use super::super::{changes, cohorts, drift, exact, held, imports, mismatch, notes, patches};
use super::{Draft, Rung};
use crate::advisory::{Coverage, Severity};
use crate::name::GroupName;
use crate::package::{Delta, DeltaEntry, DeltaKind, Package};
use crate::patching::UpdateKind;
use crate::plan::{ChangeAction, Cohort, DriftKind, ReleaseMove};
use crate::render::markdown::{fenced, head, row, tag};
use crate::render::packages::{self, Row};
use crate::render::page::Mark;
use crate::render::words::{address, count, kind, labels, reason, source_name};
use crate::render::{coverage, delta};

/// What is said to be folded.
const NAMES: &str = "names of instances";
const VERSIONS: &str = "versions of packages";
const OWN: &str = "the packages of each instance";
const ADVISORIES: &str = "lesser advisories";
const REASONS: &str = "some of what is held, drifted or noted";
const CHANGES: &str = "some of the changes to groups, sources and schedules";
const COHORTS: &str = "instances with a mix of their own";

/// Names shown of a list on the rungs below the highest.
const NAMED: [usize; 3] = [24, 6, 0];

/// Writes all of it.
pub(super) fn write(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    for release_move in &plan.moves {
        moved(draft, release_move);
    }
    for (group, cohorts) in cohorts::by_group(plan) {
        self::group(draft, group, &cohorts);
    }
    patched(draft);
    taken_over(draft);
    changed(draft);
    exacted(draft);
    drifted(draft);
    holding(draft);
    standing(draft);
    noted(draft);
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
        draft.folded.extend([VERSIONS, "packages", ADVISORIES]);
        draft.block(format!("- {way} for {told}"));
        return;
    }
    draft.open(&format!("{way} for {told}"));
    packages_of(draft, changed);
    if let Some(coverage) = coverage {
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
        lines.extend(packages::diff(&packages::together(rows), "->"));
    }
    if !lines.is_empty() {
        fenced(&mut draft.lines, "diff", &lines);
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

fn group(draft: &mut Draft<'_>, name: &GroupName, cohorts: &[&Cohort]) {
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
fn cohort(draft: &mut Draft<'_>, cohort: &Cohort) {
    let plan = draft.plan;
    let who = labels(plan, &cohort.instances);
    let what =
        draft.words(&format!("{}, {}", cohorts::what(plan, cohort), reason(plan, &cohort.reason, cohort)));
    let shown = draft.fold(who.len(), NAMES, NAMED);
    let names = draft.names("", &who, shown);
    draft.line(format!("- **{}**: {what}", count(who.len(), "instance")));
    draft.line(format!("  - {names}"));
    let verdict = &cohort.verdict;
    let (common, own) = cohorts::besides(plan, cohort);
    let parts = [(common, "behind as the releases differ"), (own.len(), "behind besides")];
    let parts = [
        &parts[..],
        &[
            (verdict.ahead.len(), "newer and left so"),
            (verdict.extra.len(), "not in the release"),
            (verdict.missing.len(), "of the release not installed"),
        ],
    ]
    .concat();
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if !told.is_empty() {
        draft.line(format!("  - packages: {}", told.join(", ")));
    }
    let drops: Vec<String> =
        cohort.drops.iter().map(|link| source_name(plan, &link.name).into_owned()).collect();
    if !drops.is_empty() {
        let drops = draft.names("", &drops, drops.len());
        draft.line(format!("  - drops off with it: {drops}"));
    }
    let mut rows: Vec<Row> = own.into_iter().map(Row::of_lag).collect();
    rows.extend(verdict.ahead.iter().map(Row::of_ahead));
    rows.extend(verdict.extra.iter().map(|package| Row::one(Mark::MORE, *package)));
    rows.extend(verdict.missing.iter().map(|package| Row::one(Mark::LESS, *package)));
    if rows.is_empty() {
        return;
    }
    if draft.rung != Rung::Full {
        draft.folded.insert(OWN);
        return;
    }
    let mut lines = vec![String::new()];
    fenced(&mut lines, "diff", &packages::diff(&rows, "->"));
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
    let mut told = Vec::new();
    for import in &plan.imports {
        let said = format!("{}; {}", imports::words(plan, import), imports::holds(plan, import));
        let mut line = draft.words(&said);
        let who = labels(plan, imports::members(import));
        let shown = draft.fold(who.len(), NAMES, NAMED);
        line.push_str(&draft.names(": ", &who, shown));
        if let Some(owned) = imports::owned(import) {
            line.push_str(&format!("; {}", draft.words(&owned)));
        }
        told.push(line);
    }
    lines(draft, "Taken over as they are", told, CHANGES, [60, 20, 4]);
}

/// Writes what becomes of everything but instances and what is destroyed, which stands above.
fn changed(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let mut told = Vec::new();
    for change in &plan.changes {
        if change.action == ChangeAction::Destroy {
            continue;
        }
        let Some(words) = changes::words(plan, change) else { continue };
        let mut line = format!(
            "`{}` {}",
            super::super::summary::mark(change).0,
            draft.words(&format!("{}: {words}", address(plan, &change.address)))
        );
        for (_, verb, instances) in changes::people(change) {
            let who = labels(plan, instances);
            let shown = draft.fold(who.len(), NAMES, NAMED);
            line.push_str(&draft.names(&format!("; {verb}: "), &who, shown));
        }
        told.push(line);
    }
    lines(draft, "Sources, groups, schedules", told, CHANGES, [60, 20, 4]);
}

fn exacted(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let mut told = Vec::new();
    for entry in &plan.exact {
        let who = labels(plan, &entry.instances);
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let mut line =
            format!("{}{}", draft.words(&exact::words(plan, entry)), draft.names(": ", &who, shown));
        let add: Vec<String> = entry.add.iter().map(Package::to_string).collect();
        if !add.is_empty() {
            let shown = draft.fold(add.len(), OWN, [24, 6, 0]);
            line.push_str(&draft.names("; installed: ", &add, shown));
        }
        told.push(line);
    }
    lines(draft, "Made exactly their release", told, REASONS, [40, 12, 4]);
}

fn drifted(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let drifts: Vec<_> = plan.drift.iter().collect();
    let mut told = Vec::new();
    for alike in drift::alike(&drifts) {
        let Some(first) = alike.first() else { continue };
        let who: Vec<String> = alike.iter().map(|drift| address(plan, &drift.address)).collect();
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let right = drift::right(&alike).map(|right| format!(" ({right})")).unwrap_or_default();
        let words = draft.words(&format!("{}{right}", drift::words(plan, first)));
        let number = count(who.len(), kind(&first.address));
        let mut line = format!("**{number}**: {words}{}", draft.names(": ", &who, shown));
        let moved: Vec<String> = match &first.kind {
            DriftKind::Contents { missing, foreign } => {
                let gone = missing.iter().map(|package| format!("-{package}"));
                gone.chain(foreign.iter().map(|package| format!("+{package}"))).collect()
            }
            DriftKind::LeftLevel { behind, ahead, .. } => behind
                .iter()
                .chain(ahead)
                .map(|lag| format!("{} -> {}", lag.release, lag.installed.evr()))
                .collect(),
            DriftKind::Beside { now, .. } => now.iter().map(Package::to_string).collect(),
            _ => Vec::new(),
        };
        if !moved.is_empty() {
            let shown = draft.fold(moved.len(), OWN, [12, 4, 0]);
            line.push_str(&draft.names("; ", &moved, shown));
        }
        told.push(line);
    }
    let title = format!("Drift ({}): what others changed since the last apply", draft.figures.drifted);
    lines(draft, &title, told, REASONS, [40, 12, 4]);
}

fn holding(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let mut told = Vec::new();
    for (reason, alike) in held::alike(plan) {
        let mut who: Vec<String> = alike.iter().map(|held| held::named(plan, held)).collect();
        who.sort_by_cached_key(|name| crate::render::words::natural(name));
        let shown = draft.fold(who.len(), NAMES, NAMED);
        let number = count(who.len(), kind(&alike[0].address));
        told.push(format!("**{number}**: {}{}", draft.words(&reason), draft.names(": ", &who, shown)));
    }
    let title = format!("Held ({}): wanted, and not done now", draft.figures.held);
    lines(draft, &title, told, REASONS, [60, 20, 6]);
}

/// Writes who is newer than the release, and who has more or less than it.
fn standing(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    let mut told = Vec::new();
    for report in &plan.ahead {
        let packages: Vec<String> = report
            .packages
            .iter()
            .map(|lag| format!("{} newer than {}", lag.installed, lag.release.evr()))
            .collect();
        let shown = draft.fold(packages.len(), OWN, [4, 0, 0]);
        told.push(format!(
            "{}{}",
            draft.words(&held::ahead_words(plan, report)),
            draft.names(": ", &packages, shown)
        ));
    }
    let title = format!("Ahead ({}): newer than the release; no update brings that back", plan.ahead.len());
    lines(draft, &title, told, REASONS, [40, 12, 0]);
    let groups = plan.mismatches.chunk_by(|one, next| one.group == next.group);
    let told: Vec<String> = groups.map(mismatch::told).collect();
    list(draft, "Extra, missing: not as the release, and no update changes that", told, REASONS, [60, 20, 0]);
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
    list(draft, "Notes", notes::lines(plan, &join), REASONS, [40, 12, 2]);
    if let Some(partial) = &plan.partial {
        for (title, addresses) in [
            ("Along: what was asked for needs it", &partial.along),
            ("Left out: the train wants it, and this plan does not do it", &partial.left_out),
        ] {
            let names = addresses.iter().map(|one| address(plan, one)).collect();
            list(draft, title, names, NAMES, [100, 30, 0]);
        }
    }
}

/// Writes sentences as a list that unfolds.
fn list(draft: &mut Draft<'_>, title: &str, told: Vec<String>, what: &'static str, folds: [usize; 3]) {
    let told = told.iter().map(|line| draft.words(line)).collect();
    lines(draft, title, told, what, folds);
}

/// The same of lines that are escaped already.
fn lines(draft: &mut Draft<'_>, title: &str, told: Vec<String>, what: &'static str, folds: [usize; 3]) {
    if told.is_empty() {
        return;
    }
    let shown = draft.fold(told.len(), what, folds);
    if shown == 0 {
        let told = if told.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", told.len()) };
        draft.block(format!("- {title}: {told}"));
        return;
    }
    draft.open(title);
    let rest = told.len() - shown;
    draft.lines.extend(told.into_iter().take(shown).map(|line| format!("- {line}")));
    if rest > 0 {
        draft.line(format!("- and {rest} more"));
    }
    draft.close();
}
