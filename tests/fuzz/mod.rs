//! Feeds the parsers with bytes that nobody would write: no panic, and what is read and written again is the same.
//!
//! Every input follows from a target, a seed and a number, so that what was found is found again. `cargo test` feeds a
//! few; `.ci/run fuzz` and `.ci/long` feed for a time, the targets side by side, each batch in a process of its own: what
//! a batch has interned goes with it, and one that hangs or is killed is told by its seed.
//!
//! ```text
//! PATCHTRAIN_FUZZ_SECONDS=30 cargo test --test all -- --ignored --nocapture fuzz_all
//! PATCHTRAIN_FUZZ=manifest:7:1234 cargo test --test all -- --ignored --nocapture fuzz_again     # one input again
//! ```
//! `PATCHTRAIN_FUZZ_TARGETS` names the targets, where not all; `PATCHTRAIN_FUZZ_SEED` the first seed.

mod mutate;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use targets::{TARGETS, Target};

/// How long a batch runs, and how long it may take before it counts as hanging.
const BATCH: Duration = Duration::from_secs(5);
const HANGS: Duration = Duration::from_secs(60);

/// How many inputs of each target `cargo test` feeds.
const FEW: u64 = 150;

/// Feeds one input; says what is wrong with what came of it.
fn feed(target: &Target, seed: u64, case: u64) -> Result<(), String> {
    let input = (target.seeds)().input(seed, case);
    feed_bytes(target, seed, case, &input)
}

fn feed_bytes(target: &Target, seed: u64, case: u64, input: &[u8]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| (target.feed)(input))).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panics");
        let name = target.name;
        format!(
            "{name}, seed {seed}, case {case}: {said}\n  input: \"{}\"\n  again: PATCHTRAIN_FUZZ={name}:{seed}:{case} \
             cargo test --test all -- --ignored --nocapture fuzz_again",
            input.escape_ascii()
        )
    })
}

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target is called {name}"))
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[test]
fn a_few_inputs_are_fed_to_every_parser() {
    for target in &TARGETS {
        let seeds = (target.seeds)();
        for case in 0..FEW {
            let input = seeds.input(1, case);
            feed_bytes(target, 1, case, &input).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

/// The texts to begin with are good ones: of bad ones the mutations would find little.
#[test]
fn the_texts_to_begin_with_are_read() {
    use patchtrain::advisory;
    use patchtrain::package::{List, Manifest, Package};
    let texts = |name| (target(name).seeds)().texts;
    for text in texts("nevra") {
        let text = String::from_utf8(text).unwrap();
        assert!(Package::parse(&text).is_ok() || text.starts_with("gpg-pubkey"), "{text}");
    }
    assert!(texts("list").iter().all(|text| List::parse(std::str::from_utf8(text).unwrap()).is_ok()));
    assert_eq!(texts("manifest").iter().filter_map(|text| Manifest::parse(text).err()).next(), None);
    for text in texts("train") {
        let refused = targets::load(&text).err().map(|problems| problems.render(false));
        assert_eq!(refused, None);
    }
    for (name, count) in [("updateinfo", 2), ("oval", 1)] {
        for text in texts(name) {
            let loaded = advisory::read(&*text, 8).unwrap();
            assert!(
                loaded.advisories.len() >= count && loaded.advisories.iter().any(|one| !one.fixes.is_empty())
            );
        }
    }
}

/// A parser with a fault that takes two changes of a text is found out, with all that it takes to see it again.
#[test]
fn a_fault_is_found_and_told() {
    let broken = Target {
        name: "broken",
        seeds: || mutate::Seeds { texts: vec![b"bash-4.4.20-5.el8.x86_64".to_vec()], words: &["999:"] },
        feed: |bytes| {
            let text = String::from_utf8_lossy(bytes);
            assert!(!(text.contains("999:") && text.contains('~')), "a fault");
        },
    };
    let found = (0..20_000).find_map(|case| feed(&broken, 3, case).err().map(|said| (case, said)));
    let (case, said) = found.expect("it is found");
    let again = format!("PATCHTRAIN_FUZZ=broken:3:{case} cargo test");
    assert!(said.starts_with(&format!("broken, seed 3, case {case}: a fault\n  input: \"")), "{said}");
    assert!(said.contains(&again) && said.contains("999:"), "{said}");
}

#[test]
#[ignore = "takes as long as it is given: .ci/run fuzz"]
fn fuzz_all() {
    let seconds =
        setting("PATCHTRAIN_FUZZ_SECONDS").map_or(10, |text| text.parse().expect("seconds are a number"));
    let first: u64 =
        setting("PATCHTRAIN_FUZZ_SEED").map_or(1, |text| text.parse().expect("a seed is a number"));
    let named = setting("PATCHTRAIN_FUZZ_TARGETS");
    let names: Vec<&str> = match &named {
        Some(names) => names.split([' ', ',']).map(|name| target(name).name).collect(),
        None => TARGETS.iter().map(|target| target.name).collect(),
    };
    let batches = Duration::from_secs(seconds).div_duration_f64(BATCH).ceil().max(1.0) as u64;
    // All targets have had their first batch before any has its second.
    let mut jobs: Vec<(&str, u64)> = (0..batches)
        .rev()
        .flat_map(|batch| names.iter().rev().map(move |name| (*name, first + batch)))
        .collect();
    let of_each = jobs.len() / names.len();
    let (jobs, told) = (Mutex::new(std::mem::take(&mut jobs)), Mutex::new((0_u64, Vec::new())));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some((name, seed)) = jobs.lock().unwrap().pop() else { return };
                    let said = batch_apart(name, seed);
                    let mut told = told.lock().unwrap();
                    match said {
                        Ok(count) => told.0 += count,
                        Err(wrong) => {
                            println!("{wrong}\n");
                            told.1.push(wrong);
                        }
                    }
                }
            });
        }
    });
    let (count, wrong) = told.into_inner().unwrap();
    println!("{count} inputs in {of_each} batches of each of {names:?}, from seed {first} on");
    assert!(wrong.is_empty(), "{} batches found something, see above", wrong.len());
}

