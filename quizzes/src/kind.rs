//! What can be asked, and what can be answered.

use cricket::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Choices of a question.
pub const CHOICES_MIN: usize = 2;
pub const CHOICES_MAX: usize = 8;
/// Characters of an id that an author gives.
pub(crate) const ID_MAX: usize = 40;
/// Innings of a match that can be asked about, super overs not counted.
const INNINGS_MAX: u8 = 4;
/// Overs of an innings, and balls of an over.
const OVERS_MAX: u16 = 500;
const BALLS_MAX: u8 = 12;

/// What is asked. Innings, overs, balls and wickets are counted from 1, as people do; super overs are none of the innings.
///
/// Its JSON is kept with the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// All runs of an over, extras among them.
    OverRuns { innings: u8, over: u16, bands: Vec<Band> },
    /// Whether a wicket falls in an over: "yes" or "no".
    OverWicket { innings: u8, over: u16 },
    /// Fours and sixes that are hit in an over.
    OverBoundaries { innings: u8, over: u16, bands: Vec<Band> },
    /// All runs of one ball, wides and no-balls counted as balls.
    BallRuns { innings: u8, over: u16, ball: u8, bands: Vec<Band> },
    /// "home" or "away"; void where nobody wins.
    Winner,
    /// "home", "away" or "draw", which a tie is as well.
    WinnerOrDraw,
    /// Who of a side has the most runs in its first innings: one of these, or "else".
    TopScorer { side: Team, players: Vec<Named> },
    /// Runs of an innings, when it is over.
    InningsTotal { innings: u8, bands: Vec<Band> },
    /// Runs of an innings after its first overs.
    PowerplayTotal { innings: u8, overs: u16, bands: Vec<Band> },
    /// How a wicket falls: see [`Kind::WAYS`]; "none" where it does not.
    NextWicket { innings: u8, wicket: u8 },
    /// Its author knows.
    Trivia { choices: Vec<String>, right: String },
}

/// Numbers that are one choice: from the first to the last, or on without end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: String,
    pub from: u16,
    pub to: Option<u16>,
}

/// A player who is a choice, by the name that the match's setup has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// A side of the match, as rows have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Team {
    Home,
    Away,
}

impl Team {
    /// As a choice.
    pub const fn word(self) -> &'static str {
        match self {
            Team::Home => "home",
            Team::Away => "away",
        }
    }
}

impl From<Side> for Team {
    fn from(side: Side) -> Self {
        match side {
            Side::Home => Team::Home,
            Side::Away => Team::Away,
        }
    }
}

/// Why something is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKind {
    #[error("{what} is 1 to {max}, not {given}")]
    OutOfRange { what: &'static str, given: u16, max: u16 },
    #[error("a question has {CHOICES_MIN} to {CHOICES_MAX} choices, not {count}")]
    Choices { count: usize },
    #[error("an id has 1 to {ID_MAX} letters, digits, '-' and '_', unlike {id:?}")]
    Id { id: String },
    #[error("two choices have the id {id}")]
    Twice { id: String },
    #[error("bands go on from 0 without a gap, and the last has no end: {id} does not")]
    Bands { id: String },
    #[error("{right} is right, and is none of the choices")]
    Right { right: String },
}

impl Kind {
    /// How the next wicket falls.
    pub const WAYS: [&'static str; 7] =
        ["bowled", "caught", "lbw", "run-out", "stumped", "other", Kind::NO_WICKET];
    pub(crate) const NO_WICKET: &'static str = "none";
    pub(crate) const SOMEBODY_ELSE: &'static str = "else";
    pub(crate) const DRAW: &'static str = "draw";

    /// As triggers and figures have it.
    pub const fn word(&self) -> &'static str {
        match self {
            Kind::OverRuns { .. } => "over-runs",
            Kind::OverWicket { .. } => "over-wicket",
            Kind::OverBoundaries { .. } => "over-boundaries",
            Kind::BallRuns { .. } => "ball-runs",
            Kind::Winner => "winner",
            Kind::WinnerOrDraw => "winner-or-draw",
            Kind::TopScorer { .. } => "top-scorer",
            Kind::InningsTotal { .. } => "innings-total",
            Kind::PowerplayTotal { .. } => "powerplay-total",
            Kind::NextWicket { .. } => "next-wicket",
            Kind::Trivia { .. } => "trivia",
        }
    }

