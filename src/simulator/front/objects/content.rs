//! Objects one by one: written, read, looked at and deleted.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest, Md5};

use super::{Answer, Context, Failure, ObjectStep, Reply, Result, Then, World, conditions, http_date};
use crate::simulator::world::Change;
use crate::simulator::world::objects::{Bucket, Content, Version, Versioning};

/// Headers of a PUT that come back with each GET.
const KEPT: [&str; 5] =
    ["content-type", "content-language", "content-encoding", "content-disposition", "cache-control"];
/// What the names of metadata begin with.
const META: &str = "opc-meta-";

/// Parameters of a GET that exchange headers of the answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("httpResponseContentType", "content-type"),
    ("httpResponseContentLanguage", "content-language"),
    ("httpResponseContentEncoding", "content-encoding"),
    ("httpResponseContentDisposition", "content-disposition"),
    ("httpResponseCacheControl", "cache-control"),
    ("httpResponseExpires", "expires"),
];

/// Headers that ask for what the simulator does not do: silence would be a lie.
const UNSERVED: [&str; 6] = [
    "opc-checksum-algorithm",
    "opc-sse-customer-algorithm",
    "opc-sse-customer-key",
    "opc-sse-customer-key-sha256",
    "opc-sse-kms-key-id",
    "storage-tier",
];

/// PutObject.
pub(super) fn put(context: &Context<'_>) -> Result<Reply> {
    let (bucket_name, bucket) = context.bucket()?;
    let name = context.object()?;
    if let Some(header) = UNSERVED.into_iter().find(|header| context.headers.contains_key(*header)) {
        return Err(Failure::unserved(&format!("PutObject with {header}")));
    }
    if !context.headers.contains_key("content-length") {
        let message = "The Content-Length header is required";
        return Err(Failure::new(411, "ContentLengthRequired", message));
    }
    conditions::of_write(context, bucket.current(name).map(|(version, _)| &*version.etag))?;
    let md5 = STANDARD.encode(Md5::digest(context.body));
    if let Some(header) = context.header("content-md5") {
        if STANDARD.decode(header).map_or(0, |bytes| bytes.len()) != 16 {
            let message = format!("The value of the Content-MD5 header '{header}' is not valid");
            return Err(Failure::new(400, "InvalidContentMD5", message));
        }
        if header != md5 {
            let message = format!(
                "The computed MD5 of the request body ({md5}) does not match the Content-MD5 header ({header})"
            );
            return Err(Failure::new(400, "UnmatchedContentMD5", message));
        }
    }
    let content = Content { length: context.body.len() as u64, md5: md5.into(), headers: headers(context) };
    let etag = context.world.next_uuid("etag");
    let step = ObjectStep::Put {
        bucket: bucket_name.into(),
        name: name.into(),
        etag: etag.clone(),
        version: context.world.next_uuid("version"),
        content,
    };
    let then = Then::Put { bucket: bucket_name.into(), name: name.into() };
    Ok(Reply::Keep(etag, Change::Objects(Box::new(step)), super::super::Then::Objects(then)))
}

fn headers(context: &Context<'_>) -> BTreeMap<Box<str>, Box<str>> {
    let wanted = |name: &str| KEPT.contains(&name) || name.starts_with(META);
    let sent = context.headers.iter().filter(|(name, _)| wanted(name.as_str()));
    let mut kept: BTreeMap<Box<str>, Box<str>> =
        sent.filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into()))).collect();
    kept.entry("content-type".into()).or_insert_with(|| "application/octet-stream".into());
    kept
}

/// Answers a PUT.
pub(super) fn written(world: &World, bucket: &str, name: &str) -> Answer {
    let bucket = world.objects.buckets.get(bucket);
    let Some((bucket, (version, content))) = bucket.and_then(|bucket| Some((bucket, bucket.current(name)?)))
    else {
        return Answer::done().status(200);
    };
    let answer = Answer::done().status(200).with("opc-content-md5", &*content.md5);
    named(answer, bucket, version)
}

/// Says which version it is about.
fn named(answer: Answer, bucket: &Bucket, version: &Version) -> Answer {
    let answer = answer.with("etag", &*version.etag).with("last-modified", http_date(version.made));
    match bucket.text.versioning {
        Versioning::Disabled => answer,
        Versioning::Enabled | Versioning::Suspended => answer.with("version-id", &*version.id),
    }
}

fn not_found(name: &str, bucket: &str) -> Failure {
    let message = format!("The object '{name}' was not found in the bucket '{bucket}'");
    Failure::new(404, "ObjectNotFound", message)
}

