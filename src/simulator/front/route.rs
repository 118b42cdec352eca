//! The 69 operations of the API by method and path, with the query parameters each declares; which of them the
//! simulator serves, and which headers mean something to them. Also the 8 on events, of which it serves none, and the
//! two of Compute and Identity that say what there is to select from.

use http::Method;

use super::fail::Failure;
use super::query::decode;

/// An operation that the simulator serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ListInstances,
    GetInstance,
    ListInstalled,
    ListUpdates,
    ListErrata,
    ListInstanceErrata,
    GetErratum,
    ListAttachable,
    AttachParent,
    DetachParent,
    AttachChild,
    DetachChild,
    ListGroups,
    CreateGroup,
    GetGroup,
    UpdateGroup,
    DeleteGroup,
    Join,
    Leave,
    ListSources,
    CreateSource,
    GetSource,
    UpdateSource,
    DeleteSource,
    AddPackages,
    RemovePackages,
    ListSourcePackages,
    GetSourcePackage,
    SearchPackages,
    ListSourceStreams,
    GetSourceStream,
    ListInstanceStreams,
    UpdateInstance,
    UpdateGroupMembers,
    InstallPackage,
    UpdatePackage,
    RemovePackage,
    ListWorks,
    GetWork,
    ListWorkErrors,
    ListWorkLogs,
    ListJobs,
    ListUpcomingJobs,
    CreateJob,
    GetJob,
    UpdateJob,
    DeleteJob,
    RunJob,
    SkipJob,
    ListComputeInstances,
    ListCompartments,
    ManageStreams,
}

/// One operation of the API.
#[derive(Debug)]
pub(crate) struct Route {
    /// `GET` and so on.
    pub(crate) method: &'static str,
    /// The path, with `{}` for what varies.
    pub(crate) path: &'static str,
    /// The operation's name in Oracle's documentation.
    pub(crate) name: &'static str,
    /// The query parameters, separated by blanks.
    pub(crate) query: &'static str,
    /// Whether `opc-retry-token` means something to it.
    pub(crate) takes_token: bool,
    /// Which operation it is; none for one that the simulator does not serve.
    pub(crate) operation: Option<Operation>,
}

use Operation as O;

const fn route(
    method: &'static str,
    path: &'static str,
    name: &'static str,
    query: &'static str,
    takes_token: bool,
    operation: Option<Operation>,
) -> Route {
    Route { method, path, name, query, takes_token, operation }
}

/// The parameters that nearly every list has.
macro_rules! paged {
    ($more:literal) => {
        concat!($more, " limit page sortOrder sortBy")
    };
}

