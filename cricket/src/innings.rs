//! One side's turn to bat: totals, batters, bowlers, partnerships, overs.

use crate::text;
use crate::{Ball, Dismissal, Extras, PlayerId, Rate, Setup, Side};

/// The state of one innings. Every figure is derived from commands; nothing here is set by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Innings {
    pub batting: Side,
    pub super_over: bool,
    pub follow_on: bool,
    pub runs: u16,
    /// Wickets lost; retirements that may resume are not counted.
    pub wickets: u8,
    /// Overs (sets) completed, by number: a miscounted over counts as one.
    pub overs: u16,
    /// Legal balls of the over in progress.
    pub over_balls: u8,
    /// All legal balls.
    pub legal_balls: u16,
    pub extras: Extras,
    pub target: Option<Target>,
    /// The innings ends after this many overs and `balls_max` balls; none in multi-day cricket.
    pub overs_max: Option<u16>,
    pub balls_max: u8,
    /// In order of coming in.
    pub batters: Vec<Batter>,
    /// In order of first ball.
    pub bowlers: Vec<Bowler>,
    /// In order; the last one is unbroken while the innings lasts.
    pub partnerships: Vec<Partnership>,
    pub falls: Vec<Fall>,
    /// Who will face the next ball, as far as the Laws tell; none until a new batter is named.
    pub striker: Option<PlayerId>,
    pub non_striker: Option<PlayerId>,
    /// Who bowls this over; none between overs.
    pub bowler: Option<PlayerId>,
    /// Who bowled the over before (may not bowl the next, Law 17.6).
    pub last_bowler: Option<PlayerId>,
    /// The next ball is a free hit.
    pub free_hit: bool,
    /// Runs and wickets of each over, the one in progress included.
    pub over_totals: Vec<OverTotal>,
    /// The last balls, oldest first: at least the over in progress and the one before, at most [`Innings::RECENT_MAX`].
    pub recent: Vec<Bowled>,
    pub powerplays: Vec<Powerplay>,
    pub absent: Vec<PlayerId>,
    /// Unsuccessful reviews by the batting and by the fielding side.
    pub reviews_lost_batting: u8,
    pub reviews_lost_fielding: u8,
    /// None while it lasts.
    pub end: Option<InningsEnd>,
}

impl Innings {
    /// Balls kept in [`Innings::recent`].
    pub const RECENT_MAX: usize = 24;

    /// This batter's innings, once they have come in.
    pub fn batter(&self, player: PlayerId) -> Option<&Batter> {
        self.batters.iter().find(|it| it.player == player)
    }

    /// This bowler's figures, once they have bowled.
    pub fn bowler_of(&self, player: PlayerId) -> Option<&Bowler> {
        self.bowlers.iter().find(|it| it.player == player)
    }

    /// The batters at the wicket, two at most, in order of coming in.
    pub fn at_wicket(&self) -> impl Iterator<Item = &Batter> {
        self.batters.iter().filter(|it| it.state == BatterState::Batting)
    }

    /// The partnership that goes on.
    pub fn partnership(&self) -> Option<&Partnership> {
        self.partnerships.last().filter(|it| {
            self.at_wicket().filter(|b| b.player == it.first || b.player == it.second).count() == 2
        })
    }

    /// Runs an over, miscounted overs taken as whole ones.
    pub fn run_rate(&self, balls_per_over: u8) -> Option<Rate> {
        Rate::new(u32::from(self.runs), u32::from(balls_per_over), self.balls_counted(balls_per_over))
    }

    /// Wickets that end the innings: two in a super over; else ten, or one fewer than the side has players, less the
    /// absent. A side of which fewer than two players are known counts as eleven.
    pub fn wickets_max(&self, setup: &Setup) -> u8 {
        if self.super_over {
            return 2;
        }
        let listed = setup.players.iter().filter(|it| it.side == self.batting).count();
        let all = if listed < 2 { 10 } else { (listed - 1).min(10) };
        u8::try_from(all.saturating_sub(self.absent.len())).unwrap_or(10)
    }
}

