//! Packages and what `uname -r` says: which kernel of several builds of one version it is that runs.
//!
//! A plain kernel says `version-release.arch`. Builds with other settings add a word of their own, behind a plus sign or, in
//! UEK and old kernels, behind a dot: `5.14.0-427.13.1.el9_4.aarch64+64k`, `5.15.0-209.161.7.el8uek.x86_64.debug`.

use super::Package;

/// The words that builds add, by what follows `kernel` in the names of their packages.
const BUILDS: [(&str, &str); 4] =
    [("kernel-uek64k", "64k"), ("kernel-64k", "64k"), ("kernel-rt", "rt"), ("kernel", "")];

impl Package {
    /// Spells its version as `uname -r` has that of a kernel: `version-release.arch`, without the word that its build may add.
    pub fn uname(self) -> String {
        format!("{}-{}.{}", self.version(), self.release(), self.arch())
    }

    /// Spells it with the word that a running kernel of the same name has behind its version.
    pub fn uname_like(self, same: Self, running: &str) -> String {
        let word = running.strip_prefix(same.uname().as_str()).unwrap_or_default();
        format!("{}{word}", self.uname())
    }

    /// Tells whether it is of a kernel, spelled as `uname -r` has it: of its version, and of its build.
    pub fn is_of_kernel(self, kernel: &str) -> bool {
        let rest = kernel.strip_prefix(self.version()).and_then(|rest| rest.strip_prefix('-'));
        let rest = rest.and_then(|rest| rest.strip_prefix(self.release()));
        let rest = rest.and_then(|rest| rest.strip_prefix('.'));
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(self.arch().as_str())) else { return false };
        let build = self.build();
        match rest.strip_prefix(['+', '.']) {
            Some(word) => word == build,
            None => rest.is_empty() && build.is_empty(),
        }
    }

    /// Returns the word that the build of an install-only package adds.
    fn build(self) -> String {
        let Some(kernel) = self.kernel() else { return String::new() };
        let rest = self.name().strip_prefix(kernel).unwrap_or_default();
        let known = BUILDS.iter().find(|(name, _)| *name == kernel);
        let mut words = vec![known.map_or("", |(_, word)| *word)];
        // Real-time kernels that say so in their release add no word for it.
        if words[0] == "rt" && self.release().split('.').any(|part| part.starts_with("rt")) {
            words[0] = "";
        }
        words.push(match rest {
            "-PAE" => "PAE",
            _ if rest == "-debug" || rest.starts_with("-debug-") => "debug",
            _ => "",
        });
        words.retain(|word| !word.is_empty());
        words.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_kernel_is_told_from_other_builds_of_its_version() {
        const VERSION: &str = "5.14.0-427.13.1.el9_4";
        const UEK: &str = "5.15.0-209.161.7.el9uek";
        const RT: &str = "4.18.0-553.rt7.342.el8_10";
        // A package, and what may run where it is of that; nothing else of its version is.
        let table: [(&str, &str, &[&str]); 19] = [
            ("kernel", VERSION, &["x86_64"]),
            ("kernel-core", VERSION, &["x86_64"]),
            ("kernel-modules-extra", VERSION, &["x86_64"]),
            ("kernel-debug", VERSION, &["x86_64+debug", "x86_64.debug"]),
            ("kernel-debug-core", VERSION, &["x86_64+debug", "x86_64.debug"]),
            ("kernel-debug-modules-extra", VERSION, &["x86_64+debug", "x86_64.debug"]),
            ("kernel-64k", VERSION, &["aarch64+64k", "aarch64.64k"]),
            ("kernel-64k-core", VERSION, &["aarch64+64k", "aarch64.64k"]),
            ("kernel-64k-modules", VERSION, &["aarch64+64k", "aarch64.64k"]),
            ("kernel-64k-debug-core", VERSION, &["aarch64+64k-debug", "aarch64.64k-debug"]),
            ("kernel-rt-core", VERSION, &["x86_64+rt", "x86_64.rt"]),
            ("kernel-rt-debug-core", VERSION, &["x86_64+rt-debug", "x86_64.rt-debug"]),
            ("kernel-rt-core", RT, &["x86_64"]),
            ("kernel-rt-debug-core", RT, &["x86_64+debug", "x86_64.debug"]),
            ("kernel-uek", UEK, &["aarch64"]),
            ("kernel-uek-core", UEK, &["aarch64"]),
            ("kernel-uek-debug-core", UEK, &["aarch64+debug", "aarch64.debug"]),
            ("kernel-uek64k-core", UEK, &["aarch64+64k", "aarch64.64k"]),
            ("kernel-PAE", VERSION, &["i686+PAE", "i686.PAE"]),
        ];
        let words = ["", "debug", "64k", "64k-debug", "rt", "rt-debug", "PAE", "other"];
        for (name, version, runs) in table {
            let arch = runs[0].split(['+', '.']).next().unwrap();
            let package = Package::parse(&format!("{name}-{version}.{arch}")).unwrap();
            assert!(package.is_install_only(), "{package}");
            let spelled = words.iter().flat_map(|word| match *word {
                "" => vec![arch.to_owned()],
                word => vec![format!("{arch}+{word}"), format!("{arch}.{word}")],
            });
            let of: Vec<String> =
                spelled.filter(|word| package.is_of_kernel(&format!("{version}.{word}"))).collect();
            assert_eq!(of, runs, "{package}");
            for other in
                [format!("{version}x.{}", runs[0]), format!("6.{version}.{}", runs[0]), version.to_owned()]
            {
                assert!(!package.is_of_kernel(&other), "{package} {other}");
            }
        }
    }

    #[test]
    fn the_next_kernel_of_a_build_is_spelled_as_that_which_runs() {
        let kernel = |version: &str| Package::parse(&format!("kernel-64k-core-{version}.aarch64")).unwrap();
        let (old, new) = (kernel("5.14.0-1.el9"), kernel("5.14.0-2.el9"));
        assert_eq!(new.uname_like(old, "5.14.0-1.el9.aarch64+64k"), "5.14.0-2.el9.aarch64+64k");
        assert_eq!(new.uname_like(old, "5.14.0-1.el9.aarch64"), "5.14.0-2.el9.aarch64");
        assert!(new.is_of_kernel(&new.uname_like(old, "5.14.0-1.el9.aarch64+64k")));
    }
}
