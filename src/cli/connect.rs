//! From a train's `[service]` table to a cloud that can be asked: the embedded simulator, a URL, or a region. For the
//! simulator nothing of the environment counts; its key is its own. For all others see [`super::credentials`].

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, args, exit};
use crate::apply::{Clock, Interrupt};
use crate::cloud::compute::{self, Compute};
use crate::cloud::osmh::{self, OsmhCloud, System};
use crate::cloud::osms::{self, OsmsCloud};
use crate::cloud::{self, Watched};
use crate::oci::{Allowance, Client, Credentials, Endpoint, HttpTransport, Region, Retry, Trace};
use crate::op::{Api, Capabilities};
use crate::plan::ServiceLabel;
use crate::render::Spinner;
use crate::simulator::{self, Handle};
use crate::train::{self, Train};

/// The service as it is spoken to in the product.
pub(super) type Service = cloud::Service<HttpTransport>;

/// A service that a train's instances are patched through, and the time there.
pub(super) struct Connection<C> {
    /// What is asked.
    pub(super) cloud: Arc<C>,
    /// Where it is, for plans.
    pub(super) label: ServiceLabel,
    /// What it can do.
    pub(super) capabilities: Capabilities,
    /// How long a run waits for accepted work.
    pub(super) work_timeout: Duration,
    /// The time: the system's, or the simulator's.
    pub(super) clock: Clock,
    /// Whoever is told of calls that are tried again.
    pub(super) retries: Retries,
}

impl<C> Connection<C> {
    /// Returns the same with answers kept that tell of instances.
    pub(super) fn watched(&self) -> Connection<Watched<C>> {
        Connection {
            cloud: Arc::new(Watched::new(Arc::clone(&self.cloud))),
            label: self.label.clone(),
            capabilities: self.capabilities,
            work_timeout: self.work_timeout,
            clock: Arc::clone(&self.clock),
            retries: self.retries.clone(),
        }
    }
}

/// Connects trains, each to its service.
pub(super) struct Connector<'a> {
    context: &'a Context,
    calls: usize,
    /// Of all clients that are made here, and by other connectors of the run.
    allowance: Allowance,
    /// `--trace-http`.
    trace: Option<Trace>,
}

impl<'a> Connector<'a> {
    /// Connects nothing yet, but opens the file that requests are written down in, where one is asked for.
    pub(super) fn new(context: &'a Context, parallelism: &args::Parallelism) -> Result<Self, CliError> {
        let open = |path: &Path| {
            Trace::open(path).map_err(|error| {
                let what = format!("cannot write to {} (--trace-http)", path.display());
                CliError::of(exit::ERROR, &error).while_doing(what)
            })
        };
        let trace = parallelism.trace().map(open).transpose()?;
        let calls = parallelism.calls();
        Ok(Self { context, calls, allowance: context.allowance(calls), trace })
    }

