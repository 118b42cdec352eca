//! Tokens in files and variables: when they are read, read again, and come to an end.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::TempDir;

use super::keys::{PASS_PHRASE, PBES2};
use super::*;

/// Makes a token that ends at a second of 1970, with a name to tell it by.
pub(super) fn token(name: &str, expires: i64) -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = format!(r#"{{"sub":"{name}","exp":{expires},"res_tenant":"ocid1.tenancy.oc1..t"}}"#);
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims), part("signed"))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A folder with a token and its key.
struct Session(TempDir);

impl Session {
    fn new(token: &str) -> Self {
        let session = Self(TempDir::new().unwrap());
        session.write("token", token);
        session.write("key.pem", PKCS1);
        session
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        // Whoever replaces a token renames, so that nobody reads half of it; that also makes another file of it.
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    fn credentials(&self) -> Credentials {
        let text = "[work]\nregion=fra\nkey_file=~/key.pem\nsecurity_token_file=~/token\n";
        let profile = profile(text, "work").unwrap();
        Credentials::session_token(&at_home(&profile, self.0.path().to_str().unwrap())).unwrap()
    }
}

async fn key_id(credentials: &Credentials, second: i64) -> String {
    credentials.current(at(second)).await.unwrap().key_id().to_owned()
}

async fn told(credentials: &Credentials, second: i64) -> String {
    credentials.current(at(second)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_session_signs_with_its_token_until_it_expires() {
    let session = Session::new(&format!("{}\n", token("a", 1000)));
    let credentials = session.credentials();
    assert_eq!(key_id(&credentials, 0).await, format!("ST${}", token("a", 1000)));
    assert_eq!(key_id(&credentials, 999).await, format!("ST${}", token("a", 1000)));
    assert_eq!(
        told(&credentials, 1000).await,
        format!(
            "the token {} expired at 1970-01-01T00:16:40Z: run `oci session refresh --profile work`, or once it has \
             expired `oci session authenticate --profile work`",
            session.path("token").display()
        )
    );
    // Somebody has done so.
    session.write("token", &token("b", 2000));
    assert_eq!(key_id(&credentials, 1001).await, format!("ST${}", token("b", 2000)));
}

#[tokio::test]
async fn a_replaced_token_is_taken_up_at_once() {
    let session = Session::new(&token("a", 1000));
    let credentials = session.credentials();
    let first = credentials.current(at(0)).await.unwrap();
    assert!(Arc::ptr_eq(&first, &credentials.current(at(1)).await.unwrap()), "read once");
    session.write("token", &token("b", 2000));
    assert_eq!(key_id(&credentials, 2).await, format!("ST${}", token("b", 2000)));
    // A replacement that is of no use does no harm while the one before is good.
    session.write("token", "half a tok");
    assert_eq!(key_id(&credentials, 3).await, format!("ST${}", token("b", 2000)));
    assert!(told(&credentials, 2001).await.contains("is not a JSON web token"));
}

#[tokio::test]
async fn after_a_401_there_is_another_key_or_there_is_none() {
    let session = Session::new(&token("a", 1000));
    let credentials = session.credentials();
    let refused = credentials.current(at(0)).await.unwrap();
    assert!(!credentials.refresh_after_401(&refused, at(1)).await.unwrap());
    session.write("token", &token("b", 2000));
    assert!(credentials.refresh_after_401(&refused, at(1)).await.unwrap());
    // A second call that was refused with the same key finds the work done.
    assert!(credentials.refresh_after_401(&refused, at(1)).await.unwrap());
    let fixed = Credentials::from_parts("t", "u", "f", PKCS1.as_bytes()).unwrap();
    let key = fixed.current(at(0)).await.unwrap();
    assert!(!fixed.refresh_after_401(&key, at(0)).await.unwrap());
}

#[tokio::test]
async fn what_is_wrong_with_a_session_is_told() {
    let session = Session::new("secret");
    let credentials = session.credentials();
    let file = session.path("token");
    let way_out = "run `oci session refresh --profile work`, or once it has expired `oci session authenticate --profile work`";
    for (text, expected) in [
        ("secret", "is not a JSON web token: expected three parts in base64 with dots between them"),
        ("a.!.b", "is not a JSON web token: expected three parts in base64 with dots between them"),
        ("a.e30.b", "does not say when it expires: its claim `exp` is missing"),
    ] {
        session.write("token", text);
        assert_eq!(
            told(&credentials, 0).await,
            format!("the token {} {expected}; {way_out}", file.display())
        );
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(
        told(&credentials, 0).await,
        format!(
            "{} (`security_token_file` in /home/me/.oci/config, line 4) cannot be read: No such file or directory (os error 2): put the file there, or correct what names it",
            file.display()
        )
    );
    let none = profile("[work]\nkey_file=/k\n", "work").unwrap();
    assert_eq!(
        message(Credentials::session_token(&none)),
        "/home/me/.oci/config: profile `work` has no `security_token_file`: `oci session authenticate` makes such a \
         profile; or set OCI_CLI_SECURITY_TOKEN_FILE"
    );
}

fn principal(token: &str, key: &str, pass_phrase: Option<&str>) -> ResourcePrincipal {
    ResourcePrincipal {
        version: Some("2.2".to_owned()),
        token: Some(Secret::new(token)),
        key: Some(Secret::new(key)),
        pass_phrase: pass_phrase.map(Secret::new),
    }
}

#[tokio::test]
async fn a_resource_principal_is_text_or_files() {
    let text = token("r", 1000);
    let expected = format!("ST${text}");
    let of = |principal: &ResourcePrincipal| Credentials::resource_principal(principal).unwrap();
    assert_eq!(key_id(&of(&principal(&text, PKCS1, None)), 0).await, expected);
    assert_eq!(key_id(&of(&principal(&text, PBES2, Some(PASS_PHRASE))), 0).await, expected);
    let session = Session::new(&text);
    session.write("key.pem", PBES2);
    session.write("pass", &format!("{PASS_PHRASE}\n"));
    let path = |name: &str| session.path(name).display().to_string();
    let files = of(&principal(&path("token"), &path("key.pem"), Some(&path("pass"))));
    assert_eq!(key_id(&files, 0).await, expected);
    // The files are replaced before the token ends, and read again then.
    session.write("token", &token("s", 5000));
    assert_eq!(key_id(&files, 900).await, format!("ST${}", token("s", 5000)));
    let text = of(&principal(&text, PKCS1, None));
    assert_eq!(key_id(&text, 999).await, expected);
    assert_eq!(
        told(&text, 1000).await,
        "the token in OCI_RESOURCE_PRINCIPAL_RPST expired at 1970-01-01T00:16:40Z: OCI replaces the file that \
         OCI_RESOURCE_PRINCIPAL_RPST names; a token in the variable itself ends with its process: start that anew"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_resource_principal_is_told() {
    let elsewhere = "resource principals are given to functions and containers of OCI only: elsewhere use `auth = \"api_key\"`";
    let good = principal(&token("r", 1000), PKCS1, None);
    for (principal, expected) in [
        (ResourcePrincipal::default(), format!("OCI_RESOURCE_PRINCIPAL_VERSION: not set; {elsewhere}")),
        (
            ResourcePrincipal { version: Some("1.1".to_owned()), ..good.clone() },
            "OCI_RESOURCE_PRINCIPAL_VERSION: version `1.1` is not supported: expected `2.2`; elsewhere use `auth = \"api_key\"`".to_owned(),
        ),
        (
            ResourcePrincipal { token: None, ..good.clone() },
            format!("OCI_RESOURCE_PRINCIPAL_RPST: not set; {elsewhere}"),
        ),
        (
            ResourcePrincipal { key: None, ..good.clone() },
            format!("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: not set; {elsewhere}"),
        ),
    ] {
        assert_eq!(message(Credentials::resource_principal(&principal)), expected);
    }
    let of = |principal: &ResourcePrincipal| Credentials::resource_principal(principal).unwrap();
    for (principal, expected) in [
        (
            principal(&token("r", 1000), PBES2, None),
            "the private key in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM is encrypted, and there is no pass phrase for it: \
             set OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
        ),
        (
            principal(&token("r", 1000), PBES2, Some("hunter2")),
            "the private key in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM does not open with its pass phrase: correct \
             OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
        ),
        (
            principal("/nowhere/rpst", PKCS1, None),
            "/nowhere/rpst (OCI_RESOURCE_PRINCIPAL_RPST) cannot be read: No such file or directory (os error 2): put the file there, or correct what names it",
        ),
    ] {
        assert_eq!(told(&of(&principal), 0).await, expected);
    }
}
