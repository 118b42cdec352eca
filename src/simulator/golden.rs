//! The golden instance: what it holds when a release is frozen from it, and the facts of the generated world that a
//! train file needs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::catalogue::modules::{self, Status, Stream};
use super::catalogue::{Channel, catalogue};
use super::world::{self, World};
use crate::package::{ModuleStream, Package, PackageSet, StreamContents, StreamStatus, freeze};

/// The seed of the world that the quickstart's train is written for.
pub const DEFAULT_SEED: u64 = 8;

/// The two moments at which the quickstart's releases are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As the world is created.
    Gl1,
    /// After the golden instance was updated from the vendor's sources and its administrator had added and removed
    /// a few packages.
    Gl1_1,
}

/// Returns everything that is installed on the golden instance at a level, in every world of whatever seed; also what
/// a release leaves out: trust keys and agents that no source provides.
pub fn golden_set(level: Level) -> PackageSet {
    world::golden_set(level)
}

/// The golden instance, as the service shows it at a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenInstance {
    /// All that is installed.
    pub installed: PackageSet,
    /// What of it no source provides.
    pub unsourced: PackageSet,
    /// The enabled and active module streams, sorted, with what the vendor has in them.
    pub streams: Vec<StreamContents>,
    /// The kernel it runs: nobody reboots it between the levels.
    pub running_kernel: String,
    /// Whether it waits for one.
    pub reboot_required: bool,
}

impl GoldenInstance {
    /// Returns it as a freeze wants it.
    pub fn as_golden(&self) -> freeze::Golden<'_> {
        freeze::Golden {
            installed: &self.installed,
            unsourced: &self.unsourced,
            streams: &self.streams,
            running_kernel: Some(&self.running_kernel),
            reboot_required: self.reboot_required,
        }
    }
}

/// Returns what a freeze of the golden instance would read at a level, in every world of whatever seed, without making
/// one.
pub fn golden_instance(level: Level) -> GoldenInstance {
    let installed = world::golden_set(level);
    let offered = |channel| PackageSet::new(catalogue().shipped(channel));
    let modular = offered(Channel::AppStream);
    let provided = [Channel::BaseOs, Channel::Uek, Channel::Ksplice].map(offered);
    let sourced = |package: &Package| {
        modular.contains(*package) || provided.iter().any(|source| source.contains(*package))
    };
    let unsourced = installed.iter().filter(|package| !sourced(package)).collect();
    let stream = |known: &'static Stream| {
        let status = match known.status(&installed) {
            Status::Enabled => StreamStatus::Enabled,
            Status::Active => StreamStatus::Active,
            Status::Disabled => return None,
        };
        let stream = ModuleStream { module: known.module.into(), stream: known.name.into(), status };
        Some(StreamContents { stream, packages: known.packages(&modular).collect() })
    };
    let streams = modules::streams().iter().filter_map(stream).collect();
    GoldenInstance {
        unsourced,
        streams,
        running_kernel: world::golden_kernel().into(),
        reboot_required: level == Level::Gl1_1,
        installed,
    }
}

/// An instance, by both its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its display name.
    pub name: String,
    /// Its OCID.
    pub id: String,
}

/// What a train file needs to know of a world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The seed of the world.
    pub seed: u64,
    /// The region that ids name.
    pub region: String,
    /// The tenancy.
    pub tenancy: String,
    /// The compartment of the instances, and of the sources and groups to be made.
    pub compartment: String,
    /// The golden instance.
    pub golden: Member,
    /// The vendor's sources that it has, by the names that OS Management Hub has for them.
    #[serde(default)]
    pub vendor_sources: Vec<String>,
    /// The groups that the quickstart's train has, in its order. The service knows no groups at first.
    pub groups: Vec<(String, Vec<Member>)>,
}

/// Returns the facts of the world of a seed, without making it.
pub fn facts(seed: u64) -> Facts {
    of_fleet(seed, world::DEFAULT_FLEET)
}

fn of_fleet(seed: u64, fleet: usize) -> Facts {
    let member = |(name, id): (String, world::Id)| Member { name, id: id.to_string() };
    let groups = world::groups(seed, fleet).into_iter();
    let groups = groups.map(|(group, members)| (group.to_owned(), members.into_iter().map(member).collect()));
    Facts {
        seed,
        region: super::REGION.to_owned(),
        tenancy: world::TENANCY.to_owned(),
        compartment: world::COMPARTMENT.to_owned(),
        golden: member((world::GOLDEN_NAME.to_owned(), world::golden_id(seed))),
        vendor_sources: world::hub::golden_vendors().map(str::to_owned).collect(),
        groups: groups.collect(),
    }
}

impl Facts {
    pub(super) fn of(world: &World) -> Self {
        of_fleet(world.seed, world.fleet)
    }
}

impl fmt::Display for Facts {
    /// Writes the facts for people, one a line, ready to be copied into a train file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, region, tenancy, compartment, golden, vendor_sources, groups } = self;
        writeln!(f, "seed         {seed}")?;
        writeln!(f, "region       {region}")?;
        writeln!(f, "tenancy      {tenancy}")?;
        writeln!(f, "compartment  {compartment}")?;
        writeln!(f, "golden       {}  # {}", golden.id, golden.name)?;
        for vendor in vendor_sources {
            writeln!(f, "vendor       {vendor}")?;
        }
        for (group, members) in groups {
            writeln!(f, "group        {group}, {} instances:", members.len())?;
            for Member { name, id } in members {
                writeln!(f, "             {id}  # {name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_golden_instance_has_the_vendor_sources_that_facts_name() {
        let world = World::generate(DEFAULT_SEED, world::DEFAULT_FLEET, jiff::Timestamp::UNIX_EPOCH);
        let facts = Facts::of(&world);
        let golden = &world.instances[facts.golden.id.as_str()];
        let name = |id: &world::Id| world.hub.sources[id].text.name.to_string();
        let has: BTreeSet<String> = golden.hub.sources.iter().map(name).collect();
        assert_eq!(has, facts.vendor_sources.into_iter().collect());
    }

    #[test]
    fn facts_name_everything_that_a_train_file_needs() {
        let facts = facts(DEFAULT_SEED);
        let sizes: Vec<(&str, usize)> =
            facts.groups.iter().map(|(group, members)| (group.as_str(), members.len())).collect();
        assert_eq!(sizes, [("canary", 3), ("web", 12), ("backend", 9)]);
        let text = facts.to_string();
        let ids = facts.groups.iter().flat_map(|(_, members)| members).map(|member| &member.id);
        for id in ids.chain([&facts.golden.id, &facts.compartment, &facts.tenancy]) {
            assert_eq!(text.matches(id.as_str()).count(), 1, "{id}");
            assert_eq!(crate::name::Ocid::parse(id).map(|ocid| ocid.to_string()), Ok(id.clone()));
        }
    }
}
