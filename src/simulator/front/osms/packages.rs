//! Package lists: what is installed, what could be updated, what sources hold. Rows are written straight from the
//! interned packages; these are the long lists.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;

use super::names;
use super::page;
use super::query::Sorting;
use super::{Answer, Context, Failure, Id, Instance, Result, Source};
use crate::package::{Digest, Package};
use crate::simulator::catalogue::catalogue;
use crate::simulator::errata::{Erratum, errata};
use crate::simulator::switches::Switches;

/// What every row about a package says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Common<'a> {
    display_name: &'static str,
    name: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    architecture: &'static str,
}

#[derive(Serialize)]
struct Link<'a> {
    name: &'a str,
    id: &'a str,
}

/// An erratum as rows about packages name it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Noticed<'a> {
    id: &'a str,
    display_name: &'a str,
}

fn notice(erratum: &Erratum) -> Noticed<'_> {
    Noticed { id: &erratum.id, display_name: &erratum.name }
}

/// What a row about an installed package says of the package itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Installed<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Installable<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    version: &'static str,
    software_sources: Vec<Link<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    update_type: &'static str,
    installed_version: &'static str,
    available_version: &'static str,
    errata: Vec<Noticed<'a>>,
    related_cves: Vec<&'a str>,
    software_sources: Vec<Link<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offered<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    version: &'static str,
    checksum: String,
    checksum_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    version: &'static str,
    summary: String,
    advisory_type: &'static str,
    errata: Vec<Noticed<'a>>,
    software_sources: Vec<Link<'a>>,
}

/// The identifier that the service gives a package: `name-[epoch:]version-release.architecture`, with or without the
/// epoch, as switched.
pub(super) fn service_name(package: Package, switches: &Switches) -> Cow<'static, str> {
    match package.epoch() {
        0 => package.as_str().into(),
        _ if switches.names_with_epoch => package.as_str().into(),
        _ => names::without_epoch(package).into(),
    }
}

fn common(package: Package, switches: &Switches) -> Common<'static> {
    Common {
        display_name: package.name(),
        name: service_name(package, switches),
        kind: "RPM",
        architecture: package.arch().as_str(),
    }
}

fn link<'a>((id, source): (&'a Id, &'a Source)) -> Link<'a> {
    Link { name: &source.text.name, id }
}

/// Spells what is said of an installed package, whoever has it: an object without its closing brace. Lists of what is
/// installed are most of what the simulator says, all of them about the same few thousand packages; spelling each row
/// anew took half of the time of a fleet in the tests.
fn spelt(package: Package, switches: &Switches) -> Arc<str> {
    type Spellings = HashMap<(Package, bool), Arc<str>>;
    static KNOWN: LazyLock<Mutex<Spellings>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let spelling = known.entry((package, switches.names_with_epoch)).or_insert_with(|| {
        let mut row = json(&Installed { common: common(package, switches), version: package.evr() });
        row.pop();
        row.into()
    });
    spelling.clone()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("rows are structs of texts, which JSON can spell")
}

fn links<'a>(context: &'a Context<'_>, package: Package, only: Option<&'a Instance>) -> Vec<Link<'a>> {
    let attached = |id: &Id| only.is_none_or(|instance| instance.attached().any(|attached| attached == id));
    context.world.sources_of(package).filter(|(id, _)| attached(id)).map(link).collect()
}

/// Sorts rows that stand in ascending order of names and have no time of creation worth sorting by.
fn arrange<R>(context: &Context<'_>, rows: &mut [R]) -> Result<()> {
    if context.query.sorting()? == (Sorting::Name, true) {
        rows.reverse();
    }
    Ok(())
}

/// The `displayName` filter of package lists, which looks for a prefix.
fn is_named(context: &Context<'_>, package: Package) -> bool {
    context.query.get("displayName").is_none_or(|prefix| package.name().starts_with(prefix))
}

