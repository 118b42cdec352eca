//! Where a key, token or pass phrase lies: in a file, or in a value that somebody has set. Files are read anew each
//! time, since whoever puts tokens there replaces them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::CredentialsError;
use super::key::{KeyError, SigningKey};
use super::secret::Secret;

/// A file, or a text as it is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The text itself.
    Text {
        /// What holds it, such as a variable.
        named: String,
        /// The text.
        text: Secret,
    },
    /// A file.
    File {
        /// What names the file.
        named: String,
        /// The file.
        path: PathBuf,
    },
}

/// Tells one content of a file from the next, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<Timestamp>,
    length: u64,
    inode: u64,
}

impl Place {
    /// Takes a value that is the text itself, or an absolute path to it.
    pub(crate) fn of_value(named: &str, value: &Secret) -> Self {
        match value.expose().starts_with('/') {
            true => Self::File { named: named.to_owned(), path: PathBuf::from(value.expose()) },
            false => Self::Text { named: named.to_owned(), text: value.clone() },
        }
    }

    /// Returns the text.
    pub(crate) fn read(&self) -> Result<Secret, CredentialsError> {
        match self {
            Self::Text { text, .. } => Ok(text.clone()),
            Self::File { named, path } => {
                let bytes =
                    fs::read(path).map_err(|error| CredentialsError::unreadable(path, named, &error))?;
                Ok(Secret::new(String::from_utf8_lossy(&bytes)))
            }
        }
    }

    /// Returns the file's stamp; none for a text, and for a file that cannot be seen just now.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let Self::File { path, .. } = self else { return None };
        let seen = fs::metadata(path).ok()?;
        let modified = seen.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        Some(Stamp { modified, length: seen.len(), inode: seen.ino() })
    }
}

/// Names the place, behind "the private key" or "the token".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { named, .. } => write!(f, "in {named}"),
            Self::File { path, .. } => path.display().fmt(f),
        }
    }
}

/// Where a key lies, with what it may be encrypted under.
#[derive(Clone, Debug)]
pub(crate) struct KeyPlace {
    pub(crate) key: Place,
    pub(crate) pass_phrase: Option<Place>,
    /// How to give a pass phrase, for those who have given none.
    pub(crate) give: String,
    /// How to come by a key that can be used, of this kind.
    pub(crate) another: String,
}

impl KeyPlace {
    /// Reads the key.
    pub(crate) fn read(&self, key_id: &str) -> Result<SigningKey, CredentialsError> {
        let pem = self.key.read()?;
        // A line break at the end is the editor's.
        let open = |place: &Place| Ok(Secret::new(place.read()?.expose().trim_end_matches(['\r', '\n'])));
        let pass_phrase = self.pass_phrase.as_ref().map(open).transpose()?;
        SigningKey::from_pem(key_id, pem.expose().as_bytes(), pass_phrase.as_ref()).map_err(|error| {
            let way_out = match (&error, &self.pass_phrase) {
                (KeyError::NoPassPhrase, _) => format!(": {}", self.give),
                (KeyError::WrongPassPhrase, Some(Place::Text { named, .. })) => {
                    format!(": correct {named}")
                }
                (KeyError::WrongPassPhrase, Some(Place::File { path, .. })) => {
                    format!(": correct {}", path.display())
                }
                (KeyError::WrongPassPhrase, None) => String::new(),
                (KeyError::NotPem, _) if looks_like_path(pem.expose()) => {
                    "; it looks like the path of a file, which must be absolute".to_owned()
                }
                (KeyError::Cipher(_), _) => {
                    ": write a copy with `openssl pkcs8 -topk8 -v2 aes256 -in KEY -out NEW`".to_owned()
                }
                (KeyError::Public, _) => ": the private one of the pair belongs there".to_owned(),
                (KeyError::NotPem | KeyError::NotRsa | KeyError::Refused(_), _) => {
                    format!("; {}", self.another)
                }
            };
            CredentialsError::Key { origin: self.key.to_string(), reason: format!("{error}{way_out}") }
        })
    }
}

fn looks_like_path(text: &str) -> bool {
    !text.trim().contains(char::is_whitespace) && Path::new(text.trim()).extension().is_some()
}
