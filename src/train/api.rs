//! What a train file says that only one of the services can do, or lacks that one needs. Told offline, where it stands,
//! so that the same file is taken over by changing `api` alone and each line that stands in the way is named.

use std::sync::Arc;

use super::Layout;
use super::imports::ImportShape;
use super::problem::{Report, Source};
use super::shape::{MembersShape, Shape};
use super::table::At;
use super::vendors;
use crate::name::GroupName;
use crate::patching::Api;

/// Checks one file. What its `api` is has to be understood first.
pub(super) fn check(source: &Arc<Source>, shape: &Shape, report: &mut Report) {
    match shape.api {
        Some(Api::Osms) => osms(source, shape, report),
        Some(Api::Osmh) => osmh(source, shape, report),
        None => {}
    }
}

fn osms(source: &Arc<Source>, shape: &Shape, report: &mut Report) {
    let profiles = shape.groups.iter().filter_map(|group| group.profile.as_ref());
    for At { span, .. } in profiles.filter(|profile| profile.value) {
        let message = "OS Management has no registration profiles";
        let hint = "new systems come up as members of a group with `api = \"osmh\"` only: delete the line";
        report.at(source, span.clone(), message, hint);
    }
}

fn osmh(source: &Arc<Source>, shape: &Shape, report: &mut Report) {
    if shape.vendor_sources.is_none() {
        let architecture = shape.architecture.map(|machine| machine.to_string());
        let os = shape.os.as_deref().unwrap_or("oracle-linux-8");
        let names = vendors::usual(os, architecture.as_deref().unwrap_or("x86_64"));
        let hint = format!(
            "OS Management Hub fills a release from sources of the vendor: name those that the golden instance has, as in `vendor_sources = {names:?}`"
        );
        report.at(source, shape.span.clone(), "`[train]` lacks `vendor_sources`", hint);
    }
    for group in &shape.groups {
        let (Some(At { value: true, span }), Some(MembersShape::Listed(_))) =
            (&group.profile, &group.members)
        else {
            continue;
        };
        let message = "no new system stands in a list of `members`: `profile = true` would put it into the group, and the \
                       next apply take it out again";
        let hint = "write `members = \"service\"` once the service has the group, or select members by the tags that new \
                    systems are started with";
        report.at(source, span.clone(), message, hint);
    }
    for group in &shape.groups {
        if let Some(span) = &group.spots.concurrency {
            let message =
                "OS Management Hub updates all members of a group at once: there is no `concurrency`";
            report.at(source, span.clone(), message, "each of `waves` is a group there: make more of them");
        }
        let imported = |name: &At<GroupName>| {
            let of = |import: &ImportShape| matches!(import, ImportShape::Group { group, .. } if group.value == name.value);
            shape.imports.iter().any(of)
        };
        let whole = match &group.members {
            _ if group.id.is_some() => Some("`id` names one group of the service"),
            Some(MembersShape::Service) => Some("the service has its members in one group"),
            _ if group.name.as_ref().is_some_and(imported) => {
                Some("`[[import]]` takes over one group of the service")
            }
            _ => None,
        };
        if let (Some(span), Some(why)) = (&group.spots.waves, whole) {
            let message = format!("with `waves` each of them is a group of OS Management Hub, and {why}");
            let hint = "list or select the members, or make a group of the train for each wave, and order them by `after`";
            report.at(source, span.clone(), message, hint);
        }
    }
    if let Some(At { value: Layout::Child, span }) = &shape.layout {
        let message = "OS Management Hub has no child sources";
        let hint =
            "there the group keeps a source all the time: write `layout = \"parent\"`, or delete the line";
        report.at(source, span.clone(), message, hint);
    }
}
