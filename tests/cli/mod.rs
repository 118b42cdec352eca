//! The real program: exit codes, what goes to which stream, and what is left on disk.

mod quickstart;
mod readme;
mod report;
mod service;
mod simulate;
mod terminal;
mod usage;
mod validate;
mod workspaces;
