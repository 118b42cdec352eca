//! What is read, checked and not acted on yet: told at its line, and never ignored.

use super::*;

#[test]
fn each_setting_for_later_is_answered() {
    // Put behind `name = "canary"`, so on line 29.
    let table: [(&str, &[&str]); 20] = [
        ("waves = [\"1\", \"10%\", \"50%\", \"100%\"]", &["29:1: `waves` is not supported yet"]),
        (
            "waves = [\"50%\", \"10%\", \"0\"]",
            &[
                "29:1: `waves` is not supported yet",
                "29:17: the wave is not larger than the one before",
                "29:24: `0` is not a wave: expected a number of instances, as in `\"1\"`, or a share, as in `\"10%\"`",
            ],
        ),
        ("soak = \"48h\"", &["29:1: `soak` is not supported yet"]),
        ("soak = \"2 days 12h\"", &["29:1: `soak` is not supported yet"]),
        (
            "soak = \"soon\"",
            &[
                "29:1: `soak` is not supported yet",
                "29:8: `soon` is not a length of time: expected as in `48h`, `2 days` or `1 week`",
            ],
        ),
        (
            "soak = \"-1h\"",
            &[
                "29:1: `soak` is not supported yet",
                "29:8: `-1h` is not a length of time: expected as in `48h`, `2 days` or `1 week`",
            ],
        ),
        ("wave_soak = \"1h\"", &["29:1: `wave_soak` is not supported yet"]),
        (
            "window = { days = [\"Sat\"], from = \"22:00\", to = \"04:00\", timezone = \"Europe/Berlin\" }",
            &["29:1: `window` is not supported yet"],
        ),
        (
            "window = { days = [\"Sa\"], from = \"24:00\", to = \"4:00\" }",
            &[
                "29:1: `window` is not supported yet",
                "29:10: `window` lacks `timezone`",
                "29:20: a day cannot be `Sa`",
                "29:34: `24:00` is not a time of day: expected as in `22:00`",
                "29:48: `4:00` is not a time of day: expected as in `22:00`",
            ],
        ),
        (
            "window = 5",
            &["29:1: `window` is not supported yet", "29:10: `window` is an integer: expected a table"],
        ),
        ("schedule = { update = \"security\", every = \"1 week\", start = \"2026-12-05T02:00:00Z\" }", &[]),
        (
            "schedule = { update = \"some\", every = 5, start = 2026-12-05T02:00:00Z, end = 1 }",
            &[
                "29:23: `update` cannot be `some`",
                "29:39: `every` is an integer: expected a string",
                "29:50: `start` is a date: expected a string",
                "29:72: unknown key `end` in `schedule`",
            ],
        ),
        (
            "schedule = { update = \"all\", every = \"1 week\", start = \"5 December\" }",
            &["29:56: `5 December` is not a time: expected as in `2026-12-05T02:00:00Z`"],
        ),
        ("update = \"secure\"", &["29:10: `update` cannot be `secure`"]),
        // What says no more than the default changes nothing.
        ("remove_extras = false", &[]),
        ("update = \"all\"", &[]),
        ("enforce = \"update\"", &[]),
        ("", &[]),
        ("max-failures = 1", &["29:1: unknown key `max-failures` in `[[group]]`"]),
        ("ID = 1", &["29:1: unknown key `ID` in `[[group]]`"]),
    ];
    for (setting, expected) in table {
        let found =
            told(|good| good.replace("\"canary\"\nrelease", &format!("\"canary\"\n{setting}\nrelease")));
        assert_eq!(found, expected, "{setting}");
    }
}

#[test]
fn other_stores_and_credentials_are_answered() {
    let table: [(&str, &str, &[&str]); 5] = [
        ("\"api_key\"", "\"instance_principal\"", &[]),
        ("\"api_key\"", "\"apikey\"", &["13:13: `auth` cannot be `apikey`"]),
        ("\"local\"", "\"locale\"", &["17:9: `store` cannot be `locale`"]),
        (
            "{ osms = \"simulator\" }",
            "{ object_storage = \"http://x\", auth = \"x\" }",
            &["14:51: `x` is not a URL: expected as in `https://auth.eu-frankfurt-1.oraclecloud.com`"],
        ),
        (
            "{ osms = \"simulator\" }",
            "{ osms = \"simulator\", auth = \"simulator\" }",
            &[
                "14:42: `simulator` is not a URL: expected as in `https://auth.eu-frankfurt-1.oraclecloud.com`",
            ],
        ),
    ];
    for (from, to, expected) in table {
        assert_eq!(told(|good| good.replacen(from, to, 1)), expected, "{from} -> {to}");
    }
}

/// The example of the design in our own words: everything it can say, read, and only what is for later told.
#[test]
fn a_file_that_says_everything_is_understood() {
    let found = told(|good| {
        let good = good.replace(
            "[service]",
            "vendor_sources = [\"ol8_baseos_latest-x86_64\"]\nunmanaged = [\"gpg-pubkey*\"]\n[service]",
        );
        good.replace(
            "members = \"service\"",
            "members = \"service\"\nsoak = \"48h\"\nwaves = [\"1\", \"10%\", \"100%\"]\nwindow = { days = [\"Sat\", \"Sun\"], from = \"22:00\", to = \"04:00\", timezone = \"UTC\" }\nschedule = { update = \"security\", every = \"1 week\", start = \"2026-12-05T02:00:00Z\" }",
        )
    });
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found.iter().all(|problem| problem.ends_with("is not supported yet")), "{found:#?}");
}
