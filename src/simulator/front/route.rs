//! From a method and a path to an operation: of OSMS, of its successor, or of Compute and Identity, told apart by the
//! version that each path begins with; and of Object Storage, whose paths begin with none.

use http::Method;

use super::fail::Failure;
use super::query::decode;
use super::{Handler, compute, hub, objects, osms};

/// An API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// OS Management.
    Osms,
    /// OS Management Hub.
    Hub,
    /// Compute and Identity.
    Core,
    /// Object Storage.
    Objects,
}

/// Who serves an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Serves {
    /// OS Management.
    Osms(osms::Operation),
    /// OS Management Hub.
    Hub(Handler),
    /// Object Storage.
    Objects(Handler),
    /// Compute.
    Instances,
    /// Compute, of one instance.
    Action,
    /// Identity.
    Compartments,
}

/// One operation of an API.
#[derive(Debug)]
pub(crate) struct Route {
    /// `GET` and so on.
    pub(crate) method: &'static str,
    /// The path, with `{}` for what varies, and at the end `{*}` for what varies and may hold slashes.
    pub(crate) path: &'static str,
    /// The operation's name in Oracle's documentation.
    pub(crate) name: &'static str,
    /// The query parameters, separated by blanks: with a star where one may stand several times, with an exclamation
    /// mark where it must be there, with an equals sign before the words that it may be.
    pub(crate) query: &'static str,
    /// Whether `opc-retry-token` means something to it.
    pub(crate) takes_token: bool,
    /// Whether its body is anything and not JSON.
    pub(crate) streams: bool,
    /// Who serves it; none where the simulator does not.
    pub(crate) serves: Option<Serves>,
}

/// The parameters that nearly every list of OSMS and Compute has.
macro_rules! paged {
    ($more:literal) => {
        concat!($more, " limit page sortOrder sortBy")
    };
}
pub(crate) use paged;

/// Finds the route of a request, and the decoded variable parts of its path.
pub(crate) fn find(method: &Method, path: &str) -> Result<(Api, &'static Route, Vec<String>), Failure> {
    let services: [(Api, &str, &[Route], &[Route]); 4] = [
        (Api::Osms, osms::BASE, &osms::ROUTES, &osms::EVENTS),
        (Api::Hub, hub::BASE, hub::routes(), &[]),
        (Api::Core, compute::BASE, &compute::ROUTES, &[]),
        (Api::Objects, "", &objects::ROUTES, &[]),
    ];
    let found = services.iter().find_map(|(api, base, some, more)| {
        let rest = path.strip_prefix(base).filter(|rest| rest.starts_with('/'))?;
        Some((*api, rest, some.iter().chain(*more)))
    });
    let Some((api, rest, routes)) = found else { return Err(Failure::no_such_path(path)) };
    let mut best: Option<(&Route, Vec<&str>)> = None;
    let mut path_exists = false;
    for route in routes {
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
    Ok((api, route, variables))
}

/// Fits a path to a pattern and returns what stands in the place of its braces.
fn fit<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut rest, mut variables) = (Some(path), Vec::new());
    for wanted in pattern.split('/') {
        let left = rest?;
        if wanted == "{*}" {
            variables.push(left);
            return (!left.is_empty()).then_some(variables);
        }
        let (part, more) = left.split_once('/').map_or((left, None), |(part, more)| (part, Some(more)));
        if wanted == "{}" && !part.is_empty() {
            variables.push(part);
        } else if wanted != part {
            return None;
        }
        rest = more;
    }
    rest.is_none().then_some(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_operations() {
        let found = |method: Method, path: &str| {
            find(&method, path).map(|(_, route, variables)| (route.name, variables.join(" ")))
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
            assert_eq!(found(method, &format!("{}{path}", osms::BASE)), Ok((name, variables.to_owned())));
        }
        for (method, path, name, variables) in [
            (Method::GET, "/n", "GetNamespace", ""),
            (Method::GET, "/n/", "GetNamespace", ""),
            (Method::GET, "/n/ns/b/own/o", "ListObjects", "ns own"),
            (Method::PUT, "/n/ns/b/own/o/a/b//c", "PutObject", "ns own a/b//c"),
            (Method::HEAD, "/n/ns/b/own/o/a%2Fb%20%C3%BC", "HeadObject", "ns own a/b ü"),
            (Method::PUT, "/n/ns/b/own/o//", "PutObject", "ns own /"),
        ] {
            assert_eq!(found(method, path), Ok((name, variables.to_owned())));
        }
        let status = |method: Method, path: &str| find(&method, path).err().map(|failure| failure.status);
        assert_eq!(status(Method::GET, "/20190801/nothing"), Some(404));
        assert_eq!(status(Method::GET, "/20190801/managedInstances/"), Some(404));
        assert_eq!(status(Method::GET, "/20180801/managedInstances"), Some(404));
        assert_eq!(status(Method::DELETE, "/20190801/managedInstances"), Some(405));
        assert_eq!(status(Method::GET, "/n/ns/b/own/o/"), Some(404));
        assert_eq!(status(Method::POST, "/n/ns/b/own/o/a"), Some(405));
    }
}
