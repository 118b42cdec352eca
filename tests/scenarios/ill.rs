//! Whom a health check finds well in a story.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use patchtrain::apply::{Facts, HealthChecker};
use patchtrain::rollout::HealthCheck;

/// Says of everybody but some that he is well.
#[derive(Default)]
pub(crate) struct Ill(Mutex<BTreeSet<String>>);

impl Ill {
    pub(crate) fn set(&self, name: &str, ill: bool) {
        let mut names = self.0.lock().unwrap();
        match ill {
            true => names.insert(name.to_owned()),
            false => names.remove(name),
        };
    }
}

impl HealthChecker for Ill {
    fn check(
        &self,
        _: HealthCheck,
        facts: Facts,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        let ill = self.0.lock().unwrap().contains(&facts.name);
        Box::pin(std::future::ready(if ill { Err("it says 500".to_owned()) } else { Ok(()) }))
    }
}
