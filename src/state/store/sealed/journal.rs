//! A journal's bytes, sealed: each line of the plain journal is one here, so that what is said of a line's number is
//! true of both.
//!
//! ```text
//! {"patchtrain_sealed":1,"item":"journal",…,"lineage":"…","serial":7,…,"sealed":"…"}
//! 284 0 iZk3…
//! ```
//!
//! The first has the header, which names the snapshot that the journal builds on; the others have their length, the byte
//! at which their batch begins, and what is sealed. Each is bound to the header and to its number. A crash tears only the
//! last batch, and what is then not there is told from damage by the same rules as in [`super::super::journal`]: the plain
//! lines below have their chain of checks besides. What older builds wrote does not tell the batch.

use std::sync::Arc;

use super::super::journal::{self, Fault as Bad};
use super::super::{Base, StoreError, torn};
use crate::seal::{Claim, Envelope, Seal, SealError, Sealing, is_sealed};

/// Why a journal cannot be opened.
#[derive(Debug)]
pub(super) enum Fault {
    /// A line that no crash has torn is not as it was written.
    Bad(Bad),
    /// There is no key to it, or it is plain where nothing plain is taken.
    Sealed(SealError),
    /// It is another's.
    Store(StoreError),
}

/// A journal that is written, as far as it is durable.
pub(super) struct OpenJournal {
    /// None where it is plain.
    seal: Option<Arc<Seal>>,
    /// How many lines it has.
    lines: usize,
    /// How many bytes.
    length: usize,
}

impl std::fmt::Debug for OpenJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seal, lines, length } = self;
        let mut shown = f.debug_struct("OpenJournal");
        shown.field("sealed", &seal.is_some()).field("lines", lines).field("length", length).finish()
    }
}

/// Seals the first batch of a journal, and returns what it is once that is durable.
pub(super) fn begin(
    sealing: &Sealing,
    base: &Base,
    batch: &[u8],
) -> Result<(Vec<u8>, OpenJournal), SealError> {
    let Base { train, lineage, serial, api: _ } = base;
    let (lineage, serial) = (Some(lineage.to_string()), Some(*serial));
    let claim = Claim { item: "journal", train: train.to_string(), lineage, serial };
    let seal = sealing.begin(&claim)?.map(Arc::new);
    OpenJournal { seal, lines: 0, length: 0 }.batch(batch)
}

/// Seals a journal that is there as a whole; one that has no first line yet is as good as none.
pub(super) fn whole(sealing: &Sealing, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    match journal::open(plain) {
        Ok(Some((base, _))) => begin(sealing, &base, plain).map(|(bytes, _)| bytes),
        Ok(None) => Ok(Vec::new()),
        Err(_) => Err(SealError::Damaged("line 1 is not as it was written".to_owned())),
    }
}

impl OpenJournal {
    /// Seals a batch that follows what is there.
    pub(super) fn batch(&self, batch: &[u8]) -> Result<(Vec<u8>, Self), SealError> {
        let mut then = Self { seal: self.seal.clone(), lines: self.lines, length: self.length };
        let Some(seal) = &self.seal else { return Ok((batch.to_vec(), then)) };
        let mut bytes = Vec::with_capacity(batch.len() * 3 / 2);
        for line in batch.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            then.lines += 1;
            if then.lines == 1 {
                bytes.extend(seal.first(line)?);
            } else {
                let sealed = seal.line(then.lines, line)?;
                bytes.extend_from_slice(format!("{} {} {sealed}\n", sealed.len(), self.length).as_bytes());
            }
        }
        then.length += bytes.len();
        Ok((bytes, then))
    }
}

