//! The files of a new workspace. What they hold is laid out as `patchtrain fmt` would.

use std::fmt::Write;

use crate::name::{Ocid, TrainName};
use crate::op::Api;
use crate::simulator::Facts;

/// `state/.gitignore`
pub(super) const GITIGNORE: &str = include_str!("../../../state/.gitignore");
/// `state/README.md`
pub(super) const STATE: &str = include_str!("../../../state/README.md");

/// What flags say of a tenancy.
pub(super) struct Tenancy<'a> {
    pub(super) name: &'a TrainName,
    pub(super) api: Api,
    pub(super) vendor_sources: &'a [String],
    /// Whether somebody named them.
    pub(super) vendors_named: bool,
    pub(super) compartment: &'a Ocid,
    pub(super) region: Option<&'a str>,
    pub(super) golden: Option<&'a Ocid>,
    pub(super) os: &'a str,
    pub(super) architecture: &'a str,
}

/// A train file that explains every key that people need. Settings that are commented out can be used as they stand.
pub(super) fn of_tenancy(tenancy: &Tenancy<'_>) -> String {
    let Tenancy { name, api, vendor_sources, vendors_named, compartment, region, golden, os, architecture } =
        tenancy;
    let hub = *api == Api::Osmh;
    let vendors = format!("vendor_sources = {}", array(vendor_sources));
    let vendors = if hub || *vendors_named { vendors } else { format!("# {vendors}") };
    let (children, profile) = if hub { ("", PROFILE) } else { (LAYOUT, "") };
    let api = api.word();
    let golden = match golden {
        Some(golden) => format!("golden = \"{golden}\""),
        None => "# golden = \"ocid1.instance.oc1..\"".to_owned(),
    };
    let region = match region {
        Some(region) => format!("region = \"{region}\""),
        None => "# region = \"eu-frankfurt-1\"".to_owned(),
    };
    format!(
        r#"# The train `{name}`: releases in order, and groups of instances that ride them. `patchtrain validate` checks
# this file, `patchtrain fmt` lays it out, `patchtrain plan` says what it would change.

[train]
name         = "{name}"
os           = "{os}"
architecture = "{architecture}"

# Where software sources and groups are made, and instances are looked for by name.
compartment = "{compartment}"

# The instance that releases are frozen from. It is patched and tested first, and is never a member of a group.
{golden}

# Names of packages that are no business of the train: neither frozen nor compared. These are the default; besides them,
# whatever no software source provides is left out.
# unmanaged = ["gpg-pubkey*", "ksplice-uptrack-release*", "oracle-cloud-agent*", "unified-monitoring-agent*"]

# The vendor's software sources that OS Management Hub fills releases from, by name or OCID: those that the golden
# instance has. Each has to be selected there. To OS Management they mean nothing.
{vendors}
{children}
[service]
# OS Management Hub, "osmh", or OS Management, "osms", which Oracle retired in 2025.
api = "{api}"

# Left out, the region is that of OCI_CLI_REGION or of the profile.
{region}

# The profile of ~/.oci/config whose key signs the calls; OCI_CLI_PROFILE goes before it.
# profile = "DEFAULT"

# How long an instance's agent may take for an update before a run waits no longer: then the instance is held until
# the service gives the work up.
# work_timeout = "4h"

[state]
store = "local"    # in the folder state/; keep a backup of it
# In a bucket of Object Storage, where several apply the train (`patchtrain init` tries it out):
# store  = "object_storage"
# bucket = "patchtrain-states"

# Releases: `patchtrain freeze R1` writes trains/{name}/R1.packages and declares it here. When one is no longer wanted,
# give it `retired = true`: its source is deleted once nothing rides it.

# Groups: who rides which release. The group of the service is made if it is not there.
#
# [[group]]
# name    = "canary"
# release = "R1"
# members = [
#     "ocid1.instance.oc1..aaaa",    # web-01
# ]
#
# [[group]]
# name    = "web"
# release = "R1"
#
# Whoever the service says is in the group of that name.
# members = "service"
#
# It moves once these are at their level.
# after = ["canary"]
#
# So many members may be below it for the group to count as at level: a number, or a share of the group.
# max_failures = "5%"
#
# What it means that a package is newer than in the release: "report" says so, "block" keeps the instance below level.
# ahead = "report"
#
# Which updates its members install, and so what its level counts: "all", "security", "bugfix", "enhancement", "none".
# update = "all"
#
# Updates that the service installs by itself, every so many hours, days, weeks or months.
# schedule = {{ update = "security", every = "1 week", start = "2026-12-05T02:00:00Z" }}
{profile}#
# [[group]]
# name    = "batch"
# release = "R1"
#
# Whoever lies in these compartments and has these tags: `namespace.key` is a defined tag, a key without a dot a
# free-form one. Instances that are started later join with the next apply.
# members = {{ compartments = ["ocid1.compartment.oc1..aaaa"], subcompartments = true, tags = {{ "ops.patch" = "batch" }} }}
"#
    )
}

