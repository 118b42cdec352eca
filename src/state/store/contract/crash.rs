//! Of the contract: a process that is killed between any two calls on its medium. Whoever comes next finds the state as it
//! was or as it was to be, and nothing that was acknowledged is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::medium::{BackupName, Held, Item, Look};
use super::*;

/// A medium whose process dies after so many calls.
#[derive(Clone, Debug)]
pub(super) struct Mortal<M> {
    pub(super) inner: M,
    pub(super) left: Arc<AtomicUsize>,
}

impl<M: Clone> Mortal<M> {
    pub(super) fn new(inner: M, calls: usize) -> Self {
        Self::counted(inner, calls).0
    }

    /// Returns the count besides, for others that die with it.
    pub(super) fn counted(inner: M, calls: usize) -> (Self, Arc<AtomicUsize>) {
        let left = Arc::new(AtomicUsize::new(calls));
        (Self { inner, left: Arc::clone(&left) }, left)
    }
}

pub(super) struct MortalHeld<H> {
    pub(super) inner: H,
    left: Arc<AtomicUsize>,
}

struct MortalLook<L> {
    inner: L,
    left: Arc<AtomicUsize>,
}

/// Counts a call, or is dead.
fn call(left: &AtomicUsize) -> Result<(), StoreError> {
    match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
        Ok(_) => Ok(()),
        Err(_) => {
            let source = std::io::Error::other("killed");
            Err(StoreError::Io { action: "call", path: "medium".into(), source })
        }
    }
}

impl<L: Look + Send> Look for MortalLook<L> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        call(&self.left)?;
        self.inner.read(item).await
    }
}

impl<H: Held> Look for MortalHeld<H> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        call(&self.left)?;
        self.inner.read(item).await
    }
}

impl<H: Held> Held for MortalHeld<H> {
    fn previous(&mut self) -> Option<Box<Holder>> {
        self.inner.previous()
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        call(&self.left)?;
        self.inner.replace(item, content).await
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        call(&self.left)?;
        self.inner.remove(item).await
    }

    async fn append(&mut self, base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        call(&self.left)?;
        self.inner.append(base, batch).await
    }

    fn leave_journal(&mut self) {
        self.inner.leave_journal();
    }
}

impl<M: Medium> Medium for Mortal<M> {
    type Held = MortalHeld<M::Held>;

    fn place(&self, item: &Item) -> Place {
        self.inner.place(item)
    }

    fn ways(&self) -> Ways {
        self.inner.ways()
    }

    fn way_to_cut(&self, line: usize) -> String {
        self.inner.way_to_cut(line)
    }

    fn look(&self) -> impl Look + Send {
        MortalLook { inner: self.inner.look(), left: Arc::clone(&self.left) }
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        call(&self.left)?;
        self.inner.backups().await
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        call(&self.left)?;
        self.inner.add_line(item, line).await
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        call(&self.left)?;
        self.inner.put(item, content).await
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.inner.prepare().await
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        self.inner.locked().await
    }

    async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        self.inner.break_lock(id, by).await
    }

    async fn hold(&self, holder: &Holder) -> Result<Self::Held, StoreError> {
        call(&self.left)?;
        Ok(MortalHeld { inner: self.inner.hold(holder).await?, left: Arc::clone(&self.left) })
    }
}

/// How far a run came, as it knows itself.
#[derive(Debug, Default)]
pub(in super::super) struct Known {
    /// The last number that was acknowledged.
    pub(in super::super) acknowledged: Option<usize>,
    /// The last one that was asked for.
    pub(in super::super) asked: Option<usize>,
    /// The serial that the last acknowledged fold left.
    pub(in super::super) serial: u64,
}

impl Known {
    /// Fails unless a state is what such a run may have left.
    pub(in super::super) fn check(&self, found: Option<&State>) {
        let number = number(found);
        assert!(number >= self.acknowledged, "{number:?} of {self:?}");
        assert!(number <= self.asked, "{number:?} of {self:?}");
        assert!(found.map_or(0, |state| state.serial) >= self.serial, "{self:?}");
    }
}

/// Two runs under one lock, each of three batches, a fold and a line of the history.
pub(in super::super) async fn runs<M: Medium>(
    store: &Kept<M>,
    known: &mut Known,
    holds: &mut Option<KeptSession<M>>,
) -> Result<(), StoreError> {
    let session = holds.insert(store.lock(&holder("ada")).await?);
    let mut state = session.load().await?;
    let mut next = 0;
    for _ in 0..2 {
        let begun = state.unwrap_or_else(|| first_of(store.train()));
        let numbers = [next, next + 1, next + 2];
        next += 3;
        for number in numbers {
            known.asked = Some(number);
            session.append(&Base::of(&begun), &[numbered(number)]).await?;
            known.acknowledged = known.asked;
        }
        let folded = after(Some(begun), &numbers);
        session.fold(&folded).await?;
        known.serial = folded.serial;
        session.history(&record(folded.serial)).await?;
        state = Some(folded);
    }
    Ok(())
}

pub(super) fn first_of(train: &TrainName) -> State {
    State::new(train.clone(), new_state().lineage)
}

pub(super) fn record(serial: u64) -> HistoryRecord {
    HistoryRecord {
        consent: crate::state::Consent::default(),
        at: Timestamp::UNIX_EPOCH,
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        plan: crate::op::PlanId("a-plan".into()),
        basis: serial - 1,
        serial,
        steps: StepCounts::default(),
        interrupted: false,
        ancestor: None,
        overrides: Vec::new(),
    }
}

/// Takes up what a run has left, and goes on from there.
pub(in super::super) async fn goes_on<M: Medium>(store: &Kept<M>, known: &Known) {
    known.check(store.load().await.unwrap().as_ref());
    let mut session = lock(store, "bob").await;
    // What its last call was about to do may have been done in between.
    let seen = store.load().await.unwrap();
    known.check(seen.as_ref());
    let found = session.load().await.unwrap();
    assert_eq!(found, seen, "under the lock it is what it was without");
    let begun = found.unwrap_or_else(|| first_of(store.train()));
    session.append(&Base::of(&begun), &[numbered(100)]).await.unwrap();
    let folded = after(Some(begun), &[100]);
    session.fold(&folded).await.unwrap();
    drop(session);
    assert_eq!(store.load().await.unwrap(), Some(folded));
}

pub(in super::super) async fn after_a_crash_between_any_two_calls_nothing_acknowledged_is_lost<G: Ground>(
    ground: &G,
) {
    for calls in 0.. {
        // One place for all, in which none disturbs the others.
        let name = TrainName::new(&format!("crash-{calls}"));
        let inner = ground.client(&name);
        let store = Kept::on(Mortal::new(inner, calls), name.clone());
        let (mut known, mut holds) = (Known::default(), None);
        let ended = runs(&store, &mut known, &mut holds).await;
        if let Some(session) = holds {
            ground.kill(session.held.inner);
        }
        goes_on(&Kept::on(ground.client(&name), name), &known).await;
        if ended.is_ok() {
            assert!(calls > 15, "only {calls} calls");
            return;
        }
    }
}
