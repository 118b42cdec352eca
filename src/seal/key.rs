//! Passphrases and the keys that are made of them. Making one takes a tenth of a second on purpose, so each is made once
//! in a process; what a process seals has one salt, that of what it has opened before, so that whoever reads it makes one.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, pbkdf2};
use thiserror::Error;

use super::SealError;
use super::envelope::{Claim, Envelope, Seal};

/// What OWASP asks of PBKDF2 with HMAC-SHA-256, and what OpenTofu takes.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not zero");

/// How long a passphrase is at least, as for OpenTofu.
const SHORTEST: usize = 16;

/// What is random of each key.
pub(super) type Salt = [u8; 16];

/// A passphrase and the variable that it was read from. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Passphrase {
    variable: String,
    text: String,
}

/// A passphrase can be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the passphrase in {variable} has fewer than {SHORTEST} characters")]
pub struct WeakPassphrase {
    /// The variable that holds it.
    pub variable: String,
}

impl Passphrase {
    /// Takes what a variable holds.
    pub fn new(variable: impl Into<String>, text: impl Into<String>) -> Result<Self, WeakPassphrase> {
        let (variable, text) = (variable.into(), text.into());
        match text.chars().count() < SHORTEST {
            true => Err(WeakPassphrase { variable }),
            false => Ok(Self { variable, text }),
        }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passphrase({})", self.variable)
    }
}

/// How text is sealed and opened. Without passphrases everything is written plain and nothing sealed can be opened.
#[derive(Clone, Debug, Default)]
pub struct Sealing(Option<Arc<Keys>>);

struct Keys {
    /// Whether the first passphrase is the one that is sealed with; without, all are only for opening.
    seals: bool,
    passphrases: Vec<Passphrase>,
    /// Variables that are named for opening and not set.
    unset: Vec<String>,
    enforced: bool,
    /// By the passphrase's place and the salt.
    made: Mutex<HashMap<(usize, Salt), Arc<Key>>>,
    /// Of what is sealed from now on.
    salt: Mutex<Option<Salt>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seals, passphrases, unset, enforced, made: _, salt: _ } = self;
        f.debug_struct("Keys")
            .field("seals", seals)
            .field("passphrases", passphrases)
            .field("unset", unset)
            .field("enforced", enforced)
            .finish_non_exhaustive()
    }
}

/// What is made of a passphrase and a salt.
pub(super) struct Key {
    pub(super) cipher: LessSafeKey,
    /// Tells this key from others without giving anything of it away.
    pub(super) check: [u8; 8],
}

impl Sealing {
    /// Writes plain and opens nothing.
    pub fn none() -> Self {
        Self(None)
    }

    /// Seals with one passphrase, or with none at all, and opens what that or another one sealed.
    pub fn new(current: Option<Passphrase>, fallback: Option<Passphrase>) -> Self {
        let seals = current.is_some();
        let passphrases = current.into_iter().chain(fallback).collect();
        let (made, salt) = (Mutex::default(), Mutex::default());
        Self(Some(Arc::new(Keys { seals, passphrases, unset: Vec::new(), enforced: false, made, salt })))
    }

    /// Takes nothing plain.
    #[must_use]
    pub fn enforced(self) -> Self {
        self.with(|keys| keys.enforced = true)
    }

    /// Remembers a variable that is named for opening and not set, so that it can be told.
    #[must_use]
    pub fn lacking(self, variable: &str) -> Self {
        self.with(|keys| keys.unset.push(variable.to_owned()))
    }

    /// Returns how many keys were made.
    #[cfg(test)]
    pub(crate) fn keys_made(&self) -> usize {
        self.0.as_ref().map_or(0, |keys| lock(&keys.made).len())
    }

    fn with(mut self, change: impl FnOnce(&mut Keys)) -> Self {
        // Before it is shared.
        if let Some(keys) = self.0.as_mut().and_then(Arc::get_mut) {
            change(keys);
        }
        self
    }

    /// Tells whether it has anything to do with passphrases.
    pub fn is_asked_for(&self) -> bool {
        self.0.is_some()
    }

    /// Tells whether what is written is sealed.
    pub fn seals(&self) -> bool {
        self.0.as_ref().is_some_and(|keys| keys.seals)
    }

    /// Tells whether nothing plain is taken.
    pub fn is_enforced(&self) -> bool {
        self.0.as_ref().is_some_and(|keys| keys.enforced)
    }

