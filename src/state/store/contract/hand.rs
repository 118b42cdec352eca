//! Of the contract: a process that is killed between any two calls amid what is done by hand, a change, another
//! passphrase, a move to another store. The state opens, as it was or as it was to be; what was there is not lost; and the
//! same can be done again.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::files::Files;
use super::super::tests::sealed::{FORMER, OWN, passphrase};
use super::crash::{Mortal, MortalHeld, first_of, record};
use super::*;
use crate::seal::Sealing;

/// Shared, since a key takes its time.
static BEFORE: LazyLock<Sealing> = LazyLock::new(|| Sealing::new(passphrase("OWN", FORMER), None));
static ROTATING: LazyLock<Sealing> =
    LazyLock::new(|| Sealing::new(passphrase("OWN", OWN), passphrase("OLD", FORMER)));
static AFTER: LazyLock<Sealing> = LazyLock::new(|| Sealing::new(passphrase("OWN", OWN), None).enforced());

/// Leaves a state at serial 2, which followed one at serial 1, with a line of each kind and the journal of a run that goes
/// on. Returns what is to be read then, and the lock.
async fn lived<M: Medium>(store: &Kept<M>) -> (State, KeptSession<M>) {
    let mut session = lock(store, "ada").await;
    let first = after(Some(first_of(store.train())), &[1]);
    session.fold(&first).await.unwrap();
    let second = after(Some(first), &[2]);
    session.fold(&second).await.unwrap();
    session.history(&record(second.serial)).await.unwrap();
    store.keep_report(&ReportRecord { serial: 2, ..ReportRecord::default() }).await.unwrap();
    session.append(&Base::of(&second), &[numbered(3)]).await.unwrap();
    (after(Some(second), &[3]), session)
}

fn by_hand(basis: &State, serial: u64, lineage: &Lineage) -> ChangeRecord {
    ChangeRecord {
        at: Timestamp::UNIX_EPOCH,
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        change: "state rm group.web".to_owned(),
        basis: basis.serial,
        serial,
        lineage: lineage.clone(),
        overrides: Vec::new(),
    }
}

/// What a store holds beside its state, all of which can be read.
async fn beside<M: Medium>(store: &Kept<M>) -> (Vec<HistoryLine>, Vec<ReportRecord>, Vec<State>) {
    let (past, reports) = (store.past().await.unwrap(), store.reports().await.unwrap());
    assert_eq!((past.unreadable, reports.unreadable), (vec![], vec![]));
    let mut kept = Vec::new();
    for backup in store.backups().await.unwrap() {
        kept.push(store.backup(&backup).await.unwrap().unwrap());
    }
    (past.records, reports.records, kept)
}

async fn changes<M: Medium>(
    store: &Kept<M>,
    (before, changed): (&State, &State),
    holds: &mut Option<KeptSession<M>>,
) -> Result<(), StoreError> {
    let session = holds.insert(store.lock(&holder("ada")).await?);
    session.load().await?;
    session.change(changed, by_hand(before, changed.serial, &changed.lineage)).await
}

pub(in super::super) async fn a_change_by_hand_may_be_cut_off_anywhere<G: Ground>(ground: &G) {
    for lineage in ["5eed", "f00d"] {
        for calls in 0.. {
            let name = TrainName::new(&format!("change-{lineage}-{calls}"));
            let live = || Kept::on(ground.client(&name), name.clone());
            let (before, session) = lived(&live()).await;
            ground.kill(session.held);
            let lineage = Lineage(lineage.into());
            let changed =
                State { serial: 4, instances: BTreeMap::new(), lineage: lineage.clone(), ..before.clone() };
            let (mortal, mut holds) =
                (Kept::on(Mortal::new(ground.client(&name), calls), name.clone()), None);
            let ended = changes(&mortal, (&before, &changed), &mut holds).await;
            if let Some(session) = holds {
                ground.kill(session.held.inner);
            }

            let seen = live().load().await.unwrap().unwrap();
            assert!(seen == changed || (seen == before && ended.is_err()), "after {calls} calls: {seen:?}");
            let mut session = lock(&live(), "bob").await;
            assert_eq!(session.load().await.unwrap(), Some(seen.clone()));
            let (past, _, kept) = beside(&live()).await;
            if seen == changed {
                assert!(past.iter().any(|line| matches!(line, HistoryLine::Change(_))), "it is noted");
                assert!(kept.contains(&before), "there is a way back");
            }
            let next = State { serial: 5, ..changed };
            session.change(&next, by_hand(&seen, 5, &lineage)).await.unwrap();
            assert_eq!(live().load().await.unwrap(), Some(next));
            if ended.is_ok() {
                assert!(calls > 10, "only {calls} calls");
                break;
            }
        }
    }
}

async fn rewrites<M: Medium>(
    store: &Kept<M>,
    holds: &mut Option<KeptSession<M>>,
) -> Result<Option<State>, StoreError> {
    holds.insert(store.lock(&holder("ada")).await?).rewrite().await
}

