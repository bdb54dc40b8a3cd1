//! The servers that stand side by side.

/// Whom we measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// Debian's nginx with nchan, one worker.
    Nchan,
    /// axum's `Sse` over a tokio broadcast channel, one worker.
    Naive,
    /// One bare `send` for each update and stream: the floor.
    Bare,
    /// `crease edge` on PostgreSQL and Redis.
    Ours,
}

impl Peer {
    pub(crate) const ALL: [Peer; 4] = [Peer::Nchan, Peer::Naive, Peer::Bare, Peer::Ours];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Nchan => "nchan",
            Peer::Naive => "naive",
            Peer::Bare => "bare",
            Peer::Ours => "ours",
        }
    }
}
