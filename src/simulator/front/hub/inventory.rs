//! Package lists of instances and groups: what the hub believes to be installed, what could be and what should be. Rows are
//! written straight from the interned packages; these are the long lists.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::page;
use super::{Context, Failure, Instance, Reply, Result, links, spelling, time};
use crate::package::{Digest, Package};
use crate::simulator::NullSources;
use crate::simulator::catalogue::{UpdateType, catalogue};
use crate::simulator::errata::{Erratum, errata};
use crate::simulator::front::query::Sorting;
use crate::simulator::world::Id;

/// What every row about a package says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    display_name: &'static str,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    version: String,
    architecture: Option<&'static str>,
    package_classification: &'static str,
}

/// What a row about an installed package says of the package itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Installed {
    #[serde(flatten)]
    common: Common,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_issued: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(flatten)]
    common: Common,
    software_sources: Rc<Links>,
    #[serde(flatten)]
    update: Option<Update>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    installed_version: String,
    update_type: &'static str,
    errata: Vec<&'static str>,
    related_cves: Vec<&'static str>,
    advisory_severity: Option<&'static str>,
}

/// Links to sources, written out.
#[derive(Serialize)]
#[serde(transparent)]
struct Links(Box<RawValue>);

/// What one list says of sources. Most of its rows have the same ones, and linking to them is most of the work.
#[derive(Default)]
struct Linked(BTreeMap<Vec<Id>, Rc<Links>>);

impl Linked {
    fn to(&mut self, context: &Context<'_>, sources: Vec<Id>) -> Rc<Links> {
        match self.0.entry(sources) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let links = raw(text_of(&links(context.world, new.key(), context.turn)));
                new.insert(Links(links).into()).clone()
            }
        }
    }
}

fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("rows are made of texts, which JSON can spell")
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("a row is put together from JSON")
}

fn common(context: &Context<'_>, package: Package, classification: &'static str) -> Common {
    Common {
        display_name: package.name(),
        name: spelling::of_instance(package),
        kind: "RPM",
        version: spelling::version(context, package),
        architecture: spelling::architecture(package),
        package_classification: classification,
    }
}

/// Spells what is said of an installed package, whoever has it: an object without its closing brace. Lists of what is
/// installed are most of what the simulator says, all of them about the same few thousand packages; spelling each row
/// anew took half of the time of a fleet in the tests.
fn spelt(context: &Context<'_>, package: Package) -> Arc<str> {
    type Spellings = HashMap<(Package, bool), Arc<str>>;
    static KNOWN: LazyLock<Mutex<Spellings>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let spelling = known.entry((package, context.switches.hub.versions_with_epoch)).or_insert_with(|| {
        let time_issued = errata().of(package).map(|erratum| time(erratum.issued));
        let mut row = text_of(&Installed { common: common(context, package, "INSTALLED"), time_issued });
        row.pop();
        row.into()
    });
    spelling.clone()
}

/// The sources that hold a package, attached ones only where that is switched or asked for.
fn held(context: &Context<'_>, package: Package, only: Option<&Instance>) -> Vec<Id> {
    let attached = |id: &_| only.is_none_or(|instance| instance.hub.sources.contains(id));
    context.world.hub_sources_of(package).map(|(id, _)| id.clone()).filter(attached).collect()
}

/// The sources of an installed package; none is null.
fn sources(context: &Context<'_>, package: Package, only: Option<&Instance>) -> Option<Vec<Id>> {
    let held = held(context, package, only);
    let null = match context.switches.hub.null_sources {
        NullSources::Never => false,
        NullSources::Unprovided => held.is_empty(),
        NullSources::Some => held.is_empty() || Digest::of([package.as_str()]).as_bytes()[0] < 20,
    };
    (!null).then_some(held)
}

fn arrange<R>(context: &Context<'_>, rows: &mut [R]) -> Result<()> {
    if context.query.hub_sorting()? == (Sorting::Name, true) {
        rows.reverse();
    }
    Ok(())
}

pub(super) fn installed(context: &Context<'_>) -> Result<Reply> {
    let (_, instance) = context.hub_instance(context.variable(0))?;
    let only = (!context.switches.all_sources_of_installed).then_some(instance);
    list_installed(context, instance.inventory().as_slice().to_vec(), only, instance.booted)
}

