//! What is read of Object Storage: objects, their versions, lists of both, and buckets.

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;

use super::{Call, Error, ObjectStorage, Reply, Transport, etag, is_absent, md5_of, wire};

/// An object that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What was written.
    pub bytes: Bytes,
    /// What a write that must not lose another depends on.
    pub etag: String,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its etag.
    pub etag: String,
    /// How many bytes it has.
    pub size: u64,
}

/// What was written under a name once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The name.
    pub name: String,
    /// What it is read by.
    pub id: String,
    /// Its etag; none where it says that the object was deleted.
    pub etag: Option<String>,
    /// When it was written.
    pub written: Timestamp,
}

/// Whether a bucket keeps what was under a name before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It did once.
    Suspended,
    /// It never did; also where the service says nothing, or a word that nobody knew.
    Disabled,
}

/// A bucket that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Whether it keeps versions.
    pub versioning: Versioning,
}

/// Rows of a page: as many as the service gives.
const PAGE: &str = "1000";

impl<T: Transport> ObjectStorage<T> {
    /// Reads an object; none where there is none of the name.
    pub async fn get(&self, bucket: &str, object: &str) -> Result<Option<Object>, Error> {
        let call = self.object("GetObject", Method::GET, bucket, object).await?;
        self.read(call).await
    }

    /// Reads what was under a name once; none where there is no such version any more.
    pub async fn get_version(
        &self,
        bucket: &str,
        object: &str,
        version: &str,
    ) -> Result<Option<Object>, Error> {
        let call = self.object("GetObject", Method::GET, bucket, object).await?;
        self.read(call.query("versionId", version)).await
    }

    async fn read(&self, call: Call) -> Result<Option<Object>, Error> {
        let reply = match self.client.send(&call.slow()).await {
            Ok(reply) => reply,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        check(&reply)?;
        let etag = etag(&reply)?;
        Ok(Some(Object { bytes: reply.body, etag }))
    }

    /// Lists all objects whose names begin so, in the order of their names as bytes.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Entry>, Error> {
        let namespace = self.namespace().await?;
        let call = Call::get("ListObjects", &["n", namespace, "b", bucket, "o"])
            .query("fields", "name,size,etag")
            .query("limit", PAGE)
            .query("prefix", prefix);
        let (mut entries, mut start): (Vec<Entry>, Option<String>) = (Vec::new(), None);
        loop {
            let mut page = call.clone();
            if let Some(start) = &start {
                page.set_query("start", start.clone());
            }
            let reply = self.client.send(&page).await?;
            let wire::Objects { objects, next_start_with } = reply.json()?;
            let rows = objects.into_iter();
            entries.extend(rows.map(|wire::Row { name, etag, size }| Entry { name, etag, size }));
            let Some(next) = next_start_with else { return Ok(entries) };
            // A service that does not get on would keep us reading forever.
            if start.is_some_and(|start| next <= start) {
                return Err(reply.unreadable(format!("the list does not end: it goes on with `{next}`")));
            }
            start = Some(next);
        }
    }

    /// Lists what was ever written under names that begin so, as far as the bucket keeps it: by name, and of one name the
    /// newest first.
    pub async fn versions(&self, bucket: &str, prefix: &str) -> Result<Vec<Version>, Error> {
        let namespace = self.namespace().await?;
        let call = Call::get("ListObjectVersions", &["n", namespace, "b", bucket, "objectversions"])
            .query("fields", "name,etag,timeModified")
            .query("limit", PAGE)
            .query("prefix", prefix);
        let mut pages = self.client.pages(call);
        let mut versions = Vec::new();
        while let Some(reply) = pages.next().await? {
            let wire::Versions { items } = reply.json()?;
            versions.extend(items.into_iter().map(|row| Version {
                name: row.name,
                id: row.version_id,
                etag: row.etag.filter(|_| !row.is_delete_marker),
                written: row.time_modified,
            }));
        }
        Ok(versions)
    }

    /// Looks at a bucket; none where there is none of the name, or none for us: the service does not tell which.
    pub async fn bucket(&self, name: &str) -> Result<Option<Bucket>, Error> {
        let namespace = self.namespace().await?;
        match self.client.send(&Call::get("GetBucket", &["n", namespace, "b", name])).await {
            Ok(reply) => {
                let wire::Bucket { versioning } = reply.json()?;
                let versioning = match versioning.as_deref() {
                    Some("Enabled") => Versioning::Enabled,
                    Some("Suspended") => Versioning::Suspended,
                    _ => Versioning::Disabled,
                };
                Ok(Some(Bucket { versioning }))
            }
            Err(error) if error.is_not_found() && error.code() == Some("BucketNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Holds an object against the MD5 that came with it; what was written in parts has none.
fn check(reply: &Reply) -> Result<(), Error> {
    let said = reply.header("opc-content-md5").or_else(|| reply.header("content-md5"));
    match said {
        Some(md5) if md5 != md5_of(&reply.body) => {
            Err(reply.unreadable("its MD5 is another one than the service says: it was damaged on its way"))
        }
        _ => Ok(()),
    }
}
