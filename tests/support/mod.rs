//! What several test areas share. Leaves out anything that only one of them needs.

mod holdings;
pub(crate) mod hub;
mod manners;
pub(crate) mod model;
mod planning;
// What it prints is for people, as in any test.
#[cfg(test)]
#[path = "../../src/state/store/rows/tests/server.rs"]
pub(crate) mod postgres;
mod pty;
pub(crate) mod quickstart;
pub(crate) mod rng;
pub(crate) mod schema;
pub(crate) mod secrets;
pub(crate) mod selection;
mod served;
pub(crate) mod store;
mod workspace;
pub(crate) mod worlds;

pub(crate) use pty::Screen;
pub(crate) use served::Served;
pub(crate) use workspace::Workspace;
