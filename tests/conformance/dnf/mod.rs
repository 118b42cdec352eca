//! The real dnf (Debian's packages `dnf`, `rpm` and `createrepo-c`) judges what a host ends with: our agents, verdicts
//! and deltas are held against it, story by story. `judge.py` has it do so, on packages made for the purpose, in roots
//! that hold nothing but rpm's database. Run by `.ci/run judge`; asked for elsewhere, it needs to be root.
//!
//! What dnf and we differ in is a limit that `docs/limits.md` tells, or an error.

mod case;
mod stories;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use patchtrain::package::{DeltaKind, Package, PackageSet};
use serde_json::{Value, json};

use case::{Case, Judged, Off, Story, Words, change, packages, spec, stream_of};
use stories::{OBSOLETES, REQUIRES, STORIES, STREAMS};

const LIMITS: &str = include_str!("../../../docs/limits.md");

#[test]
#[ignore = "takes dnf, rpmbuild and createrepo_c, and root: .ci/run judge"]
fn dnf_ends_with_what_we_say() {
    let begun = Instant::now();
    let cases: Vec<(&Story, &Case)> =
        STORIES.iter().flat_map(|story| story.cases.iter().map(move |case| (story, case))).collect();
    let judged = judge(&cases);
    let mut wrong = Vec::new();
    let mut kinds = String::new();
    let mut last = "";
    for ((story, case), judged) in cases.iter().zip(&judged) {
        if story.name != last {
            println!("\n{}: {}", story.name, story.story);
            last = story.name;
        }
        let (before, after) = (packages(story.installed), judged.after.iter());
        let after: PackageSet = after.map(|text| Package::parse(text).unwrap()).collect();
        let failed = if judged.code == 0 { "" } else { ", and fails" };
        println!("  {:?}\n    dnf      {}{failed}", case.words, change(&before, &after));
        let claims = story.claims(case.words, judged);
        for claim in &claims {
            let verdict = claim.wrong.as_deref().map(|wrong| format!("\n             OFF: {wrong}"));
            println!("    {:8} {}{}", format!("{:?}", claim.of), claim.said, verdict.unwrap_or_default());
            if claim.of == Off::Delta {
                kinds.push_str(&claim.said);
            }
        }
        let off: Vec<Off> =
            claims.iter().filter(|claim| claim.wrong.is_some()).map(|claim| claim.of).collect();
        let (heading, known) = case.limit.unwrap_or(("", &[]));
        if off != known {
            let said = judged.said.lines().rev().take(4).collect::<Vec<_>>();
            wrong.push(format!(
                "{} {:?}: off are {off:?}, known {known:?} ({said:?})",
                story.name, case.words
            ));
        } else if !known.is_empty() {
            println!("    a known limit: {heading}");
        }
    }
    println!("\n{} cases of {} stories, judged in {:.1?}", cases.len(), STORIES.len(), begun.elapsed());
    assert_eq!(wrong, Vec::<String>::new());
    for kind in DeltaKind::ALL {
        assert!(kinds.contains(kind.word()), "no story is about packages that are {}", kind.word());
    }
}

#[test]
fn the_limits_of_the_stories_are_told() {
    for story in STORIES {
        for (heading, _) in story.cases.iter().filter_map(|case| case.limit) {
            let line = format!("## {heading}");
            assert!(
                LIMITS.lines().any(|known| known == line),
                "docs/limits.md has no `{line}`: {}",
                story.name
            );
        }
    }
}

/// Has dnf do all that the cases ask for.
fn judge(cases: &[(&Story, &Case)]) -> Vec<Judged> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/dnf/judge.py");
    let mut child = Command::new("/usr/bin/python3")
        .arg(script)
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Debian's python3 can be started");
    let request = json!({ "packages": made(), "cases": cases.iter().map(asked).collect::<Vec<_>>() });
    let mut stdin = child.stdin.take().expect("it has a stdin");
    stdin.write_all(request.to_string().as_bytes()).expect("it reads its stdin");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the judge fails: see above");
    let judged: Vec<Judged> = serde_json::from_slice(&output.stdout).expect("it answers with JSON");
    assert_eq!(judged.len(), cases.len(), "every case is judged");
    judged
}

