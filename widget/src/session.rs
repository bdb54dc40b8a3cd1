//! What the widget knows of the stream: the folded match, its place in the topic, and what to do next.
//!
//! Pure: the browser's part ([`crate::stream`]) feeds it texts and does what its [`Step`]s say.

use cricket::{Change, Command, Match};
use wire::{Bye, Position, Snapshot, Update};

/// One match followed over one stream at a time.
#[derive(Debug, Default)]
pub struct Session {
    /// None before the first snapshot.
    pub game: Option<Match>,
    /// Where a stream goes on; none asks for a snapshot.
    pub position: Option<Position>,
    /// When the last update was accepted by the server, milliseconds since 1970.
    pub accepted_ms: u64,
    rev: u32,
    /// Streams lost or given up since the last update that could be folded.
    failures: u32,
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
    /// Close the stream and open another after so long, from [`Session::position`].
    Reopen { after_ms: u32 },
}

impl Session {
    /// Longest wait before a stream is opened again.
    pub const BACKOFF_MS_MAX: u32 = 30_000;
    /// Waiting longer than this for a word of the server makes a stream suspect when the page is looked at again.
    pub const SILENCE_MS_MAX: f64 = 60_000.0;

    /// The epoch and revision of what is shown; none before the first snapshot. Another one's balls are not mixed with these.
    pub fn history(&self) -> Option<(u64, u32)> {
        self.game.as_ref().zip(self.position).map(|(_, at)| (at.epoch, self.rev))
    }

    /// The whole state, by the `snapshot` event.
    pub fn snapshot(&mut self, text: &str, random: f64) -> Step {
        let Ok(snapshot) = wire::decode::<Snapshot>(text) else { return self.start_over(random) };
        self.position = Some(snapshot.position());
        self.rev = snapshot.rev;
        self.accepted_ms = snapshot.t;
        self.game = Some(snapshot.state);
        Step::Replaced
    }

    /// One command, by the `ball` and `state` events; `id` is the SSE event id. Whatever does not follow directly on what
    /// is known (a gap, another history, a refusal) costs a new snapshot, never a guess.
    pub fn update(&mut self, id: &str, text: &str, random: f64) -> Step {
        let Some((game, at)) = self.game.as_mut().zip(self.position) else { return self.start_over(random) };
        let Ok(position) = id.parse::<Position>() else { return self.start_over(random) };
        if position.epoch == at.epoch && position.seq <= at.seq {
            return Step::Keep;
        }
        let Ok(Update { t, rev, command }) = wire::decode::<Update>(text) else {
            return self.start_over(random);
        };
        if (position.epoch, position.seq, rev) != (at.epoch, at.seq + 1, self.rev) {
            return self.start_over(random);
        }
        let Ok(change) = game.apply(&command) else { return self.start_over(random) };
        self.position = Some(position);
        self.accepted_ms = t;
        self.failures = 0;
        Step::Folded { command, change }
    }

    /// The server said it closes: come back when it says.
    pub fn bye(&mut self, text: &str, random: f64) -> Step {
        match wire::decode::<Bye>(text) {
            Ok(bye) if bye.retry_ms > 0 => Step::Reopen { after_ms: bye.retry_ms.min(Self::BACKOFF_MS_MAX) },
            _ => self.lost(random),
        }
    }

    /// The server answered with an HTTP error, after which the browser does not retry. It may be the position that it
    /// refuses (one ahead of a match that came out of a backup), so the next stream starts with a snapshot.
    pub fn refused(&mut self, random: f64) -> Step {
        self.start_over(random)
    }

    /// The stream ended, and nobody said when to come back.
    pub fn lost(&mut self, random: f64) -> Step {
        self.failures += 1;
        Step::Reopen { after_ms: backoff_ms(self.failures, random) }
    }

    fn start_over(&mut self, random: f64) -> Step {
        self.position = None;
        self.lost(random)
    }
}

