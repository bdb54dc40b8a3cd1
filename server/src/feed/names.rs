//! From a feed's names to a match's ids.

use super::command::{
    Award, Ball, Boundary, FeedCommand, Fielder, MatchResult, Out, Powerplay, Replacement, ResultBy, Review,
    TiebreakKind, TossDecision, Who,
};
use cricket as game;
use game::{Dismissal, Match, Outcome, PlayerId, Setup, Side, Tiebreak};

/// A name or value that means nothing in this match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("no player of this match is called \"{name}\"")]
    Player { name: String },
    #[error("no player of {team} is called \"{name}\"")]
    PlayerOf { name: String, team: String },
    /// Nothing in the command says whose.
    #[error("both teams have a player called \"{name}\": say whose with `team`")]
    Ambiguous { name: String },
    #[error("no team of this match is called \"{name}\"")]
    Team { name: String },
    #[error("{field}: {message}")]
    Value { field: &'static str, message: String },
}

impl Unresolved {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Unresolved::Player { .. } | Unresolved::PlayerOf { .. } => "unknown-player",
            Unresolved::Ambiguous { .. } => "ambiguous-player",
            Unresolved::Team { .. } => "unknown-team",
            Unresolved::Value { .. } => "invalid-value",
        }
    }
}

impl FeedCommand {
    /// The command in ids of `game`, as the next one.
    pub fn resolve(&self, game: &Match) -> Result<game::Command, Unresolved> {
        self.resolve_for(&game.setup, game.innings.last().map_or(Side::Home, |it| it.batting))
    }

    /// The command in ids of a match, at a place where this side bats.
    pub fn resolve_for(&self, setup: &Setup, batting: Side) -> Result<game::Command, Unresolved> {
        let names = Names { setup, batting };
        Ok(match self {
            FeedCommand::Toss(toss) => game::Command::Toss(game::Toss {
                winner: names.team(&toss.winner)?,
                bats: toss.decision == TossDecision::Bat,
            }),
            FeedCommand::InningsStart(start) => game::Command::InningsStart(game::InningsStart {
                batting: names.team(&start.team)?,
                super_over: start.super_over,
                overs: start.overs,
                follow_on: start.follow_on,
                as_recorded: start.as_recorded,
            }),
            FeedCommand::Target(target) => game::Command::Target(game::TargetSet {
                runs: target.runs,
                overs: target.overs,
                balls: target.balls,
            }),
            FeedCommand::Ball(ball) => game::Command::Ball(names.ball(ball)?),
            FeedCommand::OverEnd(_) => game::Command::OverEnd,
            FeedCommand::BatterIn(who) => game::Command::BatterIn(names.player_in(who)?),
            FeedCommand::BatterOut(out) => game::Command::BatterOut(names.dismissal(out)?),
            FeedCommand::Absent(who) => game::Command::Absent(names.player_in(who)?),
            FeedCommand::Penalty(it) => game::Command::Penalty(game::Penalty {
                runs: it.runs,
                outside_play: it.outside_play,
                to_fielding: it.to_fielding,
            }),
            FeedCommand::Powerplay(it) => game::Command::Powerplay(powerplay(it)?),
            FeedCommand::Replacement(it) => game::Command::Replacement(names.replacement(it)?),
            FeedCommand::InningsEnd(end) => game::Command::InningsEnd(end.reason.into()),
            FeedCommand::Delay(it) => game::Command::Delay(it.reason.clone()),
            FeedCommand::Break(it) => game::Command::Break(it.reason.clone()),
            FeedCommand::Resume(_) => game::Command::Resume,
            FeedCommand::Result(result) => game::Command::Result(names.outcome(result)?),
            FeedCommand::Awards(awards) => {
                let players = awards.players.iter().map(|it| names.award(it));
                game::Command::Awards(players.collect::<Result<_, _>>()?)
            }
        })
    }
}

/// Looks names up in a match.
struct Names<'a> {
    setup: &'a Setup,
    /// The side that bats, whose players are meant where a name is in both sides and the command is about batting.
    batting: Side,
}

