//! What a person at a terminal sees.

use std::net::TcpListener;

use patchtrain::cli::exit;

use crate::support::{Screen, Workspace};

#[test]
fn sixty_columns_have_room_for_bars_counts_and_times() {
    let workspace = Workspace::quickstart(&[]);
    let screen = Screen::start(&workspace, &["apply", "--summary", "--auto-approve"], (40, 60));
    screen.wait_for("updating to GL1, ");
    let shown = screen.wait_for("Applying: ");
    screen.wait_for("Apply complete!");
    let (code, left) = screen.end();
    assert_eq!(code, u32::from(exit::DONE), "{left}");
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let title = lines.iter().find(|line| line.starts_with("Applying: ")).unwrap_or_else(|| panic!("{shown}"));
    assert!(title.contains(" steps done, ") && title.ends_with(" s"), "{title}");
    for phase in ["sources", "members    canary", "switch     web", "update     backend", "read back  web"] {
        let line = lines.iter().find(|line| line.trim_start().starts_with(phase));
        let line = line.unwrap_or_else(|| panic!("no bar of {phase}:\n{shown}"));
        // `  update     canary   [>>>>        ]   0/3`
        let (_, count) = line.rsplit_once(']').unwrap();
        let (done, total) = count.trim().split_once('/').unwrap_or_else(|| panic!("{line}"));
        assert!(done.parse::<usize>().unwrap() <= total.parse().unwrap(), "{line}");
        assert!(line.contains('['), "{line}");
    }
    let running = lines.iter().find(|line| line.contains("updating to GL1, "));
    assert!(running.is_some_and(|line| line.contains(" s")), "{shown}");
    // Nothing of what moved stays.
    assert!(!left.contains("steps done, ") && !left.contains("Applying"), "{left}");
}

#[test]
fn signals_leave_a_clean_screen_and_a_state_to_go_on_from() {
    let workspace = Workspace::quickstart(&[]);
    let mut screen = Screen::start(&workspace, &["apply", "--summary", "--auto-approve"], (40, 60));
    screen.wait_for("updating to GL1, ");
    screen.enter("\u{3}");
    screen.wait_for("Interrupted: nothing new is started");
    screen.enter("\u{3}");
    let (code, left) = screen.end();
    assert_eq!(code, u32::from(exit::INTERRUPTED), "{left}");
    assert!(left.contains("Apply incomplete: interrupted"), "{left}");
    assert!(!left.contains("Applying: "), "{left}");
    // Sixty columns, and no word cut in two.
    assert!(left.contains("\n    are awaited. A second signal ends at once."), "{left}");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
}

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
    let forced = Workspace::output(forced.env("CLICOLOR_FORCE", "1"));
    assert!(String::from_utf8_lossy(&forced.stderr).contains("\u{1b}[31m"));
    let mut refused = workspace.command(&["plan"]);
    let refused = Workspace::output(refused.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert!(!String::from_utf8_lossy(&refused.stderr).contains('\u{1b}'));
}

/// Credentials that an instance gets from the metadata service take as long as that lets wait.
#[test]
fn waiting_for_credentials_shows() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let workspace = Workspace::quickstart(&[]);
    let train = workspace.path().join("trains/great-linux.toml");
    let text = std::fs::read_to_string(&train).unwrap();
    let service = "\"http://127.0.0.1:1\" }\nauth = \"instance_principal\"";
    std::fs::write(&train, text.replacen("\"simulator\" }", service, 1)).unwrap();
    let metadata = format!("http://{}", silent.local_addr().unwrap());
    let variables = [("OCI_METADATA_BASE_URL", metadata.as_str())];
    let mut screen = Screen::start_with(&workspace, &["plan"], (24, 80), &variables);
    screen.wait_for("looking for credentials, ");
    screen.enter("\u{3}");
    let (code, left) = screen.end();
    assert_eq!(code, u32::from(exit::INTERRUPTED), "{left}");
}
