//! The walk of docs/osms-to-osmh.md, with the train and the manifests that lie in `trains/`.

use std::fs;
use std::path::Path;

use patchtrain::cli::exit;

use super::import::take_over;
use super::readme::hold;
use crate::support::{Served, Workspace};

#[test]
fn the_walk_to_the_other_service_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    for file in ["great-linux.toml", "great-linux/GL1.packages", "great-linux/GL1.1.packages"] {
        let place = format!("trains/{file}");
        workspace.write(&place, &fs::read_to_string(root.join(&place)).unwrap());
    }
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    take_over(&workspace);
    let refused = workspace.run(&["plan"]).expect(exit::ERROR).stderr;
    let import = ["import", "--from-osms", "--auto-approve", "--summary"];
    let imported = workspace.run(&import).expect(exit::DONE);
    // Before it stands how long the service was read, behind it where the old state is.
    let start = imported.stderr.find("Taking train").unwrap();
    let (said, _) = imported.stderr[start..].split_once("\n\n").unwrap();
    let said = format!("{said}\n");
    let applied = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE).stdout;
    let (_, done) = applied.split_at(applied.rfind("\nHeld").unwrap() + 1);
    let blocks = [("refused", &*refused), ("said", &said), ("plan", &imported.stdout), ("apply", done)];
    hold("docs/osms-to-osmh.md", &blocks);
}
