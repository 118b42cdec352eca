//! The API's models that are sent, with the fields that we send.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

/// `CreateCustomSoftwareSourceDetails`. The flags are said although some are the default: a release is what it was made
/// as.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateSource<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) software_source_type: &'static str,
    pub(super) vendor_software_sources: Vec<Named<'a>>,
    pub(super) is_created_from_package_list: bool,
    pub(super) is_automatically_updated: bool,
    pub(super) is_auto_resolve_dependencies: bool,
    pub(super) is_latest_content_only: bool,
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `Id`, which must have its name too
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named<'a> {
    pub(super) id: &'a str,
    pub(super) display_name: String,
}

/// `AddPackagesToSoftwareSourceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddPackages {
    pub(super) packages: Vec<&'static str>,
    pub(super) is_continue_on_missing_packages: bool,
}

/// `RemovePackagesFromSoftwareSourceDetails`
#[derive(Debug, Serialize)]
pub(super) struct RemovePackages {
    pub(super) packages: Vec<&'static str>,
}

/// `CreateManagedInstanceGroupDetails`. Never with `autonomousSettings`: their presence makes it another kind of group
/// (recorded, osmh.md 1c).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateGroup<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) os_family: String,
    pub(super) arch_type: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) location: &'static str,
    pub(super) software_source_ids: [&'a str; 1],
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `WorkRequestDetails`: what a work request is called
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Label {
    pub(super) display_name: String,
    pub(super) description: String,
}

/// `AttachSoftwareSourcesToManagedInstanceGroupDetails` and its counterpart
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sources<'a> {
    pub(super) software_sources: Vec<&'a str>,
    pub(super) work_request_details: Label,
}

/// `AttachManagedInstancesToManagedInstanceGroupDetails` and `RerunWorkRequestDetails`; without a label
/// `DetachManagedInstancesFromManagedInstanceGroupDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instances<'a> {
    pub(super) managed_instances: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) work_request_details: Option<Label>,
}

/// `UpdateAllPackagesOnManagedInstanceGroupDetails` and `UpdatePackagesOnManagedInstanceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Updates {
    pub(super) update_types: [&'static str; 1],
    pub(super) work_request_details: Label,
}

/// `InstallPackagesOnManagedInstanceGroupDetails`, the same of removing, and `InstallPackagesOnManagedInstanceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Packages {
    pub(super) package_names: Vec<Cow<'static, str>>,
    pub(super) work_request_details: Label,
}

/// `RebootManagedInstanceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reboot {
    pub(super) reboot_timeout_in_mins: u32,
    pub(super) work_request_details: Label,
}

/// `CreateScheduledJobDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateJob<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) managed_instance_group_ids: [&'a str; 1],
    #[serde(flatten)]
    pub(super) details: JobDetails<'a>,
}

/// `UpdateScheduledJobDetails`, which is all that can be changed
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobDetails<'a> {
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) schedule_type: &'static str,
    pub(super) time_next_execution: String,
    pub(super) recurring_rule: String,
    pub(super) operations: [JobOperation; 1],
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `ScheduledJobOperation`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobOperation {
    pub(super) operation_type: &'static str,
}

/// `CreateGroupProfileDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateProfile<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) profile_type: &'static str,
    pub(super) registration_type: &'static str,
    pub(super) managed_instance_group_id: &'a str,
    pub(super) is_default_profile: bool,
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `ManageModuleStreamsOnManagedInstanceDetails` and the same of a group
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManageStreams<'a> {
    pub(super) is_dry_run: bool,
    pub(super) enable: Vec<StreamOf<'a>>,
    pub(super) work_request_details: Label,
}

/// `ModuleStreamDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamOf<'a> {
    pub(super) module_name: &'a str,
    pub(super) stream_name: &'a str,
}
