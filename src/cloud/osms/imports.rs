//! Sources and groups that others made and a train takes over: what the service says of them, and their tags.

use http::Method;

use super::{OsmsCloud, wire};
use crate::cloud::calls::{DONE, found};
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::Ocid;
use crate::observed::{Candidate, CandidateKind};
use crate::oci::{Call, Transport};
use crate::op::Ownership;

/// What a kind of thing is called in the API: its list, how one is read, how one is changed.
fn words(kind: CandidateKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        CandidateKind::Source => ("softwareSources", "GetSoftwareSource", "UpdateSoftwareSource"),
        CandidateKind::Group => {
            ("managedInstanceGroups", "GetManagedInstanceGroup", "UpdateManagedInstanceGroup")
        }
    }
}

impl<T: Transport> OsmsCloud<T> {
    /// Looks at something that is to be imported; none when there is no such thing.
    pub(super) async fn candidate(
        &self,
        kind: CandidateKind,
        id: &Ocid,
    ) -> Result<Option<Candidate>, CloudError> {
        Ok(found(self.row(kind, id).await)?.map(candidate))
    }

    /// Puts an owner's tags on something. The call takes no retry token, replaces all tags, and changes nothing else; asking
    /// for the same again changes nothing.
    pub(super) async fn adopt(
        &self,
        kind: CandidateKind,
        id: &Ocid,
        owner: &Ownership,
    ) -> Result<Submitted, CloudError> {
        let (list, _, update) = words(kind);
        let row = self.row(kind, id).await?;
        if tags::owner(row.freeform_tags.as_ref()).as_ref() == Some(owner) {
            return Ok(DONE);
        }
        let details = wire::Retag { freeform_tags: tags::taken_over(row.freeform_tags, owner) };
        let call = Call::new(update, Method::PUT, &[list, id.as_str()]).json(&details);
        let holds = async || {
            let seen = self.row(kind, id).await?;
            Ok(tags::owner(seen.freeform_tags.as_ref()).as_ref() == Some(owner))
        };
        self.calls.unless(&call, holds).await?;
        Ok(DONE)
    }

    async fn row(&self, kind: CandidateKind, id: &Ocid) -> Result<wire::Candidate, CloudError> {
        let (list, get, _) = words(kind);
        self.calls.one(&Call::get(get, &[list, id.as_str()])).await
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
