//! How a fleet stands: what `status` shows and what the compliance report says, as plain values worked out by pure
//! functions from train, state and what was seen. Laying them out is [`crate::render`]'s business.

mod fleet;

pub use fleet::{Fleet, FleetStatus, GroupStatus, InstanceLine};
