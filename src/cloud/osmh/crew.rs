//! What is asked of a group and all its members. Most of it is answered with a work request that has a part for each
//! member; where the service names none, it is found by the group, and by the retry token that its description bears.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{OsmhCloud, bodies, spelling, wire};
use crate::cloud::calls::{DONE, Waits};
use crate::cloud::words::update_type;
use crate::cloud::{CloudError, Submitted};
use crate::name::Ocid;
use crate::observed::ServiceGroup;
use crate::oci::{Call, Reply, Transport};
use crate::op::{Adjust, OpKey, RetryToken, Ticket, Wanted};
use crate::package::{Digest, Package};

/// How long the name of a work request may be: nobody says. The names of OCI's things have 255 characters at most.
const LONGEST_NAME: usize = 255;

/// How long a group may go on showing what was taken from it.
const SETTLING: Duration = Duration::from_secs(60);

/// How often a work request is looked for that may never be made: whether taking sources from a group makes one is not
/// known (osmh.md, section 8).
const LOOKS: u32 = 3;

/// How many of a group's work requests are looked through at least, newest first.
const NEWEST: usize = 50;

/// A call for a group, and how its work request is found again.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) group: &'a Ocid,
    pub(super) key: &'a OpKey,
    pub(super) token: &'a RetryToken,
}

impl Order<'_> {
    /// Says what its work request is called.
    pub(super) fn label(&self) -> bodies::Label {
        label(self.key, self.token)
    }

    pub(super) fn call(&self, operation: &'static str, action: &str) -> Call {
        Call::post(operation, &["managedInstanceGroups", self.group.as_str(), "actions", action])
            .token(&self.token.0)
    }
}

/// Says what a work request is called: after the op that it is for, with the token by which it is found again.
pub(super) fn label(key: &OpKey, token: &RetryToken) -> bodies::Label {
    let display_name = key.0.chars().take(LONGEST_NAME).collect();
    bodies::Label { display_name, description: format!("asked for by patchtrain, token {}", token.0) }
}

impl<T: Transport> OsmhCloud<T> {
    pub(super) async fn attach(&self, order: Order<'_>, source: &Ocid) -> Result<Submitted, CloudError> {
        let body =
            bodies::Sources { software_sources: vec![source.as_str()], work_request_details: order.label() };
        let call = order.call("AttachSoftwareSourcesToManagedInstanceGroup", "attachSoftwareSources");
        self.crew(order, &call.json(&body)).await
    }

    pub(super) async fn update_group(
        &self,
        order: Order<'_>,
        wanted: Wanted,
    ) -> Result<Submitted, CloudError> {
        let body =
            bodies::Updates { update_types: [update_type(wanted)], work_request_details: order.label() };
        let call = order.call("UpdateAllPackagesOnManagedInstanceGroup", "updateAllPackages");
        self.crew(order, &call.json(&body)).await
    }

    pub(super) async fn install_on_group(
        &self,
        order: Order<'_>,
        package: Package,
    ) -> Result<Submitted, CloudError> {
        let body = bodies::Packages {
            package_names: vec![spelling::for_group(package)],
            work_request_details: order.label(),
        };
        let call = order.call("InstallPackagesOnManagedInstanceGroup", "installPackages");
        self.crew(order, &call.json(&body)).await
    }

    /// Has packages installed on all members in these versions, or removed from all.
    pub(super) async fn adjust_group(
        &self,
        order: Order<'_>,
        adjusts: &[Adjust],
    ) -> Result<Submitted, CloudError> {
        let installs = adjusts.iter().filter(|adjust| adjust.installs()).count();
        let (operation, action) = match installs {
            0 => ("RemovePackagesFromManagedInstanceGroup", "removePackages"),
            _ => ("InstallPackagesOnManagedInstanceGroup", "installPackages"),
        };
        if installs != 0 && installs != adjusts.len() {
            let reason = format!("{}: one call installs or removes, not both", order.key);
            return Err(CloudError::Unaskable { operation, reason });
        }
        let body = bodies::Packages {
            package_names: adjusts.iter().map(|adjust| spelling::for_group(adjust.package())).collect(),
            work_request_details: order.label(),
        };
        self.crew(order, &order.call(operation, action).json(&body)).await
    }

