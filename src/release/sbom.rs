//! A release as a software bill of materials: CycloneDX 1.6, the same text for the same release. No clock and no chance:
//! the serial number comes out of the digest, the time is that of the freeze.

use serde::Serialize;

use super::timeline::frozen_at;
use crate::package::{Arch, Digest, Package, Streams};
use crate::train::{Release, Train};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component>,
    dependencies: Vec<Depends>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    tools: Tools,
    component: Subject<'a>,
}

#[derive(Serialize)]
struct Tools {
    components: [Tool; 1],
}

#[derive(Serialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'static str,
}

/// The release itself.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Subject<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    bom_ref: String,
    name: &'a str,
    version: &'a str,
    properties: Vec<Property>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    bom_ref: String,
    name: &'static str,
    version: &'static str,
    purl: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Depends {
    #[serde(rename = "ref")]
    of: String,
    depends_on: Vec<String>,
}

/// Writes the bill of materials of a release.
pub fn sbom(train: &Train, release: &Release) -> String {
    let Release { name, manifest_path: _, manifest, digest, line: _, retired: _ } = release;
    let streams = Streams::of_manifest(manifest);
    let distro = distro(&train.os);
    let components: Vec<Component> =
        manifest.packages.iter().map(|package| component(package, &distro, &streams)).collect();
    let subject = format!("{}/{name}", train.name);
    let property = |name: &'static str, value: String| Property { name, value };
    let mut properties = vec![
        property("patchtrain:digest", digest.to_string()),
        property("patchtrain:os", train.os.clone()),
        property("patchtrain:architecture", train.architecture.clone()),
    ];
    properties.extend(manifest.modules.iter().map(|module| property("patchtrain:module", module.clone())));
    properties.extend(manifest.keys.iter().map(|key| property("patchtrain:key", key.clone())));
    let contains = components.iter().map(|component| component.bom_ref.clone()).collect();
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", uuid(train.name.as_str(), name.as_str(), *digest)),
        version: 1,
        metadata: Metadata {
            timestamp: frozen_at(release).map(|at| at.to_string()),
            tools: Tools {
                components: [Tool {
                    kind: "application",
                    name: "patchtrain",
                    version: env!("CARGO_PKG_VERSION"),
                }],
            },
            component: Subject {
                kind: "operating-system",
                bom_ref: subject.clone(),
                name: train.name.as_str(),
                version: name.as_str(),
                properties,
            },
        },
        components,
        dependencies: vec![Depends { of: subject, depends_on: contains }],
    };
    // Plain strings and numbers: it cannot fail, and a document that says so is better than a panic.
    let mut text = serde_json::to_string_pretty(&bom).unwrap_or_else(|error| format!("\"{error}\""));
    text.push('\n');
    text
}

fn component(package: Package, distro: &str, streams: &Streams) -> Component {
    let stream = streams.of(package);
    let properties = stream.map(|stream| Property { name: "patchtrain:module", value: stream.to_owned() });
    Component {
        kind: "library",
        bom_ref: package.as_str().to_owned(),
        name: package.name(),
        version: package.evr(),
        purl: purl(package, distro, stream),
        properties: properties.into_iter().collect(),
    }
}

/// Returns what purls call an operating system: `oracle-8` for `oracle-linux-8`.
fn distro(os: &str) -> String {
    os.replacen("-linux-", "-", 1)
}

/// Writes a package URL, qualifiers in the order of their names: the epoch is one of them, and so is the module stream,
/// as `rpmmod`.
pub fn purl(package: Package, distro: &str, stream: Option<&str>) -> String {
    let mut purl = String::from("pkg:rpm/oracle/");
    encode(&mut purl, package.name());
    purl.push('@');
    encode(&mut purl, package.version());
    purl.push('-');
    encode(&mut purl, package.release());
    purl.push('?');
    let mut qualifiers = Vec::new();
    if package.arch() != Arch::None {
        qualifiers.push(("arch", package.arch().as_str().to_owned()));
    }
    qualifiers.push(("distro", distro.to_owned()));
    if package.epoch() > 0 {
        qualifiers.push(("epoch", package.epoch().to_string()));
    }
    if let Some(stream) = stream {
        qualifiers.push(("rpmmod", stream.to_owned()));
    }
    for (at, (key, value)) in qualifiers.iter().enumerate() {
        purl.push_str(if at == 0 { "" } else { "&" });
        purl.push_str(key);
        purl.push('=');
        encode(&mut purl, value);
    }
    purl
}

/// Encodes a part of a package URL: all but letters, digits, `.`, `-`, `_`, `~` and `:`.
fn encode(into: &mut String, text: &str) {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');
    into.extend(utf8_percent_encode(text, KEPT));
}

/// Makes a UUID of version 8, whose bits are ours to choose: those of a digest over what the release is.
fn uuid(train: &str, release: &str, digest: Digest) -> String {
    let digest = digest.to_string();
    let whole = Digest::of_lines([train, release, digest.as_str()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&whole.as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn purls_keep_epoch_architecture_distribution_and_module() {
        let purl = |text, stream| purl(Package::parse(text).unwrap(), "oracle-8", stream);
        assert_eq!(
            purl("curl-7.61.1-34.el8.x86_64", None),
            "pkg:rpm/oracle/curl@7.61.1-34.el8?arch=x86_64&distro=oracle-8"
        );
        assert_eq!(
            purl("linux-firmware-999:20230516-999.26.el8.noarch", None),
            "pkg:rpm/oracle/linux-firmware@20230516-999.26.el8?arch=noarch&distro=oracle-8&epoch=999"
        );
        assert_eq!(
            purl("libstdc++-8.5.0-1.module+el8^2.i686", Some("gcc:8")),
            "pkg:rpm/oracle/libstdc%2B%2B@8.5.0-1.module%2Bel8%5E2?arch=i686&distro=oracle-8&rpmmod=gcc:8"
        );
    }

    #[test]
    fn the_same_release_is_the_same_text_and_another_has_another_number() {
        let manifest =
            "# release: GL1\n# frozen at: 2026-04-30T08:00:00Z\nbash-4.4.19-1.el8.x86_64\nkey 82562ea9\n";
        let train = sample::train(&[("GL1", manifest), ("GL2", "bash-4.4.19-1.el8.x86_64\n")], "");
        let [one, two] = [0, 1].map(|at| sbom(&train, &train.releases[at]));
        assert_eq!(one, sbom(&train, &train.releases[0]));
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let (one, two) = (read(&one), read(&two));
        assert_ne!(one["serialNumber"], two["serialNumber"]);
        assert_eq!(one["metadata"]["timestamp"], "2026-04-30T08:00:00Z");
        assert!(two["metadata"].get("timestamp").is_none());
        assert_eq!(one["components"][0]["bom-ref"], "bash-4.4.19-1.el8.x86_64");
        let number = one["serialNumber"].as_str().unwrap();
        let version = number.strip_prefix("urn:uuid:").unwrap().chars().nth(14);
        assert_eq!((number.len(), version), (45, Some('8')));
    }
}
