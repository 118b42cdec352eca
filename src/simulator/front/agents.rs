//! What agents will do and when: the times of work to come, and how it goes on where one falls silent, comes back or
//! vanishes. The same for all services: there is one agent on each machine.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Change, Failure, Id, Instance, Result, World};
use crate::package::Digest;
use crate::simulator::switches::Switches;
use crate::simulator::world::{Mishap, NewWork};

/// Says when an agent will pick up its work and be done: the same for the same instance and work, and never before it
/// is done with what it has.
pub(super) fn schedule(
    (world, switches): (&World, &Switches),
    now: Timestamp,
    (id, instance): (&Id, &Instance),
    work: Id,
    (pick_up, mishap): ((Duration, Duration), Option<Mishap>),
) -> NewWork {
    if !instance.is_reachable() {
        let ends = later(now, switches.pick_up_within);
        return NewWork { id: work, instance: id.clone(), starts: None, ends };
    }
    if mishap == Some(Mishap::Sticks) {
        let ends = later(now, switches.pick_up_within);
        return NewWork { id: work, instance: id.clone(), starts: None, ends };
    }
    let free = world.busy_until(id).unwrap_or(now).max(now);
    let digest = Digest::of([&**id, "/", &world.serial.to_string()]);
    let between = |(least, most): (Duration, Duration), byte: u8| {
        least + most.saturating_sub(least) * u32::from(byte) / 255
    };
    let starts = later(free, between(pick_up, digest.as_bytes()[0]));
    let ends = later(starts, between(switches.work, digest.as_bytes()[1]));
    NewWork { id: work, instance: id.clone(), starts: Some(starts), ends }
}

/// Says how it goes on with an instance whose agent falls silent: what it was asked to do fails when nobody has picked
/// it up, or brought it to its end, in time.
pub(crate) fn silence(world: &World, id: &str, switches: &Switches) -> Result<Change> {
    let (id, _) = known(world, id, Instance::is_reachable, "is silent already")?;
    let works = world.open_of(id).map(|(work, open)| NewWork {
        id: work.clone(),
        instance: id.clone(),
        starts: open.starts.filter(|starts| *starts <= world.settled()),
        ends: later(open.accepted, switches.pick_up_within).max(open.ends),
    });
    Ok(Change::Silence { instance: id.clone(), works: works.collect() })
}

/// Says how it goes on with an instance whose agent is back: it does what it was asked to do, one thing after the
/// other, from the beginning.
pub(crate) fn bring_back(world: &World, id: &str, switches: &Switches) -> Result<Change> {
    let (id, _) = known(world, id, |instance| !instance.is_reachable(), "checks in already")?;
    let mut free = world.settled();
    let works = world.open_of(id).map(|(work, _)| {
        let starts = later(free, switches.pick_up.0);
        free = later(starts, switches.work.0);
        NewWork { id: work.clone(), instance: id.clone(), starts: Some(starts), ends: free }
    });
    Ok(Change::Return { works: works.collect(), instance: id.clone() })
}

/// Says how it goes on with an instance that vanishes: its work fails as soon as somebody notices.
pub(crate) fn vanish(world: &World, id: &str) -> Result<Change> {
    let (id, _) = known(world, id, |_| true, "")?;
    let works = world.open_of(id).map(|(work, open)| NewWork {
        id: work.clone(),
        instance: id.clone(),
        starts: open.starts,
        ends: later(world.settled(), Duration::from_secs(30)),
    });
    Ok(Change::Vanish { works: works.collect(), instance: id.clone() })
}

/// Lets something go wrong with the next work of an instance.
pub(crate) fn strike(world: &World, id: &str, mishap: Mishap) -> Result<Change> {
    let (id, _) = known(world, id, |_| true, "")?;
    Ok(Change::Strike { instance: id.clone(), mishap })
}

fn known<'w>(
    world: &'w World,
    id: &str,
    fits: impl Fn(&Instance) -> bool,
    why_not: &str,
) -> Result<(&'w Id, &'w Instance)> {
    let found = world.instances.get_key_value(id).ok_or_else(|| Failure::unknown(id))?;
    if fits(found.1) { Ok(found) } else { Err(Failure::conflict(format!("{id} {why_not}"))) }
}

/// A moment some time after another; at the end of time, the end of time.
pub(super) fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