    pub(super) async fn refresh(&self, order: Order<'_>) -> Result<Submitted, CloudError> {
        // The one action without a body, and so without a name.
        let call = order.call("RefreshSoftwareOnManagedInstanceGroup", "refreshSoftware");
        self.crew(order, &call).await
    }

    /// Does work again on some members.
    pub(super) async fn rerun(
        &self,
        order: Order<'_>,
        of: &Ticket,
        instances: &[Ocid],
    ) -> Result<Submitted, CloudError> {
        let body = bodies::Instances {
            managed_instances: instances.iter().map(Ocid::as_str).collect(),
            work_request_details: Some(order.label()),
        };
        let call = Call::post("RerunWorkRequest", &["workRequests", &of.0, "actions", "rerun"])
            .json(&body)
            .token(&order.token.0);
        instances.iter().for_each(|id| self.board.asked(id));
        self.crew(order, &call).await
    }

    /// Makes instances members. Only those are sent that are none yet: what the service says to one that is, nobody
    /// knows, and it would keep the others out.
    pub(super) async fn enroll(&self, order: Order<'_>, instances: &[Ocid]) -> Result<Submitted, CloudError> {
        let seen = self.the_group("AttachManagedInstancesToManagedInstanceGroup", order.group).await?;
        let missing: Vec<&str> =
            instances.iter().filter(|id| !seen.members.contains(*id)).map(Ocid::as_str).collect();
        if missing.len() < instances.len() {
            // Some are members: by an earlier call of this op, maybe, whose work goes on.
            let known = self.newest_work(order.group, None).await?;
            if let Some(ticket) = named(&known, order.token) {
                return Ok(Submitted::Pending { ticket });
            }
        }
        if missing.is_empty() {
            return Ok(DONE);
        }
        // The same token for other instances would be refused.
        let part = order.token.part(&Digest::of_lines(&missing).short());
        let order = Order { token: &part, ..order };
        let call = order.call("AttachManagedInstancesToManagedInstanceGroup", "attachManagedInstances").json(
            &bodies::Instances { managed_instances: missing, work_request_details: Some(order.label()) },
        );
        instances.iter().for_each(|id| self.board.asked(id));
        self.crew(order, &call).await
    }

    /// Ends memberships: those that there are. The answer names no work request (osmh.md, section 1c), and no agent has
    /// anything to do.
    pub(super) async fn dismiss(
        &self,
        order: Order<'_>,
        instances: &[Ocid],
    ) -> Result<Submitted, CloudError> {
        let operation = "DetachManagedInstancesFromManagedInstanceGroup";
        let Some(seen) = self.bare_group(order.group).await? else { return Ok(DONE) };
        let members: Vec<&str> =
            instances.iter().filter(|id| seen.members.contains(*id)).map(Ocid::as_str).collect();
        if members.is_empty() {
            return Ok(DONE);
        }
        let part = order.token.part(&Digest::of_lines(&members).short());
        let order = Order { token: &part, ..order };
        let body = bodies::Instances { managed_instances: members, work_request_details: None };
        let call = order.call(operation, "detachManagedInstances").json(&body).slow();
        let left = async || {
            let seen = self.bare_group(order.group).await?;
            Ok(seen.is_none_or(|seen| !instances.iter().any(|id| seen.members.contains(id))))
        };
        self.calls.unless(&call, left).await?;
        let mut waits = Waits::up_to(SETTLING);
        loop {
            if left().await? {
                return Ok(DONE);
            }
            if !waits.wait().await {
                let reason = format!("{} still has members that were to leave", order.group);
                return Err(CloudError::Answer { operation, reason, request_id: String::new() });
            }
        }
    }

