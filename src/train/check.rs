//! What can only be told when more than one value is known: names resolve, nothing contradicts, within a file and
//! between all files of a load. Left out: values by themselves, which are [`super::shape`]'s.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Endpoint;
use super::api;
use super::enforcing;
use super::imports;
use super::problem::{Report, Source};
use super::shape::{GroupShape, MembersShape, ReleaseShape, Shape};
use super::table::{At, and};
use crate::name::{self, GroupName, Ocid, ReleaseName};
use crate::package::manifest::Reading;
use crate::patching::Api;

/// A train file with the manifests that could be read, as far as it could be understood.
pub(super) struct Loaded {
    pub(super) source: Arc<Source>,
    pub(super) shape: Shape,
    /// One for each release.
    pub(super) manifests: Vec<Option<(Arc<Source>, Reading)>>,
}

/// Checks one file.
pub(super) fn file(loaded: &Loaded, report: &mut Report) {
    let Loaded { source, shape, manifests } = loaded;
    let releases = shape.releases.iter().filter_map(|release| release.name.as_ref());
    unique(source, releases.map(|at| (at, at.value.as_str())), "release", report);
    let groups = shape.groups.iter().filter_map(|group| group.name.as_ref());
    unique(source, groups.map(|at| (at, at.value.as_str())), "group", report);
    let ids = shape.groups.iter().filter_map(|group| group.id.as_ref());
    unique(source, ids.map(|at| (at, at.value.as_str())), "group with the id", report);
    let paths = shape.releases.iter().filter_map(|release| release.manifest.as_ref());
    unique(source, paths.map(|at| (at, at.value.as_str())), "release with the manifest", report);
    let declared = Declared::of(shape);
    for group in &shape.groups {
        bindings(source, shape, &declared, group, report);
        retired(source, shape, group, report);
    }
    circles(source, &shape.groups, report);
    api::check(source, shape, report);
    enforcing::check(source, shape, report);
    imports::check(source, shape, report);
    for (release, manifest) in shape.releases.iter().zip(manifests) {
        if let Some((source, reading)) = manifest {
            contents(source, reading, shape, release.name.as_ref(), report);
        }
    }
}

/// Reports the second and every later of equal values.
fn unique<'a, T: 'a>(
    source: &Arc<Source>,
    values: impl Iterator<Item = (&'a At<T>, &'a str)>,
    what: &str,
    report: &mut Report,
) {
    let mut first = HashMap::new();
    for (at, text) in values {
        match first.entry(text) {
            Entry::Vacant(vacant) => {
                vacant.insert(source.position(at.span.start).0);
            }
            Entry::Occupied(first) => {
                let message = format!("a {what} `{text}` is declared already, on line {}", first.get());
                report.at(source, at.span.clone(), message, "");
            }
        }
    }
}

/// The names that a file declares, in its order and for looking up.
struct Declared<'a> {
    releases: Vec<&'a str>,
    groups: Vec<&'a str>,
    group_set: HashSet<&'a str>,
}

impl<'a> Declared<'a> {
    fn of(shape: &'a Shape) -> Self {
        let releases =
            shape.releases.iter().filter_map(|release| Some(release.name.as_ref()?.value.as_str()));
        let groups = shape.groups.iter().filter_map(|group| Some(group.name.as_ref()?.value.as_str()));
        let (mut releases, mut groups): (Vec<&str>, Vec<&str>) = (releases.collect(), groups.collect());
        releases.dedup();
        groups.dedup();
        let group_set = groups.iter().copied().collect();
        Self { releases, groups, group_set }
    }
}

/// Checks that what a group names is there.
fn bindings(
    source: &Arc<Source>,
    shape: &Shape,
    declared: &Declared<'_>,
    group: &GroupShape,
    report: &mut Report,
) {
    if let Some(At { value, span }) = &group.release
        && !declared.releases.contains(&value.as_str())
    {
        let hint = undeclared(value.as_str(), &declared.releases, "release");
        report.at(source, span.clone(), format!("no release `{value}` is declared"), hint);
    }
    for (index, At { value, span }) in group.after.iter().enumerate() {
        if group.name.as_ref().is_some_and(|name| name.value == *value) {
            let message = format!("group `{value}` cannot come after itself");
            report.at(source, span.clone(), message, "delete it from `after`");
        } else if !declared.group_set.contains(value.as_str()) {
            let hint = undeclared(value.as_str(), &declared.groups, "group");
            report.at(source, span.clone(), format!("no group `{value}` is declared"), hint);
        } else if group.after[..index].iter().any(|before| before.value == *value) {
            report.at(source, span.clone(), format!("group `{value}` is named twice in `after`"), "");
        }
    }
    let Some(MembersShape::Listed(members)) = &group.members else { return };
    if let Some(member) = members.iter().find(|member| shape.golden.as_ref() == Some(&member.value)) {
        let message = "the golden instance cannot be a member of a group of its train";
        let hint = "releases are frozen from it before others ride them: delete it from `members`";
        report.at(source, member.span.clone(), message, hint);
    }
}

