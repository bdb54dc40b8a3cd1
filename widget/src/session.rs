//! What the widget knows of the stream: the folded match, its place in the topic, and what to do next.
//!
//! Pure: the browser's part (`loader/stream.js`) feeds it texts and does what its [`Step`]s say.

use cricket::{Change, Command, Match};
use wire::{Position, Snapshot, Update};

/// One match followed over one stream at a time.
#[derive(Debug, Default)]
pub struct Session {
    /// None before the first snapshot.
    pub game: Option<Match>,
    /// Where the state stands; none while a snapshot is waited for.
    pub position: Option<Position>,
    /// When the last update was accepted by the server, milliseconds since 1970.
    pub accepted_ms: u64,
    rev: u32,
}

/// What the browser does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it was seen before.
    Keep,
    /// Show the new state: it replaces whatever was there.
    Replaced,
    /// Show the new state: one command later.
    Folded { command: Command, change: Change },
    /// Get a snapshot: what came does not follow on what is known.
    StartOver,
}

impl Session {
    /// The epoch and revision of what is shown; none before the first snapshot. Another one's balls are not mixed with these.
    pub fn history(&self) -> Option<(u64, u32)> {
        self.game.as_ref().zip(self.position).map(|(_, at)| (at.epoch, self.rev))
    }

    /// The whole state, by the `snapshot` event.
    pub fn snapshot(&mut self, text: &str) -> Step {
        // The engine divides by it.
        let can_be = |it: &Snapshot| it.state.setup.balls_per_over > 0;
        let Some(snapshot) = wire::decode::<Snapshot>(text).ok().filter(can_be) else {
            return self.start_over();
        };
        self.position = Some(snapshot.position());
        self.rev = snapshot.rev;
        self.accepted_ms = snapshot.t;
        self.game = Some(snapshot.state);
        Step::Replaced
    }

    /// One command, by the `ball` and `state` events; `id` is the SSE event id. Whatever does not follow directly on what
    /// is known (a gap, another history, a refusal) costs a new snapshot, never a guess.
    pub fn update(&mut self, id: &str, text: &str) -> Step {
        let Some((game, at)) = self.game.as_mut().zip(self.position) else { return self.start_over() };
        let Ok(position) = id.parse::<Position>() else { return self.start_over() };
        if position.epoch == at.epoch && position.seq <= at.seq {
            return Step::Keep;
        }
        let Ok(Update { t, rev, command }) = wire::decode::<Update>(text) else {
            return self.start_over();
        };
        if (position.epoch, position.seq, rev) != (at.epoch, at.seq + 1, self.rev) {
            return self.start_over();
        }
        let Ok(change) = game.apply(&command) else { return self.start_over() };
        self.position = Some(position);
        self.accepted_ms = t;
        Step::Folded { command, change }
    }

    fn start_over(&mut self) -> Step {
        self.position = None;
        Step::StartOver
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cricket::{InningsStart, Player, PlayerId, Setup, Side, Team};

    fn game() -> Match {
        let team = |name: &str| Team { name: name.to_owned(), short: name[..3].to_uppercase() };
        let player = |name: &str, side| Player { name: name.to_owned(), side };
        let setup = Setup {
            teams: vec![team("Harbour"), team("Meadow")],
            players: vec![
                player("Ann Alder", Side::Home),
                player("Bea Birch", Side::Home),
                player("Cat Cedar", Side::Away),
            ],
            balls_per_over: 6,
            overs: Some(20),
            ..Setup::default()
        };
        Match::new(setup).unwrap()
    }

    fn snapshot(seq: u64, rev: u32) -> String {
        wire::encode(&Snapshot { t: 5, id: "mat_1".to_owned(), epoch: 7, seq, rev, state: game() })
    }

    fn start(rev: u32) -> String {
        let command = Command::InningsStart(InningsStart { batting: Side::Home, ..InningsStart::default() });
        wire::encode(&Update { t: 9, rev, command })
    }

    fn ball(rev: u32) -> String {
        let ball = cricket::Ball {
            striker: PlayerId(0),
            non_striker: PlayerId(1),
            bowler: PlayerId(2),
            runs: 2,
            ..cricket::Ball::default()
        };
        wire::encode(&Update { t: 12, rev, command: Command::Ball(ball) })
    }

    #[test]
    fn updates_fold_one_after_the_other() {
        let mut session = Session::default();
        assert_eq!(session.snapshot(&snapshot(3, 1)), Step::Replaced);
        assert!(matches!(session.update("7.4", &start(1)), Step::Folded { .. }));
        assert!(matches!(session.update("7.5", &ball(1)), Step::Folded { change, .. } if change.runs == 2));
        assert_eq!(session.position, Some(Position { epoch: 7, seq: 5 }));
        assert_eq!(session.accepted_ms, 12);
        assert_eq!(session.game.unwrap().innings[0].runs, 2);
    }

    #[test]
    fn an_update_seen_before_is_left_alone() {
        let mut session = Session::default();
        session.snapshot(&snapshot(3, 1));
        session.update("7.4", &start(1));
        assert_eq!(session.update("7.4", &start(1)), Step::Keep);
        assert_eq!(session.position, Some(Position { epoch: 7, seq: 4 }));
    }

    #[test]
    fn what_does_not_follow_costs_a_snapshot() {
        let cases = [
            ("a gap", "7.5", start(1)),
            ("another epoch", "8.4", start(1)),
            ("another rev", "7.4", start(2)),
            ("a refusal", "7.4", ball(1)),
            ("an id that is none", "x", start(1)),
            ("no JSON", "7.4", "{".to_owned()),
        ];
        for (what, id, text) in cases {
            let mut session = Session::default();
            session.snapshot(&snapshot(3, 1));
            assert_eq!(session.update(id, &text), Step::StartOver, "{what}");
            assert_eq!(session.position, None, "{what}");
            assert!(session.game.is_some(), "{what}: the last good state stays on show");
        }
    }

    #[test]
    fn a_new_rev_arrives_as_a_snapshot_and_replaces() {
        let mut session = Session::default();
        session.snapshot(&snapshot(3, 1));
        session.update("7.4", &start(1));
        assert_eq!(session.snapshot(&snapshot(5, 2)), Step::Replaced);
        assert!(session.game.as_ref().is_some_and(|it| it.innings.is_empty()));
        assert!(matches!(session.update("7.6", &start(2)), Step::Folded { .. }));
    }

    #[test]
    fn a_state_that_cannot_be_is_not_taken() {
        let mut session = Session::default();
        assert_eq!(session.snapshot("{"), Step::StartOver);
        assert_eq!(session.snapshot("{}"), Step::StartOver, "no balls in an over");
        assert_eq!(session.game, None);
    }

    #[test]
    fn an_update_before_any_snapshot_asks_for_one() {
        assert_eq!(Session::default().update("7.1", &start(0)), Step::StartOver);
    }
}
