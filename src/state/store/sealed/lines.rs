//! Lines that are sealed each by itself: they are added without anybody reading those before, and what one of them tells
//! counts for little. Each is bound to its train and kind; that one was taken out, or two were exchanged, is not seen.
//!
//! A line that cannot be read is nobody's loss but its own, and is handed on as it stands: whoever reads lines passes over
//! those that are none and counts them.

use crate::name::TrainName;
use crate::seal::{Claim, Envelope, SealError, Sealing, is_sealed};

/// How lines are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// For somebody who wants to see them: that there is no key, or something plain where nothing plain is taken, is an
    /// error.
    Whole,
    /// For a session that is about to add to them: what cannot be opened keeps nobody from that.
    AsFarAsItGoes,
}

fn claim(item: &'static str, train: &TrainName) -> Claim {
    Claim { item, train: train.to_string(), lineage: None, serial: None }
}

/// Seals whole lines. One that is sealed already, as those are that nobody here can open, stays as it is.
pub(super) fn seal(
    sealing: &Sealing,
    item: &'static str,
    train: &TrainName,
    lines: &[u8],
) -> Result<Vec<u8>, SealError> {
    let Some(seal) = sealing.begin(&claim(item, train))? else { return Ok(lines.to_vec()) };
    let mut sealed = Vec::with_capacity(lines.len() * 2);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) if !line.is_empty() && !is_sealed(line) => sealed.extend(seal.first(line)?),
            _ => sealed.extend_from_slice(line),
        }
    }
    Ok(sealed)
}

/// Opens lines: as many as there are, each in its place.
pub(super) fn open(
    sealing: &Sealing,
    item: &'static str,
    train: &TrainName,
    bytes: Vec<u8>,
    manner: Manner,
) -> Result<Vec<u8>, SealError> {
    let mut plain = Vec::with_capacity(bytes.len());
    let (mut read, mut wrong) = (false, None);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match open_line(sealing, item, train, line) {
            Opened::Sealed(content) => {
                read = true;
                plain.extend(content);
                plain.push(b'\n');
                continue;
            }
            Opened::Plain if sealing.is_enforced() && manner == Manner::Whole => {
                return Err(SealError::Plain);
            }
            Opened::Plain => read = true,
            Opened::Not(error @ SealError::NoKey { .. }) if manner == Manner::Whole => return Err(error),
            Opened::Not(error @ SealError::WrongKey { .. }) => wrong = Some(error),
            Opened::Not(_) | Opened::Nothing => {}
        }
        plain.extend_from_slice(line);
    }
    match wrong {
        // One that is left from a passphrase that is gone is like one that is damaged; all of them are a mistake.
        Some(error) if !read && manner == Manner::Whole => Err(error),
        _ => Ok(plain),
    }
}

/// Seals lines anew that are not as they would be written now; none where all are, or cannot be opened.
pub(super) fn anew(
    sealing: &Sealing,
    item: &'static str,
    train: &TrainName,
    bytes: &[u8],
) -> Result<Option<Vec<u8>>, SealError> {
    let (mut anew, mut changed) = (Vec::with_capacity(bytes.len()), false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let current = Envelope::read(line).is_ok_and(|envelope| sealing.is_current(envelope.as_ref()));
        let content = match open_line(sealing, item, train, line) {
            _ if current => None,
            Opened::Sealed(mut content) => {
                content.push(b'\n');
                Some(content)
            }
            // Whoever can write here must not get a line of his sealed by us.
            Opened::Plain if !sealing.is_enforced() => Some(line.to_vec()),
            _ => None,
        };
        match content {
            Some(content) => {
                anew.extend(seal(sealing, item, train, &content)?);
                changed = true;
            }
            None => anew.extend_from_slice(line),
        }
    }
    Ok(changed.then_some(anew))
}

enum Opened {
    /// Without its LF.
    Sealed(Vec<u8>),
    Plain,
    /// Empty, or without its end.
    Nothing,
    Not(SealError),
}

fn open_line(sealing: &Sealing, item: &'static str, train: &TrainName, line: &[u8]) -> Opened {
    let Some(line) = line.strip_suffix(b"\n").filter(|line| !line.is_empty()) else { return Opened::Nothing };
    let envelope = match Envelope::read(line) {
        Ok(Some(envelope)) => envelope,
        Ok(None) => return Opened::Plain,
        Err(error) => return Opened::Not(error),
    };
    if !envelope.claims(&claim(item, train)) {
        return Opened::Not(SealError::Damaged("it is a line of something else".to_owned()));
    }
    match sealing.open(&envelope) {
        Ok((_, content)) => Opened::Sealed(content),
        Err(error) => Opened::Not(error),
    }
}
