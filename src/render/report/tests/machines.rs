//! What CI systems and code scanning read: as a parser of theirs would.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::super::sarif::run;
use super::*;

/// The name of an element, and its attributes.
type Element = (String, BTreeMap<String, String>);

/// Reads XML to its end and returns the elements that begin, with their attributes, and all text between them.
fn elements(text: &str) -> (Vec<Element>, String) {
    let (mut reader, mut found, mut said) = (Reader::from_str(text), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref().to_owned();
                    let value = quick_xml::escape::unescape(&attribute.value);
                    (key, value.unwrap().into_owned())
                });
                let name = tag.name().as_ref().to_owned();
                found.push((name, attributes.collect()));
            }
            Event::Text(text) => said.push_str(&text),
            Event::GeneralRef(name) => said.extend(["&", &*name, ";"]),
            Event::Eof => return (found, quick_xml::escape::unescape(&said).unwrap().into_owned()),
            _ => {}
        }
    }
}

#[test]
fn a_test_report_has_a_case_for_each_instance_and_says_why_one_failed_or_was_skipped() {
    let text = report(&[made()], ReportFormat::Junit);
    let (elements, said) = elements(&text);
    let of = |name: &str| -> Vec<&BTreeMap<String, String>> {
        elements.iter().filter(|(tag, _)| tag == name).map(|(_, attributes)| attributes).collect()
    };
    for whole in [of("testsuites")[0], of("testsuite")[0]] {
        let counts = ["tests", "failures", "errors", "skipped"].map(|key| whole[key].as_str());
        assert_eq!(counts, ["3", "1", "0", "1"]);
    }
    assert_eq!(of("testsuite")[0]["name"], "great-linux.web");
    assert_eq!(of("testsuite")[0]["timestamp"], "2026-11-22T16:00:00");
    let cases: Vec<&str> = of("testcase").iter().map(|case| case["name"].as_str()).collect();
    let hostile = "=HYPERLINK(\"http://x\",'y')|<script>alert(1)</script>\\u{202e}\\u{a}";
    assert_eq!(cases, ["web-01", hostile, "lost"]);
    assert!(of("testcase").iter().all(|case| case["file"] == "trains/great-linux.toml"));
    let (failure, skipped) = (of("failure"), of("skipped"));
    assert_eq!(failure[0]["message"], "3 security updates outstanding, 1 CVE open, worst: important");
    assert_eq!(failure[0]["type"], "not-compliant");
    assert_eq!(skipped[0]["message"], "nothing can be said of its compliance: the service does not know it");
    assert!(
        said.contains("not at the level of GL1, rides =HYPERLINK(")
            && said.contains(": 1 behind, 2 extra; streams: postgresql:13 (release: postgresql:15)\n")
            && said.contains("\nwaits for a reboot\n"),
        "{said}"
    );
}

#[test]
fn no_name_leaves_its_place_in_a_test_report() {
    for name in ["]]>", "<!--", "&amp;", "\u{0}\u{1b}[31m", "\u{fffe}\u{ffff}", "a\" b=\"c"] {
        let mut hostile = made();
        hostile.instances[1].name = name.into();
        hostile.instances[1].rides = Some(name.into());
        let text = report(&[hostile], ReportFormat::Junit);
        let (elements, _) = elements(&text);
        let cases = elements.iter().filter(|(tag, attributes)| tag == "testcase" && attributes.len() == 4);
        assert_eq!(cases.count(), 3, "{name}: {text}");
        let allowed = |c: char| c == '\n' || (' '..='\u{d7ff}').contains(&c);
        assert!(text.chars().all(allowed), "{name}: {text}");
    }
}

/// A report with so many groups, instances of each that lack everything, and CVEs open on all of them.
fn large(groups: usize, each: usize, cves: usize) -> Report {
    let pattern = made();
    let group_name = |number: usize| GroupName::new(&format!("group-{number}"));
    let groups: Vec<GroupReport> = (0..groups)
        .map(|number| GroupReport {
            name: group_name(number),
            line: 10 + number,
            ..pattern.groups[0].clone()
        })
        .collect();
    let instances: Vec<InstanceReport> = (0..groups.len() * each)
        .map(|number| InstanceReport {
            id: Ocid::new(&format!("ocid1.instance.oc1..{number}")),
            name: format!("host-{number}").into(),
            group: group_name(number / each),
            ..pattern.instances[1].clone()
        })
        .collect();
    let names: Vec<Arc<str>> = instances.iter().map(|one| Arc::clone(&one.name)).collect();
    let severities = [Some(Severity::Critical), Some(Severity::Important), Some(Severity::Low), None];
    let cves = (0..cves)
        .map(|number| CveReport {
            name: format!("CVE-2026-{number}").into(),
            severity: severities[number * severities.len() / cves],
            errata: vec![format!("ELSA-2026-{number}").into()],
            packages: vec!["kernel".into()],
            instances: names.clone(),
        })
        .collect();
    Report { groups, instances, cves, ..pattern }
}

