//! Who goes first: the sizes of waves, and an order of instances that is the same whenever it is asked for.

use std::collections::BTreeMap;

use super::Amount;
use crate::name::Ocid;

/// Returns how many of so many members have been reached after each wave: what was declared, rounded up, without waves
/// that bring nobody, and with one for the rest.
pub fn cumulative(declared: &[Amount], members: usize) -> Vec<usize> {
    let mut reached = Vec::with_capacity(declared.len() + 1);
    let mut before = 0;
    for size in declared.iter().map(|size| size.up_to(members)).chain([members]) {
        if size > before {
            reached.push(size);
            before = size;
        }
    }
    reached
}

/// Returns how many of so many members each wave has, also those that bring nobody: the waves that were declared, and one for
/// the rest where the last of them does not bring all.
pub fn sizes(declared: &[Amount], members: usize) -> Vec<usize> {
    let all = Amount::Percent(100);
    let rest = (declared.last() != Some(&all)).then_some(all);
    let mut before = 0;
    let size = |amount: &Amount| {
        let reached = amount.up_to(members).max(before);
        let size = reached - before;
        before = reached;
        size
    };
    declared.iter().chain(&rest).map(size).collect()
}

/// Sorts instances into waves by a hash of their ids, so that the same ones are always first, whoever joins or leaves.
/// Those of one domain (what fails together: a fault domain of an availability domain) are spread evenly over the waves.
/// `None` is a domain like any other: that of those of whom none is known.
pub fn spread<'a>(
    members: impl IntoIterator<Item = (&'a Ocid, Option<&'a str>)>,
    declared: &[Amount],
) -> Vec<Vec<&'a Ocid>> {
    let mut domains: BTreeMap<Option<&str>, Vec<(u64, &Ocid)>> = BTreeMap::new();
    for (id, domain) in members {
        domains.entry(domain).or_default().push((hash(id), id));
    }
    // Each stands where its place in its own domain, as a share, puts it. Shares are compared without dividing.
    let mut places: Vec<(u128, u128, u64, &Ocid)> = Vec::new();
    for of_domain in domains.values_mut() {
        of_domain.sort_unstable();
        let size = of_domain.len() as u128;
        let place =
            |(index, (hash, id)): (usize, &(u64, &'a Ocid))| (2 * index as u128 + 1, size, *hash, *id);
        places.extend(of_domain.iter().enumerate().map(place));
    }
    places.sort_unstable_by(|one, other| {
        (one.0 * other.1).cmp(&(other.0 * one.1)).then_with(|| (one.2, one.3).cmp(&(other.2, other.3)))
    });
    let mut waves = Vec::new();
    let mut begin = 0;
    for end in cumulative(declared, places.len()) {
        waves.push(places[begin..end].iter().map(|place| place.3).collect());
        begin = end;
    }
    waves
}

fn hash(id: &Ocid) -> u64 {
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_str().as_bytes());
    digest.as_ref().iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use Amount::{Number, Percent};

    #[test]
    fn sizes_are_cumulative_rounded_up_and_never_empty() {
        let table: [(&[Amount], usize, &[usize]); 10] = [
            (&[Number(1), Percent(10), Percent(100)], 25, &[1, 3, 25]),
            (&[Number(1), Percent(10), Percent(50)], 12, &[1, 2, 6, 12]),
            (&[Number(1), Percent(10)], 10, &[1, 10]),
            (&[Percent(1)], 10_000, &[100, 10_000]),
            (&[Number(5), Number(10)], 7, &[5, 7]),
            (&[Number(5)], 5, &[5]),
            (&[Percent(100)], 1, &[1]),
            (&[], 4, &[4]),
            (&[Number(1)], 0, &[]),
            (&[Percent(33), Percent(66)], 3, &[1, 2, 3]),
        ];
        for (declared, members, expected) in table {
            assert_eq!(cumulative(declared, members), expected, "{declared:?} of {members}");
        }
    }

    #[test]
    fn waves_that_bring_nobody_keep_their_number() {
        let table: [(&[Amount], usize, &[usize]); 5] = [
            (&[Number(1), Percent(10), Percent(100)], 25, &[1, 2, 22]),
            (&[Number(1), Percent(10)], 10, &[1, 0, 9]),
            (&[Number(1), Percent(10)], 1, &[1, 0, 0]),
            (&[Number(5), Percent(10)], 20, &[5, 0, 15]),
            (&[], 4, &[4]),
        ];
        for (declared, members, expected) in table {
            assert_eq!(sizes(declared, members), expected, "{declared:?} of {members}");
        }
    }

    fn ids(count: usize) -> Vec<Ocid> {
        (0..count).map(|n| Ocid::new(&format!("ocid1.instance.oc1..{n}"))).collect()
    }

    /// As `hashlib.sha256` of Python sorts them.
    #[test]
    fn the_same_are_first_on_every_machine() {
        let all = ids(6);
        let waves = spread(all.iter().map(|id| (id, None)), &[Number(1), Number(3)]);
        let order: Vec<&[&Ocid]> = waves.iter().map(Vec::as_slice).collect();
        assert_eq!(order, [&[&all[1]][..], &[&all[2], &all[0]], &[&all[3], &all[4], &all[5]]]);
    }

    #[test]
    fn domains_of_other_sizes_are_laced_by_their_shares() {
        let all = ids(6);
        let domain = |index: usize| if index < 2 { "A" } else { "B" };
        let members = all.iter().enumerate().map(|(index, id)| (id, Some(domain(index))));
        let order = spread(members, &[]).concat();
        let place = |id: &Ocid| all.iter().position(|other| other == id).unwrap();
        assert_eq!(order.into_iter().map(|id| domain(place(id))).collect::<String>(), "BABBAB");
    }

    #[test]
    fn whoever_leaves_changes_nobody_elses_order() {
        let all = ids(100);
        let order = |ids: &[Ocid]| -> Vec<String> {
            spread(ids.iter().map(|id| (id, None)), &[]).concat().iter().map(|id| id.to_string()).collect()
        };
        let whole = order(&all);
        let fewer: Vec<Ocid> = all.iter().filter(|id| !id.as_str().ends_with('3')).cloned().collect();
        let kept: Vec<String> = whole.into_iter().filter(|id| !id.ends_with('3')).collect();
        assert_eq!(order(&fewer), kept);
    }

    #[test]
    fn each_wave_has_its_share_of_each_domain() {
        let all = ids(90);
        let domain = |index: usize| ["AD-1/FD-1", "AD-1/FD-2", "AD-2/FD-1"][index % 3];
        let members = all.iter().enumerate().map(|(index, id)| (id, Some(domain(index))));
        let waves = spread(members, &[Percent(10), Percent(50)]);
        assert_eq!(waves.iter().map(Vec::len).collect::<Vec<_>>(), [9, 36, 45]);
        for (wave, each) in waves.iter().zip([3, 12, 15]) {
            for which in 0..3 {
                let of_domain =
                    wave.iter().filter(|id| all.iter().position(|other| other == **id).unwrap() % 3 == which);
                assert_eq!(of_domain.count(), each);
            }
        }
    }

    proptest! {
        #[test]
        fn everybody_is_in_one_wave(
            count in 0_usize..200,
            declared in prop::collection::vec(
                prop_oneof![(1_usize..50).prop_map(Number), (1_u8..=100).prop_map(Percent)], 0..5),
            domains in 1_usize..7,
        ) {
            let all = ids(count);
            let names: Vec<String> = (0..domains).map(|n| format!("FD-{n}")).collect();
            let of = |index: usize| (!index.is_multiple_of(4)).then(|| names[index % domains].as_str());
            let waves = spread(all.iter().enumerate().map(|(index, id)| (id, of(index))), &declared);
            let seen: Vec<&Ocid> = waves.concat();
            prop_assert_eq!(seen.len(), count);
            prop_assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all.iter().collect::<BTreeSet<_>>());
            prop_assert!(waves.iter().all(|wave| !wave.is_empty()));
        }
    }
}
