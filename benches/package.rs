//! Times the package core against its bars: the delta of two 650-package sets (under 50 microseconds), reading a
//! manifest of 650 lines and one of 25,000 with 40 bad ones (under 100 milliseconds, or this fails), and interning the
//! rows of 1,000 instances.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use patchtrain::package::{Delta, Digest, Manifest, Package, PackageSet, SetPool};

/// A package as a service sends it: name, EVR, architecture.
type Row = (String, String, &'static str);

/// So many rows in names of realistic length; every tenth at another version, as `salt` says.
fn rows(count: usize, salt: usize) -> Vec<Row> {
    let row = |n: usize| {
        let version = if n % 10 == salt % 10 { salt } else { 0 };
        let epoch = if n.is_multiple_of(8) { "1:" } else { "" };
        let arch = if n.is_multiple_of(5) { "noarch" } else { "x86_64" };
        (format!("package-{n:03}-common-libs"), format!("{epoch}4.18.{version}-553.{n}.el8_10"), arch)
    };
    (0..count).map(row).collect()
}

fn packages(rows: &[Row]) -> Vec<Package> {
    let parse =
        |(name, evr, arch): &Row| Package::from_parts(name, evr, arch).expect("the rows are well formed");
    rows.iter().map(parse).collect()
}

/// How long it may take to tell every bad line of a large manifest.
const SLOWEST_REPORT: Duration = Duration::from_millis(100);

/// A manifest of 25,000 lines, of which 40 are no NEVRAs. Each call has names of its own: a name that was met before is
/// found faster.
fn large_manifest(call: usize) -> String {
    let line = |n: usize| match n % 618 {
        300 => format!("package-{call}-{n:05}-libs-1:4.18.{n}-553.el8_10.x68_64\n"),
        _ => format!("package-{call}-{n:05}-libs-1:4.18.{n}-553.el8_10.x86_64\n"),
    };
    (0..25_000).map(line).collect()
}

#[expect(clippy::print_stdout, reason = "it is what the bench is for")]
fn report_of_bad_lines(criterion: &mut Criterion) {
    let count = |text: &str| Manifest::parse(text).map_or_else(|problems| problems.len(), |_| 0);
    let mut took: Vec<Duration> = (0..11)
        .map(|call| {
            let text = large_manifest(call);
            let begun = Instant::now();
            let bad = count(black_box(&text));
            let took = begun.elapsed();
            // 300, 918, ..., 24402.
            assert_eq!(bad, 40, "every bad line is told");
            took
        })
        .collect();
    took.sort_unstable();
    let median = took[took.len() / 2];
    println!(
        "40 bad lines of 25,000: {median:.1?} (bar {SLOWEST_REPORT:?}), the slowest {:.1?}",
        took[took.len() - 1]
    );
    assert!(median < SLOWEST_REPORT, "{median:?}, may take under {SLOWEST_REPORT:?}");
    let text = large_manifest(0);
    criterion.bench_function("40 bad lines of 25,000, met before", |b| b.iter(|| count(black_box(&text))));
}

fn benches(criterion: &mut Criterion) {
    let old = PackageSet::new(packages(&rows(650, 0)));
    let new = PackageSet::new(packages(&rows(650, 3)));
    let delta = Delta::between(&old, &new);
    assert_eq!(delta.entries.len(), 65, "a tenth differs");
    criterion.bench_function("delta of two 650-package sets", |b| {
        b.iter(|| Delta::between(black_box(&old), black_box(&new)));
    });

    let manifest = Manifest { packages: old.clone(), ..Manifest::default() };
    let header = vec![("digest".to_owned(), manifest.digest().to_string())];
    let text = Manifest { header, ..manifest }.to_text();
    criterion.bench_function("parse of a 650-line manifest", |b| {
        b.iter(|| Manifest::parse(black_box(&text)).expect("the text is a manifest"));
    });
    criterion.bench_function("digest of a 650-package set", |b| {
        b.iter_batched(
            || old.iter().collect::<PackageSet>(),
            |set| -> Digest { set.digest() },
            BatchSize::SmallInput,
        );
    });

    let instances: Vec<Vec<Row>> = (0..1_000).map(|instance| rows(650, instance % 40)).collect();
    let mut group = criterion.benchmark_group("fleet");
    group.sample_size(10);
    group.bench_function("interning of 650,000 rows into sets", |b| {
        b.iter(|| {
            let mut pool = SetPool::default();
            let sets: Vec<PackageSet> = instances.iter().map(|rows| pool.intern(packages(rows))).collect();
            assert_eq!(pool.len(), 40, "one copy of each distinct set");
            sets
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    report_of_bad_lines(&mut criterion);
    benches(&mut criterion);
    criterion.final_summary();
}
