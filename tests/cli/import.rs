//! `patchtrain import --from-osms`: a train that was applied on one service goes on on the other, and nothing is lost.

use std::fs;
use std::path::PathBuf;

use patchtrain::cli::exit;
use serde_json::Value;

use crate::support::{Screen, Workspace};

const STATE: &str = "state/great-linux.json";

/// A workspace whose train was applied on OS Management, and says OS Management Hub by now.
fn applied() -> Workspace {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    take_over(&workspace);
    workspace
}

/// Has the train file say OS Management Hub.
pub(super) fn take_over(workspace: &Workspace) {
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    let vendors = "vendor_sources = [\"ol8_baseos_latest-x86_64\", \"ol8_appstream-x86_64\", \"ol8_uekr7-x86_64\", \"ol8_ksplice-x86_64\"]";
    let text = text.replace("\"osms\"", "\"osmh\"").replace("{ osms = ", "{ osmh = ");
    fs::write(path, text.replace("[service]", &format!("{vendors}\n[service]"))).unwrap();
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Returns the one file that the old state is kept in.
fn backup(workspace: &Workspace) -> PathBuf {
    let files = workspace.files();
    let mut kept = files.keys().filter(|path| path.extension().is_some_and(|end| end == "backup"));
    let (Some(kept), None) = (kept.next(), kept.next()) else { panic!("{:?}", files.keys()) };
    kept.clone()
}

#[test]
fn a_train_is_taken_over_and_applied() {
    let workspace = applied();
    let old = fs::read(workspace.path().join(STATE)).unwrap();
    let refused = workspace.run(&["plan"]).expect(exit::ERROR);
    assert!(refused.stderr.contains("import --from-osms --train great-linux"), "{}", refused.stderr);

    let imported = workspace.run(&["import", "--from-osms", "--auto-approve"]).expect(exit::DONE);
    for part in [
        "Taking train great-linux over from OS Management to OS Management Hub.",
        "releases with the packages that were applied: GL1, GL1.1",
        "levels are not taken over",
        "Took the state over; the old one is kept in state/great-linux.",
        "`patchtrain apply`",
    ] {
        assert!(imported.stderr.contains(part), "no `{part}` in {}", imported.stderr);
    }
    assert!(imported.stdout.contains("Plan: 5 to add, "), "{}", imported.stdout);
    assert_eq!(workspace.files()[&backup(&workspace)], old);
    let (old, new) = (json(&old), json(&fs::read(workspace.path().join(STATE)).unwrap()));
    assert_eq!((&new["api"], &new["serial"]), (&"osmh".into(), &1.into()));
    assert_ne!(new["lineage"], old["lineage"]);
    for key in ["lineage", "serial", "train"] {
        assert_eq!(new["ancestor"][key], old[key], "{key}");
    }
    for key in ["sources", "groups", "instances"] {
        assert_eq!(new[key].as_object().unwrap().len(), 0, "{key}");
    }
    let history = fs::read_to_string(workspace.path().join("state/great-linux.history")).unwrap();
    let last = json(history.lines().last().unwrap().as_bytes());
    assert_eq!((history.lines().count(), &last["ancestor"]), (2, &new["ancestor"]));

    // It is done once.
    let before = workspace.files();
    let again = workspace.run(&["import", "--from-osms", "--auto-approve"]).expect(exit::DONE);
    assert!(again.stderr.contains("There is nothing to do: the state of train `great-linux` was taken over"));
    assert_eq!(workspace.files(), before);
    let shown = workspace.run(&["show"]).expect(exit::DONE).stdout;
    assert!(shown.contains("taken over from OS Management, lineage"), "{shown}");

    // And the train goes on.
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let plan = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);
    let shown = workspace.run(&["show"]).expect(exit::DONE).stdout;
    assert!(shown.contains("taken over from OS Management, lineage"), "{shown}");
}

