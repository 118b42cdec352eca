//! The simulator against the rest: its agent was written apart from `observed::advance`, and the two must agree on what
//! an update leaves.

mod story;

use std::collections::BTreeSet;

use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::observed::{Instance, InstanceStatus, Inventory, Observed, Source, SourceLink};
use patchtrain::op::{Op, SourceRef, UpdateKind};
use patchtrain::package::{Package, PackageSet};
use patchtrain::simulator::agent::updated;
use proptest::prelude::*;

/// A few names, architectures and versions, so that they meet often: install-only ones, epochs, pre- and post-releases,
/// and two spellings of one version.
fn package() -> impl Strategy<Value = Package> {
    let name = prop::sample::select(vec!["kernel", "kernel-uek-core", "glibc", "bash", "a-b"]);
    let arch = prop::sample::select(vec!["x86_64", "i686", "noarch"]);
    let version = prop::sample::select(vec!["1.0", "1..0", "1.0~rc1", "1.0^git1", "1.1", "2", "10", "1:0.5"]);
    let release = prop::sample::select(vec!["1.el8", "2.el8", "2.el8_10", "2.module+el8.9.0+1+ab"]);
    (name, version, release, arch).prop_map(|(name, version, release, arch)| {
        Package::from_parts(name, &format!("{version}-{release}"), arch).expect("the parts make a NEVRA")
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
        running_kernel: Some(running.into()),
        reboot_required: false,
        open_work: Vec::new(),
    };
    observed.instances.insert(id.clone(), instance);
    let source = SourceRef { release: ReleaseName::new("GL1"), id: Some(link(0).id) };
    observed.advance(&Op::Update { instance: id.clone(), source, kind: UpdateKind::All });
    observed.instances[&id].inventory.clone().expect("an update keeps the inventory").installed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_agent_and_observed_agree_on_updates(
        installed in packages(12),
        offered in prop::collection::vec(packages(12), 0..4),
        running in prop::sample::select(vec!["1.0-1.el8.x86_64", "1.1-2.el8.x86_64", "2-2.el8_10.x86_64", "none"]),
    ) {
        prop_assert_eq!(updated(&installed, running, &offered), advanced(&installed, running, &offered));
    }
}
