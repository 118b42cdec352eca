//! Module streams: which an instance has enabled or active, and which packages their source lists under them.

use super::{OsmhCloud, ROWS, spelling, wire};
use crate::cloud::CloudError;
use crate::cloud::calls::found;
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::package::{ModuleStream, PackageSet, StreamContents, StreamStatus};

impl<T: Transport> OsmhCloud<T> {
    /// Reads the enabled and active streams of an instance with their packages, sorted; none when the service does not
    /// know the instance. A stream whose source cannot be read has no packages.
    pub(super) async fn module_streams(&self, id: &Ocid) -> Result<Option<Vec<StreamContents>>, CloudError> {
        let path = ["managedInstances", id.as_str(), "modules"];
        let call = Call::get("ListManagedInstanceModules", &path).query("limit", ROWS);
        let Some(rows) = found(self.items::<wire::ModuleRow>(call).await)? else { return Ok(None) };
        let streams = rows.into_iter().flat_map(|row| {
            let stream = |name: &str, status| {
                let stream = ModuleStream { module: row.name.as_str().into(), stream: name.into(), status };
                (stream, row.software_source_id.clone())
            };
            let enabled = row.enabled_stream.as_deref().filter(|name| !name.is_empty());
            // One that somebody has enabled is active too.
            let active = row.active_streams.iter().flatten().map(String::as_str);
            let active = active.filter(|name| Some(*name) != enabled);
            let active: Vec<_> = active.map(|name| stream(name, StreamStatus::Active)).collect();
            let enabled = enabled.map(|name| stream(name, StreamStatus::Enabled));
            enabled.into_iter().chain(active).collect::<Vec<_>>()
        });
        let read = |(stream, source): (ModuleStream, Option<String>)| async move {
            let packages = self.packages_of(&stream, source.as_deref()).await?;
            Ok(StreamContents { stream, packages })
        };
        let streams: Vec<_> = streams.collect();
        let mut streams = self.calls.each(streams, read).await?;
        streams.sort_by(|one, other| one.stream.cmp(&other.stream));
        Ok(Some(streams))
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
