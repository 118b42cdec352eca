//! `--trace-http`: one line of JSON for each request that was sent, with what support asks for and nothing that is
//! secret. Of a request stand there its method, path and query; no header but its id, and no body. Of a response its
//! status and its id.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// Where requests are written down. Clones write to the same file.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Mutex<File>>);

/// What a client says of an attempt, as an extension of its request.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The API operation.
    pub operation: &'static str,
    /// Which attempt of the call it is, from 1.
    pub number: u32,
    /// Why it is made, where it is not the first.
    pub retry: Option<Arc<str>>,
}

/// One request and what came of it; the names of the fields are the format.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<&'a str>,
    pub(super) attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    pub(super) milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<&'a str>,
}

impl Trace {
    /// Opens a file to append to, one that only its owner can read where it is new. Errors are of the file system.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create(true).mode(0o600).open(path)?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Writes a line. What cannot be written is left out: the trace serves the run, and not the other way around.
    pub(super) fn write(&self, line: &Line<'_>) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        // In one piece, so that two processes can write to one file.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
    }
}
