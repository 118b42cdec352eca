//! `patchtrain show`: renders the state, or a saved plan. Asks no service and needs no credentials.

use std::path::Path;

use super::args::Show as Arguments;
use super::context::Context;
use super::{CliError, basis, exit, layout};
use crate::plan::{self, Plan};
use crate::render::{self, PlanFormat, Style};
use crate::seal::Sealing;

/// Shows the saved plan, or the state of each selected train.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let style = context.terminal.style(arguments.amount.detail());
    match &arguments.file {
        Some(file) => saved(context, file, &layout::format(context, &arguments.layout, style, Some(file))?),
        None => {
            layout::only_text(&arguments.layout)?;
            states(context, arguments, style)
        }
    }
}

fn states(context: &Context, arguments: &Arguments, style: Style) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    context.block_on(async |interrupt| {
        for train in &trains {
            match context.state(train, &interrupt).await? {
                Some(state) => context.terminal.print(&render::state(&state, style))?,
                None => {
                    let train = &train.name;
                    context.terminal.say(&format!("No state: train `{train}` has never been applied."));
                }
            }
        }
        Ok(exit::DONE)
    })
}

fn saved(context: &Context, file: &Path, format: &PlanFormat) -> Result<u8, CliError> {
    let plan = open(context, file)?;
    warn(context, file, &plan)?;
    context.terminal.print(&render::plan_as(&plan, format))?;
    Ok(exit::DONE)
}

/// Warns of a plan that the state or the train file of this folder has left behind.
pub(super) fn warn(context: &Context, file: &Path, plan: &Plan) -> Result<(), CliError> {
    if let Some(why) = stale(context, plan)? {
        context.terminal.say(&format!(
            "Warning: this plan is stale: {why}.\n  hint: make a new one with `patchtrain plan --out {}`\n",
            file.display()
        ));
    }
    Ok(())
}

/// Opens a plan, if it is sealed: as its train's file says here, or with the passphrase that the plan itself names.
pub(super) fn open(context: &Context, path: &Path) -> Result<Plan, CliError> {
    let file = plan::read(path)?;
    let Some((name, variable)) = file.sealed_for() else { return Ok(file.open(&Sealing::none())?) };
    let trains = context.workspace.trains(&[]).unwrap_or_default();
    let sealing = match trains.iter().find(|train| train.name.as_str() == name) {
        Some(train) if train.encryption.is_some() => context.sealing(train)?,
        _ => context.sealing_by(variable)?,
    };
    Ok(file.open(&sealing)?)
}

/// Compares the plan with the state and the train of this folder, where it has them. A plan file is shown anywhere:
/// what is not here, or cannot be read, says nothing about the plan.
fn stale(context: &Context, plan: &Plan) -> Result<Option<String>, CliError> {
    let trains = context.workspace.trains(&[]).unwrap_or_default();
    let Some(train) = trains.iter().find(|train| train.name == plan.basis.train) else { return Ok(None) };
    let state = context.block_on(async |interrupt| Ok(context.state(train, &interrupt).await.ok()))?;
    let moved = state.and_then(|state| basis::state_moved(plan, state.as_ref()));
    Ok(moved.or_else(|| basis::train_changed(plan, train)))
}
