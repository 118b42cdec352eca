//! Taking a golden instance's set as it would have been on an earlier day: what the service's errata have brought since
//! is exchanged for what was there then.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::golden::Reading;
use crate::advisory::Flavour;
use crate::apply::Interrupt;
use crate::cli::advisories;
use crate::cli::connect::Connection;
use crate::cli::context::Context;
use crate::cli::look;
use crate::cli::signals::unless_interrupted;
use crate::cli::{CliError, exit};
use crate::cloud::{Cloud, CloudError};
use crate::observed::{Scope, Sighting};
use crate::package::freeze::as_of::{self, Earlier, Since};
use crate::package::freeze::hotfix::is_for_major;
use crate::package::{Package, PackageSet};
use crate::train::{Train, os_major};

/// What became of the packages that came later.
pub(super) struct Moved {
    pub(super) decided: Vec<Earlier>,
    /// How many errata were issued since.
    pub(super) errata: usize,
    /// How many from before were read, to tell what they had named already.
    pub(super) earlier: usize,
    /// Sources that could not be read, and may have versions that are not known.
    pub(super) unread: Vec<Arc<str>>,
}

/// What errata and sources tell.
struct Told {
    brought: PackageSet,
    before: PackageSet,
    errata: usize,
    earlier: usize,
    offered: PackageSet,
    unread: Vec<Arc<str>>,
}

/// Exchanges the packages in what was read.
pub(super) async fn apply<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    train: &Train,
    (day, calls): (Date, usize),
    golden: &mut Reading,
) -> Result<Moved, CliError> {
    const WHAT: &str = "reading errata";
    let mut progress = look::Reading::start(context, WHAT, format!("the errata after {day}"));
    connection.retries.watch(progress.retries(context));
    let reads = brought(connection, day, golden, calls, |done, total| progress.count(WHAT, done, total));
    let read = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.finish(context, matches!(read, Ok(Ok(_))));
    let Told { brought, before, errata, earlier, offered, unread } = read??;
    let offered: PackageSet = match os_major(&train.os) {
        Some(major) => offered.iter().filter(|package| is_for_major(*package, major)).collect(),
        None => offered,
    };
    let unmanaged = |package: Package| train.unmanaged.iter().any(|pattern| pattern.matches(package.name()));
    let since = Since {
        brought: &brought,
        before: &before,
        offered: &offered,
        streams: &golden.streams,
        is_alike: &|one, other| Flavour::of(one) == Flavour::of(other),
    };
    let unsourced = &golden.inventory.unsourced;
    let concerns = |package: Package| !unmanaged(package) && !unsourced.contains(package);
    let (installed, decided) = as_of::as_of(&golden.inventory.installed, &since, concerns);
    golden.inventory.installed = installed;
    // The kernel that runs may be one of a later day: what it is says nothing of this one.
    if decided.iter().any(|one| matches!(one, Earlier::Dropped(_) | Earlier::Replaced { .. })) {
        golden.instance.running_kernel = None;
        golden.instance.reboot_required = false;
    }
    Ok(Moved { decided, errata, earlier, unread })
}

/// Reads what errata have named since the end of the day; where something installed is among it, what earlier errata had
/// named of that, and what is on offer of these names.
async fn brought<C: Cloud>(
    connection: &Connection<C>,
    day: Date,
    golden: &Reading,
    calls: usize,
    mut on_read: impl FnMut(usize, usize),
) -> Result<Told, CliError> {
    let failed = |error| CliError::from(error).while_doing("the service's errata could not be read");
    let next = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
    let next =
        next.map_err(|error| CliError::of(exit::USAGE, &error).while_doing("--as-of is out of range"))?;
    let next = next.timestamp();
    let mut errata =
        advisories::errata(&*connection.cloud, Some(next), calls, &mut on_read).await.map_err(failed)?;
    // One without a date is there because the service says so.
    errata.retain(|erratum| erratum.issued.is_none_or(|at| at >= next));
    let brought: PackageSet = errata.iter().flat_map(|erratum| erratum.packages.iter().copied()).collect();
    let late = golden.inventory.installed.iter().filter(|package| brought.contains(*package));
    let names: BTreeSet<Arc<str>> = late.map(|package| Arc::from(package.name())).collect();
    let mut told = Told {
        before: PackageSet::default(),
        errata: errata.len(),
        earlier: 0,
        offered: PackageSet::default(),
        unread: Vec::new(),
        brought,
    };
    if names.is_empty() {
        return Ok(told);
    }
    let wanted: BTreeSet<Package> =
        told.brought.iter().filter(|package| names.contains(package.name())).collect();
    (told.before, told.earlier) =
        named_before(&*connection.cloud, next, &wanted, calls, on_read).await.map_err(failed)?;
    let scope = Scope::Offers(Some(golden.id.clone()), names);
    if let Sighting::Offers(offered, unread) = connection.cloud.observe(&scope).await.map_err(failed)? {
        (told.offered, told.unread) = (offered, unread);
    }
    Ok(told)
}

/// Returns which of these packages errata up to a time have named, and how many errata were read for that. A list of
/// errata does not tell packages: they are read from the newest on, until all have been found or none is left.
async fn named_before<C: Cloud>(
    cloud: &C,
    end: Timestamp,
    wanted: &BTreeSet<Package>,
    calls: usize,
    mut on_read: impl FnMut(usize, usize),
) -> Result<(PackageSet, usize), CloudError> {
    let Sighting::ErrataSince(_, mut listed) = cloud.observe(&Scope::ErrataSince(None)).await? else {
        return Ok((PackageSet::default(), 0));
    };
    listed.retain(|erratum| erratum.issued.is_some_and(|at| at < end));
    listed.sort_by_key(|erratum| std::cmp::Reverse(erratum.issued));
    let scopes: Vec<Scope> = listed.iter().map(|erratum| Scope::Erratum(Arc::clone(&erratum.id))).collect();
    let mut found = BTreeSet::new();
    let mut read = 0;
    let mut reads =
        stream::iter(scopes.iter().map(|scope| cloud.observe(scope))).buffer_unordered(calls.max(1));
    while found.len() < wanted.len()
        && let Some(sighting) = reads.next().await
    {
        if let Sighting::Erratum(_, Some(erratum)) = sighting? {
            found.extend(erratum.packages.iter().filter(|package| wanted.contains(package)).copied());
        }
        read += 1;
        on_read(read, scopes.len());
    }
    Ok((found.into_iter().collect(), read))
}
