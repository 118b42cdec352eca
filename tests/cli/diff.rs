//! `patchtrain diff`: any two sides, offline where nothing is in the service; advisories from files and the service.

use std::path::Path;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use crate::support::Workspace;

const UPDATEINFO: &str = r#"<updates>
<update type="security" status="final"><id>ELSA-2099-0001</id><title>curl security update</title>
<severity>Important</severity><issued date="2099-01-02"/>
<references><reference type="cve" id="CVE-2099-0001"/><reference type="cve" id="CVE-2099-0002"/></references>
<pkglist><collection><package name="curl" version="7.61.1" release="34.el8_10.1" arch="x86_64"/></collection></pkglist>
</update>
<update type="security" status="final"><id>ELSA-2099-0002</id><title>bash security update</title>
<severity>Critical</severity><references><reference type="cve" id="CVE-2099-0003"/></references>
<pkglist><collection><package name="bash" version="9" release="1.el8" arch="x86_64"/></collection></pkglist>
</update>
<update type="security" status="final"><id>ELSA-2099-0003</id><title>of another system</title>
<pkglist><collection><package name="bash" version="99" release="1.el9" arch="x86_64"/></collection></pkglist>
</update>
</updates>
"#;

#[test]
fn two_releases_are_compared_offline_with_what_a_file_of_advisories_says() {
    let workspace = Workspace::quickstart(&[]);
    let same = workspace.run(&["diff", "GL1", "GL1"]).expect(exit::DONE);
    assert!(same.stdout.contains("no difference"), "{}", same.stdout);
    workspace.write("updateinfo.xml", UPDATEINFO);
    let diff = ["diff", "GL1", "GL1.1", "--advisories", "updateinfo.xml"];
    let shown = workspace.run(&diff).expect(exit::DIFFERENT);
    let verdict = "closes 2 of 3 CVEs open in GL1; 1 remains, fixed only upstream";
    assert_eq!(shown.stdout.matches(verdict).count(), 2, "{}", shown.stdout);
    assert!(shown.stdout.contains("- important ELSA-2099-0001: curl security update"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("another system"), "{}", shown.stdout);
    assert!(shown.stderr.contains("updateinfo.xml (updateinfo.xml): 3 advisories"), "{}", shown.stderr);

    // Back is the other way round.
    let back = workspace.run(&["diff", "GL1.1", "GL1", "--advisories", "updateinfo.xml"]);
    let back = back.expect(exit::DIFFERENT).stdout;
    let words: Vec<&str> = back.split_whitespace().collect();
    assert!(words.join(" ").contains("1 remains, fixed only upstream; opens 2 more in GL1"), "{back}");

    let markdown =
        workspace.run(&[&diff[..], &["--format", "markdown"]].concat()).expect(exit::DIFFERENT).stdout;
    assert!(
        markdown.contains("[CVE-2099-0001](https://linux.oracle.com/cve/CVE-2099-0001.html)"),
        "{markdown}"
    );
    let json = workspace.run(&[&diff[..], &["--format", "json"]].concat()).expect(exit::DIFFERENT).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["advisories"]["asked"], 3);
    assert_eq!(json["advisories"]["closed"][0]["packages"][0]["becomes"], "curl-7.61.1-34.el8_10.2.x86_64");
    assert_eq!(json["advisories"]["cves"]["remaining"][0], "CVE-2099-0003");

    // Only what is known to be older is left out.
    let since = workspace.run(&[&diff[..], &["--advisories-since", "2099-06-01"]].concat());
    let since = since.expect(exit::DIFFERENT).stdout;
    assert!(since.contains("closes 0 of 1 CVE open in GL1"), "{since}");
}

