//! What came of comparing releases with state, tags and sources.

use super::super::page::{Mark, Page, Tone};
use super::super::words::{clean, count};
use super::super::{Style, coverage, delta};
use super::dependencies;
use crate::advisory::Flagged;
use crate::release::{Dependencies, Difference, Standing, Verified, Witness};

/// Rows of one kind of difference shown before the list folds.
const ROWS: usize = 20;

/// What was found of one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whether it is the same everywhere.
    pub verified: Verified,
    /// Whether it can be installed by itself, where repositories were given.
    pub dependencies: Option<Dependencies>,
    /// Advisories that no longer stand and brought packages of it.
    pub flags: Vec<Flagged>,
}

impl Checked {
    /// Tells whether nothing differs and nothing is amiss. Flags are for people to weigh.
    pub fn is_good(&self) -> bool {
        self.verified.is_good() && self.dependencies.as_ref().is_none_or(Dependencies::is_good)
    }
}

/// Lays out what was found, release by release.
pub fn verified(checked: &[Checked], style: Style) -> String {
    let mut page = Page::new(style);
    for one in checked {
        page.blank();
        release(&mut page, one);
    }
    page.finish()
}

fn release(page: &mut Page, checked: &Checked) {
    let Checked { verified, dependencies: closure, flags } = checked;
    let Verified { release, packages, digest, agrees, differences, standing } = verified;
    let verdict = match differences.len() {
        0 => "agrees".to_owned(),
        several => count(several, "difference"),
    };
    page.flow(&[
        format!("{}: {verdict}", page.paint(Tone::Bold, release.as_str())),
        count(*packages, "package"),
        format!("sha256:{}", digest.short()),
    ]);
    let witnesses: Vec<&str> = agrees.iter().map(|witness| word(*witness)).collect();
    if !witnesses.is_empty() {
        page.item(2, Mark::HELD, &format!("the same in: {}", witnesses.join(", ")));
    }
    match standing {
        Standing::NotAsked => page.item(2, Mark::NONE, "the service was not asked"),
        Standing::NoneYet => page.item(2, Mark::NONE, "the service has no source of it yet"),
        Standing::Retired => page.item(2, Mark::NONE, "retired, and the service has no source of it"),
        Standing::There => {}
    }
    for one in differences {
        difference(page, one, &digest.to_string());
    }
    coverage::flags(page, 2, release.as_str(), flags);
    if let Some(closure) = closure {
        dependencies::write(page, closure);
    }
}

fn word(witness: Witness) -> &'static str {
    match witness {
        Witness::Header => "the manifest's header",
        Witness::State => "the state",
        Witness::Tags => "the source's tags",
        Witness::Contents => "the source's packages",
    }
}

fn difference(page: &mut Page, difference: &Difference, digest: &str) {
    let mark = Mark('!', Tone::Destroy);
    match difference {
        Difference::State { recorded } => {
            page.item(2, mark, &format!("the state has another digest on record: {recorded}, not {digest}"));
            page.text(6, 6, "a release never changes once it is made: take the manifest back to what it was");
        }
        Difference::Gone { id } => {
            page.item(2, mark, &format!("the source on record is gone: {}", clean(id.as_str())));
            page.text(6, 6, "`patchtrain plan` shows that it is made anew");
        }
        Difference::Unrecorded { id } => {
            let text = format!(
                "a source of its name is there, which the state does not know: {}",
                clean(id.as_str())
            );
            page.item(2, mark, &text);
        }
        Difference::Untagged { id } => {
            page.item(2, mark, &format!("the source has no tags of patchtrain: {}", clean(id.as_str())));
        }
        Difference::Tag { id, tag, says, should } => {
            let text = format!(
                "the source's tag `{tag}` says {}, not {}: {}",
                clean(says),
                clean(should),
                clean(id.as_str())
            );
            page.item(2, mark, &text);
        }
        Difference::Unread { id } => {
            page.item(2, mark, &format!("the source's packages could not be read: {}", clean(id.as_str())));
        }
        Difference::Contents { id, delta: packages } => {
            let text = format!(
                "the source holds other packages, {}: {}",
                clean(id.as_str()),
                delta::summary(packages)
            );
            page.item(2, mark, &text);
            delta::lists(page, 6, packages, ROWS);
        }
    }
}