    /// Connects a train. The service is not called yet, but for the simulator, which is found or started. Credentials
    /// are there: what is wrong with them is told before anything else.
    pub(super) async fn connect(
        &mut self,
        train: &Train,
        interrupt: &Interrupt,
    ) -> Result<Connection<Service>, CliError> {
        let (trace, allowance) = (self.trace.clone(), self.allowance.clone());
        let service = &train.service;
        let selected = train.needs_compute().then_some([&service.compute, &service.identity]);
        let mut called = selected.into_iter().flatten().chain([&service.endpoint]);
        let authorities = match called.all(|endpoint| matches!(endpoint, train::Endpoint::Simulator)) {
            true => None,
            false => self.context.credentials.authorities()?,
        };
        let http = || HttpTransport::new().with_trace(trace.clone()).with_authorities(authorities.clone());
        let mut region = None;
        let (endpoint, credentials, clock, place): (_, _, Clock, _) = match &train.service.endpoint {
            train::Endpoint::Simulator => {
                let handle = self.context.simulator(interrupt).await?;
                let endpoint = served_by(&handle);
                (endpoint, own_credentials()?, Arc::new(move || handle.now()), "simulator".to_owned())
            }
            train::Endpoint::Url(_) | train::Endpoint::Region => {
                let sources = &self.context.credentials;
                // Read from files they are there at once; an instance's are asked for, and a dead service is asked
                // several times.
                let waiting = self.waiting("looking for credentials");
                let found = unless_interrupted(
                    interrupt,
                    sources.resolve(train, self.context.profile.as_deref(), http()),
                );
                let resolved = found.await??;
                drop(waiting);
                region = resolved.region;
                let (endpoint, place) = (Endpoint::fixed(&resolved.url), resolved.place);
                (endpoint, resolved.credentials, Arc::new(Timestamp::now), place)
            }
        };
        let retries = Retries::default();
        let client = |endpoint, version, credentials| {
            let observer = retries.clone();
            let client = Client::new(http(), endpoint, version, credentials).within(&allowance);
            client.with_observer(move |retry| observer.tell(retry))
        };
        let mut selection = None;
        if train.needs_compute() {
            let of_region = |by: fn(&Region) -> String| region.as_ref().map(by).unwrap_or_default();
            let compute = of_region(|region| region.old_endpoint("iaas"));
            let identity = of_region(|region| region.endpoint("identity"));
            let mut clients = Vec::new();
            for (written, derived) in [(&train.service.compute, compute), (&train.service.identity, identity)]
            {
                clients.push(match written {
                    train::Endpoint::Simulator => {
                        let served = served_by(&self.context.simulator(interrupt).await?);
                        client(served, compute::API_VERSION, own_credentials()?)
                    }
                    train::Endpoint::Url(url) => {
                        client(Endpoint::fixed(url), compute::API_VERSION, credentials.clone())
                    }
                    train::Endpoint::Region => {
                        client(Endpoint::fixed(&derived), compute::API_VERSION, credentials.clone())
                    }
                });
            }
            if let (Some(identity), Some(compute)) = (clients.pop(), clients.pop()) {
                selection = Some(Compute::new(compute, identity, self.calls));
            }
        }
        let (cloud, capabilities) =
            dialect(train, self.calls, selection, |version| client(endpoint, version, credentials));
        let simulator = train.service.endpoint == train::Endpoint::Simulator;
        Ok(Connection {
            cloud: Arc::new(cloud),
            label: ServiceLabel {
                api: train.service.api.word().to_owned(),
                simulator,
                place,
                compartment: train.compartment.clone(),
            },
            capabilities,
            work_timeout: train.service.work_timeout.unsigned_abs(),
            clock,
            retries,
        })
    }

    /// Shows on a terminal that something is waited for, as long as the value lives.
    fn waiting(&self, what: &str) -> Option<Spinner> {
        self.context.terminal.can_draw.then(|| Spinner::new(what))
    }
}

/// Returns the train's service, as it is spoken to, and what it can do. The one place that tells the services apart.
fn dialect(
    train: &Train,
    calls: usize,
    selection: Option<Compute<HttpTransport>>,
    client: impl FnOnce(&'static str) -> Client<HttpTransport>,
) -> (Service, Capabilities) {
    let compartment = train.compartment.clone();
    match train.service.api {
        Api::Osms => {
            let cloud = OsmsCloud::new(client(osms::API_VERSION), compartment, calls);
            let cloud = match selection {
                Some(compute) => cloud.with_compute(compute),
                None => cloud,
            };
            (cloud.into(), osms::CAPABILITIES)
        }
        Api::Osmh => {
            let system = System { os: train.os.clone(), arch: train.architecture.clone() };
            let vendors = train.vendor_sources.iter().map(ToString::to_string).collect();
            let cloud = OsmhCloud::new(client(osmh::API_VERSION), compartment, calls, system, vendors);
            let cloud = match selection {
                Some(compute) => cloud.with_compute(compute),
                None => cloud,
            };
            (cloud.into(), osmh::CAPABILITIES)
        }
    }
}

/// Returns where a simulator is, asked anew before each call.
pub(super) fn served_by(handle: &Arc<Handle>) -> Endpoint {
    let handle = Arc::clone(handle);
    Endpoint::asked(move || {
        let handle = Arc::clone(&handle);
        async move { handle.endpoint().await }
    })
}

/// Returns what the simulator's calls are signed with.
pub(super) fn own_credentials() -> Result<Credentials, CliError> {
    let own = simulator::credentials();
    Ok(Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes())?)
}

/// Passes retries on to whoever watches just now. A client is made once and has one observer; who watches changes.
#[derive(Clone, Default)]
pub(super) struct Retries(Arc<Mutex<Option<Watcher>>>);

type Watcher = Box<dyn Fn(&Retry) + Send>;

impl Retries {
    /// Has them told to somebody, until the next one.
    pub(super) fn watch(&self, watcher: impl Fn(&Retry) + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(watcher));
    }

    /// Has them told to nobody.
    pub(super) fn unwatch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn tell(&self, retry: &Retry) {
        if let Some(watcher) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            watcher(retry);
        }
    }
}

#[cfg(test)]
mod tests;
