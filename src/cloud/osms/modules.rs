//! Module streams: which an instance has enabled or active, and which packages their source lists under them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{OsmsCloud, ROWS, wire};
use crate::cloud::calls::found;
use crate::cloud::{CloudError, Submitted};
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::op::RetryToken;
use crate::package::{ModuleStream, Package, PackageSet, StreamContents, StreamName, StreamStatus};

impl<T: Transport> OsmsCloud<T> {
    /// Reads the enabled and active streams of an instance with their packages, sorted; none when the service does not
    /// know the instance. A stream whose source cannot be read has no packages.
    pub(super) async fn module_streams(&self, id: &Ocid) -> Result<Option<Vec<StreamContents>>, CloudError> {
        let Some(rows) = self.stream_rows(id).await? else { return Ok(None) };
        let rows = rows.into_iter().filter_map(|row| Some((in_use(&row.status)?, row)));
        // Names are opaque. Those of packages that were read from an instance are known; others are taken for what
        // all that were ever seen are, which costs nothing: they are not what anybody has installed.
        let names = &self.names.modular();
        let mut streams = self
            .calls
            .each(rows, |(status, row)| async move {
                let stream = ModuleStream {
                    module: row.module_name.as_str().into(),
                    stream: row.stream_name.as_str().into(),
                    status,
                };
                let packages = self.packages_of(&row, names).await?;
                Ok(StreamContents { stream, packages })
            })
            .await?;
        streams.sort_by(|one, other| one.stream.cmp(&other.stream));
        Ok(Some(streams))
    }

    /// Lists the streams of an instance without their packages, sorted; none when the service does not know the instance.
    pub(super) async fn streams(&self, id: &Ocid) -> Result<Option<Vec<ModuleStream>>, CloudError> {
        let Some(rows) = self.stream_rows(id).await? else { return Ok(None) };
        let stream = |row: wire::StreamRow| ModuleStream {
            module: row.module_name.into(),
            stream: row.stream_name.into(),
            // Of a word that we do not know, nothing is taken to come from the stream.
            status: in_use(&row.status).unwrap_or(StreamStatus::Disabled),
        };
        let mut streams: Vec<ModuleStream> = rows.into_iter().map(stream).collect();
        streams.sort();
        Ok(Some(streams))
    }

    /// Has streams of an instance enabled. Where another stream of a module is enabled, `manage` documents that "any work
    /// required to switch ... is performed implicitly" (the SDK's words), so that no call of its own is needed for that.
    pub(super) async fn enable_streams(
        &self,
        instance: &Ocid,
        streams: &[StreamName],
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let enable = streams
            .iter()
            .map(|name| wire::StreamOf { module_name: &name.module, stream_name: &name.stream });
        let details = wire::ManageStreams { is_dry_run: false, enable: enable.collect() };
        let path = ["managedInstances", instance.as_str(), "actions", "moduleStreams", "manage"];
        let call = Call::post("ManageModuleStreamsOnManagedInstance", &path).json(&details).token(&token.0);
        self.accepted(&call, instance).await
    }

    async fn stream_rows(&self, id: &Ocid) -> Result<Option<Vec<wire::StreamRow>>, CloudError> {
        let path = ["managedInstances", id.as_str(), "moduleStreams"];
        let call = Call::get("ListModuleStreamsOnManagedInstance", &path).query("limit", ROWS);
        found(self.rows(call).await)
    }

    async fn packages_of(
        &self,
        row: &wire::StreamRow,
        names: &HashMap<Cow<'static, str>, Package>,
    ) -> Result<PackageSet, CloudError> {
        let Some(source) = row.software_source_id.as_deref().filter(|id| !id.is_empty()) else {
            return Ok(PackageSet::default());
        };
        let path = ["softwareSources", source, "modules", &row.module_name, "streams", &row.stream_name];
        let stream: Option<wire::Stream> = found(self.calls.one(&Call::get("GetModuleStream", &path)).await)?;
        let listed = stream.and_then(|stream| stream.packages).unwrap_or_default();
        let package = |name: &String| names.get(name.as_str()).copied().or_else(|| Package::parse(name).ok());
        Ok(listed.iter().filter_map(package).collect())
    }
}

/// Reads a status; none for a stream that nothing comes from, and for a word that we do not know.
fn in_use(word: &str) -> Option<StreamStatus> {
    match word {
        "ENABLED" => Some(StreamStatus::Enabled),
        "ACTIVE" => Some(StreamStatus::Active),
        _ => None,
    }
}
