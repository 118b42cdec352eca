//! The beginning of a comment and its end: the verdict, what must be read first, how the plan is applied.

use super::super::warnings::{Gravity, warnings};
use super::super::{sentences, summary};
use super::details::{NAMED, NAMES};
use super::{Draft, Known, Rung, mark, since};
use crate::plan::Plan;
use crate::render::coverage;
use crate::render::markdown::{code, escaped, link};
use crate::render::words::{clean, counts, time};

/// Characters of a name in what is told of any plan.
const SHORT: usize = 60;
/// Bytes of a link, or of a command line, that is told even where little else is.
const LINK: usize = 400;

/// Cuts a text that may be of any length.
fn cut(text: &str, longest: usize) -> String {
    let text = clean(text);
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

impl Draft<'_> {
    /// Returns words that may have names in them.
    pub(super) fn words(&self, text: &str) -> String {
        escaped(&cut(text, self.longest))
    }

    /// Returns a name.
    pub(super) fn name(&self, text: &str) -> String {
        code(&cut(text, self.longest))
    }

    /// Joins names behind a lead, and says how many more there are than are shown; nothing where none is.
    pub(super) fn names(&self, lead: &str, names: &[String], shown: usize) -> String {
        if shown == 0 {
            return String::new();
        }
        let mut told: Vec<String> = names[..shown].iter().map(|name| self.name(name)).collect();
        if shown < names.len() {
            told.push(format!("{} more", names.len() - shown));
        }
        format!("{lead}{}", told.join(", "))
    }
}

/// Writes what comes first.
pub(super) fn write(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    draft.line(mark::plan(plan.basis.train.as_str()));
    draft.line(mark::figures(&draft.figures));
    draft.line(format!("## Patch plan of {}{}", draft.name(plan.basis.train.as_str()), on_simulator(plan)));
    draft.block(verdict(plan));
    let before = draft.options.since.as_ref().and_then(|since| since.figures(plan.basis.train.as_str()));
    if let Some(before) = before {
        draft.block(since::sentence(&before, &draft.figures));
    }
    let facts = format!(
        "Plan `{}`{}, state serial {}, {} {}, made {}, patchtrain {}",
        short(plan),
        of_commit(draft.options),
        plan.basis.serial,
        draft.words(&plan.service.api),
        draft.words(&plan.service.place),
        time(plan.created),
        draft.words(&plan.tool),
    );
    draft.block(format!("<sub>{facts}</sub>"));
    let warnings = warnings(plan);
    for (gravity, title) in [(Gravity::Caution, "CAUTION"), (Gravity::Warning, "WARNING")] {
        let of: Vec<&String> =
            warnings.iter().filter(|(of, _)| *of == gravity).map(|(_, text)| text).collect();
        if of.is_empty() {
            continue;
        }
        draft.block(format!("> [!{title}]"));
        for text in of {
            let text = draft.words(text);
            draft.line(format!("> - {text}"));
        }
    }
    lost(draft);
}

fn on_simulator(plan: &Plan) -> &'static str {
    if plan.service.simulator { " (SIMULATOR)" } else { "" }
}

/// Which commit the plan is of, where that is known. No code, so that forges make a link of it.
fn of_commit(options: &super::Comment) -> String {
    options.commit.as_deref().map(|commit| format!(" of commit {}", clean(commit))).unwrap_or_default()
}

fn short(plan: &Plan) -> String {
    plan.id.0.chars().filter(char::is_ascii_alphanumeric).take(12).collect()
}

/// The sentence that tools look for, and what is held and has drifted.
fn verdict(plan: &Plan) -> String {
    let (sentence, rest) = sentences(plan);
    format!("**{sentence}** {rest}").trim_end().to_owned()
}

/// Writes what is destroyed, removed or set back.
fn lost(draft: &mut Draft<'_>) {
    let losses = &draft.known.losses;
    if losses.is_empty() {
        return;
    }
    draft.block(format!("### Destroyed, removed, set back ({})", losses.len()));
    draft.line("");
    let shown = draft.keep(losses.len());
    for loss in &losses[..shown] {
        let what = draft.words(&loss.what);
        let many = if loss.folds { draft.fold(loss.of.len(), NAMES, NAMED) } else { loss.of.len() };
        let of = draft.names(": ", &loss.of, draft.keep(many));
        draft.line(format!("- `{}` {what}{of}", loss.mark.0));
    }
    if shown < losses.len() {
        draft.line(format!("- and {} more", losses.len() - shown));
    }
}

/// Says what was left out to keep to the budget; none where nothing was.
pub(super) fn folded(draft: &Draft<'_>) -> Option<Vec<String>> {
    if draft.folded.is_empty() && draft.rung == Rung::Full {
        return None;
    }
    let what: Vec<&str> = draft.folded.iter().copied().collect();
    let limit = draft.options.limit;
    let mut lines = vec![String::new(), "> [!NOTE]".to_owned()];
    let what = if what.is_empty() { "nothing but blank space".to_owned() } else { what.join(", ") };
    lines.push(format!("> Folded, to keep to {limit} bytes: {what}."));
    lines.push(match draft.most {
        usize::MAX => {
            "> Everything that is destroyed, removed or set back, every group and every critical CVE is told.".to_owned()
        }
        _ => "> **Cut**: not even what is destroyed, the groups and the critical CVEs fit whole; where a list of them ends \
              with a number, that is how many more there are."
            .to_owned(),
    });
    lines.push(format!("> {}", whole(draft.options.link.as_deref())));
    Some(lines)
}

fn whole(address: Option<&str>) -> String {
    match address.filter(|address| address.len() <= LINK) {
        Some(address) => format!("{}.", link("The whole plan", address)),
        None => "`patchtrain show FILE` tells the whole plan.".to_owned(),
    }
}

