//! How questions go on: when something happens in their match, and when their time comes. Both lead to the same step, and a step that was made
//! is not made again.

use crate::answer;
use crate::course::Course;
use crate::error::Error;
use crate::kept::{self, Kept};
use crate::news::{self, Item};
use crate::settle::{Outcome, Why};
use crate::standing::{Standing, State};
use crate::work::{QUEUE, Settle, Turn};
use jiff::Timestamp;
use jobs::Wish;
use store::{At, Client, Transaction};

/// A position in the log of a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub epoch: u64,
    pub rev: u32,
    pub seq: u64,
}

/// What came of what has happened: questions that were opened, locked, and settled, or settled anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// By their ids.
    pub questions: Vec<(String, State)>,
    /// Answers that do not count, for the ball was there first.
    pub late: usize,
    /// To be told when all questions are moved.
    pub(crate) news: Vec<Item>,
}

const STAND: &str = "
    update quizzes.question set state = $2, opens_at = $3, locks_at = $4, choice = $5, why = $6, epoch = coalesce($7, epoch)
    where number = $1";

const SETTLED: &str = "
    update quizzes.question set state = $2, opens_at = $3, locks_at = $4, choice = $5, why = $6, epoch = coalesce($7, epoch),
        rev = $8, seq = $9, settled_at = $10, generation = generation + 1,
        ordinal = coalesce(ordinal, nextval('quizzes.ordinal'))
    where number = $1 returning generation";

/// Takes in how a match stands: by its follower, in the transaction that notes how far it has read, each time that something has happened in it,
/// a correction among it. What is asked about the match opens, locks and is settled by it, or settled anew.
pub async fn happened(
    tx: &Transaction<'_>,
    match_id: &str,
    course: &Course,
    position: Position,
    now: Timestamp,
) -> Result<Moved, Error> {
    let mut moved = Moved::default();
    for seen in kept::of_match(tx, match_id).await? {
        if next(&seen, course, position, now) == seen.standing {
            continue;
        }
        // Only what goes on is locked, so that a ball holds up no answer to what it leaves as it was.
        let Some(kept) = kept::lock(tx, seen.number).await? else { continue };
        let next = next(&kept, course, position, now);
        // It goes by its own log still, where that was another.
        let position = Some(position).filter(|_| !is_anothers(&kept, position));
        step(tx, &kept, next, position, now, &mut moved).await?;
    }
    news::tell(tx, &moved.news, now).await?;
    Ok(moved)
}

const IS_ASKED_ABOUT: &str = "select exists (select 1 from quizzes.quiz where match_id = $1 and withdrawn_at is null) as is_asked_about";

/// Whether there is a quiz on a match: of another, nobody has to tell what happens.
pub async fn is_asked_about(client: &Client<'_>, match_id: &str) -> Result<bool, Error> {
    Ok(client.query_one(IS_ASKED_ABOUT, &[&match_id]).await?.get("is_asked_about"))
}

/// How a question goes on by a log. Where its match was begun anew, in another log, what has begun in the former ends: it was not played to its end.
fn next(kept: &Kept, course: &Course, position: Position, now: Timestamp) -> Standing {
    let standing = &kept.standing;
    match (is_anothers(kept, position), &standing.outcome) {
        (false, _) => standing.go_on(&kept.kind, &kept.window, Some(course), now),
        (true, Outcome::NotYet) if kept.kind.is_of_a_match() => ended(standing, Why::NotPlayed, now),
        (true, _) => standing.clone(),
    }
}

fn is_anothers(kept: &Kept, position: Position) -> bool {
    kept.epoch.is_some_and(|it| it != signed(position.epoch))
}

