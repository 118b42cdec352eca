//! Module streams by hand: what enables those that are asked for, and nothing else. Whether packages of the other stream
//! are exchanged on the way is the service's; what the release has of the new one is brought by the next update.

use std::sync::Arc;

use super::crew::in_the_way;
use super::{Draft, StreamMove, Target, foreign_work};
use crate::name::Ocid;
use crate::observed::{Precondition, Riding};
use crate::op::{GroupRef, Op, StepId};
use crate::package::{ModuleStream, StreamName, StreamStatus};
use crate::plan::assess::{Assessed, Member};
use crate::plan::holdings::Groups;
use crate::plan::{Action, HeldReason, Input, Verification};

impl Draft<'_> {
    /// Lays out what is asked of one instance, or holds it.
    pub(super) fn streams(
        &mut self,
        (input, riding): (&Input<'_>, &Riding),
        id: &Ocid,
        member: Option<&Member<'_>>,
    ) {
        let Some(seen) = self.reached(input, id, member) else { return };
        let Some(listed) = input.observed.streams.get(id) else { return self.hold(id, HeldReason::Unread) };
        let moves: Vec<StreamMove> =
            self.request.streams.iter().filter_map(|wanted| to(wanted, listed)).collect();
        if moves.is_empty() {
            return;
        }
        // Of another source it might get packages that are newer than its release's.
        if let Some(member) = member.filter(|member| !member.rides) {
            let rides = member.seen.and_then(|seen| riding.named(seen, None));
            return self.hold(id, HeldReason::Elsewhere { rides });
        }
        if let (Some(member), false) = (member, input.capabilities.updates_members) {
            let group = member.group.name.clone();
            return match &self.request.target {
                Target::Instance(_) => self.hold(id, HeldReason::Locked { group }),
                Target::Group(_) => {
                    self.note_unlisted(listed, &moves);
                    self.stream_crews.entry(member.crew.clone()).or_default().push((id.clone(), moves));
                }
            };
        }
        if let Some(ticket) = foreign_work(input, id, seen) {
            return self.hold(id, HeldReason::OpenWork { ticket });
        }
        self.note_unlisted(listed, &moves);
        let group = member.map(|member| &member.group.name);
        let streams = names(&moves);
        let op = Op::EnableStreams { instance: id.clone(), streams: streams.clone() };
        let idle = Precondition::Idle { instance: id.clone() };
        let mut last = self.push(id, group, Action::Act { op }, None, idle);
        if input.capabilities.refreshes {
            let op = Op::RefreshInstance { instance: id.clone() };
            last = self.push(id, group, Action::Act { op }, Some(last), Precondition::Nothing);
        }
        let what = Verification::Streams { instance: id.clone(), streams };
        self.push(id, group, Action::Verify { what }, Some(last), Precondition::Nothing);
        self.change(id, group.cloned(), (Vec::new(), moves));
    }

    /// Lays out what is asked of groups whose members nothing is done to one by one, or holds all of them.
    pub(super) fn stream_crews(&mut self, input: &Input<'_>, groups: &Groups, members: &Assessed<'_>) {
        for (group, lacking) in std::mem::take(&mut self.stream_crews) {
            if let Some(reason) = in_the_way(input, members.of(&group)) {
                lacking.iter().for_each(|(id, _)| self.hold(id, reason.clone()));
                continue;
            }
            let id = groups.get(&group).and_then(|found| found.id.clone());
            let group = GroupRef { group, id };
            // All that anybody lacks is asked of all: whoever has it already loses nothing.
            let streams: Vec<StreamName> = self
                .request
                .streams
                .iter()
                .filter(|wanted| lacking.iter().any(|(_, moves)| moves.iter().any(|it| it.to == **wanted)))
                .cloned()
                .collect();
            let instances: Vec<Ocid> = lacking.iter().map(|(id, _)| id.clone()).collect();
            let op = Op::EnableGroupStreams { group: group.clone(), streams, instances: instances.clone() };
            let mut last = self.on_group(&group.group, op, None);
            if input.capabilities.refreshes {
                let op = Op::Refresh { group: group.clone(), instances };
                last = self.on_group(&group.group, op, Some(last));
            }
            for (id, moves) in lacking {
                self.read_back(&id, &group, &moves, last);
                self.change(&id, Some(group.group.whole()), (Vec::new(), moves));
            }
        }
    }

    fn note_unlisted(&mut self, listed: &[ModuleStream], moves: &[StreamMove]) {
        let is_listed = |name: &StreamName| {
            listed.iter().any(|known| known.module == name.module && known.stream == name.stream)
        };
        for it in moves.iter().filter(|it| !is_listed(&it.to)) {
            *self.unlisted.entry(it.to.clone()).or_default() += 1;
        }
    }

    fn read_back(&mut self, id: &Ocid, group: &GroupRef, moves: &[StreamMove], after: StepId) {
        let what = Verification::Streams { instance: id.clone(), streams: names(moves) };
        self.push(
            id,
            Some(&group.group.whole()),
            Action::Verify { what },
            Some(after),
            Precondition::Nothing,
        );
    }
}

/// Returns what enabling a stream changes on an instance with these; none where it is enabled.
fn to(wanted: &StreamName, listed: &[ModuleStream]) -> Option<StreamMove> {
    let of_module = || listed.iter().filter(|known| known.module == wanted.module);
    if of_module().any(|known| known.stream == wanted.stream && known.status == StreamStatus::Enabled) {
        return None;
    }
    let other = of_module().filter(|known| known.stream != wanted.stream);
    let in_use =
        other.filter(|known| known.status != StreamStatus::Disabled).min_by_key(|known| known.status);
    Some(StreamMove { to: wanted.clone(), from: in_use.map(|known| Arc::clone(&known.stream)) })
}

fn names(moves: &[StreamMove]) -> Vec<StreamName> {
    moves.iter().map(|it| it.to.clone()).collect()
}
