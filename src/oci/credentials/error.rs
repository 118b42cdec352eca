//! What is wrong with credentials: each error names the file, key, variable or address, and what to do. None shows a
//! secret, and no line of a file that may hold one.

use std::path::PathBuf;

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
    #[error("{} ({named}) cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What names it.
        named: String,
        /// Why.
        source: std::io::Error,
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
    #[error("{} has no profile `{profile}`; it has {}", path.display(), listed(known))]
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
    #[error("the instance metadata service: {url} {reason}")]
    Metadata {
        /// What was asked for.
        url: String,
        /// What came of it, and what to do.
        reason: String,
    },
    /// The service that gives tokens to instances.
    #[error("no token for this instance from {url}: {reason}")]
    Federation {
        /// Where it was asked for.
        url: String,
        /// What came of it, and what to do.
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
    /// Returns the message with its causes, for where an error is passed on as text.
    pub fn told(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}
