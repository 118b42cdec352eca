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
    /// `NAME:STREAM[:VERSION:CONTEXT]` of its module streams; none where it does not tell them.
    pub modules: Option<Vec<String>>,
    /// The labels of their packages, where those are known: `NAME:STREAM LABEL...`.
    pub labels: Vec<String>,
    /// The ids of its trust keys; none where it does not tell them.
    pub keys: Option<Vec<String>>,
    /// How many of its packages are unmanaged and left out.
    pub left_out: usize,
    /// How many instances are in it; none but for groups.
    pub instances: Option<usize>,
    /// The distinct sets of its instances; empty but for groups. Advisories are looked up in each by itself.
    pub sets: Vec<PackageSet>,
}

impl Content {
    /// Takes what a manifest holds.
    pub fn of_manifest(label: String, origin: Origin, manifest: &Manifest) -> Self {
        let Manifest { header: _, packages, modules, keys } = manifest;
        let (modules, keys) = (Some(modules.clone()), Some(keys.clone()));
        let labels = manifest.headers("stream").map(str::to_owned).collect();
        let (packages, sets) = (packages.clone(), Vec::new());
        Self { label, origin, packages, modules, labels, keys, left_out: 0, instances: None, sets }
    }

    fn held_with<'a>(&'a self, streams: &'a Streams) -> Holding<'a> {
        let sets = if self.sets.is_empty() { vec![&self.packages] } else { self.sets.iter().collect() };
        Holding { sets, streams }
    }

    fn side(&self) -> Side {
        Side {
            label: self.label.clone(),
            origin: self.origin,
            packages: self.packages.len(),
            digest: self.packages.digest(),
            left_out: self.left_out,
            instances: self.instances,
        }
    }

    /// Returns what is known of its module streams.
    pub fn streams(&self) -> Streams {
        Streams::of_specs(self.modules.iter().flatten()).labelled(&self.labels)
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
    /// How many more it has that are unmanaged; nothing where there are none.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: usize,
    /// How many instances are in it; none but for groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_none(count: &usize) -> bool {
    *count == 0
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
        let lore = Lore { old: old.streams(), new: new.streams(), ..lore };
        let delta = Delta::knowing(&old.packages, &new.packages, &lore);
        let mut same = 0;
        walk(&old.packages, &new.packages, |old, new| same += usize::from(old == new));
        // What is in the service has streams for advisories only: the defaults among them, or those of its release.
        let told = |content: &Content| {
            matches!(content.origin, Origin::Release | Origin::File) && content.modules.is_some()
        };
        let modules = if told(old) && told(new) { lore.old.moves(&lore.new) } else { Vec::new() };
        let keys = match (&old.keys, &new.keys) {
            (Some(old), Some(new)) => keys(old, new),
            _ => Vec::new(),
        };
        Self { old: old.side(), new: new.side(), same, delta, modules, keys, advisories: None }
    }

    /// Adds what advisories say of the two contents that were compared, over the whole range between them.
    #[must_use]
    pub fn judged_by(self, book: &Advisories, old: &Content, new: &Content) -> Self {
        let streams = [old.streams(), new.streams()];
        let closure = book.closed_between(&old.held_with(&streams[0]), &new.held_with(&streams[1]));
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
            modules: Some(owned(modules)),
            labels: Vec::new(),
            keys: Some(owned(keys)),
            left_out: 0,
            instances: None,
            sets: Vec::new(),
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
        let keys_only = Content { keys: Some(vec!["cc".to_owned()]), ..old.clone() };
        assert!(!Comparison::between(&old, &keys_only, Lore::default()).is_same());
    }

    #[test]
    fn what_a_side_does_not_tell_is_no_difference() {
        let release = content("GL1", Origin::Release, &["a-1-1.noarch"], &["perl:5.26"], &["aa"]);
        let found = |other: &Content| {
            let both = [
                Comparison::between(&release, other, Lore::default()),
                Comparison::between(other, &release, Lore::default()),
            ];
            assert_eq!(both[0].is_same(), both[1].is_same());
            (both[0].modules.len(), both[0].keys.len())
        };
        let list = content("list.txt", Origin::File, &["a-1-1.noarch"], &[], &[]);
        assert_eq!(found(&list), (1, 1));
        assert_eq!(found(&Content { modules: None, keys: None, ..list.clone() }), (0, 0));
        assert_eq!(found(&Content { modules: None, keys: Some(vec!["bb".to_owned()]), ..list }), (0, 2));
        // The streams of an instance are there for advisories; keys that are listed are its.
        let instance = content("web-01", Origin::Instance, &["a-1-1.noarch"], &["perl:5.30"], &["aa"]);
        assert_eq!(found(&instance), (0, 0));
    }
}
