//! Taking quizzes in, and down.

use crate::course::Course;
use crate::error::{Error, Refusal};
use crate::kept::{self, Kept};
use crate::kind::Kind;
use crate::news::{self, Item};
use crate::quiz::{Origin, Question, Quiz};
use crate::standing::{Standing, State};
use crate::turn::{self, Moved};
use jiff::Timestamp;
use rewards::Books;
use serde::Serialize;
use std::collections::HashMap;
use store::{At, Row, Transaction, ids};

/// What became of a quiz that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// "quz_…"
    pub id: String,
    pub change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Made,
    Changed,
    /// This revision was there.
    Same,
}

const FIND: &str = "
    select number, id, revision, organisation_id, match_id, series, fence, withdrawn_at is not null as is_withdrawn
    from quizzes.quiz where books = $1 and source = $2 and source_id = $3 for update";

const MAKE: &str = "
    insert into quizzes.quiz (id, books, source, source_id, revision, organisation_id, match_id, series, fence, titles, made_at, changed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $11)
    on conflict (books, source, source_id) do nothing returning number";

const CHANGE: &str = "
    update quizzes.quiz set revision = $2, organisation_id = $3, match_id = $4, series = $5, fence = $6,
        titles = $7::text::jsonb, changed_at = $8, withdrawn_at = null
    where number = $1";

const ASK: &str = "
    insert into quizzes.question (quiz, id, key, place, kind, word, time, texts, points)
    values ($1, $2, $3, $4, $5::text::jsonb, $6, $7::text::jsonb, $8::text::jsonb, $9)
    on conflict (quiz, key) do update set place = excluded.place, kind = excluded.kind, word = excluded.word,
        time = excluded.time, texts = excluded.texts, points = excluded.points
    returning number";

const REPLAN: &str = "
    update quizzes.question set state = 'planned', opens_at = null, locks_at = null where number = $1";
const RENAME: &str = "update quizzes.question set place = $2, texts = $3::text::jsonb where number = $1";
const FORGET: &str = "delete from quizzes.question where number = $1";
const RIGHT: &str = "update quizzes.question set kind = $2::text::jsonb where number = $1";
const WITHDRAW: &str = "update quizzes.quiz set withdrawn_at = $2 where number = $1 and withdrawn_at is null";

/// Takes a quiz in, or what has changed in it. `course` is its match so far, empty where nothing has happened or there is none: what could be
/// answered by looking at the score does not open.
///
/// Texts may always change. What fans have answered, or could have, stays: kind, choices, window and points of a question that has opened,
/// and where and for whom the quiz is once one has.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Opened`], [`Error::OldRevision`]; and where the database could not.
pub async fn put(tx: &Transaction<'_>, quiz: &Quiz, course: &Course, now: Timestamp) -> Result<Put, Error> {
    quiz.check()?;
    let (source, source_id, revision) = quiz.origin.columns();
    let books = quiz.books.word();
    let titles = json(&quiz.titles)?;
    let id = ids::new("quz");
    let params: store::Params<'_> = &[
        &id,
        &books,
        &source,
        &source_id,
        &revision,
        &quiz.organisation_id,
        &quiz.match_id,
        &quiz.series,
        &quiz.fence,
        &titles,
        &At(now),
    ];
    if let Some(row) = tx.query_opt(MAKE, params).await? {
        ask(tx, row.get("number"), quiz, &[], course, now).await?;
        return Ok(Put { id, change: Change::Made });
    }
    let row = tx.query_one(FIND, &[&books, &source, &source_id]).await?;
    let (number, id): (i64, String) = (row.get("number"), row.get("id"));
    let has: i64 = row.get("revision");
    if revision < has {
        let unsigned = |it: i64| u32::try_from(it).unwrap_or(u32::MAX);
        return Err(Error::OldRevision { given: unsigned(revision), has: unsigned(has) });
    }
    let is_entry = matches!(quiz.origin, Origin::Entry { .. });
    if is_entry && revision == has && !row.get::<_, bool>("is_withdrawn") {
        return Ok(Put { id, change: Change::Same });
    }
    let there = kept::lock_of_quiz(tx, number).await?;
    check_change(quiz, &row, &there, now)?;
    let params: store::Params<'_> = &[
        &number,
        &revision,
        &quiz.organisation_id,
        &quiz.match_id,
        &quiz.series,
        &quiz.fence,
        &titles,
        &At(now),
    ];
    tx.execute(CHANGE, params).await?;
    ask(tx, number, quiz, &there, course, now).await?;
    Ok(Put { id, change: Change::Changed })
}

