//! How a match ended.

use crate::Side;

/// A result. [`crate::Match::result_text`] says it in words. `method` is the rule by which it was reached when not the plain
/// one, in the feed's words: "D/L", "VJD", "Awarded".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Runs {
        winner: Side,
        runs: u16,
        method: Option<String>,
    },
    Wickets {
        winner: Side,
        wickets: u8,
        method: Option<String>,
    },
    /// By an innings and so many runs.
    Innings {
        winner: Side,
        runs: u16,
        method: Option<String>,
    },
    /// A winner with no margin: awarded, conceded, or settled otherwise.
    Win {
        winner: Side,
        method: Option<String>,
    },
    Tie {
        tiebreak: Option<Tiebreak>,
        method: Option<String>,
    },
    Draw,
    NoResult,
    /// Called off without a ball bowled.
    Abandoned,
}

/// How a tie was settled, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tiebreak {
    SuperOver(Side),
    BowlOut(Side),
    /// Fewer wickets lost, boundaries…: settled by the competition's rule.
    Rule(Side),
}
