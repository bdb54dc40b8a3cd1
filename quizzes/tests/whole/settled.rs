//! What is right.

use crate::scene::{Scene, bands};
use cricket::{Command, DismissalKind, Format, InningsEnd, Outcome as Result, Side, Tiebreak};
use quizzes::{Kind, Named, Outcome, Team, Why, settle};

fn choice(id: &str) -> Outcome {
    Outcome::Choice(id.to_owned())
}

fn over_runs(over: u16) -> Kind {
    Kind::OverRuns { innings: 1, over, bands: bands(&[5, 9]) }
}

fn t20() -> Scene {
    let mut scene = Scene::new(Format::T20, Some(3));
    scene.toss().innings(Side::Home);
    scene
}

#[test]
fn an_over_is_settled_when_it_is_done_and_anew_when_a_ball_is_corrected() {
    let mut scene = t20();
    scene.over([1, 0, 4, 0, 0, 0]);
    assert_eq!(settle(&over_runs(2), &scene.course()), Outcome::NotYet);
    scene.runs(4).wide().runs(1).runs(0).runs(0).runs(0);
    assert_eq!(settle(&over_runs(2), &scene.course()), Outcome::NotYet, "a wide is bowled again");
    scene.runs(0);
    assert_eq!(settle(&over_runs(1), &scene.course()), choice("b0"));
    assert_eq!(settle(&over_runs(2), &scene.course()), choice("b1"));
    assert_eq!(settle(&over_runs(3), &scene.course()), Outcome::NotYet);
    let boundaries = |over| Kind::OverBoundaries { innings: 1, over, bands: bands(&[0, 1]) };
    assert_eq!(settle(&boundaries(2), &scene.course()), choice("b1"));
    let wicket = Kind::OverWicket { innings: 1, over: 2 };
    assert_eq!(settle(&wicket, &scene.course()), choice("no"));
    // It was no boundary.
    let corrected = scene.corrected(8, |it| {
        let Command::Ball(ball) = it else { panic!("{it:?}") };
        (ball.runs, ball.boundary) = (2, None);
    });
    assert_eq!(settle(&over_runs(2), &corrected), choice("b0"));
    assert_eq!(settle(&boundaries(2), &corrected), choice("b0"));
}

#[test]
fn an_over_that_was_not_bowled_to_its_end_is_void_unless_the_innings_was_played_out() {
    let mut scene = t20();
    scene.over([1; 6]).runs(1);
    let ended = |end| scene.clone().say(Command::InningsEnd(end)).course();
    for (over, end, expected) in [
        (1, InningsEnd::Closed, choice("b1")),
        (2, InningsEnd::Closed, Outcome::Void(Why::NotPlayed)),
        (2, InningsEnd::Declared, Outcome::Void(Why::NotPlayed)),
        (2, InningsEnd::AllOut, choice("b0")),
        (3, InningsEnd::AllOut, Outcome::Void(Why::NotPlayed)),
    ] {
        assert_eq!(settle(&over_runs(over), &ended(end)), expected, "{over} {end:?}");
    }
    let abandoned = scene.clone().result(Result::NoResult).course();
    assert_eq!(settle(&over_runs(2), &abandoned), Outcome::Void(Why::NotPlayed));
    let second = Kind::InningsTotal { innings: 2, bands: bands(&[5]) };
    assert_eq!(settle(&second, &scene.course()), Outcome::NotYet);
    assert_eq!(settle(&second, &abandoned), Outcome::Void(Why::NotPlayed));
}

#[test]
fn a_ball_is_the_one_that_was_bowled_wides_counted() {
    let mut scene = t20();
    scene.runs(4).wide().runs(2);
    let ball = |ball| Kind::BallRuns { innings: 1, over: 1, ball, bands: bands(&[0, 1, 3]) };
    let course = scene.course();
    let expected = [choice("b3"), choice("b1"), choice("b2"), Outcome::NotYet];
    assert_eq!([1, 2, 3, 4].map(|it| settle(&ball(it), &course)), expected);
    scene.runs(0).runs(0).runs(0).runs(0);
    assert_eq!(settle(&ball(8), &scene.course()), Outcome::Void(Why::NotPlayed), "the over had seven");
}

