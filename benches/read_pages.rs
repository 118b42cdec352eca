//! Reading the package pages of a fleet: 1,000 instances of 650 rows each, into interned sets. The bar is 1.5 s, with
//! one copy of each distinct set.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use patchtrain::cloud::osms::{Names, Reading};
use patchtrain::observed::Inventory;
use patchtrain::package::SetPool;

const INSTANCES: usize = 1_000;
const ROWS: usize = 650;

/// Every tenth instance differs from the others, each in its own way.
const DRIFTED: usize = 10;

/// Writes the page of an instance as the service does: a row of the model, with its dates and sources.
fn page(instance: usize) -> String {
    let mut page = String::from("[");
    for row in 0..ROWS {
        let drifted = instance.is_multiple_of(DRIFTED) && row == instance / DRIFTED;
        let (name, epoch) = match row % 13 {
            0 => (format!("perl-Module-{row}"), "4:"),
            1 => (format!("lib-plus++-{row}"), ""),
            _ => (format!("some-package-{row}"), ""),
        };
        let version = format!("{epoch}2.{}.{row}-{}.0.1.el8_10", row % 40, if drifted { 4 } else { 3 });
        let comma = if row == 0 { "" } else { "," };
        let _ = write!(
            page,
            "{comma}{{\"displayName\":\"{name}\",\"name\":\"{name}-{version}.x86_64\",\"type\":\"rpm\",\
             \"version\":\"{version}\",\"architecture\":\"x86_64\",\
             \"installTime\":\"2026-10-11T12:13:14.000Z\",\"issued\":\"2026-09-0{}T00:00:00.000Z\",\
             \"softwareSources\":[{{\"name\":\"Oracle Linux 8 BaseOS Latest (x86_64)\",\
             \"id\":\"ocid1.osmssoftwaresource.oc1..aaaaaaaabcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrs\"}}]}}",
            row % 9 + 1,
        );
    }
    page.push(']');
    page
}

fn read(pages: &[String]) -> (Vec<Inventory>, SetPool) {
    let names = Names::default();
    let mut pool = SetPool::default();
    let read = |page: &String| {
        let mut reading = Reading::default();
        reading.installed(page.as_bytes(), &names).expect("the pages are of packages");
        reading.into_inventory(&mut pool)
    };
    (pages.iter().map(read).collect(), pool)
}

fn read_pages(criterion: &mut Criterion) {
    let pages: Vec<String> = (0..INSTANCES).map(page).collect();
    let (inventories, pool) = read(&pages);
    assert!(inventories.iter().all(|inventory| inventory.installed.len() == ROWS));
    // The common set, the drifted ones, and the empty one of packages without a source.
    assert_eq!(pool.len(), 1 + INSTANCES / DRIFTED + 1);
    drop(inventories);
    criterion.bench_function("read 1,000 instances of 650 packages", |bencher| {
        bencher.iter(|| black_box(read(&pages)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = read_pages
}
criterion_main!(benches);
