//! Members that stay where they are and do not have the packages of their release: what they have besides, and what
//! they lack. No update changes either, so it is told and counts for no level; of members that move, the cohorts
//! tell it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::assess::Assessed;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::package::Package;

/// Members of one group that differ from their release in the same packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The group.
    pub group: GroupName,
    /// Its release.
    pub release: ReleaseName,
    /// Installed, and no version of it in the release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Package>,
    /// In the release, and no version of it installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Package>,
    /// The instances, by id.
    pub instances: Vec<Ocid>,
}

/// Finds them, by group in file order, most instances first.
pub(super) fn find(members: &Assessed<'_>) -> Vec<Mismatch> {
    let mut found: Vec<Mismatch> = Vec::new();
    let mut index: HashMap<(&GroupName, &[Package], &[Package]), usize> = HashMap::new();
    for member in members.list.iter().filter(|member| !member.moves()) {
        let Some(verdict) = member.verdict.as_deref() else { continue };
        if verdict.extra.is_empty() && verdict.missing.is_empty() {
            continue;
        }
        let key = (&member.group.name, verdict.extra.as_slice(), verdict.missing.as_slice());
        let place = *index.entry(key).or_insert_with(|| {
            found.push(Mismatch {
                group: member.group.name.clone(),
                release: member.release.name.clone(),
                extra: verdict.extra.clone(),
                missing: verdict.missing.clone(),
                instances: Vec::new(),
            });
            found.len() - 1
        });
        found[place].instances.push(member.id.clone());
    }
    // Members are listed group by group, and so are these.
    for group in found.chunk_by_mut(|one, next| one.group == next.group) {
        group.sort_by_key(|entry| std::cmp::Reverse(entry.instances.len()));
    }
    found
}