    /// Whether a match's log tells what is right.
    pub const fn is_of_a_match(&self) -> bool {
        !matches!(self, Kind::Trivia { .. })
    }

    /// The ids of what can be answered, in the order in which they are shown.
    pub fn choices(&self) -> Vec<&str> {
        match self {
            Kind::OverRuns { bands, .. }
            | Kind::OverBoundaries { bands, .. }
            | Kind::BallRuns { bands, .. }
            | Kind::InningsTotal { bands, .. }
            | Kind::PowerplayTotal { bands, .. } => bands.iter().map(|it| it.id.as_str()).collect(),
            Kind::OverWicket { .. } => vec!["yes", "no"],
            Kind::Winner => vec!["home", "away"],
            Kind::WinnerOrDraw => vec!["home", "away", Kind::DRAW],
            Kind::TopScorer { players, .. } => {
                players.iter().map(|it| it.id.as_str()).chain([Kind::SOMEBODY_ELSE]).collect()
            }
            Kind::NextWicket { .. } => Kind::WAYS.to_vec(),
            Kind::Trivia { choices, .. } => choices.iter().map(String::as_str).collect(),
        }
    }

    /// Refuses what cannot be asked, or answered by one choice.
    pub fn check(&self) -> Result<(), NotAKind> {
        for (what, given, max) in self.numbers() {
            if !(1..=max).contains(&given) {
                return Err(NotAKind::OutOfRange { what, given, max });
            }
        }
        let choices = self.choices();
        if !(CHOICES_MIN..=CHOICES_MAX).contains(&choices.len()) {
            return Err(NotAKind::Choices { count: choices.len() });
        }
        let mut seen = BTreeSet::new();
        for id in choices {
            check_id(id)?;
            if !seen.insert(id) {
                return Err(NotAKind::Twice { id: id.to_owned() });
            }
        }
        if let Kind::Trivia { right, .. } = self
            && !seen.contains(right.as_str())
        {
            return Err(NotAKind::Right { right: right.clone() });
        }
        self.bands().map_or(Ok(()), check_bands)
    }

    fn bands(&self) -> Option<&[Band]> {
        match self {
            Kind::OverRuns { bands, .. }
            | Kind::OverBoundaries { bands, .. }
            | Kind::BallRuns { bands, .. }
            | Kind::InningsTotal { bands, .. }
            | Kind::PowerplayTotal { bands, .. } => Some(bands),
            _ => None,
        }
    }

    fn numbers(&self) -> Vec<(&'static str, u16, u16)> {
        let innings = |it: &u8| ("an innings", u16::from(*it), u16::from(INNINGS_MAX));
        let over = |it: &u16| ("an over", *it, OVERS_MAX);
        match self {
            Kind::OverRuns { innings: i, over: n, .. }
            | Kind::OverWicket { innings: i, over: n }
            | Kind::OverBoundaries { innings: i, over: n, .. }
            | Kind::PowerplayTotal { innings: i, overs: n, .. } => vec![innings(i), over(n)],
            Kind::BallRuns { innings: i, over: n, ball, .. } => {
                vec![innings(i), over(n), ("a ball", u16::from(*ball), u16::from(BALLS_MAX))]
            }
            Kind::InningsTotal { innings: i, .. } => vec![innings(i)],
            Kind::NextWicket { innings: i, wicket } => vec![innings(i), ("a wicket", u16::from(*wicket), 10)],
            Kind::Winner | Kind::WinnerOrDraw | Kind::TopScorer { .. } | Kind::Trivia { .. } => Vec::new(),
        }
    }
}

/// The choice that a number is.
pub(crate) fn band_of(bands: &[Band], number: u16) -> Option<&str> {
    let is_it = |it: &&Band| number >= it.from && it.to.is_none_or(|to| number <= to);
    bands.iter().find(is_it).map(|it| it.id.as_str())
}

pub(crate) fn check_id(id: &str) -> Result<(), NotAKind> {
    let is_good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    if (1..=ID_MAX).contains(&id.len()) && id.bytes().all(is_good) {
        return Ok(());
    }
    Err(NotAKind::Id { id: id.to_owned() })
}

