//! The simulator against the published API: every route with its query and headers, every field of every answer with
//! its type, every field of every body. The API's description is not ours and lies beside the project; without it
//! these tests say so and pass.

use std::path::Path;

use super::super::front::ROUTES;
use super::*;

/// What models must carry, which the description leaves out (docstrings of Oracle's SDK; osms.md, section 2).
const REQUIRED: [(&str, &str); 24] = [
    ("AvailableSoftwareSourceSummary", "id compartmentId displayName"),
    ("AvailableUpdateSummary", "displayName name type installedVersion availableVersion"),
    ("Id", "id displayName"),
    ("InstallablePackageSummary", "displayName name type version"),
    ("InstalledPackageSummary", "displayName name type version"),
    ("ManagedInstance", "displayName id compartmentId"),
    ("ManagedInstanceGroup", "displayName id compartmentId"),
    ("ManagedInstanceGroupSummary", "displayName id compartmentId"),
    ("ManagedInstanceSummary", "displayName id compartmentId"),
    ("ModuleStream", "moduleName streamName"),
    ("ModuleStreamOnManagedInstanceSummary", "moduleName streamName status"),
    ("ModuleStreamProfile", "moduleName streamName profileName packages"),
    ("ModuleStreamProfileOnManagedInstanceSummary", "moduleName streamName profileName status"),
    ("ModuleStreamProfileSummary", "moduleName streamName profileName"),
    ("ModuleStreamSummary", "moduleName streamName"),
    ("SoftwarePackage", "displayName name type version"),
    ("SoftwarePackageSearchSummary", "displayName name type version"),
    ("SoftwarePackageSummary", "displayName name type version"),
    ("SoftwareSource", "id compartmentId displayName repoType url"),
    ("SoftwareSourceSummary", "id compartmentId displayName repoType"),
    ("WorkRequest", "operationType status id compartmentId resources percentComplete timeAccepted"),
    ("WorkRequestError", "code message"),
    ("WorkRequestLogEntry", "message timestamp"),
    ("WorkRequestResource", "entityType actionType identifier entityUri"),
];

fn api() -> Option<Value> {
    described("osms-api.json", &REQUIRED)
}

/// Reads a description that lies beside the project, and notes in it what its models must carry.
pub(super) fn described(file: &str, required: &[(&str, &str)]) -> Option<Value> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("PATCHTRAIN_SHARED").map_or(project.join("../shared"), Into::into);
    let places = [folder, "/work/shared".into()];
    let text = places.iter().find_map(|place| std::fs::read(place.join("reference").join(file)).ok());
    if text.is_none() {
        assert!(std::env::var_os("CI").is_none(), "no reference/{file} in {}", places[0].display());
        println!("skipped: no reference/{file} in {}", places[0].display());
    }
    let mut api: Value = serde_json::from_slice(&text?).unwrap();
    api["required"] = required.iter().map(|(model, names)| ((*model).to_owned(), json!(names))).collect();
    Some(api)
}

/// `AttachChild...` as the description spells it: `attach_child_...`.
pub(super) fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

pub(super) fn words(list: &Value) -> Vec<&str> {
    let mut words: Vec<&str> = list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    words.sort_unstable();
    words
}

