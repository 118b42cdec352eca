//! Whether a release is the same everywhere: in its manifest, on record in the state, in the tags of its source, and in
//! what the source holds. Names each difference; mends none.
//!
//! That a manifest's lines are those its header's digest was made of is decided where it is loaded: one that lies does
//! not load.

use crate::name::{Ocid, ReleaseName};
use crate::observed::Source;
use crate::op::Ownership;
use crate::package::{Delta, Digest, PackageSet};
use crate::state::State;
use crate::train::{Release, Train};

/// What the service was found to have of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was not asked.
    NotAsked,
    /// The sources that the state has on record, or that go by the release's name, with their contents.
    Sources(Vec<Held>),
}

/// A source of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: Ocid,
    /// What it is, without contents; none where there is no such source.
    pub source: Option<Source>,
    /// What it holds, where that was read.
    pub contents: Option<PackageSet>,
}

/// What came of comparing a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The release.
    pub release: ReleaseName,
    /// How many packages its manifest holds.
    pub packages: usize,
    /// The digest of its content.
    pub digest: Digest,
    /// What agrees with it.
    pub agrees: Vec<Witness>,
    /// What does not.
    pub differences: Vec<Difference>,
    /// How its source stands.
    pub standing: Standing,
}

/// What says the same as the manifest's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// The digest in the manifest's header.
    Header,
    /// The digest in the state.
    State,
    /// The tags of the source.
    Tags,
    /// The source's packages.
    Contents,
}

/// How the source of a release stands, apart from differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The service was not asked.
    NotAsked,
    /// No source was made of it yet.
    NoneYet,
    /// It is retired, and its source is gone as it should be.
    Retired,
    /// There is one.
    There,
}

/// Something that is not as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The state has another digest on record.
    State {
        /// What it has.
        recorded: Digest,
    },
    /// The source that the state has on record is not there.
    Gone {
        /// Its id.
        id: Ocid,
    },
    /// A source says it is this release, or goes by its name, and the state does not know it.
    Unrecorded {
        /// Its id.
        id: Ocid,
    },
    /// The source has no tags of ours.
    Untagged {
        /// Its id.
        id: Ocid,
    },
    /// A tag of the source says something else.
    Tag {
        /// The source.
        id: Ocid,
        /// Which.
        tag: &'static str,
        /// What it says.
        says: String,
        /// What it should say.
        should: String,
    },
    /// The source could not be read.
    Unread {
        /// Its id.
        id: Ocid,
    },
    /// The source holds other packages.
    Contents {
        /// Its id.
        id: Ocid,
        /// How they differ, from the release to what the source holds.
        delta: Delta,
    },
}

