//! What is read, checked and not acted on yet: told at its line, and never ignored.

use super::*;

#[test]
fn each_setting_for_later_is_answered() {
    // Put behind `name = "canary"`, so on line 29.
    let table: [(&str, &[&str]); 10] = [
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
