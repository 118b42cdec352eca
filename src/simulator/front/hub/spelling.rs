//! How packages are spelled, which is another way in nearly every operation. Lists give each package the `name` that the
//! operation beside them takes.

use super::{Context, Failure, Result, names};
use crate::package::{Arch, Package};
use crate::simulator::world::hub::Wanted;

/// Reads a bare name, `N-V-R.A` or `N-E:V-R.A`.
fn read(text: &str) -> Wanted {
    // An epoch of 0 may be written, and says that it is none.
    match Package::parse(&text.replacen("-0:", "-", 1)) {
        Ok(package) => Wanted::Exact(package, text.contains(':')),
        Err(_) => Wanted::Newest(text.into()),
    }
}

/// Reads an entry of a source's list: all three forms, and none of them a file's name. An entry that is nothing known is
/// no error here: the source lacks it.
pub(super) fn entry(text: &str) -> Wanted {
    read(text)
}

/// Reads what an instance is to install or remove: a bare name, `N-V-R.A` or `N-E:V-R.A`.
pub(super) fn on_instance(context: &Context<'_>, text: &str) -> Result<Wanted> {
    match text.strip_suffix(".rpm") {
        Some(_) if context.switches.hub.strict_spellings => {
            Err(Failure::invalid(format!("{text} is a file's name, and not a package's")))
        }
        bare => Ok(read(bare.unwrap_or(text))),
    }
}

/// Reads what a group is to install or remove: a bare name or `N-V-R.A.rpm`.
pub(super) fn on_group(context: &Context<'_>, text: &str) -> Result<Wanted> {
    let wanted = read(text.strip_suffix(".rpm").unwrap_or(text));
    let file = text.ends_with(".rpm");
    match &wanted {
        Wanted::Exact(..) if !file && context.switches.hub.strict_spellings => Err(Failure::invalid(
            format!("{text} is not the name of a package of the group, such as {text}.rpm"),
        )),
        _ => Ok(wanted),
    }
}

/// Reads what an instance is to update: a bare name.
pub(super) fn to_update(context: &Context<'_>, text: &str) -> Result<Box<str>> {
    match read(text) {
        Wanted::Newest(name) => Ok(name),
        Wanted::Exact(..) if context.switches.hub.strict_spellings => {
            Err(Failure::invalid(format!("{text} is more than the name of a package")))
        }
        Wanted::Exact(package, _) => Ok(package.name().into()),
    }
}

/// Reads the name of a package in a path: `N-V-R.A.rpm`.
pub(super) fn in_path(text: &str) -> Result<Wanted> {
    match text.strip_suffix(".rpm").map(read) {
        Some(exact @ Wanted::Exact(..)) => Ok(exact),
        _ => Err(Failure::nowhere()),
    }
}

/// The name of a package in lists of instances.
pub(super) fn of_instance(package: Package) -> String {
    names::without_epoch(package)
}

/// The name of a package in lists of sources and groups.
pub(super) fn of_source(package: Package) -> String {
    format!("{}.rpm", names::without_epoch(package))
}

/// The version of a package, with its epoch or without.
pub(super) fn version(context: &Context<'_>, package: Package) -> String {
    match context.switches.hub.versions_with_epoch {
        true => package.evr().to_owned(),
        false => format!("{}-{}", package.version(), package.release()),
    }
}

/// The architecture of a package in lists of instances; a trust key has none.
pub(super) fn architecture(package: Package) -> Option<&'static str> {
    Some(match package.arch() {
        Arch::X86_64 => "X86_64",
        Arch::Aarch64 => "AARCH64",
        Arch::I686 => "I686",
        Arch::I386 => "I386",
        Arch::Noarch => "NOARCH",
        _ => return None,
    })
}
