//! The embedded OS Management service and its successor, OS Management Hub: a world of instances, an agent on each, and
//! Oracle's two APIs in front of it; and Object Storage, for who keeps files beside them.
//!
//! ```text
//! catalogue --+          requests --> front::{osms, hub, objects} --> Change --> journal --> world
//! seed -------+--> world::generate --> World <-- settle(now): agents finish their work
//! ```
//!
//! [`Simulator`] is the service as a value; [`Handle`] finds the one process that serves a world on this machine or
//! becomes it. Both services look after the same machines: what one has an agent do, the other sees. What the real ones
//! do is written down in the project's notes on OSMS and OSMH; what nobody knows is a [switch](Switches). No credentials but the simulator's own are read here.

pub mod agent;
mod catalogue;
mod clock;
mod credentials;
mod errata;
mod front;
mod golden;
mod handle;
mod in_process;
mod journal;
mod runtime;
mod server;
mod service;
mod shelf;
mod switches;
#[cfg(test)]
mod tests;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use clock::Clock;
pub use credentials::{Credentials, credentials, write_config};
pub use golden::{DEFAULT_SEED, Facts, GoldenInstance, Level, Member, facts, golden_instance, golden_set};

pub use handle::Handle;
pub use in_process::InProcess;
pub use service::{Given, Simulator};
pub use switches::{GoesBack, HubSwitches, NullSources, ObjectSwitches, Reaction, Switches};
pub use world::{Ask, Left, Mishap, Power, Trial};

/// The region that the simulator's ids and credentials name.
pub const REGION: &str = "eu-frankfurt-1";

/// Where a simulator lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// The workspace's folder of the world: `state/simulator`.
    pub world: PathBuf,
    /// The seed a new world is generated from; a world that is there keeps its own.
    pub seed: u64,
}

/// How many instances a world can have.
pub const LARGEST_FLEET: usize = 20_000;

/// A service that the simulator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// OS Management.
    Osms,
    /// OS Management Hub.
    Osmh,
}

/// How a world is served, where not as usual: for measuring, or as one of the services alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// How many members the groups of a new world have together, from 24 to [`LARGEST_FLEET`]; a world that is there must
    /// have as many.
    pub fleet: Option<usize>,
    /// How long each answer of the service is held back.
    pub latency: Duration,
    /// How long each work request takes, from its being accepted; else as [`Switches`] say.
    pub work: Option<Duration>,
    /// The one service that is served; else both are.
    pub only: Option<Service>,
}

/// What `GET /simulator/info` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The format of this answer.
    pub format: u32,
    /// What a train file needs.
    #[serde(flatten)]
    pub facts: Facts,
    /// The simulator's time.
    pub now: Timestamp,
    /// How far its clock has been moved on, in seconds.
    pub offset: i64,
    /// The process that serves.
    pub process: u32,
}
