//! A side that is a file: a manifest, or what `rpm -qa --qf '%{NEVRA}\n'` printed.

use std::fs;
use std::path::Path;

use crate::cli::{CliError, exit};
use crate::package::{List, Manifest};
use crate::release::{Content, Origin};

/// So many malformed lines are shown.
const SHOWN: usize = 50;

/// Reads a file's text.
pub(super) fn text(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {}", path.display()))
    })
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Content, CliError> {
    let text = text(path)?;
    let label = path.display().to_string();
    let header = |line: &str| line.starts_with("# release: ") || line.starts_with("# digest: ");
    if text.lines().take_while(|line| line.starts_with('#')).any(header) {
        let manifest = Manifest::parse(&text).map_err(|problems| {
            let mut error = CliError::new(exit::ERROR, format!("{label} is not a manifest"));
            for problem in problems.iter().take(SHOWN) {
                error = error.cause(format!("line {}: {}", problem.line, problem.message));
            }
            if problems.len() > SHOWN {
                error = error.cause(format!("and {} lines more", problems.len() - SHOWN));
            }
            error.hint("`patchtrain validate` shows each with its excerpt")
        })?;
        return Ok(Content::of_manifest(label, Origin::File, &manifest));
    }
    let list = List::parse(&text).map_err(|problems| {
        let mut error = CliError::new(exit::ERROR, format!("{label} is neither a manifest nor a list"));
        for problem in problems.iter().take(SHOWN) {
            error = error.cause(problem.to_string());
        }
        if problems.len() > SHOWN {
            error = error.cause(format!("and {} lines more", problems.len() - SHOWN));
        }
        error.hint("a list has one NEVRA a line, as `rpm -qa --qf '%{NEVRA}\\n'` prints it")
    })?;
    let List { packages, keys } = list;
    Ok(Content { label, origin: Origin::File, packages, modules: Vec::new(), labels: Vec::new(), keys, instances: None })
}
