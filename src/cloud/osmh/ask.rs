//! Asking for things: each [`Op`] as the calls that it takes.
//!
//! Creates and actions take a retry token, and are asked for again with it; PUT and DELETE take none, and what they were
//! for is looked at first. `if-match` is sent with an owner's tags alone, where it stands for the revision that was just read:
//! etags are the same for different things, and at times end in `--gzip` (recorded, osmh.md, section 0).

use super::crew::{Order, label, work_of};
use super::{OsmhCloud, bodies, spelling};
use crate::cloud::calls::Waits;
use crate::cloud::words::{Wish, group_id, source_id, update_type};
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::CandidateKind;
use crate::oci::{Call, Transport};
use crate::op::{Op, OpKey, Origin, Outfit, Ownership, ParentRef, RetryToken, Wanted};
use crate::package::Package;

/// After how many minutes the service calls a reboot failed. A large machine takes ten to come up.
const REBOOT_TIMEOUT: u32 = 15;

impl<T: Transport> OsmhCloud<T> {
    /// Does one op, or starts it.
    pub(super) async fn ask(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        let key = op.key();
        let order = |group| Ok::<_, CloudError>(Order { group: group_id(group)?, key: &key, token });
        match op {
            Op::CreateSource { release, name, owner, under, origin, .. } => {
                let origin = origin_of(under.as_ref(), origin.as_ref())?;
                self.create_source(release, name, owner, origin, token).await
            }
            Op::AddPackages { source, packages } => self.add(source_id(source)?, packages, token).await,
            Op::RemovePackages { source, packages } => self.remove(source_id(source)?, packages, token).await,
            Op::DeleteSource { source } => {
                let path = ["softwareSources", source_id(source)?.as_str()];
                self.calls.delete("DeleteSoftwareSource", "GetSoftwareSource", &path).await
            }
            Op::CreateGroup { group, owner, outfit } => {
                let reason = || format!("group {group} is to have the source of no release");
                let outfit = outfit.as_ref().ok_or_else(|| unaskable("CreateManagedInstanceGroup", reason()));
                self.create_group(group, owner, outfit?, token).await
            }
            Op::DeleteGroup { group } => {
                let path = ["managedInstanceGroups", group_id(group)?.as_str()];
                self.calls.delete("DeleteManagedInstanceGroup", "GetManagedInstanceGroup", &path).await
            }
            Op::Attach { group, source, .. } => self.attach(order(group)?, source_id(source)?).await,
            Op::Detach { group, sources, .. } => self.detach(order(group)?, sources).await,
            Op::Enroll { group, instances, .. } => self.enroll(order(group)?, instances).await,
            Op::Dismiss { group, instances } => self.dismiss(order(group)?, instances).await,
            Op::UpdateGroup { group, kind, .. } => self.update_group(order(group)?, *kind).await,
            Op::PatchGroup { group, wanted, package: None, .. } => {
                self.update_group(order(group)?, *wanted).await
            }
            Op::PatchGroup { group, package: Some(package), .. } => {
                self.install_on_group(order(group)?, *package).await
            }
            Op::EnforceGroup { group, adjusts, .. } => self.adjust_group(order(group)?, adjusts).await,
            Op::EnableGroupStreams { group, streams, .. } => {
                self.enable_on_group(order(group)?, streams).await
            }
            Op::EnableStreams { instance, streams } => {
                self.enable_streams(instance, streams, &key, token).await
            }
            Op::Rerun { group, of, instances, .. } => self.rerun(order(group)?, of, instances).await,
            Op::Refresh { group, .. } => self.refresh(order(group)?).await,
            Op::Patch { instance, wanted, package } => {
                self.patch(instance, *wanted, *package, &key, token).await
            }
            Op::Reboot { instance, .. } => self.reboot(instance, &key, token).await,
            Op::RefreshInstance { instance } => self.refresh_instance(instance, token).await,
            Op::CreateSchedule { group, name, owner, schedule, next } => {
                let wish = Wish { group: &group.group, name, owner, schedule, next: *next };
                self.create_schedule(&wish, group_id(group)?, token).await
            }
            Op::ChangeSchedule { group, id, name, owner, schedule, next } => {
                self.change_schedule(id, &Wish { group, name, owner, schedule, next: *next }).await
            }
            Op::DeleteSchedule { id, .. } => self.delete_schedule(id).await,
            Op::AdoptSource { id, owner, .. } => self.adopt(CandidateKind::Source, id, owner).await,
            Op::AdoptGroup { id, owner, .. } => self.adopt(CandidateKind::Group, id, owner).await,
            Op::CreateProfile { group, name, owner, .. } => {
                self.create_profile((group_id(group)?, &group.group), name, owner, token).await
            }
            Op::DeleteProfile { id, .. } => self.delete_profile(id).await,
            Op::Switch { .. }
            | Op::Join { .. }
            | Op::Leave { .. }
            | Op::Update { .. }
            | Op::Enforce { .. } => {
                let reason = format!("{key}: OS Management Hub binds groups, and its members are locked");
                Err(unaskable("UpdateManagedInstance", reason))
            }
        }
    }

