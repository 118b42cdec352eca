//! Request bodies, as the API's models have them: unknown fields, wrong types and missing fields are refused.

mod modules;
mod plans;
mod sources;

use serde::Deserialize;

use crate::simulator::front::body::{Defined, Freeform};
pub(super) use crate::simulator::front::body::{display_name, tags};
use crate::simulator::world::hub::Label;

pub(super) use modules::{
    ManageStreams, OneProfile, OneStream, ProfileOf, SearchModules, SearchStreams, StreamOf,
};
pub(super) use plans::{
    AttachGroup, AttachProfile, CreateEnvironment, CreateJob, CreateProfile, JobOperation, ProfileKind,
    Promote, SourceIds, StageInstances, UpdateEnvironment, UpdateJob, UpdateProfile,
};
pub(super) use sources::{
    AddPackages, ChangeAvailability, CreateSource, Entries, SourceFilter, SourceKind, UpdateSource,
};

type Name = Box<str>;

/// `WorkRequestDetails`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Details {
    display_name: Option<Name>,
    description: Option<Name>,
}

/// Returns what people call a work request.
pub(super) fn label(details: Option<Details>, packages: Vec<Name>) -> Label {
    let Details { display_name, description } = details.unwrap_or_default();
    Label { name: display_name, description, packages, initiator: None, rerun_of: None }
}

/// `Id`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IdOf {
    pub(super) id: Name,
    #[serde(rename = "displayName")]
    pub(super) _display_name: Option<Name>,
}

impl IdOf {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.into(), _display_name: None }
    }
}

/// `UpdateManagedInstanceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateInstance {
    pub(super) description: Option<Name>,
    #[serde(rename = "primaryManagementStationId")]
    pub(super) _primary: Option<Name>,
    #[serde(rename = "secondaryManagementStationId")]
    pub(super) _secondary: Option<Name>,
    pub(super) notification_topic_id: Option<Name>,
    #[serde(rename = "autonomousSettings")]
    pub(super) _autonomous: Option<Autonomous>,
}

/// `UpdatableAutonomousSettings`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Autonomous {
    #[serde(rename = "isDataCollectionAuthorized")]
    _authorized: Option<bool>,
}

/// The four `Attach...` and `Detach...SoftwareSources...Details`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Sources {
    pub(super) software_sources: Vec<Name>,
    pub(super) work_request_details: Option<Details>,
}

/// `AttachManagedInstancesToManagedInstanceGroupDetails`; detaching takes no details of a work request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Instances {
    pub(super) managed_instances: Vec<Name>,
    pub(super) work_request_details: Option<Details>,
}

/// `DetachManagedInstancesFromManagedInstanceGroupDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Leavers {
    pub(super) managed_instances: Vec<Name>,
}

/// `InstallPackagesOn...` and `RemovePackagesFromManagedInstanceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Packages {
    pub(super) package_names: Vec<Name>,
    pub(super) work_request_details: Option<Details>,
}

/// `InstallPackagesOnManagedInstanceGroupDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GroupPackages {
    pub(super) package_names: Vec<Name>,
    pub(super) work_request_details: Option<Details>,
    pub(super) is_latest: Option<bool>,
}

/// `UpdatePackagesOnManagedInstanceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdatePackages {
    pub(super) package_names: Option<Vec<Name>>,
    pub(super) update_types: Option<Vec<Name>>,
    pub(super) work_request_details: Option<Details>,
}

/// `UpdateAllPackagesOnManagedInstanceGroupDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateGroupPackages {
    pub(super) update_types: Option<Vec<Name>>,
    pub(super) work_request_details: Option<Details>,
}

/// `UpdateAllPackagesOnManagedInstancesInCompartmentDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateCompartment {
    pub(super) compartment_id: Name,
    pub(super) update_types: Option<Vec<Name>>,
    pub(super) work_request_details: Option<Details>,
}

/// `RebootManagedInstanceDetails` and `RebootManagedInstanceGroupDetails`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Reboot {
    #[serde(rename = "rebootTimeoutInMins")]
    pub(super) _timeout: Option<u32>,
    pub(super) work_request_details: Option<Details>,
}

/// `RerunWorkRequestDetails`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rerun {
    pub(super) managed_instances: Option<Vec<Name>>,
    pub(super) work_request_details: Option<Details>,
}

/// `CreateManagedInstanceGroupDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateGroup {
    pub(super) display_name: Name,
    pub(super) description: Option<Name>,
    pub(super) compartment_id: Name,
    pub(super) os_family: Name,
    pub(super) arch_type: Name,
    pub(super) vendor_name: Name,
    pub(super) location: Option<Name>,
    pub(super) software_source_ids: Option<Vec<Name>>,
    pub(super) managed_instance_ids: Option<Vec<Name>>,
    pub(super) notification_topic_id: Option<Name>,
    pub(super) autonomous_settings: Option<Autonomous>,
    pub(super) freeform_tags: Option<Freeform>,
    pub(super) defined_tags: Option<Defined>,
}

/// `UpdateManagedInstanceGroupDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateGroup {
    pub(super) display_name: Option<Name>,
    pub(super) description: Option<Name>,
    pub(super) notification_topic_id: Option<Name>,
    #[serde(rename = "autonomousSettings")]
    pub(super) _autonomous: Option<Autonomous>,
    pub(super) freeform_tags: Option<Freeform>,
    pub(super) defined_tags: Option<Defined>,
}
