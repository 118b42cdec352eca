//! What was done, by two witnesses who do not know each other: the simulator's log of its world, and the journal of the
//! run that was killed. Both call a deed by the op's key, so that the one can be held against the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use patchtrain::package::Digest;
use patchtrain::state::{Entry, Finish, State};
use serde_json::Value;

use super::place::Place;
use crate::support::Workspace;

const TRAIN: &str = "great-linux";

/// One change of the world, as the simulator wrote it down before it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deed {
    /// The key of the op that it belongs to. The detachment that a switch begins with has one of its own.
    pub(super) key: String,
    /// Of packages put into a source: source and package.
    pub(super) packages: BTreeSet<(String, String)>,
}

/// What all deeds come to. Two worlds with equal pictures were led to the same end by the same calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    /// How often each deed was done. Packages are left to `packages`: how many go with one call is no matter.
    pub(super) counts: BTreeMap<String, usize>,
    /// What the sources hold.
    pub(super) packages: BTreeSet<(String, String)>,
    /// The release that each instance rides.
    pub(super) riding: BTreeMap<String, String>,
}

/// Reads the log of the workspace's world; nothing where nothing has changed yet. A last line that is still being
/// written is left out.
pub(super) fn deeds(workspace: &Workspace) -> Vec<Deed> {
    let log = fs::read_to_string(workspace.path().join("state/simulator/world.log")).unwrap_or_default();
    let mut names: HashMap<String, String> = HashMap::new();
    let mut riding: HashMap<String, String> = HashMap::new();
    let mut deeds = Vec::new();
    for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')).skip(1) {
        let (_, json) = line.split_once(' ').unwrap();
        let record: Value = serde_json::from_str(json).unwrap();
        let (kind, change) = record["change"].as_object().unwrap().iter().next().unwrap();
        let text = |name: &str| change[name].as_str().unwrap().to_owned();
        let named = |name: &str| names.get(&text(name)).cloned().unwrap_or_else(|| text(name));
        let mut packages = BTreeSet::new();
        let key = match kind.as_str() {
            // Where the state itself is kept in the simulator's buckets.
            "objects" => continue,
            "create-source" => {
                let name = change["text"]["name"].as_str().unwrap();
                let release = name.strip_prefix(TRAIN).unwrap().trim_start_matches('/').to_owned();
                let key = format!("create-source/{release}");
                names.insert(text("id"), release);
                key
            }
            "add-packages" => {
                let release = named("id");
                let added: Vec<&str> = change["packages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap())
                    .collect();
                packages.extend(added.iter().map(|package| (release.clone(), (*package).to_owned())));
                format!("add-packages/{release}/{}", Digest::of_lines(&added).short())
            }
            "create-group" => {
                names.insert(text("id"), text("name"));
                format!("create-group/{}", text("name"))
            }
            "join" | "leave" => format!("{kind}/{}/{}", named("group"), text("instance")),
            "attach-parent" => {
                riding.insert(text("instance"), named("source"));
                format!("switch/{}/{}", named("source"), text("instance"))
            }
            "detach-parent" => {
                let from = riding.remove(&text("instance")).unwrap_or_else(|| "the vendor".to_owned());
                format!("detach/{from}/{}", text("instance"))
            }
            "work" => {
                let instance = change["works"][0]["instance"].as_str().unwrap();
                let release = riding.get(instance).map_or("nothing", String::as_str);
                format!("update/{release}/{instance}")
            }
            // Nothing else is asked for; what is, shows in the picture.
            _ => format!("{kind}/{change}"),
        };
        deeds.push(Deed { key, packages });
    }
    deeds
}

impl Picture {
    pub(super) fn of(deeds: &[Deed]) -> Self {
        let mut picture = Self::default();
        for Deed { key, packages } in deeds {
            if packages.is_empty() {
                *picture.counts.entry(key.clone()).or_default() += 1;
            }
            picture.packages.extend(packages.iter().cloned());
            if let Some((release, instance)) = key.strip_prefix("switch/").and_then(|key| key.split_once('/'))
            {
                picture.riding.insert(instance.to_owned(), release.to_owned());
            }
        }
        picture
    }

    /// Lists how this differs from what it should be.
    pub(super) fn differences(&self, expected: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let keys: BTreeSet<&String> = self.counts.keys().chain(expected.counts.keys()).collect();
        for key in keys {
            let count = |picture: &Self| picture.counts.get(key).copied().unwrap_or_default();
            if count(self) != count(expected) {
                found.push(format!("{key}: {} times, not {}", count(self), count(expected)));
            }
        }
        found.extend(
            self.packages.difference(&expected.packages).map(|package| format!("foreign {package:?}")),
        );
        found.extend(
            expected.packages.difference(&self.packages).map(|package| format!("missing {package:?}")),
        );
        if self.riding != expected.riding {
            found.push(format!("riding {:?}, not {:?}", self.riding, expected.riding));
        }
        found
    }
}

