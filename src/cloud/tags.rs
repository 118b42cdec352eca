//! Whose a source or group is, as free-form tags.

use std::collections::BTreeMap;

use crate::name::{GroupName, ReleaseName, TrainName};
use crate::op::{Lineage, Ownership};

const TRAIN: &str = "patchtrain-train";
const LINEAGE: &str = "patchtrain-lineage";
const RELEASE: &str = "patchtrain-release";
const DIGEST: &str = "patchtrain-digest";
/// Of a scheduled job or a registration profile: the train's group that it was made for.
const GROUP: &str = "patchtrain-group";

/// Says in words what a source is, as its description.
pub(super) fn description_of_source(release: &ReleaseName, owner: &Ownership) -> String {
    match release.is_own_parent() {
        true => format!("parent of the releases of train {}, made by patchtrain", owner.train),
        false => format!("release {release} of train {}, made by patchtrain", owner.train),
    }
}

/// Says in words what something made for a group is, as its description.
pub(super) fn description(what: &str, group: &GroupName, owner: &Ownership) -> String {
    format!("{what} {group} of train {}, made by patchtrain", owner.train)
}

/// Writes an owner as tags.
pub(super) fn of_owner(owner: &Ownership) -> BTreeMap<&'static str, String> {
    let Ownership { train, lineage, release } = owner;
    let mut tags = BTreeMap::from([(TRAIN, train.to_string()), (LINEAGE, lineage.to_string())]);
    if let Some((release, digest)) = release {
        tags.insert(RELEASE, release.to_string());
        tags.insert(DIGEST, digest.to_string());
    }
    tags
}

/// Returns the tags of something that becomes its owner's: those that it has, and the owner's in place of another's.
pub(super) fn taken_over(
    tags: Option<BTreeMap<String, String>>,
    owner: &Ownership,
) -> BTreeMap<String, String> {
    let mut tags = tags.unwrap_or_default();
    tags.retain(|key, _| ![TRAIN, LINEAGE, RELEASE, DIGEST, GROUP].contains(&key.as_str()));
    tags.extend(of_owner(owner).into_iter().map(|(key, value)| (key.to_owned(), value)));
    tags
}

/// Writes as tags whose something is that was made for one group.
pub(super) fn of_owner_and_group(owner: &Ownership, group: &GroupName) -> BTreeMap<&'static str, String> {
    let mut tags = of_owner(owner);
    tags.insert(GROUP, group.to_string());
    tags
}

/// Reads an owner from tags. Tags that are incomplete or damaged are nobody's: such a thing is never taken for ours.
pub(super) fn owner(tags: Option<&BTreeMap<String, String>>) -> Option<Ownership> {
    let tags = tags?;
    let release = match (tags.get(RELEASE), tags.get(DIGEST)) {
        (None, None) => None,
        (release, digest) => Some((release_name(release?)?, digest?.parse().ok()?)),
    };
    let lineage = tags.get(LINEAGE).filter(|lineage| !lineage.is_empty())?;
    Some(Ownership {
        train: TrainName::parse(tags.get(TRAIN)?).ok()?,
        lineage: Lineage(lineage.as_str().into()),
        release,
    })
}

/// Reads the name of a release, or that of the train's own parent, which no release can have.
fn release_name(text: &str) -> Option<ReleaseName> {
    let own = ReleaseName::own_parent();
    if text == own.as_str() { Some(own) } else { ReleaseName::parse(text).ok() }
}

/// Reads for which of a train's groups something was made.
pub(super) fn group(tags: Option<&BTreeMap<String, String>>) -> Option<GroupName> {
    GroupName::parse(tags?.get(GROUP)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Digest;

    fn ours(release: bool) -> Ownership {
        let digest = Digest::of(["x"]);
        Ownership {
            train: TrainName::new("great-linux"),
            lineage: Lineage("abc".into()),
            release: release.then(|| (ReleaseName::new("GL1.1"), digest)),
        }
    }

    fn written(owner: &Ownership) -> BTreeMap<String, String> {
        of_owner(owner).into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    #[test]
    fn an_owner_comes_back_from_its_tags() {
        let parent = (ReleaseName::own_parent(), Digest::of([""]));
        let parent = Ownership { release: Some(parent), ..ours(false) };
        for mine in [ours(true), ours(false), parent] {
            let mut tags = written(&mine);
            tags.insert("cost-center".to_owned(), "42".to_owned());
            assert_eq!(owner(Some(&tags)), Some(mine));
        }
    }

    #[test]
    fn what_is_taken_over_keeps_its_other_tags() {
        let mut before = written(&Ownership { train: TrainName::new("other"), ..ours(true) });
        before.insert("cost-center".to_owned(), "42".to_owned());
        before.insert(GROUP.to_owned(), "web".to_owned());
        let group = taken_over(Some(before), &ours(false));
        assert_eq!((owner(Some(&group)), group.len()), (Some(ours(false)), 3));
        assert_eq!(group.get("cost-center").map(String::as_str), Some("42"));
        assert_eq!(owner(Some(&taken_over(None, &ours(true)))), Some(ours(true)));
    }

    #[test]
    fn damaged_tags_are_nobodys() {
        assert_eq!(owner(None), None);
        assert_eq!(owner(Some(&BTreeMap::new())), None);
        for key in [TRAIN, LINEAGE, RELEASE, DIGEST] {
            let mut tags = written(&ours(true));
            tags.remove(key);
            assert_eq!(owner(Some(&tags)), None, "without {key}");
            tags.insert(key.to_owned(), String::new());
            assert_eq!(owner(Some(&tags)), None, "empty {key}");
        }
    }
}
