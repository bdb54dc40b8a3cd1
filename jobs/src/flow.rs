//! Jobs that come after other jobs.

use crate::error::Error;
use crate::job::{Job, Wish, put, ring};
use crate::queue::{Outcome, die, partition_of};
use std::collections::{BTreeMap, BTreeSet};
use store::{Store, Transaction};

/// Jobs of which some come after others, enqueued together. What one answers is handed to those after it, by [`crate::Attempt::result`].
///
/// Where a job of them dies, those after it wait until it is tried again ([`crate::revive`]) or forgotten; where one is cancelled or
/// discarded, those after it are cancelled, too.
#[derive(Default)]
pub struct Flow<'w> {
    steps: Vec<StepOf<'w>>,
}

struct StepOf<'w> {
    kind: &'static str,
    version: i16,
    payload: Result<String, String>,
    wish: Wish<'w>,
    after: Vec<usize>,
    ended_is_enough: bool,
}

/// A job of a [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(usize);

impl<'w> Flow<'w> {
    pub fn new() -> Self {
        Self::default()
    }

    /// A job that comes after none.
    pub fn job<J: Job>(&mut self, job: &J, wish: &Wish<'w>) -> Step {
        self.add(job, wish, &[], false)
    }

    /// A job that comes after others are done, which are of this flow.
    pub fn after<J: Job>(&mut self, others: &[Step], job: &J, wish: &Wish<'w>) -> Step {
        self.add(job, wish, others, false)
    }

    /// A job that comes after others have ended, whether done, dead, cancelled or discarded.
    pub fn after_end<J: Job>(&mut self, others: &[Step], job: &J, wish: &Wish<'w>) -> Step {
        self.add(job, wish, others, true)
    }

    fn add<J: Job>(&mut self, job: &J, wish: &Wish<'w>, others: &[Step], ended_is_enough: bool) -> Step {
        self.steps.push(StepOf {
            kind: J::KIND,
            version: J::VERSION,
            payload: serde_json::to_string(job).map_err(|error| error.to_string()),
            wish: wish.clone(),
            after: others.iter().map(|it| it.0).collect(),
            ended_is_enough,
        });
        Step(self.steps.len() - 1)
    }

    /// Puts all of them into the caller's transaction; answers their ids, in the order in which they were added.
    pub async fn enqueue(&self, tx: &Transaction<'_>) -> Result<Vec<i64>, Error> {
        let mut ids: Vec<i64> = Vec::with_capacity(self.steps.len());
        let mut followed = BTreeSet::new();
        let (mut jobs, mut places, mut others, mut enough) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for step in &self.steps {
            step.wish.check()?;
            let pending = i32::try_from(step.after.len()).unwrap_or(i32::MAX);
            let kind = step.kind;
            let payload =
                step.payload.as_ref().map_err(|reason| Error::Payload { kind, reason: reason.clone() })?;
            let id = put(tx, kind, step.version, payload, &step.wish, pending).await?;
            for (place, &other) in step.after.iter().enumerate() {
                jobs.push(id);
                places.push(i16::try_from(place).unwrap_or(i16::MAX));
                others.push(ids[other]);
                enough.push(step.ended_is_enough);
                followed.insert(ids[other]);
            }
            ids.push(id);
            ring(tx, &step.wish);
        }
        let followed: Vec<i64> = followed.into_iter().collect();
        tx.execute(CONNECT, &[&jobs, &places, &others, &enough]).await?;
        tx.execute(FOLLOWED, &[&followed]).await?;
        Ok(ids)
    }
}

const CONNECT: &str = "
    insert into jobs.edge (job, place, other, ended_is_enough)
    select * from unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::boolean[])";

const FOLLOWED: &str = "update jobs.job set followed = true where id = any($1)";

/// Each edge once: met by a result, or by an end where that is enough.
const MEET: &str = "
    update jobs.edge set met = true, result = ended.result, reason = ended.reason
    from unnest($1::bigint[], $2::text[], $3::text[]) as ended (id, result, reason)
    where edge.other = ended.id and not edge.met and (ended.result is not null or edge.ended_is_enough)
    returning edge.job";

const RELEASE: &str = "
    update jobs.job set pending = pending - met.count,
        state = case when pending > met.count then 3 when partition_key is not null then 2
            when run_at > clock_timestamp() then 1 else 0 end
    from unnest($1::bigint[], $2::int[]) as met (job, count)
    where job.id = met.job and job.state = 3
    returning job.id, job.queue, job.partition_key, job.state";

