//! `--json` of `plan` and `apply`: stdout holds a stream of JSON and nothing else, from the version to the exit code, errors
//! too. What the messages say is [`render`]'s; stderr goes on telling people.

use std::io;

use jiff::Timestamp;

use super::context::Context;
use super::terminal::Terminal;
use super::{CliError, exit};
use crate::apply::Outcome;
use crate::plan::Plan;
use crate::rehearsal::Rehearsal;
use crate::render::{self, RunStream};

/// Begins a stream, where there is one. What cannot be written is told with what follows.
pub(super) fn begin(terminal: &Terminal) {
    if terminal.streams {
        let _ = terminal.emit(&render::stream_version(Timestamp::now()));
    }
}

/// Ends it.
pub(super) fn end(terminal: &Terminal, code: u8) {
    if terminal.streams {
        let meaning = exit::TABLE.iter().find(|(known, _)| *known == code).map_or("", |(_, meaning)| meaning);
        let _ = terminal.emit(&render::stream_end(Timestamp::now(), exit::name(code), code, meaning));
    }
}

/// Tells of an error, and the code that the command ends with for it; none where that is still open.
pub(super) fn error(terminal: &Terminal, error: &CliError, code: Option<u8>) {
    if terminal.streams {
        let (summary, detail) = error.parts();
        let name = (exit::name(error.code), code);
        let told = render::stream_error(Timestamp::now(), error.train.as_ref(), name, (summary, &detail));
        let _ = terminal.emit(&told);
    }
}

/// Tells what is told as an error elsewhere and ends nothing here.
pub(super) fn note(terminal: &Terminal, error: &CliError) {
    if terminal.streams {
        let (summary, detail) = error.parts();
        let name = exit::name(error.code);
        let train = error.train.as_ref();
        let _ = terminal.emit(&render::stream_note(Timestamp::now(), train, name, (summary, &detail)));
    }
}

/// Tells what is planned.
pub(super) fn planned(context: &Context, plan: &Plan) -> Result<(), CliError> {
    if !context.terminal.streams {
        return Ok(());
    }
    context.terminal.emit(&render::stream_plan(plan, Timestamp::now()))
}

/// Tells what came of playing it.
pub(super) fn rehearsed(context: &Context, plan: &Plan, told: &Rehearsal) -> Result<(), CliError> {
    if !context.terminal.streams {
        return Ok(());
    }
    context.terminal.emit(&render::stream_rehearsal(plan, told, Timestamp::now()))
}

/// Tells what a run came to.
pub(super) fn outcome(context: &Context, plan: &Plan, outcome: &Outcome) -> Result<(), CliError> {
    if !context.terminal.streams {
        return Ok(());
    }
    context.terminal.emit(&render::stream_outcome(plan, outcome, Timestamp::now()))
}

/// Makes what tells of a run.
pub(super) fn watcher(plan: &Plan) -> RunStream<io::Stdout> {
    RunStream::new(plan, io::stdout(), Timestamp::now)
}
