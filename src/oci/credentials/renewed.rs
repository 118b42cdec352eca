//! A key that is good for a while: held until shortly before its end or until its source has changed, then fetched
//! anew, by one caller for all. What fetches is a [`Source`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::error::CredentialsError;
use super::key::SigningKey;
use super::place::Stamp;

/// What fetching gives.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) key: Arc<SigningKey>,
    pub(super) expires: Timestamp,
}

pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, CredentialsError>> + Send + 'a>>;

/// Where keys that come to an end are fetched.
pub(super) trait Source: fmt::Debug + Send + Sync {
    /// Fetches a key.
    fn fetch(&self, now: Timestamp) -> Fetching<'_>;

    /// Tells what lies at the source from what lay there before, without fetching it.
    fn stamps(&self) -> Vec<Option<Stamp>>;

    /// Says that the key has come to its end and no other is to be had.
    fn expired(&self, at: Timestamp) -> CredentialsError;

    /// Tells whether asking before the end may give a key that is good for longer.
    fn renews_early(&self) -> bool;
}

/// The key of a source.
#[derive(Debug)]
pub(super) struct Renewed {
    source: Box<dyn Source>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    fetched: Fetched,
    /// When to ask for the next one.
    renew: Timestamp,
    stamps: Vec<Option<Stamp>>,
}

/// How long before its end a key is replaced, as Oracle's Go SDK does; of a shorter life, half.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// How long a key that still is good is used before its source is asked again, where asking has failed.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

impl Renewed {
    pub(super) fn new(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source), held: Mutex::new(None) }
    }

    /// Returns a key that is good now.
    pub(super) async fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, CredentialsError> {
        let mut held = self.held.lock().await;
        // Before the content: what is written meanwhile then counts as a change, and is read by the next call.
        let stamps = self.source.stamps();
        if let Some(held) = &*held
            && now < held.renew
            && held.stamps == stamps
        {
            return Ok(Arc::clone(&held.fetched.key));
        }
        match (self.fetch(now).await, &mut *held) {
            (Ok(fetched), held) => Ok(self.hold(held, fetched, stamps, now)),
            // Good for a little yet, and perhaps the source comes back until then.
            (Err(_), Some(held)) if now < held.fetched.expires => {
                held.renew = now.saturating_add(AGAIN).unwrap_or(now).min(held.fetched.expires);
                Ok(Arc::clone(&held.fetched.key))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Fetches a key in place of one that the service has refused. False if that gives the same one again.
    pub(super) async fn refresh_after_401(
        &self,
        refused: &Arc<SigningKey>,
        now: Timestamp,
    ) -> Result<bool, CredentialsError> {
        let mut held = self.held.lock().await;
        if let Some(held) = &*held
            && !Arc::ptr_eq(&held.fetched.key, refused)
        {
            // Another call was refused before this one, and has done it.
            return Ok(true);
        }
        let stamps = self.source.stamps();
        let fetched = self.fetch(now).await?;
        let same =
            fetched.key.key_id() == refused.key_id() && fetched.key.public_key() == refused.public_key();
        self.hold(&mut held, fetched, stamps, now);
        Ok(!same)
    }

    async fn fetch(&self, now: Timestamp) -> Result<Fetched, CredentialsError> {
        let fetched = self.source.fetch(now).await?;
        match now < fetched.expires {
            true => Ok(fetched),
            false => Err(self.source.expired(fetched.expires)),
        }
    }

    fn hold(
        &self,
        held: &mut Option<Held>,
        fetched: Fetched,
        stamps: Vec<Option<Stamp>>,
        now: Timestamp,
    ) -> Arc<SigningKey> {
        let life = fetched.expires.duration_since(now);
        let early = if self.source.renews_early() { EARLY.min(life / 2) } else { SignedDuration::ZERO };
        let renew = fetched.expires.saturating_sub(early).unwrap_or(fetched.expires);
        let key = Arc::clone(&fetched.key);
        *held = Some(Held { fetched, renew, stamps });
        key
    }
}
