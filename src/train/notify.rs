//! `[notify]`: who is told of plans and runs. What is told, and how, is the command line's.

use toml::de::DeTable;

use super::table::{Fields, File, Value};

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// `command`: a program with its arguments, never through a shell; each event is a JSON document on its input.
    pub command: Vec<String>,
    /// `webhook_env`: the variable that holds the address to which each event is posted; an address often is a secret.
    pub webhook_env: Option<String>,
}

/// Reads the table.
pub(super) fn read(file: &mut File<'_>, table: &DeTable<'_>, value: Value<'_>) -> Option<Notify> {
    let fields = Fields::open(file, "[notify]", value.span(), table, &["command", "webhook_env"]);
    let command = fields.optional("command").map(|value| {
        let words = file.list(value, "`command`").unwrap_or_default();
        let read: Vec<String> = words
            .iter()
            .filter_map(|word| file.text(word, "an element of `command`"))
            .map(|at| at.value)
            .collect();
        if read.first().is_none_or(String::is_empty) && read.len() == words.len() {
            let hint = "expected the program and its arguments, as in `[\"./tell\", \"--room\", \"ops\"]`";
            file.problem(value.span(), "`command` names no program", hint);
        }
        read
    });
    let webhook_env = fields.optional("webhook_env").and_then(|value| {
        file.parsed(value, "`webhook_env`", |text| {
            let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let fine = !text.is_empty() && text.chars().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit());
            let error = || {
                format!("`{text}` is no name of a variable: expected as in `PATCHTRAIN_WEBHOOK`, which holds the address")
            };
            fine.then(|| text.to_owned()).ok_or_else(error)
        })
    });
    let webhook_env = webhook_env.map(|at| at.value);
    fields.close(file);
    if command.is_none() && webhook_env.is_none() {
        return None;
    }
    Some(Notify { command: command.unwrap_or_default(), webhook_env })
}
