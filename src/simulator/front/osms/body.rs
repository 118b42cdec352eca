//! Request bodies, as the API's models have them: unknown fields, wrong types and missing fields are refused.

use serde::Deserialize;

use crate::simulator::front::body::{Defined, Freeform};
pub(crate) use crate::simulator::front::body::{display_name, tags};

/// `CreateSoftwareSourceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateSource {
    pub(crate) compartment_id: Box<str>,
    pub(crate) display_name: Box<str>,
    pub(crate) arch_type: Box<str>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) maintainer_name: Option<Box<str>>,
    pub(crate) maintainer_email: Option<Box<str>>,
    pub(crate) maintainer_phone: Option<Box<str>>,
    pub(crate) checksum_type: Option<Box<str>>,
    pub(crate) parent_id: Option<Box<str>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// `UpdateSoftwareSourceDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateSource {
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) maintainer_name: Option<Box<str>>,
    pub(crate) maintainer_email: Option<Box<str>>,
    pub(crate) maintainer_phone: Option<Box<str>>,
    pub(crate) checksum_type: Option<Box<str>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// `CreateManagedInstanceGroupDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateGroup {
    pub(crate) compartment_id: Box<str>,
    pub(crate) display_name: Box<str>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) os_family: Option<Box<str>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// `UpdateManagedInstanceGroupDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateGroup {
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// The three `Change...CompartmentDetails`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeCompartment {
    pub(crate) compartment_id: Box<str>,
}

/// `UpdateManagedInstanceDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateInstance {
    pub(crate) notification_topic_id: Option<Box<str>>,
    pub(crate) is_data_collection_authorized: Option<bool>,
}

/// The four `Attach...` and `Detach...SoftwareSource...Details`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SourceId {
    pub(crate) software_source_id: Box<str>,
}

/// `AddPackagesToSoftwareSourceDetails` and `RemovePackagesFromSoftwareSourceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PackageNames {
    pub(crate) package_names: Vec<Box<str>>,
}

/// `ManageModuleStreamsOnManagedInstanceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManageStreams {
    pub(crate) is_dry_run: Option<bool>,
    pub(crate) enable: Option<Vec<StreamOf>>,
    pub(crate) disable: Option<Vec<StreamOf>>,
    pub(crate) install: Option<Vec<ProfileOf>>,
    pub(crate) remove: Option<Vec<ProfileOf>>,
}

/// `ModuleStreamDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StreamOf {
    pub(crate) module_name: Box<str>,
    pub(crate) stream_name: Box<str>,
}

/// `ModuleStreamProfileDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileOf {
    pub(crate) module_name: Box<str>,
    pub(crate) stream_name: Box<str>,
    pub(crate) profile_name: Box<str>,
}

/// `CreateScheduledJobDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateJob {
    pub(crate) compartment_id: Box<str>,
    pub(crate) display_name: Box<str>,
    pub(crate) schedule_type: Box<str>,
    pub(crate) time_next_execution: Box<str>,
    pub(crate) operation_type: Box<str>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) interval_type: Option<Box<str>>,
    pub(crate) interval_value: Option<Box<str>>,
    pub(crate) managed_instances: Option<Vec<Target>>,
    pub(crate) managed_instance_groups: Option<Vec<Target>>,
    pub(crate) update_type: Option<Box<str>>,
    pub(crate) package_names: Option<Vec<PackageName>>,
    pub(crate) update_names: Option<Vec<Box<str>>>,
    pub(crate) os_family: Option<Box<str>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// `UpdateScheduledJobDetails`: what is left out stays. What a job is for cannot be changed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateJob {
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) schedule_type: Option<Box<str>>,
    pub(crate) time_next_execution: Option<Box<str>>,
    pub(crate) interval_type: Option<Box<str>>,
    pub(crate) interval_value: Option<Box<str>>,
    pub(crate) operation_type: Option<Box<str>>,
    pub(crate) update_type: Option<Box<str>>,
    pub(crate) package_names: Option<Vec<PackageName>>,
    pub(crate) update_names: Option<Vec<Box<str>>>,
    pub(crate) freeform_tags: Option<Freeform>,
    pub(crate) defined_tags: Option<Defined>,
}

/// `Id`, as a target. A test of Oracle's command line leaves the name out, though the model requires it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) id: Box<str>,
    #[serde(rename = "displayName")]
    pub(crate) _display_name: Option<Box<str>>,
}

/// `PackageName`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackageName {
    pub(crate) name: Box<str>,
}
