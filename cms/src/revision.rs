//! Revisions: what was saved, published or brought back, for ever.

use crate::diff::{self, Change};
use crate::draft::{self, Draft, Keep, Session, Write, Written};
use crate::error::Error;
use crate::language::Language;
use crate::rights::Editor;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{At, Client, Row, Transaction};

/// A document as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Counts up within an entry and a language.
    pub number: i32,
    /// The draft's, when it was this.
    pub version: i64,
    /// "make", "save", "autosave", "restore", "import" or "publish".
    pub act: String,
    pub body: Value,
    /// The fields that differ from the revision before.
    pub changed: Vec<String>,
    /// The one that it brings back, or publishes.
    pub of_revision: Option<i32>,
    pub author_id: String,
    pub author_name: String,
    pub made_at: Timestamp,
}

/// By whom and why a revision is made.
pub(crate) struct Made<'m> {
    act: &'m str,
    of_revision: Option<i32>,
    author_id: &'m str,
    author_name: &'m str,
    at: Timestamp,
}

impl<'m> Made<'m> {
    pub(crate) fn by(who: &'m Editor, keep: Keep) -> Self {
        let of_revision = match keep {
            Keep::Restore { revision } => Some(revision),
            _ => None,
        };
        Self::of(who, keep.word(), of_revision)
    }

    pub(crate) fn publish(who: &'m Editor, of_revision: Option<i32>) -> Self {
        Self::of(who, "publish", of_revision)
    }

    fn of(who: &'m Editor, act: &'m str, of_revision: Option<i32>) -> Self {
        let actor = &who.by.actor;
        Self { act, of_revision, author_id: &actor.id, author_name: &actor.name, at: who.by.at }
    }

    /// Of what somebody has left in a draft without saving it.
    pub(crate) fn left(draft: &'m Draft) -> Self {
        Self {
            act: Keep::Autosave.word(),
            of_revision: None,
            author_id: &draft.author_id,
            author_name: &draft.author_name,
            at: draft.changed_at,
        }
    }
}

const LAST: &str = "
    select body from cms.revision where entry = $1 and language = $2 order by number desc limit 1";
const ADD: &str = "
    insert into cms.revision (entry, language, number, version, act, body, changed, of_revision, author_id, author_name, made_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Makes what a draft is the next revision; answers its number. The draft is locked.
pub(crate) async fn add(tx: &Transaction<'_>, draft: &Draft, made: Made<'_>) -> Result<i32, Error> {
    let (entry, language, number) = (&draft.entry, draft.language.as_str(), draft.revision + 1);
    let last = tx.query_opt(LAST, &[entry, &language]).await?;
    let last: Value = last.map_or_else(|| json!({}), |it| it.get("body"));
    let changed: Vec<String> = diff::fields(&last, &draft.body).into_iter().collect();
    let params: store::Params<'_> = &[
        entry,
        &language,
        &number,
        &draft.version,
        &made.act,
        &draft.body,
        &changed,
        &made.of_revision,
        &made.author_id,
        &made.author_name,
        &At(made.at),
    ];
    tx.execute(ADD, params).await?;
    Ok(number)
}

const LIST: &str = "
    select number, version, act, body, changed, of_revision, author_id, author_name, made_at from cms.revision
    where entry = $1 and language = $2 and number < $3 order by number desc limit $4";

/// Revisions in a language, the latest first, before one (`i32::MAX`: from the last).
pub async fn list(
    client: &Client<'_>,
    entry: &str,
    language: &Language,
    before: i32,
    limit: i64,
) -> Result<Vec<Revision>, Error> {
    let rows = client.query(LIST, &[&entry, &language.as_str(), &before, &limit]).await?;
    Ok(rows.iter().map(read).collect())
}

const FIND: &str = "
    select number, version, act, body, changed, of_revision, author_id, author_name, made_at from cms.revision
    where entry = $1 and language = $2 and number = $3";

pub async fn find(
    client: &Client<'_>,
    entry: &str,
    language: &Language,
    number: i32,
) -> Result<Revision, Error> {
    let row = client.query_opt(FIND, &[&entry, &language.as_str(), &number]).await?;
    row.as_ref().map(read).ok_or_else(|| Error::UnknownRevision {
        id: entry.to_owned(),
        language: language.to_string(),
        number,
    })
}

// One that brings back another stands where that stood: going back twice goes back two.
const PUBLISHED_BEFORE: &str = "
    with recursive origin as (
        select number, of_revision from cms.revision where entry = $1 and language = $2 and number = $3
        union all
        select r.number, r.of_revision from origin o
        join cms.revision r on r.entry = $1 and r.language = $2 and r.number = o.of_revision and r.act = 'publish'
    )
    select max(number) as number from cms.revision
    where entry = $1 and language = $2 and act = 'publish' and number < (select min(number) from origin)";

/// What was published before a revision that is; none where nothing was.
pub async fn published_before(
    client: &Client<'_>,
    entry: &str,
    language: &Language,
    number: i32,
) -> Result<Option<i32>, Error> {
    Ok(client.query_one(PUBLISHED_BEFORE, &[&entry, &language.as_str(), &number]).await?.get("number"))
}

/// What differs between two revisions in a language, field by field.
pub async fn compare(
    client: &Client<'_>,
    entry: &str,
    language: &Language,
    (from, to): (i32, i32),
) -> Result<Vec<Change>, Error> {
    let (from, to) = (find(client, entry, language, from).await?, find(client, entry, language, to).await?);
    Ok(diff::diff(&from.body, &to.body))
}

/// Makes the draft of this language what a revision was. No other language is touched, and what is published stays.
pub async fn restore(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    number: i32,
    base: i64,
) -> Result<Written, Error> {
    let revision = find(tx, id, language, number).await?;
    let keep = Keep::Restore { revision: number };
    let write = Write { base, body: &revision.body, keep, session: Session::fresh() };
    draft::write(tx, who, id, language, write).await
}

const HAS_WRITTEN: &str = "
    select 1 from cms.revision
    where entry = $1 and language = $2 and number > $3 and author_id = $4 and act <> 'publish' limit 1";

/// Whether somebody has written something since a revision.
pub(crate) async fn has_written(client: &Client<'_>, draft: &Draft, user_id: &str) -> Result<bool, Error> {
    let since = draft.published_revision.unwrap_or(0);
    let params: store::Params<'_> = &[&draft.entry, &draft.language.as_str(), &since, &user_id];
    Ok(draft.author_id == user_id || client.query_opt(HAS_WRITTEN, params).await?.is_some())
}

fn read(row: &Row) -> Revision {
    Revision {
        number: row.get("number"),
        version: row.get("version"),
        act: row.get("act"),
        body: row.get("body"),
        changed: row.get("changed"),
        of_revision: row.get("of_revision"),
        author_id: row.get("author_id"),
        author_name: row.get("author_name"),
        made_at: row.get::<_, At>("made_at").0,
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LAST, ADD, LIST, FIND, PUBLISHED_BEFORE, HAS_WRITTEN];
