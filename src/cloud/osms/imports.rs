//! Sources and groups that others made and a train takes over: what the service says of them, and their tags.

use super::{OsmsCloud, wire};
use crate::cloud::calls::found;
use crate::cloud::{CloudError, Submitted, adopt};
use crate::name::Ocid;
use crate::observed::{Candidate, CandidateKind};
use crate::oci::Transport;
use crate::op::Ownership;

impl<T: Transport> OsmsCloud<T> {
    /// Looks at something that is to be imported; none when there is no such thing.
    pub(super) async fn candidate(
        &self,
        kind: CandidateKind,
        id: &Ocid,
    ) -> Result<Option<Candidate>, CloudError> {
        Ok(found(adopt::row(&self.calls, kind, id).await)?.map(candidate))
    }

    /// Puts an owner's tags on something.
    pub(super) async fn adopt(
        &self,
        kind: CandidateKind,
        id: &Ocid,
        owner: &Ownership,
    ) -> Result<Submitted, CloudError> {
        adopt::adopt(&self.calls, (kind, id), owner, None).await
    }
}

fn candidate(row: wire::Candidate) -> Candidate {
    let arch = row.arch_type.map(|word| match word.as_str() {
        "IA_32" => "i686".into(),
        other => other.to_ascii_lowercase().into(),
    });
    let bar = (row.os_family.as_deref() == Some("WINDOWS")).then(|| "is for Windows".into());
    Candidate {
        name: row.display_name.into(),
        lifecycle: row.lifecycle_state.map(Into::into),
        compartment: Ocid::new(&row.compartment_id),
        // Neither a source nor a group is for one release of Linux here.
        os: None,
        arch,
        bar,
    }
}
