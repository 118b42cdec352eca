//! `[state]`: where the state of a train is kept. Left out: whether that place is there and can be written to, which only
//! who runs this can know. No password stands here: a variable of the environment is named that holds one.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::shape::TABLES;
use super::table::{Fields, File, Value};

/// Where a train's state is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// In files in the workspace's folder `state/`.
    #[default]
    Local,
    /// In objects of OCI Object Storage.
    ObjectStorage(Bucket),
    /// In rows of a PostgreSQL database.
    Postgres(Database),
}

/// Objects of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `bucket`: its name.
    pub name: String,
    /// `namespace`; left out, the one of the tenancy that signs.
    pub namespace: Option<String>,
    /// `prefix`: what the names of the objects begin with, without the slash that follows it; may be empty.
    pub prefix: String,
}

/// Rows of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// `url_env`: the variable that holds its URL; left out, libpq's own variables say where it is.
    pub url_env: Option<String>,
    /// `schema`: what holds the tables.
    pub schema: String,
}

/// What objects' names begin with, and what holds the tables, where the file does not say.
const OURS: &str = "patchtrain";

/// How many states that were replaced are kept, where the file does not say, and at most: each is as large as the state.
pub const BACKUPS: usize = 10;
const MOST_BACKUPS: usize = 1000;

/// The words of `store`, with the keys that only it has.
const STORES: [(&str, &[&str]); 3] = [
    ("local", &[]),
    ("object_storage", &["bucket", "namespace", "prefix"]),
    ("postgres", &["url_env", "schema"]),
];

impl Keeping {
    /// Returns the word of the train file for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Local => STORES[0].0,
            Self::ObjectStorage(_) => STORES[1].0,
            Self::Postgres(_) => STORES[2].0,
        }
    }
}

/// Reads the table; `None` where a required key lacks or is wrong.
pub(super) fn read(file: &mut File<'_>, table: &DeTable<'_>, span: Range<usize>) -> Option<Keeping> {
    let (name, keys) = TABLES[3];
    let mut fields = Fields::open(file, name, span, table, keys);
    let store = match fields.optional("store") {
        Some(value) => file.word(value, "`store`", &STORES.map(|(word, _)| word)).map(|at| at.value),
        None => Some(STORES[0].0),
    };
    for (other, own) in STORES {
        let Some(store) = store.filter(|store| *store != other) else { continue };
        for key in own {
            if let Some(span) = fields.key_span(key) {
                let message =
                    format!("`{key}` is of `store = \"{other}\"`, and the state is kept in `{store}`");
                file.problem(span, message, "delete it");
            }
        }
    }
    let keeping = match store? {
        "object_storage" => {
            let name = fields.required("bucket").and_then(|value| text(file, value, "`bucket`", bucket));
            let namespace = option(file, &fields, "namespace", bucket);
            let prefix = option(file, &fields, "prefix", prefix);
            name.zip(namespace).zip(prefix).map(|((name, namespace), prefix)| {
                Keeping::ObjectStorage(Bucket {
                    name,
                    namespace,
                    prefix: prefix.unwrap_or_else(|| OURS.to_owned()),
                })
            })
        }
        "postgres" => {
            let url_env = option(file, &fields, "url_env", variable);
            let schema = option(file, &fields, "schema", schema);
            url_env.zip(schema).map(|(url_env, schema)| {
                Keeping::Postgres(Database { url_env, schema: schema.unwrap_or_else(|| OURS.to_owned()) })
            })
        }
        _ => Some(Keeping::Local),
    };
    fields.close(file);
    keeping
}

/// Reads how many replaced states are kept; none where it is left out or wrong.
pub(super) fn backups(file: &mut File<'_>, table: &DeTable<'_>) -> Option<usize> {
    let value = table.iter().find(|(key, _)| key.get_ref() == "backups").map(|(_, value)| value)?;
    let number = match value.get_ref() {
        DeValue::Integer(number) => {
            usize::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
        }
        other => return file.wrong_type(value, "`backups`", "a number", other),
    };
    let number = number.filter(|number| (1..=MOST_BACKUPS).contains(number));
    if number.is_none() {
        let hint =
            format!("write a number from 1 to {MOST_BACKUPS}; {BACKUPS} are kept where it is left out");
        file.problem(
            value.span(),
            "`backups` says how many replaced states are kept, and cannot be that",
            &hint,
        );
    }
    number
}

/// Takes a text that may be left out; none where it is wrong.
fn option(
    file: &mut File<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    check: fn(&str) -> Result<String, String>,
) -> Option<Option<String>> {
    match fields.optional(key) {
        Some(value) => text(file, value, &format!("`{key}`"), check).map(Some),
        None => Some(None),
    }
}

fn text(
    file: &mut File<'_>,
    value: Value<'_>,
    what: &str,
    check: fn(&str) -> Result<String, String>,
) -> Option<String> {
    file.parsed(value, what, check).map(|at| at.value)
}

/// Checks the name of a bucket or a namespace, as the service takes them.
fn bucket(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.len() <= 256 && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is not a name of Object Storage: letters, digits, `-`, `_` and `.`, at most 256"))
}

/// Checks what names of objects begin with. A slash is put behind it.
fn prefix(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let fine = trimmed.len() <= 512
        && !trimmed.starts_with('/')
        && !trimmed.chars().any(char::is_control)
        && trimmed.split('/').all(|part| part != ".." && part != ".")
        && !trimmed.contains("//");
    match fine {
        true => Ok(trimmed.to_owned()),
        false => Err(format!(
            "`{}` cannot begin the name of an object: expected as in `patchtrain/production`",
            text.escape_debug()
        )),
    }
}

/// Checks the name of a variable of the environment. What is more likely the secret itself is not repeated.
fn variable(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(match text.contains("://") || text.contains('=') || text.contains('@') {
        true => "a URL does not stand in a train file: `url_env` names the variable of the environment that holds it, as in `PATCHTRAIN_DATABASE_URL`".to_owned(),
        false => format!("`{}` is not the name of a variable of the environment", text.escape_debug()),
    })
}

/// Checks the name of a schema: one that needs no quotes.
fn schema(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && !text.starts_with("pg_");
    if begins && text.len() <= 63 && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not a name of a schema: small letters, digits and `_`, at most 63, and not beginning with `pg_`"
    ))
}
