//! Which members are booted anew by a plan, and into which kernel: of groups that say so, whoever waits for it, and whoever
//! this plan installs something on. Whether that one needs it shows only then: the step looks first. Whoever was asked to
//! boot before and has not been seen to have is looked at until he has, and is held where he booted otherwise.

use super::assess::Member;
use super::{HeldReason, Reason};
use crate::package::Package;
use crate::state::State;

/// Returns the kernel that a member is to run after it, `version-release.arch`: the release's newest of the kind that it
/// runs. None where something newer is booted instead, or the release has none of that kind.
pub(super) fn kernel(member: &Member<'_>) -> Option<String> {
    wanted(member).map(|wanted| wanted.uname())
}

/// Tells whether a member runs another kernel than it is to, and has that.
pub(super) fn runs_another(member: &Member<'_>) -> bool {
    let Some((seen, wanted)) = member.seen.zip(wanted(member)) else { return false };
    let is_there = seen.packages().is_some_and(|packages| packages.installed.contains(wanted));
    is_there && seen.runs(wanted) == Some(false)
}

fn wanted(member: &Member<'_>) -> Option<Package> {
    let seen = member.seen?;
    let runs = seen.kernel_package()?;
    let is_kernel = |package: &Package| package.same_name_arch(runs);
    let wanted = member.release.packages().iter().filter(is_kernel).max_by(|a, b| a.cmp_evr(*b))?;
    let installed = seen.packages()?.installed.iter().filter(is_kernel);
    let mut newer = installed.filter(|have| have.cmp_evr(wanted).is_gt());
    let stays = newer.any(|package| !member.correction.remove.contains(&package));
    // What is not updated to it does not get it.
    let comes = member.group.update == Some(crate::op::Wanted::All);
    (comes && !stays).then_some(wanted)
}

/// Says of each whether he is booted: not who is held, unless what holds him is only that he is not at his level.
pub(super) fn choose(state: &State, members: &mut [Member<'_>]) {
    for member in members.iter_mut().filter(|member| member.group.enforcing.reboots()) {
        let rests = member.held.as_ref().is_some_and(|held| !is_of_level(held));
        let asked = state.boots.get(member.id);
        // Before he has been seen to run what he is to run, he is not at his level, whatever is installed.
        member.at_level &= asked.is_none();
        if rests {
            continue;
        }
        let installs = member.update || member.correction.is_due();
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