/// Opens a journal and returns the plain one, without what a crash tore off its end. `check` is asked whether the header
/// is one of this journal.
pub(super) fn open(
    sealing: &Sealing,
    bytes: &[u8],
    check: impl FnOnce(&Envelope) -> Result<(), StoreError>,
) -> Result<Vec<u8>, Fault> {
    let (first, mut rest) = cut(bytes);
    let is_torn = |from| torn::is_batch(bytes, from, told);
    if !is_sealed(bytes) {
        // Its header is blank, and was never acknowledged.
        if is_torn(0) {
            return Ok(Vec::new());
        }
        // Before its first line is whole there is nothing in it that could be taken.
        return match sealing.is_enforced() && first.is_whole() {
            true => Err(Fault::Sealed(SealError::Plain)),
            false => Ok(bytes.to_vec()),
        };
    }
    let envelope = match Envelope::read(first.text) {
        Ok(Some(envelope)) if first.ended => envelope,
        // A header that is whole and lacks its LF.
        Ok(_) => return Ok(Vec::new()),
        Err(SealError::Damaged(_)) if (torn::is_last(bytes) && !outgrown(first.text)) || is_torn(0) => {
            return Ok(Vec::new());
        }
        Err(SealError::Damaged(problem)) => return Err(bad(1, &problem)),
        Err(error) => return Err(Fault::Sealed(error)),
    };
    check(&envelope).map_err(Fault::Store)?;
    let (seal, heading) = match sealing.open(&envelope) {
        Ok(opened) => opened,
        Err(SealError::Damaged(problem)) => return Err(bad(1, &problem)),
        Err(error) => return Err(Fault::Sealed(error)),
    };
    let mut plain = heading;
    plain.push(b'\n');
    if let Ok(Some((base, _))) = journal::open(&plain)
        && (envelope.serial() != Some(base.serial) || envelope.lineage() != Some(&*base.lineage.0))
    {
        return Err(bad(1, "its header is another's"));
    }
    // Where the batch begins that is being read.
    let mut begun = 0;
    for number in 2.. {
        if rest.is_empty() {
            break;
        }
        let (line, after) = cut(rest);
        let from = bytes.len() - rest.len();
        match open_line(&seal, number, line.text, (begun, from)) {
            Ok((content, batch)) if line.ended => {
                begun = batch;
                plain.extend(content);
                plain.push(b'\n');
            }
            Ok(_) => break,
            Err(Broken::Short) if torn::is_last(rest) => break,
            Err(_) if is_torn(from) => break,
            // As a line that no journal has: whether it matters is for who knows whether the journal was folded already,
            // which the first line tells.
            Err(Broken::Short) => {
                plain.extend(b"not as it was encrypted, or not in its place\n");
                break;
            }
            Err(Broken::Long) => {
                plain.extend(b"longer than it was written\n");
                break;
            }
        }
        rest = after;
    }
    Ok(plain)
}

fn bad(line: usize, problem: &str) -> Fault {
    Fault::Bad(Bad::Bad { line, problem: problem.to_owned() })
}

/// A line, as far as it goes.
struct Line<'a> {
    text: &'a [u8],
    /// Whether its LF is there.
    ended: bool,
}

fn cut(bytes: &[u8]) -> (Line<'_>, &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (Line { text: &bytes[..end], ended: true }, &bytes[end + 1..]),
        None => (Line { text: bytes, ended: false }, &[]),
    }
}

impl Line<'_> {
    fn is_whole(&self) -> bool {
        self.ended && !self.text.contains(&0)
    }
}

/// Tells whether there is more than a whole header was ever written with.
fn outgrown(text: &[u8]) -> bool {
    let written = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut values =
        serde_json::Deserializer::from_slice(&text[..written]).into_iter::<serde::de::IgnoredAny>();
    matches!(values.next(), Some(Ok(_))) && values.byte_offset() < written
}

/// How a line fails to open.
enum Broken {
    /// In a way that a write cut short can explain.
    Short,
    /// There is more than was ever written as one line.
    Long,
}

/// What stands on a line.
struct Fields<'a> {
    length: usize,
    /// Where its batch begins; none of older builds' lines.
    batch: Option<usize>,
    sealed: &'a [u8],
}

fn fields(text: &[u8]) -> Option<Fields<'_>> {
    let number = |text: &[u8]| str::from_utf8(text).ok().and_then(|number| number.parse::<usize>().ok());
    let mut fields = text.splitn(3, |byte| *byte == b' ');
    let (length, second, third) = (number(fields.next()?)?, fields.next()?, fields.next());
    Some(match third {
        Some(sealed) => Fields { length, batch: Some(number(second)?), sealed },
        None => Fields { length, batch: None, sealed: second },
    })
}

/// Tells what a line, or what is there of one, says of its batch.
fn told(text: &[u8]) -> torn::Told {
    let told =
        |Fields { length, batch, sealed }: Fields<'_>| torn::Told { batch, whole: sealed.len() == length };
    fields(text).map(told).unwrap_or_default()
}

/// Opens a line that is of the batch that is being read, or begins one. What it says of that is in clear.
fn open_line(
    seal: &Seal,
    number: usize,
    text: &[u8],
    (begun, from): (usize, usize),
) -> Result<(Vec<u8>, usize), Broken> {
    let Fields { length, batch, sealed } = fields(text).ok_or(Broken::Short)?;
    // Some file systems fill with NUL what a crash kept from being written.
    if sealed.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1) > length {
        return Err(Broken::Long);
    }
    let batch = batch.unwrap_or(begun);
    let whole = sealed.len() == length && (batch == begun || batch == from);
    let content = whole.then(|| seal.open_line(number, sealed)).flatten().ok_or(Broken::Short)?;
    Ok((content, batch))
}
