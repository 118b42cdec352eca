//! The certificate of an instance: its tenancy, which stands in its subject, and its fingerprint. Reads just as much
//! of X.509 as that takes; whether the certificate is good is for the service to say.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// What a subject's value begins with that names the tenancy.
const TENANCY: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// Returns the certificates of a PEM text, each as DER; none where the text is damaged.
pub(super) fn all(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().ok()
}

/// Returns the tenancy that a certificate's subject names.
pub(super) fn tenancy(der: &[u8]) -> Option<String> {
    let mut certificate = Reader(Reader(der).enter(SEQUENCE)?);
    let mut fields = Reader(certificate.enter(SEQUENCE)?);
    // The version may be left out; then serial number, algorithm, issuer and validity come before the subject.
    if fields.peek() == Some(VERSION) {
        fields.any()?;
    }
    for _ in 0..4 {
        fields.any()?;
    }
    let mut names = Reader(fields.enter(SEQUENCE)?);
    while let Some(set) = names.enter(SET) {
        let mut set = Reader(set);
        while let Some(attribute) = set.enter(SEQUENCE) {
            let mut attribute = Reader(attribute);
            attribute.enter(OBJECT_IDENTIFIER)?;
            let (_, value) = attribute.any()?;
            let Ok(text) = std::str::from_utf8(value) else { continue };
            if let Some(tenancy) = TENANCY.iter().find_map(|prefix| text.strip_prefix(prefix)) {
                return Some(tenancy.to_owned());
            }
        }
    }
    None
}

/// Returns the SHA-1 fingerprint as the service wants it: upper-case hex pairs with colons. A name, not a proof.
pub(super) fn fingerprint(der: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const VERSION: u8 = 0xa0;

/// The rest of some DER.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Takes the next value if it has the tag.
    fn enter(&mut self, tag: u8) -> Option<&'d [u8]> {
        if self.peek() != Some(tag) {
            return None;
        }
        self.any().map(|(_, content)| content)
    }

    /// Takes the next value.
    fn any(&mut self) -> Option<(u8, &'d [u8])> {
        let (&[tag, first], mut rest) = self.0.split_first_chunk::<2>()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            // The long form: so many bytes of length follow. More than three are no certificate.
            let bytes = usize::from(first & 0x7f);
            if !(1..=3).contains(&bytes) {
                return None;
            }
            let (long, after) = rest.split_at_checked(bytes)?;
            length = long.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
            rest = after;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}
