//! What one ball does to the score, and which balls cannot be.

use cricket::{Ball, Boundary, Command, Dismissal, DismissalKind, Extras, Format, Refusal};

use crate::scene::{Scene, home, out};

#[test]
fn a_ball_counts_for_score_batter_bowler_and_over() {
    // Shorthand; runs, legal balls, striker's runs and balls, bowler's runs and legal balls, dots.
    for (ball, runs, legal, bat, faced, conceded, bowled, dots) in [
        ("0", 0, 1, 0, 1, 0, 1, 1),
        ("1", 1, 1, 1, 1, 1, 1, 0),
        ("4", 4, 1, 4, 1, 4, 1, 0),
        ("6", 6, 1, 6, 1, 6, 1, 0),
        ("1wd", 1, 0, 0, 0, 1, 0, 0),
        ("5wd", 5, 0, 0, 0, 5, 0, 0),
        ("1nb", 1, 0, 0, 1, 1, 0, 0),
        ("5nb", 5, 0, 4, 1, 5, 0, 0),
        ("2lb", 2, 1, 0, 1, 0, 1, 1),
        ("4b", 4, 1, 0, 1, 0, 1, 1),
        ("5p", 5, 1, 0, 1, 0, 1, 1),
        ("W", 0, 1, 0, 1, 0, 1, 1),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.ball(ball);
        let innings = scene.innings();
        assert_eq!((innings.runs, innings.legal_balls), (runs, legal), "{ball}");
        let batter = innings.batter(home(0)).expect("the striker");
        assert_eq!((batter.runs, batter.balls), (bat, faced), "{ball}");
        let bowler = &innings.bowlers[0];
        assert_eq!((bowler.runs, bowler.balls, bowler.dots), (conceded, bowled, dots), "{ball}");
        assert_eq!(u16::from(innings.over_balls), legal, "{ball}");
    }
}

#[test]
fn an_all_run_four_is_no_boundary() {
    let mut scene = Scene::of(Format::T20);
    let ball = Ball { boundary: None, ..scene.told("4") };
    scene.done(Command::Ball(ball));
    let batter = scene.innings().batter(home(0)).expect("the striker");
    assert_eq!((batter.runs, batter.fours), (4, 0));
}

#[test]
fn runs_and_extras_that_cannot_come_from_one_ball_are_refused() {
    let extras = |wides, no_balls, byes, leg_byes| Extras { wides, no_balls, byes, leg_byes, penalty: 0 };
    for (runs, boundary, extras, refusal) in [
        (1, None, extras(1, 0, 0, 0), Some(Refusal::ImpossibleExtras)),
        (0, None, extras(1, 1, 0, 0), Some(Refusal::ImpossibleExtras)),
        (0, None, extras(1, 0, 1, 0), Some(Refusal::ImpossibleExtras)),
        (0, None, extras(0, 0, 1, 1), Some(Refusal::ImpossibleExtras)),
        (1, None, extras(0, 0, 1, 0), Some(Refusal::ImpossibleExtras)),
        (1, None, extras(0, 0, 0, 1), Some(Refusal::ImpossibleExtras)),
        (3, Some(Boundary::Four), extras(0, 0, 0, 0), Some(Refusal::ImpossibleBoundary { runs: 3 })),
        (4, Some(Boundary::Six), extras(0, 0, 0, 0), Some(Refusal::ImpossibleBoundary { runs: 4 })),
        (255, None, extras(0, 0, 0, 0), Some(Refusal::TooMany { what: "runs off one ball", max: 50 })),
        (
            0,
            None,
            extras(u16::MAX, 0, 0, u16::MAX),
            Some(Refusal::TooMany { what: "runs off one ball", max: 50 }),
        ),
        (0, None, extras(0, 1, 2, 0), None),
        (3, None, extras(0, 1, 0, 0), None),
        (5, None, extras(0, 0, 0, 0), None),
    ] {
        let mut scene = Scene::of(Format::T20);
        let ball = Ball { runs, boundary, extras, ..scene.due() };
        assert_eq!(scene.say(Command::Ball(ball)).err(), refusal, "{runs} {extras:?}");
    }
}