pub(crate) fn has_opened(kept: &Kept, now: Timestamp) -> bool {
    kept.standing.at(now) != State::Planned
}

fn check_change(quiz: &Quiz, row: &Row, there: &[Kept], now: Timestamp) -> Result<(), Error> {
    let new: HashMap<&str, &Question> = quiz.questions.iter().map(|it| (it.key.as_str(), it)).collect();
    let text = |column| row.get::<_, Option<String>>(column);
    for kept in there.iter().filter(|it| has_opened(it, now)) {
        let question = new.get(kept.key.as_str());
        let what = [
            ("place in the quiz", question.is_none()),
            ("match", text("match_id") != quiz.match_id),
            ("organisation", text("organisation_id") != quiz.organisation_id),
            ("series", text("series") != quiz.series),
            ("fence", text("fence") != quiz.fence),
            ("kind and choices", question.is_some_and(|it| it.kind != kept.kind)),
            ("window", question.is_some_and(|it| it.window != kept.window)),
            ("points", question.is_some_and(|it| i32::from(it.points) != kept.points)),
        ];
        if let Some((what, _)) = what.into_iter().find(|it| it.1) {
            return Err(Error::Opened { key: kept.key.clone(), what });
        }
    }
    Ok(())
}

/// Writes the questions; `there` are those that were.
async fn ask(
    tx: &Transaction<'_>,
    quiz_number: i64,
    quiz: &Quiz,
    there: &[Kept],
    course: &Course,
    now: Timestamp,
) -> Result<(), Error> {
    let mut moved = Moved::default();
    for gone in there.iter().filter(|it| !quiz.questions.iter().any(|new| new.key == it.key)) {
        tx.execute(FORGET, &[&gone.number]).await?;
    }
    for (place, question) in (0_i32..).zip(&quiz.questions) {
        let texts = json(&question.texts)?;
        if let Some(kept) = there.iter().find(|it| it.key == question.key && has_opened(it, now)) {
            tx.execute(RENAME, &[&kept.number, &place, &texts]).await?;
            moved.news.push(Item::of(kept, kept.standing.at(now)));
            continue;
        }
        let (kind, time) = (json(&question.kind)?, json(&question.window)?);
        let points = i32::from(question.points);
        let params: store::Params<'_> = &[
            &quiz_number,
            &ids::new("qun"),
            &question.key,
            &place,
            &kind,
            &question.kind.word(),
            &time,
            &texts,
            &points,
        ];
        let number: i64 = tx.query_one(ASK, params).await?.get("number");
        tx.execute(REPLAN, &[&number]).await?;
        let Some(kept) = kept::lock(tx, number).await? else { continue };
        let next = Standing::planned().go_on(&kept.kind, &kept.window, Some(course), now);
        turn::step(tx, &kept, next, None, now, &mut moved).await?;
    }
    news::tell(tx, &moved.news, now).await
}

/// Takes a quiz down: it is shown to nobody, what could be answered is void, and what was settled stays as it is. Put again, what had not opened
/// goes on.
pub async fn withdraw(
    tx: &Transaction<'_>,
    books: Books,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    let (source, source_id, _) = origin.columns();
    let row = tx.query_opt(FIND, &[&books.word(), &source, &source_id]).await?;
    let Some(row) = row else { return Err(Error::UnknownQuiz { id: source_id.to_owned() }) };
    let number: i64 = row.get("number");
    if tx.execute(WITHDRAW, &[&number, &At(now)]).await? == 0 {
        return Ok(());
    }
    let mut moved = Moved::default();
    for kept in kept::lock_of_quiz(tx, number).await? {
        turn::withdraw(tx, &kept, now, &mut moved).await?;
    }
    news::tell(tx, &moved.news, now).await
}

const ASKED: &str = "
    select q.id, q.key, q.kind::text as kind from quizzes.question q join quizzes.quiz z on z.number = q.quiz
    where z.books = $1 and z.source = $2 and z.source_id = $3 and q.word = 'trivia' order by q.number";

