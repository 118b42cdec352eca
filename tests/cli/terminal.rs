//! What a person at a terminal sees.

use patchtrain::cli::exit;

use crate::support::{Screen, Workspace};

#[test]
fn colour_is_for_terminals_and_can_be_refused() {
    let workspace = Workspace::empty();
    let screen = Screen::start(&workspace, &["plan"], (24, 80));
    screen.wait_for("no train files here");
    assert!(screen.raw().contains("\u{1b}[31m"), "{}", screen.raw());
    let (code, contents) = screen.end();
    assert_eq!(code, u32::from(exit::ERROR), "{contents}");

    let screen = Screen::start(&workspace, &["plan", "--no-color"], (24, 80));
    screen.wait_for("no train files here");
    assert!(!screen.raw().contains('\u{1b}'), "{}", screen.raw());
    assert_eq!(screen.end().0, u32::from(exit::ERROR));

    assert!(!workspace.run(&["plan"]).stderr.contains('\u{1b}'));
    let mut forced = workspace.command(&["plan"]);
    let forced = forced.env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&forced.stderr).contains("\u{1b}[31m"));
    let mut refused = workspace.command(&["plan"]);
    let refused = refused.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8_lossy(&refused.stderr).contains('\u{1b}'));
}
