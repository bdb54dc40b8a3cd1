//! Places for values: what a model writes instead of names and figures, and code fills.

use crate::facts::{By, Facts, How, Out, Verdict};
use crate::language::Language;
use cricket::Message;
use cricket::words::messages as say;
use std::fmt;

/// A place for a value in a line: `{bowler}`. `{runs|run|runs}` is the word that goes with the value of `{runs}`: the
/// former where the language counts it as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    // People.
    Bowler,
    Batter,
    Partner,
    Out,
    /// Where two went with one ball.
    OtherOut,
    Fielder,
    // Teams.
    Team,
    Opponents,
    Winner,
    Loser,
    // Figures.
    Runs,
    Score,
    Total,
    Wickets,
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
    // Texts.
    How,
    Result,
}

impl Place {
    pub const ALL: [Place; 31] = [
        Place::Bowler,
        Place::Batter,
        Place::Partner,
        Place::Out,
        Place::OtherOut,
        Place::Fielder,
        Place::Team,
        Place::Opponents,
        Place::Winner,
        Place::Loser,
        Place::Runs,
        Place::Score,
        Place::Total,
        Place::Wickets,
        Place::Over,
        Place::OverNumber,
        Place::OverRuns,
        Place::OverWickets,
        Place::BatterRuns,
        Place::BatterBalls,
        Place::OutRuns,
        Place::OutBalls,
        Place::BowlerWickets,
        Place::BowlerRuns,
        Place::Target,
        Place::Needed,
        Place::BallsLeft,
        Place::Milestone,
        Place::Margin,
        Place::How,
        Place::Result,
    ];

