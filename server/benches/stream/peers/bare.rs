//! The physical floor with the same readers: for each update one bare `send` to each stream, and nothing else. No server that writes
//! each update by itself can be faster. It checks nothing, holds nothing back for a stream that is full, and would be of no use: what it
//! shows is how much of a server's time is not its own. This program runs itself as it.

use anyhow::Context;
use memchr::memmem;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustix::net::{SendFlags, send};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::Command;

/// The word that makes this program this server.
pub(crate) const WORD: &str = "bare-server";
pub(super) const STREAM: &str = "/stream";
pub(super) const PUBLISH: &str = "/publish";
const LISTENER: Token = Token(usize::MAX);
const EVENTS_MAX: usize = 1024;
const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const TAKEN: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

pub(super) fn command(address: SocketAddr) -> anyhow::Result<Command> {
    let mut command = super::this_program()?;
    command.arg(WORD).arg(address.to_string());
    Ok(command)
}

/// Serves one topic with one thread until the process is ended.
pub(crate) fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let mut listener = TcpListener::bind(address)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut bare = Bare { poll, listener, connections: Vec::new(), streams: Vec::new(), seq: 0 };
    let mut events = Events::with_capacity(EVENTS_MAX);
    loop {
        bare.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => bare.accept()?,
                Token(at) => bare.hear(at)?,
            }
        }
    }
}

struct Bare {
    poll: Poll,
    listener: TcpListener,
    /// None once its peer has closed it.
    connections: Vec<Option<Connection>>,
    /// Of the connections, those that asked for the stream.
    streams: Vec<usize>,
    seq: u64,
}

struct Connection {
    socket: TcpStream,
    /// What a publisher has said beyond its last whole request.
    heard: Vec<u8>,
}

impl Bare {
    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("accepting"),
            };
            socket.set_nodelay(true)?;
            let at = self.connections.len();
            self.poll.registry().register(&mut socket, Token(at), Interest::READABLE)?;
            self.connections.push(Some(Connection { socket, heard: Vec::new() }));
        }
    }

    fn hear(&mut self, at: usize) -> anyhow::Result<()> {
        let mut buffer = [0; 16_384];
        loop {
            let Some(connection) = &mut self.connections[at] else { return Ok(()) };
            match connection.socket.read(&mut buffer) {
                Ok(got) if got > 0 => connection.heard.extend_from_slice(&buffer[..got]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => {
                    self.connections[at] = None;
                    self.streams.retain(|it| *it != at);
                    return Ok(());
                }
            }
        }
        while let Some(body) = self.connections[at].as_mut().and_then(Connection::request) {
            match body {
                None => {
                    self.streams.push(at);
                    self.answer(at, HEAD)?;
                }
                Some(data) => {
                    self.answer(at, TAKEN)?;
                    self.publish(&data);
                }
            }
        }
        Ok(())
    }

    fn answer(&mut self, at: usize, bytes: &[u8]) -> anyhow::Result<()> {
        let Some(connection) = &mut self.connections[at] else { return Ok(()) };
        connection.socket.write_all(bytes).context("answering")
    }

    fn publish(&mut self, data: &str) {
        self.seq += 1;
        let event = format!("id: {}\nevent: state\ndata: {data}\n\n", self.seq);
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        for at in &self.streams {
            if let Some(connection) = &self.connections[*at] {
                // One that takes no more loses it, and the client counts that.
                let _sent =
                    send(&connection.socket, chunk.as_bytes(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
            }
        }
    }
}

impl Connection {
    /// The next whole request: what it publishes, or none when it asks for the stream.
    fn request(&mut self) -> Option<Option<String>> {
        let end = memmem::find(&self.heard, b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.heard[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|it| it.strip_prefix("content-length:")?.trim().parse().ok());
        let whole = end + length.unwrap_or(0);
        let data = String::from_utf8_lossy(self.heard.get(end..whole)?).into_owned();
        self.heard.drain(..whole);
        Some(head.starts_with("post").then_some(data))
    }
}
