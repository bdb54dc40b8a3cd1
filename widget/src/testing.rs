//! A small match for the tests of this crate.

use cricket::{
    Ball, Boundary, Change, Command, Dismissal, DismissalKind, Extras, Fielder, InningsStart, Match, Player,
    PlayerId, Setup, Side, Team, Toss, text,
};

/// Harbour (players 0 to 10) against Meadow (11 to 21), twenty overs a side, before the toss.
pub(crate) fn game() -> Match {
    let sides = [("Harbour", "HAR", Side::Home), ("Meadow", "MEA", Side::Away)];
    let team = |(name, short, _): (&str, &str, Side)| Team { name: name.to_owned(), short: short.to_owned() };
    let players = sides.iter().flat_map(|(team, _, side)| {
        let name =
            move |number: char| Player { name: text!("Player ", team, number.to_string()), side: *side };
        ('A'..='K').map(name)
    });
    let setup = Setup {
        teams: sides.map(team).into(),
        players: players.collect(),
        balls_per_over: 6,
        overs: Some(20),
        competition: "Coast League".to_owned(),
        stage: "Final".to_owned(),
        venue: "Harbour Ground".to_owned(),
        date: "2026-05-04".to_owned(),
        ..Setup::default()
    };
    Match::new(setup).unwrap()
}

pub(crate) fn ball(runs: u8) -> Ball {
    let boundary = match runs {
        4 => Some(Boundary::Four),
        6 => Some(Boundary::Six),
        _ => None,
    };
    let (striker, non_striker, bowler) = (PlayerId(0), PlayerId(1), PlayerId(11));
    Ball { striker, non_striker, bowler, runs, boundary, ..Ball::default() }
}

pub(crate) fn wide() -> Ball {
    Ball { extras: Extras { wides: 1, ..Extras::default() }, ..ball(0) }
}

pub(crate) fn caught() -> Ball {
    let fielders = vec![Fielder::Player(PlayerId(12))];
    let dismissal = Dismissal { player: PlayerId(0), kind: DismissalKind::Caught, fielders };
    Ball { wickets: vec![dismissal], ..ball(0) }
}

/// Harbour won the toss and bat.
pub(crate) fn begun() -> Match {
    let mut game = game();
    game.apply(&Command::Toss(Toss { winner: Side::Home, bats: true })).unwrap();
    game.apply(&Command::InningsStart(InningsStart { batting: Side::Home, ..InningsStart::default() }))
        .unwrap();
    game
}

/// Applies the balls; the last one's command and change.
pub(crate) fn bowl(game: &mut Match, balls: impl IntoIterator<Item = Ball>) -> (Command, Change) {
    let mut last = None;
    for ball in balls {
        let command = Command::Ball(ball);
        let change = game.apply(&command).unwrap();
        last = Some((command, change));
    }
    last.unwrap()
}
