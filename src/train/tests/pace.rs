//! How a group moves, as it is written: what is read of it, and every way in which it is not understood.

use super::*;
use crate::rollout::{Amount, Pace, Probe};

/// What is told of `web` with these lines, which begin on line 37.
fn told_of(lines: &str) -> Vec<String> {
    told(|good| good.replace("after        = [\"canary\"]\n", &format!("after = [\"canary\"]\n{lines}\n")))
}

fn pace_of(lines: &str) -> Pace {
    let text = GOOD.replace("after        = [\"canary\"]\n", &format!("after = [\"canary\"]\n{lines}\n"));
    let train = files(&text).load().unwrap().remove(0);
    train.groups.iter().find(|group| group.name.as_str() == "web").unwrap().pace.clone()
}

#[test]
fn each_setting_is_read() {
    let pace = pace_of(
        "waves = [\"1\", \"10%\", \"100%\"]\nconcurrency = \"25%\"\nsoak = \"48h\"\nwave_soak = \"2 days 12h\"\n\
         window = { days = [\"Sat\", \"Sun\"], from = \"22:00\", to = \"04:00\", timezone = \"Europe/Berlin\" }\n\
         blackout = { dates = [\"2026-12-24..2027-01-01\"], timezone = \"Europe/Berlin\" }\n\
         health = { http = \"http://{name}:8080/health\", timeout = \"5s\" }",
    );
    assert_eq!(pace.waves, [Amount::Number(1), Amount::Percent(10), Amount::Percent(100)]);
    assert_eq!(pace.concurrency, Some(Amount::Percent(25)));
    assert_eq!(pace.soak.unwrap().as_hours(), 48);
    assert_eq!(pace.wave_soak.unwrap().as_hours(), 60);
    let window = pace.calendar.window.unwrap();
    assert_eq!(
        (window.days.len(), window.from.to_string(), window.timezone.name()),
        (2, "22:00".into(), "Europe/Berlin")
    );
    assert_eq!(pace.calendar.blackout.unwrap().dates[0].to_string(), "2026-12-24..2027-01-01");
    let health = pace.health.unwrap();
    assert_eq!(health.probe, Probe::Http("http://{name}:8080/health".to_owned()));
    assert_eq!(health.timeout.as_secs(), 5);
    assert!(pace.stops);

    let pace = pace_of("concurrency = 3\nhealth = { command = [\"./healthy\", \"--quick\"] }");
    assert_eq!(pace.concurrency, Some(Amount::Number(3)));
    let health = pace.health.unwrap();
    assert_eq!(health.probe, Probe::Command(vec!["./healthy".to_owned(), "--quick".to_owned()]));
    assert_eq!(health.timeout.as_secs(), 60);
}

#[test]
fn what_is_not_understood_is_told_at_its_place() {
    let table: [(&str, &[&str]); 22] = [
        (
            "waves = [\"50%\", \"10%\", \"0\"]",
            &[
                "37:17: the wave is not larger than the one before",
                "37:24: `0` is not a wave: expected a number of instances, as in `\"1\"`, or a share, as in `\"10%\"`",
            ],
        ),
        ("waves = []", &["37:9: `waves` lists none"]),
        ("waves = \"1\"", &["37:9: `waves` is a string: expected an array"]),
        ("concurrency = 0", &["37:15: `concurrency` lets nobody move"]),
        ("concurrency = \"101%\"", &["37:15: `concurrency` lets nobody move"]),
        ("concurrency = true", &["37:15: `concurrency` is a boolean: expected a number or a percentage"]),
        (
            "soak = \"soon\"",
            &["37:8: `soon` is not a length of time: expected as in `48h`, `2 days` or `1 week`"],
        ),
        (
            "soak = \"-1h\"",
            &["37:8: `-1h` is not a length of time: expected as in `48h`, `2 days` or `1 week`"],
        ),
        ("wave_soak = \"1h\"", &["37:1: `wave_soak` is between waves, and there are no `waves`"]),
        (
            "window = { days = [\"Sa\"], from = \"24:00\", to = \"4:00\" }",
            &[
                "37:10: `window` lacks `timezone`",
                "37:20: a day cannot be `Sa`",
                "37:34: `24:00` is not a time of day: expected as in `22:00`",
                "37:48: `4:00` is not a time of day: expected as in `22:00`",
            ],
        ),
        (
            "window = { days = [], from = \"22:00\", to = \"04:00\", timezone = \"Berlin\" }",
            &[
                "37:19: `days` lists none: it would never open",
                "37:64: `Berlin` is not a time zone: expected as in `Europe/Berlin` or `UTC`",
            ],
        ),
        ("window = 5", &["37:10: `window` is an integer: expected a table"]),
        (
            "blackout = { dates = [\"24.12.\"], timezone = \"UTC\", days = 1 }",
            &[
                "37:23: `24.12.` is no date: expected as in `2026-12-24`, or `2026-12-24..2027-01-01` with both days within",
                "37:52: unknown key `days` in `blackout`",
            ],
        ),
        (
            "blackout = { dates = [\"2026-12-24..2026-12-23\"], timezone = \"UTC\" }",
            &["37:23: `2026-12-24..2026-12-23` ends before it begins"],
        ),
        ("health = { }", &["37:10: `health` asks nothing"]),
        ("health = { command = [] }", &["37:22: `command` names no program"]),
        ("health = { command = \"./healthy\" }", &["37:22: `command` is a string: expected an array"]),
        (
            "health = { command = [\"a\"], http = \"http://x/\" }",
            &["37:36: `health` has both `command` and `http`"],
        ),
        (
            "health = { http = \"http://{host}/\" }",
            &["37:19: `{host}` stands for nothing: there are `{name}`, `{id}`, `{group}`, `{release}`"],
        ),
        (
            "health = { http = \"ftp://{name}/\" }",
            &["37:19: `ftp://{name}/` is no address of a page: expected as in `http://{name}:8080/health`"],
        ),
        (
            "health = { http = \"http://{name}/\", timeout = \"0s\" }",
            &["37:47: `0s` is not a length of time: expected as in `48h`, `2 days` or `1 week`"],
        ),
        ("", &[]),
    ];
    for (lines, expected) in table {
        assert_eq!(told_of(lines), expected, "{lines}");
    }
}

#[test]
fn a_soak_is_of_the_groups_that_go_first() {
    let found = told(|good| good.replace("\"canary\"\nrelease", "\"canary\"\nsoak = \"1h\"\nrelease"));
    assert_eq!(found, ["29:1: `soak` is of the groups in `after`, and there is no `after`"]);
}

#[test]
fn who_is_told_is_read() {
    let with = |table: &str| format!("{GOOD}\n[notify]\n{table}\n");
    let train =
        files(&with("command = [\"./tell\", \"ops\"]\nwebhook_env = \"HOOK\"")).load().unwrap().remove(0);
    let notify = train.notify.unwrap();
    assert_eq!((notify.command.len(), notify.webhook_env.as_deref()), (2, Some("HOOK")));
    let table = [
        ("command = []", "`command` names no program"),
        ("webhook_env = \"https://hooks.example/secret\"", "is no name of a variable"),
        ("webhook = \"https://hooks.example/secret\"", "unknown key `webhook` in `[notify]`"),
    ];
    for (lines, expected) in table {
        let problems = files(&with(lines)).problems();
        assert!(problems.contains(expected), "{lines}: {problems}");
    }
}
