//! The shape of a train file: its tables and keys with their places, each value checked by itself. What this version
//! does not act on is refused where it stands. Left out: whether names
//! resolve and values agree with each other, which is [`super::check`]'s.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::encryption::{self, Encryption};
use super::enforcing::{self, EnforcingShape};
use super::imports::{self, ImportShape};
use super::keeping;
use super::notify::{self, Notify};
use super::pace;
use super::patching;
use super::policy::{self, PolicyShape};
use super::selector::{self, Selector};
use super::service;
use super::table::{At, Fields, File, TOP, Value};
use super::vendors::{self, VendorSource};
use super::{Ahead, Amount, Keeping, Layout, Service};
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::{Arch, Pattern};
use crate::patching::{Api, Schedule, Wanted};
use crate::rollout::Pace;

/// Every table of a train file and its keys, for unknown keys that belong elsewhere.
pub(super) const TABLES: [(&str, &[&str]); 9] = [
    (TOP, &["train", "service", "state", "notify", "policy", "release", "group", "import"]),
    (
        "[train]",
        &["name", "os", "architecture", "compartment", "golden", "vendor_sources", "unmanaged", "layout"],
    ),
    ("[service]", &["api", "region", "profile", "auth", "endpoints", "work_timeout"]),
    ("[state]", &["store", "bucket", "namespace", "prefix", "url_env", "schema", "backups", "encryption"]),
    ("[[release]]", &["name", "manifest", "retired"]),
    (
        "[[group]]",
        &[
            "name",
            "id",
            "release",
            "members",
            "after",
            "soak",
            "wave_soak",
            "waves",
            "concurrency",
            "max_failures",
            "window",
            "blackout",
            "health",
            "update",
            "enforce",
            "remove_extras",
            "reboot",
            "ahead",
            "schedule",
            "profile",
        ],
    ),
    ("[[import]]", &["release", "source", "group", "id"]),
    ("[notify]", &["command", "webhook_env"]),
    ("[policy]", &policy::KEYS),
];

/// What is outside every train's care unless the file says otherwise.
const UNMANAGED: [&str; 4] =
    ["gpg-pubkey*", "ksplice-uptrack-release*", "oracle-cloud-agent*", "unified-monitoring-agent*"];

/// Returns what `unmanaged` is where it is left out.
pub fn default_unmanaged() -> Vec<Pattern> {
    UNMANAGED.iter().filter_map(|text| Pattern::new(text).ok()).collect()
}

/// A train file, value by value. What is `None` was left out or is already told as a problem.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) name: Option<At<TrainName>>,
    pub(super) os: Option<String>,
    pub(super) architecture: Option<Arch>,
    pub(super) compartment: Option<Ocid>,
    pub(super) golden: Option<Ocid>,
    pub(super) unmanaged: Vec<Pattern>,
    /// `None` where it is left out.
    pub(super) vendor_sources: Option<Vec<VendorSource>>,
    pub(super) api: Option<Api>,
    /// `None` where it is left out or has no endpoint that can be used.
    pub(super) service: Option<Service>,
    pub(super) keeping: Keeping,
    pub(super) releases: Vec<ReleaseShape>,
    pub(super) groups: Vec<GroupShape>,
    pub(super) imports: Vec<ImportShape>,
    pub(super) layout: Option<At<Layout>>,
    pub(super) encryption: Option<Encryption>,
    pub(super) notify: Option<Notify>,
    pub(super) policy: Option<PolicyShape>,
    /// `None` where it is left out.
    pub(super) backups: Option<usize>,
    /// The `[train]` table.
    pub(super) span: Range<usize>,
}

/// A `[[release]]`.
#[derive(Debug)]
pub(super) struct ReleaseShape {
    pub(super) name: Option<At<ReleaseName>>,
    pub(super) manifest: Option<At<String>>,
    /// Whether `retired` is written and true.
    pub(super) retired: bool,
    pub(super) line: usize,
}

/// A `[[group]]`.
#[derive(Debug)]
pub(super) struct GroupShape {
    pub(super) name: Option<At<GroupName>>,
    pub(super) id: Option<At<Ocid>>,
    pub(super) release: Option<At<ReleaseName>>,
    pub(super) members: Option<MembersShape>,
    pub(super) after: Vec<At<GroupName>>,
    pub(super) max_failures: Amount,
    pub(super) pace: Pace,
    pub(super) spots: pace::Spots,
    pub(super) ahead: Ahead,
    pub(super) line: usize,
    pub(super) update: Option<Wanted>,
    pub(super) schedule: Option<Schedule>,
    pub(super) profile: Option<At<bool>>,
    pub(super) enforcing: EnforcingShape,
}

