//! Instance principals: an instance's certificate, from its metadata service, is exchanged for a token at the
//! region's auth service, for a key pair made here that nobody else ever sees.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, USER_AGENT};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::EncodePublicKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Credentials;
use super::certificate;
use super::error::CredentialsError;
use super::key::SigningKey;
use super::place::Stamp;
use super::renewed::{Fetched, Fetching, Source};
use super::secret::Secret;
use super::token::Token;
use crate::oci::error::refusal;
use crate::oci::metadata::Metadata;
use crate::oci::retry::{Next, Policy, Trouble, retry_after};
use crate::oci::sign::sign_for_token;
use crate::oci::transport::{Exchange, TransportError};

/// An instance, as far as it can prove to be one.
struct Instance {
    exchange: Arc<dyn Exchange>,
    metadata: Metadata,
    /// The auth service's base URL, where it is not to be derived from the region.
    auth: Option<String>,
    /// As its first certificate says. It never moves to another.
    tenancy: Mutex<Option<String>>,
}

/// A token is asked for while everything waits: fewer attempts than a call has, and sooner told.
const POLICY: Policy =
    Policy { attempts: 4, total: Duration::from_secs(60), longest: Duration::from_secs(8) };

/// What the auth service is asked for, in its words: PEM without its armour.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    certificate: String,
    public_key: String,
    intermediate_certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    token: String,
}

impl Credentials {
    /// Takes the instance that this runs on. `auth` is the base URL of the auth service; left out, it is derived from
    /// the region that the metadata service names.
    pub fn instance_principal(exchange: Arc<dyn Exchange>, metadata: Metadata, auth: Option<&str>) -> Self {
        let auth = auth.map(str::to_owned);
        Self::renewed(Instance { exchange, metadata, auth, tenancy: Mutex::default() })
    }
}

impl Source for Instance {
    fn fetch(&self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.federate(now))
    }

    fn stamps(&self) -> Vec<Option<Stamp>> {
        Vec::new()
    }

    fn expired(&self, at: Timestamp) -> CredentialsError {
        CredentialsError::Expired {
            origin: "of this instance".to_owned(),
            at,
            way_out: "the auth service has just given it: set this machine's clock".to_owned(),
        }
    }

    fn renews_early(&self) -> bool {
        true
    }
}