/// How far the killed run was, by what it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    /// It had not locked the state.
    BeforeLock,
    /// It had the lock, and had asked for nothing.
    Planning,
    /// It was making sources and groups, and members of instances.
    Sources,
    /// It was putting instances on their releases.
    Switching,
    /// It was having them updated.
    Updating,
    /// It was reading packages back.
    Verifying,
    /// It had written its last entry.
    After,
}

impl Phase {
    /// Tells whether calls had been made that change something, and more were to come.
    pub(super) fn is_amid(self) -> bool {
        !matches!(self, Self::BeforeLock | Self::Planning | Self::After)
    }
}

/// What state and journal say after a kill.
#[derive(Debug)]
pub(super) struct Books {
    /// Ops that are known to be done.
    pub(super) done: BTreeSet<String>,
    /// Of those, the ones that this run, or one before it, made calls for.
    pub(super) called: BTreeSet<String>,
    /// How far it was.
    pub(super) phase: Phase,
    /// Whether the plan that ran last is done with.
    pub(super) used_up: bool,
}

/// Reads state and journal of the run that was process `killed` and began on `serial`.
pub(super) fn read(workspace: &Workspace, place: Place, killed: u32, serial: u64) -> Books {
    let (state, written) = place.read(workspace);
    let state: Option<State> = state.map(|text| serde_json::from_str(&text).unwrap());
    let mut now = state.as_ref().map_or(0, |state| state.serial);
    if place != Place::Folder && written.is_some() {
        // It comes with what the journal adds, and with the serial that it would be folded at.
        now = now.saturating_sub(1);
    }
    let entries = journal(&written.unwrap_or_default(), now);
    let mut books = Books {
        done: BTreeSet::new(),
        called: BTreeSet::new(),
        phase: Phase::BeforeLock,
        used_up: state.and_then(|state| state.last_plan).is_some_and(|run| run.used_up),
    };
    for entry in &entries {
        match entry {
            Entry::Begin { .. } => books.used_up = false,
            Entry::End { used_up, .. } => books.used_up = *used_up,
            Entry::Finished { key, finish: Finish::Done, .. } => {
                books.called.insert(key.0.clone());
                books.done.insert(key.0.clone());
            }
            Entry::Finished { key, finish: Finish::AlreadyDone, .. } => {
                books.done.insert(key.0.clone());
            }
            _ => {}
        }
    }
    let locked = || place.holder(workspace).is_some_and(|holder| holder["pid"] == killed);
    books.phase = match entries.last() {
        Some(Entry::End { .. }) => Phase::After,
        Some(_) => entries.iter().rev().find_map(phase).unwrap_or(Phase::Sources),
        None if books.used_up && now > serial => Phase::After,
        None if locked() => Phase::Planning,
        None => Phase::BeforeLock,
    };
    if entries.is_empty() && books.used_up {
        // The run before was folded whole: all that was ever asked for is done.
        books.done.extend(deeds(workspace).into_iter().map(|deed| deed.key));
    }
    books
}

/// Reads the entries of a journal that the state does not hold yet, up to a torn end.
fn journal(text: &str, serial: u64) -> Vec<Entry> {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let mut lines = lines.by_ref().map(|line| line.trim_end().splitn(3, ' ').nth(2).unwrap());
    let Some(heading) = lines.next() else { return Vec::new() };
    let heading: Value = serde_json::from_str(heading).unwrap();
    if heading["serial"].as_u64().unwrap() < serial {
        return Vec::new();
    }
    // Where its batch begins stands before each entry.
    let entries = lines.map(|line| line.split_once(' ').unwrap().1);
    entries.map(|json| serde_json::from_str(json).unwrap()).collect()
}

fn phase(entry: &Entry) -> Option<Phase> {
    match entry {
        Entry::Started { key, .. } | Entry::Ticketed { key, .. } | Entry::Finished { key, .. } => {
            Some(match key.0.split('/').next().unwrap() {
                "switch" => Phase::Switching,
                "update" => Phase::Updating,
                _ => Phase::Sources,
            })
        }
        Entry::AtLevel { .. } | Entry::LeftLevel { .. } => Some(Phase::Verifying),
        Entry::Proven { .. } => Some(Phase::Sources),
        _ => None,
    }
}
