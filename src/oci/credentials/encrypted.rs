//! Opens encrypted private keys: PKCS#8 (`ENCRYPTED PRIVATE KEY`, PBES2), as OpenSSL writes today, and the older form
//! with `Proc-Type: 4,ENCRYPTED` among its lines, as `openssl genrsa -aes256` wrote and OCI's documents show.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut, KeyIvInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use pkcs8::EncryptedPrivateKeyInfo;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};

use super::key::KeyError;
use super::secret::Secret;

/// Opens the first encrypted key of a text; none where there is none.
pub(super) fn open(
    text: &str,
    pass_phrase: Option<&Secret>,
) -> Result<Option<PrivateKeyDer<'static>>, KeyError> {
    let pkcs8 = text.contains("BEGIN ENCRYPTED PRIVATE KEY");
    if !pkcs8 && !text.contains("Proc-Type: 4,ENCRYPTED") {
        return Ok(None);
    }
    let pass_phrase = pass_phrase.ok_or(KeyError::NoPassPhrase)?.expose().as_bytes();
    let sections = pem::parse_many(text).map_err(|_| KeyError::NotPem)?;
    let mut sections = sections.iter();
    let opened = if pkcs8 {
        let section = sections.find(|section| section.tag() == "ENCRYPTED PRIVATE KEY");
        pbes2(section.ok_or(KeyError::NotPem)?.contents(), pass_phrase)?
    } else {
        let section = sections.find(|section| section.headers().get("Proc-Type").is_some());
        legacy(section.ok_or(KeyError::NotPem)?, pass_phrase)?
    };
    Ok(Some(opened))
}

fn pbes2(der: &[u8], pass_phrase: &[u8]) -> Result<PrivateKeyDer<'static>, KeyError> {
    let info = EncryptedPrivateKeyInfo::try_from(der).map_err(|_| KeyError::Refused("it is damaged"))?;
    if info.encryption_algorithm.pbes2().is_none() {
        return Err(KeyError::Cipher("an algorithm older than PBES2".to_owned()));
    }
    let opened = info.decrypt(pass_phrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
            | pkcs8::pkcs5::Error::NoPbes1CryptSupport
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. },
        ) => KeyError::Cipher("an algorithm of PBES2 that is rarely used".to_owned()),
        // A wrong pass phrase, told by the padding; or, where the padding is right by chance, by what is in it.
        _ => KeyError::WrongPassPhrase,
    })?;
    Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
}

/// Opens the older form: `DEK-Info` names the cipher and its initialization vector.
fn legacy(section: &pem::Pem, pass_phrase: &[u8]) -> Result<PrivateKeyDer<'static>, KeyError> {
    if section.tag() != "RSA PRIVATE KEY" {
        return Err(KeyError::NotRsa);
    }
    let info = section.headers().get("DEK-Info").unwrap_or_default();
    let (cipher, vector) = info.split_once(',').unwrap_or((info, ""));
    let vector = hex(vector.trim()).ok_or(KeyError::Refused("it is damaged"))?;
    let (data, cipher) = (section.contents(), cipher.trim().to_ascii_uppercase());
    let opened = match cipher.as_str() {
        "AES-128-CBC" => cbc::<Aes128>(data, pass_phrase, &vector, 16),
        "AES-192-CBC" => cbc::<Aes192>(data, pass_phrase, &vector, 24),
        "AES-256-CBC" => cbc::<Aes256>(data, pass_phrase, &vector, 32),
        "DES-EDE3-CBC" => cbc::<TdesEde3>(data, pass_phrase, &vector, 24),
        _ => return Err(KeyError::Cipher(format!("`{}`", cipher.escape_default()))),
    };
    Ok(PrivatePkcs1KeyDer::from(opened.ok_or(KeyError::WrongPassPhrase)?).into())
}

fn cbc<C>(data: &[u8], pass_phrase: &[u8], vector: &[u8], key_length: usize) -> Option<Vec<u8>>
where
    C: cbc::cipher::BlockCipher + cbc::cipher::BlockDecryptMut + cbc::cipher::KeyInit,
    cbc::Decryptor<C>: KeyIvInit,
{
    let key = derive(pass_phrase, vector.get(..8)?, key_length);
    cbc::Decryptor::<C>::new_from_slices(&key, vector).ok()?.decrypt_padded_vec_mut::<Pkcs7>(data).ok()
}

/// Derives a key as OpenSSL always has for this form: MD5 over the digest before, the pass phrase and eight bytes of
/// the vector as salt, until there is enough. Weak; it is what the files hold.
fn derive(pass_phrase: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::with_capacity(length + 16);
    while key.len() < length {
        let before = key.len().saturating_sub(16);
        let digest = Md5::new().chain_update(&key[before..]).chain_update(pass_phrase).chain_update(salt);
        key.extend_from_slice(&digest.finalize());
    }
    key.truncate(length);
    key
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
