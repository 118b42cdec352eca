//! What enabling module streams means for an instance.

use super::Observed;
use crate::name::Ocid;
use crate::package::{ModuleStream, StreamName, StreamStatus};

impl Observed {
    /// Enables streams of an instance instead of others of their modules. Its packages stay as they are: what becomes of
    /// those of another stream is the service's, and read back.
    pub(super) fn enable(&mut self, instance: &Ocid, streams: &[StreamName]) {
        if !self.instances.contains_key(instance) {
            return;
        }
        let listed = self.streams.entry(instance.clone()).or_default();
        for StreamName { module, stream } in streams {
            listed.retain(|known| known.module != *module || known.stream != *stream);
            let others = listed.iter_mut().filter(|known| known.module == *module);
            others.for_each(|known| known.status = StreamStatus::Disabled);
            let status = StreamStatus::Enabled;
            listed.push(ModuleStream { module: module.clone(), stream: stream.clone(), status });
        }
        listed.sort();
    }

    /// Tells whether all of the streams are enabled on an instance. One that is only active by default is not: another
    /// that somebody enables would go before it.
    pub fn has_enabled(&self, instance: &Ocid, streams: &[StreamName]) -> bool {
        let listed = self.streams.get(instance);
        let is_enabled = |name: &StreamName| {
            listed.into_iter().flatten().any(|known| {
                known.module == name.module
                    && known.stream == name.stream
                    && known.status == StreamStatus::Enabled
            })
        };
        streams.iter().all(is_enabled)
    }
}
