//! A security token: a JSON web token that a service gave us, of which we read when it expires and whose it is, and pass on the rest.
//! Its signature is the service's business.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

use super::secret::Secret;

/// A token and its end.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: Secret,
    pub(super) expires: Timestamp,
}

/// Why a text is no token. Says nothing of the text. Displays as the rest of "the token ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum TokenError {
    #[error("is not a JSON web token: expected three parts in base64 with dots between them")]
    NotToken,
    #[error("does not say when it expires: its claim `exp` is missing")]
    NoEnd,
}

#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
}

/// What tokens call the tenancy that they are of: users' sessions, instances and resources.
const TENANCY: [&str; 3] = ["tenant", "opc-tenant", "res_tenant"];

/// Reads the tenancy that a token is of, which is also the root compartment; none where it does not say.
pub(super) fn tenancy(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    let named = TENANCY.iter().find_map(|name| claims.get(name)?.as_str());
    named.filter(|tenancy| tenancy.starts_with("ocid1.")).map(str::to_owned)
}

impl Token {
    /// Reads a token, with white space around it.
    pub(super) fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        // Some of Oracle's tokens carry this already, as the key id of requests does.
        let text = text.strip_prefix("ST$").unwrap_or(text);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
        let parts: Vec<&str> = text.split('.').collect();
        let [_, claims, _] = parts[..] else { return Err(TokenError::NotToken) };
        if !text.chars().all(plain) {
            return Err(TokenError::NotToken);
        }
        let claims =
            URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).map_err(|_| TokenError::NotToken)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| TokenError::NotToken)?;
        let seconds = claims.exp.ok_or(TokenError::NoEnd)?;
        // A float becomes the nearest integer there is; what is out of range expires never, or has always been.
        let expires = Timestamp::from_second(seconds as i64).unwrap_or(if seconds > 0.0 {
            Timestamp::MAX
        } else {
            Timestamp::MIN
        });
        Ok(Self { text: Secret::new(text), expires })
    }
}
