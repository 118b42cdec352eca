//! `patchtrain graph`: the step graph of a saved plan, or of one that is made for it. Writes nothing.

use super::args::{Graph as Arguments, GraphFormat};
use super::connect::Connector;
use super::context::Context;
use super::look::{self, Manner};
use super::{CliError, each, exit, show};
use crate::plan::Plan;
use crate::render;

/// Draws the plan of each selected train, or the one that is saved.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let format = match arguments.format {
        GraphFormat::Dot => render::GraphFormat::Dot,
        GraphFormat::Mermaid => render::GraphFormat::Mermaid,
    };
    let draw = |plan: &Plan| context.terminal.print(&render::graph(plan, format, arguments.full));
    if let Some(file) = &arguments.file {
        let plan = show::open(context, file)?;
        show::warn(context, file, &plan)?;
        draw(&plan)?;
        return Ok(exit::DONE);
    }
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let manner =
        Manner::of(&arguments.parallelism, &arguments.planning).aiming(&arguments.targets, &trains)?;
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let code = each::train(context, &trains, async |train| {
            let state = context.own_state(train, context.state(train, &interrupt).await?, &interrupt).await?;
            let connection = connector.connect(train, &interrupt).await?;
            let (plan, _) =
                look::plan_and_world(context, &interrupt, &connection, (train, &state), manner).await?;
            draw(&plan)?;
            Ok(exit::DONE)
        })
        .await;
        Ok(code)
    })
}
