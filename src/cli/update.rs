//! `patchtrain update`: installs updates or enables module streams now, shown and confirmed like a plan, and run like one.

use std::collections::BTreeSet;

use super::apply::{Manners, execute, held_code};
use super::args::Update as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::policy::{self, By, Word};
use super::{CliError, exit, lock, look, prompt};
use crate::apply::{Asked, Interrupt};
use crate::name::{GroupName, Ocid};
use crate::observed::Observed;
use crate::op::Wanted;
use crate::package::StreamName;
use crate::plan::{self, Input, Request, Target};
use crate::render;
use crate::report::Fleet;
use crate::state::State;
use crate::train::Train;

/// Shows what would be installed where, asks, and has it installed.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if !arguments.auto_approve && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("approve whatever the updates will be, with --auto-approve"));
    }
    let of_one = |(at, stream): &(usize, &StreamName)| {
        arguments.streams[..*at].iter().any(|other| other.module == stream.module)
    };
    if let Some((_, stream)) = arguments.streams.iter().enumerate().find(of_one) {
        return Err(CliError::usage(format!("two streams of module `{}` are asked for", stream.module))
            .hint("only one stream of a module can be enabled"));
    }
    let train = train_of(context, arguments)?;
    context.block_on(async |interrupt| one(context, arguments, &interrupt, &train).await)
}

/// Returns the train that is meant.
fn train_of(context: &Context, arguments: &Arguments) -> Result<Train, CliError> {
    let named: Vec<String> = arguments.train.iter().cloned().collect();
    let mut trains = context.workspace.trains(&named)?;
    if let Some(group) = &arguments.group {
        let groups: Vec<String> =
            trains.iter().flat_map(|train| &train.groups).map(|group| group.name.to_string()).collect();
        trains.retain(|train| train.group(group).is_some());
        if trains.is_empty() {
            return Err(CliError::usage(format!("there is no group `{group}`"))
                .hint(format!("the groups are: {}", groups.join(", "))));
        }
    }
    if trains.len() > 1 {
        let names: Vec<&str> = trains.iter().map(|train| train.name.as_str()).collect();
        let what = arguments.group.as_ref().map_or_else(
            || format!("there are {} trains", names.len()),
            |group| format!("{} trains have a group `{group}`", names.len()),
        );
        return Err(CliError::usage(what).hint(format!("pick one with --train: {}", names.join(", "))));
    }
    trains.pop().ok_or_else(|| CliError::usage("there is no train"))
}

async fn one(
    context: &Context,
    arguments: &Arguments,
    interrupt: &Interrupt,
    train: &Train,
) -> Result<u8, CliError> {
    let (session, state) = lock::take(context, interrupt, train, &arguments.locking).await?;
    let state = context.own_state(train, state, interrupt).await?;
    let calls = arguments.parallelism.calls();
    let connection = Connector::new(context, &arguments.parallelism)?.connect(train, interrupt).await?;
    let targets = |observed: &Observed| targets(arguments, train, &state, observed);
    let asked = if arguments.streams.is_empty() { Asked::Updates } else { Asked::Streams };
    let observed =
        look::observe_updates(context, interrupt, &connection, (train, &state), (targets, asked), calls)
            .await?;
    let target = match (&arguments.group, &arguments.instance) {
        (Some(group), _) => Target::Group(group.clone()),
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            Target::Instance(named(name, train, &state, &observed)?)
        }
    };
    let wanted = Wanted::of_word(&arguments.kind).unwrap_or(Wanted::All);
    let (packages, streams) = (arguments.packages.clone(), arguments.streams.clone());
    let request = Request { target, wanted, packages, streams };
    let input = Input {
        train,
        state: &state,
        observed: &observed,
        capabilities: connection.capabilities,
        service: &connection.label,
        now: (connection.clock)(),
        allow_shrink: true,
    };
    let plan = plan::update(&input, &request).map_err(|stranger| {
        CliError::usage(stranger.to_string())
            .hint("`patchtrain status --full` lists the groups and their instances")
    })?;
    let plan = policy::reviewed(plan, (train, &state), None);
    let style = context.terminal.style(arguments.amount.detail());
    context.terminal.print(&render::plan(&plan, style))?;
    if !plan.can_start() {
        let what = match wanted {
            _ if asked == Asked::Streams => "All that was asked for is enabled".to_owned(),
            Wanted::All => "No update is outstanding".to_owned(),
            wanted => format!("No {wanted} update is outstanding"),
        };
        context.terminal.say(&match plan.held.is_empty() {
            true => format!("\n{what}."),
            false => "\nThere is nothing that could be done now.".to_owned(),
        });
        return Ok(held_code(arguments.detailed_exitcode, !plan.held.is_empty()));
    }
    let word = Word { by: By::Update, reason: arguments.overriding.reason.as_deref(), ..Word::default() };
    let consent = policy::consent(&plan, (train, &state), plan.created, &word)?;
    if !arguments.auto_approve || !context.terminal.can_draw {
        context.terminal.say("");
    }
    if !arguments.auto_approve && !prompt::approved(context, interrupt, &plan).await? {
        return Err(CliError::new(
            exit::ERROR,
            match asked {
                Asked::Updates => "the updates were not approved; nothing was changed",
                Asked::Streams => "the module streams were not approved; nothing was changed",
            },
        ));
    }
    let detail = arguments.amount.detail();
    let manners = Manners {
        calls,
        detail,
        detailed_exitcode: arguments.detailed_exitcode,
        wait: false,
        notify: train.notify.clone(),
        consent,
    };
    execute(context, &manners, interrupt, &connection, &plan, session, state).await
}

/// Picks the instances whose updates are read.
fn targets(arguments: &Arguments, train: &Train, state: &State, observed: &Observed) -> BTreeSet<Ocid> {
    let fleet = Fleet { train, state, observed };
    match (&arguments.group, &arguments.instance) {
        (Some(group), _) => fleet.members_of(group),
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            named(name, train, state, observed).into_iter().collect()
        }
    }
}

/// Finds an instance by OCID or display name among the train's members and its golden instance.
fn named(name: &str, train: &Train, state: &State, observed: &Observed) -> Result<Ocid, CliError> {
    let fleet = Fleet { train, state, observed };
    let groups = train.groups.iter().map(|group: &crate::train::Group| &group.name);
    let members: BTreeSet<Ocid> = groups.flat_map(|group: &GroupName| fleet.members_of(group)).collect();
    let all: BTreeSet<&Ocid> = members.iter().chain(&train.golden).collect();
    if let Some(id) = all.iter().find(|id| id.as_str() == name) {
        return Ok((*id).clone());
    }
    let is = |id: &&&Ocid| observed.instances.get(**id).is_some_and(|seen| *seen.name == *name);
    let same: Vec<&Ocid> = all.iter().filter(is).copied().collect();
    match same.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(CliError::usage(format!(
            "no group of train {} holds an instance `{name}`, and its golden instance is another",
            train.name
        ))
        .hint("an instance goes by its display name or OCID, as `patchtrain status --full` lists them")),
        several => {
            let ids: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            Err(CliError::usage(format!("{} instances are called `{name}`", ids.len()))
                .hint(format!("say which by its OCID: {}", ids.join(", "))))
        }
    }
}
