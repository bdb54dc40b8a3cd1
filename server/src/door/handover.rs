//! The moment at which a stream's socket changes hands.
//!
//! A handler that opens a stream leaves the subscription here and answers with [`Handover::body`], which gives the first bytes and
//! then nothing. hyper flushes its socket only once all that it has buffered is written; the first flush after the body had nothing
//! more to give therefore says that head and first bytes are in the kernel's hands, and that the socket can be taken from hyper.

use crate::stream::Subscription;
use bytes::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

const SERVING: u8 = 0;
/// The body has given everything that it had.
const GIVEN: u8 = 1;
/// And all of that is written.
const WRITTEN: u8 = 2;

/// What a connection and its handler share. It is in the extensions of each HTTP/1.1 request.
#[derive(Clone, Default)]
pub struct Handover {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Whether anything was written: the connection is no newcomer any more.
    has_answered: AtomicBool,
    is_settled: AtomicBool,
    progress: AtomicU8,
    subscription: Mutex<Option<Subscription>>,
}

impl Handover {
    /// The body of a stream whose connection is to be taken over.
    pub fn body(&self, mut subscription: Subscription) -> axum::body::Body {
        let first = std::mem::take(&mut subscription.first);
        *self.shared.subscription.lock().unwrap_or_else(PoisonError::into_inner) = Some(subscription);
        axum::body::Body::new(FirstBytes { first: Some(first), handover: self.clone() })
    }

    /// The subscription, once everything before it is written.
    pub(super) fn take(&self) -> Option<Subscription> {
        if self.shared.progress.load(Ordering::Acquire) != WRITTEN {
            return None;
        }
        self.shared.subscription.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The connection was served as far as that went without waiting, and goes on: false when that was said before. It has to be
    /// served again, so that it waits for its socket.
    pub(super) fn settle(&self) -> bool {
        !self.shared.is_settled.swap(true, Ordering::Relaxed)
    }

    pub(super) fn has_answered(&self) -> bool {
        self.shared.has_answered.load(Ordering::Relaxed)
    }

    fn advance(&self, from: u8, to: u8) {
        // Another state only means that there is nothing to say.
        let _before = self.shared.progress.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed);
    }
}

struct FirstBytes {
    first: Option<Bytes>,
    handover: Handover,
}

/// A stream whose body is let go before its socket is taken, as nobody reads it, gives its seat back at once.
impl Drop for FirstBytes {
    fn drop(&mut self) {
        self.handover.shared.subscription.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl http_body::Body for FirstBytes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => {
                self.handover.advance(SERVING, GIVEN);
                Poll::Pending
            }
        }
    }
}

/// A connection's socket as hyper sees it. It notices when it is flushed. And it is made known to the runtime only when something has
/// to be waited for: a stream's request has come by the time it is served, its first bytes fit, and then a shard has it.
///
/// A connection that is read in vain waits for nothing, until [`Handover::settle`] says that it stays with the runtime.
pub(super) struct Watched {
    socket: Socket,
    /// What was read of it before hyper had it.
    ahead: Vec<u8>,
    has_read: bool,
    handover: Handover,
}

enum Socket {
    /// Not blocking; the runtime does not know it.
    Bare(std::net::TcpStream),
    Known(TcpStream),
    /// Between the two; or the runtime could not take it.
    Broken,
}

impl Watched {
    /// A socket of which `ahead` was read already.
    pub(super) fn new(socket: std::net::TcpStream, ahead: Vec<u8>, handover: Handover) -> Self {
        Self { socket: Socket::Bare(socket), ahead, has_read: false, handover }
    }

    /// The socket, taken out of the runtime.
    pub(super) fn into_std(self) -> io::Result<std::net::TcpStream> {
        match self.socket {
            Socket::Bare(socket) => Ok(socket),
            Socket::Known(socket) => socket.into_std(),
            Socket::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Makes the socket known to the runtime, which wakes the task when something happens to it.
    fn known(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if let Socket::Bare(_) = &self.socket
            && let Socket::Bare(socket) = std::mem::replace(&mut self.socket, Socket::Broken)
        {
            self.socket = Socket::Known(TcpStream::from_std(socket)?);
        }
        match &mut self.socket {
            Socket::Known(socket) => Ok(Pin::new(socket)),
            Socket::Bare(_) | Socket::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Tries the bare socket; where it would have to wait, or is known already, there is no outcome yet.
    fn at_once<T>(
        &self,
        mut work: impl FnMut(&std::net::TcpStream) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        let Socket::Bare(socket) = &self.socket else { return None };
        loop {
            match work(socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return Some(outcome),
            }
        }
    }

    fn wrote(&self) {
        self.handover.shared.has_answered.store(true, Ordering::Relaxed);
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let given = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead[..given]);
            self.ahead.drain(..given);
            self.has_read = self.ahead.is_empty();
            return Poll::Ready(Ok(()));
        }
        let is_settled = self.handover.shared.is_settled.load(Ordering::Relaxed);
        if self.has_read && !is_settled {
            // hyper looks at once whether more comes, or the client has gone.
            return Poll::Pending;
        }
        match self.at_once(|mut socket| socket.read(buffer.initialize_unfilled())) {
            Some(Ok(read)) => {
                self.has_read = true;
                buffer.advance(read);
                Poll::Ready(Ok(()))
            }
            Some(Err(error)) => Poll::Ready(Err(error)),
            None if !is_settled => Poll::Pending,
            None => self.known()?.poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wrote();
        match self.at_once(|mut socket| socket.write(bytes)) {
            Some(outcome) => Poll::Ready(outcome),
            None => self.known()?.poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wrote();
        match self.at_once(|mut socket| socket.write_vectored(bytes)) {
            Some(outcome) => Poll::Ready(outcome),
            None => self.known()?.poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket keeps nothing back.
        self.handover.advance(GIVEN, WRITTEN);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.known()?.poll_shutdown(context)
    }
}
