//! `[state] encryption` with the real program: nothing of a state shows on disk, without the passphrase nothing is done,
//! and passphrases are rotated.

use std::fs;
use std::path::Path;

use patchtrain::cli::exit;
use patchtrain::simulator::{DEFAULT_SEED, facts};

use crate::support::{Served, Workspace};

const OWN: &str = "correct-horse-battery-staple";
const NEXT: &str = "correct horse of the next year";

const OWN_ONLY: &str = "encryption = { passphrase_env = \"PATCHTRAIN_PASSPHRASE\" }\n";
const ROTATING: &str = "encryption = { passphrase_env = \"PATCHTRAIN_PASSPHRASE\", fallback = { passphrase_env = \"FORMER\" } }\n";
const ENFORCED: &str = "encryption = { passphrase_env = \"PATCHTRAIN_PASSPHRASE\", enforced = true }\n";

/// What a run said, and how it ended.
struct Said {
    stdout: String,
    stderr: String,
}

/// A workspace, and what its variables hold.
struct Vault {
    workspace: Workspace,
    file: &'static str,
    train: String,
    /// Whether the state is kept in a bucket.
    shared: bool,
}

impl Vault {
    fn new(workspace: Workspace, file: &'static str) -> Self {
        let train = fs::read_to_string(workspace.path().join(file)).unwrap();
        Self { workspace, file, train, shared: false }
    }

    /// Writes the train file anew with this in its `[state]`.
    fn says(&self, state: &str) {
        let store = match self.shared {
            true => "store = \"object_storage\"\nbucket = \"states\"",
            false => "store = \"local\"",
        };
        self.workspace.write(self.file, &format!("{}\n[state]\n{store}\n{state}", self.train));
    }

    #[track_caller]
    fn run(&self, variables: &[(&str, &str)], words: &[&str], code: u8) -> Said {
        let mut command = self.workspace.command(words);
        for name in ["PATCHTRAIN_PASSPHRASE", "FORMER"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let output = Workspace::output(&mut command);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let said = Said { stdout: text(output.stdout), stderr: text(output.stderr) };
        assert_eq!(
            output.status.code(),
            Some(i32::from(code)),
            "{words:?}\n{}\n{}",
            said.stdout,
            said.stderr
        );
        said
    }

    /// Checks what an error says, whatever its lines are broken at.
    #[track_caller]
    fn refuses(&self, variables: &[(&str, &str)], words: &[&str], code: u8, parts: &[&str]) {
        let told = self.run(variables, words, code).stderr;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(told.contains(part), "no `{part}` in {told}");
        }
    }

    /// Returns the files that show something of the fleet, of those that are kept of it.
    fn showing(&self, secrets: &[&str]) -> Vec<String> {
        let own = |path: &Path| path.starts_with("state") && !path.starts_with("state/simulator");
        let kept = |path: &Path| own(path) && !path.ends_with("README.md");
        let files = self.workspace.files();
        assert!(files.keys().any(|path| path.ends_with("great-linux.json")));
        let shows = |content: &[u8]| {
            let text = String::from_utf8_lossy(content);
            secrets.iter().any(|secret| text.contains(secret))
        };
        let plans = |path: &Path| path.extension().is_some_and(|end| end == "plan");
        let files = files.iter().filter(|(path, _)| kept(path) || plans(path));
        files.filter(|(_, content)| shows(content)).map(|(path, _)| path.display().to_string()).collect()
    }
}

const OWN_SET: [(&str, &str); 1] = [("PATCHTRAIN_PASSPHRASE", OWN)];
const NEXT_SET: [(&str, &str); 1] = [("PATCHTRAIN_PASSPHRASE", NEXT)];
const BOTH_SET: [(&str, &str); 2] = [("PATCHTRAIN_PASSPHRASE", NEXT), ("FORMER", OWN)];

