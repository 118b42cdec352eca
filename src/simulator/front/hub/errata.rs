//! Errata, which the hub knows by their names: all, one, and those that an instance lacks.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Context, Failure, Reply, Result, contents, inventory, page, spelling, time};
use crate::simulator::errata::{Erratum, errata};
use crate::simulator::front::query::Sorting;

fn summary(erratum: &Erratum) -> Value {
    let kind = inventory::update_type(erratum.kind);
    json!({
        "name": erratum.name,
        "synopsis": erratum.synopsis,
        "timeIssued": time(erratum.issued),
        "timeUpdated": time(erratum.issued),
        "classificationType": kind,
        "advisoryType": kind,
        "relatedCves": erratum.cves,
        "osFamilies": ["ORACLE_LINUX_8"],
        "advisorySeverity": severity(erratum),
    })
}

fn severity(erratum: &Erratum) -> Option<&'static str> {
    erratum.severity().map(|severity| severity.word())
}

/// Tells whether an erratum passes the filters that all lists of them have.
fn is_wanted(context: &Context<'_>, erratum: &Erratum) -> bool {
    let kind = inventory::update_type(erratum.kind);
    context.is_one("name", &erratum.name)
        && context.query.get("nameContains").is_none_or(|part| erratum.name.contains(part))
        && context.is_one("classificationType", kind)
        && context.is_one("advisoryType", kind)
        && context.is_one("advisorySeverity", severity(erratum).unwrap_or_default())
        && context.is_one("osFamily", "ORACLE_LINUX_8")
}

/// Sorts errata, by when they were issued unless asked otherwise.
fn arrange(context: &Context<'_>, rows: &mut [&Erratum]) -> Result<()> {
    let (sorting, descends) = context.query.hub_sorting()?;
    match sorting {
        Sorting::Name => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        Sorting::Created => rows.sort_by(|a, b| (a.issued, &a.name).cmp(&(b.issued, &b.name))),
    }
    if descends {
        rows.reverse();
    }
    Ok(())
}

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let moment = |name: &str| -> Result<Option<Timestamp>> {
        let text = context.query.get(name);
        text.map(|text| text.parse().map_err(|_| Failure::invalid(format!("{name} is {text}")))).transpose()
    };
    let (from, until) = (moment("timeIssueDateStart")?, moment("timeIssueDateEnd")?);
    let timely = |erratum: &Erratum| {
        from.is_none_or(|from| from <= erratum.issued) && until.is_none_or(|until| erratum.issued <= until)
    };
    let all = errata().all.iter();
    let mut rows: Vec<&Erratum> =
        all.filter(|erratum| is_wanted(context, erratum) && timely(erratum)).collect();
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |erratum| summary(erratum)).map(Reply::Answer)
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let name = context.variable(0);
    let erratum = errata().all.iter().find(|erratum| erratum.name == name).ok_or_else(Failure::nowhere)?;
    let sources = context.world.hub.sources.values();
    let holds = |source: &crate::simulator::world::hub::Source| {
        source.recipe.is_none() && erratum.packages.iter().any(|package| source.packages.contains(*package))
    };
    let repositories: Vec<&str> =
        sources.filter(|source| holds(source)).map(|source| &*source.repo_id).collect();
    let mut full = summary(erratum);
    full["description"] = json!(format!("What the simulated vendor says of {name}: {}.", erratum.synopsis));
    full["from"] = json!("errata@simulator.invalid");
    full["solution"] = json!("Update the packages and, where one of them is a kernel, reboot.");
    full["references"] = json!("");
    full["repositories"] = json!(repositories);
    full["packages"] = erratum.packages.iter().map(|package| contents::summary(context, *package)).collect();
    Ok(Reply::Answer(Answer::ok(&full)))
}

/// Lists the errata that an instance lacks, as far as the hub knows; how grave they are is not said here.
pub(super) fn of_instance(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let (_, instance) = context.hub_instance(context.variable(0))?;
    let candidates = context.world.hub_candidates(instance);
    let mut rows: Vec<&Erratum> =
        candidates.iter().flat_map(|(have, new)| errata().between(*have, *new)).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows.dedup_by(|a, b| a.name == b.name);
    rows.retain(|erratum| is_wanted(context, erratum));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |erratum| {
        let package = |package: &crate::package::Package| {
            json!({
                "displayName": package.name(),
                "name": spelling::of_instance(*package),
                "type": "RPM",
                "version": spelling::version(context, *package),
                "architecture": spelling::architecture(*package),
            })
        };
        json!({
            "name": erratum.name,
            "advisoryType": inventory::update_type(erratum.kind),
            "timeIssued": time(erratum.issued),
            "synopsis": erratum.synopsis,
            "relatedCves": erratum.cves,
            "packages": erratum.packages.iter().map(package).collect::<Vec<_>>(),
        })
    })
    .map(Reply::Answer)
}
