//! `patchtrain status --watch`: a rollout as it goes, read from the state again and again until every rollout has ended.
//! Asks the service nothing, takes no lock and writes nothing.

use std::time::Duration;

use super::args::Status as Arguments;
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, exit, rollout};
use crate::apply::Interrupt;
use crate::name::GroupName;
use crate::render::{self, Detail};
use crate::report::watch::Watched;
use crate::train::Train;

/// How often the state is read where nobody says.
const EVERY: Duration = Duration::from_secs(5);

/// Watches the selected trains, or one group.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let group = arguments.of.as_deref().map(GroupName::new);
    if let Some(group) = &group
        && !trains.iter().any(|train| train.group(group).is_some())
    {
        return Err(CliError::usage(format!("no train has a group `{group}`"))
            .hint("what is watched is a rollout, which is a group's"));
    }
    let every = arguments.every.map_or(Ok(EVERY), Duration::try_from).unwrap_or(EVERY);
    context.block_on(async |interrupt| {
        let mut screen = Screen::default();
        loop {
            let mut watched = Vec::new();
            for train in &trains {
                if group.as_ref().is_none_or(|group| train.group(group).is_some()) {
                    watched.push(look(context, train, group.as_ref(), &interrupt).await?);
                }
            }
            screen.show(context, &watched, arguments.amount.detail())?;
            if watched.iter().all(Watched::is_over) {
                return Ok(exit::DONE);
            }
            unless_interrupted(&interrupt, tokio::time::sleep(every)).await?;
        }
    })
}

async fn look(
    context: &Context,
    train: &Train,
    group: Option<&GroupName>,
    interrupt: &Interrupt,
) -> Result<Watched, CliError> {
    let store = context.store(train, interrupt).await?;
    let lock = unless_interrupted(interrupt, store.locked()).await??;
    let stored = context.state(train, interrupt).await?;
    let state = context.own_state(train, stored, interrupt).await?;
    let now = rollout::now(context, train, interrupt).await?;
    Ok(Watched::of(train, &state, lock, group, now))
}

/// What stands on the terminal, to be replaced. An output that is none gets each change below the one before.
#[derive(Default)]
struct Screen {
    lines: usize,
    last: String,
}

impl Screen {
    fn show(&mut self, context: &Context, watched: &[Watched], detail: Detail) -> Result<(), CliError> {
        let Some((rows, style)) = context.terminal.redraws(detail) else {
            let style = context.terminal.style(detail);
            let told = render::watched(&watched.iter().map(Watched::timeless).collect::<Vec<_>>(), style);
            if told != self.last {
                let gap = if self.last.is_empty() { "" } else { "\n" };
                context.terminal.print(&format!("{gap}{}", render::watched(watched, style)))?;
            }
            self.last = told;
            return Ok(());
        };
        let text = render::watched(watched, style);
        // What has scrolled off cannot be taken back.
        let fits = rows.saturating_sub(2).max(1);
        let all: Vec<&str> = text.lines().collect();
        let mut shown: Vec<&str> = all.iter().take(fits).copied().collect();
        if all.len() > fits {
            shown.pop();
            shown.push("... the window is too low for the rest");
        }
        context.terminal.replace(self.lines, &shown)?;
        self.lines = shown.len();
        Ok(())
    }
}
