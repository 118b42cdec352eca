//! Request signatures, version 1, as the service checks them: written from Oracle's published description and apart
//! from the client's signer, so that the two can disagree.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::fail::Failure;
use super::{objects, token};
use crate::simulator::credentials;

/// By how much a request's date may differ from the service's clock, documented.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What is signed of every request, and of those with a body.
const ALWAYS: [&str; 3] = ["date", "(request-target)", "host"];
const WITH_BODY: [&str; 3] = ["content-length", "content-type", "x-content-sha256"];

static PUBLIC_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = PrivateKeyDer::from_pem_slice(credentials::KEY.as_bytes()).ok();
    let pair = key.and_then(|key| match key {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    });
    pair.expect("the built-in key is a PKCS#1 RSA key, as a test sees to").public_key().as_ref().to_vec()
});

/// Checks the signature of a request; `now` is real time, also where the simulator's clock has been moved.
pub(crate) fn verify(
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Failure> {
    check(method, target, headers, body, now).map_err(|why| Failure::unsigned(&why))
}

fn check(
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), String> {
    let fields = fields(header(headers, "authorization")?)?;
    let field = |name: &str| fields.get(name).copied().ok_or_else(|| format!("authorization lacks {name}"));
    for (name, wanted) in [("version", "1"), ("algorithm", "rsa-sha256")] {
        if field(name)? != wanted {
            return Err(format!("{name} is not {wanted}"));
        }
    }
    let bearer = match field("keyId")? {
        own if own == credentials::key_id() => None,
        other => {
            let token = other.strip_prefix(token::PREFIX).ok_or("keyId is not the simulator's own")?;
            Some(token::bearer(token, &PUBLIC_KEY, now)?)
        }
    };
    let has_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    let signed: Vec<&str> = field("headers")?.split(' ').collect();
    // Oracle's clients sign nothing of an object's bytes, and others may all the same, as documented.
    let plain = objects::brings_bytes(method, target);
    let required = ALWAYS.iter().chain(if has_body && !plain { &WITH_BODY[..] } else { &[] });
    for name in required {
        if !signed.contains(name) {
            return Err(format!("{name} is not signed"));
        }
    }
    check_date(header(headers, "date")?, now)?;
    if has_body && (!plain || headers.contains_key("x-content-sha256")) {
        let digest = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, body));
        if header(headers, "x-content-sha256")? != digest {
            return Err("x-content-sha256 is not the body's".to_owned());
        }
        if header(headers, "content-length")? != body.len().to_string() {
            return Err("content-length is not the body's".to_owned());
        }
    }
    let mut lines = Vec::with_capacity(signed.len());
    for name in signed {
        lines.push(match name {
            "(request-target)" => {
                format!("(request-target): {} {target}", method.as_str().to_ascii_lowercase())
            }
            name => format!("{name}: {}", header(headers, name)?),
        });
    }
    let signature = STANDARD.decode(field("signature")?).map_err(|_| "signature is not base64".to_owned())?;
    let (algorithm, text) = (&RSA_PKCS1_2048_8192_SHA256, lines.join("\n"));
    let verified = match bearer {
        None => UnparsedPublicKey::new(algorithm, PUBLIC_KEY.as_slice()).verify(text.as_bytes(), &signature),
        Some(key) => key.verify(algorithm, text.as_bytes(), &signature),
    };
    verified.map_err(|_| "the signature does not fit the request".to_owned())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(format!("header {name} is missing")),
        (Some(_), Some(_)) => Err(format!("header {name} stands twice")),
        (Some(value), None) => value.to_str().map_err(|_| format!("header {name} is not text")),
    }
}

/// Takes `Signature a="x",b="y"` apart.
fn fields(authorization: &str) -> Result<BTreeMap<&str, &str>, String> {
    let shape = || "authorization is not `Signature name=\"value\",...`".to_owned();
    let mut rest = authorization.strip_prefix("Signature ").ok_or_else(shape)?;
    let mut fields = BTreeMap::new();
    loop {
        let (name, value) = rest.split_once("=\"").ok_or_else(shape)?;
        let (value, more) = value.split_once('"').ok_or_else(shape)?;
        if fields.insert(name.trim(), value).is_some() {
            return Err(format!("authorization has {name} twice"));
        }
        match more.strip_prefix(',') {
            Some(more) => rest = more,
            None if more.is_empty() => return Ok(fields),
            None => return Err(shape()),
        }
    }
}

fn check_date(text: &str, now: Timestamp) -> Result<(), String> {
    if !text.ends_with(" GMT") {
        return Err("date is not in GMT".to_owned());
    }
    let date =
        rfc2822::DateTimeParser::new().parse_timestamp(text).map_err(|_| "date is not a date".to_owned())?;
    if now.duration_since(date).abs() > SKEW {
        return Err(format!("date is {text}, which is more than five minutes off"));
    }
    Ok(())
}
