//! Who delivers: the handler of [`Deliver`].

use super::busy::Busy;
use super::destination::Destination;
use super::error::Error;
use super::message::{self, Deliver};
use super::outcome::Outcome;
use super::post::{Answer, Parcel, Post};
use super::reach::Reach;
use super::schedule::{TRIES_MAX, pause};
use super::secret::{Secret, signing};
use super::{Disabled, Endpoint};
use access::By;
use jiff::{SignedDuration, Timestamp};
use jobs::{NotDone, Worker};
use std::time::{Duration, Instant};
use store::{At, Clock, Row, Seal, Store, Transaction};

/// For how long nothing may arrive before an endpoint is disabled: with the last try of a message, so that none is cut short.
const FAILING_MAX: SignedDuration = SignedDuration::from_hours(5 * 24);
/// When a message is looked at again to whose endpoint others are on their way.
const BUSY: Duration = Duration::from_secs(1);

/// Brings messages to endpoints and writes down what came of it. Clones share connections.
#[derive(Clone)]
pub struct Courier {
    store: Store,
    seal: Seal,
    clock: Clock,
    post: Post,
    pub(crate) busy: Busy,
}

impl Courier {
    /// A courier that gives an endpoint ten seconds. Refused where the machine trusts no certificates at all.
    pub fn new(store: Store, seal: Seal, clock: Clock, reach: Reach) -> Result<Self, Error> {
        Ok(Self { store, seal, clock, post: Post::new(reach)?, busy: Busy::default() })
    }

    /// How long an endpoint may take, from its name to the end of its answer.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { post: self.post.patience(patience), ..self }
    }

    /// Has this worker deliver. It should be one of the queue [`super::QUEUE`]; its jobs wait for the network and do little else, so that it may
    /// do many at once.
    #[must_use]
    pub fn on(self, worker: Worker) -> Worker {
        worker.handle(move |job: Deliver, attempt| {
            let courier = self.clone();
            async move { courier.deliver(&job, &attempt).await }
        })
    }

    async fn deliver(&self, job: &Deliver, attempt: &jobs::Attempt) -> Result<(), NotDone> {
        let Some(_place) = self.busy.take(&job.endpoint_id) else { return Err(NotDone::Snooze(BUSY)) };
        let at = self.clock.now();
        let Some(parcel) = self.parcel(job, at).await.map_err(later)? else {
            return Err(NotDone::Discard("it is deleted, disabled, or sent in another round".to_owned()));
        };
        let began = Instant::now();
        let answer = self.post.send(parcel).await;
        let note = Note { job, answer: &answer, at, took: began.elapsed() };
        // If the process ends before this, the message is sent again with the same id: the receiver can tell.
        let noted = self.store.run_tx("partners.webhook_note", async |tx| {
            attempt.complete_in(tx).await?;
            note.write(tx, self.clock.now()).await
        });
        if let Some(why) = noted.await.map_err(later)? {
            tracing::warn!(webhook = job.endpoint_id, why = why.word(), "a webhook was disabled");
        }
        metrics::counter!("webhook_deliveries_total", "outcome" => answer.outcome.word()).increment(1);
        Ok(())
    }

    /// The message, signed; none if it is not to be sent any more.
    async fn parcel(&self, job: &Deliver, now: Timestamp) -> Result<Option<Parcel>, Error> {
        let params: store::Params<'_> = &[&job.endpoint_id, &job.message_id, &job.round];
        let found = self.store.read("partners.webhook_fetch", async |db| db.query_opt(FETCH, params).await);
        if let Some(row) = found.await? {
            return Ok(Some(parcel(&self.seal, &row, job, now)?));
        }
        self.store.run_one("partners.webhook_give_up", GIVE_UP, params).await?;
        Ok(None)
    }
}

const FETCH: &str = "
    select w.id as webhook_id, w.url, w.sealed, w.earlier_sealed, w.earlier_until, m.body
    from partners.webhook_delivery d
        join partners.webhook w on w.id = d.webhook_id
        join partners.webhook_message m on m.id = d.message_id
    where d.webhook_id = $1 and d.message_id = $2 and d.round = $3 and d.state = 'waiting' and w.disabled_at is null";

/// What was due while its endpoint was disabled has failed.
const GIVE_UP: &str = "
    update partners.webhook_delivery d set state = 'failed', next_at = null
    from partners.webhook w
    where w.id = d.webhook_id and w.disabled_at is not null
        and d.webhook_id = $1 and d.message_id = $2 and d.round = $3 and d.state = 'waiting'";

