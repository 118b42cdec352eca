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

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
    use rustls_pki_types::PrivatePkcs1KeyDer;
    use rustls_pki_types::pem::PemObject;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn giver() -> RsaKeyPair {
        let pem = crate::simulator::credentials().key.as_bytes();
        RsaKeyPair::from_der(PrivatePkcs1KeyDer::from_pem_slice(pem).unwrap().secret_pkcs1_der()).unwrap()
    }

    fn part(text: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    fn signed(giver: &RsaKeyPair, claims: &str) -> String {
        let text = format!("{}.{}", part(r#"{"alg":"RS256"}"#), part(claims));
        let mut signature = vec![0; giver.public().modulus_len()];
        giver.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", part(signature))
    }

    /// Claims that are good, with one thing of another value, or without it.
    fn claims(key: &str, value: Option<Value>) -> String {
        let jwk = json!({ "kty": "RSA", "n": part("number"), "e": part("exponent") }).to_string();
        let mut claims = json!({ "exp": NOW + 1, "tenant": TENANCY, "jwk": jwk });
        match value {
            Some(value) => claims[key] = value,
            None => drop(claims.as_object_mut().unwrap().remove(key)),
        }
        claims.to_string()
    }

    #[test]
    fn a_token_is_taken_for_what_it_says_and_refused_with_the_reason() {
        let giver = giver();
        let check = |token: &str| {
            let now = Timestamp::from_second(NOW).unwrap();
            bearer(token, giver.public_key().as_ref(), now).map(|bearer| (bearer.n, bearer.e))
        };
        let good = Ok((b"number".to_vec(), b"exponent".to_vec()));
        // Sessions, instances and resources each have their own word for the tenancy.
        for word in ["tenant", "opc-tenant", "res_tenant"] {
            let claims = claims("x", None).replace("\"tenant\"", &format!("\"{word}\""));
            assert_eq!(check(&signed(&giver, &claims)), good, "{word}");
        }
        let lacking = "keyId is a token that lacks exp, tenant or jwk";
        let no_key = "the token's jwk is no RSA key";
        let text = |jwk: &Value| Some(Value::String(jwk.to_string()));
        for (key, value, expected) in [
            ("tenant", Some(json!("ocid1.tenancy.oc1..other")), "keyId is a token of another tenancy"),
            ("exp", Some(json!(NOW)), "keyId is a token that has expired"),
            ("exp", Some(json!("soon")), lacking),
            ("exp", None, lacking),
            ("tenant", None, lacking),
            ("jwk", None, lacking),
            // As JSON itself, and not in a text.
            ("jwk", Some(json!({ "n": "AQAB", "e": "AQAB" })), lacking),
            ("jwk", Some(json!("x")), no_key),
            ("jwk", text(&json!({ "kty": "RSA", "n": "AQAB" })), no_key),
            ("jwk", text(&json!({ "kty": "RSA", "n": "AQAB", "e": "A QAB" })), no_key),
        ] {
            assert_eq!(check(&signed(&giver, &claims(key, value))), Err(expected.to_owned()), "{key}");
        }
        assert_eq!(check(&signed(&giver, "no JSON")), Err(lacking.to_owned()));

        let not_ours = Err("keyId is a token that the simulator's own key has not signed".to_owned());
        let own = signed(&giver, &claims("exp", Some(json!(NOW + 1))));
        assert_eq!(check(&own), good);
        let (text, signature) = own.rsplit_once('.').unwrap();
        for token in [
            "",
            text,
            &format!("{text}.{}", part("no signature")),
            &format!("{text}.?"),
            &format!("{}.{signature}", text.replacen("ey", "eY", 1)),
        ] {
            assert_eq!(check(token), not_ours, "{token}");
        }
    }
}
