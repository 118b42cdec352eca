//! Saved plans: one self-contained JSON file that names its format and proves its own content; sealed where its train's
//! state is.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

use super::{FORMAT_VERSION, Plan};
use crate::op::PlanId;
use crate::package::Hasher;
use crate::seal::{Claim, Envelope, SealError, Sealing};

/// How many bytes of a plan are put together before they are written.
const BUFFER: usize = 64 * 1024;

/// How long a plan file may be, in bytes. What is longer is something else, a device that never ends for one.
const LONGEST: u64 = 1 << 30;

/// What a sealed plan is called in its header.
const PLAN: &str = "plan";

/// Why a plan file cannot be used.
#[derive(Debug, Error)]
pub enum PlanFileError {
    /// The operating system refused.
    #[error("cannot {action} the plan file {}", path.display())]
    Io {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no plan, or was changed.
    #[error("{} is not a plan that can be trusted: {problem}; make it anew with `patchtrain plan --out`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// It is sealed and cannot be opened, or is not to be sealed.
    #[error("the plan file {} cannot be used", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
    /// An older build wrote it: a plan is short-lived, and made anew.
    #[error("{} has plan format {found}, this build reads {FORMAT_VERSION}: make it anew with `patchtrain plan --out`", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A newer build wrote it.
    #[error("{} has plan format {found}, this build reads {FORMAT_VERSION}: update patchtrain", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
}

impl Plan {
    /// Says that it was made from what was seen at an earlier time.
    #[must_use]
    pub fn made_from(mut self, seen: Timestamp) -> Self {
        self.seen = Some(seen);
        self.id = self.content_id();
        self
    }

    /// Says that groups were allowed to lose more members than is usual.
    #[must_use]
    pub fn allowing_to_shrink(mut self) -> Self {
        self.basis.allow_shrink = true;
        self.id = self.content_id();
        self
    }

    /// Says when it was made, where that is not the time that it was made for.
    #[must_use]
    pub fn made_at(mut self, created: Timestamp) -> Self {
        self.created = created;
        self.id = self.content_id();
        self
    }

    /// Returns the id that the plan's content gives it: the digest of its JSON with an empty id. The plan is streamed
    /// into the digest, never held as text.
    pub fn content_id(&mut self) -> PlanId {
        let own = std::mem::replace(&mut self.id, PlanId("".into()));
        // A writer of JSON says a few bytes at a time; a digest, and a file, want many.
        let mut hasher = BufWriter::with_capacity(BUFFER, Hasher::new());
        // Writing into a digest cannot fail, and every key of the plan's maps is a string.
        let written = serde_json::to_writer(&mut hasher, self);
        self.id = own;
        match (written, hasher.into_inner()) {
            (Ok(()), Ok(hasher)) => PlanId(hasher.finish().hex().into()),
            _ => PlanId("".into()),
        }
    }
}

/// Writes a plan: whole or not at all, sealed where the sealing says so.
pub fn save(plan: &Plan, path: &Path, sealing: &Sealing) -> Result<(), PlanFileError> {
    let io = |source| PlanFileError::Io { action: "write", path: path.to_owned(), source };
    let seal = |source| PlanFileError::Sealed { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    let mut text = BufWriter::with_capacity(BUFFER, &mut file);
    match sealing.begin(&claim(plan)).map_err(seal)? {
        Some(begun) => {
            let json = serde_json::to_vec(plan).map_err(|error| io(error.into()))?;
            text.write_all(&begun.first(&json).map_err(seal)?).map_err(io)?;
        }
        None => {
            serde_json::to_writer(&mut text, plan).map_err(|error| io(error.into()))?;
            text.write_all(b"\n").map_err(io)?;
        }
    }
    text.flush().map_err(io)?;
    drop(text);
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

fn claim(plan: &Plan) -> Claim {
    let basis = &plan.basis;
    let (lineage, serial) = (Some(basis.lineage.to_string()), Some(basis.serial));
    Claim { item: PLAN, train: basis.train.to_string(), lineage, serial }
}

/// A plan file as it was read.
#[derive(Debug)]
pub struct PlanFile {
    path: PathBuf,
    text: Vec<u8>,
    envelope: Option<Envelope>,
}

/// Reads a plan file. Nothing of it is believed yet.
pub fn read(path: &Path) -> Result<PlanFile, PlanFileError> {
    let path = path.to_owned();
    let mut text = Vec::new();
    match File::open(&path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)) {
        Ok(_) if text.len() as u64 > LONGEST => {
            Err(PlanFileError::Damaged { path, problem: "it is longer than any plan".to_owned() })
        }
        Ok(_) => match Envelope::read(&text) {
            Ok(envelope) => Ok(PlanFile { path, text, envelope }),
            Err(error) => Err(unopened(&path, error)),
        },
        Err(source) => Err(PlanFileError::Io { action: "read", path, source }),
    }
}

fn unopened(path: &Path, error: SealError) -> PlanFileError {
    let path = path.to_owned();
    match error {
        SealError::Damaged(problem) => PlanFileError::Damaged { path, problem },
        source => PlanFileError::Sealed { path, source },
    }
}

impl PlanFile {
    /// Returns the train that a sealed plan says it is for, and the variable that its passphrase was in.
    pub fn sealed_for(&self) -> Option<(&str, &str)> {
        self.envelope.as_ref().map(|envelope| (envelope.train(), envelope.variable()))
    }

    /// Opens it if it is sealed, and checks that its content is what its id says, and that it keeps every invariant of a
    /// plan.
    pub fn open(self, sealing: &Sealing) -> Result<Plan, PlanFileError> {
        let Self { path, text, envelope } = self;
        let Some(envelope) = envelope else { return parse(&path, &text) };
        let (_, text) = sealing.open(&envelope).map_err(|error| unopened(&path, error))?;
        let plan = parse(&path, &text)?;
        match envelope.claims(&claim(&plan)) {
            true => Ok(plan),
            false => Err(unopened(&path, SealError::Damaged("its header is another's".to_owned()))),
        }
    }
}

fn parse(path: &Path, text: &[u8]) -> Result<Plan, PlanFileError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u64,
    }
    let damaged = |problem: String| PlanFileError::Damaged { path: path.to_owned(), problem };
    let version: Version = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
    if version.format_version > u64::from(FORMAT_VERSION) {
        return Err(PlanFileError::Newer { path: path.to_owned(), found: version.format_version });
    }
    if version.format_version < u64::from(FORMAT_VERSION) {
        return Err(PlanFileError::Older { path: path.to_owned(), found: version.format_version });
    }
    let mut plan: Plan = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
    if plan.content_id() != plan.id {
        return Err(damaged(
            "its content is not what its id says; it was changed after it was made".to_owned(),
        ));
    }
    // Whoever changes a plan by hand can mend its id, too: what runs keeps the invariants all the same.
    let findings = super::lint::lint(&plan);
    if let Some(first) = findings.first() {
        let more = match findings.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        return Err(damaged(format!("its steps do not hold together: {first}{more}")));
    }
    Ok(plan)
}
