//! Overs, and who faces.

use cricket::{Ball, Command, DismissalKind, Format, Refusal};

use crate::scene::{Scene, away, home, out};

#[test]
fn batters_cross_for_odd_runs_and_change_ends_at_an_overs_end() {
    for (format, balls, faces) in [
        (Format::T20, "0", 0),
        (Format::T20, "1", 1),
        (Format::T20, "2", 0),
        (Format::T20, "3", 1),
        (Format::T20, "4", 0),
        (Format::T20, "1lb", 1),
        (Format::T20, "3b", 1),
        (Format::T20, "1wd", 0),
        (Format::T20, "2wd", 1),
        (Format::T20, "1nb", 0),
        (Format::T20, "2nb", 1),
        (Format::T20, "0 0 0 0 0 0", 1),
        (Format::T20, "0 0 0 0 0 1", 0),
        (Format::T20, "0 0 1wd 0 0 0", 0),
        // The Hundred: sets of five, ends change after ten balls.
        (Format::Hundred, "0 0 0 0 0", 0),
        (Format::Hundred, "0 0 0 0 1", 1),
        (Format::Hundred, "0 0 0 0 0 0 0 0 0 0", 1),
        (Format::Hundred, "0 0 0 0 0 0 0 0 0 1", 0),
    ] {
        let mut scene = Scene::of(format);
        scene.balls(balls);
        assert_eq!(scene.innings().striker, Some(home(faces)), "{format:?}: {balls}");
    }
}

#[test]
fn who_comes_in_goes_to_the_end_where_the_wicket_fell() {
    use DismissalKind as Kind;
    // Of the partner (home 1): true on strike, false not, none unknown.
    for (date, kind, over_ends, partner_faces) in [
        ("2024-06-01", Kind::Bowled, false, Some(false)),
        ("2024-06-01", Kind::Caught, false, Some(false)),
        ("2024-06-01", Kind::Caught, true, Some(true)),
        ("2022-09-30", Kind::Caught, false, None),
        ("2022-09-30", Kind::Lbw, false, Some(false)),
        ("2024-06-01", Kind::RunOut, false, None),
        ("2024-06-01", Kind::RetiredHurt, false, Some(false)),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.game.setup.date = date.to_owned();
        if over_ends {
            scene.balls("0 0 0 0 0");
        }
        let mut ball = scene.told("0");
        ball.wickets.push(out(home(0), kind));
        scene.done(Command::Ball(ball));
        scene.bat_in(home(2));
        let expected = match partner_faces {
            Some(true) => (Some(home(1)), Some(home(2))),
            Some(false) => (Some(home(2)), Some(home(1))),
            None => (None, None),
        };
        let innings = scene.innings();
        assert_eq!((innings.striker, innings.non_striker), expected, "{date} {kind:?} {over_ends}");
    }
}

#[test]
fn a_ball_says_who_faces_whatever_was_foretold() {
    let mut scene = Scene::of(Format::T20);
    scene.ball("1");
    let ball = Ball { striker: home(0), non_striker: home(1), ..scene.due() };
    scene.done(Command::Ball(ball));
    assert_eq!(scene.innings().striker, Some(home(0)));
}

#[test]
fn a_seventh_ball_reopens_its_over_which_still_counts_as_one() {
    let mut scene = Scene::of(Format::Odi);
    scene.overs(1, "0");
    assert_eq!(scene.innings().bowlers[0].maidens, 1);
    let seventh =
        Ball { over: Some(0), striker: home(0), non_striker: home(1), bowler: away(9), ..scene.told("1") };
    let change = scene.done(Command::Ball(seventh));
    let innings = scene.innings();
    assert!(change.over_ended && !change.maiden);
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls), ("1.0", 7));
    let bowler = &innings.bowlers[0];
    assert_eq!((bowler.overs_text().as_str(), bowler.balls, bowler.maidens), ("1", 7, 0));
    assert_eq!(innings.over_totals.len(), 1);
    assert_eq!(innings.recent.last().map(|it| it.number), Some(7));
    assert_eq!(innings.striker, Some(home(0)), "a single and a change of ends");
}