impl Names<'_> {
    /// A team by its name, or by its short name where the two differ in that.
    fn team(&self, name: &str) -> Result<Side, Unresolved> {
        let [home, away] = [Side::Home, Side::Away].map(|side| self.setup.team(side));
        let by_short = || match (home.short == name, away.short == name) {
            (true, false) => Some(Side::Home),
            (false, true) => Some(Side::Away),
            _ => None,
        };
        self.setup.side(name).or_else(by_short).ok_or_else(|| Unresolved::Team { name: name.to_owned() })
    }

    fn of_side(&self, side: Side, name: &str) -> Result<PlayerId, Unresolved> {
        self.setup
            .find(side, name)
            .or_else(|| self.setup.find(side.other(), name))
            .ok_or_else(|| Unresolved::Player { name: name.to_owned() })
    }

    fn batter(&self, name: &str) -> Result<PlayerId, Unresolved> {
        self.of_side(self.batting, name)
    }

    fn fielder(&self, name: &str) -> Result<PlayerId, Unresolved> {
        self.of_side(self.batting.other(), name)
    }

    /// A player of either side, where nothing but `team` could tell two of one name apart.
    fn anyone(&self, name: &str, team: Option<&str>) -> Result<PlayerId, Unresolved> {
        let name_of = || name.to_owned();
        if let Some(team) = team {
            let found = self.setup.find(self.team(team)?, name);
            return found.ok_or_else(|| Unresolved::PlayerOf { name: name_of(), team: team.to_owned() });
        }
        match [Side::Home, Side::Away].map(|side| self.setup.find(side, name)) {
            [Some(_), Some(_)] => Err(Unresolved::Ambiguous { name: name_of() }),
            [found, None] | [None, found] => found.ok_or_else(|| Unresolved::Player { name: name_of() }),
        }
    }

    fn replacement(&self, it: &Replacement) -> Result<game::Replacement, Unresolved> {
        let anyone = |name: &str| self.anyone(name, it.team.as_deref());
        Ok(game::Replacement {
            role: it.role.into(),
            out: it.out.as_deref().map(anyone).transpose()?,
            player: anyone(&it.player)?,
            reason: it.reason.clone(),
        })
    }

    fn award(&self, award: &Award) -> Result<PlayerId, Unresolved> {
        match award {
            Award::Player(name) => self.anyone(name, None),
            Award::Of(of) => self.anyone(&of.player, Some(&of.team)),
        }
    }

    fn player_in(&self, who: &Who) -> Result<game::PlayerIn, Unresolved> {
        Ok(game::PlayerIn { player: self.batter(&who.player)? })
    }

    fn ball(&self, ball: &Ball) -> Result<game::Ball, Unresolved> {
        let extras = ball.extras;
        Ok(game::Ball {
            over: ball.over,
            striker: self.batter(&ball.striker)?,
            non_striker: self.batter(&ball.non_striker)?,
            bowler: self.fielder(&ball.bowler)?,
            runs: ball.runs,
            boundary: ball.boundary.map(|it| match it {
                Boundary::Four => game::Boundary::Four,
                Boundary::Six => game::Boundary::Six,
            }),
            extras: game::Extras {
                wides: extras.wides,
                no_balls: extras.no_balls,
                byes: extras.byes,
                leg_byes: extras.leg_byes,
                penalty: extras.penalty,
            },
            wickets: ball.wickets.iter().map(|it| self.dismissal(it)).collect::<Result<_, _>>()?,
            review: ball.review.as_ref().map(|it| self.review(it)).transpose()?,
            as_recorded: ball.as_recorded,
        })
    }

    fn dismissal(&self, out: &Out) -> Result<Dismissal, Unresolved> {
        let fielder = |it: &Fielder| match (&it.name, it.substitute) {
            (name, true) => Ok(game::Fielder::Substitute(name.clone())),
            (Some(name), false) => self.fielder(name).map(game::Fielder::Player),
            (None, false) => Err(Unresolved::Value {
                field: "fielders",
                message: "only a substitute may be without a name".to_owned(),
            }),
        };
        Ok(Dismissal {
            player: self.batter(&out.player)?,
            kind: out.kind.into(),
            fielders: out.fielders.iter().map(fielder).collect::<Result<_, _>>()?,
        })
    }

    fn review(&self, review: &Review) -> Result<game::Review, Unresolved> {
        Ok(game::Review {
            by_batting: self.team(&review.by)? == self.batting,
            batter: review.batter.as_deref().map(|name| self.batter(name)).transpose()?,
            decision: review.decision.into(),
            umpires_call: review.umpires_call,
            umpire: review.umpire.clone(),
        })
    }

    fn outcome(&self, result: &MatchResult) -> Result<Outcome, Unresolved> {
        let winner = result.winner.as_deref().map(|name| self.team(name)).transpose()?;
        let needed = || winner.ok_or(Unresolved::Value { field: "winner", message: "is missing".to_owned() });
        let (margin, method) = (result.margin, result.method.clone());
        Ok(match result.by {
            ResultBy::Runs => Outcome::Runs { winner: needed()?, runs: margin, method },
            ResultBy::Wickets => {
                let wickets = u8::try_from(margin).map_err(|_| Unresolved::Value {
                    field: "margin",
                    message: format!("{margin} wickets are too many"),
                })?;
                Outcome::Wickets { winner: needed()?, wickets, method }
            }
            ResultBy::Innings => Outcome::Innings { winner: needed()?, runs: margin, method },
            ResultBy::Win => Outcome::Win { winner: needed()?, method },
            ResultBy::Tie => Outcome::Tie { tiebreak: tiebreak(result.tiebreak, needed)?, method },
            ResultBy::Draw => Outcome::Draw,
            ResultBy::NoResult => Outcome::NoResult,
            ResultBy::Abandoned => Outcome::Abandoned,
        })
    }
}

fn tiebreak(
    kind: Option<TiebreakKind>,
    winner: impl Fn() -> Result<Side, Unresolved>,
) -> Result<Option<Tiebreak>, Unresolved> {
    Ok(match kind {
        None => None,
        Some(TiebreakKind::SuperOver) => Some(Tiebreak::SuperOver(winner()?)),
        Some(TiebreakKind::BowlOut) => Some(Tiebreak::BowlOut(winner()?)),
        Some(TiebreakKind::Rule) => Some(Tiebreak::Rule(winner()?)),
    })
}

fn powerplay(it: &Powerplay) -> Result<game::Powerplay, Unresolved> {
    let place = |field: &'static str, text: &str| {
        let parts =
            text.split_once('.').and_then(|(over, ball)| Some((over.parse().ok()?, ball.parse().ok()?)));
        parts.ok_or_else(|| Unresolved::Value {
            field,
            message: format!("\"{text}\" is not an over and a ball like 5.6"),
        })
    };
    let ((from_over, from_ball), (to_over, to_ball)) = (place("from", &it.from)?, place("to", &it.to)?);
    Ok(game::Powerplay { kind: it.kind.into(), from_over, from_ball, to_over, to_ball })
}
