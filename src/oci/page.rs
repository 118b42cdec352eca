//! Lists that come in pages: follow `opc-next-page` until it is absent. The token is opaque; a page may be shorter
//! than asked for, or empty, and still not be the last.

use std::collections::HashSet;

use super::call::{Call, Reply};
use super::client::Client;
use super::error::Error;
use super::transport::Transport;

/// A list being read. Ends with the first error.
#[derive(Debug)]
pub struct Pages<'a, T> {
    client: &'a Client<T>,
    next: Option<Call>,
    // A service that hands out a token twice would keep us reading forever.
    seen: HashSet<String>,
}

impl<'a, T: Transport> Pages<'a, T> {
    pub(crate) fn new(client: &'a Client<T>, call: Call) -> Self {
        Self { client, next: Some(call), seen: HashSet::new() }
    }

    /// Reads the next page; none after the last.
    pub async fn next(&mut self) -> Result<Option<Reply>, Error> {
        let Some(mut call) = self.next.take() else { return Ok(None) };
        let reply = self.client.send(&call).await?;
        if let Some(token) = reply.header("opc-next-page") {
            if !self.seen.insert(token.to_owned()) {
                return Err(reply.unreadable(format!("the list does not end: page `{token}` follows itself")));
            }
            call.set_query("page", token.to_owned());
            self.next = Some(call);
        }
        Ok(Some(reply))
    }
}
