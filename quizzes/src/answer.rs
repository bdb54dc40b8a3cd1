//! Answers: each fan's once to a question, before its lock, by the server's clock.

use crate::error::{Error, Refusal};
use crate::kept::{self, Kept};
use crate::standing::State;
use crate::told;
use jiff::Timestamp;
use rewards::{Books, Source, review};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{At, Clock, Transaction};

/// Characters of what a caller names.
const NAME_MAX: usize = 200;

/// What a fan answers, and by whom that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    pub books: Books,
    /// "qun_…"
    pub question: String,
    /// The match in which it is asked, where it is of one.
    pub match_id: Option<String>,
    pub choice: String,
    pub fan_id: String,
    pub organisation_id: String,
    /// A hash of the fan's device.
    pub device: Option<String>,
    /// Where the fan is, by the quiz's rule of places; none where nobody has looked.
    pub place: Option<Place>,
}

/// What was decided of where a fan is. Only who has asked a rule can say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Allowed(Rule),
    Denied(Rule),
    Unsure(Rule),
}

/// A rule of places, and which of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub fence: String,
    pub version: u32,
}

/// What is answered to who has answered: the same each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub question: String,
    pub choice: String,
    pub accepted_at: Timestamp,
}

const THERE: &str = "
    select a.question, a.fan_id, a.choice, a.accepted_at, a.is_late
    from quizzes.answer a join unnest($1::bigint[], $2::text[]) as it (question, fan_id)
        on a.question = it.question and a.fan_id = it.fan_id";

const ACCEPT: &str = "
    insert into quizzes.answer (question, fan_id, choice, accepted_at, organisation_id, device, fence_version)
    select * from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bigint[])";

const COUNT: &str = "
    insert into quizzes.tally as t (question, choice, fans)
    select * from unnest($1::bigint[], $2::text[], $3::bigint[])
    on conflict (question, choice) do update set fans = t.fans + excluded.fans";

const LAST: &str = "
    update quizzes.question q set accepted_at = it.at
    from unnest($1::bigint[], $2::timestamptz[]) as it (number, at) where q.number = it.number";

const LATE: &str = "
    update quizzes.answer set is_late = true, told_answer = -told_answer
    where question = $1 and accepted_at >= $2 and not is_late returning fan_id, choice";

const UNCOUNT: &str = "
    update quizzes.tally t set fans = t.fans - it.fans
    from unnest($2::text[], $3::bigint[]) as it (choice, fans) where t.question = $1 and t.choice = it.choice";

/// Accepts an answer in the caller's transaction, which is to be committed before the fan is told. Others who answer the same question wait until
/// then: where many come at once, [`crate::Intake`] accepts them together.
///
/// # Errors
/// [`Error::Refused`]; and where the database could not.
pub async fn answer(tx: &Transaction<'_>, clock: &Clock, submission: &Submission) -> Result<Receipt, Error> {
    let mut all = accept(tx, clock, std::slice::from_ref(submission)).await?;
    let done = all.pop().unwrap_or(Err(Refusal::UnknownQuestion));
    Ok(done?)
}

/// Accepts answers in the order in which they came. Each question's row is locked meanwhile, so that answers, locks and corrections of it come one
/// after the other in all processes; with it go its tally and the last moment at which something was accepted. A batch costs nine statements
/// and 0.1 ms an answer.
pub(crate) async fn accept(
    tx: &Transaction<'_>,
    clock: &Clock,
    all: &[Submission],
) -> Result<Vec<Result<Receipt, Refusal>>, Error> {
    let ids: BTreeSet<&str> = all.iter().map(|it| it.question.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let questions = kept::lock_by_ids(tx, &ids).await?;
    let questions: HashMap<&str, &Kept> = questions.iter().map(|it| (it.id.as_str(), it)).collect();
    // Only now: who has waited for the lock has waited for what came before.
    let now = clock.now();
    let fans: BTreeSet<&str> = all.iter().map(|it| it.fan_id.as_str()).collect();
    let fans: Vec<&str> = fans.into_iter().collect();
    let blocked = review::blocked_among(tx, &fans).await?;
    let mut there = there(tx, all, &questions).await?;
    let mut new: Vec<New<'_>> = Vec::new();
    let mut answers = Vec::with_capacity(all.len());
    for it in all {
        let kept = questions.get(it.question.as_str()).copied();
        let judged = kept.ok_or(Refusal::UnknownQuestion).and_then(|kept| {
            check_scope(kept, it)?;
            let key = (kept.number, it.fan_id.as_str());
            if let Some(before) = there.get(&key) {
                return before.repeat(kept, it);
            }
            let accepted_at = check(kept, it, &blocked, now)?;
            there.insert(key, Before { choice: it.choice.clone(), accepted_at, is_late: false });
            new.push(New { kept, submission: it, accepted_at });
            Ok(receipt(kept, &it.choice, accepted_at))
        });
        answers.push(judged);
    }
    write(tx, &new, now).await?;
    Ok(answers)
}

/// An answer that is accepted.
struct New<'a> {
    kept: &'a Kept,
    submission: &'a Submission,
    accepted_at: Timestamp,
}

