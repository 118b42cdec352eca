//! `patchtrain completions`: what a shell completes command lines by, made of the declared command line.

use clap_complete::generate;
use clap_complete::shells::{Bash, Fish, Zsh};

use super::args::{Completions as Arguments, Shell, command};
use super::context::Context;
use super::{CliError, exit};

/// Prints it.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let (mut command, mut script) = (command(), Vec::new());
    let name = command.get_name().to_owned();
    match arguments.shell {
        Shell::Bash => generate(Bash, &mut command, name, &mut script),
        Shell::Zsh => generate(Zsh, &mut command, name, &mut script),
        Shell::Fish => generate(Fish, &mut command, name, &mut script),
    }
    context.terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(exit::DONE)
}
