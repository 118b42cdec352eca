//! What a state holds, by address: looked up, listed, told field by field, and compared with another state.
//!
//! Pure. Every record is told as its JSON says it, so that no field of it can be left out of a comparison.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::{GroupRecord, State};
use crate::name::{Address, GroupName, NameError, Ocid, ReleaseName};
use crate::op::{OpKey, Subject};
use crate::package::Digest;

/// Addresses as people write them. An instance is told by its display name where no other of the state has it.
#[derive(Debug)]
pub struct Spellings<'a> {
    state: &'a State,
    named: HashMap<&'a str, usize>,
}

/// Why an address names nothing in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// It is not written as one.
    Shape,
    /// What it names cannot be a name.
    Name(NameError),
    /// Nothing is there.
    Missing,
    /// Several instances have that display name.
    Ambiguous(Vec<Ocid>),
}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => formatter
                .write_str("is no address: they are written as release.GL1, group.web, instance.web-1"),
            Self::Name(error) => write!(formatter, "is no address: {error}"),
            Self::Missing => formatter.write_str("is not in the state"),
            Self::Ambiguous(ids) => {
                let ids: Vec<&str> = ids.iter().map(Ocid::as_str).collect();
                write!(
                    formatter,
                    "is the display name of {} instances; say which: {}",
                    ids.len(),
                    ids.join(", ")
                )
            }
        }
    }
}

/// How two states differ at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// As people write it.
    pub address: String,
    /// What differs.
    #[serde(flatten)]
    pub how: How,
}

/// What differs at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum How {
    /// Only the later state has it.
    Added,
    /// Only the earlier state has it.
    Removed,
    /// Both have it.
    Changed {
        /// The fields that differ.
        fields: Vec<Field>,
    },
}

/// A field that differs; none where a state does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name; of what lies within others, with their names before it.
    pub name: String,
    /// In the earlier state.
    pub before: Option<String>,
    /// In the later one.
    pub after: Option<String>,
}

impl State {
    /// Returns the addresses of all that it holds.
    pub fn addresses(&self) -> Vec<Address> {
        let releases = self.sources.keys().cloned().map(Address::Release);
        let groups = self.groups.keys().cloned().map(Address::Group);
        let schedules = self.schedules.keys().cloned().map(Address::Schedule);
        let profiles = self.profiles.keys().cloned().map(Address::Profile);
        let instances = self.instances.keys().cloned().map(Address::Instance);
        releases.chain(groups).chain(schedules).chain(profiles).chain(instances).collect()
    }

    /// Returns what is on record at an address, as JSON; none where nothing is.
    pub fn record_at(&self, address: &Address) -> Option<Value> {
        fn value(record: Option<&impl Serialize>) -> Option<Value> {
            serde_json::to_value(record?).ok()
        }
        match address {
            Address::Release(name) => value(self.sources.get(name)),
            // Of one whose waves are groups of the service, all of them.
            Address::Group(name) => value(self.groups.get(name)).or_else(|| {
                let waves = self.groups.iter().filter(|(wave, _)| wave.is_of(name));
                let waves: BTreeMap<&GroupName, &GroupRecord> = waves.collect();
                value((!waves.is_empty()).then_some(&waves))
            }),
            Address::Schedule(name) => value(self.schedules.get(name)),
            Address::Profile(name) => value(self.profiles.get(name)),
            Address::Instance(id) => value(self.instances.get(id)),
        }
    }
}

/// A call that was made and is not known to have ended, on an instance or on a group as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// What it does: `update`, `reboot`, `enforce`.
    pub kind: String,
    /// The group of the train, where that is known.
    pub group: Option<GroupName>,
    /// The instance by its name, or the group of the service.
    pub what: String,
}

impl State {
    /// Returns the calls that put agents to work and are not known to have ended.
    pub fn open_calls(&self) -> impl Iterator<Item = OpenCall> {
        self.unfinished.keys().filter_map(|key| {
            let (group, what) = match key.subject()? {
                Subject::Instance(id) => {
                    let known = self.instances.get(&id);
                    let name = known.map_or_else(|| id.to_string(), |record| record.name.to_string());
                    (known.map(|record| record.group.clone()), name)
                }
                Subject::Group(group) => (Some(group.whole()), format!("group {group}")),
            };
            let kind = key.0.split('/').next().unwrap_or_default();
            Some(OpenCall { kind: kind.trim_start_matches("group-").to_owned(), group, what })
        })
    }
}

impl<'a> Spellings<'a> {
    /// Counts the display names of a state.
    pub fn of(state: &'a State) -> Self {
        let mut named = HashMap::new();
        for record in state.instances.values() {
            *named.entry(&*record.name).or_insert(0) += 1;
        }
        Self { state, named }
    }

    /// Spells an address.
    pub fn spell(&self, address: &Address) -> String {
        match address {
            Address::Release(name) => format!("release.{name}"),
            Address::Group(name) => format!("group.{name}"),
            Address::Schedule(name) => format!("schedule.{name}"),
            Address::Profile(name) => format!("profile.{name}"),
            Address::Instance(id) => {
                let name = self.state.instances.get(id).map(|record| &*record.name);
                let alone = name.filter(|name| !name.is_empty() && self.named.get(name) == Some(&1));
                format!("instance.{}", alone.unwrap_or(id.as_str()))
            }
        }
    }

