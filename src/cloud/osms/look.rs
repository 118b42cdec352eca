//! Looking at the world: groups, sources and instances, made into what [`crate::observed`] calls them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::try_join;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{OsmsCloud, ROWS, wire};
use crate::cloud::calls::found;
use crate::cloud::wire::instant;
use crate::cloud::{CloudError, tags};
use crate::name::Ocid;
use crate::observed::{Instance, InstanceStatus, Observed, Riders, ServiceGroup, Source, SourceLink};
use crate::oci::{Call, Transport};

/// Only ACTIVE things count: the service goes on listing what was deleted (osms.md, section 2).
const ACTIVE: &str = "ACTIVE";

impl<T: Transport> OsmsCloud<T> {
    /// Looks at groups and sources of the compartment, and at the instances named or found in a group named.
    pub(super) async fn fleet(
        &self,
        instances: &BTreeSet<Ocid>,
        group_names: &BTreeSet<Arc<str>>,
        group_ids: &BTreeSet<Ocid>,
    ) -> Result<Observed, CloudError> {
        let (mut groups, sources) = try_join(self.groups(None), self.sources(None)).await?;
        let named: Vec<Ocid> = groups
            .iter()
            .filter(|(id, group)| group_ids.contains(*id) || group_names.contains(&group.name))
            .map(|(id, _)| id.clone())
            .collect();
        let read = self
            .calls
            .each(named, |id| async move { self.group(&id).await.map(|group| (id, group)) })
            .await?;
        for (id, group) in read {
            match group {
                Some(group) => drop(groups.insert(id, group)),
                // Deleted since the list was read.
                None => drop(groups.remove(&id)),
            }
        }
        let members = groups.values().flat_map(|group| &group.members);
        let wanted: BTreeSet<Ocid> = instances.iter().chain(members).cloned().collect();
        let seen = self
            .calls
            .each(wanted, |id| async move { self.read_instance(&id).await.map(|seen| (id, seen)) })
            .await?;
        let mut compartments = BTreeSet::new();
        let mut known = BTreeMap::new();
        for (id, seen) in seen {
            if let Some((instance, compartment)) = seen {
                compartments.insert(compartment);
                known.insert(id, instance);
            }
        }
        self.note_open_work(compartments, &mut known).await?;
        Ok(Observed { instances: known, groups, sources, ..Observed::default() })
    }

    /// Looks at one instance, or at what a step has read of it a moment ago, and in any case at its open work requests;
    /// none when the service does not know it.
    pub(super) async fn instance_with_work(&self, id: &Ocid) -> Result<Option<Instance>, CloudError> {
        let seen = match self.recent(id) {
            Some(known) => Some(known),
            None => self.read_instance(id).await?,
        };
        let Some((mut instance, compartment)) = seen else { return Ok(None) };
        instance.open_work = self.open_work_of(id, &compartment).await?;
        Ok(Some(instance))
    }

    /// Looks at one instance, or at what a step has read of it a moment ago.
    pub(super) async fn known(&self, id: &Ocid) -> Result<Option<(Instance, String)>, CloudError> {
        match self.recent(id) {
            Some(known) => Ok(Some(known)),
            None => self.instance(id).await,
        }
    }

    fn recent(&self, id: &Ocid) -> Option<(Instance, String)> {
        self.recent.instance(id).zip(self.recent.home(id))
    }

    /// Looks at the managed instances of the compartment with this display name, each with its open work requests.
    pub(super) async fn instances_named(&self, name: &str) -> Result<BTreeMap<Ocid, Instance>, CloudError> {
        let call = Call::get("ListManagedInstances", &["managedInstances"])
            .query("compartmentId", self.compartment.as_str())
            .query("displayName", name)
            .query("limit", ROWS);
        let rows: Vec<wire::Summary> = self.rows(call).await?;
        // The filter of the service may match a part of the name.
        let ids = rows.into_iter().filter(|row| row.display_name == name).map(|row| Ocid::new(&row.id));
        let read = self
            .calls
            .each(ids, |id| async move { self.instance_with_work(&id).await.map(|seen| (id, seen)) })
            .await?;
        Ok(read.into_iter().filter_map(|(id, seen)| Some((id, seen?))).collect())
    }