/// An answer that is there.
struct Before {
    choice: String,
    accepted_at: Timestamp,
    is_late: bool,
}

impl Before {
    /// To the same the same, so that who has lost our answer may ask again.
    fn repeat(&self, kept: &Kept, it: &Submission) -> Result<Receipt, Refusal> {
        match self {
            Before { is_late: true, .. } => Err(Refusal::Late),
            Before { choice, accepted_at, .. } if *choice == it.choice => {
                Ok(receipt(kept, choice, *accepted_at))
            }
            Before { choice, .. } => Err(Refusal::Answered { choice: choice.clone() }),
        }
    }
}

fn receipt(kept: &Kept, choice: &str, accepted_at: Timestamp) -> Receipt {
    Receipt { question: kept.id.clone(), choice: choice.to_owned(), accepted_at }
}

/// Whether the question is there for who asks.
fn check_scope(kept: &Kept, it: &Submission) -> Result<(), Refusal> {
    let is_anothers = kept.organisation_id.as_ref().is_some_and(|own| *own != it.organisation_id);
    if kept.books != it.books || is_anothers || kept.is_withdrawn {
        return Err(Refusal::UnknownQuestion);
    }
    if kept.match_id != it.match_id { Err(Refusal::OtherMatch) } else { Ok(()) }
}

/// When it is accepted, if it is.
fn check(
    kept: &Kept,
    it: &Submission,
    blocked: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let is_name = |text: &str| (1..=NAME_MAX).contains(&text.len());
    if !is_name(&it.fan_id) || !is_name(&it.organisation_id) || !it.device.as_deref().is_none_or(is_name) {
        return Err(Refusal::UnknownQuestion);
    }
    if !kept.kind.choices().contains(&it.choice.as_str()) {
        return Err(Refusal::UnknownChoice { choice: it.choice.chars().take(NAME_MAX).collect() });
    }
    // A clock that was set back opens nothing again.
    let at = kept.accepted_at.map_or(now, |last| last.max(now));
    match kept.standing.at(at) {
        State::Open => {}
        State::Planned => return Err(Refusal::NotOpen { opens_at: kept.standing.opens_at }),
        State::Locked | State::Settled | State::Void => {
            return Err(Refusal::Locked { locks_at: kept.standing.locks_at });
        }
    }
    if let Some(fence) = &kept.fence
        && fence_version(it, fence).is_none()
    {
        return Err(Refusal::Fenced { fence: fence.clone() });
    }
    if blocked.contains(&it.fan_id) { Err(Refusal::Blocked) } else { Ok(at) }
}

/// The version of the rule by which somebody may answer; none where it says anything else, or another rule does.
fn fence_version(it: &Submission, fence: &str) -> Option<i64> {
    match &it.place {
        Some(Place::Allowed(rule)) if rule.fence == *fence => Some(i64::from(rule.version)),
        Some(Place::Allowed(_) | Place::Denied(_) | Place::Unsure(_)) | None => None,
    }
}

