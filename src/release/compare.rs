//! How two sets of packages differ, wherever they come from: releases, files, instances, groups, sources.

use serde::Serialize;

use crate::advisory::{Advisories, Coverage, Flagged, Holding};
use crate::package::{Delta, Digest, Lore, Manifest, PackageSet, StreamMove, Streams, walk};

/// Where a set of packages comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A release of a train.
    Release,
    /// A file: a manifest, or lines of NEVRAs.
    File,
    /// An instance, as the service lists its packages.
    Instance,
    /// All members of a group together: each version that any of them has.
    Group,
    /// A software source of the service.
    Source,
}

/// One of the two sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub origin: Origin,
    /// The packages.
    pub packages: PackageSet,
    /// `NAME:STREAM[:VERSION:CONTEXT]` of its module streams.
    pub modules: Vec<String>,
    /// The ids of its trust keys.
    pub keys: Vec<String>,
    /// How many instances are in it; none but for groups.
    pub instances: Option<usize>,
}

impl Content {
    /// Takes what a manifest holds.
    pub fn of_manifest(label: String, origin: Origin, manifest: &Manifest) -> Self {
        let Manifest { header: _, packages, modules, keys } = manifest;
        let (modules, keys) = (modules.clone(), keys.clone());
        Self { label, origin, packages: packages.clone(), modules, keys, instances: None }
    }

    fn side(&self) -> Side {
        Side {
            label: self.label.clone(),
            origin: self.origin,
            packages: self.packages.len(),
            digest: self.packages.digest(),
            instances: self.instances,
        }
    }
}

/// One of the two, as a document names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub origin: Origin,
    /// How many packages it holds.
    pub packages: usize,
    /// The digest of the packages alone.
    pub digest: Digest,
    /// How many instances are in it; none but for groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<usize>,
}

/// A trust key that only one of them has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyMove {
    /// The key's id.
    pub id: String,
    /// Whether it is the new one that has it.
    pub added: bool,
}

/// How they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The one that is compared with.
    pub old: Side,
    /// The other.
    pub new: Side,
    /// How many (name, architecture) have the same versions in both.
    pub same: usize,
    /// What differs.
    pub delta: Delta,
    /// Modules whose streams differ.
    pub modules: Vec<StreamMove>,
    /// Trust keys that only one has.
    pub keys: Vec<KeyMove>,
    /// What becomes of the advisories, where any were asked.
    pub advisories: Option<Judgement>,
}

/// What advisories say of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// How many were asked.
    pub asked: usize,
    /// What stands open before and after.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// What of the old side came with advisories that no longer stand.
    pub flagged_old: Vec<Flagged>,
    /// The same of the new side.
    pub flagged_new: Vec<Flagged>,
}

impl Comparison {
    /// Compares two sets. Of `lore` only what packages obsolete counts; streams are told by the contents.
    pub fn between(old: &Content, new: &Content, lore: Lore) -> Self {
        let lore =
            Lore { old: Streams::of_specs(&old.modules), new: Streams::of_specs(&new.modules), ..lore };
        let delta = Delta::knowing(&old.packages, &new.packages, &lore);
        let mut same = 0;
        walk(&old.packages, &new.packages, |old, new| same += usize::from(old == new));
        // An instance's or a source's streams and keys are not all known: nothing is said where a side tells of none.
        let told = |content: &Content| matches!(content.origin, Origin::Release | Origin::File);
        let both = told(old) && told(new);
        let modules = if both { lore.old.moves(&lore.new) } else { Vec::new() };
        let keys = if both { keys(&old.keys, &new.keys) } else { Vec::new() };
        Self { old: old.side(), new: new.side(), same, delta, modules, keys, advisories: None }
    }

    /// Adds what advisories say of the two contents that were compared, over the whole range between them.
    #[must_use]
    pub fn judged_by(self, book: &Advisories, old: &Content, new: &Content) -> Self {
        let streams = [&old.modules, &new.modules].map(Streams::of_specs);
        let closure = book.closed_between(
            &Holding { sets: vec![&old.packages], streams: &streams[0] },
            &Holding { sets: vec![&new.packages], streams: &streams[1] },
        );
        let flagged = |content: &Content| -> Vec<Flagged> {
            book.flagged_in(&content.packages).iter().map(Flagged::from).collect()
        };
        let judgement = Judgement {
            asked: book.len(),
            coverage: closure.into(),
            flagged_old: flagged(old),
            flagged_new: flagged(new),
        };
        Self { advisories: Some(judgement), ..self }
    }

    /// Tells whether there is no difference.
    pub fn is_same(&self) -> bool {
        self.delta.is_empty() && self.modules.is_empty() && self.keys.is_empty()
    }
}

fn keys(old: &[String], new: &[String]) -> Vec<KeyMove> {
    let gone = old.iter().filter(|id| !new.contains(id)).map(|id| KeyMove { id: id.clone(), added: false });
    let came = new.iter().filter(|id| !old.contains(id)).map(|id| KeyMove { id: id.clone(), added: true });
    gone.chain(came).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{DeltaKind, Package};

    fn content(label: &str, origin: Origin, packages: &[&str], modules: &[&str], keys: &[&str]) -> Content {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let packages = packages.iter().map(|text| Package::parse(text).unwrap()).collect();
        Content {
            label: label.to_owned(),
            origin,
            packages,
            modules: owned(modules),
            keys: owned(keys),
            instances: None,
        }
    }

    #[test]
    fn packages_streams_and_keys_differ_each_for_itself() {
        let old = content("GL1", Origin::Release, &["a-1-1.noarch", "b-1-1.noarch"], &["perl:5.26"], &["aa"]);
        let new = content("GL2", Origin::Release, &["a-1-1.noarch", "b-2-1.noarch"], &["perl:5.30"], &["bb"]);
        let found = Comparison::between(&old, &new, Lore::default());
        assert_eq!((found.same, found.delta.count(DeltaKind::Upgraded), found.modules.len()), (1, 1, 1));
        let key = |id: &str, added| KeyMove { id: id.to_owned(), added };
        assert_eq!(found.keys, [key("aa", false), key("bb", true)]);
        assert!(!found.is_same());
        let same = Comparison::between(&old, &old, Lore::default());
        assert!(same.is_same() && same.same == 2);
        let keys_only = Content { keys: vec!["cc".to_owned()], ..old.clone() };
        assert!(!Comparison::between(&old, &keys_only, Lore::default()).is_same());
    }

    #[test]
    fn what_an_instance_does_not_tell_is_no_difference() {
        let release = content("GL1", Origin::Release, &["a-1-1.noarch"], &["perl:5.26"], &["aa"]);
        let instance = content("web-01", Origin::Instance, &["a-1-1.noarch"], &[], &[]);
        assert!(Comparison::between(&release, &instance, Lore::default()).is_same());
    }
}
