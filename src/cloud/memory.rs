//! A cloud that is a value: an [`Observed`], virtual work requests and a script of faults. For tests and benches,
//! and for rehearsals.
//!
//! It does to its world what [`Observed::advance`] says, keeps retry tokens as the services document them (the same
//! token gets the same answer and does nothing twice), counts every call, and notes what no caller may do
//! ([`MemoryCloud::violations`]). Time is tokio's, so that a paused clock makes hours pass at once. It says nothing
//! about how a real service words its answers; that is the simulator's.

mod fault;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Cloud, CloudError, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{Erratum, InstanceStatus, Observed, Scope, Sighting, Updates};
use crate::op::{Op, OpKey, RetryToken, Ticket, UpdateKind};
use crate::package::{Package, StreamContents};

pub use fault::Fault;
use world::World;

/// The in-memory cloud.
#[derive(Debug)]
pub struct MemoryCloud {
    world: Mutex<World>,
    cut: watch::Sender<bool>,
}

/// Counts a call in flight for as long as it lives.
struct InFlight<'a>(&'a MemoryCloud);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.world().in_flight -= 1;
    }
}

impl MemoryCloud {
    /// Makes a cloud of a world. Calls take 10 ms and work requests 10 s, of tokio's time.
    pub fn new(observed: Observed) -> Self {
        Self { world: Mutex::new(World::new(observed)), cut: watch::Sender::new(false) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A panicking test must not hide its own message behind a poisoned lock.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the world as it is now, with all packages and contents.
    pub fn observed(&self) -> Observed {
        let mut world = self.world();
        world.settle(Instant::now());
        world.observed.clone()
    }

    /// Changes the world as somebody else would.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Observed) -> T) -> T {
        change(&mut self.world().observed)
    }

    /// Sets how long a call takes.
    pub fn set_latency(&self, latency: Duration) {
        self.world().latency = latency;
    }

    /// Sets how long accepted work takes.
    pub fn set_work_takes(&self, takes: Duration) {
        self.world().work_takes = takes;
    }

    /// Lets the nth submission (from 1) of an op go wrong.
    pub fn on_submit(&self, key: OpKey, nth: usize, fault: Fault) {
        self.world().script.on(key, nth, fault);
    }

    /// Lets the first submission of so many in a thousand ops go wrong, drawn from the seed.
    pub fn chaos(&self, seed: u64, per_mille: u32) {
        self.world().script.chaos(seed, per_mille);
    }

    /// Lets the first so many inventory reads after the instance's next update show what was there before it.
    pub fn stale_inventory(&self, instance: &Ocid, reads: usize) {
        self.world().stale_inventory(instance, reads);
    }

    /// Gives the instance module streams, enabled or active.
    pub fn set_streams(&self, instance: &Ocid, streams: Vec<StreamContents>) {
        let mut world = self.world();
        let listed = streams.iter().map(|known| known.stream.clone()).collect();
        world.observed.streams.insert(instance.clone(), listed);
        world.streams.insert(instance.clone(), streams);
    }

    /// Lets no source offer these packages.
    pub fn withhold(&self, packages: &[Package]) {
        self.world().withheld.extend_from_slice(packages);
    }

    /// Lets the next so many reads of a source's contents after something was put in show it empty.
    pub fn stale_contents(&self, reads: usize) {
        self.world().stale_contents = reads;
    }

    /// Gives no answer to the next so many observations.
    pub fn fail_reads(&self, count: usize) {
        self.world().failing_reads = count;
    }

    /// Gives no answer to the next so many polls.
    pub fn fail_polls(&self, count: usize) {
        self.world().failing_polls = count;
    }

    /// Has an instance offered these updates until the next word; none unless a test says so.
    pub fn set_updates(&self, instance: &Ocid, updates: Updates) {
        self.world().updates.insert(instance.clone(), updates);
    }

    /// Says what the updates of packages are for, by their names; those of others are for nothing. From now on
    /// instances are offered what their sources hold.
    pub fn set_kinds(&self, kinds: impl IntoIterator<Item = (Arc<str>, UpdateKind)>) {
        self.world().kinds = Some(kinds.into_iter().collect());
    }

    /// Has all agents that the service reaches check in all the time, by a clock that shows `now` at this moment. Without it
    /// nobody's last check-in changes.
    pub fn set_checkins(&self, now: Timestamp) {
        self.world().checkins = Some((now, Instant::now()));
    }

    /// Makes these the errata that the service has.
    pub fn set_errata(&self, errata: Vec<Erratum>) {
        self.world().errata = errata;
    }

    /// Has boots asked for as work, as a service does that carries them out by itself.
    pub fn set_boots_are_work(&self) {
        self.world().boots_are_work = true;
    }

    /// Lets the service no longer reach the instance, or reach it again.
    pub fn set_status(&self, instance: &Ocid, status: InstanceStatus) {
        if let Some(instance) = self.world().observed.instances.get_mut(instance) {
            instance.status = status;
        }
    }

    /// Terminates the instance.
    pub fn vanish(&self, instance: &Ocid) {
        self.world().vanish(instance);
    }

    /// Serves so many more calls in full and lets all further ones hang, as for a caller that is killed; `served`
    /// says whether the first that hangs still has its effect. [`MemoryCloud::cut_reached`] tells when it is so far.
    pub fn cut_after(&self, calls: usize, served: bool) {
        let mut world = self.world();
        world.cut_after = Some((world.served + calls, served));
        self.cut.send_replace(false);
    }

    /// Serves again.
    pub fn mend(&self) {
        self.world().cut_after = None;
        self.cut.send_replace(false);
    }

    /// Returns when the first call hangs.
    pub async fn cut_reached(&self) {
        let mut cut = self.cut.subscribe();
        // The sender lives as long as `self`, so the only outcome is that the value has come.
        let _ = cut.wait_for(|cut| *cut).await;
    }

    /// Returns how often an op was submitted.
    pub fn calls(&self, key: &OpKey) -> usize {
        self.world().calls.get(key).copied().unwrap_or(0)
    }

    /// Returns how often each op was really done: submissions that a known token answered do not count.
    pub fn done(&self) -> BTreeMap<OpKey, usize> {
        self.world().done.clone()
    }

    /// Returns how many calls of all kinds were served.
    pub fn served(&self) -> usize {
        self.world().served
    }

    /// Returns how many observations and polls were asked for.
    pub fn reads(&self) -> (usize, usize) {
        let world = self.world();
        (world.observations, world.polls)
    }

    /// Returns the most calls that were in flight at one time.
    pub fn most_in_flight(&self) -> usize {
        self.world().most_in_flight
    }

    /// Returns what was asked that nobody may ask: a second update beside an open one, a switch under a running
    /// update, a reference without its id, a token used for two ops.
    pub fn violations(&self) -> Vec<String> {
        self.world().violations.clone()
    }

    /// Serves a call that is counted among those in flight.
    async fn call<T>(&self, serve: impl FnOnce(&mut World) -> T) -> T {
        let _flight = {
            let mut world = self.world();
            world.in_flight += 1;
            world.most_in_flight = world.most_in_flight.max(world.in_flight);
            InFlight(self)
        };
        self.passes(serve).await
    }

    /// Lets a call's time pass, and tells whether its effect shall come about; then, if the cloud is cut, hangs after
    /// `serve`.
    async fn passes<T>(&self, serve: impl FnOnce(&mut World) -> T) -> T {
        let latency = self.world().latency;
        tokio::time::sleep(latency).await;
        let answer = {
            let mut world = self.world();
            world.settle(Instant::now());
            match world.cut_after {
                Some((limit, served)) if world.served >= limit => {
                    if served && world.served == limit {
                        serve(&mut world);
                    }
                    world.served += 1;
                    None
                }
                _ => {
                    world.served += 1;
                    Some(serve(&mut world))
                }
            }
        };
        match answer {
            Some(answer) => answer,
            None => {
                self.cut.send_replace(true);
                std::future::pending().await
            }
        }
    }
}

impl Cloud for MemoryCloud {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        self.call(|world| world.observe(scope)).await
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        self.call(|world| world.submit(op, token)).await
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        // Not counted among the calls in flight: a service answers many such questions at once.
        self.passes(|world| world.poll(ticket)).await
    }
}
