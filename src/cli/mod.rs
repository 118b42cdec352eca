//! The command line: arguments, settings resolved once, exit codes, one file per command.
//!
//! stdout is data and stderr is talk. The environment is read in `context` and nowhere else; nothing here decides
//! what a plan holds or how it is laid out.

mod advisories;
mod apply;
mod approve;
mod args;
mod audit;
mod basis;
mod completions;
mod connect;
mod context;
mod credentials;
mod diff;
mod drift;
mod each;
mod error;
pub mod exit;
mod fmt;
mod freeze;
mod graph;
mod health;
mod import;
mod init;
mod inventory;
mod layout;
mod lock;
mod locks;
mod look;
mod notify;
mod own_state;
mod plan;
mod policy;
mod promote;
mod prompt;
mod random;
mod rehearsal;
mod release;
mod report;
mod repositories;
mod rollout;
mod schema;
mod sealing;
mod show;
mod signals;
mod simulate;
mod state;
mod status;
mod stores;
mod stream;
mod terminal;
mod update;
mod validate;
mod watch;
mod workspace;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use args::{Arguments, Command};
use context::Context;
use error::CliError;

/// Runs one command line and returns how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    ExitCode::from(run(&arguments))
}

fn run(arguments: &[OsString]) -> u8 {
    let parsed =
        args::command().try_get_matches_from(args::as_terraform(arguments)).and_then(|mut matches| {
            let profile = args::profile(&matches);
            Ok((profile, Arguments::from_arg_matches_mut(&mut matches)?))
        });
    let (profile, parsed) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // A reader that has gone away (`patchtrain --help | head -1`) is no error.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => exit::DONE,
                _ => exit::USAGE,
            };
        }
    };
    let context = match Context::new(&parsed, profile, arguments) {
        Ok(context) => context,
        Err((terminal, error)) => {
            stream::begin(&terminal);
            terminal.report(&error);
            stream::end(&terminal, error.code);
            return error.code;
        }
    };
    stream::begin(&context.terminal);
    let ended = match parsed.command {
        Command::Init(arguments) => init::run(&context, &arguments),
        Command::Import(arguments) => import::run(&context, &arguments),
        Command::Fmt(arguments) => fmt::run(&context, &arguments),
        Command::Diff(arguments) => diff::run(&context, &arguments),
        Command::Promote(arguments) => promote::run(&context, &arguments),
        Command::Release(arguments) => release::run(&context, &arguments),
        Command::Freeze(arguments) => freeze::run(&context, &arguments),
        Command::Validate(arguments) => validate::run(&context, &arguments),
        Command::Schema(arguments) => schema::run(&context, &arguments),
        Command::Plan(arguments) => plan::run(&context, &arguments),
        Command::Apply(arguments) => apply::run(&context, &arguments),
        Command::Approve(arguments) => approve::run(&context, &arguments),
        Command::Show(arguments) => show::run(&context, &arguments),
        Command::Graph(arguments) => graph::run(&context, &arguments),
        Command::Drift(arguments) => drift::run(&context, &arguments),
        Command::Status(arguments) => status::run(&context, &arguments),
        Command::Update(arguments) => update::run(&context, &arguments),
        Command::Rollout(arguments) => rollout::run(&context, &arguments),
        Command::Report(arguments) => report::run(&context, &arguments),
        Command::Audit(arguments) => audit::run(&context, &arguments),
        Command::State(arguments) => state::run(&context, &arguments),
        Command::ForceUnlock(arguments) => locks::force(&context, &arguments),
        Command::Simulate(arguments) => simulate::run(&context, &arguments),
        Command::Completions(arguments) => completions::run(&context, &arguments),
    };
    let code = ended.unwrap_or_else(|error| {
        context.terminal.report(&error);
        error.code
    });
    stream::end(&context.terminal, code);
    code
}
