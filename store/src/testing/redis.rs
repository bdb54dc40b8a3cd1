//! A throw-away Redis.

use super::scratch::Scratch;
use crate::error::Error;
use crate::redis::Redis;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a new server may take to answer; it takes some 10 ms.
const READY_MS_MAX: u64 = 10_000;

/// A Redis server of its own for one test, on a unix socket, without persistence. Dropping it stops it.
pub struct TestRedis {
    url: String,
    server: Child,
    _scratch: Scratch,
}

impl TestRedis {
    /// Starts `redis-server` (or Valkey's) and waits until it answers.
    pub async fn start() -> Result<TestRedis, Error> {
        let failed = |reason: String| Error::Redis { doing: "cannot be started", reason };
        let scratch = Scratch::new("redis.pid").map_err(|error| failed(error.to_string()))?;
        let socket = scratch.folder().join("redis.sock");
        let pid_file = scratch.folder().join("redis.pid");
        let start = |program: &str| {
            let mut server = Command::new(program);
            server.args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
            server.arg("--unixsocket").arg(&socket).arg("--pidfile").arg(&pid_file);
            server.arg("--dir").arg(scratch.folder());
            server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        };
        let started = start("redis-server").or_else(|_| start("valkey-server"));
        let server = started.map_err(|error| {
            failed(format!("there is no redis-server to run ({error}); apt-get install redis-server"))
        })?;
        let url = format!("redis+unix://{}", socket.display());
        let started = TestRedis { url, server, _scratch: scratch };
        started.ready().await?;
        Ok(started)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    async fn ready(&self) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_millis(READY_MS_MAX);
        loop {
            match Redis::connect(&self.url).await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}
