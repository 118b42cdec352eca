//! Holds requests against the published API: paths, query parameters, headers, bodies.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::oci::testing::Asked;

/// Headers that every call has, besides those that the API lists.
const USUAL: &[&str] = &[
    "accept",
    "authorization",
    "content-length",
    "content-type",
    "date",
    "host",
    "opc-client-info",
    "user-agent",
    "x-content-sha256",
];

/// Panics where the request is none that the API knows. Passes everything where its description is not there.
pub(super) fn check(asked: &Asked) {
    let Some(api) = api() else { return };
    let (method, target) = asked.line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let fits = |operation: &&Value| {
        let template = operation["path"].as_str().unwrap();
        operation["method"] == method && matches(template, path)
    };
    // Literal segments win: `/softwareSources/softwarePackages` is not a source.
    let operation = api["operations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(fits)
        .min_by_key(|operation| operation["path"].as_str().unwrap().matches('{').count())
        .unwrap_or_else(|| panic!("the API has no {method} {path}"));
    let list = |key: &str| -> Vec<String> {
        let values = operation[key].as_array().cloned().unwrap_or_default();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let (allowed, required) = (list("query"), list("required"));
    let given: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap().0)
        .collect();
    for name in &given {
        assert!(allowed.iter().any(|known| known == name), "{}: no query `{name}`: {allowed:?}", asked.line);
    }
    for name in required.iter().filter(|name| allowed.contains(name)) {
        assert!(given.contains(&name.as_str()), "{}: query `{name}` is required", asked.line);
    }
    let headers = list("request_headers");
    for name in asked.headers.keys() {
        let known = USUAL.contains(&name.as_str()) || headers.iter().any(|header| header == name.as_str());
        assert!(known, "{}: no header `{name}`", asked.line);
    }
    if headers.iter().any(|header| header == "opc-retry-token") {
        let token = asked.header("opc-retry-token");
        assert!(!token.is_empty() && token.len() <= 64, "{}: retry token `{token}`", asked.line);
    }
    match operation["body"].as_str() {
        None => assert_eq!(asked.body, "", "{}", asked.line),
        Some(model) => {
            let body: BTreeMap<String, Value> = serde_json::from_str(&asked.body).unwrap();
            let fields = api["models"][model]["fields"].as_object().unwrap();
            for key in body.keys() {
                assert!(fields.contains_key(key), "{model} has no `{key}`");
            }
        }
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(wanted, found)| if wanted.starts_with('{') { !found.is_empty() } else { *wanted == found })
}

fn api() -> Option<&'static Value> {
    static API: OnceLock<Option<Value>> = OnceLock::new();
    API.get_or_init(|| {
        let given = std::env::var("PATCHTRAIN_SHARED").ok();
        let near = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned();
        let places = [given, Some(near), Some("/work/shared".to_owned())];
        let texts = places.into_iter().flatten().map(|place| format!("{place}/reference/osms-api.json"));
        let text = texts.filter_map(|path| std::fs::read_to_string(path).ok()).next();
        if text.is_none() {
            println!("reference/osms-api.json is not there: requests are not held against it");
        }
        text.map(|text| serde_json::from_str(&text).unwrap())
    })
    .as_ref()
}

#[test]
fn a_request_that_the_api_does_not_know_is_found() {
    if api().is_none() {
        return;
    }
    let asked = |line: &str| Asked {
        line: line.to_owned(),
        headers: http::HeaderMap::new(),
        body: String::new(),
        slow: false,
    };
    check(&asked("GET /workRequests?compartmentId=c"));
    check(&asked("GET /softwareSources/softwarePackages?displayName=x"));
    for line in [
        "GET /nothing",
        "GET /workRequests",
        "GET /workRequests?compartmentId=c&status=ACCEPTED",
        "POST /managedInstances/i/actions/packages/updateAll?updateType=ALL",
        "GET /softwareSources/softwarePackages?compartmentId=x",
    ] {
        assert!(std::panic::catch_unwind(|| check(&asked(line))).is_err(), "{line}");
    }
}
