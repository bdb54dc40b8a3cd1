//! A quiz as its author gives it.

use crate::error::{Error, Invalid};
use crate::kind::{Kind, check_id};
use crate::window::{NotAWindow, Window};
use rewards::Books;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Questions of a quiz, and languages that it is in.
pub const QUESTIONS_MAX: usize = 30;
const LANGUAGES_MAX: usize = 24;
/// Characters.
const TITLE_MAX: usize = 120;
const TEXT_MAX: usize = 300;
pub(crate) const CHOICE_MAX: usize = 80;
const NAME_MAX: usize = 120;
/// Of a board, for one right answer.
pub const POINTS_MAX: u16 = 1_000;

/// Questions, most often on a match. Answering is free: nothing here says what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz {
    pub origin: Origin,
    pub books: Books,
    /// Whose fans it is for; all fans', where it is nobody's.
    pub organisation_id: Option<String>,
    pub match_id: Option<String>,
    /// What its boards and streaks run through: a tournament's season.
    pub series: Option<String>,
    /// The rule of places by which somebody may answer.
    pub fence: Option<String>,
    /// By language (BCP 47).
    pub titles: BTreeMap<String, String>,
    pub questions: Vec<Question>,
}

/// Where a quiz comes from: what comes from there again is the same quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An entry of the CMS, and which of its revisions.
    Entry { id: String, revision: u32 },
    /// A set that was made for a match, by a name of its own.
    Template { name: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name within the quiz, in all of its revisions.
    pub key: String,
    pub kind: Kind,
    pub window: Window,
    /// For a right answer, on boards. They are not the wallet's.
    pub points: u16,
    /// By language (BCP 47).
    pub texts: BTreeMap<String, Words>,
}

/// A question in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub text: String,
    /// By the choice's id.
    pub choices: BTreeMap<String, String>,
    /// Shown when it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Origin {
    pub(crate) fn columns(&self) -> (&'static str, &str, i64) {
        match self {
            Origin::Entry { id, revision } => ("entry", id, i64::from(*revision)),
            Origin::Template { name } => ("template", name, 0),
        }
    }
}

impl Quiz {
    /// Refuses what cannot be asked, with the place of the first thing that is wrong.
    pub fn check(&self) -> Result<(), Error> {
        let invalid = |at: &str, why: Invalid| Error::Invalid { at: at.to_owned(), why };
        let source = self.origin.columns().1;
        check_text(source, NAME_MAX).map_err(|why| invalid("/origin", why))?;
        for (at, text) in
            [("/organisation", &self.organisation_id), ("/match", &self.match_id), ("/series", &self.series)]
        {
            text.as_ref().map_or(Ok(()), |it| check_text(it, NAME_MAX)).map_err(|why| invalid(at, why))?;
        }
        let fence = self.fence.as_ref().map_or(Ok(()), |it| check_text(it, NAME_MAX));
        fence.map_err(|why| invalid("/fence", why))?;
        check_count(self.titles.len(), (1, LANGUAGES_MAX)).map_err(|why| invalid("/titles", why))?;
        for (language, title) in &self.titles {
            check_text(title, TITLE_MAX).map_err(|why| invalid(&format!("/titles/{language}"), why))?;
        }
        check_count(self.questions.len(), (1, QUESTIONS_MAX)).map_err(|why| invalid("/questions", why))?;
        let mut keys = BTreeSet::new();
        for (at, question) in self.questions.iter().enumerate() {
            let path = format!("/questions/{at}");
            if !keys.insert(&question.key) {
                return Err(invalid(&path, Invalid::Twice { key: question.key.clone() }));
            }
            let is_about_one = question.kind.is_of_a_match() || question.window.is_of_a_match();
            if is_about_one && self.match_id.is_none() {
                return Err(invalid(&path, Invalid::NoMatch));
            }
            question.check().map_err(|(inner, why)| invalid(&format!("{path}{inner}"), why))?;
        }
        Ok(())
    }
}

impl Question {
    fn check(&self) -> Result<(), (String, Invalid)> {
        let at = |at: &str| at.to_owned();
        check_id(&self.key).map_err(|why| (at("/key"), why.into()))?;
        self.kind.check().map_err(|why| (at("/kind"), why.into()))?;
        self.window.check().map_err(|why: NotAWindow| (at("/window"), why.into()))?;
        if !(1..=POINTS_MAX).contains(&self.points) {
            return Err((at("/points"), Invalid::Points { max: POINTS_MAX }));
        }
        check_count(self.texts.len(), (1, LANGUAGES_MAX)).map_err(|why| (at("/texts"), why))?;
        let choices: BTreeSet<&str> = self.kind.choices().into_iter().collect();
        for (language, words) in &self.texts {
            words.check(&choices).map_err(|why| (format!("/texts/{language}"), why))?;
        }
        Ok(())
    }
}

