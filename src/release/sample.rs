//! Trains for the tests of this module, out of memory.

use std::path::PathBuf;

use crate::train::{Overlay, Train, load_with_overlay};

/// Makes a train of these releases, `(name, lines of the manifest)`, and these groups, written as TOML.
pub(super) fn train(releases: &[(&str, &str)], groups: &str) -> Train {
    let mut text = String::from(
        "[train]\nname = \"t\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
         compartment = \"ocid1.compartment.oc1..a\"\n[service]\napi = \"osms\"\nregion = \"eu-frankfurt-1\"\n",
    );
    let mut overlay = Overlay::new();
    for (name, manifest) in releases {
        let (name, more) = name.split_once(' ').unwrap_or((name, ""));
        text.extend(["[[release]]\nname = \"", name, "\"\nmanifest = \"", name, ".packages\"\n", more, "\n"]);
        overlay.insert(PathBuf::from(format!("{name}.packages")), manifest.as_bytes().to_vec());
    }
    text.push_str(groups);
    let file = PathBuf::from("t.toml");
    overlay.insert(file.clone(), text.into_bytes());
    match load_with_overlay(&[file], &overlay) {
        Ok(mut trains) => trains.remove(0),
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

/// Writes a group.
pub(super) fn group(name: &str, release: &str, after: &[&str]) -> String {
    let after = if after.is_empty() { String::new() } else { format!("after = {after:?}\n") };
    format!(
        "[[group]]\nname = \"{name}\"\nrelease = \"{release}\"\nmembers = [\"ocid1.instance.oc1..{name}\"]\n{after}"
    )
}
