//! Times advisories against their bars: what stands open in 650 packages by a book of 30,000 advisories, what the way
//! between two such sets closes, and a generated OVAL file of 300 MB, which is to be read in under 150 MB of memory.
//! The peak is that of a process of its own, which this program starts with the file as its argument.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use criterion::Criterion;
use patchtrain::advisory::{self, Advisories, Advisory, Fix, Holding, Status};
use patchtrain::package::{Package, PackageSet, Streams};
use patchtrain::patching::UpdateKind;

/// The size of the OVAL file, and the bar.
const BYTES: u64 = 300_000_000;
const MOST_KB: u64 = 150_000;

/// Said before the file that the process of its own is to read.
const READ: &str = "--read-oval";

fn package(name: usize, version: usize) -> Package {
    let text = format!("package-{name:03}-common-libs-4.18.{version}-553.{name}.el8_10.x86_64");
    Package::parse(&text).expect("the text is a NEVRA")
}

/// So many advisories, each about three of 650 packages.
fn book(count: usize) -> Advisories {
    let one = |number: usize| Advisory {
        id: format!("ELSA-2099-{number:05}").into(),
        kind: UpdateKind::Security,
        severity: None,
        title: Arc::from(""),
        issued: None,
        updated: None,
        cves: vec![format!("CVE-2099-{}", 10_000 + number).into()],
        fixes: (0..3).map(|n| Fix::new(package((number * 7 + n) % 650, number % 50))).collect(),
        status: Status::Final,
    };
    (0..count).map(one).collect()
}

fn times(criterion: &mut Criterion) {
    let book = book(30_000);
    let set = |version| (0..650).map(|name| package(name, version)).collect::<PackageSet>();
    let (old, new) = (set(20), set(30));
    let streams = Streams::default();
    let holding = |packages| Holding { sets: vec![packages], streams: &streams };
    criterion.bench_function("open in 650 packages, of 30,000 advisories", |b| {
        b.iter(|| book.open_in(black_box(&old), &streams));
    });
    criterion.bench_function("closed between two sets, of 30,000 advisories", |b| {
        b.iter(|| book.closed_between(&holding(black_box(&old)), &holding(black_box(&new))));
    });
}

