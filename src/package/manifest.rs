//! The manifest: the text file that holds a release's packages, reviewed in pull requests like any lock file.

use super::{Digest, PackageSet};

/// The content of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `# key: value` header lines, in file order.
    pub header: Vec<(String, String)>,
    /// The packages.
    pub packages: PackageSet,
    /// `module NAME:STREAM:VERSION:CONTEXT` lines, without the word.
    pub modules: Vec<String>,
    /// `key ID` lines, without the word.
    pub keys: Vec<String>,
}

impl Manifest {
    /// Returns the digest of the non-comment lines, sorted bytewise, each ended by LF.
    pub fn digest(&self) -> Digest {
        let modules = self.modules.iter().map(|module| format!("module {module}"));
        let keys = self.keys.iter().map(|key| format!("key {key}"));
        let packages = self.packages.iter().map(|package| package.as_str().to_owned());
        let mut lines: Vec<String> = packages.chain(modules).chain(keys).collect();
        lines.sort_unstable();
        Digest::of_lines(lines)
    }
}
