//! A state in local files against crashes, second sessions, and files that are not what they should be.

mod crash;
mod descent;
mod formats;
mod moved;
mod noted;
mod power;
mod refuse;
pub(super) mod sealed;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::op::{Api, Lineage, OpKey, PlanId, RetryToken, Ticket};
use crate::package::Digest;
use crate::state::store::StepCounts;
use crate::state::{Ancestor, Effect, Finish};

fn train() -> TrainName {
    TrainName::new("great-linux")
}

fn store(folder: &Path) -> LocalStore {
    LocalStore::new(folder, train()).keeping(10)
}

fn holder(who: &str) -> Holder {
    Holder {
        id: LockId::default(),
        train: None,
        who: who.to_owned(),
        host: "desk".to_owned(),
        pid: 4711,
        command: "patchtrain apply".to_owned(),
        since: at(0),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_800_000_000 + second, 123_456_789).expect("it is within jiff's range")
}

fn ocid(kind: &str, n: usize) -> Ocid {
    // As long as Oracle's: the size test counts on it.
    Ocid::new(&format!("ocid1.{kind}.oc1.eu-frankfurt-1.antheljt{n:0>52}"))
}

pub(in crate::state) fn new_state() -> State {
    State::new(train(), Lineage("5eed".into()))
}

/// The entries of a run that puts instances on a release and brings them to its level.
pub(in crate::state) fn run(instances: std::ops::Range<usize>) -> Vec<Entry> {
    let plan = PlanId("a-plan".into());
    let (group, release) = (GroupName::new("web"), ReleaseName::new("GL1.1"));
    let mut entries = vec![Entry::Begin { plan: plan.clone(), basis: 0, at: at(0) }];
    let mut call = |key: String, effect: Option<Effect>, ticket: Option<Ticket>, unproves: Option<Ocid>| {
        let key = OpKey(key);
        let token = RetryToken("0123456789abcdef".to_owned());
        entries.push(Entry::Started {
            key: key.clone(),
            token,
            unproves: unproves.into_iter().collect(),
            boots: None,
            at: at(1),
        });
        entries.extend(ticket.map(|ticket| Entry::Ticketed { key: key.clone(), ticket }));
        entries.push(Entry::Finished { key, finish: Finish::Done, effect, at: at(2) });
    };
    let digest = Digest::of(["a release"]);
    let source = Effect::Source { release: release.clone(), id: ocid("swsource", 1), digest };
    call("create-source/GL1.1".to_owned(), Some(source), None, None);
    let bound = Effect::Group { group: group.clone(), id: ocid("group", 1), made: true, called: None };
    call("create-group/web".to_owned(), Some(bound), None, None);
    for n in instances.clone() {
        let (instance, name): (_, Arc<str>) = (ocid("instance", n), format!("web-{n}").into());
        let riding = Effect::Riding {
            instance: instance.clone(),
            name: name.clone(),
            group: group.clone(),
            release: Some(release.clone()),
        };
        call(format!("switch/GL1.1/{instance}"), Some(riding), None, Some(instance.clone()));
        let ticket = Ticket(ocid("workrequest", n).to_string());
        call(format!("update/GL1.1/{instance}"), None, Some(ticket), Some(instance));
    }
    for n in instances {
        let (instance, name) = (ocid("instance", n), format!("web-{n}").into());
        let (group, release) = (group.clone(), release.clone());
        entries.push(Entry::AtLevel {
            instance,
            name,
            group,
            release,
            extra: 0,
            at: at(3),
            patching: crate::train::Patching::EVERYTHING,
        });
    }
    entries.push(Entry::End { plan, used_up: true, at: at(4) });
    entries
}

pub(in crate::state) fn replayed(mut state: State, entries: &[Entry]) -> State {
    for entry in entries {
        state.record(entry).unwrap();
    }
    if !entries.is_empty() {
        state.serial += 1;
    }
    state
}

/// A new folder, in memory where there is such a place: hundreds of crashes then cost no disk its syncs.
fn new_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let new = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    new.expect("there is room for a temporary folder")
}