pub(super) fn installed(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (_, instance) = context.instance(context.variable(0))?;
    let mut rows: Vec<Package> =
        instance.installed.iter().filter(|package| is_named(context, *package)).collect();
    arrange(context, &mut rows)?;
    let time = json(&instance.booted.to_string());
    // Spelt and looked up once for the list, and not once for each row.
    let all = context.switches.all_sources_of_installed;
    let named =
        context.world.sources.iter().filter(|(id, _)| all || instance.attached().any(|one| one == *id));
    let named: Vec<(&Id, String)> = named.map(|named| (named.0, json(&link(named)))).collect();
    let holders = context.world.holders();
    page::ordered(context, &rows, |package| {
        let mut row = spelt(*package, context.switches).to_string();
        row.push_str(",\"installTime\":");
        row.push_str(&time);
        row.push_str(",\"softwareSources\":[");
        let mut comma = "";
        for holder in holders.get(package).into_iter().flatten() {
            if let Some((_, link)) = named.iter().find(|(id, _)| *id == holder) {
                row.push_str(comma);
                row.push_str(link);
                comma = ",";
            }
        }
        row.push_str("]}");
        RawValue::from_string(row).expect("a row is put together from JSON")
    })
}

/// Lists what could be installed. Whether the real list has newer versions of what is installed too, as the list of
/// updates has, is not documented: this one has not.
pub(super) fn installable(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (_, instance) = context.instance(context.variable(0))?;
    let mut rows = context.world.installable(instance);
    rows.retain(|package| is_named(context, *package));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |package| Installable {
        common: common(*package, context.switches),
        version: package.evr(),
        software_sources: links(context, *package, Some(instance)),
    })
}

pub(super) fn updates(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (_, instance) = context.instance(context.variable(0))?;
    let mut rows = context.world.candidates(instance);
    rows.retain(|(package, _)| is_named(context, *package));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(have, candidate)| {
        let of: Vec<&Erratum> = match context.switches.errata_between {
            true => errata().between(*have, *candidate).collect(),
            false => errata().of(*candidate).into_iter().collect(),
        };
        Update {
            common: common(*candidate, context.switches),
            update_type: catalogue().kind(*candidate).as_str(),
            installed_version: have.evr(),
            available_version: candidate.evr(),
            related_cves: of.iter().flat_map(|erratum| &erratum.cves).map(String::as_str).collect(),
            errata: of.into_iter().map(notice).collect(),
            software_sources: links(context, *candidate, Some(instance)),
        }
    })
}

pub(super) fn of_source(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (_, source) = context.source(context.variable(0))?;
    let mut rows: Vec<Package> =
        source.packages.iter().filter(|package| is_named(context, *package)).collect();
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |package| offered(*package, context.switches))
}

pub(super) fn offered(package: Package, switches: &Switches) -> Offered<'static> {
    Offered {
        common: common(package, switches),
        version: package.evr(),
        checksum: Digest::of([package.as_str()]).hex(),
        checksum_type: "SHA256",
    }
}

pub(super) fn one_of_source(context: &Context<'_>) -> Result<Answer> {
    let (_, source) = context.source(context.variable(0))?;
    let name = context.variable(1);
    let package = names::shipped(name).filter(|package| source.packages.contains(*package));
    let package = package.ok_or_else(|| Failure::unknown(name))?;
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Full<'a> {
        #[serde(flatten)]
        offered: Offered<'a>,
        description: String,
        dependencies: [&'a str; 0],
        files: [&'a str; 0],
        software_sources: Vec<Link<'a>>,
    }
    Ok(Answer::ok(&Full {
        offered: offered(package, context.switches),
        description: format!("{} as the simulated vendor ships it", package.name()),
        dependencies: [],
        files: [],
        software_sources: links(context, package, None),
    }))
}

/// Searches all sources; for a CVE, what an erratum that mends it has brought.
pub(super) fn search(context: &Context<'_>) -> Result<Answer> {
    let exact = context.query.get("softwarePackageName");
    let mut rows: Vec<Package> = match exact {
        Some(name) => {
            names::shipped(name).into_iter().filter(|package| is_named(context, *package)).collect()
        }
        None => {
            let sources = context.world.sources.values().filter(|source| !source.deleted);
            let all: BTreeSet<Package> = sources
                .flat_map(|source| source.packages.iter())
                .filter(|package| is_named(context, *package))
                .collect();
            all.into_iter().collect()
        }
    };
    if let Some(cve) = context.query.get("cveName") {
        rows.retain(|package| {
            errata().of(*package).is_some_and(|erratum| erratum.cves.iter().any(|known| known == cve))
        });
    }
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |package| Found {
        common: common(*package, context.switches),
        version: package.evr(),
        summary: format!("{} as the simulated vendor ships it", package.name()),
        advisory_type: catalogue().kind(*package).as_str(),
        errata: errata().of(*package).into_iter().map(notice).collect(),
        software_sources: links(context, *package, None),
    })
}