    /// Makes the source of a release, as a list of packages that is empty yet. The answer names no work request: the
    /// provider's source says that there is none for now.
    async fn create_source(
        &self,
        release: &ReleaseName,
        name: &str,
        owner: &Ownership,
        origin: &Origin,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let mut vendors = Vec::new();
        for id in &origin.vendors {
            vendors.push(bodies::Named { id: id.as_str(), display_name: self.vendor_name(id).await? });
        }
        let details = bodies::CreateSource {
            compartment_id: self.compartment.as_str(),
            display_name: name,
            description: tags::description_of_source(release, owner),
            software_source_type: "CUSTOM",
            vendor_software_sources: vendors,
            is_created_from_package_list: true,
            is_automatically_updated: false,
            is_auto_resolve_dependencies: false,
            is_latest_content_only: false,
            freeform_tags: tags::of_owner(owner),
        };
        let call = Call::post("CreateSoftwareSource", &["softwareSources"]).json(&details);
        self.calls.create(call.token(&token.0), "GetSoftwareSource", "softwareSources").await
    }

    /// Makes a group that has a source from the first: the last one of a group cannot be taken away, and whoever joins
    /// gets what is there.
    async fn create_group(
        &self,
        group: &GroupName,
        owner: &Ownership,
        outfit: &Outfit,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let operation = "CreateManagedInstanceGroup";
        let source = source_id(&outfit.source)?;
        let details = bodies::CreateGroup {
            compartment_id: self.compartment.as_str(),
            display_name: group.as_str(),
            description: tags::description("group", group, owner),
            os_family: spelling::os_family(&outfit.os),
            arch_type: spelling::arch_type(operation, &outfit.arch)?,
            vendor_name: "ORACLE",
            // Left out, it is ON_PREMISE.
            location: "OCI_COMPUTE",
            software_source_ids: [source.as_str()],
            freeform_tags: tags::of_owner(owner),
        };
        let call = Call::post(operation, &["managedInstanceGroups"]).json(&details);
        let made = self
            .calls
            .create(call.token(&token.0), "GetManagedInstanceGroup", "managedInstanceGroups")
            .await?;
        let Submitted::Done { created: Some(id) } = &made else { return Ok(made) };
        let mut waits = Waits::new();
        while self.bare_group(id).await?.is_some_and(|seen| !seen.has(source)) {
            if !waits.wait().await {
                let reason = format!("{id} was created and does not have {source} yet");
                return Err(CloudError::Answer { operation, reason, request_id: String::new() });
            }
        }
        Ok(made)
    }

    /// Has one instance install updates, or bring one package to a version. The service refuses it to members of a group.
    async fn patch(
        &self,
        instance: &Ocid,
        wanted: Wanted,
        package: Option<Package>,
        key: &OpKey,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let work_request_details = label(key, token);
        let call = |operation, action| {
            Call::post(operation, &["managedInstances", instance.as_str(), "actions", action]).token(&token.0)
        };
        let call = match package {
            None => call("UpdatePackagesOnManagedInstance", "updatePackages")
                .json(&bodies::Updates { update_types: [update_type(wanted)], work_request_details }),
            Some(package) => {
                let package_names = vec![spelling::for_instance(package)];
                call("InstallPackagesOnManagedInstance", "installPackages")
                    .json(&bodies::Packages { package_names, work_request_details })
            }
        };
        self.on_instance(instance, call).await
    }

    /// Has an instance tell anew what is installed. The one action without a body, and so without a name.
    async fn refresh_instance(&self, instance: &Ocid, token: &RetryToken) -> Result<Submitted, CloudError> {
        let path = ["managedInstances", instance.as_str(), "actions", "refreshSoftware"];
        let call = Call::post("RefreshSoftwareOnManagedInstance", &path).token(&token.0);
        self.on_instance(instance, call).await
    }

    /// Has the service boot an instance anew, also one that is a member of a group.
    async fn reboot(
        &self,
        instance: &Ocid,
        key: &OpKey,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let path = ["managedInstances", instance.as_str(), "actions", "reboot"];
        let details = bodies::Reboot {
            reboot_timeout_in_mins: REBOOT_TIMEOUT,
            work_request_details: label(key, token),
        };
        let call = Call::post("RebootManagedInstance", &path).token(&token.0).json(&details);
        self.on_instance(instance, call).await
    }

    /// Asks for an action on one instance.
    pub(super) async fn on_instance(&self, instance: &Ocid, call: Call) -> Result<Submitted, CloudError> {
        let reply = self.calls.client.send(&call.slow()).await;
        self.board.asked(instance);
        let reply = reply?;
        match work_of(&reply) {
            Some(ticket) => Ok(Submitted::Pending { ticket }),
            None => Err(reply.unreadable("it names no work request (opc-work-request-id)").into()),
        }
    }
}

fn origin_of<'o>(under: Option<&ParentRef>, origin: Option<&'o Origin>) -> Result<&'o Origin, CloudError> {
    let operation = "CreateSoftwareSource";
    if under.is_some() {
        return Err(unaskable(operation, "OS Management Hub has no child sources".to_owned()));
    }
    let filled = origin.filter(|origin| !origin.vendors.is_empty());
    filled.ok_or_else(|| {
        let reason = "nobody says which of the vendor's sources it is drawn from (`vendor_sources`)";
        unaskable(operation, reason.to_owned())
    })
}

fn unaskable(operation: &'static str, reason: String) -> CloudError {
    CloudError::Unaskable { operation, reason }
}
