//! The journal's bytes against crashes and rot: every cut, every flipped bit, every lost, doubled or moved line.

use super::*;
use crate::name::{Ocid, TrainName};
use crate::op::{Api, Lineage};

fn base() -> Base {
    let (train, lineage) = (TrainName::new("great-linux"), Lineage("f00d".into()));
    Base { train, lineage, serial: 7, api: Api::Osms }
}

fn entries(count: usize) -> Vec<Entry> {
    (0..count)
        .map(|n| Entry::LeftLevel { instance: Ocid::new(&format!("ocid1.instance.oc1..{n}")) })
        .collect()
}

/// Returns the bytes of a journal written in these batches.
fn written(batches: &[Vec<Entry>]) -> Vec<u8> {
    let (mut journal, mut bytes) = (OpenJournal::new(&base()), Vec::new());
    for entries in batches {
        let batch = journal.batch(entries).unwrap();
        bytes.extend(batch.bytes);
        journal = batch.then;
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<Option<Vec<Entry>>, Fault> {
    let Some((found, records)) = open(bytes)? else { return Ok(None) };
    assert_eq!(found, base());
    let journal = records.read(found)?;
    Ok(Some(journal.entries.into_iter().map(|(_, entry)| entry).collect()))
}

#[test]
fn what_is_appended_is_read_with_its_lines_and_however_it_was_batched() {
    let all = entries(5);
    let bytes = written(&[all[..1].to_vec(), all[1..4].to_vec(), all[4..].to_vec()]);
    assert_eq!(bytes, written(std::slice::from_ref(&all)));
    let (found, records) = open(&bytes).unwrap().unwrap();
    let lines: Vec<usize> = records.read(found).unwrap().entries.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6]);
    assert_eq!(read(&bytes), Ok(Some(all)));
}

#[test]
fn a_cut_anywhere_leaves_the_records_before_it() {
    let all = entries(4);
    let bytes = written(std::slice::from_ref(&all));
    for end in 0..=bytes.len() {
        let whole_lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
        let expected = whole_lines.checked_sub(1).map(|count| all[..count].to_vec());
        assert_eq!(read(&bytes[..end]), Ok(expected.clone()), "cut at byte {end}");
        // Some file systems give a file its new length before its new bytes.
        let mut filled = bytes[..end].to_vec();
        filled.resize(bytes.len() + 100, 0);
        assert_eq!(read(&filled), Ok(expected), "cut at byte {end}, then NUL");
    }
}

#[test]
fn a_flipped_bit_is_damage_unless_it_looks_torn() {
    let all = entries(3);
    let bytes = written(std::slice::from_ref(&all));
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut rotten = bytes.clone();
            rotten[place] ^= 1 << bit;
            match read(&rotten) {
                Err(Fault::Bad { line, .. }) => {
                    let expected = bytes[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
                    assert_eq!(line, expected, "bit {bit} of byte {place}");
                }
                Ok(Some(read)) => {
                    // The last record without its LF, or with a NUL in it, is as a crash leaves one.
                    let looks_torn = place + 1 == bytes.len() || (place >= last && rotten[place] == 0);
                    assert!(looks_torn, "bit {bit} of byte {place} went unseen");
                    assert_eq!(read, all[..2], "bit {bit} of byte {place}");
                }
                other => panic!("bit {bit} of byte {place}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_whole_line_of_something_else_is_damage_wherever_it_stands() {
    let good = written(&[entries(2)]);
    for (before, line) in [(&[][..], 1), (&good[..], 4)] {
        for strange in ["garbage\n", "\n", "a b c\n", "{}\n"] {
            let bytes = [before, strange.as_bytes()].concat();
            let Err(Fault::Bad { line: found, .. }) = read(&bytes) else { panic!("{strange:?} went unseen") };
            assert_eq!(found, line, "{strange:?}");
        }
    }
}

#[test]
fn a_lost_doubled_or_moved_line_is_damage() {
    let bytes = written(&[entries(4)]);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let orders: [&[usize]; 5] =
        [&[1, 2, 3, 4], &[0, 2, 3, 4], &[0, 1, 1, 2, 3, 4], &[0, 1, 3, 2, 4], &[0, 0, 1, 2]];
    for order in orders {
        let edited: Vec<u8> = order.iter().flat_map(|line| lines[*line]).copied().collect();
        assert!(matches!(read(&edited), Err(Fault::Bad { .. })), "{order:?}");
    }
}

#[test]
fn a_newer_journal_is_told_from_a_damaged_one() {
    let mut bytes = Vec::new();
    let heading = serde_json::json!({ "format_version": FORMAT_VERSION + 1, "whatever": "comes" });
    let check = push(&mut bytes, SEED, &heading).unwrap();
    push(&mut bytes, &check, &"what we cannot know").unwrap();
    assert_eq!(read(&bytes), Err(Fault::Newer { found: u64::from(FORMAT_VERSION) + 1 }));
}

#[test]
fn an_entry_that_checks_out_and_means_nothing_is_damage_even_at_the_end() {
    let mut bytes = Vec::new();
    let heading = Heading { format_version: FORMAT_VERSION, base: base() };
    let check = push(&mut bytes, SEED, &heading).unwrap();
    push(&mut bytes, &check, &serde_json::json!({ "entry": "dance" })).unwrap();
    let Err(Fault::Bad { line: 2, problem }) = read(&bytes) else { panic!("{:?}", read(&bytes)) };
    assert!(problem.contains("dance"), "{problem}");
}
