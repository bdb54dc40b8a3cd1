//! The Hundred: sets of five, two of them from each end in turn, one bowler for one set or two.

use cricket::{Ball, Command, Format, Side, Words};

use crate::scene::{Scene, away, home};

/// A set of five by this bowler, of balls like this.
fn set(scene: &mut Scene, bowler: u16, shorthand: &str) {
    for _ in 0..5 {
        let ball = Ball { bowler: away(bowler), ..scene.told(shorthand) };
        scene.done(Command::Ball(ball));
    }
}

#[test]
fn a_bowler_may_bowl_ten_balls_in_a_row() {
    let mut scene = Scene::of(Format::Hundred);
    set(&mut scene, 9, "0");
    set(&mut scene, 9, "2");
    set(&mut scene, 10, "1");
    let innings = scene.innings();
    let figures: Vec<_> = innings
        .bowlers
        .iter()
        .map(|it| (it.overs_text(), it.balls, it.maidens, it.economy(5).map(|it| it.to_string())))
        .collect();
    let economy = |text: &str| Some(text.to_owned());
    assert_eq!(figures, [("2".to_owned(), 10, 1, economy("5.00")), ("1".to_owned(), 5, 0, economy("5.00"))]);
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls), ("3.0", 15));
}

#[test]
fn the_batters_change_ends_after_ten_balls_and_not_after_five() {
    let mut scene = Scene::of(Format::Hundred);
    let mut faces = Vec::new();
    for it in 0..4 {
        set(&mut scene, 9 + it / 2, "0");
        faces.push(scene.innings().striker);
    }
    assert_eq!(faces, [home(0), home(1), home(1), home(0)].map(Some));
}

#[test]
fn rates_are_runs_a_set_and_what_is_left_is_counted_in_balls() {
    let mut scene = Scene::of(Format::Hundred);
    (0..20).for_each(|it| set(&mut scene, 9 + it % 2, "1"));
    assert_eq!(scene.game.run_rate().map(|it| it.to_string()).as_deref(), Some("5.00"));
    scene.start(Side::Away);
    scene.overs(19, "1");
    assert_eq!((scene.game.runs_needed(), scene.game.balls_left()), (Some(6), Some(5)));
    assert_eq!(scene.game.required_rate().map(|it| it.to_string()).as_deref(), Some("6.00"));
    assert_eq!(scene.game.status_text(Words::ENGLISH), "Away need 6 runs from 5 balls");
}

#[test]
fn a_set_that_two_bowlers_share_is_a_set_of_neither() {
    let mut scene = Scene::of(Format::Hundred);
    scene.balls("0 0");
    for _ in 0..3 {
        let ball = Ball { bowler: away(4), ..scene.due() };
        scene.done(Command::Ball(ball));
    }
    let texts: Vec<_> = scene.innings().bowlers.iter().map(|it| (it.overs_text(), it.maidens)).collect();
    assert_eq!(texts, [("0.2".to_owned(), 0), ("0.3".to_owned(), 0)]);
    assert_eq!(scene.innings().overs_text(), "1.0");
}
