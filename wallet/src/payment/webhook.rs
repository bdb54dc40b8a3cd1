//! What gateways send: kept as it came before anything is made of it.

use super::learn::Learned;
use super::work::ProcessWebhook;
use super::{Error, Payments};
use crate::gateway::Headers;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{At, Row, Transaction};

/// How long a body is kept: payers' addresses may be in it.
const KEEP: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Whether a message is new. Its sender is answered the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    New,
    /// It was received before, under the same name or with the same body.
    Again,
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub id: i64,
    pub gateway: String,
    /// The gateway's name of it.
    pub event_id: String,
    pub received_at: Timestamp,
    pub processed_at: Option<Timestamp>,
    /// "learned", "other", "unknown", "unreadable"; none before it is processed.
    pub outcome: Option<String>,
}

const INSERT: &str = "
    insert into wallet.webhook (gateway, mode, event_id, digest, headers, body, received_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict do nothing
    returning id";

const FIND: &str =
    "select gateway, body from wallet.webhook where id = $1 and mode = $2 and processed_at is null";

const PAGE: &str = "
    select id, gateway, event_id, received_at, processed_at, outcome from wallet.webhook
    where mode = $1 and ($2::bigint is null or id < $2) order by id desc limit $3";

const PROCESSED: &str = "
    update wallet.webhook set processed_at = $2, outcome = $3 where id = $1 and processed_at is null";

const FORGET: &str = "update wallet.webhook set body = null where received_at <= $1 and body is not null";

impl Payments {
    /// Takes in what a gateway sends: header names in lower case, and the body as it came. What is not
    /// genuine is refused, and nothing of it is kept; what is, is kept as it came, and processed by a job of
    /// the same transaction.
    pub async fn receive(&self, gateway: &str, headers: Headers<'_>, body: &[u8]) -> Result<Received, Error> {
        let (gateway, now) = (self.gateway(gateway)?, self.clock.now());
        let event_id = gateway.prove(headers, body, now)?;
        let digest = Sha256::digest(body).to_vec();
        let kept = headers.iter().filter(|it| gateway.headers().contains(&it.0));
        let kept: Map<String, Value> = kept.map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (code, mode, kept) = (gateway.code(), self.mode.word(), Value::Object(kept));
        let params: store::Params<'_> = &[&code, &mode, &event_id, &digest, &kept, &body, &At(now)];
        let received = self.store.run_tx("wallet.webhook_receive", async |tx| {
            let Some(row) = tx.query_opt(INSERT, params).await? else { return Ok(Received::Again) };
            let id: i64 = row.get("id");
            self.put(tx, &ProcessWebhook { id }, &id.to_string(), None).await?;
            Ok::<_, Error>(Received::New)
        });
        received.await
    }

    /// The newest first, older than the one with the id `before`: at most 200.
    pub async fn webhooks(&self, before: Option<i64>, count: i64) -> Result<Vec<Webhook>, Error> {
        let count = count.clamp(1, super::PAGE_MAX);
        let params: store::Params<'_> = &[&self.mode.word(), &before, &count];
        let rows = self.store.read("wallet.webhooks", async |db| db.query(PAGE, params).await).await?;
        Ok(rows.iter().map(read).collect())
    }

    /// Makes of a message what it tells. Answers whether it may tell more later: when the payment that it is
    /// of is known here.
    pub(super) async fn process(&self, id: i64) -> Result<Learned, Error> {
        let params: store::Params<'_> = &[&id, &self.mode.word()];
        let row = self.store.read("wallet.webhook_find", async |db| db.query_opt(FIND, params).await).await?;
        let Some(row) = row else { return Ok(Learned::Other) };
        let gateway = self.gateway(row.get("gateway"))?;
        let body: Option<&[u8]> = row.get("body");
        let Ok(told) = gateway.understand(body.unwrap_or_default()) else {
            self.processed(id, "unreadable").await?;
            return Ok(Learned::Other);
        };
        let learned = self.learn(gateway.as_ref(), told).await?;
        match learned {
            Learned::Ours => self.processed(id, "learned").await?,
            Learned::Other => self.processed(id, "other").await?,
            Learned::Unknown => {}
        }
        Ok(learned)
    }

    pub(super) async fn processed(&self, id: i64, outcome: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let params: store::Params<'_> = &[&id, &At(now), &outcome];
        self.store.run_tx("wallet.webhook_processed", async |tx| tx.execute(PROCESSED, params).await).await?;
        Ok(())
    }
}

pub(super) fn read(row: &Row) -> Webhook {
    Webhook {
        id: row.get("id"),
        gateway: row.get("gateway"),
        event_id: row.get("event_id"),
        received_at: row.get::<_, At>("received_at").0,
        processed_at: row.get::<_, Option<At>>("processed_at").map(|it| it.0),
        outcome: row.get("outcome"),
    }
}

/// Forgets the bodies of old messages. Run it once in a while.
pub async fn forget_bodies(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    let before = now.checked_sub(KEEP).unwrap_or(Timestamp::MIN);
    Ok(tx.execute(FORGET, &[&At(before)]).await?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND, PAGE, PROCESSED, FORGET];