#[test]
fn an_eighth_ball_can_follow_a_seventh_and_the_next_over_follows_both() {
    let mut scene = Scene::of(Format::Odi);
    scene.overs(1, "0");
    for _ in 0..2 {
        let more = Ball { over: Some(0), bowler: away(9), ..scene.told("0") };
        scene.done(Command::Ball(more));
    }
    let next = Ball { over: Some(1), ..scene.told("0") };
    scene.done(Command::Ball(next));
    let innings = scene.innings();
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls), ("1.1", 9));
    assert_eq!(innings.bowlers[0].maidens, 1);
}

#[test]
fn a_ball_of_the_next_over_closes_a_short_one() {
    let mut scene = Scene::of(Format::Odi);
    scene.balls("0 0 0 0 0");
    let next =
        Ball { over: Some(1), bowler: away(10), striker: home(1), non_striker: home(0), ..scene.told("1") };
    let change = scene.done(Command::Ball(next));
    assert!(change.over_ended && change.maiden);
    let innings = scene.innings();
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls), ("1.1", 6));
    assert_eq!((innings.bowlers[0].overs, innings.bowlers[0].balls, innings.bowlers[0].maidens), (1, 5, 1));
}

#[test]
fn the_umpire_can_end_an_over_early_but_not_an_empty_one() {
    let mut scene = Scene::of(Format::Odi);
    assert_eq!(scene.say(Command::OverEnd), Err(Refusal::EmptyOver));
    scene.ball("1wd");
    assert_eq!(scene.say(Command::OverEnd), Err(Refusal::EmptyOver));
    scene.balls("0 0 0 0 0");
    assert!(scene.done(Command::OverEnd).over_ended);
    assert_eq!(scene.innings().overs_text(), "1.0");
    assert_eq!(scene.innings().last_bowler, Some(away(9)));
    assert_eq!(scene.say(Command::OverEnd), Err(Refusal::EmptyOver));
}

#[test]
fn a_ball_of_no_over_that_is_due_is_refused() {
    let mut scene = Scene::of(Format::Odi);
    for (said, due, balls) in [(1, 0, ""), (2, 0, "0"), (7, 1, "0 0 0 0 0"), (3, 1, "0"), (0, 1, "")] {
        scene.balls(balls);
        let ball = Ball { over: Some(said), ..scene.due() };
        let refusal = scene.say(Command::Ball(ball)).err();
        assert_eq!(refusal, Some(Refusal::WrongOver { said, due }), "{said} after {balls}");
    }
}

#[test]
fn bowlers_who_share_an_over_keep_their_balls_and_no_maiden() {
    let mut scene = Scene::of(Format::Odi);
    scene.balls("0 0 0 0");
    for _ in 0..2 {
        let ball = Ball { bowler: away(5), ..scene.due() };
        scene.done(Command::Ball(ball));
    }
    let texts: Vec<String> = scene.innings().bowlers.iter().map(|it| it.overs_text()).collect();
    assert_eq!(texts, ["0.4", "0.2"]);
    assert!(scene.innings().bowlers.iter().all(|it| it.maidens == 0));
    assert_eq!(scene.innings().last_bowler, Some(away(5)));
}

#[test]
fn a_maiden_has_no_run_off_the_bat_no_wide_and_no_no_ball() {
    for (balls, maidens) in [
        ("0 0 0 0 0 0", 1),
        ("0 0 4lb 0 0 1b", 1),
        ("0 0 0 0 0 W", 1),
        ("0 0 0 0 0 1", 0),
        ("0 1wd 0 0 0 0 0", 0),
        ("0 1nb 0 0 0 0 0", 0),
        ("0 0 0 0 0", 0),
    ] {
        let mut scene = Scene::of(Format::Odi);
        scene.balls(balls);
        assert_eq!(scene.innings().bowlers[0].maidens, maidens, "{balls}");
    }
}

#[test]
fn a_wide_and_then_the_seventh_ball_are_both_of_the_reopened_over() {
    let mut scene = Scene::of(Format::Odi);
    scene.overs(1, "0");
    for it in ["1wd", "0"] {
        let ball =
            Ball { over: Some(0), bowler: away(9), striker: home(0), non_striker: home(1), ..scene.told(it) };
        scene.done(Command::Ball(ball));
    }
    let innings = scene.innings();
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls, innings.runs), ("1.0", 7, 1));
    let bowler = &innings.bowlers[0];
    assert_eq!((bowler.overs_text().as_str(), bowler.balls, bowler.maidens), ("1", 7, 0));
    assert_eq!((innings.over_totals.len(), innings.striker), (1, Some(home(1))));
}
