//! Module streams: which of several lines of a piece of software an instance gets its packages from.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{PackageSet, manifest};

/// A stream by its name, written `NAME:STREAM`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamName {
    /// The module, as `perl`.
    pub module: Arc<str>,
    /// The stream, as `5.26`.
    pub stream: Arc<str>,
}

/// A module stream that an instance may get packages from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleStream {
    /// The module, as `perl`.
    pub module: Arc<str>,
    /// The stream, as `5.26`.
    pub stream: Arc<str>,
    /// Who chose it.
    pub status: StreamStatus,
}

/// Why packages come from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamStatus {
    /// Somebody enabled it.
    Enabled,
    /// It is the module's default, and no other stream of the module is enabled.
    Active,
    /// None do: it is only listed.
    Disabled,
}

impl StreamName {
    /// Reads `NAME:STREAM`, or what a manifest has of a stream: the version and context behind it say which build it was.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(error) = manifest::module_error(text) {
            return Err(error);
        }
        let mut parts = text.split(':');
        let (module, stream) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Ok(Self { module: module.into(), stream: stream.into() })
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.stream)
    }
}

impl TryFrom<String> for StreamName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<StreamName> for String {
    fn from(name: StreamName) -> Self {
        name.to_string()
    }
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
