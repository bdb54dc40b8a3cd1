//! When questions are open.

use crate::scene::{Scene, bands, second, start};
use cricket::{Command, Format, InningsEnd, Outcome as Result, Side};
use jiff::Timestamp;
use quizzes::{Course, Kind, Phase, Window, window};

const TRIVIA: fn() -> Kind = || Kind::Trivia { choices: vec!["a".into(), "b".into()], right: "a".into() };

fn wicket(over: u16) -> Kind {
    Kind::OverWicket { innings: 1, over }
}

fn before(over: u16, seconds: u32) -> Window {
    Window::BeforeOver { innings: 1, over, seconds }
}

fn open(opens_at: Timestamp, locks_at: Option<Timestamp>) -> Phase {
    Phase::Open { opens_at, locks_at }
}

fn t20() -> Scene {
    Scene::new(Format::T20, Some(3))
}

#[test]
fn a_question_of_fixed_times_opens_and_locks_by_the_clock() {
    let between = Window::Between { from: second(10), until: second(20) };
    let course = Course::default();
    let planned = Phase::Planned { opens_at: Some(second(10)), locks_at: Some(second(20)) };
    for (now, expected) in [
        (9, planned),
        (10, open(second(10), Some(second(20)))),
        (19, open(second(10), Some(second(20)))),
        (20, Phase::Locked { locks_at: second(20) }),
        (99, Phase::Locked { locks_at: second(20) }),
    ] {
        assert_eq!(window(&between, &TRIVIA(), &course, second(now)), expected, "{now}");
    }
}

#[test]
fn until_the_toss_is_until_it_was_told_of() {
    let until = Window::BeforeToss { from: start() };
    let mut scene = t20();
    assert_eq!(window(&until, &Kind::Winner, &scene.course(), second(5)), open(start(), None));
    scene.toss();
    assert_eq!(
        window(&until, &Kind::Winner, &scene.course(), second(5)),
        Phase::Locked { locks_at: start() }
    );
    // Whoever tells of no toss tells of an innings.
    let untossed = t20().innings(Side::Home).course();
    assert_eq!(window(&until, &Kind::Winner, &untossed, second(5)), Phase::Locked { locks_at: start() });
}

#[test]
fn an_over_can_be_answered_from_the_end_of_the_one_before_until_its_first_ball() {
    let mut scene = t20();
    scene.toss().innings(Side::Home);
    let planned = Phase::Planned { opens_at: None, locks_at: None };
    assert_eq!(window(&before(2, 20), &wicket(2), &scene.course(), scene.now()), planned);
    // The first over is due with the innings.
    assert_eq!(
        window(&before(1, 20), &wicket(1), &scene.course(), second(2)),
        open(second(1), Some(second(21)))
    );
    scene.over([1; 6]);
    let (course, ended) = (scene.course(), second(7));
    for (now, expected) in [
        (7, open(ended, Some(second(27)))),
        (26, open(ended, Some(second(27)))),
        (27, Phase::Locked { locks_at: second(27) }),
    ] {
        assert_eq!(window(&before(2, 20), &wicket(2), &course, second(now)), expected, "{now}");
    }
    // The clock may be behind the one by which balls are accepted: what has happened has happened.
    assert_eq!(window(&before(2, 20), &wicket(2), &course, second(3)), open(second(3), Some(second(23))));
    scene.runs(0);
    for now in [3, 8, 27] {
        let locked = window(&before(2, 20), &wicket(2), &scene.course(), second(now));
        assert_eq!(locked, Phase::Locked { locks_at: second(8) }, "{now}");
    }
    // However long its own window.
    let whole_day = Window::Between { from: start(), until: second(86_400) };
    let locked = window(&whole_day, &wicket(2), &scene.course(), second(9));
    assert_eq!(locked, Phase::Locked { locks_at: second(8) });
}

#[test]
fn a_ball_that_was_told_later_than_those_after_it_locks_by_these() {
    let mut scene = t20();
    scene.toss().innings(Side::Home).over([1; 6]).runs(1).runs(1);
    // The over's first ball was missed, and is told of a minute later.
    scene.log[8].0 = second(60);
    let locked = window(&before(2, 20), &wicket(2), &scene.course(), second(61));
    assert_eq!(locked, Phase::Locked { locks_at: second(9) });
}

#[test]
fn a_break_is_from_the_end_of_an_innings_to_the_first_ball_of_the_next() {
    let in_break = Window::BeforeInnings { innings: 2, seconds: None };
    let short = Window::BeforeInnings { innings: 2, seconds: Some(30) };
    let total = Kind::InningsTotal { innings: 2, bands: bands(&[9]) };
    let mut scene = t20();
    scene.toss().innings(Side::Home).over([1; 6]);
    let planned = Phase::Planned { opens_at: None, locks_at: None };
    assert_eq!(window(&in_break, &total, &scene.course(), scene.now()), planned);
    scene.say(Command::InningsEnd(InningsEnd::AllOut)).innings(Side::Away);
    assert_eq!(window(&in_break, &total, &scene.course(), second(20)), open(second(8), None));
    assert_eq!(window(&short, &total, &scene.course(), second(20)), open(second(8), Some(second(38))));
    scene.runs(1);
    let locked = Phase::Locked { locks_at: second(10) };
    assert_eq!(window(&in_break, &total, &scene.course(), second(20)), locked);
    // The first innings is waited for from the toss.
    let first = Window::BeforeInnings { innings: 1, seconds: None };
    let tossed = t20().toss().course();
    assert_eq!(window(&first, &Kind::Winner, &tossed, second(3)), open(start(), None));
}

#[test]
fn what_cannot_come_any_more_is_locked() {
    let mut scene = t20();
    scene.toss().innings(Side::Home).over([1; 6]).say(Command::InningsEnd(InningsEnd::AllOut));
    let locked = |course: &Course, over| window(&before(over, 20), &wicket(over), course, second(9));
    assert_eq!(locked(&scene.course(), 2), Phase::Locked { locks_at: second(8) });
    assert_eq!(locked(&scene.course(), 3), Phase::Locked { locks_at: second(8) });
    let over = t20().toss().result(Result::Abandoned).course();
    assert_eq!(locked(&over, 1), Phase::Locked { locks_at: second(1) });
}

#[test]
fn who_wins_is_known_with_the_last_run_and_not_only_with_the_result() {
    let always = Window::Between { from: start(), until: second(10_000) };
    let mut scene = t20();
    scene.toss().innings(Side::Home).over([1; 6]).over([0; 6]).over([0; 6]).innings(Side::Away).runs(6);
    assert_eq!(
        window(&always, &Kind::Winner, &scene.course(), scene.now()),
        open(start(), Some(second(10_000)))
    );
    scene.runs(1);
    let last = scene.log.last().unwrap().0;
    assert_eq!(
        window(&always, &Kind::Winner, &scene.course(), scene.now()),
        Phase::Locked { locks_at: last }
    );
}
