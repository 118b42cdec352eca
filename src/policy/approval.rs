//! Approvals: detached Ed25519 signatures over what a plan is, by whom and when. Keys as OpenSSL and OpenSSH write them.
//! Where signatures are kept, and how many it takes, is not said here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How an SSH key of this kind is called.
const SSH: &str = "ssh-ed25519";
/// How ours are.
const PLAIN: &str = "ed25519:";
/// The length of a public key.
const SIZE: usize = 32;

/// The public half of an Ed25519 key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; SIZE]);

impl PublicKey {
    /// Reads `ed25519:` and the key in base64, or a line of `authorized_keys`, as in `ssh-ed25519 AAAAC3Nz... ada@host`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let error = || {
            format!(
                "`{text}` is no Ed25519 public key: expected as in `{PLAIN}11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=`, \
                 or the line of an SSH key, `{SSH} AAAAC3Nz...`"
            )
        };
        let text = text.trim();
        let bytes = if let Some(plain) = text.strip_prefix(PLAIN) {
            BASE64.decode(plain).ok()
        } else {
            let mut words = text.split_whitespace();
            let blob = (words.next() == Some(SSH)).then(|| words.next()).flatten();
            blob.and_then(|blob| BASE64.decode(blob).ok()).and_then(|blob| ssh_public(&blob))
        };
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PLAIN}{}", BASE64.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// Why a key cannot sign, or an approval is none. Displays as the rest of "the key ..." or "the approval ...".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApprovalError {
    /// Not a key in a form that is known.
    #[error(
        "is no private key in PEM form: expected a line `-----BEGIN PRIVATE KEY-----` or `-----BEGIN OPENSSH PRIVATE KEY-----`"
    )]
    NotPem,
    /// The other half.
    #[error("is a public key, and signing takes the private one")]
    Public,
    /// Under a pass phrase.
    #[error("is encrypted; sign with one that is not, kept where only you can read it")]
    Encrypted,
    /// Another algorithm, or damaged.
    #[error(
        "is not an Ed25519 key: `openssl genpkey -algorithm ed25519` or `ssh-keygen -t ed25519` makes one"
    )]
    NotEd25519,
    /// It is of another plan.
    #[error("is of plan {}", short(.0))]
    OtherPlan(String),
    /// The signature does not fit.
    #[error("does not bear its signature: it was changed, or is not of who it says")]
    Wrong,
}

/// A private key.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// Reads an Ed25519 key in PEM: PKCS#8, or OpenSSH's own form.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ApprovalError> {
        let text = String::from_utf8_lossy(pem);
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type:") {
            return Err(ApprovalError::Encrypted);
        }
        if text.contains("BEGIN PUBLIC KEY") || text.trim_start().starts_with("ssh-") {
            return Err(ApprovalError::Public);
        }
        if text.contains("BEGIN OPENSSH PRIVATE KEY") {
            let parsed = ::pem::parse(pem).map_err(|_| ApprovalError::NotPem)?;
            return ssh_private(parsed.contents());
        }
        if text.contains("BEGIN RSA PRIVATE KEY") || text.contains("BEGIN EC PRIVATE KEY") {
            return Err(ApprovalError::NotEd25519);
        }
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| ApprovalError::NotPem)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
        pair.map(Self).map_err(|_| ApprovalError::NotEd25519)
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; SIZE];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(key)
    }

    /// Approves a plan.
    pub fn approve(&self, train: &str, plan: &str, name: &str, at: Timestamp) -> Approval {
        let signature = self.0.sign(&said(train, plan, name, at));
        Approval {
            plan: plan.to_owned(),
            name: name.to_owned(),
            at,
            key: self.public(),
            signature: BASE64.encode(signature.as_ref()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public()).finish()
    }
}

/// What somebody says of a plan, and the proof that it is they who say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The plan's id, which is the digest of all that it says.
    pub plan: String,
    /// Who says it, as they call themselves. What counts is the key.
    pub name: String,
    /// When, by their clock.
    pub at: Timestamp,
    /// Their key.
    pub key: PublicKey,
    /// The signature, in base64.
    pub signature: String,
}

impl Approval {
    /// Checks that it is of this plan, and signed with its key.
    pub fn check(&self, train: &str, plan: &str) -> Result<(), ApprovalError> {
        if self.plan != plan {
            return Err(ApprovalError::OtherPlan(self.plan.clone()));
        }
        let signature = BASE64.decode(&self.signature).map_err(|_| ApprovalError::Wrong)?;
        let key = UnparsedPublicKey::new(&ED25519, self.key.0);
        key.verify(&said(train, plan, &self.name, self.at), &signature).map_err(|_| ApprovalError::Wrong)
    }
}

/// Returns the first twelve digits of a plan's id, by which people tell plans apart.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// What is signed. Each part has its length before it, so that none can pass for another.
fn said(train: &str, plan: &str, name: &str, at: Timestamp) -> Vec<u8> {
    let parts = ["patchtrain approval 1", train, plan, name, &at.to_string()];
    let mut said = Vec::new();
    for part in parts {
        said.extend((part.len() as u64).to_be_bytes());
        said.extend(part.as_bytes());
    }
    said
}