impl Instance {
    async fn federate(&self, now: Timestamp) -> Result<Fetched, CredentialsError> {
        let (leaf, intermediate) = ("identity/cert.pem", "identity/intermediate.pem");
        let certificates = |path: &'static str, text: String| {
            let found = certificate::all(&text).filter(|found| !found.is_empty());
            found.ok_or_else(|| self.metadata.wrong(path, &"gives no certificate in PEM form"))
        };
        let mine = certificates(leaf, self.metadata.get(leaf).await?)?;
        let between = certificates(intermediate, self.metadata.get(intermediate).await?)?;
        let Some(mine) = mine.first() else {
            return Err(self.metadata.wrong(leaf, &"gives no certificate"));
        };
        let tenancy = certificate::tenancy(mine)
            .ok_or_else(|| self.metadata.wrong(leaf, &"gives a certificate that names no tenancy"))?;
        self.same_tenancy(&tenancy)?;
        let url = match &self.auth {
            Some(base) => base.clone(),
            None => self.metadata.region().await?.auth_endpoint(),
        };
        let url = match url.trim_end_matches('/') {
            whole if whole.ends_with("/v1/x509") => whole.to_owned(),
            base => format!("{base}/v1/x509"),
        };
        // The name that Oracle's SDKs give the key of a certificate.
        let key_id = format!("{tenancy}/fed-x509/{}", certificate::fingerprint(mine));
        let path = "identity/key.pem";
        let pem = Secret::new(self.metadata.get(path).await?);
        let certified = SigningKey::from_pem(&key_id, pem.expose().as_bytes(), None).map_err(|error| {
            let origin = format!("of this instance's certificate ({path})");
            let reason = format!("{error}; OCI replaces it within hours: run the command again then");
            CredentialsError::Key { origin, reason }
        })?;
        let fresh = fresh_key().await?;
        let ask = Ask {
            certificate: STANDARD.encode(mine),
            public_key: STANDARD.encode(&fresh.public),
            intermediate_certificates: between.iter().map(|one| STANDARD.encode(one)).collect(),
        };
        let token = self.ask(&url, &ask, &certified, now).await?;
        let key = SigningKey::from_der(&SigningKey::token_id(&token.text), &fresh.private);
        let key = key.map_err(|error| made_badly(&error))?;
        Ok(Fetched { key: Arc::new(key), expires: token.expires })
    }

    fn same_tenancy(&self, tenancy: &str) -> Result<(), CredentialsError> {
        let mut known = self.tenancy.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(known) if known != tenancy => Err(CredentialsError::Moved {
                url: self.metadata.url("identity/cert.pem"),
                reason: format!(
                    "names the tenancy {tenancy}, and named {known} before: start again to sign for another"
                ),
            }),
            _ => {
                *known = Some(tenancy.to_owned());
                Ok(())
            }
        }
    }

    /// Asks for a token.
    async fn ask(
        &self,
        url: &str,
        ask: &Ask,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<Token, CredentialsError> {
        let failed = |reason: String| CredentialsError::Federation { url: url.to_owned(), reason };
        let body = Bytes::from(serde_json::to_vec(ask).map_err(|error| failed(error.to_string()))?);
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let agent = concat!("patchtrain/", env!("CARGO_PKG_VERSION"));
            let mut request = Request::post(url)
                .header(ACCEPT, "application/json")
                .header(USER_AGENT, agent)
                .body(body.clone())
                .map_err(|error| failed(error.to_string()))?;
            // Time goes on between attempts, and the signature is dated.
            let elapsed = jiff::SignedDuration::try_from(started.elapsed()).unwrap_or_default();
            let now = now.saturating_add(elapsed).unwrap_or(now);
            sign_for_token(&mut request, key, now).map_err(|error| failed(error.to_string()))?;
            let (reason, next) = match self.exchange.exchange(request).await {
                Ok(answer) if answer.status().is_success() => {
                    // What is wrong with it is not told in serde's words, which may quote it.
                    let answer: Answer = serde_json::from_slice(answer.body())
                        .map_err(|_| failed("the answer holds no token".to_owned()))?;
                    return Token::parse(&answer.token).map_err(|error| CredentialsError::Token {
                        origin: format!("that {url} gives"),
                        reason: format!("{error}; correct `endpoints.auth` in [service], if that is set"),
                    });
                }
                Ok(answer) => {
                    let header = |name| answer.headers().get(name)?.to_str().ok();
                    let after = header("retry-after").and_then(|value: &str| retry_after(value, now));
                    let id = header("opc-request-id").unwrap_or("none").to_owned();
                    let error = refusal("GetSecurityToken", &answer, id, now);
                    let status = answer.status().as_u16();
                    let trouble = Trouble::Status { status, code: "", after };
                    (error.to_string(), POLICY.next(trouble, true, attempt, started.elapsed(), 0.5))
                }
                Err(error) => {
                    let trouble = match &error {
                        TransportError::Unsendable(_) => Trouble::Hopeless,
                        TransportError::Connect(_) | TransportError::Broken(_) => Trouble::Broken,
                    };
                    (error.to_string(), POLICY.next(trouble, true, attempt, started.elapsed(), 0.5))
                }
            };
            match next {
                Next::Wait(wait) => tokio::time::sleep(wait).await,
                Next::Stop => return Err(failed(reason)),
            }
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("metadata", &self.metadata)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

/// A key pair: PKCS#1, and the public half as a certificate holds it.
struct Fresh {
    private: PrivateKeyDer<'static>,
    public: Vec<u8>,
}

/// How long it may be is up to us; the SDKs make 2048 bits, and it lives for some twenty minutes.
const BITS: usize = 2048;

/// Makes a key pair, on a thread where half a second of computing holds up nobody.
async fn fresh_key() -> Result<Fresh, CredentialsError> {
    let made = tokio::task::spawn_blocking(|| {
        let key = rsa::RsaPrivateKey::new(&mut Ring(SystemRandom::new()), BITS)?;
        let private = key.to_pkcs1_der().map_err(rsa::pkcs8::Error::from).map_err(rsa::errors::Error::from);
        let public = key.to_public_key().to_public_key_der();
        let public = public.map_err(rsa::pkcs8::Error::from).map_err(rsa::errors::Error::from)?;
        let private = PrivatePkcs1KeyDer::from(private?.as_bytes().to_vec()).into();
        Ok::<_, rsa::errors::Error>(Fresh { private, public: public.into_vec() })
    });
    made.await.map_err(|error| made_badly(&error))?.map_err(|error| made_badly(&error))
}

fn made_badly(error: &dyn fmt::Display) -> CredentialsError {
    let origin = "for this instance's session".to_owned();
    CredentialsError::Key { origin, reason: format!("cannot be made: {error}: run the command again") }
}

/// The system's randomness, as `rsa` wants it.
struct Ring(SystemRandom);

impl rsa::rand_core::RngCore for Ring {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the system's randomness is there from boot on");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Ring {}
