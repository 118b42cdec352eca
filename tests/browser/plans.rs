//! Plans as pages in a real browser, by `plan.py`: a small one with everything in it, and one of 2,000 instances.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use patchtrain::advisory::{Coverage, Covered, CoveredCves, Severity, Uncured};
use patchtrain::op::UpdateKind;
use patchtrain::plan::{Approvals, Check, CheckOutcome, Plan, PolicyChange, PolicyReview};
use patchtrain::render::{PlanFormat, plan_as};

#[expect(dead_code, reason = "what a bench measures with is not needed here")]
#[path = "../../benches/fleet/mod.rs"]
mod fleet;

const HOSTILE: [&str; 2] = ["\"><script>window.broken=1</script>", "<img src=x onerror=window.broken=1>"];

fn check(rule: &str, outcome: CheckOutcome, limit: &str, found: &str) -> Check {
    let details = match outcome {
        CheckOutcome::Fail => vec!["removal of glibc-devel.i686".to_owned(), HOSTILE[0].to_owned()],
        _ => Vec::new(),
    };
    Check { rule: rule.to_owned(), outcome, limit: limit.to_owned(), found: found.to_owned(), details }
}

/// A plan with a policy, advisories, and names that would break out of the page.
fn plan(instances: usize) -> Plan {
    let mut plan = fleet::world(instances, 10).plan();
    plan.service.simulator = true;
    for (number, label) in plan.labels.values_mut().enumerate() {
        *label = match HOSTILE.get(number) {
            Some(name) => Arc::from(*name),
            None => format!("web-{number}").into(),
        };
    }
    plan.policy = Some(PolicyReview {
        policy: None,
        checks: vec![
            check("max_instances", CheckOutcome::Pass, "at most 3000 instances", "2000 instances"),
            check("forbid", CheckOutcome::Fail, "no removal of glibc*", "2 of that"),
            check("patchtrain.warn", CheckOutcome::Warn, "", "it is Friday"),
        ],
        approvals: Some(Approvals {
            keys: Vec::new(),
            needed: 2,
            approvers: vec!["alice".into(), "bob".into()],
            recorded: false,
        }),
        changed: vec![PolicyChange {
            rule: "max_instances".into(),
            from: Some("at most 200".into()),
            to: None,
        }],
        binding: false,
        unrecorded: false,
    });
    let severities = [Severity::Low, Severity::Moderate, Severity::Important, Severity::Critical];
    for one in &mut plan.moves {
        let closed: Vec<Covered> = one
            .delta
            .entries
            .iter()
            .enumerate()
            .filter_map(|(number, entry)| {
                let (old, new) = (*entry.old.first()?, *entry.new.first()?);
                Some(Covered {
                    id: format!("ELSA-2026-{}", 20_001 + number).into(),
                    kind: UpdateKind::Security,
                    severity: severities.get(number % 5).copied(),
                    title: format!("{} security update", old.name()).into(),
                    issued: None,
                    cves: (0..3)
                        .map(|cve| format!("CVE-2026-{}", 40_000 + number * 3 + cve).into())
                        .collect(),
                    packages: vec![Uncured { package: old, fixed: new.evr().to_owned(), becomes: Some(new) }],
                })
            })
            .collect();
        let cves = CoveredCves {
            closed: closed.iter().flat_map(|one| one.cves.iter().cloned()).collect(),
            ..CoveredCves::default()
        };
        one.coverage = Some(Coverage { closed, cves, ..Coverage::default() });
    }
    plan
}

#[test]
#[ignore = "needs Chromium; .ci/run browser"]
fn browser_plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    fs::create_dir_all(&folder).unwrap();
    for (name, instances) in [("plan-small", 60), ("plan-large", 2_000)] {
        let plan = plan(instances);
        let document = plan_as(&plan, &PlanFormat::Html);
        println!("{name}.html: {instances} instances, {} bytes", document.len());
        assert!(document.len() < 3_000_000, "{} bytes", document.len());
        fs::write(folder.join(format!("{name}.html")), document).unwrap();
        let comment = plan_as(&plan, &PlanFormat::Markdown(Box::default()));
        println!("{name}.md: {} bytes", comment.len());
        fs::write(folder.join(format!("{name}.md")), comment).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/plan.py");
    let status = Command::new("python3").arg("-B").arg(script).arg(&folder).status().unwrap();
    assert!(status.success(), "{status}");
}
