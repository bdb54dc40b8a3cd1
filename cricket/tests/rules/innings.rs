//! How innings begin, end, and what they are limited to.

use cricket::{Command, Format, Innings, InningsEnd, InningsStart, Penalty, PlayerIn, Refusal, Side};

use crate::scene::{Scene, home};

fn end(innings: &Innings) -> Option<InningsEnd> {
    innings.end
}

#[test]
fn ten_wickets_end_an_innings_and_then_nothing_is_bowled() {
    let mut scene = Scene::of(Format::Test);
    scene.all_out_for(12);
    assert_eq!(
        (end(scene.innings()), scene.innings().score_text().as_str()),
        (Some(InningsEnd::AllOut), "12")
    );
    let refusal = scene.say(Command::Ball(scene.due())).err();
    assert_eq!(refusal, Some(Refusal::InningsOver { end: InningsEnd::AllOut }));
}

#[test]
fn an_absent_batter_is_one_wicket_fewer() {
    let mut scene = Scene::of(Format::Test);
    scene.done(Command::Absent(PlayerIn { player: home(10) }));
    for _ in 0..9 {
        assert_eq!(end(scene.innings()), None);
        scene.ball("W");
    }
    assert_eq!((scene.innings().wickets, end(scene.innings())), (9, Some(InningsEnd::AllOut)));
}

#[test]
fn an_absence_told_late_ends_an_innings_that_nobody_can_go_on_with() {
    let mut scene = Scene::of(Format::Test);
    scene.balls("W W W W W W W W W");
    let change = scene.done(Command::Absent(PlayerIn { player: home(10) }));
    assert_eq!(change.innings_end, Some(InningsEnd::AllOut));
}

#[test]
fn overs_complete_end_an_innings() {
    for (format, overs, balls) in [(Format::T20, 20, 120), (Format::Odi, 50, 300), (Format::Hundred, 20, 100)]
    {
        let mut scene = Scene::of(format);
        scene.overs(overs, "0");
        assert_eq!(end(scene.innings()), Some(InningsEnd::OversComplete), "{format:?}");
        assert_eq!(scene.innings().legal_balls, balls);
        assert_eq!(scene.innings().overs_text(), format!("{overs}.0"));
    }
}

#[test]
fn a_limit_in_overs_and_balls_ends_an_innings_in_mid_over() {
    let mut scene = Scene::of(Format::T20);
    scene.overs(20, "1");
    scene.start(Side::Away);
    scene.target(61, 7, 3);
    scene.overs(7, "0");
    scene.balls("0 0");
    assert_eq!((end(scene.innings()), scene.game.balls_left()), (None, Some(1)));
    scene.ball("0");
    assert_eq!(
        (end(scene.innings()), scene.innings().overs_text().as_str()),
        (Some(InningsEnd::OversComplete), "7.3")
    );
}

#[test]
fn a_chase_ends_with_the_winning_run() {
    let mut scene = Scene::of(Format::T20);
    scene.overs(20, "1");
    scene.start(Side::Away);
    assert_eq!(scene.game.target().map(|it| (it.runs, it.from_feed)), Some((121, false)));
    scene.overs(19, "1");
    assert_eq!((scene.game.runs_needed(), scene.game.balls_left()), (Some(7), Some(6)));
    assert_eq!(scene.game.required_rate().map(|it| it.to_string()).as_deref(), Some("7.00"));
    let change = [scene.ball("6"), scene.ball("4")];
    assert_eq!(change[1].innings_end, Some(InningsEnd::TargetReached));
    assert_eq!(scene.innings().runs, 124, "a boundary counts in full");
}

#[test]
fn a_revised_target_replaces_the_derived_one_and_can_end_or_go_on_with_a_chase() {
    let mut scene = Scene::of(Format::Odi);
    scene.overs(50, "1");
    scene.start(Side::Away);
    scene.overs(10, "2");
    let change = scene.target(100, 20, 0);
    assert_eq!(change.innings_end, Some(InningsEnd::TargetReached));
    scene.target(200, 20, 0);
    assert_eq!((end(scene.innings()), scene.game.runs_needed()), (None, Some(80)));
    scene.ball("1");
    let change = scene.target(200, 10, 1);
    assert_eq!(change.innings_end, Some(InningsEnd::OversComplete));
}

#[test]
fn a_first_innings_can_be_cut_short_but_has_no_target() {
    let mut scene = Scene::of(Format::T20);
    let target = |runs, overs| Command::Target(cricket::TargetSet { runs, overs: Some(overs), balls: 0 });
    assert_eq!(scene.say(target(100, 10)), Err(Refusal::NotNow));
    scene.done(target(0, 10));
    scene.overs(10, "0");
    assert_eq!(end(scene.innings()), Some(InningsEnd::OversComplete));
}

#[test]
fn a_declaration_ends_an_innings_and_shows_in_its_score() {
    let mut scene = Scene::of(Format::Test);
    scene.balls("4 4 W");
    scene.done(Command::InningsEnd(InningsEnd::Declared));
    assert_eq!(scene.innings().score_text(), "8/1d");
    assert!(scene.game.totals()[0].declared);
    let again = scene.say(Command::InningsEnd(InningsEnd::Closed)).err();
    assert_eq!(again, Some(Refusal::InningsOver { end: InningsEnd::Declared }));
}

