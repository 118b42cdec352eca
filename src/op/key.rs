//! The lasting names of ops.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Adjust, Op};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::package::{Digest, Package, StreamName};

/// How keys of these kinds begin.
const ADD: &str = "add-packages/";
const REMOVE: &str = "remove-packages/";
const ENROLL: &str = "group-enroll/";
const ENFORCE: &str = "enforce/";
const ENFORCE_GROUP: &str = "group-enforce/";
const REBOOT: &str = "reboot/";
const ADOPT_GROUP: &str = "adopt-group/";

/// The kinds of keys that have a group behind them, besides those of work for a whole group, which begin with `group-`.
const OF_GROUPS: [&str; 10] = [
    "join",
    "leave",
    "create-group",
    "delete-group",
    "create-schedule",
    "change-schedule",
    "delete-schedule",
    "create-profile",
    "delete-profile",
    "adopt-group",
];

/// Writes a group's name as it stands in keys: one that is a wave of a group has `#` where `/` parts the words.
fn word(group: &GroupName) -> String {
    group.as_str().replace('/', "#")
}

fn of_word(word: &str) -> GroupName {
    GroupName::new(&word.replace('#', "/"))
}

impl Op {
    /// Returns the name under which state and journal know the op: the same for the same wish, whichever plan holds
    /// it and whether or not ids are known by then.
    pub fn key(&self) -> OpKey {
        let crowd = |instances: &[Ocid]| Digest::of_lines(instances.iter().map(Ocid::as_str)).short();
        let batch =
            |packages: &[Package]| Digest::of_lines(packages.iter().map(|package| package.as_str())).short();
        OpKey(match self {
            Self::Join { group, instance } => return OpKey::join(&group.group, instance),
            Self::Leave { group, instance } => return OpKey::leave(&group.group, instance),
            Self::Switch { instance, to, .. } => return OpKey::switch(&to.release, instance),
            Self::Update { instance, source, .. } => return OpKey::update(&source.release, instance),
            // No release is called so: these are told from updates to one, and like them end in their instance.
            Self::Patch { instance, package: Some(package), .. } => format!("update/@{package}/{instance}"),
            Self::Patch { instance, wanted, package: None } => format!("update/@{wanted}/{instance}"),
            Self::Enforce { instance, source, .. } => return OpKey::enforce(&source.release, instance),
            // Nor is any package: a NEVRA has its architecture behind a dot at the end.
            Self::EnableStreams { instance, streams } => format!("update/@{}/{instance}", specs(streams)),
            Self::CreateSchedule { group, .. } => format!("create-schedule/{}", word(&group.group)),
            Self::ChangeSchedule { group, .. } => format!("change-schedule/{}", word(group)),
            Self::DeleteSchedule { group, id } => format!("delete-schedule/{}/{id}", word(group)),
            Self::CreateSource { release, .. } => format!("create-source/{release}"),
            Self::AddPackages { source, packages } => {
                format!("{ADD}{}/{}", source.release, batch(packages))
            }
            Self::RemovePackages { source, packages } => {
                format!("{REMOVE}{}/{}", source.release, batch(packages))
            }
            Self::CreateGroup { group, .. } => format!("create-group/{}", word(group)),
            Self::DeleteGroup { group } => format!("delete-group/{}", word(&group.group)),
            Self::DeleteSource { source } => return OpKey::delete_source(&source.release),
            // Of a group: the group second, so that the open work of a group can be told from its keys.
            Self::Attach { group, source, .. } => return OpKey::attach(&group.group, &source.release),
            Self::Detach { group, keeps, .. } => return OpKey::detach(&group.group, &keeps.release),
            Self::Enroll { group, instances, .. } => {
                format!("{ENROLL}{}/{}", word(&group.group), crowd(instances))
            }
            Self::Dismiss { group, instances } => {
                format!("group-dismiss/{}/{}", word(&group.group), crowd(instances))
            }
            Self::UpdateGroup { group, source, .. } => {
                return OpKey::update_group(&group.group, &source.release);
            }
            Self::PatchGroup { group, package: Some(package), .. } => {
                format!("group-update/{}/@{package}", word(&group.group))
            }
            Self::PatchGroup { group, wanted, package: None, .. } => {
                format!("group-update/{}/@{wanted}", word(&group.group))
            }
            Self::EnforceGroup { group, source, adjusts, .. } => {
                return OpKey::enforce_group(&group.group, &source.release, adjusts);
            }
            Self::EnableGroupStreams { group, streams, .. } => {
                format!("group-update/{}/@{}", word(&group.group), specs(streams))
            }
            Self::Rerun { group, of, .. } => format!("group-rerun/{}/{of}", word(&group.group)),
            Self::Refresh { group, .. } => return OpKey::refresh(&group.group),
            Self::Reboot { instance, .. } => return OpKey::reboot(instance),
            Self::RefreshInstance { instance } => format!("refresh/{instance}"),
            Self::CreateProfile { group, .. } => format!("create-profile/{}", word(&group.group)),
            Self::DeleteProfile { group, id } => format!("delete-profile/{}/{id}", word(group)),
            // With their ids: a run that was cut short is gone on with by those alone.
            Self::AdoptSource { release, id, .. } => format!("adopt-source/{release}/{id}"),
            Self::AdoptGroup { group, id, .. } => return OpKey::adopt_group(group, id),
        })
    }
}

