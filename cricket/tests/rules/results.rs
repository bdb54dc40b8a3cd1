//! Results, computed and told.

use cricket::{Command, Format, InningsEnd, Outcome, Phase, Refusal, Side, Tiebreak, Words};

use crate::scene::Scene;

const NO: Option<String> = None;

#[test]
fn results_read_as_newspapers_print_them() {
    let method = |text: &str| Some(text.to_owned());
    let (home, away) = (Side::Home, Side::Away);
    for (outcome, text) in [
        (Outcome::Runs { winner: home, runs: 1, method: NO }, "Home won by 1 run"),
        (Outcome::Runs { winner: away, runs: 17, method: method("D/L") }, "Away won by 17 runs (D/L)"),
        (Outcome::Wickets { winner: home, wickets: 6, method: NO }, "Home won by 6 wickets"),
        (Outcome::Wickets { winner: home, wickets: 1, method: method("VJD") }, "Home won by 1 wicket (VJD)"),
        (Outcome::Innings { winner: away, runs: 46, method: NO }, "Away won by an innings and 46 runs"),
        (Outcome::Win { winner: home, method: method("Awarded") }, "Home won (awarded)"),
        (Outcome::Tie { tiebreak: None, method: NO }, "Match tied"),
        (Outcome::Tie { tiebreak: None, method: method("D/L") }, "Match tied (D/L)"),
        (
            Outcome::Tie { tiebreak: Some(Tiebreak::SuperOver(away)), method: NO },
            "Match tied (Away won the Super Over)",
        ),
        (
            Outcome::Tie { tiebreak: Some(Tiebreak::BowlOut(home)), method: NO },
            "Match tied (Home won the bowl-out)",
        ),
        (Outcome::Draw, "Match drawn"),
        (Outcome::NoResult, "No result"),
        (Outcome::Abandoned, "Match abandoned"),
    ] {
        let mut scene = Scene::of(Format::T20);
        assert!(scene.done(Command::Result(outcome)).finished);
        assert_eq!(scene.game.result_text(Words::ENGLISH).as_deref(), Some(text));
        assert_eq!(scene.game.status_text(Words::ENGLISH), text);
        assert_eq!((scene.game.phase, scene.innings().end), (Phase::Finished, Some(InningsEnd::Closed)));
        assert_eq!(scene.say(Command::OverEnd), Err(Refusal::MatchOver));
    }
}

#[test]
fn limited_overs_results_follow_from_the_totals() {
    for (second, expected) in [
        ("6 6 6 2", Outcome::Wickets { winner: Side::Away, wickets: 10, method: NO }),
        ("W W W 6 6 6 4", Outcome::Wickets { winner: Side::Away, wickets: 7, method: NO }),
        ("6 6 6 1", Outcome::Tie { tiebreak: None, method: NO }),
        ("6 6 2 1", Outcome::Runs { winner: Side::Home, runs: 4, method: NO }),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.balls("6 6 6 1");
        scene.overs(19, "0");
        scene.balls("0 0");
        scene.start(Side::Away);
        assert_eq!(scene.game.computed_outcome(), None);
        scene.balls(second);
        while scene.game.current().is_some() {
            scene.ball("0");
        }
        assert_eq!(scene.game.computed_outcome(), Some(expected), "{second}");
        assert_eq!(scene.game.outcome, None, "it is only a proposal");
    }
}

#[test]
fn rain_leaves_no_result_to_compute() {
    let mut scene = Scene::of(Format::T20);
    scene.overs(20, "1");
    scene.start(Side::Away);
    scene.balls("6 6");
    scene.done(Command::InningsEnd(InningsEnd::Closed));
    assert_eq!(scene.game.computed_outcome(), None);
}

#[test]
fn super_overs_settle_a_tie_the_last_pair_of_them() {
    let mut scene = Scene::of(Format::T20);
    for side in [Side::Home, Side::Away] {
        if side == Side::Away {
            scene.start(side);
        }
        scene.overs(20, "0");
    }
    let tie = |tiebreak| Some(Outcome::Tie { tiebreak, method: NO });
    assert_eq!(scene.game.computed_outcome(), tie(None));
    scene.super_over(Side::Away);
    assert_eq!(scene.game.computed_outcome(), None, "in progress");
    scene.balls("1 1 1 1 1 1");
    scene.super_over(Side::Home);
    scene.balls("1 1 1 1 1 1");
    assert_eq!(scene.game.computed_outcome(), tie(None));
    scene.super_over(Side::Home);
    scene.balls("1 W W");
    scene.super_over(Side::Away);
    scene.balls("0 2");
    assert_eq!(scene.game.computed_outcome(), tie(Some(Tiebreak::SuperOver(Side::Away))));
}

#[test]
fn multi_day_results_follow_from_the_sums_of_innings() {
    use Side::{Away, Home};
    // Sides and runs; all out each time but for a chase that gets there.
    for (innings, expected) in [
        (
            &[(Home, 30), (Away, 10), (Away, 5)][..],
            Some(Outcome::Innings { winner: Home, runs: 15, method: NO }),
        ),
        (
            &[(Home, 10), (Away, 30), (Home, 12)][..],
            Some(Outcome::Innings { winner: Away, runs: 8, method: NO }),
        ),
        (&[(Home, 10), (Away, 30), (Home, 20)][..], None),
        (
            &[(Home, 10), (Away, 12), (Home, 20), (Away, 17)][..],
            Some(Outcome::Runs { winner: Home, runs: 1, method: NO }),
        ),
        (
            &[(Home, 10), (Away, 12), (Home, 20), (Away, 18)][..],
            Some(Outcome::Tie { tiebreak: None, method: NO }),
        ),
        (
            &[(Home, 10), (Away, 12), (Home, 20), (Away, 19)][..],
            Some(Outcome::Wickets { winner: Away, wickets: 10, method: NO }),
        ),
        (
            &[(Home, 30), (Away, 10), (Away, 40), (Home, 21)][..],
            Some(Outcome::Wickets { winner: Home, wickets: 10, method: NO }),
        ),
    ] {
        let mut scene = Scene::of(Format::Test);
        for (index, &(side, runs)) in innings.iter().enumerate() {
            if index > 0 {
                scene.start(side);
            }
            for _ in 0..runs {
                scene.ball("1");
            }
            while scene.game.current().is_some() {
                scene.ball("W");
            }
        }
        assert_eq!(scene.game.computed_outcome(), expected, "{innings:?}");
    }
}
