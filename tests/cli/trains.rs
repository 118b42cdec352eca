//! Several trains in one workspace: one after the other, a lock for each, and the code that says most.

use std::fs;
use std::path::Path;

use patchtrain::cli::exit;
use patchtrain::simulator::{DEFAULT_SEED, facts};

use crate::support::{Screen, Workspace};

/// Writes a train of one group with one instance of the simulator's.
fn bind(workspace: &Workspace, train: &str, member: usize, release: &str) {
    let facts = facts(DEFAULT_SEED);
    let text = format!(
        "[train]\nname = \"{train}\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\ncompartment = \"{}\"\n\n\
         [service]\napi = \"osms\"\nendpoints = {{ osms = \"simulator\" }}\n\n\
         [[release]]\nname = \"GL1\"\nmanifest = \"great-linux/GL1.packages\"\n\n\
         [[release]]\nname = \"GL1.1\"\nmanifest = \"great-linux/GL1.1.packages\"\n\n\
         [[group]]\nname = \"{train}-all\"\nrelease = \"{release}\"\nmembers = [\"{}\"]\n",
        facts.compartment, facts.groups[0].1[member].id
    );
    workspace.write(&format!("trains/{train}.toml"), &text);
}

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("trains/great-linux");
    for release in ["GL1", "GL1.1"] {
        let text = fs::read_to_string(manifests.join(format!("{release}.packages"))).unwrap();
        workspace.write(&format!("trains/great-linux/{release}.packages"), &text);
    }
    bind(&workspace, "one", 0, "GL1");
    bind(&workspace, "two", 1, "GL1");
    workspace
}

#[test]
fn trains_are_applied_in_turn_and_one_that_is_locked_keeps_no_other_waiting() {
    let workspace = workspace();
    let both = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let (one, two) = (both.stdout.find("Train one"), both.stdout.find("Train two"));
    assert!(one.is_some() && one < two, "{}", both.stdout);
    assert_eq!(both.stdout.matches("Apply complete!").count(), 2, "{}", both.stdout);

    bind(&workspace, "one", 0, "GL1.1");
    bind(&workspace, "two", 1, "GL1.1");
    let screen = Screen::start(&workspace, &["apply", "--summary", "--train", "one"], (40, 100));
    screen.wait_for("Enter a value: ");
    let second = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::LOCKED);
    assert!(second.stderr.contains("train `one`") && second.stderr.contains("locked"), "{}", second.stderr);
    assert_eq!(second.stdout.matches("Apply complete!").count(), 1, "{}", second.stdout);
    drop(screen);
    let plan = |train| workspace.run(&["plan", "--detailed-exitcode", "--train", train]);
    plan("two").expect(exit::DONE);
    plan("one").expect(exit::DIFFERENT);
    // Of both, the one says more that has something to do.
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DIFFERENT);
}

#[test]
fn the_worst_code_wins_and_errors_say_of_which_train() {
    let workspace = workspace();
    workspace.write("state/one.json", "{");
    let ran = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::ERROR);
    assert!(ran.stderr.contains("train `one`") && ran.stderr.contains("state/one.json"), "{}", ran.stderr);
    assert!(ran.stdout.contains("Apply complete!"), "{}", ran.stdout);
    assert!(workspace.path().join("state/two.json").exists());
}
