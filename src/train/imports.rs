//! `[[import]]`: what others made and the train is to take over, a source for a release or a group of the service. Left
//! out: whether it can be, which only the service and the plan know.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

use super::check::Loaded;
use super::problem::{Report, Source};
use super::shape::{Shape, TABLES};
use super::table::{At, Fields, File};
use crate::name::{GroupName, Ocid, ReleaseName};

/// An `[[import]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// What is taken over as what.
    pub of: Imported,
    /// The line of the train file that says so, from 1; none for one that was asked for on the command line.
    pub line: Option<usize>,
}

/// Something of the service that becomes the train's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Imported {
    /// A software source, as that of a release.
    Source {
        /// The release.
        release: ReleaseName,
        /// The source.
        id: Ocid,
    },
    /// A managed instance group, as one of the train's.
    Group {
        /// The train's group.
        group: GroupName,
        /// The service's.
        id: Ocid,
    },
}

impl Imported {
    /// Returns the service's id.
    pub fn id(&self) -> &Ocid {
        match self {
            Self::Source { id, .. } | Self::Group { id, .. } => id,
        }
    }
}

/// What an `[[import]]` says, each name and id with its place.
#[derive(Debug)]
pub(super) enum ImportShape {
    Source { release: At<ReleaseName>, id: At<Ocid>, line: usize },
    Group { group: At<GroupName>, id: At<Ocid>, line: usize },
}

impl ImportShape {
    fn id(&self) -> &At<Ocid> {
        match self {
            Self::Source { id, .. } | Self::Group { id, .. } => id,
        }
    }

    pub(super) fn import(self) -> Import {
        match self {
            Self::Source { release, id, line } => {
                Import { of: Imported::Source { release: release.value, id: id.value }, line: Some(line) }
            }
            Self::Group { group, id, line } => {
                Import { of: Imported::Group { group: group.value, id: id.value }, line: Some(line) }
            }
        }
    }
}

/// Reads one; none where it is not whole.
pub(super) fn read(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>) -> Option<ImportShape> {
    let (name, keys) = TABLES[6];
    let line = file.source.position(span.start).0;
    let mut fields = Fields::open(file, name, span.clone(), table, keys);
    let of = (fields.optional("release"), fields.optional("group"));
    let other = match of {
        (Some(_), None) => "id",
        (None, Some(_)) => "source",
        (Some(_), Some(_)) => {
            let hint = "write one `[[import]]` for each";
            file.problem(span, "`[[import]]` names a `release` and a `group`: it is for one thing", hint);
            return None;
        }
        (None, None) => {
            let hint = "write `release` and `source`, or `group` and `id`";
            file.problem(span, "`[[import]]` names neither a `release` nor a `group`", hint);
            return None;
        }
    };
    if let Some(span) = fields.key_span(other) {
        let (key, thing) = if other == "id" { ("source", "release") } else { ("id", "group") };
        file.problem(span, format!("`{other}` does not go with `{thing}`"), format!("write `{key}`"));
        return None;
    }
    let shape = match of {
        (Some(value), _) => {
            let release = file.parsed(value, "`release`", ReleaseName::parse);
            let id = fields.required("source").and_then(|value| file.parsed(value, "`source`", Ocid::parse));
            release.zip(id).map(|(release, id)| ImportShape::Source { release, id, line })
        }
        (None, value) => {
            let group = value.and_then(|value| file.parsed(value, "`group`", GroupName::parse));
            let id = fields.required("id").and_then(|value| file.parsed(value, "`id`", Ocid::parse));
            group.zip(id).map(|(group, id)| ImportShape::Group { group, id, line })
        }
    };
    fields.close(file);
    shape
}

/// Two trains cannot both take over one thing, nor one take over the group that another says is its own.
pub(super) fn across(files: &[Loaded], report: &mut Report) {
    let mut first: HashMap<&Ocid, &Loaded> = HashMap::new();
    let mut owners: HashMap<&Ocid, (&Loaded, &GroupName)> = HashMap::new();
    for loaded in files {
        for group in &loaded.shape.groups {
            if let (Some(name), Some(id)) = (&group.name, &group.id) {
                owners.entry(&id.value).or_insert((loaded, &name.value));
            }
        }
    }
    for loaded in files {
        for At { value, span } in loaded.shape.imports.iter().map(ImportShape::id) {
            let known = *first.entry(value).or_insert(loaded);
            let (message, hint) = match owners.get(value) {
                _ if !std::ptr::eq(known, loaded) => (
                    format!("the train in {} imports {value}, too", known.source.file.display()),
                    "it can be one train's: delete one of the two",
                ),
                Some((owner, group)) if !std::ptr::eq(*owner, loaded) => (
                    format!(
                        "the train in {} has {value} as its group `{group}`",
                        owner.source.file.display()
                    ),
                    "it can be one train's: delete the `[[import]]`, or the group there",
                ),
                _ => continue,
            };
            report.at(&loaded.source, span.clone(), message, hint);
        }
    }
}

/// Checks that what is named is declared, and each thing taken over once, as one.
pub(super) fn check(source: &Arc<Source>, shape: &Shape, report: &mut Report) {
    let line = |at: &Range<usize>| source.position(at.start).0;
    for (index, import) in shape.imports.iter().enumerate() {
        let earlier = &shape.imports[..index];
        if let Some(first) = earlier.iter().find(|other| other.id().value == import.id().value) {
            let At { value, span } = import.id();
            let message = format!("{value} is imported already, on line {}", line(&first.id().span));
            report.at(source, span.clone(), message, "delete one of the two");
        }
        match import {
            ImportShape::Source { release, .. } => {
                let At { value, span } = release;
                let declared = shape.releases.iter().filter_map(|release| release.name.as_ref());
                if !declared.clone().any(|declared| declared.value == *value) {
                    let hint = "declare it with its manifest, or delete the `[[import]]`";
                    report.at(source, span.clone(), format!("no release `{value}` is declared"), hint);
                }
                let same = earlier.iter().find_map(|other| match other {
                    ImportShape::Source { release, .. } if release.value == *value => Some(release),
                    _ => None,
                });
                if let Some(first) = same {
                    let message = format!(
                        "a source is imported for release `{value}` already, on line {}",
                        line(&first.span)
                    );
                    report.at(
                        source,
                        span.clone(),
                        message,
                        "a release has one source: delete one of the two",
                    );
                }
            }
            ImportShape::Group { group, id, .. } => {
                let At { value, span } = group;
                let declared = shape
                    .groups
                    .iter()
                    .find(|group| group.name.as_ref().is_some_and(|name| name.value == *value));
                let Some(declared) = declared else {
                    let hint = "declare it, or delete the `[[import]]`";
                    report.at(source, span.clone(), format!("no group `{value}` is declared"), hint);
                    continue;
                };
                if let Some(written) = declared.id.as_ref().filter(|written| written.value != id.value) {
                    let message =
                        format!("group `{value}` has another `id`, on line {}", line(&written.span));
                    report.at(source, id.span.clone(), message, "write the same one, or delete that `id`");
                }
                let same = earlier.iter().find_map(|other| match other {
                    ImportShape::Group { group, .. } if group.value == *value => Some(group),
                    _ => None,
                });
                if let Some(first) = same {
                    let message =
                        format!("group `{value}` is imported already, on line {}", line(&first.span));
                    report.at(source, span.clone(), message, "delete one of the two");
                }
            }
        }
    }
}
