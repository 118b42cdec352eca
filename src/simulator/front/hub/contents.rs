//! What custom sources hold: drawn from the vendor's by filters, or named package by package; and lists of it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use super::body::{AddPackages, Entries, SourceFilter};
use super::page;
use super::trees::{self, Over};
use super::{Context, Failure, Id, Reply, Result, Then, change, parse_body, sources, spelling};
use crate::package::{Arch, Digest, Package, Pattern};
use crate::simulator::catalogue::modules::streams;
use crate::simulator::front::Answer;
use crate::simulator::front::query::Sorting;
use crate::simulator::world::Offer;
use crate::simulator::world::hub::{
    Contents, Fact, Label, Operation, Recipe, Source, Step, Subject, Wanted, find,
};

/// Returns what a custom source begins with: nothing, where packages are to be named.
pub(super) fn drawn(recipe: &Recipe, vendors: &[(Id, Source)]) -> Result<Vec<Package>> {
    let all = || vendors.iter().flat_map(|(_, source)| source.packages.iter());
    let mut packages: Vec<Package> = match &*recipe.sub_type {
        "MANIFEST" => return Ok(Vec::new()),
        "SNAPSHOT" if vendors.len() != 1 => {
            return Err(Failure::invalid("a SNAPSHOT is of one vendor software source"));
        }
        "SNAPSHOT" => all().collect(),
        _ => filtered(recipe, all())?,
    };
    if recipe.is_latest_content_only {
        packages = Offer::new(packages).newest();
    }
    Ok(packages)
}

fn filtered(recipe: &Recipe, all: impl Iterator<Item = Package>) -> Result<Vec<Package>> {
    let Some(filter) = &recipe.filter else { return Ok(all.collect()) };
    let bytes = serde_json::to_vec(filter).unwrap_or_default();
    let SourceFilter { package_filters, module_stream_profile_filters, package_group_filters } =
        parse_body(&bytes)?;
    if package_group_filters.is_some_and(|filters| !filters.is_empty()) {
        return Err(Failure::invalid("packageGroupFilters are not simulated"));
    }
    let includes = |word: &str| match word {
        "INCLUDE" => Ok(true),
        "EXCLUDE" => Ok(false),
        word => Err(Failure::invalid(format!("filterType is {word}"))),
    };
    type Rule = (bool, Box<dyn Fn(Package) -> bool>);
    let mut rules: Vec<Rule> = Vec::new();
    for filter in package_filters.into_iter().flatten() {
        let pattern = filter.package_name_pattern.as_deref().map(Pattern::new).transpose();
        let pattern = pattern.map_err(|error| Failure::invalid(format!("packageNamePattern: {error}")))?;
        let (name, version) = (filter.package_name, filter.package_version);
        let fits = move |package: Package| {
            name.as_deref().is_none_or(|name| name == package.name())
                && pattern.as_ref().is_none_or(|pattern| pattern.matches(package.name()))
                && version.as_deref().is_none_or(|wanted| {
                    wanted == package.evr()
                        || wanted == format!("{}-{}", package.version(), package.release())
                })
        };
        rules.push((includes(&filter.filter_type)?, Box::new(fits)));
    }
    for filter in module_stream_profile_filters.into_iter().flatten() {
        let fits = move |package: Package| {
            streams().iter().any(|stream| {
                *stream.module == *filter.module_name
                    && filter.stream_name.as_deref().is_none_or(|name| name == stream.name)
                    && stream.has(package)
            })
        };
        rules.push((includes(&filter.filter_type)?, Box::new(fits)));
    }
    let any_included = rules.iter().any(|(includes, _)| *includes);
    let wanted = |package: &Package| {
        let hit = |which: bool| rules.iter().any(|(includes, fits)| *includes == which && fits(*package));
        (!any_included || hit(true)) && !hit(false)
    };
    Ok(all.filter(wanted).collect())
}

/// Finds a source that packages can be named for.
fn listed<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Source, &'a Recipe)> {
    let (id, source) = context.hub_source(context.variable(0))?;
    context.hub_matches(source.revision)?;
    let recipe = source.recipe.as_ref().filter(|recipe| *recipe.sub_type == *"MANIFEST");
    let recipe =
        recipe.ok_or_else(|| Failure::invalid(format!("{id} is not made from a list of packages")))?;
    if recipe.version.is_some() && !source.packages.is_empty() {
        return Err(Failure::state(format!("Software source {id} is versioned and has its content.")));
    }
    if context.now < source.ready {
        return Err(Failure::state(format!("Software source {id} is not active.")));
    }
    Ok((id, source, recipe))
}

