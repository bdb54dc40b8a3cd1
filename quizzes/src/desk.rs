//! Quizzes as a newsroom sees them: which there are, how each question stands and what was answered, and what looks as if it were not a fan's doing.

use crate::error::Error;
use crate::kept;
use crate::kind::Kind;
use crate::quiz::{Origin, Words, in_language};
use crate::settle::Outcome;
use crate::standing::State;
use crate::tally::{self, Tally};
use crate::window::Window;
use jiff::{SignedDuration, Timestamp};
use rewards::Books;
use std::collections::{BTreeMap, HashMap};
use store::{At, Client, Row};

/// Quizzes that are listed at once.
pub const LISTED_MAX: i64 = 101;
/// Devices that are looked at for a quiz, and fans that are counted.
const DEVICES_MAX: i64 = 200;
const FANS_MAX: i64 = 1_000;
/// The language of the newsroom, where there are words in it.
const LANGUAGE: &str = "en";

/// A quiz of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Counts up: where a list goes on.
    pub number: i64,
    /// "quz_…"
    pub id: String,
    pub origin: Origin,
    pub books: Books,
    /// Whose fans it is for; all fans', where it is nobody's.
    pub organisation_id: Option<String>,
    pub match_id: Option<String>,
    pub series: Option<String>,
    pub fence: Option<String>,
    pub title: String,
    pub made_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
    /// How many of its questions stand so, by the clock.
    pub states: BTreeMap<State, i64>,
    /// Of all of its questions.
    pub answers: i64,
}

impl Listed {
    /// How many of its questions stand so.
    pub fn count(&self, state: State) -> i64 {
        self.states.get(&state).copied().unwrap_or_default()
    }
}

/// A question, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// "qun_…"
    pub id: String,
    pub key: String,
    pub text: String,
    /// With their words, in their order.
    pub choices: Vec<(String, String)>,
    pub kind: Kind,
    pub window: Window,
    pub points: i32,
    pub state: State,
    pub opens_at: Option<Timestamp>,
    pub locks_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    pub outcome: Outcome,
    pub tally: Tally,
    /// What is right has reached all who have answered.
    pub is_brought: bool,
}

/// What looks as if it were not a fan's doing, among who has answered a quiz.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Devices with more fans on a day than a family has, and their fans, who are not ranked until somebody has looked. No more than a thousand
    /// are counted.
    pub held_devices: i64,
    pub held_fans: i64,
    /// Such devices of which somebody has said that all is well.
    pub cleared_devices: i64,
}

const LIST: &str = "
    select number, id, books, source, source_id, revision, organisation_id, match_id, series, fence, titles::text as titles, made_at, withdrawn_at
    from quizzes.quiz where number < $1 and ($2::text is null or match_id = $2) order by number desc limit $3";

const FIND: &str = "
    select number, id, books, source, source_id, revision, organisation_id, match_id, series, fence, titles::text as titles, made_at, withdrawn_at
    from quizzes.quiz where id = $1";

// As `Standing::at` has it.
const STATES: &str = "
    select quiz, state, count(*) as questions from (
        select quiz, case
            when state in ('planned', 'open') and locks_at <= $2 then 'locked'
            when state = 'planned' and opens_at <= $2 then 'open'
            else state end as state
        from quizzes.question where quiz = any($1)) it
    group by quiz, state";

const ANSWERS: &str = "
    select q.quiz, sum(t.fans)::bigint as answers from quizzes.tally t join quizzes.question q on q.number = t.question
    where q.quiz = any($1) group by q.quiz";

const QUESTIONS: &str = "
    select number, id, key, kind::text as kind, time::text as time, texts::text as texts, points, state, opens_at, locks_at, choice, why,
        settled_at, generation = done as is_brought
    from quizzes.question where quiz = $1 order by place, number";

const TALLIES: &str = "
    select q.id, t.choice, t.fans from quizzes.tally t join quizzes.question q on q.number = t.question
    where q.quiz = $1 order by q.number, t.choice";

// A day of UTC, as devices are held.
const SIGNS: &str = "
    select h.device, h.day, h.cleared_at is not null as is_cleared, count(*) as fans from (
        select device, day, cleared_at from quizzes.held_device where held_at >= $2 order by held_at desc limit $3) h
    cross join lateral (
        select distinct a.fan_id from quizzes.answer a
        where a.device = h.device and a.accepted_at >= to_timestamp(h.day * 86400.0) and a.accepted_at < to_timestamp((h.day + 1) * 86400.0)
            and a.question in (select number from quizzes.question where quiz = $1)
        limit $4) f
    group by h.device, h.day, h.cleared_at";

