//! What is particular to the instances that change: a package that stays never reads as one that goes back, what goes back
//! never as one that stays, and where not all updates count the pages say how many do.

use super::super::{PlanFormat, plan_as};
use super::sample::{self, cohort, group_name, instances, lag, packages};
use crate::conformance::{Tally, Verdict};
use crate::op::Wanted;
use crate::patching::UpdateKind;
use crate::plan::Plan;

/// Instances that are behind, and have a newer kernel, a package more and one less.
fn differing() -> Plan {
    let mut plan = sample::full();
    let verdict = Verdict {
        behind: vec![lag("bash-4.4.20-3.el8.x86_64", "bash-4.4.20-4.el8_6.x86_64")],
        ahead: vec![lag("kernel-4.18.0-600.el8.x86_64", "kernel-4.18.0-553.el8.x86_64")],
        extra: packages(&["nmap-7.92-1.el8.x86_64"]),
        missing: packages(&["vim-9.0-1.el8.x86_64"]),
        ..Verdict::default()
    };
    plan.cohorts = vec![cohort("web", "GL1", instances("web", 9..=10), verdict)];
    plan.changes.clear();
    // The sample's own tell of packages, too.
    (plan.drift, plan.ahead, plan.mismatches) = (Vec::new(), Vec::new(), Vec::new());
    plan.changes = [9, 10]
        .map(|at| {
            let address = crate::name::Address::Instance(sample::instance(&format!("web-{at:02}")));
            let detail = crate::plan::ChangeDetail::Instance { cohort: 0 };
            sample::change(address, crate::plan::ChangeAction::Change, detail)
        })
        .into();
    plan
}

fn pages(plan: &Plan) -> [String; 2] {
    [PlanFormat::Markdown(Box::default()), PlanFormat::Html].map(|format| {
        // However the columns stand, and whatever is escaped.
        let text = plan_as(plan, &format).replace("&gt;", ">");
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
    })
}

#[test]
fn a_package_that_stays_does_not_read_as_one_that_goes_back() {
    for page in pages(&differing()) {
        for told in [
            "bash.x86_64 4.4.20-3.el8 -> 4.4.20-4.el8_6",
            "kernel.x86_64 4.18.0-600.el8 newer than 4.18.0-553.el8",
            "+ nmap.x86_64 7.92-1.el8",
            "- vim.x86_64 9.0-1.el8",
            "packages: 1 behind besides, 1 newer and left so, 1 not in the release, 1 of the release not installed",
        ] {
            assert!(page.contains(told), "no {told} in {page}");
        }
        assert!(!page.contains("600.el8 ->"), "{page}");
    }
}

#[test]
fn what_is_made_exact_is_not_told_as_left() {
    let mut plan = differing();
    plan.cohorts[0].exact = true;
    for page in pages(&plan) {
        assert!(page.contains("packages: 1 behind besides"), "{page}");
        for never in ["newer and left so", "not in the release", "not installed", "600.el8", "nmap", "vim"] {
            assert!(!page.contains(never), "{never} in {page}");
        }
    }
}

#[test]
fn of_one_kind_of_update_it_is_told_how_many_count() {
    let mut plan = differing();
    plan.cohorts[0].verdict.behind = sample::whole_move();
    let web = plan.groups.iter_mut().find(|group| group.name == group_name("web")).unwrap();
    web.patching.update = Some(Wanted::Only(UpdateKind::Security));
    for (tally, told) in [
        (Some(Tally { due: 2, scheduled: 0, beside: 7 }), "9 behind, of which 2 security count"),
        (None, "9 behind, of which the security ones count, known after the switch"),
    ] {
        plan.cohorts[0].tally = tally;
        let [comment, page] = pages(&plan);
        assert!(comment.contains(&format!("packages: {told} (9 besides), 1 newer")), "{comment}");
        assert!(page.contains(&format!("packages: {told} (9 besides), 1 newer")), "{page}");
        // And in the row of each instance.
        assert_eq!(page.matches(&format!("; {told}</td>")).count(), 2, "{page}");
    }
}