#[rustfmt::skip]
/// All of them.
pub(crate) const ROUTES: [Route; 69] = [
    route("POST", "/softwareSources/{}/actions/addPackages", "AddPackagesToSoftwareSource", "", false, Some(O::AddPackages)),
    route("POST", "/managedInstances/{}/actions/attachChildSoftwareSource", "AttachChildSoftwareSourceToManagedInstance", "", true, Some(O::AttachChild)),
    route("POST", "/managedInstanceGroups/{}/actions/attachManagedInstance", "AttachManagedInstanceToManagedInstanceGroup", "managedInstanceId", true, Some(O::Join)),
    route("POST", "/managedInstances/{}/actions/attachParentSoftwareSource", "AttachParentSoftwareSourceToManagedInstance", "", true, Some(O::AttachParent)),
    route("POST", "/managedInstanceGroups/{}/actions/changeCompartment", "ChangeManagedInstanceGroupCompartment", "", true, None),
    route("POST", "/scheduledJobs/{}/actions/changeCompartment", "ChangeScheduledJobCompartment", "", true, None),
    route("POST", "/softwareSources/{}/actions/changeCompartment", "ChangeSoftwareSourceCompartment", "", true, None),
    route("POST", "/managedInstanceGroups", "CreateManagedInstanceGroup", "", true, Some(O::CreateGroup)),
    route("POST", "/scheduledJobs", "CreateScheduledJob", "", true, Some(O::CreateJob)),
    route("POST", "/softwareSources", "CreateSoftwareSource", "", true, Some(O::CreateSource)),
    route("DELETE", "/managedInstanceGroups/{}", "DeleteManagedInstanceGroup", "", false, Some(O::DeleteGroup)),
    route("DELETE", "/scheduledJobs/{}", "DeleteScheduledJob", "", false, Some(O::DeleteJob)),
    route("DELETE", "/softwareSources/{}", "DeleteSoftwareSource", "", false, Some(O::DeleteSource)),
    route("POST", "/managedInstances/{}/actions/detachChildSoftwareSource", "DetachChildSoftwareSourceFromManagedInstance", "", true, Some(O::DetachChild)),
    route("POST", "/managedInstanceGroups/{}/actions/detachManagedInstance", "DetachManagedInstanceFromManagedInstanceGroup", "managedInstanceId", true, Some(O::Leave)),
    route("POST", "/managedInstances/{}/actions/detachParentSoftwareSource", "DetachParentSoftwareSourceFromManagedInstance", "", true, Some(O::DetachParent)),
    route("POST", "/managedInstances/{}/actions/moduleStreams/disable", "DisableModuleStreamOnManagedInstance", "moduleName streamName", true, None),
    route("POST", "/managedInstances/{}/actions/moduleStreams/enable", "EnableModuleStreamOnManagedInstance", "moduleName streamName", true, None),
    route("GET", "/errata/{}", "GetErratum", "", false, Some(O::GetErratum)),
    route("GET", "/managedInstances/{}", "GetManagedInstance", "", false, Some(O::GetInstance)),
    route("GET", "/managedInstanceGroups/{}", "GetManagedInstanceGroup", "", false, Some(O::GetGroup)),
    route("GET", "/softwareSources/{}/modules/{}/streams/{}", "GetModuleStream", "", false, Some(O::GetSourceStream)),
    route("GET", "/softwareSources/{}/modules/{}/streams/{}/profiles/{}", "GetModuleStreamProfile", "", false, None),
    route("GET", "/scheduledJobs/{}", "GetScheduledJob", "", false, Some(O::GetJob)),
    route("GET", "/softwareSources/{}/softwarePackages/{}", "GetSoftwarePackage", "", false, Some(O::GetSourcePackage)),
    route("GET", "/softwareSources/{}", "GetSoftwareSource", "", false, Some(O::GetSource)),
    route("GET", "/updates/{}", "GetWindowsUpdate", "", false, None),
    route("GET", "/workRequests/{}", "GetWorkRequest", "", false, Some(O::GetWork)),
    route("POST", "/managedInstances/{}/actions/packages/updateAll", "InstallAllPackageUpdatesOnManagedInstance", "updateType", true, Some(O::UpdateInstance)),
    route("POST", "/managedInstanceGroups/{}/actions/updates/installAll", "InstallAllUpdatesOnManagedInstanceGroup", "updateType", true, Some(O::UpdateGroupMembers)),
    route("POST", "/managedInstances/{}/actions/updates/installAll", "InstallAllWindowsUpdatesOnManagedInstance", "updateType", true, None),
    route("POST", "/managedInstances/{}/actions/streamProfiles/install", "InstallModuleStreamProfileOnManagedInstance", "moduleName streamName profileName", true, None),
    route("POST", "/managedInstances/{}/actions/packages/install", "InstallPackageOnManagedInstance", "softwarePackageName", true, Some(O::InstallPackage)),
    route("POST", "/managedInstances/{}/actions/packages/update", "InstallPackageUpdateOnManagedInstance", "softwarePackageName", true, Some(O::UpdatePackage)),
    route("POST", "/managedInstances/{}/actions/updates/install", "InstallWindowsUpdateOnManagedInstance", "windowsUpdateName", true, None),
    route("GET", "/managedInstances/{}/packages/available", "ListAvailablePackagesForManagedInstance", paged!("displayName compartmentId"), false, None),
    route("GET", "/managedInstances/{}/availableSoftwareSources", "ListAvailableSoftwareSourcesForManagedInstance", paged!("displayName compartmentId"), false, Some(O::ListAttachable)),
    route("GET", "/managedInstances/{}/packages/updates", "ListAvailableUpdatesForManagedInstance", paged!("displayName compartmentId"), false, Some(O::ListUpdates)),
    route("GET", "/managedInstances/{}/updates/available", "ListAvailableWindowsUpdatesForManagedInstance", paged!("displayName compartmentId isEligibleForInstallation"), false, None),
    route("GET", "/errata", "ListErrata", paged!("compartmentId erratumId advisoryName timeIssueDateStart timeIssueDateEnd"), false, Some(O::ListErrata)),
    route("GET", "/managedInstances/{}/errata", "ListManagedInstanceErrata", paged!("displayName compartmentId"), false, Some(O::ListInstanceErrata)),
    route("GET", "/managedInstanceGroups", "ListManagedInstanceGroups", paged!("compartmentId displayName lifecycleState osFamily"), false, Some(O::ListGroups)),
    route("GET", "/managedInstances", "ListManagedInstances", paged!("compartmentId displayName osFamily"), false, Some(O::ListInstances)),
    route("GET", "/softwareSources/{}/streamProfiles", "ListModuleStreamProfiles", paged!("compartmentId moduleName streamName profileName"), false, None),
    route("GET", "/managedInstances/{}/streamProfiles", "ListModuleStreamProfilesOnManagedInstance", paged!("compartmentId moduleName streamName profileName profileStatus"), false, None),
    route("GET", "/softwareSources/{}/moduleStreams", "ListModuleStreams", paged!("compartmentId moduleName streamName"), false, Some(O::ListSourceStreams)),
    route("GET", "/managedInstances/{}/moduleStreams", "ListModuleStreamsOnManagedInstance", paged!("compartmentId moduleName streamName streamStatus"), false, Some(O::ListInstanceStreams)),
    route("GET", "/managedInstances/{}/packages", "ListPackagesInstalledOnManagedInstance", paged!("displayName compartmentId"), false, Some(O::ListInstalled)),
    route("GET", "/scheduledJobs", "ListScheduledJobs", paged!("compartmentId displayName managedInstanceId managedInstanceGroupId operationType lifecycleState osFamily isRestricted"), false, Some(O::ListJobs)),
    route("GET", "/softwareSources/{}/softwarePackages", "ListSoftwareSourcePackages", paged!("compartmentId displayName"), false, Some(O::ListSourcePackages)),
    route("GET", "/softwareSources", "ListSoftwareSources", paged!("compartmentId displayName lifecycleState"), false, Some(O::ListSources)),
    route("GET", "/scheduledJobs/upcomingSchedules", "ListUpcomingScheduledJobs", paged!("compartmentId displayName timeEnd tagName tagValue lifecycleState osFamily"), false, Some(O::ListUpcomingJobs)),
    route("GET", "/updates", "ListWindowsUpdates", paged!("compartmentId displayName"), false, None),
    route("GET", "/managedInstances/{}/updates/installed", "ListWindowsUpdatesInstalledOnManagedInstance", paged!("displayName compartmentId"), false, None),
    route("GET", "/workRequests/{}/errors", "ListWorkRequestErrors", paged!(""), false, Some(O::ListWorkErrors)),
    route("GET", "/workRequests/{}/logs", "ListWorkRequestLogs", paged!(""), false, Some(O::ListWorkLogs)),
    route("GET", "/workRequests", "ListWorkRequests", paged!("compartmentId displayName managedInstanceId osFamily"), false, Some(O::ListWorks)),
    route("POST", "/managedInstances/{}/actions/moduleStreams/manage", "ManageModuleStreamsOnManagedInstance", "", true, Some(O::ManageStreams)),
    route("POST", "/managedInstances/{}/actions/streamProfiles/remove", "RemoveModuleStreamProfileFromManagedInstance", "moduleName streamName profileName", true, None),
    route("POST", "/managedInstances/{}/actions/packages/remove", "RemovePackageFromManagedInstance", "softwarePackageName", true, Some(O::RemovePackage)),
    route("POST", "/softwareSources/{}/actions/removePackages", "RemovePackagesFromSoftwareSource", "", false, Some(O::RemovePackages)),
    route("POST", "/scheduledJobs/{}/actions/runNow", "RunScheduledJobNow", "", true, Some(O::RunJob)),
    route("GET", "/softwareSources/softwarePackages", "SearchSoftwarePackages", paged!("softwarePackageName displayName cveName"), false, Some(O::SearchPackages)),
    route("POST", "/scheduledJobs/{}/actions/skipNextExecution", "SkipNextScheduledJobExecution", "", true, Some(O::SkipJob)),
    route("POST", "/managedInstances/{}/actions/moduleStreams/switch", "SwitchModuleStreamOnManagedInstance", "moduleName streamName", true, None),
    route("PUT", "/managedInstances/{}", "UpdateManagedInstance", "", false, None),
    route("PUT", "/managedInstanceGroups/{}", "UpdateManagedInstanceGroup", "", false, Some(O::UpdateGroup)),
    route("PUT", "/scheduledJobs/{}", "UpdateScheduledJob", "", false, Some(O::UpdateJob)),
    route("PUT", "/softwareSources/{}", "UpdateSoftwareSource", "", false, Some(O::UpdateSource)),
];

