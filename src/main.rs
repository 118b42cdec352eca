//! The `patchtrain` binary: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    patchtrain::cli::main(std::env::args_os())
}
