//! Publishing by POST, as the peers want it: one connection, requests pipelined, so that updates keep their order.

use crate::mark::{Mark, now_ns};
use anyhow::{Context, bail};
use memchr::memmem;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

pub(super) struct HttpPublisher {
    socket: TcpStream,
    head: String,
    /// Answers that are still to come.
    waiting: usize,
    answers: Vec<u8>,
}

impl HttpPublisher {
    pub(super) fn connect(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: "
        );
        Ok(Self { socket, head, waiting: 0, answers: Vec::new() })
    }

    pub(super) fn publish(&mut self, seq: u64, size: usize) -> anyhow::Result<()> {
        let body = Mark { seq, at_ns: now_ns() }.object(size, "}");
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.waiting += 1;
        self.socket.write_all(request.as_bytes()).context("publishing")
    }

    pub(super) fn turn(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 16_384];
        while self.waiting > 0 {
            match self.socket.read(&mut buffer) {
                Ok(0) => bail!("the server closed the publisher's connection"),
                Ok(got) => self.answers.extend_from_slice(&buffer[..got]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("publishing"),
            }
            while let Some(length) = answer_length(&self.answers)? {
                self.answers.drain(..length);
                self.waiting -= 1;
            }
        }
        Ok(())
    }
}

/// The bytes of the first answer when it is all there.
fn answer_length(answers: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = memmem::find(answers, b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&answers[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 2") {
        bail!("an update was refused: {head}");
    }
    let length = head.lines().find_map(|it| it.strip_prefix("content-length:"));
    let length: usize = length.map_or(Ok(0), |it| it.trim().parse()).context("a content-length")?;
    let whole = end + 4 + length;
    Ok((answers.len() >= whole).then_some(whole))
}