    /// Finds what an address names.
    pub fn find(&self, text: &str) -> Result<Address, NotFound> {
        let (kind, name) = text.split_once('.').ok_or(NotFound::Shape)?;
        let group = || GroupName::parse_wave(name).map_err(NotFound::Name);
        let address = match kind {
            "release" if self.state.sources.keys().any(|own| own.as_str() == name) => {
                Address::Release(ReleaseName::new(name))
            }
            "release" => Address::Release(ReleaseName::parse(name).map_err(NotFound::Name)?),
            "group" => Address::Group(group()?),
            "schedule" => Address::Schedule(group()?),
            "profile" => Address::Profile(group()?),
            "instance" => Address::Instance(self.instance(name)?),
            _ => return Err(NotFound::Shape),
        };
        match self.state.record_at(&address) {
            Some(_) => Ok(address),
            None => Err(NotFound::Missing),
        }
    }

    fn instance(&self, name: &str) -> Result<Ocid, NotFound> {
        let is = |id: &Ocid, own: &str| id.as_str() == name || own == name;
        let instances = self.state.instances.iter();
        let found: Vec<Ocid> =
            instances.filter(|(id, record)| is(id, &record.name)).map(|(id, _)| id.clone()).collect();
        match <[Ocid; 1]>::try_from(found) {
            Ok([only]) => Ok(only),
            Err(none) if none.is_empty() => Err(NotFound::Missing),
            Err(several) => Err(NotFound::Ambiguous(several)),
        }
    }
}

/// Returns a record's fields in their order, with the names of those that others lie within joined by dots.
pub fn fields(record: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    flatten("", record, &mut all);
    all
}

fn flatten(name: &str, value: &Value, all: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, all);
            }
        }
        Value::String(text) => all.push((name.to_owned(), text.clone())),
        other => all.push((name.to_owned(), other.to_string())),
    }
}

/// Tells how a later state differs from an earlier one, address by address, and in what has no address: the service, the
/// lineage, where it was taken over from, and work that was begun and whose end is not known. The serial, the last plan
/// and the tool's version differ from run to run and are no difference.
pub fn compare(before: &State, after: &State) -> Vec<Difference> {
    let (old, new) = (Spellings::of(before), Spellings::of(after));
    let mut all: Vec<Address> = before.addresses();
    all.extend(after.addresses());
    all.sort();
    all.dedup();
    let mut differences = Vec::new();
    let ancestor = |state: &State| state.ancestor.as_ref().map(|ancestor| json!(ancestor));
    for (name, before, after) in [
        ("service", Some(json!(before.api)), Some(json!(after.api))),
        ("lineage", Some(json!(before.lineage)), Some(json!(after.lineage))),
        ("ancestor", ancestor(before), ancestor(after)),
    ] {
        differences.extend(difference(name.to_owned(), before.as_ref(), after.as_ref()));
    }
    for address in &all {
        let (before, after) = (before.record_at(address), after.record_at(address));
        let spelling = if after.is_some() { &new } else { &old };
        differences.extend(difference(spelling.spell(address), before.as_ref(), after.as_ref()));
    }
    let mut begun: Vec<&OpKey> = before.unfinished.keys().chain(after.unfinished.keys()).collect();
    begun.sort_unstable();
    begun.dedup();
    for key in begun {
        // A retry token is nobody's business: it is shown as a digest.
        let told = |state: &State| {
            let work = state.unfinished.get(key)?;
            let token = Digest::of([&work.token.0]).short();
            let (ticket, instances) = (&work.ticket, &work.instances);
            Some(json!({ "ticket": ticket, "started": work.started, "token": token, "instances": instances }))
        };
        let (before, after) = (told(before), told(after));
        differences.extend(difference(format!("unfinished {key}"), before.as_ref(), after.as_ref()));
    }
    let mut booted: Vec<&Ocid> = before.boots.keys().chain(after.boots.keys()).collect();
    booted.sort_unstable();
    booted.dedup();
    for id in booted {
        let told = |state: &State| state.boots.get(id).map(|boot| json!(boot));
        let (before, after) = (told(before), told(after));
        differences.extend(difference(format!("boot {id}"), before.as_ref(), after.as_ref()));
    }
    differences
}

fn difference(address: String, before: Option<&Value>, after: Option<&Value>) -> Option<Difference> {
    let how = match (before, after) {
        (Some(_), None) => How::Removed,
        (None, Some(_)) => How::Added,
        (Some(before), Some(after)) if before != after => How::Changed { fields: differing(before, after) },
        _ => return None,
    };
    Some(Difference { address, how })
}

fn differing(before: &Value, after: &Value) -> Vec<Field> {
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (fields(before).into_iter().collect(), fields(after).into_iter().collect());
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differs
        .map(|name| Field {
            name: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