pub(super) fn operation<'a>(api: &'a Value, name: &str) -> &'a Value {
    let all = api["operations"].as_array().unwrap();
    all.iter().find(|operation| operation["operation"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn routes_are_those_of_the_api() {
    let Some(api) = api() else { return };
    assert_eq!(api["operations"].as_array().unwrap().len(), ROUTES.len());
    for route in &ROUTES {
        let described = operation(&api, &snake(route.name));
        assert_eq!(described["method"], route.method, "{}", route.name);
        let parts = described["path"].as_str().unwrap().split('/');
        let path: Vec<&str> = parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        assert_eq!(path.join("/"), route.path, "{}", route.name);
        let mut query: Vec<&str> = route.query.split_whitespace().collect();
        query.sort_unstable();
        assert_eq!(words(&described["query"]), query, "{}", route.name);
        let takes_token = words(&described["request_headers"]).contains(&"opc-retry-token");
        assert_eq!(takes_token, route.takes_token, "{}", route.name);
    }
}

/// Which of the 69 operations are out; the SDK holds it against its own table.
#[test]
fn all_operations_but_those_on_windows_are_in() {
    let out: Vec<&str> =
        ROUTES.iter().filter(|route| route.serves.is_none()).map(|route| route.name).collect();
    assert_eq!(out.len(), 6, "{out:?}");
    let client = Client::new();
    for route in ROUTES.iter().filter(|route| route.serves.is_none()) {
        let path = format!("/20190801{}", route.path.replace("{}", "x"));
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let got = client.send(client.request(method, &path, b"", &[]));
        assert_eq!(got.refusal(), (501, "MethodNotImplemented"), "{}", route.name);
        let message =
            format!("the simulator does not serve {} since none of its instances runs Windows", route.name);
        assert_eq!(got.body["message"], message);
    }
}

/// Returns what is wrong with a value of a type of the description.
pub(super) fn flaws(api: &Value, kind: &str, value: &Value, place: &str) -> Vec<String> {
    let wrong = |so: bool| if so { Vec::new() } else { vec![format!("{place}: {value} is not a {kind}")] };
    if let Some(item) = kind.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')) {
        let Some(items) = value.as_array() else { return wrong(false) };
        return items.iter().flat_map(|value| flaws(api, item, value, &format!("{place}[]"))).collect();
    }
    if let Some(pair) = kind.strip_prefix("dict(").and_then(|rest| rest.strip_suffix(')')) {
        let (_, item) = pair.split_once(", ").unwrap();
        let Some(items) = value.as_object() else { return wrong(false) };
        return items.values().flat_map(|value| flaws(api, item, value, &format!("{place}{{}}"))).collect();
    }
    match kind {
        "str" => wrong(value.is_string()),
        "int" => wrong(value.is_u64()),
        "float" => wrong(value.is_number()),
        "bool" => wrong(value.is_boolean()),
        "datetime" => wrong(value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok())),
        "object" => Vec::new(),
        // Words that the description does not list.
        "OsFamily" | "ManagedInstanceLocation" => wrong(value.is_string()),
        model => of_model(api, model, value, place),
    }
}

/// Returns the model that a value is of, where there are several for one kind of thing.
fn variant<'a>(model: &'a str, value: &Value) -> &'a str {
    let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    match (model, word("softwareSourceType").as_str(), word("profileType").as_str()) {
        ("SoftwareSource", "VENDOR", _) => "VendorSoftwareSource",
        ("SoftwareSource", "CUSTOM", _) => "CustomSoftwareSource",
        ("SoftwareSource", "VERSIONED", _) => "VersionedCustomSoftwareSource",
        ("SoftwareSourceSummary", "VENDOR", _) => "VendorSoftwareSourceSummary",
        ("SoftwareSourceSummary", "CUSTOM", _) => "CustomSoftwareSourceSummary",
        ("SoftwareSourceSummary", "VERSIONED", _) => "VersionedCustomSoftwareSourceSummary",
        ("Profile", _, "GROUP") => "GroupProfile",
        ("Profile", _, "SOFTWARESOURCE") => "SoftwareSourceProfile",
        ("Profile", _, "LIFECYCLE") => "LifecycleProfile",
        _ => model,
    }
}

fn of_model(api: &Value, base: &str, value: &Value, place: &str) -> Vec<String> {
    let model = variant(base, value);
    let described = &api["models"][model];
    let fields = described["fields"].as_object().unwrap_or_else(|| panic!("no model {model}"));
    let Some(value) = value.as_object() else { return vec![format!("{place}: not a {model}")] };
    let mut flaws_found = Vec::new();
    for (name, value) in value {
        let place = format!("{place}.{name}");
        let Some(kind) = fields.get(name) else {
            flaws_found.push(format!("{place}: {model} has no such field"));
            continue;
        };
        if value.is_null() {
            continue;
        }
        flaws_found.extend(flaws(api, kind.as_str().unwrap(), value, &place));
        let prefix = format!("{}_", snake(name).to_uppercase());
        let enums = [model, base].into_iter().filter_map(|model| api["models"][model]["enums"].as_array());
        let words: Vec<&str> = enums
            .flatten()
            .filter_map(|word| word.as_str()?.strip_prefix(&prefix)?.split_once('='))
            .map(|(_, word)| word)
            .collect();
        if !words.is_empty() && value.is_string() && !words.iter().any(|word| value == word) {
            flaws_found.push(format!("{place}: {value} is none of {words:?}"));
        }
    }
    let required = api["required"][model].as_str().unwrap_or_default();
    let lacks = |name: &&str| value.get(*name).is_none_or(Value::is_null);
    let missing = required.split_whitespace().filter(lacks);
    flaws_found.extend(missing.map(|name| format!("{place}: {model} lacks {name}")));
    flaws_found
}

