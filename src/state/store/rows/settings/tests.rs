//! What the environment says of a database, and that no password comes out of it again.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn read(named: Option<&str>, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
    let read = Settings::read(named, |name| environment.get(name).map(|value| (*value).to_owned()));
    read.map_err(|error| error.to_string())
}

fn url(text: &str) -> Result<Settings, String> {
    read(Some("DB"), &[("DB", text), ("USER", "ada")])
}

fn parts(settings: &Settings) -> (String, u16, &str, Option<&str>, &str, Tls) {
    let host = match &settings.host {
        Host::Net(name) => name.clone(),
        Host::Socket(folder) => folder.display().to_string(),
    };
    let Settings { port, user, password, database, tls, .. } = settings;
    (host, *port, user, password.as_deref(), database, *tls)
}

#[test]
fn a_url_says_it_all_or_leaves_out_what_is_usual() {
    for (text, expected) in [
        (
            "postgres://bob:s3c%2Fr3t@db.example:6432/ops?sslmode=verify-full",
            ("db.example", 6432, "bob", Some("s3c/r3t"), "ops", Tls::Required),
        ),
        ("postgresql://db.example", ("db.example", 5432, "ada", None, "ada", Tls::Required)),
        (
            "postgres://bob@db.example/ops?sslmode=prefer",
            ("db.example", 5432, "bob", None, "ops", Tls::Offered),
        ),
        ("postgres://[::1]:6432/ops", ("::1", 6432, "ada", None, "ops", Tls::Off)),
        (
            "postgres://bob@%2Fvar%2Frun/ops?port=7&target_session_attrs=any",
            ("/var/run", 7, "bob", None, "ops", Tls::Off),
        ),
        (
            "postgres:///ops?host=/var/run&user=bob&password=a%20b",
            ("/var/run", 5432, "bob", Some("a b"), "ops", Tls::Off),
        ),
        (
            "postgres://b%C3%B6b:@localhost?dbname=%E6%9C%BA",
            ("localhost", 5432, "böb", Some(""), "机", Tls::Off),
        ),
        (
            "host=db.example user = bob password='it''s' dbname=ops sslmode=disable",
            ("db.example", 5432, "bob", Some("it"), "ops", Tls::Off),
        ),
        (
            r"host=db.example password='it\'s \\ a' user=b\ b",
            ("db.example", 5432, "b b", Some(r"it's \ a"), "b b", Tls::Required),
        ),
        ("", ("", 0, "", None, "", Tls::Off)),
    ] {
        let found = url(text);
        match (&found, text) {
            (Err(error), "") => assert!(error.starts_with("DB: is not set"), "{error}"),
            // As PostgreSQL reads it: a quote ends the value, and what follows is no pair.
            (Err(error), text) if text.contains("''") => {
                assert!(error.contains("neither a URL nor pairs"), "{error}");
            }
            (found, _) => {
                let (host, port, user, password, database, tls) = parts(found.as_ref().unwrap());
                assert_eq!((host.as_str(), port, user, password, database, tls), expected, "{text}");
            }
        }
    }
}

#[test]
fn what_the_address_leaves_out_the_usual_variables_say() {
    let environment = [
        ("PGHOST", "db.example"),
        ("PGPORT", "6432"),
        ("PGUSER", "bob"),
        ("PGPASSWORD", "s3cr3t"),
        ("PGDATABASE", "ops"),
        ("PGSSLMODE", "prefer"),
        ("PGSSLROOTCERT", "/etc/ca.pem"),
        ("PGCONNECT_TIMEOUT", "3"),
        ("PGAPPNAME", "ci"),
        ("DB", "postgres://other.example?application_name=mine&connect_timeout=0"),
    ];
    let found = read(None, &environment).unwrap();
    assert_eq!(parts(&found), ("db.example".to_owned(), 6432, "bob", Some("s3cr3t"), "ops", Tls::Offered));
    assert_eq!((found.connect, found.application.as_str()), (Duration::from_secs(3), "ci"));
    assert_eq!(found.authorities.as_deref(), Some(Path::new("/etc/ca.pem")));
    let found = read(Some("DB"), &environment).unwrap();
    assert_eq!(parts(&found), ("other.example".to_owned(), 6432, "bob", Some("s3cr3t"), "ops", Tls::Offered));
    assert_eq!((found.connect, found.application.as_str()), (CONNECT, "mine"));
}

