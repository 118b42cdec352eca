//! The embedded OS Management service: a world of instances, an agent on each, and Oracle's API in front of it.
//!
//! ```text
//! catalogue --+                        requests --> front --> Change --> journal --> world
//! seed -------+--> world::generate --> World <-- settle(now): agents finish their work
//! ```
//!
//! [`Simulator`] is the service as a value; [`Handle`] finds the one process that serves a world on this machine or
//! becomes it. What the real service does is written down in the project's notes on OSMS; what nobody knows is a
//! [switch](Switches). No credentials but the simulator's own are read here.

pub mod agent;
mod catalogue;
mod clock;
mod credentials;
mod errata;
mod front;
mod golden;
mod handle;
mod journal;
mod runtime;
mod server;
mod service;
mod switches;
#[cfg(test)]
mod tests;
mod world;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use clock::Clock;
pub use credentials::{Credentials, credentials, write_config};
pub use golden::{DEFAULT_SEED, Facts, GoldenInstance, Level, Member, facts, golden_instance, golden_set};

pub use handle::Handle;
pub use service::{InProcess, Simulator};
pub use switches::{Reaction, Switches};
pub use world::Power;

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