async fn there<'a>(
    tx: &Transaction<'_>,
    all: &'a [Submission],
    questions: &HashMap<&str, &Kept>,
) -> Result<HashMap<(i64, &'a str), Before>, Error> {
    let asked =
        all.iter().filter_map(|it| Some((questions.get(it.question.as_str())?.number, it.fan_id.as_str())));
    let (numbers, fans): (Vec<i64>, Vec<&str>) = asked.clone().unzip();
    let keys: HashMap<(i64, &str), (i64, &'a str)> = asked.map(|it| (it, it)).collect();
    let rows = tx.query(THERE, &[&numbers, &fans]).await?;
    let read = rows.iter().filter_map(|row| {
        let key = keys.get(&(row.get("question"), row.get::<_, &str>("fan_id")))?;
        let accepted_at = row.get::<_, At>("accepted_at").0;
        Some((*key, Before { choice: row.get("choice"), accepted_at, is_late: row.get("is_late") }))
    });
    Ok(read.collect())
}

async fn write(tx: &Transaction<'_>, new: &[New<'_>], now: Timestamp) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = new.iter().map(|it| it.kept.number).collect();
    let fans: Vec<&str> = new.iter().map(|it| it.submission.fan_id.as_str()).collect();
    let choices: Vec<&str> = new.iter().map(|it| it.submission.choice.as_str()).collect();
    let ats: Vec<At> = new.iter().map(|it| At(it.accepted_at)).collect();
    let organisations: Vec<&str> = new.iter().map(|it| it.submission.organisation_id.as_str()).collect();
    let devices: Vec<Option<&str>> = new.iter().map(|it| it.submission.device.as_deref()).collect();
    let fences: Vec<Option<i64>> = new
        .iter()
        .map(|it| it.kept.fence.as_ref().and_then(|fence| fence_version(it.submission, fence)))
        .collect();
    tx.execute(ACCEPT, &[&numbers, &fans, &choices, &ats, &organisations, &devices, &fences]).await?;
    let (mut counts, mut last) = (BTreeMap::<(i64, &str), i64>::new(), BTreeMap::<i64, At>::new());
    for it in new {
        *counts.entry((it.kept.number, &it.submission.choice)).or_default() += 1;
        last.insert(it.kept.number, At(it.accepted_at));
    }
    let (keys, fans): (Vec<(i64, &str)>, Vec<i64>) = counts.into_iter().unzip();
    let (of, choices): (Vec<i64>, Vec<&str>) = keys.into_iter().unzip();
    tx.execute(COUNT, &[&of, &choices, &fans]).await?;
    let (of, ats): (Vec<i64>, Vec<At>) = last.into_iter().unzip();
    tx.execute(LAST, &[&of, &ats]).await?;
    let told = new.iter().map(|it| told::Earning {
        kept: it.kept,
        fan_id: &it.submission.fan_id,
        device: it.submission.device.as_deref(),
        kind: told::ANSWER,
        time: 1,
        at: it.accepted_at,
        facts: Vec::new(),
    });
    told::tell(tx, &told.collect::<Vec<_>>(), now).await
}

/// Takes out what was accepted at its lock or later, by what was known of it then; answers how many that were. They count nowhere, and what they
/// have earned is taken back.
pub(crate) async fn find_late(
    tx: &Transaction<'_>,
    kept: &Kept,
    locks_at: Timestamp,
    now: Timestamp,
) -> Result<usize, Error> {
    let rows = tx.query(LATE, &[&kept.number, &At(locks_at)]).await?;
    let mut counts = BTreeMap::<&str, i64>::new();
    for row in &rows {
        *counts.entry(row.get("choice")).or_default() += 1;
    }
    let (choices, fans): (Vec<&str>, Vec<i64>) = counts.into_iter().unzip();
    tx.execute(UNCOUNT, &[&kept.number, &choices, &fans]).await?;
    let fan = |it: &store::Row| told::name(kept, it.get("fan_id"), told::ANSWER, 1);
    let ids: Vec<String> = rows.iter().map(fan).collect();
    rewards::take_back_all(tx, kept.books, Source::Quiz, ("", &ids), now).await?;
    Ok(rows.len())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[THERE, ACCEPT, COUNT, LAST, LATE, UNCOUNT];
