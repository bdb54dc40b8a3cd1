//! Every ball of a short match corrected in every way: the log folds as if it had been told so, or says which later
//! command no longer fits and stays as it was.

use cricket::{
    Command, Format, InningsEnd, InningsStart, Log, Match, Op, Outcome, PlayerIn, Refusal, Setup, Side, Words,
};

use crate::scene::{Scene, setup};

fn short() -> Setup {
    Setup { overs: Some(2), ..setup(Format::T20) }
}

fn start(batting: Side) -> Command {
    Command::InningsStart(InningsStart { batting, ..InningsStart::default() })
}

/// Two innings of two overs, with wickets, extras and new batters named, won on the last ball but one.
fn told() -> Log {
    let mut log = Log::new(short()).expect("a right setup");
    let mut seq = 0;
    let mut say = |log: &mut Log, command: Command| {
        seq += 1;
        log.apply(seq, Op::Append(command)).unwrap_or_else(|refusal| panic!("{seq}: {refusal}"));
    };
    for (side, balls) in
        [(Side::Home, "1 1wd W 4 1lb 0 2 1nb 0 6 W 1 0 1"), (Side::Away, "6 0 W 2nb 1 0 0 4 1wd 1 0 2 2")]
    {
        say(&mut log, start(side));
        for it in balls.split_whitespace() {
            let scene = Scene { game: log.game().clone() };
            say(&mut log, Command::Ball(scene.told(it)));
            let at_wicket = log.game().current().map_or(2, |it| it.at_wicket().count());
            if at_wicket < 2 {
                let due = Scene { game: log.game().clone() }.due();
                let here = log.game().innings.last().and_then(|it| it.at_wicket().next().map(|it| it.player));
                let player = if Some(due.striker) == here { due.non_striker } else { due.striker };
                say(&mut log, Command::BatterIn(PlayerIn { player }));
            }
        }
    }
    let outcome = log.game().computed_outcome().expect("the chase is over");
    say(&mut log, Command::Result(outcome));
    log
}

/// What the entries fold to when they are told afresh; the seq at which they cannot go on.
fn fresh(entries: &[(u64, Command)]) -> Result<Match, (u64, Refusal)> {
    let mut game = Match::new(short()).expect("a right setup");
    for (seq, command) in entries {
        game.apply(command).map_err(|refusal| (*seq, refusal))?;
    }
    Ok(game)
}

/// Applies the correction to a copy, against the entries as they should then be; says whether it was taken.
fn check(log: &Log, op: Op, expected: Vec<(u64, Command)>, touched: u64) -> bool {
    let mut corrected = log.clone();
    let answer = corrected.apply(1_000, op.clone());
    match (fresh(&expected), answer) {
        (Ok(game), Ok(_)) => {
            assert_eq!((corrected.game(), corrected.entries()), (&game, expected.as_slice()), "{op:?}");
            assert_eq!((corrected.rev(), corrected.last_seq()), (log.rev() + 1, Some(1_000)));
            true
        }
        (Err((seq, refusal)), Err(answer)) => {
            let later = Refusal::BreaksLater { seq, because: Box::new(refusal.clone()) };
            let own = seq == touched && !matches!(op, Op::Remove { .. });
            assert_eq!(answer, if own { refusal } else { later }, "{op:?}");
            assert_eq!((corrected.game(), corrected.entries()), (log.game(), log.entries()), "{op:?}");
            assert_eq!((corrected.rev(), corrected.last_seq()), (log.rev(), log.last_seq()));
            false
        }
        (expected, answer) => panic!("{op:?}: {expected:?} against {answer:?}"),
    }
}

#[test]
fn any_command_can_be_corrected_in_any_way_or_the_one_that_no_longer_fits_is_named() {
    let log = told();
    let (mut taken, mut refused) = (0, 0);
    let mut count = |it: bool| if it { taken += 1 } else { refused += 1 };
    for (at, (of, command)) in log.entries().iter().enumerate() {
        let of = *of;
        let mut without = log.entries().to_vec();
        without.remove(at);
        count(check(&log, Op::Remove { of }, without, of));
        for other in ["0", "1", "2", "4", "1wd", "2nb", "1lb", "5p", "W"] {
            // As the scorer at that moment would have told it.
            let Ok(game) = fresh(&log.entries()[..at]) else { panic!("the log can be told") };
            let Some(innings) = game.innings.last() else { continue };
            if innings.end.is_some() {
                continue;
            }
            let mut ball = Scene { game: game.clone() }.told(other);
            if let Command::Ball(was) = command {
                (ball.striker, ball.non_striker, ball.bowler) = (was.striker, was.non_striker, was.bowler);
                ball.wickets.iter_mut().for_each(|it| it.player = was.striker);
            }
            let mut edited = log.entries().to_vec();
            edited[at].1 = Command::Ball(ball.clone());
            count(check(&log, Op::Edit { of, command: Command::Ball(ball.clone()) }, edited, of));
            let mut longer = log.entries().to_vec();
            longer.insert(at, (1_000, Command::Ball(ball.clone())));
            count(check(&log, Op::Insert { before: of, command: Command::Ball(ball) }, longer, 1_000));
        }
    }
    assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
}

