//! The plan as Markdown, for a comment on a pull request: the verdict and the warnings first, then tables, then details
//! that unfold. It keeps to a budget of bytes by a fixed ladder, and says what it left out.
//!
//! Three things are on every rung: what is destroyed, removed or set back, every group, and every critical CVE. Where not
//! even these fit, their lists end with a number.

mod details;
mod groups;
mod known;
mod lines;
mod mark;
mod since;
mod top;

use std::collections::BTreeSet;

use crate::plan::{Figures, Plan};

use known::Known;
use lines::Lines;
pub use since::Since;

/// The least budget that every plan can be told in.
pub const LEAST: usize = 2_000;
/// What GitHub takes at most, in characters; of bytes there are never fewer.
pub const GITHUB: usize = 65_536;

/// How a comment is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The bytes that it may have; at least [`LEAST`].
    pub limit: usize,
    /// Where the whole plan is.
    pub link: Option<String>,
    /// The commit that the plan is of, in hexadecimal digits.
    pub commit: Option<String>,
    /// The plan before this one, to be compared with.
    pub since: Option<Since>,
    /// The command line that applies exactly this plan, where it is saved.
    pub apply: Option<String>,
}

impl Default for Comment {
    fn default() -> Self {
        Self { limit: GITHUB, link: None, commit: None, since: None, apply: None }
    }
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rung {
    /// Numbers only.
    Counts,
    /// Packages by their names, and some instances.
    Names,
    /// What is alike together, packages with their versions.
    Grouped,
    /// Everything.
    Full,
}

/// The rungs in order: how much is told, how many entries the lists have that are never left out, and how many characters
/// of a name or sentence are shown.
const LADDER: [(Rung, usize, usize); 8] = [
    (Rung::Full, usize::MAX, usize::MAX),
    (Rung::Grouped, usize::MAX, usize::MAX),
    (Rung::Names, usize::MAX, usize::MAX),
    (Rung::Counts, usize::MAX, usize::MAX),
    (Rung::Counts, 250, 200),
    (Rung::Counts, 60, 120),
    (Rung::Counts, 15, 80),
    (Rung::Counts, 4, 60),
];

/// Writes the comment.
pub(super) fn comment(plan: &Plan, options: &Comment) -> String {
    let known = Known::of(plan);
    let limit = options.limit.max(LEAST);
    let on = |(rung, most, longest)| {
        let mut draft = Draft::new(plan, options, &known, (rung, most, longest));
        draft.write();
        // What is given up on the way is no comment, however long it would have been.
        if draft.is_over() { None } else { Some(draft.finish()).filter(|text| text.len() <= limit) }
    };
    LADDER.into_iter().find_map(on).unwrap_or_else(|| top::bare(plan, options, &known))
}

/// A comment being written on one rung.
struct Draft<'p> {
    plan: &'p Plan,
    options: &'p Comment,
    known: &'p Known<'p>,
    figures: Figures,
    rung: Rung,
    /// Entries of a list that is never left out, before it ends with a number.
    most: usize,
    /// Characters of a name or a sentence.
    longest: usize,
    lines: Lines,
    /// Where the lines begin that come after what is said of the folding.
    told: usize,
    /// What was folded on the way.
    folded: BTreeSet<&'static str>,
}

impl<'p> Draft<'p> {
    fn new(
        plan: &'p Plan,
        options: &'p Comment,
        known: &'p Known<'p>,
        (rung, most, longest): (Rung, usize, usize),
    ) -> Self {
        let (lines, folded, figures) = (Lines::default(), BTreeSet::new(), known.figures);
        Self { plan, options, known, figures, rung, most, longest, lines, told: 0, folded }
    }

    fn write(&mut self) {
        top::write(self);
        self.told = self.lines.len();
        groups::write(self);
        details::write(self);
        top::footer(self);
    }

    /// Tells whether the budget is used up: whatever comes on this rung is for nothing.
    fn is_over(&self) -> bool {
        self.lines.bytes() > self.options.limit.max(LEAST)
    }

    fn finish(mut self) -> String {
        if let Some(said) = top::folded(&self) {
            self.lines.insert(self.told, said);
        }
        self.lines.text()
    }

    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Begins a block: an empty line before it.
    fn block(&mut self, line: impl Into<String>) {
        if !self.lines.end_blank() {
            self.lines.push(String::new());
        }
        self.lines.push(line.into());
    }

    /// Returns how many entries of a list are shown that folds at so many on each rung but the highest.
    fn fold(&mut self, all: usize, what: &'static str, [grouped, names, counts]: [usize; 3]) -> usize {
        let most = match self.rung {
            Rung::Full => usize::MAX,
            Rung::Grouped => grouped,
            Rung::Names => names,
            Rung::Counts => counts,
        };
        if all > most {
            self.folded.insert(what);
        }
        all.min(most)
    }

    /// Returns how many entries of a list are shown that is on every rung.
    fn keep(&self, all: usize) -> usize {
        all.min(self.most)
    }

    /// Opens what unfolds; the summary is escaped already.
    fn open(&mut self, summary: &str) {
        self.block(format!("<details><summary>{summary}</summary>"));
        self.line("");
    }

    fn close(&mut self) {
        self.block("</details>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::borders::heavy;

    #[test]
    fn a_rung_is_given_up_where_it_is_over_its_budget() {
        let plan = heavy();
        let known = Known::of(&plan);
        let written = |limit| {
            let options = Comment { limit, ..Comment::default() };
            let mut draft = Draft::new(&plan, &options, &known, LADDER[0]);
            draft.write();
            (draft.is_over(), draft.lines.bytes())
        };
        let (over, whole) = written(usize::MAX);
        assert!(!over && whole > 100_000, "{whole} bytes");
        let (over, bytes) = written(LEAST);
        assert!(over && bytes < whole / 5, "{bytes} bytes of {whole}");
    }
}
