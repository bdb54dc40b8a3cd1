//! A client that is master of its socket: what it says, how much it takes, and when it hangs up.

use super::within;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// An open connection.
pub(crate) struct Raw {
    socket: TcpStream,
    received: Vec<u8>,
}

/// A response's status and headers, named in lower case.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
}

/// The body of a response over such a connection.
pub(crate) struct RawBody {
    raw: Raw,
    is_chunked: bool,
}

impl Raw {
    /// A connection to the server at a URL.
    pub(crate) async fn connect(url: &str) -> Self {
        Self::of(TcpSocket::new_v4().unwrap(), url).await
    }

    /// One from another address of this machine.
    pub(crate) async fn from(address: &str, url: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address.parse::<Ipv4Addr>().unwrap(), 0).into()).unwrap();
        Self::of(socket, url).await
    }

    /// One that takes little before it is read, so that the server soon finds it full.
    pub(crate) async fn narrow(url: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // The kernel makes the smallest of it that it can.
        socket.set_recv_buffer_size(1).unwrap();
        Self::of(socket, url).await
    }

    async fn of(socket: TcpSocket, url: &str) -> Self {
        let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let socket = within("a connection", socket.connect(address)).await.unwrap();
        Self { socket, received: Vec::new() }
    }

    /// Sends text as it is; false when the connection is gone.
    pub(crate) async fn say(&mut self, text: &str) -> bool {
        self.socket.write_all(text.as_bytes()).await.is_ok()
    }

    /// Asks for a path, in a version such as "1.1", with further header lines.
    pub(crate) async fn get(&mut self, version: &str, path: &str, key: &str, headers: &[(&str, &str)]) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head =
            format!("GET {path} HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{headers}\r\n");
        assert!(self.say(&head).await, "the request is sent");
    }

    /// The head of the next response.
    pub(crate) async fn head(&mut self) -> Head {
        let end = loop {
            match self.received.windows(4).position(|it| it == b"\r\n\r\n") {
                Some(end) => break end,
                None => assert!(self.more().await.unwrap() > 0, "a response: {}", self.text()),
            }
        };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8(head[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Head { status, headers: lines.map(header).collect() }
    }

    /// A body of known length.
    pub(crate) async fn body(&mut self, head: &Head) -> String {
        let length: usize = head.headers["content-length"].parse().unwrap();
        while self.received.len() < length {
            assert!(self.more().await.unwrap() > 0, "all of the body");
        }
        String::from_utf8(self.received.drain(..length).collect()).unwrap()
    }

    /// What follows, once a head was read.
    pub(crate) fn into_body(self, head: &Head) -> RawBody {
        let is_chunked = head.headers.get("transfer-encoding").is_some_and(|it| it == "chunked");
        RawBody { raw: self, is_chunked }
    }

    /// Everything until the connection ends, in whichever way.
    pub(crate) async fn rest(&mut self) -> String {
        within("the connection's end", async { while self.more().await.is_ok_and(|it| it > 0) {} }).await;
        self.text()
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn close_half(&mut self) {
        self.socket.shutdown().await.unwrap();
    }

    /// What has come and was not read as a head or a body.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Takes a little more; 0 bytes at the end.
    pub(crate) async fn more(&mut self) -> io::Result<usize> {
        let mut piece = [0; 2048];
        let length = within("some bytes", self.socket.read(&mut piece)).await?;
        self.received.extend_from_slice(&piece[..length]);
        Ok(length)
    }
}

impl RawBody {
    /// Whether an end that comes too soon can be told from one in order.
    pub(crate) fn knows_its_end(&self) -> bool {
        self.is_chunked
    }

    /// The next piece; none at the end.
    pub(crate) async fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        if !self.is_chunked {
            if self.raw.received.is_empty() {
                self.raw.more().await?;
            }
            return Ok(Some(std::mem::take(&mut self.raw.received)).filter(|it| !it.is_empty()));
        }
        let size_end = self.until(|it| it.windows(2).position(|it| it == b"\r\n")).await?;
        let size = std::str::from_utf8(&self.raw.received[..size_end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let end = size_end + 2 + size + 2;
        self.until(|it| (it.len() >= end).then_some(end)).await?;
        let chunk: Vec<u8> = self.raw.received.drain(..end).collect();
        assert!(chunk.ends_with(b"\r\n"));
        if size == 0 {
            assert_eq!(self.raw.received, b"", "nothing follows the last chunk");
            assert_eq!(self.raw.more().await?, 0, "the connection ends with the stream");
        }
        Ok(Some(chunk[size_end + 2..end - 2].to_vec()).filter(|it| !it.is_empty()))
    }

    async fn until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> io::Result<usize> {
        loop {
            if let Some(at) = found(&self.raw.received) {
                return Ok(at);
            }
            if self.raw.more().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