impl Verified {
    /// Tells whether nothing differs.
    pub fn is_good(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Compares a release with what is known of it elsewhere.
pub fn verify(train: &Train, release: &Release, state: Option<&State>, found: &Found) -> Verified {
    let mut verified = Verified {
        release: release.name.clone(),
        packages: release.packages().len(),
        digest: release.digest,
        agrees: Vec::new(),
        differences: Vec::new(),
        standing: Standing::NotAsked,
    };
    // Loading has compared the two.
    if release.manifest.header("digest").is_some() {
        verified.agrees.push(Witness::Header);
    }
    let record = state.and_then(|state| state.sources.get(&release.name));
    match record {
        Some(record) if record.digest == release.digest => verified.agrees.push(Witness::State),
        Some(record) => verified.differences.push(Difference::State { recorded: record.digest }),
        None => {}
    }
    let Found::Sources(sources) = found else { return verified };
    let mut there = false;
    for held in sources {
        let recorded = record.is_some_and(|record| record.id == held.id);
        let id = || held.id.clone();
        let Some(source) = &held.source else {
            if recorded && !release.retired {
                verified.differences.push(Difference::Gone { id: id() });
            }
            continue;
        };
        there = true;
        if !recorded {
            verified.differences.push(Difference::Unrecorded { id: id() });
        }
        tags(&mut verified, (train, release, state), held, source);
        contents(&mut verified, release, held);
    }
    verified.standing = match (there, release.retired) {
        (true, _) => Standing::There,
        (false, true) => Standing::Retired,
        (false, false) => Standing::NoneYet,
    };
    verified.agrees.sort_unstable();
    verified.agrees.dedup();
    verified
}

fn tags(
    verified: &mut Verified,
    (train, release, state): (&Train, &Release, Option<&State>),
    held: &Held,
    source: &Source,
) {
    let Some(Ownership { train: of, lineage, release: holds }) = &source.owner else {
        verified.differences.push(Difference::Untagged { id: held.id.clone() });
        return;
    };
    let before = verified.differences.len();
    let mut compare = |tag: &'static str, says: String, should: String| {
        if says != should {
            verified.differences.push(Difference::Tag { id: held.id.clone(), tag, says, should });
        }
    };
    compare("train", of.to_string(), train.name.to_string());
    if let Some(state) = state {
        compare("lineage", lineage.to_string(), state.lineage.to_string());
    }
    match holds {
        Some((name, digest)) => {
            compare("release", name.to_string(), release.name.to_string());
            compare("digest", digest.to_string(), release.digest.to_string());
        }
        None => compare("release", "none".to_owned(), release.name.to_string()),
    }
    if verified.differences.len() == before {
        verified.agrees.push(Witness::Tags);
    }
}

fn contents(verified: &mut Verified, release: &Release, held: &Held) {
    match &held.contents {
        None => verified.differences.push(Difference::Unread { id: held.id.clone() }),
        Some(contents) if contents == release.packages() => verified.agrees.push(Witness::Contents),
        Some(contents) => {
            let delta = Delta::between(release.packages(), contents);
            verified.differences.push(Difference::Contents { id: held.id.clone(), delta });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::name::TrainName;
    use crate::op::Lineage;
    use crate::package::Package;
    use crate::state::SourceRecord;

    const GL1: &str = "bash-4.4.19-1.el8.x86_64\nzsh-5-1.x86_64\n";

    fn train(name: &str) -> Train {
        sample::train(&[(name, GL1)], "")
    }

    fn state(train: &Train) -> State {
        let mut state = State::new(train.name.clone(), Lineage("abc".into()));
        let release = &train.releases[0];
        let (id, since) = (Ocid::new("s1"), "2026-05-01T00:00:00Z".parse().unwrap());
        let record = SourceRecord { id, digest: release.digest, since, proven: None };
        state.sources.insert(release.name.clone(), record);
        state
    }

    fn held(train: &Train, id: &str) -> Held {
        let release = &train.releases[0];
        let owner = Ownership {
            train: train.name.clone(),
            lineage: Lineage("abc".into()),
            release: Some((release.name.clone(), release.digest)),
        };
        let source = Source { name: "t/GL1".into(), owner: Some(owner), contents: None, parent: None };
        Held { id: Ocid::new(id), source: Some(source), contents: Some(release.packages().clone()) }
    }

    fn check(train: &Train, state: Option<&State>, sources: Vec<Held>) -> Verified {
        verify(train, &train.releases[0], state, &Found::Sources(sources))
    }

    #[test]
    fn what_agrees_everywhere_is_good() {
        let train = train("GL1");
        let state = state(&train);
        let good = check(&train, Some(&state), vec![held(&train, "s1")]);
        assert!(good.is_good(), "{:?}", good.differences);
        assert_eq!(good.agrees, [Witness::State, Witness::Tags, Witness::Contents]);
        assert_eq!(good.standing, Standing::There);
        let offline = verify(&train, &train.releases[0], Some(&state), &Found::NotAsked);
        assert_eq!((offline.agrees, offline.standing), (vec![Witness::State], Standing::NotAsked));
        let fresh = check(&train, None, Vec::new());
        assert!(fresh.is_good() && fresh.standing == Standing::NoneYet);
    }

    #[test]
    fn every_difference_is_named() {
        let train = train("GL1");
        let release = &train.releases[0];
        let mut state = state(&train);
        let other = Digest::of(["x"]);
        if let Some(record) = state.sources.get_mut(&release.name) {
            record.digest = other;
        }
        let mut tampered = held(&train, "s1");
        let package = |text| Package::parse(text).unwrap();
        tampered.contents = Some(PackageSet::new(vec![package("bash-4.4.20-1.el8.x86_64")]));
        if let Some(owner) = tampered.source.as_mut().and_then(|source| source.owner.as_mut()) {
            owner.train = TrainName::new("u");
            owner.release = Some((release.name.clone(), other));
        }
        let bad = check(&train, Some(&state), vec![tampered]);
        let [
            Difference::State { recorded },
            Difference::Tag { tag: "train", .. },
            Difference::Tag { tag: "digest", .. },
            Difference::Contents { delta, .. },
        ] = bad.differences.as_slice()
        else {
            panic!("{:?}", bad.differences)
        };
        assert_eq!((*recorded, delta.entries.len()), (other, 2));
        assert!(!bad.agrees.contains(&Witness::Tags));

        let mut bare = held(&train, "s2");
        if let Some(source) = bare.source.as_mut() {
            source.owner = None;
        }
        bare.contents = None;
        let gone = Held { id: Ocid::new("s1"), source: None, contents: None };
        let bad = check(&train, Some(&state), vec![gone, bare]);
        let is = |want: fn(&Difference) -> bool| bad.differences.iter().any(want);
        assert!(is(|one| matches!(one, Difference::Gone { .. })));
        assert!(is(|one| matches!(one, Difference::Unrecorded { .. })));
        assert!(is(|one| matches!(one, Difference::Untagged { .. })));
        assert!(is(|one| matches!(one, Difference::Unread { .. })));
    }

    #[test]
    fn the_source_of_a_retired_release_may_be_gone() {
        let train = train("GL1 retired = true");
        let gone = Held { id: Ocid::new("s1"), source: None, contents: None };
        let found = check(&train, Some(&state(&train)), vec![gone]);
        assert!(found.is_good() && found.standing == Standing::Retired);
    }
}
