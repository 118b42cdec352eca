//! Work requests as trees: what a group is asked for is one request with a part for each member, in its member's
//! compartment, and an update of all kinds has parts of those (osmh.md, section 1f). A tree is read by one list of what
//! lies under its root; whose a part is stands in the part alone, which is read once for that.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::{OsmhCloud, ROWS, wire};
use crate::cloud::calls::found;
use crate::cloud::lists::Lists;
use crate::cloud::told::{SHOWN, Told};
use crate::cloud::wire::WorkLine;
use crate::cloud::{CloudError, Part};
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::op::Ticket;

/// How each instance's part goes.
pub(super) type Parts = BTreeMap<Ocid, Part>;

/// What is known of work requests.
#[derive(Default)]
pub(super) struct Board {
    inner: Mutex<Inner>,
    /// Trees, read by one caller for all that want them.
    trees: Lists<Ticket, Tree>,
    /// Open work requests of a compartment.
    pub(super) open: Lists<String, Vec<wire::WorkRequest>>,
}

#[derive(Default)]
struct Inner {
    facts: HashMap<Ticket, Arc<Facts>>,
    /// The parts of what is over with all that lies under it.
    settled: HashMap<Ticket, Arc<Parts>>,
    /// When an instance or a group was asked for work last: no list from before says what it has.
    asked: HashMap<Ocid, Instant>,
}

/// What never changes of a work request.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) parent: Option<Ticket>,
    compartment: Option<String>,
    pub(super) instances: BTreeSet<Ocid>,
    pub(super) group: Option<Ocid>,
}

impl Facts {
    fn of(work: &wire::WorkRequest) -> Self {
        let named = |kind: &'static str| {
            let resources = work.resources.iter().flatten();
            let found = resources.filter(move |resource| resource.entity_type.as_deref() == Some(kind));
            found.filter_map(|resource| Some(Ocid::new(resource.identifier.as_deref()?)))
        };
        Self {
            parent: filled(work.parent_id.as_deref()),
            compartment: work.compartment_id.clone(),
            instances: named("INSTANCE").collect(),
            group: named("GROUP").next(),
        }
    }

    /// Returns whose it is, where it is one instance's.
    pub(super) fn whose(&self) -> Option<&Ocid> {
        if self.instances.len() == 1 { self.instances.first() } else { None }
    }
}

fn filled(id: Option<&str>) -> Option<Ticket> {
    id.filter(|id| !id.is_empty()).map(|id| Ticket(id.to_owned()))
}

/// A work request and all that lies under it.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: wire::WorkRequest,
    pub(super) facts: Arc<Facts>,
    pub(super) parts: Parts,
}

impl Tree {
    /// Tells whether nothing of it changes any more. That the root says it has ended is not enough: "parent finished" is
    /// not known to mean that its parts are.
    pub(super) fn is_over(&self) -> bool {
        !is_open(&self.root) && self.parts.values().all(has_ended)
    }

    /// Tells whether it is about one instance, or about none.
    pub(super) fn is_alone(&self) -> bool {
        self.facts.group.is_none()
            && self.facts.instances.len() <= 1
            && self.parts.keys().all(|id| self.facts.instances.contains(id))
    }
}

impl Board {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that an instance or a group has just been asked for work.
    pub(super) fn asked(&self, whom: &Ocid) {
        self.inner().asked.insert(whom.clone(), Instant::now());
    }

    /// Returns when any of these was asked for work last.
    pub(super) fn last_asked<'a>(&self, whom: impl IntoIterator<Item = &'a Ocid>) -> Option<Instant> {
        let inner = self.inner();
        whom.into_iter().filter_map(|id| inner.asked.get(id).copied()).max()
    }

    fn learn(&self, work: &wire::WorkRequest) -> Arc<Facts> {
        let facts = Arc::new(Facts::of(work));
        Arc::clone(self.inner().facts.entry(Ticket(work.id.clone())).or_insert(facts))
    }

    fn facts(&self, ticket: &Ticket) -> Option<Arc<Facts>> {
        self.inner().facts.get(ticket).cloned()
    }

    fn settled(&self, ticket: &Ticket) -> Option<Arc<Parts>> {
        self.inner().settled.get(ticket).cloned()
    }
}

impl<T: Transport> OsmhCloud<T> {
    /// Reads a tree, or takes the one that was read a moment ago.
    pub(super) async fn tree(&self, ticket: &Ticket) -> Result<Arc<Tree>, CloudError> {
        let read = async || {
            let root = self.work(ticket).await?;
            let facts = self.board.learn(&root);
            let parts = self.parts(&root, &facts).await?;
            Ok(Tree { root, facts, parts })
        };
        self.board.trees.get(ticket.clone(), None, read).await
    }

    /// Reads one work request.
    pub(super) async fn work(&self, ticket: &Ticket) -> Result<wire::WorkRequest, CloudError> {
        self.calls.one(&Call::get("GetWorkRequest", &["workRequests", &ticket.0])).await
    }

