//! What the commands about releases show: a promotion and what it cannot undo, the timeline, one release, and what a
//! check of releases found.

mod dependencies;
mod portrait;
mod promotion;
mod timeline;
mod verified;

pub use portrait::portrait;
pub use promotion::irreversible;
pub use timeline::{TimelineFormat, timeline};
pub use verified::{Checked, verified};
