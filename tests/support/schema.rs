//! A judge by JSON Schema, for the keywords that our own schemas use and no others: one that it does not know is a panic,
//! so that nothing stands in a schema that no test looks at. `tests/conformance/formats` has the schemas judged by a
//! validator that is not ours, too.

use regex::Regex;
use serde_json::{Map, Value};

/// What a document breaks of a schema, each with its place.
pub(crate) struct Judge<'s> {
    root: &'s Value,
    /// Whether an object of which the schema says nothing else has the properties that it lists and no other.
    closed: bool,
    faults: Vec<String>,
}

/// Judges a document. `closed`: also by what the schema leaves open for later versions.
pub(crate) fn faults(schema: &Value, document: &Value, closed: bool) -> Vec<String> {
    let mut judge = Judge { root: schema, closed, faults: Vec::new() };
    judge.value(schema, document, "");
    judge.faults
}

impl Judge<'_> {
    fn fault(&mut self, place: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{place}: {what}"));
    }

    fn value(&mut self, schema: &Value, value: &Value, place: &str) {
        let Some(schema) = schema.as_object() else { panic!("a schema is an object: {schema}") };
        for (keyword, wanted) in schema {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => {}
                "$ref" => {
                    let name = wanted.as_str().and_then(|path| path.strip_prefix("#/$defs/")).unwrap();
                    let target = &self.root["$defs"][name];
                    assert!(target.is_object(), "{name} is not defined");
                    self.value(&target.clone(), value, place);
                }
                "type" => {
                    let fits = match wanted.as_str().unwrap() {
                        "object" => value.is_object(),
                        "array" => value.is_array(),
                        "string" => value.is_string(),
                        "boolean" => value.is_boolean(),
                        "integer" => value.is_i64() || value.is_u64(),
                        other => panic!("type {other}"),
                    };
                    if !fits {
                        self.fault(place, format_args!("{value} is no {wanted}"));
                    }
                }
                "enum" if !wanted.as_array().unwrap().contains(value) => {
                    self.fault(place, format_args!("{value} is none of {wanted}"));
                }
                "const" if wanted != value => self.fault(place, format_args!("{value} is not {wanted}")),
                "anyOf" => {
                    let fits = |one: &Value| faults_in(self.root, one, value, self.closed).is_empty();
                    if !wanted.as_array().unwrap().iter().any(fits) {
                        self.fault(place, format_args!("{value} fits nothing of {wanted}"));
                    }
                }
                "pattern" => {
                    let fits = |text: &str| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text);
                    if value.as_str().is_some_and(|text| !fits(text)) {
                        self.fault(place, format_args!("{value} does not match {wanted}"));
                    }
                }
                "minimum" if value.as_i64().is_some_and(|number| number < wanted.as_i64().unwrap()) => {
                    self.fault(place, format_args!("{value} is below {wanted}"));
                }
                "maximum" if value.as_i64().is_some_and(|number| number > wanted.as_i64().unwrap()) => {
                    self.fault(place, format_args!("{value} is above {wanted}"));
                }
                "minLength" if value.as_str().is_some_and(str::is_empty) => {
                    self.fault(place, "it is empty");
                }
                "minItems" if value.as_array().is_some_and(Vec::is_empty) => {
                    self.fault(place, "it has nothing");
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(wanted, item, &format!("{place}/{index}"));
                    }
                }
                "required" => {
                    for key in wanted.as_array().unwrap().iter().filter_map(Value::as_str) {
                        if value.as_object().is_some_and(|object| !object.contains_key(key)) {
                            self.fault(place, format_args!("it lacks {key}"));
                        }
                    }
                }
                "enum" | "const" | "minimum" | "maximum" | "minLength" | "minItems" => {}
                "properties" | "additionalProperties" => {}
                other => panic!("the judge does not know `{other}`"),
            }
        }
        if let Some(object) = value.as_object() {
            self.object(schema, object, place);
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, object: &Map<String, Value>, place: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let closed = match others {
            Some(Value::Bool(open)) => !open,
            Some(_) => false,
            None => self.closed && known.is_some(),
        };
        for (key, value) in object {
            let place = format!("{place}/{key}");
            match (known.and_then(|known| known.get(key)), others) {
                (Some(schema), _) => self.value(schema, value, &place),
                (None, _) if closed => self.fault(&place, "the schema does not have it"),
                (None, Some(schema @ Value::Object(_))) => self.value(schema, value, &place),
                (None, _) => {}
            }
        }
    }
}

fn faults_in(root: &Value, schema: &Value, value: &Value, closed: bool) -> Vec<String> {
    let mut judge = Judge { root, closed, faults: Vec::new() };
    judge.value(schema, value, "");
    judge.faults
}
