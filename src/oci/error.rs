//! What became of a call that gave no usable answer, with what support asks for.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

/// A call that did not give an answer we can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The service refused, or went on failing through all attempts.
    #[error("{operation}: {status} {code}: {message} (opc-request-id {request_id})")]
    Service {
        /// The API operation, as Oracle names it.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's code; the status's name where it gave none.
        code: String,
        /// The service's message, or the beginning of a body that is no JSON.
        message: String,
        /// The service's request id, ours where it sent none.
        request_id: String,
    },
    /// No answer. The call may have been served.
    #[error("{operation}: no answer from {endpoint}: {reason}")]
    NoAnswer {
        /// The API operation.
        operation: &'static str,
        /// Where it was sent.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// The service fails all calls, so that this one was given up before its time.
    #[error("{operation}: {endpoint} is down: {reason}")]
    Down {
        /// The API operation.
        operation: &'static str,
        /// Where it would have been sent.
        endpoint: String,
        /// How many calls failed, for how long, and what the last one failed with.
        reason: String,
        /// Whether an attempt of this call may have been served before.
        asked: bool,
    },
    /// An answer that is not what the API says.
    #[error("{operation}: the answer cannot be read: {reason} (opc-request-id {request_id})")]
    Answer {
        /// The API operation.
        operation: &'static str,
        /// What is wrong, without the answer's content.
        reason: String,
        /// The service's request id.
        request_id: String,
    },
    /// The request cannot be signed.
    #[error("{operation}: {reason}")]
    Credentials {
        /// The API operation.
        operation: &'static str,
        /// Why not.
        reason: String,
    },
}

impl Error {
    /// Returns the HTTP status of the service's refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Service { status, .. } => Some(*status),
            Self::NoAnswer { .. } | Self::Down { .. } | Self::Answer { .. } | Self::Credentials { .. } => {
                None
            }
        }
    }

    /// Returns the service's code for its refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Tells whether the service says that the thing is not there (or not for us; it does not tell which).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }
}

/// How much of a body that is no JSON stands in a message.
const SHOWN: usize = 300;

/// Reads an error answer. `now` is compared with the service's clock where it did not accept the signature.
pub(crate) fn refusal(
    operation: &'static str,
    response: &http::Response<Bytes>,
    request_id: String,
    now: Timestamp,
) -> Error {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        message: Option<String>,
    }
    let status = response.status();
    let name = || status.canonical_reason().unwrap_or("Unknown").to_owned();
    let (code, mut message) = match serde_json::from_slice::<Body>(response.body()) {
        Ok(body) => (body.code.unwrap_or_else(name), body.message.unwrap_or_default()),
        Err(_) => (name(), beginning(response.body())),
    };
    if status == StatusCode::UNAUTHORIZED
        && let Some(minutes) = clock_skew(response, now)
    {
        message = format!(
            "{message}; this machine's clock is {minutes} minutes off the service's, and 5 are accepted: set it"
        );
    }
    Error::Service { operation, status: status.as_u16(), code, message, request_id }
}

/// Returns the beginning of a body on one line.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None if line.is_empty() => "no message".to_owned(),
        None => line.replace(|c: char| c.is_control(), "?"),
    }
}

/// Returns by how many minutes the clocks differ, where that explains a refused signature.
fn clock_skew(response: &http::Response<Bytes>, now: Timestamp) -> Option<i64> {
    let date = response.headers().get(http::header::DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let minutes = (theirs.as_second() - now.as_second()).abs() / 60;
    (minutes >= 5).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, date: &str, body: &str) -> String {
        let response = http::Response::builder()
            .status(status)
            .header("date", date)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let now = "2026-11-22T14:00:00Z".parse().unwrap();
        refusal("GetWorkRequest", &response, "ABC".to_owned(), now).to_string()
    }

    #[test]
    fn an_error_shows_what_support_asks_for() {
        assert_eq!(
            refused(409, "", r#"{"code":"IncorrectState","message":"busy","more":1}"#),
            "GetWorkRequest: 409 IncorrectState: busy (opc-request-id ABC)"
        );
    }

    #[test]
    fn a_body_that_is_no_json_becomes_the_message() {
        assert_eq!(
            refused(502, "", "<html>\n  <b>bad\tgateway</b>"),
            "GetWorkRequest: 502 Bad Gateway: <html> <b>bad gateway</b> (opc-request-id ABC)"
        );
        assert_eq!(
            refused(503, "", ""),
            "GetWorkRequest: 503 Service Unavailable: no message (opc-request-id ABC)"
        );
        let long = refused(500, "", &"ä".repeat(10_000));
        assert!(long.contains(&format!("{} ... (opc", "ä".repeat(300))), "{long}");
    }

    #[test]
    fn a_wrong_clock_explains_a_refused_signature() {
        let body = r#"{"code":"NotAuthenticated","message":"no"}"#;
        assert!(
            refused(401, "Sun, 22 Nov 2026 14:07:30 GMT", body)
                .contains("no; this machine's clock is 7 minutes off")
        );
        assert!(!refused(401, "Sun, 22 Nov 2026 14:04:30 GMT", body).contains("clock"));
        assert!(!refused(400, "Sun, 22 Nov 2026 14:07:30 GMT", body).contains("clock"));
    }
}