/// The files of a folder, by name.
fn files_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let named = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("the folder is listed").path();
        let name = path.file_name().expect("it was listed").to_string_lossy().into_owned();
        (name, fs::read(&path).unwrap_or_default())
    };
    entries.map(named).collect()
}

fn put(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        fs::write(folder.join(name), content).expect("the folder is ours");
    }
}

#[tokio::test]
async fn reading_a_state_that_is_not_there_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    assert_eq!(store(&state).load().await.unwrap(), None);
    assert!(!state.exists());
}

#[tokio::test]
async fn a_run_is_read_while_it_goes_on_and_folded_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("not/yet/there");
    let entries = run(0..3);
    let mut session = store(folder).lock(&holder("ada")).await.unwrap();
    assert_eq!(session.load().await.unwrap(), None);

    let base = Base::of(&new_state());
    for (n, batch) in entries.chunks(4).enumerate() {
        session.append(&base, batch).await.unwrap();
        let done = &entries[..entries.len().min(n * 4 + 4)];
        assert_eq!(store(folder).load().await.unwrap(), Some(replayed(new_state(), done)));
    }
    let state = replayed(new_state(), &entries);
    assert_eq!(state.serial, 1);
    session.fold(&state).await.unwrap();
    drop(session);

    let names: Vec<String> = files_in(folder).into_keys().collect();
    assert_eq!(names, ["great-linux.json", "great-linux.lock"]);
    assert_eq!(store(folder).load().await.unwrap(), Some(state));
}

/// `plan` takes no lock: whenever it looks, it finds a state that was, with all that was journaled then or later.
#[test]
fn a_look_without_the_lock_never_meets_a_state_that_never_was() {
    let folder = new_folder();
    let writing = std::thread::spawn({
        let store = store(folder.path());
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut session = store.lock(&holder("ada")).await.unwrap();
                let mut state = new_state();
                for _ in 0..300 {
                    let entry = at_extra(state.serial);
                    session.append(&Base::of(&state), std::slice::from_ref(&entry)).await.unwrap();
                    state = replayed(state, &[entry]);
                    session.fold(&state).await.unwrap();
                }
            });
        }
    });
    let mut serial = 0;
    while serial < 300 && !writing.is_finished() {
        let Some(state) =
            futures_util::FutureExt::now_or_never(store(folder.path()).load()).unwrap().unwrap()
        else {
            continue;
        };
        assert!(state.serial >= serial, "{} after {serial}", state.serial);
        serial = state.serial;
        let level = state.instances[&ocid("instance", 1)].at_level.as_ref().unwrap();
        assert_eq!(level.extra as u64 + 1, serial, "the entry that made the serial is in");
    }
    writing.join().unwrap();
}

/// An entry that leaves a number in the state.
fn at_extra(number: u64) -> Entry {
    Entry::AtLevel {
        instance: ocid("instance", 1),
        name: "web-1".into(),
        group: GroupName::new("web"),
        release: ReleaseName::new("GL1"),
        extra: usize::try_from(number).expect("it is small"),
        at: at(0),
        patching: crate::train::Patching::EVERYTHING,
    }
}

#[tokio::test]
async fn a_second_run_builds_on_what_the_first_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = new_state();
    for (serial, instances) in [(1, 0..2), (2, 2..3), (3, 0..4)] {
        let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
        let loaded = session.load().await.unwrap();
        assert_eq!(loaded.as_ref(), Some(&state).filter(|state| state.serial > 0));
        let base = Base::of(&state);
        let entries = run(instances);
        session.append(&base, &entries).await.unwrap();
        state = replayed(state, &entries);
        assert_eq!(state.serial, serial);
        session.fold(&state).await.unwrap();
        assert_eq!(store(folder.path()).load().await.unwrap().as_ref(), Some(&state));
    }
}

