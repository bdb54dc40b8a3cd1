//! Releases: several documents, of several entries and languages, that are published and unpublished together, and taken back together.

use crate::draft;
use crate::entry::{self, TOGETHER_MAX};
use crate::error::Error;
use crate::language::Language;
use crate::publish::{self, Cascade, Step, What};
use crate::rights::{Act, Editor};
use crate::schedule;
use jiff::Timestamp;
use serde_json::json;
use store::{At, Client, Row, Transaction};

/// Characters of a release's title.
const TITLE_MAX: usize = 120;

/// Several documents that go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// "rel_…"
    pub id: String,
    pub title: String,
    /// Which one it takes back.
    pub reverts: Option<String>,
    pub made_by: String,
    pub made_name: String,
    pub made_at: Timestamp,
    pub published_at: Option<Timestamp>,
}

/// One of its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub entry: String,
    pub language: Language,
    pub title: String,
    /// None: it is unpublished.
    pub revision: Option<i32>,
    /// What was published before it; known once it is.
    pub before_revision: Option<i32>,
}

const MAKE: &str = "
    insert into cms.release (id, title, reverts, made_by, made_name, made_at) values ($1, $2, $3, $4, $5, $6)";

/// A new release without documents; answers its id.
pub async fn make(tx: &Transaction<'_>, who: &Editor, title: &str) -> Result<String, Error> {
    make_reverting(tx, who, title, None).await
}

async fn make_reverting(
    tx: &Transaction<'_>,
    who: &Editor,
    title: &str,
    reverts: Option<&str>,
) -> Result<String, Error> {
    let title: String = title.trim().to_owned();
    if !(1..=TITLE_MAX).contains(&title.chars().count()) || title.chars().any(char::is_control) {
        return Err(Error::Text { what: "a release's title", max: TITLE_MAX });
    }
    let id = store::ids::new("rel");
    let actor = &who.by.actor;
    tx.execute(MAKE, &[&id, &title, &reverts, &actor.id, &actor.name, &At(who.by.at)]).await?;
    entry::record(tx, who, "release.make", &id, None, Some(json!({ "title": title, "reverts": reverts })))
        .await?;
    Ok(id)
}

const PUT: &str = "
    insert into cms.release_item (release, entry, language, revision) values ($1, $2, $3, $4)
    on conflict (release, entry, language) do update set revision = excluded.revision";

/// Puts a document into a release that is not published yet, as it is now: what is written of it later is not in the release until it is put
/// into it again. Where something newer is published meanwhile, it is to be put into it again, too.
pub async fn put(tx: &Transaction<'_>, who: &Editor, id: &str, step: &Step) -> Result<(), Error> {
    let items = open(tx, id).await?;
    if items.len() >= TOGETHER_MAX {
        return Err(Error::TooMany { what: "documents of a release", max: TOGETHER_MAX });
    }
    let (entry, language) = (&step.entry, &step.language);
    let revision = match step.what {
        What::Draft { version } => Some(schedule::fixed(tx, who, (entry, language), version).await?),
        What::Revision { number } => {
            entry::hold(tx, entry).await?.check(who, Act::Publish, language)?;
            crate::revision::find(tx, entry, language, number).await?;
            Some(number)
        }
        What::Unpublish => {
            entry::hold(tx, entry).await?.check(who, Act::Publish, language)?;
            draft::lock(tx, entry, language).await?;
            None
        }
    };
    tx.execute(PUT, &[&id, entry, &language.as_str(), &revision]).await?;
    let after = json!({ "entry": entry, "language": language, "revision": revision });
    entry::record(tx, who, "release.put", id, None, Some(after)).await
}

const TAKE: &str = "delete from cms.release_item where release = $1 and entry = $2 and language = $3";

/// Takes a document out of a release that is not published yet.
pub async fn take(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    (entry, language): (&str, &Language),
) -> Result<(), Error> {
    open(tx, id).await?;
    entry::find(tx, entry).await?.check(who, Act::Publish, language)?;
    tx.execute(TAKE, &[&id, &entry, &language.as_str()]).await?;
    let before = json!({ "entry": entry, "language": language });
    entry::record(tx, who, "release.take", id, Some(before), None).await
}

/// That they may publish all that is in a release, and that it is not published yet.
pub(crate) async fn check(tx: &Transaction<'_>, who: &Editor, id: &str) -> Result<(), Error> {
    for it in open(tx, id).await? {
        entry::find(tx, &it.entry).await?.check(who, Act::Publish, &it.language)?;
    }
    Ok(())
}

const LOCK: &str = "select published_at from cms.release where id = $1 for update";

/// The documents of a release that is not published yet, locked.
async fn open(tx: &Transaction<'_>, id: &str) -> Result<Vec<Item>, Error> {
    check_id(id)?;
    let row = tx.query_opt(LOCK, &[&id]).await?.ok_or_else(|| unknown(id))?;
    match row.get::<_, Option<At>>("published_at") {
        Some(_) => Err(Error::Over { id: id.to_owned(), state: "published" }),
        None => items(tx, id).await,
    }
}

