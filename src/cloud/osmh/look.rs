//! Looking at the world: groups, sources and instances, made into what [`crate::observed`] calls them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::try_join;
use serde::de::DeserializeOwned;

use super::{OsmhCloud, ROWS, wire};
use crate::cloud::calls::found;
use crate::cloud::wire::instant;
use crate::cloud::{CloudError, tags};
use crate::name::Ocid;
use crate::observed::{Instance, InstanceStatus, Observed, Riders, ServiceGroup, Source, SourceLink};
use crate::oci::{Call, Transport};

impl<T: Transport> OsmhCloud<T> {
    /// Looks at groups and sources of the compartment, and at the instances named or found in a group named. Which
    /// sources and members a group has, the list does not tell: those named are read one by one.
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
        let read = |id: Ocid| async move { self.bare_group(&id).await.map(|group| (id, group)) };
        for (id, group) in self.calls.each(named, read).await? {
            match group {
                Some(group) => drop(groups.insert(id, group)),
                // Deleted since the list was read.
                None => drop(groups.remove(&id)),
            }
        }
        let members = groups.values().flat_map(|group| &group.members);
        let wanted: BTreeSet<Ocid> = instances.iter().chain(members).cloned().collect();
        let seen = |id: Ocid| async move { self.instance(&id).await.map(|seen| (id, seen)) };
        let mut compartments = BTreeSet::new();
        let mut known = BTreeMap::new();
        for (id, seen) in self.calls.each(wanted, seen).await? {
            if let Some((instance, compartment)) = seen {
                compartments.insert(compartment);
                known.insert(id, instance);
            }
        }
        self.note_open_work(&compartments, &mut known).await?;
        Ok(Observed { instances: known, groups, sources, ..Observed::default() })
    }

    /// Looks at one instance and at its open work requests; none when the service does not know it.
    pub(super) async fn instance_with_work(&self, id: &Ocid) -> Result<Option<Instance>, CloudError> {
        let Some((mut instance, compartment)) = self.instance(id).await? else { return Ok(None) };
        instance.open_work = self.open_work_of(id, &compartment, &instance.groups).await?;
        Ok(Some(instance))
    }

    /// Looks at the managed instances of the compartment with this display name, each with its open work requests.
    pub(super) async fn instances_named(&self, name: &str) -> Result<BTreeMap<Ocid, Instance>, CloudError> {
        let call = Call::get("ListManagedInstances", &["managedInstances"])
            .query("compartmentId", self.compartment.as_str())
            .query("displayName", name)
            .query("limit", ROWS);
        let rows: Vec<wire::Summary> = self.items(call).await?;
        // Names are compared here too: that the filter wants all of a name is only what its description says.
        let ids = rows.into_iter().filter(|row| row.display_name == name).map(|row| Ocid::new(&row.id));
        let read = |id: Ocid| async move { self.instance_with_work(&id).await.map(|seen| (id, seen)) };
        let read = self.calls.each(ids, read).await?;
        Ok(read.into_iter().filter_map(|(id, seen)| Some((id, seen?))).collect())
    }

    /// Reads the groups of this name with their members and sources. Names are not unique.
    pub(super) async fn groups_named(&self, name: &str) -> Result<BTreeMap<Ocid, ServiceGroup>, CloudError> {
        let ids: Vec<Ocid> = self.groups(Some(name)).await?.into_keys().collect();
        let read = |id: Ocid| async move { self.bare_group(&id).await.map(|group| (id, group)) };
        let read = self.calls.each(ids, read).await?;
        Ok(read.into_iter().filter_map(|(id, group)| Some((id, group?))).collect())
    }

    /// Reads the groups of the compartment, without members and sources.
    async fn groups(&self, name: Option<&str>) -> Result<BTreeMap<Ocid, ServiceGroup>, CloudError> {
        let call = self.list("ListManagedInstanceGroups", "managedInstanceGroups", name);
        let rows: Vec<wire::Group> = self.items(call).await?;
        let rows = rows.into_iter().filter(|row| is_there(row.lifecycle_state.as_deref()));
        let rows = rows.filter(|row| name.is_none_or(|name| row.display_name == name));
        Ok(rows.map(|row| (Ocid::new(&row.id), group(row))).collect())
    }

    /// Reads the sources of the compartment, all or those of one name, without contents.
    pub(super) async fn sources(&self, name: Option<&str>) -> Result<BTreeMap<Ocid, Source>, CloudError> {
        let call = self.list("ListSoftwareSources", "softwareSources", name);
        let rows: Vec<wire::SoftwareSource> = self.items(call).await?;
        let rows = rows.into_iter().filter(|row| is_there(row.lifecycle_state.as_deref()));
        let rows = rows.filter(|row| name.is_none_or(|name| row.display_name.as_deref() == Some(name)));
        Ok(rows.map(|row| self.source_of(row)).collect())
    }

    /// Reads a group with its members, its sources, and who of the members has open work; none when it is not there.
    pub(super) async fn group(&self, id: &Ocid) -> Result<Option<ServiceGroup>, CloudError> {
        let Some(mut group) = self.bare_group(id).await? else { return Ok(None) };
        group.busy = self.busy(id, &group.members).await?;
        Ok(Some(group))
    }

    /// Reads a group with its members and its sources; none when it is not there.
    pub(super) async fn bare_group(&self, id: &Ocid) -> Result<Option<ServiceGroup>, CloudError> {
        let call = Call::get("GetManagedInstanceGroup", &["managedInstanceGroups", id.as_str()]);
        let row: Option<wire::Group> = found(self.calls.one(&call).await)?;
        Ok(row.filter(|row| is_there(row.lifecycle_state.as_deref())).map(group))
    }

    /// Reads a source without its contents, and which instances and groups have it; none when it is not there.
    pub(super) async fn source(&self, id: &Ocid) -> Result<Option<(Source, Riders)>, CloudError> {
        let Some(source) = self.source_row(id).await? else { return Ok(None) };
        let (mut riders, groups) = try_join(
            self.having("ListManagedInstances", "managedInstances", id),
            self.having("ListManagedInstanceGroups", "managedInstanceGroups", id),
        )
        .await?;
        riders.extend(groups);
        Ok(Some((source, riders)))
    }

    /// Reads a source without its contents; none when it is not there.
    pub(super) async fn source_row(&self, id: &Ocid) -> Result<Option<Source>, CloudError> {
        let call = Call::get("GetSoftwareSource", &["softwareSources", id.as_str()]);
        let row: Option<wire::SoftwareSource> = found(self.calls.one(&call).await)?;
        let row = row.filter(|row| is_there(row.lifecycle_state.as_deref()));
        Ok(row.map(|row| self.source_of(row).1))
    }

    /// Lists who has a source, wherever they are. Whether a list by the source alone is answered is not known: the
    /// compartment is no required parameter, and is said where the service wants it all the same, or lets us look into
    /// some alone; then it is those that anything was seen in.
    async fn having(
        &self,
        operation: &'static str,
        kind: &'static str,
        source: &Ocid,
    ) -> Result<Riders, CloudError> {
        let list =
            || Call::get(operation, &[kind]).query("softwareSourceId", source.as_str()).query("limit", ROWS);
        let rows: Vec<wire::Link> = match self.items(list()).await {
            Err(CloudError::Service { status: 400 | 403 | 404, .. }) => {
                let mut compartments: BTreeSet<String> = self.homes().values().cloned().collect();
                compartments.insert(self.compartment.to_string());
                let lists = self.calls.each(compartments, |compartment| {
                    let call = list().query("compartmentId", compartment);
                    async move { self.items::<wire::Link>(call).await }
                });
                lists.await?.into_iter().flatten().collect()
            }
            other => other?,
        };
        Ok(rows.into_iter().map(SourceLink::from).map(|link| (link.id, link.name)).collect())
    }

    /// Reads an instance and the compartment it is in; none when the service does not know it.
    pub(super) async fn instance(&self, id: &Ocid) -> Result<Option<(Instance, String)>, CloudError> {
        let call = Call::get("GetManagedInstance", &["managedInstances", id.as_str()]);
        let Some(row) = found(self.calls.one::<wire::ManagedInstance>(&call).await)? else { return Ok(None) };
        let compartment = row.compartment_id.clone();
        self.homes().insert(id.clone(), compartment.clone());
        Ok(Some((instance(row), compartment)))
    }

    /// Returns the compartments that members of a group are in.
    pub(super) async fn homes_of(
        &self,
        group: &Ocid,
        members: &BTreeSet<Ocid>,
    ) -> Result<BTreeSet<String>, CloudError> {
        let known = |members: &BTreeSet<Ocid>| -> Option<BTreeSet<String>> {
            let homes = self.homes();
            members.iter().map(|id| homes.get(id).cloned()).collect()
        };
        if let Some(homes) = known(members) {
            return Ok(homes);
        }
        let path = ["managedInstanceGroups", group.as_str(), "managedInstances"];
        let call = Call::get("ListManagedInstanceGroupManagedInstances", &path).query("limit", ROWS);
        let rows: Option<Vec<wire::Summary>> = found(self.items(call).await)?;
        let rows = rows.into_iter().flatten();
        let listed: BTreeMap<Ocid, String> =
            rows.map(|row| (Ocid::new(&row.id), row.compartment_id)).collect();
        let homes = listed.values().cloned().collect();
        self.homes().extend(listed);
        Ok(homes)
    }

    fn list(&self, operation: &'static str, kind: &str, name: Option<&str>) -> Call {
        let call = Call::get(operation, &[kind])
            .query("compartmentId", self.compartment.as_str())
            .query("limit", ROWS);
        match name {
            Some(name) => call.query("displayName", name),
            None => call,
        }
    }

    /// Reads all pages of a list.
    pub(super) async fn items<V: DeserializeOwned>(&self, call: Call) -> Result<Vec<V>, CloudError> {
        let mut items = Vec::new();
        let mut pages = self.calls.client.pages(call);
        while let Some(page) = pages.next().await? {
            items.append(&mut page.json::<wire::Items<V>>()?.items);
        }
        Ok(items)
    }

    /// Takes a source for what it is, and remembers what it is drawn from.
    fn source_of(&self, row: wire::SoftwareSource) -> (Ocid, Source) {
        let id = Ocid::new(&row.id);
        let vendors: BTreeSet<Ocid> =
            row.vendor_software_sources.iter().flatten().map(|link| Ocid::new(&link.id)).collect();
        self.offers.drawn_from(&id, vendors);
        let source = Source {
            name: row.display_name.as_deref().unwrap_or(&row.id).into(),
            owner: tags::owner(row.freeform_tags.as_ref()),
            contents: None,
            parent: None,
        };
        (id, source)
    }
}