/// Who is in a group.
#[derive(Debug)]
pub(super) enum MembersShape {
    Listed(Vec<At<Ocid>>),
    Service,
    Selected(Selector),
}

/// Reads the document.
pub(super) fn read(file: &mut File<'_>, document: &DeTable<'_>) -> Shape {
    let mut shape = Shape::default();
    let mut top = Fields::open(file, TABLES[0].0, 0..0, document, TABLES[0].1);
    if let Some(value) = top.required("train")
        && let Some(table) = file.table(value, "`train`")
    {
        train(file, table, value.span(), &mut shape);
    }
    if let Some(value) = top.required("service")
        && let Some(table) = file.table(value, "`service`")
    {
        (shape.api, shape.service) = service::read(file, table, value.span());
    }
    if let Some(value) = top.optional("state")
        && let Some(table) = file.table(value, "`state`")
    {
        shape.encryption = encryption::read(file, table);
        shape.backups = keeping::backups(file, table);
        shape.keeping = keeping::read(file, table, value.span()).unwrap_or_default();
    }
    if let Some(value) = top.optional("notify")
        && let Some(table) = file.table(value, "`notify`")
    {
        shape.notify = notify::read(file, table, value);
    }
    if let Some(value) = top.optional("policy")
        && let Some(table) = file.table(value, "`policy`")
    {
        shape.policy = Some(policy::read(file, table, value));
    }
    for (table, span) in tables(file, top.optional("release"), "release") {
        shape.releases.push(release(file, table, span));
    }
    for (table, span) in tables(file, top.optional("group"), "group") {
        shape.groups.push(group(file, table, span));
    }
    for (table, span) in tables(file, top.optional("import"), "import") {
        shape.imports.extend(imports::read(file, table, span));
    }
    top.close(file);
    shape
}

/// Returns the tables of `[[key]]`.
fn tables<'d>(
    file: &mut File<'_>,
    value: Option<Value<'d>>,
    key: &str,
) -> Vec<(&'d DeTable<'d>, Range<usize>)> {
    let Some(value) = value else { return Vec::new() };
    if let DeValue::Table(table) = value.get_ref() {
        let message = format!("`[{key}]` is one table: there can be several");
        file.problem(value.span(), message, format!("write `[[{key}]]`"));
        return vec![(table, value.span())];
    }
    let elements = file.list(value, &format!("`{key}`")).unwrap_or_default();
    let table = |element: Value<'d>| Some((file.table(element, &format!("`{key}`"))?, element.span()));
    elements.into_iter().filter_map(table).collect()
}

fn train(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>, shape: &mut Shape) {
    let (name, keys) = TABLES[1];
    let mut fields = Fields::open(file, name, span.clone(), table, keys);
    let value = fields.required("name");
    shape.name = value.and_then(|value| file.parsed(value, "`name`", TrainName::parse));
    let value = fields.required("os");
    shape.os = value.and_then(|value| file.parsed(value, "`os`", os)).map(|at| at.value);
    let value = fields.required("architecture");
    let machines = ["x86_64", "aarch64"];
    let machine = value.and_then(|value| file.word(value, "`architecture`", &machines));
    shape.architecture = machine.and_then(|at| Arch::parse(at.value));
    let value = fields.required("compartment");
    shape.compartment =
        value.and_then(|value| file.parsed(value, "`compartment`", Ocid::parse)).map(|at| at.value);
    let value = fields.optional("golden");
    shape.golden = value.and_then(|value| file.parsed(value, "`golden`", Ocid::parse)).map(|at| at.value);
    shape.vendor_sources = fields.optional("vendor_sources").map(|value| vendors::read(file, value));
    shape.unmanaged = match fields.optional("unmanaged") {
        None => default_unmanaged(),
        Some(value) => {
            let elements = file.list(value, "`unmanaged`").unwrap_or_default();
            let pattern = |element| file.parsed(element, "an element of `unmanaged`", Pattern::new);
            elements.into_iter().filter_map(pattern).map(|at| at.value).collect()
        }
    };
    shape.layout = fields.optional("layout").and_then(|value| {
        let At { value, span } = file.word(value, "`layout`", &["parent", "child"])?;
        Some(At { value: if value == "child" { Layout::Child } else { Layout::Parent }, span })
    });
    fields.close(file);
    shape.span = span;
}

