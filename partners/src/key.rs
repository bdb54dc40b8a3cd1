//! API keys: their text, and the table of those that were issued.

mod text;

pub(crate) use text::{CHECKSUM_CHARS, base62, checksum};
pub use text::{Key, KeyError, Kind, Mode};

use crate::audit::{self, Change};
use crate::error::{Error, name, readable_origins};
use crate::limit;
use crate::organisation;
use crate::origin::OriginPattern;
use crate::scope::Scopes;
use crate::site::{self, Site};
use access::By;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{At, Client, Row, Transaction, ids};

/// The most origins a key is bound to.
const ORIGINS_MAX: usize = 50;

/// The most keys that an organisation has, revoked ones not counted.
const KEYS_MAX: i64 = 500;

/// What is asked of [`issue`].
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    pub kind: Kind,
    pub mode: Mode,
    /// What its owner calls it: "Website", "Scores feed".
    pub name: &'a str,
    pub origins: Origins<'a>,
    /// What a secret key may do; none of a publishable one.
    pub scopes: Scopes,
    pub expires_at: Option<Timestamp>,
}

/// Where a publishable key is good.
#[derive(Clone, Copy, Debug)]
pub enum Origins<'a> {
    /// Nowhere: a secret key stays on servers.
    None,
    /// On these, texts of [`OriginPattern`]s.
    These(&'a [&'a str]),
    /// On one's own machine alone: for a demo, whatever its mode.
    OwnMachine,
    /// On those of a site, whatever they become: `sit_…`. A test key is good on its maker's own machine as well.
    OfSite(&'a str),
}

impl<'a> NewKey<'a> {
    /// One for pages.
    pub const fn publishable(mode: Mode, name: &'a str, origins: Origins<'a>) -> Self {
        Self { kind: Kind::Publishable, mode, name, origins, scopes: Scopes::NONE, expires_at: None }
    }

    /// One for servers.
    pub const fn secret(mode: Mode, name: &'a str, scopes: Scopes) -> Self {
        Self { kind: Kind::Secret, mode, name, origins: Origins::None, scopes, expires_at: None }
    }
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
    /// The site that its origins are of.
    pub site_id: Option<String>,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    /// From then on it is refused.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// To a minute or so: see [`crate::KeyRing::save_uses`].
    pub last_used_at: Option<Timestamp>,
    /// The key that it was made to take the place of.
    pub succeeds: Option<String>,
}

impl Record {
    /// Whether it is refused at that moment, whatever it is asked for.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|it| it <= now)
    }

    /// For the audit log: nothing that opens anything.
    fn told(&self) -> Value {
        let origins: Vec<String> = self.origins.iter().map(ToString::to_string).collect();
        json!({
            "name": self.name,
            "kind": self.kind.word(),
            "mode": self.mode.word(),
            "prefix": self.prefix,
            "site": self.site_id,
            "origins": origins,
            "scopes": self.scopes.words(),
            "expires_at": self.expires_at,
            "succeeds": self.succeeds,
        })
    }
}

const COUNT: &str = "
    select count(*) from partners.api_key
    where organisation_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";

/// Whether there is room for one more key, which nobody takes before the transaction ends.
async fn make_room(tx: &Transaction<'_>, organisation_id: &str, now: Timestamp) -> Result<(), Error> {
    organisation::lock(tx, organisation_id).await?;
    match tx.query_one(COUNT, &[&organisation_id, &At(now)]).await?.get::<_, i64>(0) {
        KEYS_MAX.. => Err(Error::TooMany { what: "keys", max: KEYS_MAX }),
        _ => Ok(()),
    }
}

const ISSUE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    insert into partners.api_key
        (id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, succeeds, changed)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, epoch.at from epoch
    returning id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds";

