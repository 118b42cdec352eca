//! Files from a public address: a plain GET, without a signature, into a file. Only over TLS, or from this machine.

use std::io::Write;
use std::time::Duration;

use tokio::time::timeout;

use super::http_transport::{HttpTransport, Use};
use super::transport::TransportError;

/// How long whoever serves it may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

impl HttpTransport {
    /// Fetches a file, of at most so many bytes. Redirects are not followed.
    pub async fn download(
        &self,
        url: &str,
        into: &mut (impl Write + Send),
        longest: u64,
    ) -> Result<(), TransportError> {
        let unsendable = |why: String| TransportError::Unsendable(why);
        let uri: http::Uri =
            url.parse().map_err(|error: http::uri::InvalidUri| unsendable(error.to_string()))?;
        let host = uri.host().unwrap_or_default();
        let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if !(uri.scheme_str() == Some("https") || loopback && uri.scheme_str() == Some("http")) {
            return Err(unsendable("only https addresses are fetched from, but on this machine".to_owned()));
        }
        let silent = || TransportError::Broken(format!("no answer within {} s", SILENCE.as_secs()));
        let client = self.client(&uri, Use::Files)?;
        let classify = |error| self.classify(error, Use::Files);
        let sent = timeout(SILENCE, client.get(url).send()).await.map_err(|_| silent())?;
        let mut response = sent.map_err(classify)?;
        if response.status() != http::StatusCode::OK {
            return Err(TransportError::Broken(format!("the answer is {}", response.status())));
        }
        let mut read = 0_u64;
        while let Some(chunk) =
            timeout(SILENCE, response.chunk()).await.map_err(|_| silent())?.map_err(classify)?
        {
            read += chunk.len() as u64;
            if read > longest {
                return Err(TransportError::Broken(format!("it is longer than {longest} bytes")));
            }
            into.write_all(&chunk).map_err(|error| TransportError::Broken(error.to_string()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with these bytes.
    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/repodata/x", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap();
            assert!(!request[..read].windows(13).any(|part| part.eq_ignore_ascii_case(b"authorization")));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        url
    }

    async fn fetched(url: &str, longest: u64) -> Result<Vec<u8>, String> {
        let mut file = Vec::new();
        let fetched = HttpTransport::new().download(url, &mut file, longest).await;
        fetched.map(|()| file).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_file_is_fetched_whole_and_no_longer_than_it_may_be() {
        let ten = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
        assert_eq!(fetched(&serve(ten), 10).await, Ok(b"0123456789".to_vec()));
        let error = fetched(&serve(ten), 9).await.unwrap_err();
        assert!(error.contains("longer than 9 bytes"), "{error}");
        let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert!(fetched(&serve(moved), 9).await.unwrap_err().contains("302"));
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123";
        assert!(fetched(&serve(cut), 10).await.is_err());
    }

    #[tokio::test]
    async fn only_tls_and_this_machine_are_spoken_to() {
        for url in ["http://example.com/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "nonsense"] {
            let error = fetched(url, 9).await.unwrap_err();
            assert!(error.contains("cannot be sent"), "{url}: {error}");
        }
    }
}