/// Runs a batch in a process of its own, and returns how many inputs it fed.
fn batch_apart(name: &str, seed: u64) -> Result<u64, String> {
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program)
        .args(["--ignored", "--exact", "--nocapture", "fuzz::fuzz_again"])
        .env("PATCHTRAIN_FUZZ", format!("{name}:{seed}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program can be started");
    let (begun, done) = (Instant::now(), std::sync::mpsc::channel());
    let mut stdout = child.stdout.take().expect("it has a stdout");
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = std::io::Read::read_to_string(&mut stdout, &mut text).map(|_| text);
        // Nobody waits any more for one that hangs.
        let _ = done.0.send(read);
    });
    let again =
        format!("PATCHTRAIN_FUZZ={name}:{seed} cargo test --test all -- --ignored --nocapture fuzz_again");
    let Ok(text) = done.1.recv_timeout(HANGS) else {
        child.kill().expect("it can be ended");
        child.wait().expect("it ends");
        return Err(format!("{name}, seed {seed}: it hangs after {:?}\n  again: {again}", begun.elapsed()));
    };
    let text = text.expect("it writes UTF-8");
    let status = child.wait().expect("it ends");
    let fed = text.lines().find_map(|line| line.strip_prefix("fed ")?.parse().ok());
    match fed.filter(|_| status.success()) {
        Some(count) => Ok(count),
        None => {
            let found = text.split_once("FOUND ").map(|(_, rest)| rest.split("\n\n").next().unwrap_or(rest));
            Err(found
                .map_or_else(|| format!("{name}, seed {seed}: {status}\n  again: {again}"), str::to_owned))
        }
    }
}

/// Feeds one input, `TARGET:SEED:CASE`, or a batch, `TARGET:SEED`.
#[test]
#[ignore = "is asked for by name, with PATCHTRAIN_FUZZ"]
fn fuzz_again() {
    let Some(what) = setting("PATCHTRAIN_FUZZ") else { return };
    let mut parts = what.split(':');
    let target = target(parts.next().unwrap_or_default());
    let mut number = || parts.next().map(|text| text.parse::<u64>().expect("seeds and cases are numbers"));
    let seed = number().expect("a seed stands behind the target");
    let begun = Instant::now();
    let seeds = (target.seeds)();
    let cases = match number() {
        Some(case) => case..case + 1,
        None => 0..u64::MAX,
    };
    let mut fed = 0_u64;
    for case in cases {
        let input = seeds.input(seed, case);
        if let Err(wrong) = feed_bytes(target, seed, case, &input) {
            println!("\nFOUND {wrong}\n\n");
            panic!("it is found");
        }
        fed += 1;
        if begun.elapsed() >= BATCH {
            break;
        }
    }
    println!("\nfed {fed}");
}
