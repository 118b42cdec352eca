//! Object Storage's native API, for who keeps files there that several people write: reads with the etag of what was
//! read, writes and deletions that depend on it, lists, and what a bucket keeps.
//!
//! Writes and deletions are tried again like reads, since their condition makes a second one harmless: after an answer
//! that was lost, the repetition of a write that was served is refused by the write itself. So a refusal tells whether
//! an attempt before it may have been served ([`Refused::asked`]); then whoever wrote reads what is there, and compares:
//! it is either their own or somebody else's. Nothing of that is hidden here, and nothing is decided.
//!
//! Bytes are guarded by MD5 both ways, as the service has it; the request that brings them is signed without them, as
//! Oracle's clients do it.

mod reads;
mod wire;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use md5::{Digest, Md5};
use thiserror::Error as ThisError;
use tokio::sync::OnceCell;

use super::{Call, Client, Error, Reply, Transport};

pub use reads::{Bucket, Entry, Object, Version, Versioning};

/// The path that the API stands under: none.
pub const API_VERSION: &str = "";

/// From how many bytes on a write gets ten minutes for its answer: with them on their way there is none.
const LARGE: usize = 1 << 20;

/// Object Storage, as one namespace of it is seen.
#[derive(Debug)]
pub struct ObjectStorage<T> {
    client: Client<T>,
    namespace: OnceCell<String>,
}

/// What a write depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// That there is nothing of the name.
    Absent,
    /// That it is what has this etag.
    Match(&'a str),
}

/// What a deletion depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal<'a> {
    /// That it is what has this etag.
    Match(&'a str),
    /// Nothing.
    Any,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone now.
    Now,
    /// There was nothing of the name; where `asked`, an attempt of this very deletion may have been served before.
    Absent {
        /// Whether one may have been.
        asked: bool,
    },
}

/// A write or deletion that did not happen as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum WriteError {
    /// Its condition did not hold.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Anything else; see [`WriteError::may_be_served`].
    #[error("{error}")]
    Failed {
        /// What the last attempt ended with.
        error: Error,
        /// Whether an attempt before it may have been served.
        asked: bool,
    },
}

/// The condition of a write or deletion did not hold.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("{error}")]
pub struct Refused {
    /// What the service said.
    pub error: Error,
    /// Whether an attempt before may have been served, so that what is there may be one's own.
    pub asked: bool,
}

impl WriteError {
    fn of((error, asked): (Error, bool)) -> Self {
        let refused = error.status() == Some(412)
            && error.code().is_some_and(|code| {
                // A limit of a list that is too high has the same status.
                ["IfMatchFailed", "IfNoneMatchFailed", "ETagMismatch", "PreconditionFailed"].contains(&code)
            });
        match refused {
            true => Self::Refused(Refused { error, asked }),
            false => Self::Failed { error, asked },
        }
    }

    /// Tells whether it may have been served all the same.
    pub fn may_be_served(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.asked,
            Self::Failed { error, asked } => {
                *asked
                    || match error {
                        Error::NoAnswer { .. } | Error::Answer { .. } => true,
                        Error::Service { status, .. } => *status >= 500 && ![501, 507].contains(status),
                        Error::Down { asked, .. } => *asked,
                        Error::Credentials { .. } => false,
                    }
            }
        }
    }
}

impl<T: Transport> ObjectStorage<T> {
    /// Speaks to Object Storage through a client of [`API_VERSION`]. A namespace that is not given is asked for once, at
    /// the first call.
    pub fn new(client: Client<T>, namespace: Option<String>) -> Self {
        Self { client, namespace: OnceCell::new_with(namespace) }
    }

    /// Returns the namespace.
    pub async fn namespace(&self) -> Result<&str, Error> {
        let asked = self.namespace.get_or_try_init(|| async {
            let reply = self.client.send(&Call::get("GetNamespace", &["n"])).await?;
            reply.json::<String>()
        });
        asked.await.map(String::as_str)
    }

    /// Writes an object, if the condition holds, and returns its new etag.
    pub async fn put(
        &self,
        bucket: &str,
        object: &str,
        bytes: Bytes,
        condition: Condition<'_>,
    ) -> Result<String, WriteError> {
        let md5 = md5_of(&bytes);
        let large = bytes.len() >= LARGE;
        let call =
            self.object("PutObject", Method::PUT, bucket, object).await.map_err(WriteError::unasked)?;
        let call = match condition {
            Condition::Absent => call.header("if-none-match", "*"),
            Condition::Match(etag) => call.header("if-match", etag),
        };
        let call = call.header("content-type", "application/octet-stream").header("content-md5", md5);
        let call = call.bytes(bytes).repeatable();
        let call = if large { call.slow() } else { call };
        let reply = self.client.send_told(&call).await.map_err(WriteError::of)?;
        etag(&reply).map_err(WriteError::unasked)
    }

    /// Deletes an object, if the condition holds. Where the bucket keeps versions, only what is there now goes.
    pub async fn delete(
        &self,
        bucket: &str,
        object: &str,
        removal: Removal<'_>,
    ) -> Result<Removed, WriteError> {
        let call =
            self.object("DeleteObject", Method::DELETE, bucket, object).await.map_err(WriteError::unasked)?;
        let call = match removal {
            Removal::Match(etag) => call.header("if-match", etag),
            Removal::Any => call,
        };
        match self.client.send_told(&call.repeatable()).await {
            Ok(_) => Ok(Removed::Now),
            Err((error, asked)) if is_absent(&error) => Ok(Removed::Absent { asked }),
            Err(failed) => Err(WriteError::of(failed)),
        }
    }

    /// Makes a bucket that keeps versions.
    pub async fn create_bucket(&self, name: &str, compartment: &str) -> Result<(), Error> {
        let namespace = self.namespace().await?;
        let details = wire::NewBucket { name, compartment_id: compartment, versioning: "Enabled" };
        self.client.send(&Call::post("CreateBucket", &["n", namespace, "b"]).json(&details)).await.map(drop)
    }

    #[cfg(test)]
    pub(crate) fn transport(&self) -> &T {
        self.client.transport()
    }

    async fn object(
        &self,
        operation: &'static str,
        method: Method,
        bucket: &str,
        object: &str,
    ) -> Result<Call, Error> {
        let namespace = self.namespace().await?;
        // Slashes in the name are escaped like everything: a name may hold `..`, which no path may.
        Ok(Call::new(operation, method, &["n", namespace, "b", bucket, "o", object]))
    }
}

impl WriteError {
    fn unasked(error: Error) -> Self {
        Self::Failed { error, asked: false }
    }
}

fn md5_of(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

fn etag(reply: &Reply) -> Result<String, Error> {
    let etag = reply.header("etag").map(str::to_owned);
    etag.ok_or_else(|| reply.unreadable("it has no etag"))
}

/// Tells whether there is no such object; that there is no such bucket has the same status.
fn is_absent(error: &Error) -> bool {
    error.is_not_found() && error.code() == Some("ObjectNotFound")
}

#[cfg(test)]
mod tests;