/// Tells whether a thing is there. One that is being filled is UPDATING, and one that needs somebody's attention is ours
/// all the same: whoever took it for gone would make another of the same name.
pub(super) fn is_there(state: Option<&str>) -> bool {
    !matches!(state, Some("CREATING" | "DELETING" | "DELETED" | "FAILED"))
}

fn group(row: wire::Group) -> ServiceGroup {
    // Both fields are the same set in another order (recorded); one of them may be missing.
    let sources = row.software_sources.into_iter().chain(row.software_source_ids).flatten();
    let sources: BTreeMap<Ocid, SourceLink> =
        sources.map(SourceLink::from).map(|link| (link.id.clone(), link)).collect();
    ServiceGroup {
        owner: tags::owner(row.freeform_tags.as_ref()),
        members: row.managed_instance_ids.iter().flatten().map(|id| Ocid::new(id)).collect(),
        name: row.display_name.into(),
        sources: sources.into_values().collect(),
        busy: BTreeMap::new(),
    }
}

fn instance(row: wire::ManagedInstance) -> Instance {
    let os = [row.os_name.as_deref(), row.os_version.as_deref()];
    let os: Vec<&str> = os.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let mut children: Vec<SourceLink> =
        row.software_sources.into_iter().flatten().map(SourceLink::from).collect();
    children.sort_unstable();
    // A lifecycle stage holds its members as a group does (osmh.md 1d): whoever is in one can join no group.
    let homes = row.managed_instance_group.into_iter().chain(row.lifecycle_stage);
    Instance {
        name: row.display_name.into(),
        status: match row.status.as_deref() {
            Some("NORMAL") => InstanceStatus::Normal,
            Some("WARNING") => InstanceStatus::Warning,
            Some("UNREACHABLE" | "REBOOTING") => InstanceStatus::Unreachable,
            // Being registered or unregistered; and a word that we do not know is nothing to send work to.
            _ => InstanceStatus::Error,
        },
        os: (!os.is_empty()).then(|| os.join(" ").into()),
        parent: None,
        children,
        groups: homes.map(|home| Ocid::new(&home.id)).collect(),
        inventory: None,
        last_checkin: row.time_last_checkin.as_deref().and_then(instant),
        last_boot: row.time_last_boot.as_deref().and_then(instant),
        running_kernel: row.os_kernel_version.filter(|kernel| !kernel.is_empty()).map(Into::into),
        effective_kernel: row.ksplice_effective_kernel_version.filter(|it| !it.is_empty()).map(Into::into),
        reboot_required: row.is_reboot_required.unwrap_or_default(),
        listed: row.time_last_software_refresh.as_deref().and_then(instant),
        updates_available: row.updates_available.and_then(|count| count.try_into().ok()),
        open_work: Vec::new(),
    }
}

impl From<wire::Link> for SourceLink {
    fn from(row: wire::Link) -> Self {
        let name = row.display_name.as_deref().unwrap_or(&row.id).into();
        Self { id: Ocid::new(&row.id), name }
    }
}
