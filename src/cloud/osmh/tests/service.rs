//! A service of a few rules: strict where osmh.md says or infers so, with pages of two rows, sets in another order each
//! time, work that only moves when a test says so, and answers that can be refused or lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::cloud::contract::Contract;
use crate::oci::testing::{Answer, Asked, Script, broken, refuse, with};
use crate::package::Package;

/// What happens to a request instead of its being served and answered.
pub(super) enum Fault {
    /// It is refused.
    Refused(u16, &'static str),
    /// It is served, and the answer is lost.
    Lost,
    /// It is taken for served, and nothing happens.
    Dropped,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) instances: BTreeMap<String, Value>,
    pub(super) installed: BTreeMap<String, Vec<Value>>,
    pub(super) updates: BTreeMap<String, Vec<Value>>,
    pub(super) modules: BTreeMap<String, Vec<Value>>,
    pub(super) errata: BTreeMap<String, Value>,
    pub(super) sources: BTreeMap<String, Value>,
    pub(super) contents: BTreeMap<String, BTreeSet<Package>>,
    pub(super) groups: BTreeMap<String, Value>,
    pub(super) jobs: BTreeMap<String, Value>,
    pub(super) profiles: BTreeMap<String, Value>,
    /// In the order they were made.
    pub(super) work: Vec<Value>,
    /// Taking sources from a group makes a work request.
    pub(super) detaching_makes_work: bool,
    /// Lists by a source alone are refused.
    pub(super) wants_compartment: bool,
    /// Work requests do not keep what they are to be called.
    pub(super) forgets_labels: bool,
    /// A page of packages holds so many rows; two without a word.
    pub(super) page: Option<usize>,
    /// For requests whose line holds the text, in order.
    pub(super) faults: Vec<(&'static str, Fault)>,
    served: HashMap<String, (String, Vec<(String, String)>)>,
    asked: Vec<String>,
    turn: usize,
}

#[derive(Clone, Default)]
pub(super) struct Service(Arc<Mutex<World>>);

impl Service {
    pub(super) fn new() -> Self {
        let service = Self::default();
        service.vendor("base", "ol8_baseos_latest-x86_64", "SELECTED", &[]);
        service.world().detaching_makes_work = true;
        service
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(super) fn fault(&self, line: &'static str, fault: Fault) {
        self.world().faults.push((line, fault));
    }

    /// Adds an instance in a compartment, that has sources.
    pub(super) fn instance(&self, id: &str, compartment: &str, sources: &[&str]) {
        let links: Vec<Value> = sources.iter().map(|id| link(id)).collect();
        let row = json!({
            "id": id, "displayName": format!("name-{id}"), "compartmentId": compartment, "status": "NORMAL",
            "osName": "Oracle Linux Server", "osVersion": "8.10", "osKernelVersion": "5.4.17-1.el8uek.x86_64",
            "kspliceEffectiveKernelVersion": "5.4.17-9.el8uek.x86_64",
            "timeLastCheckin": "2026-11-22T14:00:00.000Z", "timeLastBoot": "2026-11-20T08:00:00.000Z", "isRebootRequired": true, "updatesAvailable": 7,
            "timeLastSoftwareRefresh": "2026-11-22T13:00:00.000Z",
            "softwareSources": links,
        });
        self.world().instances.insert(id.to_owned(), row);
    }

    /// Adds a source of the vendor.
    pub(super) fn vendor(&self, id: &str, name: &str, availability: &str, nevras: &[&str]) {
        let mut world = self.world();
        let contents: BTreeSet<Package> = nevras.iter().map(|nevra| nevra.parse().unwrap()).collect();
        let row = json!({
            "id": id, "displayName": name, "repoId": format!("repo-{id}"), "softwareSourceType": "VENDOR",
            "compartmentId": "t", "availability": "AVAILABLE", "availabilityAtOci": availability,
            "lifecycleState": "ACTIVE", "packageCount": contents.len(), "osFamily": "ORACLE_LINUX_8",
            "archType": "X86_64",
        });
        world.sources.insert(id.to_owned(), row);
        world.contents.insert(id.to_owned(), contents);
    }

    /// Adds a custom source that is drawn from the base.
    pub(super) fn custom(&self, id: &str, name: &str, nevras: &[&str]) {
        let mut world = self.world();
        let row = json!({
            "id": id, "displayName": name, "softwareSourceType": "CUSTOM", "compartmentId": "c",
            "lifecycleState": "ACTIVE", "vendorSoftwareSources": [link("base")],
        });
        world.sources.insert(id.to_owned(), row);
        world.contents.insert(id.to_owned(), nevras.iter().map(|nevra| nevra.parse().unwrap()).collect());
    }

    pub(super) fn group(&self, id: &str, name: &str, sources: &[&str], members: &[&str]) {
        let links: Vec<Value> = sources.iter().map(|id| link(id)).collect();
        let row = json!({
            "id": id, "displayName": name, "compartmentId": "c", "lifecycleState": "ACTIVE",
            "softwareSources": links, "softwareSourceIds": links, "managedInstanceIds": members,
        });
        let mut world = self.world();
        for member in members {
            if let Some(instance) = world.instances.get_mut(*member) {
                instance["managedInstanceGroup"] = json!({"id": id, "displayName": name});
            }
        }
        world.groups.insert(id.to_owned(), row);
    }

    /// Adds a work request, whose resource is of a kind and an id, under a parent.
    pub(super) fn work(&self, id: &str, status: &str, resource: (&str, &str), parent: Option<&str>) {
        let mut world = self.world();
        let compartment = match resource {
            ("INSTANCE", instance) => world.instances[instance]["compartmentId"].clone(),
            _ => json!("c"),
        };
        world.add_work(id, status, resource, parent, compartment);
    }

    /// Sets how a work request stands.
    pub(super) fn set(&self, id: &str, status: &str) {
        let mut world = self.world();
        let work = world.work.iter_mut().find(|work| work["id"] == id).unwrap();
        work["status"] = json!(status);
    }

    /// Returns what has been asked for since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.world().asked)
    }

