//! What most would write first: axum's `Sse` over `tokio::sync::broadcast`. This program runs itself as this server.

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use futures_util::Stream;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};

/// The word that makes this program this server.
pub(crate) const WORD: &str = "naive-server";
pub(super) const STREAM: &str = "/stream";
pub(super) const PUBLISH: &str = "/publish";
/// Updates that a slow reader may be behind.
const BEHIND_MAX: usize = 1024;

pub(super) fn command(address: SocketAddr) -> anyhow::Result<Command> {
    let mut command = super::this_program()?;
    command.arg(WORD).arg(address.to_string());
    Ok(command)
}

#[derive(Clone)]
struct Topic {
    updates: broadcast::Sender<(u64, String)>,
    seq: Arc<AtomicU64>,
}

/// Serves one topic with one worker until the process is ended.
pub(crate) fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let serving = runtime.spawn(async move {
        let topic = Topic { updates: broadcast::Sender::new(BEHIND_MAX), seq: Arc::default() };
        let routes = Router::new().route(STREAM, get(stream)).route(PUBLISH, post(publish)).with_state(topic);
        let listener = TcpListener::bind(address).await?.tap_io(|socket| {
            // Without it the second of two updates waits for an acknowledgement. It cannot fail on a connected socket.
            let _set = socket.set_nodelay(true);
        });
        axum::serve(listener, routes).await
    });
    Ok(runtime.block_on(serving)??)
}

async fn stream(State(topic): State<Topic>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let updates = futures_util::stream::unfold(topic.updates.subscribe(), |mut updates| async move {
        loop {
            match updates.recv().await {
                Ok((seq, data)) => {
                    return Some((Ok(Event::default().id(seq.to_string()).data(data)), updates));
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(updates).keep_alive(KeepAlive::default())
}

async fn publish(State(topic): State<Topic>, data: String) {
    let seq = topic.seq.fetch_add(1, Ordering::Relaxed) + 1;
    // No reader yet is no error.
    let _readers = topic.updates.send((seq, data));
}
