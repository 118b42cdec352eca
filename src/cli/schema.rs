//! `patchtrain schema`: prints a JSON Schema. Needs no workspace.

use super::args::{Schema as Arguments, SchemaOf};
use super::context::Context;
use super::{CliError, exit};
use crate::render;
use crate::train;

/// Prints the one that is asked for.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    context.terminal.print(match arguments.of {
        SchemaOf::Plan => render::PLAN_SCHEMA,
        SchemaOf::Train => train::SCHEMA,
    })?;
    Ok(exit::DONE)
}
