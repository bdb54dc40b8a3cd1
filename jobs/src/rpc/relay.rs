//! Connections by way of Redis, where a server cannot be reached at its address: the bytes that would go over a socket go as messages of two
//! channels, the server's and the caller's. A message that is lost, and two seconds of silence, are the end of the connection.
//!
//! A message is the connection's id (16 bytes), its number (u64, little-endian, counted from 0 on each side) and bytes, or none to say that one
//! is still there. The number [`END`] says good-bye.

use crate::error::Error;
use crate::node::{BEAT, SILENCE_MS};
use bytes::{Buf, Bytes};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Channel, Heard, Redis, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::time::{Instant, MissedTickBehavior, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

const ID: usize = 16;
const HEAD: usize = ID + 8;
const END: u64 = u64::MAX;

/// Bytes of one message at most, and of those that wait in a pipe.
const MESSAGE_MAX: usize = 64 << 10;

/// How many messages wait for one connection; with one more it is over.
const WAITING_MAX: usize = 1024;

/// How many connections a server keeps.
const CONNECTIONS_MAX: usize = 4096;

/// How long a server may take to say that it has heard of a connection.
const HELLO: Duration = Duration::from_secs(1);

type Id = [u8; ID];

/// The way to a Redis, opened when it is needed, and again after it was lost.
pub(super) struct Line {
    redis: Redis,
    open: AsyncMutex<Option<Open>>,
}

/// A session with what is listened to.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) session: Session,
    listeners: Arc<Listeners>,
    over: CancellationToken,
}

/// A message, or none to say that Redis listens for us from now on.
type Said = Option<Vec<u8>>;

/// Who hears what is said in a channel.
#[derive(Default)]
struct Listeners(Mutex<HashMap<String, mpsc::Sender<Said>>>);

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Said>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, channel: &str, message: Said) {
        let Some(Channel(name)) = Channel::named(channel) else { return };
        let mut all = self.lock();
        if let Some(listener) = all.get(name)
            && listener.try_send(message).is_err()
        {
            // It does not keep up, or is gone; what it would hear now would have a hole.
            all.remove(name);
        }
    }
}

impl Listeners {
    fn forget(&self, channel: &str) {
        if let Some(Channel(name)) = Channel::named(channel) {
            self.lock().remove(name);
        }
    }
}

impl Line {
    pub(super) fn new(redis: &Redis) -> Arc<Line> {
        Arc::new(Line { redis: redis.clone(), open: AsyncMutex::default() })
    }

    /// The session; a new one where the last was lost.
    pub(super) async fn open(&self) -> Result<Open, Error> {
        let mut current = self.open.lock().await;
        if let Some(open) = current.as_ref().filter(|it| !it.over.is_cancelled()) {
            return Ok(open.clone());
        }
        let (session, mut hearing) = self.redis.open().await?;
        let (listeners, over) = (Arc::<Listeners>::default(), CancellationToken::new());
        let open = Open { session, listeners: Arc::clone(&listeners), over: over.clone() };
        tokio::spawn(async move {
            let _over = over.drop_guard();
            while let Some(heard) = hearing.next().await {
                match heard {
                    Heard::Message { channel, payload } => listeners.tell(&channel, Some(payload)),
                    Heard::Joined { channel } => listeners.tell(&channel, None),
                    // As we asked, or not: nothing more is said there.
                    Heard::Left { channel } => listeners.forget(&channel),
                    // Something is missing, so every connection is over.
                    Heard::Lost => break,
                }
            }
            listeners.lock().clear();
        });
        *current = Some(open.clone());
        Ok(open)
    }

    /// After a command that failed: whoever comes next connects anew.
    pub(super) async fn lost(&self, open: &Open) {
        open.over.cancel();
        open.listeners.lock().clear();
        let mut current = self.open.lock().await;
        if current.as_ref().is_some_and(|it| it.over.is_cancelled()) {
            *current = None;
        }
    }

    /// A connection to the server that listens to this channel.
    pub(super) async fn dial(&self, server: &str) -> Result<DuplexStream, Error> {
        let open = self.open().await?;
        let id: Id = rand::random();
        let own = channel_of(&id);
        let mut heard = match open.listen(&own).await {
            Ok(heard) => heard,
            Err(error) => {
                self.lost(&open).await;
                return Err(error);
            }
        };
        let end = Post { open: open.clone(), to: server.to_owned(), id, next: 0, own: Some(own) };
        let (ours, theirs) = tokio::io::duplex(MESSAGE_MAX);
        let mut pump = Pump { post: end, expected: 0, pipe: theirs };
        match pump.greet(&mut heard).await {
            Ok(()) => {
                tokio::spawn(pump.run(heard));
                Ok(ours)
            }
            Err(error) => {
                pump.end().await;
                Err(error)
            }
        }
    }

