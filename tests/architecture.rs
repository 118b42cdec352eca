//! Holds the shape of the code that `src/lib.rs` draws: which module may know which, and the rules each file keeps.
//! Reads the sources as text; what is only compiled for tests is left out.

mod source;

use std::collections::BTreeSet;
use std::path::Path;

use source::Source;

/// What each top-level module may know of the others: the arrows of the picture in `src/lib.rs`. Adding one is a
/// decision about the design; `name` stands at the very bottom, `cli` on top.
const ARROWS: [(&str, &[&str]); 25] = [
    ("name", &[]),
    ("patching", &[]),
    ("rollout", &["name"]),
    ("seal", &[]),
    ("document", &[]),
    ("package", &["name"]),
    ("advisory", &["document", "package", "patching"]),
    ("repodata", &["document", "package"]),
    ("oci", &["name"]),
    ("op", &["name", "package", "patching"]),
    ("policy", &["package", "rollout"]),
    ("train", &["name", "package", "patching", "policy", "rollout"]),
    ("observed", &["advisory", "name", "op", "package", "patching", "repodata"]),
    ("conformance", &["name", "observed", "package", "patching", "train"]),
    ("state", &["name", "oci", "op", "package", "patching", "policy", "seal"]),
    // Pure: what is in the service is handed to it.
    ("release", &["advisory", "name", "observed", "op", "package", "patching", "repodata", "state", "train"]),
    // Pure: no `cloud`, no `oci`.
    (
        "plan",
        &[
            "advisory",
            "conformance",
            "name",
            "observed",
            "op",
            "package",
            "patching",
            "policy",
            "repodata",
            "rollout",
            "seal",
            "state",
            "train",
        ],
    ),
    // Knows nothing of plans or of the state.
    ("cloud", &["advisory", "name", "observed", "oci", "op", "package", "patching"]),
    (
        "apply",
        &[
            "cloud",
            "conformance",
            "name",
            "observed",
            "op",
            "package",
            "patching",
            "plan",
            "policy",
            "rollout",
            "state",
            "train",
        ],
    ),
    // The executor in a world of its own: of `cloud` only the one in memory.
    ("rehearsal", &["apply", "cloud", "name", "observed", "op", "plan", "rollout", "state"]),
    // Pure too. Of `plan` only what names the service.
    (
        "report",
        &[
            "advisory",
            "conformance",
            "name",
            "observed",
            "op",
            "package",
            "patching",
            "plan",
            "rollout",
            "state",
            "train",
        ],
    ),
    // Of `apply` only what it tells whoever watches.
    (
        "render",
        &[
            "advisory",
            "apply",
            "conformance",
            "name",
            "observed",
            "op",
            "package",
            "patching",
            "plan",
            "policy",
            "rehearsal",
            "release",
            "report",
            "rollout",
            "state",
            "train",
        ],
    ),
    // Not `observed`: its agent and `observed::advance` are written apart and compared by tests.
    ("simulator", &["name", "oci", "package"]),
    (
        "cli",
        &[
            "advisory",
            "apply",
            "cloud",
            "conformance",
            "name",
            "observed",
            "oci",
            "op",
            "package",
            "patching",
            "plan",
            "policy",
            "rehearsal",
            "release",
            "render",
            "repodata",
            "report",
            "rollout",
            "seal",
            "simulator",
            "state",
            "train",
        ],
    ),
    ("main", &["cli"]),
];

/// What a module may reach for beside other modules, and who may: randomness, time and the environment are arguments
/// everywhere else.
const AMBIENT: [(&str, &[&str]); 5] = [
    // Signature dates are checked against real time; the simulator's clock starts from it.
    ("Timestamp::now", &["cli", "main", "oci", "simulator"]),
    ("Zoned::now", &["cli", "main"]),
    ("env::var", &["cli", "main", "oci", "simulator"]),
    // A nonce that a caller could choose could be chosen twice.
    ("SystemRandom", &["apply", "cli", "oci", "seal", "simulator"]),
    ("process::exit", &["cli", "main"]),
];

/// By what code would tell the services apart.
const SERVICES: [&str; 5] = ["Api::", "Api)", "is_first", "Capabilities", "capabilities"];

/// House rule: past this, a file is split by noun.
const LONGEST: usize = 500;

/// What waits to be split, and how long it may be until then. Nothing is added here.
const TO_SPLIT: [(&str, usize); 0] = [];

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = Source::all(&root.join("src"));
    assert!(sources.len() > 30, "only {} files found under {}", sources.len(), root.display());
    sources
}

