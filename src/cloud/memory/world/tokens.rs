//! Which calls take a retry token.

use crate::op::Op;

/// Tells whether the call of an op takes one. The others are read back before they are made again.
pub(super) fn takes_one(op: &Op) -> bool {
    !matches!(
        op,
        Op::AddPackages { .. }
            | Op::RemovePackages { .. }
            | Op::DeleteGroup { .. }
            | Op::DeleteSource { .. }
            | Op::ChangeSchedule { .. }
            | Op::DeleteSchedule { .. }
            | Op::DeleteProfile { .. }
            | Op::AdoptSource { .. }
            | Op::AdoptGroup { .. }
    )
}
