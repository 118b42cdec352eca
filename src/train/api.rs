//! What a train file says that only one of the services can do, or lacks that one needs. Told offline, where it stands,
//! so that the same file is taken over by changing `api` alone and each line that stands in the way is named.

use std::sync::Arc;

use super::Layout;
use super::problem::{Report, Source};
use super::shape::{MembersShape, Shape};
use super::table::At;
use super::vendors;
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
            report.at(source, span.clone(), message, "delete the line");
        }
        if let Some(span) = &group.spots.waves {
            let message = "`waves` are not supported yet with `api = \"osmh\"`";
            report.at(source, span.clone(), message, "make a group for each, and order them by `after`");
        }
    }
    if let Some(At { value: Layout::Child, span }) = &shape.layout {
        let message = "OS Management Hub has no child sources";
        let hint =
            "there the group keeps a source all the time: write `layout = \"parent\"`, or delete the line";
        report.at(source, span.clone(), message, hint);
    }
}
