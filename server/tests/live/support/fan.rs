//! A fan's side: folds what a stream sends, as the widget does, and minds every promise of it.

use super::{Event, Stream};
use wire::{Position, Snapshot, Update};

/// What one reader has made of a match so far, over any number of streams.
#[derive(Default)]
pub(crate) struct Fan {
    pub(crate) seen: Option<Snapshot>,
    /// How many snapshots came.
    pub(crate) snapshots: usize,
    /// How often it was told that updates come late, or no longer do.
    pub(crate) delays: usize,
    pub(crate) is_delayed: bool,
}

impl Fan {
    /// The id to resume by.
    pub(crate) fn last(&self) -> Option<String> {
        self.seen.as_ref().map(|it| it.position().to_string())
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seen.as_ref().map_or(0, |it| it.seq)
    }

    /// Reads until it has seen `seq`, or the stream ends.
    pub(crate) async fn follow(&mut self, stream: &mut Stream, seq: u64) {
        while self.seq() < seq {
            let event = stream.event().await.expect("the stream goes on");
            self.take(&event);
        }
    }

    /// Folds an event in. A `bye` changes nothing.
    pub(crate) fn take(&mut self, event: &Event) {
        match event.name.as_str() {
            "snapshot" => self.replace(event),
            "ball" | "state" => self.fold(event),
            "delayed" => {
                let told: serde_json::Value = serde_json::from_str(&event.data).unwrap();
                assert!(told["t"].as_u64().unwrap() > 1_700_000_000_000, "{told}");
                self.is_delayed = told["on"].as_bool().unwrap();
                self.delays += 1;
            }
            other => assert_eq!(other, "bye"),
        }
    }

    fn replace(&mut self, event: &Event) {
        let snapshot: Snapshot = wire::decode(&event.data).unwrap();
        assert_eq!(event.id, snapshot.position().to_string());
        if let Some(before) = &self.seen {
            let is_newer = snapshot.epoch > before.epoch || snapshot.seq > before.seq;
            assert!(is_newer, "{} after {}", snapshot.position(), before.position());
        }
        self.snapshots += 1;
        self.seen = Some(snapshot);
    }

    fn fold(&mut self, event: &Event) {
        let seen = self.seen.as_mut().expect("a snapshot comes first");
        let position: Position = event.id.parse().unwrap();
        assert_eq!(position, Position { epoch: seen.epoch, seq: seen.seq + 1 }, "no gap, no repeat");
        let update: Update = wire::decode(&event.data).unwrap();
        assert_eq!(update.event(), event.name);
        assert_eq!(update.rev, seen.rev, "another history begins with a snapshot");
        assert!(update.t >= seen.t, "times never go back");
        seen.state.apply(&update.command).expect("what the server folded folds here");
        (seen.seq, seen.t) = (position.seq, update.t);
    }
}