    /// The same, without reads.
    pub(super) fn written(&self) -> Vec<String> {
        self.asked().into_iter().filter(|line| !line.starts_with("GET")).collect()
    }

    pub(super) fn script(&self) -> Script {
        let service = self.clone();
        Script::new(move |asked| {
            Contract::osmh().check(asked);
            let mut world = service.world();
            let shown = [asked.line.as_str(), asked.header("opc-retry-token"), asked.body.as_str()];
            let shown: Vec<&str> = shown.into_iter().filter(|part| !part.is_empty()).collect();
            world.asked.push(shown.join(" "));
            let fault = world.faults.iter().position(|(line, _)| asked.line.contains(line));
            match fault.map(|index| world.faults.remove(index).1) {
                None => world.answer(asked),
                Some(Fault::Refused(status, code)) => refuse(status, code),
                Some(Fault::Lost) => world.answer(asked).and_then(|_| broken()),
                Some(Fault::Dropped) => with(202, &[], ""),
            }
        })
    }
}

pub(super) fn link(id: &str) -> Value {
    json!({"id": id, "displayName": format!("name-{id}"), "softwareSourceType": "CUSTOM"})
}

impl World {
    /// Serves a request, once for each token.
    fn answer(&mut self, asked: &Asked) -> Answer {
        let token = asked.header("opc-retry-token").to_owned();
        let said = format!("{} {}", asked.line, asked.body);
        if let Some((known, headers)) = self.served.get(&token).filter(|_| !token.is_empty()) {
            if *known != said {
                return refuse(409, "InvalidatedRetryToken");
            }
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            return with(202, &headers, &self.made(asked));
        }
        let answer = self.serve(asked);
        if let Ok(served) = &answer
            && served.status().is_success()
            && !token.is_empty()
        {
            let work = served.headers().get("opc-work-request-id");
            let work = work.map(|id| ("opc-work-request-id".to_owned(), id.to_str().unwrap().to_owned()));
            self.served.insert(token, (said, work.into_iter().collect()));
        }
        answer
    }

    /// What a create answers to a repetition: the thing as it is now.
    fn made(&self, asked: &Asked) -> String {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let id = format!("made-{}", body["displayName"].as_str().unwrap_or_default());
        let all = [&self.sources, &self.groups, &self.jobs, &self.profiles];
        all.iter().find_map(|rows| rows.get(&id)).map(Value::to_string).unwrap_or_default()
    }

