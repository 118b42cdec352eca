//! What is wrong with credentials: each error names the file, key, variable or address, and what to do. None shows a
//! secret, and no line of a file that may hold one.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

/// Credentials that cannot be used.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// There is no configuration file.
    #[error(
        "there is no OCI configuration file at {}: create one with `oci setup config`, or name another with OCI_CLI_CONFIG_FILE",
        path.display()
    )]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there and cannot be read, or is named and not there.
    #[error("{} ({named}) cannot be read: {reason}: {way_out}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What names it.
        named: String,
        /// Why, in the system's words.
        reason: String,
        /// What to do.
        way_out: &'static str,
    },
    /// A line of the configuration file, or its value, is wrong.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// A variable of the environment is wrong, or missing.
    #[error("{name}: {reason}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// The profile does not exist.
    #[error(
        "{} has no profile `{profile}`; it has {}: name one of its own with --profile, OCI_CLI_PROFILE or `profile` in \
         [service], or add it",
        path.display(),
        listed(known)
    )]
    NoProfile {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        profile: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A key that the profile needs.
    #[error("{}: profile `{profile}` has no `{key}`: {way_out}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The profile.
        profile: String,
        /// The key.
        key: &'static str,
        /// Where to get it, and where else it may stand.
        way_out: String,
    },
    /// A private key that cannot be used.
    #[error("the private key {origin} {reason}")]
    Key {
        /// The file, or where else it came from.
        origin: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A token that cannot be used.
    #[error("the token {origin} {reason}")]
    Token {
        /// The file, or where else it came from.
        origin: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A token has come to its end.
    #[error("the token {origin} expired at {at:.0}: {way_out}")]
    Expired {
        /// The file, or where else it came from.
        origin: String,
        /// When.
        at: Timestamp,
        /// How to get another.
        way_out: String,
    },
    /// The instance metadata service.
    #[error(
        "the instance metadata service: {url} {reason}: instance principals are for compute instances of OCI, where it \
         answers (OCI_METADATA_BASE_URL names another one): elsewhere use `auth = \"api_key\"`"
    )]
    Metadata {
        /// What was asked for.
        url: String,
        /// What came of it.
        reason: String,
    },
    /// The region that the instance names is of no use.
    #[error(
        "the region of this instance is of no use ({url}): {reason}; or name in [service] of the train file what follows \
         from it: `region`, and where tokens are given, `endpoints.auth`"
    )]
    Region {
        /// What was asked for.
        url: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// The instance is not the one that it was.
    #[error("the instance metadata service: {url} {reason}")]
    Moved {
        /// What was asked for.
        url: String,
        /// What is different, and what to do.
        reason: String,
    },
    /// The service that gives tokens to instances.
    #[error(
        "no token for this instance from {url}: {reason}: check this machine's clock, and that it reaches that address \
         (`endpoints.auth` in [service] names another one)"
    )]
    Federation {
        /// Where it was asked for.
        url: String,
        /// What came of it.
        reason: String,
    },
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

impl CredentialsError {
    /// Says that a file cannot be read, and what to do about it.
    pub(crate) fn unreadable(path: &Path, named: impl Into<String>, error: &io::Error) -> Self {
        let way_out = match error.kind() {
            io::ErrorKind::NotFound => "put the file there, or correct what names it",
            io::ErrorKind::PermissionDenied => "let this user read it, or name another file",
            io::ErrorKind::IsADirectory => "name a file in that folder",
            io::ErrorKind::InvalidData => "it holds no text: name the right file",
            _ => "name a file that can be read",
        };
        Self::Unreadable { path: path.to_owned(), named: named.into(), reason: error.to_string(), way_out }
    }
}
