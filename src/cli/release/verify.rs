//! `patchtrain release verify`: releases compared with the state and the service, and with what repositories tell.

use super::{find, one_train, service, state};
use crate::cli::args::{Advisories, ReleaseVerify as Arguments};
use crate::cli::connect::Connector;
use crate::cli::context::Context;
use crate::cli::{CliError, advisories, exit, repositories};
use crate::package::PackageSet;
use crate::release::{self, Found};
use crate::render::{self, Checked};
use crate::train::Release;

/// Checks the releases, and shows what was found.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&[])?;
    let train = one_train(&trains, arguments.train.as_deref())?;
    let releases: Vec<&Release> = match arguments.releases.as_slice() {
        [] => train.releases.iter().collect(),
        names => names.iter().map(|name| find(train, name)).collect::<Result<_, _>>()?,
    };
    if releases.is_empty() {
        context.terminal.say(&format!("Train {} has no releases yet.", train.name));
        return Ok(exit::DONE);
    }
    let wanted = Advisories { sources: arguments.advisories.clone(), since: None };
    if arguments.offline && wanted.ask_the_service() {
        return Err(CliError::usage("--offline asks no service, and so not for its errata")
            .hint("leave out --offline, or name a file of advisories; one of that name is ./service"));
    }
    let checked = context.block_on(async |interrupt| {
        let state = state(context, &interrupt, train).await?;
        let os_major = advisories::os_major(Some(train), &PackageSet::default());
        let mut book = advisories::files(context, &interrupt, &wanted, os_major).await?;
        let repodata = match arguments.repodata.as_slice() {
            [] => None,
            places => {
                let wanted = releases.iter().flat_map(|release| release.packages().iter());
                let wanted: PackageSet = wanted.collect();
                Some(repositories::read(context, &interrupt, places, &wanted).await?)
            }
        };
        let connection = match arguments.offline {
            true => None,
            false => {
                let mut connector = Connector::new(context, &arguments.parallelism)?;
                Some(connector.connect(train, &interrupt).await?)
            }
        };
        if let Some(connection) = &connection {
            let calls = arguments.parallelism.calls();
            book = advisories::and_errata(context, &interrupt, connection, &wanted, calls, book).await?;
        }
        let mut checked = Vec::new();
        for release in &releases {
            let found = match &connection {
                None => Found::NotAsked,
                Some(connection) => {
                    service::find(context, &interrupt, connection, (train, state.as_ref()), release).await?
                }
            };
            checked.push(Checked {
                verified: release::verify(train, release, state.as_ref(), &found),
                dependencies: repodata
                    .as_ref()
                    .map(|repodata| release::dependencies(&release.manifest, repodata)),
                flags: release::flagged(release, book.as_ref()),
            });
        }
        Ok(checked)
    })?;
    context.terminal.print(&render::verified(&checked, context.terminal.style(arguments.amount.detail())))?;
    Ok(if checked.iter().all(Checked::is_good) { exit::DONE } else { exit::DIFFERENT })
}
