//! Configuration files as people have them, keys in the forms tools write, and what is said of those that do not do.

use super::*;

const PKCS1: &str = include_str!("../testdata/key.pem");
const FINGERPRINT: &str = "20:3b:97:13:55:1c:aa:bb:cc:dd:ee:ff:00:11:22:5a";

fn config(profiles: &str) -> String {
    format!(
        "# made by hand\n[DEFAULT]\nuser=ocid1.user.oc1..u\nfingerprint={FINGERPRINT}\n\
         tenancy=ocid1.tenancy.oc1..t\nregion=fra\nkey_file=~/key.pem\n{profiles}"
    )
}

fn profile(text: &str, name: &str) -> Result<Profile, CredentialsError> {
    Profile::parse(Path::new("/home/me/.oci/config"), text, name)
}

fn message<T: fmt::Debug>(result: Result<T, CredentialsError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_profile_signs_with_its_own_values_and_inherits_the_rest() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("key.pem"), format!("{PKCS1}OCI_API_KEY\n")).unwrap();
    let text =
        config("[prod]\r\n user : ocid1.user.oc1..p\r\n; region = nowhere\r\nregion = us-ashburn-1\r\n");
    let prod = profile(&text, "prod").unwrap();
    assert_eq!(prod.region().unwrap().unwrap().name(), "us-ashburn-1");
    let key = Credentials::from_profile(&prod, Some(home.path())).unwrap().signing_key();
    assert_eq!(key.key_id(), format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..p/{FINGERPRINT}"));
    let default = profile(&text, "DEFAULT").unwrap();
    assert_eq!(default.region().unwrap().unwrap().name(), "eu-frankfurt-1");
    let key = Credentials::from_profile(&default, Some(home.path())).unwrap().signing_key();
    assert_eq!(key.key_id(), format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/{FINGERPRINT}"));
}

#[test]
fn a_region_may_be_left_out() {
    let text = config("").replace("region=fra\n", "");
    assert!(profile(&text, "DEFAULT").unwrap().region().unwrap().is_none());
}

#[test]
fn each_fault_of_a_file_names_its_line_and_the_way_out() {
    let at = "/home/me/.oci/config";
    for (text, name, expected) in [
        (config("[prod]\n"), "test", format!("{at} has no profile `test`; it has `DEFAULT`, `prod`")),
        (config("[prod\n"), "DEFAULT", format!("{at}, line 8: `[prod` lacks its closing `]`")),
        (
            config("secret\n"),
            "DEFAULT",
            format!("{at}, line 8: expected `key = value`, `[profile]` or a comment"),
        ),
        (
            "user=x\n".to_owned(),
            "DEFAULT",
            format!("{at}, line 1: expected a profile first, such as `[DEFAULT]`"),
        ),
        (
            config("region=lhr\n"),
            "DEFAULT",
            format!("{at}, line 8: `region` stands in [DEFAULT] already, in line 6"),
        ),
    ] {
        assert_eq!(message(profile(&text, name)), expected);
    }
}

#[test]
fn each_fault_of_a_profile_names_its_key_and_the_way_out() {
    let at = "/home/me/.oci/config";
    let copy = "copy it from the console (My profile, API keys, View configuration file)";
    for (from, to, expected) in [
        ("user=ocid1.user.oc1..u\n", "", format!("{at}: profile `DEFAULT` has no `user`: {copy}")),
        ("key_file=~/key.pem", "key_file=", format!("{at}: profile `DEFAULT` has no `key_file`: {copy}")),
        (
            "ocid1.tenancy.oc1..t",
            "acme",
            format!("{at}, line 5: `tenancy` is `acme`: expected an OCID that begins with `ocid1.tenancy.`"),
        ),
        (
            FINGERPRINT,
            "20:3B",
            format!(
                "{at}, line 4: `20:3B` is not a fingerprint: expected 16 pairs of lower-case hex digits, `20:3b:...:5a`"
            ),
        ),
        (
            "user=ocid1.user.oc1..u",
            "security_token_file=~/.oci/token",
            format!(
                "{at}, line 3: `security_token_file`: session tokens are not supported yet; use an API key with `key_file`"
            ),
        ),
        (
            "key_file=~/key.pem",
            "key_file=~root/key.pem",
            format!("{at}, line 7: `~user` is not supported: write the path in full"),
        ),
    ] {
        let profile = profile(&config("").replace(from, to), "DEFAULT").unwrap();
        assert_eq!(message(Credentials::from_profile(&profile, Some(Path::new("/nowhere")))), expected);
    }
    let bad_region = profile(&config("").replace("=fra", "=mars"), "DEFAULT").unwrap();
    assert!(message(bad_region.region()).starts_with("/home/me/.oci/config, line 6: `mars` is not a region"));
}

#[test]
fn missing_files_are_named() {
    let missing = Profile::load(Path::new("/nowhere/config"), "DEFAULT");
    assert!(
        message(missing).starts_with("there is no OCI configuration file at /nowhere/config: create one")
    );
    let profile = profile(&config(""), "DEFAULT").unwrap();
    assert_eq!(
        message(Credentials::from_profile(&profile, Some(Path::new("/nowhere")))),
        "/nowhere/key.pem cannot be read"
    );
    assert_eq!(
        message(Credentials::from_profile(&profile, None)),
        "/home/me/.oci/config, line 7: `~` stands for nothing, since HOME is not set: write the path in full"
    );
}

/// Converts the test key as `openssl` does; none where the machine has no `openssl`.
fn openssl(arguments: &[&str]) -> Option<String> {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oci/testdata/key.pem");
    let mut command = std::process::Command::new("openssl");
    let output = command.args(arguments).args(["-in", key]).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn all_unencrypted_forms_of_a_key_sign_alike() {
    let Some(pkcs8) = openssl(&["pkcs8", "-topk8", "-nocrypt"]) else { return };
    let signature =
        |pem: &str| SigningKey::from_pem("k", pem.as_bytes()).map(|key| key.sign(b"text").unwrap());
    let expected = signature(PKCS1).unwrap();
    for form in [
        pkcs8.clone(),
        pkcs8.replace('\n', "\r\n"),
        format!("{pkcs8}\nOCI_API_KEY"),
        format!("Bag Attributes\n    friendlyName: me\n{PKCS1}"),
    ] {
        assert_eq!(signature(&form), Ok(expected.clone()));
    }
}

#[test]
fn keys_that_cannot_sign_are_told_apart() {
    let refused = |pem: &str| SigningKey::from_pem("k", pem.as_bytes()).unwrap_err();
    assert_eq!(refused("hello"), KeyError::NotPem);
    assert_eq!(refused("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n"), KeyError::NotPem);
    let damaged = PKCS1.lines().filter(|line| !line.starts_with("MII")).collect::<Vec<_>>().join("\n");
    assert_eq!(refused(&damaged), KeyError::Refused("it is damaged"));
    let Some(public) = openssl(&["rsa", "-pubout"]) else { return };
    assert_eq!(refused(&public), KeyError::Public);
    let pbes2 = openssl(&["pkcs8", "-topk8", "-passout", "pass:x"]).unwrap();
    assert_eq!(refused(&pbes2), KeyError::Encrypted);
    let legacy = openssl(&["rsa", "-traditional", "-aes128", "-passout", "pass:x"]).unwrap();
    assert_eq!(refused(&legacy), KeyError::Encrypted);
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
fn a_key_does_not_show_in_debug_output() {
    let credentials = Credentials::from_parts("t", "u", "f", PKCS1.as_bytes()).unwrap();
    assert_eq!(format!("{credentials:?}"), "ApiKey(SigningKey { key_id: \"t/u/f\", .. })");
    let error = Credentials::from_parts("t", "u", "f", b"hello").unwrap_err();
    assert!(error.to_string().starts_with("the private key of user u is not in PEM form"));
}
