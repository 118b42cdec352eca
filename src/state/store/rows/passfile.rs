//! The file in which PostgreSQL's programs look for passwords: lines of `host:port:database:user:password`, of which the
//! first that fits counts, and `*` fits all.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::settings::{Host, SettingsError};

/// Looks a password up in the file that PGPASSFILE names, or in `~/.pgpass`. None where there is no such file or line.
pub(super) fn look_up(
    host: &Host,
    port: u16,
    database: &str,
    user: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, SettingsError> {
    let path = match (variable("PGPASSFILE"), variable("HOME")) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(home)) => Path::new(&home).join(".pgpass"),
        (None, None) => return Ok(None),
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(SettingsError::new(path.display().to_string(), format!("cannot be read: {error}")));
        }
    };
    // PostgreSQL's programs pass over a file that others can read, and then ask for a password that was given.
    let mode = fs::metadata(&path).map_or(0, |file| file.permissions().mode());
    if mode & 0o077 != 0 {
        let path = path.display().to_string();
        let way_out =
            format!("others can read it, which a file of passwords must not allow: `chmod 600 {path}`");
        return Err(SettingsError::new(path, way_out));
    }
    let host = match host {
        Host::Net(name) => name.as_str(),
        // As PostgreSQL's programs call every socket.
        Host::Socket(_) => "localhost",
    };
    let wanted = [host, &port.to_string(), database, user];
    Ok(text.lines().find_map(|line| password(line, &wanted)))
}

/// Returns the password of a line that fits.
fn password(line: &str, wanted: &[&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if fields.len() <= wanted.len() => fields.push(String::new()),
            letter => {
                let letter = if letter == '\\' { letters.next() } else { Some(letter) };
                if let Some(field) = fields.last_mut() {
                    field.extend(letter);
                }
            }
        }
    }
    let password = (fields.len() > wanted.len()).then(|| fields.pop()).flatten()?;
    fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted).then_some(password)
}
