//! A service of a few rules: strict where osms.md says or infers so, with pages of two rows, spellings that can be
//! chosen, and answers that can be refused or lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::cloud::contract::Contract;
use crate::oci::testing::{Answer, Asked, Script, broken, refuse, with};
use crate::package::Package;

/// How package names and versions are spelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spelling {
    pub(super) epoch_in_name: bool,
    pub(super) epoch_in_version: bool,
}

pub(super) const FULL: Spelling = Spelling { epoch_in_name: true, epoch_in_version: true };

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
    /// Instance to parent source.
    pub(super) parents: BTreeMap<String, Option<String>>,
    /// Instance to child sources, in the order they were attached.
    pub(super) children: BTreeMap<String, Vec<String>>,
    pub(super) installed: BTreeMap<String, Vec<(Package, bool)>>,
    pub(super) sources: BTreeMap<String, Value>,
    pub(super) contents: BTreeMap<String, BTreeSet<Package>>,
    pub(super) groups: BTreeMap<String, Value>,
    pub(super) members: BTreeSet<(String, String)>,
    pub(super) work: Vec<Value>,
    /// By instance, as rows.
    pub(super) updates: BTreeMap<String, Vec<Value>>,
    /// By id; all of them are about every instance.
    pub(super) errata: BTreeMap<String, Value>,
    /// Of all instances: module, stream, status, and the source that has it.
    pub(super) streams: Vec<(&'static str, &'static str, &'static str, Option<&'static str>)>,
    pub(super) spelling: Option<Spelling>,
    pub(super) searchable: bool,
    /// For requests whose line holds the text, in order.
    pub(super) faults: Vec<(&'static str, Fault)>,
    asked: Vec<String>,
}

#[derive(Clone, Default)]
pub(super) struct Service(Arc<Mutex<World>>);

impl Service {
    pub(super) fn new() -> Self {
        let service = Self::default();
        service.world().spelling = Some(FULL);
        service
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(super) fn fault(&self, line: &'static str, fault: Fault) {
        self.world().faults.push((line, fault));
    }

    /// Adds an instance that rides a source.
    pub(super) fn instance(&self, id: &str, parent: Option<&str>) {
        self.world().parents.insert(id.to_owned(), parent.map(str::to_owned));
    }

    /// Adds a source that offers packages.
    pub(super) fn source(&self, id: &str, name: &str, nevras: &[&str]) {
        let mut world = self.world();
        let row = json!({"id": id, "displayName": name, "lifecycleState": "ACTIVE", "repoType": "CUSTOM"});
        world.sources.insert(id.to_owned(), row);
        let packages = nevras.iter().map(|nevra| nevra.parse().unwrap()).collect();
        world.contents.insert(id.to_owned(), packages);
    }

    pub(super) fn group(&self, id: &str, name: &str, members: &[&str]) {
        let mut world = self.world();
        world
            .groups
            .insert(id.to_owned(), json!({"id": id, "displayName": name, "lifecycleState": "ACTIVE"}));
        world.members.extend(members.iter().map(|member| (id.to_owned(), (*member).to_owned())));
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
            Contract::osms().check(asked);
            let mut world = service.world();
            let shown = [asked.line.as_str(), asked.header("opc-retry-token"), asked.body.as_str()];
            let shown: Vec<&str> = shown.into_iter().filter(|part| !part.is_empty()).collect();
            world.asked.push(shown.join(" "));
            let fault = world.faults.iter().position(|(line, _)| asked.line.contains(line));
            match fault.map(|index| world.faults.remove(index).1) {
                None => world.serve(asked),
                Some(Fault::Refused(status, code)) => refuse(status, code),
                Some(Fault::Lost) => world.serve(asked).and_then(|_| broken()),
                Some(Fault::Dropped) => with(200, &[], ""),
            }
        })
    }
}

