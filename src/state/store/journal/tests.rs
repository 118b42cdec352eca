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
    assert_eq!(read(&written(std::slice::from_ref(&all))), Ok(Some(all.clone())));
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
    let check = push(&mut bytes, SEED, heading.to_string().as_bytes());
    push(&mut bytes, &check, b"what we cannot know");
    assert_eq!(read(&bytes), Err(Fault::Newer { found: u64::from(FORMAT_VERSION) + 1 }));
}

#[test]
fn an_entry_that_checks_out_and_means_nothing_is_damage_even_at_the_end() {
    let heading = Heading { format_version: FORMAT_VERSION, base: base() };
    for (content, told) in [("0 {\"entry\":\"dance\"}", "dance"), ("{\"entry\":\"begin\"}", "its batch")] {
        let mut bytes = Vec::new();
        let check = push(&mut bytes, SEED, &serde_json::to_vec(&heading).unwrap());
        push(&mut bytes, &check, content.as_bytes());
        let Err(Fault::Bad { line: 2, problem }) = read(&bytes) else { panic!("{:?}", read(&bytes)) };
        assert!(problem.contains(told), "{problem}");
    }
}

#[test]
fn what_an_older_build_wrote_is_read() {
    for format_version in [1, 2] {
        let (mut bytes, all) = (Vec::new(), entries(2));
        let heading = Heading { format_version, base: base() };
        let mut check = push(&mut bytes, SEED, &serde_json::to_vec(&heading).unwrap());
        for entry in &all {
            check = push(&mut bytes, &check, &serde_json::to_vec(entry).unwrap());
        }
        assert_eq!(read(&bytes), Ok(Some(all)), "format {format_version}");
    }
}

/// Every batch as a power loss may leave it: any of its sectors blank, those behind them written.
#[test]
fn of_a_batch_that_was_never_acknowledged_any_sectors_may_be_blank() {
    let all = entries(80);
    let batches = [all[..25].to_vec(), all[25..50].to_vec(), all[50..].to_vec()];
    let mut before = 0;
    for count in 1..=batches.len() {
        let bytes = written(&batches[..count]);
        let acknowledged = batches[..count - 1].iter().map(Vec::len).sum::<usize>();
        let sectors = (before..bytes.len()).filter(|at| *at == before || at % 512 == 0);
        let sectors: Vec<usize> = sectors.chain([bytes.len()]).collect();
        assert!(sectors.len() > 3, "{} sectors", sectors.len() - 1);
        for chosen in 1..1_u32 << (sectors.len() - 1) {
            let mut blank = bytes.clone();
            let ends = sectors.windows(2).enumerate().filter(|(n, _)| chosen & (1 << n) != 0);
            for (_, sector) in ends {
                blank[sector[0]..sector[1]].fill(0);
            }
            let found = read(&blank).unwrap_or_else(|fault| panic!("batch {count}, {chosen:b}: {fault:?}"));
            let found = found.unwrap_or_default();
            assert!(found.len() >= acknowledged && found == all[..found.len()], "batch {count}, {chosen:b}");
        }
        before = bytes.len();
    }
}

#[test]
fn a_blank_sector_before_what_was_written_later_is_damage() {
    let all = entries(40);
    let bytes = written(&[all[..20].to_vec(), all[20..30].to_vec(), all[30..].to_vec()]);
    let last = written(&[all[..20].to_vec(), all[20..30].to_vec()]).len();
    for start in (0..last).step_by(512) {
        let end = (start + 512).min(bytes.len());
        let mut blank = bytes.clone();
        blank[start..end].fill(0);
        assert!(matches!(read(&blank), Err(Fault::Bad { .. })), "blank from {start}: {:?}", read(&blank));
    }
}
