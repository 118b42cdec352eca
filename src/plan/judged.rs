//! What advisories say of a plan: which of them its moves close, and which of its releases hold packages of one that no
//! longer stands. They inform, and decide nothing: the steps are the same with and without them.

use std::collections::BTreeSet;

use super::{Note, Plan};
use crate::advisory::{Advisories, Flagged, Holding};
use crate::name::ReleaseName;
use crate::package::Streams;
use crate::train::Train;

/// Adds to a plan of the train what the book says of it.
#[must_use]
pub fn judged(mut plan: Plan, train: &Train, book: &Advisories) -> Plan {
    for release_move in &mut plan.moves {
        let (Some(old), Some(new)) = (train.release(&release_move.from), train.release(&release_move.to))
        else {
            continue;
        };
        let streams = [old, new].map(|release| Streams::of_manifest(&release.manifest));
        let closure = book.closed_between(
            &Holding { sets: vec![old.packages()], streams: &streams[0] },
            &Holding { sets: vec![new.packages()], streams: &streams[1] },
        );
        release_move.coverage = Some(closure.into());
    }
    let ridden: BTreeSet<&ReleaseName> = plan.groups.iter().map(|group| &group.release).collect();
    for release in train.releases.iter().filter(|release| ridden.contains(&release.name)) {
        let flagged: Vec<Flagged> = book.flagged_in(release.packages()).iter().map(Flagged::from).collect();
        if !flagged.is_empty() {
            plan.notes.push(Note::Flagged { release: release.name.clone(), flagged });
        }
    }
    plan.id = plan.content_id();
    plan
}
