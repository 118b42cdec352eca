//! A private key with the name the service knows it by, read from any PEM form that tools write. What decrypts is
//! [`super::encrypted`]; where keys come from is its callers'.

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;

use super::encrypted;
use super::secret::Secret;
use super::token;

/// A private key and the name the service knows it by.
pub struct SigningKey {
    key_id: String,
    pair: RsaKeyPair,
    random: SystemRandom,
}

/// Why a PEM text is no key to sign with. Displays as the rest of "the private key ...", without a way out: that depends
/// on whose key it is, which whoever has read it knows ([`super::KeyPlace`]).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing in PEM.
    #[error(
        "is not in PEM form: expected a line `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`"
    )]
    NotPem,
    /// Under a pass phrase that nobody has given.
    #[error("is encrypted, and there is no pass phrase for it")]
    NoPassPhrase,
    /// Under another pass phrase. The older form has no checksum, so that a damaged file looks the same.
    #[error("does not open with its pass phrase")]
    WrongPassPhrase,
    /// Under a pass phrase, in a way nobody should use any more.
    #[error("is encrypted with {0}, which is not supported")]
    Cipher(String),
    /// The other half.
    #[error("is a public key")]
    Public,
    /// Another algorithm.
    #[error("is not an RSA key, and OCI takes no other")]
    NotRsa,
    /// RSA, and not usable.
    #[error("is refused ({0}): expected an RSA key of 2048 to 4096 bits with the public exponent 65537")]
    Refused(&'static str),
}

/// How the name of a key begins that a token stands for; the token follows, and is as secret as a password.
const TOKEN: &str = "ST$";

impl SigningKey {
    /// Reads a PKCS#1 or PKCS#8 key, encrypted or not. What follows it in the text (`OCI_API_KEY`, as the console
    /// writes) does not matter, and neither does a pass phrase that is not needed.
    pub fn from_pem(key_id: &str, pem: &[u8], pass_phrase: Option<&Secret>) -> Result<Self, KeyError> {
        let text = String::from_utf8_lossy(pem);
        if let Some(opened) = encrypted::open(&text, pass_phrase)? {
            return Self::from_der(key_id, &opened).map_err(|error| match error {
                // A wrong pass phrase leaves noise in one of some hundred cases.
                KeyError::Refused("it is damaged") => KeyError::WrongPassPhrase,
                error => error,
            });
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            if text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN RSA PUBLIC KEY") {
                KeyError::Public
            } else {
                KeyError::NotPem
            }
        })?;
        Self::from_der(key_id, &der)
    }

    /// Takes a key that is out of its PEM form.
    pub(super) fn from_der(key_id: &str, der: &PrivateKeyDer<'_>) -> Result<Self, KeyError> {
        let pair = match der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(KeyError::NotRsa),
        };
        let pair = pair.map_err(|refused| refusal(&refused))?;
        Ok(Self { key_id: key_id.to_owned(), pair, random: SystemRandom::new() })
    }

    /// Names the key for a token.
    pub(super) fn token_id(token: &Secret) -> String {
        format!("{TOKEN}{}", token.expose())
    }

    /// Returns the name the service knows the key by. With a token it is a secret.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the tenancy that the key is of, which is also the root compartment; none where its token does not say.
    pub fn tenancy(&self) -> Option<String> {
        match self.key_id.strip_prefix(TOKEN) {
            Some(token) => token::tenancy(token),
            None => self.key_id.split_once('/').map(|(tenancy, _)| tenancy.to_owned()),
        }
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
        let key_id = if self.key_id.starts_with(TOKEN) { "ST$(secret)" } else { &self.key_id };
        f.debug_struct("SigningKey").field("key_id", &key_id).finish_non_exhaustive()
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
