//! The report as SARIF 2.1.0, which code scanning shows beside the train file: a run for each train, a result for each
//! thing that is wrong, at the line that declares its group.
//!
//! GitHub shows 5,000 results of a run and refuses more than 25,000, so that a run keeps to what is shown: first the
//! matters of instances are told by group, the least first, then CVEs for all groups at once, then those that are left
//! over by severity. Whatever was folded is said.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::super::encoded;
use super::super::words::{clean, count};
use super::words;
use crate::advisory::Severity;
use crate::package::Digest;
use crate::report::{Finding, GroupReport, Matter, Report, Subject, findings};

/// Results of a run that GitHub shows.
const MOST: usize = 5_000;

/// Instances that a message names; of more, their number says enough.
const NAMED: usize = 20;

/// A rule: its id, what it says, the level of its results, and what GitHub ranks it by. That is a score, and the vendor
/// gives none for an erratum: each is the middle of the range that GitHub calls by the vendor's word.
struct Rule(&'static str, &'static str, &'static str, Option<&'static str>);

const RULES: [Rule; 10] = [
    Rule("not-compliant", "Security updates are outstanding on an instance", "error", None),
    Rule("below-level", "An instance is not at the level of its release", "warning", None),
    Rule("compliance-unknown", "Nothing can be said of the compliance of an instance", "warning", None),
    Rule("not-checking-in", "The agent of an instance does not check in", "warning", None),
    Rule("reboot-required", "An instance waits for a reboot", "note", None),
    Rule("open-cve-critical", "A CVE is open that a critical erratum mends", "error", Some("9.5")),
    Rule("open-cve-important", "A CVE is open that an important erratum mends", "error", Some("8.0")),
    Rule("open-cve-moderate", "A CVE is open that a moderate erratum mends", "warning", Some("5.5")),
    Rule("open-cve-low", "A CVE is open that an erratum of low severity mends", "note", Some("2.0")),
    Rule("open-cve-not-stated", "A CVE is open whose errata state no severity", "warning", None),
];

/// What may still be unlike GitHub's file names in a path of ours.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub(super) fn sarif(reports: &[Report]) -> String {
    let runs: Vec<Value> = reports.iter().map(|report| run(report, MOST)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    });
    encoded::document(&document)
}

/// Writes a train's run with at most so many results.
pub(super) fn run(report: &Report, most: usize) -> Value {
    let (results, folded) = fitted(report, most);
    let notes = folded.into_iter().chain(report.limits.iter().map(|limit| words::limit(*limit)));
    let notes: Vec<Value> = notes.map(|text| json!({ "level": "note", "message": message(&text) })).collect();
    let rules: Vec<Value> = RULES.iter().map(rule).collect();
    json!({
        "tool": { "driver": {
            "name": "patchtrain",
            "version": report.tool,
            "semanticVersion": report.tool,
            "rules": rules,
        } },
        // What tells the runs of several trains apart; a later run of the same train replaces the one before.
        "automationDetails": { "id": format!("patchtrain/{}/", report.train) },
        "invocations": [{
            "executionSuccessful": true,
            "endTimeUtc": report.at,
            "toolExecutionNotifications": notes,
        }],
        "results": results.iter().map(|result| result.value(report)).collect::<Vec<Value>>(),
        "properties": {
            "train": report.train,
            "serial": report.serial,
            "simulator": report.service.simulator,
            "verdict": words::verdict(report),
        },
    })
}

fn rule(Rule(id, says, level, score): &Rule) -> Value {
    let help = "patchtrain report writes this anew each time; it goes when the updates are installed. \
                `patchtrain plan` shows what would install them.";
    let mut properties = json!({ "tags": ["security", "patching"], "precision": "very-high" });
    if let Some(score) = score {
        properties["security-severity"] = json!(score);
    }
    json!({
        "id": id,
        "shortDescription": { "text": says },
        "fullDescription": { "text": format!("{says}.") },
        "help": { "text": help },
        "defaultConfiguration": { "level": level },
        "properties": properties,
    })
}