fn results(run: &Value) -> Vec<(&str, &str, u64)> {
    let one = |result: &Value| {
        let rule =
            run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize]["id"].as_str();
        assert_eq!(rule, Some(result["ruleId"].as_str().unwrap()));
        rule.unwrap();
    };
    let all = run["results"].as_array().unwrap();
    all.iter().for_each(one);
    all.iter()
        .map(|result| {
            let line = &result["locations"][0]["physicalLocation"]["region"]["startLine"];
            let text = result["message"]["text"].as_str().unwrap();
            (result["ruleId"].as_str().unwrap(), text, line.as_u64().unwrap())
        })
        .collect()
}

fn notes(run: &Value) -> Vec<&str> {
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    notes.iter().map(|note| note["message"]["text"].as_str().unwrap()).collect()
}

#[test]
fn code_scanning_gets_what_is_wrong_at_the_line_of_its_group() {
    let text = report(&[made()], ReportFormat::Sarif);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "patchtrain/great-linux/");
    let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(*place, serde_json::json!({ "uri": "trains/great-linux.toml", "uriBaseId": "%SRCROOT%" }));
    let name = "=HYPERLINK(\"http://x\",'y')|<script>alert(1)</script>\\\\u{202e}\\\\u{a}";
    let open = format!("{name}: 3 security updates outstanding, 1 CVE open, worst: important.");
    let below = format!(
        "{name}: not at the level of GL1, rides {name}: 1 behind, 2 extra; streams: postgresql:13 (release: postgresql:15)."
    );
    let reboot = format!("{name}: waits for a reboot.");
    let unknown = "lost: nothing can be said of its compliance: the service does not know it.";
    let names = vec![name; 20].join(", ");
    let cve = format!(
        "CVE-2026-90001 (important, ELSA-2026-90001) in kernel is open on 45 of 3 instances of group web: {names} and 25 more."
    );
    assert_eq!(
        results(run),
        [
            ("not-compliant", open.as_str(), 33),
            ("below-level", &below, 33),
            ("compliance-unknown", unknown, 33),
            ("reboot-required", "web-01: waits for a reboot.", 33),
            ("reboot-required", &reboot, 33),
            ("open-cve-important", &cve, 33),
        ]
    );
    assert_eq!(notes(run).len(), 1, "what the figures do not say");
}

#[test]
fn results_stay_the_same_by_what_they_are_of() {
    let prints = |report: &Report| -> BTreeSet<String> {
        let run = run(report, 5_000);
        let all = run["results"].as_array().unwrap().clone();
        let print = |result: &Value| {
            let short = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
            let whole = result["fingerprints"]["patchtrain/v1"].as_str().unwrap();
            assert!(short.ends_with(":1") && whole.len() >= 64, "{short} {whole}");
            format!("{short} {whole}")
        };
        let distinct: BTreeSet<String> = all.iter().map(print).collect();
        assert_eq!(distinct.len(), all.len(), "no two results are one");
        distinct
    };
    let first = large(2, 3, 4);
    let mut later = first.clone();
    later.groups.iter_mut().for_each(|group| group.line += 7);
    later.cves.iter_mut().for_each(|cve| cve.severity = Some(Severity::Moderate));
    later.instances.iter_mut().for_each(|one| one.updates = Some(Outstanding::default()));
    assert_eq!(prints(&first), prints(&later));
    later.train = TrainName::new("another");
    assert!(prints(&first).is_disjoint(&prints(&later)));
}

#[test]
fn a_run_keeps_to_what_is_shown_and_says_what_it_folded() {
    // Three matters of each instance, and each CVE in each group.
    let cases = [
        (large(2, 5, 4), 100, [10, 10, 10, 8], 1),
        (large(2, 5, 4), 37, [10, 10, 2, 8], 2),
        (large(2, 5, 4), 29, [10, 2, 2, 8], 3),
        (large(2, 5, 4), 20, [2, 2, 2, 8], 4),
        (large(2, 5, 4), 13, [2, 2, 2, 4], 5),
    ];
    for (report, most, expected, said) in cases {
        let run = run(&report, most);
        let results = results(&run);
        let of = |id: &str| results.iter().filter(|(rule, ..)| rule.starts_with(id)).count();
        let counts = ["not-compliant", "below-level", "reboot-required", "open-cve"].map(of);
        assert_eq!((counts, notes(&run).len()), (expected, said), "{most}: {:?}", notes(&run));
    }
    let whole = run(&large(2, 5, 4), 13);
    let texts: Vec<&str> = results(&whole).into_iter().map(|(_, text, _)| text).collect();
    assert!(texts.contains(
        &"Security updates are outstanding on an instance: 5 of 3 instances of group group-1: \
          host-5, host-6, host-7, host-8, host-9."
    ));
    assert!(
        texts[6].ends_with(" is open on 5 of 3 instances of group group-0; 5 of group group-1"),
        "{}",
        texts[6]
    );

    let run = run(&large(2, 5, 400), 50);
    let counted: Vec<(&str, &str)> = results(&run)
        .into_iter()
        .filter(|(_, text, _)| text.contains("more results"))
        .map(|(rule, text, _)| (rule, text))
        .collect();
    assert_eq!(counted.len(), 4, "{counted:?}");
    let number = |text: &str| text.split(' ').next().and_then(|word| word.parse::<usize>().ok());
    let told = results(&run).len() - counted.len();
    let left: usize = counted.iter().filter_map(|(_, text)| number(text)).sum();
    assert!(results(&run).len() <= 50);
    assert_eq!(told + left, 6 + 400, "nothing is lost");
}