    /// Takes sources from a group. The answer names no work request (osmh.md, section 1c): it is one for the group that
    /// bears this op's token, or that was not there before; or there is none.
    pub(super) async fn detach(&self, order: Order<'_>, sources: &[Ocid]) -> Result<Submitted, CloudError> {
        let operation = "DetachSoftwareSourcesFromManagedInstanceGroup";
        let kind = Some("SET_SOFTWARE_SOURCES");
        let before = self.newest_work(order.group, kind).await?;
        if let Some(ticket) = named(&before, order.token) {
            // Asked for before, and the answer was lost.
            return Ok(Submitted::Pending { ticket });
        }
        let before: BTreeSet<&str> = before.iter().map(|work| work.id.as_str()).collect();
        let body = bodies::Sources {
            software_sources: sources.iter().map(Ocid::as_str).collect(),
            work_request_details: order.label(),
        };
        let call = order.call(operation, "detachSoftwareSources").json(&body);
        let reply = self.calls.client.send(&call.slow()).await;
        self.board.asked(order.group);
        let reply = reply?;
        if let Some(ticket) = work_of(&reply) {
            return Ok(Submitted::Pending { ticket });
        }
        let mut waits = Waits::up_to(SETTLING);
        for look in 1.. {
            let works = self.newest_work(order.group, kind).await?;
            let new = || works.iter().find(|work| !before.contains(work.id.as_str()));
            let found = named(&works, order.token).or_else(|| new().map(|work| Ticket(work.id.clone())));
            if let Some(ticket) = found {
                return Ok(Submitted::Pending { ticket });
            }
            let seen = self.the_group(operation, order.group).await?;
            let gone = !sources.iter().any(|source| seen.has(source));
            if gone && look >= LOOKS {
                break;
            }
            if !waits.wait().await {
                let reason = format!("{} still has sources that were detached", order.group);
                return Err(reply.unreadable(reason).into());
            }
        }
        Ok(DONE)
    }

    /// Makes a call that is answered with a work request for a group.
    pub(super) async fn crew(&self, order: Order<'_>, call: &Call) -> Result<Submitted, CloudError> {
        let reply = self.calls.client.send(&call.clone().slow()).await;
        self.board.asked(order.group);
        let reply = reply?;
        let ticket = match work_of(&reply) {
            Some(ticket) => Some(ticket),
            None => named(&self.newest_work(order.group, None).await?, order.token),
        };
        match ticket {
            Some(ticket) => Ok(Submitted::Pending { ticket }),
            None => Err(reply.unreadable("it names no work request (opc-work-request-id)").into()),
        }
    }

    /// Lists the newest work requests of a group, of one kind or of all, newest first.
    async fn newest_work(
        &self,
        group: &Ocid,
        kind: Option<&'static str>,
    ) -> Result<Vec<wire::WorkRequest>, CloudError> {
        let call = Call::get("ListWorkRequests", &["workRequests"])
            .query("compartmentId", self.compartment.as_str())
            .query("resourceId", group.as_str())
            .query("sortBy", "timeCreated")
            .query("sortOrder", "DESC")
            .query("limit", NEWEST.to_string());
        let call = kind.into_iter().fold(call, |call, kind| call.query("operationType", kind));
        // What was just asked for is among the first; but a page may be short, or empty, and more follow.
        let mut works = Vec::new();
        let mut pages = self.calls.client.pages(call);
        while works.len() < NEWEST
            && let Some(page) = pages.next().await?
        {
            works.append(&mut page.json::<wire::Items<_>>()?.items);
        }
        Ok(works)
    }

    async fn the_group(&self, operation: &'static str, group: &Ocid) -> Result<ServiceGroup, CloudError> {
        let reason = format!("the service no longer knows the group {group}");
        self.bare_group(group).await?.ok_or(CloudError::Unaskable { operation, reason })
    }
}

/// Finds the work request that bears a token.
fn named(works: &[wire::WorkRequest], token: &RetryToken) -> Option<Ticket> {
    let bears = |work: &&wire::WorkRequest| {
        work.description.as_ref().is_some_and(|description| description.contains(&token.0))
    };
    works.iter().find(bears).map(|work| Ticket(work.id.clone()))
}

/// Returns the work request that an answer names.
pub(super) fn work_of(reply: &Reply) -> Option<Ticket> {
    reply.header("opc-work-request-id").map(|id| Ticket(id.to_owned()))
}
