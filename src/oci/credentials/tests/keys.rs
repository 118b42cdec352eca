//! Keys in the forms tools write, encrypted and not, and those that do not do.

use super::*;

pub(super) const PASS_PHRASE: &str = "correct horse";
pub(super) const PBES2: &str = include_str!("../../testdata/key-pbes2.pem");
pub(super) const LEGACY: &str = include_str!("../../testdata/key-legacy.pem");

/// Converts the test key as `openssl` does; none where the machine has no `openssl`.
fn openssl(arguments: &[&str]) -> Option<String> {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oci/testdata/key.pem");
    let mut command = std::process::Command::new("openssl");
    let output = command.args(arguments).args(["-in", key]).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn open(pem: &str, pass_phrase: Option<&str>) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem("k", pem.as_bytes(), pass_phrase.map(Secret::new).as_ref())
}

fn signature(pem: &str, pass_phrase: Option<&str>) -> Vec<u8> {
    open(pem, pass_phrase).unwrap().sign(b"text").unwrap()
}

#[test]
fn all_forms_of_a_key_sign_alike() {
    let expected = signature(PKCS1, None);
    let trailing = [PKCS1, PBES2, LEGACY].map(|form| format!("{form}OCI_API_KEY\n"));
    let windows = [PBES2, LEGACY].map(|form| form.replace('\n', "\r\n"));
    let bag = format!("Bag Attributes\n    friendlyName: me\n{PKCS1}");
    for form in [PBES2, LEGACY, &bag].into_iter().chain(trailing.iter().chain(&windows).map(String::as_str)) {
        assert_eq!(signature(form, Some(PASS_PHRASE)), expected, "{}", &form[..40]);
    }
    let Some(pkcs8) = openssl(&["pkcs8", "-topk8", "-nocrypt"]) else { return };
    for form in [pkcs8.clone(), pkcs8.replace('\n', "\r\n"), format!("{pkcs8}\nOCI_API_KEY")] {
        assert_eq!(signature(&form, None), expected);
    }
}

