//! Many streams come in at once while others are open: whether an update to these waits for those.

use super::check;
use crate::figures::{CALM_MAX_MS, CALM_P50_MS, Figures, STORM_MAX_MS, STORM_P50_MS, STORM_S, STORM_UPDATES};
use crate::fleet::TURN;
use crate::mark::now_ns;
use crate::peers::Server;
use crate::scenario::Extent;
use crate::session::{Session, max_ms, p50_ms};
use anyhow::bail;
use std::time::Duration;

/// An update each tenth of a second: a slow server is done with one before the next, and several fall into the storm.
const PERIOD: Duration = Duration::from_millis(100);
/// Connections begun between two looks at the sockets: few, so that the client's own work delays what it times as little as it can.
const OPENED_AT_ONCE: usize = 8;
/// Updates after the last stream of the storm is open.
const AFTER_UPDATES: usize = 2;
const STORM_MAX: Duration = Duration::from_secs(60);

pub(super) fn run(
    server: Server,
    open: usize,
    more: usize,
    size: usize,
    extent: &Extent,
) -> anyhow::Result<Figures> {
    let mut session = Session::new(server, open, size)?;
    session.fleet.open_all(open)?;
    session.warm()?;
    let stretch = session.begin()?;
    for _ in 0..extent.calm_updates {
        session.publish()?;
        session.idle(PERIOD)?;
    }
    session.drain(&stretch)?;
    let calm = session.fleet.tally.last_subscribers(0);

    let stretch = session.begin()?;
    let (seconds, updates) = storm(&mut session, open + more)?;
    session.drain(&stretch)?;
    let stormy = session.fleet.tally.last_subscribers(0);
    let mut figures = Figures::from([
        (CALM_P50_MS, p50_ms(&calm)),
        (CALM_MAX_MS, max_ms(&calm)),
        (STORM_P50_MS, p50_ms(&stormy)),
        (STORM_MAX_MS, max_ms(&stormy)),
        (STORM_S, seconds),
        (STORM_UPDATES, updates as f64),
    ]);
    check(&session, &mut figures);
    Ok(figures)
}

/// Opens streams until there are `count`, with updates going on; the seconds until all were open, and how many updates went out.
fn storm(session: &mut Session, count: usize) -> anyhow::Result<(f64, usize)> {
    let begun = now_ns();
    let (mut due, mut updates, mut opened_ns) = (begun, 0, None);
    let mut left = AFTER_UPDATES;
    while left > 0 {
        let more = session.fleet.begin_some(count, OPENED_AT_ONCE)?;
        session.turn(if more { Duration::ZERO } else { TURN })?;
        if opened_ns.is_none() && session.fleet.open() == count {
            opened_ns = Some(now_ns());
        }
        if now_ns() >= due {
            session.publish()?;
            due += PERIOD.as_nanos() as u64;
            updates += 1;
            left -= usize::from(opened_ns.is_some());
        }
        if now_ns() - begun > STORM_MAX.as_nanos() as u64 {
            bail!("only {} of {count} streams opened within {STORM_MAX:?}", session.fleet.open());
        }
    }
    let seconds = (opened_ns.unwrap_or_else(now_ns) - begun) as f64 / 1e9;
    Ok((seconds, updates))
}