impl World {
    fn serve(&mut self, asked: &Asked) -> Answer {
        let (method, target) = asked.line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        let path: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let conflict = || refuse(409, "Conflict");
        let missing = || refuse(404, "NotAuthorizedOrNotFound");
        match (method, path.as_slice()) {
            ("GET", ["managedInstances"]) => {
                // As the console does: by prefix.
                let prefix = query.get("displayName").map_or("", String::as_str);
                let rows = self.parents.keys().filter_map(|id| self.get_instance(id));
                page(&query, rows.filter(|row| row["displayName"].as_str().unwrap().starts_with(prefix)))
            }
            ("GET", ["managedInstances", id, "moduleStreams"]) if self.parents.contains_key(*id) => {
                let row = |(module, stream, status, source): &(&str, &str, &str, Option<&str>)| json!({"moduleName": module, "streamName": stream, "status": status, "softwareSourceId": source});
                page(&query, self.streams.iter().map(row))
            }
            ("GET", ["managedInstances", _, "moduleStreams"]) => missing(),
            ("GET", ["softwareSources", id, "modules", module, "streams", stream]) => {
                match self.contents.get(*id) {
                    None => missing(),
                    Some(contents) => {
                        let names: Vec<String> = contents.iter().map(|package| self.name(*package)).collect();
                        ok(&json!({"moduleName": module, "streamName": stream, "packages": names}))
                    }
                }
            }
            ("GET", ["managedInstances", id]) => self.get_instance(id).map_or_else(missing, |row| ok(&row)),
            ("GET", ["managedInstances", id, "packages"]) => match self.installed.get(*id) {
                None => missing(),
                Some(installed) => page(
                    &query,
                    installed.iter().map(|(package, sourced)| {
                        let mut row = self.row(*package);
                        let sources = [json!({"id": "s", "name": "s"})];
                        row["softwareSources"] = json!(if *sourced { &sources[..] } else { &[] });
                        row
                    }),
                ),
            },
            ("GET", ["managedInstances", id, "packages", "updates"]) => match self.updates.get(*id) {
                None => missing(),
                Some(rows) => page(&query, rows.iter().cloned()),
            },
            ("GET", ["managedInstances", id, "errata"]) if self.updates.contains_key(*id) => {
                page(&query, self.errata.values().cloned())
            }
            ("GET", ["managedInstances", _, "errata"]) => missing(),
            ("GET", ["errata"]) => page(&query, self.errata.values().cloned()),
            ("GET", ["errata", id]) => self.errata.get(*id).map_or_else(missing, ok),
            ("GET", ["softwareSources", "softwarePackages"]) if !self.searchable => refuse(404, "NotFound"),
            ("GET", ["softwareSources", "softwarePackages"]) => {
                let all = self.contents.values().flatten().map(|package| self.row(*package));
                page(
                    &query,
                    all.filter(|row| {
                        let is =
                            |key: &str, name: &str| query.get(key).is_none_or(|value| row[name] == **value);
                        is("softwarePackageName", "name") && is("displayName", "displayName")
                    }),
                )
            }
            ("GET", ["softwareSources", id, "softwarePackages"]) => match self.contents.get(*id) {
                None => missing(),
                Some(contents) => {
                    let prefix = query.get("displayName").map_or("", String::as_str);
                    let rows = contents.iter().filter(|package| package.name().starts_with(prefix));
                    page(&query, rows.map(|package| self.row(*package)))
                }
            },
            ("GET", [kind @ ("softwareSources" | "managedInstanceGroups")]) => {
                let rows = if *kind == "softwareSources" { &self.sources } else { &self.groups };
                // As the console does: by prefix.
                let prefix = query.get("displayName").map_or("", String::as_str);
                page(
                    &query,
                    rows.values()
                        .filter(|row| row["displayName"].as_str().unwrap().starts_with(prefix))
                        .cloned(),
                )
            }
            ("GET", ["softwareSources", id]) => match self.sources.get(*id).cloned() {
                None => missing(),
                Some(mut source) => {
                    let named = |rider| json!({"id": rider, "displayName": format!("name-{rider}")});
                    source["associatedManagedInstances"] = self.riders(id).map(named).collect();
                    ok(&source)
                }
            },
            ("GET", ["managedInstanceGroups", id]) => match self.groups.get(*id).cloned() {
                None => missing(),
                Some(mut group) => {
                    let members = self.members.iter().filter(|(group, _)| group == id);
                    group["managedInstances"] =
                        members.map(|(_, member)| json!({"id": member, "displayName": "x"})).collect();
                    ok(&group)
                }
            },
            ("POST", ["softwareSources" | "managedInstanceGroups"]) => {
                let id = format!("made-{}", body["displayName"].as_str().unwrap());
                let mut made = body;
                made["id"] = json!(id);
                made["lifecycleState"] = json!("CREATING");
                let mut active = made.clone();
                active["lifecycleState"] = json!("ACTIVE");
                let rows = if path[0] == "softwareSources" { &mut self.sources } else { &mut self.groups };
                rows.insert(id, active);
                ok(&made)
            }
            ("POST", ["softwareSources", id, "actions", action]) => {
                let names = body["packageNames"].as_array().unwrap();
                let known: BTreeMap<String, Package> =
                    self.contents.values().flatten().map(|package| (self.name(*package), *package)).collect();
                let packages: Option<Vec<Package>> =
                    names.iter().map(|name| known.get(name.as_str().unwrap()).copied()).collect();
                let Some(packages) = packages else { return refuse(400, "InvalidParameter") };
                let contents = self.contents.entry((*id).to_owned()).or_default();
                let there = packages.iter().filter(|package| contents.contains(package)).count();
                match *action {
                    "addPackages" if there > 0 => return refuse(400, "InvalidParameter"),
                    "addPackages" => contents.extend(packages),
                    _ if there < packages.len() => return refuse(400, "InvalidParameter"),
                    _ => contents.retain(|package| !packages.contains(package)),
                }
                done()
            }
            ("DELETE", ["managedInstanceGroups", id]) => {
                self.groups.remove(*id).map_or_else(missing, |_| done())
            }
            ("DELETE", ["softwareSources", id]) if self.riders(id).next().is_some() => conflict(),
            ("DELETE", ["softwareSources", id]) => self.sources.remove(*id).map_or_else(missing, |_| done()),
            ("POST", ["managedInstanceGroups", id, "actions", action]) => {
                let pair = ((*id).to_owned(), query["managedInstanceId"].clone());
                let changed = match *action {
                    "attachManagedInstance" => self.members.insert(pair),
                    _ => self.members.remove(&pair),
                };
                if changed { done() } else { conflict() }
            }
            (
                "POST",
                ["managedInstances", id, "actions", "packages", "updateAll"]
                | ["managedInstances", id, "actions", "moduleStreams", "manage"],
            ) => {
                let id = format!("work-{id}");
                with(202, &[("opc-work-request-id", id.as_str())], "")
            }
            ("POST", ["managedInstances", id, "actions", action]) => {
                let source = body["softwareSourceId"].as_str().map(str::to_owned);
                let Some(parent) = self.parents.get_mut(*id) else { return missing() };
                let children = self.children.entry((*id).to_owned()).or_default();
                let Some(named) = source.clone() else { return conflict() };
                let under = self.sources.get(&named).and_then(|row| row["parentId"].as_str());
                match *action {
                    "detachParentSoftwareSource" if *parent == source => {
                        *parent = None;
                        children.clear();
                    }
                    "attachParentSoftwareSource" if parent.is_none() => *parent = source,
                    "attachChildSoftwareSource" if children.contains(&named) => return conflict(),
                    "attachChildSoftwareSource" if under.is_some() && under == parent.as_deref() => {
                        children.push(named);
                    }
                    "detachChildSoftwareSource" if children.contains(&named) => {
                        children.retain(|child| *child != named);
                    }
                    _ => return conflict(),
                }
                done()
            }
            ("GET", ["workRequests"]) => {
                let whose = query.get("managedInstanceId");
                let rows = self
                    .work
                    .iter()
                    .filter(|work| whose.is_none_or(|id| work["managedInstanceId"]["id"] == **id));
                page(
                    &query,
                    rows.cloned().map(|mut work| {
                        work.as_object_mut().unwrap().remove("managedInstanceId");
                        work
                    }),
                )
            }
            ("GET", ["workRequests", id]) => {
                self.work.iter().find(|work| work["id"] == *id).map_or_else(missing, ok)
            }
            _ => panic!("the service has no {}", asked.line),
        }
    }