fn specs(streams: &[StreamName]) -> String {
    let specs: Vec<String> = streams.iter().map(StreamName::to_string).collect();
    specs.join("+")
}

/// The lasting name of an op; see [`Op::key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpKey(pub String);

impl OpKey {
    /// Returns the key of an instance's joining a group.
    pub fn join(group: &GroupName, instance: &Ocid) -> Self {
        Self(format!("join/{}/{instance}", word(group)))
    }

    /// Returns the key of an instance's leaving a group.
    pub fn leave(group: &GroupName, instance: &Ocid) -> Self {
        Self(format!("leave/{}/{instance}", word(group)))
    }

    /// Returns the key of an instance's switch to a release.
    pub fn switch(release: &ReleaseName, instance: &Ocid) -> Self {
        Self(format!("switch/{release}/{instance}"))
    }

    /// Returns the key of an instance's update to a release.
    pub fn update(release: &ReleaseName, instance: &Ocid) -> Self {
        Self(format!("update/{release}/{instance}"))
    }

    /// Returns the key of an instance's being made exactly a release.
    pub fn enforce(release: &ReleaseName, instance: &Ocid) -> Self {
        Self(format!("{ENFORCE}{release}/{instance}"))
    }

    /// Returns the key of a group's being brought to packages of a release by one call.
    pub fn enforce_group(group: &GroupName, release: &ReleaseName, adjusts: &[Adjust]) -> Self {
        let labels: Vec<String> = adjusts.iter().map(|adjust| adjust.label()).collect();
        let digest = Digest::of_lines(labels.iter().map(String::as_str)).short();
        Self(format!("{ENFORCE_GROUP}{}/{release}/{digest}", word(group)))
    }

    /// Returns the key of an instance's being booted anew.
    pub fn reboot(instance: &Ocid) -> Self {
        Self(format!("{REBOOT}{instance}"))
    }

    /// Returns the instance that the op boots anew, where it does.
    pub fn rebooted(&self) -> Option<Ocid> {
        self.0.strip_prefix(REBOOT).map(Ocid::new)
    }

    /// Tells whether the op boots an instance anew.
    pub fn is_reboot(&self) -> bool {
        self.0.starts_with(REBOOT)
    }

    /// Returns the key of a group's being given the source of a release.
    pub fn attach(group: &GroupName, release: &ReleaseName) -> Self {
        Self(format!("group-attach/{}/{release}", word(group)))
    }

    /// Returns the key of a group's being left with the source of a release alone.
    pub fn detach(group: &GroupName, release: &ReleaseName) -> Self {
        Self(format!("group-detach/{}/{release}", word(group)))
    }

    /// Returns the key of a group's update to a release.
    pub fn update_group(group: &GroupName, release: &ReleaseName) -> Self {
        Self(format!("group-update/{}/{release}", word(group)))
    }

    /// Returns the key of a group's having its members' packages listed anew.
    pub fn refresh(group: &GroupName) -> Self {
        Self(format!("group-refresh/{}", word(group)))
    }

