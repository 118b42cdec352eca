//! Bodies about software sources.

use serde::Deserialize;
use serde_json::Value;

use super::{IdOf, Name};
use crate::simulator::front::body::{Defined, Freeform};
use crate::simulator::world::hub::Availability;

/// Which of the models a body is of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::simulator::front::hub) struct SourceKind {
    pub(in crate::simulator::front::hub) software_source_type: Name,
}

/// `CreateCustomSoftwareSourceDetails` and `CreateVersionedCustomSoftwareSourceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct CreateSource {
    #[serde(rename = "softwareSourceType")]
    pub(in crate::simulator::front::hub) _kind: Name,
    pub(in crate::simulator::front::hub) compartment_id: Name,
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) vendor_software_sources: Vec<IdOf>,
    pub(in crate::simulator::front::hub) custom_software_source_filter: Option<Value>,
    pub(in crate::simulator::front::hub) is_automatically_updated: Option<bool>,
    pub(in crate::simulator::front::hub) is_auto_resolve_dependencies: Option<bool>,
    pub(in crate::simulator::front::hub) is_created_from_package_list: Option<bool>,
    pub(in crate::simulator::front::hub) is_latest_content_only: Option<bool>,
    /// "For compatibility only": nothing comes of them.
    #[serde(rename = "packages")]
    pub(in crate::simulator::front::hub) _packages: Option<Vec<Name>>,
    pub(in crate::simulator::front::hub) software_source_sub_type: Option<Name>,
    pub(in crate::simulator::front::hub) software_source_version: Option<Name>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `UpdateCustomSoftwareSourceDetails` and those of the other types: what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct UpdateSource {
    pub(in crate::simulator::front::hub) software_source_type: Option<Name>,
    #[serde(rename = "compartmentId")]
    pub(in crate::simulator::front::hub) _compartment: Option<Name>,
    pub(in crate::simulator::front::hub) display_name: Option<Name>,
    pub(in crate::simulator::front::hub) description: Option<Name>,
    pub(in crate::simulator::front::hub) vendor_software_sources: Option<Vec<IdOf>>,
    pub(in crate::simulator::front::hub) custom_software_source_filter: Option<Value>,
    pub(in crate::simulator::front::hub) is_automatically_updated: Option<bool>,
    pub(in crate::simulator::front::hub) is_auto_resolve_dependencies: Option<bool>,
    pub(in crate::simulator::front::hub) is_latest_content_only: Option<bool>,
    pub(in crate::simulator::front::hub) freeform_tags: Option<Freeform>,
    pub(in crate::simulator::front::hub) defined_tags: Option<Defined>,
}

/// `CustomSoftwareSourceFilter`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct SourceFilter {
    pub(in crate::simulator::front::hub) package_filters: Option<Vec<PackageFilter>>,
    pub(in crate::simulator::front::hub) module_stream_profile_filters: Option<Vec<ModuleFilter>>,
    pub(in crate::simulator::front::hub) package_group_filters: Option<Vec<Value>>,
}

/// `PackageFilter`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct PackageFilter {
    pub(in crate::simulator::front::hub) filter_type: Name,
    pub(in crate::simulator::front::hub) package_name: Option<Name>,
    pub(in crate::simulator::front::hub) package_name_pattern: Option<Name>,
    pub(in crate::simulator::front::hub) package_version: Option<Name>,
}

/// `ModuleStreamProfileFilter`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct ModuleFilter {
    pub(in crate::simulator::front::hub) filter_type: Name,
    pub(in crate::simulator::front::hub) module_name: Name,
    pub(in crate::simulator::front::hub) stream_name: Option<Name>,
    #[serde(rename = "profileName")]
    pub(in crate::simulator::front::hub) _profile: Option<Name>,
}

/// `AddPackagesToSoftwareSourceDetails`; the others have no flag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct AddPackages {
    pub(in crate::simulator::front::hub) packages: Vec<Name>,
    pub(in crate::simulator::front::hub) is_continue_on_missing_packages: Option<bool>,
}

/// `RemovePackagesFrom...` and `ReplacePackagesInSoftwareSourceDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct Entries {
    pub(in crate::simulator::front::hub) packages: Vec<Name>,
}

/// `ChangeAvailabilityOfSoftwareSourcesDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct ChangeAvailability {
    pub(in crate::simulator::front::hub) software_source_availabilities: Vec<AvailabilityOf>,
}

/// `SoftwareSourceAvailability`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct AvailabilityOf {
    pub(in crate::simulator::front::hub) software_source_id: Name,
    pub(in crate::simulator::front::hub) availability: Option<Availability>,
    pub(in crate::simulator::front::hub) availability_at_oci: Option<Availability>,
}
