//! The table of all that a log can say: each command, and each field of a ball, is pressed on a page and taken back.

use crate::support::Scorer;
use cricket::{
    Ball, Boundary, Command, Decision, Dismissal, DismissalKind, Extras, Fielder, InningsEnd, InningsStart,
    Outcome, Penalty, PlayerId, PlayerIn, Powerplay, PowerplayKind, Replacement, Review, Role, Side,
    TargetSet, Tiebreak, Toss,
};
use std::collections::HashSet;

/// Every command has a name here, so that a new one fails to compile until the console can say it.
fn name(command: &Command) -> &'static str {
    match command {
        Command::Toss(_) => "toss",
        Command::InningsStart(_) => "innings start",
        Command::Target(_) => "target",
        Command::Ball(_) => "ball",
        Command::OverEnd => "over end",
        Command::BatterIn(_) => "batter in",
        Command::BatterOut(_) => "batter out",
        Command::Absent(_) => "absent",
        Command::Penalty(_) => "penalty",
        Command::Powerplay(_) => "powerplay",
        Command::Replacement(_) => "replacement",
        Command::InningsEnd(_) => "innings end",
        Command::Delay(_) => "delay",
        Command::Break(_) => "break",
        Command::Resume => "resume",
        Command::Result(_) => "result",
        Command::Awards(_) => "awards",
    }
}

const COMMANDS: usize = 17;

/// Presses, compares what was sent with what was meant, and takes it back: the log is then as it was.
fn check(scorer: &mut Scorer, query: &str, meant: &[Command]) {
    let before = scorer.log.clone();
    scorer.press(query).unwrap_or_else(|mistakes| panic!("{query}: {mistakes:?}"));
    let sent: Vec<&Command> = scorer.log[before.len()..].iter().map(|it| &it.command).collect();
    assert_eq!(sent, meant.iter().collect::<Vec<_>>(), "{query}");
    scorer.undo();
    assert_eq!(scorer.log, before, "{query}, taken back");
}

fn player(id: u16) -> PlayerIn {
    PlayerIn { player: PlayerId(id) }
}

fn out(id: u16, kind: DismissalKind) -> Dismissal {
    Dismissal { player: PlayerId(id), kind, fielders: Vec::new() }
}

