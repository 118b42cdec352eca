//! Whether a bucket can be trusted with a state: whether it is there, takes what is written, and keeps its conditions. A
//! service that takes a second object of a name for which the first was to be the only one, or a write onto something
//! newer than what was read, loses states.

use bytes::Bytes;
use futures_util::future::join_all;

use super::Objects;
use crate::oci::Transport;
use crate::oci::object_storage::{Condition, Versioning};
use crate::state::store::StoreError;

/// How many try to make one object at the same time.
const RIVALS: usize = 8;

impl<T: Transport> Objects<T> {
    pub(super) async fn try_out(&self) -> Result<Vec<String>, StoreError> {
        let bucket = self.service.bucket(&self.bucket).await;
        let bucket = bucket.map_err(|error| self.failed("look at", "", &error))?;
        let Some(bucket) = bucket else {
            return Err(self.unfit(
                "there is no such bucket, or none for who signs".to_owned(),
                format!(
                    "Make it: `oci os bucket create --name {} --versioning Enabled --compartment-id OCID`, and let who signs \
                     `manage objects` and `read buckets` there",
                    self.bucket
                ),
            ));
        };
        let name = self.named(&format!("probe-{}-{}", std::process::id(), (self.clock)().as_nanosecond()));
        self.delete(&name).await?;
        let tried = self.try_conditions(&name).await;
        let tidied = self.delete(&name).await;
        tried.and(tidied)?;
        Ok(vec![self.told(bucket.versioning)])
    }

    /// Says what it means for a state whether the bucket keeps versions.
    fn told(&self, versioning: Versioning) -> String {
        let bucket = &self.bucket;
        let now = match versioning {
            Versioning::Enabled => {
                return format!(
                    "bucket {bucket} keeps versions: every state that was replaced stays within reach of `patchtrain state \
                     restore`, and so does each sign of life of a lock; bound them by a lifecycle rule, `oci os \
                     object-lifecycle-policy put --bucket-name {bucket} --items file://rules.json` (docs/state.md has the rules)"
                );
            }
            Versioning::Suspended => "keeps no more versions",
            Versioning::Disabled => "keeps no versions",
        };
        format!(
            "bucket {bucket} {now}: of the states that are replaced from now on the last ones are kept (ten, or as `backups` says); with `oci os bucket \
             update --name {bucket} --versioning Enabled` all are, and what is deleted or overwritten by hand"
        )
    }

    async fn try_conditions(&self, name: &str) -> Result<(), StoreError> {
        let fences =
            "Keep the state in another store: two runs at the same time would overwrite each other's";
        let unfit = |problem: &str| Err(self.unfit(problem.to_owned(), fences.to_owned()));
        // One after another is no proof: some services look first and write then.
        let contents: Vec<Bytes> = (0..RIVALS).map(|rival| format!("rival {rival}\n").into()).collect();
        let rivals = contents.iter().map(|content| self.put_if(name, content, Condition::Absent));
        let made: Vec<Option<String>> = join_all(rivals).await.into_iter().collect::<Result<_, _>>()?;
        let made: Vec<String> = made.into_iter().flatten().collect();
        let [first] = &made[..] else {
            return unfit("of several that make an object only if there is none, not exactly one was let");
        };
        let again = Bytes::from_static(b"again\n");
        if self.put_if(name, &again, Condition::Absent).await?.is_some() {
            return unfit("an object that was to be made only if there is none replaced one");
        }
        let Some(second) = self.put_if(name, &again, Condition::Match(first)).await? else {
            return unfit("an object could not be replaced by who had just read it");
        };
        let stale = Bytes::from_static(b"stale\n");
        if second == *first || self.put_if(name, &stale, Condition::Match(first)).await?.is_some() {
            return unfit("an object was replaced by who had read an older one");
        }
        match self.get(name).await? {
            Some(object) if object.bytes == again && object.etag == second => Ok(()),
            _ => unfit("an object does not hold what was last written to it"),
        }
    }

    fn unfit(&self, problem: String, way_out: String) -> StoreError {
        StoreError::Unfit { place: super::Place::named(format!("bucket {}", self.bucket)), problem, way_out }
    }
}