/// Finds entries among what the vendor's sources hold: what there is of them, and which of them are nowhere. A bare name
/// stands for all its versions, unless the source takes the newest only.
fn resolve(context: &Context<'_>, recipe: &Recipe, entries: &[Box<str>]) -> (Vec<Package>, Vec<Box<str>>) {
    let offer = context.world.hub_offer(&recipe.vendors);
    let (mut packages, mut missing) = (Vec::new(), Vec::new());
    for entry in entries {
        let wanted = spelling::entry(entry);
        let found = match &wanted {
            Wanted::Newest(name) if recipe.is_latest_content_only => Offer::new(offer.named(name)).newest(),
            Wanted::Newest(name) => offer.named(name),
            Wanted::Exact(package, _) => find(offer.versions(*package).iter().copied(), &wanted),
        };
        if found.is_empty() {
            missing.push(entry.clone());
        }
        packages.extend(found);
    }
    packages.sort_unstable();
    packages.dedup();
    (packages, missing)
}

fn work(
    context: &Context<'_>,
    (id, source): (&Id, &Source),
    contents: Contents,
    then: fn(Id, Id) -> Then,
) -> Result<Reply> {
    let over = Over {
        subject: Subject::Source(id.clone()),
        name: &source.text.name,
        compartment: &source.compartment,
    };
    let operation = Operation::UpdateSoftwareSource;
    let (tree, work) = trees::own(context, over, operation, Label::default(), Some(contents));
    change(Step { facts: Vec::new(), tree: Some(tree) }, then(id.clone(), work))
}

fn accepted(_: Id, work: Id) -> Then {
    Then::Accepted(Some(work))
}

/// Adds packages. Unless told to go on, the work fails if one of them is nowhere; otherwise nobody says which were left
/// out, and only the list of what is in tells.
pub(super) fn add(context: &Context<'_>) -> Result<Reply> {
    let (id, source, recipe) = listed(context)?;
    let AddPackages { packages, is_continue_on_missing_packages } = parse_body(context.body)?;
    if packages.is_empty() {
        return Err(Failure::missing("packages"));
    }
    let (found, missing) = resolve(context, recipe, &packages);
    let contents = match missing.is_empty() || is_continue_on_missing_packages.unwrap_or_default() {
        true => Contents::Add(found),
        false => Contents::Missing(missing),
    };
    work(context, (id, source), contents, accepted)
}

/// Removes packages; what is not there makes no difference.
pub(super) fn remove(context: &Context<'_>) -> Result<Reply> {
    let (id, source, recipe) = listed(context)?;
    let Entries { packages } = parse_body(context.body)?;
    if packages.is_empty() {
        return Err(Failure::missing("packages"));
    }
    let (found, _) = resolve(context, recipe, &packages);
    work(context, (id, source), Contents::Remove(found), accepted)
}

/// Replaces all packages, if none of the new ones is nowhere: there is no flag to go on.
pub(super) fn replace(context: &Context<'_>) -> Result<Reply> {
    let (id, source, recipe) = listed(context)?;
    let Entries { packages } = parse_body(context.body)?;
    work(context, (id, source), replaced(context, recipe, &packages), accepted)
}

fn replaced(context: &Context<'_>, recipe: &Recipe, entries: &[Box<str>]) -> Contents {
    let (found, missing) = resolve(context, recipe, entries);
    if missing.is_empty() { Contents::Replace(found) } else { Contents::Missing(missing) }
}

/// Replaces all packages by a list of lines, and answers with the source.
pub(super) fn put_manifest(context: &Context<'_>) -> Result<Reply> {
    let (id, source, recipe) = listed(context)?;
    let text =
        std::str::from_utf8(context.body).map_err(|_| Failure::invalid("the manifest is not UTF-8"))?;
    let lines: Vec<Box<str>> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Into::into).collect();
    let contents = replaced(context, recipe, &lines);
    work(context, (id, source), contents, |source, work| Then::SourceWork { source, work })
}

pub(super) fn manifest(context: &Context<'_>) -> Result<Reply> {
    let (_, source) = context.hub_source(context.variable(0))?;
    if source.recipe.is_none() {
        return Err(Failure::invalid("a vendor software source has no manifest"));
    }
    let lines: String = source.packages.iter().flat_map(|package| [package.as_str(), "\n"]).collect();
    Ok(Reply::Answer(Answer::text(lines)))
}

pub(super) fn generate_metadata(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.hub_source(context.variable(0))?;
    context.hub_matches(source.revision)?;
    if source.kind() != "CUSTOM" {
        return Err(Failure::invalid(format!("{id} is not a custom software source")));
    }
    if !context.switches.hub.making_makes_work {
        let facts = vec![Fact::WriteMetadata { id: id.clone() }];
        return change(Step { facts, tree: None }, Then::Done);
    }
    let over = Over {
        subject: Subject::Source(id.clone()),
        name: &source.text.name,
        compartment: &source.compartment,
    };
    let (tree, _) = trees::own(context, over, Operation::UpdateSoftwareSource, Label::default(), None);
    change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Done)
}

/// A package as lists of sources have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    display_name: &'static str,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    version: String,
    architecture: &'static str,
    last_modified_date: Option<&'static str>,
    checksum: String,
    checksum_type: &'static str,
    is_latest: bool,
    software_sources: Option<Vec<serde_json::Value>>,
    os_families: [&'static str; 1],
}