/// What can be said in the first over, Ada facing Xan.
fn in_play() -> Vec<(&'static str, Command)> {
    let method = |text: &str| Some(text.to_owned());
    let (home, away) = (Side::Home, Side::Away);
    let replaced = |role, out, player, reason: &str| {
        Command::Replacement(Replacement { role, out, player: PlayerId(player), reason: reason.to_owned() })
    };
    let powerplay = |kind, from_over, from_ball, to_over, to_ball| {
        Command::Powerplay(Powerplay { kind, from_over, from_ball, to_over, to_ball })
    };
    let tie = |tiebreak| Command::Result(Outcome::Tie { tiebreak, method: None });
    vec![
        (
            "act=target&target_overs=1&target_balls=3",
            Command::Target(TargetSet { runs: 0, overs: Some(1), balls: 3 }),
        ),
        ("act=leaves&leaver=0&leave_how=hurt", Command::BatterOut(out(0, DismissalKind::RetiredHurt))),
        ("act=leaves&leaver=0&leave_how=not_out", Command::BatterOut(out(0, DismissalKind::RetiredNotOut))),
        ("act=leaves&leaver=1&leave_how=out", Command::BatterOut(out(1, DismissalKind::RetiredOut))),
        ("act=leaves&leaver=3&leave_how=timed_out", Command::BatterOut(out(3, DismissalKind::TimedOut))),
        ("act=absent&absent=3", Command::Absent(player(3))),
        (
            "act=penalty&penalty=5&penalty_to=batting",
            Command::Penalty(Penalty { runs: 5, outside_play: true, to_fielding: false }),
        ),
        (
            "act=powerplay&powerplay=mandatory&from_over=1&to_over=2",
            powerplay(PowerplayKind::Mandatory, 0, 1, 1, 6),
        ),
        (
            "act=powerplay&powerplay=batting&from_over=1&from_ball=2&to_over=2&to_ball=3",
            powerplay(PowerplayKind::Batting, 0, 2, 1, 3),
        ),
        (
            "act=powerplay&powerplay=fielding&from_over=2&to_over=2",
            powerplay(PowerplayKind::Fielding, 1, 1, 1, 6),
        ),
        (
            "act=substitute&sub_role=match&sub_out=2&sub_in=3&sub_reason=Concussion",
            replaced(Role::Match, Some(PlayerId(2)), 3, "Concussion"),
        ),
        ("act=substitute&sub_role=match&sub_in=3", replaced(Role::Match, None, 3, "")),
        (
            "act=substitute&sub_role=batter&sub_out=2&sub_in=3",
            replaced(Role::Batter, Some(PlayerId(2)), 3, ""),
        ),
        ("act=bowler_off&new_bowler=6&off_reason=Injury", replaced(Role::Bowler, None, 6, "Injury")),
        ("act=innings_end&end=declared", Command::InningsEnd(InningsEnd::Declared)),
        ("act=innings_end&end=forfeited", Command::InningsEnd(InningsEnd::Forfeited)),
        ("act=innings_end&end=all_out", Command::InningsEnd(InningsEnd::AllOut)),
        ("act=innings_end&end=closed", Command::InningsEnd(InningsEnd::Closed)),
        ("act=stop&stop=delay&reason=Rain", Command::Delay("Rain".into())),
        ("act=stop&stop=break&reason=Tea", Command::Break("Tea".into())),
        ("act=resume", Command::Resume),
        (
            "act=result&result=home&margin_by=runs&margin=4&method=D/L",
            Command::Result(Outcome::Runs { winner: home, runs: 4, method: method("D/L") }),
        ),
        (
            "act=result&result=away&margin_by=wickets&margin=3",
            Command::Result(Outcome::Wickets { winner: away, wickets: 3, method: None }),
        ),
        (
            "act=result&result=home&margin_by=innings&margin=46",
            Command::Result(Outcome::Innings { winner: home, runs: 46, method: None }),
        ),
        (
            "act=result&result=away&margin_by=awarded",
            Command::Result(Outcome::Win { winner: away, method: method("Awarded") }),
        ),
        ("act=result&result=tie", tie(None)),
        ("act=result&result=tie&tie_winner=away&tie_by=super_over", tie(Some(Tiebreak::SuperOver(away)))),
        ("act=result&result=tie&tie_winner=home&tie_by=bowl_out", tie(Some(Tiebreak::BowlOut(home)))),
        ("act=result&result=tie&tie_winner=home&tie_by=rule", tie(Some(Tiebreak::Rule(home)))),
        ("act=result&result=draw", Command::Result(Outcome::Draw)),
        ("act=result&result=no_result", Command::Result(Outcome::NoResult)),
        ("act=result&result=abandoned", Command::Result(Outcome::Abandoned)),
        ("act=award&award=4", Command::Awards(vec![PlayerId(4)])),
        ("act=award&award=4&award2=0&award3=1", Command::Awards(vec![PlayerId(4), PlayerId(0), PlayerId(1)])),
    ]
}

#[test]
fn every_command_can_be_pressed_and_taken_back() {
    let mut said = HashSet::new();
    let mut scorer = Scorer::new();
    let toss = Command::Toss(Toss { winner: Side::Home, bats: true });
    check(&mut scorer, "act=toss&winner=home&chose=bat", std::slice::from_ref(&toss));
    said.insert(name(&toss));
    scorer.press("act=toss&winner=home&chose=bat").unwrap();
    for (query, start) in [
        ("batting=home", InningsStart::default()),
        ("batting=home&overs=1", InningsStart { overs: Some(1), ..InningsStart::default() }),
        ("batting=home&follow_on=yes", InningsStart { follow_on: true, ..InningsStart::default() }),
    ] {
        let query = format!("act=openers&striker=0&non_striker=1&bowler=4&{query}");
        let meant =
            [Command::InningsStart(start), Command::BatterIn(player(0)), Command::BatterIn(player(1))];
        check(&mut scorer, &query, &meant);
        said.extend(meant.iter().map(name));
    }
    let mut scorer = Scorer::in_play();
    for (query, command) in in_play() {
        check(&mut scorer, query, std::slice::from_ref(&command));
        said.insert(name(&command));
    }
    scorer.choices.bowler = Some(PlayerId(4));
    scorer.ball("runs=1");
    check(&mut scorer, "act=over_end", &[Command::OverEnd]);
    said.insert(name(&Command::OverEnd));
    let ball = scorer.log.last().unwrap().command.clone();
    said.insert(name(&ball));
    assert_eq!(said.len(), COMMANDS, "{said:?}");
}

