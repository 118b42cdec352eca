//! Reboots: the wait for an instance that was booted anew to check in again, and the look whether it runs what it is to run.

use jiff::Timestamp;
use tokio::time::Instant;

use super::desk::{Desk, Halt};
use super::worker::Report;
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::{Breach, Instance, Scope, Sighting};
use crate::op::Op;

/// Waits until an instance that was asked to boot at a moment has checked in since then. Until then the reboot is open: it
/// stays in the state, and the next run waits for it instead of asking for another one.
pub(super) async fn awaited<C: Cloud>(desk: &mut Desk<C>, op: &Op, since: Timestamp) -> Result<Report, Halt> {
    let Op::Reboot { instance, .. } = op else {
        return Ok(Report::Done { already: false, id: None, name: None });
    };
    let begun = Instant::now();
    let mut waits = desk.waits();
    loop {
        desk.free_slot();
        desk.pause(waits.next()).await?;
        let seen = standing(desk, instance).await?;
        let Some(seen) = seen else {
            return Ok(Report::Failed { message: Breach::InstanceGone.to_string(), over: true, own: true });
        };
        // A service that does not say when is believed to reach whom it says it reaches.
        if seen.status.takes_work() && seen.last_checkin.is_none_or(|at| at > since) {
            return Ok(Report::Done { already: false, id: None, name: Some(seen.name) });
        }
        if begun.elapsed() >= desk.settings().work_patience {
            let message = format!(
                "it was asked to reboot at {since} and has not checked in since then; the next run waits for that first"
            );
            return Ok(Report::Failed { message, over: false, own: true });
        }
    }
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
        if seen.status.takes_work() && seen.is_booted(kernel) {
            return Ok(Report::Done { already: false, id: None, name: Some(seen.name) });
        }
        let message = shortfall(&seen, kernel);
        if begun.elapsed() >= desk.settings().verify_patience {
            return Ok(Report::BelowLevel { message });
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

async fn standing<C: Cloud>(desk: &Desk<C>, instance: &Ocid) -> Result<Option<Instance>, Halt> {
    match desk.read(&Scope::Standing(instance.clone())).await? {
        Sighting::Instance(_, seen) => Ok(seen),
        _ => Ok(None),
    }
}