#[test]
fn a_fleet_is_patched_with_a_state_of_which_nothing_shows() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    let vault = Vault::new(workspace, "trains/great-linux.toml");
    vault.says(OWN_ONLY);
    let unset = ["train `great-linux`", "PATCHTRAIN_PASSPHRASE, which is not set", "trains/great-linux.toml"];
    for words in [&["plan"][..], &["apply", "--auto-approve"], &["status"], &["state", "pull"]] {
        vault.refuses(&[], words, exit::ERROR, &unset);
    }
    let short = [("PATCHTRAIN_PASSPHRASE", "hunter2")];
    let weak = ["the passphrase in PATCHTRAIN_PASSPHRASE has fewer than 16 characters"];
    vault.refuses(&short, &["plan"], exit::ERROR, &weak);
    vault.run(&[], &["validate"], exit::DONE);
    assert!(!vault.workspace.path().join("state/great-linux.json").exists());

    // A plan is sealed as the state is.
    vault.run(&OWN_SET, &["plan", "--summary", "--out", "saved.plan"], exit::DONE);
    let world = facts(DEFAULT_SEED);
    let (member, golden) = (&world.groups[0].1[0], &world.golden);
    let secrets = [&*member.name, member.id.as_str(), golden.id.as_str(), "ocid1.", "GL1.1", "glibc-"];
    let plan = fs::read(vault.workspace.path().join("saved.plan")).unwrap();
    let text = String::from_utf8(plan.clone()).unwrap();
    assert!(
        text.starts_with("{\"patchtrain_sealed\":1,\"item\":\"plan\",\"train\":\"great-linux\""),
        "{text}"
    );
    assert!(secrets.iter().all(|secret| !text.contains(secret)));
    assert!(vault.run(&OWN_SET, &["show", "saved.plan"], exit::DONE).stdout.contains(&*member.name));
    vault.refuses(&[], &["show", "saved.plan"], exit::ERROR, &unset);
    let other = "encrypted with another passphrase than that in PATCHTRAIN_PASSPHRASE";
    vault.refuses(&NEXT_SET, &["show", "saved.plan"], exit::ERROR, &[other]);
    vault.refuses(&NEXT_SET, &["apply", "saved.plan"], exit::ERROR, &[other]);
    vault.workspace.write("changed.plan", &text.replacen("\"serial\":0", "\"serial\":1", 1));
    vault.refuses(
        &OWN_SET,
        &["apply", "changed.plan"],
        exit::REFUSED,
        &["not a plan that can be trusted: it is not as it was encrypted"],
    );
    // Elsewhere, where nothing is known of the train, it says itself which passphrase opens it.
    let elsewhere = Vault::new(Workspace::holding(&[("saved.plan".into(), plan)].into()), "saved.plan");
    assert!(elsewhere.run(&OWN_SET, &["show", "saved.plan"], exit::DONE).stdout.contains(&*member.name));
    elsewhere.refuses(&[], &["show", "saved.plan"], exit::ERROR, &["set that", "PATCHTRAIN_PASSPHRASE"]);

    let applied = vault.run(&OWN_SET, &["apply", "saved.plan", "--summary"], exit::DONE).stdout;
    assert!(applied.contains("Apply complete!"), "{applied}");
    let status = vault.run(&OWN_SET, &["status", "--full"], exit::DONE).stdout;
    assert!(status.contains(&*member.name), "{status}");
    vault.run(&OWN_SET, &["report", "--out", "report.html"], exit::DONE);
    assert_eq!(vault.showing(&secrets), Vec::<String>::new());

    // Another passphrase: the former is asked for, and after the next write no more.
    vault.refuses(&NEXT_SET, &["plan"], exit::ERROR, &[other, "`fallback`"]);
    vault.says(ROTATING);
    vault.refuses(&NEXT_SET, &["plan"], exit::ERROR, &[other, "FORMER, which is not set"]);
    let plan = vault.run(&BOTH_SET, &["plan", "--summary"], exit::DONE).stdout;
    assert!(plan.contains("No changes."), "{plan}");
    let name = format!("instance.{}", member.name);
    let rewritten = vault.run(&BOTH_SET, &["state", "rewrite"], exit::DONE).stderr;
    assert!(
        rewritten.contains("at serial 1, is encrypted with the passphrase in PATCHTRAIN_PASSPHRASE"),
        "{rewritten}"
    );
    vault.run(&NEXT_SET, &["state", "rm", &name, "--auto-approve"], exit::DONE);
    vault.says(ENFORCED);
    let history = vault.run(&NEXT_SET, &["state", "history"], exit::DONE);
    assert!(history.stdout.contains("state rm instance.") && history.stderr.is_empty(), "{}", history.stderr);
    vault.run(&NEXT_SET, &["state", "diff", "1"], exit::DIFFERENT);
    vault.run(&NEXT_SET, &["status"], exit::DONE);
    vault.refuses(&OWN_SET, &["status"], exit::ERROR, &[other]);
    assert_eq!(vault.showing(&secrets), Vec::<String>::new());

    // A plain plan is none where that is enforced.
    vault.says("");
    vault.refuses(&[], &["plan"], exit::ERROR, &["there is no passphrase", "encryption = { passphrase_env"]);
    let plain = Vault::new(Workspace::quickstart(&[]), "trains/great-linux.toml");
    plain.run(&[], &["plan", "--summary", "--out", "plain.plan"], exit::DONE);
    fs::copy(plain.workspace.path().join("plain.plan"), vault.workspace.path().join("plain.txt")).unwrap();
    vault.says(ENFORCED);
    vault.refuses(&NEXT_SET, &["apply", "plain.txt"], exit::REFUSED, &["is not encrypted", "enforced"]);
}

const TRAIN: &str = r#"
train = { name = "t", os = "oracle-linux-8", architecture = "x86_64", compartment = "ocid1.compartment.oc1..aaaa" }
service = { api = "osms", endpoints = { osms = "simulator" } }
"#;

