//! What a plan says of rollouts beside its steps.

use patchtrain::plan::{Action, Condition, Plan};

use crate::support::model;
use crate::support::rng::Rng;
use crate::support::worlds;

fn arrivals(plan: &Plan) -> impl Iterator<Item = &patchtrain::name::GroupName> {
    plan.steps.iter().filter_map(|step| match &step.action {
        Action::Gate { condition: Condition::Arrived { group, .. } } => Some(group),
        _ => None,
    })
}

/// Where nothing can start, arrivals alone are recorded: those of groups of which nobody is still to be moved.
#[test]
fn no_group_arrives_that_somebody_of_is_still_to_be_moved() {
    let (mut recorded, mut kept) = (0, 0);
    for seed in worlds::seeds(300) {
        let mut rng = Rng::new(seed ^ 0xa221);
        let mut world = worlds::fresh(&mut rng);
        for _ in 0..3 {
            let Ok(plan) = world.plan() else { break };
            let recording = plan.recording();
            assert!(
                recording.steps.iter().all(|step| matches!(step.action, Action::Gate { .. })),
                "seed {seed}"
            );
            for group in arrivals(&plan) {
                let acts = |step: &&patchtrain::plan::Step| matches!(step.action, Action::Act { .. });
                let moves = plan.steps.iter().filter(acts).any(|step| step.group.as_ref() == Some(group));
                assert_ne!(arrivals(&recording).any(|other| other == group), moves, "seed {seed}: {group}");
                *if moves { &mut kept } else { &mut recorded } += 1;
            }
            let limit = rng.below(plan.steps.len() + 1);
            model::run(&mut world, &plan, limit, |_| 0);
        }
    }
    assert!(recorded > 5 && kept > 50, "{recorded} recorded, {kept} kept");
}
