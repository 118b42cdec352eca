//! Buckets and the objects in them, as Object Storage keeps them: names, versions and tags, but no bytes. Those lie on
//! the simulator's shelf, each under the etag of the version that it is of.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Id, Tags, World};
use crate::package::Digest;

/// The tenancy's namespace.
pub(crate) const NAMESPACE: &str = "simulated";

/// All buckets of it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Objects {
    /// By name; deleted ones are gone.
    pub(crate) buckets: BTreeMap<Box<str>, Bucket>,
    /// The etags of versions that are gone since somebody last asked.
    #[serde(skip)]
    dropped: Vec<Id>,
}

/// Whether objects keep what was before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// Never did.
    #[default]
    Disabled,
    /// They do.
    Enabled,
    /// They did once, and keep what is of that time.
    Suspended,
}

/// A bucket.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bucket {
    /// Its OCID.
    pub(crate) id: Id,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Changes with each change of the bucket itself.
    pub(crate) etag: Id,
    /// What people gave it.
    pub(crate) text: BucketText,
    /// Its objects by name, each with its versions, the newest last; never with none.
    pub(crate) objects: BTreeMap<Box<str>, Vec<Version>>,
}

/// What of a bucket can be written later too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketText {
    /// The compartment it lives in.
    pub(crate) compartment: Id,
    /// Whether its objects keep what was before.
    pub(crate) versioning: Versioning,
    /// Metadata as people set it.
    pub(crate) metadata: BTreeMap<Box<str>, Box<str>>,
    /// Its tags.
    pub(crate) tags: Tags,
}

/// What was written under a name once, or that it was deleted then.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Version {
    /// The version's own name.
    pub(crate) id: Id,
    /// Unique to each write.
    pub(crate) etag: Id,
    /// When it was written.
    pub(crate) made: Timestamp,
    /// Whether the bucket kept versions then: one that is not kept goes with the next write.
    pub(crate) kept: bool,
    /// What was written; none where it says that the object was deleted.
    pub(crate) content: Option<Content>,
}

/// What is known of an object's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    /// How many there are.
    pub(crate) length: u64,
    /// Their MD5, in base64.
    pub(crate) md5: Box<str>,
    /// Headers that come back with them: `content-type` and its like, and `opc-meta-*`.
    pub(crate) headers: BTreeMap<Box<str>, Box<str>>,
}

/// A change of buckets or objects, as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ObjectStep {
    /// A bucket is made.
    CreateBucket { name: Box<str>, id: Id, etag: Id, text: BucketText },
    /// A bucket is described anew.
    UpdateBucket { name: Box<str>, etag: Id, text: BucketText },
    /// A bucket, which is empty, is deleted.
    DeleteBucket { name: Box<str> },
    /// Bytes, which lie on the shelf already, become what is under a name.
    Put { bucket: Box<str>, name: Box<str>, etag: Id, version: Id, content: Content },
    /// What is under a name is deleted; where versions are kept, a new one says so.
    Delete { bucket: Box<str>, name: Box<str>, marker: Id },
    /// One version is gone for good.
    DeleteVersion { bucket: Box<str>, name: Box<str>, version: Id },
}

impl Objects {
    /// Tells whether there never was a bucket.
    pub(super) fn is_untouched(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Returns the etags of versions that are gone since this was last asked: nobody wants their bytes any more.
    pub(crate) fn take_dropped(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.dropped)
    }

    /// Returns the etags of all versions that have bytes.
    pub(crate) fn etags(&self) -> impl Iterator<Item = &Id> {
        let objects = self.buckets.values().flat_map(|bucket| bucket.objects.values());
        objects.flatten().filter(|version| version.content.is_some()).map(|version| &version.etag)
    }

    fn drop_all(&mut self, versions: impl IntoIterator<Item = Version>) {
        let gone = versions.into_iter().filter(|version| version.content.is_some());
        self.dropped.extend(gone.map(|version| version.etag));
    }