/// Those that will never begin, since what they come after is gone.
const CANCEL: &str = die!(
    "",
    "where job.id in (select edge.job from jobs.edge where edge.other = any($1) and not edge.met)",
    "'cancelled'",
    "'what it comes after was cancelled'"
);

const CUT: &str = "delete from jobs.edge where job = any($1)";

const RESULT: &str = "select met, result, reason from jobs.edge where job = $1 and place = $2";

/// A job of a flow that has ended.
pub(crate) struct Ended {
    id: i64,
    how: How,
}

enum How {
    Done {
        result: String,
    },
    /// It may come back.
    Dead {
        reason: String,
    },
    /// It will not.
    Gone {
        reason: String,
    },
}

impl Ended {
    pub(crate) fn of(id: i64, outcome: &Outcome) -> Ended {
        let how = match outcome {
            Outcome::Done { result } => {
                How::Done { result: result.clone().unwrap_or_else(|| "null".to_owned()) }
            }
            Outcome::Dead { reason } | Outcome::Retry { reason, .. } => How::Dead { reason: reason.clone() },
            Outcome::Discard { reason } => How::Gone { reason: reason.clone() },
            Outcome::Cancelled | Outcome::Snooze { .. } => {
                How::Gone { reason: "it was cancelled".to_owned() }
            }
        };
        Ended { id, how }
    }

    pub(crate) fn dead(id: i64, reason: &str) -> Ended {
        Ended { id, how: How::Dead { reason: reason.to_owned() } }
    }

    pub(crate) fn gone(id: i64, reason: &str) -> Ended {
        Ended { id, how: How::Gone { reason: reason.to_owned() } }
    }
}

/// Lets those begin that came after these jobs; answers the queues with more ready jobs, and adds partitions that may have a new head.
pub(crate) async fn ended(
    tx: &Transaction<'_>,
    mut ended: Vec<Ended>,
    partitions: &mut BTreeSet<(String, String)>,
) -> Result<BTreeSet<String>, Error> {
    let mut queues = BTreeSet::new();
    while !ended.is_empty() {
        let ids: Vec<i64> = ended.iter().map(|it| it.id).collect();
        let (results, reasons): (Vec<Option<&str>>, Vec<Option<&str>>) =
            ended.iter().map(|it| it.how.told()).unzip();
        let met = tx.query(MEET, &[&ids, &results, &reasons]).await?;
        let mut counts: BTreeMap<i64, i32> = BTreeMap::new();
        met.iter().for_each(|row| *counts.entry(row.get(0)).or_default() += 1);
        let (jobs, counts): (Vec<i64>, Vec<i32>) = counts.into_iter().unzip();
        for row in tx.query(RELEASE, &[&jobs, &counts]).await? {
            match row.get::<_, i16>(3) {
                0 => drop(queues.insert(row.get(1))),
                2 => partitions.extend(partition_of(&row)),
                _ => {}
            }
        }
        // The dead keep what they were handed: they may come back.
        let over: Vec<i64> = ended.iter().filter(|it| !it.how.may_return()).map(|it| it.id).collect();
        tx.execute(CUT, &[&over]).await?;
        let gone: Vec<i64> = ended.iter().filter(|it| it.how.is_gone()).map(|it| it.id).collect();
        ended = Vec::new();
        if !gone.is_empty() {
            for row in tx.query(CANCEL, &[&gone]).await? {
                partitions.extend(partition_of(&row));
                ended.push(Ended::gone(row.get(0), "it was cancelled"));
            }
        }
    }
    Ok(queues)
}

impl How {
    fn told(&self) -> (Option<&str>, Option<&str>) {
        match self {
            How::Done { result } => (Some(result), None),
            How::Dead { reason } | How::Gone { reason } => (None, Some(reason)),
        }
    }

    fn may_return(&self) -> bool {
        matches!(self, How::Dead { .. })
    }

    fn is_gone(&self) -> bool {
        matches!(self, How::Gone { .. })
    }
}

/// The JSON that the job at that place answered, or why there is none.
pub(crate) async fn result(store: &Store, job: i64, place: usize) -> Result<Result<String, String>, Error> {
    let at = i16::try_from(place).unwrap_or(i16::MAX);
    let row = store.read("jobs.result", async |db| db.query_opt(RESULT, &[&job, &at]).await).await?;
    Ok(match row {
        None => Err("it comes after no such job".to_owned()),
        Some(row) => match (row.get::<_, Option<String>>(1), row.get::<_, Option<String>>(2)) {
            (Some(result), _) => Ok(result),
            (None, reason) => Err(reason.unwrap_or_else(|| "it has not ended".to_owned())),
        },
    })
}
