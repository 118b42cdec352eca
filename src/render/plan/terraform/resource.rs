//! Our addresses as Terraform's resources: `patchtrain_instance.great-linux["web-01"]`, of type `patchtrain_instance`,
//! named as the train, with the instance's name as its index.

use std::fmt::Write;

use serde::Serialize;

use crate::name::Address;
use crate::plan::Plan;

/// What readers are told is the provider of our resources.
pub(in crate::render) const PROVIDER: &str = "patchtrain";

/// What every entry says of its resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::render) struct Resource {
    pub(in crate::render) address: String,
    mode: &'static str,
    #[serde(rename = "type")]
    pub(in crate::render) kind: &'static str,
    pub(in crate::render) name: String,
    pub(in crate::render) index: String,
    provider_name: &'static str,
}

impl Resource {
    pub(in crate::render) fn of(plan: &Plan, address: &Address) -> Self {
        let (kind, index) = match address {
            Address::Release(release) if release.is_own_parent() => {
                ("patchtrain_parent", plan.basis.train.as_str())
            }
            Address::Release(release) => ("patchtrain_release", release.as_str()),
            Address::Group(group) => ("patchtrain_group", group.as_str()),
            Address::Instance(instance) => ("patchtrain_instance", plan.label(instance)),
            Address::Schedule(group) => ("patchtrain_schedule", group.as_str()),
            Address::Profile(group) => ("patchtrain_profile", group.as_str()),
        };
        let name = plan.basis.train.as_str();
        Self {
            address: format!("{kind}.{name}[{}]", quoted(index)),
            mode: "managed",
            kind,
            name: name.to_owned(),
            index: index.to_owned(),
            provider_name: PROVIDER,
        }
    }
}

/// Writes a text as Terraform's language quotes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Doubled, or what is in braces would be an expression.
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_cannot_leave_its_quotes() {
        for (text, expected) in [
            ("web-01", r#""web-01""#),
            (r#"a"]b\"#, r#""a\"]b\\""#),
            ("${x} $x %{y}", r#""$${x} $x %%{y}""#),
            ("a\nb\u{1b}", r#""a\nb\u001b""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
