//! The train file of a story, and everything that stories change in it.

use std::collections::BTreeMap;
use std::fmt::Write;

use patchtrain::op::Api;
use patchtrain::simulator::Facts;

use super::stage::Stage;

/// A group of the train file, as stories edit it.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) release: String,
    /// Display names; none for `"service"`.
    pub(super) members: Option<Vec<String>>,
    pub(super) after: Option<String>,
    pub(super) max_failures: usize,
    /// Whether members are those that are tagged for the group instead.
    pub(super) selects: bool,
    /// `update`, where it is said.
    pub(super) update: Option<String>,
    /// `schedule`, where there is one: what, how often, from when.
    pub(super) schedule: Option<[String; 3]>,
    /// Other settings, as they are written.
    pub(super) settings: BTreeMap<String, String>,
}

impl Stage {
    pub(crate) fn group(&mut self, name: &str, edit: impl FnOnce(&mut Vec<String>, &mut String, &mut usize)) {
        let group = self.groups.iter_mut().find(|group| group.name == name);
        let group = group.unwrap_or_else(|| panic!("the train has no group {name}"));
        let mut members = group.members.take();
        edit(members.get_or_insert_default(), &mut group.release, &mut group.max_failures);
        group.members = members;
        self.write();
    }

    /// Leaves the members of a group to the service.
    pub(crate) fn leave_to_service(&mut self, name: &str) {
        self.groups.iter_mut().filter(|group| group.name == name).for_each(|group| group.members = None);
        self.write();
    }

    /// Selects the members of a group by the tag that the simulator has on them.
    pub(crate) fn select(&mut self, name: &str) {
        self.groups.iter_mut().filter(|group| group.name == name).for_each(|group| group.selects = true);
        self.write();
    }

    /// Says which updates a group makes.
    pub(crate) fn updates(&mut self, name: &str, update: &str) {
        let group = self.groups.iter_mut().filter(|group| group.name == name);
        group.for_each(|group| group.update = Some(update.to_owned()));
        self.write();
    }

    /// Gives a group a schedule, or takes it away.
    pub(crate) fn schedule(&mut self, name: &str, schedule: Option<[String; 3]>) {
        let group = self.groups.iter_mut().filter(|group| group.name == name);
        group.for_each(|group| group.schedule.clone_from(&schedule));
        self.write();
    }

    /// Writes a setting of a group as it is given, or takes it away.
    pub(crate) fn set(&mut self, name: &str, key: &str, value: Option<&str>) {
        for group in self.groups.iter_mut().filter(|group| group.name == name) {
            match value {
                Some(value) => drop(group.settings.insert(key.to_owned(), value.to_owned())),
                None => drop(group.settings.remove(key)),
            }
        }
        self.write();
    }

    pub(crate) fn drop_group(&mut self, name: &str) {
        self.groups.retain(|group| group.name != name);
        self.groups.iter_mut().for_each(|group| group.after.take_if(|after| after == name).map_or((), drop));
        self.write();
    }

    /// Retires a release, or takes that back.
    pub(crate) fn retire(&mut self, release: &str, retired: bool) {
        match retired {
            true => self.retired.insert(release.to_owned()),
            false => self.retired.remove(release),
        };
        self.write();
    }

    /// Says how sources are made from now on.
    pub(crate) fn lay_out(&mut self, layout: &str) {
        layout.clone_into(&mut self.layout);
        self.write();
    }

    /// Writes the train file.
    pub(super) fn write(&self) {
        let Facts { compartment, golden, vendor_sources, .. } = &self.facts;
        let vendors = match self.api {
            Api::Osms => String::new(),
            Api::Osmh => format!("vendor_sources = {vendor_sources:?}\n"),
        };
        let api = self.api.word();
        let mut text = format!(
            "[train]\nname = \"great-linux\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
             compartment = \"{compartment}\"\ngolden = \"{}\"\nlayout = \"{}\"\n{vendors}\n[service]\napi = \"{api}\"\n\
             endpoints = {{ {api} = \"simulator\" }}\n",
            golden.id, self.layout
        );
        for release in ["GL1", "GL1.1"] {
            let manifest = format!("great-linux/{release}.packages");
            write!(text, "\n[[release]]\nname = \"{release}\"\nmanifest = \"{manifest}\"\n").unwrap();
            if self.retired.contains(release) {
                text.push_str("retired = true\n");
            }
        }
        for Group { name, release, members, after, max_failures, selects, update, schedule, settings } in
            &self.groups
        {
            write!(text, "\n[[group]]\nname = \"{name}\"\nrelease = \"{release}\"\n").unwrap();
            if let Some(after) = after {
                writeln!(text, "after = [\"{after}\"]").unwrap();
            }
            writeln!(text, "max_failures = {max_failures}").unwrap();
            for (key, value) in settings {
                writeln!(text, "{key} = {value}").unwrap();
            }
            if let Some(update) = update {
                writeln!(text, "update = \"{update}\"").unwrap();
            }
            if let Some([update, every, start]) = schedule {
                let table = format!("{{ update = \"{update}\", every = \"{every}\", start = \"{start}\" }}");
                writeln!(text, "schedule = {table}").unwrap();
            }
            match members {
                _ if *selects => writeln!(
                    text,
                    "members = {{ compartments = [\"{compartment}\"], tags = {{ \"ops.patch\" = \"{name}\" }} }}"
                )
                .unwrap(),
                None => text.push_str("members = \"service\"\n"),
                Some(members) => {
                    let ids: Vec<String> =
                        members.iter().map(|name| format!("\"{}\"", self.id(name))).collect();
                    writeln!(text, "members = [{}]", ids.join(", ")).unwrap();
                }
            }
        }
        self.workspace.write("trains/great-linux.toml", &text);
    }
}