#[test]
fn a_declaration_replaces_an_end_that_the_balls_showed() {
    let mut scene = Scene::of(Format::Test);
    scene.all_out_for(3);
    scene.done(Command::InningsEnd(InningsEnd::Declared));
    assert_eq!(end(scene.innings()), Some(InningsEnd::Declared));
}

#[test]
fn a_side_bats_no_more_often_than_its_format_lets_it() {
    for (format, count) in [(Format::T20, 1), (Format::Test, 2)] {
        let mut scene = Scene::of(format);
        let start = |side| Command::InningsStart(InningsStart { batting: side, ..InningsStart::default() });
        assert_eq!(scene.say(start(Side::Away)), Err(Refusal::InningsInProgress));
        scene.done(Command::InningsEnd(InningsEnd::Forfeited));
        for _ in 1..count {
            scene.start(Side::Home);
            scene.done(Command::InningsEnd(InningsEnd::Forfeited));
        }
        assert_eq!(scene.say(start(Side::Home)), Err(Refusal::NoInningsLeft), "{format:?}");
        scene.start(Side::Away);
    }
}

#[test]
fn balls_before_an_innings_are_refused() {
    let mut scene = Scene::of(Format::T20);
    let ball = scene.due();
    scene.game.innings.clear();
    assert_eq!(scene.say(Command::Ball(ball)), Err(Refusal::NoInnings));
    assert_eq!(scene.say(Command::OverEnd), Err(Refusal::NoInnings));
}

#[test]
fn penalty_runs_count_before_an_innings_during_it_and_after_it() {
    let penalty = |outside_play| Command::Penalty(Penalty { runs: 5, outside_play, to_fielding: false });
    let mut scene = Scene::of(Format::Test);
    scene.done(penalty(true));
    scene.ball("1");
    scene.done(penalty(false));
    scene.done(Command::InningsEnd(InningsEnd::Declared));
    assert_eq!(scene.say(penalty(false)), Err(Refusal::InningsOver { end: InningsEnd::Declared }));
    scene.done(penalty(true));
    let innings = scene.innings();
    assert_eq!((innings.runs, innings.extras.penalty, innings.over_totals[0].runs), (16, 15, 6));
}

#[test]
fn penalty_runs_after_the_last_ball_can_win_a_chase() {
    let mut scene = Scene::of(Format::T20);
    scene.balls("4 0 0 0");
    scene.done(Command::InningsEnd(InningsEnd::Closed));
    scene.start(Side::Away);
    scene.all_out_for(2);
    scene.done(Command::Penalty(Penalty { runs: 5, outside_play: true, to_fielding: false }));
    assert_eq!((end(scene.innings()), scene.innings().runs), (Some(InningsEnd::TargetReached), 7));
}

#[test]
fn penalty_runs_to_the_fielding_side_go_to_its_last_innings_and_raise_the_target() {
    let mut scene = Scene::of(Format::T20);
    let penalty = Command::Penalty(Penalty { runs: 5, outside_play: false, to_fielding: true });
    assert_eq!(scene.say(penalty.clone()), Err(Refusal::NotNow), "the other side has not batted");
    scene.overs(20, "0");
    scene.start(Side::Away);
    let change = scene.done(penalty);
    assert_eq!(change.innings, Some(0));
    assert_eq!((scene.game.innings[0].runs, scene.game.innings[1].runs), (5, 0));
    assert_eq!(scene.game.target().map(|it| it.runs), Some(6));
}

#[test]
fn a_super_over_lasts_six_balls_or_two_wickets() {
    for (balls, expected) in [
        ("1 1 1 1 1 1", InningsEnd::OversComplete),
        ("W W", InningsEnd::AllOut),
        ("0 W 1wd 6 W", InningsEnd::AllOut),
    ] {
        let mut scene = Scene::of(Format::T20);
        scene.overs(20, "0");
        scene.start(Side::Away);
        scene.overs(20, "0");
        scene.super_over(Side::Away);
        scene.balls(balls);
        assert_eq!(end(scene.innings()), Some(expected), "{balls}");
        let first = scene.innings().runs;
        scene.super_over(Side::Home);
        assert_eq!(scene.game.target().map(|it| it.runs), Some(first + 1));
    }
}

#[test]
fn super_overs_come_after_both_sides_innings_and_in_turn() {
    let start = |batting| {
        Command::InningsStart(InningsStart { batting, super_over: true, ..InningsStart::default() })
    };
    let mut scene = Scene::of(Format::T20);
    scene.overs(20, "0");
    assert_eq!(scene.say(start(Side::Away)), Err(Refusal::NoInningsLeft));
    scene.start(Side::Away);
    scene.overs(20, "0");
    scene.super_over(Side::Away);
    scene.balls("W W");
    assert_eq!(scene.say(start(Side::Away)), Err(Refusal::NoInningsLeft));
    scene.super_over(Side::Home);
}
