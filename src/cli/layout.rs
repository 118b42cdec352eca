//! What a plan is written as: the options of `plan` and `show`, with the files that they name read.

use std::fs;
use std::path::Path;

use super::args::{PlanFormat, PlanLayout};
use super::context::Context;
use super::{CliError, exit, show};
use crate::render::{self, Comment, Since, Style};
use crate::train::Train;

/// What begins the text of a comment that told a plan.
const COMMENT: &str = "<!-- patchtrain:plan:";

/// Returns the format that is asked for; text in this style. `file` is where the plan is saved.
pub(super) fn format(
    context: &Context,
    layout: &PlanLayout,
    style: Style,
    file: Option<&Path>,
) -> Result<render::PlanFormat, CliError> {
    if layout.format != PlanFormat::Markdown {
        only_markdown(layout)?;
    }
    Ok(match layout.format {
        PlanFormat::Text => render::PlanFormat::Text(style),
        PlanFormat::Html => render::PlanFormat::Html,
        PlanFormat::Json => render::PlanFormat::Json,
        PlanFormat::TerraformJson => render::PlanFormat::TerraformJson,
        PlanFormat::Gitlab => render::PlanFormat::Gitlab,
        PlanFormat::Markdown => render::PlanFormat::Markdown(Box::new(Comment {
            limit: layout.comment_limit.unwrap_or(render::COMMENT),
            link: layout.link.clone(),
            since: layout.before.as_deref().map(|file| before(context, file)).transpose()?,
            commit: layout.commit.clone(),
            // Whoever reads it is not where it was made.
            apply: file.map(|file| Context::elsewhere("apply", file)),
        })),
    })
}

/// Refuses what cannot follow one another on stdout: pages of several trains, and whatever is no text before a rehearsal.
pub(super) fn alone(layout: &PlanLayout, trains: &[Train], rehearse: bool) -> Result<(), CliError> {
    if layout.is_document() && trains.len() > 1 {
        let names: Vec<&str> = trains.iter().map(|train| train.name.as_str()).collect();
        let error =
            CliError::usage(format!("such a document is of one train, and there are {}", trains.len()));
        return Err(error.hint(format!("pick one with --train: {}", names.join(", "))));
    }
    if layout.format != PlanFormat::Text && rehearse {
        return Err(CliError::usage("--rehearse is told as text, or as a message of --json")
            .hint("leave out --format, or take --json instead of it"));
    }
    Ok(())
}

/// Refuses what only a saved plan is written as.
pub(super) fn only_text(layout: &PlanLayout) -> Result<(), CliError> {
    match layout.format {
        PlanFormat::Text => only_markdown(layout),
        _ => Err(CliError::usage("--format is for a saved plan, and no FILE is given")
            .hint("save one with `patchtrain plan --out FILE`")
            .hint("the state as JSON: `patchtrain state show --format json`")),
    }
}

fn only_markdown(layout: &PlanLayout) -> Result<(), CliError> {
    let given = [
        (layout.comment_limit.is_some(), "--comment-limit"),
        (layout.link.is_some(), "--link"),
        (layout.commit.is_some(), "--commit"),
        (layout.before.is_some(), "--since"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(CliError::usage(format!("{flag} goes with --format markdown alone"))),
        None => Ok(()),
    }
}

/// Reads the plan before: a saved one, or the comment that told it.
fn before(context: &Context, file: &Path) -> Result<Since, CliError> {
    let content = fs::read(file).map_err(|error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("{} could not be read", file.display()))
    })?;
    let text = String::from_utf8_lossy(&content);
    if text.contains(COMMENT) || text.trim().is_empty() {
        return Ok(Since::Comment(text.into_owned()));
    }
    Ok(Since::plan(&show::open(context, file)?))
}
