//! How accepted work goes, and which work is open: of an instance, and of the members of a group. Work of an instance
//! that is a part of a group's is named by its root, since that is what can be waited for and done again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::trees::{Tree, has_ended, is_open};
use super::{OsmhCloud, ROWS, wire};
use crate::cloud::wire::{instant, percent};
use crate::cloud::{CloudError, Part, Progress};
use crate::name::Ocid;
use crate::observed::Instance;
use crate::oci::{Call, Transport};
use crate::op::Ticket;

/// The states of work that may still change something.
const OPEN: [&str; 4] = ["WAITING", "ACCEPTED", "IN_PROGRESS", "CANCELING"];

impl<T: Transport> OsmhCloud<T> {
    /// Asks how work goes: one request's, or that of all its parts.
    pub(super) async fn progress(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        let tree = self.tree(ticket).await?;
        let root = &tree.root;
        if tree.is_alone() {
            return Ok(self.own_progress(&tree).await);
        }
        if tree.parts.is_empty() && !is_open(root) {
            // Over, and nobody was to do anything.
            return Ok(match root.status.as_str() {
                "SUCCEEDED" => Progress::Succeeded,
                _ => Progress::Failed { message: self.told(root, true).await },
            });
        }
        Ok(Progress::Parts { parts: tree.parts.clone(), over: tree.is_over() })
    }

    async fn own_progress(&self, tree: &Tree) -> Progress {
        let (root, part) = (&tree.root, tree.parts.values().next());
        match (root.status.as_str(), part) {
            // That of all kinds of updates says less than what failed of them.
            (_, Some(Part::Failed { message })) if !is_open(root) => {
                Progress::Failed { message: message.clone() }
            }
            (_, Some(part)) if !is_open(root) && !has_ended(part) => Progress::Running { percent: 99 },
            ("ACCEPTED" | "WAITING", _) => {
                Progress::Accepted { since: root.time_created.as_deref().and_then(instant) }
            }
            ("SUCCEEDED", _) => Progress::Succeeded,
            ("FAILED" | "CANCELED" | "SKIPPED", _) => {
                Progress::Failed { message: self.told(root, true).await }
            }
            // Also while it is being cancelled, and in a state that we do not know: it may still change something.
            _ => Progress::Running { percent: percent(root.percent_complete) },
        }
    }

    /// Finds the trees that have open work, by a list of each compartment and of what lies below the train's.
    async fn open_trees(
        &self,
        compartments: &BTreeSet<String>,
        groups: &BTreeSet<Ocid>,
        since: Option<Instant>,
    ) -> Result<Vec<Arc<Tree>>, CloudError> {
        let mut wanted = compartments.clone();
        wanted.insert(self.compartment.to_string());
        let lists = self
            .calls
            .each(wanted, |compartment: String| async move { self.open_in(&compartment, since).await })
            .await?;
        let rows: BTreeMap<&str, &wire::WorkRequest> =
            lists.iter().flat_map(|list| list.iter()).map(|row| (row.id.as_str(), row)).collect();
        let mut roots: BTreeSet<Ticket> = BTreeSet::new();
        for row in rows.values() {
            let parent = row.parent_id.as_deref().filter(|id| !id.is_empty());
            roots.insert(match parent {
                None => Ticket(row.id.clone()),
                Some(parent) => self.root_of(&Ticket(parent.to_owned())).await?,
            });
        }
        // Whose a root is, it says itself; what is asked of another group is none of its members' here.
        let concerns = |root: Ticket| async move {
            let facts = self.facts(&root).await?;
            // Who has just been asked to join may not be called a member yet.
            let ours = |group: &Ocid| groups.contains(group) || self.board.last_asked([group]).is_some();
            let concerned = facts.is_some_and(|facts| facts.group.as_ref().is_none_or(ours));
            Ok(concerned.then_some(root))
        };
        let roots = self.calls.each(roots, concerns).await?;
        self.calls.each(roots.into_iter().flatten(), |root| async move { self.tree(&root).await }).await
    }

