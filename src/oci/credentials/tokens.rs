//! Tokens that somebody else puts in place and replaces: session tokens of `oci session authenticate`, and resource
//! principals of version 2.2, which Oracle's functions and containers are given.

use std::sync::Arc;

use jiff::Timestamp;

use super::Credentials;
use super::error::CredentialsError;
use super::key::SigningKey;
use super::place::{KeyPlace, Place, Stamp};
use super::renewed::{Fetched, Fetching, Source};
use super::secret::Secret;
use super::token::Token;
use crate::oci::profile::Profile;

/// A token and the key that it is for.
#[derive(Debug)]
struct Placed {
    token: Place,
    key: KeyPlace,
    /// How to get a token once this one has expired.
    way_out: String,
    renews_early: bool,
}

impl Source for Placed {
    fn fetch(&self, _: Timestamp) -> Fetching<'_> {
        Box::pin(async move { self.read() })
    }

    fn stamps(&self) -> Vec<Option<Stamp>> {
        vec![self.token.stamp(), self.key.key.stamp()]
    }

    fn expired(&self, at: Timestamp) -> CredentialsError {
        CredentialsError::Expired { origin: self.token.to_string(), at, way_out: self.way_out.clone() }
    }

    fn renews_early(&self) -> bool {
        self.renews_early
    }
}

impl Placed {
    fn read(&self) -> Result<Fetched, CredentialsError> {
        let token = Token::parse(self.token.read()?.expose()).map_err(|error| CredentialsError::Token {
            origin: self.token.to_string(),
            reason: format!("{error}; {}", self.way_out),
        })?;
        let key = self.key.read(&SigningKey::token_id(&token.text))?;
        Ok(Fetched { key: Arc::new(key), expires: token.expires })
    }
}

impl Credentials {
    /// Takes the session token that a profile names, and its key. Both are read at the first use, and again whenever
    /// their files change.
    pub fn session_token(profile: &Profile) -> Result<Self, CredentialsError> {
        let name = profile.name();
        let token = profile.token_place()?;
        let anew = format!("`oci session authenticate --profile {name}` makes another");
        let key = profile.key_place().map_err(|error| match error {
            // Not from the console, where a user's is from.
            CredentialsError::Missing { path, profile, key, .. } => {
                CredentialsError::Missing { path, profile, key, way_out: anew.clone() }
            }
            error => error,
        })?;
        Ok(Self::renewed(Placed {
            token,
            key: KeyPlace { another: anew, ..key },
            way_out: format!(
                "run `oci session refresh --profile {name}`, or once it has expired `oci session authenticate --profile {name}`"
            ),
            renews_early: false,
        }))
    }

    /// Takes a resource principal of version 2.2 from its variables: each is a text, or the absolute path of a file.
    pub fn resource_principal(variables: &ResourcePrincipal) -> Result<Self, CredentialsError> {
        let wrong = |name, reason: String| Err(CredentialsError::Variable { name, reason });
        let ResourcePrincipal { version, token, key, pass_phrase } = variables;
        let elsewhere = "resource principals are given to functions and containers of OCI only: elsewhere use \
                         `auth = \"api_key\"`";
        match version.as_deref() {
            Some("2.2") => {}
            Some(other) => {
                let reason = format!(
                    "version `{}` is not supported: expected `2.2`; elsewhere use `auth = \"api_key\"`",
                    other.escape_debug()
                );
                return wrong(RP_VERSION, reason);
            }
            None => return wrong(RP_VERSION, format!("not set; {elsewhere}")),
        }
        let place = |name: &'static str, value: &Option<Secret>| match value {
            Some(value) => Ok(Place::of_value(name, value)),
            None => Err(CredentialsError::Variable { name, reason: format!("not set; {elsewhere}") }),
        };
        Ok(Self::renewed(Placed {
            token: place(RP_TOKEN, token)?,
            key: KeyPlace {
                key: place(RP_KEY, key)?,
                pass_phrase: pass_phrase.as_ref().map(|value| Place::of_value(RP_PASS_PHRASE, value)),
                give: format!("set {RP_PASS_PHRASE}"),
                another: format!("OCI gives it with the token: leave {RP_KEY} as it is set for this process"),
            },
            way_out: format!(
                "OCI replaces the file that {RP_TOKEN} names; a token in the variable itself ends with its process: start that anew"
            ),
            renews_early: true,
        }))
    }
}

/// The variables of a resource principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcePrincipal {
    /// `OCI_RESOURCE_PRINCIPAL_VERSION`.
    pub version: Option<String>,
    /// `OCI_RESOURCE_PRINCIPAL_RPST`.
    pub token: Option<Secret>,
    /// `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM`.
    pub key: Option<Secret>,
    /// `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE`.
    pub pass_phrase: Option<Secret>,
}

const RP_VERSION: &str = "OCI_RESOURCE_PRINCIPAL_VERSION";
const RP_TOKEN: &str = "OCI_RESOURCE_PRINCIPAL_RPST";
const RP_KEY: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM";
const RP_PASS_PHRASE: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE";