    fn riders(&self, source: &str) -> impl Iterator<Item = &str> {
        let rides = move |(_, parent): &(&String, &Option<String>)| parent.as_deref() == Some(source);
        self.parents.iter().filter(rides).map(|(id, _)| id.as_str())
    }

    fn get_instance(&self, id: &str) -> Option<Value> {
        let parent = self.parents.get(id)?;
        let children = self.children.get(id).into_iter().flatten();
        let children: Vec<Value> =
            children.map(|child| json!({"id": child, "name": format!("name-{child}")})).collect();
        let groups = self.members.iter().filter(|(_, member)| member == id);
        let groups: Vec<Value> = groups.map(|(group, _)| json!({"id": group, "displayName": "g"})).collect();
        Some(json!({
            "id": id, "displayName": format!("name-{id}"), "compartmentId": "ocid1.compartment.oc1..i",
            "status": "NORMAL", "osName": "Oracle Linux Server", "osVersion": "8.10",
            "parentSoftwareSource": parent.as_ref().map(|parent| json!({"id": parent, "name": format!("name-{parent}")})),
            "childSoftwareSources": children, "managedInstanceGroups": groups, "isRebootRequired": true,
            "updatesAvailable": 7,
            "lastCheckin": "2026-11-22T14:00:00Z", "lastBoot": "2026-11-20T08:00:00Z", "osKernelVersion": "5.4.17-1.el8uek.x86_64",
            "kspliceEffectiveKernelVersion": "5.4.17-9.el8uek.x86_64",
        }))
    }

    fn name(&self, package: Package) -> String {
        match self.spelling.unwrap().epoch_in_name {
            true => package.to_string(),
            false => package.as_str().replacen(&format!("{}:", package.epoch()), "", 1),
        }
    }

    fn row(&self, package: Package) -> Value {
        let version = match self.spelling.unwrap().epoch_in_version {
            true => package.evr().to_owned(),
            false => format!("{}-{}", package.version(), package.release()),
        };
        json!({
            "displayName": package.name(), "name": self.name(package), "type": "rpm", "version": version,
            "architecture": package.arch().as_str(), "checksum": null,
        })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn ok(value: &Value) -> Answer {
    with(200, &[], &value.to_string())
}

fn done() -> Answer {
    with(204, &[], "")
}

/// Answers with two rows, and where the next ones are. `limit` is a wish.
fn page(query: &BTreeMap<&str, String>, rows: impl Iterator<Item = Value>) -> Answer {
    let start = query.get("page").map_or(0, |page| page.strip_prefix("from+").unwrap().parse().unwrap());
    let mut rows = rows.skip(start);
    let page: Vec<Value> = rows.by_ref().take(2).collect();
    let next = format!("from+{}", start + 2);
    let headers = [("opc-next-page", next.as_str())];
    let headers = if rows.next().is_some() { &headers[..] } else { &[] };
    with(200, headers, &Value::from(page).to_string())
}
