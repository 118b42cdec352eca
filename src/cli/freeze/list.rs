//! A release made of a list of packages: a file, or stdin. Needs the service only where the list was made in a way that
//! drops epochs.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Desk, Made, offers};
use crate::cli::{CliError, exit};
use crate::package::freeze::{self, Golden};
use crate::package::manifest::{self, KernelPolicy, Origin};
use crate::package::{Arch, List, Package, PackageSet, lost_epochs, with_epochs};

/// So many lines are shown of those that something is wrong with.
const SHOWN: usize = 50;

const FORM: &str = "a list has one NEVRA a line, as `rpm -qa --qf '%{NEVRA}\\n'` prints it";

/// Tells whether what a release is made of is a file, by its name or because it is there.
pub(super) fn is_file(from: &str) -> bool {
    let by_name = from == "-"
        || from.contains('/')
        || [".packages", ".list", ".txt"].iter().any(|ending| from.ends_with(ending));
    by_name || (!from.starts_with("ocid1.") && Path::new(from).is_file())
}

/// Reads the list, and makes the release of it.
pub(super) async fn make(desk: &Desk<'_>, from: &str) -> Result<Made, CliError> {
    let Desk { arguments, train, .. } = desk;
    if arguments.as_of.is_some() {
        return Err(CliError::usage(
            "--as-of is for what an instance has: of a list nobody knows its sources",
        ));
    }
    let (name, text) = read(from)?;
    refuse_manifest(&name, &text)?;
    let (List { packages, keys }, lines) = List::numbered(&text).map_err(|bad| {
        let bad = bad.into_iter().map(|bad| bad.to_string()).collect();
        listed(CliError::new(exit::ERROR, format!("{name} is no list of packages")), bad).hint(FORM)
    })?;
    if packages.is_empty() {
        return Err(CliError::new(exit::ERROR, format!("{name} lists no package")).hint(FORM));
    }
    if arguments.kernels == KernelPolicy::Running && packages.iter().any(Package::is_install_only) {
        return Err(CliError::usage(format!("{name} does not tell which kernel runs"))
            .hint("take the newest (--kernels newest) or all (--kernels all)"));
    }
    let mut told = vec![
        "a list does not tell module streams, which kernel runs, or what no software source provides: \
         `patchtrain plan` names what is not on offer"
            .to_owned(),
    ];
    let mut notes = Vec::new();
    let known = List { packages: packages.clone(), keys: Vec::new() };
    let packages = match known.has_epochs() || arguments.assume_epoch_0 {
        true => {
            if !arguments.assume_epoch_0 {
                refuse_lost_epochs(desk, &name, &packages, &lines)?;
                told.extend(unchecked_epochs(desk, &name, &packages));
            }
            packages
        }
        false => {
            let (packages, found) = looked_up(desk, &name, &packages, &lines).await?;
            let line = format!("{name} has no epochs; the service told them, {found} other than 0");
            told.push(line.clone());
            notes.push(line);
            packages
        }
    };
    let keys = keys.iter().filter_map(|id| Package::parse(&format!("gpg-pubkey-{id}.(none)")).ok());
    let keys: Vec<Package> = keys.collect();
    let (installed, unsourced) = (packages.union(&keys), PackageSet::default());
    let golden = Golden {
        installed: &installed,
        unsourced: &unsourced,
        streams: &[],
        running_kernel: None,
        reboot_required: false,
    };
    let mut provenance =
        super::provenance(&arguments.release, jiff::Timestamp::now(), Origin::List(name.clone()));
    provenance.notes = notes;
    let frozen = freeze::freeze(&golden, &desk.choices(), provenance);
    if frozen.manifest.packages.is_empty() {
        let message = format!("{name} has no package that train `{}` cares for", train.name);
        return Err(CliError::new(exit::ERROR, message));
    }
    Ok(Made { frozen, of: name, warnings: Vec::new(), told, changes: Vec::new() })
}

/// Refuses a list of which some lines have lost their epochs, by what the train's last release has: rpm takes what has
/// none for older than all that have one.
fn refuse_lost_epochs(
    desk: &Desk<'_>,
    name: &str,
    packages: &PackageSet,
    lines: &HashMap<Package, usize>,
) -> Result<(), CliError> {
    let Some(last) = desk.train.releases.last() else { return Ok(()) };
    let is_managed =
        |package: Package| !desk.train.unmanaged.iter().any(|pattern| pattern.matches(package.name()));
    let lost = lost_epochs(packages, last.packages()).into_iter().filter(|(here, _)| is_managed(*here));
    let mut lost: Vec<(usize, String)> = lost
        .map(|(here, there)| {
            let line = lines.get(&here).copied().unwrap_or(0);
            (line, format!("line {line}: {here} has no epoch, and {} has {there}", last.name))
        })
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    lost.sort_unstable();
    let message = match lost.len() {
        1 => format!("1 line of {name} lacks an epoch"),
        count => format!("{count} lines of {name} lack an epoch"),
    };
    Err(listed(CliError::new(exit::ERROR, message), lost.into_iter().map(|(_, line)| line).collect())
        .hint(FORM)
        .hint("or say that what is written without an epoch has none: --assume-epoch-0"))
}

