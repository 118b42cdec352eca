//! Why no plan is made: states of the world in which any plan would be a guess.

use thiserror::Error;

use super::{Claimant, Unimportable};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::package::{Digest, Package};

/// Why no plan is made. Each names the way out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The service has a source of the name that this state does not own.
    #[error(
        "release.{release}: the service has a source named `{name}` ({id}) that belongs to {owner}; restore the \
         state that made it, {}",
        match release.is_own_parent() {
            true => "or give the train another name".to_owned(),
            false => format!(
                "give the train another name, or take it over: `patchtrain import release {release} --source {id}`"
            ),
        }
    )]
    ForeignSource {
        /// The release.
        release: ReleaseName,
        /// The display name.
        name: String,
        /// Its id.
        id: Ocid,
        /// Whose it is.
        owner: String,
    },
    /// The manifest is not what the release was when its source was made.
    #[error(
        "release.{release}: the manifest is {manifest}, the source holds {applied}; a release never changes once it \
         is applied: restore the manifest, or give the new content a new release name"
    )]
    ChangedRelease {
        /// The release.
        release: ReleaseName,
        /// The manifest's digest.
        manifest: Digest,
        /// The digest recorded when it was applied.
        applied: Digest,
    },
    /// The service has no source to take some packages of the release from.
    #[error(
        "release.{release}: no software source offers {} of its packages, and the service takes a package only from \
         one: {}; give them a source that the service can read, or leave them out of the manifest",
        packages.len(),
        packages.iter().map(|package| package.as_str()).collect::<Vec<_>>().join(", ")
    )]
    NotOffered {
        /// The release.
        release: ReleaseName,
        /// The packages.
        packages: Vec<Package>,
    },
    /// More than one group of the service has the name.
    #[error("group.{group}: the service has {} groups of that name ({}); say which with `id = \"ocid1...\"`", ids.len(), ids.iter().map(Ocid::as_str).collect::<Vec<_>>().join(", "))]
    AmbiguousGroup {
        /// The group.
        group: GroupName,
        /// The candidates.
        ids: Vec<Ocid>,
    },
    /// `members = "service"`, and there is no such group.
    #[error(
        "group.{group}: members = \"service\", and the service has no active group of that name; make it there, or list the members here"
    )]
    NoSuchGroup {
        /// The group.
        group: GroupName,
    },
    /// Members are listed on a group that we did not make.
    #[error(
        "group.{group}: the service has a group of that name that this train did not make ({id}); use members = \"service\", rename yours, or take it over: `patchtrain import group {group} --id {id}`"
    )]
    ForeignGroup {
        /// The group.
        group: GroupName,
        /// Its id.
        id: Ocid,
    },
    /// A group on record says that it is another's.
    #[error(
        "group.{group}: the service's group on record ({id}) belongs to {owner} now; give it its tags back, or forget \
         it: `patchtrain state rm group.{group}`"
    )]
    LostGroup {
        /// The group.
        group: GroupName,
        /// Its id.
        id: Ocid,
        /// Whose it is.
        owner: String,
    },
    /// What is to be imported cannot be.
    #[error("{}: {id} cannot be imported: {why}", match of {
        Address::Release(release) => format!("release.{release}"),
        Address::Group(group) => format!("group.{group}"),
        other => format!("{other:?}"),
    })]
    Import {
        /// As what.
        of: Address,
        /// What.
        id: Ocid,
        /// Why not.
        why: Unimportable,
    },
    /// Another group of the train goes by a group's name in the service.
    #[error(
        "group.{group}: the service's group of that name ({id}) is group.{by} of this train; give it the name `{by}` there, \
         or yours another"
    )]
    TakenName {
        /// The group.
        group: GroupName,
        /// The service's group.
        id: Ocid,
        /// Which group of the train that is.
        by: GroupName,
    },
    /// A group would lose too many members at once.
    #[error(
        "group.{group}: {leaving} of {members} members would leave, more than 30 %; if that is meant, plan with --allow-shrink"
    )]
    Shrink {
        /// The group.
        group: GroupName,
        /// How many would leave.
        leaving: usize,
        /// How many there are.
        members: usize,
    },
    /// One member is asked for by itself, of a group that moves as a whole.
    #[error(
        "instance.{instance}: the service moves the members of a group together; ask for them all, with --target group.{group}"
    )]
    Together {
        /// The instance, as it was asked for.
        instance: String,
        /// Its group.
        group: GroupName,
    },
    /// An instance is in two groups.
    #[error(
        "instance {instance} is a member of both group.{first} and group.{second}; an instance rides one release"
    )]
    TwoGroups {
        /// The instance.
        instance: Ocid,
        /// One group.
        first: GroupName,
        /// The other.
        second: GroupName,
    },
    /// A release's source is a child of something that is not the train's own parent source.
    #[error(
        "release.{release}: its source ({id}) is a child of {parent}, which is not the train's own parent source or is \
         gone, so that it can be attached nowhere; delete that source, and the next plan makes it anew"
    )]
    Orphan {
        /// The release.
        release: ReleaseName,
        /// Its source.
        id: Ocid,
        /// What that is a child of.
        parent: Ocid,
    },
    /// The service has a scheduled job of the name that this state does not own.
    #[error(
        "schedule.{group}: the service has a scheduled job named `{name}` ({id}) that belongs to {owner}; restore the \
         state that made it, or delete it there: a scheduled job cannot be imported yet"
    )]
    ForeignSchedule {
        /// The group.
        group: GroupName,
        /// The display name.
        name: String,
        /// Its id.
        id: Ocid,
        /// Whose it is.
        owner: String,
    },
    /// A source of the vendor that the train names is not there, or not selected.
    #[error(
        "train.vendor_sources: `{name}` {}", match id {
            None => "is none of the vendor's sources that the service has for the train's system; correct the name, or \
                     name it by its OCID".to_owned(),
            Some(id) => format!(
                "({id}) is not selected for use in OCI; select it (`oci os-management-hub software-source \
                 change-availability-of-software-sources`, availabilityAtOci SELECTED), or take it out of the train"
            ),
        }
    )]
    VendorSource {
        /// As the train names it.
        name: String,
        /// Its id, where it is there and not selected.
        id: Option<Ocid>,
    },
    /// Two sources of the vendor have the name.
    #[error(
        "train.vendor_sources: the service has {} sources called `{name}` ({}); name one by its OCID",
        ids.len(), ids.iter().map(Ocid::as_str).collect::<Vec<_>>().join(", ")
    )]
    AmbiguousVendorSource {
        /// The name.
        name: String,
        /// The sources.
        ids: Vec<Ocid>,
    },
    /// The service has a registration profile of the name that this state does not own.
    #[error(
        "profile.{group}: the service has a registration profile named `{name}` ({id}) that belongs to {owner}; restore \
         the state that made it, or delete it there: a profile cannot be imported yet"
    )]
    ForeignProfile {
        /// The group.
        group: GroupName,
        /// The display name.
        name: String,
        /// Its id.
        id: Ocid,
        /// Whose it is.
        owner: String,
    },
    /// Two groups claim the same instances, at least one of them by a selector.
    #[error(
        "{first} and {second} both claim {}: {}; an instance rides one release: narrow the compartments or tags of \
         one of the two",
        if instances.len() == 1 { "an instance".to_owned() } else { format!("{} instances", instances.len()) },
        some(instances)
    )]
    Overlap {
        /// One group.
        first: Claimant,
        /// The other.
        second: Claimant,
        /// The instances, by name and id.
        instances: Vec<String>,
    },
}

/// Names the first few.
fn some(instances: &[String]) -> String {
    const FEW: usize = 5;
    let named = instances.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    match instances.len().saturating_sub(FEW) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

impl Refusal {
    /// Tells whether a flag lifts it: such a refusal is policy, not error.
    pub fn is_policy(&self) -> bool {
        matches!(self, Self::Shrink { .. })
    }
}
