//! Holds the requests of tests against a published API: paths, query parameters, headers, bodies and their words.

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

/// A published API, where its description is there.
#[derive(Clone, Copy)]
pub(super) struct Contract(Option<&'static Value>);

impl Contract {
    /// That of OS Management.
    pub(super) fn osms() -> Self {
        static API: OnceLock<Option<Value>> = OnceLock::new();
        Self(API.get_or_init(|| read("osms-api.json")).as_ref())
    }

    /// That of OS Management Hub.
    pub(super) fn osmh() -> Self {
        static API: OnceLock<Option<Value>> = OnceLock::new();
        Self(API.get_or_init(|| read("osmh-api.json")).as_ref())
    }

    /// Panics where the request is none that the API knows. Passes everything where its description is not there.
    pub(super) fn check(self, asked: &Asked) {
        let Some(api) = self.0 else { return };
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
            assert!(
                allowed.iter().any(|known| known == name),
                "{}: no query `{name}`: {allowed:?}",
                asked.line
            );
        }
        for name in required.iter().filter(|name| allowed.contains(name)) {
            assert!(given.contains(&name.as_str()), "{}: query `{name}` is required", asked.line);
        }
        let headers = list("request_headers");
        for name in asked.headers.keys() {
            let known =
                USUAL.contains(&name.as_str()) || headers.iter().any(|header| header == name.as_str());
            assert!(known, "{}: no header `{name}`", asked.line);
        }
        if headers.iter().any(|header| header == "opc-retry-token") {
            let token = asked.header("opc-retry-token");
            assert!(!token.is_empty() && token.len() <= 64, "{}: retry token `{token}`", asked.line);
        }
        match operation["body"].as_str() {
            None => assert_eq!(asked.body, "", "{}", asked.line),
            Some(model) => check_body(api, model, &serde_json::from_str(&asked.body).unwrap()),
        }
    }
}

/// Checks an object against a model: its fields, and the words of those that have some.
fn check_body(api: &Value, base: &str, body: &Value) {
    let model = concrete(base, body);
    let known = &api["models"][model];
    assert!(!known.is_null(), "the API has no model {model}");
    for (key, value) in body.as_object().unwrap() {
        let kind = known["fields"][key].as_str().unwrap_or_else(|| panic!("{model} has no `{key}`"));
        let words: Vec<&str> = [base, model]
            .iter()
            .filter_map(|model| api["models"][model]["enums"].as_array())
            .flatten()
            .filter_map(|word| word.as_str()?.strip_prefix(&format!("{}_", shouted(key)))?.split_once('='))
            .map(|(_, word)| word)
            .collect();
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            if let Some(word) = value.as_str() {
                assert!(
                    words.is_empty() || words.contains(&word),
                    "{model}.{key} has no `{word}`: {words:?}"
                );
            }
            let inner = kind.strip_prefix("list[").map_or(kind, |kind| kind.trim_end_matches(']'));
            if value.is_object() && !api["models"][inner].is_null() {
                check_body(api, inner, value);
            }
        }
    }
}

/// Returns the model that a body is of, where the API names one that others are made after.
fn concrete<'m>(model: &'m str, body: &Value) -> &'m str {
    match (model, body["softwareSourceType"].as_str(), body["profileType"].as_str()) {
        ("CreateSoftwareSourceDetails", Some("CUSTOM"), _) => "CreateCustomSoftwareSourceDetails",
        ("CreateProfileDetails", _, Some("GROUP")) => "CreateGroupProfileDetails",
        _ => model,
    }
}

/// Spells `fieldName` as `FIELD_NAME`.
fn shouted(field: &str) -> String {
    field.chars().fold(String::new(), |mut text, letter| {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
        text
    })
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(wanted, found)| if wanted.starts_with('{') { !found.is_empty() } else { *wanted == found })
}

fn read(name: &str) -> Option<Value> {
    let given = std::env::var("PATCHTRAIN_SHARED").ok();
    let near = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned();
    let places = [given, Some(near), Some("/work/shared".to_owned())];
    let texts = places.into_iter().flatten().map(|place| format!("{place}/reference/{name}"));
    let text = texts.filter_map(|path| std::fs::read_to_string(path).ok()).next();
    if text.is_none() {
        assert!(std::env::var_os("CI").is_none(), "reference/{name} is not there: nothing would be proven");
        println!("reference/{name} is not there: requests are not held against it");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

fn asked(line: &str, body: &str) -> Asked {
    let mut headers = http::HeaderMap::new();
    headers.insert("opc-retry-token", http::HeaderValue::from_static("t"));
    if line.starts_with("GET") {
        headers.clear();
    }
    Asked { line: line.to_owned(), headers, body: body.to_owned(), slow: false }
}

#[test]
fn a_request_that_the_api_does_not_know_is_found() {
    let contract = Contract::osms();
    if contract.0.is_none() {
        return;
    }
    contract.check(&asked("GET /workRequests?compartmentId=c", ""));
    contract.check(&asked("GET /softwareSources/softwarePackages?displayName=x", ""));
    for line in [
        "GET /nothing",
        "GET /workRequests",
        "GET /workRequests?compartmentId=c&status=ACCEPTED",
        "GET /softwareSources/softwarePackages?compartmentId=x",
    ] {
        assert!(std::panic::catch_unwind(|| contract.check(&asked(line, ""))).is_err(), "{line}");
    }
    let mut tokenless = asked("POST /managedInstances/i/actions/packages/updateAll?updateType=ALL", "");
    contract.check(&tokenless);
    tokenless.headers.clear();
    assert!(std::panic::catch_unwind(|| contract.check(&tokenless)).is_err());
}

#[test]
fn bodies_of_the_hub_are_held_to_their_models_and_words() {
    let contract = Contract::osmh();
    if contract.0.is_none() {
        return;
    }
    let update = "POST /managedInstanceGroups/g/actions/updateAllPackages";
    for (line, body, is) in [
        (update, r#"{"updateTypes":["ALL"],"workRequestDetails":{"displayName":"x"}}"#, true),
        (update, r#"{"updateTypes":["BUG"]}"#, false),
        (update, r#"{"workRequestDetails":{"name":"x"}}"#, false),
        ("POST /profiles", r#"{"profileType":"GROUP","managedInstanceGroupId":"g"}"#, true),
        ("POST /profiles", r#"{"profileType":"STATION","managedInstanceGroupId":"g"}"#, false),
        (
            "POST /softwareSources",
            r#"{"softwareSourceType":"CUSTOM","vendorSoftwareSources":[{"id":"v","displayName":"v"}]}"#,
            true,
        ),
        (
            "POST /softwareSources",
            r#"{"softwareSourceType":"CUSTOM","vendorSoftwareSources":[{"id":"v","name":"v"}]}"#,
            false,
        ),
    ] {
        let check = || contract.check(&asked(line, body));
        assert_eq!(std::panic::catch_unwind(check).is_ok(), is, "{line} {body}");
    }
}