#[test]
fn what_belongs_to_a_later_innings_can_be_pressed_and_taken_back() {
    let mut scorer = Scorer::in_play();
    scorer.press("act=innings_end&end=all_out").unwrap();
    let to_fielding = Penalty { runs: 5, outside_play: true, to_fielding: false };
    check(&mut scorer, "act=penalty&penalty=5&penalty_to=batting", &[Command::Penalty(to_fielding)]);
    scorer.press("act=openers&batting=away&striker=4&non_striker=5&bowler=0").unwrap();
    let target = TargetSet { runs: 9, overs: Some(1), balls: 0 };
    check(&mut scorer, "act=target&target=9&target_overs=1", &[Command::Target(target)]);
    let target = TargetSet { runs: 9, overs: None, balls: 0 };
    check(&mut scorer, "act=target&target=9", &[Command::Target(target)]);
    let to_fielding = Penalty { runs: 5, outside_play: true, to_fielding: true };
    check(&mut scorer, "act=penalty&penalty=5&penalty_to=fielding", &[Command::Penalty(to_fielding)]);
    scorer.press("act=innings_end&end=all_out").unwrap();
    let start = InningsStart { batting: Side::Away, super_over: true, ..InningsStart::default() };
    let meant = [Command::InningsStart(start), Command::BatterIn(player(4)), Command::BatterIn(player(5))];
    check(&mut scorer, "act=openers&batting=away&super_over=yes&striker=4&non_striker=5&bowler=0", &meant);
}

/// A ball with something in every field. Only `as_recorded` is an archive's alone.
fn balls() -> Vec<(&'static str, Ball)> {
    let plain =
        || Ball { striker: PlayerId(0), non_striker: PlayerId(1), bowler: PlayerId(4), ..Ball::default() };
    let review = |by_batting, decision, umpires_call| Review {
        by_batting,
        batter: Some(PlayerId(0)),
        decision,
        umpires_call,
        umpire: "Wren".into(),
    };
    let caught = Dismissal {
        fielders: vec![Fielder::Substitute(Some("Kim".into()))],
        ..out(0, DismissalKind::Caught)
    };
    let run_out = Dismissal {
        fielders: vec![Fielder::Player(PlayerId(5)), Fielder::Player(PlayerId(6))],
        ..out(1, DismissalKind::RunOut)
    };
    vec![
        ("runs=7", Ball { runs: 7, ..plain() }),
        ("runs=6", Ball { runs: 6, boundary: Some(Boundary::Six), ..plain() }),
        ("runs=4&all_run=yes", Ball { runs: 4, ..plain() }),
        (
            "runs=2&called=no_ball&off=leg_byes&no_ball_runs=2&ball_penalty=5",
            Ball { extras: Extras { no_balls: 2, leg_byes: 2, penalty: 5, ..Extras::default() }, ..plain() },
        ),
        ("runs=4&called=wide", Ball { extras: Extras { wides: 5, ..Extras::default() }, ..plain() }),
        ("runs=3&off=byes", Ball { extras: Extras { byes: 3, ..Extras::default() }, ..plain() }),
        ("runs=0&how=caught&fielder=substitute&substitute=Kim", Ball { wickets: vec![caught], ..plain() }),
        (
            "runs=1&how=run_out&out=1&fielder=5&fielder2=6&how2=hurt&out2=0",
            Ball { runs: 1, wickets: vec![run_out, out(0, DismissalKind::RetiredHurt)], ..plain() },
        ),
        (
            "runs=0&review=batting&review_batter=0&decision=overturned&umpire=Wren",
            Ball { review: Some(review(true, Decision::Upheld, false)), ..plain() },
        ),
        (
            "runs=0&review=fielding&review_batter=0&decision=stands&umpires_call=yes&umpire=Wren",
            Ball { review: Some(review(false, Decision::StruckDown, true)), ..plain() },
        ),
        (
            "runs=0&review=batting&review_batter=0&decision=failed&umpire=Wren",
            Ball { review: Some(review(true, Decision::TechnicalFailure, false)), ..plain() },
        ),
    ]
}

