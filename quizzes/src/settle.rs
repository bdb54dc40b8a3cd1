//! What is right, by the match's log.

use crate::course::{Course, Inning};
use crate::kind::{Band, Kind, Named, Team, band_of};
use cricket::{DismissalKind, InningsEnd, Outcome as Result, Tiebreak};
use serde::{Deserialize, Serialize};

/// What came of a question so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This one is right.
    Choice(String),
    /// Play has not told yet.
    NotYet,
    /// It cannot be answered any more: nobody was right or wrong.
    Void(Why),
}

/// Why a question is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The over, the ball or the innings that it is about was not bowled, or not to its end.
    NotPlayed,
    /// The innings was shortened.
    Shortened,
    /// Two of its choices are as right as each other.
    Shared,
    /// Nobody has won: a tie, a draw, or no result.
    NoWinner,
    /// It was taken down before it was settled.
    Withdrawn,
}

impl Why {
    pub const ALL: [Why; 5] = [Why::NotPlayed, Why::Shortened, Why::Shared, Why::NoWinner, Why::Withdrawn];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Why::NotPlayed => "not-played",
            Why::Shortened => "shortened",
            Why::Shared => "shared",
            Why::NoWinner => "no-winner",
            Why::Withdrawn => "withdrawn",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What a match has made of a question. Asked again after a correction it may answer something else.
pub fn settle(kind: &Kind, course: &Course) -> Outcome {
    match kind {
        Kind::OverRuns { innings, over, bands } => {
            let runs = |it: Inning<'_>| sum(it.balls_of(*over).map(|ball| ball.runs));
            of_over(course, *innings, *over, |it| {
                of_band(bands, over_total(it, *over).unwrap_or_else(|| runs(it)))
            })
        }
        Kind::OverWicket { innings, over } => of_over(course, *innings, *over, |it| {
            let total = it.state.over_totals.get(usize::from(*over) - 1);
            choice(if total.is_some_and(|it| it.wickets > 0) { "yes" } else { "no" })
        }),
        Kind::OverBoundaries { innings, over, bands } => of_over(course, *innings, *over, |it| {
            let hit = it.balls_of(*over).filter(|ball| ball.boundary.is_some()).count();
            of_band(bands, u16::try_from(hit).unwrap_or(u16::MAX))
        }),
        Kind::BallRuns { innings, over, ball, bands } => of_ball(course, *innings, (*over, *ball), bands),
        Kind::Winner => winner(course, Outcome::Void(Why::NoWinner)),
        Kind::WinnerOrDraw => winner(course, choice(Kind::DRAW)),
        Kind::TopScorer { side, players } => top_scorer(course, *side, players),
        Kind::InningsTotal { innings, bands } => of_innings(course, *innings, bands),
        Kind::PowerplayTotal { innings, overs, bands } => of_powerplay(course, *innings, *overs, bands),
        Kind::NextWicket { innings, wicket } => next_wicket(course, *innings, *wicket),
        Kind::Trivia { right, .. } => choice(right),
    }
}

fn choice(id: &str) -> Outcome {
    Outcome::Choice(id.to_owned())
}

fn sum(runs: impl Iterator<Item = u16>) -> u16 {
    runs.fold(0, u16::saturating_add)
}

/// As scoreboards have it, penalties among them.
fn over_total(it: Inning<'_>, over: u16) -> Option<u16> {
    it.state.over_totals.get(usize::from(over) - 1).map(|it| it.runs)
}

fn of_band(bands: &[Band], number: u16) -> Outcome {
    // Bands that were checked have every number.
    band_of(bands, number).map_or(Outcome::NotYet, choice)
}

/// None yet where the innings may come still.
fn innings_of(course: &Course, number: u8) -> std::result::Result<Inning<'_>, Outcome> {
    match course.innings(number) {
        Some(it) => Ok(it),
        None if course.is_over() => Err(Outcome::Void(Why::NotPlayed)),
        None => Err(Outcome::NotYet),
    }
}

