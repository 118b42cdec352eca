//! `[policy]`: what is read of it, and what is answered where it cannot be right.

use super::*;
use crate::policy::Policy;

const ADA: &str = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const BOB: &str = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";
const RULES: &str = "package patchtrain\nimport rego.v1\ndeny contains \"no\" if input.x\n";

fn with(policy: &str) -> String {
    format!("{GOOD}\n[policy]\n{policy}\n")
}

fn read(policy: &str) -> Policy {
    let loaded = files(&with(policy)).with("trains/policy/a.rego", RULES).load();
    let train = loaded.unwrap_or_else(|problems| panic!("{policy}: {}", problems.render(false))).remove(0);
    train.policy.unwrap()
}

fn lines(policy: &str) -> Vec<String> {
    let rules = read(policy).rules();
    rules.into_iter().map(|(key, value)| format!("{key} = {value}")).collect()
}

#[test]
fn each_rule_is_read() {
    let table: [(&str, &[&str]); 9] = [
        ("", &[]),
        ("max_instances = 200", &["max_instances = 200"]),
        ("max_change = \"30%\"", &["max_change = 30%"]),
        (
            "max_security_lag = \"30d\"\nrequire_soak = \"24h\"",
            &["max_security_lag = 30d", "require_soak = 1d"],
        ),
        ("forbid = [\"downgrade\", \"removal:glibc*\"]", &["forbid = downgrade, removal:glibc*"]),
        (
            "freeze_periods = { dates = [\"2026-12-20..2027-01-02\"], timezone = \"Europe/Berlin\" }",
            &["freeze_periods = 2026-12-20..2027-01-02 (Europe/Berlin)"],
        ),
        (
            "min_conformance_before_next = \"98%\"\nmax_age = \"7d\"",
            &["min_conformance_before_next = 98%", "max_age = 7d"],
        ),
        ("override = false", &["override = false"]),
        ("override = true", &[]),
    ];
    for (policy, rules) in table {
        assert_eq!(lines(policy), rules, "{policy}");
    }
    let approved = format!(
        "approvals = 2\napprovers = [{{ name = \"ada\", key = \"{ADA}\" }}, {{ name = \"bob\", key = \"{BOB}\" }}]"
    );
    assert_eq!(lines(&approved), ["approvals = 2".to_owned(), format!("approvers = ada {ADA}, bob {BOB}")]);
    let rego = read("rego = [\"policy/a.rego\"]").rego;
    assert_eq!((rego[0].path.as_str(), rego[0].text.as_str()), ("policy/a.rego", RULES));
}

#[test]
fn each_rule_counts_in_the_digest() {
    let digest = |text: &str, rules: &str| {
        files(text).with("trains/policy/a.rego", rules).load().unwrap().remove(0).digest
    };
    let none = digest(GOOD, RULES);
    let mut seen = vec![none];
    for policy in
        ["max_instances = 200", "max_instances = 201", "override = false", "rego = [\"policy/a.rego\"]"]
    {
        let one = digest(&with(policy), RULES);
        assert!(!seen.contains(&one), "{policy}");
        seen.push(one);
    }
    let other = digest(&with("rego = [\"policy/a.rego\"]"), &RULES.replace("no", "never"));
    assert!(!seen.contains(&other), "a changed rule is another policy");
}

#[test]
fn what_cannot_be_right_is_told_at_its_place() {
    let line = GOOD.lines().count() + 3;
    let approver = |name: &str, key: &str| format!("{{ name = \"{name}\", key = \"{key}\" }}");
    let twice = format!("approvals = 1\napprovers = [{}, {}]", approver("ada", ADA), approver("eve", ADA));
    let nobody = format!("approvers = [{}]", approver("ada", ADA));
    let table = [
        ("max_instances = -1".to_owned(), 0, "`max_instances` cannot be `-1`"),
        ("max_instances = \"many\"".to_owned(), 0, "`max_instances` is a string: expected a number"),
        ("max_change = 30".to_owned(), 0, "`max_change` is an integer: expected a string"),
        ("max_change = \"130%\"".to_owned(), 0, "`max_change` cannot be `130%`: expected a percentage"),
        ("forbid = [\"removals\"]".to_owned(), 0, "`removals` cannot be forbidden"),
        ("require_soak = \"soon\"".to_owned(), 0, "`soon` is not a length of time"),
        (
            "freeze_periods = { dates = [\"2026-13-01\"], timezone = \"UTC\" }".to_owned(),
            0,
            "`2026-13-01` is no date",
        ),
        ("approvals = 2".to_owned(), 0, "`approvals` asks for 2, and `approvers` lists 0"),
        (nobody, 0, "`approvers` are listed, and `approvals` asks for none"),
        (twice, 1, "`eve` or their key is listed twice"),
        (
            "approvals = 1\napprovers = [{ name = \"ada\", key = \"AAAA\" }]".to_owned(),
            1,
            "`AAAA` is no Ed25519 public key",
        ),
        ("rego = [\"../all.rego\"]".to_owned(), 0, "`rego` cannot hold `../all.rego`"),
        ("rego = [\"policy/a.txt\"]".to_owned(), 0, "`rego` cannot hold `policy/a.txt`"),
        ("rego = [\"policy/none.rego\"]".to_owned(), 0, "the rules policy/none.rego cannot be read"),
        ("max_instnces = 3".to_owned(), 0, "unknown key `max_instnces` in `[policy]`"),
    ];
    for (policy, below, part) in table {
        let told = told(|_| with(&policy));
        assert_eq!(told.len(), 1, "{policy}: {told:?}");
        assert!(
            told[0].starts_with(&format!("{}:", line + below)) && told[0].contains(part),
            "{policy}: {told:?}"
        );
    }
    let broken =
        files(&with("rego = [\"policy/a.rego\"]")).with("trains/policy/a.rego", "package p\ndeny {\n");
    let text = broken.problems();
    assert!(text.contains("the rules policy/a.rego cannot be understood"), "{text}");
    assert!(text.contains("policy/a.rego:2"), "{text}");
    let idle = files(&with("rego = [\"policy/a.rego\"]"))
        .with("trains/policy/a.rego", "package p\nimport rego.v1\ndenies contains 1 if true\n");
    let text = idle.problems();
    assert!(text.contains("none of the rules here is ever asked"), "{text}");
}
