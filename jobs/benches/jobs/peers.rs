//! Other libraries, each a run of `jobs/benches/peers`, against the same server in a database of its own.

use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// The program, where it has been built.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::var_os("JOB_PEERS").map(PathBuf::from)
}

/// The object that a run prints.
pub(crate) async fn run(words: &[&str]) -> anyhow::Result<Value> {
    let program = program().ok_or_else(|| anyhow::anyhow!("JOB_PEERS names no program"))?;
    let output = Command::new(program).args(words).stderr(Stdio::inherit()).output().await?;
    anyhow::ensure!(output.status.success(), "{words:?} ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// NATS's request and reply, over a server of its own.
pub(crate) async fn nats(count: &str) -> anyhow::Result<Value> {
    let free = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = free.local_addr()?.port().to_string();
    drop(free);
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()
    };
    let _server = quiet(Command::new("nats-server").args(["-a", "127.0.0.1", "-p", &port]))?;
    let url = format!("nats://127.0.0.1:{port}");
    let program = program().ok_or_else(|| anyhow::anyhow!("JOB_PEERS names no program"))?;
    until_open(&port).await?;
    let _worker = quiet(Command::new(program).args(["nats", "serve", &url]))?;
    run(&["nats", "call", count, &url]).await
}

async fn until_open(port: &str) -> anyhow::Result<()> {
    let until = Instant::now() + Duration::from_secs(10);
    while tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.is_err() {
        anyhow::ensure!(Instant::now() < until, "nats-server does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
