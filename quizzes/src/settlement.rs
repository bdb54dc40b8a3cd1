//! Bringing what is right to those who have answered: marks, points, streaks, and what rewards are told. Each transaction is of some fans, and
//! writes down only what differs from what was: done again it changes nothing.

use crate::error::Error;
use crate::kept::{self, Kept};
use crate::rank;
use crate::score::{self, Board, Gain, Scope};
use crate::settle::Outcome;
use crate::standing::State;
use crate::streak::{Mark, Marked, Streak, is_told};
use crate::told::{self, CORRECT, Earning, PERFECT, STREAK};
use crate::work::{Finish, Settle, wish};
use jiff::Timestamp;
use rewards::{Fact, Source};
use std::collections::{BTreeMap, HashMap};
use store::{At, Row, Transaction};

#[cfg(test)]
mod tests;

/// Fans to whom one transaction brings it.
pub(crate) const FANS: i64 = 1_000;
/// Questions that a quiz has at least of which all are right for it to be told.
const PERFECT_MIN: i64 = 3;

const HOLD: &str = "select number from quizzes.question where number = $1 for share";

const ORGANISATIONS: &str = "
    select distinct organisation_id from (
        select organisation_id from quizzes.answer where question = $1 and fan_id > $2 order by fan_id limit $3) as it";

const ANSWERS: &str = "
    select fan_id, choice, accepted_at, organisation_id, device, is_late, outcome, told_right
    from quizzes.answer where question = $1 and fan_id > $2 order by fan_id limit $3 for update";

const MARK: &str = "
    update quizzes.answer a set outcome = it.outcome, told_right = it.told_right
    from unnest($2::text[], $3::text[], $4::int[]) as it (fan_id, outcome, told_right)
    where a.question = $1 and a.fan_id = it.fan_id";

const STREAKS: &str = "
    select fan_id, answers, best, ordinal, days, best_days, last_day, kept_day, seen_day from quizzes.streak
    where books = $1 and series = $2 and fan_id = any($3) order by fan_id for update";

const KEEP_STREAKS: &str = "
    insert into quizzes.streak (books, series, fan_id, answers, best, ordinal, days, best_days, last_day, kept_day, seen_day)
    select $1, $2, it.* from unnest($3::text[], $4::int[], $5::int[], $6::bigint[], $7::int[], $8::int[], $9::int[], $10::int[],
        $11::int[]) as it
    on conflict (fan_id, books, series) do update set answers = excluded.answers, best = excluded.best, ordinal = excluded.ordinal,
        days = excluded.days, best_days = excluded.best_days, last_day = excluded.last_day, kept_day = excluded.kept_day,
        seen_day = excluded.seen_day";

// What is of day one in one time zone is so in all: days are of UTC.
const MARKED: &str = "
    select a.fan_id, a.question, q.ordinal, floor(extract(epoch from a.accepted_at) / 86400)::int as day, a.outcome, a.told_run
    from quizzes.answer a join quizzes.question q on q.number = a.question join quizzes.quiz z on z.number = q.quiz
    where a.fan_id = any($3) and z.books = $1 and z.series = $2 and q.ordinal is not null
        and (a.outcome is not null or a.told_run > 0)";

const RUN: &str = "
    update quizzes.answer a set told_run = it.told_run
    from unnest($1::bigint[], $2::text[], $3::int[]) as it (question, fan_id, told_run)
    where a.question = it.question and a.fan_id = it.fan_id";

const RUN_NAMES: &str = "
    select a.question, a.fan_id, a.told_run, a.accepted_at, a.device
    from quizzes.answer a join unnest($1::bigint[], $2::text[]) as it (question, fan_id)
        on a.question = it.question and a.fan_id = it.fan_id";

const DONE: &str = "update quizzes.question set done = generation where number = $1 and generation = $2";

const OF_QUIZ: &str = "
    select number, state, generation = done as is_done, generation from quizzes.question where quiz = $1 order by number";

// Who has them all has the first.
const CANDIDATES: &str = "
    (select a.fan_id from quizzes.answer a where a.question = $2 and a.fan_id > $3 order by a.fan_id limit $4)
    union (select p.fan_id from quizzes.perfect p where p.quiz = $1 and p.fan_id > $3 order by p.fan_id limit $4)
    order by fan_id limit $4";

