//! The golden instance: what it holds when a release is frozen from it, and the facts of the generated world that a
//! train file needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::world::{self, World};
use crate::package::PackageSet;

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
    /// The groups that the quickstart's train has, in its order. The service knows no groups at first.
    pub groups: Vec<(String, Vec<Member>)>,
}

/// Returns the facts of the world of a seed, without making it.
pub fn facts(seed: u64) -> Facts {
    let names: BTreeMap<_, _> = world::group_members().iter().copied().collect();
    let member = |(name, id): (&str, world::Id)| Member { name: name.to_owned(), id: id.to_string() };
    let groups = world::member_ids(seed)
        .into_iter()
        .map(|(group, ids)| (group.to_owned(), names[group].iter().copied().zip(ids).map(member).collect()));
    Facts {
        seed,
        region: super::REGION.to_owned(),
        tenancy: world::TENANCY.to_owned(),
        compartment: world::COMPARTMENT.to_owned(),
        golden: member((world::GOLDEN_NAME, world::golden_id(seed))),
        groups: groups.collect(),
    }
}

impl Facts {
    pub(super) fn of(world: &World) -> Self {
        facts(world.seed)
    }
}
