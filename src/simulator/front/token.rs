//! Security tokens, which stand for a key's name in signatures (`ST$...`): JSON web tokens with the public key of whoever
//! they were given to. The simulator takes those that its own key has signed. That key is published, so that any test
//! can be the service that gives tokens to sessions, instances and resources.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

use crate::simulator::world::TENANCY;

/// How the name of a key begins that a token stands for.
pub(super) const PREFIX: &str = "ST$";

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    /// The tenancy: of a session, an instance or a resource.
    #[serde(alias = "opc-tenant", alias = "res_tenant")]
    tenant: String,
    /// JSON in a text, as Oracle's tokens have it.
    jwk: String,
}

#[derive(Deserialize)]
struct Jwk {
    n: String,
    e: String,
}

/// The public key of whoever a token was given to.
pub(super) type Bearer = RsaPublicKeyComponents<Vec<u8>>;

/// Checks a token against the key of whoever gives them, and returns whom it is for. An error says nothing of the token.
pub(super) fn bearer(token: &str, giver: &[u8], now: Timestamp) -> Result<Bearer, String> {
    let not_ours = || "keyId is a token that the simulator's own key has not signed".to_owned();
    let (signed, signature) = token.rsplit_once('.').ok_or_else(not_ours)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| not_ours())?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, giver)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| not_ours())?;
    let claims = signed.rsplit_once('.').and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Option<Claims> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    let claims = claims.ok_or("keyId is a token that lacks exp, tenant or jwk")?;
    if claims.tenant != TENANCY {
        return Err("keyId is a token of another tenancy".to_owned());
    }
    if claims.exp <= now.as_second() {
        return Err("keyId is a token that has expired".to_owned());
    }
    let part =
        |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| "the token's jwk is no RSA key".to_owned());
    let jwk: Jwk =
        serde_json::from_str(&claims.jwk).map_err(|_| "the token's jwk is no RSA key".to_owned())?;
    Ok(RsaPublicKeyComponents { n: part(&jwk.n)?, e: part(&jwk.e)? })
}