    /// Returns the key of a group's being taken over.
    pub fn adopt_group(group: &GroupName, id: &Ocid) -> Self {
        Self(format!("{ADOPT_GROUP}{}/{id}", word(group)))
    }

    /// Returns which group of the service the op takes over as which of the train's, where that is what it does.
    pub fn adopted_group(&self) -> Option<(GroupName, Ocid)> {
        let (group, id) = self.0.strip_prefix(ADOPT_GROUP)?.split_once('/')?;
        Some((of_word(group), Ocid::new(id)))
    }

    /// Tells whether the op is about a group: done to it, or to others because of it.
    pub fn is_of_group(&self, group: &GroupName) -> bool {
        self.renamed(group, group).is_some()
    }

    /// Returns the key that the op has once its group goes by another name; none where it is not about that group.
    pub fn renamed(&self, from: &GroupName, to: &GroupName) -> Option<Self> {
        let (kind, rest) = self.0.split_once('/')?;
        if !kind.starts_with("group-") && !OF_GROUPS.contains(&kind) {
            return None;
        }
        let rest = rest.strip_prefix(&word(from))?;
        // With a group go its waves.
        (rest.is_empty() || rest.starts_with(['/', '#'])).then(|| Self(format!("{kind}/{}{rest}", word(to))))
    }

    /// Tells whether the op makes an instance exactly a release, call by call.
    pub fn is_enforce(&self) -> bool {
        self.0.starts_with(ENFORCE)
    }

    /// Tells whether the op brings a group to packages of its release.
    pub fn is_enforce_group(&self) -> bool {
        self.0.starts_with(ENFORCE_GROUP)
    }

    /// Tells whether the op takes instances into a group.
    pub fn is_enroll(&self) -> bool {
        self.0.starts_with(ENROLL)
    }

    /// Tells whether the op puts packages into a release's source, or takes some out.
    pub fn fills(&self, release: &ReleaseName) -> bool {
        let of = |kind: &str| self.0.strip_prefix(kind)?.strip_prefix(release.as_str())?.strip_prefix('/');
        of(ADD).or_else(|| of(REMOVE)).is_some()
    }

    /// Returns the instance or group whose agents the op puts to work, where it does.
    pub fn subject(&self) -> Option<Subject> {
        let mut words = self.0.split('/');
        let kind = words.next().unwrap_or_default();
        match kind.strip_prefix("group-") {
            Some(_) => words.next().map(|group| Subject::Group(of_word(group))),
            None if ["update", "enforce", "reboot"].contains(&kind) => {
                words.next_back().map(|id| Subject::Instance(Ocid::new(id)))
            }
            None => None,
        }
    }

    /// Returns the key of the deletion of a release's source.
    pub fn delete_source(release: &ReleaseName) -> Self {
        Self(format!("delete-source/{release}"))
    }
}

