//! From a feed's names to a match's ids.

use super::command::{Ball, Boundary, Fielder, MatchResult, Out, ResultBy, Review, TiebreakKind, Who};
use cricket as game;
use game::{Dismissal, Outcome, PlayerId, Setup, Side, Tiebreak};

/// A name or value that means nothing in this match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("no player of this match is called \"{name}\"")]
    Player { name: String },
    #[error("no team of this match is called \"{name}\"")]
    Team { name: String },
    #[error("{field}: {message}")]
    Value { field: &'static str, message: String },
}

impl Unresolved {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Unresolved::Player { .. } => "unknown-player",
            Unresolved::Team { .. } => "unknown-team",
            Unresolved::Value { .. } => "invalid-value",
        }
    }
}

/// Looks names up in a match.
pub(super) struct Names<'a> {
    pub(super) setup: &'a Setup,
    /// The side that bats, whose players are meant where a name is in both sides.
    pub(super) batting: Side,
}

impl Names<'_> {
    /// A team by its name, or by its short name where the two differ in that.
    pub(super) fn team(&self, name: &str) -> Result<Side, Unresolved> {
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

    pub(super) fn anyone(&self, name: &str) -> Result<PlayerId, Unresolved> {
        self.batter(name)
    }

    pub(super) fn player_in(&self, who: &Who) -> Result<game::PlayerIn, Unresolved> {
        Ok(game::PlayerIn { player: self.batter(&who.player)? })
    }

    pub(super) fn ball(&self, ball: &Ball) -> Result<game::Ball, Unresolved> {
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

    pub(super) fn dismissal(&self, out: &Out) -> Result<Dismissal, Unresolved> {
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

    pub(super) fn outcome(&self, result: &MatchResult) -> Result<Outcome, Unresolved> {
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
