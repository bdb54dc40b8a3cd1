//! How many statements a store sends: it speaks to PostgreSQL through this, which counts the messages that run one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// A way to a database on which statements are counted.
pub(crate) struct Counted {
    pub(crate) url: String,
    count: Arc<AtomicUsize>,
}

impl Counted {
    /// To the database of this URL: of a host and port, or of a folder with a socket.
    pub(crate) async fn new(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let rest = url.split_once("://").unwrap().1;
        let (user, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (host, rest) = rest.split_once('/').unwrap();
        let (database, query) = rest.split_once('?').unwrap_or((rest, ""));
        let asked = |name: &str| query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        let folder = asked("host").map(|it| it.replace("%2F", "/"));
        let socket = folder.map(|it| format!("{it}/.s.PGSQL.{}", asked("port").unwrap_or("5432")));
        let (count, host) = (Arc::new(AtomicUsize::new(0)), host.to_owned());
        let counting = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (count, host, socket) = (Arc::clone(&counting), host.clone(), socket.clone());
                tokio::spawn(async move {
                    match socket {
                        Some(path) => pass(client, UnixStream::connect(path).await.unwrap(), &count).await,
                        None => pass(client, TcpStream::connect(host).await.unwrap(), &count).await,
                    }
                });
            }
        });
        Self { url: format!("postgresql://{user}@127.0.0.1:{port}/{database}"), count }
    }

    /// Statements that were run until now.
    pub(crate) fn statements(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// Passes on what both say, until one of them ends.
async fn pass(client: TcpStream, server: impl AsyncRead + AsyncWrite + Send, count: &AtomicUsize) {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(server);
    let asking = async {
        // The first message has no type.
        let mut type_bytes = 0;
        while let Ok(message) = message(&mut from_client, type_bytes).await {
            // Execute (protocol 3.0).
            if type_bytes == 1 && message[0] == b'E' {
                count.fetch_add(1, Ordering::SeqCst);
            }
            to_server.write_all(&message).await.unwrap();
            type_bytes = 1;
        }
    };
    tokio::select! {
        () = asking => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}

async fn message(from: &mut (impl AsyncRead + Unpin), type_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; type_bytes + 4];
    from.read_exact(&mut message).await?;
    let length = u32::from_be_bytes(message[type_bytes..].try_into().unwrap());
    let start = message.len();
    message.resize(type_bytes + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut message[start..]).await?;
    Ok(message)
}
