//! What must never be seen: the test keys line by line, the pass phrases and tokens that tests use. Whatever the real
//! program prints in any test and leaves in a workspace is searched for them, but for the files that are there to hold
//! them: keys, tokens and the configuration that names a pass phrase, all of which a test or `simulate --config` wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use patchtrain::simulator::credentials;

/// What tests of the program use besides keys.
const WORDS: [&str; 4] = ["correct-horse-battery", "correct horse", "hunter2", "s3cr3t"];

static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/oci/testdata");
    let mut texts = vec![credentials().key.to_owned()];
    for name in ["key.pem", "key-pbes2.pem", "key-legacy.pem"] {
        texts.push(std::fs::read_to_string(folder.join(name)).unwrap());
    }
    // Whole keys would hide in text that is wrapped.
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| line.len() == 64);
    lines.map(str::to_owned).chain(WORDS.map(str::to_owned)).collect()
});

/// Finds a secret in what was said or written.
fn find(text: &[u8]) -> Option<&'static str> {
    // Nearly all texts are small; the large ones are manifests, without a line that is as long as a key's.
    let text = String::from_utf8_lossy(text);
    SECRETS.iter().map(String::as_str).find(|secret| text.contains(secret))
}

/// Fails where something shows a secret, without showing it again.
#[track_caller]
pub(crate) fn none_in(what: &str, text: &[u8]) {
    if let Some(secret) = find(text) {
        panic!("{what} shows a secret, the one that begins with `{}`", &secret[..4]);
    }
}

/// Passes on what a run of the program said, if no secret is in it.
#[track_caller]
pub(crate) fn kept(output: Output) -> Output {
    none_in("stdout", &output.stdout);
    none_in("stderr", &output.stderr);
    output
}

/// Tells whether a file is there to hold secrets.
fn holds_secrets(path: &Path, content: &[u8]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.extension().is_some_and(|extension| extension == "pem")
        || ["config", "token"].contains(&name)
        || content.starts_with(b"-----BEGIN")
}

/// Returns the files that show a secret and are not there for that.
pub(crate) fn leaks(files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<&Path> {
    let leaking =
        files.iter().filter(|(path, content)| !holds_secrets(path, content) && find(content).is_some());
    leaking.map(|(path, _)| path.as_path()).collect()
}

#[test]
fn a_secret_that_shows_is_found() {
    let key = credentials().key.lines().find(|line| line.len() == 64).unwrap();
    for secret in [key, "hunter2"] {
        assert!(find(format!("error: {secret} is wrong").as_bytes()).is_some());
        let shown = std::panic::catch_unwind(|| none_in("stdout", secret.as_bytes()));
        let told = *shown.unwrap_err().downcast::<String>().unwrap();
        assert!(told.starts_with("stdout shows a secret") && !told.contains(secret), "{told}");
    }
    let content = |text: &str| text.as_bytes().to_vec();
    let files = BTreeMap::from([
        (PathBuf::from("oci/key.pem"), content(key)),
        (PathBuf::from("oci/config"), content("pass_phrase=hunter2")),
        (PathBuf::from("state/t.json"), content(&format!("{{\"key\": \"{key}\"}}"))),
        (PathBuf::from("trace"), content("{\"path\":\"/x\"}")),
    ]);
    assert_eq!(leaks(&files), [Path::new("state/t.json")]);
}

#[test]
fn there_is_something_to_look_for() {
    assert!(SECRETS.len() > 60, "{}", SECRETS.len());
}
