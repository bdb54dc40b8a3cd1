//! What a fan is shown of quizzes.

use crate::error::Error;
use crate::kept;
use crate::kind::Kind;
use crate::quiz::{Words, in_language};
use crate::settle::Outcome;
use crate::standing::State;
use crate::streak::Mark;
use crate::tally::{self, Tally};
use jiff::Timestamp;
use rewards::Books;
use std::collections::{BTreeMap, HashMap};
use store::{At, Client, Row};

/// Quizzes that are shown at once.
const QUIZZES_MAX: i64 = 20;

/// Who looks, at what.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub books: Books,
    pub organisation_id: &'a str,
    /// None for quizzes of no match.
    pub match_id: Option<&'a str>,
    pub fan_id: Option<&'a str>,
    /// BCP 47.
    pub language: &'a str,
}

/// A quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: String,
    pub title: String,
    /// Which language it is in.
    pub language: String,
    pub series: Option<String>,
    /// Whether it can be answered only where a rule of places says so.
    pub fence: Option<String>,
    pub questions: Vec<ShownQuestion>,
}

/// A question that is open, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownQuestion {
    pub id: String,
    pub about: String,
    pub text: String,
    /// With their words, in their order.
    pub choices: Vec<(String, String)>,
    pub points: i32,
    pub state: State,
    pub opens_at: Option<Timestamp>,
    pub locks_at: Option<Timestamp>,
    /// Milliseconds from now to its lock, so that a countdown needs no right clock; none where it is not open, or the moment is not known.
    pub left_ms: Option<i64>,
    pub own: Option<OwnAnswer>,
    /// Whole percents of each choice, and how many have answered: only for who has, or when it is locked.
    pub percents: Option<(Vec<i64>, i64)>,
    pub outcome: Outcome,
    /// What is said when it is settled.
    pub after: Option<String>,
}

/// The fan's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAnswer {
    pub choice: String,
    pub accepted_at: Timestamp,
    /// It came after the ball that it is about: it does not count.
    pub is_late: bool,
    /// None before it is settled for the fan.
    pub mark: Option<Mark>,
}

const QUESTIONS: &str = "
    select z.number as quiz, z.id as quiz_id, z.titles::text as titles, z.series, z.fence,
        q.number, q.id, q.kind::text as kind, q.word, q.texts::text as texts, q.points, q.state, q.opens_at, q.locks_at, q.choice, q.why
    from quizzes.quiz z join quizzes.question q on q.quiz = z.number
    where z.number in (
        select number from quizzes.quiz
        where books = $1 and match_id is not distinct from $2 and withdrawn_at is null
            and (organisation_id is null or organisation_id = $3)
        order by number desc limit $4)
    order by z.number desc, q.place, q.number";

const OWN: &str = "
    select question, choice, accepted_at, is_late, outcome from quizzes.answer
    where fan_id = $1 and question = any($2)";

const TALLIES: &str = "
    select q.id, t.choice, t.fans from quizzes.tally t join quizzes.question q on q.number = t.question
    where t.question = any($1) order by q.number, t.choice";

/// What there is for who looks, the newest quiz first: questions that are planned still are not told, and quizzes without any other are left out.
pub async fn shown(client: &Client<'_>, view: View<'_>, now: Timestamp) -> Result<Vec<Shown>, Error> {
    let View { books, organisation_id, match_id, fan_id, language } = view;
    let params: store::Params<'_> = &[&books.word(), &match_id, &organisation_id, &QUIZZES_MAX];
    let rows = client.query(QUESTIONS, params).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.get("number")).collect();
    let own = match fan_id {
        Some(fan_id) => client.query(OWN, &[&fan_id, &numbers]).await?,
        None => Vec::new(),
    };
    let own: HashMap<i64, OwnAnswer> = own.iter().map(|row| (row.get("question"), own_answer(row))).collect();
    let tallies = tally::tallies(&client.query(TALLIES, &[&numbers]).await?);
    let tallies: HashMap<&str, &Tally> = tallies.iter().map(|it| (it.question.as_str(), it)).collect();
    let mut all: Vec<(i64, Shown)> = Vec::new();
    for row in &rows {
        let question = question(row, language, own.get(&row.get("number")), &tallies, now)?;
        let Some(question) = question else { continue };
        let quiz: i64 = row.get("quiz");
        if all.last().is_none_or(|it| it.0 != quiz) {
            all.push((quiz, quiz_of(row, language)?));
        }
        if let Some((_, shown)) = all.last_mut() {
            shown.questions.push(question);
        }
    }
    Ok(all.into_iter().map(|it| it.1).collect())
}

fn quiz_of(row: &Row, language: &str) -> Result<Shown, Error> {
    let id: String = row.get("quiz_id");
    let unreadable = || Error::Unreadable { what: id.clone(), column: "titles" };
    let titles: BTreeMap<String, String> =
        serde_json::from_str(row.get("titles")).map_err(|_| unreadable())?;
    let (language, title) = in_language(&titles, language).ok_or_else(unreadable)?;
    Ok(Shown {
        title: title.clone(),
        language: language.to_owned(),
        series: row.get("series"),
        fence: row.get("fence"),
        questions: Vec::new(),
        id,
    })
}

fn own_answer(row: &Row) -> OwnAnswer {
    OwnAnswer {
        choice: row.get("choice"),
        accepted_at: row.get::<_, At>("accepted_at").0,
        is_late: row.get("is_late"),
        mark: row.get::<_, Option<&str>>("outcome").and_then(Mark::of),
    }
}

/// None where it is planned still.
fn question(
    row: &Row,
    language: &str,
    own: Option<&OwnAnswer>,
    tallies: &HashMap<&str, &Tally>,
    now: Timestamp,
) -> Result<Option<ShownQuestion>, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    let standing = kept::standing(row).map_err(unreadable)?;
    let state = standing.at(now);
    if state == State::Planned {
        return Ok(None);
    }
    let kind: Kind = serde_json::from_str(row.get("kind")).map_err(|_| unreadable("kind"))?;
    let texts: BTreeMap<String, Words> =
        serde_json::from_str(row.get("texts")).map_err(|_| unreadable("texts"))?;
    let (_, words) = in_language(&texts, language).ok_or_else(|| unreadable("texts"))?;
    let choices = kind.choices();
    let may_see = own.is_some() || state >= State::Locked;
    let percents = may_see.then(|| {
        let tally = tallies.get(id.as_str());
        let percents = tally.map_or_else(|| vec![0; choices.len()], |it| it.percents(&choices));
        (percents, tally.map_or(0, |it| it.total))
    });
    let named =
        choices.iter().map(|it| ((*it).to_owned(), words.choices.get(*it).cloned().unwrap_or_default()));
    let left = standing.locks_at.filter(|_| state == State::Open);
    Ok(Some(ShownQuestion {
        about: row.get("word"),
        text: words.text.clone(),
        choices: named.collect(),
        points: row.get("points"),
        state,
        opens_at: standing.opens_at,
        locks_at: standing.locks_at,
        left_ms: left.map(|it| it.as_millisecond() - now.as_millisecond()),
        own: own.cloned(),
        percents,
        after: words.after.clone().filter(|_| state == State::Settled),
        outcome: standing.outcome,
        id,
    }))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[QUESTIONS, OWN, TALLIES];
