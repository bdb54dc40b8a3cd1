//! Webhooks: organisations are told what happens, by signed messages to addresses of theirs (Standard Webhooks 1.0.0).
//!
//! An [`Endpoint`] says where and what of. [`send`] tells one organisation, [`announce`] all of them, both in the transaction in which the
//! thing happens; a [`Courier`] delivers, as jobs of the queue [`QUEUE`]. What came of it is in the log ([`deliveries`], [`delivery`]), from
//! which a message can be sent again ([`replay`]).
//!
//! Delivery is at least once: a message keeps its `webhook-id` however often it arrives. It is in no order.
//!
//! Every function takes the organisation that asks; what is another's is not found. What somebody does to an endpoint is written into the
//! audit log in the same transaction.

mod busy;
mod courier;
mod destination;
mod error;
mod kind;
mod log;
mod message;
mod outcome;
mod post;
mod reach;
mod schedule;
mod secret;
#[cfg(test)]
mod tests;

pub use courier::Courier;
pub use destination::{Destination, DestinationError};
pub use error::Error;
pub use kind::Kind;
pub use log::{Attempt, Delivery, FORGET_MAX, KEPT, State, Story, deliveries, delivery, forget_over};
pub use message::{
    Deliver, NewMessage, QUEUE, REPLAY_MAX, announce, replay, replay_failed_since, send, test,
};
pub use outcome::Outcome;
pub use reach::Reach;
pub use schedule::TRIES_MAX;
pub use secret::{OVERLAP, Secret, reveal, rotate};

use crate::Mode;
use crate::audit::{self, Change};
use access::By;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{At, Client, Row, Seal, Transaction, ids};

/// The most endpoints that an organisation has.
pub const ENDPOINTS_MAX: usize = 10;
const DESCRIPTION_CHARS_MAX: usize = 200;

/// What an owner says of an endpoint.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    pub destination: &'a Destination,
    /// What it wants to be told of, at least one thing.
    pub kinds: &'a [Kind],
    /// For its owner to tell it from others; may be empty.
    pub description: &'a str,
}

/// Where an organisation wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `whk_…`
    pub id: String,
    pub organisation_id: String,
    /// Of live matches and keys, or of the sandbox's.
    pub mode: Mode,
    pub destination: Destination,
    pub kinds: Vec<Kind>,
    pub description: String,
    pub created_at: Timestamp,
    /// Since when and why nothing is sent to it.
    pub disabled: Option<(Timestamp, Disabled)>,
    /// The first failure after which nothing arrived.
    pub failing_since: Option<Timestamp>,
}

/// Why nothing is sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    ByOwner,
    /// It answered 410 Gone.
    Gone,
    /// Nothing arrived for five days, and a message has just failed for good.
    Failing,
}

impl Endpoint {
    /// For the audit log.
    fn told(&self) -> Value {
        let kinds: Vec<&str> = self.kinds.iter().map(|it| it.word()).collect();
        json!({
            "mode": self.mode.word(),
            "url": self.destination.as_str(),
            "kinds": kinds,
            "description": self.description,
            "enabled": self.disabled.is_none(),
            "disabled_why": self.disabled.map(|it| it.1.word()),
        })
    }
}

impl Disabled {
    pub const fn word(self) -> &'static str {
        match self {
            Disabled::ByOwner => "owner",
            Disabled::Gone => "gone",
            Disabled::Failing => "failing",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::ByOwner, Self::Gone, Self::Failing].into_iter().find(|it| it.word() == word)
    }
}

// Whoever adds an endpoint holds the organisation's row until it commits, so that nobody counts the same ones.
const HOLD: &str = "select 1 from partners.organisation where id = $1 for no key update";

const COUNT: &str = "select count(*) as count from partners.webhook where organisation_id = $1";