impl Words {
    fn check(&self, choices: &BTreeSet<&str>) -> Result<(), Invalid> {
        check_text(&self.text, TEXT_MAX)?;
        self.after.as_ref().map_or(Ok(()), |it| check_text(it, TEXT_MAX))?;
        if let Some(choice) = choices.iter().find(|it| !self.choices.contains_key(**it)) {
            return Err(Invalid::NoWords { choice: (*choice).to_owned() });
        }
        for (choice, text) in &self.choices {
            if !choices.contains(choice.as_str()) {
                return Err(Invalid::OtherWords { choice: choice.clone() });
            }
            check_text(text, CHOICE_MAX)?;
        }
        Ok(())
    }
}

fn check_count(given: usize, (min, max): (usize, usize)) -> Result<(), Invalid> {
    if (min..=max).contains(&given) { Ok(()) } else { Err(Invalid::Count { min, max, given }) }
}

fn check_text(text: &str, max: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() || text.chars().count() > max {
        return Err(Invalid::Text { max });
    }
    if text.chars().any(char::is_control) { Err(Invalid::Control) } else { Ok(()) }
}

/// What is there in a language, whole: else in English, else in the first.
pub(crate) fn in_language<'a, T>(all: &'a BTreeMap<String, T>, language: &str) -> Option<(&'a str, &'a T)> {
    let main = language.split('-').next().unwrap_or(language);
    let found = [language, main, "en"].into_iter().find_map(|it| all.get_key_value(it));
    found.or_else(|| all.iter().next()).map(|(language, it)| (language.as_str(), it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiz() -> Quiz {
        let words = Words {
            text: "Who wins?".into(),
            choices: [("home", "Home"), ("away", "Away")].map(|(id, it)| (id.into(), it.into())).into(),
            after: None,
        };
        let from = "2026-11-30T10:00:00Z".parse().unwrap();
        Quiz {
            origin: Origin::Entry { id: "ent_1".into(), revision: 3 },
            books: Books::Live,
            organisation_id: None,
            match_id: Some("mat_1".into()),
            series: None,
            fence: None,
            titles: [("en".to_owned(), "Quiz".to_owned())].into(),
            questions: vec![Question {
                key: "q1".into(),
                kind: Kind::Winner,
                window: Window::BeforeToss { from },
                points: 10,
                texts: [("en".to_owned(), words)].into(),
            }],
        }
    }

    fn check(change: impl Fn(&mut Quiz), said: &str) {
        let mut quiz = quiz();
        change(&mut quiz);
        assert_eq!(quiz.check().unwrap_err().to_string(), said);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        quiz().check().unwrap();
        let english = |it: &mut Quiz, change: &dyn Fn(&mut Words)| {
            change(it.questions[0].texts.get_mut("en").unwrap());
        };
        check(|it| it.match_id = None, "/questions/0: is about a match, and the quiz has none");
        check(|it| it.titles.clear(), "/titles: 1 to 24 of them, not 0");
        check(
            |it| it.titles.insert("hi".into(), " ".into()).into_iter().for_each(drop),
            "/titles/hi: 1 to 120 characters",
        );
        check(|it| it.series = Some("a\nb".into()), "/series: no control characters");
        check(|it| it.questions.clear(), "/questions: 1 to 30 of them, not 0");
        check(|it| it.questions.push(it.questions[0].clone()), "/questions/1: two have the key q1");
        check(|it| it.questions[0].points = 0, "/questions/0/points: 1 to 1000 points");
        check(
            |it| it.questions[0].window = Window::BeforeOver { innings: 1, over: 6, seconds: 4 },
            "/questions/0/window: it is open for 5 to 3600 seconds, not 4",
        );
        check(
            |it| it.questions[0].kind = Kind::OverWicket { innings: 9, over: 1 },
            "/questions/0/kind: an innings is 1 to 4, not 9",
        );
        check(
            |it| english(it, &|words| drop(words.choices.remove("away"))),
            "/questions/0/texts/en: has no words for the choice away",
        );
        check(
            |it| english(it, &|words| drop(words.choices.insert("tie".into(), "Tie".into()))),
            "/questions/0/texts/en: has words for tie, which is none of its choices",
        );
        check(
            |it| english(it, &|words| words.text = "x".repeat(301)),
            "/questions/0/texts/en: 1 to 300 characters",
        );
    }

    #[test]
    fn who_reads_gets_one_language_whole() {
        let all = |tags: &[&str]| -> BTreeMap<String, i32> {
            tags.iter().zip(0..).map(|(tag, at)| ((*tag).to_owned(), at)).collect()
        };
        for (tags, asked, expected) in [
            (&["en", "hi"][..], "hi", Some("hi")),
            (&["en", "hi"], "hi-IN", Some("hi")),
            (&["en", "hi"], "ta", Some("en")),
            (&["bn", "hi"], "ta", Some("bn")),
            (&[], "en", None),
        ] {
            assert_eq!(in_language(&all(tags), asked).map(|it| it.0), expected, "{tags:?} {asked}");
        }
    }
}
