//! What the bodies of all services have in common: how they are read, tags and names.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::fail::Failure;
use crate::simulator::world::Tags;

/// Free-form tags: name to value.
pub(crate) type Freeform = BTreeMap<Box<str>, Box<str>>;
/// Defined tags: namespace to name to value.
pub(crate) type Defined = BTreeMap<Box<str>, BTreeMap<Box<str>, serde_json::Value>>;

/// Reads a body.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Failure::invalid(format!("body: {error}")),
        _ => Failure::unparsable(format!("the body is not JSON: {error}")),
    })
}

/// Puts tags together; of an update, what is left out stays as it was.
pub(crate) fn tags(freeform: Option<Freeform>, defined: Option<Defined>, before: &Tags) -> Tags {
    Tags {
        freeform: freeform.unwrap_or_else(|| before.freeform.clone()),
        defined: defined.unwrap_or_else(|| before.defined.clone()),
    }
}

/// Checks a display name: the API gives no limits, but nothing is called nothing.
pub(crate) fn display_name(name: Box<str>) -> Result<Box<str>, Failure> {
    if name.trim().is_empty() {
        return Err(Failure::invalid("displayName is empty"));
    }
    Ok(name)
}
