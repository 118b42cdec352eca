//! The real rpm (Debian's package `rpm`) judges our order of versions: thousands of seeded random pairs, and every
//! pair of the real updates in the shared fixtures. Where rpm or fixtures are absent, the tests say so and pass.

use std::cmp::Ordering;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use patchtrain::package::{Delta, DeltaKind, Package, PackageSet};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Asks rpm to compare pairs of `[epoch:]version-release`; `None` where there is no rpm. One that cannot judge fails
/// the test: a judge who is there and silent would look like agreement.
fn judge(pairs: &[(String, String)]) -> Option<Vec<Ordering>> {
    // The pairs go through a file: as an argument they would soon be too long.
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    for (a, b) in pairs {
        writeln!(file, "{a} {b}").expect("a temporary file can be written");
    }
    // rpm's `print` adds no line end of its own.
    let lua = format!(
        "for line in io.lines('{}') do local a, b = line:match('^(%S+) (%S+)$'); print(rpm.vercmp(a, b) .. ' ') end",
        file.path().display()
    );
    let output = Command::new("rpm").arg("--eval").arg(format!("%{{lua: {lua}}}")).output().ok()?;
    let (text, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "rpm fails: {talk}");
    let verdict = |word| match word {
        "-1" => Ordering::Less,
        "0" => Ordering::Equal,
        "1" => Ordering::Greater,
        other => panic!("rpm says `{other}`: {talk}"),
    };
    let verdicts: Vec<Ordering> = text.split_whitespace().map(verdict).collect();
    assert_eq!(verdicts.len(), pairs.len(), "rpm judges every pair: {talk}");
    Some(verdicts)
}

fn ours(a: &str, b: &str) -> Ordering {
    let package =
        |evr: &str| Package::from_parts("p", evr, "noarch").unwrap_or_else(|error| panic!("{error}"));
    package(a).cmp_evr(package(b))
}

/// Compares our verdicts with rpm's; says so where there is no rpm.
#[expect(clippy::print_stdout, reason = "a test that finds no judge says so")]
fn assert_agreement(pairs: &[(String, String)]) {
    let Some(verdicts) = judge(pairs) else {
        println!("skipped: no `rpm` on PATH (Debian's package `rpm`)");
        return;
    };
    let wrong: Vec<String> = pairs
        .iter()
        .zip(verdicts)
        .filter(|((a, b), verdict)| ours(a, b) != *verdict)
        .map(|((a, b), verdict)| format!("{a} and {b}: rpm says {verdict:?}, we say {:?}", ours(a, b)))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}

/// Pairs of near neighbours: a second version is the first with a few edits, so that ties, tildes and carets meet.
fn random_pairs(count: usize) -> Vec<(String, String)> {
    let seed = [7; 32];
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let part = "[0-9a-c.~^_+]{0,7}[0-9a-z]";
    let evr = (proptest::option::of(0u32..3), part, part);
    let edits = proptest::collection::vec((0usize..16, "[0-9a-bz.~^_+]{0,2}"), 0..3);
    let strategy =
        (evr, edits, proptest::bool::weighted(0.3)).prop_map(|((epoch, version, release), edits, keep)| {
            let print = |version: &str, release: &str, epoch: Option<u32>| match epoch {
                Some(epoch) if epoch > 0 => format!("{epoch}:{version}-{release}"),
                _ => format!("{version}-{release}"),
            };
            let (mut other, mut other_release) = (version.clone(), release.clone());
            for (at, with) in edits {
                let text = if keep { &mut other_release } else { &mut other };
                let at = at.min(text.len());
                let cut = (at + with.len() / 2).min(text.len());
                text.replace_range(at..cut, &with);
            }
            let other_epoch = if version.len() % 5 == 0 { Some(1) } else { epoch };
            (print(&version, &release, epoch), print(&other, &other_release, other_epoch))
        });
    let mut pair = || strategy.new_tree(&mut runner).expect("no filter can reject").current();
    (0..count).map(|_| pair()).collect()
}

#[test]
fn rpm_agrees_on_random_pairs() {
    let pairs = random_pairs(6_000);
    let ordered = pairs.iter().filter(|(a, b)| ours(a, b).is_ne()).count();
    let tied = pairs.iter().filter(|(a, b)| a != b && ours(a, b).is_eq()).count();
    assert!(ordered > 2_000 && tied > 50, "the pairs are worth judging: {ordered} ordered, {tied} tied");
    assert_agreement(&pairs);
}

