//! Retry tokens: random, or in tests counted.

use std::sync::Arc;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use crate::op::RetryToken;
use crate::state::{TOKEN_LIFETIME, UnfinishedOp};

/// Where new tokens come from.
pub(super) type Tokens = Arc<dyn Fn() -> RetryToken + Send + Sync>;

/// Returns the source of random tokens, 32 hex digits each.
pub(super) fn random() -> Tokens {
    let source = SystemRandom::new();
    Arc::new(move || {
        let mut bytes = [0; 16];
        source
            .fill(&mut bytes)
            .expect("the operating system's random numbers do not run out once it has started");
        RetryToken(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    })
}

/// Tells whether the service still knows the token of an unfinished op (safety rule 4).
pub(super) fn is_known(op: &UnfinishedOp, now: Timestamp) -> bool {
    now.duration_since(op.started) < TOKEN_LIFETIME
}
