//! `patchtrain status`: how the fleet, a group or one instance stands to its release now. Writes
//! nothing but the inventory, a cache of what was seen.

use super::args::Status as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::look;
use super::{CliError, each, exit, inventory, watch};
use crate::name::{GroupName, Ocid};
use crate::render::{self, Style};
use crate::report::{Fleet, FleetStatus, GroupStatus, InstanceLine};
use crate::state::store::Store;
use crate::train::Train;

/// Shows each selected train, or the one thing that was asked for.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if arguments.watch {
        return watch::run(context, arguments);
    }
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let style = context.terminal.style(arguments.amount.detail());
    let calls = arguments.parallelism.calls();
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let mut found = false;
        let code = each::train(context, &trains, async |train| {
            let store = context.store(train, &interrupt).await?;
            let stored = store.load().await?;
            let state = context.own_state(train, stored.clone(), &interrupt).await?;
            let connection = connector.connect(train, &interrupt).await?;
            let seen = (connection.clock)();
            let observed = look::observe(context, &interrupt, &connection, (train, &state), calls).await?;
            // What was read while somebody applied is neither what was there before nor what is there now.
            if store.load().await? == stored {
                inventory::keep(context, &interrupt, (train, &state), &connection, (&observed, seen)).await;
            }
            let fleet = Fleet { train, state: &state, observed: &observed };
            let status = fleet.status(&connection.label, (connection.clock)());
            if let Some(text) = text(arguments.of.as_deref(), &fleet, &status, style)? {
                found = true;
                context.terminal.print(&text)?;
            }
            Ok(exit::DONE)
        })
        .await;
        match &arguments.of {
            Some(wanted) if !found && code == exit::DONE => Err(unknown(wanted, &trains)),
            _ => Ok(code),
        }
    })
}

/// Lays out what was asked for, if the train has it. A group goes before an instance of the same name.
fn text(
    of: Option<&str>,
    fleet: &Fleet<'_>,
    status: &FleetStatus,
    style: Style,
) -> Result<Option<String>, CliError> {
    let Some(wanted) = of else { return Ok(Some(render::status(status, None, style))) };
    if let Some(group) = fleet.train.group(&GroupName::new(wanted)) {
        return Ok(Some(render::status(status, Some(&group.name), style)));
    }
    let of_instance = |group, line: &InstanceLine| render::instance_status(status, group, line, style);
    match &members(status, fleet, wanted)[..] {
        [] => {}
        [(group, line)] => return Ok(Some(of_instance(Some(*group), line))),
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, line)| line.id.as_str()).collect();
            return Err(CliError::usage(format!("{} instances are called `{wanted}`", ids.len()))
                .hint(format!("say which by its OCID: {}", ids.join(", "))));
        }
    }
    let by_name = fleet.observed.instances.iter().find(|(_, known)| *known.name == *wanted);
    let outsider = fleet.outsider(by_name.map_or(&Ocid::new(wanted), |(id, _)| id));
    Ok(outsider.map(|line| of_instance(None, &line)))
}

/// Finds the members with an OCID or display name. A label is not enough: it is the OCID where names are not unique.
fn members<'a>(
    status: &'a FleetStatus,
    fleet: &Fleet<'_>,
    wanted: &str,
) -> Vec<(&'a GroupStatus, &'a InstanceLine)> {
    let named = |line: &InstanceLine| {
        line.id.as_str() == wanted
            || fleet.observed.instances.get(&line.id).is_some_and(|known| *known.name == *wanted)
    };
    let all = status.groups.iter().flat_map(|group| group.instances.iter().map(move |line| (group, line)));
    all.filter(|(_, line)| named(line)).collect()
}

fn unknown(wanted: &str, trains: &[Train]) -> CliError {
    let groups: Vec<&str> =
        trains.iter().flat_map(|train| train.groups.iter().map(|group| group.name.as_str())).collect();
    CliError::usage(format!("there is no group and no instance `{wanted}`"))
        .hint(format!("the groups are: {}", groups.join(", ")))
        .hint("an instance goes by its display name or OCID, as `patchtrain status --full` lists them")
}
