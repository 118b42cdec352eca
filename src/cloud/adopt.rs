//! Sources and groups that others made and a train takes over, in either service: what they are called, how one is read, and
//! how it gets its owner's tags. What is read of one is each service's own.

use std::collections::BTreeMap;

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::calls::{Calls, DONE};
use super::{CloudError, Submitted, tags};
use crate::name::Ocid;
use crate::observed::CandidateKind;
use crate::oci::{Call, Transport};
use crate::op::Ownership;

/// `UpdateSoftwareSourceDetails` and `UpdateManagedInstanceGroupDetails`, of which only the tags are sent
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Retag {
    /// What an update is of is told by this, where sources are of types.
    #[serde(skip_serializing_if = "Option::is_none")]
    software_source_type: Option<&'static str>,
    freeform_tags: BTreeMap<String, String>,
}

/// Whose something is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagged {
    #[serde(default)]
    freeform_tags: Option<BTreeMap<String, String>>,
}

impl Tagged {
    fn is(&self, owner: &Ownership) -> bool {
        tags::owner(self.freeform_tags.as_ref()).as_ref() == Some(owner)
    }
}

/// What a kind of thing is called in both APIs: its list, how one is read, how one is changed.
fn words(kind: CandidateKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        CandidateKind::Source => ("softwareSources", "GetSoftwareSource", "UpdateSoftwareSource"),
        CandidateKind::Group => {
            ("managedInstanceGroups", "GetManagedInstanceGroup", "UpdateManagedInstanceGroup")
        }
    }
}

fn look(kind: CandidateKind, id: &Ocid) -> Call {
    let (list, get, _) = words(kind);
    Call::get(get, &[list, id.as_str()])
}

/// Reads something by its id.
pub(super) async fn row<T: Transport, V: DeserializeOwned>(
    calls: &Calls<T>,
    kind: CandidateKind,
    id: &Ocid,
) -> Result<V, CloudError> {
    calls.one(&look(kind, id)).await
}

/// Puts an owner's tags on something. The call takes no retry token, replaces all tags, and changes nothing else; asking for
/// the same again changes nothing. Whatever somebody else changes between the look and the call has it refused, so that no
/// tags of theirs are lost.
pub(super) async fn adopt<T: Transport>(
    calls: &Calls<T>,
    (kind, id): (CandidateKind, &Ocid),
    owner: &Ownership,
    source_type: Option<&'static str>,
) -> Result<Submitted, CloudError> {
    let (list, _, update) = words(kind);
    let reply = calls.client.send(&look(kind, id)).await?;
    let seen: Tagged = reply.json()?;
    if seen.is(owner) {
        return Ok(DONE);
    }
    let details = Retag {
        software_source_type: source_type.filter(|_| kind == CandidateKind::Source),
        freeform_tags: tags::taken_over(seen.freeform_tags, owner),
    };
    let call = Call::new(update, Method::PUT, &[list, id.as_str()]).json(&details);
    // Of a compressed answer the etag has an end that nobody says is taken; we ask for none, and a proxy might.
    let etag = reply.header("etag").filter(|etag| !etag.ends_with("--gzip"));
    let call = match etag {
        Some(etag) => call.header("if-match", etag),
        None => call,
    };
    let holds = async || Ok(row::<T, Tagged>(calls, kind, id).await?.is(owner));
    calls.unless(&call, holds).await?;
    Ok(DONE)
}