const ALL_RIGHT: &str = "
    select a.fan_id, max(a.device) as device from quizzes.answer a
    where a.question = any($1) and a.fan_id = any($2) and a.outcome = 'right' group by a.fan_id having count(*) = $3";

const PERFECTS: &str = "
    select fan_id, told from quizzes.perfect where quiz = $1 and fan_id = any($2) order by fan_id for update";

const KEEP_PERFECT: &str = "
    insert into quizzes.perfect (quiz, fan_id, told) select $1, it.* from unnest($2::text[], $3::int[]) as it
    on conflict (quiz, fan_id) do update set told = excluded.told";

/// One answer, as it was and as it is to be.
struct Answer {
    fan_id: String,
    organisation_id: String,
    device: Option<String>,
    accepted_at: Timestamp,
    before: Option<Mark>,
    after: Option<Mark>,
    told_right: i32,
}

impl Answer {
    fn read(row: &Row, outcome: &Outcome) -> Self {
        let choice: &str = row.get("choice");
        let after = match outcome {
            _ if row.get("is_late") => None,
            Outcome::Choice(right) if right == choice => Some(Mark::Right),
            Outcome::Choice(_) => Some(Mark::Wrong),
            Outcome::Void(_) => Some(Mark::Void),
            Outcome::NotYet => None,
        };
        Self {
            fan_id: row.get("fan_id"),
            organisation_id: row.get("organisation_id"),
            device: row.get("device"),
            accepted_at: row.get::<_, At>("accepted_at").0,
            before: row.get::<_, Option<&str>>("outcome").and_then(Mark::of),
            after,
            told_right: row.get("told_right"),
        }
    }

    fn day(&self) -> i32 {
        day_of(self.accepted_at)
    }

    /// What a change of its mark changes of a board.
    fn gain(&self, points: i32) -> Gain<'_> {
        let right = |mark| i32::from(mark == Some(Mark::Right));
        let counted = |mark: Option<Mark>| i32::from(mark.is_some_and(|it| it != Mark::Void));
        let is_right = right(self.after) - right(self.before);
        Gain {
            fan_id: &self.fan_id,
            points: points * is_right,
            answered: counted(self.after) - counted(self.before),
            is_right,
        }
    }
}

/// Counted from 1970-01-01 (UTC).
pub(crate) fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(i32::MAX)
}

/// Brings it to the next fans; answers the job for those after them, if there are.
pub(crate) async fn settle_some(
    tx: &Transaction<'_>,
    job: &Settle,
    now: Timestamp,
) -> Result<Option<Settle>, Error> {
    // What is right does not change meanwhile.
    tx.query(HOLD, &[&job.question]).await?;
    let Some(kept) = kept::find(tx, job.question).await?.filter(|it| it.generation == job.generation) else {
        return Ok(None);
    };
    let params: store::Params<'_> = &[&kept.number, &job.after, &FANS];
    let partners = tx.query(ORGANISATIONS, params).await?;
    let partners: Vec<String> = partners.iter().map(|row| row.get("organisation_id")).collect();
    // Boards first: who has them may write the runs of any answer of their series.
    let boards = score::lock(tx, &boards_of(&kept, partners)).await?;
    let rows = tx.query(ANSWERS, params).await?;
    let all: Vec<Answer> = rows.iter().map(|row| Answer::read(row, &kept.standing.outcome)).collect();
    let changed: Vec<&Answer> = all.iter().filter(|it| it.before != it.after).collect();
    if !changed.is_empty() {
        bring(tx, &kept, &boards, &changed, now).await?;
    }
    if let Some(last) = all.last().filter(|_| all.len() as i64 == FANS) {
        return Ok(Some(Settle { after: last.fan_id.clone(), ..job.clone() }));
    }
    tx.execute(DONE, &[&kept.number, &kept.generation]).await?;
    jobs::enqueue(tx, &Finish { quiz: kept.quiz, after: String::new() }, &wish()).await?;
    Ok(None)
}

