//! What must hold for every match, legal or not.

use cricket::{
    Ball, BatterState, Boundary, Command, Decision, Dismissal, DismissalKind, Extras, Fielder, Format,
    Innings, InningsEnd, InningsStart, Log, Match, Op, Outcome, Penalty, Player, PlayerId, PlayerIn,
    Powerplay, Replacement, Review, Role, Setup, Side, TargetSet, Team, Tiebreak, Toss, Words,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Players of each side.
const SIDE: u16 = 11;

fn setup(format: Format) -> Setup {
    let players =
        |name: &'static str, side| (0..SIDE).map(move |it| Player { name: format!("{name} {it}"), side });
    Setup {
        teams: vec![Team::named("Home"), Team::named("Away")],
        players: players("Home", Side::Home).chain(players("Away", Side::Away)).collect(),
        format,
        balls_per_over: if format == Format::Hundred { 5 } else { 6 },
        overs: if format.is_multi_day() { None } else { Some(5) },
        free_hits: !format.is_multi_day(),
        ..Setup::default()
    }
}

fn formats() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::T20), Just(Format::Test), Just(Format::Odi), Just(Format::Hundred)]
}

/// A die for each ball of a legal match: what it is to be, and a second figure where it needs one.
type Die = (u8, u8);

/// What a die makes of the match as it stands: a command that the rules allow.
fn legal(game: &Match, (kind, figure): Die) -> Command {
    let Some(innings) = game.current() else {
        let multi_day = game.setup.format.is_multi_day();
        let batting = match game.innings.last() {
            None if figure % 2 == 0 => Side::Home,
            None => Side::Away,
            Some(last) => last.batting.other(),
        };
        let regular = game.innings.iter().filter(|it| !it.super_over).count();
        let super_over = !multi_day && regular == 2;
        return match game.innings.len() {
            count if (multi_day && count == 4) || count >= 6 => Command::Break("Over".to_owned()),
            _ => Command::InningsStart(InningsStart { batting, super_over, ..InningsStart::default() }),
        };
    };
    match kind {
        0..=1 => Command::Penalty(Penalty { runs: 5, outside_play: false, to_fielding: false }),
        2 if innings.over_balls > 0 => Command::OverEnd,
        3 if figure < 20 => Command::InningsEnd(InningsEnd::Declared),
        4 => Command::Delay("Rain".to_owned()),
        _ => Command::Ball(legal_ball(innings, kind, figure)),
    }
}

fn legal_ball(innings: &Innings, kind: u8, figure: u8) -> Ball {
    let base = innings.batting.index() as u16 * SIDE;
    let at: Vec<PlayerId> = innings.at_wicket().map(|it| it.player).collect();
    let back = |it: &PlayerId| {
        !at.contains(it) && innings.batter(*it).is_none_or(|it| it.state == BatterState::Retired)
    };
    let mut next = (base..base + SIDE).map(PlayerId).filter(back);
    let mut pair: Vec<PlayerId> = at.clone();
    while pair.len() < 2 {
        pair.push(next.next().expect("an innings with nobody left has ended"));
    }
    if figure.is_multiple_of(2) {
        pair.swap(0, 1);
    }
    let bowling = innings.batting.other().index() as u16 * SIDE;
    let mut ball = Ball {
        striker: pair[0],
        non_striker: pair[1],
        bowler: PlayerId(bowling + u16::from(figure) % SIDE),
        ..Ball::default()
    };
    if let Some(bowler) = innings.bowler
        && figure < 240
    {
        ball.bowler = bowler;
    }
    let runs = figure % 7;
    match kind {
        5..=19 => ball.extras.wides = u16::from(runs % 5) + 1,
        20..=29 => (ball.extras.no_balls, ball.runs) = (1, runs),
        30..=39 => ball.extras.leg_byes = u16::from(runs) + 1,
        40..=44 => ball.extras.byes = u16::from(runs) + 1,
        45..=47 => ball.extras.penalty = 5,
        48..=70 if !innings.free_hit => {
            let kinds =
                [DismissalKind::Bowled, DismissalKind::Caught, DismissalKind::Lbw, DismissalKind::RetiredOut];
            let kind = kinds[usize::from(runs) % kinds.len()];
            ball.wickets.push(Dismissal { player: ball.striker, kind, fielders: Vec::new() });
        }
        71..=75 => {
            let player = if figure < 128 { ball.striker } else { ball.non_striker };
            ball.wickets.push(Dismissal { player, kind: DismissalKind::RunOut, fielders: Vec::new() });
            ball.runs = runs % 3;
        }
        _ => {
            ball.runs = runs;
            ball.boundary = match runs {
                4 => Some(Boundary::Four),
                6 => Some(Boundary::Six),
                _ => None,
            };
        }
    }
    ball
}

