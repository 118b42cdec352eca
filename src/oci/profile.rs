//! One profile of an OCI configuration file (`~/.oci/config`): an INI file whose profiles inherit from `[DEFAULT]`,
//! as Oracle's command line reads it, with values of the environment put over it.
//!
//! Knows keys and lines; what a private key or a token is, is [`super::credentials`]'s.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::credentials::{CredentialsError, KeyPlace, Method, Place, Secret};
use super::region::Region;
use super::regions::Regions;

/// A profile, with what it inherits and what the environment says instead.
#[derive(Clone, Debug)]
pub struct Profile {
    path: PathBuf,
    name: String,
    /// Whether there is a file at all.
    exists: bool,
    home: Option<PathBuf>,
    values: BTreeMap<String, Value>,
}

#[derive(Clone)]
struct Value {
    text: String,
    origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Variable(&'static str),
    /// The line of the profile itself.
    Own(usize),
    /// The line of `[DEFAULT]`.
    Inherited(usize),
}

/// Any value may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}

/// Whom an API key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApiKeyUser<'a> {
    pub(crate) tenancy: &'a str,
    pub(crate) user: &'a str,
    pub(crate) fingerprint: &'a str,
}

const DEFAULT: &str = "DEFAULT";

/// The variables that stand for a profile's keys.
pub const VARIABLES: [(&str, &str); 8] = [
    ("user", "OCI_CLI_USER"),
    ("tenancy", "OCI_CLI_TENANCY"),
    ("fingerprint", "OCI_CLI_FINGERPRINT"),
    ("key_file", "OCI_CLI_KEY_FILE"),
    ("key_content", "OCI_CLI_KEY_CONTENT"),
    ("pass_phrase", "OCI_CLI_PASSPHRASE"),
    ("security_token_file", "OCI_CLI_SECURITY_TOKEN_FILE"),
    ("region", "OCI_CLI_REGION"),
];

