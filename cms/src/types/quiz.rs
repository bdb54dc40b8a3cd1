//! Quizzes.

use super::order::in_order;
use super::value::check_ids;
use super::{Content, DateTime, Facts, ItemId, Number, Review, RichText, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Questions on a match. Taking part costs nothing: there is no field for an amount, and none may be added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Quiz {
    #[schemars(title = "Title", length(min = 1, max = 70), extend("x-localised" = true))]
    pub title: String,
    /// The match that it is about; none: a quiz of its own.
    #[schemars(title = "Match", length(max = 40), regex(pattern = "^mat_[0-9A-Za-z]{22}$"), extend("x-widget" = "match"))]
    pub match_id: Option<String>,
    /// What its boards and streaks run through: a tournament's season.
    #[schemars(title = "Series", length(min = 1, max = 120))]
    pub series: Option<String>,
    /// The rule of places by which it can be answered; none: from everywhere.
    #[schemars(title = "Fence", length(max = 40), regex(pattern = "^fen_[0-9A-Za-z]{22}$"))]
    pub fence: Option<String>,
    /// Of what opens by the clock, or until the toss.
    #[schemars(title = "Opens")]
    pub opens: Option<DateTime>,
    /// Of what closes by the clock.
    #[schemars(title = "Closes")]
    pub closes: Option<DateTime>,
    #[schemars(title = "Questions", length(min = 1, max = 30), extend("x-localised" = true))]
    pub questions: Vec<Question>,
    /// Of each question: what is right, when it is open, and what a right answer scores.
    #[schemars(title = "Answers", length(min = 1, max = 30))]
    pub answers: Vec<Answer>,
    #[schemars(title = "Rules", extend("x-localised" = true))]
    pub rules: Option<RichText>,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Question {
    pub id: ItemId,
    #[schemars(title = "Question", length(min = 1, max = 140))]
    pub text: String,
    /// In the order that its answer says.
    #[schemars(title = "Choices", length(min = 2, max = 8))]
    pub choices: Vec<Choice>,
    /// Said when it is settled.
    #[schemars(title = "Afterwards", length(min = 1, max = 280))]
    pub after: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Choice {
    pub id: ItemId,
    #[schemars(title = "Text", length(min = 1, max = 60))]
    pub text: String,
}

/// The id of an answer is that of its question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Answer {
    #[schemars(title = "Question")]
    pub id: ItemId,
    /// What the match tells; trivia: its author does. The choices come in this order: yes and no; home, away and a draw; bowled, caught, leg before,
    /// run out, stumped, another way and no wicket; runs from the fewest on; players as below, and somebody else.
    #[serde(default)]
    #[schemars(title = "Asks for")]
    pub asks: Asks,
    #[schemars(title = "Right choice", extend("x-shown-when" = { "field": "asks", "is": ["trivia", ""] }))]
    pub choice: Option<ItemId>,
    /// Counted from 1, super overs left out: that which it asks about, or opens before.
    #[schemars(title = "Innings", range(min = 1, max = 4), extend("x-shown-when" = [
        { "field": "asks", "is": ["over-runs", "over-wicket", "over-boundaries", "ball-runs", "innings-total", "powerplay-total", "next-wicket"] },
        { "field": "open", "is": ["before-innings", "before-over"] },
    ]))]
    pub innings: Option<u8>,
    /// Counted from 1; of a powerplay how many it has.
    #[schemars(title = "Over", range(min = 1, max = 500), extend("x-shown-when" = [
        { "field": "asks", "is": ["over-runs", "over-wicket", "over-boundaries", "ball-runs", "powerplay-total"] },
        { "field": "open", "is": ["before-over"] },
    ]))]
    pub over: Option<u16>,
    /// Of the over, counted from 1, wides and no-balls as well.
    #[schemars(title = "Ball", range(min = 1, max = 12), extend("x-shown-when" = { "field": "asks", "is": ["ball-runs"] }))]
    pub ball: Option<u8>,
    /// Counted from 1.
    #[schemars(title = "Wicket", range(min = 1, max = 10), extend("x-shown-when" = { "field": "asks", "is": ["next-wicket"] }))]
    pub wicket: Option<u8>,
    /// The last number of each choice but the last one, which has no end: "5, 9" are 0 to 5, 6 to 9, and 10 and more.
    #[schemars(title = "Up to", length(max = 60), regex(pattern = "^[0-9]{1,4}( *, *[0-9]{1,4}){0,6}$"), extend("x-shown-when" = { "field": "asks", "is": ["over-runs", "over-boundaries", "ball-runs", "innings-total", "powerplay-total"] }))]
    pub up_to: Option<String>,
    #[schemars(title = "Side", extend("x-shown-when" = { "field": "asks", "is": ["top-scorer"] }))]
    pub side: Option<Side>,
    /// By the names that the feed has for them.
    #[serde(default)]
    #[schemars(title = "Players", length(max = 7), inner(length(min = 1, max = 100)), extend("x-shown-when" = { "field": "asks", "is": ["top-scorer"] }))]
    pub players: Vec<String>,
    #[serde(default)]
    #[schemars(title = "Is open")]
    pub open: Open,
    /// At most, until the first ball.
    #[schemars(title = "Seconds", range(min = 5, max = 3600), extend("x-shown-when" = { "field": "open", "is": ["before-innings", "before-over"] }))]
    pub seconds: Option<u32>,
    /// On boards, for who is right; 10 where nothing is said.
    #[schemars(title = "Scores", range(min = 1, max = 1000))]
    pub score: Option<u16>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-labels" = {
    "trivia": "Trivia: its author knows",
    "over-runs": "Runs in an over",
    "over-wicket": "A wicket in an over",
    "over-boundaries": "Boundaries in an over",
    "ball-runs": "Runs of a ball",
    "winner": "Who wins",
    "winner-or-draw": "Who wins, or a draw",
    "top-scorer": "Who scores most for a side",
    "innings-total": "The total of an innings",
    "powerplay-total": "The score after the first overs",
    "next-wicket": "How a wicket falls",
}))]
pub enum Asks {
    #[default]
    Trivia,
    OverRuns,
    OverWicket,
    OverBoundaries,
    BallRuns,
    Winner,
    WinnerOrDraw,
    TopScorer,
    InningsTotal,
    PowerplayTotal,
    NextWicket,
}

