//! A train's own rules in Rego, evaluated by `regorus` over the JSON document of a plan. As with conftest, rules are called
//! `deny`, `violation` and `warn`, or begin with that and an underscore, in whichever packages; each of their results is a
//! finding. What cannot be evaluated denies.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::Module;

/// How rules that are asked are called, or what they begin with, and whether they deny.
const RULES: [(&str, bool); 3] = [("deny", true), ("violation", true), ("warn", false)];

/// How long all rules together may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its package and name, as in `patchtrain.deny`.
    pub rule: String,
    /// Whether it denies the plan; else it warns.
    pub denies: bool,
    /// What it says.
    pub message: String,
}

/// How an evaluation went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rules that were asked, found something or not, each with whether it denies.
    pub asked: BTreeSet<(String, bool)>,
    /// What they found, by rule.
    pub findings: Vec<Finding>,
}

/// Checks that a text is a module of Rego, and returns how many of its rules are asked. An error names line and column.
pub fn check(path: &str, text: &str) -> Result<usize, String> {
    let mut engine = Engine::new();
    let told = |error: String| told(&error);
    engine.add_policy(path.to_owned(), text.to_owned()).map_err(|error| told(error.to_string()))?;
    let rules = declared(&engine, path, text).map_err(told)?;
    Ok(rules.len())
}

/// Returns the rules of a module that are asked, each with whether it denies.
fn declared(engine: &Engine, path: &str, text: &str) -> Result<BTreeSet<(String, bool)>, String> {
    // Whatever looks like the name of one may also stand in a comment; which it is the engine knows.
    let words: BTreeSet<&str> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let mut rules = BTreeSet::new();
    for word in words {
        let kind = RULES.iter().find(|(name, _)| {
            word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
        let Some((_, denies)) = kind else { continue };
        if engine.has_declared_rule_rooted_at(path, word).map_err(|error| error.to_string())? {
            rules.insert((word.to_owned(), *denies));
        }
    }
    Ok(rules)
}

/// Evaluates modules over a document.
pub fn evaluate(modules: &[Module], document: &str) -> Verdict {
    let mut verdict = Verdict::default();
    if let Err(error) = asked(modules, document, &mut verdict) {
        let message = format!("the rules could not be evaluated: {}", told(&error));
        verdict.findings.push(Finding { rule: "rego".to_owned(), denies: true, message });
    }
    verdict
}

fn asked(modules: &[Module], document: &str, verdict: &mut Verdict) -> Result<(), String> {
    let mut engine = Engine::new();
    let check_interval = NonZeroU32::MIN.saturating_add(999);
    let begun = Instant::now();
    let mut rules = BTreeSet::new();
    for module in modules {
        let (path, text) = (module.path.clone(), module.text.clone());
        let package = engine.add_policy(path, text).map_err(|error| error.to_string())?;
        let declared = declared(&engine, &module.path, &module.text)?;
        rules.extend(declared.into_iter().map(|(name, denies)| (format!("{package}.{name}"), denies)));
    }
    engine.set_input_json(document).map_err(|error| error.to_string())?;
    for (path, denies) in rules {
        let rule = path.strip_prefix("data.").unwrap_or(&path).to_owned();
        // Each has what those before it have left.
        let limit = LIMIT.saturating_sub(begun.elapsed());
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval });
        let found = engine.eval_rule(path).map_err(|error| format!("{rule}: {error}"))?;
        for message in messages(&found) {
            verdict.findings.push(Finding { rule: rule.clone(), denies, message });
        }
        verdict.asked.insert((rule, denies));
    }
    Ok(())
}

/// Returns what a rule's value says: nothing, texts, objects with a `msg`, or a mere `true`.
fn messages(value: &Value) -> Vec<String> {
    match value {
        Value::Undefined | Value::Bool(false) | Value::Null => Vec::new(),
        Value::Bool(true) => vec!["it holds".to_owned()],
        Value::Set(values) => values.iter().flat_map(messages).collect(),
        Value::Array(values) => values.iter().flat_map(messages).collect(),
        Value::String(text) => vec![text.to_string()],
        // A partial rule without results is an empty object.
        Value::Object(fields) if fields.is_empty() => Vec::new(),
        Value::Object(fields) => match fields.get(&Value::from("msg")) {
            Some(Value::String(text)) => vec![text.to_string()],
            _ => vec![value.to_string()],
        },
        Value::Number(_) => vec![value.to_string()],
    }
}

