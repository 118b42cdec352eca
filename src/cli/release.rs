//! `patchtrain release`: what there is to know of releases. Changes nothing; only `verify` asks the service, unless it is
//! told not to.

mod service;
mod verify;

use super::args::{
    self, DiffFormat, Flags, Release as Arguments, ReleaseAction, ReleaseList, ReleaseSbom, ReleaseShow,
};
use super::context::Context;
use super::{CliError, advisories, exit, own_state, workspace, write};
use crate::advisory::Advisories;
use crate::apply::Interrupt;
use crate::name::ReleaseName;
use crate::package::PackageSet;
use crate::release::{self, Portrait};
use crate::render::{self, TimelineFormat};
use crate::state::State;
use crate::train::{Release, Train};

/// Does what was asked for.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.action {
        ReleaseAction::List(arguments) => list(context, arguments),
        ReleaseAction::Show(arguments) => show(context, arguments),
        ReleaseAction::Verify(arguments) => verify::run(context, arguments),
        ReleaseAction::Sbom(arguments) => sbom(context, arguments),
    }
}

fn list(context: &Context, arguments: &ReleaseList) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let timelines = context.block_on(async |interrupt| {
        let mut timelines = Vec::new();
        for train in &trains {
            let state = state(context, &interrupt, train).await?;
            let book = book(context, &interrupt, &arguments.flags, train).await?;
            timelines.push(release::timeline(train, state.as_ref(), book.as_ref()));
        }
        Ok(timelines)
    })?;
    let format = match arguments.format {
        DiffFormat::Text => TimelineFormat::Text(context.terminal.style(arguments.amount.detail())),
        DiffFormat::Markdown => TimelineFormat::Markdown,
        DiffFormat::Json => TimelineFormat::Json,
    };
    context.terminal.print(&render::timeline(&timelines, format))?;
    Ok(exit::DONE)
}

fn show(context: &Context, arguments: &ReleaseShow) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&[])?;
    let train = one_train(&trains, arguments.train.as_deref())?;
    let wanted = find(train, &arguments.release)?;
    let timeline = context.block_on(async |interrupt| {
        let state = state(context, &interrupt, train).await?;
        let book = book(context, &interrupt, &arguments.flags, train).await?;
        Ok(release::timeline(train, state.as_ref(), book.as_ref()))
    })?;
    if let Some(milestone) = timeline.releases.iter().find(|milestone| milestone.name == wanted.name) {
        let portrait = Portrait::of(wanted, milestone);
        let style = context.terminal.style(arguments.amount.detail());
        context.terminal.print(&render::portrait(&portrait, style))?;
    }
    Ok(exit::DONE)
}

fn sbom(context: &Context, arguments: &ReleaseSbom) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&[])?;
    let train = one_train(&trains, arguments.train.as_deref())?;
    let text = release::sbom(train, find(train, &arguments.release)?);
    let Some(file) = &arguments.out else {
        context.terminal.print(&text)?;
        return Ok(exit::DONE);
    };
    write::create(file, &text).map_err(|error| {
        CliError::of(exit::ERROR, &error)
            .while_doing(format!("cannot write {}", file.display()))
            .hint("a file that is there is not overwritten")
    })?;
    Ok(exit::DONE)
}

fn one_train<'a>(trains: &'a [Train], wanted: Option<&str>) -> Result<&'a Train, CliError> {
    workspace::one_of(trains, wanted, "a release is of one train, and there are several")
}

fn find<'a>(train: &'a Train, name: &ReleaseName) -> Result<&'a Release, CliError> {
    train.release(name).ok_or_else(|| {
        let known = train.releases.iter().map(|release| release.name.as_str());
        CliError::usage(format!("train `{}` has no release `{name}`", train.name)).hint(release::suggestion(
            name.as_str(),
            known,
            "releases",
        ))
    })
}

/// Reads the state, where the train was applied.
async fn state(context: &Context, interrupt: &Interrupt, train: &Train) -> Result<Option<State>, CliError> {
    let state = context.state(train, interrupt).await?;
    if let Some(state) = &state {
        own_state::fits(train, state)?;
    }
    Ok(state)
}

/// Reads the advisories that may flag releases.
async fn book(
    context: &Context,
    interrupt: &Interrupt,
    flags: &Flags,
    train: &Train,
) -> Result<Option<Advisories>, CliError> {
    let wanted = args::Advisories { sources: flags.advisories.clone(), since: None };
    if wanted.ask_the_service() {
        return Err(CliError::usage("this asks no service, and so not for its errata")
            .hint("`patchtrain release verify --advisories service` does")
            .hint("a file of that name is ./service"));
    }
    let os_major = advisories::os_major(Some(train), &PackageSet::default());
    advisories::files(context, interrupt, &wanted, os_major).await
}