fn parcel(seal: &Seal, row: &Row, job: &Deliver, now: Timestamp) -> Result<Parcel, Error> {
    let what = || format!("webhook {}", job.endpoint_id);
    let destination = Destination::stored(row.get("url"))
        .ok_or_else(|| Error::Unreadable { what: what(), column: "url" })?;
    let (secrets, body): (Vec<Secret>, String) = (signing(seal, row, now)?, row.get("body"));
    let signatures: Vec<String> =
        secrets.iter().map(|it| it.signature(&job.message_id, now, &body)).collect();
    let message_id = job.message_id.clone();
    Ok(Parcel { destination, message_id, at: now, signatures: signatures.join(" "), body })
}

/// What is written down of a try.
#[derive(Clone, Copy)]
struct Note<'a> {
    job: &'a Deliver,
    answer: &'a Answer,
    at: Timestamp,
    took: Duration,
}

const ARRIVED: &str =
    "update partners.webhook set failing_since = null where id = $1 and failing_since is not null";

const FAILED: &str = "update partners.webhook set failing_since = $2 where id = $1 and failing_since is null";

const DISABLE: &str = "
    update partners.webhook set disabled_at = $2, disabled_why = $3
    where id = $1 and disabled_at is null and failing_since <= $4
    returning id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since";

const LOG: &str = "
    with it as (
        update partners.webhook_delivery
        set tried = tried + 1,
            state = case when round = $3 then $4 else state end,
            next_at = case when round = $3 then $5 else next_at end
        where webhook_id = $1 and message_id = $2
        returning tried, round
    ), logged as (
        insert into partners.webhook_attempt
            (webhook_id, message_id, number, at, outcome, status, milliseconds, response, reason)
        select $1, $2, it.tried, $6, $7, $8, $9, $10, $11 from it
    )
    select round = $3 as is_current from it";

impl Note<'_> {
    /// Answers why the endpoint was disabled by it. Rows are taken in the same order everywhere, the endpoint's before the delivery's.
    async fn write(self, tx: &Transaction<'_>, now: Timestamp) -> Result<Option<Disabled>, Error> {
        let (job, answer) = (self.job, self.answer);
        let disabled = self.judge(tx, now).await?;
        let next_at = match answer.outcome {
            Outcome::Delivered => None,
            _ if disabled.is_some() => None,
            _ => pause(job.tried).and_then(|pause| now.checked_add(pause).ok()),
        };
        let state = match (answer.outcome, next_at) {
            (Outcome::Delivered, _) => "delivered",
            (_, Some(_)) => "waiting",
            (_, None) => "failed",
        };
        let status = answer.status.and_then(|it| i16::try_from(it).ok());
        let milliseconds = i32::try_from(self.took.as_millis()).unwrap_or(i32::MAX);
        let params: store::Params<'_> = &[
            &job.endpoint_id,
            &job.message_id,
            &job.round,
            &state,
            &next_at.map(At),
            &At(self.at),
            &answer.outcome.word(),
            &status,
            &milliseconds,
            &answer.response,
            &answer.reason,
        ];
        // There is no row if the endpoint was deleted meanwhile.
        let is_current = tx.query_opt(LOG, params).await?.is_some_and(|row| row.get("is_current"));
        if let Some(next_at) = next_at.filter(|_| is_current) {
            message::try_again(tx, job, next_at).await?;
        }
        Ok(disabled)
    }

    /// What the answer says of the endpoint: it may be the last that it gets.
    async fn judge(self, tx: &Transaction<'_>, now: Timestamp) -> Result<Option<Disabled>, Error> {
        let id = &self.job.endpoint_id;
        if self.answer.outcome == Outcome::Delivered {
            tx.execute(ARRIVED, &[id]).await?;
            return Ok(None);
        }
        tx.execute(FAILED, &[id, &At(now)]).await?;
        let (why, failing_since) = match self.answer.outcome {
            Outcome::Gone => (Disabled::Gone, now),
            _ if self.job.tried < TRIES_MAX => return Ok(None),
            _ => (Disabled::Failing, At::after(now, -FAILING_MAX).0),
        };
        let params: store::Params<'_> = &[id, &At(now), &why.word(), &At(failing_since)];
        let Some(row) = tx.query_opt(DISABLE, params).await? else { return Ok(None) };
        let after = super::endpoint(&row)?;
        let before = Endpoint { disabled: None, ..after.clone() };
        super::note(tx, &By::system("webhooks", now), "webhook.disable", &before, &after).await?;
        Ok(Some(why))
    }
}

/// Nothing was written down, so the job tries again by its own pauses.
fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FETCH, GIVE_UP, ARRIVED, FAILED, DISABLE, LOG];
