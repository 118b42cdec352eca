//! Compute and Identity (both API `20160918`), as far as selecting members needs them: which instances there are in a
//! compartment, and which compartments lie below one. Facts are from Oracle's SDK for Python 2.158.2. Left out: what is
//! managed of them, which is the patch service's to say.

mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use super::CloudError;
use crate::name::Ocid;
use crate::observed::{ComputeInstance, PowerState};
use crate::oci::{Call, Client, Transport};
use crate::op::RetryToken;

/// The path that the operations of both APIs stand under.
pub const API_VERSION: &str = "/20160918";

/// How many rows of a list are asked for at once. The SDK names no largest value; OCI's lists take 1000.
const ROWS: &str = "1000";

/// Where instances are selected from.
#[derive(Debug)]
pub struct Compute<T> {
    instances: Client<T>,
    compartments: Client<T>,
    parallelism: usize,
}

impl<T: Transport> Compute<T> {
    /// Takes a client of Compute and one of Identity, with at most `parallelism` calls in flight at each.
    pub fn new(instances: Client<T>, compartments: Client<T>, parallelism: usize) -> Self {
        let parallelism = parallelism.max(1);
        Self {
            instances: instances.with_parallelism(parallelism),
            compartments: compartments.with_parallelism(parallelism),
            parallelism,
        }
    }

    /// Reads the instances in a compartment, not in those below: stopped and terminated ones too.
    pub async fn instances(&self, compartment: &Ocid) -> Result<BTreeMap<Ocid, ComputeInstance>, CloudError> {
        let call = Call::get("ListInstances", &["instances"])
            .query("compartmentId", compartment.as_str())
            .query("limit", ROWS);
        let rows: Vec<wire::Instance> =
            rows(&self.instances, call).await.map_err(|e| about(e, compartment))?;
        Ok(rows.into_iter().map(|row| (Ocid::new(&row.id), instance(row))).collect())
    }

    /// Has an instance shut down in order and boot anew. The answer comes at once; whether it is up again, its agent tells.
    pub async fn soft_reset(&self, instance: &Ocid, token: &RetryToken) -> Result<(), CloudError> {
        let call = Call::post("InstanceAction", &["instances", instance.as_str()])
            .query("action", "SOFTRESET")
            .token(&token.0);
        self.instances.send(&call.slow()).await?;
        Ok(())
    }

    /// Reads the ACTIVE compartments below one, each with its parent: level by level, since the service lists a whole
    /// tree for the tenancy only. What hangs on one that is not ACTIVE is not looked at.
    pub async fn compartments(&self, root: &Ocid) -> Result<BTreeMap<Ocid, Ocid>, CloudError> {
        let mut parents = BTreeMap::new();
        let mut seen = BTreeSet::from([root.clone()]);
        let mut level = vec![root.clone()];
        while !level.is_empty() {
            let lists = level.into_iter().map(|parent| async move {
                let children = self.children(&parent).await?;
                Ok::<_, CloudError>((parent, children))
            });
            let lists: Vec<(Ocid, Vec<Ocid>)> =
                stream::iter(lists).buffer_unordered(2 * self.parallelism).try_collect().await?;
            level = Vec::new();
            for (parent, children) in lists {
                // A compartment stands in one place; what is listed again is not walked again.
                for child in children.into_iter().filter(|child| seen.insert(child.clone())) {
                    parents.insert(child.clone(), parent.clone());
                    level.push(child);
                }
            }
        }
        Ok(parents)
    }

    async fn children(&self, parent: &Ocid) -> Result<Vec<Ocid>, CloudError> {
        let call = Call::get("ListCompartments", &["compartments"])
            .query("compartmentId", parent.as_str())
            .query("lifecycleState", "ACTIVE")
            .query("limit", ROWS);
        let rows: Vec<wire::Compartment> =
            rows(&self.compartments, call).await.map_err(|e| about(e, parent))?;
        let active = rows.into_iter().filter(|row| row.lifecycle_state == "ACTIVE");
        Ok(active.map(|row| Ocid::new(&row.id)).collect())
    }
}

/// Reads all pages of a list.
async fn rows<T: Transport, V: DeserializeOwned>(
    client: &Client<T>,
    call: Call,
) -> Result<Vec<V>, CloudError> {
    let mut rows = Vec::new();
    let mut pages = client.pages(call);
    while let Some(page) = pages.next().await? {
        rows.append(&mut page.json()?);
    }
    Ok(rows)
}

/// Says which compartment a refusal is about: there can be many, and the service does not name it.
fn about(error: CloudError, compartment: &Ocid) -> CloudError {
    match error {
        CloudError::Service { operation, status, code, message, request_id } => {
            let message = format!("{message} (compartment {compartment})");
            CloudError::Service { operation, status, code, message, request_id }
        }
        other => other,
    }
}

fn instance(row: wire::Instance) -> ComputeInstance {
    let defined = row.defined_tags.unwrap_or_default().into_iter().map(|(namespace, tags)| {
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        (namespace, tags.into_iter().map(|(key, value)| (key, text(value))).collect())
    });
    // Fault domains are told apart only within their availability domain.
    let domain = row.availability_domain.map(|place| match row.fault_domain {
        Some(fault) => format!("{place}/{fault}").into(),
        None => place.into(),
    });
    ComputeInstance {
        domain,
        name: row.display_name.filter(|name| !name.is_empty()).unwrap_or_else(|| row.id.clone()).into(),
        state: PowerState::of(&row.lifecycle_state),
        compartment: Ocid::new(&row.compartment_id),
        freeform_tags: row.freeform_tags.unwrap_or_default(),
        defined_tags: defined.collect(),
    }
}
