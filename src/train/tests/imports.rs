//! `[[import]]`: what is read of it, what is wrong with it, and that it moves the digest.

use super::super::{Import, Imported};
use super::*;
use crate::name::{GroupName, Ocid, ReleaseName};

const BLOCKS: &str = "
[[import]]
release = \"GL1\"
source  = \"ocid1.osmssoftwaresource.oc1..one\"

[[import]]
group = \"web\"
id    = \"ocid1.managedinstancegroup.oc1..web\"
";

fn with(blocks: &str) -> Files {
    files(&format!("{GOOD}{blocks}"))
}

fn train(blocks: &str) -> Train {
    with(blocks).load().unwrap_or_else(|problems| panic!("{}", problems.render(false))).pop().unwrap()
}

#[test]
fn what_is_to_be_imported_is_read_with_its_line() {
    let read = train(BLOCKS);
    let source = Imported::Source {
        release: ReleaseName::new("GL1"),
        id: Ocid::new("ocid1.osmssoftwaresource.oc1..one"),
    };
    let group = Imported::Group {
        group: GroupName::new("web"),
        id: Ocid::new("ocid1.managedinstancegroup.oc1..web"),
    };
    let first = GOOD.lines().count() + 2;
    let expected = [Import { of: source, line: Some(first) }, Import { of: group, line: Some(first + 4) }];
    assert_eq!(read.imports, expected);
    assert_eq!(train("").imports, []);
}

#[test]
fn an_import_moves_the_digest_and_its_place_does_not() {
    let (none, both) = (train("").digest, train(BLOCKS).digest);
    assert_ne!(none, both);
    let (first, second) = BLOCKS.split_at(BLOCKS.rfind("[[import]]").unwrap());
    assert_eq!(train(&format!("\n# the other way round\n{second}{first}")).digest, both);
    assert_ne!(train(first).digest, both);
    assert_ne!(train(&BLOCKS.replace("..one", "..two")).digest, both);
}

#[test]
fn what_is_wrong_with_an_import_is_told() {
    let rows: [(&str, &str); 14] = [
        ("source = \"ocid1.a.oc1..b\"", "names neither a `release` nor a `group`"),
        ("release = \"GL1\"\ngroup = \"web\"\nid = \"ocid1.a.oc1..b\"", "it is for one thing"),
        ("release = \"GL1\"", "`[[import]]` lacks `source`"),
        ("group = \"web\"", "`[[import]]` lacks `id`"),
        ("release = \"GL1\"\nid = \"ocid1.a.oc1..b\"", "`id` does not go with `release`"),
        ("group = \"web\"\nsource = \"ocid1.a.oc1..b\"", "`source` does not go with `group`"),
        ("release = \"GL1\"\nsource = \"great-linux/GL1\"", "`great-linux/GL1` is not an OCID"),
        ("release = \"GL9\"\nsource = \"ocid1.a.oc1..b\"", "no release `GL9` is declared"),
        ("group = \"wob\"\nid = \"ocid1.a.oc1..b\"", "no group `wob` is declared"),
        ("group = \"db\"\nid = \"ocid1.a.oc1..b\"", "group `db` has another `id`, on line "),
        ("group = \"web\"\nid = \"ocid1.a.oc1..b\"\nname = \"x\"", "unknown key `name` in `[[import]]`"),
        (
            "release = \"GL1\"\nsource = \"ocid1.a.oc1..b\"\n[[import]]\nrelease = \"GL1\"\nsource = \"ocid1.a.oc1..c\"",
            "a source is imported for release `GL1` already, on line ",
        ),
        (
            "group = \"web\"\nid = \"ocid1.a.oc1..b\"\n[[import]]\ngroup = \"web\"\nid = \"ocid1.a.oc1..c\"",
            "group `web` is imported already, on line ",
        ),
        (
            "group = \"web\"\nid = \"ocid1.a.oc1..b\"\n[[import]]\ngroup = \"canary\"\nid = \"ocid1.a.oc1..b\"",
            "ocid1.a.oc1..b is imported already, on line ",
        ),
    ];
    for (block, expected) in rows {
        let told = with(&format!("\n[[import]]\n{block}\n")).problems();
        assert!(told.contains(expected), "no `{expected}` in {told}");
        assert_eq!(told.matches("error: ").count(), 1, "{told}");
    }
    let one = with("\n[import]\nrelease = \"GL1\"\nsource = \"ocid1.a.oc1..b\"\n").problems();
    assert!(one.contains("write `[[import]]`"), "{one}");
}

#[test]
fn two_trains_cannot_import_one_thing() {
    let other = GOOD
        .replace("\"great-linux\"", "\"other\"")
        .replace("instance.oc1..", "instance.oc1..other-")
        .replace("compartment.oc1..aaaa", "compartment.oc1..bbbb")
        .replace("oc1..db", "oc1..other-db");
    let told = with(BLOCKS).with("trains/other.toml", format!("{other}{BLOCKS}")).problems();
    let message = "the train in trains/other.toml imports ocid1.managedinstancegroup.oc1..web, too";
    assert!(told.contains(message), "no `{message}` in {told}");
    assert_eq!(told.matches("error: ").count(), 2, "{told}");
}

#[test]
fn one_train_cannot_import_what_another_says_is_its_own() {
    let elsewhere = |text: &str| {
        text.replace("\"great-linux\"", "\"other\"")
            .replace("instance.oc1..", "instance.oc1..other-")
            .replace("compartment.oc1..aaaa", "compartment.oc1..bbbb")
    };
    let id = "ocid1.managedinstancegroup.oc1..web";
    let other = elsewhere(GOOD).replace("ocid1.managedinstancegroup.oc1..db", id);
    assert!(other.contains(id), "{other}");
    let told = with(BLOCKS).with("trains/other.toml", other).problems();
    let message = format!("the train in trains/other.toml has {id} as its group `db`");
    assert!(told.contains(&message) && told.contains("trains/t.toml:"), "no `{message}` in {told}");
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
    // Nor have two of them one id, wherever they lie.
    let told = with("").with("trains/other.toml", elsewhere(GOOD)).problems();
    assert!(told.contains("has a group with the `id` ocid1."), "{told}");
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
}
