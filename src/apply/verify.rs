//! Reading back (safety rule 8): success is proven, not assumed.

use std::fmt::Write;
use std::time::Duration;

use tokio::time::Instant;

use super::desk::{Desk, Halt};
use super::worker::Report;
use crate::cloud::Cloud;
use crate::conformance::{Lag, Sorter, Verdict};
use crate::name::{Ocid, ReleaseName};
use crate::observed::{AvailableUpdate, Observed, Precondition, Scope, Sighting, Updates};
use crate::op::Wanted;
use crate::package::{Package, PackageSet, StreamName};
use crate::train::{Ahead, Patching};

/// How many packages a message names before it counts the rest.
const NAMED: usize = 3;

/// How long a source may go on listing other packages than were just put in or taken out: nobody says that its list
/// is up to date when the call is answered.
const LISTING_PATIENCE: Duration = Duration::from_secs(60);

/// A release to compare with.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) release: ReleaseName,
    pub(super) packages: PackageSet,
    pub(super) ahead: Ahead,
    pub(super) patching: Patching,
    /// Packages that keep the instance from being exactly the release, and that the plan leaves as they are.
    pub(super) stays: Vec<Package>,
}

/// Compares a source's packages with its release's: all of them, and no other.
pub(super) async fn contents<C: Cloud>(
    desk: &mut Desk<C>,
    source: &Ocid,
    release: &ReleaseName,
    packages: &PackageSet,
) -> Result<Report, Halt> {
    let begun = Instant::now();
    let patience = LISTING_PATIENCE.min(desk.settings().verify_patience);
    let mut waits = desk.waits();
    loop {
        let sighting = desk.read(&Scope::SourceContents(source.clone())).await?;
        let Sighting::SourceContents(_, Some(held)) = sighting else {
            let message = format!("the software source of {release} ({source}) is gone");
            return Ok(Report::Failed { message, over: true, own: false });
        };
        let (missing, foreign) = (packages.difference(&held), held.difference(packages));
        if missing.is_empty() && foreign.is_empty() {
            return Ok(Report::Done { already: false, id: None, name: None });
        }
        let message = not_the_release(release, missing, foreign);
        if begun.elapsed() >= patience {
            return Ok(Report::Failed { message, over: true, own: false });
        }
        desk.free_slot();
        desk.retry(message, waits.next()).await?;
    }
}

fn not_the_release(release: &ReleaseName, missing: Vec<Package>, foreign: Vec<Package>) -> String {
    let mut message = format!("the software source does not hold {release}");
    let list = [(missing, "missing"), (foreign, "not the release's")];
    for (packages, what) in list.iter().filter(|(packages, _)| !packages.is_empty()) {
        let names = packages.iter().take(NAMED).map(|package| package.as_str());
        message.push_str(&format_list(packages.len(), what, names));
    }
    message
}