    fn serve(&mut self, asked: &Asked) -> Answer {
        let (method, target) = asked.line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let query = Query(query);
        let path: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        self.turn += 1;
        match (method, path.as_slice()) {
            ("GET", [kind]) => self.list(kind, &query),
            ("GET", ["errata", name]) => one(self.errata.get(*name)),
            ("GET", ["workRequests", id]) => one(self.work.iter().find(|work| work["id"] == *id)),
            ("GET", ["workRequests", _, _]) => self.page(&query, [].into_iter()),
            ("GET", ["managedInstanceGroups", id]) => {
                let turn = self.turn;
                let shuffled = self.groups.get(*id).cloned().map(|mut group| {
                    for key in ["softwareSources", "softwareSourceIds", "managedInstanceIds"] {
                        let items = group[key].as_array_mut().unwrap();
                        let many = items.len().max(1);
                        items.rotate_left(turn % many);
                    }
                    group
                });
                one(shuffled.as_ref())
            }
            ("GET", [kind, id]) => one(self.rows(kind).get(*id)),
            ("GET", ["managedInstances", id, list]) => {
                let rows = match *list {
                    "installedPackages" => self.installed.get(*id).cloned(),
                    "updatablePackages" => self.updates.get(*id).cloned(),
                    "modules" => self.modules.get(*id).cloned(),
                    "errata" => self.updates.get(*id).map(|_| {
                        let bare = |row: &Value| {
                            let mut row = row.clone();
                            row.as_object_mut().unwrap().remove("advisorySeverity");
                            row
                        };
                        self.errata.values().map(bare).collect()
                    }),
                    _ => panic!("the service has no {}", asked.line),
                };
                rows.map_or_else(missing, |rows| self.page(&query, rows.into_iter()))
            }
            ("GET", ["managedInstanceGroups", id, "managedInstances"]) => {
                let members = self.groups[*id]["managedInstanceIds"].as_array().unwrap().clone();
                let rows = members.iter().filter_map(|id| self.instances.get(id.as_str().unwrap()).cloned());
                self.page(&query, rows)
            }
            ("GET", ["softwareSources", id, "softwarePackages"]) => match self.contents.get(*id) {
                None => missing(),
                Some(contents) => {
                    let wanted = query.get("displayName");
                    let fits = |package: &&Package| wanted.is_none_or(|name| package.name() == name);
                    self.page(&query, contents.iter().filter(fits).map(|package| row(*package)))
                }
            },
            ("GET", ["softwareSources", id, "moduleStreams", module]) => match self.contents.get(*id) {
                None => missing(),
                Some(contents) => {
                    let names: Vec<String> =
                        contents.iter().map(|package| format!("{package}.rpm")).collect();
                    let stream = query.get("streamName").unwrap();
                    one(Some(&json!({"moduleName": module, "name": stream, "packages": names})))
                }
            },
            ("POST", [kind]) => self.create(kind, body),
            ("PUT", ["scheduledJobs", id]) => {
                let Some(job) = self.jobs.get_mut(*id) else { return missing() };
                job.as_object_mut().unwrap().append(&mut body.as_object().unwrap().clone());
                one(Some(&job.clone()))
            }
            ("DELETE", ["softwareSources", id])
                if self.groups.values().any(|group| names(&group["softwareSources"]).contains(*id)) =>
            {
                refuse(409, "IncorrectState2")
            }
            ("DELETE", [kind, id]) => {
                self.rows_mut(kind).remove(*id).map_or_else(missing, |_| with(204, &[], ""))
            }
            ("POST", ["softwareSources", id, "actions", action]) => self.refill(id, action, &body),
            ("POST", ["managedInstanceGroups", id, "actions", action]) => self.on_group(id, action, &body),
            ("POST", ["managedInstances", id, "actions", action]) => {
                if *action != "refreshSoftware" && self.instances[*id]["managedInstanceGroup"].is_object() {
                    return refuse(409, "Conflict");
                }
                let work = format!("work-{}", self.work.len() + 1);
                let compartment = self.instances[*id]["compartmentId"].clone();
                self.add_work(&work, "ACCEPTED", ("INSTANCE", id), None, compartment);
                self.labelled(&body);
                accepted(&work)
            }
            ("POST", ["workRequests", of, "actions", "rerun"]) => {
                let of = self.work.iter().find(|work| work["id"] == *of).unwrap();
                let group = of["resources"][0]["identifier"].as_str().unwrap().to_owned();
                let members: Vec<String> = names(&body["managedInstances"]).into_iter().collect();
                self.crew(&group, &members, &body)
            }
            _ => panic!("the service has no {}", asked.line),
        }
    }

    fn rows(&self, kind: &str) -> &BTreeMap<String, Value> {
        match kind {
            "managedInstances" => &self.instances,
            "softwareSources" => &self.sources,
            "managedInstanceGroups" => &self.groups,
            "scheduledJobs" => &self.jobs,
            "profiles" => &self.profiles,
            _ => panic!("the service has no {kind}"),
        }
    }

    pub(super) fn rows_mut(&mut self, kind: &str) -> &mut BTreeMap<String, Value> {
        match kind {
            "softwareSources" => &mut self.sources,
            "managedInstanceGroups" => &mut self.groups,
            "scheduledJobs" => &mut self.jobs,
            "profiles" => &mut self.profiles,
            _ => panic!("nobody deletes {kind}"),
        }
    }

