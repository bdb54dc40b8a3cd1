//! Entries: what editors write about, whatever the language.

use crate::draft::{self, Keep, Session};
use crate::error::Error;
use crate::language::Language;
use crate::publish::{self, Cascade, Step};
use crate::rights::{Act, Editor};
use crate::schema::{Kind, Part, kind};
use crate::types::Number;
use access::Deed;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{At, Client, Row, Transaction};

/// Characters of a key.
const KEY_MAX: usize = 80;
/// Entries that are done something to at once.
pub const TOGETHER_MAX: usize = 200;

/// What editors write about.
#[derive(Clone)]
pub struct Entry {
    /// "ent_…"
    pub id: String,
    pub kind: &'static Kind,
    /// What programs and addresses call it, within its type.
    pub key: Option<String>,
    /// Its document has all fields; those of others have what each language has of its own.
    pub main_language: Language,
    pub made_by: String,
    pub made_at: Timestamp,
    pub trashed_at: Option<Timestamp>,
}

impl Entry {
    /// Which document that of a language is.
    pub fn part(&self, language: &Language) -> Part {
        if *language == self.main_language { Part::Main } else { Part::Other }
    }

    pub(crate) fn check(&self, who: &Editor, act: Act, language: &Language) -> Result<(), Error> {
        who.rights.check(act, self.kind, language, &self.main_language)
    }
}

/// A new entry.
#[derive(Clone, Copy, Debug)]
pub struct New<'n> {
    pub kind: &'n str,
    /// Small letters, digits and hyphens; none may have it.
    pub key: Option<&'n str>,
    pub main_language: &'n Language,
    pub body: &'n Value,
}

const MAKE: &str = "
    insert into cms.entry (id, kind, key, main_language, made_by, made_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (kind, key) do nothing";

/// Makes an entry with a draft in its main language; answers its id.
pub async fn make(tx: &Transaction<'_>, who: &Editor, new: New<'_>) -> Result<String, Error> {
    make_as(tx, who, new, Keep::Make).await
}

pub(crate) async fn make_as(
    tx: &Transaction<'_>,
    who: &Editor,
    new: New<'_>,
    keep: Keep,
) -> Result<String, Error> {
    let kind = kind(new.kind)?;
    let language = new.main_language;
    who.rights.check(Act::Create, kind, language, language)?;
    let key = match kind.facts.number {
        Number::One => Some(kind.facts.name),
        Number::Many => new.key,
    };
    key.map_or(Ok(()), check_key)?;
    let id = store::ids::new("ent");
    let made =
        tx.execute(MAKE, &[&id, &new.kind, &key, &language.as_str(), &who.id(), &At(who.by.at)]).await?;
    if made == 0 {
        return Err(Error::KeyTaken { kind: new.kind.to_owned(), key: key.unwrap_or_default().to_owned() });
    }
    let entry = find(tx, &id).await?;
    draft::begin(tx, who, &entry, language, new.body, (keep, Session::fresh())).await?;
    let after = json!({ "kind": new.kind, "key": key, "language": language });
    record(tx, who, "entry.make", &id, None, Some(after)).await?;
    Ok(id)
}

/// That it can be one of ours: what cannot is not asked for.
fn check_id(id: &str) -> Result<(), Error> {
    if store::ids::is_valid("ent", id) { Ok(()) } else { Err(unknown(id)) }
}

pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    let is_good = (1..=KEY_MAX).contains(&key.len())
        && key.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if is_good { Ok(()) } else { Err(Error::Key { key: key.chars().take(KEY_MAX).collect(), max: KEY_MAX }) }
}

const FIND: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry where id = $1";

/// One entry, in the trash or not.
pub async fn find(client: &Client<'_>, id: &str) -> Result<Entry, Error> {
    check_id(id)?;
    let row = client.query_opt(FIND, &[&id]).await?;
    row.as_ref().map_or_else(|| Err(unknown(id)), read)
}

const BY_KEY: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry where kind = $1 and key = $2";

/// The entry of a type that has a key.
pub async fn by_key(client: &Client<'_>, kind: &str, key: &str) -> Result<Option<Entry>, Error> {
    check_key(key)?;
    client.query_opt(BY_KEY, &[&kind, &key]).await?.as_ref().map(read).transpose()
}