/// Compares an instance's packages with its release. What the service shows may be older than what its agent did, so
/// an inventory that is behind is read again until it is not, or the patience for it ends.
pub(super) async fn level<C: Cloud>(
    desk: &mut Desk<C>,
    instance: &Ocid,
    level: &Level,
    (precondition, fallen): (&Precondition, Option<&str>),
) -> Result<Report, Halt> {
    // Work for the whole group that is known to have failed on it needs no patience: what is there is what stays.
    let because = |message: String| Report::BelowLevel {
        message: fallen.map_or_else(|| message.clone(), |fallen| format!("{fallen}; {message}")),
    };
    // Safety rule 2, and a level is one of the release's source: whoever left that has left the level.
    if *precondition != Precondition::Nothing {
        let mut seen = Observed::default();
        seen.learn(desk.read(&Scope::Standing(instance.clone())).await?);
        if let Err(breach) = seen.check(precondition) {
            return Ok(because(breach.to_string()));
        }
    }
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        let sighting = desk.read(&Scope::Inventory(instance.clone())).await?;
        let Sighting::Inventory(_, Some(inventory)) = sighting else {
            return Ok(because("the service no longer knows the instance".to_owned()));
        };
        let verdict = Verdict::of(&inventory, &level.packages, desk.unmanaged());
        // No system is without packages: an empty list is one that its agent has yet to send, and proves nothing.
        let unread = inventory.installed.is_empty();
        let offered = offered(desk, instance, &verdict, level.patching).await?;
        let sorter = level.sorter(offered.as_ref());
        let tally = sorter.tally(&verdict);
        if !unread && verdict.at_level(&sorter, level.ahead) {
            return Ok(Report::AtLevel { extra: verdict.extra.len() });
        }
        let exact = level.patching.is_exact();
        let updated = match exact {
            true => verdict.is_exact_but_for(&level.stays),
            false => tally.due == 0 && verdict.may_be_ahead(level.ahead),
        };
        if !unread && updated {
            return Ok(Report::Updated);
        }
        let message = match unread {
            true => "the service tells none of its packages".to_owned(),
            false => shortfall(&verdict, &sorter, level),
        };
        // Time brings updates; it brings no downgrade, but where that was asked for.
        let hopeless = !unread && tally.due == 0 && !exact;
        if hopeless || fallen.is_some() || begun.elapsed() >= desk.settings().verify_patience {
            return Ok(because(message));
        }
        desk.free_slot();
        desk.retry(message, waits.next()).await?;
    }
}

/// Finds out whether updates that were asked for by hand are still outstanding, until they are not or the patience for
/// it ends: what the service lists may be older than what its agent did.
pub(super) async fn patched<C: Cloud>(
    desk: &mut Desk<C>,
    instance: &Ocid,
    wanted: Wanted,
    packages: &[Package],
    fallen: Option<&str>,
) -> Result<Report, Halt> {
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        let Sighting::Updates(_, Some(listed)) = desk.read(&Scope::Updates(instance.clone())).await? else {
            return Ok(Report::BelowLevel { message: "the service no longer knows the instance".to_owned() });
        };
        let left: Vec<String> = listed
            .iter()
            .filter(|update| match packages {
                [] => wanted.admits(update.kind),
                several => several.iter().any(|package| is_before(update, *package)),
            })
            .map(|update| format!("{} {} -> {}", update.name, update.installed, update.available))
            .collect();
        if left.is_empty() {
            return Ok(Report::Updated);
        }
        let names = left.iter().take(NAMED).map(String::as_str);
        let list = format_list(left.len(), "outstanding", names);
        let message = match fallen {
            Some(fallen) => return Ok(Report::BelowLevel { message: format!("{fallen}{list}") }),
            None => format!("updated, and the service still lists what was asked for{list}"),
        };
        if begun.elapsed() >= desk.settings().verify_patience {
            return Ok(Report::BelowLevel { message });
        }
        desk.free_slot();
        desk.retry(message, waits.next()).await?;
    }
}

/// Finds out whether module streams are enabled, until they are or the patience for it ends.
pub(super) async fn streams<C: Cloud>(
    desk: &mut Desk<C>,
    instance: &Ocid,
    streams: &[StreamName],
    fallen: Option<&str>,
) -> Result<Report, Halt> {
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        let mut seen = Observed::default();
        seen.learn(desk.read(&Scope::Streams(instance.clone())).await?);
        if !seen.streams.contains_key(instance) {
            return Ok(Report::BelowLevel { message: "the service no longer knows the instance".to_owned() });
        }
        if seen.has_enabled(instance, streams) {
            return Ok(Report::Updated);
        }
        let left: Vec<String> = streams
            .iter()
            .filter(|stream| !seen.has_enabled(instance, std::slice::from_ref(stream)))
            .map(StreamName::to_string)
            .collect();
        let list = format_list(left.len(), "not enabled", left.iter().take(NAMED).map(String::as_str));
        let message = match fallen {
            Some(fallen) => return Ok(Report::BelowLevel { message: format!("{fallen}{list}") }),
            None => format!("asked for, and the service does not list what was asked for as enabled{list}"),
        };
        if begun.elapsed() >= desk.settings().verify_patience {
            return Ok(Report::BelowLevel { message });
        }
        desk.free_slot();
        desk.retry(message, waits.next()).await?;
    }
}

