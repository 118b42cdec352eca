//! Refusals and answers as the service spells them.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

/// A refusal: `{code, message}` with a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The service's code.
    pub(crate) code: &'static str,
    /// The service's message.
    pub(crate) message: String,
}

impl Failure {
    /// Any, where a service has its own codes.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// 400: a parameter, header or field is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    /// 400: a required parameter, header or field is not there.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(400, "MissingParameter", format!("{what} is required"))
    }

    /// 400: the body is not JSON.
    pub(crate) fn unparsable(message: impl Into<String>) -> Self {
        Self::new(400, "CannotParseRequest", message)
    }

    /// 400: an OCID in the body names nothing.
    pub(crate) fn related(what: &str) -> Self {
        let message = format!("Authorization failed or related resource not found: {what}");
        Self::new(400, "RelatedResourceNotAuthorizedOrNotFound", message)
    }

    /// 401, whatever is wrong with the signature; the real service does not say what, a simulator may.
    pub(crate) fn unsigned(why: &str) -> Self {
        let message =
            "The required information to complete authentication was not provided or was incorrect.";
        Self::new(401, "NotAuthenticated", format!("{message} ({why})"))
    }

    /// 404: an OCID in path or query names nothing.
    pub(crate) fn unknown(what: &str) -> Self {
        let message = format!("Authorization failed or requested resource not found: {what}");
        Self::new(404, "NotAuthorizedOrNotFound", message)
    }

    /// 404: no such URI.
    pub(crate) fn no_such_path(path: &str) -> Self {
        Self::new(404, "NotFound", format!("no operation has the path {path}"))
    }

    /// 405: the path exists, the method does not.
    pub(crate) fn method(method: &str) -> Self {
        Self::new(405, "MethodNotAllowed", format!("the path has no {method}"))
    }

    /// 404, as OS Management Hub was heard to say it.
    pub(crate) fn nowhere() -> Self {
        let message = "Authorization failed or requested resource not found.";
        Self::new(404, "NotAuthorizedOrNotFound", message)
    }

    /// 404, as OS Management Hub says it of instances and scheduled jobs.
    pub(crate) fn stranger(what: &str, id: &str) -> Self {
        Self::new(404, "NotAuthorizedOrNotFound", format!("Unknown {what} {id}"))
    }

    /// 409 that may pass: Oracle's clients try again.
    pub(crate) fn state(message: impl Into<String>) -> Self {
        Self::new(409, "IncorrectState", message)
    }

    /// 409 that trying again does not help.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "Conflict", message)
    }

    /// 409: the retry token was used for another request.
    pub(crate) fn token() -> Self {
        Self::new(409, "InvalidatedRetryToken", "the retry token was used for another request")
    }

    /// 412: somebody else changed it.
    pub(crate) fn etag() -> Self {
        Self::new(412, "NoEtagMatch", "the resource has changed since it was read")
    }

    /// 501: the simulator does not do that.
    pub(crate) fn unserved(operation: &str) -> Self {
        let why = match operation {
            _ if operation.contains("Windows") => "since none of its instances runs Windows",
            _ if operation.contains("Event") => "since its instances have no events",
            _ => "yet",
        };
        Self::new(501, "MethodNotImplemented", format!("the simulator does not serve {operation} {why}"))
    }

    /// 507: the world cannot be written, so that nothing was changed and nothing can be.
    pub(crate) fn unwritable(message: impl Into<String>) -> Self {
        Self::new(507, "InsufficientStorage", message)
    }

    /// 503: another process has taken over.
    pub(crate) fn closed() -> Self {
        Self::new(503, "ServiceUnavailable", "this simulator has been closed")
    }
}

/// An answer before it becomes an HTTP response; also what a retry token remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers besides `content-type` and `opc-request-id`.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// JSON, or nothing; of Object Storage any bytes.
    pub(crate) body: Bytes,
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("answers are structs and lists, which JSON can spell");
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// 200 with lines of text.
    pub(crate) fn text(body: String) -> Self {
        let kind = ("content-type".into(), "text/plain".to_owned());
        Self { status: 200, headers: vec![kind], body: body.into() }
    }

    /// 204: done.
    pub(crate) fn done() -> Self {
        Self { status: 204, headers: Vec::new(), body: Bytes::new() }
    }

    /// The same with another status.
    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// 202: accepted.
    pub(crate) fn accepted() -> Self {
        Self { status: 202, ..Self::done() }
    }

    /// Says where the thing is that was made. That there is a `location` is documented, not whether it has a host.
    pub(crate) fn at(self, base: &str, kind: &str, id: &str) -> Self {
        self.with("location", format!("{base}/{kind}/{id}"))
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let Failure { status, code, message } = failure;
        let body = serde_json::json!({ "code": code, "message": message });
        Self { status, headers: Vec::new(), body: body.to_string().into() }
    }
}
