//! Bodies about registration profiles, lifecycle environments and scheduled jobs.

use serde::Deserialize;
use serde_json::Value;

use super::{Details, Instances, Name};
use crate::simulator::front::body::{Defined, Freeform};

/// Which of the models a body is of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::simulator::front::hub) struct ProfileKind {
    pub(in crate::simulator::front::hub) profile_type: Name,
}

/// `CreateGroupProfileDetails` and `CreateSoftwareSourceProfileDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct CreateProfile {
    #[serde(rename = "profileType")]
    pub(in crate::simulator::front::hub) _kind: Name,
    pub(in crate::simulator::front::hub) display_name: Name,
    pub(in crate::simulator::front::hub) compartment_id: Name,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    #[serde(rename = "managementStationId")]
    pub(in crate::simulator::front::hub) _station: Option<Name>,
    pub(in crate::simulator::front::hub) registration_type: Option<Name>,
    pub(in crate::simulator::front::hub) is_default_profile: Option<bool>,
    pub(in crate::simulator::front::hub) managed_instance_group_id: Option<Name>,
    pub(in crate::simulator::front::hub) vendor_name: Option<Name>,
    pub(in crate::simulator::front::hub) os_family: Option<Name>,
    pub(in crate::simulator::front::hub) arch_type: Option<Name>,
    pub(in crate::simulator::front::hub) software_source_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `UpdateProfileDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct UpdateProfile {
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) is_default_profile: Option<bool>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `AttachManagedInstanceGroupToProfileDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct AttachGroup {
    pub(in crate::simulator::front::hub) managed_instance_group_id: Name,
}

/// `AttachProfileToManagedInstanceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct AttachProfile {
    pub(in crate::simulator::front::hub) profile_id: Name,
}

/// `AttachSoftwareSourcesToProfileDetails` and that of detaching
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct SourceIds {
    pub(in crate::simulator::front::hub) software_sources: Vec<Name>,
}

/// `CreateScheduledJobDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct CreateJob {
    pub(in crate::simulator::front::hub) compartment_id: Name,
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) schedule_type: Name,
    #[serde(rename = "locations")]
    pub(in crate::simulator::front::hub) _locations: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) time_next_execution: Name,
    pub(in crate::simulator::front::hub) recurring_rule: Option<Name>,
    pub(in crate::simulator::front::hub) managed_instance_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) managed_instance_group_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) managed_compartment_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) lifecycle_stage_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) dynamic_set_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) is_subcompartment_included: Option<bool>,
    pub(in crate::simulator::front::hub) operations: Vec<JobOperation>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
    pub(in crate::simulator::front::hub) retry_intervals: Option<Vec<u32>>,
    #[serde(rename = "isManagedByAutonomousLinux")]
    pub(in crate::simulator::front::hub) _autonomous: Option<bool>,
    pub(in crate::simulator::front::hub) work_request_id: Option<Name>,
}

/// `UpdateScheduledJobDetails`: what is left out stays. Whom a job is for cannot be changed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct UpdateJob {
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) schedule_type: Option<Name>,
    pub(in crate::simulator::front::hub) time_next_execution: Option<Name>,
    pub(in crate::simulator::front::hub) recurring_rule: Option<Name>,
    pub(in crate::simulator::front::hub) operations: Option<Vec<JobOperation>>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
    pub(in crate::simulator::front::hub) retry_intervals: Option<Vec<u32>>,
}

/// `ScheduledJobOperation`; what is not simulated of it is taken as it comes, for answers are padded with it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct JobOperation {
    pub(in crate::simulator::front::hub) operation_type: Name,
    pub(in crate::simulator::front::hub) package_names: Option<Vec<Name>>,
    #[serde(rename = "windowsUpdateNames")]
    pub(in crate::simulator::front::hub) _windows: Option<Vec<Name>>,
    #[serde(rename = "manageModuleStreamsDetails")]
    pub(in crate::simulator::front::hub) _manage: Option<Value>,
    #[serde(rename = "switchModuleStreamsDetails")]
    pub(in crate::simulator::front::hub) _switch: Option<Value>,
    pub(in crate::simulator::front::hub) software_source_ids: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) reboot_timeout_in_mins: Option<u32>,
    #[serde(rename = "installSnapDetails")]
    pub(in crate::simulator::front::hub) _install_snap: Option<Value>,
    #[serde(rename = "removeSnapDetails")]
    pub(in crate::simulator::front::hub) _remove_snap: Option<Value>,
    #[serde(rename = "switchSnapChannelDetails")]
    pub(in crate::simulator::front::hub) _switch_snap: Option<Value>,
}

/// `CreateLifecycleEnvironmentDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct CreateEnvironment {
    pub(in crate::simulator::front::hub) compartment_id: Name,
    pub(in crate::simulator::front::hub) display_name: Name,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) stages: Vec<CreateStage>,
    pub(in crate::simulator::front::hub) arch_type: Name,
    pub(in crate::simulator::front::hub) os_family: Name,
    pub(in crate::simulator::front::hub) vendor_name: Name,
    pub(in crate::simulator::front::hub) location: Option<Name>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `CreateLifecycleStageDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct CreateStage {
    pub(in crate::simulator::front::hub) display_name: Name,
    pub(in crate::simulator::front::hub) rank: u32,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `UpdateLifecycleEnvironmentDetails`: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct UpdateEnvironment {
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) stages: Option<Vec<UpdateStage>>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `UpdateLifecycleStageDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct UpdateStage {
    pub(in crate::simulator::front::hub) id: Name,
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `AttachManagedInstancesToLifecycleStageDetails` and that of detaching
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct StageInstances {
    pub(in crate::simulator::front::hub) managed_instance_details: Instances,
}

/// `PromoteSoftwareSourceToLifecycleStageDetails`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct Promote {
    pub(in crate::simulator::front::hub) work_request_details: Option<Details>,
}
