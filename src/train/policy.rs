//! `[policy]`: what a train asks of every plan, and the files of its own rules. What it comes to for a plan is the
//! planner's.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::pace;
use super::problem::{Report, Source};
use super::table::{At, Fields, File, Value};
use crate::package::{Digest, Pattern};
use crate::policy::{Approver, Forbidden, Module, Policy, PublicKey, rego};
use crate::rollout::parse_span;

/// The keys of the table.
pub(super) const KEYS: [&str; 12] = [
    "max_instances",
    "max_change",
    "max_security_lag",
    "forbid",
    "require_soak",
    "freeze_periods",
    "min_conformance_before_next",
    "max_age",
    "approvals",
    "approvers",
    "rego",
    "override",
];

/// The table, with the files that it names not yet read.
#[derive(Debug, Default)]
pub(super) struct PolicyShape {
    pub(super) policy: Policy,
    rego: Vec<At<String>>,
}

/// Reads the table.
pub(super) fn read(file: &mut File<'_>, table: &DeTable<'_>, value: Value<'_>) -> PolicyShape {
    let fields = Fields::open(file, "[policy]", value.span(), table, &KEYS);
    let span = |file: &mut File<'_>, key: &str| {
        file.parsed(fields.optional(key)?, "a length of time", parse_span).map(|at| at.value)
    };
    let percent = |file: &mut File<'_>, key: &str| {
        let share = |text: &str| {
            let share = pace::percent(text).filter(|share| *share <= 100);
            share.ok_or_else(|| format!("`{key}` cannot be `{text}`: expected a percentage, as in `\"30%\"`"))
        };
        file.parsed(fields.optional(key)?, &format!("`{key}`"), share).map(|at| at.value)
    };
    let mut policy = Policy {
        max_instances: fields
            .optional("max_instances")
            .and_then(|value| number(file, value, "max_instances")),
        max_change: percent(file, "max_change"),
        max_security_lag: span(file, "max_security_lag"),
        require_soak: span(file, "require_soak"),
        freeze_periods: fields
            .optional("freeze_periods")
            .and_then(|value| pace::blackout(file, value, "freeze_periods")),
        min_conformance_before_next: percent(file, "min_conformance_before_next"),
        max_age: span(file, "max_age"),
        ..Policy::default()
    };
    let listed = |file: &mut File<'_>, key: &str| {
        let value = fields.optional(key);
        value.and_then(|value| file.list(value, &format!("`{key}`"))).unwrap_or_default()
    };
    for element in listed(file, "forbid") {
        policy
            .forbid
            .extend(file.parsed(element, "an element of `forbid`", Forbidden::parse).map(|at| at.value));
    }
    let approvers = listed(file, "approvers");
    let count = approvers.len();
    for element in approvers {
        if let Some(approver) = approver(file, element) {
            if policy.approvers.iter().any(|known| known.key == approver.key || known.name == approver.name) {
                let hint =
                    "each approver has a name and a key of their own: two signatures are of two people";
                file.problem(
                    element.span(),
                    format!("`{}` or their key is listed twice", approver.name),
                    hint,
                );
            }
            policy.approvers.push(approver);
        }
    }
    if let Some(value) = fields.optional("approvals") {
        policy.approvals = number(file, value, "approvals").unwrap_or_default();
        if policy.approvals > count {
            let message = format!("`approvals` asks for {}, and `approvers` lists {count}", policy.approvals);
            let hint = "as in `approvers = [{ name = \"ada\", key = \"ssh-ed25519 AAAAC3Nz...\" }]`";
            file.problem(value.span(), message, hint);
        }
    } else if let Some(place) = fields.key_span("approvers") {
        file.problem(
            place,
            "`approvers` are listed, and `approvals` asks for none",
            "add `approvals = 1`, or more",
        );
    }
    if let Some(value) = fields.optional("override") {
        policy.binding = file.flag(value, "`override`") == Some(false);
    }
    let rego = listed(file, "rego");
    let rego =
        rego.into_iter().filter_map(|element| file.parsed(element, "an element of `rego`", below)).collect();
    fields.close(file);
    PolicyShape { policy, rego }
}

