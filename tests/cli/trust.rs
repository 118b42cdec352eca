//! Whom the real program trusts: a service behind TLS whose certificate an authority of somebody's own has signed, and
//! what is said where that authority, or a region that Oracle does not list, cannot be made out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::credentials::Site;
use crate::support::Workspace;

fn testdata(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/oci/testdata").join(name).display().to_string()
}

/// Serves TLS before a plain address, for as long as the runtime lives; returns its port.
fn behind_tls(runtime: &Runtime, plain: String) -> u16 {
    let chain =
        CertificateDer::pem_file_iter(testdata("served.pem")).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(testdata("served-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    // Whoever does not trust us hangs up.
                    let Ok(mut secret) = acceptor.accept(stream).await else { return };
                    let mut plain = TcpStream::connect(plain).await.unwrap();
                    let _ = copy_bidirectional(&mut secret, &mut plain).await;
                });
            }
        });
        port
    })
}

#[test]
fn the_authorities_of_a_bundle_are_trusted_and_no_others() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = Site::on(Api::Osmh);
    let plain = site.served.fact("endpoint").trim_start_matches("http://").to_owned();
    let port = behind_tls(&runtime, plain);
    site.train(&format!("endpoints = {{ osmh = \"https://localhost:{port}\" }}"));
    let folder = site.workspace.path().join("oci");
    let config = folder.join("config").display().to_string();
    let always = [("OCI_CLI_CONFIG_FILE", config.as_str()), ("NO_PROXY", "localhost")];
    let with = |bundle: &'static str| [&always[..], &[("OCI_CLI_CERT_BUNDLE", bundle)]].concat();

    site.refuses(&[], &always, "with OCI_CLI_CERT_BUNDLE");
    let authority = testdata("ca.pem");
    let home = folder.display().to_string();
    site.signs(&[], &[&always[..], &[("OCI_CLI_CERT_BUNDLE", &authority)]].concat());
    fs::copy(&authority, folder.join("ca.pem")).unwrap();
    site.signs(&[], &[&with("~/ca.pem")[..], &[("HOME", &home)]].concat());
    // An authority that has not signed it: the instance's own certificate in the tests of those.
    let other = testdata("leaf.pem");
    let untrusted = [&always[..], &[("OCI_CLI_CERT_BUNDLE", &other)]].concat();
    let way_out = format!(
        ": only authorities in {other} (OCI_CLI_CERT_BUNDLE) are trusted; where the certificate is right, add to that file the \
         authority that signed it"
    );
    let said = site.refuses(&[], &untrusted, &way_out);
    assert!(!String::from_utf8_lossy(&said.stderr).contains("SSL_CERT_FILE"), "that is not read here");

    let nowhere = "/nowhere/ca.pem (OCI_CLI_CERT_BUNDLE) cannot be read: No such file or directory (os error 2): put the file";
    site.refuses(&[], &with("/nowhere/ca.pem"), nowhere);
    let garbage = "OCI_CLI_CERT_BUNDLE: trains/t.toml holds no certificate: expected certificates of authorities in PEM form";
    site.refuses(&[], &with("trains/t.toml"), garbage);
}

/// What the services' certificates are signed by need not have signed those of a repository, which may lie anywhere.
#[test]
fn repositories_are_trusted_as_the_system_does_whatever_the_bundle() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = Site::on(Api::Osmh);
    let plain = site.served.fact("endpoint").trim_start_matches("http://").to_owned();
    let url = format!("https://localhost:{}/repository", behind_tls(&runtime, plain));
    let authority = testdata("ca.pem");
    let fetched = |variable: &str| {
        let verify = ["release", "verify", "--offline", "--repodata", &url];
        let mut command = site.workspace.command(&verify);
        let output = Workspace::output(command.env("NO_PROXY", "localhost").env(variable, &authority));
        assert_eq!(output.status.code(), Some(i32::from(exit::ERROR)));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = fetched("OCI_CLI_CERT_BUNDLE");
    assert!(told.contains("name a file of the authorities to trust with SSL_CERT_FILE"), "{told}");
    assert!(!told.contains("OCI_CLI_CERT_BUNDLE"), "that has no effect here: {told}");
    // Trusted, it is spoken to, and has no such file.
    let told = fetched("SSL_CERT_FILE");
    assert!(told.contains("repodata/repomd.xml: the connection broke: the answer is 40"), "{told}");
}

#[test]
fn regions_that_are_described_badly_are_told_with_their_place() {
    let site = Site::on(Api::Osmh);
    site.train("region = \"xyz\"");
    let folder = site.workspace.path().join("oci");
    let config = folder.join("config").display().to_string();
    let home = folder.display().to_string();
    let file = ("OCI_CLI_CONFIG_FILE", config.as_str());
    site.refuses(&[], &[file], "`xyz` is not a region: expected a name such as `eu-frankfurt-1`");
    let half = r#"{"realmKey":"oc99","regionKey":"xyz"}"#;
    let expected = "OCI_REGION_METADATA, where `xyz` is looked for, has no text for `realmDomainComponent`: expected as in";
    site.refuses(&[], &[file, ("OCI_REGION_METADATA", half)], expected);
    site.workspace.write("oci/.oci/regions-config.json", "[{}");
    let expected =
        "/oci/.oci/regions-config.json, where `xyz` is looked for, is no JSON (EOF while parsing a list";
    site.refuses(&[], &[file, ("HOME", &home)], expected);
    let named = [file, ("HOME", &home), ("OCI_CLI_REGION", "abc")];
    site.refuses(&[], &named, "OCI_CLI_REGION: ");
}
