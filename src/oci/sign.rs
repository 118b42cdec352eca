//! OCI request signature, version 1: RSA PKCS#1 v1.5 with SHA-256 over a few headers and the request line.
//!
//! The string that is signed is built by a pure function, so that it can be compared with known ones. A signature
//! is valid for five minutes around its date; a retry is signed anew.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use jiff::Timestamp;
use thiserror::Error;

use super::credentials::SigningKey;

/// A request that cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// The URI names no host.
    #[error("the address `{0}` has no host: correct the endpoint in [service]")]
    NoHost(String),
    /// A part does not fit into a header.
    #[error("the {0} cannot be written as an HTTP header: look for characters that do not belong there")]
    Header(&'static str),
    /// The key does not sign.
    #[error("the private key does not sign, as if its parts did not belong together: sign with another one")]
    Key,
}

const X_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-content-sha256");

/// What is signed of a request without a body, or where the body is left out, in this order.
const SIGNED: &[&str] = &["date", "(request-target)", "host"];

/// What is signed of a request with a body, even an empty one.
const SIGNED_WITH_BODY: &[&str] =
    &["date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];

/// What is signed of a request for a token.
const SIGNED_FOR_TOKEN: &[&str] =
    &["date", "(request-target)", "content-length", "content-type", "x-content-sha256"];

/// Signs a request: sets `date`, `host` and `authorization`, and for POST, PUT and PATCH `content-length`,
/// `content-type` (where missing) and `x-content-sha256`.
pub fn sign(request: &mut Request<Bytes>, key: &SigningKey, now: Timestamp) -> Result<(), SignError> {
    let with_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    sign_headers(request, key, now, if with_body { SIGNED_WITH_BODY } else { SIGNED })
}

/// Signs a request whose body is left out of it, as Oracle's clients do where they bring Object Storage an object: sets
/// `date`, `host` and `authorization`, whatever the method.
pub(crate) fn sign_plain(
    request: &mut Request<Bytes>,
    key: &SigningKey,
    now: Timestamp,
) -> Result<(), SignError> {
    sign_headers(request, key, now, SIGNED)
}

/// Signs a request for a token, as [`sign`] does, but for the host: the service that gives tokens to instances wants
/// it left out.
pub(crate) fn sign_for_token(
    request: &mut Request<Bytes>,
    key: &SigningKey,
    now: Timestamp,
) -> Result<(), SignError> {
    sign_headers(request, key, now, SIGNED_FOR_TOKEN)
}

fn sign_headers(
    request: &mut Request<Bytes>,
    key: &SigningKey,
    now: Timestamp,
    names: &[&str],
) -> Result<(), SignError> {
    let with_body = names.contains(&"content-length");
    let date = http_date(now).and_then(|date| HeaderValue::try_from(date).ok());
    let host = host(request.uri())?;
    let digest =
        with_body.then(|| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, request.body())));
    let length = request.body().len();
    let headers = request.headers_mut();
    headers.insert(DATE, date.ok_or(SignError::Header("date"))?);
    headers.insert(HOST, HeaderValue::try_from(host).map_err(|_| SignError::Header("host"))?);
    if let Some(digest) = digest {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        let digest = HeaderValue::try_from(digest).map_err(|_| SignError::Header("body's digest"))?;
        headers.insert(X_CONTENT_SHA256, digest);
    }
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let text = signing_string(request.method(), target, request.headers(), names);
    let signature = STANDARD.encode(key.sign(text.as_bytes()).ok_or(SignError::Key)?);
    let authorization = format!(
        "Signature version=\"1\",keyId=\"{}\",algorithm=\"rsa-sha256\",headers=\"{}\",signature=\"{signature}\"",
        key.key_id(),
        names.join(" "),
    );
    let mut authorization = HeaderValue::try_from(authorization).map_err(|_| SignError::Header("key id"))?;
    authorization.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, authorization);
    Ok(())
}

/// Builds the text that is signed: one `name: value` line per signed header, `(request-target)` being the method in
/// lower case and the path with its query exactly as sent.
pub fn signing_string(method: &Method, target: &str, headers: &HeaderMap, names: &[&str]) -> String {
    let mut text = String::with_capacity(512);
    for name in names {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(name);
        text.push_str(": ");
        if *name == "(request-target)" {
            text.push_str(&method.as_str().to_ascii_lowercase());
            text.push(' ');
            text.push_str(target);
        } else {
            text.push_str(headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or_default());
        }
    }
    text
}

/// Returns the value of the `host` header: the port stands in it unless it is the scheme's own.
fn host(uri: &http::Uri) -> Result<String, SignError> {
    let host = uri.host().ok_or_else(|| SignError::NoHost(uri.to_string()))?;
    match (uri.port_u16(), uri.scheme_str()) {
        (None, _) | (Some(80), Some("http")) | (Some(443), Some("https")) => Ok(host.to_owned()),
        (Some(port), _) => Ok(format!("{host}:{port}")),
    }
}

