//! `patchtrain promote`: binds a group to another release, in the train file, with every comment kept. Shows first how
//! the releases differ, and asks. Changes nothing in the cloud: that is for `apply`.

use std::fs;
use std::io;

use super::args::Promote as Arguments;
use super::context::Context;
use super::{CliError, advisories, args, exit, prompt, workspace, write};
use crate::advisory::Advisories;
use crate::package::Lore;
use crate::release::{self, Comparison, Content, Irreversible, Origin, Promotion, Way};
use crate::render::{self, Detail, DiffFormat};
use crate::train::{self, Overlay, Train};

/// Shows what the group would move to, asks, and writes the train file.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if !arguments.auto_approve && !arguments.check && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("--check shows what would change, and changes nothing")
            .hint("--auto-approve approves it"));
    }
    let trains = context.workspace.trains(&[])?;
    let why = "a group is of one train, and there are several";
    let train = workspace::one_of(&trains, arguments.train.as_deref(), why)?;
    let promotion =
        release::promotion(train, &arguments.release, &arguments.to).map_err(|error| refused(&error))?;
    let (group, to) = (&promotion.group.name, &promotion.to.name);
    if promotion.way == Way::Nowhere {
        context.terminal.say(&format!("There is nothing to do: group {group} rides {to}."));
        return Ok(exit::DONE);
    }
    let edited = edit(context, train, &promotion)?;
    let book = book(context, arguments, train, &promotion)?;
    show(context, arguments, train, (&promotion, book.as_ref()))?;
    let place = format!("{}:{}", train.file.display(), promotion.group.line);
    if arguments.check {
        return Ok(exit::DIFFERENT);
    }
    if !arguments.auto_approve {
        let from = &promotion.from.name;
        let question = format!(
            "\nDo you want to bind group {group} to {to}?\n  Only the train file is changed ({place}, {from} now)."
        );
        let asked = context.block_on(async |interrupt| prompt::yes(context, &interrupt, &question).await)?;
        if !asked {
            return Err(CliError::new(exit::ERROR, "the promotion was not approved; nothing was changed"));
        }
    }
    save(train, &edited)?;
    context.terminal.say(&format!(
        "\nGroup {group} is bound to {to} ({place}). `patchtrain plan` shows what that changes, `patchtrain apply` makes it so."
    ));
    Ok(exit::DONE)
}

pub(super) fn refused(error: &release::PromotionError) -> CliError {
    let code = match error {
        release::PromotionError::Release { .. } | release::PromotionError::Group { .. } => exit::USAGE,
        release::PromotionError::Passes { .. } | release::PromotionError::Retired(_) => exit::REFUSED,
    };
    CliError::of(code, error).hint(error.hint())
}

/// Reads the advisories that are to judge the way. Only files: nothing here asks the service.
fn book(
    context: &Context,
    arguments: &Arguments,
    train: &Train,
    promotion: &Promotion<'_>,
) -> Result<Option<Advisories>, CliError> {
    let wanted = args::Advisories { sources: arguments.advisories.clone(), since: None };
    if wanted.ask_the_service() {
        let (from, to) = (&promotion.from.name, &promotion.to.name);
        return Err(CliError::usage("promote asks no service, and so not for its errata")
            .hint(format!("`patchtrain diff {from} {to} --advisories service` does"))
            .hint("a file of that name is ./service"));
    }
    let os_major = advisories::os_major(Some(train), promotion.to.packages());
    context.block_on(async |interrupt| advisories::files(context, &interrupt, &wanted, os_major).await)
}

/// Shows how the releases differ, and what a way back cannot undo.
pub(super) fn show(
    context: &Context,
    arguments: &Arguments,
    train: &Train,
    (promotion, book): (&Promotion<'_>, Option<&Advisories>),
) -> Result<(), CliError> {
    let content = |release: &train::Release| {
        Content::of_manifest(release.name.to_string(), Origin::Release, &release.manifest)
    };
    let (old, new) = (content(promotion.from), content(promotion.to));
    let mut comparison = Comparison::between(&old, &new, Lore::default());
    if let Some(book) = book {
        comparison = comparison.judged_by(book, &old, &new);
    }
    // Somebody who is asked wants to see the question, and what it is about, at once.
    let detail = match arguments.amount.detail() {
        Detail::Default if context.terminal.can_ask => Detail::Summary,
        asked => asked,
    };
    let style = context.terminal.style(detail);
    let mut text = render::diff(&comparison, DiffFormat::Text(style));
    let cannot = Irreversible::of(&comparison.delta, promotion.way);
    if promotion.way == Way::Back || !cannot.is_nothing() {
        let followers = promotion.left_ahead(train);
        let followers: Vec<_> = followers.iter().map(|group| &group.name).collect();
        text.push('\n');
        text.push_str(&render::irreversible(cannot, promotion.way, &followers, style));
    }
    context.terminal.print(&text)
}

/// A train file before and after.
pub(super) struct Edited {
    before: String,
    after: String,
}

/// Edits the train file's text, and makes sure that it loads.
pub(super) fn edit(context: &Context, train: &Train, promotion: &Promotion<'_>) -> Result<Edited, CliError> {
    let file = &train.file;
    let before = read(train)?;
    let (group, to) = (&promotion.group.name, &promotion.to.name);
    let after = train::edit::bind(&before, group, to).map_err(|error| {
        CliError::of(exit::ERROR, &error)
            .while_doing(format!("cannot bind group `{group}` in {}", file.display()))
    })?;
    let overlay = Overlay::from([(file.clone(), after.clone().into_bytes())]);
    train::load_with_overlay(&context.workspace.train_files()?, &overlay).map_err(|problems| {
        CliError::problems(problems)
            .while_doing(format!("group `{group}` cannot ride `{to}`; nothing was written"))
    })?;
    Ok(Edited { before, after })
}

fn read(train: &Train) -> Result<String, CliError> {
    fs::read_to_string(&train.file).map_err(|error: io::Error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {}", train.file.display()))
    })
}

/// Writes the file, unless somebody else did while the question stood.
pub(super) fn save(train: &Train, edited: &Edited) -> Result<(), CliError> {
    let file = train.file.display();
    if read(train)? != edited.before {
        return Err(CliError::new(
            exit::REFUSED,
            format!("{file} was changed meanwhile; nothing was written"),
        )
        .hint("look at it, and promote again"));
    }
    write::replace(&train.file, &edited.after)
        .map_err(|error| CliError::of(exit::ERROR, &error).while_doing(format!("cannot write {file}")))
}
