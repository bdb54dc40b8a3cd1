//! The writing half of a connection, for many writers: what is written while a write is on its way goes together in the next.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Mutex as AsyncMutex, Notify};

/// How much may wait for the other side to read: beyond it the connection counts as lost.
const WAITING_MAX: usize = 16 << 20;

pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    /// Something waits, or the connection is closed.
    news: Notify,
    to: To,
}

/// Where it goes.
pub(super) enum To {
    Socket(OwnedWriteHalf),
    /// To whoever carries it on.
    Pipe(AsyncMutex<WriteHalf<DuplexStream>>),
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    is_closed: bool,
    /// The writer is at it.
    is_written: bool,
}

impl Outbox {
    pub(super) fn new(to: To) -> Outbox {
        Outbox { waiting: Mutex::default(), news: Notify::new(), to }
    }

    /// Writes without waiting; `now` where nothing else is likely to come soon: at once, without the writer's help. Whether the connection is
    /// still open.
    pub(super) fn send(&self, now: bool, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut waiting = self.lock();
        if waiting.is_closed || waiting.bytes.len() > WAITING_MAX {
            return false;
        }
        let is_first = waiting.bytes.is_empty();
        write(&mut waiting.bytes);
        if let To::Socket(to) = &self.to
            && now
            && is_first
            && !waiting.is_written
        {
            match to.try_write(&waiting.bytes) {
                Ok(written) => drop(waiting.bytes.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    waiting.is_closed = true;
                    return false;
                }
            }
        }
        if is_first && !waiting.bytes.is_empty() {
            self.news.notify_one();
        }
        true
    }

    /// Writes what is sent, until the connection is lost or closed and all is written.
    pub(super) async fn write(&self) {
        let mut bytes = Vec::new();
        loop {
            let is_closed = {
                let mut waiting = self.lock();
                bytes.clear();
                std::mem::swap(&mut bytes, &mut waiting.bytes);
                waiting.is_written = !bytes.is_empty();
                waiting.is_closed
            };
            if !bytes.is_empty() {
                if self.write_all(&bytes).await.is_err() {
                    self.close();
                    return;
                }
            } else if is_closed {
                return;
            } else {
                self.news.notified().await;
            }
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        let to = match &self.to {
            To::Socket(to) => to,
            To::Pipe(to) => return to.lock().await.write_all(bytes).await,
        };
        while !bytes.is_empty() {
            to.writable().await?;
            match to.try_write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Nothing is taken any more; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.news.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
