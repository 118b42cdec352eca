//! Whatever is wrong with credentials: the message names the file with its line, the key or the variable, and says what
//! to do. One table for all of it, and a kind of error that has no row here fails too.

use std::collections::BTreeSet;

use super::instance::scripted;
use super::keys::PBES2;
use super::tokens::token;
use super::*;
use crate::oci::testing::{broken, json, refuse, with};

/// What went wrong; what has to be named; what has to be said to do.
type Row = (CredentialsError, &'static str, &'static str);

/// Names the kind, so that a new one is not forgotten.
fn kind(error: &CredentialsError) -> &'static str {
    match error {
        CredentialsError::NoFile { .. } => "NoFile",
        CredentialsError::Unreadable { .. } => "Unreadable",
        CredentialsError::Line { .. } => "Line",
        CredentialsError::Variable { .. } => "Variable",
        CredentialsError::NoProfile { .. } => "NoProfile",
        CredentialsError::Missing { .. } => "Missing",
        CredentialsError::Key { .. } => "Key",
        CredentialsError::Token { .. } => "Token",
        CredentialsError::Expired { .. } => "Expired",
        CredentialsError::Metadata { .. } => "Metadata",
        CredentialsError::Region { .. } => "Region",
        CredentialsError::Moved { .. } => "Moved",
        CredentialsError::Federation { .. } => "Federation",
    }
}

const KINDS: usize = 13;

/// Puts something else into the configuration, and takes the first thing that is wrong with an API key of it.
fn edited(from: &str, to: &str, home: Option<&str>) -> CredentialsError {
    let text = config("").replace(from, to);
    let read = profile(&text, "DEFAULT").map(|profile| profile.with_home(home.map(Into::into)));
    read.and_then(|profile| Credentials::api_key(&profile)).unwrap_err()
}

fn of_files() -> Vec<Row> {
    let at = |text: &str| profile(text, "DEFAULT").unwrap_err();
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let edit = |from: &str, to: &str| edited(from, to, Some(home));
    let of = |text: &str| profile(text, "DEFAULT").unwrap();
    let bad_region = of(&config("").replace("=fra", "=mars")).region(&Regions::default());
    let bad_type = of(&config("authentication_type=x\n")).method();
    let no_token = Credentials::session_token(&of("[DEFAULT]\nkey_file=/k\n"));
    vec![
        (
            Profile::load(Path::new("/no/config"), "DEFAULT").unwrap_err(),
            "/no/config",
            "with `oci setup config`, or name",
        ),
        (
            Profile::load(Path::new("/"), "DEFAULT").unwrap_err(),
            "/ (the OCI configuration file)",
            "name a file in that folder",
        ),
        (
            profile(&config(""), "x").unwrap_err(),
            "config has no profile `x`",
            "name one of its own with --profile, OCI_CLI_PROFILE",
        ),
        (at("[prod\n"), "config, line 1: `[prod`", "write it as `[profile]`"),
        (at("[DEFAULT]\nsecret\n"), "config, line 2", "expected `key = value`, `[profile]` or a comment"),
        (at("user=x\n"), "config, line 1", "expected a profile first, such as `[DEFAULT]`"),
        (at(&config("region=lhr\n")), "config, line 8: `region`", "in line 6: delete one of the two"),
        (
            edit("user=", "# "),
            "profile `DEFAULT` has no `user`",
            "copy it from the console (My profile, API keys, View",
        ),
        (edit("tenancy=", "# "), "profile `DEFAULT` has no `tenancy`", "or set OCI_CLI_TENANCY"),
        (edit("fingerprint=", "# "), "profile `DEFAULT` has no `fingerprint`", "or set OCI_CLI_FINGERPRINT"),
        (edit("key_file=", "# "), "profile `DEFAULT` has no `key_file`", "or set OCI_CLI_KEY_FILE"),
        (
            edit("user=", "security_token_file="),
            "`DEFAULT` has no `user`",
            "use `auth = \"security_token\"` in [service]",
        ),
        (
            edit("ocid1.user.oc1..u", "me"),
            "config, line 3: `user` is `me`",
            "begins with `ocid1.user.`, as the console shows it",
        ),
        (
            edit("ocid1.tenancy", "x"),
            "config, line 5: `tenancy`",
            "begins with `ocid1.tenancy.`, as the console shows it",
        ),
        (edit("20:3b", "20:3B"), "config, line 4: ", "as the console shows it beside the key"),
        (
            edit("key_file=~/key.pem", "key_content=x"),
            "config, line 7: `key_content`",
            "name the key's own file with `key_file`",
        ),
        (edit("~/key", "~root/key"), "config, line 7: `~user`", "write the path in full"),
        (edited("", "", None), "config, line 7: `~`", "HOME is not set: write the path in full"),
        (
            edit("", ""),
            "key.pem (`key_file` in /home/me/.oci/config, line 7)",
            "put the file there, or correct what names it",
        ),
        (
            bad_region.unwrap_err(),
            "config, line 6: `mars`",
            "expected a name such as `eu-frankfurt-1` or a short code",
        ),
        (
            bad_type.unwrap_err(),
            "config, line 8: `authentication_type`",
            "expected api_key, security_token, instance_principal",
        ),
        (
            no_token.unwrap_err(),
            "profile `DEFAULT` has no `security_token_file`",
            "`oci session authenticate` makes such",
        ),
    ]
}