/// Of an over that was bowled to its end, or cut short by the end of an innings that was played out.
fn of_over(course: &Course, innings: u8, over: u16, told: impl Fn(Inning<'_>) -> Outcome) -> Outcome {
    let it = match innings_of(course, innings) {
        Ok(it) => it,
        Err(outcome) => return outcome,
    };
    let has_begun = it.balls_of(over).next().is_some();
    if has_begun && (it.is_complete(over) || it.is_played_out()) {
        return told(it);
    }
    // An archive may lack an over.
    match it.end().is_some() || course.is_over() || it.is_complete(over) {
        true => Outcome::Void(Why::NotPlayed),
        false => Outcome::NotYet,
    }
}

fn of_ball(course: &Course, innings: u8, (over, ball): (u16, u8), bands: &[Band]) -> Outcome {
    let it = match innings_of(course, innings) {
        Ok(it) => it,
        Err(outcome) => return outcome,
    };
    if let Some(bowled) = it.balls_of(over).nth(usize::from(ball) - 1) {
        return of_band(bands, bowled.runs);
    }
    match it.end().is_some() || course.is_over() || it.is_complete(over) {
        true => Outcome::Void(Why::NotPlayed),
        false => Outcome::NotYet,
    }
}

fn winner(course: &Course, nobody: Outcome) -> Outcome {
    let Some(outcome) = &course.game().outcome else { return Outcome::NotYet };
    match outcome {
        Result::Runs { winner, .. }
        | Result::Wickets { winner, .. }
        | Result::Innings { winner, .. }
        | Result::Win { winner, .. } => choice(Team::from(*winner).word()),
        Result::Tie { tiebreak: Some(tiebreak), .. } => match tiebreak {
            Tiebreak::SuperOver(side) | Tiebreak::BowlOut(side) | Tiebreak::Rule(side) => {
                choice(Team::from(*side).word())
            }
        },
        Result::Tie { tiebreak: None, .. } | Result::Draw => nobody,
        Result::NoResult | Result::Abandoned => Outcome::Void(Why::NoWinner),
    }
}

fn top_scorer(course: &Course, side: Team, players: &[Named]) -> Outcome {
    let Some(it) = course.first_innings_of(side) else {
        return if course.is_over() { Outcome::Void(Why::NotPlayed) } else { Outcome::NotYet };
    };
    if it.end().is_none() {
        return if course.is_over() { Outcome::Void(Why::NotPlayed) } else { Outcome::NotYet };
    }
    let Some(most) = it.state.batters.iter().map(|it| it.runs).max() else {
        return Outcome::Void(Why::NotPlayed);
    };
    let setup = &course.game().setup;
    let named = |name: &str| {
        let known = players.iter().find(|it| it.name == name);
        known.map_or(Kind::SOMEBODY_ELSE, |it| it.id.as_str())
    };
    let first = it.state.batters.iter().filter(|it| it.runs == most).map(|it| named(setup.name(it.player)));
    let mut first: Vec<&str> = first.collect();
    first.dedup();
    match first.as_slice() {
        [one] => choice(one),
        _ => Outcome::Void(Why::Shared),
    }
}

/// Whether the innings had fewer overs than were agreed, or was broken off.
fn is_shortened(course: &Course, it: Inning<'_>) -> bool {
    let agreed = course.game().setup.overs;
    let has_fewer = agreed.is_some() && it.state.overs_max < agreed;
    has_fewer || it.end() == Some(InningsEnd::Closed)
}

fn of_innings(course: &Course, innings: u8, bands: &[Band]) -> Outcome {
    let it = match innings_of(course, innings) {
        Ok(it) => it,
        Err(outcome) => return outcome,
    };
    match it.end() {
        None if course.is_over() => Outcome::Void(Why::NotPlayed),
        None => Outcome::NotYet,
        Some(InningsEnd::Forfeited) => Outcome::Void(Why::NotPlayed),
        Some(_) if is_shortened(course, it) => Outcome::Void(Why::Shortened),
        Some(_) => of_band(bands, it.state.runs),
    }
}

fn of_powerplay(course: &Course, innings: u8, overs: u16, bands: &[Band]) -> Outcome {
    let it = match innings_of(course, innings) {
        Ok(it) => it,
        Err(outcome) => return outcome,
    };
    if it.is_complete(overs) || it.is_played_out() {
        let last = it.played.balls.iter().rfind(|it| it.over <= overs);
        return match last {
            Some(_) if is_shortened(course, it) && it.state.overs_max.is_some_and(|max| max <= overs) => {
                Outcome::Void(Why::Shortened)
            }
            Some(last) => of_band(bands, last.score),
            None => Outcome::Void(Why::NotPlayed),
        };
    }
    match it.end().is_some() || course.is_over() {
        true => Outcome::Void(Why::NotPlayed),
        false => Outcome::NotYet,
    }
}

fn next_wicket(course: &Course, innings: u8, wicket: u8) -> Outcome {
    let it = match innings_of(course, innings) {
        Ok(it) => it,
        Err(outcome) => return outcome,
    };
    if let Some(fall) = it.played.falls.get(usize::from(wicket) - 1) {
        return choice(way(fall.kind));
    }
    if it.is_played_out() || it.end() == Some(InningsEnd::Declared) {
        return choice(Kind::NO_WICKET);
    }
    match it.end().is_some() || course.is_over() {
        true => Outcome::Void(Why::NotPlayed),
        false => Outcome::NotYet,
    }
}

fn way(kind: DismissalKind) -> &'static str {
    match kind {
        DismissalKind::Bowled => "bowled",
        DismissalKind::Caught | DismissalKind::CaughtAndBowled => "caught",
        DismissalKind::Lbw => "lbw",
        DismissalKind::RunOut => "run-out",
        DismissalKind::Stumped => "stumped",
        DismissalKind::HitWicket
        | DismissalKind::HandledTheBall
        | DismissalKind::HitTheBallTwice
        | DismissalKind::ObstructingTheField
        | DismissalKind::TimedOut
        | DismissalKind::RetiredOut
        | DismissalKind::RetiredHurt
        | DismissalKind::RetiredNotOut => "other",
    }
}
