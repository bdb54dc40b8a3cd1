//! Who may bat, bowl and be out.

use cricket::{
    Ball, BatterState, Command, Decision, DismissalKind, Format, PlayerId, PlayerIn, Refusal, Replacement,
    Review, Role, Words,
};

use crate::scene::{Scene, away, home, out};

#[test]
fn a_ball_by_or_to_somebody_who_cannot_be_there_is_refused() {
    let nobody = PlayerId(999);
    for (striker, non_striker, bowler, refusal) in [
        (nobody, home(1), away(9), Refusal::UnknownPlayer { player: nobody }),
        (home(0), home(1), nobody, Refusal::UnknownPlayer { player: nobody }),
        (away(0), home(1), away(9), Refusal::WrongSide { player: away(0) }),
        (home(0), home(1), home(9), Refusal::WrongSide { player: home(9) }),
        (home(0), home(0), away(9), Refusal::SamePlayer { player: home(0) }),
        (home(2), home(1), away(9), Refusal::CreaseFull),
        (home(2), home(3), away(9), Refusal::CreaseFull),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.ball("0");
        let ball = Ball { striker, non_striker, bowler, ..Ball::default() };
        assert_eq!(scene.say(Command::Ball(ball)), Err(refusal));
    }
}

#[test]
fn a_batter_who_is_out_does_not_bat_again_but_in_an_archive() {
    let mut scene = Scene::of(Format::T20);
    scene.ball("W");
    let mut ball = Ball { striker: home(0), non_striker: home(1), bowler: away(9), ..Ball::default() };
    assert_eq!(scene.say(Command::Ball(ball.clone())), Err(Refusal::AlreadyOut { player: home(0) }));
    ball.as_recorded = true;
    scene.done(Command::Ball(ball));
    assert_eq!(scene.innings().wickets, 1);
}

#[test]
fn nobody_is_out_who_is_not_at_the_wicket_nor_twice() {
    let mut scene = Scene::of(Format::T20);
    let mut ball = scene.due();
    ball.wickets.push(out(home(5), DismissalKind::RunOut));
    assert_eq!(scene.say(Command::Ball(ball.clone())), Err(Refusal::NotBatting { player: home(5) }));
    ball.wickets = vec![out(home(0), DismissalKind::RunOut), out(home(0), DismissalKind::RunOut)];
    assert_eq!(scene.say(Command::Ball(ball)), Err(Refusal::AlreadyOut { player: home(0) }));
}

#[test]
fn an_eleventh_wicket_is_refused() {
    let mut scene = Scene::of(Format::T20);
    scene.balls("W W W W W W W W W");
    let mut ball = scene.due();
    ball.wickets = vec![out(ball.striker, DismissalKind::Bowled), out(home(11), DismissalKind::TimedOut)];
    assert_eq!(scene.say(Command::Ball(ball)), Err(Refusal::NoWicketLeft { wickets: 9 }));
}

#[test]
fn a_batter_who_retired_hurt_may_come_back_with_his_runs() {
    let mut scene = Scene::of(Format::T20);
    scene.balls("4 2");
    scene.done(Command::BatterOut(out(home(0), DismissalKind::RetiredHurt)));
    assert_eq!(scene.innings().wickets, 0);
    assert_eq!(scene.game.how_out(Words::ENGLISH, &scene.innings().batters[0]), "retired hurt");
    scene.bat_in(home(2));
    assert_eq!(scene.say(Command::BatterIn(PlayerIn { player: home(0) })), Err(Refusal::CreaseFull));
    scene.ball("W");
    scene.bat_in(home(0));
    scene.ball("1");
    let batter = scene.innings().batter(home(0)).expect("is on the card");
    assert_eq!((batter.runs, batter.balls, batter.state), (7, 3, BatterState::Batting));
    assert_eq!(scene.innings().batters.len(), 3);
}

#[test]
fn between_balls_a_batter_can_only_retire_or_be_timed_out() {
    for (kind, who, expected) in [
        (DismissalKind::Bowled, 0, Err(Refusal::ImpossibleDismissal { kind: DismissalKind::Bowled })),
        (DismissalKind::RetiredOut, 0, Ok(1)),
        (DismissalKind::RetiredHurt, 0, Ok(0)),
        (DismissalKind::RetiredHurt, 5, Err(Refusal::NotBatting { player: home(5) })),
        (DismissalKind::TimedOut, 5, Ok(1)),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.ball("0");
        let answer = scene.say(Command::BatterOut(out(home(who), kind)));
        assert_eq!(answer.map(|it| it.wickets), expected, "{kind:?}");
    }
}

