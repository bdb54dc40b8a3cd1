//! Corrections.

use cricket::{Ball, Command, Extras, Format, InningsStart, Log, Op, Refusal};

use crate::scene::{Scene, home, setup};

/// A log of one innings with these balls; seq 1 opens the innings, and each ball follows.
fn log(balls: &str) -> Log {
    let mut log = Log::new(setup(Format::T20)).expect("a right setup");
    log.apply(1, Op::Append(Command::InningsStart(InningsStart::default()))).expect("an innings");
    for (index, it) in balls.split_whitespace().enumerate() {
        let ball = Scene { game: log.game().clone() }.told(it);
        log.apply(index as u64 + 2, Op::Append(Command::Ball(ball))).expect("a ball");
    }
    log
}

#[test]
fn a_ball_is_edited_after_later_ones() {
    let mut log = log("1 0 0");
    let four = Scene::of(Format::T20).told("4");
    let change = log.apply(5, Op::Edit { of: 2, command: Command::Ball(four) }).expect("can be edited");
    assert_eq!((change.runs, log.game().innings[0].runs), (4, 4));
    assert_eq!((log.rev(), log.last_seq()), (1, Some(5)));
    let seqs: Vec<u64> = log.entries().iter().map(|it| it.0).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

#[test]
fn a_ball_that_was_missed_is_inserted_and_can_be_removed_again() {
    let mut log = log("1 0 0");
    let before = log.game().clone();
    let wide = Ball { extras: Extras { wides: 1, ..Extras::default() }, ..Scene::of(Format::T20).told("0") };
    log.apply(9, Op::Insert { before: 3, command: Command::Ball(wide) }).expect("can be inserted");
    let seqs: Vec<u64> = log.entries().iter().map(|it| it.0).collect();
    assert_eq!((seqs, log.game().innings[0].runs), (vec![1, 2, 9, 3, 4], 2));
    log.apply(10, Op::Remove { of: 9 }).expect("can be removed");
    assert_eq!((log.game(), log.rev()), (&before, 2));
}

#[test]
fn a_correction_that_a_later_ball_contradicts_is_refused_and_changes_nothing() {
    let mut log = log("0 W 0");
    let before = log.clone();
    // Had the wicket not fallen, the third ball's batter could not have been there.
    let dot = Ball { striker: home(0), non_striker: home(1), ..Scene::of(Format::T20).told("0") };
    let refusal =
        log.apply(9, Op::Edit { of: 3, command: Command::Ball(dot) }).expect_err("contradicts seq 4");
    assert_eq!(refusal, Refusal::BreaksLater { seq: 4, because: Box::new(Refusal::CreaseFull) });
    assert_eq!(refusal.code(), "breaks-later");
    let removal = log.apply(9, Op::Remove { of: 1 }).expect_err("the innings is needed");
    assert_eq!(removal, Refusal::BreaksLater { seq: 2, because: Box::new(Refusal::NoInnings) });
    assert_eq!((log.game(), log.entries(), log.rev()), (before.game(), before.entries(), 0));
}

#[test]
fn a_correction_that_is_wrong_itself_is_refused_for_its_own_reason() {
    let mut log = log("0 0");
    let nonsense = Ball {
        extras: Extras { wides: 1, byes: 1, ..Extras::default() },
        ..Scene::of(Format::T20).told("0")
    };
    let refusal = log.apply(9, Op::Edit { of: 2, command: Command::Ball(nonsense) });
    assert_eq!(refusal, Err(Refusal::ImpossibleExtras));
    assert_eq!(log.apply(9, Op::Remove { of: 77 }), Err(Refusal::UnknownCommand { seq: 77 }));
}

#[test]
fn sequence_numbers_only_grow() {
    let mut log = log("0 0");
    for seq in [0, 1, 3] {
        let answer = log.apply(seq, Op::Append(Command::OverEnd));
        assert_eq!(answer, Err(Refusal::WrongSeq { seq, last: 3 }));
    }
    log.apply(40, Op::Append(Command::OverEnd)).expect("gaps are no matter");
}