/// Returns the major version in a system's name, as trains or services spell it: 8 of `oracle-linux-8` and of `8.10`.
pub fn os_major(os: &str) -> Option<u16> {
    let digits = os.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty());
    digits.and_then(|digits| digits.parse().ok())
}

/// Checks `train.os`.
pub fn os(text: &str) -> Result<String, String> {
    let number = text.strip_prefix("oracle-linux-").unwrap_or_default();
    let plain = !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
    if plain && (1..=2).contains(&number.len()) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`os` cannot be `{text}`: expected `oracle-linux-` and the major version, as in `oracle-linux-8`"
    ))
}

fn release(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>) -> ReleaseShape {
    let (name, keys) = TABLES[4];
    let line = file.source.position(span.start).0;
    let mut fields = Fields::open(file, name, span, table, keys);
    let name = fields.required("name");
    let name = name.and_then(|value| file.parsed(value, "`name`", ReleaseName::parse));
    let manifest = fields.required("manifest");
    let manifest = manifest.and_then(|value| file.parsed(value, "`manifest`", manifest_path));
    let retired = fields.optional("retired").and_then(|value| file.flag(value, "`retired`"));
    fields.close(file);
    ReleaseShape { name, manifest, retired: retired.unwrap_or_default(), line }
}

/// Manifests lie beside or below the train file: a path that leaves its folder would make a pull request show lines of
/// any file of the machine that checks it.
fn manifest_path(text: &str) -> Result<String, String> {
    use std::path::{Component, Path};
    let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if text.is_empty() || text.contains('\0') || !Path::new(text).components().all(stays) {
        return Err(format!(
            "`manifest` cannot be `{text}`: expected a path below the train file's folder, without `..`, as in `great-linux/GL1.packages`"
        ));
    }
    Ok(text.to_owned())
}

fn group(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>) -> GroupShape {
    let (name, keys) = TABLES[5];
    let line = file.source.position(span.start).0;
    let mut fields = Fields::open(file, name, span, table, keys);
    let name = fields.required("name");
    let name = name.and_then(|value| file.parsed(value, "`name`", GroupName::parse));
    let id = fields.optional("id").and_then(|value| file.parsed(value, "`id`", Ocid::parse));
    let release = fields.required("release");
    let release = release.and_then(|value| file.parsed(value, "`release`", ReleaseName::parse));
    let members = fields.required("members").and_then(|value| members(file, value));
    let after = fields.optional("after").and_then(|value| file.list(value, "`after`")).unwrap_or_default();
    let after =
        after.into_iter().filter_map(|value| file.parsed(value, "an element of `after`", GroupName::parse));
    let after = after.collect();
    let amount = fields.optional("max_failures").and_then(|value| pace::max_failures(file, value));
    let (pace, spots) = pace::read(file, &fields);
    let ahead = fields.optional("ahead").and_then(|value| file.word(value, "`ahead`", &["report", "block"]));
    let update = match fields.optional("update") {
        None => Some(Wanted::All),
        Some(value) => patching::update(file, value),
    };
    let schedule = fields.optional("schedule").and_then(|value| patching::schedule(file, value));
    let profile = fields.optional("profile").and_then(|value| {
        let flag = file.flag(value, "`profile`")?;
        Some(At { value: flag, span: value.span() })
    });
    let enforcing = enforcing::read(file, &fields);
    fields.close(file);
    GroupShape {
        name,
        id,
        release,
        members,
        after,
        max_failures: amount.unwrap_or(Amount::Number(0)),
        pace,
        spots,
        ahead: if ahead.is_some_and(|at| at.value == "block") { Ahead::Block } else { Ahead::Report },
        line,
        update,
        schedule,
        profile,
        enforcing,
    }
}

fn members(file: &mut File<'_>, value: Value<'_>) -> Option<MembersShape> {
    match value.get_ref() {
        DeValue::String(_) => file.word(value, "`members`", &["service"]).map(|_| MembersShape::Service),
        DeValue::Table(table) => selector::read(file, table, value.span()).map(MembersShape::Selected),
        DeValue::Array(array) if array.is_empty() => {
            let hint = "list instances, or write `members = \"service\"` for whoever the service says";
            file.problem(value.span(), "`members` lists nobody", hint);
            None
        }
        DeValue::Array(array) => {
            let instance = |element| file.parsed(element, "an element of `members`", Ocid::parse);
            Some(MembersShape::Listed(array.iter().filter_map(instance).collect()))
        }
        other => file.wrong_type(
            value,
            "`members`",
            "an array of OCIDs, `\"service\"` or `{ compartments = [...] }`",
            other,
        ),
    }
}
