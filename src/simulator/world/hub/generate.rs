//! The beginning of the hub's side of a world: the vendor's sources, and each instance with those that correspond to what
//! is attached to it in OSMS.

use std::collections::HashMap;

use super::{Availability, Source, Text};
use crate::package::{Package, PackageSet};
use crate::simulator::catalogue::{Channel, Layer, WAVE_GL1_1, catalogue};
use crate::simulator::world::generate::{TENANCY, long_ago, ocid, source_id};
use crate::simulator::world::{Id, World};

/// The vendor's sources for what OSMS has too: all of them are selected. Here they are called as agents call them
/// (Terraform's examples list them by such display names), and what OSMS calls them describes them.
const SELECTED: [(Channel, &str, &str); 5] = [
    (Channel::BaseOs, "ol8_baseos_latest-x86_64", "Oracle Linux 8 BaseOS Latest (x86_64)"),
    (Channel::AppStream, "ol8_appstream-x86_64", "Oracle Linux 8 Application Stream (x86_64)"),
    (Channel::Uek, "ol8_uekr7-x86_64", "Unbreakable Enterprise Kernel Release 7 for Oracle Linux 8 (x86_64)"),
    (Channel::Ksplice, "ol8_ksplice-x86_64", "Ksplice for Oracle Linux 8 (x86_64)"),
    (Channel::Preview, "ol8_developer_preview-x86_64", "Oracle Linux 8 Developer Preview (x86_64)"),
];

/// Those that nobody has selected yet.
const ADDONS: (&str, &str) = ("ol8_addons-x86_64", "Oracle Linux 8 Addons (x86_64)");
const NEXT: (&str, &str) = ("ol9_baseos_latest-x86_64", "Oracle Linux 9 BaseOS Latest (x86_64)");

/// Returns the display names of the vendor's sources that the golden instance has.
pub(crate) fn golden_vendors() -> impl Iterator<Item = &'static str> {
    // Previews are for one adventurous administrator only.
    SELECTED.into_iter().filter(|(channel, ..)| *channel != Channel::Preview).map(|(_, name, _)| name)
}

/// Returns the id of the hub's source of a name in agents' configurations.
fn hub_id(seed: u64, repo_id: &str) -> Id {
    ocid("osmhsoftwaresource", "", &format!("{seed}/{repo_id}"))
}

/// Fills in the hub's side of a world that has its instances.
pub(in crate::simulator::world) fn fill(world: &mut World) {
    let seed = world.seed;
    let mut hours = 0;
    let mut add = |world: &mut World, (repo_id, name): (&str, &str), os_family: &str, selected, packages| {
        hours += 1;
        let made = long_ago(hours);
        let at_oci = if selected { Availability::Selected } else { Availability::Available };
        let source = Source {
            text: Text { name: repo_id.into(), description: Some(name.into()), ..Text::default() },
            compartment: TENANCY.into(),
            recipe: None,
            repo_id: repo_id.into(),
            os_family: os_family.into(),
            arch: "X86_64".into(),
            availability: [Availability::Available, at_oci],
            packages,
            made,
            ready: made,
            changed: made,
            written: Some(made),
            revision: 1,
        };
        world.hub.sources.insert(hub_id(seed, repo_id), source);
    };
    let mut twins: HashMap<Id, Id> = HashMap::new();
    for (channel, repo_id, name) in SELECTED {
        let osms = source_id(seed, channel);
        let packages = world.sources.get(&osms).map(|source| source.packages.clone()).unwrap_or_default();
        add(world, (repo_id, name), "ORACLE_LINUX_8", true, packages);
        twins.insert(osms, hub_id(seed, repo_id));
    }
    add(world, ADDONS, "ORACLE_LINUX_8", false, addons());
    add(world, NEXT, "ORACLE_LINUX_9", false, next());
    for instance in world.instances.values_mut() {
        let sources = instance.parent.iter().chain(&instance.children);
        instance.hub.sources = sources.filter_map(|id| twins.get(id).cloned()).collect();
    }
}

/// What only the addons hold: nobody has it yet, and a release that wants it must select them.
fn addons() -> PackageSet {
    let text = |name: &str, evr: &str| Package::from_parts(name, evr, "x86_64").ok();
    let names = [
        ("oracle-olcnectl", "1.9.2-3.el8"),
        ("oracle-olcnectl", "1.9.2-5.el8"),
        ("cri-tools", "1.29.0-2.el8"),
    ];
    names.into_iter().filter_map(|(name, evr)| text(name, evr)).collect()
}

/// The base of the next release of the system, as its one instance has it.
fn next() -> PackageSet {
    let families = catalogue().families.iter().filter(|family| {
        family.channel == Channel::BaseOs && !matches!(family.layer, Layer::Added | Layer::Extra)
    });
    let items = families.flat_map(|family| &family.items);
    let packages = items.flat_map(|item| item.waves[..=WAVE_GL1_1].to_vec());
    packages.filter_map(|package| Package::parse(&package.as_str().replace("el8", "el9")).ok()).collect()
}
