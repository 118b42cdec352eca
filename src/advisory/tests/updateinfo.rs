//! Reading `updateinfo.xml`.

use super::*;

const TWO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- written for this test -->
<updates>
  <update from="el-errata@example.com" status="final" type="security" version="2.0">
    <id>ELSA-2099-0001</id>
    <title>perl:5.30 security &amp; bug fix
      update</title>
    <severity>Important</severity>
    <issued date="2099-01-02 03:04:05"/>
    <updated date="2099-01-03"/>
    <description><![CDATA[ <anything> & all ]]></description>
    <references>
      <reference href="https://example.com/1" id="CVE-2099-20001" type="cve"/>
      <reference href="https://example.com/2" id="cve-2099-10001" type="CVE" title="twice"/>
      <reference href="https://example.com/2" id="CVE-2099-10001" type="cve"/>
      <reference href="https://example.com/3" id="4711" type="bugzilla"/>
    </references>
    <pkglist>
      <collection short="a">
        <name>a</name>
        <module name="perl" stream="5.30" version="8060020990101" context="deadbeef" arch="x86_64"/>
        <package name="perl-libs" version="5.30.1" release="452.module+el8.6.0+1+a" epoch="4" arch="i686" src="x">
          <filename>perl-libs-5.30.1-452.module+el8.6.0+1+a.i686.rpm</filename>
          <reboot_suggested>1</reboot_suggested>
        </package>
        <package name="perl-libs" version="5.30.1" release="452.module+el8.6.0+1+a" epoch="4" arch="src"/>
      </collection>
      <collection short="b">
        <package name="bash" version="4.4.20" release="5.el8" epoch="0" arch="x86_64"/>
        <package name="tzdata" version="2024b" release="1.el8" arch="noarch"/>
      </collection>
    </pkglist>
  </update>
  <update status="retracted" type="bugfix"><id>ELBA-2099-0002</id><title>bash</title></update>
</updates>
"#;

#[test]
fn updates_are_read_whole() {
    let loaded = read_text(TWO);
    let time = |text: &str| Some(text.parse().unwrap());
    let perl = "perl-libs-4:5.30.1-452.module+el8.6.0+1+a.i686";
    let perl = Fix { module: Some(module("perl", "5.30")), ..Fix::new(package(perl)) };
    let expected = [
        Advisory {
            kind: UpdateKind::Bugfix,
            status: Status::Withdrawn,
            title: "bash".into(),
            ..advisory("ELBA-2099-0002", &[])
        },
        Advisory {
            title: "perl:5.30 security & bug fix update".into(),
            severity: Some(Severity::Important),
            issued: time("2099-01-02T03:04:05Z"),
            updated: time("2099-01-03T00:00:00Z"),
            cves: vec!["CVE-2099-10001".into(), "CVE-2099-20001".into()],
            fixes: vec![
                Fix::new(package("bash-4.4.20-5.el8.x86_64")),
                perl,
                Fix::new(package("tzdata-2024b-1.el8.noarch")),
            ],
            ..advisory("ELSA-2099-0001", &[])
        },
    ];
    assert_eq!(loaded.advisories, Advisories::new(expected));
    assert_eq!(loaded.format, Format::Updateinfo);
    assert_eq!((warnings(&loaded), loaded.elsewhere), (vec![], 0));
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_the_rest_is_kept() {
    let loaded = read_text(
        r#"<updates>
<update type="security"><title>nameless</title></update>
<update type="security"><id>ELSA-1</id>
<issued date="soon"/>
<references><reference type="cve" id="CVE-99-1"/></references>
<pkglist><collection><module name="m"/>
<package name="bash" version="4 4" release="1" arch="x86_64"/>
<package name="bash" version="1" release="1" epoch="x" arch="x86_64"/>
<package name="bash" version="1" release="1" arch="vax"/>
<package version="1" release="1" arch="x86_64"/>
<package name="bash" version="1" release="1" arch="x86_64"/>
</collection></pkglist></update></updates>"#,
    );
    assert_eq!(loaded.advisories, book(&[("ELSA-1", &["bash-1-1.x86_64"])]));
    let told = warnings(&loaded);
    let places: Vec<(u64, &str)> = told.iter().map(|(line, id, _)| (*line, *id)).collect();
    assert_eq!(
        places,
        [
            (2, "-"),
            (4, "ELSA-1"),
            (5, "ELSA-1"),
            (6, "ELSA-1"),
            (7, "ELSA-1"),
            (8, "ELSA-1"),
            (9, "ELSA-1"),
            (10, "ELSA-1")
        ],
        "{told:?}"
    );
    assert!(told[6].2.contains("`vax` is none"), "{told:?}");
}

#[test]
fn warnings_do_not_fill_the_memory() {
    let many = "<update/>".repeat(1_500);
    let Warnings { list, more } = read_text(&format!("<updates>{many}</updates>")).warnings;
    assert_eq!((list.len(), more), (1_000, 500));
}
