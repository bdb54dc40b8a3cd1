//! Scores, balls and dismissals in words.

use cricket::{
    Ball, Command, Dismissal, DismissalKind, Fielder, Format, InningsEnd, InningsStart, Match, PlayerId,
    Powerplay, PowerplayKind, Side, Toss, Words,
};

use crate::scene::{Scene, away, home, out_by, setup};

#[test]
fn the_sentence_under_the_score_says_what_matters_now() {
    let mut game = Match::new(setup(Format::Odi)).expect("a right setup");
    assert_eq!(game.status_text(Words::ENGLISH), "The match has not begun");
    game.apply(&Command::Delay("Rain".to_owned())).expect("can be delayed");
    assert_eq!(game.status_text(Words::ENGLISH), "Rain: the start is delayed");
    game.apply(&Command::Resume).expect("can go on");
    game.apply(&Command::Toss(Toss { winner: Side::Home, bats: true })).expect("a toss");
    assert_eq!(game.status_text(Words::ENGLISH), "Home chose to bat");
    let mut scene = Scene { game };
    scene.start(Side::Home);
    scene.overs(49, "1");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Home chose to bat");
    scene.done(Command::Delay("Bad light".to_owned()));
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Bad light: play has stopped");
    scene.done(Command::Break("Drinks".to_owned()));
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Drinks");
    scene.overs(1, "1");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Home 300/0; Away need 301 runs to win");
    scene.start(Side::Away);
    scene.overs(49, "1");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away need 7 runs from 6 balls");
    scene.balls("0 0 0 6 0");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away need 1 run from 1 ball");
    scene.ball("0");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Match tied");
}

#[test]
fn in_multi_day_cricket_it_says_who_leads_and_by_how_much() {
    let mut scene = Scene::of(Format::Test);
    scene.all_out_for(20);
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Home 20; Away to bat");
    scene.start(Side::Away);
    scene.ball("4");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away trail by 16 runs");
    scene.balls("6 6 4");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Scores level");
    scene.ball("1");
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away lead by 1 run");
    scene.done(Command::InningsEnd(InningsEnd::Declared));
    scene.start(Side::Home);
    scene.all_out_for(11);
    scene.start(Side::Away);
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away need 11 runs");
}

#[test]
fn dismissals_read_as_on_a_scorecard() {
    use DismissalKind as Kind;
    let sub = |name: Option<&str>| vec![Fielder::Substitute(name.map(str::to_owned))];
    let by = |kind, fielders: &[PlayerId]| out_by(home(0), kind, fielders);
    for (dismissal, text) in [
        (by(Kind::Bowled, &[]), "b Away 9"),
        (by(Kind::Caught, &[away(3)]), "c Away 3 b Away 9"),
        (Dismissal { fielders: sub(Some("Patel")), ..by(Kind::Caught, &[]) }, "c sub (Patel) b Away 9"),
        (Dismissal { fielders: sub(None), ..by(Kind::Caught, &[]) }, "c sub b Away 9"),
        (by(Kind::CaughtAndBowled, &[]), "c & b Away 9"),
        (by(Kind::Lbw, &[]), "lbw b Away 9"),
        (by(Kind::Stumped, &[away(1)]), "st Away 1 b Away 9"),
        (by(Kind::HitWicket, &[]), "hit wicket b Away 9"),
        (by(Kind::RunOut, &[away(3), away(1)]), "run out (Away 3/Away 1)"),
        (by(Kind::RunOut, &[]), "run out"),
        (by(Kind::TimedOut, &[]), "timed out"),
        (by(Kind::RetiredHurt, &[]), "retired hurt"),
        (by(Kind::ObstructingTheField, &[]), "obstructing the field"),
    ] {
        let game = Match::new(setup(Format::T20)).expect("a right setup");
        assert_eq!(game.dismissal_text(Words::ENGLISH, &dismissal, Some(away(9))), text);
    }
    let scene = {
        let mut scene = Scene::of(Format::T20);
        scene.ball("0");
        scene
    };
    assert_eq!(scene.game.how_out(Words::ENGLISH, &scene.innings().batters[0]), "not out");
}

