//! The simulator against the rest: its agent was written apart from `observed::advance`, and the two must agree on what
//! an update leaves.

mod hub;
mod objects;
mod story;
mod train;

use std::collections::BTreeSet;

use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::observed::{Instance, InstanceStatus, Inventory, Observed, Source, SourceLink};
use patchtrain::op::{Op, SourceRef, Wanted};
use patchtrain::package::{Package, PackageSet};
use patchtrain::simulator::agent::updated;
use proptest::prelude::*;

/// A few names, architectures and versions, so that they meet often: install-only ones, epochs, pre- and post-releases,
/// and two spellings of one version.
fn package() -> impl Strategy<Value = Package> {
    let name = prop::sample::select(vec!["kernel", "kernel-uek-core", "glibc", "bash", "a-b"]);
    let arch = prop::sample::select(vec!["x86_64", "i686", "noarch"]);
    let version = prop::sample::select(vec![
        "1.0", "1..0", "1.0~rc1", "1.0^git1", "1.1", "1.01", "2", "02", "10", "1:0.5",
    ]);
    let release = prop::sample::select(vec!["1.el8", "2.el8", "2.el8_10", "2.module+el8.9.0+1+ab"]);
    (name, version, release, arch).prop_map(|(name, version, release, arch)| {
        Package::from_parts(name, &format!("{version}-{release}"), arch).expect("the parts make a NEVRA")
    })
}

/// Kernels of one name and architecture, close to each other: beside each other, at the limit, and in two spellings.
fn kernels() -> impl Strategy<Value = Vec<Package>> {
    let name = prop::sample::select(vec!["kernel", "kernel-uek-core"]);
    let version =
        prop::sample::select(vec!["5.1", "5.2", "5.3", "5.4", "5.04", "5.5", "5.10", "5.11~rc1", "1:4.9"]);
    let kernel = |name: &'static str| {
        move |version: &'static str| {
            Package::from_parts(name, &format!("{version}-1.el8"), "x86_64").expect("the parts make a NEVRA")
        }
    };
    (name, prop::collection::vec(version, 0..6))
        .prop_map(move |(name, versions)| versions.into_iter().map(kernel(name)).collect())
}

/// What stands on an instance, or in a source.
fn world(most: usize) -> impl Strategy<Value = PackageSet> {
    (packages(most), kernels()).prop_map(|(packages, kernels)| packages.union(&kernels))
}

/// An instance: what it holds, and the kernel that it runs, mostly one of those that it holds, not the newest as often
/// as not.
fn instance() -> impl Strategy<Value = (PackageSet, String)> {
    (world(12), any::<prop::sample::Index>(), 0..10_u8).prop_map(|(installed, which, luck)| {
        let kernels: Vec<Package> = installed.iter().filter(|package| package.is_install_only()).collect();
        let running = match kernels.is_empty() || luck == 0 {
            true => "none".to_owned(),
            false => {
                let kernel = kernels[which.index(kernels.len())];
                format!("{}-{}.{}", kernel.version(), kernel.release(), kernel.arch())
            }
        };
        (installed, running)
    })
}

fn packages(most: usize) -> impl Strategy<Value = PackageSet> {
    prop::collection::vec(package(), 0..most).prop_map(PackageSet::new)
}

fn link(number: usize) -> SourceLink {
    let id = Ocid::new(&format!("ocid1.osmssoftwaresource.oc1..s{number}"));
    SourceLink { id, name: format!("s{number}").as_str().into() }
}

/// What `observed::advance` makes of an update.
fn advanced(installed: &PackageSet, running: &str, offered: &[PackageSet]) -> PackageSet {
    let id = Ocid::new("ocid1.instance.oc1..i");
    let mut observed = Observed::default();
    for (number, contents) in offered.iter().enumerate() {
        let source =
            Source { name: link(number).name, owner: None, contents: Some(contents.clone()), parent: None };
        observed.sources.insert(link(number).id, source);
    }
    let instance = Instance {
        name: "i".into(),
        status: InstanceStatus::Normal,
        os: None,
        parent: (!offered.is_empty()).then(|| link(0)),
        children: (1..offered.len()).map(link).collect(),
        groups: BTreeSet::new(),
        inventory: Some(Inventory { installed: installed.clone(), ..Inventory::default() }),
        last_checkin: None,
        last_boot: None,
        running_kernel: Some(running.into()),
        effective_kernel: None,
        reboot_required: false,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    };
    observed.instances.insert(id.clone(), instance);
    let source = SourceRef { release: ReleaseName::new("GL1"), id: Some(link(0).id), under: None };
    observed.advance(&Op::Update { instance: id.clone(), source, kind: Wanted::All });
    observed.instances[&id].inventory.clone().expect("an update keeps the inventory").installed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_agent_and_observed_agree_on_updates(
        (installed, running) in instance(),
        offered in prop::collection::vec(world(12), 0..4),
    ) {
        prop_assert_eq!(updated(&installed, &running, &offered), advanced(&installed, &running, &offered));
    }
}

/// The comparison is worth something only where the cases that trip careless programs come up.
#[test]
fn the_random_worlds_hold_what_matters() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = [0_usize; 9];
    for _ in 0..4000 {
        let (installed, running) = instance().new_tree(&mut runner).unwrap().current();
        let offered: Vec<PackageSet> =
            prop::collection::vec(world(12), 0..4).new_tree(&mut runner).unwrap().current();
        let after = updated(&installed, &running, &offered);
        let gone = installed.difference(&after);
        let come = after.difference(&installed);
        let of = |package: &Package, others: &PackageSet| {
            others.iter().filter(|other| other.cmp_name_arch(*package).is_eq()).collect::<Vec<_>>()
        };
        let runs = |package: &Package| {
            running == format!("{}-{}.{}", package.version(), package.release(), package.arch())
        };
        let oldest_runs = |package: &Package| {
            package.is_install_only() && of(package, &installed).first().is_some_and(runs)
        };
        let tied = |package: &Package| {
            offered
                .iter()
                .flat_map(|set| of(package, set))
                .any(|other| other != *package && other.cmp_evr(*package).is_eq())
        };
        let twins = |package: &Package| {
            let other = if package.arch() == patchtrain::package::Arch::I686 { "x86_64" } else { "i686" };
            installed.iter().any(|twin| twin.name() == package.name() && twin.arch().as_str() == other)
        };
        let facts = [
            gone.iter().any(|package| package.is_install_only()),
            come.iter().any(|package| oldest_runs(package) && of(package, &after).len() >= 3),
            come.iter().any(twins),
            come.iter().any(|package| package.epoch() > 0),
            come.iter().any(|package| package.evr().contains('~')),
            come.iter().any(|package| package.evr().contains('^')),
            come.iter().any(|package| package.is_modular()),
            offered.len() > 1
                && come.iter().any(|package| offered[1..].iter().any(|set| set.contains(*package))),
            come.iter().any(tied),
        ];
        seen.iter_mut().zip(facts).for_each(|(count, fact)| *count += usize::from(fact));
    }
    println!("kernels that went, the oldest runs, twins, epochs, ~, ^, modular, children, ties: {seen:?}");
    assert!(seen.iter().all(|count| *count >= 30), "{seen:?}");
}