/// Takes the next field of SSH's binary form: its length in four bytes, then it.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(field)
}

fn ssh_public(mut blob: &[u8]) -> Option<Vec<u8>> {
    (field(&mut blob)? == SSH.as_bytes()).then_some(())?;
    field(&mut blob).map(<[u8]>::to_vec)
}

/// Reads OpenSSH's own form of a private key (its PROTOCOL.key), one that no pass phrase guards.
fn ssh_private(bytes: &[u8]) -> Result<Signer, ApprovalError> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0").ok_or(ApprovalError::NotPem)?;
    let parts = || {
        let mut rest = rest;
        let (cipher, _kdf, _options) = (field(&mut rest)?, field(&mut rest)?, field(&mut rest)?);
        let (_count, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        let (_public, private) = (field(&mut rest)?, field(&mut rest)?);
        Some((cipher, private))
    };
    let (cipher, private) = parts().ok_or(ApprovalError::NotPem)?;
    if cipher != b"none" {
        return Err(ApprovalError::Encrypted);
    }
    let key = || {
        // Two numbers that are the same where a pass phrase was right.
        let (_check, mut rest) = private.split_first_chunk::<8>()?;
        (field(&mut rest)? == SSH.as_bytes()).then_some(())?;
        let public = field(&mut rest)?;
        // The seed, and the public half once more.
        let seed = field(&mut rest)?.get(..SIZE)?;
        Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()
    };
    key().map(Signer).ok_or(ApprovalError::NotEd25519)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for these tests with `openssl genpkey -algorithm ed25519` and `ssh-keygen -t ed25519`; they open nothing.
    const OPENSSL: &[u8] = include_bytes!("testdata/openssl.pem");
    const OPENSSH: &[u8] = include_bytes!("testdata/openssh.pem");
    const OPENSSH_PUBLIC: &str = include_str!("testdata/openssh.pub");
    const ENCRYPTED: &[u8] = include_bytes!("testdata/openssh-encrypted.pem");
    const RSA: &[u8] = include_bytes!("../oci/testdata/key.pem");

    fn at() -> Timestamp {
        "2026-11-28T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_was_approved_is_proven_and_nothing_else() {
        for pem in [OPENSSL, OPENSSH] {
            let signer = Signer::from_pem(pem).unwrap();
            let approval = signer.approve("great-linux", "5f1c", "ada", at());
            assert_eq!(approval.check("great-linux", "5f1c"), Ok(()));
            let other = ApprovalError::OtherPlan("5f1c".to_owned());
            assert_eq!(approval.check("great-linux", "5f1d"), Err(other));
            assert_eq!(approval.check("great-linux-9", "5f1c"), Err(ApprovalError::Wrong));
            let later = at() + jiff::SignedDuration::from_secs(1);
            let changed = [
                Approval { name: "eve".to_owned(), ..approval.clone() },
                Approval { at: later, ..approval.clone() },
                Approval { key: PublicKey([7; SIZE]), ..approval.clone() },
                Approval { signature: "nonsense!".to_owned(), ..approval.clone() },
                Approval { signature: String::new(), ..approval.clone() },
            ];
            for changed in changed {
                assert_eq!(changed.check("great-linux", "5f1c"), Err(ApprovalError::Wrong), "{changed:?}");
            }
            let text = serde_json::to_string(&approval).unwrap();
            assert_eq!(serde_json::from_str::<Approval>(&text).unwrap(), approval);
        }
    }

    #[test]
    fn public_keys_are_read_in_both_forms() {
        let ssh = PublicKey::parse(OPENSSH_PUBLIC).unwrap();
        assert_eq!(ssh, Signer::from_pem(OPENSSH).unwrap().public());
        assert_eq!(PublicKey::parse(&ssh.to_string()), Ok(ssh));
        for bad in ["", "ed25519:", "ed25519:AAAA", "ssh-rsa AAAA", "ssh-ed25519", "ssh-ed25519 AAAA", "x"] {
            assert!(PublicKey::parse(bad).unwrap_err().contains("is no Ed25519 public key"), "{bad}");
        }
    }

    #[test]
    fn each_error_says_what_is_wrong_with_a_key() {
        let table: [(&[u8], ApprovalError); 6] = [
            (b"", ApprovalError::NotPem),
            (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", ApprovalError::NotEd25519),
            (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ApprovalError::Public),
            (OPENSSH_PUBLIC.as_bytes(), ApprovalError::Public),
            (ENCRYPTED, ApprovalError::Encrypted),
            (RSA, ApprovalError::NotEd25519),
        ];
        for (pem, error) in table {
            assert_eq!(Signer::from_pem(pem).unwrap_err(), error);
        }
        // However it is cut, it is an error.
        let whole = ::pem::parse(OPENSSH).unwrap();
        for length in 0..whole.contents().len() - 40 {
            assert!(ssh_private(&whole.contents()[..length]).is_err(), "{length}");
        }
    }
}