/// Milliseconds before attempt `failures` + 1: doubling from one second, half of it random (`random` in 0..1), so that a
/// crowd that lost one server does not return in one instant.
fn backoff_ms(failures: u32, random: f64) -> u32 {
    let full = (500_u32 << failures.min(8)).min(Session::BACKOFF_MS_MAX);
    full / 2 + (f64::from(full / 2) * random) as u32
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

    fn reopens(step: &Step) -> bool {
        matches!(step, Step::Reopen { .. })
    }

    #[test]
    fn updates_fold_one_after_the_other() {
        let mut session = Session::default();
        assert_eq!(session.snapshot(&snapshot(3, 1), 0.0), Step::Replaced);
        assert!(matches!(session.update("7.4", &start(1), 0.0), Step::Folded { .. }));
        assert!(
            matches!(session.update("7.5", &ball(1), 0.0), Step::Folded { change, .. } if change.runs == 2)
        );
        assert_eq!(session.position, Some(Position { epoch: 7, seq: 5 }));
        assert_eq!(session.accepted_ms, 12);
        assert_eq!(session.game.unwrap().innings[0].runs, 2);
    }

    #[test]
    fn an_update_seen_before_is_left_alone() {
        let mut session = Session::default();
        session.snapshot(&snapshot(3, 1), 0.0);
        session.update("7.4", &start(1), 0.0);
        assert_eq!(session.update("7.4", &start(1), 0.0), Step::Keep);
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
            session.snapshot(&snapshot(3, 1), 0.0);
            assert!(reopens(&session.update(id, &text, 0.0)), "{what}");
            assert_eq!(session.position, None, "{what}");
            assert!(session.game.is_some(), "{what}: the last good state stays on show");
        }
    }

    #[test]
    fn a_new_rev_arrives_as_a_snapshot_and_replaces() {
        let mut session = Session::default();
        session.snapshot(&snapshot(3, 1), 0.0);
        session.update("7.4", &start(1), 0.0);
        assert_eq!(session.snapshot(&snapshot(5, 2), 0.0), Step::Replaced);
        assert!(session.game.as_ref().is_some_and(|it| it.innings.is_empty()));
        assert!(matches!(session.update("7.6", &start(2), 0.0), Step::Folded { .. }));
    }

    #[test]
    fn an_update_before_any_snapshot_asks_for_one() {
        assert!(reopens(&Session::default().update("7.1", &start(0), 0.0)));
    }

    #[test]
    fn a_refused_stream_costs_a_snapshot_and_a_lost_one_does_not() {
        let mut session = Session::default();
        session.snapshot(&snapshot(3, 1), 0.0);
        assert!(reopens(&session.lost(0.0)));
        assert_eq!(session.position, Some(Position { epoch: 7, seq: 3 }));
        assert_eq!(session.refused(0.0), Step::Reopen { after_ms: 1000 });
        assert_eq!(session.position, None);
        assert_eq!(session.snapshot(&snapshot(2, 1), 0.0), Step::Replaced);
        assert_eq!(session.position, Some(Position { epoch: 7, seq: 2 }));
    }

    #[test]
    fn a_bye_is_obeyed_within_reason() {
        let bye = |retry_ms| wire::encode(&Bye { reason: "shutdown".to_owned(), retry_ms });
        let mut session = Session::default();
        assert_eq!(session.bye(&bye(2500), 0.0), Step::Reopen { after_ms: 2500 });
        assert_eq!(session.bye(&bye(u32::MAX), 0.0), Step::Reopen { after_ms: Session::BACKOFF_MS_MAX });
        assert_eq!(session.bye(&bye(0), 0.0), Step::Reopen { after_ms: 500 });
    }

    #[test]
    fn waits_double_up_to_a_limit_and_scatter() {
        let waits: Vec<u32> = (1..=9).map(|failures| backoff_ms(failures, 0.0)).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
        assert_eq!(backoff_ms(40, 0.999_9), 29_998);
    }

    #[test]
    fn a_folded_update_makes_the_next_wait_short_again() {
        let mut session = Session::default();
        for _ in 0..5 {
            session.lost(0.0);
        }
        session.snapshot(&snapshot(3, 1), 0.0);
        session.update("7.4", &start(1), 0.0);
        assert_eq!(session.lost(0.0), Step::Reopen { after_ms: 500 });
    }
}
