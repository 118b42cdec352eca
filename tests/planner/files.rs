//! Saved plans: what was changed in a file is refused, or changes nothing that anybody sees.

use std::fs;
use std::path::Path;

use patchtrain::plan::{Plan, PlanFileError, read, save};
use patchtrain::render::{self, Detail, Style};
use patchtrain::seal::Sealing;

use super::small::{applied, rebind};

const STYLE: Style = Style { width: 100, colour: false, detail: Detail::Full };

fn open(path: &Path) -> Result<Plan, PlanFileError> {
    read(path)?.open(&Sealing::none())
}

/// A plan with something of everything: a move, held ones, a gate.
fn plan() -> Plan {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.plan().unwrap()
}

#[test]
fn a_plan_changed_in_any_byte_is_refused_or_is_the_same() {
    changed(|index, byte| {
        // By turns another letter or digit, another case, a blank, and a byte that is no text.
        vec![[byte ^ 1, byte ^ 0x20, b' ', 0xff][index % 4]]
    });
}

/// Every byte in every way: minutes.
#[test]
#[ignore = "for .ci/long"]
fn a_plan_changed_in_any_byte_in_any_way_is_refused_or_is_the_same() {
    changed(|_, _| (0..=u8::MAX).collect());
}

fn changed(others: impl Fn(usize, u8) -> Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.plan");
    let plan = plan();
    save(&plan, &path, &Sealing::none()).unwrap();
    let bytes = fs::read(&path).unwrap();
    let shown = render::plan(&plan, STYLE);
    assert!(bytes.len() < 40_000, "{}", bytes.len());
    assert_eq!(open(&path).unwrap(), plan);
    let (mut refused, mut same) = (0, 0);
    for index in 0..bytes.len() {
        for other in others(index, bytes[index]).into_iter().filter(|other| *other != bytes[index]) {
            let mut changed = bytes.clone();
            changed[index] = other;
            fs::write(&path, &changed).unwrap();
            match open(&path) {
                Ok(opened) => {
                    assert_eq!(render::plan(&opened, STYLE), shown, "byte {index}");
                    assert_eq!(opened, plan, "byte {index}");
                    same += 1;
                }
                Err(
                    PlanFileError::Damaged { .. } | PlanFileError::Newer { .. } | PlanFileError::Older { .. },
                ) => refused += 1,
                Err(other) => panic!("byte {index}: {other}"),
            }
        }
    }
    // The line's end may be a blank.
    assert!(refused > bytes.len() / 2 && same < refused / 100, "{refused} refused, {same} the same");
}

#[test]
fn a_plan_of_another_format_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.plan");
    save(&plan(), &path, &Sealing::none()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let own = format!("\"format_version\":{}", patchtrain::plan::FORMAT_VERSION);
    for (version, told) in [(4, "make it anew with `patchtrain plan --out`"), (99, "update patchtrain")] {
        assert_eq!(text.matches(&own).count(), 1);
        fs::write(&path, text.replace(&own, &format!("\"format_version\":{version}"))).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("has plan format {version}")) && error.contains(told), "{error}");
    }
}

#[test]
fn a_plan_that_was_cut_or_lengthened_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.plan");
    save(&plan(), &path, &Sealing::none()).unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in (0..bytes.len() - 1).step_by(97) {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(matches!(open(&path), Err(PlanFileError::Damaged { .. })), "{length}");
    }
    for more in ["{}", "x", ","] {
        fs::write(&path, [&bytes, more.as_bytes()].concat()).unwrap();
        assert!(matches!(open(&path), Err(PlanFileError::Damaged { .. })), "{more}");
    }
}