const CREATE: &str = "
    insert into partners.webhook (id, organisation_id, mode, url, kinds, description, created_at, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    returning id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since";

/// Makes an endpoint; its owner needs the secret to know our messages from others'.
pub async fn create(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    mode: Mode,
    settings: &Settings<'_>,
    by: &By,
) -> Result<(Endpoint, Secret), Error> {
    let (kinds, description) = (words(settings.kinds)?, description(settings.description)?);
    if tx.query_opt(HOLD, &[&organisation_id]).await?.is_none() {
        return Err(Error::UnknownOrganisation { id: organisation_id.to_owned() });
    }
    let count: i64 = tx.query_one(COUNT, &[&organisation_id]).await?.get("count");
    if usize::try_from(count).is_ok_and(|count| count >= ENDPOINTS_MAX) {
        return Err(Error::TooManyEndpoints { max: ENDPOINTS_MAX });
    }
    let (id, secret) = (ids::new("whk"), Secret::new());
    let (url, sealed) = (settings.destination.as_str(), secret.sealed(seal, &id));
    let params: store::Params<'_> =
        &[&id, &organisation_id, &mode.word(), &url, &kinds, &description, &At(by.at), &sealed];
    let made = endpoint(&tx.query_one(CREATE, params).await?)?;
    audit::record(tx, by, organisation_id, "webhook.create", &id, Change::made(made.told())).await?;
    Ok((made, secret))
}

const LIST: &str = "
    select id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since
    from partners.webhook where organisation_id = $1 order by id";

/// An organisation's endpoints, the oldest first.
pub async fn list(client: &Client<'_>, organisation_id: &str) -> Result<Vec<Endpoint>, Error> {
    client.query(LIST, &[&organisation_id]).await?.iter().map(endpoint).collect()
}

const FIND: &str = "
    select id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since
    from partners.webhook where organisation_id = $1 and id = $2";

/// One endpoint of an organisation.
pub async fn find(
    client: &Client<'_>,
    organisation_id: &str,
    endpoint_id: &str,
) -> Result<Option<Endpoint>, Error> {
    client.query_opt(FIND, &[&organisation_id, &endpoint_id]).await?.as_ref().map(endpoint).transpose()
}

const HOLD_ONE: &str = "
    select id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since
    from partners.webhook where organisation_id = $1 and id = $2 for no key update";

/// The same, held until the transaction ends: nobody else changes it meanwhile.
pub async fn hold(tx: &Transaction<'_>, organisation_id: &str, endpoint_id: &str) -> Result<Endpoint, Error> {
    let row = tx.query_opt(HOLD_ONE, &[&organisation_id, &endpoint_id]).await?;
    endpoint(&row.ok_or_else(|| Error::unknown_endpoint(endpoint_id))?)
}

// What failed elsewhere says nothing of a new address.
const CHANGE: &str = "
    update partners.webhook
    set url = $3, kinds = $4, description = $5, failing_since = case when url = $3 then failing_since end
    where organisation_id = $1 and id = $2
    returning id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since";

/// Gives an endpoint other settings. Messages that wait to be tried again go to where it is then.
pub async fn change(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    settings: &Settings<'_>,
    by: &By,
) -> Result<Endpoint, Error> {
    let (kinds, description) = (words(settings.kinds)?, description(settings.description)?);
    let before = hold(tx, organisation_id, endpoint_id).await?;
    let url = settings.destination.as_str();
    let row = tx.query_one(CHANGE, &[&organisation_id, &endpoint_id, &url, &kinds, &description]).await?;
    let after = endpoint(&row)?;
    note(tx, by, "webhook.change", &before, &after).await?;
    Ok(after)
}

/// Writes into the audit log what an endpoint was and is; what changed nothing is not worth a line.
async fn note(
    tx: &Transaction<'_>,
    by: &By,
    action: &str,
    before: &Endpoint,
    after: &Endpoint,
) -> Result<(), Error> {
    let (was, is) = (before.told(), after.told());
    if was == is {
        return Ok(());
    }
    Ok(audit::record(tx, by, &after.organisation_id, action, &after.id, Change::of(was, is)).await?)
}

const DELETE: &str = "delete from partners.webhook where organisation_id = $1 and id = $2";

/// Deletes an endpoint with its secret and its log; what is on its way to it is dropped.
pub async fn delete(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<(), Error> {
    let before = hold(tx, organisation_id, endpoint_id).await?;
    tx.execute(DELETE, &[&organisation_id, &endpoint_id]).await?;
    let change = Change::ended(before.told());
    Ok(audit::record(tx, by, organisation_id, "webhook.remove", endpoint_id, change).await?)
}

const DISABLE: &str = "
    update partners.webhook
    set disabled_at = coalesce(disabled_at, $3), disabled_why = coalesce(disabled_why, 'owner')
    where organisation_id = $1 and id = $2
    returning id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since";

/// Sends nothing to an endpoint any more. What it would have been told meanwhile it is never told; what it was told of before and is due
/// meanwhile fails, and can be sent again later.
pub async fn disable(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<Endpoint, Error> {
    let before = hold(tx, organisation_id, endpoint_id).await?;
    let after = endpoint(&tx.query_one(DISABLE, &[&organisation_id, &endpoint_id, &At(by.at)]).await?)?;
    note(tx, by, "webhook.disable", &before, &after).await?;
    Ok(after)
}

const ENABLE: &str = "
    update partners.webhook set disabled_at = null, disabled_why = null, failing_since = null
    where organisation_id = $1 and id = $2
    returning id, organisation_id, mode, url, kinds, description, created_at, disabled_at, disabled_why, failing_since";

/// Sends to an endpoint again, whyever it was disabled.
pub async fn enable(
    tx: &Transaction<'_>,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<Endpoint, Error> {
    let before = hold(tx, organisation_id, endpoint_id).await?;
    let after = endpoint(&tx.query_one(ENABLE, &[&organisation_id, &endpoint_id]).await?)?;
    note(tx, by, "webhook.enable", &before, &after).await?;
    Ok(after)
}

/// The words of the kinds that can be wanted, each once.
fn words(kinds: &[Kind]) -> Result<Vec<&'static str>, Error> {
    let wanted: Vec<&'static str> =
        Kind::WANTED.iter().filter(|it| kinds.contains(it)).map(|it| it.word()).collect();
    if wanted.is_empty() { Err(Error::KindsMissing) } else { Ok(wanted) }
}

fn description(text: &str) -> Result<&str, Error> {
    let text = text.trim();
    match text.chars().count() {
        ..=DESCRIPTION_CHARS_MAX => Ok(text),
        found => Err(Error::DescriptionLength { found, max: DESCRIPTION_CHARS_MAX }),
    }
}

fn endpoint(row: &Row) -> Result<Endpoint, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: format!("webhook {id}"), column };
    let disabled_why: Option<&str> = row.get("disabled_why");
    let why = disabled_why
        .map(|word| Disabled::of_word(word).ok_or_else(|| unreadable("disabled_why")))
        .transpose()?;
    let at = |column| row.get::<_, Option<At>>(column).map(|it| it.0);
    let kinds: Vec<&str> = row.get("kinds");
    Ok(Endpoint {
        organisation_id: row.get("organisation_id"),
        mode: Mode::of_word(row.get("mode")).ok_or_else(|| unreadable("mode"))?,
        destination: Destination::stored(row.get("url")).ok_or_else(|| unreadable("url"))?,
        kinds: kinds.into_iter().filter_map(Kind::of_word).collect(),
        description: row.get("description"),
        created_at: row.get::<_, At>("created_at").0,
        disabled: at("disabled_at").zip(why),
        failing_since: at("failing_since"),
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[HOLD, COUNT, CREATE, LIST, FIND, HOLD_ONE, CHANGE, DELETE, DISABLE, ENABLE];