// Before anything is published by it.
const NOTE: &str = "
    update cms.release_item i set before_revision = d.published_revision
    from cms.draft d where i.release = $1 and d.entry = i.entry and d.language = i.language";
const PUBLISHED: &str = "update cms.release set published_at = $2, published_by = $3 where id = $1";

/// Publishes and unpublishes all of it, or nothing. What its documents need has to be published or in it.
pub async fn publish(tx: &Transaction<'_>, who: &Editor, id: &str) -> Result<(), Error> {
    let items = open(tx, id).await?;
    if items.is_empty() {
        return Err(Error::EmptyRelease { id: id.to_owned() });
    }
    tx.execute(NOTE, &[&id]).await?;
    // What is taken back is older on purpose.
    if find(tx, id).await?.reverts.is_none() {
        for it in &items {
            if let Some(number) = it.revision {
                publish::refuse_overtaken(tx, (&it.entry, &it.language), number).await?;
            }
        }
    }
    let step = |it: &Item| match it.revision {
        Some(number) => Step::revision(&it.entry, &it.language, number),
        None => Step::unpublish(&it.entry, &it.language),
    };
    let steps: Vec<Step> = items.iter().map(step).collect();
    tx.execute(PUBLISHED, &[&id, &At(who.by.at), &who.id()]).await?;
    entry::record(tx, who, "release.publish", id, None, None).await?;
    publish::carry_out(tx, who, &steps, Cascade::Refuse).await
}

const REVERT: &str = "
    insert into cms.release_item (release, entry, language, revision)
    select $2, entry, language, before_revision from cms.release_item where release = $1";

/// Makes a release that brings back what fans read before this one was published; answers its id. Publish it to do so.
pub async fn revert(tx: &Transaction<'_>, who: &Editor, id: &str) -> Result<String, Error> {
    let release = find(tx, id).await?;
    if release.published_at.is_none() {
        return Err(Error::NotOver { id: id.to_owned() });
    }
    let title: String = format!("Back from {}", release.title).chars().take(TITLE_MAX).collect();
    let back = make_reverting(tx, who, &title, Some(id)).await?;
    tx.execute(REVERT, &[&id, &back]).await?;
    check(tx, who, &back).await?;
    Ok(back)
}

const FIND: &str = "
    select id, title, reverts, made_by, made_name, made_at, published_at from cms.release where id = $1";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Release, Error> {
    check_id(id)?;
    client.query_opt(FIND, &[&id]).await?.as_ref().map(read).ok_or_else(|| unknown(id))
}

const NAMED: &str = "
    select id, title, reverts, made_by, made_name, made_at, published_at from cms.release where id = any($1)";

/// These releases.
pub async fn named(client: &Client<'_>, ids: &[String]) -> Result<Vec<Release>, Error> {
    Ok(client.query(NAMED, &[&ids]).await?.iter().map(read).collect())
}

const LIST: &str = "
    select id, title, reverts, made_by, made_name, made_at, published_at from cms.release
    where $1 = '' or id < $1 order by id desc limit $2";

/// Releases, the latest first, from before one (empty: from the latest).
pub async fn list(client: &Client<'_>, before: &str, limit: i64) -> Result<Vec<Release>, Error> {
    Ok(client.query(LIST, &[&before, &limit]).await?.iter().map(read).collect())
}

const ITEMS: &str = "
    select i.entry, i.language, d.title, i.revision, i.before_revision
    from cms.release_item i join cms.draft d on d.entry = i.entry and d.language = i.language
    where i.release = $1 order by i.entry, i.language";

/// What is in a release.
pub async fn items(client: &Client<'_>, id: &str) -> Result<Vec<Item>, Error> {
    let read = |row: &Row| Item {
        entry: row.get("entry"),
        language: Language::kept(row.get("language")),
        title: row.get("title"),
        revision: row.get("revision"),
        before_revision: row.get("before_revision"),
    };
    Ok(client.query(ITEMS, &[&id]).await?.iter().map(read).collect())
}

fn check_id(id: &str) -> Result<(), Error> {
    if store::ids::is_valid("rel", id) { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: &str) -> Error {
    Error::UnknownRelease { id: id.chars().take(40).collect() }
}

fn read(row: &Row) -> Release {
    Release {
        id: row.get("id"),
        title: row.get("title"),
        reverts: row.get("reverts"),
        made_by: row.get("made_by"),
        made_name: row.get("made_name"),
        made_at: row.get::<_, At>("made_at").0,
        published_at: row.get::<_, Option<At>>("published_at").map(|it| it.0),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[MAKE, PUT, TAKE, LOCK, NOTE, PUBLISHED, REVERT, FIND, NAMED, LIST, ITEMS];
