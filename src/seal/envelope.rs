//! What sealed text looks like. One line, a JSON object; `sealed` is nonce, ciphertext and tag in base64:
//!
//! ```text
//! {"patchtrain_sealed":1,"item":"state","train":"great-linux","lineage":"…","serial":7,"cipher":"AES-256-GCM",
//!  "key":"PBKDF2-HMAC-SHA-256, 600000 iterations","variable":"PATCHTRAIN_PASSPHRASE","salt":"…","check":"…","id":"…",
//!  "sealed":"…"}
//! ```
//!
//! Authenticated with the ciphertext is the header, which is all but `sealed` as this build spells it, and the number of
//! the line. More lines may follow under the same header, each with its own number: none can be moved, dropped from
//! amid the others, or be one of another text, since each has an id of its own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{Aad, Nonce};
use serde::{Deserialize, Serialize};

use super::key::{Key, Salt, random};
use super::{SealError, VERSION};

const CIPHER: &str = "AES-256-GCM";
const KEY: &str = "PBKDF2-HMAC-SHA-256, 600000 iterations";
const NONCE: usize = 12;

/// What stands in clear, and is held to what the content says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The kind: "state", "plan".
    pub item: &'static str,
    /// The train.
    pub train: String,
    /// Its state's line of descent, where the content is of one.
    pub lineage: Option<String>,
    /// Its state's serial, where the content is of one.
    pub serial: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    patchtrain_sealed: u32,
    item: String,
    train: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    serial: Option<u64>,
    cipher: String,
    key: String,
    variable: String,
    salt: String,
    check: String,
    id: String,
}

/// Something sealed, as it was read. Its header is not to be believed before it is opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    #[serde(flatten)]
    header: Header,
    sealed: String,
}

/// Seals and opens what stands under one header.
pub struct Seal {
    header: Header,
    /// The header, as it is authenticated.
    bound: Vec<u8>,
    key: Arc<Key>,
}

/// Tells whether text begins as something sealed does.
pub fn is_sealed(text: &[u8]) -> bool {
    let inside = text.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    inside.is_some_and(|inside| inside.starts_with(b"\"patchtrain_sealed\""))
}

impl Envelope {
    /// Takes text apart that is sealed; none for what is not.
    pub fn read(text: &[u8]) -> Result<Option<Self>, SealError> {
        #[derive(Deserialize)]
        struct Version {
            patchtrain_sealed: u64,
        }
        if !is_sealed(text) {
            return Ok(None);
        }
        let damaged = |error: serde_json::Error| SealError::Damaged(error.to_string());
        let Version { patchtrain_sealed: found } = serde_json::from_slice(text).map_err(damaged)?;
        if found > u64::from(VERSION) {
            return Err(SealError::Newer { found });
        }
        let envelope: Self = serde_json::from_slice(text).map_err(damaged)?;
        let Header { cipher, key, .. } = &envelope.header;
        if found == 0 || cipher != CIPHER || key != KEY {
            return Err(SealError::Damaged(
                "its header names ways to encrypt that are none of ours".to_owned(),
            ));
        }
        Ok(Some(envelope))
    }

    /// Returns the kind of what is sealed.
    pub fn item(&self) -> &str {
        &self.header.item
    }

    /// Returns the train that it says it is of.
    pub fn train(&self) -> &str {
        &self.header.train
    }

    /// Returns the lineage that it says it is of.
    pub fn lineage(&self) -> Option<&str> {
        self.header.lineage.as_deref()
    }

    /// Returns the serial that it says it is of.
    pub fn serial(&self) -> Option<u64> {
        self.header.serial
    }

    /// Returns the variable that its writer had the passphrase from.
    pub fn variable(&self) -> &str {
        &self.header.variable
    }

    /// Tells whether it says all that a content says of itself.
    pub fn claims(&self, claim: &Claim) -> bool {
        let Claim { item, train, lineage, serial } = claim;
        self.header.item == *item
            && self.header.train == *train
            && self.header.lineage == *lineage
            && self.header.serial == *serial
    }

    pub(super) fn salt(&self) -> Result<Salt, SealError> {
        let salt = BASE64.decode(&self.header.salt).ok().and_then(|salt| salt.try_into().ok());
        salt.ok_or_else(|| SealError::Damaged("its salt is none".to_owned()))
    }

    pub(super) fn sealed(&self) -> &[u8] {
        self.sealed.as_bytes()
    }

    pub(super) fn is_checked_by(&self, key: &Key) -> bool {
        self.header.check == BASE64.encode(key.check)
    }

    pub(super) fn seal(&self, key: Arc<Key>) -> Seal {
        Seal::under(self.header.clone(), key)
    }
}

impl Seal {
    pub(super) fn new(claim: &Claim, variable: &str, salt: Salt, key: Arc<Key>) -> Result<Self, SealError> {
        let Claim { item, train, lineage, serial } = claim.clone();
        let header = Header {
            patchtrain_sealed: VERSION,
            item: item.to_owned(),
            train,
            lineage,
            serial,
            cipher: CIPHER.to_owned(),
            key: KEY.to_owned(),
            variable: variable.to_owned(),
            salt: BASE64.encode(salt),
            check: BASE64.encode(key.check),
            id: BASE64.encode(random::<NONCE>()?),
        };
        Ok(Self::under(header, key))
    }

    fn under(header: Header, key: Arc<Key>) -> Self {
        let bound = serde_json::to_vec(&header).expect("its keys are strings");
        Self { header, bound, key }
    }

    /// Seals the first line, with the header before it and LF behind it.
    pub fn first(&self, content: &[u8]) -> Result<Vec<u8>, SealError> {
        let envelope = Envelope { header: self.header.clone(), sealed: self.line(1, content)? };
        let mut text = serde_json::to_vec(&envelope).expect("its keys are strings");
        text.push(b'\n');
        Ok(text)
    }

    /// Seals the content of a line, which is from 2 for those that follow the first.
    pub fn line(&self, line: usize, content: &[u8]) -> Result<String, SealError> {
        let nonce: [u8; NONCE] = random()?;
        let mut text = content.to_vec();
        let tag = self.key.cipher.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            self.bound_to(line),
            &mut text,
        );
        let tag = tag.expect("no text of ours has 64 gigabytes");
        Ok(BASE64.encode([&nonce, text.as_slice(), tag.as_ref()].concat()))
    }

    /// Opens a line; none where it is not as it was sealed, or not that line of that text.
    pub fn open_line(&self, line: usize, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut text = BASE64.decode(sealed).ok()?;
        let nonce: [u8; NONCE] = text.get(..NONCE)?.try_into().ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.key.cipher.open_within(nonce, self.bound_to(line), &mut text, NONCE..).ok()?;
        let length = opened.len();
        text.truncate(length);
        Some(text)
    }

    fn bound_to(&self, line: usize) -> Aad<Vec<u8>> {
        Aad::from([self.bound.as_slice(), format!("\n{line}").as_bytes()].concat())
    }
}