/// Makes one line of an error of several.
fn told(error: &str) -> String {
    let lines = error.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "|");
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Digest;

    fn module(path: &str, text: &str) -> Module {
        Module { path: path.to_owned(), digest: Digest::of([text]), text: text.to_owned() }
    }

    fn finding(rule: &str, denies: bool, message: &str) -> Finding {
        Finding { rule: rule.to_owned(), denies, message: message.to_owned() }
    }

    #[test]
    fn each_result_of_the_rules_is_a_finding() {
        let modules = [
            module(
                "policy/a.rego",
                "package patchtrain\nimport rego.v1\n\
                 deny contains msg if { input.instances > 3; msg := sprintf(\"%d instances\", [input.instances]) }\n\
                 warn contains {\"msg\": \"look\"} if input.instances > 0\n",
            ),
            module(
                "policy/b.rego",
                "package more.rules\nimport rego.v1\nviolation contains \"never\" if false\nother := 1\n",
            ),
        ];
        let verdict = evaluate(&modules, r#"{"instances": 4}"#);
        let asked = [("more.rules.violation", true), ("patchtrain.deny", true), ("patchtrain.warn", false)];
        let asked = asked.map(|(rule, denies)| (rule.to_owned(), denies));
        assert_eq!(verdict.asked, asked.into_iter().collect());
        assert_eq!(
            verdict.findings,
            [finding("patchtrain.deny", true, "4 instances"), finding("patchtrain.warn", false, "look")]
        );
        assert!(evaluate(&modules, r#"{"instances": 0}"#).findings.is_empty());
        assert_eq!(evaluate(&[], "{}"), Verdict::default());
    }

    #[test]
    fn rules_are_asked_by_how_their_names_begin() {
        let text = "package p\nimport rego.v1\n# deny_this is a comment, \"warn_that\" a text\n\
                    deny_reboots contains \"one\" if true\nviolation_of_order := {\"two\"}\n\
                    warn_me contains \"three, as in warn_that\" if true\n\
                    denying contains \"four\" if true\nmy_deny contains \"five\" if true\n";
        assert_eq!(check("p.rego", text), Ok(3));
        let verdict = evaluate(&[module("p.rego", text)], "{}");
        let findings = [
            finding("p.deny_reboots", true, "one"),
            finding("p.violation_of_order", true, "two"),
            finding("p.warn_me", false, "three, as in warn_that"),
        ];
        assert_eq!(verdict.findings, findings);
        assert_eq!(check("p.rego", "package p\nallow := true\n"), Ok(0));
    }

    #[test]
    fn what_cannot_be_evaluated_denies() {
        let table = [
            ("package p\nimport rego.v1\ndeny contains x if { x := nonsense(1) }\n", "nonsense"),
            ("package p\nimport rego.v1\ndeny := 1\ndeny := 2\n", ""),
            ("not rego", "rego"),
        ];
        for (text, part) in table {
            let verdict = evaluate(&[module("p.rego", text)], "{}");
            let told = &verdict.findings[0];
            assert!(told.denies && told.message.starts_with("the rules could not be evaluated"), "{text}");
            assert!(told.message.contains(part) && !told.message.contains('\n'), "{}", told.message);
        }
        let verdict = evaluate(&[module("p.rego", "package p\n")], "no json");
        assert!(verdict.findings[0].denies);
    }

    #[test]
    fn a_rule_that_does_not_end_is_ended_and_denies() {
        let text = "package p\nimport rego.v1\nn := numbers.range(1, 3000)\n\
                    deny contains x if { some a in n; some b in n; some c in n; a + b == c * 100000; x := a }\n";
        let mut engine = Engine::new();
        let limit = Duration::from_millis(5);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: NonZeroU32::MIN });
        engine.add_policy("p.rego".to_owned(), text.to_owned()).unwrap();
        assert!(engine.eval_rule("data.p.deny".to_owned()).is_err());
    }

    #[test]
    fn an_error_names_its_place() {
        assert_eq!(check("p.rego", "package p\nimport rego.v1\ndeny contains 1 if true\n"), Ok(1));
        let error = check("policy/p.rego", "package p\nimport rego.v1\ndeny contains if {\n").unwrap_err();
        assert!(error.contains("policy/p.rego:3"), "{error}");
    }
}