/// Finds the version that is asked for, or what is there now.
fn wanted<'c>(context: &'c Context<'_>) -> Result<(&'c Bucket, &'c Version, &'c Content)> {
    let (bucket_name, bucket) = context.bucket()?;
    let name = context.object()?;
    let found = match context.query.get("versionId") {
        None => bucket.current(name),
        Some(id) => bucket.version(name, id).and_then(|version| Some((version, version.content.as_ref()?))),
    };
    let (version, content) = found.ok_or_else(|| not_found(name, bucket_name))?;
    conditions::of_read(context, &version.etag)?;
    Ok((bucket, version, content))
}

/// Says what of a version is said beside its bytes.
fn described(context: &Context<'_>, bucket: &Bucket, version: &Version, content: &Content) -> Answer {
    let answer = named(Answer::done().status(200), bucket, version)
        .with("accept-ranges", "bytes")
        .with("storage-tier", "Standard")
        .with("content-md5", &*content.md5)
        .with("opc-content-md5", &*content.md5);
    let kept = content.headers.iter();
    let answer = kept.fold(answer, |answer, (name, value)| answer.with(name.to_string(), &**value));
    // They stand for the same headers, and the last one counts.
    OVERRIDES.into_iter().fold(answer, |answer, (parameter, header)| match context.query.get(parameter) {
        Some(value) => answer.with(header, value),
        None => answer,
    })
}

/// HeadObject.
pub(super) fn head(context: &Context<'_>) -> Result<Reply> {
    let (bucket, version, content) = wanted(context)?;
    let answer = described(context, bucket, version, content);
    Ok(Reply::Answer(answer.with("content-length", content.length.to_string())))
}

/// GetObject, of all bytes or of a range.
pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (bucket, version, content) = wanted(context)?;
    let bytes = context.shelf.bytes(&version.etag).ok().filter(|bytes| bytes.len() as u64 == content.length);
    let bytes: Bytes = bytes.ok_or_else(|| {
        let message = format!("the simulator has lost the bytes of {}; delete its folder", version.etag);
        Failure::new(500, "InternalServerError", message)
    })?;
    let answer = described(context, bucket, version, content);
    let answer = match context.header("range") {
        None => Answer { body: bytes, ..answer },
        Some(text) => {
            let range = range(text, bytes.len()).ok_or_else(|| {
                Failure::new(416, "InvalidRange", format!("{text} is no range of {} bytes", bytes.len()))
            })?;
            let of = format!("bytes {}-{}/{}", range.start, range.end - 1, bytes.len());
            Answer { body: bytes.slice(range), ..answer }.status(206).with("content-range", of)
        }
    };
    Ok(Reply::Answer(answer))
}

/// Reads `bytes=1-2`, `bytes=1-` or `bytes=-2`; none of what has no bytes in it.
fn range(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", count) => length.saturating_sub(count.parse().ok()?)..length,
        (first, "") => first.parse().ok()?..length,
        (first, last) => first.parse().ok()?..last.parse::<usize>().ok()?.checked_add(1)?.min(length),
    };
    (range.start < range.end).then_some(range)
}

/// DeleteObject: of what is there now, or of one version for good.
pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (bucket_name, bucket) = context.bucket()?;
    let name = context.object()?;
    let at = context.now;
    if let Some(id) = context.query.get("versionId") {
        let version = bucket.version(name, id).ok_or_else(|| not_found(name, bucket_name))?;
        conditions::of_change(context, &version.etag)?;
        let (version, marker) = (version.id.clone(), version.content.is_none());
        let step = ObjectStep::DeleteVersion {
            bucket: bucket_name.into(),
            name: name.into(),
            version: version.clone(),
        };
        return Ok(super::change(step, Then::Deleted { at, version: Some(version), marker }));
    }
    let Some((current, _)) = bucket.current(name) else {
        return Err(match context.if_match {
            Some(_) if context.switches.objects.absent_fails_if_match => {
                let message = "The If-Match header is given, and there is no such object";
                Failure::new(412, "IfMatchFailed", message)
            }
            _ => not_found(name, bucket_name),
        });
    };
    conditions::of_change(context, &current.etag)?;
    let marker = context.world.next_uuid("version");
    let version = (bucket.text.versioning != Versioning::Disabled).then(|| marker.clone());
    let step = ObjectStep::Delete { bucket: bucket_name.into(), name: name.into(), marker };
    let is_marker = version.is_some();
    Ok(super::change(step, Then::Deleted { at, version, marker: is_marker }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_both_ends_leave_of_it() {
        for (text, expected) in [
            ("bytes=2-4", Some(2..5)),
            ("bytes=0-99", Some(0..10)),
            ("bytes=7-", Some(7..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=10-12", None),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=0-18446744073709551615", None),
            ("2-4", None),
            ("bytes=", None),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), None);
    }
}
