//! Which package a row of a list means.
//!
//! The service's `name` is opaque, and nobody says whether it carries the epoch. So a row's package is made of
//! `displayName`, `version` and `architecture`; the epoch is taken from `name` where only that has it.

use super::wire::PackageRow;
use crate::package::{Arch, NevraError, Package};

/// Tells which package a row means. `buffer` is scratch space, kept between rows.
pub(super) fn package_of<S>(row: &PackageRow<'_, S>, buffer: &mut String) -> Result<Package, NevraError> {
    let (epoch, version) = match row.version.split_once(':') {
        Some((epoch, version)) => (Some(epoch), version),
        None => (epoch_in_name(row), &*row.version),
    };
    buffer.clear();
    buffer.push_str(&row.display_name);
    buffer.push('-');
    match epoch.map(|epoch| (epoch, epoch.trim_start_matches('0'))) {
        // No epoch, as a number and as rpm prints it.
        None | Some((_, "") | ("(none)", _)) => {}
        Some((_, epoch)) => {
            buffer.push_str(epoch);
            buffer.push(':');
        }
    }
    buffer.push_str(version);
    buffer.push('.');
    let start = buffer.len();
    buffer.push_str(architecture(row));
    // OSMH's models of what a source offers have rpm's words in capitals.
    buffer[start..].make_ascii_lowercase();
    Package::parse(buffer)
}

/// Tells which packages the rows of an erratum mean. Source packages and what cannot be told are passed over: errata
/// only inform.
pub(super) fn packages_of<S>(rows: Option<&Vec<PackageRow<'_, S>>>) -> Vec<Package> {
    let mut buffer = String::new();
    let mut packages: Vec<Package> =
        rows.into_iter().flatten().filter_map(|row| package_of(row, &mut buffer).ok()).collect();
    packages.retain(|package| package.arch() != Arch::None);
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// Finds the epoch in `name-EPOCH:version-release.arch` or `EPOCH:name-version-release.arch`.
fn epoch_in_name<'r, S>(row: &'r PackageRow<'_, S>) -> Option<&'r str> {
    let (before, _) = row.name.split_once(':')?;
    let epoch = match before.strip_prefix(&*row.display_name) {
        Some(rest) => rest.strip_prefix('-')?,
        None => before,
    };
    (!epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit())).then_some(epoch)
}

/// Returns the architecture, where the row lacks it the one its name ends in; `(none)` for trust keys. `OTHER` is OSMH's
/// word for one that its model has no word for.
fn architecture<'r, S>(row: &'r PackageRow<'_, S>) -> &'r str {
    match &row.architecture {
        Some(text) if !matches!(&*text.0, "" | "OTHER") => &text.0,
        _ => {
            let name = row.name.strip_suffix(".rpm").unwrap_or(&row.name);
            let word = name.rsplit_once('.').map_or("", |(_, word)| word);
            Arch::parse(word).map_or(Arch::None.as_str(), Arch::as_str)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(json: &str) -> String {
        let row: PackageRow<'_> = serde_json::from_str(json).unwrap();
        match package_of(&row, &mut String::new()) {
            Ok(package) => package.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    fn row(display_name: &str, name: &str, version: &str, architecture: &str) -> String {
        package(&format!(
            r#"{{"displayName":"{display_name}","name":"{name}","version":"{version}","type":"rpm",
                "architecture":"{architecture}"}}"#
        ))
    }

    #[test]
    fn a_row_means_one_package_however_the_service_spells_it() {
        let name = "NetworkManager";
        let whole = "NetworkManager-1:1.40.0-5.0.3.el8_7.x86_64";
        let bare = "NetworkManager-1.40.0-5.0.3.el8_7.x86_64";
        let first = "1:NetworkManager-1.40.0-5.0.3.el8_7.x86_64";
        for (spelled, version) in [
            (whole, "1:1.40.0-5.0.3.el8_7"),
            (bare, "1:1.40.0-5.0.3.el8_7"),
            (whole, "1.40.0-5.0.3.el8_7"),
            (first, "1.40.0-5.0.3.el8_7"),
            ("opaque", "01:1.40.0-5.0.3.el8_7"),
        ] {
            assert_eq!(row(name, spelled, version, "x86_64"), whole, "{spelled} {version}");
        }
        for version in ["1.40.0-5.0.3.el8_7", "0:1.40.0-5.0.3.el8_7", "(none):1.40.0-5.0.3.el8_7"] {
            assert_eq!(row(name, bare, version, "x86_64"), bare, "{version}");
        }
        assert_eq!(row("bash", "bash-0:4.4-1.x86_64", "4.4-1", "x86_64"), "bash-4.4-1.x86_64");
        assert_eq!(
            row("linux-firmware", "linux-firmware-999:20230516-999.26.noarch", "20230516-999.26", "noarch"),
            "linux-firmware-999:20230516-999.26.noarch"
        );
    }

    #[test]
    fn an_architecture_can_be_missing() {
        let key = "gpg-pubkey-fd431d51-4ae0493b";
        for architecture in ["", "(none)"] {
            assert_eq!(row("gpg-pubkey", key, "fd431d51-4ae0493b", architecture), format!("{key}.(none)"));
        }
        let without = |name: &str, version: &str| {
            package(&format!(
                r#"{{"displayName":"acl","name":"{name}","version":"{version}","architecture":null}}"#
            ))
        };
        assert_eq!(without("acl-2.2-1.x86_64", "2.2-1"), "acl-2.2-1.x86_64");
        assert_eq!(without("acl-2.2-1.el8", "2.2-1.el8"), "acl-2.2-1.el8.(none)");
    }

    #[test]
    fn what_is_no_package_is_an_error() {
        assert!(row("bash", "bash", "4.4", "x86_64").starts_with("error: `bash-4.4.x86_64` is not"));
        assert!(row("bash", "bash", "x:4.4-1", "x86_64").starts_with("error: "));
        assert!(row("bash", "bash", "4.4-1", "vax").contains("known architecture"));
    }
}
