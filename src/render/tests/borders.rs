//! The borders of what a plan can be: the first of a train, one that is all held, one of 2,000 instances.

use super::sample::{
    at, change, cohort, empty, group_name, held, instances, label, lag, link, packages, planned_group,
    release, rides, switch_update_verify, whole_move,
};
use crate::advisory::{Coverage, Covered, CoveredCves, Severity, Uncured};
use crate::conformance::Verdict;
use crate::name::{Address, Ocid};
use crate::plan::{ChangeAction, ChangeDetail, Cost, HeldReason, Plan, Reason, Work};

/// The first plan of a train: nothing is there but instances.
pub(super) fn first_run() -> Plan {
    let mut plan = empty();
    plan.basis.serial = 0;
    let web = &mut plan.groups[1];
    (web.at_level, web.rides) = (0, rides(&[("", 2), ("ol8_baseos_latest-x86_64", 12)]));
    web.work = Work { joins: 14, switches: 14, updates: 14, ..Work::default() };
    plan.groups.remove(0);
    let group = |create| ChangeDetail::Group {
        create,
        adopt: false,
        from: None,
        joins: instances("web", 1..=14),
        leaves: Vec::new(),
        verifies: 0,
        exchange: None,
        line: 33,
    };
    plan.changes = vec![
        change(
            Address::Release(release("GL1")),
            ChangeAction::Add,
            ChangeDetail::CreateSource { packages: 598, calls: 12, line: 20 },
        ),
        change(Address::Group(group_name("web")), ChangeAction::Add, group(true)),
    ];
    for number in 1..=14_usize {
        let old = format!("bash-4.4.20-{}.el8.x86_64", 1 + number % 3);
        let mut behind = vec![lag(&old, "bash-4.4.20-4.el8_6.x86_64")];
        if number % 2 == 0 {
            behind.push(lag("curl-7.61.1-30.el8.x86_64", "curl-7.61.1-33.el8.x86_64"));
        }
        let installed = format!("tool{number}-1-1.noarch");
        let verdict = Verdict { behind, extra: packages(&[installed.as_str()]), ..Verdict::default() };
        let mut own = cohort("web", "GL1", instances("web", number..=number), verdict);
        own.from = (number > 2).then(|| link("ol8_baseos_latest-x86_64"));
        own.drops = if number > 2 { vec![link("ol8_appstream-x86_64")] } else { Vec::new() };
        own.reason = Reason::Joined { line: 33 };
        let address = Address::Instance(own.instances[0].clone());
        let detail = ChangeDetail::Instance { cohort: plan.cohorts.len() };
        plan.changes.push(change(address, ChangeAction::Change, detail));
        plan.cohorts.push(own);
    }
    for member in instances("web", 1..=14) {
        switch_update_verify(&mut plan, "web", "GL1", &member, &[]);
    }
    plan.cost = Cost { changing_calls: 69, work_requests: 14 };
    plan
}

/// Everything that is wanted is held.
pub(super) fn all_held() -> Plan {
    let mut plan = empty();
    plan.groups[1].at_level = 11;
    plan.groups[1].held = 3;
    let streams = vec![crate::conformance::StreamGap {
        release: crate::package::StreamName::parse("postgresql:15").unwrap(),
        instance: crate::conformance::Instead::Other("13".into()),
    }];
    plan.held = instances("web", 12..=14)
        .into_iter()
        .map(|instance| held(Address::Instance(instance), HeldReason::Ahead { packages: 2 }))
        .collect();
    plan.held[0].until = Some(at("2026-12-05T02:00:00Z"));
    plan.held[2].reason = HeldReason::Streams { streams, together: None };
    plan
}

/// 2,000 instances in 4 groups; one in ten has a mix of its own.
pub(super) fn large() -> Plan {
    let mut plan = empty();
    plan.groups.clear();
    for name in ["canary", "web", "batch", "db"] {
        let mut group = planned_group(name, "GL1.1", 500);
        group.rides = rides(&[("great-linux/GL1", 500)]);
        group.work = Work { switches: 500, updates: 500, ..Work::default() };
        plan.groups.push(group);
        label(&mut plan, name, 500);
        let own: Vec<Ocid> = instances(name, 1..=50);
        plan.cohorts.push(cohort(
            name,
            "GL1.1",
            instances(name, 51..=500),
            Verdict { behind: whole_move(), ..Verdict::default() },
        ));
        for (number, instance) in own.into_iter().enumerate() {
            let mut behind = whole_move();
            let old = format!("zlib-1.2.11-{}.el8.x86_64", number + 1);
            behind.push(lag(&old, "zlib-1.2.11-99.el8.x86_64"));
            plan.cohorts.push(cohort(
                name,
                "GL1.1",
                vec![instance],
                Verdict { behind, ..Verdict::default() },
            ));
        }
        for member in instances(name, 1..=500) {
            switch_update_verify(&mut plan, name, "GL1.1", &member, &[]);
        }
    }
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        for instance in &cohort.instances {
            let detail = ChangeDetail::Instance { cohort: index };
            plan.changes.push(change(Address::Instance(instance.clone()), ChangeAction::Change, detail));
        }
    }
    plan.cost = Cost { changing_calls: 4000, work_requests: 2000 };
    plan
}

/// That, with 300 packages that change and what the vendor says of them.
pub(in crate::render) fn heavy() -> Plan {
    let mut plan = large();
    let of = |version: usize| {
        let texts: Vec<String> = (0..300)
            .map(|number| {
                format!("package-number-{number:03}-1.{version}-{number}.el8_{}.x86_64", version + 5)
            })
            .collect();
        crate::package::PackageSet::new(packages(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let (old, new) = (of(1), of(2));
    let severities = [Severity::Low, Severity::Moderate, Severity::Important, Severity::Critical];
    let closed: Vec<Covered> = old
        .iter()
        .zip(new.iter())
        .step_by(2)
        .enumerate()
        .map(|(number, (old, new))| Covered {
            id: format!("ELSA-2026-{}", 20_001 + number).into(),
            kind: crate::patching::UpdateKind::Security,
            severity: severities.get(number % 5).copied(),
            title: format!("{} security update", old.name()).into(),
            issued: None,
            cves: (0..3).map(|cve| format!("CVE-2026-{}", 40_000 + number * 3 + cve).into()).collect(),
            packages: vec![Uncured { package: old, fixed: new.evr().to_owned(), becomes: Some(new) }],
        })
        .collect();
    let cves = CoveredCves {
        closed: closed.iter().flat_map(|one| one.cves.iter().cloned()).collect(),
        ..CoveredCves::default()
    };
    plan.moves = vec![crate::plan::ReleaseMove {
        from: release("GL1"),
        to: release("GL1.1"),
        delta: crate::package::Delta::between(&old, &new),
        groups: plan.groups.iter().map(|group| group.name.clone()).collect(),
        instances: 2_000,
        coverage: Some(Coverage { closed, cves, ..Coverage::default() }),
    }];
    plan
}
