//! Packages that are never removed, whatever a release holds: what dnf itself protects on Oracle Linux, and what an
//! instance needs to run, to be reached and to be patched. A release that lacks one of them says so in its plan.

use std::sync::LazyLock;

use crate::package::Pattern;

/// Name patterns (`*` at the end for any rest) and why such a package stays.
pub const PROTECTED: [(&str, &[&str]); 7] = [
    (
        "installs and removes packages",
        &[
            "dnf*",
            "yum*",
            "libdnf*",
            "librepo*",
            "libsolv*",
            "rpm",
            "rpm-*",
            "python3-dnf*",
            "python3-rpm",
            "python3-hawkey",
            "python3-libdnf*",
            "platform-python*",
            "python3-libs",
            "python36",
        ],
    ),
    (
        "everything else runs on it",
        &[
            "glibc",
            "glibc-*",
            "bash",
            "coreutils*",
            "filesystem",
            "setup",
            "basesystem",
            "systemd",
            "systemd-*",
            "dbus",
            "dbus-*",
            "util-linux*",
            "shadow-utils",
            "pam",
            "selinux-policy*",
        ],
    ),
    (
        "the instance boots with it",
        &["dracut*", "grub2*", "grubby", "shim*", "linux-firmware*", "lvm2*", "iscsi-initiator-utils*"],
    ),
    (
        "the instance is reached by it",
        &[
            "openssh",
            "openssh-*",
            "NetworkManager*",
            "dhcp-client*",
            "iproute",
            "firewalld*",
            "cloud-init",
            "chrony",
        ],
    ),
    ("somebody becomes root by it", &["sudo", "polkit*"]),
    (
        "the cloud reaches the instance by it",
        &[
            "oracle-cloud-agent*",
            "osms-agent*",
            "oci-utils*",
            "unified-monitoring-agent*",
            "ksplice*",
            "uptrack*",
        ],
    ),
    (
        "it says which system the instance is and where its packages come from",
        &["oraclelinux-release*", "oracle-*-release-el*", "redhat-release*", "ol*-release*", "gpg-pubkey"],
    ),
];

/// Tells why a package of this name is never removed; none where it may be.
pub fn protected(name: &str) -> Option<&'static str> {
    static PARSED: LazyLock<Vec<(Pattern, &'static str)>> = LazyLock::new(|| {
        let rows = PROTECTED.iter().flat_map(|(why, names)| names.iter().map(move |name| (name, *why)));
        rows.filter_map(|(name, why)| Some((Pattern::new(name).ok()?, why))).collect()
    });
    PARSED.iter().find(|(pattern, _)| pattern.matches(name)).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_instance_needs_is_protected_and_nothing_else() {
        for name in ["dnf", "dnf-data", "systemd", "systemd-udev", "glibc", "sudo", "openssh-server", "setup"]
        {
            assert!(protected(name).is_some(), "{name}");
        }
        for name in
            ["oracle-cloud-agent", "oraclelinux-release-el8", "oracle-epel-release-el8", "rpm", "yum-utils"]
        {
            assert!(protected(name).is_some(), "{name}");
        }
        for name in ["rpmlint", "httpd", "kernel-uek-core", "zsh", "sudo-python-plugin", "glibcx", "nodejs"] {
            assert_eq!(protected(name), None, "{name}");
        }
        let patterns = PROTECTED.iter().flat_map(|(_, names)| names.iter());
        assert!(patterns.clone().all(|name| Pattern::new(name).is_ok()));
    }
}