    /// Reads the ACTIVE groups of this name with their members. Names are not unique.
    pub(super) async fn groups_named(&self, name: &str) -> Result<BTreeMap<Ocid, ServiceGroup>, CloudError> {
        let ids: Vec<Ocid> = self.groups(Some(name)).await?.into_keys().collect();
        let read =
            self.calls.each(ids, |id| async move { self.group(&id).await.map(|group| (id, group)) }).await?;
        Ok(read.into_iter().filter_map(|(id, group)| Some((id, group?))).collect())
    }

    /// Reads the ACTIVE groups of the compartment, without members.
    async fn groups(&self, name: Option<&str>) -> Result<BTreeMap<Ocid, ServiceGroup>, CloudError> {
        let call = self.list("ListManagedInstanceGroups", "managedInstanceGroups", name);
        let rows: Vec<wire::Group> = self.rows(call).await?;
        let rows = rows.into_iter().filter(|row| is_active(row.lifecycle_state.as_deref()));
        // The filter of the service may match a part of the name.
        let rows = rows.filter(|row| name.is_none_or(|name| row.display_name == name));
        Ok(rows.map(|row| (Ocid::new(&row.id), group(row))).collect())
    }

    /// Reads the ACTIVE sources of the compartment, all or those of one name, without contents.
    pub(super) async fn sources(&self, name: Option<&str>) -> Result<BTreeMap<Ocid, Source>, CloudError> {
        let call = self.list("ListSoftwareSources", "softwareSources", name);
        let rows: Vec<wire::SoftwareSource> = self.rows(call).await?;
        let rows = rows.into_iter().filter(|row| is_active(row.lifecycle_state.as_deref()));
        let rows = rows.filter(|row| name.is_none_or(|name| row.display_name == name));
        Ok(rows.map(|row| (Ocid::new(&row.id), source(&row))).collect())
    }

    /// Reads a group with its members; none when it is not there or no longer ACTIVE.
    pub(super) async fn group(&self, id: &Ocid) -> Result<Option<ServiceGroup>, CloudError> {
        let call = Call::get("GetManagedInstanceGroup", &["managedInstanceGroups", id.as_str()]);
        let row: Option<wire::Group> = found(self.calls.one(&call).await)?;
        Ok(row.filter(|row| is_active(row.lifecycle_state.as_deref())).map(group))
    }

    /// Reads a source without its contents, and whom it is attached to; none when it is not there or no longer ACTIVE.
    pub(super) async fn source(&self, id: &Ocid) -> Result<Option<(Source, Riders)>, CloudError> {
        let call = Call::get("GetSoftwareSource", &["softwareSources", id.as_str()]);
        let row: Option<wire::SoftwareSource> = found(self.calls.one(&call).await)?;
        let row = row.filter(|row| is_active(row.lifecycle_state.as_deref()));
        Ok(row.map(|row| (source(&row), riders(row))))
    }

    /// Reads an instance and the compartment it is in, for a step: the next look at it may be answered by that. None
    /// when the service does not know it.
    pub(super) async fn instance(&self, id: &Ocid) -> Result<Option<(Instance, String)>, CloudError> {
        let asked = Instant::now();
        let read = self.read_instance(id).await?;
        if let Some((instance, _)) = &read {
            self.recent.learn(id, asked, instance);
        }
        Ok(read)
    }

    /// Reads an instance and the compartment it is in, for whoever makes a plan: no look is answered by that.
    async fn read_instance(&self, id: &Ocid) -> Result<Option<(Instance, String)>, CloudError> {
        let call = Call::get("GetManagedInstance", &["managedInstances", id.as_str()]);
        let Some(row) = found(self.calls.one::<wire::ManagedInstance>(&call).await)? else {
            self.recent.forget(id);
            return Ok(None);
        };
        let compartment = row.compartment_id.clone();
        let instance = instance(row);
        self.recent.note_home(id, &compartment);
        let mut met = self.met();
        for link in instance.parent.iter().chain(&instance.children) {
            if !met.contains(&link.id) {
                met.insert(link.id.clone());
            }
        }
        Ok(Some((instance, compartment)))
    }

