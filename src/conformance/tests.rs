//! Verdicts over instances and releases, as tables.

use super::*;
use crate::patching::{Enforce, Patching, UpdateKind, Wanted};

fn package(nevra: &str) -> Package {
    Package::parse(nevra).unwrap()
}

fn packages(nevras: &[&str]) -> Vec<Package> {
    nevras.iter().map(|nevra| package(nevra)).collect()
}

fn lags(pairs: &[(&str, &str)]) -> Vec<Lag> {
    let lag = |(installed, release): &(&str, &str)| Lag {
        installed: package(installed),
        release: package(release),
    };
    pairs.iter().map(lag).collect()
}

/// Compares what is installed, and no source has of that, with a release; agents are unmanaged.
fn verdict(installed: &[&str], unsourced: &[&str], release: &[&str]) -> Verdict {
    let inventory = Inventory {
        installed: PackageSet::new(packages(installed)),
        unsourced: PackageSet::new(packages(unsourced)),
    };
    let unmanaged = [Pattern::new("agent*").unwrap(), Pattern::new("gpg-pubkey").unwrap()];
    Verdict::of(&inventory, &PackageSet::new(packages(release)), &unmanaged)
}

#[test]
fn each_pair_of_versions_is_counted_once() {
    let all = verdict(
        &[
            "agent-1-1.x86_64",
            "agent-other-3-1.x86_64",
            "bash-1-1.x86_64",
            "glibc-2-1.i686",
            "glibc-2-1.x86_64",
            "gpg-pubkey-1-1.noarch",
            "gpg-pubkey-2-1.noarch",
            "homemade-1-1.noarch",
            "kernel-1-1.x86_64",
            "kernel-2-1.x86_64",
            "tree-1-1.x86_64",
            "zsh-3-1.x86_64",
        ],
        &["homemade-1-1.noarch"],
        &[
            "agent-2-1.x86_64",
            "agent-late-1-1.x86_64",
            "agent-other-3-1.x86_64",
            "bash-2-1.x86_64",
            "glibc-2-1.x86_64",
            "kernel-2-1.x86_64",
            "vim-1-1.x86_64",
            "zsh-2-1.x86_64",
        ],
    );
    assert_eq!(
        all,
        Verdict {
            behind: lags(&[("bash-1-1.x86_64", "bash-2-1.x86_64")]),
            ahead: lags(&[("zsh-3-1.x86_64", "zsh-2-1.x86_64")]),
            extra: packages(&["glibc-2-1.i686", "tree-1-1.x86_64"]),
            missing: packages(&["vim-1-1.x86_64"]),
            // An agent at another version, two keys, and what nobody offers.
            unmanaged: 4,
            exact: 3,
        }
    );
    let table: [(&[&str], &[&str], usize); 4] = [
        // Two of a name, both unmanaged, at another version than the release's.
        (&["agent-1-1.x86_64", "agent-2-1.x86_64"], &["agent-3-1.x86_64"], 2),
        (&["agent-1-1.x86_64", "agent-2-1.x86_64"], &[], 2),
        (&["agent-4-1.x86_64"], &["agent-3-1.x86_64"], 1),
        (&[], &["agent-3-1.x86_64"], 0),
    ];
    for (installed, release, unmanaged) in table {
        let found = verdict(installed, &[], release);
        assert_eq!(found, Verdict { unmanaged, ..Verdict::default() }, "{installed:?} {release:?}");
    }
}

#[test]
fn of_kernels_the_newest_counts_on_either_side() {
    let kernels = |installed: &[&str], release: &[&str]| verdict(installed, &[], release);
    let exact =
        kernels(&["kernel-1-1.x86_64", "kernel-3-1.x86_64"], &["kernel-2-1.x86_64", "kernel-3-1.x86_64"]);
    assert_eq!((exact.exact, exact.is_exact()), (1, true));
    let behind = kernels(&["kernel-1-1.x86_64", "kernel-2-1.x86_64"], &["kernel-3-1.x86_64"]);
    assert_eq!(behind.behind, lags(&[("kernel-2-1.x86_64", "kernel-3-1.x86_64")]));
    let ahead = kernels(&["kernel-3-1.x86_64", "kernel-4-1.x86_64"], &["kernel-3-1.x86_64"]);
    assert_eq!(ahead.ahead, lags(&[("kernel-4-1.x86_64", "kernel-3-1.x86_64")]));
}

#[test]
fn a_package_of_a_stream_on_either_side_makes_a_pair_modular() {
    let (plain, modular) = ("pg-13-1.el8.x86_64", "pg-15-1.module+el8+1.x86_64");
    for (pair, is) in [
        ((plain, plain), false),
        ((plain, modular), true),
        ((modular, plain), true),
        ((modular, modular), true),
    ] {
        assert_eq!(lags(&[pair])[0].is_modular(), is, "{pair:?}");
    }
}

/// A verdict with one of each that is asked for.
fn with(behind: bool, ahead: bool, extra: bool, missing: bool) -> Verdict {
    let one = |there: bool, nevra: &str| if there { packages(&[nevra]) } else { Vec::new() };
    let pair = |there: bool, pair: (&str, &str)| if there { lags(&[pair]) } else { Vec::new() };
    Verdict {
        behind: pair(behind, ("bash-1-1.x86_64", "bash-2-1.x86_64")),
        ahead: pair(ahead, ("zsh-3-1.x86_64", "zsh-2-1.x86_64")),
        extra: one(extra, "tree-1-1.x86_64"),
        missing: one(missing, "vim-1-1.x86_64"),
        unmanaged: 7,
        exact: 9,
    }
}

