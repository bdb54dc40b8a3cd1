//! What the tests share: a server in this process, its keys, a game to play, an SSE client.

mod archive;
mod collector;
mod fan;
mod nginx;
mod process;
mod proxy;
mod raw;
mod scene;
mod server;
mod sse;

pub(crate) use archive::{archive_folder, each_match};
pub(crate) use collector::{Collector, attribute, number};
pub(crate) use fan::Fan;
pub(crate) use nginx::Nginx;
pub(crate) use process::{Crease, SECRETS_KEY};
pub(crate) use proxy::{Proxy, Relay};
pub(crate) use raw::{Head, Raw};
pub(crate) use scene::{Scene, announcement, ball, sent};
pub(crate) use server::{
    Keys, ORIGIN, Server, answers, client, client_builder, database, http2_client, new_key,
};
pub(crate) use sse::{Event, Item, Stream, event};

use std::time::Duration;

/// How long a fact may take to come about before the test has failed. Machines that build at the same time are slow.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for something, but not for ever.
pub(crate) async fn within<T>(what: &str, fact: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, fact).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}