#[test]
fn an_archive_may_say_what_the_laws_do_not_allow() {
    let mut scene = Scene::of(Format::T20);
    let extras = Extras { wides: 1, no_balls: 1, byes: 1, ..Extras::default() };
    let ball = Ball { runs: 2, extras, as_recorded: true, ..scene.due() };
    scene.done(Command::Ball(ball));
    let innings = scene.innings();
    assert_eq!((innings.runs, innings.legal_balls, innings.extras.total()), (5, 0, 3));
}

#[test]
fn not_even_an_archive_may_let_the_lists_of_an_innings_grow_without_end() {
    let mut scene = Scene::of(Format::Test);
    let refusal = (0..u16::MAX).find_map(|at| {
        let partner = home(1 + at % 2);
        let ball = Ball { striker: home(0), non_striker: partner, as_recorded: true, ..scene.due() };
        scene.say(Command::Ball(ball)).err()
    });
    assert_eq!(refusal, Some(Refusal::TooMany { what: "partnerships", max: 100 }));
    assert_eq!(scene.innings().partnerships.len(), 100);

    let mut scene = Scene::of(Format::Test);
    let bowled = Dismissal { player: home(0), ..Dismissal::default() };
    let refusal = (0..u16::MAX).find_map(|_| {
        let (striker, non_striker, wickets) = (home(0), home(1), vec![bowled.clone(); 11]);
        let ball = Ball { striker, non_striker, wickets, as_recorded: true, ..scene.due() };
        scene.say(Command::Ball(ball)).err()
    });
    assert_eq!(refusal, Some(Refusal::TooMany { what: "wickets in an innings", max: 100 }));
    assert_eq!(scene.innings().falls.len(), 99);
}

#[test]
fn after_a_no_ball_comes_a_free_hit_which_wides_and_no_balls_carry_on() {
    let mut scene = Scene::of(Format::T20);
    let mut hits = Vec::new();
    for it in ["0", "1nb", "1wd", "1nb", "0", "0"] {
        scene.ball(it);
        hits.push(scene.innings().recent.last().expect("the ball").free_hit);
    }
    assert_eq!(hits, [false, false, true, true, true, false]);

    let mut test = Scene::of(Format::Test);
    test.ball("1nb");
    assert!(!test.innings().free_hit, "there are none in multi-day cricket");
}

#[test]
fn ways_out_depend_on_the_ball() {
    use DismissalKind as Kind;
    // Allowed off a fair ball, a no-ball, a wide, a free hit (Laws 21.18 and 22.9).
    for (kind, allowed) in [
        (Kind::Bowled, [true, false, false, false]),
        (Kind::Caught, [true, false, false, false]),
        (Kind::Lbw, [true, false, false, false]),
        (Kind::Stumped, [true, false, true, false]),
        (Kind::HitWicket, [true, false, true, false]),
        (Kind::RunOut, [true, true, true, true]),
        (Kind::ObstructingTheField, [true, true, true, true]),
        (Kind::HitTheBallTwice, [true, true, false, true]),
        (Kind::RetiredHurt, [true, true, true, true]),
        (Kind::TimedOut, [false, false, false, false]),
    ] {
        for (index, (first, second)) in
            [("", "0"), ("", "1nb"), ("", "1wd"), ("1nb", "0")].into_iter().enumerate()
        {
            let mut scene = Scene::of(Format::T20);
            scene.balls(first);
            let mut ball = scene.told(second);
            ball.wickets.push(out(ball.striker, kind));
            let refusal = scene.say(Command::Ball(ball)).err();
            let expected = (!allowed[index]).then_some(Refusal::ImpossibleDismissal { kind });
            assert_eq!(refusal, expected, "{kind:?} off {first} {second}");
        }
    }
}

#[test]
fn only_the_striker_can_be_bowled_but_either_run_out() {
    for (kind, refused) in [(DismissalKind::Bowled, true), (DismissalKind::RunOut, false)] {
        let mut scene = Scene::of(Format::T20);
        let mut ball = scene.told("0");
        ball.wickets.push(out(ball.non_striker, kind));
        assert_eq!(scene.say(Command::Ball(ball)).is_err(), refused, "{kind:?}");
    }
}

#[test]
fn a_bowler_is_not_credited_with_a_run_out() {
    let mut scene = Scene::of(Format::T20);
    let mut ball = scene.told("1");
    ball.wickets.push(out(ball.striker, DismissalKind::RunOut));
    let change = scene.done(Command::Ball(ball));
    assert_eq!((change.runs, change.wickets), (1, 1));
    assert_eq!((scene.innings().wickets, scene.innings().bowlers[0].wickets), (1, 0));
    assert_eq!(scene.innings().batter(home(0)).map(|it| it.runs), Some(1), "the run was completed");
}