/// Says which packages no release of the train can be asked about: that they have no epoch is what the list says.
fn unchecked_epochs(desk: &Desk<'_>, name: &str, packages: &PackageSet) -> Option<String> {
    let known: BTreeSet<&str> = desk
        .train
        .releases
        .last()
        .iter()
        .flat_map(|last| last.packages().iter())
        .map(|package| package.name())
        .collect();
    let is_new = |package: &Package| {
        package.epoch() == 0
            && package.arch() != Arch::None
            && !known.contains(package.name())
            && !desk.train.unmanaged.iter().any(|pattern| pattern.matches(package.name()))
    };
    let new: Vec<Package> = packages.iter().filter(is_new).collect();
    let first = new.first()?;
    Some(match new.len() {
        1 => format!(
            "{first} is of a name that the last release does not have: that it has no epoch is what {name} says"
        ),
        count => format!(
            "{count} packages, {first} among them, are of names that the last release does not have: that they have no \
             epoch is what {name} says"
        ),
    })
}

/// Gives packages their epochs, as the service has them; tells how many have one.
async fn looked_up(
    desk: &Desk<'_>,
    name: &str,
    packages: &PackageSet,
    lines: &HashMap<Package, usize>,
) -> Result<(PackageSet, usize), CliError> {
    // What is left out anyway need not be on offer.
    let unmanaged = |package: &Package| {
        package.arch() == Arch::None
            || desk.train.unmanaged.iter().any(|pattern| pattern.matches(package.name()))
    };
    let (kept, wanted): (Vec<Package>, Vec<Package>) = packages.iter().partition(unmanaged);
    let names: BTreeSet<Arc<str>> = wanted.iter().map(|package| Arc::from(package.name())).collect();
    let offered = match names.is_empty() {
        true => PackageSet::default(),
        false => {
            offers::of_names(desk, offers::From::Anywhere, names)
                .await
                .map_err(|error| {
                    error
                        .while_doing(format!(
                            "{name} has no epochs, and the service could not be asked for them"
                        ))
                        .hint(FORM)
                        .hint("or say that none has one: --assume-epoch-0")
                })?
                .packages
        }
    };
    let (told, untold) = with_epochs(wanted.iter().copied(), &offered);
    if !untold.is_empty() {
        let (count, all) = (untold.len(), packages.len());
        let message = format!(
            "no line of {name} has an epoch, and of {count} of its {all} packages the service does not tell it: they are \
             not on offer"
        );
        let mut untold: Vec<(usize, Package)> =
            untold.into_iter().map(|package| (lines.get(&package).copied().unwrap_or(0), package)).collect();
        untold.sort_unstable();
        let untold = untold.into_iter().map(|(line, package)| format!("line {line}: {package}")).collect();
        return Err(listed(CliError::new(exit::ERROR, message), untold)
            .hint("plain `rpm -qa` drops epochs: make the list with `rpm -qa --qf '%{NEVRA}\\n'`")
            .hint("or say that none of them has one: --assume-epoch-0"));
    }
    let found = told.iter().filter(|package| package.epoch() > 0).count();
    Ok((told.into_iter().chain(kept).collect(), found))
}

/// Returns what the file is called, and its text.
fn read(from: &str) -> Result<(String, String), CliError> {
    let (name, bytes) = match from {
        "-" => {
            let mut bytes = Vec::new();
            let read = io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes);
            ("stdin".to_owned(), read.map(|_| bytes))
        }
        _ => {
            let name = Path::new(from).file_name().map_or(from.into(), |name| name.to_string_lossy());
            (name.into_owned(), fs::read(from))
        }
    };
    let what = if from == "-" { "stdin" } else { from };
    let failed = |error: &dyn std::error::Error| {
        CliError::of(exit::ERROR, error).while_doing(format!("cannot read {what}"))
    };
    let bytes = bytes.map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(&error.utf8_error()))?;
    Ok((name, text))
}

/// A manifest is a release already.
fn refuse_manifest(name: &str, text: &str) -> Result<(), CliError> {
    match manifest::looks_like(text) {
        false => Ok(()),
        true => Err(CliError::new(exit::ERROR, format!("{name} is a manifest, and no list of packages"))
            .hint("a release is made of a release of the train with --base RELEASE")
            .hint("or copy the file beside the train's others, and declare it with a [[release]] table")),
    }
}

/// Adds lines as causes; of very many, the first.
fn listed(error: CliError, lines: Vec<String>) -> CliError {
    let more = lines.len().saturating_sub(SHOWN);
    let error = lines.into_iter().take(SHOWN).fold(error, CliError::cause);
    if more > 0 { error.cause(format!("and {more} lines more")) } else { error }
}