#[test]
fn balls_read_in_four_characters_and_in_a_line() {
    for (shorthand, label, line) in [
        ("0", "•", "no run"),
        ("1", "1", "1 run"),
        ("4", "4", "FOUR"),
        ("6", "6", "SIX"),
        ("1wd", "1wd", "wide"),
        ("5wd", "5wd", "5 wides"),
        ("1nb", "1nb", "no ball"),
        ("3nb", "3nb", "no ball, 2 runs"),
        ("1lb", "1lb", "leg bye"),
        ("4b", "4b", "4 byes"),
        ("W", "W", "OUT! b Away 9 0 (1)"),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.ball(shorthand);
        let bowled = scene.innings().recent.last().expect("the ball").clone();
        assert_eq!(scene.game.ball_label(&bowled), label);
        assert!(scene.game.ball_label(&bowled).chars().count() <= 4);
        assert_eq!(scene.game.ball_line(Words::ENGLISH, 0, &bowled), format!("Away 9 to Home 0, {line}"));
    }
}

#[test]
fn a_wicket_of_the_partner_names_him_with_the_runs_completed() {
    let mut scene = Scene::of(Format::T20);
    scene.ball("3");
    let mut ball = scene.told("1");
    ball.wickets.push(out_by(home(0), DismissalKind::RunOut, &[away(4)]));
    scene.done(Command::Ball(ball));
    let bowled = scene.innings().recent.last().expect("the ball").clone();
    assert_eq!(scene.game.ball_label(&bowled), "W1");
    assert_eq!(
        scene.game.ball_line(Words::ENGLISH, 0, &bowled),
        "Away 9 to Home 1, 1 run; OUT! Home 0 run out (Away 4) 3 (1)"
    );
}

#[test]
fn names_are_short_where_nobody_else_has_them() {
    let mut setup = setup(Format::T20);
    for (index, (name, short)) in [
        ("V Kohli", "Kohli"),
        ("AB de Villiers", "de Villiers"),
        ("Imran Tahir", "Imran Tahir"),
        ("SPD Smith", "SPD Smith"),
        ("DR Smith", "DR Smith"),
        ("Ümit", "Ümit"),
    ]
    .into_iter()
    .enumerate()
    {
        setup.players[index].name = name.to_owned();
        setup.players[4].name = "DR Smith".to_owned();
        setup.players[3].name = "SPD Smith".to_owned();
        assert_eq!(setup.short_name(PlayerId(index as u16)), short);
    }
}

#[test]
fn the_powerplay_in_force_is_that_of_the_ball_due() {
    let mut scene = Scene::of(Format::T20);
    let powerplay =
        Powerplay { kind: PowerplayKind::Mandatory, from_over: 0, from_ball: 1, to_over: 1, to_ball: 6 };
    scene.done(Command::Powerplay(powerplay));
    let mut in_force = Vec::new();
    for _ in 0..3 {
        in_force.push(scene.game.powerplay_now().is_some());
        scene.overs(1, "0");
    }
    assert_eq!(in_force, [true, true, false]);
}

#[test]
fn refusals_name_players_and_have_a_code() {
    let mut scene = Scene::of(Format::T20);
    scene.ball("W");
    let ball = Ball { striker: home(0), non_striker: home(1), bowler: away(9), ..Ball::default() };
    let refusal = scene.say(Command::Ball(ball)).expect_err("is out");
    assert_eq!(refusal.code(), "already-out");
    assert_eq!(refusal.explain(&scene.game.setup), "Home 0 is out already, or absent");
    assert_eq!(refusal.to_string(), "player 0 is out already, or absent");
}

#[test]
fn follow_on_and_super_over_are_kept_with_the_innings() {
    let mut scene = Scene::of(Format::Test);
    scene.all_out_for(1);
    scene.start(Side::Away);
    scene.all_out_for(0);
    let start = InningsStart { batting: Side::Away, follow_on: true, ..InningsStart::default() };
    scene.done(Command::InningsStart(start));
    assert!(scene.innings().follow_on);
    assert_eq!(scene.game.totals().len(), 3);
}
