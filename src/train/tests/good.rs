//! What is right: the good file value by value, the defaults, and what moves the digest.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Ahead, Amount, Endpoint, Group, Layout, Members};
use super::*;
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::Digest;

fn train(text: &str) -> Train {
    match files(text).load() {
        Ok(mut trains) => trains.pop().unwrap(),
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

fn ocids(texts: &[&str]) -> BTreeSet<Ocid> {
    texts.iter().map(|text| Ocid::new(text)).collect()
}

#[test]
fn a_good_file_is_read_value_by_value() {
    let train = train(GOOD);
    assert_eq!(train.file, Path::new("trains/t.toml"));
    assert_eq!(train.name, TrainName::new("great-linux"));
    assert_eq!((&*train.os, &*train.architecture), ("oracle-linux-8", "x86_64"));
    assert_eq!(train.golden, Some(Ocid::new("ocid1.instance.oc1..gold")));
    assert_eq!(train.service.endpoint, Endpoint::Simulator);
    assert_eq!(train.service.region.as_deref(), Some("eu-frankfurt-1"));
    let unmanaged: Vec<&str> = train.unmanaged.iter().map(|pattern| pattern.as_str()).collect();
    assert_eq!(
        unmanaged,
        ["gpg-pubkey*", "ksplice-uptrack-release*", "oracle-cloud-agent*", "unified-monitoring-agent*"]
    );
    let releases: Vec<(&str, usize, usize)> =
        train.releases.iter().map(|r| (r.name.as_str(), r.line, r.packages().len())).collect();
    assert_eq!(releases, [("GL1", 19, 2), ("GL1.1", 23, 2)]);
    assert_eq!(train.releases[0].digest, Digest::of([GL1]));
    // Whoever says how many failures are put up with is stopped by more.
    let stops = crate::rollout::Pace { stops: true, ..crate::rollout::Pace::default() };
    let group = |name: &str, release: &str, line| Group {
        name: GroupName::new(name),
        id: None,
        release: ReleaseName::new(release),
        members: Members::Service,
        after: Vec::new(),
        max_failures: Amount::Number(0),
        ahead: Ahead::Report,
        line,
        schedule: None,
        profile: false,
        enforcing: Default::default(),
        update: Some(crate::op::Wanted::All),
        pace: crate::rollout::Pace::default(),
    };
    assert_eq!(
        train.groups,
        [
            Group {
                members: Members::Listed(ocids(&["ocid1.instance.oc1..a"])),
                ..group("canary", "GL1.1", 27)
            },
            Group {
                members: Members::Listed(ocids(&["ocid1.instance.oc1..b", "ocid1.instance.oc1..c"])),
                after: vec![GroupName::new("canary")],
                max_failures: Amount::Percent(5),
                pace: stops.clone(),
                ..group("web", "GL1", 32)
            },
            Group {
                id: Some(Ocid::new("ocid1.managedinstancegroup.oc1..db")),
                after: vec![GroupName::new("canary"), GroupName::new("web")],
                max_failures: Amount::Number(2),
                pace: stops,
                ahead: Ahead::Block,
                ..group("db", "GL1", 42)
            },
        ]
    );
}

#[test]
fn a_release_can_be_retired() {
    let text = GOOD.replace("release      = \"GL1\"", "release = \"GL1.1\"");
    let text = text.replace("release = \"GL1\"", "release = \"GL1.1\"");
    let retire = |word: &str| {
        let manifest = "manifest = \"great-linux/GL1.packages\"";
        train(&text.replace(manifest, &format!("{manifest}\nretired = {word}")))
    };
    let retired = |train: &Train| train.releases.iter().map(|release| release.retired).collect::<Vec<_>>();
    assert_eq!(retired(&retire("true")), [true, false]);
    assert_eq!(retired(&retire("false")), [false, false]);
    assert_eq!(retire("false").digest, train(&text).digest, "it is the default");
    assert_ne!(retire("true").digest, train(&text).digest);
}

#[test]
fn a_layout_is_read_with_its_line() {
    assert_eq!((train(GOOD).layout, train(GOOD).layout_line), (Layout::Parent, 2));
    let child = train(&GOOD.replace("[service]", "layout = \"child\"\n[service]"));
    assert_eq!((child.layout, child.layout_line), (Layout::Child, 9));
    assert_eq!(child.own_parent().line, 9);
}

#[test]
fn the_least_that_a_train_needs() {
    let text = r#"
        train = { name = "t", os = "oracle-linux-9", architecture = "aarch64", compartment = "ocid1.compartment.oc1..a" }
        service = { api = "osms", endpoints = { osms = "http://127.0.0.1:8080/" } }
    "#;
    let train = train(text);
    assert_eq!(train.service.endpoint, Endpoint::Url("http://127.0.0.1:8080".to_owned()));
    assert_eq!((train.releases.len(), train.groups.len(), train.golden), (0, 0, None));
}

#[test]
fn trains_come_in_the_order_of_their_paths_and_each_once() {
    let other = GOOD
        .replace("\"great-linux\"", "\"other\"")
        .replace("instance.oc1..", "instance.oc1..other-")
        .replace("compartment.oc1..aaaa", "compartment.oc1..bbbb")
        .replace("oc1..db", "oc1..other-db");
    let files = files(GOOD).with("trains/other.toml", other);
    let paths = ["trains/t.toml", "trains/other.toml", "trains/t.toml"];
    let read =
        |path: &Path| files.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    let names: Vec<String> =
        load_with(&paths, read).unwrap().iter().map(|train| train.name.to_string()).collect();
    assert_eq!(names, ["great-linux", "other"]);
}

#[test]
fn from_disk() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("great-linux")).unwrap();
    std::fs::write(folder.path().join("great-linux/GL1.packages"), GL1).unwrap();
    std::fs::write(folder.path().join("great-linux/GL1.1.packages"), GL1_1).unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, GOOD).unwrap();
    let found = super::super::load(&path).unwrap();
    assert_eq!(Train { file: "trains/t.toml".into(), ..found }, train(GOOD));
    let absent = folder.path().join("absent.toml");
    let problems = super::super::load(&absent).unwrap_err();
    assert_eq!(problems.list[0].message, "the train file cannot be read: there is no such file");
    assert_eq!(problems.to_string(), format!("1 problem in `{}`", absent.display()));
}

