//! What servers go through, and for how long.

use crate::peer::Peer;
use std::time::Duration;

/// Something that a server goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scenario {
    /// So many streams opened at once, then updates one at a time, then as fast as can be.
    Load { streams: usize, size: usize },
    /// Streams that never read beside healthy ones.
    Stalled { stalled: usize, healthy: usize, size: usize },
    /// Many streams opened at once while others are open and get their updates.
    Storm { open: usize, more: usize, size: usize },
}

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Updates of a paced stretch.
    pub(crate) paced_updates: u32,
    pub(crate) saturated: Duration,
    /// Updates of a stretch with stalled streams: as many for each server, however long they take it, for what a stalled stream costs
    /// depends on how much it does not read.
    pub(crate) stalled_updates: u64,
    pub(crate) calm_updates: u32,
}

impl Extent {
    pub(crate) const FULL: Extent = Extent {
        paced_updates: 12,
        saturated: Duration::from_millis(2_500),
        stalled_updates: 1_200,
        calm_updates: 20,
    };
    /// Enough to see whether something is broken.
    pub(crate) const QUICK: Extent = Extent {
        paced_updates: 6,
        saturated: Duration::from_millis(1_000),
        stalled_updates: 300,
        calm_updates: 8,
    };
}

impl Scenario {
    /// A name that is a key of the report.
    pub(crate) fn name(self) -> String {
        match self {
            Scenario::Load { streams, size } => format!("{streams}x{size}"),
            Scenario::Stalled { stalled, healthy, size } => format!("stalled-{stalled}+{healthy}x{size}"),
            Scenario::Storm { open, more, size } => format!("storm-{open}+{more}x{size}"),
        }
    }

    /// Whether it says something about that server: the floor is one of plain load.
    pub(crate) fn concerns(self, peer: Peer) -> bool {
        peer != Peer::Bare || matches!(self, Scenario::Load { .. })
    }

    /// Sockets that it holds open at once in one process.
    pub(crate) fn sockets(self) -> usize {
        match self {
            Scenario::Load { streams, .. } => streams,
            Scenario::Stalled { stalled, healthy, .. } => stalled + healthy,
            Scenario::Storm { open, more, .. } => open + more,
        }
    }
}
