//! What the service of a few rules does when it is asked to: things made, sources filled, and work for groups, which stays
//! where it is until a test moves it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::service::{World, accepted, link, missing, names};
use crate::oci::testing::{Answer, refuse, with};
use crate::package::Package;

impl World {
    pub(super) fn create(&mut self, kind: &str, body: Value) -> Answer {
        let id = format!("made-{}", body["displayName"].as_str().unwrap());
        let mut made = body;
        made["id"] = json!(id);
        made["lifecycleState"] = json!("ACTIVE");
        let mut first = made.clone();
        match kind {
            "softwareSources" => {
                self.contents.insert(id.clone(), BTreeSet::new());
                first["lifecycleState"] = json!("CREATING");
            }
            "managedInstanceGroups" => {
                let sources = made["softwareSourceIds"].as_array().unwrap();
                let links: Vec<Value> = sources.iter().map(|id| link(id.as_str().unwrap())).collect();
                made["softwareSources"] = json!(links);
                made["softwareSourceIds"] = json!(links);
                made["managedInstanceIds"] = json!([]);
                first = made.clone();
                first["lifecycleState"] = json!("CREATING");
            }
            "profiles" => made["managedInstanceGroup"] = json!({"id": made["managedInstanceGroupId"]}),
            _ => {}
        }
        self.rows_mut(kind).insert(id, made);
        let status = match kind {
            "softwareSources" => 201,
            "managedInstanceGroups" => 202,
            _ => 200,
        };
        with(status, &[("etag", "aa--gzip")], &first.to_string())
    }

    /// Puts into a source what one of those has that it is drawn from, and leaves the rest out without a word.
    pub(super) fn refill(&mut self, id: &str, action: &str, body: &Value) -> Answer {
        let drawn: BTreeSet<String> = names(&self.sources[id]["vendorSoftwareSources"]);
        let offered: BTreeSet<Package> =
            drawn.iter().filter_map(|id| self.contents.get(id)).flatten().copied().collect();
        let listed = body["packages"].as_array().unwrap();
        let listed = listed.iter().map(|name| name.as_str().unwrap().parse::<Package>().unwrap());
        let contents = self.contents.get_mut(id).unwrap();
        match action {
            "addPackages" => {
                assert_eq!(body["isContinueOnMissingPackages"], true);
                contents.extend(listed.filter(|package| offered.contains(package)));
            }
            _ => {
                let gone: Vec<Package> = listed.collect();
                contents.retain(|package| !gone.contains(package));
            }
        }
        let work = format!("work-{}", self.work.len() + 1);
        self.add_work(&work, "SUCCEEDED", ("SOFTWARE_SOURCE", id), None, json!("c"));
        accepted(&work)
    }

    pub(super) fn on_group(&mut self, id: &str, action: &str, body: &Value) -> Answer {
        let Some(group) = self.groups.get_mut(id) else { return missing() };
        let members: Vec<String> = names(&group["managedInstanceIds"]).into_iter().collect();
        let named = names(&body["softwareSources"]);
        match action {
            "attachSoftwareSources" => {
                for source in named {
                    for key in ["softwareSources", "softwareSourceIds"] {
                        group[key].as_array_mut().unwrap().push(link(&source));
                    }
                }
            }
            "detachSoftwareSources" => {
                let left = names(&group["softwareSources"]);
                if !named.is_subset(&left) || left.len() == named.len() {
                    return refuse(400, "InvalidParameter");
                }
                for key in ["softwareSources", "softwareSourceIds"] {
                    let links = group[key].as_array_mut().unwrap();
                    links.retain(|link| !named.contains(link["id"].as_str().unwrap()));
                }
                if self.detaching_makes_work {
                    self.crew(id, &members, body).unwrap();
                }
                return with(202, &[], "");
            }
            "attachManagedInstances" => {
                let joining = names(&body["managedInstances"]);
                if joining.iter().any(|id| members.contains(id)) {
                    return refuse(409, "Conflict");
                }
                let all: BTreeSet<String> = members.into_iter().chain(joining.clone()).collect();
                group["managedInstanceIds"] = json!(all);
                return self.crew(id, &joining.into_iter().collect::<Vec<_>>(), body);
            }
            "detachManagedInstances" => {
                let leaving = names(&body["managedInstances"]);
                if leaving.iter().any(|id| !members.contains(id)) {
                    return refuse(400, "InvalidParameter");
                }
                let left: Vec<String> = members.into_iter().filter(|id| !leaving.contains(id)).collect();
                group["managedInstanceIds"] = json!(left);
                return with(204, &[], "");
            }
            _ => {}
        }
        self.crew(id, &members, body)
    }

    /// Makes a work request with a part for each of these.
    pub(super) fn crew(&mut self, group: &str, members: &[String], body: &Value) -> Answer {
        let root = format!("work-{}", self.work.len() + 1);
        self.add_work(&root, "ACCEPTED", ("GROUP", group), None, json!("c"));
        self.labelled(body);
        for member in members {
            let part = format!("{root}-{member}");
            let compartment =
                self.instances.get(member).map_or(json!("c"), |instance| instance["compartmentId"].clone());
            self.add_work(&part, "ACCEPTED", ("INSTANCE", member), Some(&root), compartment);
        }
        accepted(&root)
    }

    pub(super) fn add_work(
        &mut self,
        id: &str,
        status: &str,
        (kind, resource): (&str, &str),
        parent: Option<&str>,
        compartment: Value,
    ) {
        self.work.push(json!({
            "id": id, "status": status, "operationType": "SET_SOFTWARE_SOURCES", "parentId": parent,
            "childrenId": [], "compartmentId": compartment, "percentComplete": 25.5,
            "timeCreated": format!("2026-11-22T14:00:{:02}.000Z", self.work.len()),
            "resources": [{"entityType": kind, "actionType": "IN_PROGRESS", "identifier": resource}],
        }));
        if let Some(parent) = self.work.iter_mut().find(|work| Some(work["id"].as_str().unwrap()) == parent) {
            parent["childrenId"].as_array_mut().unwrap().push(json!(id));
        }
    }

    /// Calls the newest work request what it is to be called.
    pub(super) fn labelled(&mut self, body: &Value) {
        let label = &body["workRequestDetails"];
        if let Some(work) = self.work.last_mut().filter(|_| label.is_object() && !self.forgets_labels) {
            work["displayName"] = label["displayName"].clone();
            work["description"] = label["description"].clone();
        }
    }
}