    /// Lists the open work requests of a compartment; of the train's also of those below.
    async fn open_in(
        &self,
        compartment: &str,
        since: Option<Instant>,
    ) -> Result<Arc<Vec<wire::WorkRequest>>, CloudError> {
        let mut call = Call::get("ListWorkRequests", &["workRequests"]).query("compartmentId", compartment);
        if compartment == self.compartment.as_str() {
            call = call.query("compartmentIdInSubtree", "true");
        }
        let call = OPEN.into_iter().fold(call, |call, status| call.query("status", status));
        let read = async || self.items(call.query("limit", ROWS)).await;
        self.board.open.get(compartment.to_owned(), since, read).await
    }

    async fn root_of(&self, ticket: &Ticket) -> Result<Ticket, CloudError> {
        let mut root = ticket.clone();
        loop {
            let facts = self.facts(&root).await?;
            match facts.and_then(|facts| facts.parent.clone()) {
                Some(parent) => root = parent,
                None => return Ok(root),
            }
        }
    }

    /// Returns the open work of an instance, by its roots.
    pub(super) async fn open_work_of(
        &self,
        id: &Ocid,
        compartment: &str,
        groups: &BTreeSet<Ocid>,
    ) -> Result<Vec<Ticket>, CloudError> {
        let since = self.board.last_asked(groups.iter().chain([id]));
        let compartments = BTreeSet::from([compartment.to_owned()]);
        let trees = self.open_trees(&compartments, groups, since).await?;
        let open = trees.iter().filter(|tree| is_busy_with(tree, id, groups));
        let mut open: Vec<Ticket> = open.map(|tree| Ticket(tree.root.id.clone())).collect();
        open.sort_unstable();
        Ok(open)
    }

    /// Notes the open work of all instances of these compartments.
    pub(super) async fn note_open_work(
        &self,
        compartments: &BTreeSet<String>,
        instances: &mut BTreeMap<Ocid, Instance>,
    ) -> Result<(), CloudError> {
        if instances.is_empty() {
            return Ok(());
        }
        let groups: BTreeSet<Ocid> = instances.values().flat_map(|seen| &seen.groups).cloned().collect();
        let mut trees = self.open_trees(compartments, &groups, Some(Instant::now())).await?;
        trees.sort_unstable_by(|one, other| one.root.id.cmp(&other.root.id));
        for (id, seen) in instances {
            let open = trees.iter().filter(|tree| is_busy_with(tree, id, &seen.groups));
            seen.open_work = open.map(|tree| Ticket(tree.root.id.clone())).collect();
        }
        Ok(())
    }

    /// Returns the members of a group that have open work, each with one root.
    pub(super) async fn busy(
        &self,
        group: &Ocid,
        members: &BTreeSet<Ocid>,
    ) -> Result<BTreeMap<Ocid, Ticket>, CloudError> {
        if members.is_empty() {
            return Ok(BTreeMap::new());
        }
        let compartments = self.homes_of(group, members).await?;
        let groups = BTreeSet::from([group.clone()]);
        let since = self.board.last_asked(members.iter().chain([group]));
        let mut trees = self.open_trees(&compartments, &groups, since).await?;
        trees.sort_unstable_by(|one, other| one.root.id.cmp(&other.root.id));
        let busy = members.iter().filter_map(|id| {
            let tree = trees.iter().find(|tree| is_busy_with(tree, id, &groups))?;
            Some((id.clone(), Ticket(tree.root.id.clone())))
        });
        Ok(busy.collect())
    }
}

/// Tells whether an instance that is in these groups has open work in a tree. While there are no parts yet, all are
/// meant whom the root names, or all members where it names none; later whoever has none is not.
fn is_busy_with(tree: &Tree, id: &Ocid, groups: &BTreeSet<Ocid>) -> bool {
    match tree.parts.get(id) {
        Some(part) => !has_ended(part),
        None if !tree.parts.is_empty() || !is_open(&tree.root) => false,
        None if tree.facts.instances.is_empty() => {
            tree.facts.group.as_ref().is_some_and(|group| groups.contains(group))
        }
        None => tree.facts.instances.contains(id),
    }
}
