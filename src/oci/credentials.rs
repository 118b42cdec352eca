//! Who signs: a user's API key, a session token, the instance this runs on, or the resource that it is. All give a
//! [`SigningKey`] for now and, where the service refuses it, perhaps another; what they need to know stands in a
//! profile ([`super::Profile`]), in the environment or in the instance metadata service.

mod certificate;
mod encrypted;
mod error;
mod instance;
mod key;
mod place;
mod renewed;
mod secret;
mod token;
mod tokens;

use std::sync::Arc;

use jiff::Timestamp;

pub use error::CredentialsError;
pub use key::{KeyError, SigningKey};
pub(crate) use place::{KeyPlace, Place};
pub use secret::Secret;
pub use tokens::ResourcePrincipal;

use super::profile::Profile;
use renewed::{Renewed, Source};

/// Where signing keys come from. Cheap to clone; clones renew together.
#[derive(Clone, Debug)]
pub struct Credentials(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed(Arc<SigningKey>),
    Renewed(Arc<Renewed>),
}

/// The ways to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A user's API key.
    ApiKey,
    /// A user's session, of `oci session authenticate`.
    SecurityToken,
    /// The compute instance that this runs on.
    InstancePrincipal,
    /// The function or container that this is.
    ResourcePrincipal,
}

impl Method {
    /// Reads Oracle's word for it, as in `OCI_CLI_AUTH`. The error says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "api_key" => Ok(Self::ApiKey),
            "security_token" => Ok(Self::SecurityToken),
            "instance_principal" => Ok(Self::InstancePrincipal),
            "resource_principal" => Ok(Self::ResourcePrincipal),
            other => Err(format!(
                "`{}` is not supported: expected api_key, security_token, instance_principal or resource_principal",
                other.escape_debug()
            )),
        }
    }
}

impl Credentials {
    /// Reads the API key that a profile names.
    pub fn api_key(profile: &Profile) -> Result<Self, CredentialsError> {
        let user = profile.api_key_user()?;
        let key_id = format!("{}/{}/{}", user.tenancy, user.user, user.fingerprint);
        let key = profile.key_place()?.read(&key_id)?;
        Ok(Self(Kind::Fixed(Arc::new(key))))
    }

    /// Takes an API key from memory: the PEM text, and what the service knows it by.
    pub fn from_parts(
        tenancy: &str,
        user: &str,
        fingerprint: &str,
        pem: &[u8],
    ) -> Result<Self, CredentialsError> {
        let key = SigningKey::from_pem(&format!("{tenancy}/{user}/{fingerprint}"), pem, None).map_err(
            |reason| CredentialsError::Key { origin: format!("of user {user}"), reason: reason.to_string() },
        )?;
        Ok(Self(Kind::Fixed(Arc::new(key))))
    }

    fn renewed(source: impl Source + 'static) -> Self {
        Self(Kind::Renewed(Arc::new(Renewed::new(source))))
    }

    /// Returns the key to sign with now. Fetches one where there is none, or none that will be good a little longer.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, CredentialsError> {
        match &self.0 {
            Kind::Fixed(key) => Ok(Arc::clone(key)),
            Kind::Renewed(renewed) => renewed.current(now).await,
        }
    }

    /// Fetches another key in place of one that the service has refused with 401. False if there is no other.
    pub async fn refresh_after_401(
        &self,
        refused: &Arc<SigningKey>,
        now: Timestamp,
    ) -> Result<bool, CredentialsError> {
        match &self.0 {
            Kind::Fixed(_) => Ok(false),
            Kind::Renewed(renewed) => renewed.refresh_after_401(refused, now).await,
        }
    }
}

#[cfg(test)]
mod tests;
