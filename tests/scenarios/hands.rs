//! What somebody attaches and detaches by hand, and what is attached.

use std::collections::{BTreeMap, BTreeSet};

use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::observed::{Scope, Sighting, SourceLink};
use patchtrain::oci::Call;
use patchtrain::op::{Adjust, Api, Op, SourceRef};
use patchtrain::package::{Package, PackageSet};
use serde_json::json;

use super::stage::Stage;

impl Stage {
    /// What an instance has attached, by name: its parent first.
    pub(crate) async fn attached(&self, name: &str) -> Vec<String> {
        let seen = self.as_it_is(name).await;
        let (parent, called, children) = match self.api {
            Api::Osms => (seen["parentSoftwareSource"].clone(), "name", &seen["childSoftwareSources"]),
            Api::Osmh => (serde_json::Value::Null, "displayName", &seen["softwareSources"]),
        };
        let links = [parent].into_iter().chain(children.as_array().cloned().unwrap_or_default());
        links.filter_map(|link| link[called].as_str().map(str::to_owned)).collect()
    }

    /// Reads an instance past everything that keeps what was read a moment ago.
    pub(super) async fn as_it_is(&self, name: &str) -> serde_json::Value {
        let call = Call::get("GetManagedInstance", &["managedInstances", self.id(name).as_str()]);
        self.client.send(&call).await.unwrap().json().unwrap()
    }

    /// The children that each member has attached, by id.
    pub(crate) async fn children(&self) -> BTreeMap<String, BTreeSet<String>> {
        let members = self.facts.groups.iter().flat_map(|(_, members)| members);
        let instances = members.map(|member| Ocid::new(&member.id)).collect();
        let (groups, group_ids) = Default::default();
        let Sighting::Fleet(fleet) = self.look(Scope::Fleet { instances, groups, group_ids }).await else {
            panic!("not a fleet")
        };
        let ids = |children: &[SourceLink]| children.iter().map(|child| child.id.to_string()).collect();
        fleet.instances.iter().map(|(id, seen)| (id.to_string(), ids(&seen.children))).collect()
    }

    pub(crate) async fn detach_children(&mut self, name: &str) {
        let instance = self.id(name);
        let seen = self.as_it_is(name).await;
        for child in seen["childSoftwareSources"].as_array().cloned().unwrap_or_default() {
            let path = ["managedInstances", instance.as_str(), "actions", "detachChildSoftwareSource"];
            let call = Call::post("DetachChild", &path).json(&json!({ "softwareSourceId": child["id"] }));
            self.client.send(&call).await.unwrap();
        }
    }

    /// Removes a package from an instance, in the version that is there.
    pub(crate) async fn remove_by_hand(&mut self, package: &str, name: &str) {
        let instance = self.id(name);
        let installed = self.simulator.installed_on(instance.as_str()).unwrap();
        let package = installed.iter().find(|have| have.name() == package).unwrap();
        let source = SourceRef { release: ReleaseName::new("none"), id: None, under: None };
        self.by_hand(&Op::Enforce { instance, source, adjusts: vec![Adjust::Remove(package)] }).await;
    }

    /// What an instance has besides its release, and what it lacks of it, by the simulator's own books.
    pub(crate) async fn unlike(&self, name: &str, release: &str) -> String {
        let installed = self.simulator.installed_on(self.id(name).as_str()).unwrap();
        let id = self.state().await.sources[&ReleaseName::new(release)].id.clone();
        let Sighting::SourceContents(_, Some(held)) = self.look(Scope::SourceContents(id)).await else {
            panic!("{release} cannot be read")
        };
        let newest = |set: &PackageSet| -> PackageSet {
            set.by_name_arch().map(|versions| *versions.last().unwrap()).collect()
        };
        let (have, want) = (newest(&installed), newest(&held));
        let of_agents =
            |package: &&Package| !package.name().contains("agent") && package.name() != "gpg-pubkey";
        let beside = have.difference(&want);
        let beside: Vec<&str> = beside.iter().filter(of_agents).map(|package| package.as_str()).collect();
        let lacks = want.difference(&have);
        format!("{} besides: {}\n{} lacking\n", beside.len(), beside.join(" "), lacks.len())
    }

    /// Puts an instance on a release's source, which is no business of the train's.
    pub(crate) async fn switch_by_hand(&mut self, name: &str, release: &str) {
        let release = ReleaseName::new(release);
        let id = self.state().await.sources[&release].id.clone();
        let to = SourceRef { release, id: Some(id), under: None };
        self.by_hand(&Op::Switch { instance: self.id(name), from: None, to, drops: Vec::new() }).await;
    }
}
