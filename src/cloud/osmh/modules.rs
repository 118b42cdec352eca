//! Module streams: which an instance has enabled or active, and which packages their source lists under them.

use super::crew::{Order, label};
use super::{OsmhCloud, ROWS, bodies, spelling, wire};
use crate::cloud::calls::found;
use crate::cloud::{CloudError, Submitted};
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::op::{OpKey, RetryToken};
use crate::package::{ModuleStream, PackageSet, StreamContents, StreamName, StreamStatus};

impl<T: Transport> OsmhCloud<T> {
    /// Reads the enabled and active streams of an instance with their packages, sorted; none when the service does not
    /// know the instance. A stream whose source cannot be read has no packages.
    pub(super) async fn module_streams(&self, id: &Ocid) -> Result<Option<Vec<StreamContents>>, CloudError> {
        let Some(rows) = self.module_rows(id).await? else { return Ok(None) };
        let in_use = rows.iter().flat_map(|row| {
            let streams =
                streams_of(row).into_iter().filter(|stream| stream.status != StreamStatus::Disabled);
            streams.map(|stream| (stream, row.software_source_id.clone()))
        });
        let streams: Vec<_> = in_use.collect();
        let read = |(stream, source): (ModuleStream, Option<String>)| async move {
            let packages = self.packages_of(&stream, source.as_deref()).await?;
            Ok(StreamContents { stream, packages })
        };
        let mut streams = self.calls.each(streams, read).await?;
        streams.sort_by(|one, other| one.stream.cmp(&other.stream));
        Ok(Some(streams))
    }

    /// Lists the streams of an instance without their packages, sorted; none when the service does not know the instance.
    pub(super) async fn streams(&self, id: &Ocid) -> Result<Option<Vec<ModuleStream>>, CloudError> {
        let Some(rows) = self.module_rows(id).await? else { return Ok(None) };
        let mut streams: Vec<ModuleStream> = rows.iter().flat_map(streams_of).collect();
        streams.sort();
        Ok(Some(streams))
    }

    /// Has streams of an instance enabled, which the service refuses to members of a group. Where another stream of a module
    /// is enabled, `manage` documents that "any work required to switch ... is performed implicitly" (the SDK's words).
    pub(super) async fn enable_streams(
        &self,
        instance: &Ocid,
        streams: &[StreamName],
        key: &OpKey,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let path = ["managedInstances", instance.as_str(), "actions", "manageModuleStreams"];
        let call = Call::post("ManageModuleStreamsOnManagedInstance", &path).token(&token.0);
        self.on_instance(instance, call.json(&details(streams, label(key, token)))).await
    }

    /// The same for a group and all its members.
    pub(super) async fn enable_on_group(
        &self,
        order: Order<'_>,
        streams: &[StreamName],
    ) -> Result<Submitted, CloudError> {
        let call = order.call("ManageModuleStreamsOnManagedInstanceGroup", "manageModuleStreams");
        self.crew(order, &call.json(&details(streams, order.label()))).await
    }

    async fn module_rows(&self, id: &Ocid) -> Result<Option<Vec<wire::ModuleRow>>, CloudError> {
        let path = ["managedInstances", id.as_str(), "modules"];
        let call = Call::get("ListManagedInstanceModules", &path).query("limit", ROWS);
        found(self.items(call).await)
    }

    async fn packages_of(
        &self,
        stream: &ModuleStream,
        source: Option<&str>,
    ) -> Result<PackageSet, CloudError> {
        let Some(source) = source.filter(|id| !id.is_empty()) else { return Ok(PackageSet::default()) };
        let path = ["softwareSources", source, "moduleStreams", &stream.module];
        let call = Call::get("GetModuleStream", &path).query("streamName", &*stream.stream);
        let found: Option<wire::Stream> = found(self.calls.one(&call).await)?;
        let listed = found.and_then(|stream| stream.packages).unwrap_or_default();
        Ok(listed.iter().filter_map(|name| spelling::read(name)).collect())
    }
}

fn details(streams: &[StreamName], work_request_details: bodies::Label) -> bodies::ManageStreams<'_> {
    let enable =
        streams.iter().map(|name| bodies::StreamOf { module_name: &name.module, stream_name: &name.stream });
    bodies::ManageStreams { is_dry_run: false, enable: enable.collect(), work_request_details }
}

/// Returns the streams of a module as an instance stands to them.
fn streams_of(row: &wire::ModuleRow) -> Vec<ModuleStream> {
    let stream =
        |name: &str, status| ModuleStream { module: row.name.as_str().into(), stream: name.into(), status };
    let enabled = row.enabled_stream.as_deref().filter(|name| !name.is_empty());
    let names = |list: &'_ Option<Vec<String>>| list.clone().unwrap_or_default();
    let mut streams: Vec<ModuleStream> =
        enabled.map(|name| stream(name, StreamStatus::Enabled)).into_iter().collect();
    let active = names(&row.active_streams).into_iter().map(|name| (name, StreamStatus::Active));
    let disabled = names(&row.disabled_streams).into_iter().map(|name| (name, StreamStatus::Disabled));
    for (name, status) in active.chain(disabled) {
        // One that somebody has enabled is active too.
        if streams.iter().all(|known| *known.stream != *name) {
            streams.push(stream(&name, status));
        }
    }
    streams
}
