//! Calls to servers that are processes of their own: this program, started again with [`WORD`].

use crate::figures::{per_second, times};
use jobs::rpc::{Call, Caller, Registry, Server, Service, Terms};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::Store;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

pub(crate) const WORD: &str = "serve-calls";

/// 256 bytes there and back.
struct Echo;

impl Service for Echo {
    const NAME: &'static str = "echo";
    type Request = String;
    type Reply = String;
}

fn body() -> String {
    "x".repeat(254)
}

/// Answers until killed.
pub(crate) async fn serve(url: &str) -> anyhow::Result<()> {
    let store = Store::connect(url, 2).await?;
    let server = Server::new("127.0.0.1:0".parse()?).serve::<Echo, _, _>(|text, _: Call| async { Ok(text) });
    server.run(Registry::postgres(&store), CancellationToken::new()).await?;
    Ok(())
}

/// A server as a process, killed with its owner.
fn start(url: &str) -> anyhow::Result<Child> {
    let program = std::env::current_exe()?;
    Ok(Command::new(program).args([WORD, url]).stdin(Stdio::null()).kill_on_drop(true).spawn()?)
}

/// A caller that has reached somebody.
async fn caller(store: &Store) -> anyhow::Result<Caller> {
    let caller = Caller::new(Registry::postgres(store));
    let until = Instant::now() + Duration::from_secs(10);
    while let Err(error) = caller.call::<Echo>(&body(), &Terms::default()).await {
        anyhow::ensure!(Instant::now() < until, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(caller)
}

/// One call at a time, then 64 at once.
pub(crate) async fn call(store: Store, url: String, is_quick: bool) -> anyhow::Result<Value> {
    let count = if is_quick { 100 } else { 5_000 };
    let _server = start(&url)?;
    let caller = caller(&store).await?;
    let (request, terms) = (body(), Terms::default());
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let asked = Instant::now();
        caller.call::<Echo>(&request, &terms).await?;
        took.push(asked.elapsed());
    }
    let many = count * 10 / 64;
    let begun = Instant::now();
    let mut callers = Vec::new();
    for _ in 0..64 {
        let caller = caller.clone();
        callers.push(tokio::spawn(async move {
            let (request, terms) = (body(), Terms::default());
            for _ in 0..many {
                caller.call::<Echo>(&request, &terms).await?;
            }
            Ok::<_, jobs::rpc::CallError>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    let per_second = per_second(many * 64, begun.elapsed());
    Ok(json!({"serial": times(took), "per_second": per_second}))
}

/// 2,000 calls a second at two servers, one of which is killed in the middle and replaced: from when each was due to its reply. Calls that were on
/// their way to it are lost, and made again, since these may be.
pub(crate) async fn call_under_fire(store: Store, url: String, is_quick: bool) -> anyhow::Result<Value> {
    const PER_SECOND: usize = 2_000;
    let seconds = if is_quick { 1 } else { 6 };
    let mut servers = vec![start(&url)?, start(&url)?];
    let caller = caller(&store).await?;
    // Both are known by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let count = PER_SECOND * seconds;
    let begun = Instant::now();
    let mut calls = Vec::with_capacity(count);
    for number in 0..count {
        let due = begun + Duration::from_secs_f64(number as f64 / PER_SECOND as f64);
        tokio::time::sleep_until(due.into()).await;
        if number == count / 2 {
            // Child::start_kill is SIGKILL.
            servers.remove(0).start_kill()?;
            servers.push(start(&url)?);
        }
        let caller = caller.clone();
        calls.push(tokio::spawn(async move {
            let terms = Terms { is_idempotent: true, ..Terms::default() };
            caller.call::<Echo>(&body(), &terms).await.map(|_| due.elapsed())
        }));
    }
    let (mut took, mut failed) = (Vec::with_capacity(count), 0);
    for call in calls {
        match call.await? {
            Ok(time) => took.push(time),
            Err(error) => {
                eprintln!("{error}");
                failed += 1;
            }
        }
    }
    let mut figures = times(took);
    figures["failed"] = failed.into();
    Ok(figures)
}