    /// Returns what never changes of a work request; none of one that we may not see, in a compartment of somebody
    /// else's.
    pub(super) async fn facts(&self, ticket: &Ticket) -> Result<Option<Arc<Facts>>, CloudError> {
        match self.board.facts(ticket) {
            Some(known) => Ok(Some(known)),
            None => Ok(found(self.work(ticket).await)?.map(|work| self.board.learn(&work))),
        }
    }

    /// Returns the parts of a work request: those of what lies under it, one for each instance.
    async fn parts(&self, work: &wire::WorkRequest, facts: &Facts) -> Result<Parts, CloudError> {
        let ticket = Ticket(work.id.clone());
        if let Some(known) = self.board.settled(&ticket) {
            return Ok((*known).clone());
        }
        let listed: Vec<Ticket> =
            work.children_id.iter().flatten().filter_map(|id| filled(Some(id))).collect();
        let (settled, open): (Vec<Ticket>, Vec<Ticket>) =
            listed.iter().cloned().partition(|child| self.board.settled(child).is_some());
        let mut all: Vec<(Ocid, Leaf)> = Vec::new();
        for child in settled {
            let known = self.board.settled(&child);
            let known = known.iter().flat_map(|parts| parts.iter());
            all.extend(known.map(|(id, part)| (id.clone(), Leaf::Part(part.clone()))));
        }
        // One that is a group's and names no parts may have some all the same.
        if !open.is_empty() || (listed.is_empty() && facts.group.is_some()) {
            let rows = self.children(&ticket, open).await?;
            let read = self.calls.each(rows, |row| async move { self.leaves(&row).await }).await?;
            all.extend(read.into_iter().flatten());
        }
        let parts = fold(all);
        if !is_open(work) && parts.values().all(has_ended) {
            self.board.inner().settled.insert(ticket, Arc::new(parts.clone()));
        }
        Ok(parts)
    }

    /// Returns what a part says of instances.
    async fn leaves(&self, row: &wire::WorkRequest) -> Result<Vec<(Ocid, Leaf)>, CloudError> {
        let ticket = Ticket(row.id.clone());
        let Some(facts) = self.facts(&ticket).await? else { return Ok(Vec::new()) };
        let Some(whose) = facts.whose() else {
            let parts = self.below(row, &facts).await?;
            return Ok(parts.into_iter().map(|(id, part)| (id, Leaf::Part(part))).collect());
        };
        // How far it is, it says itself; how it ended, what lies under it may say better.
        if is_open(row) {
            return Ok(vec![(whose.clone(), Leaf::Part(going(row)))]);
        }
        let parts = match row.children_id.as_deref() {
            None | Some([]) => Parts::new(),
            Some(_) => self.below(row, &facts).await?,
        };
        let under = parts.values().any(|part| !matches!(part, Part::Succeeded));
        let leaf = match row.status.as_str() {
            _ if under => {
                return Ok(parts.into_values().map(|part| (whose.clone(), Leaf::Part(part))).collect());
            }
            "SUCCEEDED" => Leaf::Part(Part::Succeeded),
            "SKIPPED" => Leaf::Skipped,
            _ => Leaf::Part(Part::Failed { message: self.told(row, false).await }),
        };
        if parts.is_empty() {
            let own = fold(vec![(whose.clone(), leaf.clone())]);
            self.board.inner().settled.insert(ticket, Arc::new(own));
        }
        Ok(vec![(whose.clone(), leaf)])
    }