fn ended(standing: &Standing, why: Why, now: Timestamp) -> Standing {
    let locks_at = Some(standing.locks_at.map_or(now, |it| it.min(now)));
    Standing { state: State::Void, opens_at: standing.opens_at, locks_at, outcome: Outcome::Void(why) }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Takes in that a question's time has come; answers when it is to be asked again, if by this clock it has not.
pub(crate) async fn is_due(
    tx: &Transaction<'_>,
    question: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let Some(kept) = kept::lock(tx, question).await?.filter(|it| !it.is_withdrawn) else { return Ok(None) };
    let next = kept.standing.go_on(&kept.kind, &kept.window, None, now);
    let times = match next.state {
        State::Planned => next.opens_at.into_iter().chain(next.locks_at).min(),
        State::Open => next.locks_at,
        State::Locked | State::Settled | State::Void => None,
    };
    let mut moved = Moved::default();
    step(tx, &kept, next, None, now, &mut moved).await?;
    news::tell(tx, &moved.news, now).await?;
    Ok(times)
}

/// Notes how a question stands now, with what follows from it. The question's row is locked.
pub(crate) async fn step(
    tx: &Transaction<'_>,
    kept: &Kept,
    next: Standing,
    position: Option<Position>,
    now: Timestamp,
    moved: &mut Moved,
) -> Result<(), Error> {
    if next == kept.standing {
        return Ok(());
    }
    let is_locked = next.state >= State::Locked;
    let late = match next.locks_at.filter(|_| is_locked && next.locks_at != kept.standing.locks_at) {
        Some(locks_at) => answer::find_late(tx, kept, locks_at, now).await?,
        None => 0,
    };
    // What was scored and came too late is taken back the way in which what is right changes.
    let is_settled = next.outcome != kept.standing.outcome || (late > 0 && kept.generation > 0);
    match is_settled {
        true => settle(tx, kept, &next, position, now).await?,
        false => stand(tx, kept, &next, position).await?,
    }
    if !is_locked {
        for at in [next.opens_at, next.locks_at].into_iter().flatten().filter(|it| *it > now) {
            let wish = Wish { queue: QUEUE, run_at: Some(at), ..Wish::default() };
            jobs::enqueue(tx, &Turn { question: kept.number }, &wish).await?;
        }
    }
    moved.late += late;
    if next.state != kept.standing.state || is_settled {
        moved.questions.push((kept.id.clone(), next.state));
        moved.news.push(Item::of(kept, next.state));
    }
    Ok(())
}

/// The columns `choice` and `why`.
fn columns(outcome: &Outcome) -> (Option<&str>, Option<&'static str>) {
    match outcome {
        Outcome::Choice(choice) => (Some(choice), None),
        Outcome::Void(why) => (None, Some(why.word())),
        Outcome::NotYet => (None, None),
    }
}

async fn stand(
    tx: &Transaction<'_>,
    kept: &Kept,
    next: &Standing,
    position: Option<Position>,
) -> Result<(), Error> {
    let ((choice, why), epoch) = (columns(&next.outcome), position.map(|it| signed(it.epoch)));
    let (opens_at, locks_at) = (next.opens_at.map(At), next.locks_at.map(At));
    let params: store::Params<'_> =
        &[&kept.number, &next.state.word(), &opens_at, &locks_at, &choice, &why, &epoch];
    tx.execute(STAND, params).await?;
    Ok(())
}

/// Notes what is right, or is not any more, under the next generation, which a job brings to those who have answered.
async fn settle(
    tx: &Transaction<'_>,
    kept: &Kept,
    next: &Standing,
    position: Option<Position>,
    now: Timestamp,
) -> Result<(), Error> {
    let (choice, why) = columns(&next.outcome);
    let settled_at = (next.outcome != Outcome::NotYet).then_some(At(now));
    let params: store::Params<'_> = &[
        &kept.number,
        &next.state.word(),
        &next.opens_at.map(At),
        &next.locks_at.map(At),
        &choice,
        &why,
        &position.map(|it| signed(it.epoch)),
        &position.map(|it| i64::from(it.rev)),
        &position.map(|it| signed(it.seq)),
        &settled_at,
    ];
    let generation: i32 = tx.query_one(SETTLED, params).await?.get("generation");
    let job = Settle { question: kept.number, generation, after: String::new() };
    jobs::enqueue(tx, &job, &Wish { queue: QUEUE, ..Wish::default() }).await?;
    Ok(())
}

/// Ends a question that was taken down while it could be answered, or waited to be settled. What had opened is news: nobody sees it any more.
pub(crate) async fn withdraw(
    tx: &Transaction<'_>,
    kept: &Kept,
    now: Timestamp,
    moved: &mut Moved,
) -> Result<(), Error> {
    let state = kept.standing.at(now);
    if state != State::Planned {
        moved.news.push(Item::of(kept, state.max(State::Locked)));
    }
    let is_running = matches!(state, State::Open | State::Locked);
    if !is_running {
        return Ok(());
    }
    // Nobody was late: what was asked was not answered by play.
    settle(tx, kept, &ended(&kept.standing, Why::Withdrawn, now), None, now).await
}

/// Ends a question as if it were taken down, and nothing else of its quiz.
pub(crate) async fn void(
    tx: &Transaction<'_>,
    kept: &Kept,
    now: Timestamp,
    moved: &mut Moved,
) -> Result<(), Error> {
    settle(tx, kept, &ended(&kept.standing, Why::Withdrawn, now), None, now).await?;
    moved.questions.push((kept.id.clone(), State::Void));
    moved.news.push(Item::of(kept, State::Void));
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[STAND, SETTLED, IS_ASKED_ABOUT];