#[test]
fn an_end_of_an_innings_is_undone_from_the_last_command_backwards() {
    let mut log = told();
    let seqs: Vec<u64> = log.entries().iter().map(|it| it.0).collect();
    let second = log.entries().iter().position(|it| it.1 == start(Side::Away)).expect("a second innings");
    let (last_ball, opening) = (seqs[second - 1], seqs[second]);
    let early = log.apply(1_000, Op::Remove { of: last_ball });
    let because = Box::new(Refusal::InningsInProgress);
    assert_eq!(early, Err(Refusal::BreaksLater { seq: opening, because }));
    for (index, of) in seqs[second - 1..].iter().rev().enumerate() {
        log.apply(1_000 + index as u64, Op::Remove { of: *of }).expect("the last one can go");
    }
    let innings = log.game().current().expect("the first innings goes on");
    assert_eq!((innings.overs_text().as_str(), log.game().outcome.as_ref()), ("1.5", None));
}

#[test]
fn a_wicket_taken_back_after_the_next_batter_came_in_names_his_coming_in() {
    let mut log = told();
    let at = log.entries().iter().position(|it| matches!(it.1, Command::BatterIn(_))).expect("a new batter");
    let (wicket, coming_in) = (log.entries()[at - 1].0, log.entries()[at].0);
    let Command::Ball(mut ball) = log.entries()[at - 1].1.clone() else { panic!("a ball before him") };
    ball.wickets.clear();
    let refusal = log.apply(1_000, Op::Edit { of: wicket, command: Command::Ball(ball) });
    let because = Box::new(Refusal::CreaseFull);
    assert_eq!(refusal, Err(Refusal::BreaksLater { seq: coming_in, because }));
    let said = refusal.expect_err("is refused").explain(&log.game().setup);
    assert!(said.starts_with(&format!("then command {coming_in} could not have been: ")), "{said}");
}

#[test]
fn a_ball_missed_in_an_earlier_over_goes_into_that_over() {
    let mut log = Log::new(short()).expect("a right setup");
    log.apply(1, Op::Append(start(Side::Home))).expect("an innings");
    for seq in 2..9 {
        let mut ball = Scene { game: log.game().clone() }.told("0");
        ball.over = Some(u16::from(seq >= 8));
        log.apply(seq, Op::Append(Command::Ball(ball))).expect("a ball");
    }
    let Command::Ball(mut missed) = log.entries()[6].1.clone() else { panic!("a ball") };
    missed.runs = 1;
    // A seventh ball, before the first of the next over; one that names no over would be that first one.
    log.apply(20, Op::Insert { before: 8, command: Command::Ball(missed) }).expect("a seventh ball");
    let innings = &log.game().innings[0];
    assert_eq!((innings.overs_text().as_str(), innings.legal_balls, innings.runs), ("1.1", 8, 1));
    let totals: Vec<_> = innings.over_totals.iter().map(|it| it.runs).collect();
    assert_eq!((totals, innings.bowlers[0].maidens, innings.bowlers[0].overs), (vec![1, 0], 0, 1));
}

#[test]
fn a_result_is_corrected_and_taken_back_like_any_command() {
    let mut log = told();
    let result = log.last_seq().expect("a result");
    assert_eq!(log.apply(900, Op::Append(Command::OverEnd)), Err(Refusal::MatchOver));
    log.apply(901, Op::Edit { of: result, command: Command::Result(Outcome::NoResult) })
        .expect("another result");
    assert_eq!(log.game().result_text(Words::ENGLISH).as_deref(), Some("No result"));
    log.apply(902, Op::Remove { of: result }).expect("no result at all");
    assert_eq!(log.game().outcome, None);
    let end = log.game().innings[1].end;
    assert_eq!(end, Some(InningsEnd::TargetReached), "the chase stays as its balls ended it");
}