    /// The same as [`Self::parts`], for what it calls itself.
    fn below<'a>(
        &'a self,
        work: &'a wire::WorkRequest,
        facts: &'a Facts,
    ) -> Pin<Box<dyn Future<Output = Result<Parts, CloudError>> + Send + 'a>> {
        Box::pin(self.parts(work, facts))
    }

    /// Lists what lies directly under a work request: in the compartments below the train's, and the rest of `named` by
    /// the compartments where it was found before, or one by one.
    async fn children(
        &self,
        parent: &Ticket,
        named: Vec<Ticket>,
    ) -> Result<Vec<wire::WorkRequest>, CloudError> {
        let list = |compartment: &str| {
            Call::get("ListWorkRequests", &["workRequests"])
                .query("compartmentId", compartment)
                .query("parentId", parent.0.as_str())
                .query("limit", ROWS)
        };
        let here = list(self.compartment.as_str()).query("compartmentIdInSubtree", "true");
        let mut rows: Vec<wire::WorkRequest> = self.items(here).await?;
        let missing = |rows: &[wire::WorkRequest]| -> Vec<Ticket> {
            let shown: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
            named.iter().filter(|ticket| !shown.contains(ticket.0.as_str())).cloned().collect()
        };
        let known = missing(&rows);
        let elsewhere: BTreeSet<String> =
            known.iter().filter_map(|ticket| self.board.facts(ticket)?.compartment.clone()).collect();
        let lists = self
            .calls
            .each(elsewhere, |compartment| {
                let call = list(&compartment);
                async move { found(self.items::<wire::WorkRequest>(call).await) }
            })
            .await?;
        rows.extend(lists.into_iter().flatten().flatten());
        let read = |ticket: Ticket| async move {
            let row = found(self.work(&ticket).await)?;
            Ok(row.inspect(|row| drop(self.board.learn(row))))
        };
        let rest = missing(&rows);
        rows.extend(self.calls.each(rest, read).await?.into_iter().flatten());
        // What was done before does not come again with each list.
        rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        rows.dedup_by(|one, other| one.id == other.id);
        Ok(rows)
    }

    /// Puts together why a work request failed; with its errors and log only where `fully`, or where it does not say by
    /// itself. A list that cannot be read is left out: that it failed is known.
    pub(super) async fn told(&self, work: &wire::WorkRequest, fully: bool) -> String {
        let mut told = Told::new(match work.status.as_str() {
            "CANCELED" => "the work request was cancelled",
            "SKIPPED" => "the service skipped the work request",
            _ => "the work request failed",
        });
        let message = work.message.as_deref().unwrap_or_default().trim();
        told.tell(message);
        // Hundreds of parts may fail for one reason.
        if !fully && !message.is_empty() {
            return told.into_text();
        }
        let list = |operation, kind| {
            Call::get(operation, &["workRequests", &work.id, kind])
                .query("limit", SHOWN)
                .query("sortBy", "timeCreated")
                .query("sortOrder", "DESC")
        };
        for call in [list("ListWorkRequestErrors", "errors"), list("ListWorkRequestLogs", "logs")] {
            // One page: the newest lines.
            let newest = self.calls.one::<wire::Items<WorkLine>>(&call).await;
            told.tell_lines(&newest.map(|page| page.items).unwrap_or_default());
        }
        told.into_text()
    }
}

/// What one work request says of an instance.
#[derive(Clone, Debug)]
enum Leaf {
    Part(Part),
    /// Nothing was to be done: where others of the instance were done, it says nothing.
    Skipped,
}

/// Makes one part of each instance's.
fn fold(all: Vec<(Ocid, Leaf)>) -> Parts {
    let mut sorted: BTreeMap<Ocid, Vec<Leaf>> = BTreeMap::new();
    for (id, leaf) in all {
        sorted.entry(id).or_default().push(leaf);
    }
    sorted.into_iter().map(|(id, leaves)| (id, folded(leaves))).collect()
}

fn folded(leaves: Vec<Leaf>) -> Part {
    let mut parts: Vec<Part> = Vec::new();
    for leaf in leaves {
        if let Leaf::Part(part) = leaf {
            parts.push(part);
        }
    }
    let is_accepted = |part: &Part| *part == Part::Accepted;
    if parts.is_empty() {
        return Part::Failed { message: "the service skipped the work request".to_owned() };
    }
    if parts.iter().all(is_accepted) {
        return Part::Accepted;
    }
    if parts.iter().any(|part| !has_ended(part)) {
        return Part::Running;
    }
    let mut messages: Vec<String> = Vec::new();
    for part in parts {
        if let Part::Failed { message } = part
            && !messages.contains(&message)
        {
            messages.push(message);
        }
    }
    match messages.is_empty() {
        true => Part::Succeeded,
        false => Part::Failed { message: messages.join("; ") },
    }
}

pub(super) fn has_ended(part: &Part) -> bool {
    matches!(part, Part::Succeeded | Part::Failed { .. })
}

/// Returns how a part goes that has not ended.
fn going(work: &wire::WorkRequest) -> Part {
    match work.status.as_str() {
        "ACCEPTED" | "WAITING" => Part::Accepted,
        _ => Part::Running,
    }
}

/// Tells whether a work request may still change something. Of a state that we do not know, only its being complete says
/// that it cannot.
pub(super) fn is_open(work: &wire::WorkRequest) -> bool {
    match work.status.as_str() {
        "SUCCEEDED" | "FAILED" | "CANCELED" | "SKIPPED" => false,
        "WAITING" | "ACCEPTED" | "IN_PROGRESS" | "CANCELING" => true,
        _ => crate::cloud::wire::percent(work.percent_complete) < 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str) -> Leaf {
        Leaf::Part(Part::Failed { message: message.to_owned() })
    }

    #[test]
    fn an_instance_has_one_part_however_many_lie_under_it() {
        let done = || Leaf::Part(Part::Succeeded);
        let waits = || Leaf::Part(Part::Accepted);
        let runs = || Leaf::Part(Part::Running);
        let fails = |message: &str| Part::Failed { message: message.to_owned() };
        for (leaves, expected) in [
            (vec![done(), done()], Part::Succeeded),
            (vec![done(), Leaf::Skipped], Part::Succeeded),
            (vec![waits(), waits()], Part::Accepted),
            (vec![waits(), done()], Part::Running),
            (vec![failed("a"), runs()], Part::Running),
            (vec![failed("a"), done(), failed("b"), failed("a")], fails("a; b")),
            (vec![Leaf::Skipped], fails("the service skipped the work request")),
        ] {
            assert_eq!(folded(leaves.clone()), expected, "{leaves:?}");
        }
    }
}
