//! The real program: exit codes, what goes to which stream, and what is left on disk.

mod credentials;
mod diff;
mod examples;
mod fmt;
mod freeze;
mod import;
mod init;
mod migration;
mod principals;
mod promote;
mod quickstart;
mod readme;
mod release;
mod report;
mod service;
mod services;
mod simulate;
mod state;
mod terminal;
mod trace;
mod trains;
mod trust;
mod update;
mod usage;
mod validate;
mod workspaces;