/// Checks an answer of an operation.
pub(super) fn fits(api: &Value, name: &str, got: &Got) {
    assert!((200..300).contains(&got.status), "{name}: {got:?}");
    match operation(api, name)["response"].as_str() {
        None => assert_eq!(got.body, Value::Null, "{name}"),
        Some("stream") => {}
        Some(kind) => {
            assert_eq!(flaws(api, kind, &got.body, name), Vec::<String>::new());
            let rows = got.body.as_array().or(got.body["items"].as_array()).map_or(1, Vec::len);
            assert!(rows > 0, "{name}: nothing to look at");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_those_of_the_models() {
    let Some(api) = api() else { return };
    let client = Client::new();
    let release = super::persist::golden_sourced();
    let source = client.source("GL1", &release);
    let vendor = client.parent(&golden()).unwrap();
    let details = json!({ "compartmentId": COMPARTMENT, "displayName": "g" });
    let created = client.post("/managedInstanceGroups", details);
    fits(&api, "create_managed_instance_group", &created);
    let (group, web) = (created.id(), member("web-01"));
    let join =
        format!("/managedInstanceGroups/{group}/actions/attachManagedInstance?managedInstanceId={web}");
    fits(&api, "attach_managed_instance_to_managed_instance_group", &client.post(&join, Value::Null));
    let update = format!("/managedInstances/{web}/actions/packages/updateAll");
    let open = client.post(&update, Value::Null).header("opc-work-request-id").to_owned();
    fits(&api, "get_work_request", &client.get(&format!("/workRequests/{open}")));
    client.wait(&open).await;
    client.switch(&web, &source);
    assert_eq!(client.act(&web, "detachParent", &source).status, 204);
    let failing = client.post(&update, Value::Null).header("opc-work-request-id").to_owned();
    client.wait(&failing).await;
    let bash = release.iter().find(|package| package.name() == "bash").unwrap();
    let compartment = format!("compartmentId={COMPARTMENT}&limit=1000");
    let streams = client.all(&format!("/managedInstances/{}/moduleStreams", golden()));
    let appstream = streams[0]["softwareSourceId"].as_str().unwrap();
    for (name, path) in [
        ("list_managed_instances", format!("/managedInstances?{compartment}")),
        ("get_managed_instance", format!("/managedInstances/{web}")),
        ("get_managed_instance", format!("/managedInstances/{}", golden())),
        (
            "list_packages_installed_on_managed_instance",
            format!("/managedInstances/{web}/packages?limit=1000"),
        ),
        (
            "list_available_updates_for_managed_instance",
            format!("/managedInstances/{}/packages/updates?limit=1000", member("web-02")),
        ),
        (
            "list_available_software_sources_for_managed_instance",
            format!("/managedInstances/{web}/availableSoftwareSources"),
        ),
        ("list_module_streams_on_managed_instance", format!("/managedInstances/{}/moduleStreams", golden())),
        ("list_module_streams", format!("/softwareSources/{appstream}/moduleStreams")),
        ("get_module_stream", format!("/softwareSources/{appstream}/modules/postgresql/streams/15")),
        (
            "get_module_stream_profile",
            format!("/softwareSources/{appstream}/modules/postgresql/streams/15/profiles/client"),
        ),
        ("list_module_stream_profiles", format!("/softwareSources/{appstream}/streamProfiles")),
        (
            "list_module_stream_profiles_on_managed_instance",
            format!("/managedInstances/{}/streamProfiles", golden()),
        ),
        (
            "list_available_packages_for_managed_instance",
            format!("/managedInstances/{}/packages/available?limit=1000", golden()),
        ),
        ("list_managed_instance_groups", format!("/managedInstanceGroups?{compartment}")),
        ("get_managed_instance_group", format!("/managedInstanceGroups/{group}")),
        ("list_software_sources", format!("/softwareSources?{compartment}")),
        ("get_software_source", format!("/softwareSources/{source}")),
        ("get_software_source", format!("/softwareSources/{vendor}")),
        ("list_software_source_packages", format!("/softwareSources/{source}/softwarePackages?limit=1000")),
        (
            "get_software_package",
            format!("/softwareSources/{source}/softwarePackages/{}", escape(bash.as_str())),
        ),
        ("search_software_packages", "/softwareSources/softwarePackages?limit=1000".to_owned()),
        ("list_work_requests", format!("/workRequests?{compartment}")),
        ("get_work_request", format!("/workRequests/{open}")),
        ("get_work_request", format!("/workRequests/{failing}")),
        ("list_work_request_errors", format!("/workRequests/{failing}/errors")),
        ("list_work_request_logs", format!("/workRequests/{open}/logs")),
    ] {
        fits(&api, name, &client.get(&path));
    }
}

/// Bodies are strict, so a field of the model that is not known here would be refused.
#[tokio::test(start_paused = true)]
async fn bodies_take_every_field_of_the_models() {
    let Some(api) = api() else { return };
    let client = Client::new();
    let parent = client.source("parent", &Default::default());
    let full = |model: &str, leave_out: &[&str]| -> Value {
        let fields = api["models"][model]["fields"].as_object().unwrap();
        let fields = fields.keys().filter(|name| !leave_out.contains(&name.as_str()));
        let value = |name: &str| match name {
            "compartmentId" => json!(COMPARTMENT),
            "archType" => json!("X86_64"),
            "checksumType" => json!("SHA384"),
            "parentId" => json!(parent),
            "osFamily" => json!("LINUX"),
            "freeformTags" => json!({ "a": "b" }),
            "definedTags" => json!({ "space": { "a": 1 } }),
            "softwareSourceId" => json!(parent),
            "packageNames" => json!([]),
            "isDataCollectionAuthorized" => json!(true),
            other => json!(format!("some {other}")),
        };
        fields.map(|name| (name.clone(), value(name))).collect()
    };
    let source = client.post("/softwareSources", full("CreateSoftwareSourceDetails", &[]));
    fits(&api, "create_software_source", &source);
    let path = format!("/softwareSources/{}", source.id());
    fits(&api, "update_software_source", &client.put(&path, full("UpdateSoftwareSourceDetails", &[]), &[]));
    for (name, action) in [("add_packages_to", "add"), ("remove_packages_from", "remove")] {
        let model = if action == "add" { "AddPackagesTo" } else { "RemovePackagesFrom" };
        let body = full(&format!("{model}SoftwareSourceDetails"), &[]);
        let got = client.post(&format!("{path}/actions/{action}Packages"), body);
        fits(&api, &format!("{name}_software_source"), &got);
    }
    let body = full("ChangeSoftwareSourceCompartmentDetails", &[]);
    let got = client.post(&format!("{path}/actions/changeCompartment"), body);
    fits(&api, "change_software_source_compartment", &got);
    fits(&api, "delete_software_source", &client.delete(&path, &[]));
    let group = client.post("/managedInstanceGroups", full("CreateManagedInstanceGroupDetails", &[]));
    fits(&api, "create_managed_instance_group", &group);
    let path = format!("/managedInstanceGroups/{}", group.id());
    let body = full("UpdateManagedInstanceGroupDetails", &[]);
    fits(&api, "update_managed_instance_group", &client.put(&path, body, &[]));
    let body = full("ChangeManagedInstanceGroupCompartmentDetails", &[]);
    let got = client.post(&format!("{path}/actions/changeCompartment"), body);
    fits(&api, "change_managed_instance_group_compartment", &got);
    fits(&api, "delete_managed_instance_group", &client.delete(&path, &[]));
    let web = member("web-01");
    let body = full("UpdateManagedInstanceDetails", &[]);
    let got = client.put(&format!("/managedInstances/{web}"), body, &[]);
    fits(&api, "update_managed_instance", &got);
    let vendor = client.parent(&web).unwrap();
    assert_eq!(client.act(&web, "detachParent", &vendor).status, 204);
    for (action, name) in [
        ("attachParent", "attach_parent_software_source_to"),
        ("detachParent", "detach_parent_software_source_from"),
    ] {
        let model = if action == "attachParent" {
            "AttachParentSoftwareSourceTo"
        } else {
            "DetachParentSoftwareSourceFrom"
        };
        let body = full(&format!("{model}ManagedInstanceDetails"), &[]);
        let got = client.post(&format!("/managedInstances/{web}/actions/{action}SoftwareSource"), body);
        fits(&api, &format!("{name}_managed_instance"), &got);
    }
}
