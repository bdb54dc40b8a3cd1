//! Messages, and the jobs that bring them to endpoints.

use super::error::Error;
use super::kind::Kind;
use super::log::State;
use crate::Mode;
use crate::audit::{self, Change};
use access::By;
use jiff::Timestamp;
use jobs::{Job, Wish, enqueue, enqueue_all};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use store::{At, Transaction, ids};

/// The queue of deliveries. It has its own, so that slow endpoints hold up nothing else.
pub const QUEUE: &str = "webhooks";

/// What the standard recommends at most.
const BODY_BYTES_MAX: usize = 20_000;
/// How many messages [`replay_failed_since`] sends again at most.
pub const REPLAY_MAX: i64 = 1000;
/// Behind what is new.
const REPLAY_PRIORITY: i16 = 10;
/// Beyond what a courier gives an endpoint: time for the database.
const TIME_MAX: Duration = Duration::from_secs(60);

/// What is to be told.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    pub kind: Kind,
    /// Whether it is of live matches and keys or of the sandbox's: endpoints of that mode hear of it.
    pub mode: Mode,
    /// The body's `data`. No secrets.
    pub data: &'a Value,
    /// Names what is told, so that it is told once for each kind and organisation: `mat_…/wickets/3`.
    pub once: &'a str,
}

/// A try to bring a message to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    pub endpoint_id: String,
    pub message_id: String,
    /// The job is void once another round has begun.
    pub round: i32,
    /// Which try of the round it is, counted from 1.
    pub tried: u16,
}

impl Job for Deliver {
    const KIND: &'static str = "webhooks.deliver";
}

/// The body of a message, in the standard's shape.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: &'a Value,
}

/// Tells an organisation, once this transaction is committed: those of its endpoints that want the kind. Answers how many; none, and nothing
/// happens, if it was told so before.
pub async fn send(
    tx: &Transaction<'_>,
    organisation_id: &str,
    new: &NewMessage<'_>,
    now: Timestamp,
) -> Result<Option<usize>, Error> {
    tell(tx, Some(organisation_id), new, now).await
}

/// Tells every organisation, by one message and three statements for all of their endpoints that want the kind.
pub async fn announce(tx: &Transaction<'_>, new: &NewMessage<'_>, now: Timestamp) -> Result<usize, Error> {
    Ok(tell(tx, None, new, now).await?.unwrap_or_default())
}

const WRITE: &str = "
    insert into partners.webhook_message (id, organisation_id, kind, once, body, created_at)
    values ($1, $2, $3, $4, $5, $6) on conflict (organisation_id, kind, once) do nothing";

const ADDRESS: &str = "
    insert into partners.webhook_delivery (webhook_id, message_id, state, round, tried, next_at)
    select id, $1, 'waiting', 1, 0, $2 from partners.webhook
    where disabled_at is null and mode = $3 and $4 = any(kinds) and ($5::text is null or organisation_id = $5)
    returning webhook_id";

async fn tell(
    tx: &Transaction<'_>,
    organisation_id: Option<&str>,
    new: &NewMessage<'_>,
    now: Timestamp,
) -> Result<Option<usize>, Error> {
    let Some(message_id) = write(tx, organisation_id, new, now).await? else { return Ok(None) };
    let (mode, kind) = (new.mode.word(), new.kind.word());
    let rows = tx.query(ADDRESS, &[&message_id, &At(now), &mode, &kind, &organisation_id]).await?;
    let deliveries: Vec<Deliver> =
        rows.iter().map(|row| first(row.get("webhook_id"), message_id.clone(), 1)).collect();
    enqueue_all(tx, &deliveries, &wish()).await?;
    Ok(Some(deliveries.len()))
}

/// Answers the message's id; none if it was written before.
async fn write(
    tx: &Transaction<'_>,
    organisation_id: Option<&str>,
    new: &NewMessage<'_>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let (id, kind) = (ids::new("msg"), new.kind.word());
    let body = serde_json::to_string(&Body { kind, timestamp: now, data: new.data })
        .expect("a body has texts as keys and numbers that JSON knows");
    if body.len() > BODY_BYTES_MAX {
        return Err(Error::MessageLength { kind, found: body.len(), max: BODY_BYTES_MAX });
    }
    let count = tx.execute(WRITE, &[&id, &organisation_id, &kind, &new.once, &body, &At(now)]).await?;
    Ok((count == 1).then_some(id))
}

// Whoever disables it waits for us, or we see that it is disabled.
const STATE: &str = "
    select mode, disabled_at is not null as is_disabled from partners.webhook
    where organisation_id = $1 and id = $2 for share";

const ADDRESS_ONE: &str = "
    insert into partners.webhook_delivery (webhook_id, message_id, state, round, tried, next_at)
    values ($1, $2, 'waiting', 1, 0, $3)";

