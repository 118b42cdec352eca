//! Reboots: the wait for an instance that was booted anew to check in again, the look whether it runs what it is to run,
//! and what becomes of a boot that an earlier run asked for.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::desk::{Desk, Halt};
use super::worker::Report;
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::{Breach, Instance, Observed, Scope, Sighting};
use crate::op::{Op, Standing};
use crate::state::{BootRecord, FailedBoot};

/// After how long whoever checks in has been through a boot that he was asked for, where nothing else tells: Compute gives
/// a system fifteen minutes to shut down before it takes the power away, and the service's clock and ours are at most five
/// minutes apart, for it refuses calls whose date is further off.
const THROUGH: SignedDuration = SignedDuration::from_mins(20);

/// By how much two times of one boot may differ: agents reckon it from how long the system has been up.
const JITTER: SignedDuration = SignedDuration::from_secs(10);

/// A boot that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// How the instance stood before.
    pub(super) before: &'a Standing,
    /// When that was, by our clock.
    pub(super) at: Timestamp,
    /// Whether the service has said that it is over.
    pub(super) ended: bool,
}

/// What became of a boot that an earlier run asked for.
pub(super) enum Earlier {
    /// It may be going on, or was never heard of.
    Open,
    /// It went well.
    Well,
    /// It is over, and the instance has to be booted once more.
    Over,
    /// It is known to have ended otherwise than expected.
    Known(Report),
}

/// Waits until an instance that was asked to boot has done so and checked in. Until then the reboot is open: it stays in the
/// state, and the next run waits for it instead of asking for another one.
pub(super) async fn awaited<C: Cloud>(
    desk: &mut Desk<C>,
    instance: &Ocid,
    asked: Asked<'_>,
) -> Result<Report, Halt> {
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        desk.free_slot();
        desk.pause(waits.next()).await?;
        let Some(seen) = standing(desk, instance).await? else {
            return Ok(Report::Failed { message: Breach::InstanceGone.to_string(), over: true, own: true });
        };
        if is_up(&seen, asked) {
            return Ok(Report::Done { already: false, id: None, name: Some(seen.name) });
        }
        if begun.elapsed() >= desk.settings().work_patience {
            let message = format!(
                "it was asked to reboot at {:.0} and has not checked in since then; the next run looks for that first",
                asked.at
            );
            return Ok(Report::Failed { message, over: false, own: true });
        }
    }
}

/// Tells whether an instance has been booted since it was asked to, and is reached. A check-in alone does not say so: the
/// agent goes on until the system goes down. All that is compared are times of the service with times of the service.
fn is_up(seen: &Instance, Asked { before, at, ended }: Asked<'_>) -> bool {
    if !seen.status.takes_work() {
        return false;
    }
    let now = seen.standing();
    // A service that does not say when is believed to reach whom it says it reaches.
    let heard = now.checkin.is_none_or(|now| before.checkin.is_none_or(|before| now > before));
    let booted =
        now.booted.zip(before.booted).is_some_and(|(now, before)| now.duration_since(before) > JITTER);
    let changed = now.runs != before.runs || (before.waits && !now.waits);
    let through = now.checkin.is_none_or(|now| now.duration_since(at) > THROUGH);
    heard && (ended || booted || changed || through)
}

/// Finds out what became of a boot that an earlier run asked for. `open` where that run did not see the end of it: whether
/// the service has said since that it is over.
pub(super) async fn earlier<C: Cloud>(
    desk: &mut Desk<C>,
    (instance, kernel): (&Ocid, Option<&str>),
    boot: &BootRecord,
    open: Option<bool>,
) -> Result<Earlier, Halt> {
    let Some(seen) = standing(desk, instance).await? else { return Ok(Earlier::Open) };
    if let Some(ended) = open
        && !is_up(&seen, Asked { before: &boot.before, at: boot.asked, ended })
    {
        return Ok(Earlier::Open);
    }
    // What the service says may be of before: nobody is booted twice because of that.
    Ok(match booted(desk, instance, kernel).await? {
        Report::Done { .. } => Earlier::Well,
        Report::Unbooted { .. } if open.is_some() => Earlier::Over,
        report => Earlier::Known(report),
    })
}

/// Finds out whether an instance waits for no reboot and runs a kernel, until it does or the patience for it ends: what the
/// service says may be of before.
pub(super) async fn booted<C: Cloud>(
    desk: &mut Desk<C>,
    instance: &Ocid,
    kernel: Option<&str>,
) -> Result<Report, Halt> {
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        let Some(seen) = standing(desk, instance).await? else {
            return Ok(Report::BelowLevel { message: Breach::InstanceGone.to_string() });
        };
        let reached = seen.status.takes_work();
        if reached && seen.is_booted(kernel) {
            return Ok(Report::Done { already: false, id: None, name: Some(seen.name) });
        }
        let message = shortfall(&seen, kernel);
        if begun.elapsed() >= desk.settings().verify_patience {
            let failed =
                FailedBoot { at: desk.now(), kernel: kernel.map(str::to_owned), after: seen.standing() };
            // Whoever is not reached may have booted well.
            return Ok(match reached {
                true => Report::Unbooted { message, failed },
                false => Report::BelowLevel { message },
            });
        }
        desk.free_slot();
        desk.retry(message, waits.next()).await?;
    }
}

fn shortfall(seen: &Instance, kernel: Option<&str>) -> String {
    let runs = seen.running_kernel.as_deref().unwrap_or("no kernel that the service tells of");
    match kernel.filter(|kernel| seen.running_kernel.as_deref() != Some(*kernel)) {
        Some(kernel) => {
            format!("booted, and it runs {runs}, not {kernel}: another kernel may be its default")
        }
        None if seen.reboot_required => {
            format!("booted, and the service says that it waits for a reboot (it runs {runs})")
        }
        None => "booted, and the service does not reach it".to_owned(),
    }
}

/// Says that no reboot brings an instance to its kernel, where it does not have that, or nobody tells what it has. Right after
/// an update that may only be told late.
pub(super) fn lacks_kernel(seen: &Observed, op: &Op) -> Option<String> {
    let Op::Reboot { instance, kernel: Some(kernel) } = op else { return None };
    let seen = seen.instances.get(instance)?;
    let Some(packages) = seen.packages() else {
        return Some(format!(
            "the service tells none of its packages, so that nobody knows whether it has kernel {kernel}"
        ));
    };
    let mut installed = packages.installed.iter();
    let is_there = installed.any(|have| have.is_kernel_of().is_some() && have.is_of_kernel(kernel));
    (!is_there).then(|| format!("the kernel {kernel} is not installed on it, so that no reboot brings it"))
}

/// Says that an instance is not booted again, where an earlier boot did not end as expected and nothing has changed since.
pub(super) fn stands(seen: &Observed, op: &Op, boot: Option<&BootRecord>) -> Option<String> {
    let Op::Reboot { instance, kernel } = op else { return None };
    let failed = boot?.failed.as_ref()?;
    let seen = seen.instances.get(instance)?;
    failed.stands(kernel.as_deref(), &seen.standing()).then(|| {
        format!(
            "{} at {:.0}, and nothing has changed since; `patchtrain rollout resume` has it rebooted once more",
            shortfall(seen, kernel.as_deref()),
            failed.at
        )
    })
}

async fn standing<C: Cloud>(desk: &Desk<C>, instance: &Ocid) -> Result<Option<Instance>, Halt> {
    match desk.read(&Scope::Standing(instance.clone())).await? {
        Sighting::Instance(_, seen) => Ok(seen),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
