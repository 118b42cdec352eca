//! Locks on states: who holds them, in a line or as JSON.

use serde_json::json;

use super::encoded;
use super::words::clean;
use crate::state::store::Lock;

/// Says who holds a lock: "by ann on desk (pid 7, since ..., last sign of life ...): patchtrain apply".
pub fn lock(lock: &Lock) -> String {
    let Lock { holder, heartbeat, stays } = lock;
    let alive = heartbeat.map(|at| format!(", last sign of life {at:.0}")).unwrap_or_default();
    let goes = if *stays { "" } else { ", goes with its process" };
    format!(
        "by {} on {} (pid {}, since {:.0}{alive}{goes}): {}",
        clean(&holder.who),
        clean(&holder.host),
        holder.pid,
        holder.since,
        clean(&holder.command)
    )
}

/// Lists locks, one a line.
pub fn locks(locks: &[Lock]) -> String {
    let line = |held: &Lock| {
        let train = held.holder.train.as_ref().map_or("?", |train| train.as_str());
        format!("{train}: {} {}\n", held.holder.id, lock(held))
    };
    locks.iter().map(line).collect()
}

/// Writes locks as JSON.
pub fn locks_json(locks: &[Lock]) -> String {
    let rows: Vec<_> = locks
        .iter()
        .map(|lock| {
            let mut row = serde_json::to_value(lock).unwrap_or_default();
            row["goes_with_its_process"] = json!(!lock.stays);
            row
        })
        .collect();
    encoded::document(&json!({ "format_version": 1, "locks": rows }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::store::Holder;

    #[test]
    fn json_commands_no_terminal_and_says_what_it_is() {
        let who = "ann\u{9b}2J\u{202e}";
        let holder = Holder {
            id: Default::default(),
            train: None,
            who: who.to_owned(),
            host: "desk".to_owned(),
            pid: 1,
            command: "patchtrain apply".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        let text = locks_json(&[Lock { holder, heartbeat: None, stays: true }]);
        assert!(text.contains(r"ann\u009b2J\u202e"), "{text}");
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["locks"][0]["who"], who);
    }
}