/// When it can be answered, until play begins to answer it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-labels" = {
    "by-the-clock": "From when the quiz opens until it closes",
    "before-toss": "Until the toss",
    "before-innings": "Before the innings",
    "before-over": "Before the over",
}))]
pub enum Open {
    // From when the quiz opens until it closes.
    #[default]
    ByTheClock,
    BeforeToss,
    BeforeInnings,
    BeforeOver,
}

/// A side of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-labels" = { "home": "The home side", "away": "The away side" }))]
pub enum Side {
    Home,
    Away,
}

impl Answer {
    /// The last number of each choice but the last one.
    pub fn ends(&self) -> Vec<u16> {
        let all = self.up_to.as_deref().unwrap_or_default().split(',');
        all.filter_map(|it| it.trim().parse().ok()).collect()
    }

    /// How many choices its question has; none where that is the author's matter.
    pub fn choices(&self) -> Option<usize> {
        match self.asks {
            Asks::Trivia => None,
            Asks::OverWicket | Asks::Winner => Some(2),
            Asks::WinnerOrDraw => Some(3),
            Asks::NextWicket => Some(7),
            Asks::TopScorer => Some(self.players.len() + 1),
            Asks::OverRuns
            | Asks::OverBoundaries
            | Asks::BallRuns
            | Asks::InningsTotal
            | Asks::PowerplayTotal => Some(self.ends().len() + 1),
        }
    }

