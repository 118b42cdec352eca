//! Errata: all, one, and those of an instance.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::packages::offered;
use super::{Answer, Context, Failure, Id, Result, page};
use crate::package::{Package, PackageSet};
use crate::simulator::errata::{Erratum, errata};
use crate::simulator::world::TENANCY;

fn summary(erratum: &Erratum) -> Value {
    json!({
        "id": erratum.id,
        "name": erratum.name,
        "compartmentId": TENANCY,
        "synopsis": erratum.synopsis,
        "issued": erratum.issued.to_string(),
        "updated": erratum.issued.to_string(),
        "advisoryType": erratum.kind.as_str(),
        "relatedCves": erratum.cves,
    })
}

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let query = &context.query;
    let moment = |name: &str| -> Result<Option<Timestamp>> {
        let Some(text) = query.get(name) else { return Ok(None) };
        let moment = text.parse().map_err(|_| Failure::invalid(format!("{name} is not a time: {text}")))?;
        Ok(Some(moment))
    };
    let (from, until) = (moment("timeIssueDateStart")?, moment("timeIssueDateEnd")?);
    let wanted = |erratum: &&Erratum| {
        query.get("erratumId").is_none_or(|id| *id == *erratum.id)
            && query.get("advisoryName").is_none_or(|name| name == erratum.name)
            && from.is_none_or(|from| from <= erratum.issued)
            && until.is_none_or(|until| erratum.issued <= until)
    };
    let mut rows: Vec<&Erratum> = errata().all.iter().filter(wanted).collect();
    // Neither default is documented: by date and the newest first, as lists of things with a time of creation are.
    let by_name = query.word("sortBy", &["ISSUEDATE", "ADVISORYNAME"])? == Some("ADVISORYNAME");
    let descends = match query.word("sortOrder", &["ASC", "DESC"])? {
        None => !by_name,
        Some(order) => order == "DESC",
    };
    match by_name {
        true => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        false => rows.sort_by(|a, b| (a.issued, &a.name).cmp(&(b.issued, &b.name))),
    }
    if descends {
        rows.reverse();
    }
    page::ordered(context, &rows, |erratum| summary(erratum))
}

/// Lists the errata of an instance's available updates: what it lacks.
pub(super) fn of_instance(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (id, _) = context.instance(context.variable(0))?;
    let mut rows = lacking(context, id);
    rows.retain(|erratum| context.names(&erratum.name));
    if context.query.sorting()?.1 {
        rows.reverse();
    }
    page::ordered(context, &rows, |erratum| summary(erratum))
}

fn lacking<'a>(context: &Context<'_>, id: &Id) -> Vec<&'a Erratum> {
    let Some(instance) = context.world.instances.get(id) else { return Vec::new() };
    let candidates = context.world.candidates(instance);
    let mut rows: Vec<&Erratum> =
        candidates.iter().flat_map(|(have, candidate)| errata().between(*have, *candidate)).collect();
    rows.sort_by(|a, b| (a.issued, &a.name).cmp(&(b.issued, &b.name)));
    rows.dedup_by(|a, b| a.name == b.name);
    rows
}

/// Tells whether a set has a package in a version before this one. Of most instances that is all there is to know.
fn is_older(set: &PackageSet, new: Package) -> bool {
    let (set, start) = (set.as_slice(), |have: &Package| have.cmp_name_arch(new).is_lt());
    let versions = set[set.partition_point(start)..].iter().take_while(|have| have.same_name_arch(new));
    versions.last().is_some_and(|have| new.cmp_evr(*have).is_gt())
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let id = context.variable(0);
    let erratum = errata().get(id).ok_or_else(|| Failure::unknown(id))?;
    let known = context.world.instances.iter().filter(|(_, instance)| instance.is_known(context.now));
    let affected = known
        .filter(|(_, instance)| erratum.packages.iter().any(|new| is_older(instance.inventory(), *new)))
        .filter(|(id, _)| lacking(context, id).iter().any(|other| other.id == erratum.id));
    let holds = |packages: &PackageSet| erratum.packages.iter().any(|package| packages.contains(*package));
    let sources =
        context.world.sources.iter().filter(|(_, source)| !source.deleted && holds(&source.packages));
    let mut full = summary(erratum);
    let more = json!({
        "description": format!("What the simulated vendor says of {}: {}.", erratum.name, erratum.synopsis),
        "from": "errata@simulator.invalid",
        "solution": "Update the packages and, where one of them is a kernel, reboot.",
        "references": "",
        "affectedInstances": affected
            .map(|(id, instance)| json!({ "id": id, "displayName": instance.name }))
            .collect::<Vec<_>>(),
        "softwareSources": sources
            .map(|(id, source)| json!({ "id": id, "displayName": source.text.name }))
            .collect::<Vec<_>>(),
        "packages": erratum
            .packages
            .iter()
            .map(|package| json!(offered(*package, context.switches)))
            .collect::<Vec<_>>(),
    });
    if let (Value::Object(full), Value::Object(more)) = (&mut full, more) {
        full.extend(more);
    }
    Ok(Answer::ok(&full))
}