#[test]
fn rpm_agrees_on_known_corners() {
    let versions = [
        "1.0",
        "1..0",
        "1.0.",
        "1.00",
        "01.0",
        "1_0",
        "1.0a",
        "1.0.a",
        "1.0~",
        "1.0~rc1",
        "1.0~rc1~1",
        "1.0~~",
        "1.0^",
        "1.0^git1",
        "1.0^git1~pre",
        "1.0^^",
        "1.0~rc1^git",
        "1.0.1",
        "1.01",
        "1.10",
        "1.9",
        "1.a",
        "a",
        "A",
        "0",
        "00",
        "999999999999999999999999",
        "1.el8",
        "1.el8_9",
        "1.el8_10",
        "1.0.1.el8",
        "26.P2.el7_9.15",
        "26.0.1.P2.el7_9.16",
        "2.module+el8.6.0+20623",
        "2.module+el8.10.0+20623",
        "5.4.17",
        "5.4.17.ksplice1",
    ];
    let evr = |version: &str| [format!("{version}-1"), format!("1-{version}"), format!("1:{version}-1")];
    let all: Vec<String> = versions.iter().flat_map(|version| evr(version)).collect();
    let pairs: Vec<(String, String)> =
        all.iter().flat_map(|a| all.iter().map(move |b| (a.clone(), b.clone()))).collect();
    assert_agreement(&pairs);
}

fn fixtures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let named = std::env::var_os("PATCHTRAIN_SHARED").map(PathBuf::from);
    let places = [named, Some(beside), Some("/work/shared".into())];
    places.into_iter().flatten().map(|place| place.join("fixtures")).find(|place| place.is_dir())
}

/// A real update: the installed package and the one that would replace it.
type Pair = (Package, Package);

/// The real updates of each host; `None`, and a word about it, where there are no fixtures.
#[expect(clippy::print_stdout, reason = "a test that finds no fixtures says so")]
fn real_updates() -> Option<Vec<Vec<Pair>>> {
    let Some(folder) = fixtures() else {
        println!("skipped: no fixtures; set PATCHTRAIN_SHARED to the folder that holds them");
        return None;
    };
    let mut hosts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the fixtures can be listed") {
        let path = entry.expect("the fixtures can be listed").path();
        if !path.to_string_lossy().ends_with(".updates.tsv") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a fixture can be read");
        let pair = |line: &str| {
            let columns: Vec<&str> = line.split('\t').collect();
            let package = |evr| Package::from_parts(columns[0], evr, columns[1]).unwrap();
            (package(columns[2]), package(columns[3]))
        };
        hosts.push(text.lines().skip(1).map(pair).collect());
    }
    Some(hosts)
}

#[test]
fn rpm_agrees_on_the_real_updates() {
    let Some(hosts) = real_updates() else { return };
    let evrs = |(old, new): Pair| (old.evr().to_owned(), new.evr().to_owned());
    let pairs: Vec<(String, String)> = hosts.into_iter().flatten().map(evrs).collect();
    assert!(pairs.len() >= 559, "{} pairs", pairs.len());
    assert!(pairs.iter().all(|(old, new)| ours(old, new).is_lt()), "an update is newer than what it updates");
    assert_agreement(&pairs);
}

/// A scanner took 77 builds of a module stream for updates that no host had enabled: rpm calls them newer, and they are
/// no upgrade.
#[test]
fn the_real_updates_are_upgrades_or_changes_of_streams() {
    let Some(hosts) = real_updates() else { return };
    let (mut upgraded, mut stream_changed, mut all) = (0, 0, 0);
    for host in hosts {
        let (old, new): (Vec<Package>, Vec<Package>) = host.into_iter().unzip();
        let delta = Delta::between(&PackageSet::new(old), &PackageSet::new(new));
        upgraded += delta.count(DeltaKind::Upgraded);
        stream_changed += delta.count(DeltaKind::StreamChanged);
        all += delta.entries.len();
    }
    assert_eq!((upgraded, stream_changed, all), (482, 77, 559));
}