/// Operations on events, which Oracle's clients have apart from the others.
#[rustfmt::skip]
const EVENTS: [Route; 8] = [
    route("DELETE", "/managedInstances/{}/events/{}/content", "DeleteEventContent", "", false, None),
    route("GET", "/managedInstances/{}/events/{}", "GetEvent", "", false, None),
    route("GET", "/managedInstances/{}/events/{}/content", "GetEventContent", "", false, None),
    route("GET", "/managedInstances/{}/events/report", "GetEventReport", "", false, None),
    route("GET", "/managedInstances/{}/events", "ListEvents", "", false, None),
    route("GET", "/relatedEvents", "ListRelatedEvents", "", false, None),
    route("PUT", "/managedInstances/{}/events/{}", "UpdateEvent", "", false, None),
    route("POST", "/managedInstances/{}/events/{}/content/actions/upload", "UploadEventContent", "", false, None),
];

/// What is served of Compute and Identity.
#[rustfmt::skip]
const CORE: [Route; 2] = [
    route("GET", "/instances", "ListInstances", paged!("compartmentId availabilityDomain capacityReservationId computeClusterId displayName lifecycleState"), false, Some(O::ListComputeInstances)),
    route("GET", "/compartments", "ListCompartments", paged!("compartmentId accessLevel compartmentIdInSubtree name lifecycleState"), false, Some(O::ListCompartments)),
];

