//! The usual questions of a match ([`templates`]): asked once however often somebody wishes it, and kept up with what is known of the match.

use crate::course::Course;
use crate::error::Error;
use crate::kept::{self, Kept};
use crate::put::{Change, Put, has_opened, put};
use crate::quiz::{Origin, Question, Quiz, Words};
use crate::templates;
use crate::window::{Phase, Window, window};
use cricket::Setup;
use jiff::Timestamp;
use rewards::Books;
use std::collections::BTreeMap;
use store::{Client, Row, Transaction};

/// Characters of a series' name.
const SERIES_MAX: usize = 120;

/// The match of such a set.
#[derive(Clone, Copy, Debug)]
pub struct Usual<'a> {
    pub books: Books,
    pub match_id: &'a str,
    pub setup: &'a Setup,
}

const FIND: &str = "
    select number, id, series, titles::text as titles, withdrawn_at is not null as is_withdrawn from quizzes.quiz
    where books = $1 and source = 'template' and source_id = $2 for update";

const IS_TAKEN_DOWN: &str = "
    select exists (select 1 from quizzes.quiz where books = $1 and source = 'template' and source_id = $2 and withdrawn_at is not null)
    as is_taken_down";

const TEXTS: &str = "select id, texts::text as texts from quizzes.question where quiz = $1";

/// A set as it was put.
struct There {
    id: String,
    series: Option<String>,
    titles: BTreeMap<String, String>,
    is_withdrawn: bool,
    /// In their order.
    questions: Vec<(Kept, Question)>,
}

/// Asks the usual questions of a match: those that can open still, by its `course` so far. Asked again, what has opened stays as it is but for its
/// words, and the rest follows what is known of the match by now; what was taken down is there again. None where nothing can be asked any more.
pub async fn ask_usual(
    tx: &Transaction<'_>,
    usual: Usual<'_>,
    course: &Course,
    now: Timestamp,
) -> Result<Option<Put>, Error> {
    let there = there(tx, usual).await?;
    let of_there = there.iter().flat_map(|it| &it.questions);
    // Always the same, since it is part of the question.
    let from = of_there.clone().find_map(|(kept, _)| match kept.window {
        Window::BeforeToss { from } => Some(from),
        _ => None,
    });
    let fresh = templates::for_match(usual.setup, from.unwrap_or(now));
    let mut questions = Vec::new();
    for question in fresh {
        match of_there.clone().find(|it| it.1.key == question.key && has_opened(&it.0, now)) {
            Some((_, asked)) if asked.kind == question.kind => {
                questions.push(Question { texts: question.texts, ..asked.clone() });
            }
            Some((_, asked)) => questions.push(asked.clone()),
            None if can_open(&question, course, now) => questions.push(question),
            None => {}
        }
    }
    for (kept, asked) in of_there.clone() {
        if has_opened(kept, now) && !questions.iter().any(|it| it.key == asked.key) {
            questions.push(asked.clone());
        }
    }
    if questions.is_empty() {
        return Ok(None);
    }
    let competition: String = usual.setup.competition.trim().chars().take(SERIES_MAX).collect();
    let is_begun = of_there.clone().any(|it| has_opened(&it.0, now));
    let series = match &there {
        Some(there) if is_begun => there.series.clone(),
        _ => Some(competition).filter(|it| !it.is_empty()),
    };
    let quiz = Quiz {
        origin: Origin::Template { name: usual.match_id.to_owned() },
        books: usual.books,
        organisation_id: None,
        match_id: Some(usual.match_id.to_owned()),
        series,
        fence: None,
        titles: templates::titles(),
        questions,
    };
    if let Some(there) = there.as_ref().filter(|it| it.says(&quiz)) {
        return Ok(Some(Put { id: there.id.clone(), change: Change::Same }));
    }
    put(tx, &quiz, course, now).await.map(Some)
}

/// Whether somebody has taken the usual questions of a match down, and nobody has asked them again.
pub async fn is_taken_down(client: &Client<'_>, books: Books, match_id: &str) -> Result<bool, Error> {
    Ok(client.query_one(IS_TAKEN_DOWN, &[&books.word(), &match_id]).await?.get("is_taken_down"))
}

fn can_open(question: &Question, course: &Course, now: Timestamp) -> bool {
    let phase = window(&question.window, &question.kind, course, now);
    !course.is_over() && !matches!(phase, Phase::Locked { .. })
}

impl There {
    fn says(&self, quiz: &Quiz) -> bool {
        let questions = self.questions.iter().map(|it| &it.1);
        !self.is_withdrawn
            && self.series == quiz.series
            && self.titles == quiz.titles
            && questions.eq(quiz.questions.iter())
    }
}

async fn there(tx: &Transaction<'_>, usual: Usual<'_>) -> Result<Option<There>, Error> {
    let Some(row) = tx.query_opt(FIND, &[&usual.books.word(), &usual.match_id]).await? else {
        return Ok(None);
    };
    let id: String = row.get("id");
    let number: i64 = row.get("number");
    let unreadable = |_| Error::Unreadable { what: id.clone(), column: "titles" };
    let titles = serde_json::from_str(row.get("titles")).map_err(unreadable)?;
    let mut texts = BTreeMap::new();
    for row in tx.query(TEXTS, &[&number]).await? {
        texts.insert(row.get::<_, String>("id"), words(&row)?);
    }
    let mut kept = kept::lock_of_quiz(tx, number).await?;
    kept.sort_by_key(|it| (it.place, it.number));
    let questions = kept.into_iter().map(|it| {
        let question = Question {
            key: it.key.clone(),
            kind: it.kind.clone(),
            window: it.window.clone(),
            points: u16::try_from(it.points).unwrap_or(u16::MAX),
            texts: texts.remove(&it.id).unwrap_or_default(),
        };
        (it, question)
    });
    let questions = questions.collect();
    Ok(Some(There {
        series: row.get("series"),
        titles,
        is_withdrawn: row.get("is_withdrawn"),
        questions,
        id,
    }))
}

fn words(row: &Row) -> Result<BTreeMap<String, Words>, Error> {
    let unreadable = |_| Error::Unreadable { what: row.get("id"), column: "texts" };
    serde_json::from_str(row.get("texts")).map_err(unreadable)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIND, IS_TAKEN_DOWN, TEXTS];
