//! Sources and groups that others made and a train takes over: what the service says of them, and their tags.

use super::{OsmhCloud, wire};
use crate::cloud::calls::found;
use crate::cloud::{CloudError, Submitted, adopt};
use crate::name::Ocid;
use crate::observed::{Candidate, CandidateKind};
use crate::oci::Transport;
use crate::op::Ownership;

impl<T: Transport> OsmhCloud<T> {
    /// Looks at something that is to be imported; none when there is no such thing.
    pub(super) async fn candidate(
        &self,
        kind: CandidateKind,
        id: &Ocid,
    ) -> Result<Option<Candidate>, CloudError> {
        Ok(found(adopt::row(&self.calls, kind, id).await)?.map(|row| candidate(kind, row)))
    }

    /// Puts an owner's tags on something.
    pub(super) async fn adopt(
        &self,
        kind: CandidateKind,
        id: &Ocid,
        owner: &Ownership,
    ) -> Result<Submitted, CloudError> {
        // Nothing but a custom source gets here.
        adopt::adopt(&self.calls, (kind, id), owner, Some("CUSTOM")).await
    }
}

fn candidate(kind: CandidateKind, row: wire::Candidate) -> Candidate {
    let bar = match kind {
        CandidateKind::Source => bar_of_source(&row),
        CandidateKind::Group => (row.is_managed_by_autonomous_linux == Some(true))
            .then(|| "is managed by Autonomous Linux, which updates its members by itself".to_owned()),
    };
    // A group for all systems is for the train's, too.
    let one = |word: &String| !matches!(word.as_str(), "ALL" | "NOARCH");
    Candidate {
        name: row.display_name.unwrap_or_default().into(),
        lifecycle: row.lifecycle_state.map(Into::into),
        compartment: Ocid::new(&row.compartment_id),
        os: row.os_family.filter(one).map(|word| word.to_ascii_lowercase().replace('_', "-").into()),
        arch: row.arch_type.filter(one).map(|word| word.to_ascii_lowercase().into()),
        bar: bar.map(Into::into),
    }
}

/// Says why a source can hold no release. A release is a list of packages that nobody else changes.
fn bar_of_source(row: &wire::Candidate) -> Option<String> {
    match row.software_source_type.as_deref() {
        Some("VENDOR") => Some("is the vendor's own, and changes with each of its updates".to_owned()),
        Some("VERSIONED") => {
            Some("is a versioned source, which the service attaches to lifecycle stages only".to_owned())
        }
        Some("CUSTOM") | None if row.is_created_from_package_list == Some(false) => {
            Some("is made by filters and not of a list of packages, so that it changes by itself".to_owned())
        }
        Some("CUSTOM") | None if row.is_automatically_updated == Some(true) => {
            Some("is updated automatically, so that it changes by itself".to_owned())
        }
        Some("CUSTOM") | None => None,
        Some(other) => Some(format!("is of type {other}, and a release is a custom source")),
    }
}
