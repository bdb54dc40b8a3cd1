//! Any value of the game's types, sensible or not.

use cricket::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[A-Za-z '-]{0,12}", 1 => any::<String>()]
}

fn player() -> impl Strategy<Value = PlayerId> {
    (0_u16..30).prop_map(PlayerId)
}

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Home, Side::Away])
}

fn setup() -> impl Strategy<Value = Setup> {
    use Format::*;
    let team = (text(), text()).prop_map(|(name, short)| Team { name, short });
    let player = (text(), side()).prop_map(|(name, side)| Player { name, side });
    let format = select(vec![Test, Mdm, Odi, Odm, T20, It20, Hundred]);
    let texts = (text(), text(), text(), text());
    let rules = (format, any::<u8>(), of(any::<u16>()), any::<bool>());
    (vec(team, 0..3), vec(player, 0..4), rules, texts).prop_map(|(teams, players, rules, texts)| {
        let ((format, balls_per_over, overs, free_hits), (competition, stage, venue, date)) = (rules, texts);
        Setup { teams, players, format, balls_per_over, overs, free_hits, competition, stage, venue, date }
    })
}

fn extras() -> impl Strategy<Value = Extras> {
    let runs = || prop_oneof![3 => Just(0), 1 => any::<u16>()];
    (runs(), runs(), runs(), runs(), runs()).prop_map(|(wides, no_balls, byes, leg_byes, penalty)| Extras {
        wides,
        no_balls,
        byes,
        leg_byes,
        penalty,
    })
}

fn dismissal() -> impl Strategy<Value = Dismissal> {
    use DismissalKind::*;
    let kind = select(vec![
        Bowled,
        Caught,
        CaughtAndBowled,
        Lbw,
        RunOut,
        Stumped,
        HitWicket,
        HandledTheBall,
        HitTheBallTwice,
        ObstructingTheField,
        TimedOut,
        RetiredOut,
        RetiredHurt,
        RetiredNotOut,
    ]);
    let fielder = prop_oneof![player().prop_map(Fielder::Player), of(text()).prop_map(Fielder::Substitute)];
    (player(), kind, vec(fielder, 0..3)).prop_map(|(player, kind, fielders)| Dismissal {
        player,
        kind,
        fielders,
    })
}

