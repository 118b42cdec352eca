//! Reading OVAL.

use super::*;

/// A document of definitions and what they refer to.
fn document(definitions: &str, tests: &str, objects: &str, states: &str) -> String {
    format!(
        r#"<oval_definitions xmlns="a" xmlns:oval="b"><generator><oval:product_name>x</oval:product_name></generator>
<definitions>
{definitions}
</definitions>
<tests>
{tests}
</tests>
<objects>
{objects}
</objects>
<states>
{states}
</states>
</oval_definitions>"#
    )
}

fn definition(id: &str, head: &str, criteria: &str) -> String {
    format!(
        r#"<definition id="oval:x:def:{id}" class="patch"><metadata><title>
{id}:  bash security update (IMPORTANT)
</title>{head}<reference source="elsa" ref_id="{id}"/></metadata>
{criteria}
</definition>"#
    )
}

const PLATFORM_8: &str = "<affected family=\"unix\"><platform>Oracle Linux 8</platform></affected>";

fn criterion(test: &str, comment: &str) -> String {
    format!("<criterion test_ref=\"oval:x:tst:{test}\" comment=\"{comment}\"/>")
}

fn test(number: u32) -> String {
    format!(
        r#"<rpminfo_test id="oval:x:tst:{number}" check="at least one"><object object_ref="oval:x:obj:{number}"/><state state_ref="oval:x:ste:{number}"/></rpminfo_test>"#
    )
}

fn object(number: u32, name: &str) -> String {
    format!("<rpminfo_object id=\"oval:x:obj:{number}\"><name>{name}</name></rpminfo_object>")
}

fn state(number: u32, asks: &str) -> String {
    format!("<rpminfo_state id=\"oval:x:ste:{number}\">{asks}</rpminfo_state>")
}

fn older_than(number: u32, evr: &str) -> String {
    state(number, &format!("<evr datatype=\"evr_string\" operation=\"less than\">{evr}</evr>"))
}

fn on_machine(nevra: &str) -> Fix {
    Fix { reach: Reach::Machine, ..Fix::new(package(nevra)) }
}

/// An advisory as `definition` makes it, with fixes by the architecture of the machine.
fn expected(id: &str, fixes: &[&str]) -> Advisory {
    let fixes = fixes.iter().map(|nevra| on_machine(nevra)).collect();
    Advisory { title: "bash security update (IMPORTANT)".into(), fixes, ..advisory(id, &[]) }
}

#[test]
fn definitions_are_read_with_what_they_refer_to() {
    let head = format!(
        r#"{PLATFORM_8}<reference source="CVE" ref_id="CVE-2099-10002"/><advisory><severity>IMPORTANT</severity>
<issued date="2099-01-02"/><cve href="x">CVE-2099-10001</cve><cve>CVE-2099-10002</cve></advisory>"#
    );
    let criteria = [
        "<criteria operator=\"AND\">",
        &criterion("1", "Oracle Linux 8 is installed"),
        "<criteria operator=\"OR\"><criteria operator=\"AND\">",
        &criterion("2", "Oracle Linux arch is x86_64"),
        "<criteria operator=\"OR\"><criteria operator=\"AND\">",
        // The comment is of another version: the tables are what counts.
        &criterion("3", "bash is earlier than 0:1-1"),
        &criterion("4", "bash is signed with the Oracle Linux 8 key"),
        "</criteria><criteria operator=\"AND\">",
        &criterion("5", "bash-doc is earlier than 0:4.4.20-5.el8"),
        &criterion("6", "bash-doc is signed with the Oracle Linux 8 key"),
        "</criteria></criteria></criteria><criteria operator=\"AND\">",
        &criterion("7", "Oracle Linux arch is aarch64"),
        &criterion("3", "bash is earlier than 0:4.4.20-5.el8"),
        "</criteria></criteria></criteria>",
    ]
    .concat();
    let text = document(
        &definition("ELSA-2099-0001", &head, &criteria),
        &[test(3), test(5)].concat(),
        &[object(3, "bash"), object(5, "bash-doc")].concat(),
        &[older_than(3, "0:4.4.20-5.el8"), older_than(5, "1:4.4.20-6.el8")].concat(),
    );
    let loaded = read_text(&text);
    let wanted = Advisory {
        title: "bash security update".into(),
        severity: Some(Severity::Important),
        issued: Some("2099-01-02T00:00:00Z".parse().unwrap()),
        cves: vec!["CVE-2099-10001".into(), "CVE-2099-10002".into()],
        ..expected(
            "ELSA-2099-0001",
            &["bash-4.4.20-5.el8.aarch64", "bash-4.4.20-5.el8.x86_64", "bash-doc-1:4.4.20-6.el8.x86_64"],
        )
    };
    assert_eq!(loaded.advisories, Advisories::new([wanted]));
    assert_eq!((loaded.format, warnings(&loaded)), (Format::Oval, vec![]));
}

