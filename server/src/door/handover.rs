//! The moment at which a stream's socket changes hands.
//!
//! A handler that opens a stream leaves the subscription here and answers with [`Handover::body`], which gives the first bytes and
//! then nothing. hyper flushes its socket only once all that it has buffered is written; the first flush after the body had nothing
//! more to give therefore says that head and first bytes are in the kernel's hands, and that the socket can be taken from hyper.

use crate::stream::Subscription;
use bytes::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::io;
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

/// A socket that notices when it is flushed.
pub(super) struct Watched {
    pub(super) socket: TcpStream,
    pub(super) handover: Handover,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.handover.shared.has_answered.store(true, Ordering::Relaxed);
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.handover.shared.has_answered.store(true, Ordering::Relaxed);
        Pin::new(&mut self.socket).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.handover.advance(GIVEN, WRITTEN);
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
