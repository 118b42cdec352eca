//! `enforce`, `remove_extras` and `reboot`: what is read, and what does not go together.

use super::*;
use crate::train::{Enforce, Enforcing, Reboot};

/// What is told of a group with these lines, put behind `name = "canary"`, so on line 29.
fn said(lines: &str) -> Vec<String> {
    told(|good| good.replace("\"canary\"\nrelease", &format!("\"canary\"\n{lines}\nrelease")))
}

#[test]
fn what_goes_together_is_checked() {
    let cases: [(&str, &[&str]); 13] = [
        ("enforce = \"exact\"", &[]),
        ("enforce = \"exact\"\nremove_extras = true", &[]),
        ("enforce = \"exact\"\nupdate = \"all\"\nahead = \"block\"", &[]),
        ("enforce = \"exactly\"", &["29:11: `enforce` cannot be `exactly`"]),
        (
            "enforce = \"exact\"\nupdate = \"security\"",
            &[
                "29:11: `enforce = \"exact\"` makes members exactly their release, and `update` leaves updates out",
            ],
        ),
        (
            "update = \"none\"\nenforce = \"exact\"",
            &[
                "30:11: `enforce = \"exact\"` makes members exactly their release, and `update` leaves updates out",
            ],
        ),
        ("remove_extras = true", &["29:17: `remove_extras = true` without `enforce = \"exact\"`"]),
        (
            "enforce = \"update\"\nremove_extras = true",
            &["30:17: `remove_extras = true` without `enforce = \"exact\"`"],
        ),
        ("remove_extras = \"yes\"", &["29:17: `remove_extras` is a string: expected `true` or `false`"]),
        ("reboot = \"never\"", &[]),
        ("reboot = \"report\"", &[]),
        ("reboot = \"now\"", &["29:10: `reboot` cannot be `now`"]),
        ("reboot = \"window\"", &["29:10: `reboot = \"window\"`, and the group has no `window`"]),
    ];
    for (lines, expected) in cases {
        assert_eq!(said(lines), expected, "{lines}");
    }
}

#[test]
fn a_group_that_says_nothing_keeps_its_digest() {
    let plain = Enforcing::default();
    assert!(plain.is_default() && !plain.reboots());
    assert_eq!((plain.enforce, plain.reboot), (Enforce::Update, Reboot::Report));
    let exact = Enforcing { enforce: Enforce::Exact, ..plain };
    let texts = [
        plain,
        exact,
        Enforcing { remove_extras: true, ..exact },
        Enforcing { reboot: Reboot::Never, ..plain },
    ];
    let texts: std::collections::BTreeSet<String> = texts.iter().map(Enforcing::to_string).collect();
    assert_eq!(texts.len(), 4, "each says something else: {texts:?}");
}