#[test]
fn branches_of_other_systems_are_left_out_however_they_are_told() {
    let branch = |os: &str, package: &str| format!("<criteria>{os}{package}</criteria>");
    let told = |number: u32| criterion("1", &format!("Oracle Linux {number} is installed"));
    let bash = |evr: &str| format!("<criterion comment=\"bash is earlier than {evr}\"/>");
    let two = format!(
        "<criteria operator=\"OR\">{}{}</criteria>",
        branch(&told(7), &bash("0:7-1")),
        branch(&told(8), &bash("0:8-1"))
    );
    let definitions = [
        // By its platform, by its criteria, by a test.
        definition(
            "ELSA-1",
            "<affected><platform>Oracle Linux 7</platform></affected>",
            &branch("", &bash("0:1-1")),
        ),
        definition("ELSA-2", "", &branch(&told(9), &bash("0:1-1"))),
        definition("ELSA-3", "", &branch(&criterion("70", "the older one"), &bash("0:1-1"))),
        definition("ELSA-4", "", &two),
        definition("ELSA-5", "", &branch(&criterion("80", "the newer one"), &bash("0:5-1"))),
    ];
    let text = document(
        &definitions.concat(),
        &[test(70), test(80)].concat(),
        &[object(70, "oraclelinux-release"), object(80, "oraclelinux-release")].concat(),
        &[
            state(70, "<version operation=\"pattern match\">^7</version>"),
            state(80, "<version operation=\"pattern match\">^8</version>"),
        ]
        .concat(),
    );
    let loaded = read_text(&text);
    let both =
        |id: &str, evr: &str| expected(id, &[&format!("bash-{evr}.aarch64"), &format!("bash-{evr}.x86_64")]);
    assert_eq!(loaded.advisories, Advisories::new([both("ELSA-4", "8-1"), both("ELSA-5", "5-1")]));
    assert_eq!((loaded.elsewhere, warnings(&loaded)), (3, vec![]));
}

#[test]
fn architectures_and_modules_narrow_their_branch() {
    let bash = "<criterion comment=\"bash is earlier than 0:1-1.module+el8\"/>";
    let criteria = [
        "<criteria operator=\"AND\">",
        &criterion("1", "Module perl:5.30 is enabled"),
        "<criteria operator=\"OR\">",
        &criterion("2", "pattern in the state"),
        "<criteria>",
        &criterion("3", "by a test"),
        "<criterion comment=\"zsh is earlier than 0:1-1\"/></criteria>",
        "<criteria><criterion comment=\"Oracle Linux arch is sparc\"/>",
        bash,
        "</criteria></criteria></criteria>",
    ]
    .concat();
    let text = document(
        &definition("ELSA-1", PLATFORM_8, &criteria),
        &[test(2), test(3)].concat(),
        &[object(2, "perl"), object(3, "oraclelinux-release")].concat(),
        &[
            state(2, "<arch operation=\"pattern match\">aarch64|x86_64</arch><evr operation=\"less than\">0:2-1</evr>"),
            state(3, "<arch operation=\"pattern match\">x86_64</arch>"),
        ]
        .concat(),
    );
    let loaded = read_text(&text);
    let mut wanted = expected("ELSA-1", &["perl-2-1.aarch64", "perl-2-1.x86_64", "zsh-1-1.x86_64"]);
    for fix in &mut wanted.fixes {
        fix.module = Some(module("perl", "5.30"));
    }
    assert_eq!(loaded.advisories, Advisories::new([wanted]));
    assert_eq!(warnings(&loaded), []);
}

#[test]
fn what_is_not_understood_is_told_with_its_place() {
    let criteria = [
        "<criteria>\n",
        &criterion("404", "bash is earlier than 0:1-1"),
        "\n",
        &criterion("405", "the moon is full"),
        "\n",
        "<criterion comment=\"something\"/>\n",
        "<criterion comment=\"zsh is earlier than nothing at all\"/>\n",
        "<criteria negate=\"true\"><criterion comment=\"ksh is earlier than 0:1-1\"/></criteria>\n",
        "</criteria>",
    ]
    .concat();
    let text = document(
        &[definition("ELSA-1", PLATFORM_8, &criteria), definition("ELSA-2", PLATFORM_8, "")].concat(),
        "",
        "",
        "",
    );
    let loaded = read_text(&text);
    assert_eq!(
        loaded.advisories,
        Advisories::new([expected("ELSA-1", &["bash-1-1.aarch64", "bash-1-1.x86_64"])])
    );
    let told = warnings(&loaded);
    let places: Vec<(u64, &str)> = told.iter().map(|(line, id, _)| (*line, *id)).collect();
    let one = "ELSA-1";
    assert_eq!(places, [(8, one), (9, one), (10, one), (11, one), (13, "ELSA-2")], "{told:?}");
}

#[test]
fn a_withdrawn_definition_says_so() {
    let text = definition(
        "ELSA-1",
        PLATFORM_8,
        "<criteria><criterion comment=\"bash is earlier than 0:1-1\"/></criteria>",
    )
    .replace("class=", "deprecated=\"true\" class=");
    let loaded = read_text(&document(&text, "", "", ""));
    assert_eq!(
        loaded.advisories.get("ELSA-1").map(|advisory| advisory.status.clone()),
        Some(Status::Withdrawn)
    );
}
