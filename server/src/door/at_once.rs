//! The short way to a stream. In a storm nearly every connection is a browser that asks for the stream of a match that is here, in one
//! piece, with a good key: nothing has to be waited for, so it needs no task, no timers and no buffers of its own.
//!
//! Whatever is not so, a refusal too, goes the long way, by hyper and the routes, as if it had not been looked at.

use super::address::{ClientAddress, Proxies};
use crate::stream::Subscription;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use bytes::Bytes;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::SystemTime;

/// What is read of a connection at first, in bytes; heads of browsers have about 700.
const HEAD_BYTES_MAX: usize = 4096;
/// A request with more headers goes the long way.
const HEADERS_MAX: usize = 32;

/// Opens streams that need not wait for anything.
pub trait AtOnce: Send + Sync {
    /// The stream that a request asks for; None when it asks for something else, when something has to be waited for, and when it
    /// would be refused.
    fn open(&self, request: &Parts, client: ClientAddress) -> Option<Opened>;
}

/// A stream that was opened.
pub struct Opened {
    /// The head of its answer, but for the date and the empty line at its end.
    pub head: Bytes,
    pub subscription: Subscription,
}

/// What became of a connection.
pub(super) enum Outcome {
    /// Head and first bytes are sent.
    Sent(Subscription),
    /// The kernel did not take this much of them.
    Partly(Subscription, Vec<u8>),
    /// It goes the long way; so much of it was read.
    Not(Vec<u8>),
    Gone,
}

/// Reads what a connection begins with and answers it, if that can be done at once. The socket does not block.
pub(super) fn answer(
    at_once: &dyn AtOnce,
    mut socket: &TcpStream,
    peer: SocketAddr,
    proxies: &Proxies,
) -> Outcome {
    let mut buffer = [0; HEAD_BYTES_MAX];
    let read = match socket.read(&mut buffer) {
        Ok(0) => return Outcome::Gone,
        Ok(read) => &buffer[..read],
        // hyper meets it again, and knows what to do.
        Err(_) => &[],
    };
    let opened = parse(read).and_then(|mut request| {
        let client = proxies.client_of(peer, &mut request.headers);
        at_once.open(&request, client)
    });
    let Some(Opened { head, mut subscription }) = opened else { return Outcome::Not(read.to_vec()) };
    let mut bytes = Vec::with_capacity(head.len() + subscription.first.len() + 64);
    bytes.extend_from_slice(&head);
    let date = httpdate::HttpDate::from(SystemTime::now());
    write!(bytes, "date: {date}\r\n\r\n").expect("memory takes everything");
    subscription.write_first(&mut bytes);
    match socket.write(&bytes) {
        Ok(written) if written == bytes.len() => Outcome::Sent(subscription),
        Ok(written) => Outcome::Partly(subscription, bytes.split_off(written)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Outcome::Partly(subscription, bytes)
        }
        Err(_) => Outcome::Gone,
    }
}

/// A GET of HTTP/1.1 (earlier ones know no chunks, which is what a shard sends), whole, without a body, and with nothing behind it.
fn parse(bytes: &[u8]) -> Option<Parts> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) | Err(_) => return None,
    };
    if length != bytes.len() || request.method != Some(Method::GET.as_str()) || request.version != Some(1) {
        return None;
    }
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.uri = Uri::try_from(request.path?).ok()?;
    for header in request.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        parts.headers.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let asks_for_more = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::EXPECT, header::UPGRADE]
        .iter()
        .any(|it| parts.headers.contains_key(it));
    (!asks_for_more).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_plain_get_goes_the_short_way() {
        let parts = parse(b"GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nOrigin: y\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
            .expect("plain");
        assert_eq!((parts.uri.path(), parts.uri.query()), ("/a/b", Some("c=d")));
        assert_eq!(parts.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parts.headers["origin"], "y");
        let many = format!("GET /a HTTP/1.1\r\n{}\r\n", "X-Many: x\r\n".repeat(HEADERS_MAX + 1));
        let others = [
            "",
            "GET /a HTTP/1.1\r\nHost: x\r\n",
            "GET /a HTTP/1.0\r\nHost: x\r\n\r\n",
            "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET a b HTTP/1.1\r\nHost: x\r\n\r\n",
            "NONSENSE\r\n\r\n",
            &many,
        ];
        for other in others {
            assert!(parse(other.as_bytes()).is_none(), "{other}");
        }
    }
}
