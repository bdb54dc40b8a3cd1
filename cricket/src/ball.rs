//! One ball, as a scorer writes it down.

use crate::PlayerId;

/// One ball bowled, legal or not. Who faced and who bowled is said with each ball, since the feed knows and the Laws
/// alone cannot tell (a caught batter's partner may or may not have crossed).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ball {
    /// Over (set) in which it was bowled, from 0. `None`: the over that is due. It tells a seventh ball of a miscounted
    /// over from the first of the next.
    pub over: Option<u16>,
    pub striker: PlayerId,
    pub non_striker: PlayerId,
    pub bowler: PlayerId,
    /// Runs off the bat, overthrows included.
    pub runs: u8,
    /// Whether `runs` of four or six reached the boundary; an all-run four is not a boundary (Law 19).
    pub boundary: Option<Boundary>,
    pub extras: Extras,
    /// Rarely two: a batter run out while the other is timed out or retires.
    pub wickets: Vec<Dismissal>,
    pub review: Option<Review>,
    /// An archive says so although the Laws say otherwise (a dismissed batter bats again, a player of the other side
    /// bowls, a wide is hit for four, an eleventh wicket falls): it is then believed, and only unknown players and figures
    /// that would overflow are refused. Never set by live feeds.
    pub as_recorded: bool,
}

impl Ball {
    /// Whether it counts in its over: neither a wide nor a no-ball.
    pub const fn is_legal(&self) -> bool {
        self.extras.is_legal()
    }

    /// All runs it brings the batting side.
    pub const fn total(&self) -> u16 {
        self.extras.total().saturating_add(self.runs as u16)
    }

    /// Runs charged to the bowler: off the bat, wides and no-balls.
    pub const fn charged(&self) -> u16 {
        (self.runs as u16).saturating_add(self.extras.wides).saturating_add(self.extras.no_balls)
    }
}

/// A hit over or to the boundary (Law 19.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    #[default]
    Four,
    Six,
}

/// Runs that are not off the bat, by kind; on a ball, or summed over an innings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The wide itself and what was run on it (Law 22).
    pub wides: u16,
    /// The penalty for the no-ball (Law 21), without byes or runs off the bat.
    pub no_balls: u16,
    pub byes: u16,
    pub leg_byes: u16,
    /// Law 41: five at a time, not charged to the bowler.
    pub penalty: u16,
}

impl Extras {
    /// Sum of all kinds; never overflows (each is checked against a limit long before).
    pub const fn total(&self) -> u16 {
        self.wides
            .saturating_add(self.no_balls)
            .saturating_add(self.byes)
            .saturating_add(self.leg_byes)
            .saturating_add(self.penalty)
    }

    /// Whether the ball counts in its over: neither a wide nor a no-ball.
    pub const fn is_legal(&self) -> bool {
        self.wides == 0 && self.no_balls == 0
    }

    pub(crate) fn add(&mut self, other: &Extras) {
        self.wides += other.wides;
        self.no_balls += other.no_balls;
        self.byes += other.byes;
        self.leg_byes += other.leg_byes;
        self.penalty += other.penalty;
    }
}

/// A batter's end on this ball.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dismissal {
    pub player: PlayerId,
    pub kind: DismissalKind,
    /// In the order they touched the ball: the last one broke the wicket.
    pub fielders: Vec<Fielder>,
}

/// Who caught, stumped or threw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fielder {
    Player(PlayerId),
    /// A substitute, who is in neither side; the name may be unknown.
    Substitute(Option<String>),
}

/// How a batter went: the Laws' ways (32 to 40), and the retirements (25.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DismissalKind {
    #[default]
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
    /// May bat again; not a wicket.
    RetiredHurt,
    /// May bat again with the other captain's consent; not a wicket.
    RetiredNotOut,
}

impl DismissalKind {
    /// In Cricsheet's words: "caught and bowled", "run out".
    pub const fn words(self) -> &'static str {
        match self {
            DismissalKind::Bowled => "bowled",
            DismissalKind::Caught => "caught",
            DismissalKind::CaughtAndBowled => "caught and bowled",
            DismissalKind::Lbw => "lbw",
            DismissalKind::RunOut => "run out",
            DismissalKind::Stumped => "stumped",
            DismissalKind::HitWicket => "hit wicket",
            DismissalKind::HandledTheBall => "handled the ball",
            DismissalKind::HitTheBallTwice => "hit the ball twice",
            DismissalKind::ObstructingTheField => "obstructing the field",
            DismissalKind::TimedOut => "timed out",
            DismissalKind::RetiredOut => "retired out",
            DismissalKind::RetiredHurt => "retired hurt",
            DismissalKind::RetiredNotOut => "retired not out",
        }
    }

    /// Whether the side loses a wicket.
    pub const fn is_wicket(self) -> bool {
        !matches!(self, DismissalKind::RetiredHurt | DismissalKind::RetiredNotOut)
    }

    /// Whether the wicket is credited to the bowler.
    pub const fn is_bowlers(self) -> bool {
        matches!(
            self,
            DismissalKind::Bowled
                | DismissalKind::Caught
                | DismissalKind::CaughtAndBowled
                | DismissalKind::Lbw
                | DismissalKind::Stumped
                | DismissalKind::HitWicket
        )
    }
}

/// An umpire's decision looked at again (DRS).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// True when the batting side asked.
    pub by_batting: bool,
    /// The batter concerned.
    pub batter: Option<PlayerId>,
    pub decision: Decision,
    /// The tracking was within the umpire's call; the side keeps its review.
    pub umpires_call: bool,
    pub umpire: String,
}

/// What became of a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// The review succeeded: the on-field decision was overturned.
    Upheld,
    /// It failed: the side loses a review, unless umpire's call.
    #[default]
    StruckDown,
    /// The technology failed: nothing is lost.
    TechnicalFailure,
}
