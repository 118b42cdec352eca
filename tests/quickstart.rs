//! The quickstart's files: its two manifests are what the simulator's golden instance had before and after its
//! updates, and its train names the world that the simulator makes.

use std::path::{Path, PathBuf};

use patchtrain::package::Manifest;
use patchtrain::package::freeze::{Choices, freeze};
use patchtrain::package::manifest::{KernelPolicy, Origin, Provenance};
use patchtrain::simulator::{DEFAULT_SEED, Level, facts, golden_instance};
use patchtrain::train::{self, Members};

fn trains() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("trains")
}

/// Freezes the golden instance as `patchtrain freeze` does once it has come to a level; tests/cli/freeze.rs holds this
/// against the program.
fn frozen(release: &str, level: Level, at: &str) -> Manifest {
    let provenance = Provenance {
        release: release.to_owned(),
        frozen_at: at.parse().unwrap(),
        origin: Origin::Instance(facts(DEFAULT_SEED).golden.id),
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    };
    let unmanaged = train::default_unmanaged();
    // All of them, so that the fleet's older kernels are of its release.
    let choices = Choices { unmanaged: &unmanaged, kernels: KernelPolicy::All, previous: None };
    freeze(&golden_instance(level).as_golden(), &choices, provenance).manifest
}

#[test]
fn the_manifests_are_the_golden_instance_before_and_after_its_updates() {
    let releases =
        [("GL1", Level::Gl1, "2026-10-05T08:00:00Z"), ("GL1.1", Level::Gl1_1, "2026-11-16T08:00:00Z")];
    for (release, level, at) in releases {
        let text = frozen(release, level, at).to_text();
        let path = trains().join(format!("great-linux/{release}.packages"));
        if std::env::var_os("PATCHTRAIN_UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let diff = similar::TextDiff::from_lines(&kept, &text);
        assert!(kept == text, "{} is not what the world gives:\n{}", path.display(), diff.unified_diff());
    }
}

#[test]
fn the_train_names_the_world() {
    let train = train::load(&trains().join("great-linux.toml")).unwrap_or_else(|problems| {
        panic!("{}", problems.render(false));
    });
    let facts = facts(DEFAULT_SEED);
    assert_eq!(train.compartment.as_str(), facts.compartment);
    assert_eq!(train.golden.as_ref().map(|golden| golden.as_str()), Some(facts.golden.id.as_str()));
    for ((name, members), group) in facts.groups.iter().zip(&train.groups) {
        assert_eq!(group.name.as_str(), name);
        let Members::Listed(listed) = &group.members else { panic!("{name} lists its members") };
        let listed: Vec<&str> = listed.iter().map(|id| id.as_str()).collect();
        let mut expected: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        expected.sort_unstable();
        assert_eq!(listed, expected, "{name}");
    }
    assert_eq!(train.groups.len(), facts.groups.len());
}

#[test]
fn the_trains_are_in_their_canonical_form() {
    for entry in std::fs::read_dir(trains()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(train::format(&text).as_ref(), Ok(&text), "{}: run `patchtrain fmt`", path.display());
        }
    }
}
