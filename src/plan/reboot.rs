//! Which members are booted anew by a plan, and into which kernel: of groups that say so, whoever waits for it, and whoever
//! this plan installs something on. Whether that one needs it shows only then: the step looks first.

use super::assess::Member;
use super::{HeldReason, Reason};
use crate::package::Package;

/// Returns the kernel that a member is to run after it, `version-release.arch`: the release's newest of the kind that it
/// runs. None where something newer is booted instead, or the release has none of that kind.
pub(super) fn kernel(member: &Member<'_>) -> Option<String> {
    let seen = member.seen?;
    let runs = seen.kernel_package()?;
    let is_kernel = |package: &Package| package.same_name_arch(runs);
    let wanted = member.release.packages().iter().filter(is_kernel).max_by(|a, b| a.cmp_evr(*b))?;
    let installed = seen.packages()?.installed.iter().filter(is_kernel);
    let mut newer = installed.filter(|have| have.cmp_evr(wanted).is_gt());
    let stays = newer.any(|package| !member.correction.remove.contains(&package));
    // What is not updated to it does not get it.
    let comes = member.group.update == Some(crate::op::Wanted::All);
    (comes && !stays).then(|| wanted.uname())
}

/// Says of each whether he is booted: not who is held, unless what holds him is only that he is not at his level.
pub(super) fn choose(members: &mut [Member<'_>]) {
    for member in members.iter_mut().filter(|member| member.group.enforcing.reboots()) {
        let rests = member.held.as_ref().is_some_and(|held| !is_of_level(held));
        let waits = member.waits_for_reboot() && (member.rides || member.switch);
        let installs = member.update || member.correction.is_due();
        member.reboot = !rests && (waits || installs);
        // A level is proven again after it, where there can be one.
        let provable = member.reaches || matches!(member.held, Some(HeldReason::Inexact { .. }));
        member.verify |= member.reboot && provable;
        if member.reboot && !(member.switch || installs) {
            member.reason = Reason::Reboot;
        }
    }
}

fn is_of_level(held: &HeldReason) -> bool {
    matches!(held, HeldReason::Inexact { .. } | HeldReason::Ahead { .. } | HeldReason::Schedule { .. })
}
