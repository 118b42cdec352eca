//! The real program: exit codes, what goes to which stream, and what is left on disk.

mod readme;
mod service;
mod terminal;
mod usage;
mod validate;
mod workspaces;