fn architecture(package: Package) -> &'static str {
    match package.arch() {
        Arch::X86_64 => "X86_64",
        Arch::Aarch64 => "AARCH64",
        Arch::I686 => "I686",
        Arch::I386 => "I386",
        Arch::Noarch => "NOARCH",
        _ => "OTHER",
    }
}

fn row(context: &Context<'_>, package: Package, is_latest: bool) -> Row {
    Row {
        display_name: package.name(),
        name: spelling::of_source(package),
        kind: "RPM",
        version: spelling::version(context, package),
        architecture: architecture(package),
        last_modified_date: None,
        checksum: Digest::of([package.as_str()]).hex(),
        checksum_type: "SHA256",
        is_latest,
        // Deprecated, and no longer filled.
        software_sources: None,
        os_families: [if package.release().contains("el9") { "ORACLE_LINUX_9" } else { "ORACLE_LINUX_8" }],
    }
}

/// A package as an erratum lists it.
pub(super) fn summary(context: &Context<'_>, package: Package) -> serde_json::Value {
    let all = context.world.hub.sources.values().flat_map(|source| source.packages.iter());
    let mut others = all.filter(|other| other.same_name_arch(package));
    json!(row(context, package, others.all(|other| other.cmp_evr(package).is_le())))
}

/// Lists packages that stand in their order, with the filters that all such lists have.
fn packages(context: &Context<'_>, all: Vec<Package>) -> Result<Reply> {
    let newest: BTreeSet<Package> = Offer::new(all.iter().copied()).newest().into_iter().collect();
    let mut rows: Vec<Package> = all;
    rows.retain(|package| {
        context.is_called(package.name()) && context.is_so("isLatest", newest.contains(package))
    });
    if context.query.hub_sorting()? == (Sorting::Name, true) {
        rows.reverse();
    }
    page::ordered(context, &rows, |package| row(context, *package, newest.contains(package)))
        .map(Reply::Answer)
}

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let (_, source) = context.hub_source(context.variable(0))?;
    packages(context, source.packages.as_slice().to_vec())
}

/// Lists what could be added to a source that is made from a list.
pub(super) fn available(context: &Context<'_>) -> Result<Reply> {
    let (_, source) = context.hub_source(context.variable(0))?;
    let vendors = source.recipe.iter().flat_map(|recipe| &recipe.vendors);
    let sources = vendors.filter_map(|id| context.world.hub.sources.get(id));
    let all: BTreeSet<Package> = sources.flat_map(|source| source.packages.iter()).collect();
    packages(context, all.into_iter().filter(|package| !source.packages.contains(*package)).collect())
}

/// Lists what all sources hold.
pub(super) fn list_all(context: &Context<'_>) -> Result<Reply> {
    let query = &context.query;
    let sources = context.world.hub.sources.values();
    let sources = sources.filter(|source| context.is_one("osFamily", &source.os_family));
    let mut all: BTreeSet<Package> = sources.flat_map(|source| source.packages.iter()).collect();
    all.retain(|package| {
        query.get("version").is_none_or(|wanted| wanted == spelling::version(context, *package))
            && query.get("architecture").is_none_or(|wanted| wanted == architecture(*package))
    });
    packages(context, all.into_iter().collect())
}

fn full(context: &Context<'_>, package: Package, is_latest: bool) -> Result<Reply> {
    let mut value = json!(row(context, package, is_latest));
    value["description"] = json!(format!("{} as the simulated vendor ships it", package.name()));
    value["sizeInBytes"] = json!(package.as_str().len() * 4096);
    value["dependencies"] = json!([]);
    value["files"] = json!([]);
    Ok(Reply::Answer(Answer::ok(&value)))
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (_, source) = context.hub_source(context.variable(0))?;
    let wanted = spelling::in_path(context.variable(1))?;
    let package = find(source.packages.iter(), &wanted).pop().ok_or_else(Failure::nowhere)?;
    let offer = Offer::new(source.packages.iter());
    let is_latest = offer.versions(package).iter().all(|other| other.cmp_evr(package).is_le());
    full(context, package, is_latest)
}

fn anywhere(context: &Context<'_>) -> Result<Package> {
    let wanted = spelling::in_path(context.variable(0))?;
    let all = context.world.hub.sources.values().flat_map(|source| source.packages.iter());
    find(all, &wanted).pop().ok_or_else(Failure::nowhere)
}

pub(super) fn get_by_name(context: &Context<'_>) -> Result<Reply> {
    let package = anywhere(context)?;
    let all = context.world.hub.sources.values().flat_map(|source| source.packages.iter());
    let mut others = all.filter(|other| other.same_name_arch(package));
    full(context, package, others.all(|other| other.cmp_evr(package).is_le()))
}

/// Lists the sources that hold a package.
pub(super) fn sources_of(context: &Context<'_>) -> Result<Reply> {
    let package = anywhere(context)?;
    let places = context.places(&[])?;
    sources::collection(context, |_, source| {
        source.packages.contains(package) && (places(&source.compartment) || source.recipe.is_none())
    })
}