#[test]
fn who_wins_is_by_the_result_and_nobody_is_void_or_a_draw() {
    let scene = t20();
    let method = None;
    let tie = |tiebreak| Result::Tie { tiebreak, method: None };
    for (result, winner, or_draw) in [
        (Result::Runs { winner: Side::Home, runs: 3, method }, choice("home"), choice("home")),
        (tie(Some(Tiebreak::SuperOver(Side::Away))), choice("away"), choice("away")),
        (tie(None), Outcome::Void(Why::NoWinner), choice("draw")),
        (Result::Draw, Outcome::Void(Why::NoWinner), choice("draw")),
        (Result::NoResult, Outcome::Void(Why::NoWinner), Outcome::Void(Why::NoWinner)),
        (Result::Abandoned, Outcome::Void(Why::NoWinner), Outcome::Void(Why::NoWinner)),
    ] {
        let course = scene.clone().result(result.clone()).course();
        assert_eq!(settle(&Kind::Winner, &course), winner, "{result:?}");
        assert_eq!(settle(&Kind::WinnerOrDraw, &course), or_draw, "{result:?}");
    }
    assert_eq!(settle(&Kind::Winner, &scene.course()), Outcome::NotYet);
}

#[test]
fn the_top_scorer_is_one_of_those_named_or_somebody_else_and_a_shared_one_is_void() {
    let named = |names: &[&str]| {
        let players = names.iter().enumerate();
        let players = players.map(|(at, name)| Named { id: format!("p{at}"), name: (*name).to_owned() });
        Kind::TopScorer { side: Team::Home, players: players.collect() }
    };
    let mut scene = t20();
    scene.runs(4).runs(1).runs(2);
    assert_eq!(settle(&named(&["H 0", "H 1"]), &scene.course()), Outcome::NotYet);
    let done = |mut scene: Scene| scene.say(Command::InningsEnd(InningsEnd::AllOut)).course();
    for (names, expected) in [
        (&["H 0", "H 1"][..], choice("p0")),
        (&["H 5", "H 0"], choice("p1")),
        (&["H 1", "H 5"], choice("else")),
    ] {
        assert_eq!(settle(&named(names), &done(scene.clone())), expected, "{names:?}");
    }
    // Both have five.
    scene.runs(3);
    let course = done(scene);
    for (names, expected) in [
        (&["H 0", "H 1"][..], Outcome::Void(Why::Shared)),
        (&["H 0", "H 5"], Outcome::Void(Why::Shared)),
        (&["H 7", "H 5"], choice("else")),
    ] {
        assert_eq!(settle(&named(names), &course), expected, "{names:?}");
    }
}

#[test]
fn a_total_is_of_a_whole_innings_and_a_powerplay_of_its_overs() {
    let total = Kind::InningsTotal { innings: 1, bands: bands(&[9, 19]) };
    let after = |overs| Kind::PowerplayTotal { innings: 1, overs, bands: bands(&[9, 19]) };
    let mut scene = t20();
    scene.over([2; 6]);
    assert_eq!(settle(&after(1), &scene.course()), choice("b1"));
    assert_eq!(settle(&after(2), &scene.course()), Outcome::NotYet);
    assert_eq!(settle(&total, &scene.course()), Outcome::NotYet);
    let rain = scene.clone().say(Command::InningsEnd(InningsEnd::Closed)).course();
    assert_eq!(settle(&total, &rain), Outcome::Void(Why::Shortened));
    assert_eq!(settle(&after(1), &rain), choice("b1"), "what was bowled was bowled");
    assert_eq!(settle(&after(2), &rain), Outcome::Void(Why::NotPlayed));
    scene.over([1; 6]).over([0; 6]);
    assert_eq!(settle(&total, &scene.course()), choice("b1"), "eighteen, when the overs are up");
    assert_eq!(settle(&after(2), &scene.course()), choice("b1"));
}

#[test]
fn the_next_wicket_falls_in_a_way_or_not_at_all() {
    let wicket = |wicket| Kind::NextWicket { innings: 1, wicket };
    let mut scene = t20();
    scene.out(DismissalKind::Bowled).runs(1).out(DismissalKind::RetiredHurt).out(DismissalKind::HitWicket);
    let course = scene.course();
    let expected = [choice("bowled"), choice("other"), Outcome::NotYet];
    assert_eq!([1, 2, 3].map(|it| settle(&wicket(it), &course)), expected);
    let done = scene.clone().say(Command::InningsEnd(InningsEnd::Declared)).course();
    assert_eq!(settle(&wicket(3), &done), choice("none"));
    let rain = scene.clone().say(Command::InningsEnd(InningsEnd::Closed)).course();
    assert_eq!(settle(&wicket(3), &rain), Outcome::Void(Why::NotPlayed));
}
