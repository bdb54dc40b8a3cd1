//! Streams opened at once; what they cost idle; updates one at a time; updates as fast as can be.

use super::check;
use crate::figures::{BURST, Figures, KERNEL_B, MEMORY_B, OPENED_S, SINGLE};
use crate::peers::Server;
use crate::scenario::Extent;
use crate::session::{Session, Until};
use crate::usage::kernel_bytes;
use std::time::Duration;

/// A server comes to rest within this time after its streams were opened.
const SETTLE: Duration = Duration::from_millis(500);
/// From so many streams on, updates come less often, so that a slow server is done with one before the next.
const MANY_STREAMS: usize = 10_000;
const PER_SECOND: f64 = 4.0;
const PER_SECOND_OF_MANY: f64 = 2.5;

pub(super) fn run(server: Server, streams: usize, size: usize, extent: &Extent) -> anyhow::Result<Figures> {
    let tree = server.tree();
    let mut session = Session::new(server, streams, size)?;
    let mut figures = Figures::new();
    // What the first stream costs (its topic is read from a store, tables are made) is no other's cost.
    session.fleet.open_all(1)?;
    session.idle(SETTLE)?;
    let before = (tree.memory_bytes()?, kernel_bytes()?);
    figures.insert(OPENED_S, session.fleet.open_all(streams)?);
    session.idle(SETTLE)?;
    let more = (streams - 1).max(1) as f64;
    let grown = tree.memory_bytes()?.saturating_sub(before.0);
    figures.insert(MEMORY_B, grown as f64 / more);
    let grown = kernel_bytes()?.saturating_sub(before.1);
    figures.insert(KERNEL_B, grown as f64 / 2.0 / more);
    session.warm()?;
    let per_second = if streams < MANY_STREAMS { PER_SECOND } else { PER_SECOND_OF_MANY };
    session.paced(extent.paced_updates, per_second, &mut figures)?;
    for saturated in [SINGLE, BURST] {
        session.saturated(&saturated, Until::Time(extent.saturated), &mut figures, &mut || Ok(()))?;
    }
    check(&session, &mut figures);
    Ok(figures)
}
