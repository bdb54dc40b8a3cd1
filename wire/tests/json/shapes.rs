//! The exact bytes of version 1. A change here is a change of what every client reads: only additions may pass.

use cricket::{
    Ball, Boundary, Command, Decision, Dismissal, DismissalKind, Extras, Fielder, Format, InningsStart,
    Match, Outcome, Player, PlayerId, Review, Setup, Side, TargetSet, Team, Tiebreak, Toss,
};
use insta::assert_snapshot;
use wire::{BallLine, Balls, Bye, Position, Snapshot, Update, encode};

fn update(command: Command) -> String {
    encode(&Update { t: 1_732_489_200_123, rev: 2, command })
}

fn ball() -> Ball {
    Ball {
        over: Some(12),
        striker: PlayerId(3),
        non_striker: PlayerId(4),
        bowler: PlayerId(21),
        ..Ball::default()
    }
}

#[test]
fn a_dot_ball() {
    assert_snapshot!(update(Command::Ball(ball())), @r#"{"t":1732489200123,"rev":2,"c":{"ball":{"o":12,"s":3,"n":4,"b":21}}}"#);
}

#[test]
fn a_four() {
    assert_snapshot!(update(Command::Ball(Ball { runs: 4, boundary: Some(Boundary::Four), ..ball() })), @r#"{"t":1732489200123,"rev":2,"c":{"ball":{"o":12,"s":3,"n":4,"b":21,"r":4,"bd":"4"}}}"#);
}

#[test]
fn a_ball_with_everything() {
    let extras = Extras { wides: 1, no_balls: 2, byes: 3, leg_byes: 4, penalty: 5 };
    let fielders = vec![Fielder::Player(PlayerId(14)), Fielder::Substitute(Some("A \"Sub\"".to_owned()))];
    let wickets = vec![Dismissal { player: PlayerId(4), kind: DismissalKind::RunOut, fielders }];
    let review = Review {
        by_batting: true,
        batter: Some(PlayerId(4)),
        decision: Decision::StruckDown,
        umpires_call: true,
        umpire: "An Umpire".to_owned(),
    };
    let whole = Ball { runs: 1, extras, wickets, review: Some(review), as_recorded: true, ..ball() };
    assert_snapshot!(update(Command::Ball(whole)), @r#"{"t":1732489200123,"rev":2,"c":{"ball":{"o":12,"s":3,"n":4,"b":21,"r":1,"x":{"w":1,"nb":2,"b":3,"lb":4,"p":5},"w":[{"p":4,"k":"run out","f":[14,{"sub":"A \"Sub\""}]}],"rv":{"bat":true,"p":4,"uc":true,"u":"An Umpire"},"ar":true}}}"#);
}

#[test]
fn states() {
    let texts = [
        Command::Toss(Toss { winner: Side::Away, bats: true }),
        Command::InningsStart(InningsStart {
            batting: Side::Away,
            overs: Some(15),
            ..InningsStart::default()
        }),
        Command::Target(TargetSet { runs: 188, overs: Some(15), balls: 3 }),
        Command::OverEnd,
        Command::Delay("Rain".to_owned()),
        Command::Resume,
        Command::Result(Outcome::Tie { tiebreak: Some(Tiebreak::SuperOver(Side::Home)), method: None }),
        Command::Result(Outcome::Runs { winner: Side::Home, runs: 12, method: Some("D/L".to_owned()) }),
        Command::Awards(vec![PlayerId(0), PlayerId(21)]),
    ]
    .map(update);
    assert_snapshot!(texts.join("\n"), @r#"
    {"t":1732489200123,"rev":2,"c":{"toss":{"winner":"away","bats":true}}}
    {"t":1732489200123,"rev":2,"c":{"innings_start":{"batting":"away","overs":15}}}
    {"t":1732489200123,"rev":2,"c":{"target":{"runs":188,"overs":15,"balls":3}}}
    {"t":1732489200123,"rev":2,"c":{"over_end":{}}}
    {"t":1732489200123,"rev":2,"c":{"delay":"Rain"}}
    {"t":1732489200123,"rev":2,"c":{"resume":{}}}
    {"t":1732489200123,"rev":2,"c":{"result":{"by":"tie","winner":"home","tiebreak":"super over"}}}
    {"t":1732489200123,"rev":2,"c":{"result":{"by":"runs","winner":"home","margin":12,"method":"D/L"}}}
    {"t":1732489200123,"rev":2,"c":{"awards":[0,21]}}
    "#);
}

#[test]
fn a_snapshot_before_the_toss_and_in_play() {
    let player = |name: &str, side| Player { name: name.to_owned(), side };
    let setup = Setup {
        teams: vec![Team::named("Home XI"), Team::named("Away XI")],
        players: vec![player("H1", Side::Home), player("H2", Side::Home), player("A1", Side::Away)],
        format: Format::It20,
        balls_per_over: 6,
        overs: Some(20),
        free_hits: true,
        competition: "Test League".to_owned(),
        date: "2026-05-01".to_owned(),
        ..Setup::default()
    };
    let mut game = Match::new(setup).unwrap();
    let whole = |state: &Match| {
        encode(&Snapshot {
            t: 5,
            id: "mat_1".to_owned(),
            epoch: 1_732_489_200_000,
            seq: 3,
            rev: 1,
            state: state.clone(),
        })
    };
    let before = whole(&game);
    game.apply(&Command::InningsStart(InningsStart::default())).unwrap();
    let four = Ball {
        non_striker: PlayerId(1),
        bowler: PlayerId(2),
        runs: 4,
        boundary: Some(Boundary::Four),
        ..Ball::default()
    };
    game.apply(&Command::Ball(four)).unwrap();
    assert_snapshot!([before, whole(&game)].join("\n"), @r#"
    {"t":5,"id":"mat_1","epoch":1732489200000,"seq":3,"rev":1,"state":{"setup":{"teams":[{"name":"Home XI","short":"HX"},{"name":"Away XI","short":"AX"}],"players":[{"name":"H1"},{"name":"H2"},{"name":"A1","side":"away"}],"format":"it20","balls_per_over":6,"overs":20,"free_hits":true,"competition":"Test League","date":"2026-05-01"}}}
    {"t":5,"id":"mat_1","epoch":1732489200000,"seq":3,"rev":1,"state":{"setup":{"teams":[{"name":"Home XI","short":"HX"},{"name":"Away XI","short":"AX"}],"players":[{"name":"H1"},{"name":"H2"},{"name":"A1","side":"away"}],"format":"it20","balls_per_over":6,"overs":20,"free_hits":true,"competition":"Test League","date":"2026-05-01"},"phase":"play","innings":[{"runs":4,"over_balls":1,"legal_balls":1,"overs_max":20,"batters":[{"runs":4,"balls":1,"fours":1},{"p":1}],"bowlers":[{"p":2,"balls":1,"over_balls":1,"runs":4}],"partnerships":[{"second":1,"first_runs":4,"runs":4,"balls":1,"wicket":1}],"striker":0,"non_striker":1,"bowler":2,"over_totals":[{"r":4}],"recent":[{"n":1,"ball":{"n":1,"b":2,"r":4,"bd":"4"},"runs":4}]}]}}
    "#);
}

#[test]
fn the_other_bodies() {
    let line = BallLine {
        seq: 42,
        innings: 1,
        over: "12.3".to_owned(),
        label: "W".to_owned(),
        text: "Starc to Kohli, OUT".to_owned(),
        kind: "wicket".to_owned(),
        score: "187/4".to_owned(),
    };
    let texts = [
        Position { epoch: 1_732_489_200_000, seq: 42 }.to_string(),
        encode(&Bye { reason: "slow".to_owned(), retry_ms: 2500 }),
        encode(&Balls { epoch: 1_732_489_200_000, rev: 1, balls: vec![line], next: Some(42) }),
        encode(&Balls::default()),
    ];
    assert_snapshot!(texts.join("\n"), @r#"
    1732489200000.42
    {"reason":"slow","retry":2500}
    {"epoch":1732489200000,"rev":1,"balls":[{"seq":42,"innings":1,"over":"12.3","label":"W","text":"Starc to Kohli, OUT","kind":"wicket","score":"187/4"}],"next":42}
    {}
    "#);
}
