//! Registration profiles: what a new system becomes a member of. The list does not tell of which group, so that those
//! with a train's tags are read one by one.

use std::collections::BTreeMap;

use super::look::is_there;
use super::{OsmhCloud, ROWS, bodies, wire};
use crate::cloud::calls::found;
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::{GroupName, Ocid};
use crate::observed::Profile;
use crate::oci::{Call, Transport};
use crate::op::{Ownership, RetryToken};

impl<T: Transport> OsmhCloud<T> {
    /// Reads the ACTIVE registration profiles of the compartment, in full those that a train has made.
    pub(super) async fn profiles(&self) -> Result<BTreeMap<Ocid, Profile>, CloudError> {
        let call = Call::get("ListProfiles", &["profiles"])
            .query("compartmentId", self.compartment.as_str())
            .query("lifecycleState", "ACTIVE")
            .query("limit", ROWS);
        let rows: Vec<wire::Profile> = self.items(call).await?;
        let read = |row: wire::Profile| async move {
            if tags::owner(row.freeform_tags.as_ref()).is_none() {
                return Ok(Some(row));
            }
            found(self.calls.one::<wire::Profile>(&Call::get("GetProfile", &["profiles", &row.id])).await)
        };
        let read = self.calls.each(rows, read).await?;
        let there = read.into_iter().flatten().filter(|row| is_there(row.lifecycle_state.as_deref()));
        Ok(there.map(|row| (Ocid::new(&row.id), profile(row))).collect())
    }

    /// Makes the profile of a group. It is never a default: a system becomes a member because somebody says so.
    pub(super) async fn create_profile(
        &self,
        (group, name): (&Ocid, &GroupName),
        display_name: &str,
        owner: &Ownership,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let details = bodies::CreateProfile {
            compartment_id: self.compartment.as_str(),
            display_name,
            description: tags::description("registration of group", name, owner),
            profile_type: "GROUP",
            registration_type: "OCI_LINUX",
            managed_instance_group_id: group.as_str(),
            is_default_profile: false,
            freeform_tags: tags::of_owner_and_group(owner, name),
        };
        let call = Call::post("CreateProfile", &["profiles"]).json(&details);
        self.calls.create(call.token(&token.0), "GetProfile", "profiles").await
    }

    /// Deletes a profile. The call takes no retry token; one that is gone is what was wanted.
    pub(super) async fn delete_profile(&self, id: &Ocid) -> Result<Submitted, CloudError> {
        self.calls.delete("DeleteProfile", "GetProfile", &["profiles", id.as_str()]).await
    }
}

fn profile(row: wire::Profile) -> Profile {
    Profile {
        name: row.display_name.into(),
        owner: tags::owner(row.freeform_tags.as_ref()),
        group: row.managed_instance_group.map(|group| Ocid::new(&group.id)),
    }
}
