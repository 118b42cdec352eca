//! What a crash leaves of a batch of lines that was on its way to the disk and never acknowledged.
//!
//! Its sectors are written in any order: before the sync has returned each is there or is blank, and the file may end
//! within it. So there may be good lines behind a hole. A batch follows another only once that one is durable: what
//! stands behind a hole was never acknowledged if it is of the batch that the hole is in, and each line says where its
//! batch begins. A hole that something of a later batch stands behind is damage.

/// The least that a disk writes as a whole.
const SECTOR: usize = 512;

/// What a line says of itself, as far as it is there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// The byte at which its batch begins.
    pub(super) batch: Option<usize>,
    /// Whether it is as long as it says.
    pub(super) whole: bool,
}

/// Tells whether a line that is not as it was written is the last, and lacks its end or was blanked in part.
pub(super) fn is_last(line: &[u8]) -> bool {
    match line.iter().position(|byte| *byte == b'\n') {
        None => true,
        Some(end) => end + 1 == line.len() && line.contains(&0),
    }
}

/// Tells whether all from `from` on, where a line begins that is not as it was written, is of one batch with holes.
pub(super) fn is_batch(bytes: &[u8], from: usize, told: impl Fn(&[u8]) -> Told) -> bool {
    if !holes(bytes, from).all(|(start, end)| {
        (start == from || start.is_multiple_of(SECTOR)) && (end == bytes.len() || end.is_multiple_of(SECTOR))
    }) {
        return false;
    }
    bytes[from..].split_inclusive(|byte| *byte == b'\n').enumerate().all(|(index, line)| {
        let (text, ended) = line.strip_suffix(b"\n").map_or((line, false), |text| (text, true));
        let Told { batch, whole } = told(text);
        // Nothing but a hole explains why the first is not as it was written.
        let explained = text.contains(&0) || (index > 0 && (!ended || (whole && batch.is_some())));
        explained && batch.is_none_or(|batch| batch <= from)
    })
}

/// Finds the runs of NUL, of which no line has any: where each begins and ends.
fn holes(bytes: &[u8], from: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| *byte == 0)?;
        let end =
            bytes[start..].iter().position(|byte| *byte != 0).map_or(bytes.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as the tests have them: `START:text`.
    fn told(line: &[u8]) -> Told {
        let line = String::from_utf8_lossy(line);
        let batch = line.split_once(':').and_then(|(start, _)| start.parse().ok());
        Told { batch, whole: line.ends_with('.') }
    }

    /// Two lines of a batch that begins at byte 600, and some of one that follows.
    fn written(third: usize) -> Vec<u8> {
        let mut bytes = vec![b'x'; 600];
        for (start, length) in [(600, 700), (600, 500), (third, 400)] {
            let text = format!("{start}:");
            bytes.extend(text.bytes());
            bytes.extend(vec![b'y'; length - text.len() - 2]);
            bytes.extend(b".\n");
        }
        bytes
    }

    #[test]
    fn holes_in_one_batch_are_a_crash_and_holes_before_another_are_damage() {
        let cases = [
            // In the first line, whose beginning is there; whole sectors, and up to the end.
            (1024..1536, 600, 600, true),
            (600..1024, 600, 600, true),
            (1536..2200, 1300, 600, true),
            // Bytes that no sector explains.
            (1030..1031, 600, 600, false),
            (1024..1500, 600, 600, false),
            (1000..1536, 600, 600, false),
            // The third line was written once the other two were durable.
            (1024..1536, 600, 1800, false),
            (600..1024, 600, 1800, false),
        ];
        for (hole, from, third, torn) in cases {
            let mut bytes = written(third);
            bytes[hole.clone()].fill(0);
            assert_eq!(is_batch(&bytes, from, told), torn, "{hole:?} before a batch at {third}");
        }
        // The hole is in the later batch: what is before it is not asked about.
        let mut bytes = written(1800);
        bytes[2048..].fill(0);
        assert!(is_batch(&bytes, 1800, told));
    }

    #[test]
    fn what_no_hole_explains_is_damage() {
        assert!(!is_batch(&written(600), 600, told), "nothing is blank");
        let mut bytes = written(600);
        bytes[600..1024].fill(0);
        let last = bytes.len() - 2;
        bytes[last] = b'y';
        assert!(!is_batch(&bytes, 600, told), "a whole line behind the hole is not as it says");
        // Cut within that line it may be anything.
        bytes.truncate(last);
        assert!(is_batch(&bytes, 600, told));
    }

    #[test]
    fn a_last_line_may_lack_its_end() {
        for (line, last) in [(&b"ab"[..], true), (b"a\0\n", true), (b"ab\n", false), (b"a\0\nb", false)] {
            assert_eq!(is_last(line), last, "{line:?}");
        }
    }
}
