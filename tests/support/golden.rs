//! Golden files: expected texts in `tests/golden/`, compared whole, shown as a diff where they differ, and written
//! anew when `PATCHTRAIN_UPDATE_GOLDEN=1` stands in the environment. Used by unit tests and by integration tests.

use std::path::Path;

use similar::TextDiff;

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
    // Escape codes are spelled out, so that the diff shows them and the terminal does not obey them.
    let (expected, actual) = (expected.replace('\u{1b}', "\\e"), actual.replace('\u{1b}', "\\e"));
    let diff = TextDiff::from_lines(expected.as_str(), actual.as_str());
    let text = diff.unified_diff().context_radius(3).header("expected", "actual").to_string();
    panic!("{} differs; PATCHTRAIN_UPDATE_GOLDEN=1 writes it anew:\n{text}", path.display());
}