/// Fails with all findings at once.
fn none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn arrows_run_one_way() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.module() != "lib") {
        let Some((_, allowed)) = ARROWS.iter().find(|(module, _)| *module == source.module()) else {
            findings.push(format!("{}: `{}` has no arrows in ARROWS", source.path, source.module()));
            continue;
        };
        for (line, known) in source.mentions() {
            if known != source.module() && !allowed.contains(&known.as_str()) {
                findings.push(format!(
                    "{}:{line}: `{}` may not know `{known}`",
                    source.path,
                    source.module()
                ));
            }
        }
    }
    none("an arrow that the design does not have", findings);
}

#[test]
fn the_arrows_themselves_have_no_cycle() {
    // The table is in order: each module knows only those above it.
    let mut above = BTreeSet::new();
    for (module, allowed) in ARROWS {
        for known in allowed {
            assert!(above.contains(known), "`{module}` comes before `{known}`, which it may know");
        }
        above.insert(module);
    }
}

#[test]
fn time_chance_and_environment_are_arguments() {
    let mut findings = Vec::new();
    for source in sources() {
        for (ambient, allowed) in AMBIENT {
            if !allowed.contains(&source.module()) {
                let places = source.lines_with(ambient);
                findings.extend(places.map(|line| format!("{}:{line}: {ambient}", source.path)));
            }
        }
    }
    none("take it as an argument", findings);
}

#[test]
fn executor_and_renderers_do_not_know_the_services() {
    let mut findings = Vec::new();
    let blind = |source: &&Source| ["apply", "render"].contains(&source.module());
    for source in sources().iter().filter(blind) {
        let code = SERVICES.iter().flat_map(|what| source.lines_with(what).map(move |line| (line, *what)));
        let words = ["\"osms", "\"osmh"];
        let said = words.iter().flat_map(|what| source.lines_saying(what).map(move |line| (line, *what)));
        findings.extend(code.chain(said).map(|(line, what)| format!("{}:{line}: {what}", source.path)));
    }
    none("what differs between services is decided in the plan, or in the value that is shown", findings);
}

#[test]
fn documents_are_escaped_where_they_are_written() {
    let mut findings = Vec::new();
    let writes = |source: &&Source| source.module() == "render" && source.path != "src/render/encoded.rs";
    for source in sources().iter().filter(writes) {
        let code = source.lines_with("to_string_pretty");
        let laid = source.lines_saying(":#}");
        findings.extend(code.chain(laid).map(|line| format!("{}:{line}", source.path)));
    }
    none("JSON is laid out by `encoded::document`, or a name in it commands the terminal", findings);
}

#[test]
fn the_simulators_agent_is_written_apart() {
    let simulator: Vec<Source> =
        sources().into_iter().filter(|source| source.module() == "simulator").collect();
    assert!(!simulator.is_empty());
    let places = simulator.iter().flat_map(|source| {
        let advance = source.lines_with("observed::advance").chain(source.lines_with(".advance(&op"));
        advance.map(|line| format!("{}:{line}", source.path)).collect::<Vec<_>>()
    });
    none("the agent may not call `observed::advance`", places.collect());
}

#[test]
fn each_file_says_what_it_answers_for_and_is_short_enough_to_be_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut findings = Vec::new();
    for source in Source::every(&root.join("src")).into_iter().chain(Source::every(&root.join("tests"))) {
        if !source.text.starts_with("//! ") {
            findings.push(format!("{}: does not open with `//! `", source.path));
        }
        let lines = source.text.lines().count();
        let exception = TO_SPLIT.iter().find(|(path, _)| *path == source.path).map(|(_, longest)| *longest);
        if exception.is_some() && lines <= LONGEST {
            findings.push(format!("{}: {lines} lines, take it off TO_SPLIT", source.path));
        }
        let longest = exception.unwrap_or(LONGEST);
        if lines > longest {
            findings.push(format!("{}: {lines} lines, over {longest}: split it by noun", source.path));
        }
    }
    none("house rules", findings);
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut findings = Vec::new();
    for source in sources() {
        // Literals are blanked, quotes and all: what is left of `expect("")` is told by the original.
        for line in source.lines_with(".unwrap()") {
            findings.push(format!("{}:{line}: unwrap", source.path));
        }
        for line in source.lines_with(".expect(") {
            if source.text.lines().nth(line - 1).is_some_and(|text| text.contains(".expect(\"\")")) {
                findings.push(format!("{}:{line}: expect without a reason", source.path));
            }
        }
    }
    none("say why it cannot happen, or return an error", findings);
}
