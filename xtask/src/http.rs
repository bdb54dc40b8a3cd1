//! As much of an HTTP client as it takes to ask our own server on this machine whether a page is there.

use anyhow::Context;
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// A page of our own server is there within this time or not at all.
const LIMIT: Duration = Duration::from_secs(10);

/// GETs `path` from this machine's `port` and returns the status and the body. HTTP/1.0, so that the end of
/// the body is the end of the connection.
pub(crate) fn get(port: u16, path: &str) -> anyhow::Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAccept: */*\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer)).with_context(|| format!("port {port} does not speak HTTP"))
}

/// POSTs JSON with a key, the same way.
pub(crate) fn post(port: u16, path: &str, key: &str, body: &str) -> anyhow::Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer)).with_context(|| format!("port {port} does not speak HTTP"))
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nnot\r\n\r\nyet";
        assert_eq!(parse(answer), Some((503, "not\r\n\r\nyet".to_owned())));
        assert_eq!(parse("SSH-2.0-OpenSSH_9.2\r\n"), None);
    }
}
