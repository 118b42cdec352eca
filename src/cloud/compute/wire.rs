//! The models of Compute and Identity, with the fields that we read. Unknown fields are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `Instance` of Compute
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) compartment_id: String,
    pub(super) lifecycle_state: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) availability_domain: Option<String>,
    #[serde(default)]
    pub(super) fault_domain: Option<String>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
    /// The SDK has values as objects: strings, numbers, booleans.
    #[serde(default)]
    pub(super) defined_tags: Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>,
}

/// `Compartment` of Identity
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compartment {
    pub(super) id: String,
    pub(super) lifecycle_state: String,
}
