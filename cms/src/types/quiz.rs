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
    #[schemars(title = "Opens")]
    pub opens: DateTime,
    #[schemars(title = "Closes")]
    pub closes: DateTime,
    #[schemars(title = "Questions", length(min = 1, max = 30), extend("x-localised" = true))]
    pub questions: Vec<Question>,
    /// Which choice is right, of each question.
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
    #[schemars(title = "Choices", length(min = 2, max = 6))]
    pub choices: Vec<Choice>,
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
    pub id: ItemId,
    #[schemars(title = "Right choice")]
    pub choice: ItemId,
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
        if let (Some(opens), Some(closes)) = (self.opens.at(), self.closes.at())
            && closes <= opens
        {
            problems.push(Problem::new("/closes", "is after it opens"));
        }
        problems.extend(check_ids("/questions", self.questions.iter().map(|it| &it.id)));
        problems.extend(check_ids("/answers", self.answers.iter().map(|it| &it.id)));
        for (at, question) in self.questions.iter().enumerate() {
            let path = format!("/questions/{at}");
            problems.extend(check_ids(&format!("{path}/choices"), question.choices.iter().map(|it| &it.id)));
            let has_answer = self.answers.iter().any(|it| {
                it.id == question.id && question.choices.iter().any(|choice| choice.id == it.choice)
            });
            if !has_answer {
                problems.push(Problem::new(path, "has no right answer among its choices"));
            }
        }
        let asked: BTreeSet<&ItemId> = self.questions.iter().map(|it| &it.id).collect();
        let of_none = self.answers.iter().enumerate().filter(|(_, it)| !asked.contains(&it.id));
        problems.extend(of_none.map(|(at, _)| Problem::new(format!("/answers/{at}"), "is of no question")));
        problems
    }
}
