//! What numbers are of.

use crate::facts::Facts;
use crate::place::Place;

/// What a number counts. Those of the facts have the name of their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Of the ball: all runs, those off the bat, or the extras of one kind.
    Runs,
    Total,
    Wickets,
    /// Runs and wickets together: "187/4".
    Score,
    /// "14.2"
    Over,
    OverNumber,
    OverRuns,
    OverWickets,
    BatterRuns,
    BatterBalls,
    OutRuns,
    OutBalls,
    BowlerWickets,
    BowlerRuns,
    Target,
    Needed,
    BallsLeft,
    Milestone,
    Margin,
}

const ALL: [(&str, Figure, Option<Place>); 19] = [
    ("runs", Figure::Runs, Some(Place::Runs)),
    ("total", Figure::Total, Some(Place::Total)),
    ("wickets", Figure::Wickets, Some(Place::Wickets)),
    ("score", Figure::Score, None),
    ("over", Figure::Over, None),
    ("over_number", Figure::OverNumber, Some(Place::OverNumber)),
    ("over_runs", Figure::OverRuns, Some(Place::OverRuns)),
    ("over_wickets", Figure::OverWickets, Some(Place::OverWickets)),
    ("batter_runs", Figure::BatterRuns, Some(Place::BatterRuns)),
    ("batter_balls", Figure::BatterBalls, Some(Place::BatterBalls)),
    ("out_runs", Figure::OutRuns, Some(Place::OutRuns)),
    ("out_balls", Figure::OutBalls, Some(Place::OutBalls)),
    ("bowler_wickets", Figure::BowlerWickets, Some(Place::BowlerWickets)),
    ("bowler_runs", Figure::BowlerRuns, Some(Place::BowlerRuns)),
    ("target", Figure::Target, Some(Place::Target)),
    ("needed", Figure::Needed, Some(Place::Needed)),
    ("balls_left", Figure::BallsLeft, Some(Place::BallsLeft)),
    ("milestone", Figure::Milestone, Some(Place::Milestone)),
    ("margin", Figure::Margin, Some(Place::Margin)),
];

impl Figure {
    pub(super) fn of_name(name: &str) -> Option<Figure> {
        ALL.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// "needed or target"
    pub(super) fn names(mask: u64) -> String {
        let names: Vec<&str> = ALL.iter().filter(|it| it.1.bit() & mask != 0).map(|it| it.0).collect();
        names.join(" or ")
    }

    /// Which of these the number can be.
    pub(super) fn matching(mask: u64, number: u32, facts: &Facts) -> u64 {
        let is_so = |it: &&(&str, Figure, Option<Place>)| {
            it.1.bit() & mask != 0
                && (it.2.and_then(|place| place.number(facts)) == Some(number)
                    || it.1 == Figure::Runs && is_part(number, facts))
        };
        ALL.iter().filter(is_so).fold(0, |all, it| all | it.1.bit())
    }
}

/// Whether the ball brought so many runs of one kind: "two leg byes" off a no-ball.
fn is_part(number: u32, facts: &Facts) -> bool {
    let extras = &facts.extras;
    [facts.bat_runs, extras.wides, extras.byes, extras.leg_byes, extras.penalty]
        .into_iter()
        .any(|it| it > 0 && u32::from(it) == number)
}
