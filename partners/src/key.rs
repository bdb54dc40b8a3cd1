//! API keys: their text, and the table of those that were issued.

mod text;

pub use text::{Key, KeyError, Kind, Mode};

use crate::error::{Error, name, readable_origins};
use crate::origin::OriginPattern;
use jiff::Timestamp;
use std::time::SystemTime;
use store::{Client, Row, Transaction, ids};

/// The most origins a key is bound to.
const ORIGINS_MAX: usize = 50;

/// What is asked of [`issue`].
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    pub kind: Kind,
    pub mode: Mode,
    /// What its owner calls it: "Website", "Scores feed".
    pub name: &'a str,
    /// Texts of [`OriginPattern`]s: at least one for a publishable key, none for a secret one.
    pub origins: &'a [&'a str],
}

/// A key that has just been issued.
#[derive(Clone, Debug)]
pub struct Issued {
    pub record: Record,
    /// Its text is stored nowhere: this is the only moment to show it.
    pub key: Key,
}

/// A row of the table: all that is known of a key but its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `key_…`
    pub id: String,
    /// `org_…`
    pub organisation_id: String,
    pub kind: Kind,
    pub mode: Mode,
    pub name: String,
    /// The first characters of its text.
    pub prefix: String,
    /// SHA-256 of its text.
    pub sha256: [u8; 32],
    pub origins: Vec<OriginPattern>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// To a minute or so: see [`crate::KeyRing::save_uses`].
    pub last_used_at: Option<Timestamp>,
}

const ORGANISATION_EXISTS: &str = "select 1 from partners.organisation where id = $1";

const ISSUE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    insert into partners.api_key (id, organisation_id, kind, mode, name, prefix, sha256, origins, changed)
    select $1, $2, $3, $4, $5, $6, $7, $8, epoch.at from epoch
    returning id, organisation_id, kind, mode, name, prefix, sha256, origins, created_at, revoked_at, last_used_at";

/// Issues a key to an organisation. Every process that follows the keys hears of it when the transaction is committed; put it into this
/// process's [`crate::KeyRing`] where it is to be good at once.
pub async fn issue(tx: &Transaction<'_>, organisation_id: &str, new: &NewKey<'_>) -> Result<Issued, Error> {
    let name = name(new.name)?;
    let origins = origins(new)?;
    if tx.query_opt(ORGANISATION_EXISTS, &[&organisation_id]).await?.is_none() {
        return Err(Error::UnknownOrganisation { id: organisation_id.to_owned() });
    }
    let key = Key::generate(new.kind, new.mode);
    let (id, kind, mode) = (ids::new("key"), new.kind.word(), new.mode.word());
    let (prefix, sha256) = (key.prefix(), key.hash());
    let row = tx
        .query_one(
            ISSUE,
            &[&id, &organisation_id, &kind, &mode, &name, &prefix, &sha256.as_slice(), &origins],
        )
        .await?;
    tell(tx).await?;
    Ok(Issued { record: record(&row)?, key })
}

const REVOKE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    update partners.api_key set revoked_at = coalesce(revoked_at, now()), changed = epoch.at from epoch where id = $1
    returning id, organisation_id, kind, mode, name, prefix, sha256, origins, created_at, revoked_at, last_used_at";

/// Revokes a key for good. Doing it again changes nothing: the first time stays. Every process that follows the keys hears of it when the
/// transaction is committed.
pub async fn revoke(tx: &Transaction<'_>, key_id: &str) -> Result<Record, Error> {
    let row = tx.query_opt(REVOKE, &[&key_id]).await?;
    let revoked = record(&row.ok_or_else(|| Error::UnknownKey { id: key_id.to_owned() })?)?;
    tell(tx).await?;
    Ok(revoked)
}

/// PostgreSQL's channel for whoever follows the keys.
pub(crate) const CHANNEL: &str = "crease_keys";

const TELL: &str = "select pg_notify('crease_keys', '')";

async fn tell(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.query(TELL, &[]).await?;
    Ok(())
}

const EPOCH: &str = "select at from partners.key_epoch";

/// The number of the last change of any key.
pub async fn epoch(client: &Client<'_>) -> Result<i64, Error> {
    Ok(client.query_one(EPOCH, &[]).await?.get(0))
}

const CHANGED: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, created_at, revoked_at, last_used_at, changed
    from partners.api_key where changed > $1 order by changed";

/// The keys that were issued or revoked since a number, in the order of their last changes, and the number of the last one.
pub async fn changed(client: &Client<'_>, since: i64) -> Result<(Vec<Record>, i64), Error> {
    let rows = client.query(CHANGED, &[&since]).await?;
    let last = rows.last().map_or(since, |row| row.get("changed"));
    Ok((rows.iter().map(record).collect::<Result<_, Error>>()?, last))
}

const FIND: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, created_at, revoked_at, last_used_at
    from partners.api_key where id = $1";

/// One key, revoked or not: what a process reads when a note says that the key is new or changed.
pub async fn find(client: &Client<'_>, key_id: &str) -> Result<Option<Record>, Error> {
    client.query_opt(FIND, &[&key_id]).await?.as_ref().map(record).transpose()
}

const ALL: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, created_at, revoked_at, last_used_at
    from partners.api_key order by id";

/// All keys of all organisations, revoked ones included, oldest first: about 400 bytes each.
pub async fn all(client: &Client<'_>) -> Result<Vec<Record>, Error> {
    client.query(ALL, &[]).await?.iter().map(record).collect()
}

const NOTE_USES: &str = "
    update partners.api_key set last_used_at = $2
    where id = any($1) and (last_used_at is null or last_used_at < $2)";

/// These keys were used at `at`. Several processes say so in any order: the latest time stays.
pub async fn note_uses(tx: &Transaction<'_>, key_ids: &[&str], at: Timestamp) -> Result<(), Error> {
    let since_1970 = at.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs();
    tx.execute(NOTE_USES, &[&key_ids, &(SystemTime::UNIX_EPOCH + since_1970)]).await?;
    Ok(())
}

/// The origins asked for, normalised.
fn origins(new: &NewKey<'_>) -> Result<Vec<String>, Error> {
    let found = new.origins.len();
    match (new.kind, found) {
        (Kind::Secret, 1..) => Err(Error::OriginsOfSecretKey),
        (Kind::Publishable, 0) => Err(Error::OriginsMissing),
        (_, _) if found > ORIGINS_MAX => Err(Error::TooManyOrigins { found, max: ORIGINS_MAX }),
        _ => Ok(new
            .origins
            .iter()
            .map(|text| OriginPattern::parse(text).map(|pattern| pattern.to_string()))
            .collect::<Result<_, _>>()?),
    }
}

fn record(row: &Row) -> Result<Record, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { id: id.clone(), column };
    let time = |column| {
        let at: Option<SystemTime> = row.get(column);
        at.map(Timestamp::try_from).transpose().map_err(|_| unreadable(column))
    };
    Ok(Record {
        organisation_id: row.get("organisation_id"),
        kind: Kind::of_word(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        mode: Mode::of_word(row.get("mode")).ok_or_else(|| unreadable("mode"))?,
        name: row.get("name"),
        prefix: row.get("prefix"),
        sha256: row.get::<_, &[u8]>("sha256").try_into().map_err(|_| unreadable("sha256"))?,
        origins: readable_origins(&id, &row.get::<_, Vec<String>>("origins")),
        created_at: time("created_at")?.ok_or_else(|| unreadable("created_at"))?,
        revoked_at: time("revoked_at")?,
        last_used_at: time("last_used_at")?,
        id,
    })
}
