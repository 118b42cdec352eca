//! One profile of an OCI configuration file (`~/.oci/config`): an INI file whose profiles inherit from `[DEFAULT]`,
//! as Oracle's command line reads it.
//!
//! Knows keys and lines; what a private key is, is [`super::credentials`]'s.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::credentials::CredentialsError;
use super::region::Region;

/// A profile, with what it inherits.
#[derive(Clone, Debug)]
pub struct Profile {
    path: PathBuf,
    name: String,
    values: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
struct Value {
    text: String,
    line: usize,
}

/// Whom an API key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApiKeyUser<'a> {
    pub(crate) tenancy: &'a str,
    pub(crate) user: &'a str,
    pub(crate) fingerprint: &'a str,
}

const DEFAULT: &str = "DEFAULT";

impl Profile {
    /// Reads the file and picks a profile. `DEFAULT` exists in every file, if only as an empty one.
    pub fn load(path: &Path, name: &str) -> Result<Self, CredentialsError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => CredentialsError::NoFile { path: path.to_owned() },
            _ => CredentialsError::Unreadable { path: path.to_owned(), source },
        })?;
        Self::parse(path, &text, name)
    }

    /// Reads a file's text. `path` stands in messages.
    pub fn parse(path: &Path, text: &str, name: &str) -> Result<Self, CredentialsError> {
        let wrong = |line, reason: String| CredentialsError::Line { path: path.to_owned(), line, reason };
        let mut sections: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
        let mut section = None;
        for (line, content) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let (line, content) = (line + 1, content.trim());
            if content.is_empty() || content.starts_with(['#', ';']) {
                continue;
            }
            if let Some(header) = content.strip_prefix('[') {
                let header = header
                    .strip_suffix(']')
                    .ok_or_else(|| wrong(line, format!("`{content}` lacks its closing `]`")))?;
                sections.entry(header.trim()).or_default();
                section = Some(header.trim());
                continue;
            }
            let section = section
                .ok_or_else(|| wrong(line, "expected a profile first, such as `[DEFAULT]`".to_owned()))?;
            // The line may hold a secret, so that it is not shown.
            let split = content
                .split_once(['=', ':'])
                .ok_or_else(|| wrong(line, "expected `key = value`, `[profile]` or a comment".to_owned()))?;
            let value = Value { text: split.1.trim().to_owned(), line };
            let key = split.0.trim().to_ascii_lowercase();
            if let Some(first) = sections.entry(section).or_default().insert(key.clone(), value) {
                let reason = format!("`{key}` stands in [{section}] already, in line {}", first.line);
                return Err(wrong(line, reason));
            }
        }
        let defaults = sections.get(DEFAULT).cloned().unwrap_or_default();
        let own = match sections.get(name) {
            Some(own) => own.clone(),
            None if name == DEFAULT => BTreeMap::new(),
            None => {
                return Err(CredentialsError::NoProfile {
                    path: path.to_owned(),
                    profile: name.to_owned(),
                    known: sections.into_keys().map(str::to_owned).collect(),
                });
            }
        };
        let mut values = defaults;
        values.extend(own);
        Ok(Self { path: path.to_owned(), name: name.to_owned(), values })
    }

    /// Returns the region, where the profile names one.
    pub fn region(&self) -> Result<Option<Region>, CredentialsError> {
        let Some(value) = self.values.get("region") else { return Ok(None) };
        let region = Region::parse(&value.text).map_err(|error| self.wrong(value, error.to_string()))?;
        Ok(Some(region))
    }

    /// Returns the tenancy, which is also the root compartment.
    pub fn tenancy(&self) -> Result<&str, CredentialsError> {
        self.ocid("tenancy")
    }

    pub(crate) fn api_key_user(&self) -> Result<ApiKeyUser<'_>, CredentialsError> {
        for (key, what) in [
            ("security_token_file", "session tokens are"),
            ("delegation_token_file", "delegation tokens are"),
            ("key_content", "keys inside of this file are"),
        ] {
            // A profile with a token may hold a key and a fingerprint too, of the session; only `user` tells.
            if let Some(value) = self.values.get(key)
                && (key == "key_content" || !self.values.contains_key("user"))
            {
                let reason = format!("`{key}`: {what} not supported yet; use an API key with `key_file`");
                return Err(self.wrong(value, reason));
            }
        }
        let (fingerprint, line) = self.required("fingerprint")?;
        let pairs: Vec<&str> = fingerprint.split(':').collect();
        let hex = |pair: &&str| {
            pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        };
        if pairs.len() != 16 || !pairs.iter().all(hex) {
            let reason = format!(
                "`{fingerprint}` is not a fingerprint: expected 16 pairs of lower-case hex digits, `20:3b:...:5a`"
            );
            return Err(CredentialsError::Line { path: self.path.clone(), line, reason });
        }
        Ok(ApiKeyUser { tenancy: self.tenancy()?, user: self.ocid("user")?, fingerprint })
    }

    pub(crate) fn key_path(&self, home: Option<&Path>) -> Result<PathBuf, CredentialsError> {
        let (text, line) = self.required("key_file")?;
        let wrong = |reason: &str| CredentialsError::Line {
            path: self.path.clone(),
            line,
            reason: reason.to_owned(),
        };
        match text.strip_prefix('~') {
            None => Ok(PathBuf::from(text)),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = home.ok_or_else(|| {
                    wrong("`~` stands for nothing, since HOME is not set: write the path in full")
                })?;
                Ok(home.join(rest.trim_start_matches('/')))
            }
            Some(_) => Err(wrong("`~user` is not supported: write the path in full")),
        }
    }

    fn ocid(&self, key: &'static str) -> Result<&str, CredentialsError> {
        let (text, line) = self.required(key)?;
        let expected = format!("ocid1.{key}.");
        if text.starts_with(&expected) && !text.contains(['"', '/', ' ']) {
            return Ok(text);
        }
        let reason = format!("`{key}` is `{text}`: expected an OCID that begins with `{expected}`");
        Err(CredentialsError::Line { path: self.path.clone(), line, reason })
    }

    fn required(&self, key: &'static str) -> Result<(&str, usize), CredentialsError> {
        match self.values.get(key) {
            Some(value) if !value.text.is_empty() => Ok((&value.text, value.line)),
            _ => Err(CredentialsError::Missing { path: self.path.clone(), profile: self.name.clone(), key }),
        }
    }

    fn wrong(&self, value: &Value, reason: String) -> CredentialsError {
        CredentialsError::Line { path: self.path.clone(), line: value.line, reason }
    }
}