/// Whatever is in the service can be a side: a source of ours or the vendor's, an instance, a group.
fn sides_are_in_the_service(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let diff = |old: &str, new: &str, code: u8| {
        let shown = workspace.run(&["diff", old, new, "--summary"]).expect(code).stdout;
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for source in ["service:great-linux/GL1", "service:GL1"] {
        let same = diff("GL1", source, exit::DONE);
        assert!(same.contains("no difference"), "{same}");
    }
    // A group is all of its members: what any of them has.
    let canary = diff("GL1", "canary", exit::DIFFERENT);
    assert!(canary.starts_with("GL1 -> group.canary: "), "{canary}");
    let one = diff("GL1", "web-01", exit::DIFFERENT);
    assert!(one.starts_with("GL1 -> web-01: "), "{one}");
    // Whatever was ever released lies in the vendor's source, not kernels alone. OS Management keeps those elsewhere than in
    // the train's compartment, where it is not asked for them by name.
    if api == Api::Osmh {
        let vendors = diff("GL1", "service:ol8_baseos_latest-x86_64", exit::DIFFERENT);
        assert!(vendors.contains(" with several versions;"), "{vendors}");
    }
    let missing = workspace.run(&["diff", "GL1", "service:nothing"]).expect(exit::USAGE).stderr;
    assert!(missing.contains("nothing"), "{missing}");
}

#[test]
fn a_side_can_be_in_os_management() {
    sides_are_in_the_service(Api::Osms);
}

#[test]
fn a_side_can_be_in_os_management_hub() {
    sides_are_in_the_service(Api::Osmh);
}

#[test]
fn manifests_are_compared_line_by_line_where_lines_are_what_matters() {
    let workspace = Workspace::quickstart(&[]);
    workspace.write("a.packages", "bash-1-1.el8.x86_64\nzlib-1-1.el8.x86_64\n");
    workspace.write("b.packages", "bash-1-1.el8.x86_64\nzlib-2-1.el8.x86_64\n");
    let lines =
        workspace.run(&["diff", "a.packages", "b.packages", "--lines"]).expect(exit::DIFFERENT).stdout;
    let changed: Vec<&str> = lines.lines().filter(|line| line.contains("zlib")).map(str::trim).collect();
    assert!(changed[0].starts_with('-') && changed[0].ends_with("zlib-1-1.el8.x86_64"), "{lines}");
    assert!(changed[1].starts_with('+') && changed[1].ends_with("zlib-2-1.el8.x86_64"), "{lines}");
    let headers = workspace.run(&["diff", "GL1", "GL1.1", "--lines"]).expect(exit::DIFFERENT).stdout;
    assert!(headers.contains("# digest:"), "a manifest's header is of its lines: {headers}");
    workspace.run(&["diff", "GL1", "GL1", "--lines"]).expect(exit::DONE);
    workspace.run(&["diff", "GL1", "web-01", "--lines"]).expect(exit::USAGE);
}

#[test]
fn errata_of_os_management_tell_what_an_instance_gains() {
    the_services_errata_tell_what_an_instance_gains(Api::Osms);
}

#[test]
fn errata_of_os_management_hub_tell_what_an_instance_gains() {
    the_services_errata_tell_what_an_instance_gains(Api::Osmh);
}

fn the_services_errata_tell_what_an_instance_gains(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    for (old, new) in [("GL1", "GL1.1"), ("web-01", "GL1.1")] {
        let since = ["--advisories-since", "2025-11-01"];
        let shown = workspace
            .run(&[&["diff", old, new, "--summary", "--advisories", "service"][..], &since].concat());
        let shown = shown.expect(exit::DIFFERENT);
        assert!(shown.stdout.contains(&format!("CVEs open in {old}")), "{}", shown.stdout);
        assert!(!shown.stdout.contains("Of 0 advisories"), "{}", shown.stdout);
        assert!(shown.stderr.contains("Read errata: "), "{}", shown.stderr);
    }
    // Errata have a train's service; two files have none.
    let bare = Workspace::empty();
    for file in ["a.packages", "b.packages"] {
        bare.write(file, "bash-1-1.el8.x86_64\n");
    }
    let files = ["diff", "a.packages", "b.packages"];
    bare.run(&files).expect(exit::DONE);
    let refused = bare.run(&[&files[..], &["--advisories", "service"]].concat());
    assert_ne!(refused.code, Some(i32::from(exit::DONE)), "{}", refused.stderr);
}

#[test]
fn a_plan_says_what_its_moves_close_and_which_releases_are_flagged() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    workspace.bind(&["canary"]);
    let withdrawn = UPDATEINFO.replace(
        "</updates>",
        r#"<update type="bugfix" status="final"><id>ELBA-2099-0004</id><title>RETRACTED: curl bug fix update</title>
<pkglist><collection><package name="curl" version="7.61.1" release="34.el8_10.2" arch="x86_64"/></collection></pkglist>
</update></updates>"#,
    );
    workspace.write("updateinfo.xml", &withdrawn);
    let plain = workspace.run(&["plan", "--out", "plain.plan"]).expect(exit::DONE).stdout;
    assert!(!plain.contains("CVE"), "{plain}");
    let plan = ["plan", "--advisories", "updateinfo.xml", "--out", "judged.plan"];
    let judged = workspace.run(&plan).expect(exit::DONE).stdout;
    assert!(judged.contains("closes 2 of 3 CVEs open in GL1; 1 remains, fixed only upstream"), "{judged}");
    assert!(judged.contains("ELBA-2099-0004 was withdrawn by the vendor"), "{judged}");
    // It stands in the plan: whoever shows it later needs no file.
    let shown = workspace.run(&["show", "judged.plan"]).expect(exit::DONE).stdout;
    assert!(shown.contains("closes 2 of 3 CVEs open in GL1"), "{shown}");
    let read = |file: &str| -> Value { serde_json::from_slice(&workspace.files()[Path::new(file)]).unwrap() };
    let (plain, judged) = (read("plain.plan"), read("judged.plan"));
    assert_eq!(plain["steps"], judged["steps"], "advisories decide nothing");
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_out() {
    let workspace = Workspace::quickstart(&[]);
    let missing = workspace.run(&["diff", "GL1", "GL1.1", "--advisories", "no.xml"]).expect(exit::ERROR);
    assert!(missing.stderr.contains("cannot open `no.xml`"), "{}", missing.stderr);
    workspace.write("cut.xml", "<updates>\n<update>");
    let cut = workspace.run(&["diff", "GL1", "GL1.1", "--advisories", "cut.xml"]).expect(exit::ERROR);
    assert!(cut.stderr.contains("line 2") && cut.stderr.contains("fetch it again"), "{}", cut.stderr);
    let day = workspace.run(&["diff", "GL1", "GL1.1", "--advisories", "x", "--advisories-since", "soon"]);
    assert!(day.expect(exit::USAGE).stderr.contains("2026-10-01"));
    let unknown = workspace.run(&["diff", "GL1", "GL9"]);
    assert!(unknown.stderr.contains("GL9"), "{}", unknown.stderr);
}

#[test]
fn a_side_is_asked_only_for_what_it_tells() {
    let workspace = Workspace::quickstart(&[]);
    let manifest =
        String::from_utf8(workspace.files()[Path::new("trains/great-linux/GL1.packages")].clone()).unwrap();
    let is_package = |line: &&str| !line.starts_with(['#']) && !line.contains(' ');
    let packages: Vec<&str> = manifest.lines().filter(is_package).collect();
    assert!(packages.len() < manifest.lines().filter(|line| !line.starts_with('#')).count(), "{manifest}");
    // A list has neither streams nor keys, and a manifest without its header has both.
    workspace.write("list.txt", &(packages.join("\n") + "\n"));
    let same = workspace.run(&["diff", "GL1", "list.txt"]).expect(exit::DONE);
    assert!(same.stdout.contains("no difference") && !same.stderr.contains("epoch"), "{}", same.stderr);
    let bare: String =
        manifest.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    workspace.write("bare.txt", &bare);
    workspace.run(&["diff", "GL1", "bare.txt"]).expect(exit::DONE);
    workspace.write("other.txt", &bare.replace("\nkey ", "\nkey 0").replace("\nmodule ", "\nmodule x"));
    assert_ne!(workspace.run(&["diff", "GL1", "other.txt"]).code, Some(i32::from(exit::DONE)));
    // What plain `rpm -qa` prints.
    let without: Vec<String> = packages
        .iter()
        .map(|line| match line.split_once(':') {
            Some((head, tail)) => format!("{}-{tail}", head.rsplit_once('-').unwrap().0),
            None => (*line).to_owned(),
        })
        .collect();
    workspace.write("plain.txt", &(without.join("\n") + "\n"));
    let warned = workspace.run(&["diff", "GL1", "plain.txt"]).expect(exit::DIFFERENT);
    for part in ["warning: no line of plain.txt has an epoch", "--qf '%{NEVRA}\\n'"] {
        assert!(warned.stderr.contains(part), "no `{part}` in {}", warned.stderr);
    }
}

#[test]
fn an_instance_that_has_what_its_release_holds_is_the_same() {
    let workspace = Workspace::quickstart(&[]);
    let same = workspace.run(&["diff", "GL1", "golden-01"]).expect(exit::DONE).stdout;
    for part in ["no difference", "540 packages (3 unmanaged left out)"] {
        assert!(same.contains(part), "no `{part}` in {same}");
    }
    // Trust keys that are listed like packages are keys.
    let shown = workspace.run(&["diff", "GL1", "web-01"]).expect(exit::DIFFERENT).stdout;
    for part in ["gpg-pubkey", "oracle-cloud-agent", "unified-monitoring-agent"] {
        assert!(!shown.contains(part), "`{part}` in {shown}");
    }
}
