//! An update, encoded once.

use super::Lines;
use crate::feed::log::Entry;
use bytes::Bytes;
use cricket::Command;
use std::sync::Arc;
use wire::{Position, Snapshot, Update};

/// What the writer of a match hands to every process's topic.
#[derive(Clone, Debug)]
pub struct Published {
    pub position: Position,
    /// The SSE event, ready to send: `id`, `event` and `data` lines and the empty one.
    pub frame: Bytes,
    pub body: Body,
    /// The span that it came about in, as a `traceparent`; none where nobody traces.
    pub trace: Option<String>,
}

/// What it says, for the topic's own copy of the match.
#[derive(Clone, Debug)]
pub enum Body {
    Command(Update),
    /// A correction: the match was folded anew. The balls of the new history are left out where another correction follows at once.
    Snapshot(Box<Snapshot>, Option<Arc<Lines>>),
}

impl Published {
    /// A command that was appended.
    pub fn command(epoch: u64, entry: &Entry, rev: u32, command: Command) -> Self {
        let update = Update { t: entry.accepted_at_ms, rev, command };
        let position = Position { epoch, seq: entry.seq };
        let frame = frame(position, update.event(), &wire::encode(&update));
        Self { position, frame, body: Body::Command(update), trace: None }
    }

    /// A correction, which replaces the state; `lines` are all balls of the new history.
    pub fn snapshot(snapshot: Snapshot, lines: Option<Arc<Lines>>) -> Self {
        let frame = snapshot_frame(&snapshot);
        let (position, body) = (snapshot.position(), Body::Snapshot(Box::new(snapshot), lines));
        Self { position, frame, body, trace: None }
    }
}

/// The `snapshot` event.
pub(super) fn snapshot_frame(snapshot: &Snapshot) -> Bytes {
    frame(snapshot.position(), "snapshot", &wire::encode(snapshot))
}

/// One SSE event. `data` is JSON without line ends.
fn frame(position: Position, event: &str, data: &str) -> Bytes {
    Bytes::from(format!("id: {position}\nevent: {event}\ndata: {data}\n\n"))
}
