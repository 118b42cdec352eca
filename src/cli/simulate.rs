//! `patchtrain simulate`: WIP
use super::CliError;
use super::args::Simulate as Arguments;
use super::context::Context;

pub(super) fn run(_context: &Context, _arguments: &Arguments) -> Result<u8, CliError> {
    Err(CliError::new(1, "not merged yet"))
}