#[test]
fn every_field_of_a_ball_can_be_pressed_edited_and_taken_back() {
    for (query, ball) in balls() {
        let of = "whole=yes&striker=0&non_striker=1&bowler=4";
        let mut scorer = Scorer::in_play();
        check(&mut scorer, &format!("act=ball&{of}&{query}"), &[Command::Ball(ball.clone())]);

        scorer.ball("runs=0");
        let before = scorer.log.clone();
        let seq = scorer.ball_seq(0);
        scorer.press(&format!("act=edit&entry={seq}&version=1&{of}&{query}")).unwrap();
        assert_eq!(scorer.log.last().unwrap().command, Command::Ball(ball), "{query}");
        scorer.undo();
        assert_eq!(scorer.log.last().unwrap().command, before.last().unwrap().command, "{query}, taken back");
        assert_eq!(scorer.total(), "0/0 (0.1)");
    }
}

#[test]
fn an_over_that_was_said_with_a_ball_stays_said() {
    let mut scorer = Scorer::in_play();
    for _ in 0..6 {
        scorer.ball("runs=0");
    }
    scorer.choices.over = Some(0);
    scorer.ball("runs=1&whole=yes");
    let Command::Ball(ball) = &scorer.log.last().unwrap().command else { panic!("a ball") };
    assert_eq!(ball.over, Some(0));
}

#[test]
fn a_forgotten_ball_goes_in_before_another_and_can_be_taken_back() {
    let mut scorer = Scorer::in_play();
    for runs in [0, 4, 2] {
        scorer.ball(&format!("runs={runs}"));
    }
    let before = scorer.log.clone();
    let insert = |seq: u64, runs: u8| {
        format!("act=insert&entry={seq}&striker=0&non_striker=1&bowler=4&runs={runs}&whole=yes")
    };
    let four = scorer.ball_seq(1);
    scorer.press(&insert(four, 6)).unwrap();
    assert_eq!(scorer.total(), "12/0 (0.4)");
    let runs = |scorer: &Scorer| -> Vec<u8> {
        scorer
            .log
            .iter()
            .filter_map(|it| if let Command::Ball(ball) = &it.command { Some(ball.runs) } else { None })
            .collect()
    };
    assert_eq!(runs(&scorer), [0, 6, 4, 2]);
    assert!(
        scorer.record().last_words().starts_with("Put in: ball 0.2 (Xan to Ada, SIX)."),
        "{}",
        scorer.record().last_words()
    );
    scorer.undo();
    assert_eq!(scorer.log, before, "the ball that was put in is the newest, not the last");

    // Many in one place, each before the same ball; and one before the first of all.
    for runs in 1..=3 {
        scorer.press(&insert(four, runs)).unwrap();
    }
    assert_eq!(runs(&scorer), [0, 1, 2, 3, 4, 2]);
    let first = scorer.ball_seq(0);
    let mistakes = scorer.press(&insert(first, 5).replace("striker=0", "striker=3")).unwrap_err();
    assert!(mistakes.of("").is_some(), "a batter who was not in: {mistakes:?}");
    scorer.press(&insert(first, 5)).unwrap();
    assert_eq!(runs(&scorer), [5, 0, 1, 2, 3, 4, 2]);
}

#[test]
fn what_was_taken_out_is_put_back_in_its_place() {
    let mut scorer = Scorer::in_play();
    for runs in [1, 4, 2] {
        scorer.ball(&format!("runs={runs}"));
    }
    let before: Vec<Command> = scorer.log.iter().map(|it| it.command.clone()).collect();
    let (seq, id) = (scorer.ball_seq(1), scorer.log[5].id.clone());
    scorer.press(&format!("act=remove&entry={seq}")).unwrap();
    assert_eq!(scorer.total(), "3/0 (0.2)");
    let restore = format!("act=restore&id={id}");
    assert!(!scorer.is_done(&restore));
    scorer.press(&restore).unwrap();
    assert_eq!(scorer.log.iter().map(|it| it.command.clone()).collect::<Vec<_>>(), before);
    assert!(scorer.is_done(&restore) && scorer.taken_out.is_empty());
}