fn number(file: &mut File<'_>, value: Value<'_>, key: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::Integer(number) => {
            let parsed = usize::from_str_radix(number.as_str(), number.radix()).ok();
            if parsed.is_none() {
                file.problem(
                    value.span(),
                    format!("`{key}` cannot be `{number}`"),
                    "expected a number, 0 or more",
                );
            }
            parsed
        }
        other => file.wrong_type(value, &format!("`{key}`"), "a number", other),
    }
}

fn approver(file: &mut File<'_>, value: Value<'_>) -> Option<Approver> {
    let table = file.table(value, "an element of `approvers`")?;
    let mut fields = Fields::open(file, "approvers", value.span(), table, &["name", "key"]);
    let name = |text: &str| {
        let fine = !text.trim().is_empty() && !text.chars().any(char::is_control);
        fine.then(|| text.to_owned())
            .ok_or_else(|| "an approver's name cannot be empty, nor hold line ends".to_owned())
    };
    let value = fields.required("name");
    let name = value.and_then(|value| file.parsed(value, "`name`", name)).map(|at| at.value);
    let value = fields.required("key");
    let key = value.and_then(|value| file.parsed(value, "`key`", PublicKey::parse)).map(|at| at.value);
    fields.close(file);
    Some(Approver { name: name?, key: key? })
}

/// Rules lie beside or below the train file, as manifests do: a path that leaves its folder would have a pull request
/// show any file of the machine that checks it. A star stands in the last part only.
fn below(text: &str) -> Result<String, String> {
    let path = Path::new(text);
    let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let folder = path.parent().is_none_or(|folder| !folder.to_string_lossy().contains('*'));
    let named = path.extension().is_some_and(|extension| extension == "rego");
    if text.contains('\0') || !path.components().all(stays) || !folder || !named {
        return Err(format!(
            "`rego` cannot hold `{text}`: expected a path below the train file's folder, without `..`, as in `policy/fleet.rego` or `policy/*.rego`"
        ));
    }
    Ok(text.to_owned())
}

/// Reads the files of rules that a train names, in the order of their paths, each once.
pub(super) fn modules(
    source: &Arc<Source>,
    shape: &mut PolicyShape,
    read: &impl Fn(&Path) -> io::Result<Vec<u8>>,
    report: &mut Report,
) {
    let folder = source.file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut paths = Vec::new();
    for named in &shape.rego {
        let found = match matching(&folder, &named.value) {
            Ok(found) => found,
            Err(error) => {
                let message = format!("the rules `{}` cannot be listed: {error}", named.value);
                report.at(source, named.span.clone(), message, "");
                continue;
            }
        };
        if found.is_empty() {
            let message = format!("no file is called like `{}`", named.value);
            let hint = format!("the path is relative to the train file: looked in {}", folder.display());
            report.at(source, named.span.clone(), message, hint);
        }
        paths.extend(found.into_iter().map(|path| (path, named.span.clone())));
    }
    paths.sort_by(|one, other| one.0.cmp(&other.0));
    paths.dedup_by(|one, other| one.0 == other.0);
    let (mut asked, mut understood) = (0, true);
    let place = paths.first().map(|(_, span)| span.clone());
    for (path, span) in paths {
        let text = read(&folder.join(&path)).and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
        });
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                understood = false;
                report.at(source, span, format!("the rules {path} cannot be read: {error}"), "");
                continue;
            }
        };
        match rego::check(&path, &text) {
            Ok(rules) => asked += rules,
            Err(error) => {
                understood = false;
                report.at(source, span, format!("the rules {path} cannot be understood"), error);
            }
        }
        shape.policy.rego.push(Module { digest: Digest::of([&text]), path, text });
    }
    if let Some(place) = place.filter(|_| asked == 0 && understood) {
        let hint = "rules that are asked are called `deny`, `violation` or `warn`, or begin with one of these and `_`";
        report.at(source, place, "none of the rules here is ever asked", hint);
    }
}

/// Returns the files of a folder that a path with a star means.
fn matching(folder: &Path, path: &str) -> io::Result<Vec<String>> {
    let (within, name) = path.rsplit_once('/').map_or(("", path), |(within, name)| (within, name));
    if !name.contains('*') {
        return Ok(vec![path.to_owned()]);
    }
    // Names of packages and of files of rules are written with the same letters.
    let Ok(pattern) = Pattern::new(name) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join(within))? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().filter(|name| pattern.matches(name)) {
            found.push(if within.is_empty() { name.to_owned() } else { format!("{within}/{name}") });
        }
    }
    Ok(found)
}
