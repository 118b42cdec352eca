//! The schema of train files says what the program takes: the same tables with the same keys, whatever stands in the
//! trains of this repository, and no key besides.

#[expect(clippy::duplicate_mod, reason = "tests of two areas judge, and neither knows the other")]
#[path = "../../../tests/support/schema.rs"]
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::train::SCHEMA;
use crate::train::shape::TABLES;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Reads a train file as JSON has it.
fn document(text: &str) -> Value {
    let table: toml::Table = text.parse().unwrap();
    serde_json::to_value(table).unwrap()
}

#[test]
fn it_has_every_key_that_is_read_and_no_other() {
    let schema = schema();
    let keys =
        |of: &Value| -> BTreeSet<String> { of["properties"].as_object().unwrap().keys().cloned().collect() };
    let mut found = BTreeMap::from([(TABLES[0].0.to_owned(), keys(&schema))]);
    for (name, property) in schema["properties"].as_object().unwrap() {
        let (of, title) = match property.get("items") {
            Some(items) => (items, format!("[[{name}]]")),
            None => (property, format!("[{name}]")),
        };
        let definition = of["$ref"].as_str().unwrap().trim_start_matches("#/$defs/");
        found.insert(title, keys(&schema["$defs"][definition]));
    }
    let read: BTreeMap<String, BTreeSet<String>> = TABLES
        .iter()
        .map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()))
        .collect();
    assert_eq!(found, read);
}

#[test]
fn every_train_here_keeps_to_it() {
    let mut read = 0;
    for folder in ["trains", "trains/examples"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "toml") {
                let found = judge::faults(&schema(), &document(&fs::read_to_string(&path).unwrap()), false);
                assert_eq!(found, Vec::<String>::new(), "{}", path.display());
                read += 1;
            }
        }
    }
    assert!(read >= 7, "{read} trains");
}

#[test]
fn what_the_program_refuses_by_its_shape_the_schema_refuses_too() {
    let good = super::GOOD;
    assert_eq!(judge::faults(&schema(), &document(good), false), Vec::<String>::new());
    for (from, to) in [
        ("[train]", "[train]\nbogus = 1"),
        ("[train]", "[extra]\n[train]"),
        ("[[group]]", "[[group]]\nmember = []"),
        ("[[release]]", "[[release]]\nretired = \"yes\""),
        ("[[group]]", "[[group]]\nahead = \"ignore\""),
        ("[[group]]", "[[group]]\nwaves = [10]"),
        ("[[group]]", "[[group]]\nmax_failures = -1"),
        ("[[group]]", "[[group]]\nwindow = { days = [\"Sun\"], from = \"22:00\", to = \"04:00\" }"),
        ("\"api_key\"", "\"password\""),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        assert_ne!(judge::faults(&schema(), &document(&text), false), Vec::<String>::new(), "{to}");
        assert_ne!(super::told(|_| text.clone()), Vec::<String>::new(), "{to}");
    }
}