/// Writes OVAL in the vendor's form: definitions for four systems and two architectures, with ten packages each, and
/// what they refer to.
fn generate(path: &Path, bytes: u64) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    // What one definition and what it refers to take.
    let definitions = bytes / 17_500;
    writeln!(out, r#"<?xml version="1.0" encoding="utf-8"?>"#)?;
    writeln!(out, r#"<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">"#)?;
    writeln!(out, "<generator></generator>\n<definitions>")?;
    for n in 0..definitions {
        let major = 6 + n % 4;
        write!(
            out,
            r#"<definition id="oval:com.oracle.elsa:def:{n}" version="501" class="patch">
<metadata>
<title>
ELSA-2099-{n}:  package-{n} security update (IMPORTANT)
</title>
<affected family="unix">
<platform>Oracle Linux {major}</platform>
</affected>
<reference source="elsa" ref_id="ELSA-2099-{n}" ref_url="https://linux.oracle.com/errata/ELSA-2099-{n}.html"/>
<reference source="CVE" ref_id="CVE-2099-{n:05}" ref_url="https://linux.oracle.com/cve/CVE-2099-{n:05}.html"/>
<description>
{}
</description>
<advisory>
<severity>IMPORTANT</severity>
<rights>Copyright 2099 Oracle, Inc.</rights>
<issued date="2099-01-01"/>
<cve href="https://linux.oracle.com/cve/CVE-2099-{n:05}.html">CVE-2099-{n:05}</cve>
</advisory>
</metadata>
<criteria operator="AND">
<criterion test_ref="oval:com.oracle.elsa:tst:{n}001" comment="Oracle Linux {major} is installed"/>
<criteria operator="OR">
"#,
            "[1.0-1]\n- a line of a change log, as long as those of the vendor are\n".repeat(20)
        )?;
        for (a, arch) in ["aarch64", "x86_64"].iter().enumerate() {
            write!(
                out,
                r#"<criteria operator="AND">
<criterion test_ref="oval:com.oracle.elsa:tst:{n}00{}" comment="Oracle Linux arch is {arch}"/>
<criteria operator="OR">
"#,
                a + 2
            )?;
            for p in 0..10 {
                let (test, signed) = (100 + 2 * p, 101 + 2 * p);
                write!(
                    out,
                    r#"<criteria operator="AND">
<criterion test_ref="oval:com.oracle.elsa:tst:{n}{test}" comment="package-{p}-of-{n} is earlier than 0:4.18.{n}-553.el{major}"/>
<criterion test_ref="oval:com.oracle.elsa:tst:{n}{signed}" comment="package-{p}-of-{n} is signed with the Oracle Linux {major} key"/>
</criteria>
"#
                )?;
            }
            writeln!(out, "</criteria>\n</criteria>")?;
        }
        writeln!(out, "</criteria>\n</criteria>\n</definition>")?;
    }
    writeln!(out, "</definitions>\n<tests>")?;
    for n in 0..definitions {
        for p in 100..120 {
            let state = if p % 2 == 0 { format!("{n}{p}") } else { "1".to_owned() };
            write!(
                out,
                r#"<rpminfo_test id="oval:com.oracle.elsa:tst:{n}{p}" version="501" comment="package-{}-of-{n} is tested" check="at least one" xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux">
<object object_ref="oval:com.oracle.elsa:obj:{n}{}"/>
<state state_ref="oval:com.oracle.elsa:ste:{state}"/>
</rpminfo_test>
"#,
                (p - 100) / 2,
                p & !1
            )?;
        }
    }
    writeln!(out, "</tests>\n<objects>")?;
    for n in 0..definitions {
        for p in 0..10 {
            writeln!(
                out,
                r#"<rpminfo_object id="oval:com.oracle.elsa:obj:{n}{}" version="501" xmlns="x"><name>package-{p}-of-{n}</name></rpminfo_object>"#,
                100 + 2 * p
            )?;
        }
    }
    writeln!(out, "</objects>\n<states>")?;
    writeln!(
        out,
        r#"<rpminfo_state id="oval:com.oracle.elsa:ste:1"><signature_keyid operation="equals">0</signature_keyid></rpminfo_state>"#
    )?;
    for n in 0..definitions {
        for p in 0..10 {
            writeln!(
                out,
                r#"<rpminfo_state id="oval:com.oracle.elsa:ste:{n}{}" version="501" xmlns="x"><evr datatype="evr_string" operation="less than">0:4.18.{n}-553.el{}</evr></rpminfo_state>"#,
                100 + 2 * p,
                6 + n % 4
            )?;
        }
    }
    writeln!(out, "</states>\n</oval_definitions>")?;
    out.flush()
}

/// Reads the file, and returns how many advisories it has and the most memory that this process has held, in kB.
fn peak_of(path: &Path) -> (usize, u64) {
    let loaded = advisory::load(path, 8).expect("the generated file can be read");
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings.list.first());
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of processes");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next()).and_then(|text| text.parse().ok());
    (loaded.advisories.len(), peak.expect("Linux tells the peak"))
}

#[expect(clippy::print_stdout, reason = "it is what the bench is for")]
fn memory() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("oval.xml");
    generate(&path, BYTES).expect("the file can be written");
    let size = path.metadata().expect("the file is there").len();
    assert!(size > BYTES * 95 / 100, "{size} bytes only");
    let begin = Instant::now();
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg(READ).arg(&path).output().expect("this program can be started");
    let took = begin.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let peak: u64 = text.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    println!("OVAL of {size} bytes: {peak} kB at most (bar {MOST_KB}), {took:.1?}; {}", text.trim_end());
    assert!(peak < MOST_KB, "{peak} kB, may be under {MOST_KB}");
}

#[expect(clippy::print_stdout, reason = "it is read by the process that started this one")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, path] = &arguments[..]
        && flag == READ
    {
        let (count, peak) = peak_of(Path::new(path));
        println!("{peak} kB, {count} advisories");
        return;
    }
    memory();
    let mut criterion = Criterion::default().configure_from_args();
    times(&mut criterion);
    criterion.final_summary();
}
