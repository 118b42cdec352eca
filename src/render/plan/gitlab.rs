//! The plan as the widget of GitLab's merge requests reads it (`artifacts: reports: terraform`): three counts.

use serde::Serialize;

use super::super::encoded;
use crate::plan::Plan;

#[derive(Serialize)]
struct Counts {
    create: usize,
    update: usize,
    delete: usize,
}

/// Writes the counts, as the text has them. What is taken over as it is is none of them.
pub(super) fn gitlab(plan: &Plan) -> String {
    let (create, update, delete) = plan.counts();
    encoded::line(&Counts { create, update, delete })
}
