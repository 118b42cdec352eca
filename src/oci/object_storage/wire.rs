//! What Object Storage says in JSON, as far as it is read.

use serde::{Deserialize, Serialize};

/// A page of a list of objects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Objects {
    pub(super) objects: Vec<Row>,
    #[serde(default)]
    pub(super) next_start_with: Option<String>,
}

/// An object in a list.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) etag: String,
    pub(super) size: u64,
}

/// A page of a list of versions.
#[derive(Deserialize)]
pub(super) struct Versions {
    pub(super) items: Vec<VersionRow>,
}

/// A version in a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionRow {
    pub(super) name: String,
    pub(super) version_id: String,
    pub(super) time_modified: jiff::Timestamp,
    #[serde(default)]
    pub(super) etag: Option<String>,
    #[serde(default)]
    pub(super) is_delete_marker: bool,
}

/// A bucket.
#[derive(Deserialize)]
pub(super) struct Bucket {
    #[serde(default)]
    pub(super) versioning: Option<String>,
}

/// A bucket to be made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewBucket<'a> {
    pub(super) name: &'a str,
    pub(super) compartment_id: &'a str,
    pub(super) versioning: &'a str,
}