#[test]
fn without_a_yes_or_the_same_releases_nothing_is_written() {
    let workspace = applied();
    let before = workspace.files();
    let asked = workspace.run(&["import", "--from-osms"]).expect(exit::USAGE);
    assert!(asked.stderr.contains("--auto-approve"), "{}", asked.stderr);
    workspace.run(&["import"]).expect(exit::USAGE);

    let manifest = workspace.path().join("trains/great-linux/GL1.packages");
    let good = fs::read_to_string(&manifest).unwrap();
    // A digest line of its own would tell before anything else does.
    let undigested: String =
        good.lines().filter(|line| !line.starts_with("# digest")).map(|line| format!("{line}\n")).collect();
    fs::write(&manifest, format!("{undigested}zz-1-1.el8.x86_64\n")).unwrap();
    let changed = workspace.run(&["import", "--from-osms", "--auto-approve"]).expect(exit::ERROR);
    assert!(
        changed.stderr.contains("release GL1: great-linux/GL1.packages has sha256:"),
        "{}",
        changed.stderr
    );
    fs::write(&manifest, good).unwrap();
    assert_eq!(workspace.files(), before);

    let mut screen = Screen::start(&workspace, &["import", "--from-osms", "--summary"], (60, 120));
    screen.wait_for("Enter a value: ");
    screen.enter("no\r");
    screen.wait_for("was not taken over");
    assert_eq!(screen.end().0, u32::from(exit::ERROR));
    let state = |workspace: &Workspace| fs::read(workspace.path().join(STATE)).unwrap();
    assert_eq!(state(&workspace), before[&PathBuf::from(STATE)]);
    let mut screen = Screen::start(&workspace, &["import", "--from-osms", "--summary"], (60, 120));
    screen.wait_for("Do you want to take the state of train great-linux over?");
    screen.wait_for("Enter a value: ");
    screen.enter("yes\r");
    screen.wait_for("Took the state over");
    assert_eq!(screen.end().0, u32::from(exit::DONE));
    assert_eq!(workspace.files()[&backup(&workspace)], before[&PathBuf::from(STATE)]);
}

#[test]
fn what_a_crash_leaves_can_be_taken_over_again_and_so_can_a_file() {
    let workspace = applied();
    let old = fs::read(workspace.path().join(STATE)).unwrap();
    workspace.run(&["import", "--from-osms", "--auto-approve", "--summary"]).expect(exit::DONE);
    let kept = backup(&workspace);
    // Cut short between the backup and the new state.
    fs::write(workspace.path().join(STATE), &old).unwrap();
    workspace.run(&["import", "--from-osms", "--auto-approve", "--summary"]).expect(exit::DONE);
    assert_eq!(workspace.files()[&kept], old);

    // A train of another name, from what was kept.
    fs::remove_file(workspace.path().join(STATE)).unwrap();
    let kept = kept.to_str().unwrap();
    let train = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&train).unwrap();
    fs::write(&train, text.replacen("name = \"great-linux\"", "name = \"hub\"", 1)).unwrap();
    let none = workspace.run(&["import", "--from-osms", "--auto-approve"]).expect(exit::ERROR);
    assert!(none.stderr.contains("train `hub` has no state"), "{}", none.stderr);
    let taken =
        workspace.run(&["import", "--auto-approve", "--summary", "--from-osms", kept]).expect(exit::DONE);
    assert!(taken.stderr.contains(", of train great-linux"), "{}", taken.stderr);
    assert!(taken.stderr.contains(&format!("the old one is kept in {kept}")), "{}", taken.stderr);
    let new = json(&fs::read(workspace.path().join("state/hub.json")).unwrap());
    assert_eq!(new["ancestor"]["train"], "great-linux");

    // Cut short between the line of the history, which is first, and the new state.
    fs::remove_file(workspace.path().join("state/hub.json")).unwrap();
    let lost = workspace.run(&["plan"]).expect(exit::ERROR);
    assert!(lost.stderr.contains("hub.json is gone"), "{}", lost.stderr);
    workspace.run(&["import", "--auto-approve", "--summary", "--from-osms", kept]).expect(exit::DONE);
    let new = json(&fs::read(workspace.path().join("state/hub.json")).unwrap());
    assert_eq!(new["ancestor"]["train"], "great-linux");
}

/// The history is written before the state: what nobody wrote down could not be told afterwards.
#[test]
fn what_is_taken_over_is_written_down_first() {
    let workspace = applied();
    let old = fs::read(workspace.path().join(STATE)).unwrap();
    // The state cannot be replaced.
    fs::create_dir(workspace.path().join("state/.great-linux.json.new")).unwrap();
    workspace.run(&["import", "--from-osms", "--auto-approve", "--summary"]).expect(exit::ERROR);
    assert_eq!(fs::read(workspace.path().join(STATE)).unwrap(), old);
    let past = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    assert!(past.contains("took over from"), "{past}");
}