    fn list(&self, operation: &'static str, kind: &str, name: Option<&str>) -> Call {
        let call = Call::get(operation, &[kind])
            .query("compartmentId", self.compartment.as_str())
            .query("lifecycleState", ACTIVE)
            .query("limit", ROWS);
        match name {
            Some(name) => call.query("displayName", name),
            None => call,
        }
    }

    /// Reads all pages of a list.
    pub(super) async fn rows<V: DeserializeOwned>(&self, call: Call) -> Result<Vec<V>, CloudError> {
        let mut rows = Vec::new();
        let mut pages = self.calls.client.pages(call);
        while let Some(page) = pages.next().await? {
            rows.append(&mut page.json()?);
        }
        Ok(rows)
    }
}

/// Tells whether a thing can be used. The model does not require the state; one that is left out was asked for.
pub(super) fn is_active(state: Option<&str>) -> bool {
    state.is_none_or(|state| state == ACTIVE)
}

fn group(row: wire::Group) -> ServiceGroup {
    ServiceGroup {
        owner: tags::owner(row.freeform_tags.as_ref()),
        members: row.managed_instances.iter().flatten().map(|member| Ocid::new(&member.id)).collect(),
        name: row.display_name.into(),
        ..ServiceGroup::default()
    }
}

fn source(row: &wire::SoftwareSource) -> Source {
    Source {
        name: row.display_name.as_str().into(),
        owner: tags::owner(row.freeform_tags.as_ref()),
        contents: None,
        parent: row.parent_id.as_deref().filter(|id| !id.is_empty()).map(Ocid::new),
    }
}

fn riders(row: wire::SoftwareSource) -> Riders {
    let named = |rider: wire::Rider| {
        let name = rider.display_name.unwrap_or_else(|| rider.id.clone());
        (Ocid::new(&rider.id), name.into())
    };
    row.associated_managed_instances.into_iter().flatten().map(named).collect()
}

fn instance(row: wire::ManagedInstance) -> Instance {
    let os = [row.os_name.as_deref(), row.os_version.as_deref()];
    let os: Vec<&str> = os.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Instance {
        name: row.display_name.into(),
        // A word that we do not know is nothing to send work to.
        status: match row.status.as_deref() {
            Some("NORMAL") => InstanceStatus::Normal,
            Some("WARNING") => InstanceStatus::Warning,
            Some("UNREACHABLE") => InstanceStatus::Unreachable,
            _ => InstanceStatus::Error,
        },
        os: (!os.is_empty()).then(|| os.join(" ").into()),
        parent: row.parent_software_source.and_then(link),
        children: row.child_software_sources.into_iter().flatten().filter_map(link).collect(),
        groups: row.managed_instance_groups.iter().flatten().map(|group| Ocid::new(&group.id)).collect(),
        inventory: None,
        last_checkin: row.last_checkin.as_deref().and_then(instant),
        last_boot: row.last_boot.as_deref().and_then(instant),
        running_kernel: row.os_kernel_version.filter(|kernel| !kernel.is_empty()).map(Into::into),
        effective_kernel: row.ksplice_effective_kernel_version.filter(|it| !it.is_empty()).map(Into::into),
        reboot_required: row.is_reboot_required.unwrap_or_default(),
        listed: None,
        updates_available: row.updates_available.and_then(|count| count.try_into().ok()),
        open_work: Vec::new(),
    }
}

fn link(row: wire::SourceId) -> Option<SourceLink> {
    let id = row.id.filter(|id| !id.is_empty())?;
    let name = row.name.unwrap_or_else(|| id.clone()).into();
    Some(SourceLink { id: Ocid::new(&id), name })
}