#[test]
fn replacements_of_every_kind_play_on() {
    for (reason, role, who, replaced) in [
        ("concussion_substitute", Role::Match, home(11), Some(home(0))),
        ("impact_player", Role::Match, away(11), Some(away(3))),
        ("injury", Role::Batter, home(5), Some(home(0))),
        ("excluded - running on the pitch", Role::Bowler, away(5), Some(away(9))),
        ("supersub", Role::Match, home(11), None),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.balls("0 0");
        let replacement = Replacement { role, out: replaced, player: who, reason: reason.to_owned() };
        scene.done(Command::Replacement(replacement));
        let mut ball = scene.due();
        match who {
            it if it.0 >= 12 => ball.bowler = who,
            _ if replaced.is_some() => (ball.striker, ball.non_striker) = (who, home(1)),
            _ => {}
        }
        scene.done(Command::Ball(ball));
        assert_eq!(scene.game.replacements.len(), 1, "{reason}");
    }
}

#[test]
fn a_replacement_is_of_the_same_side() {
    let mut scene = Scene::of(Format::T20);
    for (out, player, refusal) in [
        (away(0), home(1), Refusal::WrongSide { player: away(0) }),
        (home(1), home(1), Refusal::SamePlayer { player: home(1) }),
        (PlayerId(99), home(1), Refusal::UnknownPlayer { player: PlayerId(99) }),
    ] {
        let replacement = Replacement { out: Some(out), player, ..Replacement::default() };
        assert_eq!(scene.say(Command::Replacement(replacement)), Err(refusal));
    }
}

#[test]
fn a_review_struck_down_is_lost_unless_it_was_the_umpires_call() {
    for (by_batting, decision, umpires_call, lost) in [
        (true, Decision::StruckDown, false, (1, 0)),
        (false, Decision::StruckDown, false, (0, 1)),
        (true, Decision::StruckDown, true, (0, 0)),
        (true, Decision::Upheld, false, (0, 0)),
        (false, Decision::TechnicalFailure, false, (0, 0)),
    ] {
        let mut scene = Scene::of(Format::Test);
        let review = Review { by_batting, decision, umpires_call, ..Review::default() };
        let ball = Ball { review: Some(review), ..scene.due() };
        scene.done(Command::Ball(ball));
        let innings = scene.innings();
        assert_eq!((innings.reviews_lost_batting, innings.reviews_lost_fielding), lost);
    }
}

#[test]
fn a_partnership_begins_with_each_wicket_and_each_retirement() {
    let mut scene = Scene::of(Format::T20);
    scene.balls("4 1 1wd W 2");
    scene.done(Command::BatterOut(out(home(0), DismissalKind::RetiredHurt)));
    scene.balls("6");
    let pairs: Vec<_> =
        scene.innings().partnerships.iter().map(|it| (it.wicket, it.runs, it.balls)).collect();
    assert_eq!(pairs, [(1, 6, 3), (2, 2, 1), (2, 6, 1)]);
    assert_eq!(scene.innings().partnership().map(|it| it.runs), Some(6));
}

#[test]
fn a_wicket_between_overs_counts_in_the_one_just_completed() {
    let mut scene = Scene::of(Format::T20);
    scene.done(Command::BatterOut(out(home(5), DismissalKind::TimedOut)));
    scene.balls("0 0 0 0 0 0");
    scene.done(Command::BatterOut(out(home(0), DismissalKind::RetiredOut)));
    scene.balls("W");
    let wickets: Vec<_> = scene.innings().over_totals.iter().map(|it| it.wickets).collect();
    assert_eq!(wickets, [2, 1]);
    let falls: Vec<_> = scene.innings().falls.iter().map(|it| (it.wicket, it.overs, it.balls)).collect();
    assert_eq!(falls, [(1, 0, 0), (2, 1, 0), (3, 1, 1)]);
}

#[test]
fn a_batter_timed_out_has_no_partnership_and_faced_nothing() {
    let mut scene = Scene::of(Format::Test);
    scene.balls("1 W");
    scene.done(Command::BatterOut(out(home(2), DismissalKind::TimedOut)));
    scene.bat_in(home(3));
    scene.ball("2");
    let innings = scene.innings();
    let pairs: Vec<_> = innings.partnerships.iter().map(|it| (it.wicket, it.runs)).collect();
    assert_eq!((innings.wickets, pairs), (2, vec![(1, 1), (3, 2)]));
    assert_eq!(
        scene.game.how_out(Words::ENGLISH, innings.batter(home(2)).expect("is on the card")),
        "timed out"
    );
}
