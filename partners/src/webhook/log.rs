//! What was sent to an endpoint, and what came of it: kept for 30 days.

use super::error::Error;
use super::kind::Kind;
use super::outcome::Outcome;
use super::{find, secret};
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Row, Transaction};

/// For how long a message is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many messages [`forget_over`] forgets at most: each may have a delivery to every endpoint there is. It is called until there are no more,
/// once an hour at least.
pub const FORGET_MAX: i64 = 100;
/// The latest attempts at a message that are shown; replays may have made more.
const ATTEMPTS_MAX: i64 = 100;

/// A message to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `msg_…`, the `webhook-id` of all its attempts.
    pub message_id: String,
    pub kind: Kind,
    pub created_at: Timestamp,
    pub state: State,
    /// How often it was tried.
    pub tried: i32,
    /// When it is tried next, while it waits.
    pub next_at: Option<Timestamp>,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// For its first try or another one.
    Waiting,
    Delivered,
    /// It is not tried any more.
    Failed,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Delivered => "delivered",
            State::Failed => "failed",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Delivered, Self::Failed].into_iter().find(|it| it.word() == word)
    }
}

/// A message to an endpoint with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub delivery: Delivery,
    /// As it was signed and sent.
    pub body: String,
    /// The latest first, no more than a hundred.
    pub attempts: Vec<Attempt>,
}

/// A try to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1, over all rounds.
    pub number: i32,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// Where there was an answer.
    pub status: Option<u16>,
    pub milliseconds: i32,
    /// The first 2 KB of the answer's body. It is what a stranger says: never shown but as text.
    pub response: String,
    /// What went wrong where there was no answer; may be empty.
    pub reason: String,
}

const LIST: &str = "
    select m.id, m.kind, m.created_at, d.state, d.tried, d.next_at
    from partners.webhook_delivery d join partners.webhook_message m on m.id = d.message_id
    where d.webhook_id = $1 and ($2::text is null or d.message_id < $2)
    order by d.message_id desc limit $3";

/// What was sent to an endpoint, the latest first, before a message (none: from the latest on).
pub async fn deliveries(
    client: &Client<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    before: Option<&str>,
    count_max: i64,
) -> Result<Vec<Delivery>, Error> {
    owned(client, organisation_id, endpoint_id).await?;
    client.query(LIST, &[&endpoint_id, &before, &count_max]).await?.iter().map(to_delivery).collect()
}

const FIND: &str = "
    select m.id, m.kind, m.created_at, m.body, d.state, d.tried, d.next_at
    from partners.webhook_delivery d join partners.webhook_message m on m.id = d.message_id
    where d.webhook_id = $1 and d.message_id = $2";

const ATTEMPTS: &str = "
    select number, at, outcome, status, milliseconds, response, reason from partners.webhook_attempt
    where webhook_id = $1 and message_id = $2 order by id desc limit $3";

/// One message to an endpoint, with its body and its attempts.
pub async fn delivery(
    client: &Client<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    message_id: &str,
) -> Result<Story, Error> {
    owned(client, organisation_id, endpoint_id).await?;
    let row = client.query_opt(FIND, &[&endpoint_id, &message_id]).await?;
    let row = row.ok_or_else(|| Error::UnknownMessage { id: message_id.to_owned() })?;
    let attempts = client.query(ATTEMPTS, &[&endpoint_id, &message_id, &ATTEMPTS_MAX]).await?;
    let attempts = attempts.iter().map(|it| to_attempt(message_id, it)).collect::<Result<_, Error>>()?;
    Ok(Story { delivery: to_delivery(&row)?, body: row.get("body"), attempts })
}

const FORGET: &str = "
    delete from partners.webhook_message where id in (
        select id from partners.webhook_message where created_at <= $1 order by created_at limit $2)";

/// Forgets messages that are over, with their deliveries and attempts, and secrets that sign no more. Answers how many messages; where it is
/// [`FORGET_MAX`] there may be more.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    secret::forget_over(tx, now).await?;
    Ok(tx.execute(FORGET, &[&At::after(now, -KEPT), &FORGET_MAX]).await?)
}

async fn owned(client: &Client<'_>, organisation_id: &str, endpoint_id: &str) -> Result<(), Error> {
    match find(client, organisation_id, endpoint_id).await? {
        Some(_) => Ok(()),
        None => Err(Error::unknown_endpoint(endpoint_id)),
    }
}

fn to_delivery(row: &Row) -> Result<Delivery, Error> {
    let message_id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: format!("message {message_id}"), column };
    Ok(Delivery {
        kind: Kind::of_word(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        created_at: row.get::<_, At>("created_at").0,
        state: State::of_word(row.get("state")).ok_or_else(|| unreadable("state"))?,
        tried: row.get("tried"),
        next_at: row.get::<_, Option<At>>("next_at").map(|it| it.0),
        message_id,
    })
}

fn to_attempt(message_id: &str, row: &Row) -> Result<Attempt, Error> {
    let unreadable =
        |column| Error::Unreadable { what: format!("an attempt at message {message_id}"), column };
    let status: Option<i16> = row.get("status");
    Ok(Attempt {
        number: row.get("number"),
        at: row.get::<_, At>("at").0,
        outcome: Outcome::of_word(row.get("outcome")).ok_or_else(|| unreadable("outcome"))?,
        status: status.map(u16::try_from).transpose().map_err(|_| unreadable("status"))?,
        milliseconds: row.get("milliseconds"),
        response: row.get("response"),
        reason: row.get("reason"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST, FIND, ATTEMPTS, FORGET];