pub(in super::super) async fn another_passphrase_may_be_cut_off_anywhere<G: Ground>(ground: &G) {
    for calls in 0.. {
        let name = TrainName::new(&format!("rewrite-{calls}"));
        let live = |sealing: &Sealing| Kept::on(ground.client(&name), name.clone()).sealed(sealing.clone());
        let (before, session) = lived(&live(&BEFORE)).await;
        ground.kill(session.held.held);
        let (past, reports, _) = beside(&live(&BEFORE)).await;
        let whole = async |sealing: &Sealing| {
            let store = live(sealing);
            assert_eq!(store.load().await.unwrap().as_ref(), Some(&before), "after {calls} calls");
            let (now, figures, kept) = beside(&store).await;
            assert_eq!((&now, &figures), (&past, &reports), "after {calls} calls");
            assert!(kept.iter().any(|kept| kept.serial == 1), "after {calls} calls: {kept:?}");
        };

        let mortal = Kept::on(Mortal::new(ground.client(&name), calls), name.clone());
        let (mortal, mut holds) = (mortal.sealed(ROTATING.clone()), None);
        let ended = rewrites(&mortal, &mut holds).await;
        if let Some(session) = holds {
            ground.kill(session.held.held.inner);
        }
        whole(&ROTATING).await;
        if ended.is_err() {
            lock(&live(&ROTATING), "bob").await.rewrite().await.unwrap();
        }
        // By now nobody needs what came before.
        whole(&AFTER).await;
        if ended.is_ok() {
            assert!(calls > 15, "only {calls} calls");
            break;
        }
    }
}

/// A place that a state is moved to or from.
trait End {
    type Medium: Medium;

    fn store(&self, train: &TrainName) -> Kept<Self::Medium>;

    fn kill(&self, held: <Self::Medium as Medium>::Held);
}

struct OnGround<'a, G>(&'a G);

impl<G: Ground> End for OnGround<'_, G> {
    type Medium = G::Medium;

    fn store(&self, train: &TrainName) -> Kept<G::Medium> {
        Kept::on(self.0.client(train), train.clone())
    }

    fn kill(&self, held: <G::Medium as Medium>::Held) {
        self.0.kill(held);
    }
}

impl End for tempfile::TempDir {
    type Medium = Files;

    fn store(&self, train: &TrainName) -> Kept<Files> {
        Kept::new(self.path(), train.clone())
    }

    fn kill(&self, held: <Files as Medium>::Held) {
        drop(held);
    }
}

/// What two processes' worth of locks are held until they are killed.
type Holds<M> = Option<KeptSession<M>>;

async fn moves<A: Medium, B: Medium>(
    (from, to): (&Kept<A>, &Kept<B>),
    (left, taken): (&mut Holds<A>, &mut Holds<B>),
) -> Result<Option<Base>, StoreError> {
    let from = left.insert(from.lock(&holder("ada")).await?);
    let to = taken.insert(to.lock(&holder("ada")).await?);
    let moved = Moved { to: "there".to_owned(), who: "ada".to_owned(), at: Timestamp::UNIX_EPOCH };
    let record = ChangeRecord {
        change: "init --migrate-state".to_owned(),
        ..by_hand(&new_state(), 0, &Lineage("".into()))
    };
    to.take_over(from, &record, moved).await
}

/// Moves a state in a process that dies after so many calls, and then in one that does not. Tells whether the first one
/// came to its end.
async fn cut_off<A: End, B: End>(from: &A, to: &B, name: &TrainName, calls: usize) -> bool {
    let (before, session) = lived(&from.store(name)).await;
    from.kill(session.held);
    let (source, calls_left) = Mortal::counted(from.store(name).medium().clone(), calls);
    let target = Mortal { inner: to.store(name).medium().clone(), left: calls_left };
    let (source, target) = (Kept::on(source, name.clone()), Kept::on(target, name.clone()));
    let (mut left, mut taken) = (None, None);
    let ended = moves((&source, &target), (&mut left, &mut taken)).await;
    if let Some(KeptSession { held: MortalHeld { inner, .. }, .. }) = left {
        from.kill(inner);
    }
    if let Some(KeptSession { held: MortalHeld { inner, .. }, .. }) = taken {
        to.kill(inner);
    }

    let moved = match from.store(name).load().await {
        Ok(state) => {
            assert_eq!(state.as_ref(), Some(&before), "after {calls} calls");
            false
        }
        Err(StoreError::Moved { .. }) => true,
        Err(other) => panic!("after {calls} calls: {other}"),
    };
    assert_eq!(moved, ended.is_ok(), "after {calls} calls: {ended:?}");
    if !moved {
        let mut source = lock(&from.store(name), "bob").await;
        let mut target = lock(&to.store(name), "bob").await;
        let sign = Moved { to: "there".to_owned(), who: "bob".to_owned(), at: Timestamp::UNIX_EPOCH };
        let note = by_hand(&new_state(), 0, &Lineage("".into()));
        target.take_over(&mut source, &note, sign).await.unwrap().unwrap();
    }
    assert_eq!(to.store(name).load().await.unwrap(), Some(before), "after {calls} calls");
    let gone = from.store(name).load().await.unwrap_err();
    assert!(matches!(gone, StoreError::Moved { .. }), "after {calls} calls: {gone}");
    let (past, reports, kept) = beside(&to.store(name)).await;
    let runs = past.iter().filter(|line| matches!(line, HistoryLine::Run(_))).count();
    assert_eq!((runs, reports.len()), (1, 1), "after {calls} calls: each line once");
    let serials: Vec<u64> = kept.iter().map(|kept| kept.serial).collect();
    assert!(serials.starts_with(&[1, 2]), "after {calls} calls: {serials:?}");
    ended.is_ok()
}

pub(in super::super) async fn a_move_there_and_away_may_be_cut_off_anywhere<G: Ground>(ground: &G) {
    let folder = tempfile::tempdir().unwrap();
    for calls in 0.. {
        if cut_off(&folder, &OnGround(ground), &TrainName::new(&format!("there-{calls}")), calls).await {
            assert!(calls > 20, "only {calls} calls");
            break;
        }
    }
    for calls in 0.. {
        if cut_off(&OnGround(ground), &folder, &TrainName::new(&format!("away-{calls}")), calls).await {
            break;
        }
    }
}