/// All packages that are to be made. One of a NEVRA is the same in all stories.
fn made() -> Vec<Value> {
    let mut made: BTreeMap<Package, Value> = BTreeMap::new();
    for story in STORIES {
        let running = packages(story.running);
        let sources = story.sources();
        let sources = sources.iter().flat_map(|(_, packages, _)| packages.iter());
        for package in packages(story.installed).iter().chain(sources) {
            let one = package_of(package, running.contains(package));
            let known = made.entry(package).or_insert_with(|| one.clone());
            assert_eq!(*known, one, "{}: {package} runs in one story, and in another not", story.name);
        }
    }
    made.into_values().collect()
}

fn package_of(package: Package, runs: bool) -> Value {
    let of = |table: &[(&str, &str, &str)]| -> Vec<String> {
        let is = |(name, version, _): &&(&str, &str, &str)| {
            (*name, *version) == (package.name(), package.version())
        };
        table.iter().filter(is).map(|(_, _, what)| (*what).to_owned()).collect()
    };
    let (mut provides, mut requires) = (Vec::new(), of(REQUIRES));
    let uname = format!("kernel-uname-r = {}-{}.{}", package.version(), package.release(), package.arch());
    // As the vendor's kernels have it. The name `kernel` itself is in dnf's list of what is only installed.
    match package.name() {
        "kernel-core" | "kernel-uek-core" => {
            provides.extend(["installonlypkg(kernel)".to_owned(), uname]);
        }
        "kernel-uek" | "kernel-devel" | "kernel-uek-devel" => {
            provides.push("installonlypkg(kernel)".to_owned());
        }
        "kernel-modules" => {
            provides.push("installonlypkg(kernel-module)".to_owned());
            requires.push(uname);
        }
        "kernel-uek-modules-extra" => provides.push("installonlypkg(kernel-module)".to_owned()),
        _ => {}
    }
    json!({
        "nevra": package.as_str(), "name": package.name(), "epoch": package.epoch(), "version": package.version(),
        "release": package.release(), "arch": package.arch().as_str(), "provides": provides, "requires": requires,
        "obsoletes": of(OBSOLETES), "module": stream_of(package).map(spec), "running": runs,
    })
}

fn asked((story, case): &(&Story, &Case)) -> Value {
    let nevras = |set: &PackageSet| set.iter().map(|package| package.as_str()).collect::<Vec<_>>();
    let repositories: Vec<Value> = story
        .sources()
        .iter()
        .map(|(name, packages, told)| {
            let modules = if *told { modules(packages) } else { String::new() };
            json!({ "name": name, "packages": nevras(packages), "modules": modules })
        })
        .collect();
    let words: Vec<String> = match case.words {
        Words::Upgrade => vec!["upgrade".to_owned()],
        Words::Sync => vec!["distro-sync".to_owned()],
        Words::Install(which) => {
            let which = which.split_whitespace().map(|word| packages(word).as_slice()[0].to_string());
            std::iter::once("install".to_owned()).chain(which).collect()
        }
    };
    let enabled: Vec<&str> = story.enabled.split_whitespace().collect();
    json!({
        "installed": nevras(&packages(story.installed)), "enabled": enabled, "repositories": repositories,
        "words": words,
    })
}

/// The module metadata of a source: its streams with what it holds of them, and the modules' defaults.
fn modules(packages: &PackageSet) -> String {
    let mut documents = Vec::new();
    for (name, default) in STREAMS {
        let of: Vec<Package> = packages.iter().filter(|package| stream_of(*package) == Some(name)).collect();
        if of.is_empty() {
            continue;
        }
        let spec = spec(name);
        let [module, stream, version, context] = spec.split(':').collect::<Vec<_>>()[..] else {
            unreachable!()
        };
        let artifact = |package: &Package| {
            let (name, epoch, arch) = (package.name(), package.epoch(), package.arch());
            format!("    - {name}-{epoch}:{}-{}.{arch}\n", package.version(), package.release())
        };
        let artifacts: String = of.iter().map(artifact).collect();
        documents.push(format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {module}\n  stream: \"{stream}\"\n  version: {version}\n  \
             context: {context}\n  arch: x86_64\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n  \
             artifacts:\n    rpms:\n{artifacts}...\n"
        ));
        if *default {
            documents.push(format!(
                "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  stream: \"{stream}\"\n...\n"
            ));
        }
    }
    documents.concat()
}
