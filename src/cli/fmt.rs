//! `patchtrain fmt`: lays train files out anew, or says which would change.

use std::fs;
use std::path::Path;

use similar::TextDiff;

use super::args::Fmt as Arguments;
use super::context::Context;
use super::{CliError, exit, write};
use crate::train;

/// Goes through the files named, or all of the workspace. What cannot be laid out does not keep the others waiting.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let files =
        if arguments.files.is_empty() { context.workspace.train_files()? } else { arguments.files.clone() };
    let mut worst = exit::DONE;
    for file in &files {
        let code = one(context, file, arguments.check).unwrap_or_else(|error| {
            context.terminal.report(&error);
            error.code
        });
        worst = exit::worse(worst, code);
    }
    Ok(worst)
}

fn one(context: &Context, file: &Path, check: bool) -> Result<u8, CliError> {
    let shown = file.display();
    let before = fs::read_to_string(file)
        .map_err(|error| CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {shown}")))?;
    let after = train::format(&before)
        .map_err(|error| CliError::of(exit::ERROR, &error).while_doing(format!("cannot lay out {shown}")))?;
    if before == after {
        return Ok(exit::DONE);
    }
    if check {
        let diff = TextDiff::from_lines(&before, &after);
        let names = (format!("{shown}"), format!("{shown} (as `patchtrain fmt` writes it)"));
        let diff = diff.unified_diff().header(&names.0, &names.1).to_string();
        context.terminal.print(&format!("{shown}\n{diff}"))?;
        return Ok(exit::ERROR);
    }
    write::replace(file, &after)
        .map_err(|error| CliError::of(exit::ERROR, &error).while_doing(format!("cannot write {shown}")))?;
    context.terminal.print(&format!("{shown}\n"))?;
    Ok(exit::DONE)
}
