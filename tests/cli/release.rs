//! `patchtrain release`: the timeline, one release, whether releases are the same everywhere and can be installed, and
//! their bill of materials.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use patchtrain::package::Digest;

use super::readme::hold;
use crate::support::Workspace;

const TRAIN: &str = r#"
[train]
name         = "t"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "ocid1.compartment.oc1..aaaa"

[service]
api       = "osms"
endpoints = { osms = "simulator" }

[[release]]
name     = "GL1"
manifest = "t/GL1.packages"

[[release]]
name     = "GL2"
manifest = "t/GL2.packages"

[[group]]
name    = "web"
release = "GL1"
members = ["ocid1.instance.oc1..b"]
"#;

const GL1: &str = "# release: GL1\n# frozen at: 2026-05-01T08:00:00Z\n# left out: agent-1-1.x86_64 (unmanaged)\n\
    app-1-1.x86_64\nkernel-core-4.18-1.x86_64\nkey 82562ea9\nlib-1:2-1.x86_64\n";
const GL2: &str = "app-2-1.x86_64\nkernel-core-4.18-1.x86_64\nkernel-core-4.18-2.x86_64\nlib-1:2-1.x86_64\n";

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    workspace.write("trains/t/GL1.packages", GL1);
    workspace.write("trains/t/GL2.packages", GL2);
    workspace
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn the_timeline_and_one_release_are_told_offline() {
    let workspace = workspace();
    let before = workspace.files();
    let text = workspace.run(&["release", "list"]).expect(exit::DONE).stdout;
    has(
        &text,
        &[
            "Train t   2 releases   never applied",
            "GL1   3 packages",
            "frozen 2026-05-01 08:00Z",
            "no source yet",
        ],
    );
    has(&text, &["~ 1 upgraded, 1 with several versions (kernels)", "= web: bound, not applied yet"]);
    let markdown = workspace.run(&["release", "list", "--format", "markdown"]).expect(exit::DONE).stdout;
    has(&markdown, &["## Releases of t", "| GL1 | 2026-05-01 08:00Z |"]);
    let json = workspace.run(&["release", "list", "--format", "json"]).expect(exit::DONE).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["trains"][0]["releases"][1]["change"]["upgraded"], 1);
    assert_eq!(json["trains"][0]["releases"][0]["riders"][0]["bound"], true);
    let show = workspace.run(&["release", "show", "GL1"]).expect(exit::DONE).stdout;
    has(
        &show,
        &[
            "Left out (1)",
            "agent-1-1.x86_64 (unmanaged)",
            "Trust keys (1)",
            "3 packages of 3 names: 3 x86_64",
        ],
    );
    has(&show, &["lib-1:2-1.x86_64"]);
    let unknown = workspace.run(&["release", "show", "GL3"]).expect(exit::USAGE).stderr;
    has(&unknown, &["no release `GL3`", "did you mean `GL1`?"]);
    assert_eq!(workspace.files(), before);
}

#[test]
fn withdrawn_advisories_flag_a_release_and_change_nothing() {
    let workspace = workspace();
    let package = r#"<pkglist><collection><package name="app" epoch="0" version="2" release="1" arch="x86_64"/></collection></pkglist>"#;
    let update = format!(
        r#"<updates><update type="security" status="retracted"><id>ELSA-1</id><title>app</title>{package}</update></updates>"#
    );
    workspace.write("u.xml", &update);
    let list = workspace.run(&["release", "list", "--advisories", "u.xml"]).expect(exit::DONE);
    has(&list.stdout, &["GL2: ELSA-1", "app-2-1.x86_64"]);
    let verify =
        workspace.run(&["release", "verify", "--offline", "--advisories", "u.xml"]).expect(exit::DONE);
    has(&verify.stdout, &["GL2: agrees", "GL2: ELSA-1", "the service was not asked"]);
    workspace.run(&["release", "list", "--advisories", "service"]).expect(exit::USAGE);
}

fn releases_are_compared_with_state_and_service(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let fresh = workspace.run(&["release", "verify", "GL1.1"]).expect(exit::DONE).stdout;
    has(&fresh, &["GL1.1: agrees", "no source of it yet"]);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let good = workspace.run(&["release", "verify"]).expect(exit::DONE).stdout;
    has(&good, &["GL1: agrees", "the state, the source's tags, the source's packages"]);
    let list = workspace.run(&["release", "list"]).expect(exit::DONE).stdout;
    has(
        &list,
        &["state serial 1", "source proven ", "= canary: since ", "3 of 3 instances at level, all since "],
    );
    // Somebody changes a release that is out.
    let path = workspace.path().join("trains/great-linux/GL1.packages");
    let text = fs::read_to_string(&path).unwrap();
    let changed: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("zip-") && !line.starts_with("# digest: ")).collect();
    assert!(changed.len() < text.lines().count());
    fs::write(&path, changed.join("\n") + "\n").unwrap();
    let bad = workspace.run(&["release", "verify", "GL1"]).expect(exit::DIFFERENT).stdout;
    has(
        &bad,
        &[
            "GL1: 3 differences",
            "another digest on record",
            "tag `digest` says",
            "holds other packages",
            "zip.x86_64",
        ],
    );
    let offline = workspace.run(&["release", "verify", "GL1", "--offline"]).expect(exit::DIFFERENT).stdout;
    has(&offline, &["GL1: 1 difference", "the service was not asked"]);
}

