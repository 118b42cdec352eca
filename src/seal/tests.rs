//! What is sealed opens as it was and in no other way, and nothing shows a passphrase.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const OWN: &str = "correct-horse-battery-staple";
const OTHER: &str = "another horse of the same stable";

fn passphrase(variable: &str, text: &str) -> Passphrase {
    Passphrase::new(variable, text).unwrap()
}

/// Shared, since a key takes its time.
static SEALING: LazyLock<Sealing> = LazyLock::new(|| Sealing::new(Some(passphrase("OWN", OWN)), None));

fn claim() -> Claim {
    Claim { item: "state", train: "gl".to_owned(), lineage: Some("5eed".to_owned()), serial: Some(7) }
}

fn seal(sealing: &Sealing, content: &[u8]) -> Vec<u8> {
    sealing.begin(&claim()).unwrap().unwrap().first(content).unwrap()
}

fn open(sealing: &Sealing, text: &[u8]) -> Result<Vec<u8>, SealError> {
    let envelope = Envelope::read(text)?.ok_or(SealError::Plain)?;
    sealing.open(&envelope).map(|(_, content)| content)
}

#[test]
fn it_is_one_line_that_says_what_it_is_and_nothing_of_what_is_in_it() {
    let text = String::from_utf8(seal(&SEALING, b"web-07")).unwrap();
    assert!(text.ends_with("\"}\n") && text.matches('\n').count() == 1, "{text}");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let header =
        [&read["patchtrain_sealed"], &read["item"], &read["train"], &read["lineage"], &read["serial"]];
    assert_eq!(header.map(ToString::to_string), ["1", "\"state\"", "\"gl\"", "\"5eed\"", "7"]);
    assert_eq!((&read["cipher"], &read["variable"]), (&"AES-256-GCM".into(), &"OWN".into()));
    assert!(!text.contains("web-07") && !text.contains(OWN));
    let envelope = Envelope::read(text.as_bytes()).unwrap().unwrap();
    assert!(envelope.claims(&claim()));
    assert!(!envelope.claims(&Claim { serial: Some(8), ..claim() }));
    // Twice the same is not the same text: nobody sees that nothing has changed.
    assert_ne!(text.into_bytes(), seal(&SEALING, b"web-07"));
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened_as_it_was(
        content in prop::collection::vec(any::<u8>(), 0..300),
        train in ".*",
        lineage in prop::option::of(".*"),
        serial in prop::option::of(any::<u64>()),
    ) {
        let claim = Claim { item: "plan", train, lineage, serial };
        let text = SEALING.begin(&claim).unwrap().unwrap().first(&content).unwrap();
        let envelope = Envelope::read(&text).unwrap().unwrap();
        prop_assert!(envelope.claims(&claim));
        prop_assert_eq!(SEALING.open(&envelope).unwrap().1, content);
    }
}

#[test]
fn a_changed_byte_anywhere_is_seen() {
    let text = seal(&SEALING, b"what was done");
    let salt = text.windows(7).position(|part| part == b"\"salt\":").unwrap() + 8;
    for place in 0..text.len() - 1 {
        // Another salt is another key, which takes its time: two will do.
        if (salt + 2..salt + 22).contains(&place) {
            continue;
        }
        let mut changed = text.clone();
        changed[place] ^= 1;
        let opened = open(&SEALING, &changed);
        assert!(opened.is_err(), "byte {place} of {}: {opened:?}", String::from_utf8_lossy(&changed));
    }
    for end in 0..text.len() - 1 {
        assert!(open(&SEALING, &text[..end]).is_err(), "cut at byte {end}");
    }
    assert_eq!(open(&SEALING, &text).unwrap(), b"what was done");
}

#[test]
fn a_header_belongs_to_one_content() {
    let text = |claim: &Claim| {
        let text = SEALING.begin(claim).unwrap().unwrap().first(b"content").unwrap();
        let text = String::from_utf8(text).unwrap();
        text.split_once("\"sealed\":").map(|(header, sealed)| (header.to_owned(), sealed.to_owned())).unwrap()
    };
    let put_together =
        |header: &str, sealed: &str| open(&SEALING, format!("{header}\"sealed\":{sealed}").as_bytes());
    let (_, own) = text(&claim());
    for other in [
        Claim { item: "plan", ..claim() },
        Claim { train: "small".to_owned(), ..claim() },
        Claim { lineage: Some("a1ien".to_owned()), ..claim() },
        Claim { lineage: None, ..claim() },
        Claim { serial: Some(8), ..claim() },
        Claim { serial: None, ..claim() },
    ] {
        let (header, sealed) = text(&other);
        assert!(put_together(&header, &sealed).is_ok());
        let error = put_together(&header, &own).unwrap_err();
        assert!(matches!(error, SealError::Damaged(_)), "{other:?}: {error}");
    }
}