/// A result before it is written.
struct Told<'a> {
    rule: usize,
    /// What it stays the same by from one report to the next.
    identity: String,
    text: String,
    group: &'a GroupReport,
    instances: usize,
}

impl Told<'_> {
    fn value(&self, report: &Report) -> Value {
        let Rule(id, _, level, _) = RULES[self.rule];
        let print = Digest::of(["patchtrain", "\0", report.train.as_str(), "\0", &self.identity]).to_string();
        let short: String = print.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        json!({
            "ruleId": id,
            "ruleIndex": self.rule,
            "level": level,
            "message": message(&self.text),
            "locations": [{ "physicalLocation": {
                "artifactLocation": place(&report.file),
                "region": { "startLine": self.group.line.max(1) },
            } }],
            "fingerprints": { "patchtrain/v1": print },
            // All results of a group stand at one line: by that line's text alone GitHub would take them for one.
            "partialFingerprints": { "primaryLocationLineHash": format!("{short}:1") },
            "properties": { "group": self.group.name, "instances": self.instances },
        })
    }
}

/// Names the train's file, from the root of the repository where it is not named from the root of all.
fn place(file: &str) -> Value {
    let path = utf8_percent_encode(file, PATH).to_string();
    match file.starts_with('/') {
        true => json!({ "uri": format!("file://{path}") }),
        false => json!({ "uri": path, "uriBaseId": "%SRCROOT%" }),
    }
}

/// Writes a text in which nothing is a link.
fn message(text: &str) -> Value {
    let mut plain = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if matches!(c, '[' | ']' | '\\') {
            plain.push('\\');
        }
        plain.push(c);
    }
    json!({ "text": plain })
}

/// Returns the results and what was folded to keep them that few.
fn fitted(report: &Report, most: usize) -> (Vec<Told<'_>>, Vec<String>) {
    let all = findings(report);
    let mut folded = Vec::new();
    let of = |matter: Matter| all.iter().filter(move |finding| finding.matter == matter);
    let matters = [Matter::Reboot, Matter::Silent, Matter::Unknown, Matter::BelowLevel, Matter::NotCompliant];
    let mut told: BTreeMap<Matter, Vec<Told<'_>>> = matters
        .into_iter()
        .chain([Matter::Cve])
        .map(|matter| (matter, of(matter).map(single).collect()))
        .collect();
    let size = |told: &BTreeMap<Matter, Vec<Told<'_>>>| told.values().map(Vec::len).sum::<usize>();
    for matter in matters {
        if size(&told) > most {
            let groups = by_group(&of(matter).collect::<Vec<_>>());
            let before = of(matter).count();
            if groups.len() < before {
                let Rule(id, ..) = RULES[rule_of(matter, None)];
                let places = count(groups.len(), "group");
                folded.push(format!("Folded: {before} results of {id} are told for {places} as a whole."));
                told.insert(matter, groups);
            }
        }
    }
    if size(&told) > most {
        let cves = by_cve(&of(Matter::Cve).collect::<Vec<_>>());
        folded.push(format!(
            "Folded: {} open CVEs are told for all groups at once, at the first of them.",
            cves.len()
        ));
        told.insert(Matter::Cve, cves);
    }
    let mut results: Vec<Told<'_>> = told.into_values().flatten().collect();
    if results.len() > most {
        // CVEs stand last, the worst first: what does not fit is told by severity.
        let rest = results.split_off(most.saturating_sub(SEVERITIES));
        folded.push(format!("Folded: {} are only counted, by severity.", count(rest.len(), "result")));
        let mut left: BTreeMap<usize, Vec<Told<'_>>> = BTreeMap::new();
        for one in rest {
            left.entry(one.rule).or_default().push(one);
        }
        results.extend(left.into_iter().filter_map(|(rule, ones)| {
            let (group, number) = (ones.first()?.group, ones.len());
            let Rule(id, ..) = RULES[rule];
            Some(Told {
                rule,
                identity: format!("rest\0{id}"),
                text: format!("{number} more results of {id}, which are too many to be told one by one."),
                group,
                instances: ones.iter().map(|one| one.instances).max().unwrap_or_default(),
            })
        }));
    }
    (results, folded)
}

