//! Streams that never read beside healthy ones: what they cost the server, the kernel and their neighbours.

use super::check;
use crate::figures::{
    BURST, Figures, STALLED_CUT, STALLED_GROWTH_MIB, STALLED_KERNEL_MIB, STALLED_P99_MS, STALLED_PER_S,
    STALLED_USER_MIB,
};
use crate::fleet::{Target, connect};
use crate::mark::now_ns;
use crate::peers::Server;
use crate::scenario::Extent;
use crate::session::{Session, Until};
use crate::usage::{Tree, tcp_bytes};
use anyhow::bail;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What the kernel takes for a stream that does not read: as little as it allows.
const RECEIVE_BYTES: usize = 4096;
/// Memory is looked at so often.
const LOOK: Duration = Duration::from_millis(100);
const BEGIN_MAX: Duration = Duration::from_secs(20);
const MIB: f64 = 1_048_576.0;

pub(super) fn run(
    server: Server,
    stalled: usize,
    healthy: usize,
    size: usize,
    extent: &Extent,
) -> anyhow::Result<Figures> {
    let tree = server.tree();
    let sleepers = fall_asleep(&server.target, stalled)?;
    let mut session = Session::new(server, healthy, size)?;
    session.fleet.open_all(healthy)?;
    session.warm()?;
    let mut memory = Memory::begin(tree)?;
    let mut figures = Figures::new();
    session.saturated(&BURST, Until::Updates(extent.stalled_updates), &mut figures, &mut || memory.look())?;
    // The rest of the burst's figures are of no interest here.
    let mut figures = Figures::from([
        (STALLED_P99_MS, figures[BURST.p99_ms]),
        (STALLED_PER_S, figures[BURST.per_s]),
        (STALLED_CUT, sleepers.into_iter().filter_map(was_cut_off).count() as f64),
    ]);
    figures.extend(memory.growth());
    check(&session, &mut figures);
    Ok(figures)
}

/// Opens streams, waits for the first byte of each, and reads nothing.
fn fall_asleep(target: &Target, count: usize) -> anyhow::Result<Vec<TcpStream>> {
    let limit = now_ns() + BEGIN_MAX.as_nanos() as u64;
    let mut sleepers = Vec::with_capacity(count);
    for at in 0..count {
        let mut socket = connect(target.address, at, Some(RECEIVE_BYTES))?;
        until_done(limit, || socket.write(&target.request()))?;
        until_done(limit, || socket.peek(&mut [0]))?;
        sleepers.push(socket);
    }
    Ok(sleepers)
}

/// Does it as soon as the socket lets us.
fn until_done(limit_ns: u64, mut attempt: impl FnMut() -> std::io::Result<usize>) -> anyhow::Result<()> {
    loop {
        match attempt() {
            Ok(_) => return Ok(()),
            Err(error) if ![ErrorKind::WouldBlock, ErrorKind::NotConnected].contains(&error.kind()) => {
                return Err(error.into());
            }
            Err(_) if now_ns() > limit_ns => bail!("a stream did not begin within {BEGIN_MAX:?}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// Reads all that is there; something when the server has ended the stream.
fn was_cut_off(mut sleeper: TcpStream) -> Option<()> {
    let mut buffer = [0; 65_536];
    loop {
        match sleeper.read(&mut buffer) {
            Ok(0) => return Some(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(_) => return Some(()),
        }
    }
}

/// Memory at the beginning, and the most since, bytes.
struct Memory {
    tree: Tree,
    before: (u64, u64),
    peak: (u64, u64),
    looked_ns: u64,
}

impl Memory {
    fn begin(tree: Tree) -> anyhow::Result<Self> {
        let before = (tree.memory_bytes()?, tcp_bytes()?);
        Ok(Self { tree, before, peak: before, looked_ns: now_ns() })
    }

    fn look(&mut self) -> anyhow::Result<()> {
        if now_ns() - self.looked_ns < LOOK.as_nanos() as u64 {
            return Ok(());
        }
        self.peak.0 = self.peak.0.max(self.tree.memory_bytes()?);
        self.peak.1 = self.peak.1.max(tcp_bytes()?);
        self.looked_ns = now_ns();
        Ok(())
    }

    fn growth(&self) -> Figures {
        let user = (self.peak.0 - self.before.0) as f64 / MIB;
        let kernel = (self.peak.1 - self.before.1) as f64 / MIB;
        Figures::from([
            (STALLED_USER_MIB, user),
            (STALLED_KERNEL_MIB, kernel),
            (STALLED_GROWTH_MIB, user + kernel),
        ])
    }
}
