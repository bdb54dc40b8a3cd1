//! The servers that are measured, each as a process of its own.

pub(crate) mod bare;
mod http;
pub(crate) mod naive;
mod nchan;
mod ours;

use crate::cores::Cores;
use crate::fleet::Target;
use crate::peer::Peer;
use crate::usage::Tree;
use anyhow::{Context, bail};
use http::HttpPublisher;
use ours::{BusPublisher, Stage};
use rustix::process::{Pid, Signal, kill_process};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take until it takes connections, and until it has ended.
const START_MAX: Duration = Duration::from_secs(20);
const STOP_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What servers need that lasts for the whole run.
pub(crate) struct Yard {
    cores: Cores,
    scratch: TempDir,
    /// Our store and bus; made when first needed.
    stage: Option<Stage>,
    started: usize,
}

impl Yard {
    pub(crate) fn new(cores: Cores) -> anyhow::Result<Self> {
        Ok(Self { cores, scratch: tempfile::tempdir()?, stage: None, started: 0 })
    }

    /// Why a peer cannot be measured here, if so.
    pub(crate) fn absence(peer: Peer) -> Option<&'static str> {
        match peer {
            Peer::Nchan => nchan::absence(),
            Peer::Naive | Peer::Bare | Peer::Ours => None,
        }
    }

    /// Starts a fresh server with one topic and waits until it takes connections.
    pub(crate) fn start(&mut self, peer: Peer) -> anyhow::Result<Server> {
        let address = free_address()?;
        self.started += 1;
        let folder = self.scratch.path().join(format!("{}-{}", peer.name(), self.started));
        std::fs::create_dir(&folder)?;
        let (mut command, path) = match peer {
            Peer::Nchan => (nchan::command(&folder, address, self.cores.server)?, nchan::STREAM.to_owned()),
            Peer::Naive => (naive::command(address)?, naive::STREAM.to_owned()),
            Peer::Bare => (bare::command(address)?, bare::STREAM.to_owned()),
            Peer::Ours => {
                let stage = match &mut self.stage {
                    Some(stage) => stage,
                    none => none.insert(Stage::build()?),
                };
                let topic = stage.announce()?;
                (stage.command(&folder, address), topic.path)
            }
        };
        let log = std::fs::File::create(folder.join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = self.cores.on_servers(|| command.spawn().context("starting it"));
        let mut server = Server {
            target: Target { address, path },
            child: child.with_context(|| peer.name())?,
            publisher: None,
            published: 0,
        };
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        server.ready().with_context(|| format!("{}: {}", peer.name(), log()))?;
        server.publisher = Some(match (peer, &self.stage) {
            (Peer::Ours, Some(stage)) => Publisher::Bus(stage.publisher()),
            (Peer::Bare, _) => Publisher::Http(HttpPublisher::connect(address, bare::PUBLISH)?),
            (Peer::Naive, _) => Publisher::Http(HttpPublisher::connect(address, naive::PUBLISH)?),
            _ => Publisher::Http(HttpPublisher::connect(address, nchan::PUBLISH)?),
        });
        Ok(server)
    }
}

/// How updates reach a server.
enum Publisher {
    Http(HttpPublisher),
    Bus(BusPublisher),
}

/// A running server. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) target: Target,
    child: Child,
    publisher: Option<Publisher>,
    /// How many updates its topic has.
    pub(crate) published: u64,
}

impl Server {
    /// Its processes.
    pub(crate) fn tree(&self) -> Tree {
        Tree { root: self.child.id() }
    }

    /// Publishes the next update with `size` bytes of data; never waits.
    pub(crate) fn publish(&mut self, size: usize) -> anyhow::Result<()> {
        self.published += 1;
        match &mut self.publisher {
            Some(Publisher::Http(http)) => http.publish(self.published, size),
            Some(Publisher::Bus(bus)) => bus.publish(self.published, size),
            None => bail!("a server that is not ready"),
        }
    }

    /// Takes what the server answered to publications.
    pub(crate) fn turn(&mut self) -> anyhow::Result<()> {
        match &mut self.publisher {
            Some(Publisher::Http(http)) => http.turn(),
            Some(Publisher::Bus(_)) | None => Ok(()),
        }
    }

    fn ready(&mut self) -> anyhow::Result<()> {
        let until = Instant::now() + START_MAX;
        while TcpStream::connect(self.target.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            if Instant::now() > until {
                bail!("it takes no connections after {START_MAX:?}");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        let root = Pid::from_child(&self.child);
        kill_process(root, Signal::TERM)?;
        let until = Instant::now() + STOP_MAX;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                self.child.kill()?;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        let _stopped = self.stop();
    }
}

/// A loopback address whose port nobody has.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// This program, to be run as something else.
fn this_program() -> anyhow::Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}
