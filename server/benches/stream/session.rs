//! One server with one fleet of streams on its topic.

use crate::figures::{
    Figures, PACED_CPU_US, PACED_FIRST_MS, PACED_LAST_MAX_MS, PACED_LAST_P50_MS, PACED_P50_MS, PACED_P99_MS,
    Saturated,
};
use crate::fleet::{Fleet, TURN};
use crate::mark::{nanoseconds, now_ns};
use crate::peers::Server;
use crate::usage::Tree;
use anyhow::bail;
use hdrhistogram::Histogram;
use rustix::time::ClockId;
use std::time::Duration;

/// What is still under way at the end of a stretch is waited for so long.
const DRAIN_MAX: Duration = Duration::from_secs(15);
/// Updates before the first stretch, so that buffers and caches are as they are later.
const WARM_UPDATES: u64 = 2;

/// A running server and the streams that read from it.
pub(crate) struct Session {
    // Closed first: a server ends faster without streams.
    pub(crate) fleet: Fleet,
    pub(crate) server: Server,
    /// Bytes of data in each update.
    size: usize,
}

impl Session {
    /// Streams are opened by the caller; the first `watched` are.
    pub(crate) fn new(server: Server, watched: usize, size: usize) -> anyhow::Result<Self> {
        Ok(Self { fleet: Fleet::new(&server.target, watched)?, server, size })
    }

    pub(crate) fn publish(&mut self) -> anyhow::Result<()> {
        self.server.publish(self.size)
    }

    pub(crate) fn turn(&mut self, wait: Duration) -> anyhow::Result<()> {
        self.fleet.turn(wait)?;
        self.server.turn()
    }

    /// Reads for a while.
    pub(crate) fn idle(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = now_ns() + time.as_nanos() as u64;
        while now_ns() < until {
            self.turn(TURN)?;
        }
        Ok(())
    }

    /// A stretch of updates begins.
    pub(crate) fn begin(&mut self) -> anyhow::Result<Stretch> {
        self.fleet.tally.begin(self.server.published + 1);
        Stretch::begin(self.server.tree(), self.server.published)
    }

    /// Waits until the updates of a stretch are out with all, but not for ever: what does not come is lost.
    pub(crate) fn drain(&mut self, stretch: &Stretch) -> anyhow::Result<()> {
        let until = now_ns() + DRAIN_MAX.as_nanos() as u64;
        let published = self.server.published - stretch.from;
        while self.fleet.tally.complete() < published {
            self.turn(TURN)?;
            if now_ns() > until {
                self.fleet.tally.give_up(published);
                break;
            }
        }
        Ok(())
    }

    /// A few updates, one by one.
    pub(crate) fn warm(&mut self) -> anyhow::Result<()> {
        for _ in 0..WARM_UPDATES {
            let stretch = self.begin()?;
            self.publish()?;
            self.drain(&stretch)?;
        }
        Ok(())
    }

    /// `updates` updates, so many a second.
    pub(crate) fn paced(
        &mut self,
        updates: u32,
        per_second: f64,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let stretch = self.begin()?;
        let period = Duration::from_secs_f64(1.0 / per_second);
        for _ in 0..updates {
            self.publish()?;
            self.idle(period)?;
        }
        self.drain(&stretch)?;
        let spent = stretch.end()?;
        let tally = &self.fleet.tally;
        let last = tally.last_subscribers(0);
        figures.extend([
            (PACED_FIRST_MS, tally.latencies().min() as f64 / 1e6),
            (PACED_LAST_P50_MS, p50_ms(&last)),
            (PACED_LAST_MAX_MS, max_ms(&last)),
            (PACED_P50_MS, p50_ms(tally.latencies())),
            (PACED_P99_MS, p99_ms(tally.latencies())),
            (PACED_CPU_US, spent.server_s * 1e6 / tally.deliveries as f64),
        ]);
        Ok(())
    }

    /// Updates as fast as the streams take them, to an extent; `look` is called between.
    pub(crate) fn saturated(
        &mut self,
        saturated: &Saturated,
        extent: Until,
        figures: &mut Figures,
        look: &mut dyn FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let stretch = self.begin()?;
        let begun_ns = now_ns();
        let mut silent_since = (0, begun_ns);
        while !extent.is_over(now_ns() - begun_ns, self.server.published - stretch.from) {
            let complete = self.fleet.tally.complete();
            while self.server.published - stretch.from < complete + saturated.window {
                self.publish()?;
            }
            self.turn(TURN)?;
            look()?;
            if complete != silent_since.0 {
                silent_since = (complete, now_ns());
            } else if now_ns() - silent_since.1 > DRAIN_MAX.as_nanos() as u64 {
                bail!("no update came to its end within {DRAIN_MAX:?}");
            }
        }
        self.drain(&stretch)?;
        let spent = stretch.end()?;
        let tally = &self.fleet.tally;
        let (deliveries, last) = (tally.deliveries as f64, tally.last_subscribers(0));
        let wall_s = tally.last_received_ns.saturating_sub(spent.began_ns) as f64 / 1e9;
        figures.extend([
            (saturated.per_cpu_s, deliveries / spent.server_s),
            (saturated.per_s, deliveries / wall_s),
            (saturated.last_p50_ms, p50_ms(&last)),
            (saturated.p99_ms, p99_ms(tally.latencies())),
            (saturated.client_busy, spent.client_s / wall_s),
        ]);
        Ok(())
    }
}

/// How long a saturated stretch goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Time(Duration),
    /// Published.
    Updates(u64),
}

impl Until {
    fn is_over(self, spent_ns: u64, published: u64) -> bool {
        match self {
            Until::Time(time) => u128::from(spent_ns) >= time.as_nanos(),
            Until::Updates(updates) => published >= updates,
        }
    }
}

/// Clocks as they stood when a stretch began.
pub(crate) struct Stretch {
    /// Updates published before.
    from: u64,
    began_ns: u64,
    tree: Tree,
    server_ns: u64,
    client_ns: u64,
}

/// What a stretch took.
pub(crate) struct Spent {
    began_ns: u64,
    /// Seconds of processor time.
    server_s: f64,
    client_s: f64,
}

impl Stretch {
    fn begin(tree: Tree, from: u64) -> anyhow::Result<Self> {
        let (server_ns, client_ns) = (tree.cpu_ns()?, nanoseconds(ClockId::ProcessCPUTime));
        Ok(Self { from, began_ns: now_ns(), tree, server_ns, client_ns })
    }

    fn end(&self) -> anyhow::Result<Spent> {
        let server_ns = self.tree.cpu_ns()?.saturating_sub(self.server_ns);
        let client_ns = nanoseconds(ClockId::ProcessCPUTime) - self.client_ns;
        Ok(Spent {
            began_ns: self.began_ns,
            server_s: server_ns as f64 / 1e9,
            client_s: client_ns as f64 / 1e9,
        })
    }
}

pub(crate) fn p50_ms(latencies: &Histogram<u64>) -> f64 {
    latencies.value_at_quantile(0.5) as f64 / 1e6
}

pub(crate) fn p99_ms(latencies: &Histogram<u64>) -> f64 {
    latencies.value_at_quantile(0.99) as f64 / 1e6
}

pub(crate) fn max_ms(latencies: &Histogram<u64>) -> f64 {
    latencies.max() as f64 / 1e6
}
