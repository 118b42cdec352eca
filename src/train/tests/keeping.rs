//! `[state]`: each store with its keys, and what is answered where they do not fit.

use super::*;
use crate::train::{Bucket, Database, Keeping};

fn kept(setting: &str) -> Keeping {
    let text = GOOD.replace("store = \"local\"", setting);
    let mut trains = files(&text).load().unwrap_or_else(|problems| panic!("{setting}: {problems:?}"));
    trains.remove(0).keeping
}

#[test]
fn each_store_is_read_with_its_keys() {
    let bucket = |name: &str, namespace: Option<&str>, prefix: &str| {
        let namespace = namespace.map(str::to_owned);
        Keeping::ObjectStorage(Bucket { name: name.to_owned(), namespace, prefix: prefix.to_owned() })
    };
    let database = |url_env: Option<&str>, schema: &str| {
        Keeping::Postgres(Database { url_env: url_env.map(str::to_owned), schema: schema.to_owned() })
    };
    let table = [
        ("", Keeping::Local),
        ("store = \"local\"", Keeping::Local),
        ("store = \"object_storage\"\nbucket = \"states\"", bucket("states", None, "patchtrain")),
        (
            "store = \"object_storage\"\nbucket = \"s\"\nnamespace = \"ns\"\nprefix = \"a/b/\"",
            bucket("s", Some("ns"), "a/b"),
        ),
        ("store = \"object_storage\"\nbucket = \"s\"\nprefix = \"\"", bucket("s", None, "")),
        ("store = \"postgres\"", database(None, "patchtrain")),
        ("store = \"postgres\"\nurl_env = \"DB\"\nschema = \"ops\"", database(Some("DB"), "ops")),
    ];
    for (setting, expected) in table {
        assert_eq!(kept(setting), expected, "{setting}");
    }
}

#[test]
fn so_many_replaced_states_are_kept_as_the_file_says() {
    let backups = |setting: &str| {
        let text = GOOD.replace("store = \"local\"", setting);
        files(&text).load().unwrap_or_else(|problems| panic!("{setting}: {problems:?}")).remove(0).backups
    };
    assert_eq!([backups(""), backups("backups = 1"), backups("backups = 1_000")], [10, 1, 1000]);
    for (setting, expected) in [
        ("backups = 0", "17:11: `backups` says how many replaced states are kept, and cannot be that"),
        ("backups = 1001", "17:11: `backups` says how many replaced states are kept, and cannot be that"),
        ("backups = -1", "17:11: `backups` says how many replaced states are kept, and cannot be that"),
        ("backups = \"all\"", "17:11: `backups` is a string: expected a number"),
    ] {
        assert_eq!(told(|good| good.replace("store = \"local\"", setting)), [expected], "{setting}");
    }
}

#[test]
fn what_does_not_fit_is_told_at_its_place() {
    let table: [(&str, &[&str]); 8] = [
        ("store = \"object_storage\"", &["16:1: `[state]` lacks `bucket`"]),
        (
            "bucket = \"s\"",
            &["17:1: `bucket` is of `store = \"object_storage\"`, and the state is kept in `local`"],
        ),
        (
            "store = \"postgres\"\nprefix = \"s\"",
            &["18:1: `prefix` is of `store = \"object_storage\"`, and the state is kept in `postgres`"],
        ),
        (
            "store = \"object_storage\"\nbucket = \"a b\"",
            &["18:10: `a b` is not a name of Object Storage: letters, digits, `-`, `_` and `.`, at most 256"],
        ),
        (
            "store = \"object_storage\"\nbucket = \"s\"\nprefix = \"../x\"",
            &["19:10: `../x` cannot begin the name of an object: expected as in `patchtrain/production`"],
        ),
        (
            "store = \"postgres\"\nschema = \"Ops\"",
            &[
                "18:10: `Ops` is not a name of a schema: small letters, digits and `_`, at most 63, and not beginning with `pg_`",
            ],
        ),
        (
            "store = \"postgres\"\nurl_env = \"A B\"",
            &["18:11: `A B` is not the name of a variable of the environment"],
        ),
        // What may hold a password is not repeated.
        (
            "store = \"postgres\"\nurl_env = \"postgres://ann:secret@db/x\"",
            &[
                "18:11: a URL does not stand in a train file: `url_env` names the variable of the environment that holds it, as in `PATCHTRAIN_DATABASE_URL`",
            ],
        ),
    ];
    for (setting, expected) in table {
        assert_eq!(told(|good| good.replace("store = \"local\"", setting)), expected, "{setting}");
    }
}
