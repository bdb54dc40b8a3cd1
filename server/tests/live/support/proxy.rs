//! Stands between a server and its PostgreSQL or Redis, and breaks connections at chosen moments.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// A relay from a TCP port to the unix socket of the test's PostgreSQL.
pub(crate) struct Proxy {
    pub(crate) url: String,
    swallows: Arc<AtomicBool>,
}

impl Proxy {
    /// A way to the database of `url` ("postgresql://user@/name?host=/folder").
    pub(crate) async fn before(url: &str) -> Self {
        Self::at("127.0.0.1", url).await
    }

    /// The same at another address of this machine.
    pub(crate) async fn at(host: &str, url: &str) -> Self {
        let (address, folder) = url.split_once("?host=").expect("the tests' PostgreSQL has a socket");
        let (user, name) = address.trim_start_matches("postgresql://").split_once("@/").unwrap();
        let socket = format!("{}/.s.PGSQL.5432", folder.replace("%2F", "/"));
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let url = format!("postgresql://{user}@{}/{name}", listener.local_addr().unwrap());
        let swallows = Arc::<AtomicBool>::default();
        let armed = swallows.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(relay(client, server, armed.clone()));
            }
        });
        Self { url, swallows }
    }

    /// The next COMMIT reaches PostgreSQL, but the connection breaks before its answer comes back.
    pub(crate) fn swallow_the_next_commits_answer(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub(crate) fn has_swallowed(&self) -> bool {
        !self.swallows.load(Ordering::SeqCst)
    }
}

async fn relay(client: TcpStream, server: UnixStream, armed: Arc<AtomicBool>) {
    let (mut from_client, mut to_client): (OwnedReadHalf, OwnedWriteHalf) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut up = vec![0; 1 << 16];
    let mut down = vec![0; 1 << 16];
    let mut breaks = false;
    loop {
        tokio::select! {
            read = from_client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                let is_commit = up[..length].windows(7).any(|it| it == b"COMMIT\0");
                breaks |= is_commit && armed.swap(false, Ordering::SeqCst);
                if to_server.write_all(&up[..length]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if breaks || to_client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Stands where a Redis is, and leads to one that may be replaced, or to none.
pub(crate) struct Relay {
    pub(crate) url: String,
    target: watch::Sender<Option<String>>,
}

impl Relay {
    /// A way to the Redis of `url` ("redis+unix:///path").
    pub(crate) async fn to(url: &str) -> Self {
        Self::at("127.0.0.1", url).await
    }

    /// The same at another address of this machine.
    pub(crate) async fn at(host: &str, url: &str) -> Self {
        let target = watch::Sender::new(Some(socket_of(url)));
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let watched = target.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(lead(client, watched.clone()));
            }
        });
        Self { url, target }
    }

    /// There is no Redis any more.
    pub(crate) fn cut(&self) {
        self.target.send_replace(None);
    }

    /// There is one again.
    pub(crate) fn lead_to(&self, url: &str) {
        self.target.send_replace(Some(socket_of(url)));
    }
}

fn socket_of(url: &str) -> String {
    url.trim_start_matches("redis+unix://").to_owned()
}

/// Relays until the target changes.
async fn lead(mut client: TcpStream, mut watched: watch::Receiver<Option<String>>) {
    let Some(target) = watched.borrow_and_update().clone() else { return };
    let Ok(mut server) = UnixStream::connect(target).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = watched.changed() => {}
    }
}
