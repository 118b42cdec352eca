//! What a bucket keeps beside what is there: of each backup that was removed, the last version. Nothing is ever removed
//! or decided by versions; they are for people who go back.

use std::collections::BTreeMap;

use super::{Objects, Place, backup, patiently};
use crate::oci::object_storage::{Bucket, Version, Versioning};
use crate::oci::{Error, Transport};
use crate::state::store::StoreError;
use crate::state::store::medium::{BackupName, Item, Replaced};

impl<T: Transport> Objects<T> {
    fn backup_name(&self, backup: &BackupName) -> String {
        self.name(&Item::Backup(backup.clone()))
    }

    /// Lists the backups that are there and those that only a version keeps. A bucket that never kept versions is asked
    /// for none. Who may not list them is told so, and has those that are there.
    pub(super) async fn replaced_now(&self) -> Result<Replaced, StoreError> {
        let there = Replaced::from(self.backups_now().await?);
        if let Ok(Some(Bucket { versioning: Versioning::Disabled })) = self.service.bucket(&self.bucket).await
        {
            return Ok(there);
        }
        let beginning = self.named("backup/");
        match patiently(|| self.service.versions(&self.bucket, &beginning)).await {
            Ok(versions) => Ok(with_versions(there, versions, &beginning)),
            Err(error) if is_refused(&error) => {
                let unlisted = format!("the versions of bucket {} cannot be listed: {error}", self.bucket);
                Ok(Replaced { unlisted: Some(unlisted), ..there })
            }
            Err(error) => Err(self.failed("list the versions of", &beginning, &error)),
        }
    }

    pub(super) fn place_of_one(&self, backup: &BackupName, version: &str) -> Place {
        self.place_of(&format!("{} (version {version})", self.backup_name(backup)))
    }

    pub(super) async fn read_one(
        &self,
        backup: &BackupName,
        version: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let name = self.backup_name(backup);
        let object = patiently(|| self.service.get_version(&self.bucket, &name, version)).await;
        let object = object.map_err(|error| self.failed("read", &name, &error))?;
        Ok(object.map(|object| object.bytes.into()))
    }
}

/// Tells whether the service refuses this to who asks, by either of the two ways in which it says so.
fn is_refused(error: &Error) -> bool {
    matches!(error.status(), Some(403 | 404))
}

/// Adds to the backups that are there what the versions say of others.
fn with_versions(there: Replaced, mut versions: Vec<Version>, beginning: &str) -> Replaced {
    // As they are listed; that the newest is the first is nowhere promised.
    versions.sort_by(|one, other| one.name.cmp(&other.name).then(other.written.cmp(&one.written)));
    let mut all: BTreeMap<BackupName, Option<String>> = there.backups.into_iter().collect();
    let mut newest: Option<String> = None;
    for version in versions {
        let is_newest = newest.as_ref() != Some(&version.name);
        if is_newest {
            newest = Some(version.name.clone());
        }
        // That it was removed.
        let (Some(_), Some(ending)) = (&version.etag, version.name.strip_prefix(beginning)) else { continue };
        let Some(name) = backup(ending) else { continue };
        // One that was made after the others were listed is there. Of several of one name the newest: what an older
        // one held was written anew, or is of a lineage that was begun again.
        all.entry(name).or_insert_with(|| (!is_newest).then_some(version.id));
    }
    Replaced { backups: all.into_iter().collect(), unlisted: None }
}
