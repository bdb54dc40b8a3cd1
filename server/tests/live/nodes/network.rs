//! A network of its own for one process: two cables to it, of which one can be cut.

use crate::support::{Proxy, Relay};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

/// A network namespace with a cable for clients and one for the database and Redis. Dropping it takes it away.
pub(super) struct Network {
    name: String,
    /// Private addresses that only the two ends of the cables have.
    prefix: String,
}

/// The ways to what is behind the cable that can be cut.
pub(super) struct Behind {
    pub(super) database_url: String,
    pub(super) redis_url: String,
    _ways: (Proxy, Relay),
}

impl Network {
    /// None, with a word, where this machine does not let us.
    pub(super) fn new() -> Option<Self> {
        static NETWORKS: AtomicU8 = AtomicU8::new(0);
        let process = std::process::id();
        let number = NETWORKS.fetch_add(1, Ordering::Relaxed);
        // Test processes that run side by side differ in the last digits of their ids.
        let network = Self {
            name: format!("cr{process}n{number}"),
            prefix: format!("10.{}.{}", 64 + (process >> 8) % 64, process & 0xff),
        };
        match network.lay() {
            Ok(()) => Some(network),
            Err(why) => {
                say(&format!("skipped: no network namespace can be made here ({why})"));
                None
            }
        }
    }

    fn lay(&self) -> Result<(), String> {
        let Self { name, prefix } = self;
        ip(&format!("netns add {name}"))?;
        for (cable, first) in [("f", 1), ("b", 5)] {
            let (out, into) = (self.cable(cable), format!("{name}{cable}i"));
            ip(&format!("link add {out} type veth peer name {into} netns {name}"))?;
            ip(&format!("addr add {prefix}.{first}/30 dev {out}"))?;
            ip(&format!("link set {out} up"))?;
            ip(&format!("-n {name} addr add {prefix}.{}/30 dev {into}", first + 1))?;
            ip(&format!("-n {name} link set {into} up"))?;
        }
        Ok(())
    }

    fn cable(&self, which: &str) -> String {
        format!("{}{which}o", self.name)
    }

    /// Where a process in there is reached by clients.
    pub(super) fn front_address(&self) -> String {
        format!("{}.2", self.prefix)
    }

    /// Where it is reached by the other cable.
    pub(super) fn back_address(&self) -> String {
        format!("{}.6", self.prefix)
    }

    /// Ways to a database and a Redis, at the outer end of the cable that can be cut.
    pub(super) async fn back(&self, database_url: &str, redis_url: &str) -> Behind {
        let address = format!("{}.5", self.prefix);
        let database = Proxy::at(&address, database_url).await;
        let redis = Relay::at(&address, redis_url).await;
        let (database_url, redis_url) = (database.url.clone(), redis.url.clone());
        Behind { database_url, redis_url, _ways: (database, redis) }
    }

    /// A program to run in there.
    pub(super) fn program(&self, path: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, path]);
        command
    }

    /// Cuts the cable: what is sent is lost, and nobody is told.
    pub(super) fn cut(&self) {
        ip(&format!("link set {} down", self.cable("b"))).unwrap();
    }

    /// Cuts the clients' cable.
    pub(super) fn cut_front(&self) {
        ip(&format!("link set {} down", self.cable("f"))).unwrap();
    }

    pub(super) fn mend(&self) {
        ip(&format!("link set {} up", self.cable("b"))).unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cables go with it. Where it could not be made there is none.
        let _gone = ip(&format!("netns del {}", self.name));
    }
}

fn ip(words: &str) -> Result<(), String> {
    let output =
        Command::new("ip").args(words.split(' ')).output().map_err(|error| format!("ip: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("ip {words}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(text: &str) {
    eprintln!("{text}");
}
