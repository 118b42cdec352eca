//! Selectors and the endpoints they ask: read value by value, checked with all problems at once, in the digest, and
//! kept by `fmt`.

use std::collections::BTreeSet;

use super::super::{Endpoint, Members, Selector, TagKey, format};
use super::*;
use crate::name::Ocid;

const LISTED: &str = "members = [\"ocid1.instance.oc1..a\"]";
const WHOLE: &str = r#"members = { compartments = ["ocid1.compartment.oc1..prod", "ocid1.tenancy.oc1..t"], subcompartments = true, tags = { "Ops.Patch" = "web", tier = "front end" } }"#;

fn with(members: &str) -> String {
    assert!(GOOD.contains(LISTED));
    GOOD.replace(LISTED, members)
}

fn load(text: &str) -> Train {
    files(text).load().unwrap_or_else(|problems| panic!("{}", problems.render(false))).pop().unwrap()
}

fn told(text: &str) -> Vec<String> {
    let problems = files(text).load().err().unwrap_or_default().list;
    problems
        .iter()
        .map(|problem| format!("{}:{}: {}", problem.line, problem.column, problem.message))
        .collect()
}

fn selector(text: &str) -> Selector {
    match load(text).groups.swap_remove(0).members {
        Members::Selected(selector) => selector,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_selector_is_read_value_by_value() {
    let id = |text: &str| Ocid::new(text);
    let found = selector(&with(WHOLE));
    assert_eq!(
        found.compartments,
        BTreeSet::from([id("ocid1.compartment.oc1..prod"), id("ocid1.tenancy.oc1..t")])
    );
    assert!(found.subcompartments);
    let defined = TagKey::Defined { namespace: "ops".to_owned(), key: "patch".to_owned() };
    let tags: Vec<(&TagKey, &str)> = found.tags.iter().map(|(key, value)| (key, value.as_str())).collect();
    assert_eq!(tags, [(&defined, "web"), (&TagKey::Freeform("tier".to_owned()), "front end")]);

    let least = selector(&with(r#"members = { compartments = ["ocid1.compartment.oc1..prod"] }"#));
    assert_eq!((least.subcompartments, least.tags.len()), (false, 0));
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let not_ocid = "is not an OCID: expected `ocid1.<type>.<realm>.[region].<unique>`";
    let table: [(&str, &[&str]); 9] = [
        (
            r#"members = { compartments = ["prod", "ocid1.instance.oc1..a"], subcompartments = 1, tags = { a = 1 }, tgas = {} }"#,
            &[
                &format!("30:29: `prod` {not_ocid}"),
                "30:37: `ocid1.instance.oc1..a` is no compartment, by its kind `instance`: expected a compartment's, or the tenancy's",
                "30:81: `subcompartments` is an integer: expected `true` or `false`",
                "30:97: a tag's value is an integer: expected a string",
                "30:102: unknown key `tgas` in `members`",
            ],
        ),
        ("members = {}", &["30:11: `members` lacks `compartments`"]),
        ("members = { compartments = [] }", &["30:28: `compartments` names none"]),
        (
            "members = { compartments = \"ocid1.compartment.oc1..a\" }",
            &["30:28: `compartments` is a string: expected an array"],
        ),
        (
            r#"members = { compartments = ["ocid1.compartment.oc1..a", "ocid1.compartment.oc1..a"] }"#,
            &["30:57: the compartment is named twice"],
        ),
        (
            r#"members = { compartments = ["ocid1.compartment.oc1..a"], tags = { "a.b" = "1", "A.B" = "2" } }"#,
            &["30:75: the tag `a.b` stands twice"],
        ),
        (
            r#"members = { compartments = ["ocid1.compartment.oc1..a"], tags = { ops.patch = "web" } }"#,
            &["30:67: the tag `ops` is a table: expected a string"],
        ),
        (
            r#"members = { compartments = ["ocid1.compartment.oc1..a"], tags = { "a.b.c" = "1", "" = "2" } }"#,
            &[
                "30:67: `a.b.c` is not a tag's key: expected a defined tag as `namespace.key`, or a free-form tag's key without a dot",
                "30:82: `` is not a tag's key: it is empty",
            ],
        ),
        (
            "members = 5",
            &[
                "30:11: `members` is an integer: expected an array of OCIDs, `\"service\"` or `{ compartments = [...] }`",
            ],
        ),
    ];
    for (members, expected) in table {
        assert_eq!(told(&with(members)), expected, "{members}");
    }
}

#[test]
fn every_part_of_a_selector_is_in_the_digest() {
    let whole = load(&with(WHOLE)).digest;
    assert_eq!(load(&with(&WHOLE.replace("{ comp", "{   comp"))).digest, whole, "layout does not count");
    assert_eq!(load(&with(&WHOLE.replace("Ops.Patch", "ops.patch"))).digest, whole, "nor does this case");
    let changed = [
        ("..prod", "..test"),
        (", \"ocid1.tenancy.oc1..t\"", ""),
        ("true", "false"),
        ("Ops.Patch", "ops.path"),
        ("\"web\"", "\"Web\""),
        ("tier", "Tier"),
        (", tier = \"front end\"", ""),
    ];
    let mut seen = vec![whole];
    for (from, to) in changed {
        let digest = load(&with(&WHOLE.replacen(from, to, 1))).digest;
        assert!(!seen.contains(&digest), "{from} -> {to}");
        seen.push(digest);
    }
}

#[test]
fn a_selector_keeps_its_values_when_it_is_formatted() {
    let untidy = with(&WHOLE.replace("{ compartments = [", "{compartments=[").replace(" = true", "=true"));
    let tidy = format(&untidy).unwrap_or_else(|_| panic!("{untidy}"));
    assert_eq!(selector(&tidy), selector(&with(WHOLE)));
    assert_eq!(format(&tidy).ok().as_deref(), Some(tidy.as_str()), "once is enough");
    assert!(tidy.contains("\"Ops.Patch\" = \"web\""), "{tidy}");
}

#[test]
fn what_selectors_ask_goes_with_the_service_unless_it_is_said() {
    let of = |endpoints: &str| {
        let train = load(&GOOD.replace("endpoints = { osms = \"simulator\" }", endpoints));
        (train.service.compute, train.service.identity)
    };
    let url = |text: &str| Endpoint::Url(text.to_owned());
    assert_eq!(of("endpoints = { osms = \"simulator\" }"), (Endpoint::Simulator, Endpoint::Simulator));
    assert_eq!(of("endpoints = { osms = \"http://127.0.0.1:1\" }"), (Endpoint::Region, Endpoint::Region));
    assert_eq!(of(""), (Endpoint::Region, Endpoint::Region));
    assert_eq!(
        of("endpoints = { osms = \"simulator\", compute = \"http://c/\", identity = \"simulator\" }"),
        (url("http://c"), Endpoint::Simulator)
    );
    for url in ["http://me:hunter2@c", "http://me:hunter2@"] {
        let text = GOOD
            .replace("endpoints = { osms = \"simulator\" }", &format!("endpoints = {{ osms = \"{url}\" }}"));
        let told = files(&text).problems();
        assert!(
            told.contains("a user or a password in it is not taken") && !told.contains("hunter2"),
            "{told}"
        );
    }
    let digest = |endpoints: &str| {
        load(&GOOD.replace("endpoints = { osms = \"simulator\" }", &format!("endpoints = {endpoints}")))
            .digest
    };
    let plain = digest("{ osms = \"simulator\" }");
    assert_eq!(digest("{ osms = \"simulator\", compute = \"simulator\" }"), plain, "as it is anyway");
    assert_ne!(digest("{ osms = \"simulator\", compute = \"http://c\" }"), plain);
    assert_ne!(
        digest("{ osms = \"simulator\", compute = \"http://c\" }"),
        digest("{ osms = \"simulator\", identity = \"http://c\" }")
    );
}

#[test]
fn trains_know_of_each_other() {
    let other = GOOD
        .replace("\"great-linux\"\n", "\"other\"\n")
        .replace("[\"ocid1.instance.oc1..a\"]", "[\"ocid1.instance.oc1..x\"]")
        .replace("[\"ocid1.instance.oc1..b\", \"ocid1.instance.oc1..c\"]", "[\"ocid1.instance.oc1..y\"]")
        .replace("name         = \"web\"", "name = \"other-web\"")
        .replace("name    = \"canary\"", "name = \"other-canary\"")
        .replace("[\"canary\"", "[\"other-canary\"")
        .replace("\"other-canary\", \"web\"", "\"other-canary\", \"other-web\"")
        .replace("name    = \"db\"\nid      = \"ocid1.managedinstancegroup.oc1..db\"", "name = \"other-db\"");
    let trains = files(GOOD).with("trains/u.toml", other).load();
    let trains = trains.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let known: Vec<(&str, Vec<&str>)> = trains
        .iter()
        .map(|train| {
            let others = train.neighbours.iter().map(|neighbour| neighbour.name.as_str());
            (train.name.as_str(), others.collect())
        })
        .collect();
    assert_eq!(known, [("great-linux", vec!["other"]), ("other", vec!["great-linux"])]);
    assert_eq!(trains[0].digest, load(GOOD).digest, "what others say is not what this one says");
}
