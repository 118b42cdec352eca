//! `docs/exact.md` names the packages that are never removed as the program has them.

use std::fmt::Write;

use patchtrain::plan::PROTECTED;

use super::readme::hold;

#[test]
fn what_is_never_removed_is_as_the_page_says() {
    let mut text = String::new();
    for (why, names) in PROTECTED {
        writeln!(text, "{why}:").unwrap();
        for some in names.chunks(6) {
            writeln!(text, "    {}", some.join("  ")).unwrap();
        }
    }
    hold("docs/exact.md", &[("protected", &text)]);
}
