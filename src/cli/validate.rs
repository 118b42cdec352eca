//! `patchtrain validate`: checks train files and manifests, offline, and reports every problem.

use std::fmt::Write;

use super::args::Validate as Arguments;
use super::context::Context;
use super::{CliError, exit};
use crate::render::count;
use crate::train::{self, Members, Train};

/// Checks the files named, or all of the workspace.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let files =
        if arguments.files.is_empty() { context.workspace.train_files()? } else { arguments.files.clone() };
    let trains = train::load_all(&files).map_err(CliError::problems)?;
    context.terminal.print(&success(&trains))?;
    Ok(exit::DONE)
}

fn success(trains: &[Train]) -> String {
    let mut text = String::from("Success! The configuration is valid.\n");
    for train in trains {
        let packages: usize = train.releases.iter().map(|release| release.packages().len()).sum();
        let (mut listed, mut of_service, mut selected) = (0, 0, 0);
        for group in &train.groups {
            match &group.members {
                Members::Listed(members) => listed += members.len(),
                Members::Service => of_service += 1,
                Members::Selected(_) => selected += 1,
            }
        }
        let mut parts = vec![
            count(train.releases.len(), "release"),
            count(packages, "package"),
            count(train.groups.len(), "group"),
            format!("{} listed", count(listed, "instance")),
        ];
        if of_service > 0 {
            parts.push(format!("{} with whatever members the service says", count(of_service, "group")));
        }
        if selected > 0 {
            parts.push(format!("{} with members selected by compartment and tags", count(selected, "group")));
        }
        let _ = writeln!(text, "  {}: {}", train.name, parts.join(", "));
    }
    text
}