    /// Between the braces.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// What stands there, for who writes lines.
    pub const fn meaning(self) -> &'static str {
        self.facts().1
    }

    const fn facts(self) -> (&'static str, &'static str) {
        match self {
            Place::Bowler => ("bowler", "who bowled the ball"),
            Place::Batter => ("batter", "who was on strike"),
            Place::Partner => ("partner", "the batter at the other end"),
            Place::Out => ("out", "the batter who is out"),
            Place::OtherOut => ("other_out", "the second batter out with the same ball"),
            Place::Fielder => ("fielder", "who caught, stumped or ran out the batter"),
            Place::Team => ("team", "the side that bats"),
            Place::Opponents => ("opponents", "the side in the field"),
            Place::Winner => ("winner", "the side that won the match"),
            Place::Loser => ("loser", "the side that lost it"),
            Place::Runs => ("runs", "the runs that the ball brought, extras included"),
            Place::Score => ("score", "the score after the ball: \"187/4\""),
            Place::Total => ("total", "the runs of the score"),
            Place::Wickets => ("wickets", "the wickets of the score"),
            Place::Over => ("over", "over and ball: \"14.2\""),
            Place::OverNumber => ("over_number", "the number of the over that is complete"),
            Place::OverRuns => ("over_runs", "the runs of that over"),
            Place::OverWickets => ("over_wickets", "the wickets of that over"),
            Place::BatterRuns => ("batter_runs", "the runs of who was on strike, after the ball"),
            Place::BatterBalls => ("batter_balls", "the balls faced by who was on strike"),
            Place::OutRuns => ("out_runs", "the runs made by who is out"),
            Place::OutBalls => ("out_balls", "the balls faced by who is out"),
            Place::BowlerWickets => ("bowler_wickets", "the bowler's wickets in the innings"),
            Place::BowlerRuns => ("bowler_runs", "the runs charged to the bowler in the innings"),
            Place::Target => ("target", "the runs that win the match"),
            Place::Needed => ("needed", "the runs still needed to win"),
            Place::BallsLeft => ("balls_left", "the balls left in the innings"),
            Place::Milestone => ("milestone", "50, 100, 150… reached by who was on strike"),
            Place::Margin => ("margin", "by how many runs or wickets the match was won"),
            Place::How => ("how", "how the batter is out, as scorecards write it: \"c Smith b Jones\""),
            Place::Result => ("result", "the result: \"Australia won by 6 wickets\""),
        }
    }

    pub fn of_name(name: &str) -> Option<Place> {
        Place::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Those that have a value for this ball.
    pub fn of(facts: &Facts) -> impl Iterator<Item = Place> {
        Place::ALL.into_iter().filter(|it| it.value(facts, Language::English).is_some())
    }

    /// The number that stands there, where it is one.
    pub fn number(self, facts: &Facts) -> Option<u32> {
        let out = facts.first_out();
        let over = facts.over_end.as_ref();
        let chase = facts.chase.as_ref();
        Some(match self {
            Place::Runs => u32::from(facts.runs),
            Place::Total => u32::from(facts.score.runs),
            Place::Wickets => u32::from(facts.score.wickets),
            Place::OverNumber => u32::from(over?.number),
            Place::OverRuns => u32::from(over?.runs),
            Place::OverWickets => u32::from(over?.wickets),
            Place::BatterRuns => u32::from(facts.batter_runs),
            Place::BatterBalls => u32::from(facts.batter_balls),
            Place::OutRuns => u32::from(out?.runs),
            Place::OutBalls => u32::from(out?.balls),
            Place::BowlerWickets => u32::from(facts.bowler_wickets),
            Place::BowlerRuns => u32::from(facts.bowler_runs),
            Place::Target => u32::from(chase?.target),
            Place::Needed => u32::from(chase?.needed),
            Place::BallsLeft => chase?.balls_left?,
            Place::Milestone => u32::from(facts.milestone?),
            Place::Margin => u32::from(facts.verdict.as_ref()?.margin?),
            _ => return None,
        })
    }

    /// What stands there, with the language's digits; none where the ball says nothing of it.
    pub fn value(self, facts: &Facts, language: Language) -> Option<String> {
        if let Some(number) = self.number(facts) {
            return Some(language.words().digits(&number.to_string()));
        }
        let out = facts.first_out();
        let verdict = facts.verdict.as_ref();
        match self {
            Place::Bowler => known(&facts.bowler),
            Place::Batter => known(&facts.batter),
            Place::Partner => known(&facts.non_striker),
            Place::Out => known(&out?.player),
            Place::OtherOut => known(&facts.out.get(1)?.player),
            Place::Fielder => known(&out?.fielders.join("/")),
            Place::Team => known(&facts.batting_team),
            Place::Opponents => known(&facts.fielding_team),
            Place::Winner => verdict?.winner.clone(),
            Place::Loser => verdict?.loser.clone(),
            Place::Score => Some(language.words().digits(&facts.score_text())),
            Place::Over => Some(language.words().digits(&facts.over)),
            Place::How => Some(out?.text(&facts.bowler, language)),
            Place::Result => Some(verdict?.text(language)),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

/// Why a line cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    #[error("{{{name}}} is no place for a value")]
    UnknownPlace { name: String },
    #[error("{place} has no value with this ball")]
    NoValue { place: Place },
    #[error("a brace at byte {at} has no other")]
    Unclosed { at: usize },
}

/// A piece of a line with places of some kind: those of a ball, or the names of a report's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a, P = Place> {
    Text(&'a str),
    Value(P),
    /// A word in the singular and in the plural, by the value there.
    Word {
        of: P,
        one: &'a str,
        other: &'a str,
    },
}

/// The pieces of a line, in order.
pub(crate) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, FillError> {
    let place =
        |name: &str| Place::of_name(name).ok_or_else(|| FillError::UnknownPlace { name: name.to_owned() });
    let pieces = named_pieces(template)?.into_iter().map(|piece| {
        Ok(match piece {
            Piece::Text(text) => Piece::Text(text),
            Piece::Value(name) => Piece::Value(place(name)?),
            Piece::Word { of, one, other } => Piece::Word { of: place(of)?, one, other },
        })
    });
    pieces.collect()
}

fn named_pieces(template: &str) -> Result<Vec<Piece<'_, &str>>, FillError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let at = |rest: &str| template.len() - rest.len();
    while let Some(open) = rest.find(['{', '}']) {
        if rest[open..].starts_with('}') {
            return Err(FillError::Unclosed { at: at(rest) + open });
        }
        let (before, after) = (&rest[..open], &rest[open + 1..]);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let close = after.find(['{', '}']).filter(|it| after[*it..].starts_with('}'));
        let close = close.ok_or(FillError::Unclosed { at: at(rest) + open })?;
        pieces.push(piece(&after[..close])?);
        rest = &after[close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn piece(inside: &str) -> Result<Piece<'_, &str>, FillError> {
    let mut parts = inside.splitn(3, '|');
    let of = parts.next().unwrap_or_default();
    match (parts.next(), parts.next()) {
        (Some(one), Some(other)) => Ok(Piece::Word { of, one, other }),
        (Some(_), None) => Err(FillError::UnknownPlace { name: inside.to_owned() }),
        _ => Ok(Piece::Value(of)),
    }
}

/// The line with the ball's values in its places.
pub fn fill(template: &str, facts: &Facts, language: Language) -> Result<String, FillError> {
    let mut line = String::with_capacity(2 * template.len());
    for piece in pieces(template)? {
        match piece {
            Piece::Text(text) => line.push_str(text),
            Piece::Value(place) => {
                line.push_str(&place.value(facts, language).ok_or(FillError::NoValue { place })?);
            }
            Piece::Word { of, one, other } => {
                let number = of.number(facts).ok_or(FillError::NoValue { place: of })?;
                line.push_str(if language.is_one(number) { one } else { other });
            }
        }
    }
    Ok(line)
}

/// A place's text, and its number where it is one.
pub(crate) type Value = (String, Option<u32>);

/// The line with these values in its places.
pub(crate) fn fill_with(
    template: &str,
    value: &dyn Fn(&str) -> Option<Value>,
    language: Language,
) -> Result<String, FillError> {
    let mut line = String::with_capacity(2 * template.len());
    let known = |name: &str| value(name).ok_or_else(|| FillError::UnknownPlace { name: name.to_owned() });
    for piece in named_pieces(template)? {
        match piece {
            Piece::Text(text) => line.push_str(text),
            Piece::Value(name) => line.push_str(&known(name)?.0),
            Piece::Word { of, one, other } => {
                let is_one = known(of)?.1.is_some_and(|it| language.is_one(it));
                line.push_str(if is_one { one } else { other });
            }
        }
    }
    Ok(line)
}

impl Facts {
    /// "187/4", "187" when all out.
    pub fn score_text(&self) -> String {
        match self.score.all_out {
            true => self.score.runs.to_string(),
            false => format!("{}/{}", self.score.runs, self.score.wickets),
        }
    }
}

impl Out {
    /// "c Smith b Jones", as the scorecard says it.
    pub fn text(&self, bowler: &str, language: Language) -> String {
        let words = language.words();
        let fielders = self.fielders.join("/");
        let first = self.fielders.first().map_or("?", String::as_str);
        let (message, values) = match self.how {
            How::Bowled => (say::BOWLED, [bowler, ""]),
            How::Caught => (say::CAUGHT, [first, bowler]),
            How::CaughtAndBowled => (say::CAUGHT_AND_BOWLED, [bowler, ""]),
            How::Lbw => (say::LBW, [bowler, ""]),
            How::Stumped if fielders.is_empty() => (say::STUMPED_BY_NOBODY, [bowler, ""]),
            How::Stumped => (say::STUMPED, [first, bowler]),
            How::HitWicket => (say::HIT_WICKET, [bowler, ""]),
            How::RunOut if fielders.is_empty() => (say::RUN_OUT, ["", ""]),
            How::RunOut => (say::RUN_OUT_BY, [fielders.as_str(), ""]),
            How::HandledTheBall => (say::HANDLED_THE_BALL, ["", ""]),
            How::HitTheBallTwice => (say::HIT_THE_BALL_TWICE, ["", ""]),
            How::ObstructingTheField => (say::OBSTRUCTING_THE_FIELD, ["", ""]),
            How::TimedOut => (say::TIMED_OUT, ["", ""]),
            How::RetiredOut => (say::RETIRED_OUT, ["", ""]),
        };
        words.fill(message, &values)
    }
}

/// What the scoring engine says of results.
pub(crate) const RESULTS: [&Message; 11] = [
    say::WON_BY_RUNS,
    say::WON_BY_WICKETS,
    say::WON_BY_INNINGS,
    say::WON_BY_INNINGS_AND,
    say::WON,
    say::TIED,
    say::WON_SUPER_OVER,
    say::WON_BOWL_OUT,
    say::WON_TIEBREAK,
    say::DRAWN,
    say::AWARDED,
];

impl Verdict {
    /// "Australia won by 6 wickets", as it stands under the score.
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::Hinglish => self.hinglish(),
            _ => self.in_words(language),
        }
    }

    /// The scoring engine does not speak it.
    fn hinglish(&self) -> String {
        let winner = self.winner.as_deref().unwrap_or_default();
        let margin = self.margin.unwrap_or(0);
        match self.by {
            By::Runs => format!("{winner} {margin} run se jeeta"),
            By::Wickets => format!("{winner} {margin} wicket se jeeta"),
            By::Innings if margin == 0 => format!("{winner} ek innings se jeeta"),
            By::Innings => format!("{winner} ek innings aur {margin} run se jeeta"),
            By::Win => format!("{winner} jeeta"),
            By::Tie => "Match tie".to_owned(),
            By::SuperOver => format!("Match tie, {winner} super over jeeta"),
            By::BowlOut | By::Tiebreak => format!("Match tie, {winner} jeeta"),
            By::Draw => "Match draw".to_owned(),
            By::NoResult | By::Abandoned => "Match benateeja".to_owned(),
        }
    }

    fn in_words(&self, language: Language) -> String {
        let words = language.words();
        let winner = self.winner.as_deref().unwrap_or_default();
        let margin = words.digits(&self.margin.unwrap_or(0).to_string());
        let by = |message| words.fill(message, &[winner, &margin]);
        let tie = |message| format!("{} ({})", words.get(say::TIED), words.fill(message, &[winner]));
        let text = match self.by {
            By::Runs => by(say::WON_BY_RUNS),
            By::Wickets => by(say::WON_BY_WICKETS),
            By::Innings if self.margin.unwrap_or(0) == 0 => by(say::WON_BY_INNINGS),
            By::Innings => by(say::WON_BY_INNINGS_AND),
            By::Win => by(say::WON),
            By::Tie => words.get(say::TIED).to_owned(),
            By::SuperOver => tie(say::WON_SUPER_OVER),
            By::BowlOut => tie(say::WON_BOWL_OUT),
            By::Tiebreak => tie(say::WON_TIEBREAK),
            By::Draw => words.get(say::DRAWN).to_owned(),
            By::NoResult => words.get(say::NO_RESULT).to_owned(),
            By::Abandoned => words.get(say::ABANDONED).to_owned(),
        };
        match self.method.as_deref() {
            Some("Awarded") => format!("{text} ({})", words.get(say::AWARDED)),
            Some(method) => format!("{text} ({method})"),
            None => text,
        }
    }
}

fn known(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}
