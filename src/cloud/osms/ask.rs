//! Asking for things: each [`Op`] as the calls that it takes.
//!
//! Every op may be asked for again after a crash. A call whose answer was lost, or that was refused with what the
//! service may say to a repetition, is followed by a look: if what was asked for holds, it is done.

use std::time::Duration;

use tokio::time::sleep;

use super::{OsmsCloud, wire};
use crate::cloud::calls::{DONE, ROUNDS, may_hold};
use crate::cloud::words::{Wish, group_id, parent_id, source_id, update_type};
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::Ocid;
use crate::observed::CandidateKind;
use crate::oci::{Call, Transport};
use crate::op::{Adjust, Op, RetryToken, Ticket, Wanted};
use crate::package::Package;

impl<T: Transport> OsmsCloud<T> {
    /// Does one op, or starts it.
    pub(super) async fn ask(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        match op {
            Op::CreateSource { release, name, arch, owner, under, origin: _ } => {
                let details = wire::CreateSource {
                    compartment_id: self.compartment.as_str(),
                    display_name: name,
                    description: tags::description_of_source(release, owner),
                    arch_type: arch_type(arch)?,
                    checksum_type: "SHA256",
                    parent_id: under.as_ref().map(parent_id).transpose()?.map(Ocid::as_str),
                    freeform_tags: tags::of_owner(owner),
                };
                let call = Call::post("CreateSoftwareSource", &["softwareSources"]).json(&details);
                self.calls.create(call.token(&token.0), "GetSoftwareSource", "softwareSources").await
            }
            Op::CreateGroup { group, owner, outfit: _ } => {
                let details = wire::CreateGroup {
                    compartment_id: self.compartment.as_str(),
                    display_name: group.as_str(),
                    description: tags::description("group", group, owner),
                    os_family: "LINUX",
                    freeform_tags: tags::of_owner(owner),
                };
                let call =
                    Call::post("CreateManagedInstanceGroup", &["managedInstanceGroups"]).json(&details);
                self.calls
                    .create(call.token(&token.0), "GetManagedInstanceGroup", "managedInstanceGroups")
                    .await
            }
            Op::AddPackages { source, packages } => self.add(source_id(source)?, packages).await,
            Op::RemovePackages { source, packages } => self.remove(source_id(source)?, packages).await,
            Op::DeleteGroup { group } => {
                let path = ["managedInstanceGroups", group_id(group)?.as_str()];
                self.calls.delete("DeleteManagedInstanceGroup", "GetManagedInstanceGroup", &path).await
            }
            Op::Join { group, instance } => self.join(group_id(group)?, instance, token).await,
            Op::Leave { group, instance } => self.leave(group_id(group)?, instance, token).await,
            Op::Switch { instance, to, drops, .. } => self.switch(instance, to, drops, token).await,
            Op::Update { instance, kind, .. } => self.update(instance, *kind, token).await,
            Op::DeleteSource { source } => {
                let path = ["softwareSources", source_id(source)?.as_str()];
                self.calls.delete("DeleteSoftwareSource", "GetSoftwareSource", &path).await
            }
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
            Op::Patch { instance, wanted, package: None } => self.update(instance, *wanted, token).await,
            Op::Patch { instance, package: Some(package), .. } => {
                self.update_package(instance, *package, token).await
            }
            Op::Enforce { instance, adjusts, .. } => self.adjust(instance, adjusts, token).await,
            Op::Reboot { instance, .. } => {
                self.recent.forget(instance);
                self.compute("InstanceAction")?.soft_reset(instance, token).await?;
                self.recent.forget(instance);
                Ok(DONE)
            }
            Op::EnableStreams { instance, streams } => self.enable_streams(instance, streams, token).await,
            Op::Attach { .. }
            | Op::Detach { .. }
            | Op::Enroll { .. }
            | Op::Dismiss { .. }
            | Op::UpdateGroup { .. }
            | Op::PatchGroup { .. }
            | Op::EnforceGroup { .. }
            | Op::EnableGroupStreams { .. }
            | Op::Rerun { .. }
            | Op::Refresh { .. }
            | Op::RefreshInstance { .. }
            | Op::CreateProfile { .. }
            | Op::DeleteProfile { .. } => {
                let reason = format!("{}: OSMS binds instances, not groups", op.key());
                Err(CloudError::Unaskable { operation: "UpdateManagedInstanceGroup", reason })
            }
        }
    }

    /// Adds packages. The call takes no retry token, and nobody says what it answers to a name that is there already
    /// (osms.md, section 2); so whenever it fails in a way that could mean that, only what is missing is sent again.
    async fn add(&self, source: &Ocid, packages: &[Package]) -> Result<Submitted, CloudError> {
        // Before anything is sent: a package without a name fails the op as a whole.
        self.names_of(packages).await?;
        let mut missing = packages.to_vec();
        for round in 1.. {
            let names = self.names_of(&missing).await?;
            let call = Call::post(
                "AddPackagesToSoftwareSource",
                &["softwareSources", source.as_str(), "actions", "addPackages"],
            )
            .json(&wire::PackageNames { package_names: names });
            let Err(error) = self.calls.client.send(&call.slow()).await.map_err(CloudError::from) else {
                break;
            };
            if !may_hold(&error) {
                return Err(error);
            }
            let Ok(Some(contents)) = self.contents(source).await else { return Err(error) };
            let before = missing.len();
            missing.retain(|package| !contents.contains(*package));
            if missing.is_empty() {
                break;
            }
            // A refusal that changed nothing is one.
            if round == ROUNDS || (!error.is_ambiguous() && missing.len() == before) {
                return Err(error);
            }
            sleep(Duration::from_secs(1 << round)).await;
        }
        Ok(DONE)
    }

