//! Work requests to come: for one instance alone, or one over a part for each instance, which lies where its instance lies.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Context, Id, Instance, agents};
use crate::package::Digest;
use crate::simulator::world::NewWork;
use crate::simulator::world::hub::{Contents, Label, NewRoot, NewTree, Operation, Order, Own, Subject, What};

/// What agents are asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) what: What,
    pub(super) operation: Operation,
    pub(super) label: Label,
}

/// What a tree stands over.
pub(super) struct Over<'a> {
    pub(super) subject: Subject,
    pub(super) name: &'a str,
    pub(super) compartment: &'a Id,
}

pub(super) const KIND: &str = "osmhworkrequest";

/// Returns the id that the next work request gets.
pub(super) fn next_id(context: &Context<'_>) -> Id {
    context.world.next_id(KIND, 0)
}

/// Asks one instance, in a work request of its own.
pub(super) fn alone(context: &Context<'_>, instance: (&Id, &Instance), asked: Asked) -> (NewTree, Id) {
    let id = next_id(context);
    let Asked { what, operation, label } = asked;
    let tells = context.switches.hub.work_refreshes;
    let mishap = context.world.mishap_of(instance.0, &what);
    let order = Order { what, operation, label, parent: None, shown: context.now, tells };
    let work = context.schedule(instance, id.clone(), (context.switches.hub.pick_up, mishap));
    (NewTree { root: None, parts: vec![(order, vec![work])] }, id)
}

/// Asks instances, each in a part of one work request.
pub(super) fn over<'a>(
    context: &Context<'_>,
    over: Over<'_>,
    asked: Asked,
    instances: impl IntoIterator<Item = (&'a Id, &'a Instance)>,
) -> (NewTree, Id) {
    let instances: Vec<(&Id, &Instance)> = instances.into_iter().collect();
    let (operation, label) = (asked.operation, asked.label.clone());
    parts(context, over, operation, label, vec![(asked, instances)])
}

/// Asks different things of instances, in parts of one work request.
pub(super) fn parts(
    context: &Context<'_>,
    over: Over<'_>,
    operation: Operation,
    label: Label,
    asked: Vec<(Asked, Vec<(&Id, &Instance)>)>,
) -> (NewTree, Id) {
    let id = next_id(context);
    let shown = agents::later(context.now, context.switches.hub.parts_appear_after);
    let tells = context.switches.hub.work_refreshes;
    let mut ahead = 0;
    let mut free: HashMap<Id, Timestamp> = HashMap::new();
    let mut part = |(asked, instances): (Asked, Vec<(&Id, &Instance)>)| {
        let Asked { what, operation, label } = asked;
        let order = Order { what, operation, label, parent: Some(id.clone()), shown, tells };
        let works = instances.into_iter().map(|instance| {
            ahead += 1;
            let work = context.world.next_id(KIND, ahead);
            let mishap = context.world.mishap_of(instance.0, &order.what);
            let mut work = context.schedule(instance, work, (context.switches.hub.pick_up, mishap));
            // Whoever has several parts does one after the other.
            if let (Some(starts), Some(free)) = (work.starts, free.get(&work.instance)) {
                let wait = free.duration_since(starts).max(SignedDuration::ZERO);
                work.starts = starts.checked_add(wait).ok();
                work.ends = work.ends.checked_add(wait).unwrap_or(work.ends);
            }
            free.insert(work.instance.clone(), work.ends);
            work
        });
        let works: Vec<NewWork> = works.collect();
        (order, works)
    };
    let parts = asked.into_iter().map(&mut part).collect();
    let root = NewRoot {
        id: id.clone(),
        subject: over.subject,
        subject_name: over.name.into(),
        operation,
        label,
        compartment: over.compartment.clone(),
        shown,
        own: None,
    };
    (NewTree { root: Some(root), parts }, id)
}

/// Has the hub do something by itself, after what it is doing to the same thing.
pub(super) fn own(
    context: &Context<'_>,
    over: Over<'_>,
    operation: Operation,
    label: Label,
    contents: Option<Contents>,
) -> (NewTree, Id) {
    let id = next_id(context);
    let same = context.world.hub.roots.values().filter(|root| root.subject == over.subject);
    let busy =
        same.filter(|root| root.outcome.is_none()).filter_map(|root| root.own.as_ref()).map(|own| own.ends);
    let starts = busy.max().map_or(context.now, |ends| ends.max(context.now));
    let ends = ends(context, starts, &id);
    (own_until(context, over, (operation, label), Own { contents, starts, ends }), id)
}

/// The same between moments that are known.
pub(super) fn own_until(
    context: &Context<'_>,
    over: Over<'_>,
    (operation, label): (Operation, Label),
    own: Own,
) -> NewTree {
    let root = NewRoot {
        id: next_id(context),
        subject: over.subject,
        subject_name: over.name.into(),
        operation,
        label,
        compartment: over.compartment.clone(),
        shown: context.now,
        own: Some(own),
    };
    NewTree { root: Some(root), parts: Vec::new() }
}

/// When work that begins at a moment ends: the same for the same id.
fn ends(context: &Context<'_>, starts: Timestamp, id: &str) -> Timestamp {
    let (least, most): (Duration, Duration) = context.switches.work;
    let byte = Digest::of([id]).as_bytes()[0];
    agents::later(starts, least + most.saturating_sub(least) * u32::from(byte) / 255)
}
