//! What a partner's server signs its users' ids with: its text, and the table of those that were made.

use crate::Error;
use crate::audit::{self, Change};
use crate::key::{CHECKSUM_CHARS, Mode, checksum};
use access::By;
use jiff::Timestamp;
use ring::hmac;
use serde_json::json;
use std::fmt;
use store::{At, Client, Row, Seal, Transaction, ids};

/// 43 characters of 62 are 256 bits.
const RANDOM_CHARS: usize = 43;
/// The most secrets of an organisation that are good at once in each mode: a check without a `kid` tries all of them.
const GOOD_MAX: i64 = 5;

/// The text of a secret: `crs_fan_{live|test}_`, 43 random base62 characters, and 6 base62 digits of the CRC32 over all that precedes, as API keys
/// have them. The whole text is the key of the HMAC, its bytes as they stand. Debug shows nothing of it.
#[derive(Clone)]
pub struct Secret {
    text: String,
}

impl Secret {
    fn generate(mode: Mode) -> Secret {
        let mut text = format!("{}{}", beginning(mode), ids::random_base62(RANDOM_CHARS));
        let digits = checksum(&text).map(char::from);
        text.extend(digits);
        Secret { text }
    }

    /// One that was opened; none when it is not one of this mode.
    fn of(mode: Mode, text: Vec<u8>) -> Option<Secret> {
        let text = String::from_utf8(text).ok()?;
        let (body, digits) = text.split_at_checked(text.len().checked_sub(CHECKSUM_CHARS)?)?;
        let random = body.strip_prefix(&beginning(mode))?;
        let is_one = random.len() == RANDOM_CHARS && checksum(body) == digits.as_bytes();
        is_one.then_some(Secret { text })
    }

    /// The whole secret, for its owner. Never log it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    pub(super) fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.text.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

fn beginning(mode: Mode) -> String {
    format!("crs_fan_{}_", mode.word())
}

/// A secret that has just been made.
#[derive(Clone, Debug)]
pub struct Made {
    pub record: Record,
    /// It can be [revealed](reveal) again.
    pub secret: Secret,
}

/// A row of the table. Debug shows neither the sealed text nor the salt.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// `fsc_…`: what a JWT's `kid` may say.
    pub id: String,
    /// `org_…`
    pub organisation_id: String,
    pub mode: Mode,
    pub made_at: Timestamp,
    /// Since it was rotated away: until when it is good.
    pub ends_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub(super) sealed: Vec<u8>,
    /// What the fan ids of its organisation and mode are made with.
    pub(super) salt: [u8; 32],
}