    /// Removes packages: those that are there, since nobody says what the service answers to others.
    async fn remove(&self, source: &Ocid, packages: &[Package]) -> Result<Submitted, CloudError> {
        for round in 1.. {
            let contents = self.contents(source).await?.unwrap_or_default();
            let there: Vec<Package> =
                packages.iter().copied().filter(|package| contents.contains(*package)).collect();
            if there.is_empty() {
                break;
            }
            let names = self.names_of(&there).await?;
            let path = ["softwareSources", source.as_str(), "actions", "removePackages"];
            let call = Call::post("RemovePackagesFromSoftwareSource", &path)
                .json(&wire::PackageNames { package_names: names });
            match self.calls.client.send(&call.slow()).await.map_err(CloudError::from) {
                Ok(_) => break,
                Err(error) if error.is_ambiguous() && round < ROUNDS => {
                    sleep(Duration::from_secs(1 << round)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(DONE)
    }

    async fn join(&self, group: &Ocid, instance: &Ocid, token: &RetryToken) -> Result<Submitted, CloudError> {
        let path = ["managedInstanceGroups", group.as_str(), "actions", "attachManagedInstance"];
        let call = Call::post("AttachManagedInstanceToManagedInstanceGroup", &path)
            .query("managedInstanceId", instance.as_str())
            .token(&token.0)
            .slow();
        let known = self.recent.forget(instance);
        self.calls
            .unless(&call, async || {
                let seen = self.instance(instance).await?;
                Ok(seen.is_some_and(|(seen, _)| seen.groups.contains(group)))
            })
            .await?;
        self.recent.changed(instance, known, |seen| {
            seen.groups.insert(group.clone());
        });
        Ok(DONE)
    }

    async fn leave(
        &self,
        group: &Ocid,
        instance: &Ocid,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let path = ["managedInstanceGroups", group.as_str(), "actions", "detachManagedInstance"];
        let call = Call::post("DetachManagedInstanceFromManagedInstanceGroup", &path)
            .query("managedInstanceId", instance.as_str())
            .token(&token.0)
            .slow();
        let known = self.recent.forget(instance);
        self.calls
            .unless(&call, async || {
                // An instance that the service no longer knows has left all its groups.
                let seen = self.instance(instance).await?;
                Ok(seen.is_none_or(|(seen, _)| !seen.groups.contains(group)))
            })
            .await?;
        self.recent.changed(instance, known, |seen| {
            seen.groups.remove(group);
        });
        Ok(DONE)
    }

    async fn update(
        &self,
        instance: &Ocid,
        kind: Wanted,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let path = ["managedInstances", instance.as_str(), "actions", "packages", "updateAll"];
        let call = Call::post("InstallAllPackageUpdatesOnManagedInstance", &path)
            .query("updateType", update_type(kind))
            .token(&token.0);
        self.accepted(&call, instance).await
    }

    /// Has one package brought to a version. Where no list has said what the service calls it, by name, epoch, version
    /// and architecture, which real calls have been seen to take (osms.md, section 2).
    async fn update_package(
        &self,
        instance: &Ocid,
        package: Package,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let name = self.names.get(package).unwrap_or_else(|| package.as_str().into());
        let path = ["managedInstances", instance.as_str(), "actions", "packages", "update"];
        let call = Call::post("InstallPackageUpdateOnManagedInstance", &path)
            .query("softwarePackageName", &*name)
            .token(&token.0);
        self.accepted(&call, instance).await
    }

    /// Has one package installed in a version, or removed. The service takes one name a call.
    async fn adjust(
        &self,
        instance: &Ocid,
        adjusts: &[Adjust],
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let (operation, action) = match adjusts {
            [Adjust::Install(_)] => ("InstallPackageOnManagedInstance", "install"),
            [Adjust::Remove(_)] => ("RemovePackageFromManagedInstance", "remove"),
            _ => {
                let reason = format!("the service takes one package a call, not {}", adjusts.len());
                return Err(CloudError::Unaskable { operation: "InstallPackageOnManagedInstance", reason });
            }
        };
        let package = adjusts[0].package();
        let name = self.names.get(package).unwrap_or_else(|| package.as_str().into());
        let path = ["managedInstances", instance.as_str(), "actions", "packages", action];
        let call = Call::post(operation, &path).query("softwarePackageName", &*name).token(&token.0);
        self.accepted(&call, instance).await
    }

    /// Makes a call that is answered with a work request.
    pub(super) async fn accepted(&self, call: &Call, instance: &Ocid) -> Result<Submitted, CloudError> {
        let reply = self.calls.client.send(call).await;
        self.board.asked(instance);
        let reply = reply?;
        match reply.header("opc-work-request-id") {
            Some(id) => {
                let ticket = Ticket(id.to_owned());
                self.board.accepted(&ticket, instance, self.recent.home(instance));
                Ok(Submitted::Pending { ticket })
            }
            None => Err(reply.unreadable("it names no work request (opc-work-request-id)").into()),
        }
    }
}

/// Translates rpm's word for an architecture.
fn arch_type(arch: &str) -> Result<&'static str, CloudError> {
    match arch {
        "x86_64" => Ok("X86_64"),
        "aarch64" => Ok("AARCH64"),
        "i386" | "i486" | "i586" | "i686" => Ok("IA_32"),
        other => Err(CloudError::Unaskable {
            operation: "CreateSoftwareSource",
            reason: format!("the service has no architecture `{other}`; it has x86_64, aarch64 and i686"),
        }),
    }
}