    fn check(&self, quiz: &Quiz, path: &str) -> Vec<Problem> {
        use Asks as It;
        let of_innings = matches!(
            self.asks,
            It::OverRuns
                | It::OverWicket
                | It::OverBoundaries
                | It::BallRuns
                | It::InningsTotal
                | It::PowerplayTotal
                | It::NextWicket
        );
        let of_over = matches!(
            self.asks,
            It::OverRuns | It::OverWicket | It::OverBoundaries | It::BallRuns | It::PowerplayTotal
        );
        let before_over = self.open == Open::BeforeOver;
        let needs_match = self.asks != It::Trivia || self.open != Open::ByTheClock;
        let by_the_clock = self.open == Open::ByTheClock;
        let from_opening = matches!(self.open, Open::ByTheClock | Open::BeforeToss);
        let missing = [
            ("choice", self.asks == It::Trivia && self.choice.is_none()),
            (
                "innings",
                (of_innings || before_over || self.open == Open::BeforeInnings) && self.innings.is_none(),
            ),
            ("over", (of_over || before_over) && self.over.is_none()),
            ("up_to", self.choices() == Some(1) && self.asks != It::TopScorer),
            ("players", self.choices() == Some(1) && self.asks == It::TopScorer),
            ("ball", self.asks == It::BallRuns && self.ball.is_none()),
            ("wicket", self.asks == It::NextWicket && self.wicket.is_none()),
            ("side", self.asks == It::TopScorer && self.side.is_none()),
            ("seconds", before_over && self.seconds.is_none()),
        ];
        let of_quiz = [
            ("/match_id", needs_match && quiz.match_id.is_none()),
            ("/opens", from_opening && quiz.opens.is_none()),
            ("/closes", by_the_clock && quiz.closes.is_none()),
        ];
        let own = missing.into_iter().filter(|it| it.1).map(|(name, _)| format!("{path}/{name}"));
        let all = own.chain(of_quiz.into_iter().filter(|it| it.1).map(|(at, _)| at.to_owned()));
        let mut problems: Vec<Problem> = all.map(|at| Problem::new(at, "is needed")).collect();
        if !self.ends().is_sorted_by(|one, next| one < next) {
            problems.push(Problem::new(format!("{path}/up_to"), "grows from each to the next"));
        }
        problems
    }
}

impl Content for Quiz {
    const FACTS: Facts = Facts {
        name: "quiz",
        noun: "Quiz",
        plural: "Quizzes",
        title: "title",
        number: Number::Many,
        review: Review::Needed,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        let at = |it: &Option<DateTime>| it.as_ref().and_then(DateTime::at);
        if let (Some(opens), Some(closes)) = (at(&self.opens), at(&self.closes))
            && closes <= opens
        {
            problems.push(Problem::new("/closes", "is after it opens"));
        }
        problems.extend(self.check_targets());
        problems.extend(check_ids("/questions", self.questions.iter().map(|it| &it.id)));
        problems.extend(check_ids("/answers", self.answers.iter().map(|it| &it.id)));
        for (at, answer) in self.answers.iter().enumerate() {
            problems.extend(answer.check(self, &format!("/answers/{at}")));
        }
        for (at, question) in self.questions.iter().enumerate() {
            let path = format!("/questions/{at}");
            problems.extend(check_ids(&format!("{path}/choices"), question.choices.iter().map(|it| &it.id)));
            let answer = self.answers.iter().find(|it| it.id == question.id);
            let has_answer = answer.is_some_and(|it| {
                it.asks != Asks::Trivia
                    || question.choices.iter().any(|choice| Some(&choice.id) == it.choice.as_ref())
            });
            if !has_answer {
                problems.push(Problem::new(&path, "has no right answer among its choices"));
            }
            let choices = answer.and_then(Answer::choices).filter(|it| *it != question.choices.len());
            if let Some(choices) = choices {
                let what = format!("are {choices}, as its answer says");
                problems.push(Problem::new(format!("{path}/choices"), what));
            }
        }
        let asked: BTreeSet<&ItemId> = self.questions.iter().map(|it| &it.id).collect();
        let of_none = self.answers.iter().enumerate().filter(|(_, it)| !asked.contains(&it.id));
        problems.extend(of_none.map(|(at, _)| Problem::new(format!("/answers/{at}"), "is of no question")));
        problems
    }
}

impl Quiz {
    /// Whom a quiz is for: everybody, or one partner's fans. From where it can be answered is its fence's to say, and when its answers'.
    fn check_targets(&self) -> Vec<Problem> {
        let Targets { partners, places, languages, from, until, .. } = &self.targets;
        [
            ("partners", partners.len() > 1, "is one partner, or none for all of them"),
            ("places", !places.is_empty(), "is empty of a quiz: its fence says from where"),
            ("languages", !languages.is_empty(), "is empty of a quiz: it is in those that it is written in"),
            ("from", from.is_some(), "is left out of a quiz: its answers say when they are open"),
            ("until", until.is_some(), "is left out of a quiz: its answers say when they are open"),
        ]
        .into_iter()
        .filter(|it| it.1)
        .map(|(name, _, what)| Problem::new(format!("/targets/{name}"), what))
        .collect()
    }
}
