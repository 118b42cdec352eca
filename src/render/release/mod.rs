//! What the commands about releases show: a promotion and what it cannot undo, the timeline, one release, and what a
//! check of releases found.

mod promotion;

pub use promotion::irreversible;