async fn bring(
    tx: &Transaction<'_>,
    kept: &Kept,
    boards: &[(Board, i64)],
    changed: &[&Answer],
    now: Timestamp,
) -> Result<(), Error> {
    mark(tx, kept, changed, now).await?;
    let held = rank::hold_devices(tx, &devices_of(changed), now).await?;
    if !held.is_empty() {
        jobs::enqueue(tx, &rank::of_devices(tx, &held).await?, &wish()).await?;
    }
    let fans: Vec<&str> = changed.iter().map(|it| it.fan_id.as_str()).collect();
    let unranked = rank::unranked_among(tx, &fans).await?;
    for (board, number) in boards {
        let gains = changed.iter().filter(|it| board.has(&it.organisation_id));
        let gains: Vec<Gain<'_>> = gains.map(|it| it.gain(kept.points)).collect();
        score::add(tx, *number, &gains, &unranked).await?;
    }
    if let Some(series) = &kept.series {
        go_on(tx, kept, series, changed, now).await?;
    }
    Ok(())
}

fn boards_of(kept: &Kept, partners: Vec<String>) -> Vec<Board> {
    let own = [kept.match_id.clone().map(Scope::Match), kept.series.clone().map(Scope::Series)];
    let all = own.into_iter().flatten().chain(partners.into_iter().map(Scope::Partner));
    all.map(|scope| Board { books: kept.books, scope }).collect()
}

fn devices_of<'a>(changed: &[&'a Answer]) -> Vec<&'a str> {
    let mut devices: Vec<&str> = changed.iter().filter_map(|it| it.device.as_deref()).collect();
    devices.sort_unstable();
    devices.dedup();
    devices
}

/// Writes the marks; tells of those that are right now, and takes back those that were.
async fn mark(tx: &Transaction<'_>, kept: &Kept, changed: &[&Answer], now: Timestamp) -> Result<(), Error> {
    let (mut told, mut back) = (Vec::new(), Vec::new());
    let mut names = Vec::with_capacity(changed.len());
    for it in changed {
        let (was, is) = (it.before == Some(Mark::Right), it.after == Some(Mark::Right));
        names.push(match (was, is) {
            (false, true) => {
                let time = it.told_right.abs() + 1;
                told.push(earning(kept, it, CORRECT, time, Vec::new()));
                time
            }
            (true, false) => {
                back.push(told::name(kept, &it.fan_id, CORRECT, it.told_right));
                -it.told_right
            }
            _ => it.told_right,
        });
    }
    let fans: Vec<&str> = changed.iter().map(|it| it.fan_id.as_str()).collect();
    let outcomes: Vec<Option<&str>> = changed.iter().map(|it| it.after.map(Mark::word)).collect();
    tx.execute(MARK, &[&kept.number, &fans, &outcomes, &names]).await?;
    told::tell(tx, &told, now).await?;
    rewards::take_back_all(tx, kept.books, Source::Quiz, ("", &back), now).await?;
    Ok(())
}

fn earning<'a>(
    kept: &'a Kept,
    it: &'a Answer,
    kind: &'static str,
    time: i32,
    facts: Vec<(&'static str, Fact)>,
) -> Earning<'a> {
    let (fan_id, device, at) = (it.fan_id.as_str(), it.device.as_deref(), it.accepted_at);
    Earning { kept, fan_id, device, kind, time, at, facts }
}

/// Moves streaks on: by one answer, where it is a fan's latest; else from all that the fan has answered in the series.
async fn go_on(
    tx: &Transaction<'_>,
    kept: &Kept,
    series: &str,
    changed: &[&Answer],
    now: Timestamp,
) -> Result<(), Error> {
    let Some(ordinal) = kept.ordinal else { return Ok(()) };
    let books = kept.books.word();
    let fans: Vec<&str> = changed.iter().map(|it| it.fan_id.as_str()).collect();
    let rows = tx.query(STREAKS, &[&books, &series, &fans]).await?;
    let mut streaks: BTreeMap<String, Streak> =
        rows.iter().map(|row| (row.get("fan_id"), streak(row))).collect();
    let (mut told, mut anew) = (Vec::new(), Vec::new());
    for it in changed {
        let streak = streaks.entry(it.fan_id.clone()).or_default();
        let marked = it.after.map(|mark| Marked { ordinal, day: it.day(), mark });
        let is_latest = it.before.is_none() && marked.is_some_and(|it| streak.add(it));
        if !is_latest {
            anew.push(it.fan_id.as_str());
        } else if it.after == Some(Mark::Right) && is_told(streak.answers) {
            told.push((it.fan_id.as_str(), streak.answers));
        }
    }
    let runs: Vec<Run> = told.iter().map(|(fan, length)| Run::new(kept.number, fan, Some(*length))).collect();
    let from_all = if anew.is_empty() {
        Vec::new()
    } else {
        let rows = tx.query(MARKED, &[&books, &series, &anew]).await?;
        let (of_fans, runs) = from_all(&rows);
        for fan in &anew {
            streaks.insert((*fan).to_owned(), of_fans.get(*fan).copied().unwrap_or_default());
        }
        runs
    };
    keep_streaks(tx, (books, series), &streaks).await?;
    tell_runs(tx, kept, runs.into_iter().chain(from_all).collect(), now).await
}