/// The path that all operations of the patch service stand under.
pub(crate) const BASE: &str = "/20190801";
/// The path that those of Compute and Identity stand under.
const CORE_BASE: &str = "/20160918";

/// Finds the route of a request, and the decoded variable parts of its path.
pub(crate) fn find(method: &Method, path: &str) -> Result<(&'static Route, Vec<String>), Failure> {
    let core = path.strip_prefix(CORE_BASE);
    let (rest, routes) = match (path.strip_prefix(BASE), core) {
        (Some(rest), _) => (rest, [ROUTES.as_slice(), &EVENTS]),
        (None, Some(rest)) => (rest, [CORE.as_slice(), &[]]),
        (None, None) => return Err(Failure::no_such_path(path)),
    };
    let mut best: Option<(&Route, Vec<&str>)> = None;
    let mut path_exists = false;
    for route in routes.into_iter().flatten() {
        let Some(variables) = fit(route.path, rest) else { continue };
        path_exists = true;
        // `/softwareSources/softwarePackages` is a search, not a source of that name.
        let closer = best.as_ref().is_none_or(|(_, others)| variables.len() < others.len());
        if route.method == method.as_str() && closer {
            best = Some((route, variables));
        }
    }
    let Some((route, variables)) = best else {
        return Err(if path_exists { Failure::method(method.as_str()) } else { Failure::no_such_path(path) });
    };
    let variables = variables.into_iter().map(decode).collect::<Result<_, _>>()?;
    Ok((route, variables))
}

/// Fits a path to a pattern and returns what stands in the place of its braces.
fn fit<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut parts, mut variables) = (path.split('/'), Vec::new());
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        if wanted == "{}" && !part.is_empty() {
            variables.push(part);
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_operations() {
        let found = |method: Method, path: &str| {
            find(&method, path).map(|(route, variables)| (route.name, variables.join(" ")))
        };
        for (method, path, name, variables) in [
            (Method::GET, "/managedInstances", "ListManagedInstances", ""),
            (Method::GET, "/managedInstances/ocid1.x", "GetManagedInstance", "ocid1.x"),
            (Method::GET, "/softwareSources/softwarePackages", "SearchSoftwarePackages", ""),
            (
                Method::GET,
                "/softwareSources/s/softwarePackages/a%2B%2B-1%3A1-1.x86_64",
                "GetSoftwarePackage",
                "s a++-1:1-1.x86_64",
            ),
            (
                Method::POST,
                "/managedInstances/i/actions/packages/updateAll",
                "InstallAllPackageUpdatesOnManagedInstance",
                "i",
            ),
            (Method::GET, "/errata/e", "GetErratum", "e"),
            (Method::GET, "/managedInstances/i/events/report", "GetEventReport", "i"),
            (Method::GET, "/managedInstances/i/events/e", "GetEvent", "i e"),
        ] {
            assert_eq!(found(method, &format!("{BASE}{path}")), Ok((name, variables.to_owned())));
        }
        let status = |method: Method, path: &str| find(&method, path).err().map(|failure| failure.status);
        assert_eq!(status(Method::GET, "/20190801/nothing"), Some(404));
        assert_eq!(status(Method::GET, "/20190801/managedInstances/"), Some(404));
        assert_eq!(status(Method::GET, "/20180801/managedInstances"), Some(404));
        assert_eq!(status(Method::DELETE, "/20190801/managedInstances"), Some(405));
    }
}
