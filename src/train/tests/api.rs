//! `api = "osmh"` and what goes with it: read value by value, told where it does not fit, in the digest, and kept by
//! `fmt`. What can stay in a file of both services stays.

use super::super::{Endpoint, Layout, VendorSource, format};
use super::*;
use crate::name::Ocid;
use crate::patching::Api;

const VENDORS: &str =
    "vendor_sources = [\"ol8_baseos_latest-x86_64\", \"ocid1.osmhsoftwaresource.oc1..app\"]";

/// The good file on OS Management Hub, with lines added to `[train]`.
fn osmh(train: &str) -> String {
    let text = GOOD.replace("\"osms\"", "\"osmh\"").replace("{ osms = ", "{ osmh = ");
    text.replace("[service]", &format!("{train}\n[service]"))
}

/// The same with a profile for groups, whose members are left to the service.
fn with_profiles(text: &str, groups: &[&str]) -> String {
    let mut group = String::new();
    let line = |line: &str| {
        let key = line.split_once('=').map_or("", |(key, _)| key.trim());
        if key == "name" {
            line.clone_into(&mut group);
        }
        match groups.iter().any(|name| group.ends_with(&format!("\"{name}\""))) {
            true if key == "name" => format!("{line}\nprofile = true\n"),
            true if key == "members" => "members = \"service\"\n".to_owned(),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

fn load(text: &str) -> Train {
    files(text).load().unwrap_or_else(|problems| panic!("{}", problems.render(false))).pop().unwrap()
}

/// `line:column: message (hint)`, a problem a line.
fn told(text: &str) -> Vec<String> {
    let problems = files(text).load().err().unwrap_or_default().list;
    let one = |problem: &super::super::Problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}:{}: {}{hint}", problem.line, problem.column, problem.message)
    };
    problems.iter().map(one).collect()
}

#[test]
fn a_train_on_os_management_hub_is_read_value_by_value() {
    let train = load(&with_profiles(&osmh(VENDORS), &["canary"]));
    assert_eq!((train.service.api, train.service.endpoint), (Api::Osmh, Endpoint::Simulator));
    let named = [
        VendorSource::Name("ol8_baseos_latest-x86_64".to_owned()),
        VendorSource::Id(Ocid::new("ocid1.osmhsoftwaresource.oc1..app")),
    ];
    assert_eq!(train.vendor_sources, named);
    let profiles: Vec<bool> = train.groups.iter().map(|group| group.profile).collect();
    assert_eq!(profiles, [true, false, false]);

    let url = load(&osmh(VENDORS).replace("\"simulator\"", "\"http://127.0.0.1:8080/\""));
    assert_eq!(url.service.endpoint, Endpoint::Url("http://127.0.0.1:8080".to_owned()));
    let region = load(&osmh(VENDORS).replace("endpoints = { osmh = \"simulator\" }\n", ""));
    assert_eq!(region.service.endpoint, Endpoint::Region);
}

#[test]
fn what_the_other_service_needs_may_stay() {
    let vendors = GOOD.replace("[service]", &format!("{VENDORS}\nlayout = \"parent\"\n[service]"));
    let both = vendors.replace("members = \"service\"", "members = \"service\"\nprofile = false");
    let (osms, osmh) = (load(&both), load(&both.replace("osms", "osmh")));
    assert_eq!((osms.service.api, osmh.service.api), (Api::Osms, Api::Osmh));
    assert_eq!((osms.vendor_sources, osms.layout), (osmh.vendor_sources, Layout::Parent));
    assert_ne!(osms.digest, osmh.digest);
}

#[test]
fn what_a_service_lacks_or_needs_is_told_where_it_stands() {
    let lacks = |example: &str| {
        format!(
            "2:1: `[train]` lacks `vendor_sources` (OS Management Hub fills a release from sources of the vendor: name those that the golden instance has, as in `vendor_sources = {example}`)"
        )
    };
    let usual = lacks("[\"ol8_baseos_latest-x86_64\", \"ol8_appstream-x86_64\"]");
    let seven = lacks("[\"ol7_latest-x86_64\"]");
    let no_children = "10:10: OS Management Hub has no child sources (there the group keeps a source all the time: write `layout = \"parent\"`, or delete the line)";
    let endpoint = |line: usize, other: &str, api: &str| {
        format!(
            "{line}:15: `endpoints.{other}` is of another service than `api = \"{api}\"` (write `{api} = ...`, or delete it)"
        )
    };
    let listed = "30:11: no new system stands in a list of `members`: `profile = true` would put it into the group, and the next apply take it out again (write `members = \"service\"` once the service has the group, or select members by the tags that new systems are started with)";
    let canary = osmh(VENDORS).replace("name    = \"canary\"", "name    = \"canary\"\nprofile = true");
    let selected = "members = { compartments = [\"ocid1.compartment.oc1..prod\"] }";
    let table: [(String, &[&str]); 16] = [
        (canary.clone(), &[listed]),
        (canary.replace("profile = true", "profile = false"), &[]),
        (canary.replace("members = [\"ocid1.instance.oc1..a\"]", selected), &[]),
        (with_profiles(&osmh(VENDORS), &["canary", "web", "db"]), &[]),
        (osmh(VENDORS), &[]),
        (osmh(""), &[&usual]),
        (osmh("").replace("oracle-linux-8", "oracle-linux-7"), &[&seven]),
        (osmh(&format!("{VENDORS}\nlayout = \"child\"")), &[no_children]),
        (
            osmh("vendor_sources = []"),
            &["9:18: `vendor_sources` names none (name those that the golden instance has)"],
        ),
        (
            osmh("vendor_sources = [8, \"\", \"ocid1.x\", \"a\", \"a\"]"),
            &[
                "9:19: an element of `vendor_sources` is an integer: expected a string",
                "9:22: `` is not a software source: expected its name, as in `ol8_baseos_latest-x86_64`, or its OCID",
                "9:26: `ocid1.x` is not an OCID: expected `ocid1.<type>.<realm>.[region].<unique>`",
                "9:42: the software source `a` is named twice (delete one of the two)",
            ],
        ),
        (osmh(VENDORS).replace("{ osmh = ", "{ osms = "), &[&endpoint(15, "osms", "osmh")]),
        (
            osmh(VENDORS).replace("{ osmh = ", "{ osms = \"simulator\", osmh = "),
            &[&endpoint(15, "osms", "osmh")],
        ),
        (GOOD.replace("{ osms = ", "{ osmh = "), &[&endpoint(14, "osmh", "osms")]),
        (
            GOOD.replace("name    = \"canary\"", "name    = \"canary\"\nprofile = true"),
            &[
                "29:11: OS Management has no registration profiles (new systems come up as members of a group with `api = \"osmh\"` only: delete the line)",
            ],
        ),
        (
            osmh(VENDORS).replace("name    = \"canary\"", "name    = \"canary\"\nprofile = \"yes\""),
            &["30:11: `profile` is a string: expected `true` or `false`"],
        ),
        // As long as it is not known which service is meant, nothing is held against either.
        (
            GOOD.replace("\"osms\"", "\"osm\"")
                .replace("name    = \"canary\"", "name    = \"canary\"\nprofile = true"),
            &["10:13: `api` cannot be `osm` (did you mean `osms`?)"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(told(&text), expected, "{text}");
    }
}

#[test]
fn new_values_are_in_the_digest() {
    let digest = |text: &str| load(text).digest;
    let with = |line: &str| GOOD.replace("[service]", &format!("{line}\n[service]"));
    let canary = |text: &str| with_profiles(text, &["canary"]);
    let web = |text: &str| with_profiles(text, &["web"]);
    let left = |text: &str| with_profiles(text, &["canary", "web"]).replace("profile = true\n", "");
    let texts = [
        GOOD.to_owned(),
        with("vendor_sources = [\"a\"]"),
        with("vendor_sources = [\"a\", \"b\"]"),
        osmh("vendor_sources = [\"a\"]"),
        canary(&osmh("vendor_sources = [\"a\"]")),
        web(&osmh("vendor_sources = [\"a\"]")),
        with_profiles(&osmh("vendor_sources = [\"a\"]"), &["canary", "web"]),
        left(&osmh("vendor_sources = [\"a\"]")),
    ];
    let distinct: std::collections::BTreeSet<_> = texts.iter().map(|text| digest(text)).collect();
    assert_eq!(distinct.len(), texts.len());
    assert_eq!(digest(&with("vendor_sources = [\"b\", \"a\"]")), digest(&texts[2]), "a set has no order");
    let said = GOOD.replace("name    = \"canary\"", "name    = \"canary\"\nprofile = false");
    assert_eq!(digest(&said), digest(GOOD), "what is the default may be said");
}

#[test]
fn groups_of_one_name_are_two_in_two_services() {
    let other =
        osmh(VENDORS).replace("\"great-linux\"", "\"hub\"").replace("instance.oc1..", "instance.oc1..h-");
    let two = files(GOOD).with("trains/hub.toml", other.replace("oc1..db", "oc1..hub"));
    assert_eq!(two.load().map(|trains| trains.len()).map_err(|problems| problems.render(false)), Ok(2));
}

#[test]
fn fmt_lays_the_new_keys_out_and_leaves_them() {
    let text =
        "[train]\nvendor_sources=[\"a\",   \"b\"] # ours\nname=\"t\"\n[[group]]\nname=\"g\"\nprofile=true\n";
    let laid_out = "[train]\nvendor_sources = [\"a\", \"b\"]    # ours\nname           = \"t\"\n\n[[group]]\nname    = \"g\"\nprofile = true\n";
    assert_eq!(format(text).unwrap(), laid_out);
    assert_eq!(format(laid_out).unwrap(), laid_out);
}