const STATE: &str = r#"{
  "format_version": 2, "tool": "0.1.0", "train": "t", "lineage": "5eed", "serial": 7, "sources": {},
  "groups": { "web": { "id": "ocid1.group.oc1..web", "made": true } }, "instances": {}, "unfinished": {}
}"#;

/// Who reads a state by hand gets it as it is; what is put in its place is taken plain and sealed.
#[test]
fn a_state_is_pulled_plain_pushed_and_turned_off() {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    let path = workspace.write("state/t.json", STATE);
    let vault = Vault::new(workspace, "trains/t.toml");
    let sealed = |path: &Path| fs::read(path).unwrap().starts_with(b"{\"patchtrain_sealed\":1");

    // Turned on: what is plain is read, and sealed by the next write.
    vault.says(OWN_ONLY);
    let pulled = vault.run(&OWN_SET, &["state", "pull"], exit::DONE).stdout;
    assert!(pulled.contains("\"ocid1.group.oc1..web\"") && !sealed(&path));
    let file = vault.workspace.write("pulled.json", &pulled.replace("true", "false"));
    vault.says(ENFORCED);
    vault.refuses(
        &OWN_SET,
        &["state", "list"],
        exit::ERROR,
        &["state/t.json cannot be used", "not encrypted", "hint"],
    );
    vault.says(OWN_ONLY);
    let push = ["state", "push", file.to_str().unwrap(), "--auto-approve"];
    vault.run(&OWN_SET, &push, exit::DONE);
    let backup = vault.workspace.path().join("state/t.5eed-7.backup");
    assert!(sealed(&path) && sealed(&backup));

    // A sealed copy of it is taken, too: such as a run leaves that could not write its state.
    vault.says(ENFORCED);
    let errored = vault.workspace.path().join("state/errored.t.json");
    fs::copy(&path, &errored).unwrap();
    vault.run(&OWN_SET, &["state", "rm", "group.web", "--auto-approve"], exit::DONE);
    let push = ["state", "push", "state/errored.t.json", "--auto-approve", "--force"];
    vault.run(&OWN_SET, &push, exit::DONE);
    let listed = vault.run(&OWN_SET, &["state", "list"], exit::DONE).stdout;
    assert_eq!(listed, "group.web\n");

    // Turned off: opened with what was the passphrase, and plain from the next write on.
    vault.says("encryption = { fallback = { passphrase_env = \"FORMER\" } }\n");
    let set = [("FORMER", OWN)];
    vault.run(&set, &["state", "rewrite"], exit::DONE);
    vault.says("");
    vault.run(&[], &["state", "history"], exit::DONE);
    vault.run(&[], &["state", "diff", "7"], exit::DIFFERENT);
    assert!(!sealed(&path) && !sealed(&backup));
}

/// A state in a bucket is sealed as one in a folder, and moves from one to the other.
#[test]
fn a_state_in_a_bucket_is_encrypted_and_none_is_left_behind() {
    let workspace = Workspace::empty();
    let compartment = facts(DEFAULT_SEED).compartment;
    workspace.write("trains/t.toml", &TRAIN.replace("ocid1.compartment.oc1..aaaa", compartment.as_str()));
    let path = workspace.write("state/t.json", STATE);
    let mut vault = Vault::new(workspace, "trains/t.toml");
    vault.says(OWN_ONLY);
    vault.run(&OWN_SET, &["state", "rewrite"], exit::DONE);
    assert!(!fs::read_to_string(&path).unwrap().contains("ocid1.group"));
    vault.shared = true;
    vault.says(ENFORCED);
    vault.run(&OWN_SET, &["init"], exit::DONE);
    for variables in [&OWN_SET[..], &NEXT_SET] {
        vault.refuses(variables, &["state", "list"], exit::ERROR, &["init --migrate-state"]);
    }
    vault.run(&OWN_SET, &["init", "--migrate-state"], exit::DONE);
    vault.run(&OWN_SET, &["state", "rm", "group.web", "--auto-approve"], exit::DONE);
    let history = vault.run(&OWN_SET, &["state", "history"], exit::DONE).stdout;
    assert!(history.contains("init --migrate-state") && history.contains("state rm group.web"), "{history}");
    vault.refuses(&NEXT_SET, &["state", "list"], exit::ERROR, &["another passphrase"]);
    let files = vault.workspace.files();
    let objects = files.iter().filter(|(path, _)| path.starts_with("state/simulator/objects"));
    let texts: Vec<String> =
        objects.map(|(_, content)| String::from_utf8_lossy(content).into_owned()).collect();
    assert!(texts.iter().any(|text| text.contains("patchtrain_sealed")));
    // But for the lock, which says in clear who holds it, and with which command.
    assert!(texts.iter().all(|text| !text.contains("ocid1.group")));
}
