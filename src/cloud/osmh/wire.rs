//! The API's models that are read, with the fields that we read. Unknown fields are ignored; what the model does not
//! require may be missing or null. Words that we do not know become the value that is safe to act on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::cloud::wire::{PackageRow, Text};

/// A page of a list: each `...Collection`.
#[derive(Debug, Deserialize)]
pub(super) struct Items<V> {
    pub(super) items: Vec<V>,
}

/// `Id`, `SoftwareSourceDetails`, `ManagedInstanceGroupDetails`: the id of a thing, with its name
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    pub(super) id: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
}

/// `SoftwareSourceDetails` in a row of packages
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowSource<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
}

/// `UpdatablePackageSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update<'a> {
    /// The bare RPM name.
    #[serde(borrow)]
    pub(super) display_name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) installed_version: Option<Text<'a>>,
    /// The new one.
    #[serde(borrow)]
    pub(super) version: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) architecture: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) update_type: Option<Text<'a>>,
    /// By name, which is what identifies them here.
    #[serde(borrow, default)]
    pub(super) errata: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    pub(super) related_cves: Option<Vec<Text<'a>>>,
}

/// `ManagedInstanceErratumSummary`, `ErratumSummary` and `Erratum`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Erratum<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) synopsis: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) advisory_type: Option<Text<'a>>,
    /// Not in what is listed for an instance.
    #[serde(borrow, default)]
    pub(super) advisory_severity: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) time_issued: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) related_cves: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    pub(super) packages: Option<Vec<PackageRow<'a>>>,
}

/// `ManagedInstance`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedInstance {
    pub(super) display_name: String,
    pub(super) compartment_id: String,
    #[serde(default)]
    pub(super) time_last_checkin: Option<String>,
    #[serde(default)]
    pub(super) time_last_boot: Option<String>,
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
    pub(super) software_sources: Option<Vec<Link>>,
    #[serde(default)]
    pub(super) managed_instance_group: Option<Link>,
    #[serde(default)]
    pub(super) lifecycle_stage: Option<Link>,
    #[serde(default)]
    pub(super) is_reboot_required: Option<bool>,
    #[serde(default)]
    pub(super) time_last_software_refresh: Option<String>,
    #[serde(default)]
    pub(super) updates_available: Option<i64>,
}

/// `ManagedInstanceSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) compartment_id: String,
}

/// `ManagedInstanceModuleSummary`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModuleRow {
    pub(super) name: String,
    #[serde(default)]
    pub(super) enabled_stream: Option<String>,
    #[serde(default)]
    pub(super) active_streams: Option<Vec<String>>,
    #[serde(default)]
    pub(super) disabled_streams: Option<Vec<String>>,
    #[serde(default)]
    pub(super) software_source_id: Option<String>,
}

/// `ModuleStream`
#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    /// By the names that operations take.
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
    /// Not in the summary; nor are the two after it. In another order on every answer (recorded, osmh.md 1c).
    #[serde(default)]
    pub(super) software_sources: Option<Vec<Link>>,
    /// Objects too, in spite of its name (recorded); the same set as the other field.
    #[serde(default)]
    pub(super) software_source_ids: Option<Vec<Link>>,
    #[serde(default)]
    pub(super) managed_instance_ids: Option<Vec<String>>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}

/// `SoftwareSourceSummary`, `SoftwareSource` and those made after them
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SoftwareSource {
    pub(super) id: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) repo_id: Option<String>,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) availability_at_oci: Option<String>,
    #[serde(default)]
    pub(super) package_count: Option<u64>,
    /// Of a custom one: what it is drawn from.
    #[serde(default)]
    pub(super) vendor_software_sources: Option<Vec<Link>>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}

/// `SoftwareSource`, those made after it, and `ManagedInstanceGroup`, as far as it matters whether they can be imported
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    #[serde(default)]
    pub(super) display_name: Option<String>,
    pub(super) compartment_id: String,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) os_family: Option<String>,
    #[serde(default)]
    pub(super) arch_type: Option<String>,
    #[serde(default)]
    pub(super) software_source_type: Option<String>,
    #[serde(default)]
    pub(super) is_created_from_package_list: Option<bool>,
    #[serde(default)]
    pub(super) is_automatically_updated: Option<bool>,
    #[serde(default)]
    pub(super) is_managed_by_autonomous_linux: Option<bool>,
}

/// `WorkRequestSummary` and `WorkRequest`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkRequest {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) parent_id: Option<String>,
    #[serde(default)]
    pub(super) children_id: Option<Vec<String>>,
    #[serde(default)]
    pub(super) compartment_id: Option<String>,
    #[serde(default)]
    pub(super) percent_complete: Option<f64>,
    #[serde(default)]
    pub(super) time_created: Option<String>,
    /// Not in the summary.
    #[serde(default)]
    pub(super) resources: Option<Vec<Resource>>,
}

/// `WorkRequestResource`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    #[serde(default)]
    pub(super) entity_type: Option<String>,
    #[serde(default)]
    pub(super) identifier: Option<String>,
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
    /// Not in the summary.
    #[serde(default)]
    pub(super) recurring_rule: Option<String>,
    #[serde(default)]
    pub(super) managed_instance_ids: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(super) managed_instance_group_ids: Option<Vec<String>>,
    #[serde(default)]
    pub(super) managed_compartment_ids: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(super) lifecycle_stage_ids: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(super) dynamic_set_ids: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(super) operations: Option<Vec<JobOperation>>,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}

/// `ScheduledJobOperation`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobOperation {
    #[serde(default)]
    pub(super) operation_type: Option<String>,
}

/// `ProfileSummary`, `Profile` and `GroupProfile`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
    /// Not in the summary.
    #[serde(default)]
    pub(super) managed_instance_group: Option<Link>,
    #[serde(default)]
    pub(super) freeform_tags: Option<BTreeMap<String, String>>,
}