fn ball() -> impl Strategy<Value = Ball> {
    use Decision::*;
    let decision = select(vec![Upheld, StruckDown, TechnicalFailure]);
    let review = (any::<bool>(), of(player()), decision, any::<bool>(), text()).prop_map(
        |(by_batting, batter, decision, umpires_call, umpire)| Review {
            by_batting,
            batter,
            decision,
            umpires_call,
            umpire,
        },
    );
    let boundary = of(select(vec![Boundary::Four, Boundary::Six]));
    let people = (player(), player(), player());
    let what = (any::<u8>(), boundary, extras(), vec(dismissal(), 0..2), of(review));
    (of(any::<u16>()), people, what, any::<bool>()).prop_map(|(over, people, what, as_recorded)| {
        let (striker, non_striker, bowler) = people;
        let (runs, boundary, extras, wickets, review) = what;
        Ball { over, striker, non_striker, bowler, runs, boundary, extras, wickets, review, as_recorded }
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let tiebreak = (side(), 0..3).prop_map(|(side, kind)| match kind {
        0 => Tiebreak::SuperOver(side),
        1 => Tiebreak::BowlOut(side),
        _ => Tiebreak::Rule(side),
    });
    let number = any::<u16>();
    (0..8, side(), number, of(text()), of(tiebreak)).prop_map(|(kind, winner, number, method, tiebreak)| {
        match kind {
            0 => Outcome::Runs { winner, runs: number, method },
            1 => Outcome::Wickets { winner, wickets: number as u8, method },
            2 => Outcome::Innings { winner, runs: number, method },
            3 => Outcome::Win { winner, method },
            4 => Outcome::Tie { tiebreak, method },
            5 => Outcome::Draw,
            6 => Outcome::NoResult,
            _ => Outcome::Abandoned,
        }
    })
}

fn innings_end() -> impl Strategy<Value = InningsEnd> {
    use InningsEnd::*;
    select(vec![AllOut, OversComplete, TargetReached, Declared, Forfeited, Closed])
}

fn powerplay() -> impl Strategy<Value = Powerplay> {
    use PowerplayKind::*;
    let kind = select(vec![Mandatory, Batting, Fielding]);
    (kind, any::<u16>(), any::<u8>(), any::<u16>(), any::<u8>()).prop_map(
        |(kind, from_over, from_ball, to_over, to_ball)| Powerplay {
            kind,
            from_over,
            from_ball,
            to_over,
            to_ball,
        },
    )
}

fn replacement() -> impl Strategy<Value = Replacement> {
    let role = select(vec![Role::Match, Role::Bowler, Role::Batter]);
    (role, of(player()), player(), text()).prop_map(|(role, out, player, reason)| Replacement {
        role,
        out,
        player,
        reason,
    })
}

fn toss() -> impl Strategy<Value = Toss> {
    (side(), any::<bool>()).prop_map(|(winner, bats)| Toss { winner, bats })
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let start = (side(), any::<bool>(), of(any::<u16>()), any::<bool>(), any::<bool>()).prop_map(
        |(batting, super_over, overs, follow_on, as_recorded)| InningsStart {
            batting,
            super_over,
            overs,
            follow_on,
            as_recorded,
        },
    );
    let target = (any::<u16>(), of(any::<u16>()), any::<u8>());
    let penalty = (any::<u16>(), any::<bool>(), any::<bool>());
    let player_in = || player().prop_map(|player| PlayerIn { player });
    let others = prop_oneof![
        toss().prop_map(Command::Toss),
        start.prop_map(Command::InningsStart),
        target.prop_map(|(runs, overs, balls)| Command::Target(TargetSet { runs, overs, balls })),
        Just(Command::OverEnd),
        player_in().prop_map(Command::BatterIn),
        dismissal().prop_map(Command::BatterOut),
        player_in().prop_map(Command::Absent),
        penalty.prop_map(|(runs, outside_play, to_fielding)| {
            Command::Penalty(Penalty { runs, outside_play, to_fielding })
        }),
    ];
    let rest = prop_oneof![
        powerplay().prop_map(Command::Powerplay),
        replacement().prop_map(Command::Replacement),
        innings_end().prop_map(Command::InningsEnd),
        text().prop_map(Command::Delay),
        text().prop_map(Command::Break),
        Just(Command::Resume),
        outcome().prop_map(Command::Result),
        vec(player(), 0..3).prop_map(Command::Awards),
    ];
    prop_oneof![3 => ball().prop_map(Command::Ball), 2 => others, 2 => rest]
}

fn batter() -> impl Strategy<Value = Batter> {
    let state = select(vec![BatterState::Batting, BatterState::Out, BatterState::Retired]);
    let figures = (any::<u16>(), any::<u16>(), any::<u16>(), any::<u16>());
    (player(), figures, state, of(dismissal()), of(player())).prop_map(
        |(player, (runs, balls, fours, sixes), state, dismissal, dismissed_by)| Batter {
            player,
            runs,
            balls,
            fours,
            sixes,
            state,
            dismissal,
            dismissed_by,
        },
    )
}

fn innings() -> impl Strategy<Value = Innings> {
    let small = (any::<u8>(), any::<bool>(), any::<u16>());
    let bowled = (any::<u16>(), small, ball()).prop_map(|(over, (number, free_hit, runs), ball)| Bowled {
        over,
        number,
        ball,
        runs,
        wickets: number,
        free_hit,
    });
    let bowler = (player(), any::<u16>(), any::<u8>()).prop_map(|(player, runs, wickets)| Bowler {
        player,
        runs,
        wickets,
        ..Bowler::default()
    });
    let over = (any::<u16>(), any::<u8>()).prop_map(|(runs, wickets)| OverTotal { runs, wickets });
    let target = (any::<u16>(), any::<bool>()).prop_map(|(runs, from_feed)| Target { runs, from_feed });
    let lists =
        (vec(batter(), 0..3), vec(bowler, 0..3), vec(bowled, 0..3), vec(over, 0..3), vec(powerplay(), 0..2));
    let ends = (of(player()), of(player()), of(player()), of(innings_end()), of(target));
    (side(), any::<u16>(), any::<bool>(), extras(), lists, ends).prop_map(
        |(batting, runs, super_over, extras, lists, ends)| {
            let (batters, bowlers, recent, over_totals, powerplays) = lists;
            let (striker, non_striker, bowler, end, target) = ends;
            Innings {
                batting,
                runs,
                super_over,
                extras,
                batters,
                bowlers,
                recent,
                over_totals,
                powerplays,
                striker,
                non_striker,
                bowler,
                end,
                target,
                overs_max: Some(runs),
                absent: striker.into_iter().collect(),
                ..Innings::default()
            }
        },
    )
}

pub(crate) fn game() -> impl Strategy<Value = Match> {
    use Phase::*;
    let phase = select(vec![Upcoming, Play, Break, Delayed, Finished]);
    let rest = (of(toss()), vec(replacement(), 0..2), of(outcome()), vec(player(), 0..2));
    (setup(), phase, text(), vec(innings(), 0..3), rest).prop_map(|(setup, phase, note, innings, rest)| {
        let (toss, replacements, outcome, awards) = rest;
        Match { setup, toss, phase, note, innings, replacements, outcome, awards }
    })
}
