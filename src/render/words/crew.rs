//! Words for steps on a group and all its members.

use super::{count, only};
use crate::op::{Again, Op};

/// Returns whom a step is about, what it is doing and what it has done.
pub(super) fn step(op: &Op) -> (String, String, String) {
    let of = |group: &crate::op::GroupRef| format!("group {}", group.group);
    match op {
        Op::Attach { group, source, .. } => {
            (of(group), format!("attaching {}", source.release), format!("{} attached", source.release))
        }
        Op::Detach { group, sources, keeps, .. } => {
            let many = count(sources.len(), "other source");
            (of(group), format!("detaching {many}"), format!("{many} detached, {} kept", keeps.release))
        }
        Op::Enroll { group, instances, source } => {
            let many = count(instances.len(), "instance");
            let release = &source.release;
            (of(group), format!("taking in {many} on {release}"), format!("{many} taken in on {release}"))
        }
        Op::Dismiss { group, instances } => {
            let many = count(instances.len(), "instance");
            (of(group), format!("letting {many} go"), format!("{many} let go"))
        }
        Op::UpdateGroup { group, source, kind, instances } => {
            let (release, kind) = (&source.release, only(*kind));
            let many = count(instances.len(), "member");
            (
                of(group),
                format!("updating {many} to {release}{kind}"),
                format!("{many} updated to {release}{kind}"),
            )
        }
        Op::PatchGroup { group, package: Some(package), .. } => (
            of(group),
            format!("updating {} to {}", package.name(), package.evr()),
            format!("{} updated to {}", package.name(), package.evr()),
        ),
        Op::PatchGroup { group, wanted, package: None, .. } => {
            (of(group), format!("installing {wanted} updates"), format!("{wanted} updates installed"))
        }
        Op::EnforceGroup { group, adjusts, instances, .. } => {
            let (doing, done) = super::adjusting(adjusts);
            let many = count(instances.len(), "member");
            (of(group), format!("{doing} on {many}"), format!("{done} on {many}"))
        }
        Op::EnableGroupStreams { group, streams, .. } => {
            let (doing, done) = super::enabling(streams);
            (of(group), doing, done)
        }
        Op::Rerun { group, instances, again, .. } => {
            let many = count(instances.len(), "member");
            let what = match again {
                Again::Sources => "the exchange of sources".to_owned(),
                Again::Join => "joining".to_owned(),
                Again::Update(kind) => format!("the update{}", only(*kind)),
            };
            (of(group), format!("repeating {what} on {many}"), format!("{what} repeated on {many}"))
        }
        Op::Refresh { group, .. } => {
            (of(group), "having packages listed anew".to_owned(), "packages listed anew".to_owned())
        }
        Op::CreateProfile { group, .. } => {
            (format!("profile {}", group.group), "creating".to_owned(), "created".to_owned())
        }
        Op::DeleteProfile { group, .. } => {
            (format!("profile {group}"), "deleting".to_owned(), "deleted".to_owned())
        }
        // Everything else has words of its own.
        other => (other.key().to_string(), "working".to_owned(), "done".to_owned()),
    }
}
