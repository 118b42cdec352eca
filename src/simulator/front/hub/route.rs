//! The 171 operations of the API, as a table of their own has them, and which of them the simulator serves.

use std::sync::LazyLock;

use super::{
    analytics, contents, errata, groups, instances, inventory, jobs, members, modules, orders, profiles,
    sources, stages, work,
};
use crate::simulator::front::Handler;
use crate::simulator::front::route::{Route, Serves};

const TABLE: &str = include_str!("routes.table");

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| route(line).expect("the built-in table is well-formed, as its test sees to")).collect()
});

/// Returns all operations.
pub(crate) fn routes() -> &'static [Route] {
    &ROUTES
}

fn route(line: &'static str) -> Option<Route> {
    let mut words = line.splitn(5, ' ');
    let (method, path, name, flags) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Route {
        method,
        path,
        name,
        query: words.next().unwrap_or_default(),
        takes_token: flags.starts_with('T'),
        streams: flags.ends_with('S'),
        serves: handler(name).map(Serves::Hub),
    })
}

/// Returns what serves an operation; none where nothing does.
fn handler(name: &str) -> Option<Handler> {
    Some(match name {
        "ListManagedInstances" => instances::list,
        "GetManagedInstance" => instances::get,
        "UpdateManagedInstance" => instances::update,
        "DeleteManagedInstance" => orders::unregister,
        "ListManagedInstanceAvailableSoftwareSources" => instances::attachable,
        "ListManagedInstanceInstalledPackages" => inventory::installed,
        "ListManagedInstanceAvailablePackages" => inventory::available,
        "ListManagedInstanceUpdatablePackages" => inventory::updatable,
        "AttachSoftwareSourcesToManagedInstance" => orders::attach,
        "DetachSoftwareSourcesFromManagedInstance" => orders::detach,
        "InstallPackagesOnManagedInstance" => orders::install,
        "RemovePackagesFromManagedInstance" => orders::remove,
        "UpdatePackagesOnManagedInstance" => orders::update,
        "UpdateAllPackagesOnManagedInstancesInCompartment" => orders::update_compartment,
        "RefreshSoftwareOnManagedInstance" => orders::refresh,
        "RebootManagedInstance" => orders::reboot,
        "ListManagedInstanceGroups" => groups::list,
        "CreateManagedInstanceGroup" => groups::create,
        "GetManagedInstanceGroup" => groups::get,
        "UpdateManagedInstanceGroup" => groups::update,
        "DeleteManagedInstanceGroup" => groups::delete,
        "ListManagedInstanceGroupManagedInstances" => groups::members,
        "ListManagedInstanceGroupAvailableSoftwareSources" => groups::attachable_sources,
        "ListManagedInstanceGroupInstalledPackages" => inventory::of_group,
        "ListManagedInstanceGroupAvailablePackages" => inventory::available_to_group,
        "AttachSoftwareSourcesToManagedInstanceGroup" => members::attach_sources,
        "DetachSoftwareSourcesFromManagedInstanceGroup" => members::detach_sources,
        "AttachManagedInstancesToManagedInstanceGroup" => members::join,
        "DetachManagedInstancesFromManagedInstanceGroup" => members::leave,
        "InstallPackagesOnManagedInstanceGroup" => members::install,
        "RemovePackagesFromManagedInstanceGroup" => members::remove,
        "UpdateAllPackagesOnManagedInstanceGroup" => members::update,
        "RefreshSoftwareOnManagedInstanceGroup" => members::refresh,
        "RebootManagedInstanceGroup" => members::reboot,
        "ListSoftwareSources" => sources::list,
        "CreateSoftwareSource" => sources::create,
        "GetSoftwareSource" => sources::get,
        "UpdateSoftwareSource" => sources::update,
        "DeleteSoftwareSource" => sources::delete,
        "ChangeAvailabilityOfSoftwareSources" => sources::change_availability,
        "AddPackagesToSoftwareSource" => contents::add,
        "RemovePackagesFromSoftwareSource" => contents::remove,
        "ReplacePackagesInSoftwareSource" => contents::replace,
        "SoftwareSourceGenerateMetadata" => contents::generate_metadata,
        "GetSoftwareSourceManifest" => contents::manifest,
        "UpdateSoftwareSourceManifest" => contents::put_manifest,
        "ListSoftwarePackages" => contents::list,
        "GetSoftwarePackage" => contents::get,
        "ListAvailableSoftwarePackages" => contents::available,
        "GetSoftwarePackageByName" => contents::get_by_name,
        "ListAllSoftwarePackages" => contents::list_all,
        "ListSoftwarePackageSoftwareSources" => contents::sources_of,
        "ListWorkRequests" => work::list,
        "GetWorkRequest" => work::get,
        "ListWorkRequestErrors" => work::errors,
        "ListWorkRequestLogs" => work::logs,
        "RerunWorkRequest" => work::rerun,
        "ListErrata" => errata::list,
        "GetErratum" => errata::get,
        "ListManagedInstanceErrata" => errata::of_instance,
        "ListModuleStreams" => modules::list_streams,
        "GetModuleStream" => modules::get_stream,
        "ListModuleStreamProfiles" => modules::list_profiles,
        "GetModuleStreamProfile" => modules::get_profile,
        "SearchSoftwareSourceModules" => modules::search_modules,
        "SearchSoftwareSourceModuleStreams" => modules::search_streams,
        "ListManagedInstanceModules" => modules::of_instance,
        "ListManagedInstanceGroupAvailableModules" => modules::available_to_group,
        "ManageModuleStreamsOnManagedInstance" => modules::manage,
        "ManageModuleStreamsOnManagedInstanceGroup" => modules::manage_group,
        "EnableModuleStreamOnManagedInstance"
        | "DisableModuleStreamOnManagedInstance"
        | "SwitchModuleStreamOnManagedInstance"
        | "InstallModuleStreamProfileOnManagedInstance"
        | "RemoveModuleStreamProfileFromManagedInstance"
        | "EnableModuleStreamOnManagedInstanceGroup"
        | "DisableModuleStreamOnManagedInstanceGroup"
        | "SwitchModuleStreamOnManagedInstanceGroup"
        | "InstallModuleStreamProfileOnManagedInstanceGroup"
        | "RemoveModuleStreamProfileFromManagedInstanceGroup" => modules::act,
        "ListScheduledJobs" => jobs::list,
        "CreateScheduledJob" => jobs::create,
        "GetScheduledJob" => jobs::get,
        "UpdateScheduledJob" => jobs::update,
        "DeleteScheduledJob" => jobs::delete,
        "RunScheduledJobNow" => jobs::run_now,
        "ListProfiles" => profiles::list,
        "CreateProfile" => profiles::create,
        "GetProfile" => profiles::get,
        "GetProfileVersion" => profiles::get_version,
        "UpdateProfile" => profiles::update,
        "DeleteProfile" => profiles::delete,
        "AttachManagedInstanceGroupToProfile" => profiles::attach_group,
        "AttachSoftwareSourcesToProfile" => profiles::attach_sources,
        "DetachSoftwareSourcesFromProfile" => profiles::detach_sources,
        "ListProfileAvailableSoftwareSources" => profiles::attachable_sources,
        "AttachProfileToManagedInstance" => profiles::attach_to_instance,
        "DetachProfileFromManagedInstance" => profiles::detach_from_instance,
        "ListLifecycleEnvironments" => stages::list,
        "CreateLifecycleEnvironment" => stages::create,
        "GetLifecycleEnvironment" => stages::get,
        "UpdateLifecycleEnvironment" => stages::update,
        "DeleteLifecycleEnvironment" => stages::delete,
        "ListLifecycleStages" => stages::list_stages,
        "GetLifecycleStage" => stages::get_stage,
        "ListLifecycleStageInstalledPackages" => stages::installed,
        "AttachManagedInstancesToLifecycleStage" => stages::attach,
        "DetachManagedInstancesFromLifecycleStage" => stages::detach,
        "PromoteSoftwareSourceToLifecycleStage" => stages::promote,
        "RebootLifecycleStage" => stages::reboot,
        "SummarizeManagedInstanceAnalytics" => analytics::summarize,
        "ListSoftwareSourceVendors" => analytics::vendors,
        _ => return None,
    })
}
