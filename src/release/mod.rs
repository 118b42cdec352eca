//! Releases as people review them: how two sets of packages differ, what a release is made of, who rides it, and where
//! its groups may go.
//!
//! Pure: which files, instances and sources are compared, and how they are read, is the command line's; how it looks is
//! [`crate::render`]'s.

mod compare;
mod promote;
#[cfg(test)]
mod sample;

pub use compare::{Comparison, Content, KeyMove, Origin, Side};
pub use promote::{Irreversible, Promotion, PromotionError, Way, promotion, suggestion};
