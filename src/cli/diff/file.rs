//! A side that is a file: a manifest, or what `rpm -qa --qf '%{NEVRA}\n'` printed.

use std::fs;
use std::path::Path;

use crate::cli::context::Context;
use crate::cli::{CliError, exit};
use crate::package::{List, Manifest, manifest};
use crate::release::{Content, Origin};

/// So many malformed lines are shown.
const SHOWN: usize = 50;

/// Reads a file's text.
pub(super) fn text(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {}", path.display()))
    })
}

/// Reads a file. Of a list that tells no epochs it is said that it does not.
pub(super) fn read(context: &Context, path: &Path) -> Result<Content, CliError> {
    let text = text(path)?;
    let label = path.display().to_string();
    if manifest::looks_like(&text) {
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
    if !list.has_epochs() && !list.packages.is_empty() {
        context.terminal.say(&format!(
            "warning: no line of {label} has an epoch, and plain `rpm -qa` leaves them out: packages that have one will differ\n  hint: list them with `rpm -qa --qf '%{{NEVRA}}\\n'`"
        ));
    }
    Ok(of_list(label, list))
}

/// Takes what a list tells: no module streams, and trust keys only where it has any, since not every query lists them.
fn of_list(label: String, list: List) -> Content {
    let List { packages, keys } = list;
    let keys = (!keys.is_empty()).then_some(keys);
    Content {
        label,
        origin: Origin::File,
        packages,
        modules: None,
        labels: Vec::new(),
        keys,
        left_out: 0,
        instances: None,
        sets: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_keys_only_where_it_has_any() {
        let told = |text: &str| {
            let content = of_list(String::new(), List::parse(text).unwrap());
            (content.modules, content.keys)
        };
        assert_eq!(told("bash-1-1.noarch\n"), (None, None));
        let keys = Some(vec!["82562ea9-5c1c5e1a".to_owned()]);
        assert_eq!(told("gpg-pubkey-82562ea9-5c1c5e1a\n"), (None, keys));
    }
}
