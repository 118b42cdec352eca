//! A release made of an older one and few packages. The service is asked only for versions to upgrade to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Desk, Made, offers};
use crate::advisory::Flavour;
use crate::cli::{CliError, exit};
use crate::name::ReleaseName;
use crate::op::Api;
use crate::package::Package;
use crate::package::freeze::hotfix::{self, Base, Hotfix, Known, Wishes};
use crate::package::manifest::Origin;
use crate::train::{Release, Train};

/// Finds the release that another one is made of.
pub(super) fn base<'a>(train: &'a Train, name: &ReleaseName) -> Result<&'a Release, CliError> {
    train.release(name).ok_or_else(|| {
        let releases: Vec<&str> = train.releases.iter().map(|release| release.name.as_str()).collect();
        let error = CliError::usage(format!("train `{}` has no release `{name}` (--base)", train.name));
        match releases.is_empty() {
            true => error.hint("it has none: make one of what the golden instance has"),
            false => error.hint(format!("the releases are: {}", releases.join(", "))),
        }
    })
}

/// Makes the release.
pub(super) async fn make(desk: &Desk<'_>, base: &Release) -> Result<Made, CliError> {
    let Desk { arguments, train, .. } = desk;
    let wishes = Wishes { add: &arguments.add, remove: &arguments.remove, upgrade: &arguments.upgrade };
    if wishes.add.is_empty() && wishes.remove.is_empty() && wishes.upgrade.is_empty() {
        return Err(CliError::usage(format!("nothing of release `{}` is to be changed", base.name))
            .hint("say what: --add NEVRA, --remove NAME, --upgrade NAME"));
    }
    let offered = match wishes.upgrade.is_empty() {
        true => None,
        false => {
            let added = wishes.add.iter().filter_map(|text| Package::parse(text).ok());
            let names: BTreeSet<Arc<str>> = added
                .map(|package| Arc::from(package.name()))
                .chain(wishes.upgrade.iter().map(|name| Arc::from(name.as_str())))
                .collect();
            Some(offers::of_names(desk, offers::From::Golden, names).await?)
        }
    };
    // A package of a module is upgraded within its stream, and what that has is for the service to say.
    let names_modular = || {
        let mut modular = base.packages().iter().filter(|package| package.is_modular());
        modular.any(|package| wishes.upgrade.iter().any(|name| name == package.name()))
    };
    let streams = match offered.is_some() && names_modular() {
        true => offers::streams(desk).await?,
        false => Vec::new(),
    };
    let known = Known {
        offered: offered.as_ref(),
        streams: &streams,
        unmanaged: &train.unmanaged,
        is_alike: &|one, other| Flavour::of(one) == Flavour::of(other),
    };
    let origin = Origin::List(String::new());
    let provenance = super::provenance(&arguments.release, jiff::Timestamp::now(), origin);
    let from = Base { release: base.name.as_str(), manifest: &base.manifest };
    let Hotfix { frozen, changes, alone } =
        hotfix::hotfix(&from, &wishes, &known, provenance).map_err(|problems| {
            let message = format!("no release `{}` can be made of `{}`", arguments.release, base.name);
            problems.into_iter().fold(CliError::new(exit::ERROR, message), |error, problem| {
                match problem.hint {
                    Some(hint) => error.cause(format!("{}\n{hint}", problem.message)),
                    None => error.cause(problem.message),
                }
            })
        })?;
    let told = match (&offered, &train.golden, train.service.api) {
        (Some(_), None, Api::Osms) => vec![
            "the train names no golden instance, so that versions of every source of the service count, previews too"
                .to_owned(),
        ],
        _ => Vec::new(),
    };
    let warnings = alone.iter().map(|(package, names)| {
        let names = names.join(", ");
        format!("{package} comes without {names} of its version, and a kernel needs all of its packages\n  hint: name them too")
    });
    let warnings = warnings.collect();
    let changes = changes.iter().map(ToString::to_string).collect();
    Ok(Made { frozen, of: format!("release {}", base.name), warnings, told, changes })
}
