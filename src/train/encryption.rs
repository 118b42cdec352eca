//! `[state] encryption`: by the passphrases of which variables the state is kept sealed. Left out: what they hold, which
//! is never in a file.

use toml::de::DeTable;

use super::table::{At, Fields, File, Value};

/// What a train file says of encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `passphrase_env`: the variable with the passphrase that is sealed with. None: what is sealed is still opened, and
    /// written plain.
    pub passphrase_env: Option<String>,
    /// `fallback.passphrase_env`: the variable with the passphrase that was sealed with before.
    pub fallback_env: Option<String>,
    /// `enforced`: nothing plain is taken.
    pub enforced: bool,
}

const NAME: &str = "encryption";
const VARIABLE: &str = "passphrase_env";

/// Reads what the `[state]` table says of it.
pub(super) fn read(file: &mut File<'_>, state: &DeTable<'_>) -> Option<Encryption> {
    let value = state.iter().find(|(key, _)| key.get_ref() == NAME).map(|(_, value)| value)?;
    let table = file.table(value, "`encryption`")?;
    let fields = Fields::open(file, NAME, value.span(), table, &[VARIABLE, "fallback", "enforced"]);
    let current = fields.optional(VARIABLE);
    let passphrase = current.and_then(|value| variable(file, value));
    let fallback = fields.optional("fallback");
    let former = fallback.and_then(|value| former(file, value));
    let enforced = fields.optional("enforced").and_then(|value| file.flag(value, "`enforced`"));
    if current.is_none() && fallback.is_none() {
        let hint =
            "write `passphrase_env = \"PATCHTRAIN_PASSPHRASE\"`: the variable that will hold the passphrase";
        file.problem(value.span(), "`encryption` names no passphrase", hint);
    } else if current.is_none() && enforced == Some(true) {
        let span = fields.key_span("enforced").unwrap_or_else(|| value.span());
        let hint = "without `passphrase_env` all is written plain: name one, or delete `enforced`";
        file.problem(span, "`enforced` takes nothing plain, and nothing else would be written", hint);
    }
    if let (Some(current), Some(former)) = (&passphrase, &former)
        && current.value == former.value
    {
        let message = format!("`fallback` names the variable `{}` again", former.value);
        let hint = "one variable holds one passphrase: keep the former one in another, or delete `fallback`";
        file.problem(former.span.clone(), message, hint);
    }
    Some(Encryption {
        passphrase_env: passphrase.map(|at| at.value),
        fallback_env: former.map(|at| at.value),
        enforced: enforced.unwrap_or_default(),
    })
}

/// Reads `fallback = { passphrase_env = "..." }`.
fn former(file: &mut File<'_>, value: Value<'_>) -> Option<At<String>> {
    let table = file.table(value, "`fallback`")?;
    let mut fields = Fields::open(file, "fallback", value.span(), table, &[VARIABLE]);
    let former = fields.required(VARIABLE).and_then(|value| variable(file, value));
    fields.close(file);
    former
}

fn variable(file: &mut File<'_>, value: Value<'_>) -> Option<At<String>> {
    let at = file.text(value, "`passphrase_env`")?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if at.value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && at.value.chars().all(plain)
    {
        return Some(at);
    }
    // It may be the passphrase: it is not repeated, and excerpts cover it.
    let hint = "letters, digits and `_`, as in `PATCHTRAIN_PASSPHRASE`; the passphrase itself never stands in a file";
    file.problem(at.span, "`passphrase_env` is not the name of a variable", hint);
    None
}
