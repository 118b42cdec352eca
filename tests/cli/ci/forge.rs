//! A stand-in on loopback for the part of GitHub's and GitLab's APIs that has comments of one pull or merge request.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub(super) const TOKEN: &str = "ghs_loopback-0123456789";
pub(super) const MARK: &str = "<!-- patchtrain:plan:great-linux -->";

/// Which API is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forge {
    GitHub,
    GitLab,
}

/// The comments of one pull or merge request, and who may write them.
pub(super) struct Comments {
    forge: Forge,
    all: Mutex<Vec<Value>>,
    /// What is answered instead of doing as asked: to reads, and to writes.
    pub(super) refusals: Mutex<(Option<StatusCode>, Option<StatusCode>)>,
    asked: Mutex<Vec<String>>,
    /// The newest commit of the request.
    pub(super) head: Mutex<String>,
}

/// Who the token is.
pub(super) const OWN: u64 = 41;

impl Comments {
    pub(super) fn new(forge: Forge) -> Arc<Self> {
        let (all, refusals, asked, head) = Default::default();
        Arc::new(Self { forge, all, refusals, asked, head })
    }

    /// Adds a comment of somebody.
    pub(super) fn add(&self, id: u64, author: u64, body: &str) {
        let login = if author == OWN { "github-actions[bot]" } else { "somebody" };
        let who = json!({ "id": author, "login": login });
        let key = match self.forge {
            Forge::GitHub => "user",
            Forge::GitLab => "author",
        };
        self.all.lock().unwrap().push(json!({ "id": id, "body": body, key: who }));
    }

    /// Returns ids and first lines.
    pub(super) fn told(&self) -> Vec<(u64, String)> {
        let all = self.all.lock().unwrap();
        let line = |one: &Value| one["body"].as_str().unwrap().lines().next().unwrap_or_default().to_owned();
        all.iter().map(|one| (one["id"].as_u64().unwrap(), line(one))).collect()
    }

    pub(super) fn body(&self, id: u64) -> String {
        let all = self.all.lock().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap()["body"].as_str().unwrap().to_owned()
    }

    /// Returns the methods that were used since this was last asked.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body: Bytes = axum::body::to_bytes(body, 1_000_000).await.unwrap();
        let (method, path) = (parts.method, parts.uri.path().to_owned());
        self.asked.lock().unwrap().push(method.to_string());
        let (header, expected, list, one) = match self.forge {
            Forge::GitHub => (
                "authorization",
                format!("Bearer {TOKEN}"),
                "/repos/acme/fleet/issues/7/comments",
                "/repos/acme/fleet/issues/comments/",
            ),
            Forge::GitLab => (
                "private-token",
                TOKEN.to_owned(),
                "/projects/12/merge_requests/7/notes",
                "/projects/12/merge_requests/7/notes/",
            ),
        };
        if parts.headers.get(header).and_then(|value| value.to_str().ok()) != Some(&expected) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let refusals = *self.refusals.lock().unwrap();
        let refusal = if method == Method::GET { refusals.0 } else { refusals.1 };
        if let Some(refusal) = refusal {
            return (refusal, r#"{"message":"Resource not accessible by integration"}"#).into_response();
        }
        let said = || serde_json::from_slice::<Value>(&body).unwrap()["body"].as_str().unwrap().to_owned();
        let changes = if self.forge == Forge::GitHub { Method::PATCH } else { Method::PUT };
        if method == Method::GET && path == "/user" && self.forge == Forge::GitLab {
            return json!({ "id": OWN }).to_string().into_response();
        }
        let head = self.head.lock().unwrap().clone();
        match (self.forge, path.as_str()) {
            (Forge::GitHub, "/repos/acme/fleet/pulls/7") => {
                return json!({ "number": 7, "head": { "sha": head } }).to_string().into_response();
            }
            (Forge::GitLab, "/projects/12/merge_requests/7") => {
                return json!({ "iid": 7, "sha": head }).to_string().into_response();
            }
            _ => {}
        }
        if method == Method::GET && path == list {
            let query = parts.uri.query().unwrap();
            let number = |name: &str| -> usize {
                let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                value.unwrap().parse().unwrap()
            };
            let (size, page) = (number("per_page"), number("page"));
            let all = self.all.lock().unwrap();
            let these: Vec<&Value> = all.iter().skip(size * (page - 1)).take(size).collect();
            return serde_json::to_string(&these).unwrap().into_response();
        }
        if method == Method::POST && path == list {
            let id = 1_000 + self.all.lock().unwrap().len() as u64;
            self.add(id, OWN, &said());
            return (StatusCode::CREATED, json!({ "id": id }).to_string()).into_response();
        }
        let id = path.strip_prefix(one).and_then(|id| id.parse::<u64>().ok());
        let mut all = self.all.lock().unwrap();
        match all.iter_mut().find(|one| Some(one["id"].as_u64().unwrap()) == id) {
            Some(found) if method == changes => {
                found["body"] = said().into();
                json!({ "id": id }).to_string().into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// Serves the stand-in for as long as the runtime lives; returns where.
pub(super) fn serve(comments: &Arc<Comments>) -> (Runtime, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ear = Arc::clone(comments);
    let here = runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        let answer = move |request: Request| {
            let ear = Arc::clone(&ear);
            async move { ear.answer(request).await }
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        here
    });
    (runtime, here)
}