impl InningsEnd {
    /// "all out", "declared"…
    pub const fn words(self) -> &'static str {
        match self {
            InningsEnd::AllOut => "all out",
            InningsEnd::OversComplete => "all overs bowled",
            InningsEnd::TargetReached => "target reached",
            InningsEnd::Declared => "declared",
            InningsEnd::Forfeited => "forfeited",
            InningsEnd::Closed => "closed",
        }
    }
}

impl Batter {
    /// Runs a hundred balls; none before the first ball.
    pub fn strike_rate(&self) -> Option<Rate> {
        Rate::new(u32::from(self.runs), 100, u32::from(self.balls))
    }
}

impl Bowler {
    /// Runs an over; none before the first legal ball.
    pub fn economy(&self, balls_per_over: u8) -> Option<Rate> {
        let per = u32::from(balls_per_over);
        Rate::new(u32::from(self.runs), per, u32::from(self.overs) * per + u32::from(self.over_balls))
    }

    /// "4", "3.4".
    pub fn overs_text(&self) -> String {
        if self.over_balls == 0 {
            self.overs.to_string()
        } else {
            text!(self.overs.to_string(), ".", self.over_balls.to_string())
        }
    }
}

/// Why an innings is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InningsEnd {
    #[default]
    AllOut,
    OversComplete,
    TargetReached,
    Declared,
    Forfeited,
    /// Closed early: rain, time, the end of the match.
    Closed,
}

/// What the chasing side needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Runs needed to win.
    pub runs: u16,
    /// Given by the feed (D/L, VJD), or derived from the innings before.
    pub from_feed: bool,
}

/// A batter's innings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batter {
    pub player: PlayerId,
    pub runs: u16,
    /// Balls faced: all but wides.
    pub balls: u16,
    pub fours: u16,
    pub sixes: u16,
    pub state: BatterState,
    /// How they went, when they did; `bowler` is set for every ball on which somebody went.
    pub dismissal: Option<Dismissal>,
    pub dismissed_by: Option<PlayerId>,
}

/// Where a batter is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatterState {
    #[default]
    Batting,
    Out,
    /// Left without being out; may come back.
    Retired,
}

/// A bowler's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bowler {
    pub player: PlayerId,
    /// Legal balls.
    pub balls: u16,
    /// Overs and balls as written ("3.4"): an over completed counts as one however many balls it had.
    pub overs: u16,
    pub over_balls: u8,
    pub maidens: u16,
    /// Runs charged: off the bat, wides and no-balls.
    pub runs: u16,
    pub wickets: u8,
    /// Runs, as in [`Extras`].
    pub wides: u16,
    pub no_balls: u16,
    /// Balls (legal) off which nothing was charged.
    pub dots: u16,
}

/// Runs added by a pair of batters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partnership {
    pub first: PlayerId,
    pub second: PlayerId,
    /// Runs off the bat by each, and in all (extras included).
    pub first_runs: u16,
    pub second_runs: u16,
    pub runs: u16,
    /// Legal balls.
    pub balls: u16,
    /// For which wicket, from 1.
    pub wicket: u8,
}

/// The fall of a wicket: "3-87 (Root, 14.2 ov)".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fall {
    pub wicket: u8,
    pub runs: u16,
    pub player: PlayerId,
    /// Overs completed and balls of the over at that moment.
    pub overs: u16,
    pub balls: u8,
}

/// One over's sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverTotal {
    pub runs: u16,
    pub wickets: u8,
}

/// A ball with its place in the innings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bowled {
    /// From 0.
    pub over: u16,
    /// Legal balls of the over after this one: "14.2" is over 14, number 2; a wide repeats the number of the ball before
    /// plus one, as scorecards do (the ball "being bowled").
    pub number: u8,
    pub ball: Ball,
    /// The score after it.
    pub runs: u16,
    pub wickets: u8,
    pub free_hit: bool,
}

/// Overs with fielding restrictions. From and to are over and ball, counting every ball of the over, from 0.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Powerplay {
    pub kind: PowerplayKind,
    pub from_over: u16,
    pub from_ball: u8,
    pub to_over: u16,
    pub to_ball: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PowerplayKind {
    #[default]
    Mandatory,
    Batting,
    Fielding,
}
