//! Module streams: which of several lines of a piece of software an instance gets its packages from.

use std::sync::Arc;

use super::PackageSet;

/// A module stream that an instance may get packages from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleStream {
    /// The module, as `perl`.
    pub module: Arc<str>,
    /// The stream, as `5.26`.
    pub stream: Arc<str>,
    /// Who chose it.
    pub status: StreamStatus,
}

/// Why packages come from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamStatus {
    /// Somebody enabled it.
    Enabled,
    /// It is the module's default, and no other stream of the module is enabled.
    Active,
}

/// A module stream of an instance, with the packages that its source lists under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamContents {
    /// The stream.
    pub stream: ModuleStream,
    /// Its packages, in all versions that the source has.
    pub packages: PackageSet,
}

impl ModuleStream {
    /// Returns `NAME:STREAM`, as dnf and a manifest write it.
    pub fn spec(&self) -> String {
        format!("{}:{}", self.module, self.stream)
    }
}
