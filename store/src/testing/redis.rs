//! Throw-away Redis servers.

mod cluster;
mod sentinel;

pub use cluster::TestCluster;
pub use sentinel::TestSentinel;

use super::scratch::Scratch;
use crate::error::Error;
use crate::redis::Redis;
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a new server may take to answer; it takes some 10 ms.
const READY_MAX: Duration = Duration::from_secs(10);

/// A Redis server of its own for one test, on a unix socket. Dropping it stops it.
pub struct TestRedis {
    url: String,
    server: Server,
}

impl TestRedis {
    /// Starts `redis-server` (or Valkey's) and waits until it answers. It forgets everything when it ends.
    pub async fn start() -> Result<TestRedis, Error> {
        Self::with(&["--appendonly", "no"]).await
    }

    /// The same with a log of every command on disk: it comes back with what it had.
    pub async fn lasting() -> Result<TestRedis, Error> {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"]).await
    }

    async fn with(settings: &[&str]) -> Result<TestRedis, Error> {
        let server = Server::start(|folder| {
            let mut arguments = words(&["--port", "0", "--save", ""]);
            arguments.extend(words(settings));
            arguments.extend(["--unixsocket".to_owned(), socket(folder)]);
            arguments
        })?;
        let url = format!("redis+unix://{}", socket(server.scratch.folder()));
        let started = TestRedis { url, server };
        started.ready().await?;
        Ok(started)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Lets it answer nothing while its connections stay, as one does whose machine hangs; until [`TestRedis::go_on`].
    pub fn halt(&self) {
        self.server.signal(Signal::STOP);
    }

    /// Lets it go on, with what it was told meanwhile.
    pub fn go_on(&self) {
        self.server.signal(Signal::CONT);
    }

    /// Starts it again where it was.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.server.start_again()?;
        self.ready().await
    }

    async fn ready(&self) -> Result<(), Error> {
        let redis = Redis::at(&self.url)?;
        until(async || redis.open().await.map(|_| true)).await
    }
}

/// A server process in a folder of its own.
struct Server {
    arguments: Vec<String>,
    child: Child,
    scratch: Scratch,
}

impl Server {
    fn start(arguments: impl FnOnce(&Path) -> Vec<String>) -> Result<Server, Error> {
        let scratch = scratch()?;
        let arguments = arguments(scratch.folder());
        Self::start_in(scratch, arguments)
    }

    fn start_in(scratch: Scratch, mut arguments: Vec<String>) -> Result<Server, Error> {
        let folder = scratch.folder().display();
        arguments.extend(words(&["--daemonize", "no", "--pidfile", &format!("{folder}/redis.pid")]));
        arguments.extend(words(&["--dir", &folder.to_string()]));
        let child = run(&arguments)?;
        Ok(Server { arguments, child, scratch })
    }

    fn kill(&mut self) {
        // It may have ended already, which is what we want.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .expect("the server is a child that nobody has reaped");
    }

    fn start_again(&mut self) -> Result<(), Error> {
        self.kill();
        self.child = run(&self.arguments)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn scratch() -> Result<Scratch, Error> {
    Scratch::new("redis.pid").map_err(|error| cannot_start(error.to_string()))
}

fn run(arguments: &[String]) -> Result<Child, Error> {
    let start = |program: &str| {
        let mut server = Command::new(program);
        server.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let started = start("redis-server").or_else(|_| start("valkey-server"));
    started.map_err(|error| {
        cannot_start(format!("there is no redis-server to run ({error}); apt-get install redis-server"))
    })
}

/// Looks again and again until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> Result<bool, Error>) -> Result<(), Error> {
    let deadline = Instant::now() + READY_MAX;
    loop {
        match is_so().await {
            Ok(true) => return Ok(()),
            Ok(false) if Instant::now() >= deadline => {
                return Err(cannot_start("it was not ready in time".to_owned()));
            }
            Err(error) if Instant::now() >= deadline => return Err(error),
            Ok(false) | Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

/// A command to one server.
async fn ask<T: redis::FromRedisValue>(port: u16, command: &[&str]) -> Result<T, Error> {
    let asking = async {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}"))?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut words = redis::cmd(command[0]);
        words.arg(&command[1..]);
        words.query_async(&mut connection).await
    };
    asking.await.map_err(|error: redis::RedisError| cannot_start(error.to_string()))
}

/// Free a moment ago. Several are asked for at once, so that they differ.
fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT], Error> {
    let listen = |_| TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let listeners: [TcpListener; COUNT] = std::array::from_fn(listen);
    let mut ports = [0; COUNT];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener.local_addr().map_err(|error| cannot_start(error.to_string()))?.port();
    }
    Ok(ports)
}

fn socket(folder: &Path) -> String {
    folder.join("redis.sock").display().to_string()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

fn cannot_start(reason: String) -> Error {
    Error::Redis { doing: "cannot be started", reason }
}