/// A run that an answer ends, of a length that is told of; or none any more.
#[derive(Clone, Debug)]
struct Run {
    question: i64,
    fan_id: String,
    length: Option<i32>,
}

impl Run {
    fn new(question: i64, fan_id: &str, length: Option<i32>) -> Self {
        Self { question, fan_id: fan_id.to_owned(), length }
    }
}

/// The streaks of fans from all that they have answered, and the runs that are to be told of now, or not any more.
fn from_all(rows: &[Row]) -> (HashMap<String, Streak>, Vec<Run>) {
    let mut of_fans: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        of_fans.entry(row.get("fan_id")).or_default().push(row);
    }
    let (mut streaks, mut all) = (HashMap::new(), Vec::new());
    for (fan, rows) in of_fans {
        let mark = |row: &Row| row.get::<_, Option<&str>>("outcome").and_then(Mark::of);
        let marked =
            |row: &&Row| Some(Marked { ordinal: row.get("ordinal"), day: row.get("day"), mark: mark(row)? });
        let (streak, runs) = Streak::of(rows.iter().filter_map(marked).collect());
        let runs: HashMap<i64, i32> = runs.into_iter().filter(|it| is_told(it.1)).collect();
        for row in &rows {
            let length = runs.get(&row.get::<_, i64>("ordinal")).copied();
            let is_told: bool = row.get::<_, i32>("told_run") > 0;
            if length.is_some() != is_told {
                all.push(Run::new(row.get("question"), fan, length));
            }
        }
        streaks.insert(fan.to_owned(), streak);
    }
    (streaks, all)
}

fn streak(row: &Row) -> Streak {
    Streak {
        answers: row.get("answers"),
        best: row.get("best"),
        ordinal: row.get("ordinal"),
        days: row.get("days"),
        best_days: row.get("best_days"),
        last_day: row.get("last_day"),
        kept_day: row.get("kept_day"),
        seen_day: row.get("seen_day"),
    }
}

async fn keep_streaks(
    tx: &Transaction<'_>,
    (books, series): (&str, &str),
    all: &BTreeMap<String, Streak>,
) -> Result<(), Error> {
    let fans: Vec<&str> = all.keys().map(String::as_str).collect();
    let column = |of: fn(&Streak) -> i32| all.values().map(of).collect::<Vec<i32>>();
    let ordinals: Vec<i64> = all.values().map(|it| it.ordinal).collect();
    let params: store::Params<'_> = &[
        &books,
        &series,
        &fans,
        &column(|it| it.answers),
        &column(|it| it.best),
        &ordinals,
        &column(|it| it.days),
        &column(|it| it.best_days),
        &column(|it| it.last_day),
        &column(|it| it.kept_day),
        &column(|it| it.seen_day),
    ];
    tx.execute(KEEP_STREAKS, params).await?;
    Ok(())
}

async fn tell_runs(tx: &Transaction<'_>, kept: &Kept, runs: Vec<Run>, now: Timestamp) -> Result<(), Error> {
    if runs.is_empty() {
        return Ok(());
    }
    // Of other questions as well, where what went before has changed.
    let mut questions: HashMap<i64, Kept> = HashMap::new();
    for run in &runs {
        if run.question != kept.number
            && !questions.contains_key(&run.question)
            && let Some(found) = kept::find(tx, run.question).await?
        {
            questions.insert(run.question, found);
        }
    }
    let numbers: Vec<i64> = runs.iter().map(|it| it.question).collect();
    let fans: Vec<&str> = runs.iter().map(|it| it.fan_id.as_str()).collect();
    let rows = tx.query(RUN_NAMES, &[&numbers, &fans]).await?;
    let rows: HashMap<(i64, &str), &Row> =
        rows.iter().map(|row| ((row.get("question"), row.get("fan_id")), row)).collect();
    let (mut told, mut back, mut names) = (Vec::new(), Vec::new(), Vec::with_capacity(runs.len()));
    for run in &runs {
        let of = questions.get(&run.question).unwrap_or(kept);
        let row = rows.get(&(run.question, run.fan_id.as_str())).copied();
        let before = row.map_or(0, |it| it.get::<_, i32>("told_run"));
        names.push(match (row, run.length) {
            (Some(row), Some(length)) => {
                let (fan_id, time) = (run.fan_id.as_str(), before.abs() + 1);
                let (device, at) = (row.get("device"), row.get::<_, At>("accepted_at").0);
                let facts = vec![("length", Fact::Number(i64::from(length)))];
                told.push(Earning { kept: of, fan_id, device, kind: STREAK, time, at, facts });
                time
            }
            _ => {
                back.push(told::name(of, &run.fan_id, STREAK, before));
                -before
            }
        });
    }
    tx.execute(RUN, &[&numbers, &fans, &names]).await?;
    told::tell(tx, &told, now).await?;
    rewards::take_back_all(tx, kept.books, Source::Quiz, ("", &back), now).await?;
    Ok(())
}

