//! `members = { compartments = [...], subcompartments = bool, tags = {...} }`: who is in a group by where an instance
//! lies and what it is tagged with. Left out: what is there to select from, which only the service can say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::table::{At, Fields, File, Value};
use crate::name::Ocid;

/// Says which instances belong to a group: those in one of the compartments that have all of the tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// `compartments`; at least one.
    pub compartments: BTreeSet<Ocid>,
    /// `subcompartments`: whether those below count too, at any depth.
    pub subcompartments: bool,
    /// `tags`; none means that every instance of the compartments is meant.
    pub tags: BTreeMap<TagKey, String>,
}

/// The key of a tag. Tag namespaces and the keys in them hold no dot, so that one tells the two kinds apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagKey {
    /// A defined tag's, `namespace.key`; in lower case, since the service does not tell cases apart there.
    Defined {
        /// The tag namespace.
        namespace: String,
        /// The key in it.
        key: String,
    },
    /// A free-form tag's; here case counts.
    Freeform(String),
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defined { namespace, key } => write!(f, "{namespace}.{key}"),
            Self::Freeform(key) => f.write_str(key),
        }
    }
}

impl TagKey {
    /// Reads a key as people write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("`{text}` is not a tag's key: {why}"));
        if text.is_empty() {
            return wrong("it is empty");
        }
        if text.chars().any(char::is_control) {
            return wrong("it has a character that cannot be seen");
        }
        let Some((namespace, key)) = text.split_once('.') else { return Ok(Self::Freeform(text.to_owned())) };
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && c != '.');
        if !plain(namespace) || !plain(key) {
            return wrong(
                "expected a defined tag as `namespace.key`, or a free-form tag's key without a dot",
            );
        }
        Ok(Self::Defined { namespace: namespace.to_ascii_lowercase(), key: key.to_ascii_lowercase() })
    }
}

/// Reads the table; `None` where something in it is wrong, which is then told.
pub(super) fn read(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>) -> Option<Selector> {
    let keys = ["compartments", "subcompartments", "tags"];
    let mut fields = Fields::open(file, "members", span, table, &keys);
    let compartments = fields.required("compartments").and_then(|value| compartments(file, value));
    let subcompartments = match fields.optional("subcompartments") {
        None => Some(false),
        Some(value) => file.flag(value, "`subcompartments`"),
    };
    let tags = match fields.optional("tags") {
        None => Some(BTreeMap::new()),
        Some(value) => tags(file, value),
    };
    let known = table.iter().all(|(key, _)| keys.contains(&&**key.get_ref()));
    fields.close(file);
    let (compartments, subcompartments, tags) = (compartments?, subcompartments?, tags?);
    known.then_some(Selector { compartments, subcompartments, tags })
}

fn compartments(file: &mut File<'_>, value: Value<'_>) -> Option<BTreeSet<Ocid>> {
    let elements = file.list(value, "`compartments`")?;
    if elements.is_empty() {
        let hint = "name the compartments that the instances lie in";
        file.problem(value.span(), "`compartments` names none".to_owned(), hint);
        return None;
    }
    let (mut found, mut sound) = (BTreeSet::new(), true);
    for element in elements {
        let parsed = file.parsed(element, "an element of `compartments`", compartment);
        let Some(At { value, span }) = parsed else {
            sound = false;
            continue;
        };
        if !found.insert(value) {
            file.problem(span, "the compartment is named twice".to_owned(), "delete one of the two");
            sound = false;
        }
    }
    sound.then_some(found)
}

/// Takes a compartment, or the tenancy, which is the root one.
fn compartment(text: &str) -> Result<Ocid, String> {
    let ocid = Ocid::parse(text).map_err(|error| error.to_string())?;
    let kind = text.split('.').nth(1).unwrap_or_default();
    if !["compartment", "tenancy"].contains(&kind) {
        return Err(format!(
            "`{text}` is no compartment, by its kind `{kind}`: expected a compartment's, or the tenancy's"
        ));
    }
    Ok(ocid)
}

fn tags(file: &mut File<'_>, value: Value<'_>) -> Option<BTreeMap<TagKey, String>> {
    let table = file.table(value, "`tags`")?;
    let (mut found, mut sound) = (BTreeMap::new(), true);
    for (key, value) in table {
        let text = key.get_ref();
        if matches!(value.get_ref(), DeValue::Table(_)) {
            let hint = "a dot in a key takes quotes: `\"namespace.key\" = \"value\"`";
            file.problem(key.span(), format!("the tag `{text}` is a table: expected a string"), hint);
            sound = false;
            continue;
        }
        let value = file.text(value, "a tag's value");
        let key = match TagKey::parse(text) {
            Ok(parsed) => Some(parsed),
            Err(message) => {
                file.problem(key.span(), message, "");
                None
            }
        };
        let (Some(key_of), Some(At { value, span })) = (key, value) else {
            sound = false;
            continue;
        };
        if found.insert(key_of, value).is_some() {
            let hint = "the service does not tell cases apart in a defined tag: delete one of the two";
            file.problem(span, format!("the tag `{text}` stands twice"), hint);
            sound = false;
        }
    }
    sound.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dot_makes_a_defined_tag() {
        let defined = |namespace: &str, key: &str| TagKey::Defined {
            namespace: namespace.to_owned(),
            key: key.to_owned(),
        };
        assert_eq!(TagKey::parse("ops.patch"), Ok(defined("ops", "patch")));
        assert_eq!(TagKey::parse("Ops.PATCH"), Ok(defined("ops", "patch")), "case does not count");
        assert_eq!(TagKey::parse("Oracle-Tags.CreatedBy").unwrap().to_string(), "oracle-tags.createdby");
        assert_eq!(TagKey::parse("Cost Center"), Ok(TagKey::Freeform("Cost Center".to_owned())));
        for wrong in ["", ".", "a.", ".b", "a.b.c", "a b.c", "a.b c", "a\u{0}"] {
            assert!(TagKey::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
