//! `patchtrain drift`, and `plan --refresh-only`: what others changed since the last apply. Reads the state without its
//! lock and asks the service; there is no way from here to writing either, or a plan.

use super::args::{DiffFormat as Asked, Drift as Arguments, Parallelism, Plan as PlanArguments};
use super::connect::Connector;
use super::context::Context;
use super::look;
use super::{CliError, each, exit};
use crate::name::Spelled;
use crate::plan::{self, Drifts, Plan, Refusal};
use crate::render::{self, Detail, DiffFormat};
use crate::state::State;
use crate::train::Train;

/// What is asked, whichever command asks it.
struct Question<'a> {
    trains: Vec<Train>,
    ignored: &'a [Spelled],
    format: DiffFormat,
    parallelism: &'a Parallelism,
    /// The exit code where there is drift.
    drifted: u8,
}

/// Shows what others changed of each selected train.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let style = |detail: Detail| context.terminal.style(detail);
    answer(
        context,
        &Question {
            trains: context.workspace.trains(&arguments.selection.train)?,
            ignored: &arguments.ignored,
            format: match arguments.format {
                Asked::Text => DiffFormat::Text(style(arguments.amount.detail())),
                Asked::Markdown => DiffFormat::Markdown,
                Asked::Json => DiffFormat::Json,
            },
            parallelism: &arguments.parallelism,
            drifted: exit::DIFFERENT,
        },
    )
}

/// Does the same for `plan --refresh-only`.
pub(super) fn instead_of_plan(context: &Context, arguments: &PlanArguments) -> Result<u8, CliError> {
    answer(
        context,
        &Question {
            trains: context.workspace.trains(&arguments.selection.train)?,
            ignored: &[],
            format: DiffFormat::Text(context.terminal.style(arguments.amount.detail())),
            parallelism: &arguments.parallelism,
            drifted: if arguments.detailed_exitcode { exit::DIFFERENT } else { exit::DONE },
        },
    )
}

fn answer(context: &Context, question: &Question<'_>) -> Result<u8, CliError> {
    let Question { trains, ignored, format, parallelism, drifted } = question;
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, parallelism)?;
        let mut found: Vec<(&Train, Plan, State)> = Vec::new();
        let code = each::train(context, trains, async |train| {
            let state = context.own_state(train, context.state(train, &interrupt).await?, &interrupt).await?;
            let connection = connector.connect(train, &interrupt).await?;
            let (plan, refusals) =
                look::drifting(context, &interrupt, &connection, (train, &state), parallelism.calls())
                    .await?;
            let known = trains.iter().find(|known| known.name == train.name);
            found.extend(known.map(|train| (train, plan, state)));
            match refusals.as_slice() {
                [] => Ok(exit::DONE),
                refusals => Err(half_told(train, refusals)),
            }
        })
        .await;
        unknown(context, &found, ignored);
        let drifts: Vec<Drifts<'_>> =
            found.iter().map(|(_, plan, state)| Drifts::of(plan, state, ignored)).collect();
        // Whoever pipes it somewhere gets nothing where there is nothing to say.
        context.terminal.print(&render::drift(&drifts, *format))?;
        if drifts.iter().any(|drifts| !drifts.told.is_empty()) {
            return Ok(exit::worse(code, *drifted));
        }
        if code == exit::DONE {
            // Who changes a state by hand has it forget when the train was applied, and not that it was.
            let applied = found.iter().any(|(_, _, state)| state.last_plan.is_some() || state.serial > 0);
            let ignored = drifts.iter().map(|drifts| drifts.ignored).sum();
            context.terminal.say(&render::no_drift(applied, ignored));
        }
        Ok(code)
    })
}

/// Says what stands against telling all drift of a train.
pub(super) fn half_told(train: &Train, refusals: &[Refusal]) -> CliError {
    let error = CliError::refusals(train.name.as_str(), refusals);
    error.hint(
        "what could be told of drift is told; of what is named above, and of who is in it, it could not",
    )
}

/// Says which of the addresses to be ignored nothing has: they may be misspelled, or of something that is long gone.
fn unknown(context: &Context, found: &[(&Train, Plan, State)], ignored: &[Spelled]) {
    for spelled in ignored {
        let known = |(train, plan, state): &(&Train, Plan, State)| {
            plan::unknown(plan, train, state, std::slice::from_ref(spelled)).is_empty()
        };
        if !found.is_empty() && !found.iter().any(known) {
            context.terminal.say(&format!("Warning: --ignore {spelled}: nothing has that address"));
        }
    }
}
