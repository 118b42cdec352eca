//! OS Management Hub from outside: the same world and the same agents, asked in another way.

mod groups;
mod kept;
mod models;
mod quirks;
mod reads;
mod schedules;
mod sources;
mod stages;
mod work;

use super::super::front::BASES;
use super::*;

/// Speaks to the hub.
pub(super) struct Hub<'a>(pub(super) &'a Client);

impl Hub<'_> {
    fn send(&self, method: Method, path: &str, body: Value, extra: &[(&str, &str)]) -> Got {
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
        self.0.send(self.0.request(method, &format!("{}{path}", BASES[1]), &body, extra))
    }

    pub(super) fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, Value::Null, &[])
    }

    pub(super) fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, body, &[])
    }

    pub(super) fn put(&self, path: &str, body: Value) -> Got {
        self.send(Method::PUT, path, body, &[])
    }

    pub(super) fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, Value::Null, &[])
    }

    /// Reads all pages of a list.
    pub(super) fn all(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut page) = (Vec::new(), String::new());
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let got = self.get(&format!("{path}{separator}limit=700{page}"));
            assert_eq!(got.status, 200, "{path}: {got:?}");
            rows.extend(got.body["items"].as_array().unwrap().iter().cloned());
            match got.header("opc-next-page") {
                "" => return rows,
                token => page = format!("&page={}", escape(token)),
            }
        }
    }

    /// The vendor's source of a name in agents' configurations.
    pub(super) fn vendor(&self, repo_id: &str) -> String {
        let all = self.all(&format!("/softwareSources?compartmentId={}", credentials().tenancy));
        let found = all.iter().find(|source| source["repoId"] == repo_id);
        found.unwrap_or_else(|| panic!("no {repo_id}"))["id"].as_str().unwrap().to_owned()
    }

    /// Makes a custom source that holds packages.
    pub(super) async fn release(&self, name: &str, packages: &crate::package::PackageSet) -> String {
        let vendors = ["ol8_baseos_latest", "ol8_appstream", "ol8_uekr7", "ol8_ksplice"];
        let vendors = vendors.map(|name| json!({ "id": self.vendor(&format!("{name}-x86_64")) }));
        let made = self.post(
            "/softwareSources",
            json!({
                "softwareSourceType": "CUSTOM",
                "compartmentId": COMPARTMENT,
                "displayName": name,
                "vendorSoftwareSources": vendors,
                "isCreatedFromPackageList": true,
            }),
        );
        assert_eq!((made.status, made.header("opc-work-request-id")), (201, ""), "{made:?}");
        let path = format!("/softwareSources/{}", made.id());
        while self.get(&path).body["lifecycleState"] != "ACTIVE" {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        if packages.is_empty() {
            return made.id();
        }
        let names: Vec<&str> = packages.iter().map(crate::package::Package::as_str).collect();
        let added = self.post(&format!("{path}/actions/addPackages"), json!({ "packages": names }));
        assert_eq!(added.status, 202, "{added:?}");
        assert_eq!(self.wait(added.header("opc-work-request-id")).await["status"], "SUCCEEDED");
        made.id()
    }

    /// Makes a group of Oracle Linux 8 in the cloud.
    pub(super) async fn group(&self, name: &str, sources: &[&str], members: &[&str]) -> String {
        let made = self.post("/managedInstanceGroups", group_details(name, sources, members));
        assert_eq!(made.status, 202, "{made:?}");
        self.wait(made.header("opc-work-request-id")).await;
        made.id()
    }

    /// Acts on a group.
    pub(super) fn act(&self, group: &str, action: &str, body: Value) -> Got {
        self.post(&format!("/managedInstanceGroups/{group}/actions/{action}"), body)
    }

    /// Acts on a group and waits until its work request has ended.
    pub(super) async fn done(&self, group: &str, action: &str, body: Value) -> Value {
        let accepted = self.act(group, action, body);
        assert_eq!(accepted.status, 202, "{accepted:?}");
        self.wait(accepted.header("opc-work-request-id")).await
    }

    /// Waits until all work of a thing has ended.
    pub(super) async fn settle(&self, resource: &str) {
        for work in self.all(&format!("/workRequests?resourceId={resource}")) {
            self.wait(work["id"].as_str().unwrap()).await;
        }
    }

    /// Asks an instance for something and waits until it has been done.
    pub(super) async fn ask(&self, id: &str, action: &str, body: Value) -> Value {
        let accepted = self.post(&format!("{}/actions/{action}", instance(id)), body);
        assert_eq!(accepted.status, 202, "{accepted:?}");
        self.wait(accepted.header("opc-work-request-id")).await
    }

    pub(super) async fn wait(&self, work: &str) -> Value {
        loop {
            let got = self.get(&format!("/workRequests/{work}"));
            assert_eq!(got.status, 200, "{got:?}");
            if ["SUCCEEDED", "FAILED"].contains(&got.body["status"].as_str().unwrap()) {
                return got.body;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// The sources of an instance or a group.
    pub(super) fn sources(&self, path: &str) -> Vec<String> {
        let got = self.get(path).body;
        let rows = got["softwareSources"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// What the hub believes to be installed.
    pub(super) fn installed(&self, instance: &str) -> crate::package::PackageSet {
        let rows = self.all(&format!("/managedInstances/{instance}/installedPackages"));
        rows.iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str();
                let arch = text("architecture").unwrap_or("(none)").to_lowercase();
                let (name, version) = (text("displayName").unwrap(), text("version").unwrap());
                crate::package::Package::from_parts(name, version, &arch).unwrap()
            })
            .collect()
    }
}

pub(super) fn group_details(name: &str, sources: &[&str], members: &[&str]) -> Value {
    json!({
        "compartmentId": COMPARTMENT,
        "displayName": name,
        "osFamily": "ORACLE_LINUX_8",
        "archType": "X86_64",
        "vendorName": "ORACLE",
        "location": "OCI_COMPUTE",
        "softwareSourceIds": sources,
        "managedInstanceIds": members,
    })
}

/// What a release of the golden instance holds: all of it that the vendor ships.
pub(super) fn sourced(level: Level) -> crate::package::PackageSet {
    let set = golden_set(level);
    set.iter().filter(|package| super::super::front::shipped(package.as_str()).is_some()).collect()
}

/// The path of an instance.
pub(super) fn instance(id: &str) -> String {
    format!("/managedInstances/{id}")
}
