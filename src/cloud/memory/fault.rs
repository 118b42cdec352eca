//! What can go wrong in the in-memory cloud, as data: scripted for one call, or drawn from a seed.
//!
//! A draw depends on the seed, the op and how often it was asked, and on nothing else, so that a run with faults is
//! the same run whatever the order of its calls.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::CloudError;
use crate::name::Ocid;
use crate::op::{Op, OpKey};

/// Something that goes wrong when an op is submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `AddPackages` keeps only so many of its packages, and says that it is done.
    DropAdds {
        /// How many are added.
        kept: usize,
    },
    /// The update's work request succeeds, and nothing has changed. Of a boot: the instance boots what it ran before.
    IdleUpdate,
    /// The work request fails; of one for a group, on the first of the instances that are waited for.
    FailedWork {
        /// With this message.
        message: String,
    },
    /// The work request for a group fails on these of its members, and is done on the others.
    FailedParts {
        /// On whom.
        instances: BTreeSet<Ocid>,
        /// With this message.
        message: String,
    },
    /// The work request never ends; of one for a group, on the first of the instances that are waited for. Of a boot: the
    /// instance goes down and does not come up.
    StuckWork,
    /// The op is done and no answer comes.
    LostAnswer,
    /// The call does not reach the service, and no answer comes.
    LostCall,
    /// The service refuses.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: &'static str,
    },
    /// The op is done, and the service refuses it all the same: the answer to a repetition by something in between.
    DoneAndRefused {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: &'static str,
    },
    /// The instance is terminated just before the call.
    Vanish,
}

/// Faults by op and call: scripted ones first, then those that a seed draws.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    scripted: BTreeMap<(OpKey, usize), Fault>,
    chaos: Option<(u64, u32)>,
}

impl Script {
    pub(super) fn on(&mut self, key: OpKey, nth: usize, fault: Fault) {
        self.scripted.insert((key, nth), fault);
    }

    pub(super) fn chaos(&mut self, seed: u64, per_mille: u32) {
        self.chaos = Some((seed, per_mille));
    }

    /// Returns what goes wrong with the nth call (from 1) of an op. A seed disturbs first calls only, so that trying
    /// again ends well.
    pub(super) fn fault(&self, key: &OpKey, nth: usize, op: &Op) -> Option<Fault> {
        if let Some(fault) = self.scripted.get(&(key.clone(), nth)) {
            return Some(fault.clone());
        }
        let (seed, per_mille) = self.chaos.filter(|_| nth == 1)?;
        let draw = draw(seed, key);
        if (draw % 1000) as u32 >= per_mille {
            return None;
        }
        let possible = match op {
            Op::AddPackages { packages, .. } => {
                vec![Fault::DropAdds { kept: packages.len() / 2 }, Fault::LostAnswer, Fault::LostCall]
            }
            Op::Update { .. } | Op::Patch { .. } | Op::Enforce { .. } => vec![
                Fault::IdleUpdate,
                Fault::FailedWork { message: "drawn from the seed".to_owned() },
                Fault::LostAnswer,
                Fault::LostCall,
            ],
            Op::UpdateGroup { .. } | Op::EnforceGroup { .. } | Op::Rerun { .. } => vec![
                Fault::IdleUpdate,
                Fault::FailedWork { message: "drawn from the seed".to_owned() },
                Fault::LostAnswer,
                Fault::LostCall,
            ],
            Op::Attach { .. } | Op::Detach { .. } | Op::Enroll { .. } => vec![
                Fault::FailedWork { message: "drawn from the seed".to_owned() },
                Fault::LostAnswer,
                Fault::LostCall,
            ],
            _ => vec![Fault::LostAnswer, Fault::LostCall, Fault::Refused { status: 409, code: "Conflict" }],
        };
        let index = (draw / 1000) as usize % possible.len();
        possible.into_iter().nth(index)
    }
}

/// FNV-1a over the seed and the key: spreads well enough to pick faults, and is the same on every machine.
fn draw(seed: u64, key: &OpKey) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(key.0.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of FNV are its weakest.
    hash ^ (hash >> 29)
}

/// Returns the error of a call without an answer.
pub(super) fn no_answer(operation: &'static str) -> CloudError {
    CloudError::NoAnswer { operation, endpoint: "memory".to_owned(), reason: "scripted".to_owned() }
}

/// Returns the error of a call that the service refuses.
pub(super) fn refused(status: u16, code: &str) -> CloudError {
    CloudError::Service {
        operation: "Submit",
        status,
        code: code.to_owned(),
        message: "scripted".to_owned(),
        request_id: "memory".to_owned(),
    }
}
