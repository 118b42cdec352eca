//! `patchtrain fmt`: files rewritten or only told.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use patchtrain::cli::exit;

use crate::support::Workspace;

const UGLY: &str =
    "[train] # ours\nname=\"web\"\n# the machine\narchitecture = \"x86_64\"\n[service]\napi=\"osms\"\n";
const LAID_OUT: &str = "[train]    # ours\nname = \"web\"\n# the machine\narchitecture = \"x86_64\"\n\n[service]\napi = \"osms\"\n";

#[test]
fn check_tells_and_changes_nothing_and_fmt_rewrites_once() {
    let workspace = Workspace::empty();
    let path = workspace.write("trains/web.toml", UGLY);
    workspace.write("trains/good.toml", LAID_OUT);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let before = workspace.files();
    let check = workspace.run(&["fmt", "--check"]).expect(exit::ERROR);
    assert!(check.stdout.starts_with("trains/web.toml\n--- trains/web.toml\n"), "{}", check.stdout);
    assert!(
        check.stdout.contains("\n-name=\"web\"\n") && check.stdout.contains("\n+name = \"web\"\n"),
        "{}",
        check.stdout
    );
    assert!(!check.stdout.contains("good.toml"), "{}", check.stdout);
    assert_eq!((check.stderr.as_str(), workspace.files()), ("", before));

    let fmt = workspace.run(&["fmt"]).expect(exit::DONE);
    assert_eq!((fmt.stdout.as_str(), fmt.stderr.as_str()), ("trains/web.toml\n", ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), LAID_OUT);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(workspace.run(&["fmt"]).expect(exit::DONE).stdout, "");
    assert_eq!(workspace.run(&["fmt", "--check"]).expect(exit::DONE).stdout, "");
}

#[test]
fn what_is_not_toml_is_told_and_the_rest_is_laid_out() {
    let workspace = Workspace::empty();
    workspace.write("trains/a.toml", "[train\n");
    workspace.write("trains/b.toml", UGLY);
    let ran = workspace.run(&["fmt"]).expect(exit::ERROR);
    assert_eq!(ran.stdout, "trains/b.toml\n");
    for part in ["trains/a.toml", "line 1 is not TOML", "patchtrain validate"] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
    let named = workspace.run(&["fmt", "trains/none.toml"]).expect(exit::ERROR);
    assert!(named.stderr.contains("cannot read trains/none.toml"), "{}", named.stderr);
}
