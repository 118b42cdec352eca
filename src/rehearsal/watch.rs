//! What a run does, event by event: when each wave begins and ends, and what holds it.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{Course, Hold, Holding, Left, Leg};
use crate::apply::{Event, StepEnd};
use crate::name::{Address, GroupName, Ocid};
use crate::op::{Op, StepId};
use crate::plan::{Action, Condition, Phase, Plan, Step};

/// Whoever watches a run.
pub(super) struct Watch<'a> {
    plan: &'a Plan,
    legs: Vec<Leg>,
    /// The leg of each wave of each group.
    of: HashMap<(&'a GroupName, u32), usize>,
    /// The leg of each step; none for gates.
    steps: Vec<Option<usize>>,
    /// What was waited for, and until when.
    held: Vec<(Left, Timestamp)>,
    /// When the last thing happened.
    last: Timestamp,
    /// When the rollouts stopped that did.
    pub(super) stopped: BTreeMap<GroupName, Timestamp>,
}

/// The leg of what belongs to no wave.
const REST: usize = 0;

impl<'a> Watch<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut watch = Self {
            plan,
            legs: vec![Leg::default()],
            of: HashMap::new(),
            steps: Vec::with_capacity(plan.steps.len()),
            held: Vec::new(),
            last: Timestamp::MIN,
            stopped: BTreeMap::new(),
        };
        let mut moving: HashSet<(usize, &Ocid)> = HashSet::new();
        for step in &plan.steps {
            let leg = (!matches!(step.action, Action::Gate { .. })).then(|| watch.leg(step));
            for instance in leg.map_or(&[][..], |_| moved(step)) {
                moving.insert((leg.unwrap_or(REST), instance));
            }
            watch.steps.push(leg);
        }
        for (leg, _) in moving {
            watch.legs[leg].moving += 1;
        }
        watch
    }

    /// Returns where a step belongs.
    fn leg(&mut self, step: &'a Step) -> usize {
        let Some(group) = step.group.as_ref().filter(|_| is_of_wave(step)) else { return REST };
        let wave = wave(step);
        *self.of.entry((group, wave)).or_insert_with(|| {
            self.legs.push(Leg { wave, ..Leg::default() });
            self.legs.len() - 1
        })
    }

    pub(super) fn see(&mut self, event: &Event, now: Timestamp) {
        self.last = now;
        match event {
            Event::Started { step } => {
                // Who is only read back is so at any time.
                let moves = self.plan.steps.get(step.0 as usize).is_some_and(|step| !moved(step).is_empty());
                if let Some(leg) = self.at(*step).filter(|leg| moves || leg.moving == 0) {
                    leg.begun.get_or_insert(now);
                }
            }
            Event::Ended { step, end } if !matches!(end, StepEnd::NotStarted | StepEnd::Shut { .. }) => {
                if let Some(leg) = self.at(*step) {
                    leg.ended = Some(now);
                }
            }
            Event::Held { step, message, until } => self.held(*step, message, (now, *until)),
            Event::Stopped { group, .. } => {
                self.stopped.entry(group.clone()).or_insert(now);
            }
            _ => {}
        }
    }

    fn at(&mut self, step: StepId) -> Option<&mut Leg> {
        let leg = self.steps.get(step.0 as usize).copied().flatten()?;
        self.legs.get_mut(leg)
    }

    fn held(&mut self, id: StepId, message: &str, (from, until): (Timestamp, Timestamp)) {
        let Some(step) = self.plan.steps.get(id.0 as usize) else { return };
        self.held.push((Left { step: id, steps: 1, why: message.to_owned() }, until));
        let (leg, by) = match &step.action {
            Action::Gate { condition: Condition::GroupAtLevel { waiting, behind, group, wave, .. } } => {
                (self.first(waiting, *behind), Holding::Soak { group: group.clone(), wave: *wave })
            }
            Action::Gate { condition: Condition::Open { waiting, .. } } => {
                (self.first(waiting, None), Holding::Hours)
            }
            _ => (self.steps.get(id.0 as usize).copied().flatten(), Holding::Hours),
        };
        if let Some(leg) = leg {
            self.legs[leg].holds.push(Hold { by, from, until });
        }
    }

    /// Returns the first leg of a group from a wave on.
    fn first(&self, group: &GroupName, behind: Option<u32>) -> Option<usize> {
        let own = self.of.iter().filter(|((of, wave), _)| *of == group && *wave >= behind.unwrap_or(1));
        own.min_by_key(|((_, wave), _)| *wave).map(|(_, leg)| *leg)
    }

    /// Returns what is still waited for when the last thing has happened.
    pub(super) fn waiting(&self) -> Vec<Left> {
        let open = self.held.iter().filter(|(_, until)| *until > self.last);
        open.map(|(left, _)| left.clone()).collect()
    }

    /// Returns when the last step of a group had ended.
    pub(super) fn ended(&self, group: &GroupName) -> Option<Timestamp> {
        let own = self.of.iter().filter(|((of, _), _)| *of == group);
        own.filter_map(|(_, leg)| self.legs[*leg].ended).max()
    }

    /// Returns what belongs to no wave, and the groups wave by wave.
    pub(super) fn courses(mut self) -> (Option<Leg>, Vec<Course>) {
        let rest = std::mem::take(&mut self.legs[REST]);
        let has_rest = self.steps.contains(&Some(REST));
        let mut waves: BTreeMap<(&GroupName, u32), Leg> = BTreeMap::new();
        for (key, leg) in self.of {
            waves.insert(key, std::mem::take(&mut self.legs[leg]));
        }
        let courses = self.plan.groups.iter().map(|group| {
            let own = waves.range((&group.name, 0)..=(&group.name, u32::MAX));
            let waves = own.map(|(_, leg)| leg.clone()).collect();
            Course { group: group.name.clone(), release: group.release.clone(), waves }
        });
        (has_rest.then_some(rest), courses.filter(|course| !course.waves.is_empty()).collect())
    }
}

/// Returns the wave that a step belongs to; the first, of a group without waves.
pub(super) fn wave(step: &Step) -> u32 {
    let of_its_own = match &step.address {
        Address::Group(group) => group.wave(),
        _ => None,
    };
    step.wave.or(of_its_own).unwrap_or(1)
}

/// Tells whether a step is a part of a wave, and not of what is done at any time.
pub(super) fn is_of_wave(step: &Step) -> bool {
    let enrolls = matches!(&step.action, Action::Act { op: Op::Enroll { .. } });
    enrolls || matches!(step.phase(), Phase::Switch | Phase::Update | Phase::Reboot | Phase::Verify)
}

/// Returns whom a step moves.
pub(super) fn moved(step: &Step) -> &[Ocid] {
    match &step.action {
        Action::Act { op } if is_of_wave(step) && step.phase() != Phase::Verify => match op.instance() {
            Some(instance) => std::slice::from_ref(instance),
            None => op.crew().map_or(&[], |(_, instances)| instances),
        },
        _ => &[],
    }
}
