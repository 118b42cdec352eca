//! Asking the train's service for the versions of packages that it offers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Desk;
use crate::cli::CliError;
use crate::cli::connect::Connector;
use crate::cli::look::Reading;
use crate::cli::signals::unless_interrupted;
use crate::cloud::{Cloud, CloudError};
use crate::observed::{Scope, Sighting};
use crate::package::freeze::hotfix::is_for_major;
use crate::package::{PackageSet, StreamContents};
use crate::train::os_major;

/// Whose sources count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The golden instance's: what an update would bring it. Others may have previews of what is to come.
    Golden,
    /// All.
    Anywhere,
}

/// Returns the module streams that the golden instance has enabled or active, with what its sources list under them;
/// none where the train names no golden instance, or the service does not know it.
pub(super) async fn streams(desk: &Desk<'_>) -> Result<Vec<StreamContents>, CliError> {
    let Some(golden) = &desk.train.golden else { return Ok(Vec::new()) };
    let what = "reading the golden instance's module streams";
    let seen = ask(desk, what, "module streams".to_owned(), Scope::ModuleStreams(golden.clone())).await?;
    let seen = seen.map_err(|error| {
        CliError::from(error).while_doing("the golden instance's module streams could not be read")
    })?;
    match seen {
        Sighting::ModuleStreams(_, Some(streams)) => Ok(streams),
        _ => Ok(Vec::new()),
    }
}

/// What is on offer.
pub(super) struct Offered {
    pub(super) packages: PackageSet,
    /// Sources that could not be read, and may offer more.
    pub(super) unread: Vec<Arc<str>>,
}

/// Says which sources could not be read.
pub(super) fn unread_note(unread: &[Arc<str>]) -> Option<String> {
    let names: Vec<&str> = unread.iter().map(|name| &**name).collect();
    let what = format!("could not be read, and may offer other versions: {}", names.join(", "));
    (!names.is_empty()).then(|| format!("software sources {what}"))
}

/// As [`unread_note`], with the way out.
pub(super) fn unread_warning(unread: &[Arc<str>]) -> Option<String> {
    const HINT: &str = "a policy may hide them from whoever freezes: let them be read, and freeze again";
    unread_note(unread).map(|note| format!("{note}\n  hint: {HINT}"))
}

/// Returns all versions of these names that are on offer for the train's system, as far as their releases tell it:
/// OSMS searches the sources of all systems at once.
pub(super) async fn of_names(
    desk: &Desk<'_>,
    from: From,
    names: BTreeSet<Arc<str>>,
) -> Result<Offered, CliError> {
    let train = desk.train;
    let what = format!("looking for {} package names on offer", names.len());
    let golden = train.golden.clone().filter(|_| from == From::Golden);
    let seen = ask(desk, &what, "the versions on offer".to_owned(), Scope::Offers(golden, names)).await?;
    let seen =
        seen.map_err(|error| CliError::from(error).while_doing("the versions on offer could not be read"))?;
    let Sighting::Offers(offered, unread) = seen else {
        return Ok(Offered { packages: PackageSet::default(), unread: Vec::new() });
    };
    let packages = match os_major(&train.os) {
        Some(major) => offered.iter().filter(|package| is_for_major(*package, major)).collect(),
        None => offered,
    };
    Ok(Offered { packages, unread })
}

async fn ask(
    desk: &Desk<'_>,
    what: &str,
    title: String,
    scope: Scope,
) -> Result<Result<Sighting, CloudError>, CliError> {
    let Desk { context, arguments, train, interrupt, .. } = desk;
    let mut connector = Connector::new(context, &arguments.parallelism)?;
    let connection = connector.connect(train, interrupt).await?;
    let mut progress = Reading::start(context, what, title);
    connection.retries.watch(progress.retries(context));
    let seen = unless_interrupted(interrupt, connection.cloud.observe(&scope)).await;
    connection.retries.unwatch();
    progress.count(what, 1, 1);
    progress.finish(context, matches!(seen, Ok(Ok(_))));
    seen
}
