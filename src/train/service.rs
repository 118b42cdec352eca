//! `[service]`: where the service is and how calls are signed. Left out: whether a profile or a region exists, which
//! only who runs this can know.

use std::ops::Range;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::shape::TABLES;
use super::table::{Fields, File, Value};
use super::{Auth, Endpoint, Service};
use crate::patching::Api;

/// Reads the table: which service, where that is understood, and all of it, `None` when its endpoint is wrong.
pub(super) fn read(
    file: &mut File<'_>,
    table: &DeTable<'_>,
    span: Range<usize>,
) -> (Option<Api>, Option<Service>) {
    let (name, keys) = TABLES[2];
    let mut fields = Fields::open(file, name, span, table, keys);
    let api = fields.required("api").and_then(|value| api(file, value));
    let region = fields.optional("region").and_then(|value| file.parsed(value, "`region`", region));
    let profile = fields.optional("profile").and_then(|value| file.parsed(value, "`profile`", filled));
    let auth = fields.optional("auth").and_then(|value| auth(file, value));
    let endpoints = fields.optional("endpoints");
    let endpoints = match endpoints {
        None => Some(Endpoints {
            service: Endpoint::Region,
            compute: None,
            identity: None,
            object_storage: None,
            auth: None,
        }),
        Some(value) => {
            let table = file.table(value, "`endpoints`");
            table.and_then(|table| endpoints_of(file, table, value.span(), api))
        }
    };
    let timeout = fields.optional("work_timeout");
    let timeout = timeout.and_then(|value| file.parsed(value, "`work_timeout`", work_timeout));
    fields.close(file);
    let Some(Endpoints { service: endpoint, compute, identity, object_storage, auth: auth_endpoint }) =
        endpoints
    else {
        return (api, None);
    };
    let others = endpoint.default_of_others();
    let service = Service {
        api: api.unwrap_or_default(),
        region: region.map(|at| at.value),
        profile: profile.map(|at| at.value),
        auth,
        endpoint,
        auth_endpoint,
        compute: compute.unwrap_or_else(|| others.clone()),
        identity: identity.unwrap_or_else(|| others.clone()),
        object_storage: object_storage.unwrap_or(others),
        work_timeout: timeout.map_or(WORK_TIMEOUT, |at| at.value),
    };
    (api, Some(service))
}

fn api(file: &mut File<'_>, value: Value<'_>) -> Option<Api> {
    let at = file.word(value, "`api`", &Api::ALL.map(Api::word))?;
    Api::of_word(at.value)
}

/// Where the file says nothing. Agents check in every few minutes, and an update of several hundred packages is done
/// within the hour; after 24 hours the service itself gives up what nobody has picked up.
pub(super) const WORK_TIMEOUT: SignedDuration = SignedDuration::from_hours(4);

/// Reads a length of time from one minute to a week.
fn work_timeout(text: &str) -> Result<SignedDuration, String> {
    let span: Option<jiff::Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    let range = SignedDuration::from_mins(1)..=SignedDuration::from_hours(7 * 24);
    length.filter(|length| range.contains(length)).ok_or_else(|| {
        format!(
            "`{text}` is not a length of time from a minute to a week: expected as in `4h` or `90 minutes`"
        )
    })
}

/// Checks `service.region`.
pub fn region(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("`region` cannot be `{text}`: expected a region's name, as in `eu-frankfurt-1`"))
}

fn filled(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("`profile` is not a name of a section of `~/.oci/config`");
    }
    Ok(text.to_owned())
}

fn auth(file: &mut File<'_>, value: Value<'_>) -> Option<Auth> {
    let at = file.word(value, "`auth`", &Auth::ALL.map(Auth::word))?;
    Auth::ALL.into_iter().find(|auth| auth.word() == at.value)
}

/// `endpoints`, as far as it is written.
struct Endpoints {
    service: Endpoint,
    compute: Option<Endpoint>,
    identity: Option<Endpoint>,
    object_storage: Option<Endpoint>,
    auth: Option<String>,
}

/// Reads `endpoints`: the service's, those of what selectors ask, and the one that gives tokens to instances. `None`
/// when the service's is wrong.
fn endpoints_of(
    file: &mut File<'_>,
    table: &DeTable<'_>,
    span: Range<usize>,
    api: Option<Api>,
) -> Option<Endpoints> {
    let keys = ["osms", "osmh", "compute", "identity", "object_storage", "auth"];
    let fields = Fields::open(file, "endpoints", span, table, &keys);
    let mut other = |key: &str| {
        let value = fields.optional(key)?;
        file.parsed(value, &format!("`endpoints.{key}`"), endpoint).map(|at| at.value)
    };
    let (compute, identity, object_storage) = (other("compute"), other("identity"), other("object_storage"));
    let auth = fields.optional("auth").and_then(|value| file.parsed(value, "`endpoints.auth`", url));
    let mut service = Some(Endpoint::Region);
    for other in Api::ALL {
        let word = other.word();
        let Some(value) = fields.optional(word) else { continue };
        let parsed = file.parsed(value, &format!("`endpoints.{word}`"), endpoint).map(|at| at.value);
        match api.filter(|api| *api != other) {
            // Left alone it would be ignored, and the region's service be called, which is not what it says.
            Some(api) => {
                let message =
                    format!("`endpoints.{word}` is of another service than `api = \"{}\"`", api.word());
                let span = fields.key_span(word).unwrap_or_else(|| value.span());
                file.problem(span, message, format!("write `{} = ...`, or delete it", api.word()));
            }
            None => service = parsed,
        }
    }
    Some(Endpoints { service: service?, compute, identity, object_storage, auth: auth.map(|at| at.value) })
}

/// What is said of a URL that names a user, and maybe a password: without repeating it.
pub const NO_USER: &str = "a URL with a user or a password in it is not taken, as it would show in plans and traces: requests are signed";

fn endpoint(text: &str) -> Result<Endpoint, String> {
    if text == "simulator" {
        return Ok(Endpoint::Simulator);
    }
    let error = |_| {
        format!("`{text}` is not an endpoint: expected `simulator` or a URL, as in `http://127.0.0.1:8080`")
    };
    match text.contains('@') {
        true => Err(NO_USER.to_owned()),
        false => url(text).map(Endpoint::Url).map_err(error),
    }
}

/// Reads a URL that paths can be put behind.
fn url(text: &str) -> Result<String, String> {
    let error =
        || format!("`{text}` is not a URL: expected as in `https://auth.eu-frankfurt-1.oraclecloud.com`");
    if text.contains('@') {
        return Err(NO_USER.to_owned());
    }
    let uri: http::Uri = text.parse().map_err(|_| error())?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err(error());
    }
    Ok(text.trim_end_matches('/').to_owned())
}
