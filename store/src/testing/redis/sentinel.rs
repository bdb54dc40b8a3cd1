//! A throw-away master and replica with a Sentinel.

use super::{Server, ask, cannot_start, free_ports, scratch, until, words};
use crate::error::Error;

const MASTER: &str = "crease";

/// A master, its replica, and the Sentinel that lets the one take the place of the other. Dropping it stops them.
pub struct TestSentinel {
    master: Server,
    _others: [Server; 2],
    port: u16,
}

impl TestSentinel {
    /// Starts all three and waits until the Sentinel knows both servers.
    pub async fn start() -> Result<TestSentinel, Error> {
        let [master_port, replica_port, port] = free_ports()?;
        let master = Server::start(|_| arguments(master_port))?;
        let replica = Server::start(|_| {
            let mut arguments = arguments(replica_port);
            arguments.extend(words(&["--replicaof", "127.0.0.1", &master_port.to_string()]));
            arguments
        })?;
        let is_followed = async || {
            let seen: String = ask(master_port, &["INFO", "replication"]).await?;
            Ok(seen.contains("connected_slaves:1") && seen.contains("state=online"))
        };
        until(is_followed).await?;
        // A Sentinel keeps its configuration in the file that it was started with.
        let scratch = scratch()?;
        let file = scratch.folder().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {MASTER} 127.0.0.1 {master_port} 1\n\
             sentinel down-after-milliseconds {MASTER} 500\nsentinel failover-timeout {MASTER} 3000\n"
        );
        std::fs::write(&file, text).map_err(|error| cannot_start(error.to_string()))?;
        let sentinel = Server::start_in(scratch, vec![file.display().to_string(), "--sentinel".to_owned()])?;
        let knows_both = async || {
            let seen: String = ask(port, &["INFO", "sentinel"]).await?;
            Ok(seen.contains("status=ok") && seen.contains("slaves=1"))
        };
        until(knows_both).await?;
        Ok(TestSentinel { master, _others: [replica, sentinel], port })
    }

    /// `redis-sentinel://…`
    pub fn url(&self) -> String {
        format!("redis-sentinel://127.0.0.1:{}/{MASTER}", self.port)
    }

    /// Ends the master as a power cut would.
    pub fn kill_master(&mut self) {
        self.master.kill();
    }
}

fn arguments(port: u16) -> Vec<String> {
    let mut arguments = words(&["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    arguments.extend(words(&["--port", &port.to_string(), "--repl-diskless-sync-delay", "0"]));
    arguments
}
