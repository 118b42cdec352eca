//! Which members are booted anew by a plan, and into which kernel: of groups that say so, whoever waits for it, and whoever
//! this plan installs something on. Whether that one needs it shows only then: the step looks first. Whoever was asked to
//! boot before and has not been seen to have is looked at until he has, and is held where he booted otherwise.

use super::assess::Member;
use super::{HeldReason, Input, Reason};
use crate::op::OpKey;
use crate::package::Package;

/// Returns the kernel that a member is to run after it, as `uname -r` has it: the release's newest of the kind that it runs. None where something newer is booted instead, or the release has none of that kind.
pub(super) fn kernel(member: &Member<'_>) -> Option<String> {
    let (wanted, seen) = wanted(member).zip(member.seen)?;
    Some(wanted.uname_like(seen.kernel_package()?, seen.running_kernel.as_deref()?))
}

/// Tells whether a member runs another kernel than it is to, and has that.
pub(super) fn runs_another(member: &Member<'_>) -> bool {
    wanted(member).zip(member.seen).is_some_and(|(wanted, seen)| seen.runs_beside(wanted))
}

fn wanted(member: &Member<'_>) -> Option<Package> {
    // What is not updated to it does not get it.
    let comes = member.group.update == Some(crate::op::Wanted::All);
    let goes = |package: &Package| member.correction.remove.contains(package);
    member.seen.filter(|_| comes)?.kernel_of(member.release.packages(), goes)
}

/// Says of each whether he is booted: not who is held, unless what holds him is only that he is not at his level.
pub(super) fn choose(input: &Input<'_>, members: &mut [Member<'_>]) {
    for member in members.iter_mut().filter(|member| member.group.enforcing.reboots()) {
        let rests = member.held.as_ref().is_some_and(|held| !is_of_level(held));
        let asked = input.state.boots.get(member.id);
        // Before he has been seen to run what he is to run, he is not at his level, whatever is installed.
        member.at_level &= asked.is_none();
        if rests {
            continue;
        }
        // Whoever joins may install everything, whatever his group asks for.
        let joining = member.switch && input.capabilities.joining_installs;
        let installs = member.update || member.correction.is_due() || joining;
        let stays = member.rides || member.switch;
        let kernel = kernel(member);
        let failed = asked.and_then(|boot| boot.failed.as_ref()).zip(member.seen);
        if let Some((failed, seen)) = failed.filter(|_| stays && !installs && !member.switch)
            && failed.stands(kernel.as_deref(), &seen.standing())
        {
            let (kernel, runs, since) = (kernel, failed.after.runs.clone(), failed.at);
            member.rest();
            (member.verify, member.reaches) = (false, false);
            member.held = Some(HeldReason::Unbooted { kernel, runs, since });
            continue;
        }
        let own = input.state.unfinished.get(&OpKey::reboot(member.id)).and_then(|op| op.ticket.as_ref());
        let mut open = member.seen.into_iter().flat_map(|seen| &seen.open_work);
        // Where nothing of this plan is installed on him, nothing of it waits for what is open on him.
        if let Some(ticket) = open.find(|ticket| Some(*ticket) != own).filter(|_| stays && !installs)
            && (asked.is_some() || member.waits_for_reboot())
        {
            let reason = HeldReason::OpenWork { ticket: ticket.clone() };
            member.rest();
            (member.verify, member.reaches, member.held) = (false, false, Some(reason));
            continue;
        }
        let booted = member.seen.is_some_and(|seen| seen.is_booted(kernel.as_deref()));
        let waits = stays && (member.waits_for_reboot() || (asked.is_some() && !booted));
        member.reboot = waits || installs;
        member.boots = member.reboot || (stays && asked.is_some());
        // A level is proven again after it, where there can be one.
        let provable = member.reaches || matches!(member.held, Some(HeldReason::Inexact { .. }));
        member.verify |= member.boots && provable;
        if member.reboot && !(member.switch || installs) {
            member.reason = Reason::Reboot;
        }
    }
}

fn is_of_level(held: &HeldReason) -> bool {
    matches!(held, HeldReason::Inexact { .. } | HeldReason::Ahead { .. } | HeldReason::Schedule { .. })
}
