//! Lists of objects and of their versions. Objects are paged by name: `nextStartWith` is where the next page begins.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::{Answer, Context, Failure, Reply, Result};
use crate::simulator::front::page;
use crate::simulator::world::objects::{Content, Version};

/// What rows can tell beside the name, in the order that the API has it.
const FIELDS: [&str; 8] =
    ["name", "size", "etag", "md5", "timeCreated", "timeModified", "storageTier", "archivalState"];

/// Which names a list is of.
struct Range<'c> {
    prefix: &'c str,
    start: Bound<&'c str>,
    end: Option<&'c str>,
    /// Names are folded behind the first of these after the prefix.
    delimiter: bool,
    fields: Vec<&'static str>,
}

impl<'c> Range<'c> {
    fn of(context: &'c Context<'_>) -> Result<Self> {
        let query = &context.query;
        let prefix = query.get("prefix").unwrap_or_default();
        let given = match (query.get("start"), query.get("startAfter")) {
            (Some(_), Some(_)) => {
                return Err(Failure::invalid("start and startAfter exclude each other"));
            }
            (Some(start), None) if start > prefix => Bound::Included(start),
            (None, Some(after)) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let delimiter = query.get("delimiter");
        if let Some(other) = delimiter.filter(|delimiter| *delimiter != "/") {
            return Err(Failure::invalid(format!("delimiter is {other}; only / is supported")));
        }
        Ok(Self {
            prefix,
            start: given,
            end: query.get("end"),
            delimiter: delimiter.is_some(),
            fields: fields(query.get("fields"))?,
        })
    }

    fn holds(&self, name: &str) -> bool {
        name.starts_with(self.prefix) && self.end.is_none_or(|end| name < end)
    }

    /// Returns what a name is folded to.
    fn fold<'n>(&self, name: &'n str) -> Option<&'n str> {
        let rest = name.get(self.prefix.len()..).filter(|_| self.delimiter)?;
        name.get(..self.prefix.len() + rest.find('/')? + 1)
    }
}

fn fields(text: Option<&str>) -> Result<Vec<&'static str>> {
    let Some(text) = text else { return Ok(vec!["name"]) };
    let known = |word: &str| {
        let found = FIELDS.into_iter().find(|known| known.eq_ignore_ascii_case(word.trim()));
        found.ok_or_else(|| {
            let message = format!("{word} is no attribute of objects; known are {}", FIELDS.join(", "));
            Failure::new(400, "InvalidAttributeName", message)
        })
    };
    let mut fields = text.split(',').map(known).collect::<Result<Vec<_>>>()?;
    if !fields.contains(&"name") {
        fields.push("name");
    }
    Ok(fields)
}

/// Returns how many rows are wanted.
fn limit(context: &Context<'_>) -> Result<usize> {
    let switches = &context.switches.objects;
    let largest = switches.largest_page;
    let Some(text) = context.query.get("limit") else { return Ok(switches.default_page.min(largest)) };
    let limit: usize = text.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| {
        Failure::new(400, "InvalidLimit", format!("limit is {text}; it must be from 1 to {largest}"))
    })?;
    match limit > largest && switches.large_limits_fail {
        true => {
            Err(Failure::new(412, "LimitTooHigh", format!("limit is {text}; it can be {largest} at most")))
        }
        false => Ok(limit.min(largest)),
    }
}

/// ListObjects.
pub(super) fn objects(context: &Context<'_>) -> Result<Reply> {
    let (_, bucket) = context.bucket()?;
    let (range, limit) = (Range::of(context)?, limit(context)?);
    let (mut rows, mut prefixes, mut next) = (Vec::new(), Vec::<String>::new(), None);
    // Where the walk goes on behind what was folded.
    let mut behind: Option<String> = None;
    'walk: loop {
        let start = behind.as_deref().map_or(range.start, Bound::Included);
        for (name, version, content) in bucket.from(start).take_while(|(name, ..)| range.holds(name)) {
            if rows.len() + prefixes.len() == limit {
                next = Some(name);
                break 'walk;
            }
            let Some(folded) = range.fold(name) else {
                rows.push(row(&range.fields, name, version, content));
                continue;
            };
            prefixes.push(folded.to_owned());
            // Without a look at all that is folded: after `a/...` comes what is from `a0` on.
            behind = Some([&folded[..folded.len() - 1], "0"].concat());
            continue 'walk;
        }
        break;
    }
    let mut body = json!({ "objects": rows, "prefixes": prefixes });
    if let Some(next) = next {
        body["nextStartWith"] = json!(next);
    }
    Ok(Reply::Answer(Answer::ok(&body)))
}

fn row(fields: &[&str], name: &str, version: &Version, content: &Content) -> Map<String, Value> {
    let value = |field: &str| match field {
        "name" => json!(name),
        "size" => json!(content.length),
        "etag" => json!(version.etag),
        "md5" => json!(content.md5),
        "timeCreated" | "timeModified" => json!(version.made.to_string()),
        "storageTier" => json!("Standard"),
        _ => Value::Null,
    };
    fields.iter().map(|field| ((*field).to_owned(), value(field))).collect()
}

/// ListObjectVersions: by name, the newest first, markers of deletion too.
pub(super) fn versions(context: &Context<'_>) -> Result<Reply> {
    let (_, bucket) = context.bucket()?;
    let (range, limit) = (Range::of(context)?, limit(context)?);
    let names = bucket.objects.range::<str, _>((range.start, Bound::Unbounded));
    let mut prefixes: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for (name, versions) in names.take_while(|(name, _)| range.holds(name)) {
        match range.fold(name) {
            Some(folded) if prefixes.last() == Some(&folded) => {}
            Some(folded) => prefixes.push(folded),
            None => all.extend(versions.iter().rev().map(|version| (&**name, version))),
        }
    }
    let (rows, token) = page::part(context, &all, limit)?;
    let rows: Vec<_> = rows
        .iter()
        .map(|(name, version)| {
            let mut row = match &version.content {
                Some(content) => row(&range.fields, name, version, content),
                None => Map::new(),
            };
            row.insert("name".to_owned(), json!(name));
            row.insert("versionId".to_owned(), json!(version.id));
            row.insert("isDeleteMarker".to_owned(), json!(version.content.is_none()));
            row.insert("timeModified".to_owned(), json!(version.made.to_string()));
            row
        })
        .collect();
    let answer = Answer::ok(&json!({ "items": rows, "prefixes": prefixes }));
    Ok(Reply::Answer(match token {
        Some(token) => answer.with("opc-next-page", token),
        None => answer,
    }))
}
