//! Certificate authorities that are trusted instead of the system's: those of a PEM file that somebody names, as
//! `OCI_CLI_CERT_BUNDLE` does for Oracle's command line, which trusts no others then either.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::credentials::CredentialsError;

/// Certificates of authorities; at least one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authorities {
    certificates: Arc<[CertificateDer<'static>]>,
    /// The file, and what names it.
    place: Arc<str>,
}

impl Authorities {
    /// Reads a file, which the variable `named` names. All of it must be good: whoever leaves half of it out would be
    /// told much later, by a host that is not trusted.
    pub fn read(named: &'static str, path: &Path) -> Result<Self, CredentialsError> {
        let text = fs::read(path).map_err(|error| CredentialsError::unreadable(path, named, &error))?;
        let wrong = |what: String| CredentialsError::Variable {
            name: named,
            reason: format!(
                "{} {what}: expected certificates of authorities in PEM form, `-----BEGIN CERTIFICATE-----`; without the \
                 variable the system's are trusted",
                path.display()
            ),
        };
        let mut found = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let number = found.len() + 1;
            let damaged = || wrong(format!("has a certificate that is damaged, its number {number}"));
            let certificate = certificate.map_err(|_| damaged())?;
            rustls::RootCertStore::empty().add(certificate.clone()).map_err(|_| damaged())?;
            found.push(certificate);
        }
        match found.is_empty() {
            true => Err(wrong("holds no certificate".to_owned())),
            false => {
                let place = format!("{} ({named})", path.display()).into();
                Ok(Self { certificates: found.into(), place })
            }
        }
    }

    /// Returns them as reqwest wants them.
    pub(super) fn certificates(&self) -> reqwest::Result<Vec<reqwest::Certificate>> {
        self.certificates.iter().map(|der| reqwest::Certificate::from_der(der)).collect()
    }

    /// Returns the file, and what names it.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "OCI_CLI_CERT_BUNDLE";
    const CA: &str = include_str!("testdata/ca.pem");

    fn read(text: &str) -> Result<usize, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let read = Authorities::read(NAME, file.path());
        let path = file.path().display().to_string();
        read.map(|found| found.certificates.len()).map_err(|error| error.to_string().replace(&path, "FILE"))
    }

    #[test]
    fn a_bundle_is_one_certificate_or_many_with_anything_between() {
        assert_eq!(read(CA), Ok(1));
        assert_eq!(read(&format!("# Example CA\n{CA}\n# the same\n{CA}")), Ok(2));
    }

    #[test]
    fn what_is_no_bundle_names_the_file_and_the_way_out() {
        let expected = ": expected certificates of authorities in PEM form, `-----BEGIN CERTIFICATE-----`; without the variable the \
                        system's are trusted";
        let key = include_str!("testdata/key.pem");
        let damaged = CA.replacen("MII", "AAA", 1);
        for (text, what) in [
            ("", "holds no certificate"),
            ("hunter2", "holds no certificate"),
            (key, "holds no certificate"),
            (&format!("{CA}{damaged}"), "has a certificate that is damaged, its number 2"),
            (&CA[..CA.len() / 2], "has a certificate that is damaged, its number 1"),
        ] {
            assert_eq!(read(text), Err(format!("{NAME}: FILE {what}{expected}")));
        }
        let nowhere = Authorities::read(NAME, Path::new("/nowhere/ca.pem")).unwrap_err().to_string();
        assert!(
            nowhere.starts_with("/nowhere/ca.pem (OCI_CLI_CERT_BUNDLE) cannot be read: No such file"),
            "{nowhere}"
        );
        assert!(nowhere.ends_with("put the file there, or correct what names it"), "{nowhere}");
    }
}