/// Writes a date as HTTP wants it; none outside the years 0 to 9999.
fn http_date(now: Timestamp) -> Option<String> {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_KEY: &str = include_str!("testdata/key.pem");

    fn key() -> SigningKey {
        SigningKey::from_pem("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:3b:97", TEST_KEY.as_bytes(), None)
            .unwrap()
    }

    fn signed(request: http::request::Builder, body: &str) -> Request<Bytes> {
        let mut request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        sign(&mut request, &key(), "2026-11-22T14:05:09.7Z".parse().unwrap()).unwrap();
        request
    }

    fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
        request.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn verify(request: &Request<Bytes>, text: &str) {
        let (_, rest) = header(request, "authorization").split_once("signature=\"").unwrap();
        let signature = STANDARD.decode(rest.strip_suffix('"').unwrap()).unwrap();
        let key = key();
        let public = ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            key.public_key(),
        );
        assert_eq!(public.verify(text.as_bytes(), &signature), Ok(()));
    }

    #[test]
    fn a_get_signs_date_target_and_host() {
        let request = signed(
            Request::get("http://127.0.0.1:8080/20190801/softwareSources?page=AAA%2B%2F%3DB&limit=1000"),
            "",
        );
        let text = "date: Sun, 22 Nov 2026 14:05:09 GMT\n\
                    (request-target): get /20190801/softwareSources?page=AAA%2B%2F%3DB&limit=1000\n\
                    host: 127.0.0.1:8080";
        verify(&request, text);
        assert_eq!(header(&request, "content-length"), "");
        let authorization = header(&request, "authorization");
        let start = "Signature version=\"1\",\
            keyId=\"ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:3b:97\",algorithm=\"rsa-sha256\",\
            headers=\"date (request-target) host\",signature=\"";
        assert!(authorization.starts_with(start), "{authorization}");
    }

    #[test]
    fn a_post_signs_its_body_too() {
        let request = signed(
            Request::post("https://osms.eu-frankfurt-1.oci.oraclecloud.com:443/20190801/softwareSources"),
            r#"{"displayName":"great-linux/GL1"}"#,
        );
        let text = "date: Sun, 22 Nov 2026 14:05:09 GMT\n\
                    (request-target): post /20190801/softwareSources\n\
                    host: osms.eu-frankfurt-1.oci.oraclecloud.com\n\
                    content-length: 33\n\
                    content-type: application/json\n\
                    x-content-sha256: EzTlEJEMJdwiVrgE76+cf0MNKwgRGVqglpON/pv0IZk=";
        verify(&request, text);
    }

    #[test]
    fn an_empty_body_is_signed_with_the_digest_of_nothing() {
        let request = signed(Request::post("http://localhost:80/x/actions/updateAll?updateType=ALL"), "");
        let text = "date: Sun, 22 Nov 2026 14:05:09 GMT\n\
                    (request-target): post /x/actions/updateAll?updateType=ALL\n\
                    host: localhost\n\
                    content-length: 0\n\
                    content-type: application/json\n\
                    x-content-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        verify(&request, text);
    }

    #[test]
    fn a_put_signs_its_body_and_a_delete_does_not() {
        let put = signed(Request::put("http://h/x"), "{}");
        assert!(header(&put, "authorization").contains("content-length content-type x-content-sha256"));
        let delete = signed(Request::delete("http://h/x"), "");
        assert!(header(&delete, "authorization").contains("headers=\"date (request-target) host\""));
    }

    #[test]
    fn a_plain_put_signs_nothing_of_its_body() {
        let mut put = Request::put("http://h/n/ns/b/own/o/a%2Fb").body(Bytes::from("bytes")).unwrap();
        sign_plain(&mut put, &key(), "2026-11-22T14:05:09.7Z".parse().unwrap()).unwrap();
        verify(
            &put,
            "date: Sun, 22 Nov 2026 14:05:09 GMT\n(request-target): put /n/ns/b/own/o/a%2Fb\nhost: h",
        );
        let names: Vec<_> = put.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["date", "host", "authorization"]);
    }

    #[test]
    fn a_signature_does_not_show_in_debug_output() {
        let request = signed(Request::get("http://h/x"), "");
        assert!(!format!("{:?}", request.headers()).contains("Signature"));
    }

    #[test]
    fn an_address_without_a_host_is_refused() {
        let mut request = Request::get("/x").body(Bytes::new()).unwrap();
        assert_eq!(
            sign(&mut request, &key(), Timestamp::UNIX_EPOCH),
            Err(SignError::NoHost("/x".to_owned()))
        );
    }
}