const HOLD: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry where id = $1 for share";

/// An entry that nobody puts into the trash before the transaction ends.
pub(crate) async fn hold(tx: &Transaction<'_>, id: &str) -> Result<Entry, Error> {
    check_id(id)?;
    let row = tx.query_opt(HOLD, &[&id]).await?;
    let entry = row.as_ref().map_or_else(|| Err(unknown(id)), read)?;
    match entry.trashed_at {
        Some(_) => Err(Error::Trashed { id: id.to_owned() }),
        None => Ok(entry),
    }
}

const LOCK: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry
    where id = any($1) order by id for update";

/// Those entries, which nobody changes before the transaction ends.
pub(crate) async fn lock(tx: &Transaction<'_>, ids: &[String]) -> Result<Vec<Entry>, Error> {
    ids.iter().try_for_each(|it| check_id(it))?;
    tx.query(LOCK, &[&ids]).await?.iter().map(read).collect()
}

const SET_TRASHED: &str = "update cms.entry set trashed_at = $2 where id = any($1)";
const MARK_TRASHED: &str = "update cms.draft set is_trashed = $2 where entry = any($1)";

/// Puts entries into the trash, all or none, after they are unpublished in all languages. What others use is refused with who uses it, or is
/// taken from these, as `cascade` says: they are unpublished, too.
pub async fn trash(
    tx: &Transaction<'_>,
    who: &Editor,
    ids: &[String],
    cascade: Cascade,
) -> Result<(), Error> {
    let entries = locked(tx, who, ids).await?;
    let published = publish::languages(tx, ids).await?;
    let steps: Vec<Step> =
        published.into_iter().map(|(id, language)| Step::unpublish(&id, &language)).collect();
    publish::carry_out(tx, who, &steps, cascade).await?;
    tx.execute(SET_TRASHED, &[&ids, &Some(At(who.by.at))]).await?;
    tx.execute(MARK_TRASHED, &[&ids, &true]).await?;
    crate::schedule::withdraw_of(tx, ids, "the entry is in the trash", who.by.at).await?;
    for it in entries {
        record(tx, who, "entry.trash", &it.id, None, None).await?;
    }
    Ok(())
}

/// Takes entries out of the trash: as drafts.
pub async fn take_out(tx: &Transaction<'_>, who: &Editor, ids: &[String]) -> Result<(), Error> {
    let entries = locked(tx, who, ids).await?;
    tx.execute(SET_TRASHED, &[&ids, &None::<At>]).await?;
    tx.execute(MARK_TRASHED, &[&ids, &false]).await?;
    for it in entries {
        record(tx, who, "entry.take-out", &it.id, None, None).await?;
    }
    Ok(())
}

async fn locked(tx: &Transaction<'_>, who: &Editor, ids: &[String]) -> Result<Vec<Entry>, Error> {
    if ids.len() > TOGETHER_MAX {
        return Err(Error::TooMany { what: "entries", max: TOGETHER_MAX });
    }
    let entries = lock(tx, ids).await?;
    if let Some(id) = ids.iter().find(|id| !entries.iter().any(|it| it.id == **id)) {
        return Err(unknown(id));
    }
    entries.iter().try_for_each(|it| it.check(who, Act::Trash, &it.main_language))?;
    Ok(entries)
}

pub(crate) fn unknown(id: &str) -> Error {
    Error::UnknownEntry { id: id.chars().take(40).collect() }
}

/// Writes down in the audit log what is done to something of the content.
pub(crate) async fn record(
    tx: &Transaction<'_>,
    who: &Editor,
    action: &str,
    object: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), Error> {
    let deed = Deed { action, object, before, after, ..Deed::default() };
    Ok(access::audit::record(tx, &who.by, &deed).await?)
}

pub(crate) fn read(row: &Row) -> Result<Entry, Error> {
    Ok(Entry {
        id: row.get("id"),
        kind: kind(row.get("kind"))?,
        key: row.get("key"),
        main_language: Language::kept(row.get("main_language")),
        made_by: row.get("made_by"),
        made_at: row.get::<_, At>("made_at").0,
        trashed_at: row.get::<_, Option<At>>("trashed_at").map(|it| it.0),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, FIND, BY_KEY, HOLD, LOCK, SET_TRASHED, MARK_TRASHED];
