//! Encrypted lines: a server proves its name, or is not spoken to.

use super::*;

fn testdata(name: &str) -> String {
    format!("{}/src/oci/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn load(schema: &Schema, more: &str) -> Result<String, String> {
    let rows = schema.at(schema.server.by_net(schema.server.port, more));
    let refused = |error: StoreError| match error {
        StoreError::Remote { problem, .. } => problem,
        other => panic!("{other:?}"),
    };
    let link = rows.open("read").await.map_err(refused)?;
    let version = "SELECT coalesce(version, 'none') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(super::rows(&link, version).await[0].get(0))
}

#[tokio::test]
async fn a_server_that_proves_its_name_is_spoken_to() {
    let Some(schema) = Schema::new().await else { return };
    let trusted = format!("sslrootcert={}", testdata("ca.pem"));
    for mode in ["require", "verify-full", "verify-ca", "prefer"] {
        assert_eq!(
            load(&schema, &format!("sslmode={mode} {trusted}")).await,
            Ok("TLSv1.3".to_owned()),
            "{mode}"
        );
    }
    // This machine needs none.
    assert_eq!(load(&schema, "").await, Ok("none".to_owned()));
    assert_eq!(load(&schema, "sslmode=disable").await, Ok("none".to_owned()));
    let rows = schema.at(schema.server.by_net(schema.server.port, &format!("sslmode=require {trusted}")));
    let mut session = Kept::on(rows, train()).lock(&holder("ada")).await.unwrap();
    let large = vec![7; 3_000_000];
    session.held.replace(&Item::Snapshot, &large).await.unwrap();
    assert!(session.held.read(&Item::Snapshot).await.unwrap() == Some(large));
}

#[tokio::test]
async fn one_that_does_not_is_refused() {
    let Some(schema) = Schema::new().await else { return };
    let untrusted = load(&schema, "sslmode=require").await.unwrap_err();
    assert!(untrusted.contains("UnknownIssuer") && untrusted.contains("PGSSLROOTCERT"), "{untrusted}");
    // Not even where it need not be encrypted: what is encrypted for whoever answers is a promise that is not kept.
    load(&schema, "sslmode=prefer").await.unwrap_err();
    let other =
        load(&schema, &format!("sslmode=require sslrootcert={}", testdata("leaf.pem"))).await.unwrap_err();
    assert!(other.contains("only authorities in") && other.contains("leaf.pem"), "{other}");
    let key =
        load(&schema, &format!("sslmode=require sslrootcert={}", testdata("key.pem"))).await.unwrap_err();
    assert!(key.contains("holds no certificate"), "{key}");
    // By another name than it has proof of.
    let named = format!("sslmode=require host=127.0.0.2 sslrootcert={}", testdata("ca.pem"));
    let rows = schema.at(schema.server.by_net(schema.server.port, &named));
    let refused = rows.open("read").await.unwrap_err();
    assert!(matches!(refused, StoreError::Remote { .. }), "{refused}");
}
