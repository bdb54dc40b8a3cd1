//! Taking a server through a scenario.

mod load;
mod stalled;
mod storm;

use crate::figures::{CLOSED, Figures, LOST, REPEATED};
use crate::peers::Server;
use crate::scenario::{Extent, Scenario};
use crate::session::Session;

/// What a fresh server shows in it.
pub(crate) fn run(scenario: Scenario, server: Server, extent: &Extent) -> anyhow::Result<Figures> {
    match scenario {
        Scenario::Load { streams, size } => load::run(server, streams, size, extent),
        Scenario::Stalled { stalled, healthy, size } => stalled::run(server, stalled, healthy, size, extent),
        Scenario::Storm { open, more, size } => storm::run(server, open, more, size, extent),
    }
}

/// Whether every update came, once.
fn check(session: &Session, figures: &mut Figures) {
    let fleet = &session.fleet;
    figures.extend([
        (LOST, fleet.tally.lost as f64),
        (REPEATED, fleet.tally.repeated as f64),
        (CLOSED, fleet.closed() as f64),
    ]);
}
