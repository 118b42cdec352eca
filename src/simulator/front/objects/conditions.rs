//! `if-match` and `if-none-match`: what a write, a read or a deletion depends on.

use super::{Context, Failure, Result};

/// What a header says of an etag: those of Object Storage stand without quotes, and are taken with them too.
fn says(header: &str, etag: &str) -> bool {
    header == "*" || header.trim_matches('"') == etag
}

fn unmatched(header: &str) -> Failure {
    let message = format!("The If-Match header '{header}' does not match the ETag of what is there");
    Failure::new(412, "IfMatchFailed", message)
}

/// Checks what a write depends on, with the etag of what is there.
pub(super) fn of_write(context: &Context<'_>, current: Option<&str>) -> Result<()> {
    let invalid = |message: &str| Err(Failure::new(400, "InvalidConditionalHeaders", message));
    match (context.if_match, context.header("if-none-match"), current) {
        (Some(_), Some(_), _) => invalid("If-Match and If-None-Match exclude each other"),
        (None, Some("*"), Some(_)) => {
            let message = "The If-None-Match header is '*', but there is an object of that name";
            Err(Failure::new(412, "IfNoneMatchFailed", message))
        }
        (None, None | Some("*"), _) => Ok(()),
        (None, Some(_), _) => invalid("the only valid value of If-None-Match is '*' here"),
        (Some(header), None, Some(etag)) if says(header, etag) => Ok(()),
        (Some(header), None, _) => Err(unmatched(header)),
    }
}

/// Checks what a read depends on.
pub(super) fn of_read(context: &Context<'_>, etag: &str) -> Result<()> {
    of_change(context, etag)?;
    match context.header("if-none-match") {
        Some("*") => {
            let message = "If-None-Match cannot be '*' here";
            Err(Failure::new(400, "InvalidConditionalHeaders", message))
        }
        Some(header) if says(header, etag) => Err(Failure::new(304, "NotModified", "it is still the same")),
        _ => Ok(()),
    }
}

/// Checks what a change or a deletion of something that is there depends on.
pub(super) fn of_change(context: &Context<'_>, etag: &str) -> Result<()> {
    match context.if_match {
        Some(header) if !says(header, etag) => Err(unmatched(header)),
        _ => Ok(()),
    }
}