/// Writes what comes last: what it takes, and how it is applied.
pub(super) fn footer(draft: &mut Draft<'_>) {
    let plan = draft.plan;
    draft.block("---");
    if let Some(takes) = summary::takes(plan) {
        let takes = draft.words(&takes);
        draft.block(format!("Takes {takes}."));
    }
    let serial = plan.basis.serial;
    let (train, lineage) = (draft.name(plan.basis.train.as_str()), draft.name(&plan.basis.lineage.0));
    let stale = format!(
        "It is stale once the state of {train} (lineage {lineage}) is past serial {serial}, or the train file changes."
    );
    match draft.options.apply.as_deref().filter(|apply| apply.chars().count() <= draft.longest) {
        Some(apply) => {
            draft.block("Exactly this plan is applied by");
            draft.line("");
            let mut lines = Vec::new();
            crate::render::markdown::fenced(&mut lines, "sh", &[apply.to_owned()]);
            draft.lines.extend(lines);
            draft.block(stale);
        }
        None => draft.block(format!(
            "It is not saved here: `patchtrain plan --out FILE` saves a plan, and `patchtrain apply FILE` performs exactly \
             that. {stale}"
        )),
    }
    if draft.rung == Rung::Full
        && let Some(address) = draft.options.link.as_deref()
    {
        draft.block(format!("{}.", link("The whole plan", address)));
    }
}

/// What is told of any plan, however little room there is: less than [`super::LEAST`] bytes, whatever is in it; and of the
/// losses, the groups and the critical CVEs as many as there is room for.
pub(super) fn bare(plan: &Plan, options: &super::Comment, known: &Known<'_>) -> String {
    let Known { figures, losses, .. } = known;
    let train = code(&cut(plan.basis.train.as_str(), SHORT));
    let mut lines = vec![
        mark::plan(plan.basis.train.as_str()),
        format!("## Patch plan of {train}{}", on_simulator(plan)),
        String::new(),
        verdict(plan),
        String::new(),
    ];
    if options.commit.is_some() {
        lines.extend([format!("<sub>Plan{}</sub>", of_commit(options)), String::new()]);
    }
    lines.push("> [!CAUTION]".to_owned());
    if figures.failures > 0 {
        lines.push(format!("> DENIED by policy: {} of {} rules fail.", figures.failures, figures.rules));
    }
    let others = plan.imports.iter().filter(|import| import.owner.is_some()).count();
    let numbers = [
        (others, "taken over from another's state"),
        (figures.leaves, "leaving their group"),
        (figures.back, "set back"),
        (figures.removed, "removed"),
        (figures.critical, "critical advisories closed"),
    ];
    let numbers = [format!("{} destroyed", figures.destroy), counts(&numbers)];
    let numbers: Vec<String> = numbers.into_iter().filter(|part| !part.is_empty()).collect();
    lines.extend([
        format!("> **Cut** to keep to {} bytes: {}.", options.limit, numbers.join(", ")),
        format!("> {}", whole(options.link.as_deref())),
        String::new(),
    ]);
    let lost = losses.iter().map(|loss| format!("`{}` {}", loss.mark.0, short_words(&loss.what)));
    let whole = losses.iter().map(|loss| {
        let names = loss.of.iter().filter(|_| !loss.folds);
        let of: Vec<String> = names.map(|name| code(name)).collect();
        let of = if of.is_empty() { String::new() } else { format!(": {}", of.join(", ")) };
        format!("`{}` {}{of}", loss.mark.0, escaped(&loss.what))
    });
    let groups = summary::group_rows(plan).into_iter().map(|row| {
        let [name, release, level] = [&row.cells[0], &row.cells[1], &row.cells[2]];
        format!("{}: {} {level}", code(&cut(name, SHORT)), short_words(release)).trim_end().to_owned()
    });
    let coverages = plan.moves.iter().filter_map(|one| one.coverage.as_ref());
    let critical = coverages.flat_map(coverage::critical).flat_map(|(what, names)| {
        names.into_iter().map(move |name| format!("{} {what}", code(&cut(&name, SHORT))))
    });
    let whole: Vec<String> = whole.collect();
    let fits = whole.iter().map(|line| line.len() + "- \n".len()).sum::<usize>() < options.limit / 4;
    let lists: [(&str, Vec<String>); 3] = [
        ("Destroyed, removed, set back", if fits { whole } else { lost.collect() }),
        ("Groups", groups.collect()),
        ("Critical CVEs", critical.collect()),
    ];
    let limit = options.limit.max(super::LEAST);
    for (at, (title, entries)) in lists.iter().enumerate() {
        let used: usize = lines.iter().map(|line| line.len() + 1).sum();
        // Each list may have its share of the room, and what those before it left.
        let room = limit.saturating_sub(used) / (lists.len() - at);
        list(&mut lines, title, entries, room);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn short_words(text: &str) -> String {
    escaped(&cut(text, SHORT))
}

/// Writes a list into so many bytes; where it is longer, it ends with how many more there are, and without room for that it
/// is not written.
fn list(lines: &mut Vec<String>, title: &str, entries: &[String], room: usize) {
    const END: usize = 40;
    let head = format!("### {title} ({})", entries.len());
    let mut left = room.saturating_sub(head.len() + END);
    if entries.is_empty() || left == 0 {
        return;
    }
    lines.extend([head, String::new()]);
    for (at, entry) in entries.iter().enumerate() {
        let needed = entry.len() + "- \n".len();
        if needed > left {
            lines.push(format!("- and {} more", entries.len() - at));
            break;
        }
        left -= needed;
        lines.push(format!("- {entry}"));
    }
    lines.push(String::new());
}