    /// Takes connections that come by this channel, for ever.
    pub(super) async fn accept(self: Arc<Self>, channel: String, take: impl Fn(DuplexStream)) {
        loop {
            if let Err(error) = self.accept_open(&channel, &take).await {
                tracing::warn!(%error, "no calls come by way of Redis");
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    async fn accept_open(&self, channel: &str, take: &impl Fn(DuplexStream)) -> Result<(), Error> {
        let open = self.open().await?;
        let mut heard = match open.listen(channel).await {
            Ok(heard) => heard,
            Err(error) => {
                self.lost(&open).await;
                return Err(error);
            }
        };
        let mut all: HashMap<Id, mpsc::Sender<Said>> = HashMap::new();
        while let Some(message) = heard.recv().await {
            let Some(message) = message else { continue };
            let Some(Head { id, number }) = head(&message) else { continue };
            if let Some(pump) = all.get(&id) {
                if pump.try_send(Some(message)).is_err() {
                    all.remove(&id);
                }
                continue;
            }
            if number != 0 {
                // Of one that is over.
                continue;
            }
            all.retain(|_, it| !it.is_closed());
            if all.len() >= CONNECTIONS_MAX {
                tracing::warn!("too many callers by way of Redis: one was turned away");
                continue;
            }
            let (ours, theirs) = tokio::io::duplex(MESSAGE_MAX);
            let (sender, messages) = mpsc::channel(WAITING_MAX);
            all.insert(id, sender);
            let post = Post { open: open.clone(), to: channel_of(&id), id, next: 0, own: None };
            let mut pump = Pump { post, expected: 1, pipe: theirs };
            tokio::spawn(async move {
                // So that the caller knows that somebody hears it.
                if pump.post.say(&[]).await.is_ok() {
                    pump.run(messages).await;
                }
            });
            take(ours);
        }
        Ok(())
    }
}

/// The channel of a caller's id, or of a server: "rpc_" and two hex digits a byte.
pub(super) fn channel_of(bytes: &[u8]) -> String {
    bytes.iter().fold("rpc_".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

impl Open {
    /// What is said in a channel from now on.
    async fn listen(&self, channel: &str) -> Result<mpsc::Receiver<Said>, Error> {
        let (sender, mut heard) = mpsc::channel(WAITING_MAX);
        self.listeners.lock().insert(channel.to_owned(), sender);
        let listened = match self.session.listen(Channel(channel)).await {
            Ok(()) => match timeout(HELLO, heard.recv()).await {
                Ok(Some(None)) => return Ok(heard),
                _ => Err(Error::NoAnswer { reason: "Redis does not listen" }),
            },
            Err(error) => Err(error.into()),
        };
        self.listeners.lock().remove(channel);
        listened
    }
}

struct Head {
    id: Id,
    number: u64,
}

fn head(message: &[u8]) -> Option<Head> {
    let (id, mut rest) = message.split_at_checked(ID)?;
    Some(Head { id: id.try_into().ok()?, number: rest.try_get_u64_le().ok()? })
}

/// One direction: to the other side's channel.
struct Post {
    open: Open,
    to: String,
    id: Id,
    next: u64,
    /// The channel that is listened to for this connection alone.
    own: Option<String>,
}

impl Post {
    async fn say(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let number = self.next;
        self.next += 1;
        self.send(number, bytes).await
    }

    async fn send(&self, number: u64, bytes: &[u8]) -> Result<(), Error> {
        let mut message = Vec::with_capacity(HEAD + bytes.len());
        message.extend_from_slice(&self.id);
        message.extend_from_slice(&number.to_le_bytes());
        message.extend_from_slice(bytes);
        Ok(self.open.session.say(Channel(&self.to), &message).await?)
    }
}

/// Carries bytes between a pipe and two channels.
struct Pump {
    post: Post,
    expected: u64,
    pipe: DuplexStream,
}

impl Pump {
    /// Until the pipe is closed, the other side says good-bye or nothing, or something is missing.
    async fn run(mut self, heard: mpsc::Receiver<Said>) {
        if let Err(reason) = self.carry(heard).await {
            tracing::debug!(reason, "a connection by way of Redis is over");
        }
        self.end().await;
    }

    /// Says that there is a connection, and waits for the other side to say that it has heard.
    async fn greet(&mut self, heard: &mut mpsc::Receiver<Said>) -> Result<(), Error> {
        self.post.say(&[]).await?;
        let answered = timeout(HELLO, async {
            loop {
                match heard.recv().await {
                    Some(Some(message)) => return self.take(message.into()).await,
                    Some(None) => {}
                    None => return Err("it is over"),
                }
            }
        });
        match answered.await {
            Ok(answered) => answered.map_err(|reason| Error::NoAnswer { reason }),
            Err(_) => Err(Error::NoAnswer { reason: "it did not answer" }),
        }
    }

    /// Says good-bye, and listens no more.
    async fn end(mut self) {
        let _told = self.post.send(END, &[]).await;
        if let Some(own) = self.post.own.take() {
            self.post.open.listeners.lock().remove(&own);
            let _left = self.post.open.session.leave(Channel(&own)).await;
        }
    }

    async fn carry(&mut self, mut heard: mpsc::Receiver<Said>) -> Result<(), &'static str> {
        let silence = Duration::from_millis(SILENCE_MS.into());
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut bytes = vec![0; MESSAGE_MAX];
        let mut silent_at = Instant::now() + silence;
        loop {
            tokio::select! {
                message = heard.recv() => match message {
                    Some(Some(message)) => {
                        silent_at = Instant::now() + silence;
                        self.take(message.into()).await?;
                    }
                    Some(None) => {}
                    None => return Err("Redis is away"),
                },
                read = self.pipe.read(&mut bytes) => match read {
                    Ok(0) | Err(_) => return Ok(()),
                    Ok(read) => self.post.say(&bytes[..read]).await.map_err(|_| "Redis took no message")?,
                },
                _ = beats.tick() => self.post.say(&[]).await.map_err(|_| "Redis took no message")?,
                () = sleep_until(silent_at) => return Err("the other side fell silent"),
            }
        }
    }

    async fn take(&mut self, mut message: Bytes) -> Result<(), &'static str> {
        let Some(Head { number, .. }) = head(&message) else { return Err("a message that is none") };
        message.advance(HEAD);
        if number == END {
            return Err("it said good-bye");
        }
        if number != self.expected {
            return Err("a message was lost");
        }
        self.expected += 1;
        // One that does not read holds up its own connection, and that not for long.
        let silence = Duration::from_millis(SILENCE_MS.into());
        match timeout(silence, self.pipe.write_all(&message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err("nobody reads"),
        }
    }
}
