//! A file system that loses power, for tests: from what was asked of the real one, in order, it makes every folder that
//! a machine may come up with after the power failed at any of these points.
//!
//! What a file holds is durable once it was synced; before that each write may be there, lost, cut in the middle, be
//! blank (the length is on disk, and the bytes are not), or have holes (some of its sectors are on disk, and others that
//! come before them are not). Names (made, renamed, removed) are durable once the folder was
//! synced; before that those that were asked for first may be there without the later ones.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Something that was asked of the file system, and done.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A file was made, if it was not there.
    Create { path: PathBuf },
    /// Bytes were written.
    Write { path: PathBuf, at: u64, bytes: Vec<u8> },
    /// A file was cut.
    Cut { path: PathBuf, length: u64 },
    /// A file's bytes and length were made durable.
    Sync { path: PathBuf },
    /// A file took another's place.
    Rename { from: PathBuf, to: PathBuf },
    /// A file was removed.
    Remove { path: PathBuf },
    /// Names were made durable.
    SyncFolder {},
    /// The store has acknowledged so many things.
    Acknowledged { count: usize },
}

thread_local! {
    static LEDGER: RefCell<Option<Vec<Op>>> = const { RefCell::new(None) };
}

/// Writes down what was done, where this thread keeps a ledger.
pub(super) fn note(op: Op) {
    LEDGER.with_borrow_mut(|ledger| {
        if let Some(ledger) = ledger {
            ledger.push(op);
        }
    });
}

/// Begins to write down what this thread does.
pub(super) fn begin() {
    LEDGER.with_borrow_mut(|ledger| *ledger = Some(Vec::new()));
}

/// Returns what was done since.
pub(super) fn end() -> Vec<Op> {
    LEDGER.take().unwrap_or_default()
}

/// The files of a folder, by name.
pub(super) type Image = BTreeMap<String, Vec<u8>>;

/// A file as the disk may have it.
#[derive(Clone, Debug, Default)]
struct Body {
    durable: Vec<u8>,
    /// What was done to it since it was last synced.
    pending: Vec<Op>,
}

/// What happens to writes that were not synced.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Whole,
    Torn,
    Blank,
    /// Of pages of so many bytes the even ones are there, or the odd ones.
    Holes {
        page: usize,
        even: bool,
    },
}

/// Each fate that a write may have. Disks write sectors, systems pages of eight of them.
const FATES: [Fate; 8] = [
    Fate::Lost,
    Fate::Whole,
    Fate::Torn,
    Fate::Blank,
    Fate::Holes { page: 512, even: false },
    Fate::Holes { page: 512, even: true },
    Fate::Holes { page: 4096, even: false },
    Fate::Holes { page: 4096, even: true },
];

/// A disk: bodies by number, which names point to.
#[derive(Debug, Default)]
struct Disk {
    bodies: Vec<Body>,
    /// As every process sees them.
    names: BTreeMap<String, usize>,
    /// As they are on disk.
    durable: BTreeMap<String, usize>,
    /// How names were after each change since they were last synced.
    pending: Vec<BTreeMap<String, usize>>,
}

/// Returns every folder that there may be after the power failed amid or after the operations, each with how many things
/// had been acknowledged by then.
pub(super) fn images(ops: &[Op], start: &Image) -> BTreeSet<(usize, Image)> {
    let mut disk = Disk::default();
    for (name, bytes) in start {
        disk.names.insert(name.clone(), disk.bodies.len());
        disk.bodies.push(Body { durable: bytes.clone(), pending: Vec::new() });
    }
    disk.durable = disk.names.clone();
    let mut found = BTreeSet::new();
    let mut acknowledged = 0;
    disk.collect(acknowledged, &mut found);
    for op in ops {
        if let Op::Acknowledged { count } = op {
            acknowledged = *count;
        } else {
            disk.apply(op);
        }
        disk.collect(acknowledged, &mut found);
    }
    found
}

fn name(path: &Path) -> String {
    path.file_name().expect("it names a file").to_string_lossy().into_owned()
}

impl Disk {
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { path } => {
                if self.names.contains_key(&name(path)) {
                    return;
                }
                self.names.insert(name(path), self.bodies.len());
                self.bodies.push(Body::default());
                self.pending.push(self.names.clone());
            }
            Op::Rename { from, to } => {
                let body = self.names.remove(&name(from)).expect("what is renamed is there");
                self.names.insert(name(to), body);
                self.pending.push(self.names.clone());
            }
            Op::Remove { path } => {
                self.names.remove(&name(path));
                self.pending.push(self.names.clone());
            }
            Op::SyncFolder {} => {
                self.durable = self.names.clone();
                self.pending.clear();
            }
            Op::Write { path, .. } | Op::Cut { path, .. } => {
                let body = self.names[&name(path)];
                self.bodies[body].pending.push(op.clone());
            }
            Op::Sync { path } => {
                let body = &mut self.bodies[self.names[&name(path)]];
                body.durable = body.after(Fate::Whole);
                body.pending.clear();
            }
            Op::Acknowledged { .. } => {}
        }
    }

    fn collect(&self, acknowledged: usize, found: &mut BTreeSet<(usize, Image)>) {
        for names in std::iter::once(&self.durable).chain(&self.pending) {
            for fate in FATES {
                let image = names.iter().map(|(name, body)| (name.clone(), self.bodies[*body].after(fate)));
                found.insert((acknowledged, image.collect()));
            }
        }
    }
}

impl Body {
    /// Returns what is on disk; of several writes that were not synced the fate is the last one's.
    fn after(&self, fate: Fate) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let last = self.pending.len().saturating_sub(1);
        for (index, op) in self.pending.iter().enumerate() {
            let fate = if index == last { fate } else { Fate::Whole };
            match (op, fate) {
                (_, Fate::Lost) => {}
                (Op::Cut { length, .. }, _) => bytes.truncate(usize::try_from(*length).unwrap()),
                (Op::Write { at, bytes: written, .. }, fate) => {
                    let at = usize::try_from(*at).unwrap();
                    let (kept, blank) = match fate {
                        Fate::Torn => (written.len() / 2, written.len() / 2),
                        Fate::Blank => (0, written.len()),
                        Fate::Lost | Fate::Whole | Fate::Holes { .. } => (written.len(), written.len()),
                    };
                    bytes.resize(bytes.len().max(at + blank), 0);
                    bytes[at..at + kept].copy_from_slice(&written[..kept]);
                    if let Fate::Holes { page, even } = fate {
                        for place in (at..at + kept).filter(|place| (place / page % 2 == 0) != even) {
                            bytes[place] = 0;
                        }
                    }
                }
                _ => {}
            }
        }
        bytes
    }
}