#[test]
fn what_openssl_encrypts_opens() {
    let expected = signature(PKCS1, None);
    // A pass phrase is bytes, whatever they mean; few iterations keep this quick.
    let pass_phrase = "ungewöhnlich";
    let of = format!("pass:{pass_phrase}");
    let pkcs8 = |more: &[&str]| openssl(&[&["pkcs8", "-topk8", "-passout", &of][..], more].concat());
    for more in [
        &["-iter", "100", "-v2", "aes-128-cbc"][..],
        &["-iter", "100", "-v2", "aes-192-cbc"],
        &["-iter", "100", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"],
        &["-iter", "100", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"],
        &["-iter", "100", "-v2", "des3"],
        &["-scrypt", "-scrypt_N", "16"],
    ] {
        let Some(form) = pkcs8(more) else { return };
        assert_eq!(signature(&form, Some(pass_phrase)), expected, "{more:?}");
    }
    for cipher in ["-aes128", "-aes192", "-aes256", "-des3"] {
        let form = openssl(&["rsa", "-traditional", cipher, "-passout", &of]).unwrap();
        assert!(form.contains("Proc-Type: 4,ENCRYPTED"));
        assert_eq!(signature(&form, Some(pass_phrase)), expected, "{cipher}");
    }
    let camellia = openssl(&["rsa", "-traditional", "-camellia128", "-passout", &of]).unwrap();
    let unknown = KeyError::Cipher("`CAMELLIA-128-CBC`".to_owned());
    assert_eq!(open(&camellia, Some(pass_phrase)).unwrap_err(), unknown);
}

#[test]
fn a_pass_phrase_is_asked_for_checked_and_ignored() {
    for form in [PBES2, LEGACY] {
        assert_eq!(open(form, None).unwrap_err(), KeyError::NoPassPhrase);
        for wrong in ["", "wrong", "correct horse ", "Correct horse"] {
            assert_eq!(open(form, Some(wrong)).unwrap_err(), KeyError::WrongPassPhrase, "{wrong}");
        }
    }
    open(PKCS1, Some("of another key")).unwrap();
}

#[test]
fn no_damage_is_more_than_an_error() {
    let good = open(PKCS1, None).unwrap().public_key().to_vec();
    for form in [PKCS1, PBES2, LEGACY] {
        for at in (0..form.len()).step_by(61) {
            drop(open(&form[..at], Some(PASS_PHRASE)));
            let mut damaged = form.as_bytes().to_vec();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            // What stands around the key may change; a key that opens is the same one.
            if let Ok(key) = SigningKey::from_pem("k", &damaged, Some(&Secret::new(PASS_PHRASE))) {
                assert_eq!(key.public_key(), good, "{at}");
            }
        }
    }
}

#[test]
fn keys_that_cannot_sign_are_told_apart() {
    let refused = |pem: &str| open(pem, None).unwrap_err();
    assert_eq!(refused("hello"), KeyError::NotPem);
    assert_eq!(refused("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n"), KeyError::NotPem);
    let damaged = PKCS1.lines().filter(|line| !line.starts_with("MII")).collect::<Vec<_>>().join("\n");
    assert_eq!(refused(&damaged), KeyError::Refused("it is damaged"));
    let Some(public) = openssl(&["rsa", "-pubout"]) else { return };
    assert_eq!(refused(&public), KeyError::Public);
    let new = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let small = KeyError::Refused("it is too small, or its public exponent is");
    assert_eq!(refused(&new(&["genrsa", "1024"])), small);
    let elliptic = new(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    assert_eq!(refused(&elliptic), KeyError::NotRsa);
}

#[test]
fn the_profile_gives_the_pass_phrase_and_says_where_it_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("key.pem"), PBES2).unwrap();
    let home = home.path().to_str().unwrap();
    let with = |more: &str| at_home(&profile(&config(more), "DEFAULT").unwrap(), home);
    for spelling in ["pass_phrase", "passphrase"] {
        Credentials::api_key(&with(&format!("{spelling} = {PASS_PHRASE}\n"))).unwrap();
    }
    assert_eq!(
        message(Credentials::api_key(&with(""))),
        format!(
            "the private key {home}/key.pem is encrypted, and there is no pass phrase for it: add `pass_phrase` to \
             profile `DEFAULT` in /home/me/.oci/config, or set OCI_CLI_PASSPHRASE"
        )
    );
    assert_eq!(
        message(Credentials::api_key(&with("pass_phrase=hunter2\n"))),
        format!(
            "the private key {home}/key.pem does not open with its pass phrase: correct `pass_phrase` in \
             /home/me/.oci/config, line 8"
        )
    );
    let mut over = with("pass_phrase=hunter2\n");
    over.set("pass_phrase", "OCI_CLI_PASSPHRASE", &Secret::new(PASS_PHRASE));
    Credentials::api_key(&over).unwrap();
    over.set("pass_phrase", "OCI_CLI_PASSPHRASE", &Secret::new("hunter3"));
    assert!(message(Credentials::api_key(&over)).ends_with("correct OCI_CLI_PASSPHRASE"));
}

#[test]
fn a_key_says_of_which_tenancy_it_is() {
    let named = |key_id: &str| SigningKey::from_pem(key_id, PKCS1.as_bytes(), None).unwrap().tenancy();
    assert_eq!(
        named("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:3b").as_deref(),
        Some("ocid1.tenancy.oc1..t")
    );
    let of_token = |token: &str| named(&SigningKey::token_id(&Secret::new(token)));
    assert_eq!(of_token(&super::tokens::token("me", 1)).as_deref(), Some("ocid1.tenancy.oc1..t"));
    for silent in ["", "a.b.c", "e30.e30.e30", "e30.eyJ0ZW5hbnQiOiJtaW5lIn0.e30", "e30.eyJ0ZW5hbnQiOjF9.e30"]
    {
        assert_eq!(of_token(silent), None, "{silent}");
    }
}