impl Record {
    /// Whether what it signs is believed.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.ends_at.is_none_or(|at| now < at)
    }

    pub(super) fn open(&self, seal: &Seal) -> Result<Secret, Error> {
        let place = place(&self.id, &self.organisation_id, self.mode);
        let text = seal.open(&place, &self.sealed)?;
        let unreadable = || Error::Unreadable { id: self.id.clone(), column: "sealed" };
        Secret::of(self.mode, text).ok_or_else(unreadable)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Record")
            .field("id", &self.id)
            .field("organisation_id", &self.organisation_id)
            .field("mode", &self.mode)
            .field("made_at", &self.made_at)
            .field("ends_at", &self.ends_at)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

/// Where a secret is sealed for: moved to another organisation or mode, it does not open.
fn place(id: &str, organisation_id: &str, mode: Mode) -> String {
    format!("fan_secret/{id}/{organisation_id}/{}", mode.word())
}

const COUNT_GOOD: &str = "
    select count(*) as good from partners.fan_secret
    where organisation_id = $1 and mode = $2 and revoked_at is null and (ends_at is null or ends_at > $3)";

const ADD_SALT: &str = "
    insert into partners.fan_salt (organisation_id, mode, salt)
    select id, $2, $3 from partners.organisation where id = $1
    on conflict (organisation_id, mode) do nothing";

const HAS_SALT: &str = "select 1 from partners.fan_salt where organisation_id = $1 and mode = $2";

const MAKE: &str = "
    insert into partners.fan_secret (id, organisation_id, mode, sealed, made_at, changed)
    values ($1, $2, $3, $4, $5, $6)";

/// Makes a secret beside those that there are. Every process that follows them hears of it when the transaction is committed; put it into this
/// process's [`crate::Identities`] where it is to be good at once.
pub async fn make(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    mode: Mode,
    by: &By,
) -> Result<Made, Error> {
    let number = begin_change(tx).await?;
    let made = add(tx, seal, (organisation_id, mode), number, by.at).await?;
    let told = Change::made(json!({ "mode": mode.word() }));
    audit::record(tx, by, organisation_id, "fan_secret.make", &made.record.id, told).await?;
    Ok(made)
}

const RETIRE: &str = "
    update partners.fan_secret set ends_at = $3, changed = $4
    where organisation_id = $1 and mode = $2 and revoked_at is null and (ends_at is null or ends_at > $3)
    returning id";

/// Makes a secret in place of all others of the organisation and mode, which stay good until `until`: long enough for the partner's servers to be
/// given the new one, and for what they signed with the old one to be over.
pub async fn rotate(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    mode: Mode,
    until: Timestamp,
    by: &By,
) -> Result<Made, Error> {
    let number = begin_change(tx).await?;
    let retired = tx.query(RETIRE, &[&organisation_id, &mode.word(), &At(until), &number]).await?;
    let mut retired: Vec<&str> = retired.iter().map(|row| row.get("id")).collect();
    retired.sort_unstable();
    let made = add(tx, seal, (organisation_id, mode), number, by.at).await?;
    let told = json!({ "mode": mode.word(), "in_place_of": retired, "which_end_at": until });
    audit::record(tx, by, organisation_id, "fan_secret.rotate", &made.record.id, Change::made(told)).await?;
    Ok(made)
}

async fn add(
    tx: &Transaction<'_>,
    seal: &Seal,
    (organisation_id, mode): (&str, Mode),
    number: i64,
    now: Timestamp,
) -> Result<Made, Error> {
    let salt: [u8; 32] = store::seal::random();
    tx.execute(ADD_SALT, &[&organisation_id, &mode.word(), &salt.as_slice()]).await?;
    if tx.query_opt(HAS_SALT, &[&organisation_id, &mode.word()]).await?.is_none() {
        return Err(Error::UnknownOrganisation { id: organisation_id.to_owned() });
    }
    let good: i64 = tx.query_one(COUNT_GOOD, &[&organisation_id, &mode.word(), &At(now)]).await?.get("good");
    if good >= GOOD_MAX {
        return Err(Error::TooManySecrets { max: GOOD_MAX });
    }
    let (id, secret) = (ids::new("fsc"), Secret::generate(mode));
    let sealed = seal.seal(&place(&id, organisation_id, mode), secret.text.as_bytes());
    tx.execute(MAKE, &[&id, &organisation_id, &mode.word(), &sealed, &At(now), &number]).await?;
    Ok(Made { record: find(tx, organisation_id, &id).await?, secret })
}

const REVOKE: &str = "
    update partners.fan_secret set revoked_at = $3, changed = $4
    where organisation_id = $1 and id = $2";

/// Revokes a secret of an organisation for good: nothing that it signed is believed any more. Doing it again changes nothing: the first time
/// stays. Every process that follows the secrets hears of it when the transaction is committed.
pub async fn revoke(
    tx: &Transaction<'_>,
    organisation_id: &str,
    secret_id: &str,
    by: &By,
) -> Result<Record, Error> {
    let number = begin_change(tx).await?;
    let before = find(tx, organisation_id, secret_id).await?;
    if before.revoked_at.is_some() {
        return Ok(before);
    }
    tx.execute(REVOKE, &[&organisation_id, &secret_id, &At(by.at), &number]).await?;
    let revoked = find(tx, organisation_id, secret_id).await?;
    let told = |record: &Record| json!({ "mode": record.mode.word(), "revoked_at": record.revoked_at });
    let change = Change::of(told(&before), told(&revoked));
    audit::record(tx, by, organisation_id, "fan_secret.revoke", secret_id, change).await?;
    Ok(revoked)
}

/// The text of a secret of this organisation that is not revoked, for its owner to copy.
pub async fn reveal(
    client: &Client<'_>,
    seal: &Seal,
    organisation_id: &str,
    secret_id: &str,
) -> Result<Secret, Error> {
    let record = find(client, organisation_id, secret_id).await?;
    match record.revoked_at {
        Some(_) => Err(Error::UnknownSecret { id: record.id }),
        None => record.open(seal),
    }
}

const FIND: &str = "
    select it.id, it.organisation_id, it.mode, it.sealed, it.made_at, it.ends_at, it.revoked_at, it.changed, s.salt
    from partners.fan_secret it join partners.fan_salt s using (organisation_id, mode)
    where it.organisation_id = $1 and it.id = $2";

/// A secret of an organisation, one that is over too.
pub async fn find(client: &Client<'_>, organisation_id: &str, secret_id: &str) -> Result<Record, Error> {
    let row = client.query_opt(FIND, &[&organisation_id, &secret_id]).await?;
    record(&row.ok_or_else(|| Error::UnknownSecret { id: secret_id.to_owned() })?)
}

// However many are over, those without an end are among the hundred.
const LIST: &str = "
    select it.*, s.salt from (
        select * from partners.fan_secret where organisation_id = $1
        order by (revoked_at is null and ends_at is null) desc, id desc limit 100
    ) it join partners.fan_salt s using (organisation_id, mode)
    order by it.id desc";

/// An organisation's secrets, the latest first, a hundred at most, those that are over included.
pub async fn list(client: &Client<'_>, organisation_id: &str) -> Result<Vec<Record>, Error> {
    client.query(LIST, &[&organisation_id]).await?.iter().map(record).collect()
}

/// PostgreSQL's channel for whoever follows the secrets.
pub(super) const CHANNEL: &str = "crease_fan_secrets";

const TELL: &str = "select pg_notify('crease_fan_secrets', '')";
const NEXT: &str = "update partners.fan_epoch set at = at + 1 returning at";

/// The number of the change that begins. Whoever comes second waits here until the first is committed, so that what is read next is true still.
async fn begin_change(tx: &Transaction<'_>) -> Result<i64, Error> {
    let number = tx.query_one(NEXT, &[]).await?.get("at");
    tx.query(TELL, &[]).await?;
    Ok(number)
}

const CHANGED: &str = "
    select it.id, it.organisation_id, it.mode, it.sealed, it.made_at, it.ends_at, it.revoked_at, it.changed, s.salt
    from partners.fan_secret it join partners.fan_salt s using (organisation_id, mode)
    where it.changed > $1 order by it.changed, it.id";

/// The secrets that changed since a number, in the order of their last changes, and the number of the last one. Since 0: all.
pub(super) async fn changed(client: &Client<'_>, since: i64) -> Result<(Vec<Record>, i64), Error> {
    let rows = client.query(CHANGED, &[&since]).await?;
    let last = rows.last().map_or(since, |row| row.get("changed"));
    Ok((rows.iter().map(record).collect::<Result<_, Error>>()?, last))
}

fn record(row: &Row) -> Result<Record, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { id: id.clone(), column };
    Ok(Record {
        organisation_id: row.get("organisation_id"),
        mode: Mode::of_word(row.get("mode")).ok_or_else(|| unreadable("mode"))?,
        made_at: row.get::<_, At>("made_at").0,
        ends_at: row.get::<_, Option<At>>("ends_at").map(|at| at.0),
        revoked_at: row.get::<_, Option<At>>("revoked_at").map(|at| at.0),
        sealed: row.get("sealed"),
        salt: row.get::<_, &[u8]>("salt").try_into().map_err(|_| unreadable("salt"))?,
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[COUNT_GOOD, ADD_SALT, HAS_SALT, MAKE, RETIRE, REVOKE, FIND, LIST, TELL, NEXT, CHANGED];

/// A secret that is in no table.
#[cfg(test)]
pub(super) fn unstored(seal: &Seal, organisation_id: &str, mode: Mode, salt: [u8; 32]) -> Made {
    let (id, secret) = (ids::new("fsc"), Secret::generate(mode));
    let sealed = seal.seal(&place(&id, organisation_id, mode), secret.text.as_bytes());
    let record = Record {
        id,
        organisation_id: organisation_id.to_owned(),
        mode,
        made_at: Timestamp::UNIX_EPOCH,
        ends_at: None,
        revoked_at: None,
        sealed,
        salt,
    };
    Made { record, secret }
}