#[test]
fn the_region_may_be_left_to_the_environment_and_the_profile() {
    let service = "region    = \"eu-frankfurt-1\"\nprofile   = \"DEFAULT\"\nauth      = \"api_key\"\nendpoints = { osms = \"simulator\" }\n";
    assert!(GOOD.contains(service));
    let service = train(&GOOD.replace(service, "")).service;
    assert_eq!((service.region, service.endpoint), (None, Endpoint::Region));
}

#[test]
fn comments_layout_and_the_order_of_groups_do_not_move_the_digest() {
    let expected = train(GOOD).digest;
    let (head, groups) = GOOD.split_once("[[group]]").unwrap();
    let groups: Vec<&str> = groups.split("[[group]]").collect();
    let reordered = format!("{head}[[group]]{}\n[[group]]{}\n[[group]]{}", groups[2], groups[0], groups[1]);
    let layouts = [
        format!("# a remark\n{}", GOOD.replace(" = ", "=").replace("\n\n", "\n# another\n\n\n")),
        GOOD.replace('\n', "\r\n"),
        GOOD.replace("endpoints = { osms = \"simulator\" }", "endpoints.osms = 'simulator'"),
        GOOD.replace("\"oracle-linux-8\"", "\"\"\"oracle\\u002dlinux-8\"\"\""),
        // What is the default may be said.
        GOOD.replace("[service]", "layout = \"parent\"\n[service]"),
        GOOD.replace("ahead        = \"report\"\n", ""),
        // Sets have no order.
        GOOD.replace("[\"canary\", \"web\"]", "[\"web\", \"canary\"]"),
        GOOD.replace(
            "[\"ocid1.instance.oc1..b\", \"ocid1.instance.oc1..c\"]",
            "[\"ocid1.instance.oc1..c\", \"ocid1.instance.oc1..b\"]",
        ),
        reordered,
    ];
    for layout in layouts {
        assert_ne!(layout, GOOD);
        assert_eq!(train(&layout).digest, expected, "{layout}");
    }
    let commented = files(GOOD).with("trains/great-linux/GL1.packages", format!("# note: fine\n{GL1}"));
    assert_eq!(commented.load().unwrap()[0].digest, expected);
}

