//! For tests: a transport that answers by rule and records what it was asked, and a client on it; and a way to a service
//! on which requests and answers get lost.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};

use super::client::{Client, Endpoint};
use super::credentials::Credentials;
use super::transport::{Transport, TransportError};

/// What a rule answers.
pub(crate) type Answer = Result<Response<Bytes>, TransportError>;

type Rule = Box<dyn FnMut(&Asked) -> Answer + Send>;

/// What was asked, in the words of the API.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /softwareSources?limit=1`, without the version.
    pub(crate) line: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
    /// Whether it allows a long wait.
    pub(crate) slow: bool,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The transport.
#[derive(Clone)]
pub(crate) struct Script {
    rule: Arc<Mutex<Rule>>,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    pub(crate) fn new(rule: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self { rule: Arc::new(Mutex::new(Box::new(rule))), asked: Arc::default() }
    }

    /// Answers one request after the other from a list.
    pub(crate) fn answers(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers = answers.into_iter().collect::<Vec<_>>().into_iter();
        Self::new(move |asked| answers.next().unwrap_or_else(|| panic!("not expected: {}", asked.line)))
    }

    /// Returns the request lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.line.clone()).collect()
    }

    pub(crate) fn nth(&self, index: usize) -> Asked {
        self.asked.lock().unwrap()[index].clone()
    }

    pub(crate) fn client(&self) -> Client<Self> {
        self.client_of("/20190801")
    }

    /// The same for an API of another version.
    pub(crate) fn client_of(&self, version: &'static str) -> Client<Self> {
        let key = include_str!("testdata/key.pem").as_bytes();
        let credentials = Credentials::from_parts("t", "u", "f", key).unwrap();
        let half = |bytes: &mut [u8]| bytes.fill(0x80);
        Client::new(self.clone(), Endpoint::fixed("http://osms.test"), version, credentials).with_random(half)
    }
}

impl Transport for Script {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        let target = request.uri().path_and_query().unwrap().as_str();
        let asked = Asked {
            line: format!("{} {}", request.method(), unversioned(target)),
            headers: request.headers().clone(),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
            slow: request.extensions().get::<super::Patience>().is_some(),
        };
        self.asked.lock().unwrap().push(asked.clone());
        tokio::task::yield_now().await;
        (self.rule.lock().unwrap())(&asked)
    }
}

/// Takes the version off a path.
fn unversioned(target: &str) -> &str {
    ["/20190801", "/20220901"].iter().find_map(|version| target.strip_prefix(version)).unwrap_or(target)
}

/// An answer with a JSON body.
pub(crate) fn json(body: impl Into<String>) -> Answer {
    Ok(Response::new(body.into().into()))
}

/// An answer with headers.
pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let response = Response::builder().status(status);
    let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
    Ok(response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
}

/// A refusal.
pub(crate) fn refuse(status: u16, code: &str) -> Answer {
    with(status, &[], &format!(r#"{{"code":"{code}","message":"said so"}}"#))
}

/// A connection that breaks.
pub(crate) fn broken() -> Answer {
    Err(TransportError::Broken("reset".to_owned()))
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused on the way.
    Refused(u16, &'static str),
    /// It does not arrive.
    Dropped,
    /// It is served, and the answer is lost.
    Lost,
    /// It arrives after so many milliseconds, whether or not its sender waits; he gets no answer.
    Late(u64),
    /// The connection breaks, and it arrives all the same, once so many GETs after it were answered.
    Belated(usize),
}

/// What arrives once so many more GETs were answered.
type Belated = (usize, Request<Bytes>);

/// A way to a service.
#[derive(Clone)]
pub(crate) struct Way<T> {
    service: T,
    faults: Arc<Mutex<Vec<(&'static str, Fault)>>>,
    /// What is to arrive after so many GETs.
    belated: Arc<Mutex<Vec<Belated>>>,
    /// After how many requests no more arrive.
    left: Arc<Mutex<Option<usize>>>,
    /// The request lines so far.
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
}

impl<T> Way<T> {
    pub(crate) fn to(service: T) -> Self {
        Self {
            service,
            faults: Arc::default(),
            belated: Arc::default(),
            left: Arc::default(),
            lines: Arc::default(),
        }
    }

    /// Has something happen to the next request whose line (`PUT /n/...`) holds a text; what is said first happens first.
    pub(crate) fn spoil(&self, text: &'static str, fault: Fault) {
        self.faults.lock().unwrap().push((text, fault));
    }
}

impl<T> Way<T> {
    /// Lets so many requests arrive, and then none.
    pub(crate) fn end_after(&self, requests: usize) {
        *self.left.lock().unwrap() = Some(requests);
    }

    /// Returns what arrives now that another GET was answered.
    fn arrived(&self) -> Vec<Request<Bytes>> {
        let mut belated = self.belated.lock().unwrap();
        belated.iter_mut().for_each(|(gets, _)| *gets -= 1);
        belated.extract_if(.., |(gets, _)| *gets == 0).map(|(_, request)| request).collect()
    }

    fn is_over(&self) -> bool {
        match &mut *self.left.lock().unwrap() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

impl<T: Transport + Clone> Transport for Way<T> {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        if self.is_over() {
            return broken();
        }
        let line = format!("{} {}", request.method(), request.uri().path_and_query().unwrap());
        self.lines.lock().unwrap().push(line.clone());
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            let found = faults.iter().position(|(text, _)| line.contains(text));
            found.map(|at| faults.remove(at).1)
        };
        match fault {
            None if line.starts_with("GET") => {
                let answer = self.service.send(request).await;
                for late in self.arrived() {
                    self.service.send(late).await?;
                }
                answer
            }
            None => self.service.send(request).await,
            Some(Fault::Refused(status, code)) => refuse(status, code),
            Some(Fault::Dropped) => broken(),
            Some(Fault::Lost) => {
                self.service.send(request).await?;
                broken()
            }
            Some(Fault::Late(millis)) => {
                let service = self.service.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
                    service.send(request).await
                });
                std::future::pending().await
            }
            Some(Fault::Belated(gets)) => {
                self.belated.lock().unwrap().push((gets, request));
                broken()
            }
        }
    }
}