    /// Begins something sealed; none where it is written plain.
    pub fn begin(&self, claim: &Claim) -> Result<Option<Seal>, SealError> {
        let Some(keys) = self.0.as_ref().filter(|keys| keys.seals) else { return Ok(None) };
        let salt = keys.own_salt()?;
        let key = keys.key(0, salt);
        Seal::new(claim, &keys.passphrases[0].variable, salt, key).map(Some)
    }

    /// Opens what was sealed.
    pub fn open(&self, envelope: &Envelope) -> Result<(Seal, Vec<u8>), SealError> {
        let (variable, salt) = (envelope.variable(), envelope.salt()?);
        let Some(keys) = self.0.as_ref().filter(|keys| !keys.passphrases.is_empty()) else {
            return Err(SealError::NoKey { variable: variable.to_owned() });
        };
        let Some(place) = keys.which(envelope, salt) else {
            let tried = keys.passphrases.iter().map(|passphrase| passphrase.variable.clone()).collect();
            let (unset, variable) = (keys.unset.clone(), variable.to_owned());
            return Err(SealError::WrongKey { tried, unset, variable });
        };
        if place == 0 && keys.seals {
            lock(&keys.salt).get_or_insert(salt);
        }
        let seal = envelope.seal(keys.key(place, salt));
        let content = seal.open_line(1, envelope.sealed()).ok_or_else(|| {
            SealError::Damaged("it is not as it was encrypted, or its header was changed".to_owned())
        })?;
        Ok((seal, content))
    }

    /// Tells whether something is as it would be written now: sealed with the passphrase that is sealed with, or plain
    /// where that is what is written. What was read plain has no envelope.
    pub fn is_current(&self, envelope: Option<&Envelope>) -> bool {
        match (self.0.as_ref().filter(|keys| keys.seals), envelope) {
            (None, envelope) => envelope.is_none(),
            (Some(_), None) => false,
            (Some(keys), Some(envelope)) => envelope.salt().is_ok_and(|salt| {
                let key = keys.key(0, salt);
                envelope.is_checked_by(&key)
            }),
        }
    }
}

impl Keys {
    /// Finds the passphrase that something was sealed with: one that is named as its writer's first, since each that is
    /// tried takes its time.
    fn which(&self, envelope: &Envelope, salt: Salt) -> Option<usize> {
        let mut places: Vec<usize> = (0..self.passphrases.len()).collect();
        places.sort_by_key(|place| self.passphrases[*place].variable != envelope.variable());
        places.into_iter().find(|place| envelope.is_checked_by(&self.key(*place, salt)))
    }

    fn key(&self, place: usize, salt: Salt) -> Arc<Key> {
        // Held while it is made: two that want it at a time do not make two.
        let mut made = lock(&self.made);
        let key = made.entry((place, salt));
        Arc::clone(key.or_insert_with(|| Arc::new(Key::of(&self.passphrases[place].text, &salt))))
    }

    fn own_salt(&self) -> Result<Salt, SealError> {
        let mut own = lock(&self.salt);
        if let Some(salt) = *own {
            return Ok(salt);
        }
        let salt = random()?;
        *own = Some(salt);
        Ok(salt)
    }
}

impl Key {
    fn of(passphrase: &str, salt: &Salt) -> Self {
        let mut secret = [0; 32];
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(algorithm, ITERATIONS, salt, passphrase.as_bytes(), &mut secret);
        let secret = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let cipher = UnboundKey::new(&AES_256_GCM, &expand::<32>(&secret, "patchtrain seal 1: key"));
        let cipher = LessSafeKey::new(cipher.expect("it takes 32 bytes"));
        Self { cipher, check: expand(&secret, "patchtrain seal 1: check") }
    }
}

/// Makes one of the secrets that follow from another, none of which tells anything of the rest.
fn expand<const LENGTH: usize>(secret: &hkdf::Prk, purpose: &str) -> [u8; LENGTH] {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut made = [0; LENGTH];
    let purpose = [purpose.as_bytes()];
    let filled = secret.expand(&purpose, Length(LENGTH)).and_then(|okm| okm.fill(&mut made));
    filled.expect("it is not longer than 255 digests");
    made
}

/// Makes salts and nonces here and takes none: what a caller could choose could be chosen twice.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], SealError> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError::NoChance)?;
    Ok(bytes)
}

/// Locks what a panic elsewhere cannot have left half-done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