/// Issues a key to an organisation. Every process that follows the keys hears of it when the transaction is committed; put it into this
/// process's [`crate::KeyRing`] where it is to be good at once.
pub async fn issue(
    tx: &Transaction<'_>,
    organisation_id: &str,
    new: &NewKey<'_>,
    by: &By,
) -> Result<Issued, Error> {
    let name = name(new.name)?;
    if new.expires_at.is_some_and(|it| it <= by.at) {
        return Err(Error::ExpiresInPast);
    }
    match (new.kind, new.scopes.is_empty()) {
        (Kind::Secret, true) => return Err(Error::ScopesMissing),
        (Kind::Publishable, false) => return Err(Error::ScopesOfPublishableKey),
        _ => {}
    }
    let (origins, site_id) = origins(tx, organisation_id, new).await?;
    make_room(tx, organisation_id, by.at).await?;
    let draft = Draft {
        organisation_id,
        kind: new.kind,
        mode: new.mode,
        name,
        origins: &origins,
        site_id,
        scopes: new.scopes,
        expires_at: new.expires_at,
        succeeds: None,
    };
    let issued = insert(tx, &draft, by.at).await?;
    let told = Change::made(issued.record.told());
    audit::record(tx, by, organisation_id, "key.issue", &issued.record.id, told).await?;
    Ok(issued)
}

/// A key that is about to be.
struct Draft<'a> {
    organisation_id: &'a str,
    kind: Kind,
    mode: Mode,
    name: &'a str,
    origins: &'a [String],
    site_id: Option<&'a str>,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    succeeds: Option<&'a str>,
}

async fn insert(tx: &Transaction<'_>, draft: &Draft<'_>, at: Timestamp) -> Result<Issued, Error> {
    let key = Key::generate(draft.kind, draft.mode);
    let (id, prefix, sha256) = (ids::new("key"), key.prefix(), key.hash());
    let params: store::Params<'_> = &[
        &id,
        &draft.organisation_id,
        &draft.kind.word(),
        &draft.mode.word(),
        &draft.name,
        &prefix,
        &sha256.as_slice(),
        &draft.origins,
        &draft.site_id,
        &draft.scopes.words(),
        &At(at),
        &draft.expires_at.map(At),
        &draft.succeeds,
    ];
    let record = record(&tx.query_one(ISSUE, params).await?)?;
    tell(tx).await?;
    Ok(Issued { record, key })
}

const HOLD: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds
    from partners.api_key where organisation_id = $1 and id = $2 for update";

/// One key of an organisation, held until the transaction ends.
pub async fn hold(tx: &Transaction<'_>, organisation_id: &str, key_id: &str) -> Result<Record, Error> {
    let row = tx.query_opt(HOLD, &[&organisation_id, &key_id]).await?;
    record(&row.ok_or_else(|| Error::UnknownKey { id: key_id.to_owned() })?)
}

/// How long the key that a new one takes the place of goes on working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    None,
    Hour,
    Day,
    Week,
}

impl Overlap {
    pub const ALL: [Overlap; 4] = [Overlap::None, Overlap::Hour, Overlap::Day, Overlap::Week];

    pub const fn lasts(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Overlap::None => 0,
            Overlap::Hour => 1,
            Overlap::Day => 24,
            Overlap::Week => 7 * 24,
        })
    }

    /// The one that lasts so many hours.
    pub fn of_hours(hours: i64) -> Option<Overlap> {
        Overlap::ALL.into_iter().find(|it| it.lasts().as_hours() == hours)
    }
}

const EXPIRE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    update partners.api_key set expires_at = least(expires_at, $2), changed = epoch.at from epoch where id = $1";

/// Issues a key that takes the place of another: as good, for the same, under the same name. The old one goes on for the overlap, at once
/// refused where there is none.
pub async fn rotate(
    tx: &Transaction<'_>,
    organisation_id: &str,
    key_id: &str,
    overlap: Overlap,
    by: &By,
) -> Result<Issued, Error> {
    make_room(tx, organisation_id, by.at).await?;
    let old = hold(tx, organisation_id, key_id).await?;
    if old.is_over(by.at) {
        return Err(Error::KeyOver { id: key_id.to_owned() });
    }
    let origins: Vec<String> = old.origins.iter().map(ToString::to_string).collect();
    let draft = Draft {
        organisation_id,
        kind: old.kind,
        mode: old.mode,
        name: &old.name,
        origins: &origins,
        site_id: old.site_id.as_deref(),
        scopes: old.scopes,
        expires_at: old.expires_at,
        succeeds: Some(key_id),
    };
    let issued = insert(tx, &draft, by.at).await?;
    limit::table::inherit(tx, key_id, &issued.record.id).await?;
    let ends_at = At::after(by.at, overlap.lasts());
    tx.execute(EXPIRE, &[&key_id, &ends_at]).await?;
    let change = Change::of(
        json!({ "key": key_id, "prefix": old.prefix, "expires_at": old.expires_at }),
        json!({ "key": issued.record.id, "prefix": issued.record.prefix, "old_expires_at": ends_at.0 }),
    );
    audit::record(tx, by, organisation_id, "key.rotate", key_id, change).await?;
    Ok(issued)
}