/// Tells whether a listed update says that an older version than this is installed.
fn is_before(update: &AvailableUpdate, package: Package) -> bool {
    let same = *update.name == *package.name()
        && (update.architecture.is_empty() || *update.architecture == *package.arch().as_str());
    let installed = format!("{}-{}.{}", update.name, update.installed, package.arch());
    same && Package::parse(&installed).is_ok_and(|installed| installed.cmp_evr(package).is_lt())
}

/// Tells whether there is nothing left for an update of these instances to do.
pub(super) async fn are_updated<C: Cloud>(
    desk: &Desk<C>,
    instances: &[Ocid],
    level: &Level,
) -> Result<bool, Halt> {
    for instance in instances {
        if !is_updated(desk, instance, level).await? {
            return Ok(false);
        }
    }
    Ok(!instances.is_empty())
}

async fn is_updated<C: Cloud>(desk: &Desk<C>, instance: &Ocid, level: &Level) -> Result<bool, Halt> {
    let Sighting::Inventory(_, Some(seen)) = desk.read(&Scope::Inventory(instance.clone())).await? else {
        return Ok(false);
    };
    let unread = seen.installed.is_empty();
    let verdict = Verdict::of(&seen, &level.packages, desk.unmanaged());
    let offered = offered(desk, instance, &verdict, level.patching).await?;
    Ok(!unread && level.sorter(offered.as_ref()).tally(&verdict).due == 0)
}

/// Reads what an instance is offered, where that decides what of being behind counts.
async fn offered<C: Cloud>(
    desk: &Desk<C>,
    instance: &Ocid,
    verdict: &Verdict,
    patching: Patching,
) -> Result<Option<Updates>, Halt> {
    if verdict.behind.is_empty() || !patching.is_by_kind() {
        return Ok(None);
    }
    match desk.read(&Scope::Updates(instance.clone())).await? {
        Sighting::Updates(_, offered) => Ok(offered),
        _ => Ok(None),
    }
}

impl Level {
    fn sorter<'o>(&self, offered: Option<&'o Updates>) -> Sorter<'o> {
        Sorter::new(self.patching, offered.map(|offered| offered.iter().map(|update| &**update)))
    }
}

fn shortfall(verdict: &Verdict, sorter: &Sorter<'_>, level: &Level) -> String {
    let mut message = format!("below {}", level.release);
    let lag = |lag: &Lag| format!("{} (release: {})", lag.installed, lag.release.evr());
    let mut list = |lags: &[Lag], what: &str| {
        if !lags.is_empty() {
            message.push_str(&format_list(lags.len(), what, lags.iter().take(NAMED).map(lag)));
        }
    };
    let counting: Vec<Lag> = sorter.counting(verdict).copied().collect();
    let what = match level.patching.update {
        Some(Wanted::Only(kind)) => format!("behind that count ({})", Wanted::Only(kind)),
        _ => "behind".to_owned(),
    };
    list(&counting, &what);
    let exact = level.patching.is_exact();
    if level.ahead == Ahead::Block || exact {
        list(&verdict.ahead, "ahead");
    }
    let packages = [(&verdict.missing, "missing"), (&verdict.extra, "extra")];
    for (packages, what) in packages.into_iter().filter(|(packages, _)| exact && !packages.is_empty()) {
        let names = packages.iter().take(NAMED).map(|package| package.as_str());
        message.push_str(&format_list(packages.len(), what, names));
    }
    message
}

/// Writes `; 12 behind: a, b, c, ...`.
fn format_list<T: AsRef<str>>(count: usize, what: &str, names: impl Iterator<Item = T>) -> String {
    let mut text = format!("; {count} {what}: ");
    for (index, name) in names.enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{}", if index > 0 { ", " } else { "" }, name.as_ref());
    }
    if count > NAMED {
        text.push_str(", ...");
    }
    text
}