fn check_bands(bands: &[Band]) -> Result<(), NotAKind> {
    let mut next = Some(0);
    for it in bands {
        let is_good = next == Some(it.from) && it.to.is_none_or(|to| to >= it.from);
        if !is_good {
            return Err(NotAKind::Bands { id: it.id.clone() });
        }
        next = it.to.and_then(|to| to.checked_add(1));
    }
    match bands.last() {
        Some(Band { id, to: Some(_), .. }) => Err(NotAKind::Bands { id: id.clone() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn band(id: &str, from: u16, to: Option<u16>) -> Band {
        Band { id: id.to_owned(), from, to }
    }

    fn over(bands: Vec<Band>) -> Kind {
        Kind::OverRuns { innings: 1, over: 6, bands }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let whole = || vec![band("few", 0, Some(5)), band("many", 6, None)];
        let trivia = |choices: &[&str], right: &str| Kind::Trivia {
            choices: choices.iter().map(|it| (*it).to_owned()).collect(),
            right: right.to_owned(),
        };
        assert_eq!(over(whole()).check(), Ok(()));
        for (kind, said) in [
            (over(vec![band("all", 0, None)]), "a question has 2 to 8 choices, not 1"),
            (over(vec![band("a", 1, Some(5)), band("b", 6, None)]), "a does not"),
            (over(vec![band("a", 0, Some(5)), band("b", 7, None)]), "b does not"),
            (over(vec![band("a", 0, Some(5)), band("b", 5, None)]), "b does not"),
            (over(vec![band("a", 0, Some(5)), band("b", 6, Some(9))]), "b does not"),
            (over(vec![band("a", 0, None), band("b", 6, None)]), "b does not"),
            (over(vec![band("a", 0, Some(5)), band("a", 6, None)]), "two choices have the id a"),
            (over(vec![band("a b", 0, Some(5)), band("c", 6, None)]), "unlike \"a b\""),
            (Kind::OverRuns { innings: 5, over: 6, bands: whole() }, "an innings is 1 to 4, not 5"),
            (Kind::OverWicket { innings: 1, over: 0 }, "an over is 1 to 500, not 0"),
            (Kind::NextWicket { innings: 1, wicket: 11 }, "a wicket is 1 to 10, not 11"),
            (Kind::BallRuns { innings: 1, over: 1, ball: 13, bands: whole() }, "a ball is 1 to 12, not 13"),
            (trivia(&["a", "b"], "c"), "c is right, and is none of the choices"),
            (trivia(&["a"], "a"), "not 1"),
            (Kind::TopScorer { side: Team::Home, players: Vec::new() }, "not 1"),
        ] {
            let refused = kind.check().unwrap_err().to_string();
            assert!(refused.contains(said), "{kind:?}: {refused}");
        }
    }

    #[test]
    fn a_kind_comes_back_from_its_json() {
        for kind in [
            Kind::Winner,
            over(vec![band("few", 0, Some(5)), band("many", 6, None)]),
            Kind::TopScorer {
                side: Team::Away,
                players: vec![Named { id: "p1".into(), name: "Joe Root".into() }],
            },
        ] {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<Kind>(&json).unwrap(), kind, "{json}");
        }
        assert!(
            serde_json::from_str::<Kind>(r#"{"kind":"over-wicket","innings":1,"over":6,"stake":5}"#).is_err()
        );
    }

    proptest! {
        #[test]
        fn bands_that_are_good_have_each_number_once(
            ends in proptest::collection::btree_set(0..200_u16, 1..CHOICES_MAX - 1),
            number in 0..u16::MAX,
        ) {
            let mut from = 0;
            let mut bands = Vec::new();
            for (at, end) in ends.iter().enumerate() {
                bands.push(band(&format!("b{at}"), from, Some(*end)));
                from = end + 1;
            }
            bands.push(band("rest", from, None));
            prop_assert_eq!(over(bands.clone()).check(), Ok(()));
            let holds = |it: &&Band| number >= it.from && it.to.is_none_or(|to| number <= to);
            prop_assert_eq!(bands.iter().filter(holds).count(), 1);
            prop_assert_eq!(band_of(&bands, number), bands.iter().find(holds).map(|it| it.id.as_str()));
        }
    }
}
