//! Sealed text: what is kept or handed on encrypted, with a passphrase that people keep elsewhere.
//!
//! AES-256-GCM under a key that PBKDF2 makes of the passphrase and a random salt. What is sealed is text of one line, a
//! JSON object that says in clear what it is, of which train, lineage and serial, and by which variable's passphrase it
//! opens. All of that is authenticated: a header that was changed, or that stands before another content, does not open.
//!
//! [`Sealing`] has the keys, [`Envelope`] is what was read, [`Seal`] seals and opens what stands under one header. What
//! is sealed, and what a header has to say to be believed, is for [`crate::state`] and [`crate::plan`] to judge. Where
//! passphrases come from is the command line's business.

mod envelope;
mod key;

use thiserror::Error;

pub use envelope::{Claim, Envelope, Seal, is_sealed};
pub use key::{Passphrase, Sealing, WeakPassphrase};

/// The form that this build writes; a newer one is refused.
pub const VERSION: u32 = 1;

/// Why something is not opened, or not sealed. No message holds a passphrase or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// There is no passphrase at all.
    #[error("it is encrypted, and there is no passphrase to open it with")]
    NoKey {
        /// The variable that its writer had the passphrase from.
        variable: String,
    },
    /// It was sealed with another passphrase.
    #[error("it is encrypted with another passphrase than {}", and(tried))]
    WrongKey {
        /// The variables whose passphrases were tried.
        tried: Vec<String>,
        /// Those that are named for it and not set.
        unset: Vec<String>,
        /// The variable that its writer had the passphrase from.
        variable: String,
    },
    /// It is plain, and nothing plain is taken.
    #[error("it is not encrypted, and with `enforced = true` nothing plain is taken")]
    Plain,
    /// A newer build sealed it.
    #[error("it is encrypted in a form (version {found}) that this build does not know: update patchtrain")]
    Newer {
        /// The form.
        found: u64,
    },
    /// It is not as it was sealed.
    #[error("{0}")]
    Damaged(String),
    /// No salt or nonce can be made.
    #[error("the system gives no random numbers to encrypt with")]
    NoChance,
}

fn and(variables: &[String]) -> String {
    let those: Vec<String> = variables.iter().map(|variable| format!("that in {variable}")).collect();
    those.join(" and ")
}

#[cfg(test)]
mod tests;