#[test]
fn every_change_of_a_value_moves_the_digest() {
    let changes = [
        ("\"great-linux\"", "\"small-linux\""),
        ("oracle-linux-8", "oracle-linux-9"),
        ("oc1..aaaa", "oc1..aaab"),
        ("golden       = \"ocid1.instance.oc1..gold\"\n", ""),
        ("oc1..gold", "oc1..silver"),
        ("[service]", "unmanaged = []\n[service]"),
        ("[service]", "layout = \"child\"\n[service]"),
        ("[service]", "unmanaged = [\"gpg-pubkey*\"]\n[service]"),
        ("eu-frankfurt-1", "eu-zurich-1"),
        ("region    = \"eu-frankfurt-1\"\n", ""),
        ("DEFAULT", "OTHER"),
        ("profile   = \"DEFAULT\"\n", ""),
        ("\"api_key\"", "\"security_token\""),
        ("auth      = \"api_key\"\n", ""),
        ("{ osms = \"simulator\" }", "{ osms = \"simulator\", auth = \"https://auth.test\" }"),
        ("\"simulator\"", "\"http://localhost:1\""),
        ("endpoints = { osms = \"simulator\" }\n", ""),
        ("name     = \"GL1.1\"", "name = \"GL1.2\""),
        ("great-linux/GL1.packages", "./great-linux/GL1.packages"),
        (
            "[[group]]\nname    = \"canary\"",
            "[[release]]\nname = \"retired\"\nmanifest = \"great-linux/R.packages\"\nretired = true\n[[group]]\nname    = \"canary\"",
        ),
        (
            "[[group]]\nname    = \"canary\"",
            "[[release]]\nname = \"retired\"\nmanifest = \"great-linux/R.packages\"\n[[group]]\nname    = \"canary\"",
        ),
        ("release = \"GL1.1\"", "release = \"GL1\""),
        ("\"web\"\nrelease", "\"www\"\nrelease"),
        ("oc1..a\"", "oc1..z\""),
        (", \"ocid1.instance.oc1..c\"]", "]"),
        ("[\"ocid1.instance.oc1..a\"]", "\"service\""),
        ("after        = [\"canary\"]\n", ""),
        ("\"5%\"", "\"6%\""),
        ("\"5%\"", "5"),
        ("\"block\"", "\"report\""),
        ("oc1..db\"", "oc1..db2\""),
        ("id      = \"ocid1.managedinstancegroup.oc1..db\"\n", ""),
    ];
    let mut digests = BTreeMap::from([(train(GOOD).digest, "the good file".to_owned())]);
    for (from, to) in changes {
        // A changed name is changed wherever it stands.
        let text = GOOD.replace(from, to);
        let text = match to {
            "\"www\"\nrelease" => GOOD.replace("\"web\"", "\"www\""),
            "name = \"GL1.2\"" => text.replace("release = \"GL1.1\"", "release = \"GL1.2\""),
            _ => text,
        };
        assert_ne!(text, GOOD, "{from}");
        let same = digests.insert(train(&text).digest, format!("{from} -> {to}"));
        assert_eq!(same, None, "{from} -> {to}");
    }
    let content = files(GOOD).with("trains/great-linux/GL1.packages", GL1_1);
    assert!(!digests.contains_key(&content.load().unwrap()[0].digest), "a manifest's content");
    let releases: Vec<&str> = GOOD.split("[[release]]").collect();
    let (last, groups) = releases[2].split_once("[[group]]").unwrap();
    let swapped = format!("{}[[release]]{last}[[release]]{}[[group]]{groups}", releases[0], releases[1]);
    assert!(!digests.contains_key(&train(&swapped).digest), "the order of releases is the order of time");
}

/// Saved plans hold digests: what is added to the format later must not move that of files which say nothing of it.
#[test]
fn the_digest_of_a_file_stays_what_it_was() {
    let before = "73bf7cb4d4ff1b9ca24e45d2c0b7b0725c7ff7cecf1f16bd209b34efce71db06";
    assert_eq!(train(GOOD).digest.hex(), before);
}
