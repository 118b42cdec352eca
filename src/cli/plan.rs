//! `patchtrain plan`: shows what would change and why. Writes nothing but the file that `--out` names. With
//! `--refresh=false` it is made from the inventory, and the service is asked for nothing.

use super::args::Plan as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::look::{self, Manner};
use super::notify::Notifier;
use super::{CliError, apply, drift, each, exit, inventory, layout, policy, rehearsal, stream};

/// Plans each selected train.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if arguments.refresh_only {
        return drift::instead_of_plan(context, arguments);
    }
    let trains = context.workspace.trains(&arguments.selection.train)?;
    if arguments.out.is_some() && trains.len() > 1 {
        let names: Vec<&str> = trains.iter().map(|train| train.name.as_str()).collect();
        return Err(CliError::usage(format!(
            "--out saves the plan of one train, and there are {}",
            trains.len()
        ))
        .hint(format!("pick one with --train: {}", names.join(", "))));
    }
    layout::alone(&arguments.layout, &trains, arguments.rehearse)?;
    let style = context.terminal.style(arguments.amount.detail());
    let format = layout::format(context, &arguments.layout, style, arguments.out.as_deref())?;
    let manner =
        Manner::of(&arguments.parallelism, &arguments.planning).aiming(&arguments.targets, &trains)?;
    let manner = Manner { at: arguments.at, ..manner };
    let manner = manner.told_by(&arguments.repodata);
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let code = each::train(context, &trains, async |train| {
            // No lock: a plan takes what is there, and apply compares it with what is there then.
            let state = context.own_state(train, context.state(train, &interrupt).await?, &interrupt).await?;
            let connection = connector.connect(train, &interrupt).await?;
            let (plan, observed) = if arguments.refresh {
                look::plan_and_world(context, &interrupt, &connection, (train, &state), manner).await?
            } else {
                let mut cached = inventory::load(context, &interrupt, (train, &state), &connection).await?;
                look::ask_repositories(context, &interrupt, train, &mut cached.observed, manner.repodata)
                    .await?;
                let plan = look::planned(&connection, (train, &state), &cached.observed, manner)?;
                let place = context.store(train, &interrupt).await?.inventory_place();
                inventory::tell(context, &place, &plan, cached.seen);
                (plan.made_from(cached.seen), cached.observed)
            };
            let (wanted, calls) = (&arguments.advisories, manner.calls);
            let plan = look::judged(context, &interrupt, &connection, (train, &state, plan), wanted, calls).await?;
            let plan = if arguments.at.is_some() { plan.made_at((connection.clock)()) } else { plan };
            context.terminal.print(&crate::render::plan_as(&plan, &format))?;
            stream::planned(context, &plan)?;
            if let Some(at) = arguments.at {
                context.terminal.say(&format!(
                    "\nWhat windows and soaks hold is told for {at:.0}, all else as it is now; nothing was planned for then."
                ));
            }
            if arguments.rehearse {
                let work = arguments.rehearse_update;
                let begins = arguments.at.unwrap_or(plan.created);
                let played = (plan.clone(), state, observed);
                let settings = apply::settings(manner.calls, false, connection.work_timeout);
                let told = rehearsal::play(&interrupt, played, (begins, work), settings).await?;
                let text = crate::render::rehearsal(&plan, &told, style);
                context.terminal.print(&format!("\n{text}"))?;
                stream::rehearsed(context, &plan, &told)?;
            }
            // What somebody only asks about is no plan that others are told of.
            let notify = train.notify.as_ref().filter(|_| arguments.at.is_none());
            let notifier = Notifier::new(context, notify, &plan);
            notifier.planned(&plan);
            if let Some(file) = &arguments.out {
                crate::plan::save(&plan, file, &context.sealing(train)?)?;
                context.terminal.say(&format!(
                    "\nThe plan is saved. To perform exactly these actions, run:\n    {}",
                    context.again("apply", file)
                ));
            }
            notifier.finish(context).await;
            if plan.is_denied() {
                return Err(policy::denied(&plan));
            }
            // A policy that is never put on record is none that anybody is held to.
            let different = arguments.detailed_exitcode && (plan.can_start() || plan.records_policy());
            Ok(if different { exit::DIFFERENT } else { exit::DONE })
        })
        .await;
        Ok(code)
    })
}
