//! `patchtrain status`: how the fleet, a group or one instance stands to its release now. The numbers are those of a
//! plan that is made in memory for the purpose; nothing is written.

use super::args::Status as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::look::{self, Look, Manner};
use super::{CliError, each, exit};
use crate::conformance::Verdict;
use crate::name::{GroupName, Ocid};
use crate::observed::Observed;
use crate::render::{self, Style};
use crate::state::State;
use crate::state::store::Store;
use crate::train::{Group, Members, Train};

/// Shows each selected train, or the one thing that was asked for.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let style = context.terminal.style(arguments.amount.detail());
    // A status is there to show what is wrong; how much of a group would leave is `plan`'s to refuse.
    let manner = Manner { calls: arguments.parallelism.calls(), allow_shrink: true };
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, manner.calls);
        let mut found = false;
        let code = each::train(context, &trains, async |train| {
            let state = match context.workspace.store(&train.name).load().await? {
                Some(state) => state,
                None => look::unapplied(&train.name)?,
            };
            let connection = connector.connect(train, &interrupt).await?;
            let look = look::look(context, &interrupt, &connection, (train, &state), manner).await?;
            if let Some(text) = text(arguments.of.as_deref(), train, &state, &look, style)? {
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
    train: &Train,
    state: &State,
    look: &Look,
    style: Style,
) -> Result<Option<String>, CliError> {
    let Look { plan, observed } = look;
    let Some(wanted) = of else { return Ok(Some(render::status(plan, state, observed, None, style))) };
    if train.group(&GroupName::new(wanted)).is_some() {
        return Ok(Some(render::status(plan, state, observed, Some(wanted), style)));
    }
    let Some(instance) = instance(wanted, train, observed)? else { return Ok(None) };
    let group = group_of(&instance, train, state, observed);
    let release = group.and_then(|group| train.release(&group.release));
    let inventory = observed.instances.get(&instance).and_then(|known| known.inventory.as_ref());
    let verdict = inventory
        .zip(release)
        .map(|(inventory, release)| Verdict::of(inventory, release.packages(), &train.unmanaged));
    Ok(Some(render::instance_status(plan, state, observed, &instance, verdict.as_ref(), style)))
}

/// Finds an instance by OCID or display name; a name that several carry is an error that lists them.
fn instance(wanted: &str, train: &Train, observed: &Observed) -> Result<Option<Ocid>, CliError> {
    let id = Ocid::new(wanted);
    let listed = train.groups.iter().any(|group| match &group.members {
        Members::Listed(members) => members.contains(&id),
        Members::Service => false,
    });
    if listed || observed.instances.contains_key(&id) {
        return Ok(Some(id));
    }
    let named: Vec<&Ocid> =
        observed.instances.iter().filter(|(_, known)| *known.name == *wanted).map(|(id, _)| id).collect();
    match named[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        _ => Err(CliError::usage(format!("{} instances are called `{wanted}`", named.len())).hint(format!(
            "say which by its OCID: {}",
            named.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// Returns the group that binds an instance.
fn group_of<'a>(instance: &Ocid, train: &'a Train, state: &State, observed: &Observed) -> Option<&'a Group> {
    train.groups.iter().find(|group| match &group.members {
        Members::Listed(members) => members.contains(instance),
        Members::Service => {
            let id = group.id.as_ref().or_else(|| state.groups.get(&group.name).map(|known| &known.id));
            observed.groups.iter().any(|(known, service)| {
                let this = id.map_or_else(|| *service.name == *group.name.as_str(), |id| id == known);
                this && service.members.contains(instance)
            })
        }
    })
}

fn unknown(wanted: &str, trains: &[Train]) -> CliError {
    let groups: Vec<String> =
        trains.iter().flat_map(|train| train.groups.iter().map(|group| group.name.to_string())).collect();
    CliError::usage(format!("there is no group and no instance `{wanted}`"))
        .hint(format!("the groups are: {}", groups.join(", ")))
        .hint("an instance goes by its display name or OCID, as `patchtrain status --full` lists them")
}
