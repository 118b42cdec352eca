//! Planning generated worlds, in whole and in part.

use patchtrain::name::Spelled;
use patchtrain::observed::Observed;
use patchtrain::op::{Api, Capabilities};
use patchtrain::plan::{Input, Plan, Refusal};

use super::worlds::{World, kind, label};

impl World {
    /// Plans, with two packages a call so that there are batches, and without asking about shrinking groups.
    pub(crate) fn plan(&self) -> Result<Plan, Vec<Refusal>> {
        self.plan_with(true)
    }

    pub(crate) fn plan_with(&self, allow_shrink: bool) -> Result<Plan, Vec<Refusal>> {
        self.plan_from(&self.surveyed(), allow_shrink, &[])
    }

    /// Plans for these addresses only.
    pub(crate) fn targeted(&self, targets: &[&str]) -> Result<Plan, Vec<Refusal>> {
        let targets: Vec<Spelled> = targets.iter().map(|target| Spelled::parse(target).unwrap()).collect();
        self.plan_from(&self.surveyed(), true, &targets)
    }

    /// Plans what somebody has observed.
    pub(crate) fn plan_from(
        &self,
        observed: &Observed,
        allow_shrink: bool,
        targets: &[Spelled],
    ) -> Result<Plan, Vec<Refusal>> {
        let input = Input {
            train: &self.train,
            state: &self.state,
            observed,
            capabilities: self.capabilities(),
            service: &label(),
            now: self.now,
            allow_shrink,
        };
        patchtrain::plan::targeted(&input, targets)
    }

    /// Tells what has drifted of what somebody has observed, and what stands against a plan.
    pub(crate) fn drifting(&self, observed: &Observed) -> (Plan, Vec<Refusal>) {
        let input = Input {
            train: &self.train,
            state: &self.state,
            observed,
            capabilities: self.capabilities(),
            service: &label(),
            now: self.now,
            allow_shrink: true,
        };
        patchtrain::plan::drifting(&input)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        match self.train.service.api {
            Api::Osms => Capabilities { packages_per_call: 2, ..patchtrain::cloud::osms::CAPABILITIES },
            Api::Osmh => super::hub::CAPABILITIES,
        }
    }

    /// What a survey sees of the world: also what the updates of each instance are for.
    pub(crate) fn surveyed(&self) -> Observed {
        let mut observed = self.observed.clone();
        let offered = |id: &patchtrain::name::Ocid| (id.clone(), self.observed.outstanding(id, kind));
        observed.updates = self.observed.instances.keys().map(offered).collect();
        observed
    }
}
