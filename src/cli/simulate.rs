//! `patchtrain simulate`: serves the workspace's simulator to any client until a signal comes, or moves its clock.

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::args::{Simulate as Arguments, SimulateAction};
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, exit};
use crate::simulator::{self, Handle, Info, Manner, Service};

/// Serves, or moves the clock.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.action {
        Some(SimulateAction::Advance { by }) => advance(context, *by),
        None => serve(context, arguments),
    }
}

fn serve(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let api = arguments.api.as_deref();
    let manner = Manner {
        only: api.map(|api| if api == "osmh" { Service::Osmh } else { Service::Osms }),
        fleet: arguments.instances.map(usize::from),
        latency: Duration::from_millis(u64::from(arguments.latency)),
        work: arguments.work.map(|work| Duration::from_millis(u64::from(work))),
    };
    context.block_on(async |interrupt| {
        let place = context.workspace.simulator();
        let served = async {
            let handle = Handle::serve(place, arguments.port.unwrap_or(0), manner).await?;
            let (endpoint, info) = (handle.endpoint().await?, handle.info().await?);
            Ok((handle, endpoint, info))
        };
        let served = unless_interrupted(&interrupt, served).await?;
        // Dropping the handle ends the service.
        let (_handle, endpoint, info) =
            served.map_err(|error: io::Error| match (error.kind(), arguments.port) {
                (io::ErrorKind::AddrInUse, Some(_)) => failed(&error, "cannot serve the simulator")
                    .hint("end the process that has it, or choose another --port (left out: any free one)"),
                _ => failed(&error, "cannot serve the simulator"),
            })?;
        let config = match &arguments.config {
            Some(folder) => Some(simulator::write_config(folder).map_err(|error| {
                failed(&error, &format!("cannot write the configuration to {}", folder.display()))
            })?),
            None => None,
        };
        context.terminal.print(&facts(&endpoint, &info, config.as_deref()))?;
        if let Some(config) = &config {
            let api = api.unwrap_or("osms");
            context.terminal.say(&format!(
                "To use it from elsewhere: `endpoints = {{ {api} = \"{endpoint}\" }}` in the train file, and\n\
                 OCI_CONFIG_FILE={} in the environment. Oracle's clients take the same file, and\n\
                 `--endpoint {endpoint}`.",
                config.display()
            ));
        }
        context.terminal.say(&format!("The simulator is served at {endpoint} until Ctrl-C (or SIGTERM)."));
        // To be ended is what a server is there for.
        let ended = unless_interrupted(&interrupt, std::future::pending::<()>()).await;
        Ok(ended.map_or(exit::DONE, |()| exit::ERROR))
    })
}

fn advance(context: &Context, by: SignedDuration) -> Result<u8, CliError> {
    context.block_on(async |interrupt| {
        let moved = async {
            let handle = Handle::attach(context.workspace.simulator()).await?;
            handle.advance(by.as_secs()).await
        };
        let now = unless_interrupted(&interrupt, moved)
            .await?
            .map_err(|error: io::Error| failed(&error, "the simulator's clock cannot be moved"))?;
        context.terminal.print(&format!("time  {now:.0}\n"))?;
        Ok(exit::DONE)
    })
}

fn failed(error: &io::Error, what: &str) -> CliError {
    CliError::of(exit::ERROR, error).while_doing(what)
}

/// Lays out what a client and the writer of a train file need: a name and a value a line.
fn facts(endpoint: &str, info: &Info, config: Option<&Path>) -> String {
    let facts = &info.facts;
    let mut rows = vec![
        ("endpoint".to_owned(), endpoint.to_owned()),
        ("time".to_owned(), format!("{:.0}", info.now)),
        ("region".to_owned(), facts.region.clone()),
        ("tenancy".to_owned(), facts.tenancy.clone()),
        ("compartment".to_owned(), facts.compartment.clone()),
        ("golden".to_owned(), format!("{}  {}", facts.golden.id, facts.golden.name)),
    ];
    rows.extend(facts.vendor_sources.iter().map(|name| ("vendor-source".to_owned(), name.clone())));
    if let Some(config) = config {
        rows.push(("config".to_owned(), config.display().to_string()));
    }
    for (group, members) in &facts.groups {
        let members = members.iter().map(|member| format!("{}  {}", member.id, member.name));
        rows.extend(members.map(|member| (format!("group.{group}"), member)));
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name:<width$}  {value}");
        text
    })
}