/// Looks whose answers were all right, among the next fans; answers the job for those after them, if there are.
pub(crate) async fn finish_some(
    tx: &Transaction<'_>,
    job: &Finish,
    now: Timestamp,
) -> Result<Option<Finish>, Error> {
    let rows = tx.query(OF_QUIZ, &[&job.quiz]).await?;
    let Some(any) = rows.first().map(|row| row.get::<_, i64>("number")) else { return Ok(None) };
    let is_over = rows.iter().all(|row| {
        let state = State::of(row.get("state"));
        matches!(state, Some(State::Settled | State::Void)) && row.get::<_, bool>("is_done")
    });
    let settled = rows.iter().filter(|row| State::of(row.get("state")) == Some(State::Settled));
    let settled: Vec<i64> = settled.map(|row| row.get("number")).collect();
    let count = settled.len() as i64;
    // While something is open still, nobody has all; and who had is looked at again.
    let of = if is_over && count >= PERFECT_MIN { settled } else { Vec::new() };
    // Numbers begin with 1: where nobody has all, none answered.
    let first = of.first().copied().unwrap_or_default();
    let rows = tx.query(CANDIDATES, &[&job.quiz, &first, &job.after, &FANS]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let fans: Vec<&str> = rows.iter().map(|row| row.get("fan_id")).collect();
    let right = tx.query(ALL_RIGHT, &[&of, &fans, &count]).await?;
    let right: HashMap<&str, Option<&str>> =
        right.iter().map(|row| (row.get("fan_id"), row.get("device"))).collect();
    let rows_before = tx.query(PERFECTS, &[&job.quiz, &fans]).await?;
    let before: HashMap<&str, i32> =
        rows_before.iter().map(|row| (row.get("fan_id"), row.get("told"))).collect();
    let Some(kept) = kept::find(tx, any).await? else { return Ok(None) };
    let (mut told, mut back, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for fan_id in &fans {
        let told_before = before.get(fan_id).copied().unwrap_or_default();
        match (right.get(fan_id), told_before > 0) {
            (Some(device), false) => {
                let time = told_before.abs() + 1;
                let facts = vec![("questions", Fact::Number(count))];
                let (kind, at) = (PERFECT, now);
                told.push(Earning { kept: &kept, fan_id, device: *device, kind, time, at, facts });
                names.push((*fan_id, time));
            }
            (None, true) => {
                back.push(told::name(&kept, fan_id, PERFECT, told_before));
                names.push((*fan_id, -told_before));
            }
            _ => {}
        }
    }
    let (of_fans, times): (Vec<&str>, Vec<i32>) = names.into_iter().unzip();
    tx.execute(KEEP_PERFECT, &[&job.quiz, &of_fans, &times]).await?;
    told::tell(tx, &told, now).await?;
    rewards::take_back_all(tx, kept.books, Source::Quiz, ("", &back), now).await?;
    let next = Finish { quiz: job.quiz, after: last.get("fan_id") };
    Ok((fans.len() as i64 == FANS).then_some(next))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    HOLD,
    ORGANISATIONS,
    ANSWERS,
    MARK,
    STREAKS,
    KEEP_STREAKS,
    MARKED,
    RUN,
    RUN_NAMES,
    DONE,
    OF_QUIZ,
    CANDIDATES,
    ALL_RIGHT,
    PERFECTS,
    KEEP_PERFECT,
];