#[test]
fn two_batters_can_go_on_one_ball() {
    let mut scene = Scene::of(Format::Odi);
    let mut ball = scene.told("W");
    ball.wickets.push(out(home(2), DismissalKind::TimedOut));
    let change = scene.done(Command::Ball(ball));
    assert_eq!((change.wickets, scene.innings().wickets), (2, 2));
    assert_eq!(scene.innings().bowlers[0].wickets, 1);
    let timed_out = scene.innings().batter(home(2)).expect("is on the card");
    assert_eq!((timed_out.runs, timed_out.balls), (0, 0));
    let falls: Vec<_> = scene.innings().falls.iter().map(|it| (it.wicket, it.player)).collect();
    assert_eq!(falls, [(1, home(0)), (2, home(2))]);
}

#[test]
fn a_non_striker_can_be_run_out_before_the_ball_is_bowled() {
    let mut scene = Scene::of(Format::T20);
    let mut ball = scene.told("0");
    ball.wickets.push(out(ball.non_striker, DismissalKind::RunOut));
    scene.done(Command::Ball(ball));
    assert_eq!(scene.innings().at_wicket().map(|it| it.player).collect::<Vec<_>>(), [home(0)]);
}

#[test]
fn fifties_are_told_as_they_are_reached() {
    let mut scene = Scene::of(Format::Odi);
    let mut reached = Vec::new();
    for _ in 0..17 {
        // Sixes change no ends; an over's end does, so the same batter is named each time.
        let ball = Ball { striker: home(0), non_striker: home(1), ..scene.told("6") };
        reached.extend(scene.done(Command::Ball(ball)).milestone);
    }
    assert_eq!(reached, [(home(0), 50), (home(0), 100)]);
}

#[test]
fn a_ball_that_is_dead_with_the_wicket_brings_no_runs() {
    use DismissalKind as Kind;
    // Refused with runs off the bat, byes, leg-byes, two wides; each is fine with none (Laws 20.1.1.3 and 33.3).
    for (kind, refused) in [
        (Kind::Bowled, [true, true, true, true]),
        (Kind::Caught, [true, true, true, true]),
        (Kind::CaughtAndBowled, [true, true, true, true]),
        (Kind::Lbw, [true, true, true, true]),
        (Kind::Stumped, [true, true, true, true]),
        (Kind::HitWicket, [true, true, true, true]),
        (Kind::RunOut, [false, false, false, false]),
        (Kind::ObstructingTheField, [false, false, false, false]),
        (Kind::RetiredHurt, [false, false, false, false]),
        (Kind::RetiredOut, [false, false, false, false]),
    ] {
        for (ball, refused) in
            ["1", "4b", "1lb", "2wd", "0"].into_iter().zip(refused.into_iter().chain([false]))
        {
            let mut scene = Scene::of(Format::T20);
            let mut ball = Ball { ..scene.told(ball) };
            ball.wickets.push(out(ball.striker, kind));
            let refusal = scene.say(Command::Ball(ball.clone())).err();
            assert_eq!(
                refusal,
                refused.then_some(Refusal::ImpossibleDismissal { kind }),
                "{kind:?}: {ball:?}"
            );
        }
    }
}

#[test]
fn penalty_runs_stand_whoever_is_out() {
    let mut scene = Scene::of(Format::T20);
    let mut ball = scene.told("5p");
    ball.wickets.push(out(ball.striker, DismissalKind::Caught));
    let change = scene.done(Command::Ball(ball));
    assert_eq!((change.runs, change.wickets, scene.innings().bowlers[0].runs), (5, 1, 0));
}

#[test]
fn a_free_hit_off_which_somebody_is_recorded_caught_was_none() {
    for (kind, free_hit) in [(DismissalKind::Caught, false), (DismissalKind::RunOut, true)] {
        let mut scene = Scene::of(Format::T20);
        scene.ball("1nb");
        let mut ball = Ball { as_recorded: true, ..scene.told("0") };
        ball.wickets.push(out(ball.striker, kind));
        scene.done(Command::Ball(ball));
        assert_eq!(scene.innings().recent.last().map(|it| it.free_hit), Some(free_hit), "{kind:?}");
    }
}