impl fmt::Display for OpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose agents an op puts to work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One instance's.
    Instance(Ocid),
    /// Those of the members of a group.
    Group(GroupName),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{GroupRef, Lineage, Ownership, SourceRef, Ticket, Wanted};

    /// Every kind of op that is about a group, with all that may stand in its key.
    fn of_group(name: &str) -> Vec<Op> {
        let name = GroupName::new(name);
        let group = || GroupRef { group: name.clone(), id: None };
        let id = || Ocid::new("ocid1.x.oc1..web");
        let source = || SourceRef { release: ReleaseName::new("web"), id: None, under: None };
        let owner = || Ownership {
            train: crate::name::TrainName::new("web"),
            lineage: Lineage("web".into()),
            release: None,
        };
        let (instances, sources) = (vec![id()], vec![id()]);
        let schedule = crate::patching::Schedule {
            update: Wanted::All,
            every: crate::patching::Every::parse("1 week").unwrap(),
            start: jiff::Timestamp::UNIX_EPOCH,
        };
        let next = jiff::Timestamp::UNIX_EPOCH;
        let streams = vec![StreamName::parse("web:web").unwrap()];
        let package = Package::parse("web-1-1.noarch").ok();
        vec![
            Op::Join { group: group(), instance: id() },
            Op::Leave { group: group(), instance: id() },
            Op::CreateGroup { group: name.clone(), owner: owner(), outfit: None },
            Op::DeleteGroup { group: group() },
            Op::CreateSchedule { group: group(), name: "web/web".to_owned(), owner: owner(), schedule, next },
            Op::ChangeSchedule {
                group: name.clone(),
                id: id(),
                name: "web/web".to_owned(),
                owner: owner(),
                schedule,
                next,
            },
            Op::DeleteSchedule { group: name.clone(), id: id() },
            Op::Attach { group: group(), source: source(), instances: instances.clone() },
            Op::Detach { group: group(), sources, keeps: source(), instances: instances.clone() },
            Op::Enroll { group: group(), source: source(), instances: instances.clone() },
            Op::Dismiss { group: group(), instances: instances.clone() },
            Op::UpdateGroup {
                group: group(),
                source: source(),
                kind: Wanted::All,
                instances: instances.clone(),
            },
            Op::PatchGroup { group: group(), wanted: Wanted::All, package, instances: instances.clone() },
            Op::EnableGroupStreams { group: group(), streams, instances: instances.clone() },
            Op::EnforceGroup {
                group: group(),
                source: source(),
                adjusts: vec![crate::op::Adjust::Remove(Package::parse("web-1-1.noarch").unwrap())],
                instances: instances.clone(),
            },
            Op::Rerun {
                group: group(),
                source: source(),
                of: Ticket("web".into()),
                again: crate::op::Again::Join,
                instances: instances.clone(),
            },
            Op::Refresh { group: group(), instances },
            Op::CreateProfile {
                group: group(),
                name: "web/web".to_owned(),
                owner: owner(),
                os: "web".to_owned(),
                arch: "web".to_owned(),
            },
            Op::DeleteProfile { group: name.clone(), id: id() },
            Op::AdoptGroup { group: name.clone(), id: id(), called: "web".to_owned(), owner: owner() },
        ]
    }

    #[test]
    fn the_key_of_a_renamed_group_is_that_of_the_op_with_the_new_name() {
        let (web, front) = (GroupName::new("web"), GroupName::new("front"));
        for (old, new) in of_group("web").iter().zip(of_group("front")) {
            assert_eq!(old.key().renamed(&web, &front), Some(new.key()), "{}", old.key());
            assert!(old.key().is_of_group(&web) && !old.key().is_of_group(&front), "{}", old.key());
            assert_eq!(old.key().renamed(&GroupName::new("we"), &front), None, "{}", old.key());
        }
        for other in of_group("web-2") {
            assert_eq!(other.key().renamed(&web, &front), None, "{}", other.key());
        }
    }

    #[test]
    fn what_is_about_a_release_or_an_instance_is_about_no_group() {
        let source = || SourceRef { release: ReleaseName::new("web"), id: None, under: None };
        let id = || Ocid::new("web");
        let owner = Ownership {
            train: crate::name::TrainName::new("t"),
            lineage: Lineage("l".into()),
            release: None,
        };
        for op in [
            Op::AddPackages { source: source(), packages: Vec::new() },
            Op::RemovePackages { source: source(), packages: Vec::new() },
            Op::DeleteSource { source: source() },
            Op::Switch { instance: id(), from: None, to: source(), drops: Vec::new() },
            Op::Update { instance: id(), source: source(), kind: Wanted::All },
            Op::Patch { instance: id(), wanted: Wanted::All, package: None },
            Op::Enforce { instance: id(), source: source(), adjusts: Vec::new() },
            Op::RefreshInstance { instance: id() },
            Op::Reboot { instance: id(), kernel: None },
            Op::AdoptSource { release: ReleaseName::new("web"), id: id(), owner },
        ] {
            assert!(!op.key().is_of_group(&GroupName::new("web")), "{}", op.key());
        }
    }

    #[test]
    fn what_is_taken_over_is_told_from_the_key() {
        let (group, id) = (GroupName::new("web"), Ocid::new("ocid1.x.oc1..y"));
        assert_eq!(OpKey::adopt_group(&group, &id).adopted_group(), Some((group.clone(), id)));
        assert_eq!(OpKey("create-group/web".to_owned()).adopted_group(), None);
    }
}
