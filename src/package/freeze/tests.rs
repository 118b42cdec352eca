//! Tests of what a freeze takes, leaves out and says.

use super::*;
use crate::package::ModuleStream;

fn set(nevras: &[&str]) -> PackageSet {
    nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

fn stream(module: &str, stream: &str, status: StreamStatus, nevras: &[&str]) -> StreamContents {
    let stream = ModuleStream { module: module.into(), stream: stream.into(), status };
    StreamContents { stream, packages: set(nevras) }
}

fn provenance() -> Provenance {
    Provenance {
        release: "GL1".to_owned(),
        frozen_at: jiff::Timestamp::UNIX_EPOCH,
        origin: manifest::Origin::Instance("ocid1.instance.oc1..gold".to_owned()),
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    }
}

fn frozen(
    installed: &[&str],
    unsourced: &[&str],
    streams: &[StreamContents],
    running: Option<&str>,
) -> Frozen {
    let (installed, unsourced) = (set(installed), set(unsourced));
    let golden = Golden {
        installed: &installed,
        unsourced: &unsourced,
        streams,
        running_kernel: running,
        reboot_required: running.is_some(),
    };
    let unmanaged = [Pattern::new("gpg-pubkey*").unwrap(), Pattern::new("agent*").unwrap()];
    let keys = ["82562ea9-5c1c5e1a".to_owned()];
    let previous = running.map(|_| Previous { release: "GL0", keys: &keys });
    let choices = Choices { unmanaged: &unmanaged, kernels: KernelPolicy::Newest, previous };
    let frozen = freeze(&golden, &choices, provenance());
    let text = frozen.manifest.to_text();
    assert_eq!(Manifest::parse(&text).as_ref(), Ok(&frozen.manifest), "{text}");
    frozen
}

#[test]
fn what_is_left_out_is_named_with_its_reason() {
    let installed = [
        "bash-4.4.20-5.el8.x86_64",
        "agent-1-1.el8.x86_64",
        "own-tool-1-1.noarch",
        "gpg-pubkey-ad986da3-5cabf60d.(none)",
        "gpg-pubkey-strange-1.(none)",
        "oddity-1-1.(none)",
    ];
    let found = frozen(&installed, &["agent-1-1.el8.x86_64", "own-tool-1-1.noarch"], &[], None);
    assert_eq!(
        found.manifest.to_text(),
        format!(
            "# release: GL1\n# digest: {}\n# frozen at: 1970-01-01T00:00:00Z\n\
             # golden instance: ocid1.instance.oc1..gold\n# kernel policy: newest\n\
             # left out: agent-1-1.el8.x86_64 (unmanaged: `agent*`)\n\
             # left out: gpg-pubkey-strange-1.(none) (unmanaged: `gpg-pubkey*`)\n\
             # left out: oddity-1-1.(none) (it has no architecture)\n\
             # left out: own-tool-1-1.noarch (no software source provides it)\n\
             bash-4.4.20-5.el8.x86_64\nkey ad986da3-5cabf60d\n",
            found.manifest.digest()
        )
    );
    assert_eq!(found.left_out.len(), 4);
}

#[test]
fn streams_are_recorded_by_choice_or_by_use() {
    let perl = "perl-libs-5.26.3-422.module+el8.6.0+20623+f0897f98.x86_64";
    let httpd = "httpd-2.4.37-64.module+el8.9.0+90351+fe86acd6.x86_64";
    let lost = "ruby-libs-2.5.9-111.module+el8.9.0+90115+a2c7a33e.x86_64";
    let streams = [
        stream("perl", "5.26", StreamStatus::Active, &[perl]),
        stream("httpd", "2.4", StreamStatus::Enabled, &[httpd]),
        stream("nodejs", "18", StreamStatus::Enabled, &[]),
        stream("php", "7.2", StreamStatus::Active, &["php-7.2.1-1.module+el8.1.0+1+a.x86_64"]),
        stream("a b", "1", StreamStatus::Enabled, &[]),
    ];
    let found = frozen(&[perl, httpd, lost, "bash-4.4.20-5.el8.x86_64"], &[], &streams, None);
    assert_eq!(found.manifest.modules, ["httpd:2.4", "nodejs:18", "perl:5.26"]);
    // Services name a stream without its build: its packages' labels are what tells them later.
    let labels: Vec<&str> = found.manifest.headers("stream").collect();
    assert_eq!(labels, ["httpd:2.4 fe86acd6", "perl:5.26 f0897f98"]);
    assert_eq!(found.streamless, [Package::parse(lost).unwrap()]);
    let note = format!("the module stream of {lost} is not known");
    assert_eq!(found.manifest.header("note"), Some(&*note));
}

#[test]
fn what_was_decided_is_said_in_the_header() {
    let installed = [
        "glibc-2.28-1.el8.i686",
        "glibc-2.28-2.el8.x86_64",
        "gpg-pubkey-ad986da3-5cabf60d.(none)",
        "kernel-uek-5.15.0-1.el8uek.x86_64",
        "kernel-uek-5.15.0-2.el8uek.x86_64",
        "zlib-1.2.11-1.el8.i686",
        "zlib-1.2.11-1.el8.x86_64",
    ];
    let found = frozen(&installed, &[], &[], Some("5.15.0-1.el8uek.x86_64"));
    let notes: Vec<&str> = found
        .manifest
        .header
        .iter()
        .filter(|(key, _)| key == "note")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "a reboot was pending: what is frozen had not all run yet",
            "kernel 5.15.0-1.el8uek.x86_64 ran, and kernel-uek-5.15.0-2.el8uek.x86_64 is newer: the newest is taken",
            "two architectures of one name differ, and are taken as they are: glibc-2.28-1.el8.i686, \
             glibc-2.28-2.el8.x86_64",
            "new trust key: ad986da3-5cabf60d (GL0 does not have it)",
            "trust key gone: 82562ea9-5c1c5e1a (GL0 has it)",
        ]
    );
    assert_eq!(found.twins, [set(&installed[..2]).as_slice()]);
    assert_eq!(found.several, [[]; 0]);
    let left_out: Vec<String> = found.left_out.iter().map(LeftOut::to_string).collect();
    assert_eq!(left_out, [format!("{} (kernel policy newest: {} is newer)", installed[3], installed[4])]);
}
