//! How packages are spelled, which is not the same in all operations (osmh.md, section 2): a NEVRA inside, and what an
//! operation takes outside. And how the service calls systems.

use std::borrow::Cow;

use crate::cloud::CloudError;
use crate::package::Package;

/// Spells a package for a source: `N-E:V-R.A`, without an epoch of 0 `N-V-R.A`; both are documented for `addPackages`. A
/// bare name would add all versions.
pub(super) fn for_source(package: Package) -> &'static str {
    package.as_str()
}

/// Spells a package for `installPackages` of an instance: as Oracle's tests do, with the epoch where there is one, which
/// the tools on the instance understand.
pub(super) fn for_instance(package: Package) -> Cow<'static, str> {
    package.as_str().into()
}

/// Spells a package for `installPackages` of a group: the name of its file, which has no epoch, as Oracle's tests do.
pub(super) fn for_group(package: Package) -> Cow<'static, str> {
    format!("{}.rpm", without_epoch(package)).into()
}

fn without_epoch(package: Package) -> String {
    format!("{}-{}-{}.{}", package.name(), package.version(), package.release(), package.arch())
}

/// Reads what any operation takes: with or without an epoch, also an epoch of 0, with or without `.rpm`.
pub(super) fn read(text: &str) -> Option<Package> {
    let text = text.strip_suffix(".rpm").unwrap_or(text);
    Package::parse(text).or_else(|_| Package::parse(&text.replacen("-0:", "-", 1))).ok()
}

/// Returns the service's word for a system, as trains have it: `oracle-linux-8`.
pub(super) fn os_family(os: &str) -> String {
    os.replace('-', "_").to_ascii_uppercase()
}

/// Returns the service's word for an architecture, as rpm has it.
pub(super) fn arch_type(operation: &'static str, arch: &str) -> Result<&'static str, CloudError> {
    match arch {
        "x86_64" => Ok("X86_64"),
        "aarch64" => Ok("AARCH64"),
        "i686" => Ok("I686"),
        "i386" => Ok("I386"),
        other => {
            let reason =
                format!("the service has no architecture `{other}`; it has x86_64, aarch64 and i686");
            Err(CloudError::Unaskable { operation, reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_gets_its_own_spelling_and_all_are_read_back() {
        for (nevra, file) in [
            ("bash-4.4.20-5.el8.x86_64", "bash-4.4.20-5.el8.x86_64.rpm"),
            ("NetworkManager-1:1.40.0-5.0.3.el8_7.x86_64", "NetworkManager-1.40.0-5.0.3.el8_7.x86_64.rpm"),
        ] {
            let package = Package::parse(nevra).unwrap();
            assert_eq!(for_source(package), nevra);
            assert_eq!(for_instance(package), nevra);
            assert_eq!(for_group(package), file);
            assert_eq!(read(nevra), Some(package));
            assert_eq!(read(&format!("{nevra}.rpm")), Some(package));
        }
        let bash = Package::parse("bash-4.4.20-5.el8.x86_64").unwrap();
        assert_eq!(read("bash-0:4.4.20-5.el8.x86_64"), Some(bash));
        assert_eq!(read(&for_group(bash)), Some(bash));
        assert_eq!(read("bash"), None);
    }

    #[test]
    fn systems_have_the_services_words() {
        assert_eq!(os_family("oracle-linux-8"), "ORACLE_LINUX_8");
        assert_eq!(os_family("oracle-linux-10"), "ORACLE_LINUX_10");
        assert_eq!(arch_type("Op", "aarch64").unwrap(), "AARCH64");
        let error = arch_type("Op", "s390x").unwrap_err();
        assert!(error.to_string().contains("no architecture `s390x`"), "{error}");
    }
}
