//! The checksums by which an index names its files.

use std::fs::File;
use std::io::Read;

use ring::digest;

use super::RepodataFault;

/// A checksum as an index tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checksum {
    pub(super) kind: String,
    pub(super) hex: String,
}

impl Checksum {
    /// Reads a file to its end, and compares.
    pub(super) fn check(&self, file: &mut File) -> Result<(), RepodataFault> {
        let algorithm = match self.kind.as_str() {
            "sha" | "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &digest::SHA256,
            "sha384" => &digest::SHA384,
            "sha512" => &digest::SHA512,
            other => return Err(RepodataFault::Kind(other.to_owned())),
        };
        let mut context = digest::Context::new(algorithm);
        let mut buffer = vec![0; super::BUFFER];
        loop {
            match file.read(&mut buffer).map_err(RepodataFault::Open)? {
                0 => break,
                read => context.update(&buffer[..read]),
            }
        }
        let found = context.finish();
        let found: String = found.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        if found.eq_ignore_ascii_case(&self.hex) {
            return Ok(());
        }
        Err(RepodataFault::Checksum { kind: self.kind.clone(), found, told: self.hex.clone() })
    }
}
