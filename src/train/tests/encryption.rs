//! Tests of `[state] encryption`: what it may say, and every problem as it is shown.

use super::super::Encryption;
use super::{GOOD, files};

fn with(state: &str) -> super::Files {
    files(&GOOD.replacen("store = \"local\"", &format!("store = \"local\"\n{state}"), 1))
}

#[test]
fn it_names_variables_and_is_no_part_of_the_digest() {
    let plain = files(GOOD).load().unwrap();
    assert_eq!(plain[0].encryption, None);
    let named = |current: Option<&str>, fallback: Option<&str>, enforced| Encryption {
        passphrase_env: current.map(str::to_owned),
        fallback_env: fallback.map(str::to_owned),
        enforced,
    };
    for (text, expected) in [
        ("encryption = { passphrase_env = \"P\" }", named(Some("P"), None, false)),
        (
            "encryption = { passphrase_env = \"_P2\", fallback = { passphrase_env = \"old\" }, enforced = true }",
            named(Some("_P2"), Some("old"), true),
        ),
        ("encryption = { fallback = { passphrase_env = \"P\" } }", named(None, Some("P"), false)),
        ("[state.encryption]\npassphrase_env = \"P\"\nenforced = false", named(Some("P"), None, false)),
    ] {
        let trains = with(text).load().unwrap();
        assert_eq!(trains[0].encryption, Some(expected), "{text}");
        assert_eq!(trains[0].digest, plain[0].digest, "{text}");
    }
}

#[test]
fn every_problem_is_told_and_no_passphrase_is_shown() {
    for (text, problems) in [
        ("encryption = true", &["`encryption` is a boolean: expected a table"][..]),
        ("encryption = {}", &["`encryption` names no passphrase", "PATCHTRAIN_PASSPHRASE"]),
        ("encryption = { passphrase_env = \"\" }", &["`passphrase_env` is not the name of a variable"]),
        ("encryption = { passphrase_env = \"2P\" }", &["`passphrase_env` is not the name of a variable"]),
        (
            "encryption = { passphrase_env = \"my own secret\", fallback = { passphrase_env = \"my secret\" }, enforced = 1 }",
            &["`passphrase_env` is not the name of a variable", "`enforced` is an integer"],
        ),
        (
            "encryption = { passphrase = \"my-own-secret\" }",
            &["unknown key `passphrase` in `encryption`", "did you mean `passphrase_env`?"],
        ),
        ("encryption = { passphrase_env = \"P\", fallback = {} }", &["`fallback` lacks `passphrase_env`"]),
        (
            "encryption = { passphrase_env = \"P\", fallback = { passphrase_env = \"P\" } }",
            &["`fallback` names the variable `P` again"],
        ),
        (
            "encryption = { fallback = { passphrase_env = \"P\" }, enforced = true }",
            &["`enforced` takes nothing plain, and nothing else would be written"],
        ),
    ] {
        let told = with(text).problems();
        for problem in problems {
            assert!(told.contains(problem), "no {problem:?} in\n{told}");
        }
        assert!(!told.contains("secret"), "{told}");
    }
}
