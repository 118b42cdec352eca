//! A workspace like the quickstart's, made from the simulator's facts: two releases frozen from the golden instance,
//! and the three groups of its world, on either service.

use std::fmt::Write;

use patchtrain::op::Api;
use patchtrain::package::freeze::{Choices, freeze};
use patchtrain::package::manifest::{KernelPolicy, Origin, Provenance};
use patchtrain::simulator::{DEFAULT_SEED, Level, facts, golden_instance};
use patchtrain::train::default_unmanaged;

use super::Workspace;

impl Workspace {
    /// Makes the workspace with every group on `GL1` but for those named, which are on `GL1.1`.
    pub(crate) fn quickstart(moved: &[&str]) -> Self {
        Self::quickstart_on(Api::Osms, moved)
    }

    /// Makes it on a service.
    pub(crate) fn quickstart_on(api: Api, moved: &[&str]) -> Self {
        let workspace = Self::empty();
        for (release, level) in [("GL1", Level::Gl1), ("GL1.1", Level::Gl1_1)] {
            workspace.write(&format!("trains/great-linux/{release}.packages"), &manifest(release, level));
        }
        workspace.bind_on(api, moved, "");
        workspace
    }

    /// Writes the train file anew.
    pub(crate) fn bind(&self, moved: &[&str]) {
        self.bind_on(Api::Osms, moved, "");
    }

    /// Writes the train file anew, with more in each group that is moved.
    pub(crate) fn bind_on(&self, api: Api, moved: &[&str], more: &str) {
        let facts = facts(DEFAULT_SEED);
        let mut text = head(api);
        for release in ["GL1", "GL1.1"] {
            let _ = write!(
                text,
                "\n[[release]]\nname = \"{release}\"\nmanifest = \"great-linux/{release}.packages\"\n"
            );
        }
        for (index, (group, members)) in facts.groups.iter().enumerate() {
            let release = if moved.contains(&group.as_str()) { "GL1.1" } else { "GL1" };
            let _ = write!(text, "\n[[group]]\nname = \"{group}\"\nrelease = \"{release}\"\n");
            if release == "GL1.1" {
                text.push_str(more);
            }
            if index > 0 {
                // One member of the world is unreachable, and one joins later.
                let _ = write!(text, "after = [\"{}\"]\nmax_failures = 2\n", facts.groups[index - 1].0);
            }
            let members: Vec<String> =
                members.iter().map(|member| format!("    \"{}\",\n", member.id)).collect();
            let _ = write!(text, "members = [\n{}]\n", members.concat());
        }
        self.write("trains/great-linux.toml", &text);
    }
}

/// Returns the beginning of a train file for the simulator as a service: all but releases and groups.
pub(crate) fn head(api: Api) -> String {
    let facts = facts(DEFAULT_SEED);
    let vendors = match api {
        Api::Osms => String::new(),
        Api::Osmh => format!("vendor_sources = {:?}\n", facts.vendor_sources),
    };
    let api = api.word();
    format!(
        "[train]\nname = \"great-linux\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
         compartment = \"{}\"\ngolden = \"{}\"\n{vendors}\n[service]\napi = \"{api}\"\n\
         endpoints = {{ {api} = \"simulator\" }}\n",
        facts.compartment, facts.golden.id
    )
}

/// Freezes the golden instance at a level.
fn manifest(release: &str, level: Level) -> String {
    let provenance = Provenance {
        release: release.to_owned(),
        frozen_at: jiff::Timestamp::UNIX_EPOCH,
        origin: Origin::Instance(facts(DEFAULT_SEED).golden.id),
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    };
    let golden = golden_instance(level);
    let unmanaged = default_unmanaged();
    let choices = Choices { unmanaged: &unmanaged, kernels: KernelPolicy::All, previous: None };
    freeze(&golden.as_golden(), &choices, provenance).manifest.to_text()
}