/// The commands of a legal match, with the match that they make.
fn tell(format: Format, dice: &[Die]) -> (Match, Vec<Command>) {
    let mut game = Match::new(setup(format)).expect("a right setup");
    let mut commands = Vec::new();
    for die in dice {
        let command = legal(&game, *die);
        game.apply(&command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        commands.push(command);
    }
    (game, commands)
}

fn dice() -> impl Strategy<Value = Vec<Die>> {
    vec(any::<Die>(), 0..400)
}

/// Anything that can be said at all, sensible or not.
fn garbage() -> impl Strategy<Value = Command> {
    let side = || prop_oneof![Just(Side::Home), Just(Side::Away)];
    let player = || prop_oneof![9 => (0..2 * SIDE).prop_map(PlayerId), 1 => any::<u16>().prop_map(PlayerId)];
    let kind = || {
        use DismissalKind as Kind;
        proptest::sample::select(vec![
            Kind::Bowled,
            Kind::Caught,
            Kind::RunOut,
            Kind::Stumped,
            Kind::TimedOut,
            Kind::RetiredOut,
            Kind::RetiredHurt,
        ])
    };
    let fielder = prop_oneof![
        player().prop_map(Fielder::Player),
        option::of("[a-z]{0,4}").prop_map(Fielder::Substitute)
    ];
    let dismissal = move || {
        (player(), kind(), vec(fielder.clone(), 0..3)).prop_map(|(player, kind, fielders)| Dismissal {
            player,
            kind,
            fielders,
        })
    };
    let figure = || prop_oneof![6 => Just(0u16), 3 => 0..8u16, 1 => any::<u16>()];
    let extras = (figure(), figure(), figure(), figure(), figure()).prop_map(
        |(wides, no_balls, byes, leg_byes, penalty)| Extras { wides, no_balls, byes, leg_byes, penalty },
    );
    let review = (any::<bool>(), option::of(player())).prop_map(|(by_batting, batter)| Review {
        by_batting,
        batter,
        decision: Decision::StruckDown,
        ..Review::default()
    });
    let over = prop_oneof![8 => Just(None), 6 => (0..6u16).prop_map(Some), 1 => any::<u16>().prop_map(Some)];
    let runs = prop_oneof![9 => 0..7u8, 1 => any::<u8>()];
    let boundary = proptest::sample::select(vec![None, None, Some(Boundary::Four), Some(Boundary::Six)]);
    let ball = (
        (over, player(), player(), player(), runs, boundary),
        (extras, vec(dismissal(), 0..3), option::weighted(0.1, review), any::<bool>()),
    );
    let ball = ball.prop_map(|((over, striker, non_striker, bowler, runs, boundary), rest)| {
        let (extras, wickets, review, as_recorded) = rest;
        Ball { over, striker, non_striker, bowler, runs, boundary, extras, wickets, review, as_recorded }
    });
    let start = (side(), any::<bool>(), option::of(0..40u16), any::<bool>(), any::<bool>());
    let start = start.prop_map(|(batting, super_over, overs, follow_on, as_recorded)| InningsStart {
        batting,
        super_over: super_over && !follow_on,
        overs,
        follow_on,
        as_recorded,
    });
    let end = proptest::sample::select(vec![InningsEnd::AllOut, InningsEnd::Declared, InningsEnd::Closed]);
    let outcome = prop_oneof![
        (side(), figure()).prop_map(|(winner, runs)| Outcome::Runs { winner, runs, method: None }),
        side().prop_map(|it| Outcome::Tie {
            tiebreak: Some(Tiebreak::SuperOver(it)),
            method: Some("D/L".to_owned())
        }),
        Just(Outcome::Draw),
    ];
    let role = proptest::sample::select(vec![Role::Match, Role::Batter, Role::Bowler]);
    let replacement = (role, option::of(player()), player()).prop_map(|(role, out, player)| Replacement {
        role,
        out,
        player,
        reason: "injury".to_owned(),
    });
    let target = (figure(), option::of(figure()), any::<u8>()).prop_map(|(runs, overs, balls)| TargetSet {
        runs,
        overs,
        balls,
    });
    let penalty = (figure(), any::<bool>(), any::<bool>())
        .prop_map(|(runs, outside_play, to_fielding)| Penalty { runs, outside_play, to_fielding });
    let powerplay = (figure(), figure()).prop_map(|(from_over, to_over)| Powerplay {
        from_over,
        to_over,
        to_ball: 6,
        ..Powerplay::default()
    });
    prop_oneof![
        60 => ball.prop_map(Command::Ball),
        10 => start.prop_map(Command::InningsStart),
        3 => end.prop_map(Command::InningsEnd),
        3 => dismissal().prop_map(Command::BatterOut),
        3 => player().prop_map(|player| Command::BatterIn(PlayerIn { player })),
        2 => player().prop_map(|player| Command::Absent(PlayerIn { player })),
        2 => Just(Command::OverEnd),
        2 => target.prop_map(Command::Target),
        2 => penalty.prop_map(Command::Penalty),
        1 => powerplay.prop_map(Command::Powerplay),
        2 => replacement.prop_map(Command::Replacement),
        1 => side().prop_map(|winner| Command::Toss(Toss { winner, bats: true })),
        1 => Just(Command::Delay("Rain".to_owned())),
        1 => Just(Command::Resume),
        1 => vec(player(), 0..3).prop_map(Command::Awards),
        1 => outcome.prop_map(Command::Result),
    ]
}

/// Reads everything that a page would show; none of it may panic.
fn read_all(game: &Match) -> usize {
    let mut length =
        game.status_text(Words::ENGLISH).len() + game.result_text(Words::ENGLISH).map_or(0, |it| it.len());
    length += usize::from(game.computed_outcome().is_some()) + usize::from(game.powerplay_now().is_some());
    length += usize::from(game.required_rate().is_some()) + usize::from(game.run_rate().is_some());
    length += usize::from(game.lead().is_some()) + usize::from(game.trail().is_some());
    for (index, innings) in game.innings.iter().enumerate() {
        length += innings.score_text().len() + innings.overs_text().len();
        length += innings.batters.iter().map(|it| game.how_out(Words::ENGLISH, it).len()).sum::<usize>();
        for bowled in &innings.recent {
            let label = game.ball_label(bowled);
            assert!(label.chars().count() <= 4, "{label}");
            length += label.len() + game.ball_line(Words::ENGLISH, index, bowled).len();
        }
    }
    length + game.totals().len()
}

/// Totals are batting and extras, bowling and what no bowler is charged with, and the sum of the overs.
fn check_sums(innings: &Innings) {
    let bat: u16 = innings.batters.iter().map(|it| it.runs).sum();
    assert_eq!(bat + innings.extras.total(), innings.runs);
    let charged: u16 = innings.bowlers.iter().map(|it| it.runs).sum();
    let extras = innings.extras;
    assert_eq!(charged + extras.byes + extras.leg_byes + extras.penalty, innings.runs);
    let (wides, no_balls) =
        innings.bowlers.iter().fold((0, 0), |sum, it| (sum.0 + it.wides, sum.1 + it.no_balls));
    assert_eq!((wides, no_balls), (extras.wides, extras.no_balls));
    assert_eq!(innings.bowlers.iter().map(|it| it.balls).sum::<u16>(), innings.legal_balls);
    assert_eq!(innings.falls.len(), usize::from(innings.wickets));
    let out = innings.batters.iter().filter(|it| it.state == BatterState::Out).count();
    assert_eq!(out, usize::from(innings.wickets));
    assert!(innings.at_wicket().count() <= 2);
    assert!(innings.recent.len() <= Innings::RECENT_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_equal_batting_and_extras_and_bowling_with_byes_and_penalties(format in formats(), dice in dice()) {
        let (game, _) = tell(format, &dice);
        for innings in &game.innings {
            check_sums(innings);
            prop_assert!(innings.over_balls < game.setup.balls_per_over);
            let runs: u16 = innings.over_totals.iter().map(|it| it.runs).sum();
            // Penalties between balls of no over are the only runs outside one.
            prop_assert!(runs <= innings.runs && innings.runs - runs <= innings.extras.penalty);
        }
        prop_assert!(read_all(&game) > 0);
    }

    #[test]
    fn a_prefix_and_then_the_rest_fold_to_the_same_as_all(format in formats(), dice in dice(), at in any::<usize>()) {
        let (game, commands) = tell(format, &dice);
        let mut first = Match::new(setup(format)).expect("a right setup");
        let (prefix, rest) = commands.split_at(at % (commands.len() + 1));
        for command in prefix {
            first.apply(command).expect("was applied before");
        }
        // A snapshot goes on where it was taken: nothing is remembered outside the match.
        let mut second = first.clone();
        for command in rest {
            second.apply(command).expect("was applied before");
        }
        prop_assert_eq!(second, game);
    }

    #[test]
    fn appending_and_removing_changes_nothing(format in formats(), dice in dice(), die in any::<Die>()) {
        let (game, commands) = tell(format, &dice);
        let mut log = Log::new(setup(format)).expect("a right setup");
        for (seq, command) in commands.into_iter().enumerate() {
            log.apply(seq as u64, Op::Append(command)).expect("was applied before");
        }
        let entries = log.entries().to_vec();
        let added = legal(&game, die);
        log.apply(1_000, Op::Append(added)).expect("a legal command");
        log.apply(1_001, Op::Remove { of: 1_000 }).expect("the last one can go");
        prop_assert_eq!(log.game(), &game);
        prop_assert_eq!(log.entries(), entries);
    }

    #[test]
    fn corrections_fold_as_the_corrected_list_does(
        format in formats(),
        dice in vec(any::<Die>(), 1..120),
        changes in vec((any::<usize>(), 0..3u8, garbage()), 1..12),
    ) {
        let (_, commands) = tell(format, &dice);
        let mut log = Log::new(setup(format)).expect("a right setup");
        for (seq, command) in commands.into_iter().enumerate() {
            log.apply(seq as u64, Op::Append(command)).expect("was applied before");
        }
        for (index, (place, kind, command)) in changes.into_iter().enumerate() {
            let before = log.clone();
            if log.entries().is_empty() {
                break;
            }
            let of = log.entries()[place % log.entries().len()].0;
            let op = match kind {
                0 => Op::Edit { of, command },
                1 => Op::Insert { before: of, command },
                _ => Op::Remove { of },
            };
            let answer = log.apply(10_000 + index as u64, op);
            if answer.is_err() {
                prop_assert_eq!((log.game(), log.entries(), log.rev()), (before.game(), before.entries(), before.rev()));
                continue;
            }
            prop_assert_eq!(log.rev(), before.rev() + 1);
            let mut fresh = Match::new(setup(format)).expect("a right setup");
            for (_, command) in log.entries() {
                fresh.apply(command).expect("the log holds only what can be");
            }
            prop_assert_eq!(log.game(), &fresh);
        }
    }

    #[test]
    fn whatever_is_said_a_refusal_changes_nothing_and_nothing_overflows(
        format in formats(),
        commands in vec(garbage(), 0..150),
    ) {
        let mut game = Match::new(setup(format)).expect("a right setup");
        for command in &commands {
            let before = game.clone();
            if let Err(refusal) = game.apply(command) {
                prop_assert_eq!(&game, &before);
                prop_assert!(!refusal.explain(&game.setup).is_empty() && !refusal.code().contains(' '));
            }
        }
        prop_assert!(read_all(&game) > 0);
        for innings in &game.innings {
            prop_assert!(innings.recent.len() <= Innings::RECENT_MAX);
            let bat: u16 = innings.batters.iter().map(|it| it.runs).sum();
            prop_assert_eq!(bat + innings.extras.total(), innings.runs);
        }
    }
}
