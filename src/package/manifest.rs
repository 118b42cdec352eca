//! The manifest: the text file that holds a release's packages, reviewed in pull requests like any lock file.
//!
//! ```text
//! # release: GL1
//! # digest: sha256:...
//! bash-4.4.20-5.el8.x86_64
//! key 82562ea9
//! module perl:5.26
//! module php:7.3:8020020200715124551:ceb1cf90
//! ```
//!
//! Header lines `# key: value`, then a NEVRA, `module NAME:STREAM[:VERSION:CONTEXT]` or `key ID` a line, sorted as by
//! `LC_ALL=C sort`, each ended by LF. There is one spelling of a manifest: a file that [`read`] accepts is what
//! [`Manifest::to_text`] prints, byte for byte. So empty lines, comments of another form and comments among the
//! packages are refused; people's remarks go into `# note: ...` lines. `grep -v '^#' FILE | sha256sum` is the digest.
//!
//! A module's version and context are left out where they are not known, as dnf's module specifications do. OSMS tells
//! name and stream only, and the rest cannot be told from a package either: the label in `1-1.module+el8.2.0+7373+b272fdef`
//! ends in the number of a build and the start of the SHA-1 of `php.7.3.8020020200715124551.ceb1cf90`. So a freeze
//! writes down which labels the packages of a stream bear, in header lines `# stream: perl:5.26 3cefc087 f0897f98`: what is
//! known of packages that the digest covers already.
//!
//! Pure: reading the file itself, and what a train makes of it, is [`crate::train`]'s.

mod read;

pub use read::{Problem, Reading, read};
pub(super) use read::{is_key, is_label, module_error, stream_error};

use super::{Digest, PackageSet};

/// The content of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `# key: value` header lines, in file order.
    pub header: Vec<(String, String)>,
    /// The packages.
    pub packages: PackageSet,
    /// `module NAME:STREAM[:VERSION:CONTEXT]` lines, without the word, sorted.
    pub modules: Vec<String>,
    /// `key ID` lines, without the word, sorted.
    pub keys: Vec<String>,
}

/// What a header line may say, and whether more than one line may.
const HEADER_KEYS: [(&str, bool); 11] = [
    ("release", false),
    ("digest", false),
    ("frozen at", false),
    ("golden instance", false),
    ("list", false),
    ("base", false),
    ("changed", true),
    ("kernel policy", false),
    ("left out", true),
    ("stream", true),
    ("note", true),
];

/// Which of several installed kernels a release takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelPolicy {
    /// Those of the version that runs.
    Running,
    /// The newest.
    #[default]
    Newest,
    /// Every one.
    All,
}

impl KernelPolicy {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::Running, Self::Newest, Self::All];

    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Newest => "newest",
            Self::All => "all",
        }
    }

    /// Returns the policy of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// What a frozen manifest was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What a golden instance has, by its OCID.
    Instance(String),
    /// A list of packages, by the name of its file.
    List(String),
    /// Another release.
    Base {
        /// Its name.
        release: String,
        /// Its digest.
        digest: Digest,
        /// What is not as it is there, a line each.
        changed: Vec<String>,
    },
}

/// Where a frozen manifest comes from: what its header says besides the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The release's name.
    pub release: String,
    /// When the golden instance's packages were read.
    pub frozen_at: jiff::Timestamp,
    /// What it was made of.
    pub origin: Origin,
    /// Which of several kernels were taken, where that is known.
    pub kernel_policy: Option<KernelPolicy>,
    /// What was left out, and why, a line each.
    pub left_out: Vec<String>,
    /// The labels of module streams, as [`Streams::label_lines`](super::Streams::label_lines) has them.
    pub streams: Vec<String>,
    /// What people should know besides, a line each.
    pub notes: Vec<String>,
}

/// Tells a manifest from a mere list of packages: by its header, or by lines that only manifests have.
pub fn looks_like(text: &str) -> bool {
    let header = |line: &str| line.starts_with("# release: ") || line.starts_with("# digest: ");
    text.lines().take_while(|line| line.starts_with('#')).any(header)
        || text.lines().any(|line| line.starts_with("module ") || line.starts_with("key "))
}

impl Manifest {
    /// Reads a manifest, or says everything that is wrong with it. Whoever shows excerpts or checks packages by
    /// place uses [`read`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, Vec<Problem>> {
        let Reading { manifest, problems, .. } = read(text.as_ref());
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }

    /// Makes the manifest of a freeze: content as given, doubles dropped, with a header that says where it is from.
    pub fn frozen(
        provenance: &Provenance,
        packages: PackageSet,
        mut modules: Vec<String>,
        mut keys: Vec<String>,
    ) -> Self {
        for list in [&mut modules, &mut keys] {
            list.sort_unstable();
            list.dedup();
        }
        let mut manifest = Self { header: Vec::new(), packages, modules, keys };
        let Provenance { release, frozen_at, origin, kernel_policy, left_out, streams, notes } = provenance;
        let mut put = |key: &str, value: &str| {
            // A header line is one line, whatever a service wrote into a reason.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            manifest.header.push((key.to_owned(), value));
        };
        put("release", release);
        put("frozen at", &frozen_at.to_string());
        match origin {
            Origin::Instance(id) => put("golden instance", id),
            Origin::List(name) => put("list", name),
            Origin::Base { release, digest, changed } => {
                put("base", &format!("{release} {digest}"));
                for line in changed {
                    put("changed", line);
                }
            }
        }
        if let Some(policy) = kernel_policy {
            put("kernel policy", policy.word());
        }
        for line in left_out {
            put("left out", line);
        }
        for line in streams {
            put("stream", line);
        }
        for line in notes {
            put("note", line);
        }
        let digest = manifest.digest().to_string();
        manifest.header.insert(1, ("digest".to_owned(), digest));
        manifest
    }

    /// Returns the value of a header line; of a repeatable one, the first.
    pub fn header(&self, key: &str) -> Option<&str> {
        self.header.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Returns the name of the release that this one is a hotfix of, as its header says.
    pub fn base(&self) -> Option<&str> {
        self.header("base")?.split(' ').next()
    }

    /// Returns the values of a repeatable header line, in file order.
    pub fn headers<'m>(&'m self, key: &'m str) -> impl Iterator<Item = &'m str> {
        self.header.iter().filter(move |(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Returns the digest of the non-comment lines, sorted bytewise, each ended by LF.
    pub fn digest(&self) -> Digest {
        if self.modules.is_empty() && self.keys.is_empty() {
            return self.packages.digest();
        }
        Digest::of_lines(self.lines())
    }

    /// Returns the canonical text: the header in its order, then the sorted lines.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.header {
            text.extend(["# ", key, ": ", value, "\n"]);
        }
        for line in self.lines() {
            text.extend([&line, "\n"]);
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        let Self { header: _, packages, modules, keys } = self;
        let packages = packages.iter().map(|package| package.as_str().to_owned());
        let modules = modules.iter().map(|module| format!("module {module}"));
        let keys = keys.iter().map(|key| format!("key {key}"));
        let mut lines: Vec<String> = packages.chain(modules).chain(keys).collect();
        lines.sort_unstable();
        lines
    }
}

#[cfg(test)]
mod tests;