/// Every way in which a key can be of no use; what has to be said to do.
fn of_keys() -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let read = |content: &str, more: &str| {
        std::fs::write(&file, content).unwrap();
        let text = config(more).replace("~/key.pem", file.to_str().unwrap());
        Credentials::api_key(&profile(&text, "DEFAULT").unwrap()).unwrap_err()
    };
    let (begin, end) = ("-----BEGIN", "-----END");
    let section = |tag: &str, body: &str| format!("{begin} {tag}-----\n{body}\n{end} {tag}-----\n");
    let idea = "Proc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,0011223344556677\n\nMIIB";
    vec![
        (
            read("hello", ""),
            "key.pem is not in PEM form",
            "use the file that the console gave when the key was made",
        ),
        (
            read(&section("PUBLIC KEY", "MIIB"), ""),
            "key.pem is a public key",
            "the private one of the pair belongs there",
        ),
        (
            read(&section("EC PRIVATE KEY", "MIIB"), ""),
            "key.pem is not an RSA key",
            "make another key there (My profile, API keys)",
        ),
        (
            read(&section("RSA PRIVATE KEY", "MIIB"), ""),
            "key.pem is refused (it is damaged)",
            "65537; use the file that the console gave",
        ),
        (
            read(&section("RSA PRIVATE KEY", idea), "pass_phrase=x\n"),
            "key.pem is encrypted with `IDEA-CBC`",
            "write a copy with `openssl",
        ),
        (
            read(PBES2, ""),
            "key.pem is encrypted",
            "add `pass_phrase` to profile `DEFAULT` in /home/me/.oci/config, or set OCI_",
        ),
        (
            read(PBES2, "pass_phrase=x\n"),
            "key.pem does not open",
            "correct `pass_phrase` in /home/me/.oci/config, line 8",
        ),
    ]
}

fn principal(token: &str, key: &str) -> ResourcePrincipal {
    ResourcePrincipal {
        version: Some("2.2".to_owned()),
        token: Some(Secret::new(token)),
        key: Some(Secret::new(key)),
        pass_phrase: None,
    }
}

async fn of_resources() -> Vec<Row> {
    let refused = |change: fn(&mut ResourcePrincipal)| {
        let mut principal = principal(&token("r", 1000), PKCS1);
        change(&mut principal);
        Credentials::resource_principal(&principal).unwrap_err()
    };
    async fn used(token: &str, key: &str) -> CredentialsError {
        let credentials = Credentials::resource_principal(&principal(token, key)).unwrap();
        credentials.current(Timestamp::from_second(1000).unwrap()).await.unwrap_err()
    }
    let good = token("r", 2000);
    let (elsewhere, anew) = ("elsewhere use `auth = \"api_key\"`", "start that anew");
    vec![
        (refused(|variables| variables.version = None), "OCI_RESOURCE_PRINCIPAL_VERSION: not set", elsewhere),
        (
            refused(|variables| variables.version = Some("1.1".into())),
            "OCI_RESOURCE_PRINCIPAL_VERSION: version `1.1`",
            elsewhere,
        ),
        (refused(|variables| variables.token = None), "OCI_RESOURCE_PRINCIPAL_RPST: not set", elsewhere),
        (refused(|variables| variables.key = None), "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: not set", elsewhere),
        (used("x", PKCS1).await, "in OCI_RESOURCE_PRINCIPAL_RPST is not a JSON web token", anew),
        (used("a.e30.b", PKCS1).await, "in OCI_RESOURCE_PRINCIPAL_RPST does not say when it expires", anew),
        (used(&token("r", 1000), PKCS1).await, "in OCI_RESOURCE_PRINCIPAL_RPST expired", anew),
        (used("/no/rpst", PKCS1).await, "/no/rpst (OCI_RESOURCE_PRINCIPAL_RPST)", "put the file there"),
        (
            used(&good, "key.pem").await,
            "in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
            "path of a file, which must be absolute",
        ),
        (
            used(&good, "no key").await,
            "in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM is not in PEM form",
            "leave OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM as it is set for this process",
        ),
        (
            used(&good, PBES2).await,
            "in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
            "set OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
        ),
    ]
}