/// Checks that a group's release is not one whose source is to go.
fn retired(source: &Arc<Source>, shape: &Shape, group: &GroupShape, report: &mut Report) {
    let Some(At { value, span }) = &group.release else { return };
    let named = |release: &&ReleaseShape| release.name.as_ref().is_some_and(|name| name.value == *value);
    if let Some(release) = shape.releases.iter().filter(|release| release.retired).find(named) {
        let message = format!("release `{value}` is retired, on line {}", release.line);
        let hint = "its source is deleted once nothing rides it: bind another release, or delete `retired`";
        report.at(source, span.clone(), message, hint);
    }
}

fn undeclared(name: &str, declared: &[&str], what: &str) -> String {
    if let Some(near) = name::nearest(name, declared.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    match declared {
        [] => format!("the file declares no {what}: add a `[[{what}]]`"),
        [one] => format!("only `{one}` is declared"),
        few if few.len() <= 8 => format!("declared are {}", and(few)),
        many => format!("{} are declared; the last is `{}`", many.len(), many[many.len() - 1]),
    }
}

/// Reports each circle of `after` once, at the name that closes it. The walk keeps its own stack: a chain as long as a
/// file allows must not overflow ours.
fn circles(source: &Arc<Source>, groups: &[GroupShape], report: &mut Report) {
    let mut index: HashMap<&GroupName, usize> = HashMap::new();
    for (at, group) in groups.iter().enumerate() {
        if let Some(name) = &group.name {
            index.entry(&name.value).or_insert(at);
        }
    }
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut marks = vec![Mark::New; groups.len()];
    for start in 0..groups.len() {
        if marks[start] != Mark::New {
            continue;
        }
        // The groups on the path from `start`, each with the next of its `after` to follow.
        let mut path = vec![(start, 0)];
        marks[start] = Mark::OnPath;
        while let Some((group, next)) = path.last_mut() {
            let Some(name) = groups[*group].after.get(*next) else {
                marks[*group] = Mark::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let (from, Some(&to)) = (*group, index.get(&name.value)) else { continue };
            match marks[to] {
                Mark::New => {
                    marks[to] = Mark::OnPath;
                    path.push((to, 0));
                }
                // A group after itself is told as such.
                Mark::OnPath if to != from => {
                    let circle = path.iter().map(|(at, _)| *at).skip_while(|at| *at != to).chain([to]);
                    let names: Vec<&str> =
                        circle.filter_map(|at| Some(groups[at].name.as_ref()?.value.as_str())).collect();
                    let message = format!("`after` goes in a circle: {}", names.join(" after "));
                    report.at(
                        source,
                        name.span.clone(),
                        message,
                        "no group of it could ever start: delete one link",
                    );
                }
                Mark::OnPath | Mark::Done => {}
            }
        }
    }
}

/// Checks a manifest against the train that names it.
fn contents(
    source: &Arc<Source>,
    reading: &Reading,
    shape: &Shape,
    release: Option<&At<ReleaseName>>,
    report: &mut Report,
) {
    let Reading { text: _, manifest, packages, release: place, problems } = reading;
    for problem in problems {
        let hint = problem.hint.clone().unwrap_or_default();
        report.at(source, problem.span.clone(), problem.message.clone(), hint);
    }
    if let (Some(place), Some(stated), Some(release)) = (place, manifest.header("release"), release)
        && stated != release.value.as_str()
    {
        let message = format!("the manifest is of release `{stated}`, and `{}` names it", release.value);
        report.at(source, place.clone(), message, "correct `manifest` in the train file, or this line");
    }
    let Some(machine) = shape.architecture else { return };
    for (package, span) in packages {
        if !package.arch().runs_on(machine) {
            let message = format!("`{package}` cannot run on the train's architecture, {machine}");
            report.at(source, span.clone(), message, "one train is for one architecture: leave it out");
        }
    }
}

/// Checks what must hold over all files.
pub(super) fn across(files: &[Loaded], report: &mut Report) {
    imports::across(files, report);
    let mut trains: HashMap<&str, &Loaded> = HashMap::new();
    let mut services: HashMap<(Service<'_>, &str), &Loaded> = HashMap::new();
    let mut instances: HashMap<&Ocid, (&Loaded, &GroupShape, usize)> = HashMap::new();
    for loaded in files {
        if let Some(At { value, span }) = &loaded.shape.name {
            match trains.entry(value.as_str()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(loaded);
                }
                Entry::Occupied(first) => {
                    let message = format!(
                        "a train `{value}` is declared already, in {}",
                        first.get().source.file.display()
                    );
                    report.at(
                        &loaded.source,
                        span.clone(),
                        message,
                        "a train's name names its state: choose another",
                    );
                }
            }
        }
        for group in &loaded.shape.groups {
            shared_group(loaded, group, &mut services, report);
            let Some(MembersShape::Listed(members)) = &group.members else { continue };
            for member in members {
                let line = loaded.source.position(member.span.start).0;
                match instances.entry(&member.value) {
                    Entry::Vacant(vacant) => {
                        vacant.insert((loaded, group, line));
                    }
                    Entry::Occupied(first) => second_place(loaded, group, member, *first.get(), report),
                }
            }
        }
    }
}

/// Where a service finds groups by name.
type Service<'a> = (Api, Option<&'a str>, Option<&'a str>, &'a str);

/// Two trains cannot both bind one group of the service.
fn shared_group<'a>(
    loaded: &'a Loaded,
    group: &'a GroupShape,
    seen: &mut HashMap<(Service<'a>, &'a str), &'a Loaded>,
    report: &mut Report,
) {
    let shape = &loaded.shape;
    let (Some(name), Some(compartment), Some(at)) = (&group.name, &shape.compartment, &shape.service) else {
        return;
    };
    let service = match &at.endpoint {
        Endpoint::Simulator => (at.api, Some("simulator"), None, compartment.as_str()),
        Endpoint::Url(url) => (at.api, Some(url.as_str()), None, compartment.as_str()),
        Endpoint::Region => (at.api, None, at.region.as_deref(), compartment.as_str()),
    };
    // Groups of one name are told apart by their ids, and an id is one thing wherever it is looked for.
    let key = match &group.id {
        Some(id) => ((at.api, None, None, ""), id.value.as_str()),
        None => (service, name.value.as_str()),
    };
    match seen.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(loaded);
        }
        Entry::Occupied(first) if std::ptr::eq(*first.get(), loaded) => {}
        Entry::Occupied(first) => {
            let file = first.get().source.file.display();
            let (message, hint) = match &group.id {
                Some(id) => (
                    format!("the train in {file} has a group with the `id` {}, too", id.value),
                    "a group is one train's: delete one of the two",
                ),
                None => (
                    format!("the train in {file} has a group `{}` in the same compartment", name.value),
                    "the service finds a group by its name: choose another, or give the `id` of each",
                ),
            };
            report.at(&loaded.source, name.span.clone(), message, hint);
        }
    }
}

/// Reports an instance that is listed a second time.
fn second_place(
    loaded: &Loaded,
    group: &GroupShape,
    member: &At<Ocid>,
    (first, first_group, line): (&Loaded, &GroupShape, usize),
    report: &mut Report,
) {
    if std::ptr::eq(group, first_group) {
        let message = format!("the instance is listed twice, first on line {line}");
        return report.at(&loaded.source, member.span.clone(), message, "delete one of the two");
    }
    let name = first_group.name.as_ref().map_or("another", |name| name.value.as_str());
    let place = match std::ptr::eq(first, loaded) {
        true => format!("line {line}"),
        false => format!("{}:{line}", first.source.file.display()),
    };
    let message = format!("the instance is in group `{name}` already, on {place}");
    report.at(
        &loaded.source,
        member.span.clone(),
        message,
        "an instance rides one release: delete it from one group",
    );
}
