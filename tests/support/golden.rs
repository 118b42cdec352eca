//! Golden files: expected texts in `tests/golden/`, compared whole, shown as a diff where they differ, and written
//! anew when `PATCHTRAIN_UPDATE_GOLDEN=1` stands in the environment. Used by unit tests and by integration tests.

use std::fmt::Write;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

/// Compares a text with `tests/golden/<name>.txt`.
#[track_caller]
pub(crate) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var("PATCHTRAIN_UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    let mut text = String::new();
    for change in TextDiff::from_lines(expected.as_str(), actual).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        // Escape codes are spelled out, so that the diff shows them and the terminal does not obey them.
        let line = change.value().replace('\u{1b}', "\\e");
        let _ = write!(text, "{sign}{line}");
    }
    panic!(
        "{} differs (- expected, + actual); PATCHTRAIN_UPDATE_GOLDEN=1 writes it anew:\n{text}",
        path.display()
    );
}
