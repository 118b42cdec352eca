//! Object Storage's native API in front of the world: buckets, objects and their versions, as far as somebody needs them
//! who keeps files there. What it is known by: Oracle's SDK, its command line's own tests, and what people have seen the
//! service answer; what nobody documented is a [switch](crate::simulator::ObjectSwitches).

mod buckets;
mod conditions;
mod content;
mod list;
mod route;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Context, Failure, Id, Reply, Result, World};
use crate::simulator::world::objects::{Bucket, ObjectStep};
use crate::simulator::world::{Change, NAMESPACE};

pub(crate) use route::ROUTES;

/// What to answer after a change of buckets or objects; stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Then {
    /// The bucket, as it is now.
    Bucket(Box<str>),
    /// That it is done.
    Done,
    /// That something is under a name now.
    Put { bucket: Box<str>, name: Box<str> },
    /// That it is deleted, since when, and the version that says so or that it was.
    Deleted { at: Timestamp, version: Option<Id>, marker: bool },
}

/// Renders what was promised for after a change.
pub(super) fn conclude(world: &World, then: &Then) -> Answer {
    match then {
        Then::Bucket(name) => buckets::answer(world, name),
        Then::Done => Answer::done(),
        Then::Put { bucket, name } => content::written(world, bucket, name),
        Then::Deleted { at, version, marker } => {
            let answer = Answer::done().with("last-modified", http_date(*at));
            match version {
                None => answer,
                Some(id) => answer.with("version-id", &**id).with("is-delete-marker", marker.to_string()),
            }
        }
    }
}

/// Tells whether a request brings bytes for an object. Such ones are signed without their bodies by Oracle's clients,
/// which may be large, as documented.
pub(super) fn brings_bytes(method: &http::Method, target: &str) -> bool {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let mut parts = path.split('/');
    let is = |part: Option<&str>, known: &[&str]| part.is_some_and(|part| known.contains(&part));
    *method == http::Method::PUT
        && is(parts.next(), &[""])
        && is(parts.next(), &["n"])
        && is(parts.nth(1), &["b"])
        && is(parts.nth(1), &["o", "u"])
        && parts.next().is_some()
}

/// Tells whether a path is Object Storage's.
pub(crate) fn is_path(path: &str) -> bool {
    path == "/n" || path.starts_with("/n/")
}

fn change(step: ObjectStep, then: Then) -> Reply {
    Reply::Change(Change::Objects(Box::new(step)), super::Then::Objects(then))
}

fn http_date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

impl Context<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Checks the namespace of the path.
    fn namespace(&self) -> Result<()> {
        match self.variable(0) {
            NAMESPACE => Ok(()),
            other => {
                let message = format!(
                    "You do not have authorization to perform this request, or the requested resource could not be found: namespace {other}"
                );
                Err(Failure::new(404, "NamespaceNotFound", message))
            }
        }
    }

    /// Finds the bucket of the path.
    fn bucket(&self) -> Result<(&str, &Bucket)> {
        self.namespace()?;
        let name = self.variable(1);
        let hides = self.switches.objects.hidden_every.is_some_and(|every| self.turn.is_multiple_of(every));
        let found = self.world.objects.buckets.get(name).filter(|_| !hides);
        let bucket = found.ok_or_else(|| {
            let message = format!(
                "Either the bucket named '{name}' does not exist in the namespace '{NAMESPACE}' or you are not authorized to access it"
            );
            Failure::new(404, "BucketNotFound", message)
        })?;
        Ok((name, bucket))
    }

    /// Returns the name of the path's object.
    fn object(&self) -> Result<&str> {
        let name = self.variable(2);
        if name.len() > 1024 || name.contains(['\0', '\n', '\r']) {
            let message = "an object's name has 1 to 1024 bytes, and no NUL, LF or CR";
            return Err(Failure::new(400, "InvalidObjectName", message));
        }
        Ok(name)
    }
}
