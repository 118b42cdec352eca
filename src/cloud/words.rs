//! How the parts of ops are said to either service, and what both call updates.

use super::CloudError;
use super::wire::Text;
use crate::name::{GroupName, Ocid};
use crate::op::{GroupRef, Ownership, ParentRef, Schedule, SourceRef, UpdateKind, Wanted};

/// What the scheduled job of a group is to be.
pub(super) struct Wish<'a> {
    pub(super) group: &'a GroupName,
    pub(super) name: &'a str,
    pub(super) owner: &'a Ownership,
    pub(super) schedule: &'a Schedule,
    pub(super) next: jiff::Timestamp,
}

/// Translates which updates are wanted. Requests say `BUGFIX`, also where answers say `BUG`.
pub(super) fn update_type(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::All => "ALL",
        Wanted::Only(UpdateKind::Security) => "SECURITY",
        Wanted::Only(UpdateKind::Bugfix) => "BUGFIX",
        Wanted::Only(UpdateKind::Enhancement) => "ENHANCEMENT",
        Wanted::Only(UpdateKind::Other) => "OTHER",
    }
}

/// Reads which updates are wanted; none for a word that we do not know.
pub(super) fn wanted(word: &str) -> Option<Wanted> {
    match word {
        "ALL" => Some(Wanted::All),
        "SECURITY" => Some(Wanted::Only(UpdateKind::Security)),
        "BUGFIX" | "BUG" => Some(Wanted::Only(UpdateKind::Bugfix)),
        "ENHANCEMENT" => Some(Wanted::Only(UpdateKind::Enhancement)),
        "OTHER" => Some(Wanted::Only(UpdateKind::Other)),
        _ => None,
    }
}

/// Reads what an update or an erratum is for. OSMS's answers say `BUG` where its requests say `BUGFIX`; both are
/// understood, so that neither is taken for nothing.
pub(super) fn kind(word: Option<&Text<'_>>) -> UpdateKind {
    match word.and_then(|word| wanted(&word.0)) {
        Some(Wanted::Only(kind)) => kind,
        Some(Wanted::All) | None => UpdateKind::Other,
    }
}

pub(super) fn source_id(source: &SourceRef) -> Result<&Ocid, CloudError> {
    source.id.as_ref().ok_or_else(|| nameless(format!("the source of release {}", source.release)))
}

pub(super) fn parent_id(parent: &ParentRef) -> Result<&Ocid, CloudError> {
    parent.id.as_ref().ok_or_else(|| nameless("the train's own parent source".to_owned()))
}

pub(super) fn group_id(group: &GroupRef) -> Result<&Ocid, CloudError> {
    group.id.as_ref().ok_or_else(|| nameless(format!("group {}", group.group)))
}

/// The error of an op that was submitted before what it refers to was made.
fn nameless(what: String) -> CloudError {
    CloudError::Unaskable { operation: "the op", reason: format!("{what} has no id yet") }
}
