//! What a script of a seed tells: what happens to each instance of a fleet, and how each must end for that reason. Written
//! from what the train asks for and what the services document, without a look at the product: no planner, no executor.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use patchtrain::op::Api;
use patchtrain::simulator::Simulator;

use super::fleet::Names;
use crate::support::rng::Rng;

/// The rounds: plan and apply, with what happens in between.
pub(crate) const ROUNDS: usize = 4;

/// How an instance stands after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// At level, on record.
    AtLevel,
    /// To be done by the next plan.
    Open,
    /// Held: the service does not reach it.
    Unreachable,
    /// Held: the service does not know it.
    Unknown,
    /// Held: its work is open for too long.
    Overdue,
    /// Held: another member's work is open for too long.
    Beside,
    /// Held, or open, behind a gate.
    Behind,
}

/// How each instance stands at the end of a round, and how much work it was ever given.
pub(crate) type Foretold = BTreeMap<String, (Stand, usize)>;

/// One group of the train.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) members: Vec<String>,
    /// The group that must be at level first.
    pub(crate) after: Option<&'static str>,
    /// How many of its members may fail.
    pub(crate) max_failures: usize,
}

impl Group {
    /// Makes a first group, one beside it, and one behind the first.
    pub(crate) fn draw(rng: &mut Rng, instances: &[String]) -> Vec<Self> {
        let cut = [instances.len() / 10, instances.len() * 7 / 10];
        let part = |range: std::ops::Range<usize>| instances[range].to_vec();
        // Allows none, some or many: the gate opens at once, later, or never.
        let max_failures = [0, 2, 4, 10][rng.below(4)];
        let behind = part(cut[1]..instances.len());
        vec![
            Self { name: "first", members: part(0..cut[0]), after: None, max_failures },
            Self { name: "beside", members: part(cut[0]..cut[1]), after: None, max_failures: 0 },
            Self { name: "behind", members: behind, after: Some("first"), max_failures: 0 },
        ]
    }
}

/// The script of one seed.
pub(crate) trait Script: Send + Sync + 'static {
    /// The service that the fleet is patched through.
    const API: Api;
    /// The train's releases; all groups are bound to the last.
    const RELEASES: &'static [&'static str];

    /// Draws it for these instances, in the order given.
    fn draw(seed: u64, instances: &[String]) -> Self;

    /// Returns the groups of the train.
    fn groups(&self) -> &[Group];

    /// Says what happens to an instance.
    fn fate(&self, id: &str) -> String;

    /// Brings the fleet to where it stands before the first round, in fine weather.
    async fn begin(&self, simulator: &Arc<Simulator>, names: &Names);

    /// Lets happen what happens at a changing call, just after it was served.
    fn served(&self, simulator: &Simulator, request: &Request<Bytes>);

    /// Lets happen what happens in the day that passes after the second round.
    fn night(&self, simulator: &Simulator);

    /// Counts the work that an instance was ever given.
    fn works(&self, simulator: &Simulator, id: &str) -> usize;

    /// Tells whether an instance may have been given work while other work of it was open.
    fn may_overlap(&self, id: &str, one: &str, other: &str) -> bool;

    /// Foretells each round.
    fn foretell(&self) -> Vec<Foretold>;
}

/// How many days have passed from the end of one round to the beginning of another.
pub(crate) fn days(from: usize, to: usize) -> usize {
    usize::from(from <= 1 && to >= 2)
}
