//! Releases as people review them: how two sets of packages differ, and what a release is made of.
//!
//! Pure: which files, instances and sources are compared, and how they are read, is the command line's; how it looks is
//! [`crate::render`]'s.

mod compare;

pub use compare::{Comparison, Content, Judgement, KeyMove, Origin, Side};
