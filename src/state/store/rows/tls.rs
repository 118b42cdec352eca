//! Encryption of a connection: rustls on ring. The server has to prove its name to the system's authorities, or to those
//! of a file.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::fault::Fault;
use super::settings::Settings;

/// Encrypts what goes over a connection to a server of this name.
pub(super) async fn wrap(
    stream: TcpStream,
    name: &str,
    settings: &Settings,
) -> Result<TlsStream<TcpStream>, Fault> {
    let config = config(settings.authorities.as_deref()).map_err(Fault::Untrusted)?;
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| Fault::Untrusted("a server of that name cannot prove it".to_owned()))?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| refused(&error, settings))
}

fn config(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let builder = match authorities {
        Some(path) => builder.with_root_certificates(roots(path)?),
        None => builder.with_platform_verifier().map_err(|error| {
            format!(
                "{error}; install this system's CA certificates (package `ca-certificates`), or name a file of \
                 authorities with `sslrootcert`"
            )
        })?,
    };
    Ok(builder.with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let wrong = |what: String| {
        format!(
            "{} (`sslrootcert`) {what}: expected certificates of authorities in PEM form, `-----BEGIN CERTIFICATE-----`",
            path.display()
        )
    };
    let text = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let number = roots.len() + 1;
        let damaged = || wrong(format!("has a certificate that is damaged, its number {number}"));
        roots.add(certificate.map_err(|_| damaged())?).map_err(|_| damaged())?;
    }
    match roots.is_empty() {
        true => Err(wrong("holds no certificate".to_owned())),
        false => Ok(roots),
    }
}

/// Tells what is wrong with a certificate and what to do about it.
fn refused(error: &std::io::Error, settings: &Settings) -> Fault {
    let why = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match why {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)) => {
            let way_out = match &settings.authorities {
                Some(path) => format!(
                    "only authorities in {} are trusted; where the certificate is right, add to that file the one that \
                     signed it",
                    path.display()
                ),
                None => {
                    "where that is right, name a file of the authorities to trust with `sslrootcert` (or \
                         PGSSLROOTCERT), or for all programs with SSL_CERT_FILE"
                        .to_owned()
                }
            };
            Fault::Untrusted(format!("{error}; {way_out}"))
        }
        Some(_) => Fault::Untrusted(error.to_string()),
        None => Fault::Unreachable(error.to_string()),
    }
}
