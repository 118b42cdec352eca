//! The API's models, with the fields that we read or write. Unknown fields are ignored; what the model does not
//! require may be missing. Words that we do not know become the value that is safe to act on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::wire::{PackageRow, Text};

/// `AvailableUpdateSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update<'a> {
    /// The bare RPM name.
    #[serde(borrow)]
    pub(super) display_name: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) installed_version: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) available_version: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) architecture: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) update_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) errata: Option<Vec<NamedId<'a>>>,
    #[serde(borrow, default)]
    pub(super) related_cves: Option<Vec<Text<'a>>>,
}

/// `Id`, with its name
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedId<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) display_name: Option<Text<'a>>,
}

/// `ErratumSummary` and `Erratum`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Erratum<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) synopsis: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) advisory_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) issued: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) related_cves: Option<Vec<Text<'a>>>,
    /// Not in lists.
    #[serde(borrow, default)]
    pub(super) packages: Option<Vec<PackageRow<'a>>>,
}

/// `SoftwareSourceId`
#[derive(Debug, Deserialize)]
pub(super) struct SourceId {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// `Id`
#[derive(Debug, Deserialize)]
pub(super) struct Id {
    pub(super) id: String,
}

/// `ManagedInstance`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedInstance {
    pub(super) display_name: String,
    pub(super) compartment_id: String,
    #[serde(default)]
    pub(super) last_checkin: Option<String>,
    #[serde(default)]
    pub(super) last_boot: Option<String>,
    #[serde(default)]
    pub(super) os_name: Option<String>,
    #[serde(default)]
    pub(super) os_version: Option<String>,
    #[serde(default)]
    pub(super) os_kernel_version: Option<String>,
    #[serde(default)]
    pub(super) ksplice_effective_kernel_version: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) parent_software_source: Option<SourceId>,
    #[serde(default)]
    pub(super) child_software_sources: Option<Vec<SourceId>>,
    #[serde(default)]
    pub(super) managed_instance_groups: Option<Vec<Id>>,
    #[serde(default)]
    pub(super) is_reboot_required: Option<bool>,
    #[serde(default)]
    pub(super) updates_available: Option<i64>,
}

/// `ManagedInstanceSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) id: String,
    pub(super) display_name: String,
}

/// `ModuleStreamOnManagedInstanceSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamRow {
    pub(super) module_name: String,
    pub(super) stream_name: String,
    /// `ENABLED`, `ACTIVE` or `DISABLED`.
    pub(super) status: String,
    #[serde(default)]
    pub(super) software_source_id: Option<String>,
}

/// `ModuleStream`
#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    /// By the service's names.
    #[serde(default)]
    pub(super) packages: Option<Vec<String>>,
}

/// `ManagedInstanceGroupSummary` and `ManagedInstanceGroup`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) managed_instances: Option<Vec<Id>>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}

/// `SoftwareSourceSummary` and `SoftwareSource`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SoftwareSource {
    pub(super) id: String,
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) parent_id: Option<String>,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
    /// Not in the summary.
    #[serde(default)]
    pub(super) associated_managed_instances: Option<Vec<Rider>>,
}

/// `Id`, of an instance with its display name
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rider {
    pub(super) id: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
}

/// `WorkRequestSummary` and `WorkRequest`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkRequest {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) percent_complete: Option<f64>,
    #[serde(default)]
    pub(super) time_accepted: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
    /// Not in the summary.
    #[serde(default)]
    pub(super) managed_instance_id: Option<Id>,
}

/// `SoftwareSource` and `ManagedInstanceGroup`, as far as it matters whether they can be imported
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    pub(super) display_name: String,
    pub(super) compartment_id: String,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) arch_type: Option<String>,
    #[serde(default)]
    pub(super) os_family: Option<String>,
}

/// `CreateSoftwareSourceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateSource<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) arch_type: &'a str,
    pub(super) checksum_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_id: Option<&'a str>,
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `CreateManagedInstanceGroupDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateGroup<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) os_family: &'a str,
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `AddPackagesToSoftwareSourceDetails` and its counterpart
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackageNames<'a> {
    pub(super) package_names: Vec<Cow<'a, str>>,
}

/// `AttachParentSoftwareSourceToManagedInstanceDetails` and its counterpart
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceOfInstance<'a> {
    pub(super) software_source_id: &'a str,
}

/// `ScheduledJobSummary` and `ScheduledJob`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduledJob {
    pub(super) id: String,
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) schedule_type: Option<String>,
    #[serde(default)]
    pub(super) time_next_execution: Option<String>,
    #[serde(default)]
    pub(super) time_last_execution: Option<String>,
    /// Not in the summary; nor are the two after it.
    #[serde(default)]
    pub(super) interval_type: Option<String>,
    #[serde(default)]
    pub(super) interval_value: Option<String>,
    #[serde(default)]
    pub(super) update_type: Option<String>,
    #[serde(default)]
    pub(super) managed_instances: Option<Vec<Id>>,
    #[serde(default)]
    pub(super) managed_instance_groups: Option<Vec<Id>>,
    #[serde(default)]
    pub(super) operation_type: Option<String>,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}

/// `CreateScheduledJobDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateJob<'a> {
    pub(super) compartment_id: &'a str,
    pub(super) os_family: &'a str,
    pub(super) managed_instance_groups: [Target<'a>; 1],
    #[serde(flatten)]
    pub(super) details: JobDetails<'a>,
}

/// `UpdateScheduledJobDetails`, which is all that can be changed
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobDetails<'a> {
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) schedule_type: &'a str,
    pub(super) time_next_execution: String,
    pub(super) interval_type: &'a str,
    pub(super) interval_value: String,
    pub(super) operation_type: &'a str,
    pub(super) update_type: &'a str,
    pub(super) freeform_tags: BTreeMap<&'static str, String>,
}

/// `Id`, as a target
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target<'a> {
    pub(super) id: &'a str,
    pub(super) display_name: &'a str,
}

/// `ManageModuleStreamsOnManagedInstanceDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManageStreams<'a> {
    pub(super) is_dry_run: bool,
    pub(super) enable: Vec<StreamOf<'a>>,
}

/// `ModuleStreamDetails`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamOf<'a> {
    pub(super) module_name: &'a str,
    pub(super) stream_name: &'a str,
}
