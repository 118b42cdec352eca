//! Configuration files as people have them, and what is said of those that do not do. Keys, tokens and instances
//! stand in files of their own.

mod instance;
mod keys;
mod secrets;
mod tokens;
mod ways_out;

use std::fmt;
use std::path::Path;

use super::*;
use crate::oci::Regions;

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

/// Returns what `~` stands for in a profile's paths.
fn at_home(profile: &Profile, home: &str) -> Profile {
    profile.clone().with_home(Some(home.into()))
}

/// Returns the name that an API key is known by.
fn key_id(credentials: &Credentials) -> String {
    let Kind::Fixed(key) = &credentials.0 else { panic!("{credentials:?}") };
    key.key_id().to_owned()
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
    assert_eq!(prod.region(&Regions::default()).unwrap().unwrap().name(), "us-ashburn-1");
    let home = home.path().to_str().unwrap();
    let of = |profile: &Profile| key_id(&Credentials::api_key(&at_home(profile, home)).unwrap());
    assert_eq!(of(&prod), format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..p/{FINGERPRINT}"));
    let default = profile(&text, "DEFAULT").unwrap();
    assert_eq!(default.region(&Regions::default()).unwrap().unwrap().name(), "eu-frankfurt-1");
    assert_eq!(of(&default), format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/{FINGERPRINT}"));
}

#[test]
fn the_environment_goes_before_the_file() {
    let mut mixed = profile(&config(""), "DEFAULT").unwrap();
    mixed.set("user", "OCI_CLI_USER", &Secret::new("ocid1.user.oc1..env\n"));
    mixed.set("key_content", "OCI_CLI_KEY_CONTENT", &Secret::new(PKCS1));
    mixed.set("region", "OCI_CLI_REGION", &Secret::new("lhr"));
    let credentials = Credentials::api_key(&mixed).unwrap();
    assert_eq!(key_id(&credentials), format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..env/{FINGERPRINT}"));
    assert_eq!(mixed.region(&Regions::default()).unwrap().unwrap().name(), "uk-london-1");
}

#[test]
fn the_environment_can_stand_for_the_whole_file() {
    let nowhere = Path::new("/nowhere/config");
    let mut alone = Profile::empty(nowhere, "DEFAULT");
    assert!(message(Credentials::api_key(&alone)).starts_with("there is no OCI configuration file at /now"));
    for (key, variable, value) in [
        ("user", "OCI_CLI_USER", "ocid1.user.oc1..u"),
        ("tenancy", "OCI_CLI_TENANCY", "ocid1.tenancy.oc1..t"),
        ("key_content", "OCI_CLI_KEY_CONTENT", PKCS1),
    ] {
        alone.set(key, variable, &Secret::new(value));
    }
    assert_eq!(
        message(Credentials::api_key(&alone)),
        "/nowhere/config: profile `DEFAULT` has no `fingerprint`: copy it from the console (My profile, API keys, \
         View configuration file), or set OCI_CLI_FINGERPRINT"
    );
    alone.set("fingerprint", "OCI_CLI_FINGERPRINT", &Secret::new("x"));
    assert!(message(Credentials::api_key(&alone)).starts_with("OCI_CLI_FINGERPRINT: `x` is not a finger"));
    alone.set("fingerprint", "OCI_CLI_FINGERPRINT", &Secret::new(FINGERPRINT));
    assert_eq!(
        key_id(&Credentials::api_key(&alone).unwrap()),
        format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/{FINGERPRINT}")
    );
}

#[test]
fn a_session_token_nearer_than_a_user_is_what_signs() {
    let token = "security_token_file=~/token\n";
    let session = format!("[session]\n{token}");
    for (text, name, expected) in [
        (config(""), "DEFAULT", Method::ApiKey),
        (config(token), "DEFAULT", Method::ApiKey),
        (config(&session), "session", Method::SecurityToken),
        (config(&session), "DEFAULT", Method::ApiKey),
        (config(&format!("{session}user=ocid1.user.oc1..s\n")), "session", Method::ApiKey),
        (config(&session).replace("user=", "# "), "session", Method::SecurityToken),
        (config("[on]\nauthentication_type=instance_principal\n"), "on", Method::InstancePrincipal),
    ] {
        assert_eq!(profile(&text, name).unwrap().method().unwrap(), expected, "{text}");
    }
    let mut of_environment = profile(&config(""), "DEFAULT").unwrap();
    of_environment.set("security_token_file", "OCI_CLI_SECURITY_TOKEN_FILE", &Secret::new("/t"));
    assert_eq!(of_environment.method().unwrap(), Method::SecurityToken);
    let other = profile(&config("authentication_type=oke_workload_identity\n"), "DEFAULT").unwrap();
    assert_eq!(
        message(other.method()),
        "/home/me/.oci/config, line 8: `authentication_type`: `oke_workload_identity` is not supported: expected \
         api_key, security_token, instance_principal or resource_principal"
    );
}

#[test]
fn a_region_may_be_left_out() {
    let text = config("").replace("region=fra\n", "");
    assert!(profile(&text, "DEFAULT").unwrap().region(&Regions::default()).unwrap().is_none());
}

#[test]
fn each_fault_of_a_file_names_its_line_and_the_way_out() {
    let at = "/home/me/.oci/config";
    for (text, name, expected) in [
        (
            config("[prod]\n"),
            "test",
            format!(
                "{at} has no profile `test`; it has `DEFAULT`, `prod`: name one of its own with --profile, OCI_CLI_PROFILE or `profile` in [service], or add it"
            ),
        ),
        (
            config("[prod\n"),
            "DEFAULT",
            format!("{at}, line 8: `[prod` lacks its closing `]`: write it as `[profile]`"),
        ),
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
            format!("{at}, line 8: `region` stands in [DEFAULT] already, in line 6: delete one of the two"),
        ),
    ] {
        assert_eq!(message(profile(&text, name)), expected);
    }
}

#[test]
fn each_fault_of_a_profile_names_its_key_and_the_way_out() {
    let at = "/home/me/.oci/config";
    let copy = "copy it from the console (My profile, API keys, View configuration file), or set OCI_CLI_";
    for (from, to, expected) in [
        ("user=ocid1.user.oc1..u\n", "", format!("{at}: profile `DEFAULT` has no `user`: {copy}USER")),
        (
            "key_file=~/key.pem",
            "key_file=",
            format!("{at}: profile `DEFAULT` has no `key_file`: {copy}KEY_FILE"),
        ),
        (
            "ocid1.tenancy.oc1..t",
            "acme",
            format!(
                "{at}, line 5: `tenancy` is `acme`: expected an OCID that begins with `ocid1.tenancy.`, as the console shows it"
            ),
        ),
        (
            FINGERPRINT,
            "20:3B",
            format!(
                "{at}, line 4: `20:3B` is not a fingerprint: expected 16 pairs of lower-case hex digits, `20:3b:...:5a`, as the console shows it beside the key"
            ),
        ),
        (
            "user=ocid1.user.oc1..u",
            "security_token_file=~/.oci/token",
            format!(
                "{at}: profile `DEFAULT` has no `user`: it holds a session token: use `auth = \"security_token\"` in [service], or OCI_CLI_AUTH"
            ),
        ),
        (
            "key_file=~/key.pem",
            "key_content=-----BEGIN",
            format!(
                "{at}, line 7: `key_content`: a key does not belong into this file: name the key's own file with \
                 `key_file`, or set OCI_CLI_KEY_CONTENT"
            ),
        ),
        (
            "key_file=~/key.pem",
            "key_file=~root/key.pem",
            format!("{at}, line 7: `~user` is not supported: write the path in full"),
        ),
    ] {
        let profile = profile(&config("").replace(from, to), "DEFAULT").unwrap();
        assert_eq!(message(Credentials::api_key(&at_home(&profile, "/nowhere"))), expected);
    }
    let bad_region = profile(&config("").replace("=fra", "=mars"), "DEFAULT").unwrap();
    assert!(
        message(bad_region.region(&Regions::default()))
            .starts_with("/home/me/.oci/config, line 6: `mars` is not a region")
    );
}

#[test]
fn missing_files_are_named() {
    let missing = Profile::load(Path::new("/nowhere/config"), "DEFAULT");
    assert!(
        message(missing).starts_with("there is no OCI configuration file at /nowhere/config: create one")
    );
    let profile = profile(&config(""), "DEFAULT").unwrap();
    assert_eq!(
        message(Credentials::api_key(&at_home(&profile, "/nowhere"))),
        "/nowhere/key.pem (`key_file` in /home/me/.oci/config, line 7) cannot be read: No such file or directory (os error 2): put the file there, or correct what names it"
    );
    assert_eq!(
        message(Credentials::api_key(&profile)),
        "/home/me/.oci/config, line 7: `~` stands for nothing, since HOME is not set: write the path in full"
    );
}
