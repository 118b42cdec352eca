//! What several test areas share. Leaves out anything that only one of them needs.

pub(crate) mod model;
pub(crate) mod rng;
pub(crate) mod store;
pub(crate) mod worlds;