impl Profile {
    /// Reads the file and picks a profile. `DEFAULT` exists in every file, if only as an empty one.
    pub fn load(path: &Path, name: &str) -> Result<Self, CredentialsError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => CredentialsError::NoFile { path: path.to_owned() },
            _ => CredentialsError::unreadable(path, "the OCI configuration file", &source),
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
                let header = header.strip_suffix(']').ok_or_else(|| {
                    wrong(line, format!("`{content}` lacks its closing `]`: write it as `[profile]`"))
                })?;
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
            let value = Value { text: split.1.trim().to_owned(), origin: Origin::Own(line) };
            let key = split.0.trim().to_ascii_lowercase();
            if let Some(first) = sections.entry(section).or_default().insert(key.clone(), value) {
                let before = match first.origin {
                    Origin::Own(line) | Origin::Inherited(line) => line,
                    Origin::Variable(_) => 0,
                };
                let reason =
                    format!("`{key}` stands in [{section}] already, in line {before}: delete one of the two");
                return Err(wrong(line, reason));
            }
        }
        let mut values = sections.get(DEFAULT).cloned().unwrap_or_default();
        if name != DEFAULT {
            for value in values.values_mut() {
                if let Origin::Own(line) = value.origin {
                    value.origin = Origin::Inherited(line);
                }
            }
        }
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
        values.extend(own);
        let (path, name) = (path.to_owned(), name.to_owned());
        Ok(Self { path, name, exists: true, home: None, values })
    }

    /// Makes a profile without a file, which the environment may fill. `path` is where the file would be.
    pub fn empty(path: &Path, name: &str) -> Self {
        let (path, name) = (path.to_owned(), name.to_owned());
        Self { path, name, exists: false, home: None, values: BTreeMap::new() }
    }

    /// Sets what `~` stands for at the beginning of a path.
    pub fn with_home(mut self, home: Option<PathBuf>) -> Self {
        self.home = home;
        self
    }

    /// Puts a variable's value over the file's. `key` and `variable` are a pair of [`VARIABLES`].
    pub fn set(&mut self, key: &str, variable: &'static str, value: &Secret) {
        // White space may be part of a pass phrase.
        let text = if key == "pass_phrase" { value.expose() } else { value.expose().trim() };
        let value = Value { text: text.to_owned(), origin: Origin::Variable(variable) };
        self.values.insert(key.to_owned(), value);
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the region, where the profile names one.
    pub fn region(&self, known: &Regions) -> Result<Option<Region>, CredentialsError> {
        let Some(value) = self.values.get("region") else { return Ok(None) };
        let region = known.find(&value.text).map_err(|error| self.wrong(value, error.to_string()))?;
        Ok(Some(region))
    }

    /// Returns the tenancy, which is also the root compartment.
    pub fn tenancy(&self) -> Result<&str, CredentialsError> {
        self.ocid("tenancy")
    }

    /// Tells how to sign where nobody has said it: what `authentication_type` says, else with the session token
    /// where one stands nearer than a user.
    pub fn method(&self) -> Result<Method, CredentialsError> {
        if let Some(value) = self.values.get("authentication_type") {
            return Method::parse(&value.text)
                .map_err(|reason| self.wrong(value, format!("`authentication_type`: {reason}")));
        }
        let (token, user) = (self.values.get("security_token_file"), self.values.get("user"));
        // A profile with a token may hold a fingerprint too, of the session, and inherit a user.
        let session = match (token, user) {
            (Some(token), Some(user)) => nearness(token) < nearness(user),
            (token, _) => token.is_some(),
        };
        Ok(if session { Method::SecurityToken } else { Method::ApiKey })
    }

    pub(crate) fn api_key_user(&self) -> Result<ApiKeyUser<'_>, CredentialsError> {
        let user = match self.ocid("user") {
            Err(CredentialsError::Missing { path, profile, key, .. })
                if self.values.contains_key("security_token_file") =>
            {
                let way_out =
                    "it holds a session token: use `auth = \"security_token\"` in [service], or OCI_CLI_AUTH"
                        .to_owned();
                return Err(CredentialsError::Missing { path, profile, key, way_out });
            }
            user => user?,
        };
        let value = self.required("fingerprint")?;
        let pairs: Vec<&str> = value.text.split(':').collect();
        let hex = |pair: &&str| {
            pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        };
        if pairs.len() != 16 || !pairs.iter().all(hex) {
            let reason = format!(
                "`{}` is not a fingerprint: expected 16 pairs of lower-case hex digits, `20:3b:...:5a`, as the console shows it beside the key",
                value.text
            );
            return Err(self.wrong(value, reason));
        }
        Ok(ApiKeyUser { tenancy: self.tenancy()?, user, fingerprint: &value.text })
    }

    /// Returns where the private key lies, with its pass phrase: a user's, unless whoever asks knows better.
    pub(crate) fn key_place(&self) -> Result<KeyPlace, CredentialsError> {
        // Go's SDK reads the second spelling too.
        let spellings = ["pass_phrase", "passphrase"];
        let pass_phrase = spellings.into_iter().find_map(|key| {
            let value = self.values.get(key).filter(|value| !value.text.is_empty())?;
            let named = match value.origin {
                Origin::Variable(name) => name.to_owned(),
                Origin::Own(line) | Origin::Inherited(line) => {
                    format!("`{key}` in {}, line {line}", self.path.display())
                }
            };
            Some(Place::Text { named, text: Secret::new(&value.text) })
        });
        let give = match self.exists {
            true => format!(
                "add `pass_phrase` to profile `{}` in {}, or set OCI_CLI_PASSPHRASE",
                self.name,
                self.path.display()
            ),
            false => "set OCI_CLI_PASSPHRASE".to_owned(),
        };
        let key = match self.values.get("key_content") {
            Some(Value { text, origin: Origin::Variable(name) }) => {
                Place::Text { named: (*name).to_owned(), text: Secret::new(text) }
            }
            Some(value) => {
                let reason = "`key_content`: a key does not belong into this file: name the key's own file with \
                              `key_file`, or set OCI_CLI_KEY_CONTENT";
                return Err(self.wrong(value, reason.to_owned()));
            }
            None => self.file("key_file")?,
        };
        let another = "use the file that the console gave when the key was made, or make another key there (My profile, API \
                       keys)";
        Ok(KeyPlace { key, pass_phrase, give, another: another.to_owned() })
    }

    /// Returns where the session token lies.
    pub(crate) fn token_place(&self) -> Result<Place, CredentialsError> {
        self.file("security_token_file")
    }

    fn file(&self, key: &'static str) -> Result<Place, CredentialsError> {
        let value = self.required(key)?;
        let named = match value.origin {
            Origin::Variable(name) => name.to_owned(),
            Origin::Own(line) | Origin::Inherited(line) => {
                format!("`{key}` in {}, line {line}", self.path.display())
            }
        };
        let path = match value.text.strip_prefix('~') {
            None => PathBuf::from(&value.text),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = self.home.as_ref().ok_or_else(|| {
                    let reason = "`~` stands for nothing, since HOME is not set: write the path in full";
                    self.wrong(value, reason.to_owned())
                })?;
                home.join(rest.trim_start_matches('/'))
            }
            Some(_) => {
                let reason = "`~user` is not supported: write the path in full".to_owned();
                return Err(self.wrong(value, reason));
            }
        };
        Ok(Place::File { named, path })
    }

    fn ocid(&self, key: &'static str) -> Result<&str, CredentialsError> {
        let value = self.required(key)?;
        let expected = format!("ocid1.{key}.");
        if value.text.starts_with(&expected) && !value.text.contains(['"', '/', ' ']) {
            return Ok(&value.text);
        }
        let reason = format!(
            "`{key}` is `{}`: expected an OCID that begins with `{expected}`, as the console shows it",
            value.text
        );
        Err(self.wrong(value, reason))
    }

    fn required(&self, key: &'static str) -> Result<&Value, CredentialsError> {
        if let Some(value) = self.values.get(key).filter(|value| !value.text.is_empty()) {
            return Ok(value);
        }
        let of_environment = |value: &Value| matches!(value.origin, Origin::Variable(_));
        if !self.exists && !self.values.values().any(of_environment) {
            return Err(CredentialsError::NoFile { path: self.path.clone() });
        }
        let variable = VARIABLES.iter().find(|(known, _)| *known == key).map_or("", |(_, name)| *name);
        let way_out = match key {
            "security_token_file" => {
                format!("`oci session authenticate` makes such a profile; or set {variable}")
            }
            _ => format!(
                "copy it from the console (My profile, API keys, View configuration file), or set {variable}"
            ),
        };
        let (path, profile) = (self.path.clone(), self.name.clone());
        Err(CredentialsError::Missing { path, profile, key, way_out })
    }

    fn wrong(&self, value: &Value, reason: String) -> CredentialsError {
        match value.origin {
            Origin::Variable(name) => CredentialsError::Variable { name, reason },
            Origin::Own(line) | Origin::Inherited(line) => {
                CredentialsError::Line { path: self.path.clone(), line, reason }
            }
        }
    }
}

fn nearness(value: &Value) -> u8 {
    match value.origin {
        Origin::Variable(_) => 0,
        Origin::Own(_) => 1,
        Origin::Inherited(_) => 2,
    }
}
