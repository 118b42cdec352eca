//! The simulator on a socket: loopback only, each request handed to the service on a thread that may block, since a
//! change waits for the disk. Also the few words of HTTP that one process of ours says to another's.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Info, Simulator, front};

/// The largest body taken: a release of some 20,000 packages.
const LARGEST_BODY: usize = 4 << 20;
/// The largest object; the real one takes 50 GiB at once.
const LARGEST_OBJECT: usize = 64 << 20;
/// How long another process gets to answer a question that takes it no time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens on loopback; port 0 takes a free one.
pub(super) async fn listen(port: u16) -> io::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| io::Error::new(error.kind(), format!("127.0.0.1:{port}: {error}")))
}

/// Serves until the task is aborted, each answer of the service held back for so long.
pub(super) fn serve(listener: TcpListener, simulator: Arc<Simulator>, latency: Duration) -> JoinHandle<()> {
    let router = Router::new().fallback(answer).with_state((simulator, latency));
    tokio::spawn(async move {
        // Never returns: accepting goes on after errors.
        let _ = axum::serve(listener, router).await;
    })
}

async fn answer(
    State((simulator, latency)): State<(Arc<Simulator>, Duration)>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if !latency.is_zero() && !parts.uri.path().starts_with("/simulator/") {
        tokio::time::sleep(latency).await;
    }
    let is_object = front::is_object_storage(parts.uri.path());
    let largest = if is_object { LARGEST_OBJECT } else { LARGEST_BODY };
    let Ok(body) = to_bytes(body, largest).await else { return bare(StatusCode::PAYLOAD_TOO_LARGE) };
    let request = Request::from_parts(parts, body);
    match tokio::task::spawn_blocking(move || simulator.handle(request)).await {
        Ok(response) => response.map(Body::from),
        Err(_) => bare(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Asks the process that listens on a port who it is.
pub(super) async fn info(port: u16) -> io::Result<Info> {
    ask(port, "GET", "info", "").await
}

/// Asks the process that listens on a port to move the clock on.
pub(super) async fn advance(port: u16, seconds: i64) -> io::Result<Info> {
    ask(port, "POST", "advance", &format!("{{\"seconds\":{seconds}}}")).await
}

async fn ask(port: u16, method: &str, path: &str, body: &str) -> io::Result<Info> {
    let asked = tokio::time::timeout(PATIENCE, exchange(port, method, path, body)).await;
    let response = asked.map_err(|_| other(port, "does not answer"))??;
    let text = String::from_utf8(response).map_err(|_| other(port, "does not speak like a simulator"))?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| other(port, "hung up"))?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(other(port, &format!("refuses: {body}")));
    }
    serde_json::from_str(body).map_err(|_| other(port, "does not speak like a simulator of this version"))
}

fn other(port: u16, what: &str) -> io::Error {
    io::Error::other(format!("the simulator at 127.0.0.1:{port} {what}"))
}

async fn exchange(port: u16, method: &str, path: &str, body: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!(
        "{method} /simulator/{path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await?;
    Ok(response)
}