#[tokio::test]
async fn the_lock_names_its_holder_and_goes_with_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let refused = store(folder.path()).lock(&holder("bob")).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the state is locked by ada on desk (pid 4711, since 2027-01-15T08:00:00Z): patchtrain apply"
    );
    drop(session);
    let session = store(folder.path()).lock(&holder("bob")).await.unwrap();
    let refused = store(folder.path()).lock(&holder("ada")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Locked { lock: Some(found) } if found.holder == holder("bob")));
    let seen = store(folder.path()).locked().await.unwrap();
    assert_eq!(seen, Some(Lock { holder: holder("bob"), heartbeat: None, stays: false }));
    // What holds is the lock and not the text: a holder that has not signed yet is none to name.
    fs::write(folder.path().join("great-linux.lock"), "").unwrap();
    let refused = store(folder.path()).lock(&holder("ada")).await.unwrap_err();
    assert_eq!(refused.to_string(), "the state is locked");
    drop(session);
    assert_eq!(store(folder.path()).locked().await.unwrap(), None);
    // Another train is another lock.
    let other = LocalStore::new(folder.path(), TrainName::new("small-linux"));
    let _both =
        (store(folder.path()).lock(&holder("ada")).await.unwrap(), other.lock(&holder("bob")).await.unwrap());
}

#[tokio::test]
async fn the_history_grows_by_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let record = |serial| HistoryRecord {
        consent: crate::state::Consent::default(),
        at: at(9),
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        plan: PlanId("a-plan".into()),
        basis: serial - 1,
        serial,
        steps: StepCounts { done: 5, already: 1, failed: 0, not_started: 2 },
        interrupted: false,
        ancestor: None,
        overrides: Vec::new(),
    };
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.history(&record(1)).await.unwrap();
    let path = folder.path().join("great-linux.history");
    let torn = fs::read_to_string(&path).unwrap().replace("}\n", "");
    fs::write(&path, &torn).unwrap();
    session.history(&record(2)).await.unwrap();
    session.history(&record(3)).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], torn);
    let read: Vec<HistoryRecord> =
        lines[1..].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, [record(2), record(3)]);
}

/// Who applied which plan when is told of runs that were killed too, once.
#[tokio::test]
async fn a_run_that_was_cut_off_is_in_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("great-linux.history");
    let lock = folder.path().join("great-linux.lock");
    let entries = run(0..2);
    let whole = entries.len();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.append(&Base::of(&new_state()), &entries[..whole - 2]).await.unwrap();
    let signed = fs::read(&lock).unwrap();
    drop(session);
    // A kill leaves the lock signed.
    fs::write(&lock, &signed).unwrap();
    let journal = fs::read(folder.path().join("great-linux.journal")).unwrap();
    for round in 0..3 {
        if round == 2 {
            // Whoever noted it was cut off before the journal was folded.
            fs::remove_file(folder.path().join("great-linux.json")).unwrap();
            fs::write(folder.path().join("great-linux.journal"), &journal).unwrap();
        }
        let mut next = store(folder.path()).lock(&holder("bob")).await.unwrap();
        next.load().await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let read: Vec<HistoryRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let cut = HistoryRecord {
            consent: crate::state::Consent::default(),
            at: at(3),
            who: "ada".to_owned(),
            host: "desk".to_owned(),
            plan: PlanId("a-plan".into()),
            basis: 0,
            serial: 1,
            steps: StepCounts { done: 6, ..StepCounts::default() },
            interrupted: true,
            ancestor: None,
            overrides: Vec::new(),
        };
        assert_eq!(read, [cut]);
    }
}

#[tokio::test]
async fn the_last_ten_replaced_snapshots_are_kept_and_can_be_read() {
    let folder = new_folder();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let of = |serial| State { serial, ..replayed(new_state(), &run(0..1)) };
    // Of another line of descent, and of another train: not counted, and not removed.
    let others = ["great-linux.f00d-1.backup", "great-linux.x.5eed-1.backup"];
    for name in others {
        fs::write(folder.path().join(name), "older").unwrap();
    }
    for serial in 1..=14 {
        session.fold(&of(serial)).await.unwrap();
    }
    let backups = store(folder.path()).backups().await.unwrap();
    let serials: Vec<u64> =
        backups.iter().filter(|backup| backup.is_of(&of(1))).map(|backup| backup.name.serial).collect();
    assert_eq!(serials, (4..14).collect::<Vec<u64>>());
    assert_eq!(store(folder.path()).backup(&backups[0]).await.unwrap(), Some(of(4)));
    assert!(others.iter().all(|name| folder.path().join(name).exists()));
}

