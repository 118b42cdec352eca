//! `state accept`: drift that is meant. Asks the service what `drift` asks, and changes the state like the other commands
//! that do so by hand.

use super::super::args::StateAccept;
use super::super::connect::Connector;
use super::super::context::Context;
use super::super::drift::half_told;
use super::super::{CliError, exit, look, own_state};
use super::surgery::Operation;
use super::{none, train};
use crate::plan::{self, Drifts, Input, Unacceptable};
use crate::render::{self, Detail, DiffFormat};

pub(super) fn accept(context: &Context, arguments: &StateAccept) -> Result<u8, CliError> {
    let spelled: Vec<String> = arguments.addresses.iter().map(ToString::to_string).collect();
    let words = format!("state accept {}", spelled.join(" "));
    let operation = Operation::new(context, train(context, &arguments.of)?, &arguments.consent, words)?;
    operation.run(async |interrupt, place, before| {
        let train = &place.train;
        let state = before.clone().ok_or_else(|| none(train))?;
        own_state::fits(train, &state)?;
        let connection = Connector::new(context, &arguments.parallelism)?.connect(train, interrupt).await?;
        let calls = arguments.parallelism.calls();
        let observed = look::observe_quietly(context, interrupt, &connection, (train, &state), calls).await?;
        let input = Input {
            train,
            state: &state,
            observed: &observed,
            capabilities: connection.capabilities,
            service: &connection.label,
            now: (connection.clock)(),
            // Nothing is planned to happen.
            allow_shrink: true,
        };
        let (plan, refusals) = plan::drifting(&input);
        let unknown = plan::unknown(&plan, train, &state, &arguments.addresses);
        if !unknown.is_empty() {
            let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
            return Err(CliError::usage(format!("nothing has the address {}", unknown.join(", ")))
                .hint("`patchtrain drift` shows the addresses of all that has drifted"));
        }
        let told = plan::drift_at(&plan, &arguments.addresses);
        if told.is_empty() && !refusals.is_empty() {
            return Err(half_told(train, &refusals));
        }
        if told.is_empty() {
            context.terminal.say(&format!("Nothing has drifted at {}.", spelled.join(", ")));
            return Ok(state);
        }
        let applied = state.last_plan.as_ref().map(|run| run.at);
        let drifts = Drifts { plan: &plan, applied, told, ignored: 0 };
        let format = DiffFormat::Text(context.terminal.style(Detail::Default));
        context.terminal.print(&render::drift(&[drifts], format))?;
        let accepted = plan::accept(&input, &plan, &arguments.addresses).map_err(|why| match why {
            Unacceptable::Refused(refusals) => CliError::refusals(train.name.as_str(), &refusals)
                .hint("nothing is recorded as meant as long as nothing could be planned from it"),
            Unacceptable::Stays(drifts) => CliError::new(
                exit::ERROR,
                format!("{} cannot be recorded as meant", render::count(drifts.len(), "drift")),
            )
            .hint("have the service be as the state says, or the train file as the service is; then apply"),
        })?;
        context.terminal.say("\nRecorded as meant, that is:");
        Ok(accepted)
    })
}