const REVOKE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    update partners.api_key set revoked_at = coalesce(revoked_at, $2), changed = epoch.at from epoch where id = $1
    returning id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds";

/// Revokes a key for good. Doing it again changes nothing: the first time stays. Every process that follows the keys hears of it when the
/// transaction is committed.
pub async fn revoke(
    tx: &Transaction<'_>,
    organisation_id: &str,
    key_id: &str,
    by: &By,
) -> Result<Record, Error> {
    let before = hold(tx, organisation_id, key_id).await?;
    if before.revoked_at.is_some() {
        return Ok(before);
    }
    let revoked = record(&tx.query_one(REVOKE, &[&key_id, &At(by.at)]).await?)?;
    tell(tx).await?;
    let change = Change::of(before.told(), json!({ "revoked_at": revoked.revoked_at }));
    audit::record(tx, by, organisation_id, "key.revoke", key_id, change).await?;
    Ok(revoked)
}

const OF_SITE: &str =
    "select id from partners.api_key where organisation_id = $1 and site_id = $2 and revoked_at is null";

/// Revokes all keys of a site.
pub(crate) async fn revoke_of_site(
    tx: &Transaction<'_>,
    organisation_id: &str,
    site_id: &str,
    by: &By,
) -> Result<(), Error> {
    for row in tx.query(OF_SITE, &[&organisation_id, &site_id]).await? {
        revoke(tx, organisation_id, row.get("id"), by).await?;
    }
    Ok(())
}

const FOLLOW_SITE: &str = "
    with epoch as (update partners.key_epoch set at = at + 1 returning at)
    update partners.api_key
    set origins = case mode when 'test' then $2::text[] else $3::text[] end, changed = epoch.at
    from epoch where site_id = $1";

/// Gives the keys of a site its origins.
pub(crate) async fn follow_site(tx: &Transaction<'_>, site: &Site) -> Result<(), Error> {
    let (test, live) = (site.origins_in(Mode::Test), site.origins_in(Mode::Live));
    tx.execute(FOLLOW_SITE, &[&site.id, &test, &live]).await?;
    tell(tx).await
}

const RENAME: &str = "update partners.api_key set name = $3 where organisation_id = $1 and id = $2";

/// Gives a key another name.
pub async fn rename(
    tx: &Transaction<'_>,
    organisation_id: &str,
    key_id: &str,
    key_name: &str,
    by: &By,
) -> Result<(), Error> {
    let (name, before) = (name(key_name)?, hold(tx, organisation_id, key_id).await?);
    tx.execute(RENAME, &[&organisation_id, &key_id, &name]).await?;
    let change = Change::of(json!({ "name": before.name }), json!({ "name": name }));
    Ok(audit::record(tx, by, organisation_id, "key.rename", key_id, change).await?)
}

const OF_ORGANISATION: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds
    from partners.api_key where organisation_id = $1 order by created_at desc, id desc";