/// Takes in what else is right of the quiz's trivia questions that were asked with the same choices, before it is [`put`]: see [`set_right`].
/// Answers how many that are.
pub async fn correct(tx: &Transaction<'_>, quiz: &Quiz, now: Timestamp) -> Result<usize, Error> {
    quiz.check()?;
    let (source, source_id, _) = quiz.origin.columns();
    let mut corrected = 0;
    for row in tx.query(ASKED, &[&quiz.books.word(), &source, &source_id]).await? {
        let (id, key): (&str, &str) = (row.get("id"), row.get("key"));
        let was: Kind = serde_json::from_str(row.get("kind"))
            .map_err(|_| Error::Unreadable { what: id.to_owned(), column: "kind" })?;
        let Some(question) = quiz.questions.iter().find(|it| it.key == key) else { continue };
        if let (Kind::Trivia { choices: were, right: old }, Kind::Trivia { choices, right }) =
            (&was, &question.kind)
            && were == choices
            && old != right
        {
            set_right(tx, id, right, now).await?;
            corrected += 1;
        }
    }
    Ok(corrected)
}

/// Sets another choice right of a trivia question, whose author was wrong: those who have answered are marked anew, where it was settled. The entry
/// says the same in its next revision, or that is refused.
///
/// # Errors
/// [`Error::UnknownQuestion`] also where the match tells what is right; [`Error::Refused`] where it is no choice.
pub async fn set_right(
    tx: &Transaction<'_>,
    question: &str,
    choice: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let unknown = || Error::UnknownQuestion { id: question.to_owned() };
    let mut kept = kept::lock_by_ids(tx, &[question]).await?.pop().ok_or_else(unknown)?;
    let Kind::Trivia { choices, right } = &mut kept.kind else { return Err(unknown()) };
    if !choices.iter().any(|it| it == choice) {
        return Err(Refusal::UnknownChoice { choice: choice.to_owned() }.into());
    }
    choice.clone_into(right);
    tx.execute(RIGHT, &[&kept.number, &json(&kept.kind)?]).await?;
    let next = kept.standing.go_on(&kept.kind, &kept.window, None, now);
    let mut moved = Moved::default();
    turn::step(tx, &kept, next, None, now, &mut moved).await?;
    news::tell(tx, &moved.news, now).await
}

/// Locks a question now, whatever the match and the clock say, as if its time were over; one whose author knows what is right is settled by that.
/// Answers whether it was open, or had not opened.
pub async fn close(tx: &Transaction<'_>, question: &str, now: Timestamp) -> Result<bool, Error> {
    let unknown = || Error::UnknownQuestion { id: question.to_owned() };
    let kept = kept::lock_by_ids(tx, &[question]).await?.pop().ok_or_else(unknown)?;
    if kept.is_withdrawn || kept.standing.at(now) >= State::Locked {
        return Ok(false);
    }
    let closed = Standing { locks_at: Some(now), ..kept.standing.clone() };
    let next = closed.go_on(&kept.kind, &kept.window, None, now);
    let mut moved = Moved::default();
    turn::step(tx, &kept, next, None, now, &mut moved).await?;
    news::tell(tx, &moved.news, now).await?;
    Ok(true)
}

/// Ends a question of which nobody is to be right or wrong, settled or not: points that were given are taken back, and nothing settles it any more.
/// Answers whether it was not void before.
pub async fn void(tx: &Transaction<'_>, question: &str, now: Timestamp) -> Result<bool, Error> {
    let unknown = || Error::UnknownQuestion { id: question.to_owned() };
    let kept = kept::lock_by_ids(tx, &[question]).await?.pop().ok_or_else(unknown)?;
    if kept.standing.state == State::Void {
        return Ok(false);
    }
    let mut moved = Moved::default();
    turn::void(tx, &kept, now, &mut moved).await?;
    news::tell(tx, &moved.news, now).await?;
    Ok(true)
}

fn json<T: Serialize>(of: &T) -> Result<String, Error> {
    serde_json::to_string(of).map_err(|_| Error::Unreadable { what: "a quiz".to_owned(), column: "its JSON" })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[FIND, MAKE, CHANGE, ASK, REPLAN, RENAME, FORGET, ASKED, RIGHT, WITHDRAW];
