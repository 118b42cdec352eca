//! What a move to another release does not undo, in words.

use super::super::Style;
use super::super::page::{Mark, Page};
use super::super::words::count;
use crate::name::GroupName;
use crate::release::{Irreversible, Way};

/// Lays out what a move leaves as it is; `followers` are the groups that would ride a later release than it.
pub fn irreversible(what: Irreversible, way: Way, followers: &[&GroupName], style: Style) -> String {
    let mut page = Page::new(style);
    let Irreversible { newer, kernels, stay, absent, streams } = what;
    page.blank();
    page.line(match way {
        Way::Back => "This is a rollback. What it cannot undo:",
        Way::Forward | Way::Nowhere => {
            "Some packages are older in the later release, as after a hotfix. What it cannot undo:"
        }
    });
    if what.is_nothing() {
        page.item(2, Mark::NONE, "nothing: all that the two releases differ in is older in the later one");
    }
    let mut say = |number: usize, text: &str| {
        if number > 0 {
            page.item(2, Mark::DRIFT, &format!("{}: {text}", count(number, "package")));
        }
    };
    say(
        newer,
        "newer than the release has them; an update never downgrades, so that instances will be `ahead`",
    );
    say(kernels, "install-only; the newer kernels stay beside the older ones, and boot first");
    say(stay, "came later, and stay installed");
    say(absent, "gone since; what was obsoleted does not come back, the rest only where something needs it");
    say(streams, "of another module stream, which an update does not switch back");
    if !followers.is_empty() {
        let names: Vec<&str> = followers.iter().map(|name| name.as_str()).collect();
        let (verb, them) = if names.len() == 1 { ("comes", "it") } else { ("come", "them") };
        let text = format!(
            "{} {verb} after this group and will ride a later release than it; move {them} back too",
            names.join(", ")
        );
        page.item(2, Mark::DRIFT, &text);
    }
    page.finish()
}