    /// Puts a version on top of those that there are.
    fn push(&mut self, bucket: &str, name: &str, version: Version) {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return };
        let versions = bucket.objects.entry(name.into()).or_default();
        let replaced = versions.pop_if(|newest| !version.kept && !newest.kept);
        versions.push(version);
        self.drop_all(replaced);
    }
}

impl Bucket {
    /// Returns what is under a name now; nothing where it was deleted.
    pub(crate) fn current(&self, name: &str) -> Option<(&Version, &Content)> {
        let newest = self.objects.get(name)?.last()?;
        Some((newest, newest.content.as_ref()?))
    }

    /// Returns a version of what is under a name.
    pub(crate) fn version(&self, name: &str, id: &str) -> Option<&Version> {
        self.objects.get(name)?.iter().find(|version| *version.id == *id)
    }

    /// Returns all names from one on, in order, that have something under them now.
    pub(crate) fn from<'a>(
        &'a self,
        start: Bound<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a Version, &'a Content)> + use<'a> {
        let range = self.objects.range::<str, _>((start, Bound::Unbounded));
        range.filter_map(|(name, versions)| {
            let newest = versions.last()?;
            Some((&**name, newest, newest.content.as_ref()?))
        })
    }
}

impl World {
    /// Makes a name that nothing had before, in the shape of a UUID; `what` tells names apart that one change needs.
    pub(crate) fn next_uuid(&self, what: &str) -> Id {
        let parts = [
            self.seed.to_string(),
            self.created.as_nanosecond().to_string(),
            what.to_owned(),
            (self.serial + 1).to_string(),
        ];
        let hex = Digest::of([parts.join("/")]).hex();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-").into()
    }

    /// Makes a change of buckets or objects.
    pub(super) fn apply_object_step(&mut self, at: Timestamp, step: &ObjectStep) {
        let objects = &mut self.objects;
        match step {
            ObjectStep::CreateBucket { name, id, etag, text } => {
                let (id, etag, text) = (id.clone(), etag.clone(), text.clone());
                let bucket = Bucket { id, made: at, etag, text, objects: BTreeMap::new() };
                objects.buckets.insert(name.clone(), bucket);
            }
            ObjectStep::UpdateBucket { name, etag, text } => {
                if let Some(bucket) = objects.buckets.get_mut(name) {
                    bucket.etag = etag.clone();
                    bucket.text = text.clone();
                }
            }
            ObjectStep::DeleteBucket { name } => {
                if let Some(bucket) = objects.buckets.remove(name) {
                    objects.drop_all(bucket.objects.into_values().flatten());
                }
            }
            ObjectStep::Put { bucket, name, etag, version, content } => {
                let kept = objects.keeps_versions(bucket);
                let (id, etag, content) = (version.clone(), etag.clone(), Some(content.clone()));
                objects.push(bucket, name, Version { id, etag, made: at, kept, content });
            }
            ObjectStep::Delete { bucket: into, name, marker } => {
                let Some(bucket) = objects.buckets.get_mut(into) else { return };
                if bucket.text.versioning == Versioning::Disabled {
                    let gone = bucket.objects.remove(name).unwrap_or_default();
                    objects.drop_all(gone);
                } else {
                    let kept = objects.keeps_versions(into);
                    let (id, etag) = (marker.clone(), marker.clone());
                    objects.push(into, name, Version { id, etag, made: at, kept, content: None });
                }
            }
            ObjectStep::DeleteVersion { bucket, name, version: id } => {
                let Some(bucket) = objects.buckets.get_mut(bucket) else { return };
                let Some(versions) = bucket.objects.get_mut(name) else { return };
                let gone: Vec<Version> = versions.extract_if(.., |version| version.id == *id).collect();
                if versions.is_empty() {
                    bucket.objects.remove(name);
                }
                objects.drop_all(gone);
            }
        }
    }
}

impl Objects {
    fn keeps_versions(&self, bucket: &str) -> bool {
        let bucket = self.buckets.get(bucket);
        bucket.is_some_and(|bucket| bucket.text.versioning == Versioning::Enabled)
    }
}
