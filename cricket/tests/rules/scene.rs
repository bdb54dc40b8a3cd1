//! A small language for matches: what a test says happened, as commands.

use cricket::{
    Ball, Boundary, Command, Dismissal, DismissalKind, Fielder, Format, Innings, InningsStart, Match, Player,
    PlayerId, PlayerIn, Refusal, Setup, Side, TargetSet, Team,
};

/// Players of a side in [`setup`].
pub(crate) const SIDE: u16 = 12;

/// The home side's player of this number, from 0; "Home 0" by name.
pub(crate) fn home(number: u16) -> PlayerId {
    PlayerId(number)
}

/// The away side's.
pub(crate) fn away(number: u16) -> PlayerId {
    PlayerId(SIDE + number)
}

/// Twelve players a side (one of them a replacement), in this format's usual length.
pub(crate) fn setup(format: Format) -> Setup {
    let players =
        |name: &'static str, side| (0..SIDE).map(move |it| Player { name: format!("{name} {it}"), side });
    Setup {
        teams: vec![Team::named("Home"), Team::named("Away")],
        players: players("Home", Side::Home).chain(players("Away", Side::Away)).collect(),
        format,
        balls_per_over: if format == Format::Hundred { 5 } else { 6 },
        overs: match format {
            Format::Test | Format::Mdm => None,
            Format::Odi | Format::Odm => Some(50),
            Format::T20 | Format::It20 | Format::Hundred => Some(20),
        },
        free_hits: !format.is_multi_day(),
        date: "2024-06-01".to_owned(),
        ..Setup::default()
    }
}

/// A match as it is told. Balls go to whoever is due: the striker, the partner, and one of two bowlers in turn.
pub(crate) struct Scene {
    pub(crate) game: Match,
}

impl Scene {
    /// A match of this format in which the home side has begun to bat.
    pub(crate) fn of(format: Format) -> Self {
        let mut scene = Scene { game: Match::new(setup(format)).expect("a right setup") };
        scene.start(Side::Home);
        scene
    }

    pub(crate) fn say(&mut self, command: Command) -> Result<cricket::Change, Refusal> {
        let before = self.game.clone();
        let answer = self.game.apply(&command);
        if answer.is_err() {
            assert_eq!(self.game, before, "a refusal changed the match");
        }
        answer
    }

    pub(crate) fn done(&mut self, command: Command) -> cricket::Change {
        self.say(command.clone()).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"))
    }

    pub(crate) fn start(&mut self, batting: Side) {
        self.done(Command::InningsStart(InningsStart { batting, ..InningsStart::default() }));
    }

    pub(crate) fn super_over(&mut self, batting: Side) {
        self.done(Command::InningsStart(InningsStart {
            batting,
            super_over: true,
            ..InningsStart::default()
        }));
    }

    pub(crate) fn target(&mut self, runs: u16, overs: u16, balls: u8) -> cricket::Change {
        self.done(Command::Target(TargetSet { runs, overs: Some(overs), balls }))
    }

    pub(crate) fn bat_in(&mut self, player: PlayerId) {
        self.done(Command::BatterIn(PlayerIn { player }));
    }

    pub(crate) fn innings(&self) -> &Innings {
        self.game.innings.last().expect("an innings")
    }

    /// The ball that is due, with nothing in it.
    pub(crate) fn due(&self) -> Ball {
        let innings = self.innings();
        let base = innings.batting.index() as u16 * SIDE;
        let at: Vec<PlayerId> = innings.at_wicket().map(|it| it.player).collect();
        let fresh: Vec<PlayerId> = (base..base + SIDE)
            .map(PlayerId)
            .filter(|it| innings.batter(*it).is_none() && !innings.absent.contains(it))
            .collect();
        let (striker, non_striker) = match at.as_slice() {
            [] => (fresh[0], fresh[1]),
            [one] => {
                // A single batter left keeps the end at which he is known to be; the next man takes the other.
                let next = fresh[0];
                if innings.striker == Some(*one) { (*one, next) } else { (next, *one) }
            }
            [one, two, ..] => {
                if innings.striker == Some(*two) {
                    (*two, *one)
                } else {
                    (*one, *two)
                }
            }
        };
        let bowling = innings.batting.other().index() as u16 * SIDE;
        let bowler = innings.bowler.unwrap_or(PlayerId(bowling + 9 + innings.overs % 2));
        Ball { striker, non_striker, bowler, ..Ball::default() }
    }

    /// One ball in shorthand: "0" to "6", "4" and "6" to the boundary, "1wd", "1nb", "2lb", "1b", "5p"; "4nb" is a
    /// no-ball hit for three. "W" bowls the striker.
    pub(crate) fn ball(&mut self, shorthand: &str) -> cricket::Change {
        let ball = self.told(shorthand);
        self.done(Command::Ball(ball))
    }

    pub(crate) fn told(&self, shorthand: &str) -> Ball {
        let mut ball = self.due();
        let at = shorthand.find(|it: char| !it.is_ascii_digit()).unwrap_or(shorthand.len());
        let (digits, kind) = shorthand.split_at(at);
        let figure: u16 = digits.parse().unwrap_or(0);
        match kind {
            "" => {
                ball.runs = figure as u8;
                ball.boundary = match figure {
                    4 => Some(Boundary::Four),
                    6 => Some(Boundary::Six),
                    _ => None,
                };
            }
            "wd" => ball.extras.wides = figure,
            "nb" => {
                ball.extras.no_balls = 1;
                ball.runs = figure as u8 - 1;
            }
            "lb" => ball.extras.leg_byes = figure,
            "b" => ball.extras.byes = figure,
            "p" => ball.extras.penalty = figure,
            "W" => ball.wickets.push(out(ball.striker, DismissalKind::Bowled)),
            other => panic!("no shorthand: {other}"),
        }
        ball
    }

    /// Balls, separated by spaces.
    pub(crate) fn balls(&mut self, shorthand: &str) {
        for it in shorthand.split_whitespace() {
            self.ball(it);
        }
    }

    /// Whole overs of six balls like this one.
    pub(crate) fn overs(&mut self, count: usize, shorthand: &str) {
        for _ in 0..count * usize::from(self.game.setup.balls_per_over) {
            self.ball(shorthand);
        }
    }

    /// An innings of ten wickets and these runs, a single a ball first.
    pub(crate) fn all_out_for(&mut self, runs: usize) {
        for _ in 0..runs {
            self.ball("1");
        }
        for _ in 0..10 {
            self.ball("W");
        }
    }
}

/// A dismissal without fielders.
pub(crate) fn out(player: PlayerId, kind: DismissalKind) -> Dismissal {
    Dismissal { player, kind, fielders: Vec::new() }
}

/// A dismissal by these fielders.
pub(crate) fn out_by(player: PlayerId, kind: DismissalKind, fielders: &[PlayerId]) -> Dismissal {
    Dismissal { player, kind, fielders: fielders.iter().copied().map(Fielder::Player).collect() }
}