    fn list(&mut self, kind: &str, query: &Query) -> Answer {
        if kind == "errata" {
            let wanted: Vec<&str> = query.all("name").collect();
            let fits = |row: &&Value| wanted.is_empty() || wanted.contains(&row["name"].as_str().unwrap());
            return self.page(query, self.errata.values().filter(fits).cloned());
        }
        if kind == "workRequests" {
            return self.list_work(query);
        }
        if query.get("compartmentId").is_none() && self.wants_compartment {
            return refuse(400, "MissingParameter");
        }
        let source = query.get("softwareSourceId");
        let rows = self.rows(kind).values().filter(|row| {
            let is = |name: &str, field: &str| query.get(name).is_none_or(|wanted| row[field] == *wanted);
            let has = |wanted: &str| names(&row["softwareSources"]).contains(wanted);
            is("compartmentId", "compartmentId")
                && is("displayName", "displayName")
                && is("lifecycleState", "lifecycleState")
                && is("softwareSourceType", "softwareSourceType")
                && is("osFamily", "osFamily")
                && is("archType", "archType")
                && source.is_none_or(has)
        });
        // Summaries tell less.
        let short = rows.cloned().map(|mut row| {
            let hidden: &[&str] = match kind {
                "managedInstanceGroups" => &["softwareSources", "softwareSourceIds", "managedInstanceIds"],
                "managedInstances" => &["softwareSources", "osName", "osVersion"],
                "scheduledJobs" => &["recurringRule"],
                "profiles" => &["managedInstanceGroup"],
                _ => &[],
            };
            for key in hidden {
                row.as_object_mut().unwrap().remove(*key);
            }
            row
        });
        self.page(query, short)
    }

    fn list_work(&self, query: &Query) -> Answer {
        let statuses: Vec<&str> = query.all("status").collect();
        let subtree = query.get("compartmentIdInSubtree") == Some("true");
        let rows = self.work.iter().rev().filter(|work| {
            let resource = query.get("resourceId");
            let lies_in = |wanted: &str| {
                let at = work["compartmentId"].as_str().unwrap();
                // `c1` lies below `c`.
                at == wanted || (subtree && at.starts_with(wanted))
            };
            (statuses.is_empty() || statuses.contains(&work["status"].as_str().unwrap()))
                && resource.is_none_or(|id| work["resources"][0]["identifier"] == *id)
                && query.get("parentId").is_none_or(|id| work["parentId"] == *id)
                && query.get("operationType").is_none_or(|kind| work["operationType"] == *kind)
                && query.get("compartmentId").is_none_or(lies_in)
        });
        let short = rows.cloned().map(|mut work| {
            work.as_object_mut().unwrap().remove("resources");
            work
        });
        self.page(query, short)
    }

    /// Answers with a few rows, and where the next ones are. `limit` is a wish.
    fn page(&self, query: &Query, rows: impl Iterator<Item = Value>) -> Answer {
        let size = self.page.unwrap_or(2);
        let start = query.get("page").map_or(0, |page| page.strip_prefix("from+").unwrap().parse().unwrap());
        let mut rows = rows.skip(start);
        let page: Vec<Value> = rows.by_ref().take(size).collect();
        let next = format!("from+{}", start + size);
        let headers = [("opc-next-page", next.as_str())];
        let headers = if rows.next().is_some() { &headers[..] } else { &[] };
        with(200, headers, &json!({ "items": page }).to_string())
    }
}

struct Query(Vec<(String, String)>);

impl Query {
    fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the ids in a list of ids or of links.
pub(super) fn names(list: &Value) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().or(item["id"].as_str()).unwrap().to_owned()).collect()
}

/// A row of packages, as sources list it: without the epoch in its name, and with the architecture in capitals.
pub(super) fn row(package: Package) -> Value {
    json!({
        "displayName": package.name(), "version": package.evr(), "type": "RPM",
        "name": format!("{}-{}-{}.{}.rpm", package.name(), package.version(), package.release(), package.arch()),
        "architecture": package.arch().as_str().to_ascii_uppercase(), "softwareSources": null,
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

pub(super) fn missing() -> Answer {
    refuse(404, "NotAuthorizedOrNotFound")
}

fn one(value: Option<&Value>) -> Answer {
    value.map_or_else(missing, |value| with(200, &[("etag", "aa--gzip")], &value.to_string()))
}

pub(super) fn accepted(work: &str) -> Answer {
    with(202, &[("opc-work-request-id", work)], "")
}
