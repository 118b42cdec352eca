//! Who asks whether an instance is well: handed to a run, since commands and pages are the world's and no test's.

use std::future::Future;
use std::pin::Pin;

use crate::rollout::HealthCheck;

/// What a check is told of the instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its display name.
    pub name: String,
    /// Its OCID.
    pub id: String,
    /// Its group.
    pub group: String,
    /// The release that it is at.
    pub release: String,
}

/// Asks whether instances are well.
pub trait HealthChecker: Send + Sync {
    /// Asks of one. What is wrong comes as one line for people.
    fn check(
        &self,
        check: HealthCheck,
        facts: Facts,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}