/// Lists packages that are installed, with the sources that hold them, attached ones only where an instance is given.
pub(super) fn list_installed(
    context: &Context<'_>,
    all: Vec<Package>,
    only: Option<&Instance>,
    at: jiff::Timestamp,
) -> Result<Reply> {
    context.check_place()?;
    let moment = |name: &str| -> Result<Option<jiff::Timestamp>> {
        let text = context.query.get(name);
        text.map(|text| text.parse().map_err(|_| Failure::invalid(format!("{name} is {text}")))).transpose()
    };
    let (from, until) = (moment("timeInstallDateStart")?, moment("timeInstallDateEnd")?);
    let timely = from.is_none_or(|from| from <= at) && until.is_none_or(|until| at <= until);
    let mut rows = all;
    rows.retain(|package| timely && context.is_called(package.name()));
    arrange(context, &mut rows)?;
    let time_installed = time(at);
    let mut linked = Linked::default();
    page::ordered(context, &rows, |package| {
        let sources = sources(context, *package, only).map(|held| linked.to(context, held));
        let sources = sources.as_ref().map_or("null", |links| links.0.get());
        let own = spelt(context, *package);
        raw(format!(r#"{own},"timeInstalled":"{time_installed}","softwareSources":{sources}}}"#))
    })
    .map(Reply::Answer)
}

/// Lists what the attached sources hold and is not installed.
pub(super) fn available(context: &Context<'_>) -> Result<Reply> {
    let (_, instance) = context.hub_instance(context.variable(0))?;
    context.check_place()?;
    let attached = instance.hub.sources.iter().filter_map(|id| context.world.hub.sources.get(id));
    let all: BTreeSet<Package> = attached.flat_map(|source| source.packages.iter()).collect();
    let inventory = instance.inventory();
    let wanted = |package: &Package| context.is_called(package.name()) && !inventory.contains(*package);
    let mut rows: Vec<Package> = all.into_iter().filter(wanted).collect();
    arrange(context, &mut rows)?;
    let mut linked = Linked::default();
    page::ordered(context, &rows, |package| {
        let software_sources = linked.to(context, held(context, *package, Some(instance)));
        Row { common: common(context, *package, "AVAILABLE"), software_sources, update: None }
    })
    .map(Reply::Answer)
}

/// Returns the API's word for what an update is about.
pub(super) fn update_type(kind: UpdateType) -> &'static str {
    match kind {
        UpdateType::Security => "SECURITY",
        UpdateType::Bug => "BUGFIX",
        UpdateType::Enhancement => "ENHANCEMENT",
        UpdateType::Other => "OTHER",
    }
}

/// Lists the updates of an instance as far as the hub knows it: from what it believes to be installed.
pub(super) fn updatable(context: &Context<'_>) -> Result<Reply> {
    let (_, instance) = context.hub_instance(context.variable(0))?;
    context.check_place()?;
    let of = |have: Package, new: Package| -> Vec<&'static Erratum> {
        match context.switches.errata_between {
            true => errata().between(have, new).collect(),
            false => errata().of(new).into_iter().collect(),
        }
    };
    let mut rows = Vec::new();
    for (have, new) in context.world.hub_candidates(instance) {
        let errata = of(have, new);
        let kind = update_type(catalogue().kind(new));
        let severity =
            errata.iter().filter_map(|erratum| erratum.severity()).max().map(|severity| severity.word());
        let named = context.query.all("advisoryName").next().is_none()
            || errata.iter().any(|erratum| context.is_one("advisoryName", &erratum.name));
        if context.is_called(new.name())
            && context.is_one("classificationType", kind)
            && context.is_one("advisorySeverity", severity.unwrap_or_default())
            && named
        {
            rows.push((have, new, kind, severity, errata));
        }
    }
    arrange(context, &mut rows)?;
    let mut linked = Linked::default();
    page::ordered(context, &rows, |(have, new, kind, severity, errata)| {
        let software_sources = linked.to(context, held(context, *new, Some(instance)));
        let update = Update {
            installed_version: spelling::version(context, *have),
            update_type: kind,
            errata: errata.iter().map(|erratum| erratum.name.as_str()).collect(),
            related_cves: errata.iter().flat_map(|erratum| &erratum.cves).map(String::as_str).collect(),
            advisory_severity: severity.filter(|_| *kind == "SECURITY"),
        };
        Row { common: common(context, *new, "UPDATABLE"), software_sources, update: Some(update) }
    })
    .map(Reply::Answer)
}

/// Lists what was installed on a group as a group: names and architectures, and no versions.
pub(super) fn of_group(context: &Context<'_>) -> Result<Reply> {
    let (_, group) = context.hub_group(context.variable(0))?;
    context.check_place()?;
    let mut rows: Vec<&(Box<str>, Box<str>)> =
        group.manifest.iter().filter(|(name, _)| context.is_called(name)).collect();
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(name, arch)| json!({ "name": name, "architecture": arch }))
        .map(Reply::Answer)
}

/// Lists what a group's sources hold.
pub(super) fn available_to_group(context: &Context<'_>) -> Result<Reply> {
    let (_, group) = context.hub_group(context.variable(0))?;
    context.check_place()?;
    let offer = context.world.hub_offer(&group.sources);
    let newest: BTreeSet<Package> = offer.newest().into_iter().collect();
    let sources = group.sources.iter().filter_map(|id| context.world.hub.sources.get(id));
    let all: BTreeSet<Package> = sources.flat_map(|source| source.packages.iter()).collect();
    let wanted = |package: &Package| {
        context.is_called(package.name()) && context.is_so("isLatest", newest.contains(package))
    };
    let mut rows: Vec<Package> = all.into_iter().filter(wanted).collect();
    arrange(context, &mut rows)?;
    let mut linked = Linked::default();
    page::ordered(context, &rows, |package| {
        let held = held(context, *package, None);
        let held: Vec<_> = held.into_iter().filter(|id| group.sources.contains(id)).collect();
        json!({
            "displayName": package.name(),
            "name": spelling::of_source(*package),
            "type": "RPM",
            "version": spelling::version(context, *package),
            "architecture": spelling::architecture(*package),
            "softwareSources": *linked.to(context, held),
            "isLatest": newest.contains(package),
        })
    })
    .map(Reply::Answer)
}