/// Somebody puts an older snapshot in place with other tools: what the next run replaces is still the way back.
#[tokio::test]
async fn a_snapshot_with_a_lower_serial_than_all_that_are_kept_is_kept_too() {
    let folder = new_folder();
    let of = |serial| State { serial, ..replayed(new_state(), &run(0..1)) };
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    for serial in 20..=31 {
        session.fold(&of(serial)).await.unwrap();
    }
    drop(session);
    fs::write(folder.path().join("great-linux.json"), snapshot::bytes(&of(3)).unwrap()).unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.load().await.unwrap();
    session.fold(&of(4)).await.unwrap();
    let backups = store(folder.path()).backups().await.unwrap();
    let serials: Vec<u64> = backups.iter().map(|backup| backup.name.serial).collect();
    assert_eq!(serials, [3, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_private_and_a_mode_that_somebody_chose_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name)).expect("it was written").permissions().mode() & 0o777
    };
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let (entries, base) = (run(0..1), Base::of(&new_state()));
    session.append(&base, &entries).await.unwrap();
    assert_eq!((mode("great-linux.lock"), mode("great-linux.journal")), (0o600, 0o600));
    let mut state = replayed(new_state(), &entries);
    session.fold(&state).await.unwrap();
    assert_eq!(mode("great-linux.json"), 0o600);

    let path = folder.path().join("great-linux.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    state.serial += 1;
    session.fold(&state).await.unwrap();
    assert_eq!(mode("great-linux.json"), 0o640);
}

/// 1,000 instances at their level, with OCIDs as long as Oracle's. A fleet of 10,000 then is under 4 MB of state.
#[tokio::test]
async fn the_state_takes_under_400_bytes_per_instance() {
    let folder = tempfile::tempdir().unwrap();
    let state = replayed(new_state(), &run(0..1000));
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&state).await.unwrap();
    let size = files_in(folder.path())["great-linux.json"].len();
    assert!(size < 400 * 1000, "{} bytes per instance", size / 1000);
    assert!(size > 200 * 1000, "{} bytes per instance: is everything in?", size / 1000);
}

/// What a step costs must not grow with the fleet: an append writes its entries and reads nothing.
#[tokio::test]
async fn an_append_costs_the_same_beside_a_large_state() {
    let mut journals = Vec::new();
    for fleet in [1, 5000] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
        let state = replayed(new_state(), &run(0..fleet));
        session.fold(&state).await.unwrap();
        let base = Base::of(&session.load().await.unwrap().unwrap());
        // Were the snapshot read or written again, this would be an error or be gone.
        fs::write(folder.path().join("great-linux.json"), "not a state").unwrap();
        for entry in run(0..1) {
            session.append(&base, &[entry]).await.unwrap();
        }
        let files = files_in(folder.path());
        assert_eq!(files["great-linux.json"], b"not a state");
        journals.push(files["great-linux.journal"].clone());
    }
    assert_eq!(journals[0], journals[1]);
}

#[test]
fn the_threaded_runtime_is_not_held_up_and_any_other_caller_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let threaded = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let entries = run(0..1);
    threaded.block_on(async {
        let (store, entries) = (store(folder.path()), entries.clone());
        let writing = tokio::spawn(async move {
            let mut session = store.lock(&holder("ada")).await.unwrap();
            session.append(&Base::of(&new_state()), &entries).await.unwrap();
        });
        writing.await.unwrap();
    });
    let read = futures_util::FutureExt::now_or_never(store(folder.path()).load());
    assert_eq!(read.unwrap().unwrap(), Some(replayed(new_state(), &entries)));
}
