//! What tests of the real program share: a workspace of their own, and a terminal.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the report; clippy knows only functions marked as tests"
)]

mod pty;
mod workspace;

pub(crate) use pty::Screen;
pub(crate) use workspace::{Ran, Workspace};
