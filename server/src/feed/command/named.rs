//! A command of the game in a feed's names.

use super::{
    Award, Awards, Ball, Boundary, Extras, FeedCommand, Fielder, InningsEnd, InningsStart, MatchResult,
    Nothing, Out, Penalty, PlayerOf, Powerplay, Reason, Replacement, ResultBy, Review, Target, TiebreakKind,
    Toss, TossDecision, Who,
};
use cricket as game;
use game::{Dismissal, Outcome, PlayerId, Setup, Side, Tiebreak};

impl FeedCommand {
    /// The command as a feed would send it: the inverse of [`FeedCommand::resolve`], for replays and the sandbox.
    pub fn of(command: &game::Command, setup: &Setup) -> Self {
        let name = |player: PlayerId| setup.name(player).to_owned();
        let team = |side: Side| setup.team(side).name.clone();
        let reason = |text: &String| Reason { reason: text.clone() };
        match command {
            game::Command::Toss(toss) => FeedCommand::Toss(Toss {
                winner: team(toss.winner),
                decision: if toss.bats { TossDecision::Bat } else { TossDecision::Field },
            }),
            game::Command::InningsStart(start) => FeedCommand::InningsStart(InningsStart {
                team: team(start.batting),
                super_over: start.super_over,
                overs: start.overs,
                follow_on: start.follow_on,
                as_recorded: start.as_recorded,
            }),
            game::Command::Target(target) => {
                FeedCommand::Target(Target { runs: target.runs, overs: target.overs, balls: target.balls })
            }
            game::Command::Ball(ball) => FeedCommand::Ball(Ball::of(ball, setup)),
            game::Command::OverEnd => FeedCommand::OverEnd(Nothing {}),
            game::Command::BatterIn(it) => FeedCommand::BatterIn(Who { player: name(it.player) }),
            game::Command::BatterOut(out) => FeedCommand::BatterOut(Out::of(out, setup)),
            game::Command::Absent(it) => FeedCommand::Absent(Who { player: name(it.player) }),
            game::Command::Penalty(it) => FeedCommand::Penalty(Penalty {
                runs: it.runs,
                outside_play: it.outside_play,
                to_fielding: it.to_fielding,
            }),
            game::Command::Powerplay(it) => FeedCommand::Powerplay(Powerplay {
                kind: it.kind.into(),
                from: format!("{}.{}", it.from_over, it.from_ball),
                to: format!("{}.{}", it.to_over, it.to_ball),
            }),
            game::Command::Replacement(it) => FeedCommand::Replacement(Replacement {
                player: name(it.player),
                out: it.out.map(name),
                team: [Some(it.player), it.out]
                    .into_iter()
                    .flatten()
                    .find_map(|it| team_of_shared_name(it, setup)),
                role: it.role.into(),
                reason: it.reason.clone(),
            }),
            game::Command::InningsEnd(end) => FeedCommand::InningsEnd(InningsEnd { reason: (*end).into() }),
            game::Command::Delay(text) => FeedCommand::Delay(reason(text)),
            game::Command::Break(text) => FeedCommand::Break(reason(text)),
            game::Command::Resume => FeedCommand::Resume(Nothing {}),
            game::Command::Result(outcome) => FeedCommand::Result(MatchResult::of(outcome, setup)),
            game::Command::Awards(players) => FeedCommand::Awards(Awards {
                players: players.iter().map(|it| Award::of(*it, setup)).collect(),
            }),
        }
    }
}

impl Ball {
    fn of(ball: &game::Ball, setup: &Setup) -> Self {
        let name = |player: PlayerId| setup.name(player).to_owned();
        let extras = ball.extras;
        let batting = setup.player(ball.striker).map_or(Side::Home, |it| it.side);
        Self {
            over: ball.over,
            striker: name(ball.striker),
            non_striker: name(ball.non_striker),
            bowler: name(ball.bowler),
            runs: ball.runs,
            boundary: ball.boundary.map(|it| match it {
                game::Boundary::Four => Boundary::Four,
                game::Boundary::Six => Boundary::Six,
            }),
            extras: Extras {
                wides: extras.wides,
                no_balls: extras.no_balls,
                byes: extras.byes,
                leg_byes: extras.leg_byes,
                penalty: extras.penalty,
            },
            wickets: ball.wickets.iter().map(|it| Out::of(it, setup)).collect(),
            review: ball.review.as_ref().map(|it| Review {
                by: setup.team(if it.by_batting { batting } else { batting.other() }).name.clone(),
                batter: it.batter.map(name),
                decision: it.decision.into(),
                umpires_call: it.umpires_call,
                umpire: it.umpire.clone(),
            }),
            as_recorded: ball.as_recorded,
        }
    }
}

impl Out {
    fn of(dismissal: &Dismissal, setup: &Setup) -> Self {
        let fielder = |it: &game::Fielder| match it {
            game::Fielder::Player(player) => {
                Fielder { name: Some(setup.name(*player).to_owned()), substitute: false }
            }
            game::Fielder::Substitute(name) => Fielder { name: name.clone(), substitute: true },
        };
        Self {
            player: setup.name(dismissal.player).to_owned(),
            kind: dismissal.kind.into(),
            fielders: dismissal.fielders.iter().map(fielder).collect(),
        }
    }
}

impl MatchResult {
    fn of(outcome: &Outcome, setup: &Setup) -> Self {
        let team = |side: &Side| Some(setup.team(*side).name.clone());
        let plain = |by, winner, margin, method: &Option<String>| Self {
            by,
            winner,
            margin,
            tiebreak: None,
            method: method.clone(),
        };
        match outcome {
            Outcome::Runs { winner, runs, method } => plain(ResultBy::Runs, team(winner), *runs, method),
            Outcome::Wickets { winner, wickets, method } => {
                plain(ResultBy::Wickets, team(winner), u16::from(*wickets), method)
            }
            Outcome::Innings { winner, runs, method } => {
                plain(ResultBy::Innings, team(winner), *runs, method)
            }
            Outcome::Win { winner, method } => plain(ResultBy::Win, team(winner), 0, method),
            Outcome::Tie { tiebreak, method } => {
                let (kind, side) = match tiebreak {
                    None => (None, None),
                    Some(Tiebreak::SuperOver(side)) => (Some(TiebreakKind::SuperOver), team(side)),
                    Some(Tiebreak::BowlOut(side)) => (Some(TiebreakKind::BowlOut), team(side)),
                    Some(Tiebreak::Rule(side)) => (Some(TiebreakKind::Rule), team(side)),
                };
                Self { tiebreak: kind, ..plain(ResultBy::Tie, side, 0, method) }
            }
            Outcome::Draw => plain(ResultBy::Draw, None, 0, &None),
            Outcome::NoResult => plain(ResultBy::NoResult, None, 0, &None),
            Outcome::Abandoned => plain(ResultBy::Abandoned, None, 0, &None),
        }
    }
}

impl Award {
    fn of(player: PlayerId, setup: &Setup) -> Self {
        let name = setup.name(player).to_owned();
        match team_of_shared_name(player, setup) {
            Some(team) => Award::Of(PlayerOf { player: name, team }),
            None => Award::Player(name),
        }
    }
}

/// The player's team, if the other one has a player of the same name.
fn team_of_shared_name(player: PlayerId, setup: &Setup) -> Option<String> {
    let side = setup.player(player)?.side;
    setup.find(side.other(), setup.name(player)).map(|_| setup.team(side).name.clone())
}
