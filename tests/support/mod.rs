//! What tests of the real program share: a workspace of their own, and a terminal.

pub mod pty;
pub mod workspace;

pub use pty::Screen;
pub use workspace::{Ran, Workspace};
