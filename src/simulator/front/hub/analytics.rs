//! Counts of instances and of what they lack, as far as the hub knows.

use serde_json::json;

use super::{Context, Failure, Id, Instance, Reply, Result, instances, page};
use crate::simulator::catalogue::{UpdateType, catalogue};
use crate::simulator::errata::{Erratum, errata};

/// The 18 metrics.
const METRICS: [&str; 18] = [
    "TOTAL_INSTANCE_COUNT",
    "INSTANCE_WITH_AVAILABLE_SECURITY_UPDATES_COUNT",
    "INSTANCE_WITH_AVAILABLE_BUGFIX_UPDATES_COUNT",
    "NORMAL_INSTANCE_COUNT",
    "ERROR_INSTANCE_COUNT",
    "WARNING_INSTANCE_COUNT",
    "UNREACHABLE_INSTANCE_COUNT",
    "REGISTRATION_FAILED_INSTANCE_COUNT",
    "INSTANCE_WITH_AVAILABLE_OTHER_UPDATES_COUNT",
    "DELETING_INSTANCE_COUNT",
    "ONBOARDING_INSTANCE_COUNT",
    "INSTANCE_SECURITY_UPDATES_COUNT",
    "INSTANCE_BUGFIX_UPDATES_COUNT",
    "INSTANCE_SECURITY_ADVISORY_COUNT",
    "INSTANCE_BUGFIX_ADVISORY_COUNT",
    "INSTANCE_OTHER_UPDATES_COUNT",
    "REBOOTING_INSTANCE_COUNT",
    "NEEDS_REBOOTING_INSTANCE_COUNT",
];

pub(super) fn summarize(context: &Context<'_>) -> Result<Reply> {
    let places = context.optional_places()?;
    let query = &context.query;
    let metrics: Vec<&str> = query.all("metricNames").collect();
    if let Some(unknown) = metrics.iter().find(|metric| !METRICS.contains(metric)) {
        return Err(Failure::invalid(format!("metricNames has {unknown}")));
    }
    let is = |name: &str, id: Option<&Id>| {
        query.get(name).is_none_or(|wanted| id.is_some_and(|id| **id == *wanted))
    };
    let wanted = |(id, instance): &(&Id, &Instance)| {
        let stage = instance.hub.stage();
        let environment =
            stage.and_then(|id| context.world.hub.stages.get(id)).map(|stage| &stage.environment);
        instance.is_registered(context.now)
            && places(&instance.machine.compartment)
            && is("managedInstanceGroupId", instance.hub.group())
            && is("lifecycleStageId", stage)
            && is("lifecycleEnvironmentId", environment)
            && is("dynamicSetId", None)
            && context.is_one("status", instances::status(context.world, id, instance, context.now))
            && context.is_one("location", "OCI_COMPUTE")
            && context.is_none("locationNotEqualTo", "OCI_COMPUTE")
            && context.is_one("osFamily", instances::os_family(instance))
            && context.is_called(&instance.name)
            && context.is_so("isManagedByAutonomousLinux", false)
    };
    let all: Vec<(&Id, &Instance)> = context.world.instances.iter().filter(wanted).collect();
    let mut rows: Vec<(&str, usize)> =
        metrics.into_iter().map(|metric| (metric, count(context, &all, metric))).collect();
    if query.hub_sorting()?.1 && query.get("sortOrder").is_some() {
        rows.reverse();
    }
    let compartment = query.get("compartmentId");
    let dimensions = compartment.map_or_else(|| json!({}), |id| json!({ "compartmentId": id }));
    page::ordered(
        context,
        &rows,
        |(name, count)| json!({ "name": name, "dimensions": dimensions, "count": count }),
    )
    .map(Reply::Answer)
}

fn count(context: &Context<'_>, all: &[(&Id, &Instance)], metric: &str) -> usize {
    let of =
        |is: &dyn Fn(&Id, &Instance) -> bool| all.iter().filter(|(id, instance)| is(id, instance)).count();
    let with = |status: &str| {
        of(&|id, instance| instances::status(context.world, id, instance, context.now) == status)
    };
    let updates = |kind: UpdateType| {
        all.iter().map(move |(_, instance)| {
            let candidates = context.world.hub_candidates(instance);
            candidates.iter().filter(|(_, new)| catalogue().kind(*new) == kind).count()
        })
    };
    let advisories = |kind: UpdateType| -> usize {
        let of = |(_, instance): &(&Id, &Instance)| {
            let candidates = context.world.hub_candidates(instance);
            let errata = candidates.iter().flat_map(|(have, new)| errata().between(*have, *new));
            let mut names: Vec<&str> = errata
                .filter(|erratum: &&Erratum| erratum.kind == kind)
                .map(|erratum| erratum.name.as_str())
                .collect();
            names.sort_unstable();
            names.dedup();
            names.len()
        };
        all.iter().map(of).sum()
    };
    match metric {
        "TOTAL_INSTANCE_COUNT" => all.len(),
        "NORMAL_INSTANCE_COUNT" => with("NORMAL"),
        "WARNING_INSTANCE_COUNT" => with("WARNING"),
        "UNREACHABLE_INSTANCE_COUNT" => with("UNREACHABLE"),
        "REBOOTING_INSTANCE_COUNT" => with("REBOOTING"),
        "NEEDS_REBOOTING_INSTANCE_COUNT" => of(&|_, instance| instance.reboot_required),
        "INSTANCE_WITH_AVAILABLE_SECURITY_UPDATES_COUNT" => {
            updates(UpdateType::Security).filter(|count| *count > 0).count()
        }
        "INSTANCE_WITH_AVAILABLE_BUGFIX_UPDATES_COUNT" => {
            updates(UpdateType::Bug).filter(|count| *count > 0).count()
        }
        "INSTANCE_WITH_AVAILABLE_OTHER_UPDATES_COUNT" => {
            updates(UpdateType::Other).filter(|count| *count > 0).count()
        }
        "INSTANCE_SECURITY_UPDATES_COUNT" => updates(UpdateType::Security).sum(),
        "INSTANCE_BUGFIX_UPDATES_COUNT" => updates(UpdateType::Bug).sum(),
        "INSTANCE_OTHER_UPDATES_COUNT" => updates(UpdateType::Other).sum(),
        "INSTANCE_SECURITY_ADVISORY_COUNT" => advisories(UpdateType::Security),
        "INSTANCE_BUGFIX_ADVISORY_COUNT" => advisories(UpdateType::Bug),
        // Nothing here fails to register, is being deleted or on board.
        _ => 0,
    }
}

/// Lists the vendors whose systems the simulator knows.
pub(super) fn vendors(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let rows: Vec<&str> = ["ORACLE"].into_iter().filter(|name| context.is_one("name", name)).collect();
    page::ordered(
        context,
        &rows,
        |name| json!({ "name": name, "osFamilies": ["ORACLE_LINUX_8", "ORACLE_LINUX_9"], "archTypes": ["X86_64"] }),
    )
    .map(Reply::Answer)
}
