//! Who signs: private keys, and where they come from. Today API keys only, of a profile of the OCI configuration
//! file or from memory; session tokens and principals will be further variants of [`Credentials`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;

use super::profile::Profile;

/// Credentials that cannot be used. Each says which file, line or key, and what to do.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// There is no configuration file.
    #[error(
        "there is no OCI configuration file at {}: create one with `oci setup config`, or name another with OCI_CONFIG_FILE",
        path.display()
    )]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there and cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the configuration file is no section and no `key = value`.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
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
    /// A key that an API key profile needs.
    #[error(
        "{}: profile `{profile}` has no `{key}`: copy it from the console (My profile, API keys, View configuration file)",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The profile.
        profile: String,
        /// The key.
        key: &'static str,
    },
    /// A private key that cannot be used.
    #[error("the private key {origin} {reason}")]
    Key {
        /// The file, or where else it came from.
        origin: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// Where signing keys come from. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A user's API key.
    ApiKey(Arc<SigningKey>),
}

impl Credentials {
    /// Reads the API key that a profile names. `home` is what `~` in `key_file` stands for.
    pub fn from_profile(profile: &Profile, home: Option<&Path>) -> Result<Self, CredentialsError> {
        let user = profile.api_key_user()?;
        let path = profile.key_path(home)?;
        let pem = std::fs::read(&path)
            .map_err(|source| CredentialsError::Unreadable { path: path.clone(), source })?;
        let key_id = format!("{}/{}/{}", user.tenancy, user.user, user.fingerprint);
        let key = SigningKey::from_pem(&key_id, &pem).map_err(|reason| CredentialsError::Key {
            origin: path.display().to_string(),
            reason: reason.to_string(),
        })?;
        Ok(Self::ApiKey(Arc::new(key)))
    }

    /// Takes an API key from memory: the PEM text, and what the service knows it by.
    pub fn from_parts(
        tenancy: &str,
        user: &str,
        fingerprint: &str,
        pem: &[u8],
    ) -> Result<Self, CredentialsError> {
        let key =
            SigningKey::from_pem(&format!("{tenancy}/{user}/{fingerprint}"), pem).map_err(|reason| {
                CredentialsError::Key { origin: format!("of user {user}"), reason: reason.to_string() }
            })?;
        Ok(Self::ApiKey(Arc::new(key)))
    }

    /// Returns the key to sign with now.
    pub fn signing_key(&self) -> Arc<SigningKey> {
        match self {
            Self::ApiKey(key) => Arc::clone(key),
        }
    }
}

/// A private key and the name the service knows it by.
pub struct SigningKey {
    key_id: String,
    pair: RsaKeyPair,
    random: SystemRandom,
}

/// Why a PEM text is no key to sign with. Displays as the rest of "the private key ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing in PEM.
    #[error(
        "is not in PEM form: expected a line `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`"
    )]
    NotPem,
    /// Under a pass phrase.
    #[error(
        "is encrypted, which is not supported yet: write an unencrypted copy with `openssl rsa -in KEY -out NEW`, or make a new API key"
    )]
    Encrypted,
    /// The other half.
    #[error("is a public key: `key_file` must name the private one of the pair")]
    Public,
    /// Another algorithm.
    #[error("is not an RSA key, and OCI takes no other")]
    NotRsa,
    /// RSA, and not usable.
    #[error(
        "is refused ({0}): expected an RSA key of 2048 to 4096 bits with the public exponent 65537, as `openssl genrsa 2048` makes it"
    )]
    Refused(&'static str),
}

impl SigningKey {
    /// Reads an unencrypted PKCS#1 or PKCS#8 key. What follows it in the text (`OCI_API_KEY`, as the console writes)
    /// does not matter.
    pub fn from_pem(key_id: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let text = String::from_utf8_lossy(pem);
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            if text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN RSA PUBLIC KEY") {
                KeyError::Public
            } else {
                KeyError::NotPem
            }
        })?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(KeyError::NotRsa),
        };
        let pair = pair.map_err(|refused| refusal(&refused))?;
        Ok(Self { key_id: key_id.to_owned(), pair, random: SystemRandom::new() })
    }

    /// Returns the name the service knows the key by.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the public half, as PKCS#1 DER.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs with RSA PKCS#1 v1.5 and SHA-256; half a millisecond at 2048 bits. None where the key's parts do not
    /// belong together.
    pub(crate) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &self.random, text, &mut signature).ok()?;
        Some(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Translates ring's word for a refused key, which it gives only as text. `TooSmall` is also what it calls a public
/// exponent of 3.
fn refusal(refused: &ring::error::KeyRejected) -> KeyError {
    match refused.to_string().as_str() {
        "WrongAlgorithm" => KeyError::NotRsa,
        "TooSmall" => KeyError::Refused("it is too small, or its public exponent is"),
        "TooLarge" => KeyError::Refused("it is too large"),
        "InvalidEncoding" => KeyError::Refused("it is damaged"),
        "InconsistentComponents" => KeyError::Refused("its parts do not belong together"),
        _ => KeyError::Refused("it cannot be used"),
    }
}

#[cfg(test)]
mod tests;
