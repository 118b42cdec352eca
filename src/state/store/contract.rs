//! What every store keeps to, whatever its medium: one suite, run on each of them.
//!
//! A medium is tried on a [`Ground`], which makes clients of one place, as processes on machines of their own would be.

pub(super) mod crash;
pub(super) mod hand;
pub(super) mod items;
pub(super) mod locks;
mod on_files;

use jiff::Timestamp;

use super::medium::{Medium, Place};
use super::tests::new_state;
use super::*;
use crate::name::{GroupName, Ocid, ReleaseName};

/// Where a medium is tried.
pub(super) trait Ground: Sync {
    /// What is tried.
    type Medium: Medium;

    /// Returns a new client of the place, which shares nothing with the others but the place.
    fn client(&self, train: &TrainName) -> Self::Medium;

    /// Lets go of a lock as a process that is killed does: without a word.
    fn kill(&self, held: <Self::Medium as Medium>::Held);

    /// Breaks whatever lock a train has, as `force-unlock` does; false where the medium has locks that nobody breaks,
    /// since they go with their process.
    fn break_lock(&self, train: &TrainName) -> impl Future<Output = bool> + Send;
}

/// Makes a test of each article of the contract. `$ground` makes the ground, or none where it is not there.
macro_rules! contract {
    ($ground:expr) => {
        $crate::state::store::contract::contract! { $ground;
            locks::of_many_who_race_for_the_lock_one_has_it,
            locks::the_lock_names_its_holder_in_any_script,
            locks::a_lock_goes_with_its_holder,
            locks::whose_lock_was_broken_writes_nothing_more,
            locks::clocks_that_are_wrong_change_nothing,
            locks::trains_of_one_place_do_not_meet,
            items::what_was_written_is_read_whole_by_others,
            items::a_journal_begins_anew_with_each_session,
            items::a_state_of_50_megabytes_is_kept,
            items::lines_are_added_by_many_and_stay_whole,
            items::a_run_is_read_as_it_goes_on_and_folded_at_its_end,
            items::replaced_snapshots_are_kept_and_pruned,
            items::what_was_to_govern_a_run_that_never_began_governs_none,
            items::the_way_out_of_damage_is_one_that_the_place_has,
            crash::after_a_crash_between_any_two_calls_nothing_acknowledged_is_lost,
            hand::a_change_by_hand_may_be_cut_off_anywhere,
            hand::another_passphrase_may_be_cut_off_anywhere,
            hand::a_move_there_and_away_may_be_cut_off_anywhere,
        }
    };
    ($ground:expr; $($module:ident :: $article:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $article() {
            let Some(ground) = $ground else { return };
            $crate::state::store::contract::$module::$article(&ground).await;
        }
    )*};
}

pub(super) use contract;

/// What a journal builds on, for a medium that is given bytes of no meaning.
pub(super) fn base() -> Base {
    Base::of(&new_state())
}

pub(super) fn train() -> TrainName {
    TrainName::new("great-linux")
}

pub(super) fn holder(who: &str) -> Holder {
    Holder {
        id: LockId(who.to_owned()),
        train: Some(train()),
        who: who.to_owned(),
        host: "desk".to_owned(),
        pid: 4711,
        command: "patchtrain apply".to_owned(),
        since: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn store<G: Ground>(ground: &G) -> Kept<G::Medium> {
    Kept::on(ground.client(&train()), train()).keeping(10)
}

/// Takes a lock as soon as its last holder is gone, which a place may take a moment to notice.
pub(super) async fn lock<M: Medium>(store: &Kept<M>, who: &str) -> KeptSession<M> {
    lock_as(store, &holder(who)).await
}

/// The same for a holder that is described.
pub(super) async fn lock_as<M: Medium>(store: &Kept<M>, who: &Holder) -> KeptSession<M> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match store.lock(who).await {
            Err(StoreError::Locked { .. }) if std::time::Instant::now() < until => {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            ended => return ended.unwrap(),
        }
    }
}

/// An entry that leaves a number in the state.
pub(super) fn numbered(number: usize) -> Entry {
    Entry::AtLevel {
        instance: instance(),
        name: "wéb-ü-机器-🚂".into(),
        group: GroupName::new("web"),
        release: ReleaseName::new("GL1"),
        extra: number,
        at: Timestamp::UNIX_EPOCH,
        patching: crate::train::Patching::EVERYTHING,
    }
}

/// Returns the number that the last entry left.
pub(super) fn number(state: Option<&State>) -> Option<usize> {
    state?.instances.get(&instance())?.at_level.as_ref().map(|level| level.extra)
}

fn instance() -> Ocid {
    Ocid::new("ocid1.instance.oc1..web1")
}

/// The state after so many entries on another.
pub(super) fn after(state: Option<State>, numbers: &[usize]) -> State {
    let mut state = state.unwrap_or_else(new_state);
    for number in numbers {
        state.record(&numbered(*number)).unwrap();
    }
    state.serial += 1;
    state
}