#[test]
fn exact_is_who_lacks_nothing_and_has_nothing_else() {
    let [zsh, tree, vim] = ["zsh-3-1.x86_64", "tree-1-1.x86_64", "vim-1-1.x86_64"].map(package);
    for bits in 0..16_u8 {
        let [behind, ahead, extra, missing] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
        let verdict = with(behind, ahead, extra, missing);
        assert_eq!(verdict.is_exact(), bits == 0, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_behind(), bits & !1 == 0, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_for(&[]), bits == 0, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_for(&[zsh, tree, vim]), !behind, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_for(&[zsh]), bits & !2 == 0, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_for(&[tree]), bits & !4 == 0, "{verdict:?}");
        assert_eq!(verdict.is_exact_but_for(&[vim]), bits & !8 == 0, "{verdict:?}");
        assert!(verdict.may_be_ahead(Ahead::Report));
        assert_eq!(verdict.may_be_ahead(Ahead::Block), !ahead);
    }
}

#[test]
fn the_level_is_what_the_group_asks_for() {
    let level = |patching, verdict: &Verdict, ahead| {
        let sorter = Sorter::new(patching, Some(&[]));
        verdict.at_level(&sorter, ahead)
    };
    let everything = Patching::EVERYTHING;
    let exact = Patching { enforce: Enforce::Exact, ..everything };
    let nothing = Patching { update: None, schedule: None, ..everything };
    let scheduled = Patching { update: None, schedule: Some(Wanted::All), ..everything };
    let (equal, behind, ahead) =
        (with(false, false, false, false), with(true, false, false, false), with(false, true, false, false));
    let table = [
        (everything, &equal, Ahead::Block, true),
        (everything, &behind, Ahead::Report, false),
        (everything, &ahead, Ahead::Report, true),
        (everything, &ahead, Ahead::Block, false),
        (everything, &with(false, false, true, true), Ahead::Block, true),
        // Without updates there is no level, and what a schedule brings counts as what an update brings.
        (nothing, &equal, Ahead::Report, false),
        (scheduled, &equal, Ahead::Report, true),
        (scheduled, &behind, Ahead::Report, false),
        (exact, &equal, Ahead::Report, true),
        (exact, &behind, Ahead::Report, false),
        (exact, &ahead, Ahead::Report, false),
        (exact, &with(false, false, true, false), Ahead::Report, false),
        (exact, &with(false, false, false, true), Ahead::Report, false),
    ];
    for (patching, verdict, may, expected) in table {
        assert_eq!(level(patching, verdict, may), expected, "{patching:?} {may:?} {verdict:?}");
    }
}

#[test]
fn what_counts_of_being_behind_is_what_somebody_brings() {
    let security = Patching { update: Some(Wanted::Only(UpdateKind::Security)), ..Patching::EVERYTHING };
    let offer = |name: &str, kind| crate::observed::AvailableUpdate {
        name: name.into(),
        architecture: "x86_64".into(),
        installed: "1-1".into(),
        available: "2-1".into(),
        kind,
        errata: Vec::new(),
        cves: Vec::new(),
    };
    let offered = [offer("bash", UpdateKind::Security), offer("zsh", UpdateKind::Bugfix)];
    let verdict = Verdict {
        behind: lags(&[("bash-1-1.x86_64", "bash-2-1.x86_64"), ("zsh-1-1.x86_64", "zsh-2-1.x86_64")]),
        ..Verdict::default()
    };
    let counting = |patching, offered: Option<&[crate::observed::AvailableUpdate]>| -> Vec<Lag> {
        Sorter::new(patching, offered).counting(&verdict).copied().collect()
    };
    assert_eq!(counting(security, Some(&offered)), verdict.behind[..1]);
    assert_eq!(counting(security, None), verdict.behind);
    assert_eq!(counting(Patching::EVERYTHING, Some(&offered)), verdict.behind);
    let nothing = Patching { update: None, schedule: None, ..Patching::EVERYTHING };
    assert_eq!(counting(nothing, None), []);
    let is_level = |due, scheduled, beside| Tally { due, scheduled, beside }.is_level();
    assert!(is_level(0, 0, 3) && !is_level(1, 0, 0) && !is_level(0, 1, 0) && !is_level(1, 1, 0));
}

#[test]
fn a_group_is_at_level_with_so_many_below_it_as_may_be() {
    let table = [
        (10, 10, Amount::Number(0), true),
        (10, 9, Amount::Number(0), false),
        (10, 9, Amount::Number(1), true),
        (10, 8, Amount::Number(1), false),
        (10, 8, Amount::Percent(25), true),
        (10, 7, Amount::Percent(25), false),
        (0, 0, Amount::Number(0), true),
        // More at level than there are members: some have left.
        (3, 5, Amount::Number(0), true),
    ];
    for (members, at_level, may, expected) in table {
        assert_eq!(group_at_level(members, at_level, may), expected, "{at_level} of {members}, {may:?}");
    }
}