/// Rules that what does not fit may be of.
const SEVERITIES: usize = RULES.len();

fn rule_of(matter: Matter, severity: Option<Severity>) -> usize {
    match (matter, severity) {
        (Matter::NotCompliant, _) => 0,
        (Matter::BelowLevel, _) => 1,
        (Matter::Unknown, _) => 2,
        (Matter::Silent, _) => 3,
        (Matter::Reboot, _) => 4,
        (Matter::Cve, Some(Severity::Critical)) => 5,
        (Matter::Cve, Some(Severity::Important)) => 6,
        (Matter::Cve, Some(Severity::Moderate)) => 7,
        (Matter::Cve, Some(Severity::Low)) => 8,
        (Matter::Cve, None) => 9,
    }
}

fn single<'a>(finding: &Finding<'a>) -> Told<'a> {
    let (matter, group) = (finding.matter, finding.group);
    let rule = rule_of(matter, finding.severity());
    match &finding.subject {
        Subject::Instance(one) => Told {
            rule,
            // Not by the rule's place in the list: results stay the same when rules are added.
            identity: format!("{}\0{}", RULES[rule].0, one.id),
            text: format!("{}: {}.", one.name, words::matter(matter, one)),
            group,
            instances: 1,
        },
        Subject::Cve(cve, labels) => Told {
            rule,
            // Nor by its severity, which the vendor may change.
            identity: format!("cve\0{}\0{}", cve.name, group.name),
            text: format!(
                "{} of group {}: {}.",
                words::open(cve, labels.len(), group.summary.systems),
                group.name,
                named(labels.iter().map(|label| &***label))
            ),
            group,
            instances: labels.len(),
        },
    }
}

fn by_group<'a>(findings: &[&Finding<'a>]) -> Vec<Told<'a>> {
    let mut groups: BTreeMap<usize, (&'a GroupReport, Vec<&'a str>)> = BTreeMap::new();
    let Some(matter) = findings.first().map(|finding| finding.matter) else { return Vec::new() };
    for finding in findings {
        if let Subject::Instance(one) = &finding.subject {
            groups.entry(finding.group.line).or_insert((finding.group, Vec::new())).1.push(&one.name);
        }
    }
    let rule = rule_of(matter, None);
    let Rule(id, says, ..) = RULES[rule];
    let told = |(group, names): (&'a GroupReport, Vec<&'a str>)| Told {
        rule,
        identity: format!("{id}\0group\0{}", group.name),
        text: format!(
            "{says}: {} of {} of group {}: {}.",
            names.len(),
            count(group.summary.systems, "instance"),
            group.name,
            named(names.iter().copied())
        ),
        group,
        instances: names.len(),
    };
    groups.into_values().map(told).collect()
}

fn by_cve<'a>(findings: &[&Finding<'a>]) -> Vec<Told<'a>> {
    let mut told: Vec<Told<'a>> = Vec::new();
    // The groups of a CVE follow each other.
    for finding in findings {
        let Subject::Cve(cve, labels) = &finding.subject else { continue };
        let identity = format!("cve\0{}", cve.name);
        match told.last_mut().filter(|last| last.identity == identity) {
            Some(last) => {
                last.instances += labels.len();
                let text = format!("; {} of group {}", labels.len(), finding.group.name);
                last.text.push_str(&text);
            }
            None => told.push(Told {
                rule: rule_of(Matter::Cve, cve.severity),
                identity,
                text: format!(
                    "{} of group {}",
                    words::open(cve, labels.len(), finding.group.summary.systems),
                    finding.group.name
                ),
                group: finding.group,
                instances: labels.len(),
            }),
        }
    }
    told
}

fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.extend([" and ", &more.to_string(), " more"]);
    }
    text
}