#[test]
fn a_line_opens_in_its_place_and_under_its_header_only() {
    let [one, other] = [(), ()].map(|()| SEALING.begin(&claim()).unwrap().unwrap());
    let line = one.line(3, b"started").unwrap();
    assert_eq!(one.open_line(3, line.as_bytes()).as_deref(), Some(&b"started"[..]));
    for place in [1, 2, 4, 33] {
        assert_eq!(one.open_line(place, line.as_bytes()), None, "line {place}");
    }
    let elsewhere = SEALING.begin(&Claim { serial: Some(8), ..claim() }).unwrap().unwrap();
    assert_eq!(elsewhere.open_line(3, line.as_bytes()), None);
    // Two of the same snapshot are told apart, too: a run that was begun again is another one.
    assert_eq!(other.open_line(3, line.as_bytes()), None);
}

#[test]
fn another_passphrase_is_told_from_damage_and_none_is_shown() {
    let text = seal(&SEALING, b"content");
    let other = Sealing::new(Some(passphrase("NEW", OTHER)), None).lacking("OLD");
    let error = open(&other, &text).unwrap_err();
    let expected = SealError::WrongKey {
        tried: vec!["NEW".to_owned()],
        unset: vec!["OLD".to_owned()],
        variable: "OWN".to_owned(),
    };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "it is encrypted with another passphrase than that in NEW");
    assert_eq!(open(&Sealing::none(), &text), Err(SealError::NoKey { variable: "OWN".to_owned() }));
    let unset = Sealing::new(None, None).lacking("OWN");
    assert_eq!(open(&unset, &text), Err(SealError::NoKey { variable: "OWN".to_owned() }));
    let shown = format!("{other:?} {error:?} {:?}", passphrase("OWN", OWN));
    assert!(shown.contains("NEW") && !shown.contains("horse"), "{shown}");
}

#[test]
fn what_was_sealed_before_a_rotation_is_opened_after_it() {
    let new = passphrase("OWN", OTHER);
    let text = seal(&SEALING, b"content");
    let rotating = Sealing::new(Some(new.clone()), Some(passphrase("FORMER", OWN)));
    assert_eq!(open(&rotating, &text).unwrap(), b"content");
    let envelope = |text: &[u8]| Envelope::read(text).unwrap();
    assert!(!rotating.is_current(envelope(&text).as_ref()) && !rotating.is_current(None));
    let anew = seal(&rotating, b"content");
    assert!(rotating.is_current(envelope(&anew).as_ref()));
    let done = Sealing::new(Some(new.clone()), None);
    assert_eq!(open(&done, &anew).unwrap(), b"content");
    // Turned off: opened, and written plain.
    let off = Sealing::new(None, Some(new));
    assert_eq!(open(&off, &anew).unwrap(), b"content");
    assert!(off.begin(&claim()).unwrap().is_none());
    assert!(off.is_current(None) && !off.is_current(envelope(&anew).as_ref()));
}

#[test]
fn one_key_serves_a_process_and_all_that_it_writes() {
    let text = seal(&SEALING, b"content");
    let next = Sealing::new(Some(passphrase("OWN", OWN)), None);
    open(&next, &text).unwrap();
    for _ in 0..3 {
        open(&next, &seal(&next.clone(), b"more")).unwrap();
    }
    assert_eq!(next.keys_made(), 1);
}

#[test]
fn a_passphrase_has_sixteen_characters() {
    let weak = Passphrase::new("P", "\u{e9}".repeat(15)).unwrap_err();
    assert_eq!(weak.to_string(), "the passphrase in P has fewer than 16 characters");
    assert!(Passphrase::new("P", "\u{e9}".repeat(16)).is_ok());
}

#[test]
fn a_newer_form_is_told_from_a_damaged_one() {
    let newer = br#"{ "patchtrain_sealed": 2, "galaxies": [] }"#;
    assert_eq!(open(&SEALING, newer), Err(SealError::Newer { found: 2 }));
    let older = br#"{"patchtrain_sealed":0}"#;
    assert!(matches!(open(&SEALING, older), Err(SealError::Damaged(_))));
    assert_eq!(open(&SEALING, b"{\"format_version\":1}"), Err(SealError::Plain));
}
