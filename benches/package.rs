//! Times the package core against its bars: the delta of two 650-package sets (under 50 microseconds), reading a
//! manifest of 650 lines, and interning the rows of 1,000 instances.

use std::hint::black_box;

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
    benches(&mut criterion);
    criterion.final_summary();
}
