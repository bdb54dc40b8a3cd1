//! PostgreSQL's notifications: hearing them needs a connection of its own.

use crate::error::Error;
use crate::store::{Store, Via};
use tokio::sync::mpsc;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Socket};

/// How many notifications wait for a listener that does not come; the connection is not read beyond that.
const WAITING_MAX: usize = 1024;

/// What is notified on one channel from now on.
pub struct Listener {
    heard: mpsc::Receiver<String>,
    /// The connection ends with its client.
    _client: Client,
}

impl Listener {
    /// The next notification's payload; `None` when the connection is lost: what was said since is not told, so look for yourself, and
    /// listen again.
    pub async fn next(&mut self) -> Option<String> {
        self.heard.recv().await
    }
}

impl Store {
    /// Listens to a channel on a connection beside the pool's. Notifications are hints: they are lost while no one listens.
    pub async fn listen(&self, channel: &'static str) -> Result<Listener, Error> {
        match self.via() {
            Via::Plain => self.listen_with(channel, tokio_postgres::NoTls).await,
            Via::Tls(tls) => self.listen_with(channel, tls.clone()).await,
        }
    }

    async fn listen_with<T>(&self, channel: &'static str, tls: T) -> Result<Listener, Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let connecting = self.config().connect(tls);
        let (client, mut connection) = connecting.await.map_err(|error| self.broken(&error))?;
        let (sender, heard) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
                let AsyncMessage::Notification(said) = message else { continue };
                if sender.send(said.payload().to_owned()).await.is_err() {
                    break;
                }
            }
        });
        let listen = format!("listen \"{channel}\"");
        client.batch_execute(&listen).await.map_err(|error| Error::statement(&listen, error))?;
        Ok(Listener { heard, _client: client })
    }
}
