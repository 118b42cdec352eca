//! The two ways to write down a database: a URL, and pairs of a name and a value.
//!
//! Messages repeat names only, and no values: any of them may hold a password that was put in the wrong place.

use percent_encoding::percent_decode_str;

/// What an address says. What it leaves out is none.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Given {
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) authorities: Option<String>,
    pub(super) connect: Option<String>,
    pub(super) application: Option<String>,
}

/// What PostgreSQL's programs know and has no meaning here, or only one that is fixed.
const IGNORED: [&str; 8] = [
    "target_session_attrs",
    "channel_binding",
    "gssencmode",
    "client_encoding",
    "keepalives",
    "keepalives_idle",
    "fallback_application_name",
    "load_balance_hosts",
];

/// Reads an address.
pub(super) fn parse(text: &str) -> Result<Given, String> {
    let text = text.trim();
    match text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
        Some(rest) => url(rest),
        None if text.contains("://") => {
            Err("is not the address of a PostgreSQL database: expected `postgres://...`".to_owned())
        }
        None => pairs(text),
    }
}

fn url(rest: &str) -> Result<Given, String> {
    let mut given = Given::default();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // A `/` in a password has to be encoded, as everywhere.
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (login, place),
        None => ("", authority),
    };
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let (host, port) = match place.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or("has a `[` without its `]`")?;
            (host, after.strip_prefix(':').unwrap_or_default())
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    for (name, value) in [("user", user), ("host", host), ("port", port), ("dbname", database)] {
        if !value.is_empty() {
            given.set(name, decoded(value)?)?;
        }
    }
    if let Some(password) = password {
        given.set("password", decoded(password)?)?;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("has a parameter without a value after its `?`")?;
        given.set(&decoded(name)?, decoded(value)?)?;
    }
    Ok(given)
}

fn decoded(text: &str) -> Result<String, String> {
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err("has percent-encoded text that is not UTF-8".to_owned()),
    }
}

fn pairs(text: &str) -> Result<Given, String> {
    let mut given = Given::default();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(letter) = rest.next_if(|letter| !letter.is_whitespace() && *letter != '=') {
            name.push(letter);
        }
        while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        match rest.next() {
            None if name.is_empty() => return Ok(given),
            Some('=') if !name.is_empty() => {}
            // The name is not repeated: it may be all there is, a password on its own.
            _ => return Err("is neither a URL nor pairs of `name=value`".to_owned()),
        }
        while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        given.set(&name, value(&mut rest)?)?;
    }
}

/// Takes a value: up to a blank, or in quotes; a backslash takes the next letter as it is.
fn value(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.next() {
            None if quoted => return Err("has a `'` without its end".to_owned()),
            None => return Ok(value),
            Some('\'') if quoted => return Ok(value),
            Some(letter) if !quoted && letter.is_whitespace() => return Ok(value),
            Some('\\') => value.extend(rest.next()),
            Some(letter) => value.push(letter),
        }
    }
}

impl Given {
    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let field = match name {
            "host" => &mut self.host,
            "port" => &mut self.port,
            "user" => &mut self.user,
            "password" => &mut self.password,
            "dbname" => &mut self.database,
            "sslmode" => &mut self.mode,
            "sslrootcert" => &mut self.authorities,
            "connect_timeout" => &mut self.connect,
            "application_name" => &mut self.application,
            ignored if IGNORED.contains(&ignored) => return Ok(()),
            _ => {
                return Err(
                    "has a parameter that is not known here; known are host, port, user, password, dbname, sslmode, \
                     sslrootcert, connect_timeout and application_name"
                        .to_owned(),
                );
            }
        };
        *field = Some(value);
        Ok(())
    }
}
