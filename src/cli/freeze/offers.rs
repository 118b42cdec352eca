//! Asking the train's service for the versions of packages that it offers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Desk;
use crate::cli::CliError;
use crate::cli::connect::Connector;
use crate::cli::look::Reading;
use crate::cli::signals::unless_interrupted;
use crate::cloud::Cloud;
use crate::observed::{Scope, Sighting};
use crate::package::PackageSet;
use crate::package::freeze::hotfix::is_for_major;

/// Whose sources count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The golden instance's: what an update would bring it. Others may have previews of what is to come.
    Golden,
    /// All.
    Anywhere,
}

/// Returns all versions of these names that are on offer for the train's system, as far as their releases tell it:
/// OSMS searches the sources of all systems at once.
pub(super) async fn of_names(
    desk: &Desk<'_>,
    from: From,
    names: BTreeSet<Arc<str>>,
) -> Result<PackageSet, CliError> {
    let Desk { context, arguments, train, interrupt, .. } = desk;
    let mut connector = Connector::new(context, &arguments.parallelism, arguments.identity.profile())?;
    let connection = connector.connect(train, interrupt).await?;
    let what = format!("looking for {} package names on offer", names.len());
    let mut progress = Reading::start(context, &what, "the versions on offer".to_owned());
    connection.retries.watch(progress.retries(context));
    let golden = train.golden.clone().filter(|_| from == From::Golden);
    let scope = Scope::Offers(golden, names);
    let seen = unless_interrupted(interrupt, connection.cloud.observe(&scope)).await;
    connection.retries.unwatch();
    progress.count(&what, 1, 1);
    progress.finish(context, matches!(seen, Ok(Ok(_))));
    let seen = seen?
        .map_err(|error| CliError::from(error).while_doing("the versions on offer could not be read"))?;
    let Sighting::Offers(offered) = seen else { return Ok(PackageSet::default()) };
    Ok(match super::major(&train.os) {
        Some(major) => offered.iter().filter(|package| is_for_major(*package, major)).collect(),
        None => offered,
    })
}
