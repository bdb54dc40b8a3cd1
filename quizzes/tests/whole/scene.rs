//! A small match, told command by command, one second apart.

use cricket::{
    Ball, Boundary, Command, Dismissal, DismissalKind, Extras, Format, InningsStart, Match, Outcome, Player,
    PlayerId, Setup, Side, Team, Toss,
};
use jiff::{SignedDuration, Timestamp};
use quizzes::{Band, Course};

pub(crate) fn start() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

pub(crate) fn second(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

pub(crate) fn setup(format: Format, overs: Option<u16>) -> Setup {
    let players =
        |name: &'static str, side| (0..11).map(move |it| Player { name: format!("{name} {it}"), side });
    Setup {
        teams: vec![Team::named("Home"), Team::named("Away")],
        players: players("H", Side::Home).chain(players("A", Side::Away)).collect(),
        format,
        balls_per_over: 6,
        overs,
        ..Setup::default()
    }
}

/// A log that grows: the n-th command was accepted n seconds after the start.
#[derive(Clone)]
pub(crate) struct Scene {
    setup: Setup,
    game: Match,
    pub(crate) log: Vec<(Timestamp, Command)>,
}

impl Scene {
    pub(crate) fn new(format: Format, overs: Option<u16>) -> Self {
        let setup = setup(format, overs);
        Self { game: Match::new(setup.clone()).unwrap(), setup, log: Vec::new() }
    }

    pub(crate) fn course(&self) -> Course {
        Course::of(&self.setup, self.log.iter().map(|(at, command)| (*at, command))).unwrap()
    }

    /// The moment after the last command.
    pub(crate) fn now(&self) -> Timestamp {
        second(self.log.len() as i64)
    }

    pub(crate) fn say(&mut self, command: Command) -> &mut Self {
        self.game.apply(&command).unwrap();
        self.log.push((self.now(), command));
        self
    }

    pub(crate) fn toss(&mut self) -> &mut Self {
        self.say(Command::Toss(Toss { winner: Side::Home, bats: true }))
    }

    pub(crate) fn innings(&mut self, batting: Side) -> &mut Self {
        self.say(Command::InningsStart(InningsStart { batting, ..InningsStart::default() }))
    }

    /// A ball by whoever may bowl to whoever is in.
    fn ball(&mut self, change: impl Fn(&mut Ball)) -> &mut Self {
        let innings = self.game.current().unwrap();
        let first = if innings.batting == Side::Home { 0 } else { 11 };
        let bowling = 11 - first;
        let known = |given: Option<PlayerId>, other: Option<PlayerId>| {
            let next = (first..first + 11).map(PlayerId);
            given.unwrap_or_else(|| {
                let mut free = next.filter(|it| innings.batter(*it).is_none() && Some(*it) != other);
                free.next().unwrap()
            })
        };
        let striker = known(innings.striker, innings.non_striker);
        let non_striker = known(innings.non_striker, Some(striker));
        let bowler = innings.bowler.unwrap_or(PlayerId(bowling + innings.overs % 2));
        let mut ball = Ball { striker, non_striker, bowler, ..Ball::default() };
        change(&mut ball);
        self.say(Command::Ball(ball))
    }

    pub(crate) fn runs(&mut self, runs: u8) -> &mut Self {
        let boundary = match runs {
            4 => Some(Boundary::Four),
            6 => Some(Boundary::Six),
            _ => None,
        };
        self.ball(|it| (it.runs, it.boundary) = (runs, boundary))
    }

    pub(crate) fn wide(&mut self) -> &mut Self {
        self.ball(|it| it.extras = Extras { wides: 1, ..Extras::default() })
    }

    pub(crate) fn out(&mut self, kind: DismissalKind) -> &mut Self {
        self.ball(|it| {
            it.wickets = vec![Dismissal { player: it.striker, kind, fielders: Vec::new() }];
        })
    }

    /// A whole over of such runs.
    pub(crate) fn over(&mut self, runs: [u8; 6]) -> &mut Self {
        for it in runs {
            self.runs(it);
        }
        self
    }

    pub(crate) fn result(&mut self, outcome: Outcome) -> &mut Self {
        self.say(Command::Result(outcome))
    }

    /// Another log with the command at this place changed, as a correction does.
    pub(crate) fn corrected(&self, at: usize, change: impl Fn(&mut Command)) -> Course {
        let mut log = self.log.clone();
        change(&mut log[at].1);
        Course::of(&self.setup, log.iter().map(|(at, command)| (*at, command))).unwrap()
    }
}

/// Bands that end at these numbers, and one without end: "b0", "b1" …
pub(crate) fn bands(ends: &[u16]) -> Vec<Band> {
    let mut from = 0;
    let mut all = Vec::new();
    for end in ends {
        all.push(Band { id: format!("b{}", all.len()), from, to: Some(*end) });
        from = end + 1;
    }
    all.push(Band { id: format!("b{}", all.len()), from, to: None });
    all
}