async fn of_sessions() -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("key.pem"), PKCS1).unwrap();
    let text = format!("[work]\nkey_file={}\nsecurity_token_file={}\n", path("key.pem"), path("token"));
    let credentials = Credentials::session_token(&profile(&text, "work").unwrap()).unwrap();
    let mut rows = Vec::new();
    let refresh = "run `oci session refresh --profile work`";
    for (content, named, way_out) in [
        (
            None,
            "token (`security_token_file` in /home/me/.oci/config, line 3)",
            "put the file there, or correct",
        ),
        (Some("x".to_owned()), "token is not a JSON web token", refresh),
        (Some("a.e30.b".to_owned()), "token does not say when it expires", refresh),
        (Some(token("t", 1000)), "token expired", refresh),
    ] {
        if let Some(content) = content {
            std::fs::write(path("token"), content).unwrap();
        }
        let used = credentials.current(Timestamp::from_second(1000).unwrap()).await;
        rows.push((used.unwrap_err(), named, way_out));
    }
    // Its key comes with it, and not from the console.
    let another = "`oci session authenticate --profile work` makes another";
    std::fs::write(path("token"), token("t", 2000)).unwrap();
    std::fs::write(path("key.pem"), "no key").unwrap();
    let used = credentials.current(Timestamp::from_second(1000).unwrap()).await;
    rows.push((used.unwrap_err(), "key.pem is not in PEM form", another));
    let none = profile(&text.replace("\nkey_file=", "\n#"), "work").unwrap();
    let none = Credentials::session_token(&none).unwrap_err();
    rows.push((none, "profile `work` has no `key_file`", another));
    rows
}

async fn of_instances() -> Vec<Row> {
    type Rule = fn(&str) -> Option<crate::oci::testing::Answer>;
    let leaf = "http://169.254.169.254/opc/v2/identity/cert.pem";
    let auth = "https://auth.test/v1/x509";
    let elsewhere = "elsewhere use `auth = \"api_key\"`";
    let check = "check this machine's clock, and that it reaches that address (`endpoints.auth` in [service]";
    let mut rows = Vec::new();
    let cases: [(Rule, &'static str, &'static str); 12] = [
        (|_| Some(broken()), leaf, elsewhere),
        (|_| Some(with(500, &[], "x")), leaf, elsewhere),
        (|_| Some(refuse(404, "")), leaf, elsewhere),
        (|_| Some(json("<html>")), leaf, elsewhere),
        (
            |line| line.ends_with("intermediate.pem").then(|| json("x")),
            "/identity/intermediate.pem",
            elsewhere,
        ),
        (|line| line.ends_with("cert.pem").then(|| json(super::instance::INTERMEDIATE)), leaf, elsewhere),
        (
            |line| line.ends_with("/key.pem").then(|| json("x")),
            "(identity/key.pem)",
            "run the command again then",
        ),
        (|line| line.ends_with("x509").then(broken), auth, check),
        (|line| line.ends_with("x509").then(|| refuse(401, "NotAuthenticated")), auth, check),
        (|line| line.ends_with("x509").then(|| json("{}")), auth, check),
        (
            |line| line.ends_with("x509").then(|| json(r#"{"token":"x"}"#)),
            auth,
            "correct `endpoints.auth` in [service]",
        ),
        (
            |line| line.ends_with("x509").then(|| json(format!(r#"{{"token":"{}"}}"#, token("t", 999)))),
            "the token of this instance",
            "set this machine's clock",
        ),
    ];
    for (rule, named, way_out) in cases {
        let (credentials, _) = scripted(Some("https://auth.test"), move |asked| rule(&asked.line));
        let used = credentials.current(Timestamp::from_second(1000).unwrap()).await;
        rows.push((used.unwrap_err(), named, way_out));
    }
    let moved = super::instance::moved().await;
    rows.push((moved, leaf, "start again to sign for another"));
    let (credentials, _) = scripted(None, |asked| match asked.line.rsplit('/').next() {
        Some("regionInfo") => Some(refuse(404, "NotFound")),
        Some("region") => Some(json("mars")),
        _ => None,
    });
    let lost = credentials.current(Timestamp::from_second(1000).unwrap()).await.unwrap_err();
    rows.push((
        lost,
        "/instance/region",
        "name in [service] of the train file what follows from it: `region`",
    ));
    rows
}

#[tokio::test(start_paused = true)]
async fn each_error_names_what_is_wrong_and_the_way_out() {
    let mut rows = of_resources().await;
    rows.extend(of_sessions().await);
    rows.extend(of_instances().await);
    let mut lacking: Vec<String> =
        rows.iter().map(|(error, ..)| error.to_string()).filter(|told| told.contains("console")).collect();
    assert!(lacking.is_empty(), "that is where users' keys are from: {}", lacking.join("\n"));
    rows.extend(of_files());
    rows.extend(of_keys());
    for (error, named, way_out) in &rows {
        let told = error.to_string();
        if !told.contains(named) || !told.contains(way_out) {
            lacking.push(format!("{told}\n    names {named}? says {way_out}?"));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    let kinds: BTreeSet<&str> = rows.iter().map(|(error, ..)| kind(error)).collect();
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
    assert!(rows.iter().all(|(error, ..)| !error.to_string().contains("secret")));
}