#[test]
fn releases_are_the_same_everywhere_until_somebody_changes_one() {
    releases_are_compared_with_state_and_service(Api::Osms);
}

#[test]
fn and_so_it_is_on_the_hub() {
    releases_are_compared_with_state_and_service(Api::Osmh);
}

/// Writes a repository of these packages: `(name, epoch, version, release, what else its format holds)`.
fn repository(folder: &Path, packages: &[(&str, &str, &str, &str, &str)]) {
    let mut primary = String::from("<metadata xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">");
    for (name, epoch, version, release, more) in packages {
        let _ = write!(
            primary,
            "<package type=\"rpm\"><name>{name}</name><arch>x86_64</arch>\
             <version epoch=\"{epoch}\" ver=\"{version}\" rel=\"{release}\"/><format>\
             <rpm:provides><rpm:entry name=\"{name}\" flags=\"EQ\" epoch=\"{epoch}\" ver=\"{version}\" rel=\"{release}\"/></rpm:provides>\
             {more}</format></package>"
        );
    }
    primary.push_str("</metadata>");
    fs::create_dir_all(folder.join("repodata")).unwrap();
    fs::write(folder.join("repodata/p.xml"), &primary).unwrap();
    let sum = Digest::of([&primary]).hex();
    let index = format!(
        "<repomd><data type=\"primary\"><checksum type=\"sha256\">{sum}</checksum><location href=\"repodata/p.xml\"/></data></repomd>"
    );
    fs::write(folder.join("repodata/repomd.xml"), index).unwrap();
}

#[test]
fn repositories_tell_whether_a_release_can_be_installed() {
    let workspace = workspace();
    let repo = workspace.path().join("repo");
    let needs = |what: &str| {
        format!(
            "<rpm:requires><rpm:entry name=\"rpmlib(x)\"/><rpm:entry name=\"lib\" flags=\"GE\" epoch=\"1\" ver=\"2\"/>{what}</rpm:requires>"
        )
    };
    let (plain, newer) = (needs(""), needs("<rpm:entry name=\"(kernel-core &gt;= 4.18-2 and shell)\"/>"));
    let packages = [
        ("app", "0", "1", "1", plain.as_str()),
        ("app", "0", "2", "1", newer.as_str()),
        ("kernel-core", "0", "4.18", "1", ""),
        ("lib", "1", "2", "1", ""),
    ];
    repository(&repo, &packages);
    let verify = |release: &str, code| {
        workspace.run(&["release", "verify", release, "--offline", "--repodata", "repo"]).expect(code)
    };
    has(&verify("GL1", exit::DONE).stdout, &["can be installed by itself: 1 requirement of 3 packages met"]);
    has(
        &verify("GL2", exit::DIFFERENT).stdout,
        &[
            "1 requirement not met",
            "(kernel-core >= 4.18-2 and shell) (required by app-2-1.x86_64)",
            "kernel-core-4.18-2.x86_64",
        ],
    );
    fs::write(repo.join("repodata/p.xml"), "<metadata/>").unwrap();
    has(&verify("GL1", exit::ERROR).stderr, &["repodata/p.xml", "its sha256 is", "fetch all of"]);
    let none =
        workspace.run(&["release", "verify", "--offline", "--repodata", "nowhere"]).expect(exit::ERROR);
    has(&none.stderr, &["repodata/repomd.xml", "nowhere", "hint:"]);
    let plain = workspace.run(&["release", "verify", "--offline", "--repodata", "http://example.com/r"]);
    has(&plain.expect(exit::ERROR).stderr, &["only https addresses"]);
}

/// Neither passwords nor what stands for one is shown, whatever becomes of the address.
#[test]
fn the_secret_of_an_address_is_not_shown() {
    let workspace = workspace();
    let run = |url: &str, code: u8| {
        let verify = ["release", "verify", "--offline", "--repodata", url];
        let ran =
            [workspace.run(&verify).expect(code), workspace.run(&["diff", "GL1", "GL2", "--repodata", url])];
        for ran in &ran {
            for secret in ["s3cr3t", "bob"] {
                assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{}", ran.stderr);
            }
        }
        let [ran, _] = ran;
        ran.stderr
    };
    has(&run("https://bob:s3cr3t@127.0.0.1:1/r", exit::USAGE), &["user or a password", "hint:"]);
    let told = run("http://127.0.0.1:1/p/s3cr3t/n/x/b/y/o/r", exit::ERROR);
    has(&told, &["http://127.0.0.1:1/p/.../n/x/b/y/o/r", "repodata/repomd.xml"]);
    has(&run("http://example.invalid/p/s3cr3t/r", exit::ERROR), &["/p/.../r", "only https addresses"]);
}

#[test]
fn errata_of_the_service_flag_releases_where_it_is_asked_anyway() {
    let workspace = Workspace::quickstart(&[]);
    let verified = workspace.run(&["release", "verify", "GL1", "--advisories", "service"]).expect(exit::DONE);
    has(&verified.stderr, &["Read errata: "]);
    let offline = ["release", "verify", "--offline", "--advisories", "service"];
    has(&workspace.run(&offline).expect(exit::USAGE).stderr, &["leave out --offline", "./service"]);
    for offline in [&["release", "list"][..], &["release", "show", "GL1"]] {
        let refused = workspace.run(&[offline, &["--advisories", "service"]].concat()).expect(exit::USAGE);
        has(&refused.stderr, &["release verify --advisories service", "./service"]);
    }
}

#[test]
fn a_bill_of_materials_is_the_same_each_time() {
    let workspace = workspace();
    let first = workspace.run(&["release", "sbom", "GL1"]).expect(exit::DONE).stdout;
    workspace.run(&["release", "sbom", "GL1", "--out", "gl1.cdx.json"]).expect(exit::DONE);
    assert_eq!(fs::read_to_string(workspace.path().join("gl1.cdx.json")).unwrap(), first);
    let again = workspace.run(&["release", "sbom", "GL1", "--out", "gl1.cdx.json"]).expect(exit::ERROR);
    has(&again.stderr, &["gl1.cdx.json", "not overwritten"]);
    has(&first, &["pkg:rpm/oracle/lib@2-1?arch=x86_64&distro=oracle-8&epoch=1", "\"specVersion\": \"1.6\""]);
}

/// Pins the moments of a run: those behind `since` and `proven`.
fn pinned(text: &str) -> String {
    const TIME: &str = "2026-11-23 09:00Z";
    let mut text = text.to_owned();
    for lead in ["since ", "proven "] {
        let places: Vec<usize> = text.match_indices(lead).map(|(at, _)| at + lead.len()).collect();
        places.into_iter().for_each(|at| text.replace_range(at..at + TIME.len(), TIME));
    }
    text
}

/// The walk through `docs/releases.md`: what it shows is what one sees.
#[test]
fn the_life_of_a_release_is_as_the_document_shows_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    for file in ["great-linux.toml", "great-linux/GL1.packages", "great-linux/GL1.1.packages"] {
        let place = format!("trains/{file}");
        workspace.write(&place, &fs::read_to_string(root.join(&place)).unwrap());
    }
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let run = |arguments: &[&str], code| workspace.run(arguments).expect(code);
    let passes = run(&["promote", "GL1.1", "--to", "web", "--auto-approve"], exit::REFUSED).stderr;
    let promote = run(&["promote", "GL1.1", "--to", "canary", "--auto-approve", "--summary"], exit::DONE);
    let promote = format!("{}{}", promote.stdout, promote.stderr);
    let list = pinned(&run(&["release", "list"], exit::DONE).stdout);
    run(&["apply", "--auto-approve", "--summary"], exit::DONE);
    let rollback = run(&["promote", "GL1", "--to", "canary", "--check", "--summary"], exit::DIFFERENT).stdout;
    let verify = run(&["release", "verify"], exit::DONE).stdout;
    let judged = ["--advisories", "service", "--advisories-since", "2025-09-01"];
    let diff = run(&[&["diff", "GL1", "GL1.1", "--summary"][..], &judged].concat(), exit::DIFFERENT).stdout;
    let blocks = [
        ("diff", &diff),
        ("promote", &promote),
        ("passes", &passes),
        ("rollback", &rollback),
        ("list", &list),
        ("verify", &verify),
    ];
    let blocks = blocks.map(|(name, text)| (name, text.as_str()));
    hold("docs/releases.md", &blocks);
}

/// What `docs/freeze.md` shows of a hotfix is what is printed.
#[test]
fn a_hotfix_is_as_the_document_shows_it() {
    let workspace = Workspace::quickstart(&[]);
    let flags = ["--upgrade", "openssl", "--upgrade", "openssl-libs", "--remove", "talk", "--diff"];
    let shown = workspace.run(&[&["freeze", "GL1.0.1", "--base", "GL1"][..], &flags].concat());
    hold("docs/freeze.md", &[("hotfix", &shown.expect(exit::DIFFERENT).stdout)]);
}
