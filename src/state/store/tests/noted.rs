//! What the history tells of how something was approved, and of locks that were taken away.

use super::*;
use crate::state::store::{HistoryLine, UnlockRecord};

const LINE: &str = concat!(
    r#"{"at":"2026-10-02T00:00:00Z","who":"ada","host":"desk","plan":"a-plan","basis":0,"serial":1,"#,
    r#""steps":{"done":1,"already":0,"failed":0,"not_started":0},"interrupted":false}"#,
    "\n"
);

fn with(command: &str) -> Holder {
    Holder { command: command.to_owned(), ..holder("ada") }
}

fn overrides(line: &HistoryLine) -> &[String] {
    match line {
        HistoryLine::Run(run) => &run.overrides,
        HistoryLine::Change(change) => &change.overrides,
        HistoryLine::Unlock(_) => &[],
    }
}

async fn past(folder: &Path) -> Vec<HistoryLine> {
    let past = store(folder).past().await.unwrap();
    assert_eq!(past.unreadable, [0; 0]);
    past.records
}

#[tokio::test]
async fn the_history_tells_what_went_on_without_a_question() {
    for (command, told) in [
        ("patchtrain apply", &[][..]),
        ("patchtrain apply --auto-approve --target group.web", &["--auto-approve"]),
        ("patchtrain apply --allow-shrink --auto-approve", &["--auto-approve", "--allow-shrink"]),
    ] {
        let folder = new_folder();
        let mut session = store(folder.path()).lock(&with(command)).await.unwrap();
        session.history(&serde_json::from_str(LINE).unwrap()).await.unwrap();
        assert_eq!(overrides(&past(folder.path()).await[0]), told, "{command}");
        let text = fs::read_to_string(folder.path().join("great-linux.history")).unwrap();
        assert_eq!(text == LINE, told.is_empty(), "without any it is as it always was: {text}");
    }
}

#[tokio::test]
async fn of_a_run_that_was_cut_off_the_lock_tells_how_it_was_approved() {
    let folder = new_folder();
    let lock = folder.path().join("great-linux.lock");
    let mut session = store(folder.path()).lock(&with("patchtrain apply --auto-approve")).await.unwrap();
    session.append(&Base::of(&new_state()), &run(0..1)).await.unwrap();
    let signed = fs::read(&lock).unwrap();
    drop(session);
    fs::write(&lock, signed).unwrap();
    let mut next = store(folder.path()).lock(&with("patchtrain apply --allow-shrink")).await.unwrap();
    next.load().await.unwrap();
    assert_eq!(overrides(&past(folder.path()).await[0]), ["--auto-approve"]);
}

#[tokio::test]
async fn a_lock_that_was_taken_away_is_told_of_and_hides_nothing() {
    let folder = new_folder();
    let record: HistoryRecord = serde_json::from_str(LINE).unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.history(&record).await.unwrap();
    let unlock =
        UnlockRecord { at: at(9), who: "bob".to_owned(), host: "ci".to_owned(), unlocked: holder("ada") };
    store(folder.path()).note_unlock(unlock.clone()).await.unwrap();
    // Whoever goes on from there notes the same run, once.
    session.history(&record).await.unwrap();
    assert_eq!(past(folder.path()).await, [HistoryLine::Run(record), HistoryLine::Unlock(unlock)]);
}