/// The newest first, from before a number (`i64::MAX`: from the newest on); of one match where it says which. In three statements however many
/// there are.
pub async fn list(
    client: &Client<'_>,
    match_id: Option<&str>,
    before: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Listed>, Error> {
    let rows = client.query(LIST, &[&before, &match_id, &limit.clamp(1, LISTED_MAX)]).await?;
    counted(client, &rows, now).await
}

/// One, by its id, with its questions in their order.
///
/// # Errors
/// [`Error::UnknownQuiz`].
pub async fn find(client: &Client<'_>, id: &str, now: Timestamp) -> Result<(Listed, Vec<Asked>), Error> {
    let rows = client.query(FIND, &[&id]).await?;
    let unknown = || Error::UnknownQuiz { id: id.to_owned() };
    let listed = counted(client, &rows, now).await?.pop().ok_or_else(unknown)?;
    let tallies = tally::tallies(&client.query(TALLIES, &[&listed.number]).await?);
    let mut tallies: HashMap<String, Tally> =
        tallies.into_iter().map(|it| (it.question.clone(), it)).collect();
    let rows = client.query(QUESTIONS, &[&listed.number]).await?;
    let asked: Result<Vec<Asked>, Error> = rows.iter().map(|row| asked(row, &mut tallies, now)).collect();
    Ok((listed, asked?))
}

/// What looks odd among who has answered a quiz.
pub async fn signs(client: &Client<'_>, quiz: &Listed) -> Result<Signs, Error> {
    // Devices are held as of the answers of a day, which may be the one before.
    let since = At::after(quiz.made_at, SignedDuration::from_hours(-24));
    let rows = client.query(SIGNS, &[&quiz.number, &since, &DEVICES_MAX, &FANS_MAX]).await?;
    let mut signs = Signs::default();
    for row in &rows {
        if row.get("is_cleared") {
            signs.cleared_devices += 1;
        } else {
            signs.held_devices += 1;
            signs.held_fans = FANS_MAX.min(signs.held_fans + row.get::<_, i64>("fans"));
        }
    }
    Ok(signs)
}

async fn counted(client: &Client<'_>, rows: &[Row], now: Timestamp) -> Result<Vec<Listed>, Error> {
    let mut all: Vec<Listed> = rows.iter().map(listed).collect::<Result<_, _>>()?;
    let numbers: Vec<i64> = all.iter().map(|it| it.number).collect();
    let mut states: HashMap<i64, BTreeMap<State, i64>> = HashMap::new();
    for row in client.query(STATES, &[&numbers, &At(now)]).await? {
        if let Some(state) = State::of(row.get("state")) {
            states.entry(row.get("quiz")).or_default().insert(state, row.get("questions"));
        }
    }
    let answers = client.query(ANSWERS, &[&numbers]).await?;
    let answers: HashMap<i64, i64> =
        answers.iter().map(|row| (row.get("quiz"), row.get("answers"))).collect();
    for it in &mut all {
        it.states = states.remove(&it.number).unwrap_or_default();
        it.answers = answers.get(&it.number).copied().unwrap_or_default();
    }
    Ok(all)
}

fn listed(row: &Row) -> Result<Listed, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    let titles: BTreeMap<String, String> =
        serde_json::from_str(row.get("titles")).map_err(|_| unreadable("titles"))?;
    let (_, title) = in_language(&titles, LANGUAGE).ok_or_else(|| unreadable("titles"))?;
    let source_id: String = row.get("source_id");
    let origin = match row.get("source") {
        "entry" => {
            let revision = u32::try_from(row.get::<_, i64>("revision")).unwrap_or(u32::MAX);
            Origin::Entry { id: source_id, revision }
        }
        "template" => Origin::Template { name: source_id },
        _ => return Err(unreadable("source")),
    };
    Ok(Listed {
        number: row.get("number"),
        origin,
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        organisation_id: row.get("organisation_id"),
        match_id: row.get("match_id"),
        series: row.get("series"),
        fence: row.get("fence"),
        title: title.clone(),
        made_at: row.get::<_, At>("made_at").0,
        withdrawn_at: row.get::<_, Option<At>>("withdrawn_at").map(|it| it.0),
        states: BTreeMap::new(),
        answers: 0,
        id,
    })
}

fn asked(row: &Row, tallies: &mut HashMap<String, Tally>, now: Timestamp) -> Result<Asked, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    let standing = kept::standing(row).map_err(unreadable)?;
    let kind: Kind = serde_json::from_str(row.get("kind")).map_err(|_| unreadable("kind"))?;
    let texts: BTreeMap<String, Words> =
        serde_json::from_str(row.get("texts")).map_err(|_| unreadable("texts"))?;
    let (_, words) = in_language(&texts, LANGUAGE).ok_or_else(|| unreadable("texts"))?;
    let named = |it: &str| (it.to_owned(), words.choices.get(it).cloned().unwrap_or_default());
    Ok(Asked {
        key: row.get("key"),
        text: words.text.clone(),
        choices: kind.choices().into_iter().map(named).collect(),
        window: serde_json::from_str(row.get("time")).map_err(|_| unreadable("time"))?,
        points: row.get("points"),
        state: standing.at(now),
        opens_at: standing.opens_at,
        locks_at: standing.locks_at,
        settled_at: row.get::<_, Option<At>>("settled_at").map(|it| it.0),
        outcome: standing.outcome,
        tally: tallies.remove(&id).unwrap_or_else(|| Tally::of_nobody(&id)),
        is_brought: row.get("is_brought"),
        kind,
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST, FIND, STATES, ANSWERS, QUESTIONS, TALLIES, SIGNS];
