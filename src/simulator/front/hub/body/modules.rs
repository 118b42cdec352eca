//! Bodies about module streams.

use serde::Deserialize;

use super::{Details, Name};

/// `ModuleStreamDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct StreamOf {
    pub(in crate::simulator::front::hub) module_name: Name,
    pub(in crate::simulator::front::hub) stream_name: Name,
    #[serde(rename = "softwareSourceId")]
    _source: Option<Name>,
}

/// `ModuleStreamProfileDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct ProfileOf {
    pub(in crate::simulator::front::hub) module_name: Name,
    pub(in crate::simulator::front::hub) stream_name: Name,
    pub(in crate::simulator::front::hub) profile_name: Name,
    #[serde(rename = "softwareSourceId")]
    _source: Option<Name>,
}

impl StreamOf {
    pub(in crate::simulator::front::hub) fn new(module_name: Name, stream_name: Name) -> Self {
        Self { module_name, stream_name, _source: None }
    }
}

impl ProfileOf {
    pub(in crate::simulator::front::hub) fn new(
        module_name: Name,
        stream_name: Name,
        profile_name: Name,
    ) -> Self {
        Self { module_name, stream_name, profile_name, _source: None }
    }
}

/// `ManageModuleStreamsOnManagedInstanceDetails` and the same of groups
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct ManageStreams {
    pub(in crate::simulator::front::hub) is_dry_run: Option<bool>,
    pub(in crate::simulator::front::hub) enable: Option<Vec<StreamOf>>,
    pub(in crate::simulator::front::hub) disable: Option<Vec<StreamOf>>,
    pub(in crate::simulator::front::hub) install: Option<Vec<ProfileOf>>,
    pub(in crate::simulator::front::hub) remove: Option<Vec<ProfileOf>>,
    pub(in crate::simulator::front::hub) work_request_details: Option<Details>,
}

/// `EnableModuleStreamOnManagedInstanceDetails` and the like of other verbs and of groups
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct OneStream {
    pub(in crate::simulator::front::hub) module_name: Name,
    pub(in crate::simulator::front::hub) stream_name: Name,
    #[serde(rename = "softwareSourceId")]
    pub(in crate::simulator::front::hub) _source: Option<Name>,
    pub(in crate::simulator::front::hub) work_request_details: Option<Details>,
}

/// `InstallModuleStreamProfileOnManagedInstanceDetails` and the like
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct OneProfile {
    pub(in crate::simulator::front::hub) module_name: Name,
    pub(in crate::simulator::front::hub) stream_name: Name,
    pub(in crate::simulator::front::hub) profile_name: Name,
    #[serde(rename = "softwareSourceId")]
    pub(in crate::simulator::front::hub) _source: Option<Name>,
    pub(in crate::simulator::front::hub) work_request_details: Option<Details>,
}

/// `SearchSoftwareSourceModuleStreamsDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct SearchStreams {
    pub(in crate::simulator::front::hub) software_source_ids: Vec<Name>,
    pub(in crate::simulator::front::hub) sort_order: Option<Name>,
    pub(in crate::simulator::front::hub) module_name: Option<Name>,
    #[serde(rename = "sortBy")]
    pub(in crate::simulator::front::hub) _sort_by: Option<Name>,
}

/// `SearchSoftwareSourceModulesDetails`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::simulator::front::hub) struct SearchModules {
    pub(in crate::simulator::front::hub) software_source_ids: Vec<Name>,
    pub(in crate::simulator::front::hub) sort_order: Option<Name>,
    pub(in crate::simulator::front::hub) name: Option<Name>,
    pub(in crate::simulator::front::hub) name_contains: Option<Name>,
    #[serde(rename = "sortBy")]
    pub(in crate::simulator::front::hub) _sort_by: Option<Name>,
}