/// What only OS Management has.
const LAYOUT: &str = r#"
# How software sources are made: each release a parent source ("parent"), or a child of an empty parent source of the
# train's own ("child"), which makes later switches an exchange of children that leaves nobody without repositories.
# layout = "parent"
"#;

/// What only OS Management Hub has.
const PROFILE: &str = r"#
# A registration profile, with which a new system comes up as a member, on the release. Not beside a list of members,
# which it would not stand in.
# profile = true
";

/// Writes strings on one line, or one a line where that is too long.
fn array(texts: &[impl AsRef<str>]) -> String {
    let quoted = texts.iter().map(|text| serde_json::Value::from(text.as_ref()).to_string());
    let line = format!("[{}]", quoted.clone().collect::<Vec<_>>().join(", "));
    if line.len() <= 100 {
        return line;
    }
    format!("[\n{}]", quoted.map(|text| format!("    {text},\n")).collect::<String>())
}

/// A train file for the embedded simulator: its groups, all on the first release.
pub(super) fn of_simulator(name: &TrainName, api: Api, facts: &Facts, releases: &[&str]) -> String {
    let vendors = match api {
        Api::Osms => String::new(),
        Api::Osmh => format!(
            "\n# What OS Management Hub fills releases from.\nvendor_sources = {}\n",
            array(&facts.vendor_sources)
        ),
    };
    let api = api.word();
    let mut text = format!(
        r#"# The quickstart's train: three groups of the simulator's fleet, all on GL1. To move the canary, set its release to
# GL1.1, plan, and apply; to move the others, do the same for them.

[train]
name         = "{name}"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "{}"
golden       = "{}"    # {}
{vendors}
[service]
api       = "{api}"
endpoints = {{ {api} = "simulator" }}    # the embedded one; without this line, your region's

[state]
store = "local"
"#,
        facts.compartment, facts.golden.id, facts.golden.name
    );
    for release in releases {
        let manifest = format!("{name}/{release}.packages");
        let _ = write!(text, "\n[[release]]\nname     = \"{release}\"\nmanifest = \"{manifest}\"\n");
    }
    let first = releases.first().copied().unwrap_or_default();
    for (index, (group, members)) in facts.groups.iter().enumerate() {
        let _ = write!(text, "\n[[group]]\nname    = \"{group}\"\nrelease = \"{first}\"\n");
        if index > 0 {
            let _ = writeln!(text, "after   = [\"{}\"]", facts.groups[0].0);
        }
        text.push_str("members = [\n");
        for member in members {
            let _ = writeln!(text, "    \"{}\",    # {}", member.id, member.name);
        }
        text.push_str("]\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::simulator::{DEFAULT_SEED, facts};
    use crate::train;

    fn tenancy(api: Api, golden: bool) -> String {
        let (compartment, instance) =
            (Ocid::new("ocid1.compartment.oc1..prod"), Ocid::new("ocid1.instance.oc1..gold"));
        of_tenancy(&Tenancy {
            name: &TrainName::new("prod"),
            api,
            vendor_sources: &train::usual_vendor_sources("oracle-linux-9", "aarch64"),
            vendors_named: false,
            compartment: &compartment,
            region: golden.then_some("eu-frankfurt-1"),
            golden: golden.then_some(&instance),
            os: "oracle-linux-9",
            architecture: "aarch64",
        })
    }

    #[test]
    fn the_templates_are_laid_out_as_fmt_would() {
        let name = TrainName::new("great-linux");
        let simulator = |api| of_simulator(&name, api, &facts(DEFAULT_SEED), &["GL1", "GL1.1"]);
        let of = |api| [tenancy(api, true), tenancy(api, false), simulator(api)];
        for text in Api::ALL.into_iter().flat_map(of) {
            let formatted = train::format(&text).unwrap();
            let diff = similar::TextDiff::from_lines(&text, &formatted);
            assert!(text == formatted, "{}", diff.unified_diff());
            assert!(text.lines().all(|line| line.chars().count() <= 120 || line.contains("ocid1")));
        }
    }

    #[test]
    fn the_repositorys_train_is_what_init_writes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let kept = std::fs::read_to_string(root.join("trains/great-linux.toml")).unwrap();
        let name = TrainName::new("great-linux");
        let text = of_simulator(&name, Api::Osms, &facts(DEFAULT_SEED), &["GL1", "GL1.1"]);
        let diff = similar::TextDiff::from_lines(&kept, &text);
        assert!(kept == text, "{}", diff.unified_diff());
    }

    #[test]
    fn many_sources_stand_one_a_line() {
        assert_eq!(array(&["a", "b\"c"]), r#"["a", "b\"c"]"#);
        let long = ["x".repeat(60), "y".repeat(60)];
        assert_eq!(array(&long), format!("[\n    \"{}\",\n    \"{}\",\n]", long[0], long[1]));
    }

    #[test]
    fn what_is_commented_out_can_be_used() {
        Api::ALL.into_iter().for_each(what_is_commented_out_can_be_used_on);
    }

    fn what_is_commented_out_can_be_used_on(api: Api) {
        let text = tenancy(api, true);
        let is_setting = |line: &str| {
            let key = line.split(" = ").next().unwrap_or_default().trim_end();
            let setting = line.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            setting || line.starts_with("[[") || line.starts_with("    ") || line == "]"
        };
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(commented) if is_setting(commented) => commented,
            _ => line,
        });
        let mut used = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(used.matches("[[group]]").count(), 3);
        used = used.replacen(
            "\n[[group]]",
            "\n[[release]]\nname = \"R1\"\nmanifest = \"R1.packages\"\n[[group]]",
            1,
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prod.toml"), &used).unwrap();
        std::fs::write(folder.path().join("R1.packages"), "bash-4.4.20-5.el8.aarch64\n").unwrap();
        let loaded = train::load(&folder.path().join("prod.toml"));
        let loaded = loaded.unwrap_or_else(|problems| panic!("{}\n{used}", problems.render(false)));
        assert_eq!(loaded.groups.len(), 3);
        assert_eq!(loaded.unmanaged, train::default_unmanaged());
        assert_eq!(loaded.service.api, api);
        assert_eq!(loaded.vendor_sources.len(), 2, "one file serves both services");
        // Every key that this version acts on is explained, as a setting or as one that is commented out.
        let own = match api {
            Api::Osms => "layout = ",
            Api::Osmh => "profile = true",
        };
        for key in [
            "name",
            "os",
            "architecture",
            "compartment",
            "golden",
            "vendor_sources",
            "unmanaged",
            "api",
            "region",
            "profile = \"",
            own,
        ] {
            assert!(used.lines().any(|line| line.starts_with(key)), "{key}");
        }
    }
}