#[test]
fn what_is_wrong_is_named_and_no_value_is_repeated() {
    for (variable, value, expected) in [
        ("DB", "hunter2", "DB: is neither a URL nor pairs of `name=value`"),
        ("DB", "mysql://bob:hunter2@db/x", "DB: is not the address of a PostgreSQL database"),
        ("DB", "postgres://bob:hunter2@db:x/ops", "DB: the port is not a number"),
        ("DB", "postgres://db?hunter2=1", "DB: has a parameter that is not known here; known are host, port"),
        ("DB", "postgres://db?hunter2", "DB: has a parameter without a value after its `?`"),
        ("DB", "postgres://bob:hunter2%FF@db", "DB: has percent-encoded text that is not UTF-8"),
        ("DB", "password='hunter2", "DB: has a `'` without its end"),
        ("DB", "postgres://bob:hunter2@a,b/ops", "DB: names several hosts; name one"),
        ("DB", "postgres://bob:hunter2@[::1/ops", "DB: has a `[` without its `]`"),
        ("DB", "postgres://bob:hunter2@db?sslmode=hunter2", "DB: its `sslmode` is none of"),
        ("PGPORT", "hunter2", "PGPORT: the port is not a number"),
        ("PGSSLMODE", "hunter2", "PGSSLMODE: its `sslmode` is none of"),
        ("PGCONNECT_TIMEOUT", "hunter2", "PGCONNECT_TIMEOUT: the time to connect is not a number of seconds"),
    ] {
        let named = (variable == "DB").then_some("DB");
        let error = read(named, &[(variable, value), ("USER", "ada")]).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{value}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let nobody = read(None, &[("PGHOST", "db")]).map(|_| ()).unwrap_err();
    assert_eq!(nobody, "PGUSER: no user is named for the database");
}

#[test]
fn neither_what_is_shown_nor_what_names_the_place_has_user_or_password() {
    let found = url("postgres://bob:hunter2@db.example/ops?sslmode=require").unwrap();
    assert_eq!(found.to_string(), "postgres://db.example:5432/ops");
    assert_eq!(format!("{found:?}"), "Settings(postgres://db.example:5432/ops, tls: Required)");
    assert_eq!(url("postgres://[::1]/ops").unwrap().to_string(), "postgres://[::1]:5432/ops");
    assert_eq!(
        url("host=/run/pg dbname=ops").unwrap().to_string(),
        "database `ops` at /run/pg/.s.PGSQL.5432"
    );
}

#[test]
fn a_password_is_looked_up_where_postgresql_looks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".pgpass");
    let text = "# host:port:database:user:password\nother:*:*:*:no\ndb.example:5432:ops:eve:no\nshort:line\n\
                db.example:*:o\\:ps:bob:a\\:b\\\\c:d\n*:*:*:bob:any\n";
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let home = folder.path().display().to_string();
    let password = |address: &str| {
        let found = read(Some("DB"), &[("DB", address), ("HOME", &home)]).unwrap();
        found.password
    };
    assert_eq!(password("postgres://bob@db.example/o:ps").as_deref(), Some("a:b\\c:d"));
    assert_eq!(password("postgres://bob@db.example/ops").as_deref(), Some("any"));
    assert_eq!(password("host=/run/pg user=bob").as_deref(), Some("any"));
    assert_eq!(password("postgres://ada@db.example/ops"), None);
    assert_eq!(password("postgres://bob:own@db.example/ops").as_deref(), Some("own"));

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let named = path.display().to_string();
    let loose = [("PGUSER", "bob"), ("PGHOST", "db"), ("PGPASSFILE", named.as_str())];
    let error = read(None, &loose).map(|_| ()).unwrap_err();
    assert!(error.contains(&format!("chmod 600 {named}")), "{error}");
    assert!(!error.contains("any"), "{error}");
    let none = [("PGUSER", "bob"), ("PGHOST", "db"), ("PGPASSFILE", "/nowhere")];
    assert_eq!(read(None, &none).unwrap().password, None);
}