/// All keys of an organisation, the latest first, those that are over too.
pub async fn of_organisation(client: &Client<'_>, organisation_id: &str) -> Result<Vec<Record>, Error> {
    client.query(OF_ORGANISATION, &[&organisation_id]).await?.iter().map(record).collect()
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
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds, changed
    from partners.api_key where changed > $1 order by changed";

/// The keys that were issued or revoked since a number, in the order of their last changes, and the number of the last one.
pub async fn changed(client: &Client<'_>, since: i64) -> Result<(Vec<Record>, i64), Error> {
    let rows = client.query(CHANGED, &[&since]).await?;
    let last = rows.last().map_or(since, |row| row.get("changed"));
    Ok((rows.iter().map(record).collect::<Result<_, Error>>()?, last))
}

const FIND: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds
    from partners.api_key where id = $1";

/// One key, revoked or not: what a process reads when a note says that the key is new or changed.
pub async fn find(client: &Client<'_>, key_id: &str) -> Result<Option<Record>, Error> {
    client.query_opt(FIND, &[&key_id]).await?.as_ref().map(record).transpose()
}

const ALL: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds
    from partners.api_key order by id";

/// All keys of all organisations, revoked ones included, oldest first: about 400 bytes each.
pub async fn all(client: &Client<'_>) -> Result<Vec<Record>, Error> {
    client.query(ALL, &[]).await?.iter().map(record).collect()
}

const EXPIRING: &str = "
    select id, organisation_id, kind, mode, name, prefix, sha256, origins, site_id, scopes, created_at, expires_at, revoked_at,
        last_used_at, succeeds
    from partners.api_key where expires_at > $1 and expires_at <= $2 and revoked_at is null order by expires_at, id limit $3";

/// Keys that still work and will not after a moment, those that end first first.
pub async fn expiring(
    client: &Client<'_>,
    now: Timestamp,
    until: Timestamp,
    count_max: i64,
) -> Result<Vec<Record>, Error> {
    client.query(EXPIRING, &[&At(now), &At(until), &count_max]).await?.iter().map(record).collect()
}

const NOTE_USES: &str = "
    update partners.api_key set last_used_at = $2
    where id = any($1) and (last_used_at is null or last_used_at < $2)";

/// These keys were used at `at`. Several processes say so in any order: the latest time stays.
pub async fn note_uses(tx: &Transaction<'_>, key_ids: &[&str], at: Timestamp) -> Result<(), Error> {
    tx.execute(NOTE_USES, &[&key_ids, &At(at)]).await?;
    Ok(())
}

/// The origins asked for, normalised, and the site that they are of.
async fn origins<'a>(
    tx: &Transaction<'_>,
    organisation_id: &str,
    new: &NewKey<'a>,
) -> Result<(Vec<String>, Option<&'a str>), Error> {
    match (new.kind, new.origins) {
        (Kind::Secret, Origins::None) => Ok((Vec::new(), None)),
        (Kind::Secret, _) => Err(Error::OriginsOfSecretKey),
        (Kind::Publishable, Origins::None | Origins::These([])) => Err(Error::OriginsMissing),
        (Kind::Publishable, Origins::These(these)) if these.len() > ORIGINS_MAX => {
            Err(Error::TooManyOrigins { found: these.len(), max: ORIGINS_MAX })
        }
        (Kind::Publishable, Origins::These(these)) => {
            let patterns: Vec<_> =
                these.iter().map(|it| OriginPattern::parse(it)).collect::<Result<_, _>>()?;
            match patterns.iter().find(|it| it.is_own_machine() && new.mode == Mode::Live) {
                Some(own) => Err(Error::OwnMachine { origin: own.to_string() }),
                None => Ok((patterns.iter().map(ToString::to_string).collect(), None)),
            }
        }
        (Kind::Publishable, Origins::OwnMachine) => Ok((site::OWN_MACHINE.map(str::to_owned).into(), None)),
        (Kind::Publishable, Origins::OfSite(id)) => {
            let site = site::find(tx, organisation_id, id).await?;
            Ok((site.origins_in(new.mode), Some(id)))
        }
    }
}

fn record(row: &Row) -> Result<Record, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { id: id.clone(), column };
    let time = |column| row.get::<_, Option<At>>(column).map(|it| it.0);
    Ok(Record {
        organisation_id: row.get("organisation_id"),
        kind: Kind::of_word(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        mode: Mode::of_word(row.get("mode")).ok_or_else(|| unreadable("mode"))?,
        name: row.get("name"),
        prefix: row.get("prefix"),
        sha256: row.get::<_, &[u8]>("sha256").try_into().map_err(|_| unreadable("sha256"))?,
        origins: readable_origins(&id, &row.get::<_, Vec<String>>("origins")),
        site_id: row.get("site_id"),
        scopes: Scopes::of_words(&row.get::<_, Vec<String>>("scopes")),
        created_at: row.get::<_, At>("created_at").0,
        expires_at: time("expires_at"),
        revoked_at: time("revoked_at"),
        last_used_at: time("last_used_at"),
        succeeds: row.get("succeeds"),
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    COUNT,
    ISSUE,
    HOLD,
    EXPIRE,
    REVOKE,
    OF_SITE,
    FOLLOW_SITE,
    RENAME,
    OF_ORGANISATION,
    TELL,
    EPOCH,
    CHANGED,
    FIND,
    ALL,
    EXPIRING,
    NOTE_USES,
];
