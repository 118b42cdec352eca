//! What somebody does by hand on OS Management Hub, where members of a group are locked: to a whole group, or to an instance
//! that he has taken out of its group; and what is told there in other words.

use patchtrain::name::{GroupName, Ocid, ReleaseName};
use patchtrain::observed::{Scope, Sighting};
use patchtrain::oci::Call;
use patchtrain::op::{Api, GroupRef, Op, SourceRef, Wanted};
use serde_json::json;

use super::stage::Stage;

impl Stage {
    /// The group of the service that an instance is updated with, where it is not updated by itself.
    pub(super) async fn group_of(&self, name: &str) -> Option<Ocid> {
        match self.api {
            Api::Osms => None,
            Api::Osmh => {
                let seen = self.as_it_is(name).await;
                Some(Ocid::new(seen["managedInstanceGroup"]["id"].as_str()?))
            }
        }
    }

    async fn group_by_hand(&self, name: &str) -> GroupRef {
        let name = GroupName::new(name);
        GroupRef { id: Some(self.state().await.groups[&name].id.clone()), group: name }
    }

    /// Who is in a group of the service, by display name.
    pub(super) async fn members_of(&self, group: &str) -> Vec<String> {
        let id = self.group_by_hand(group).await.id;
        let (instances, groups) = Default::default();
        let group_ids = id.into_iter().collect();
        let Sighting::Fleet(fleet) = self.look(Scope::Fleet { instances, groups, group_ids }).await else {
            panic!("not a fleet")
        };
        let members = fleet.groups.values().flat_map(|group| &group.members);
        let mut names: Vec<String> = members.map(|id| self.named(id.to_string())).collect();
        names.sort();
        names
    }

    async fn sources_of_group(&self, group: &GroupRef) -> Vec<Ocid> {
        let (instances, groups) = Default::default();
        let group_ids = group.id.iter().cloned().collect();
        let Sighting::Fleet(fleet) = self.look(Scope::Fleet { instances, groups, group_ids }).await else {
            panic!("not a fleet")
        };
        let sources = fleet.groups.values().flat_map(|group| &group.sources);
        sources.map(|source| source.id.clone()).collect()
    }

    pub(super) async fn update_group_by_hand(&mut self, group: &str) {
        let group = self.group_by_hand(group).await;
        let source = SourceRef { release: ReleaseName::new("none"), id: None, under: None };
        let op = Op::UpdateGroup { group, source, kind: Wanted::All, instances: Vec::new() };
        self.by_hand(&op).await;
    }

    /// Puts a whole group on the source of a release, as the tool would, and updates it.
    pub(super) async fn put_group_by_hand(&mut self, name: &str, release: &str) {
        let group = self.group_by_hand(name).await;
        let release = ReleaseName::new(release);
        let id = self.state().await.sources[&release].id.clone();
        let mut others = self.sources_of_group(&group).await;
        others.retain(|other| *other != id);
        let source = SourceRef { release, id: Some(id), under: None };
        let (of, instances) = (group.clone(), Vec::new());
        self.by_hand(&Op::Attach { group: of, source: source.clone(), instances }).await;
        let (of, instances) = (group, Vec::new());
        self.by_hand(&Op::Detach { group: of, sources: others, keeps: source, instances }).await;
        self.update_group_by_hand(name).await;
    }

    /// Takes an instance out of its group, puts it on the vendor's sources and updates it.
    pub(super) async fn leave_for_the_vendor(&mut self, name: &str) {
        let id = self.id(name);
        let seen = self.as_it_is(name).await;
        let group = seen["managedInstanceGroup"]["id"].as_str().unwrap().to_owned();
        let path = ["managedInstanceGroups", group.as_str(), "actions", "detachManagedInstances"];
        let call = Call::post("Leave", &path).json(&json!({ "managedInstances": [id.as_str()] }));
        self.client.send(&call).await.unwrap();
        let has: Vec<String> = seen["softwareSources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| link["id"].as_str().unwrap().to_owned())
            .collect();
        let has: Vec<&str> = has.iter().map(String::as_str).collect();
        let vendors: Vec<Ocid> = self.vendors().await;
        let vendors: Vec<&str> = vendors.iter().map(Ocid::as_str).collect();
        for (action, sources) in [("attachSoftwareSources", &vendors), ("detachSoftwareSources", &has)] {
            let path = ["managedInstances", id.as_str(), "actions", action];
            let call = Call::post("Sources", &path).json(&json!({ "softwareSources": sources }));
            self.client.send(&call).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        self.by_hand(&Op::Patch { instance: id, wanted: Wanted::All, package: None }).await;
    }

    /// The sources that the golden instance has, which are the vendor's.
    async fn vendors(&self) -> Vec<Ocid> {
        let seen = self.as_it_is("golden-01").await;
        let links = seen["softwareSources"].as_array().unwrap();
        links.iter().map(|link| Ocid::new(link["id"].as_str().unwrap())).collect()
    }

    /// Counts the updates that an instance was ever asked for.
    pub(crate) async fn updates_of(&self, name: &str) -> usize {
        let id = self.id(name);
        let (about, operation) = match self.api {
            Api::Osms => ("managedInstanceId", "UPDATEALL"),
            Api::Osmh => ("resourceId", "UPDATE_ALL_PACKAGES"),
        };
        let call = Call::get("ListWorkRequests", &["workRequests"])
            .query("compartmentId", self.facts.compartment.as_str())
            .query(about, id.as_str())
            .query("limit", "1000");
        let reply = self.client.send(&call).await.unwrap();
        let reply: serde_json::Value = reply.json().unwrap();
        let rows = reply.as_array().or_else(|| reply["items"].as_array()).unwrap();
        rows.iter().filter(|row| row["operationType"] == operation).count()
    }
}
