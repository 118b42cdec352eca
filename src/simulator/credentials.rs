//! The simulator's own credentials: a published test key, so that no real one is ever needed or read, and files of
//! them for any other client.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::world;

const FILE: &str = include_str!("key.pem");

/// The private key in PEM, public and worthless; see the note in the file.
pub(crate) const KEY: &str = FILE.split_at(pem_start()).1;

/// The MD5 of the public key in DER, as the console shows it.
const FINGERPRINT: &str = "f7:34:1e:8f:ac:ea:f4:c0:d5:2c:e1:6c:f4:7c:ce:90";

const USER: &str = "ocid1.user.oc1..aaaaaaaasimulateduserforpatchtrainonlyneverarealone00000000000000";

const fn pem_start() -> usize {
    let bytes = FILE.as_bytes();
    let mut at = 0;
    while !(bytes[at] == b'-' && bytes[at + 1] == b'-' && bytes[at + 2] == b'-') {
        at += 1;
    }
    at
}

/// What a client signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The tenancy's OCID.
    pub tenancy: &'static str,
    /// The user's OCID.
    pub user: &'static str,
    /// The key's fingerprint.
    pub fingerprint: &'static str,
    /// The private key, PKCS#1 in PEM.
    pub key: &'static str,
    /// The region to name.
    pub region: &'static str,
}

/// Returns the credentials that every simulator takes.
pub fn credentials() -> Credentials {
    Credentials {
        tenancy: world::TENANCY,
        user: USER,
        fingerprint: FINGERPRINT,
        key: KEY,
        region: super::REGION,
    }
}

/// What a signature must name as its key.
pub(crate) fn key_id() -> String {
    format!("{}/{USER}/{FINGERPRINT}", world::TENANCY)
}

/// What Oracle's command line wants to read at the end of a key file, or else it warns at each call.
const LABEL: &str = "OCI_API_KEY\n";

/// Writes an OCI configuration (`config`, profile DEFAULT) and the key (`key.pem`, readable by its owner only) into a
/// folder, which is made if need be, and returns the configuration's path. Files of those names are replaced.
pub fn write_config(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let key = folder.join("key.pem");
    write_private(&key, &format!("{KEY}{LABEL}"))?;
    let config = folder.join("config");
    let text = format!(
        "[DEFAULT]\nuser={USER}\nfingerprint={FINGERPRINT}\ntenancy={}\nregion={}\nkey_file={}\n",
        world::TENANCY,
        super::REGION,
        key.display()
    );
    write_private(&config, &text)?;
    Ok(config)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // A file that is already there keeps its mode when it is opened, so it goes first.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_told_apart_from_its_note() {
        assert!(FILE.starts_with("This private key is PUBLIC and worthless."));
        assert!(KEY.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(KEY.ends_with("-----END RSA PRIVATE KEY-----\n"));
    }

    #[test]
    fn a_configuration_names_a_private_key_file_and_can_be_written_again() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let path = write_config(&folder.path().join("oci")).unwrap();
            let text = fs::read_to_string(path).unwrap();
            let file = text.lines().find_map(|line| line.strip_prefix("key_file=")).unwrap();
            let written = fs::read_to_string(file).unwrap();
            assert_eq!(written.strip_suffix(LABEL), Some(KEY));
            assert!(crate::oci::SigningKey::from_pem("key", written.as_bytes(), None).is_ok());
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(text.contains(&format!("fingerprint={FINGERPRINT}\n")));
        }
    }
}