/// Sends a message of [`Kind::Test`] to one endpoint, whatever it wants. Answers the message's id.
pub async fn test(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<String, Error> {
    let mode = enabled(tx, organisation_id, endpoint_id).await?;
    let now = by.at;
    let data = json!({ "webhook_id": endpoint_id });
    let new = NewMessage { kind: Kind::Test, mode, data: &data, once: &ids::new("test") };
    let id = write(tx, Some(organisation_id), &new, now).await?.expect("a new name was not told before");
    tx.execute(ADDRESS_ONE, &[&endpoint_id, &id, &At(now)]).await?;
    enqueue(tx, &first(endpoint_id.to_owned(), id.clone(), 1), &wish()).await?;
    let change = Change::made(json!({ "message": id, "state": State::Waiting.word() }));
    audit::record(tx, by, organisation_id, "webhook.test", endpoint_id, change).await?;
    Ok(id)
}

const REPLAY: &str = "
    with before as (
        select state from partners.webhook_delivery where webhook_id = $1 and message_id = $2 for no key update
    )
    update partners.webhook_delivery d set state = 'waiting', next_at = $3, round = round + 1
    from before where d.webhook_id = $1 and d.message_id = $2
    returning d.round, before.state as before";

/// Sends a message to an endpoint again, with the same `webhook-id`, whatever became of it before: in a new round of tries, which ends an
/// earlier one.
pub async fn replay(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    message_id: &str,
    by: &By,
) -> Result<(), Error> {
    enabled(tx, organisation_id, endpoint_id).await?;
    let row = tx.query_opt(REPLAY, &[&endpoint_id, &message_id, &At(by.at)]).await?;
    let row = row.ok_or_else(|| Error::UnknownMessage { id: message_id.to_owned() })?;
    enqueue(tx, &first(endpoint_id.to_owned(), message_id.to_owned(), row.get("round")), &wish()).await?;
    let told = |state: &str| json!({ "message": message_id, "state": state });
    let change = Change::of(told(row.get("before")), told(State::Waiting.word()));
    Ok(audit::record(tx, by, organisation_id, "webhook.replay", endpoint_id, change).await?)
}

const REPLAY_FAILED: &str = "
    update partners.webhook_delivery set state = 'waiting', next_at = $2, round = round + 1
    where webhook_id = $1 and state = 'failed' and message_id in (
        select d.message_id
        from partners.webhook_delivery d join partners.webhook_message m on m.id = d.message_id
        where d.webhook_id = $1 and d.state = 'failed' and m.created_at >= $3
        order by d.message_id limit $4)
    returning message_id, round";

/// Sends the messages again that have failed for good and are not older than `since`: the oldest first and one after the other, so that an
/// endpoint which has just come back is not overrun. Answers how many; where it is [`REPLAY_MAX`] there may be more.
pub async fn replay_failed_since(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    since: Timestamp,
    by: &By,
) -> Result<usize, Error> {
    enabled(tx, organisation_id, endpoint_id).await?;
    let rows = tx.query(REPLAY_FAILED, &[&endpoint_id, &At(by.at), &At(since), &REPLAY_MAX]).await?;
    let mut deliveries: Vec<Deliver> = rows
        .iter()
        .map(|row| first(endpoint_id.to_owned(), row.get("message_id"), row.get("round")))
        .collect();
    deliveries.sort_by(|one, other| one.message_id.cmp(&other.message_id));
    let wish = Wish { partition: Some(endpoint_id), priority: REPLAY_PRIORITY, ..wish() };
    enqueue_all(tx, &deliveries, &wish).await?;
    let told = |state: State| json!({ "messages": deliveries.len(), "since": since, "state": state.word() });
    let change = Change::of(told(State::Failed), told(State::Waiting));
    audit::record(tx, by, organisation_id, "webhook.replay", endpoint_id, change).await?;
    Ok(deliveries.len())
}

/// The next try after one that failed.
pub(crate) async fn try_again(tx: &Transaction<'_>, last: &Deliver, at: Timestamp) -> Result<(), Error> {
    let next = Deliver { tried: last.tried + 1, ..last.clone() };
    enqueue(tx, &next, &Wish { run_at: Some(at), ..wish() }).await?;
    Ok(())
}

/// An endpoint's mode, if it is this organisation's and enabled.
async fn enabled(tx: &Transaction<'_>, organisation_id: &str, endpoint_id: &str) -> Result<Mode, Error> {
    let row = tx.query_opt(STATE, &[&organisation_id, &endpoint_id]).await?;
    let row = row.ok_or_else(|| Error::unknown_endpoint(endpoint_id))?;
    if row.get("is_disabled") {
        return Err(Error::Disabled { id: endpoint_id.to_owned() });
    }
    let what = || format!("webhook {endpoint_id}");
    Mode::of_word(row.get("mode")).ok_or_else(|| Error::Unreadable { what: what(), column: "mode" })
}

fn first(endpoint_id: String, message_id: String, round: i32) -> Deliver {
    Deliver { endpoint_id, message_id, round, tried: 1 }
}

fn wish() -> Wish<'static> {
    Wish { queue: QUEUE, time_max: Some(TIME_MAX), ..Wish::default() }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[WRITE, ADDRESS, STATE, ADDRESS_ONE, REPLAY, REPLAY_FAILED];
