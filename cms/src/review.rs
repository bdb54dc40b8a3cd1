//! Reviews: somebody else looks at what was written before fans do.

use crate::draft::{self, Draft};
use crate::entry;
use crate::error::Error;
use crate::language::Language;
use crate::revision;
use crate::rights::{Act, Editor, Role};
use serde_json::json;
use store::{Client, Transaction};

/// Characters of what a reviewer says.
const NOTE_MAX: usize = 2_000;

const ASK: &str = "
    update cms.draft set asked_version = $3, asked_by = $4, note = null, note_name = null where entry = $1 and language = $2";

/// Asks for a review of the draft as it is, under this version.
pub async fn ask(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    version: i64,
) -> Result<(), Error> {
    at(tx, who, Act::Write, id, language, version).await?;
    tx.execute(ASK, &[&id, &language.as_str(), &version, &who.id()]).await?;
    entry::record(tx, who, "entry.ask", id, None, Some(json!({ "language": language, "version": version })))
        .await
}

const APPROVE: &str = "
    update cms.draft set approved_version = $3, approved_by = $4, asked_version = null, note = null, note_name = null
    where entry = $1 and language = $2";

/// Approves the draft as it is, under this version; it may be published then. Nobody approves the own words, but for an admin.
pub async fn approve(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    version: i64,
) -> Result<(), Error> {
    let draft = at(tx, who, Act::Approve, id, language, version).await?;
    if who.rights.role != Role::Admin && revision::has_written(tx, &draft, who.id()).await? {
        return Err(Error::OwnWords { id: id.to_owned() });
    }
    tx.execute(APPROVE, &[&id, &language.as_str(), &version, &who.id()]).await?;
    entry::record(
        tx,
        who,
        "entry.approve",
        id,
        None,
        Some(json!({ "language": language, "version": version })),
    )
    .await
}

const SEND_BACK: &str = "
    update cms.draft set asked_version = null, approved_version = null, note = $3, note_name = $4 where entry = $1 and language = $2";

/// Sends the draft back with what is to be done; the audit log keeps it.
pub async fn send_back(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    version: i64,
    note: &str,
) -> Result<(), Error> {
    if !(1..=NOTE_MAX).contains(&note.trim().chars().count()) || note.contains('\0') {
        return Err(Error::Text { what: "what is to be done", max: NOTE_MAX });
    }
    at(tx, who, Act::Approve, id, language, version).await?;
    tx.execute(SEND_BACK, &[&id, &language.as_str(), &note.trim(), &who.by.actor.name]).await?;
    let after = json!({ "language": language, "version": version, "note": note.trim() });
    entry::record(tx, who, "entry.send-back", id, None, Some(after)).await
}

/// What a reviewer said who sent a draft back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub text: String,
    pub author_name: String,
}

const NOTE: &str = "
    select note, note_name from cms.draft where entry = $1 and language = $2 and note is not null";

/// What is to be done with a draft, where it was sent back and not asked for again.
pub async fn note(client: &Client<'_>, id: &str, language: &Language) -> Result<Option<Note>, Error> {
    let row = client.query_opt(NOTE, &[&id, &language.as_str()]).await?;
    Ok(row.map(|it| Note { text: it.get("note"), author_name: it.get("note_name") }))
}

/// The draft, locked, if it is of this version still and they may do that.
async fn at(
    tx: &Transaction<'_>,
    who: &Editor,
    act: Act,
    id: &str,
    language: &Language,
    version: i64,
) -> Result<Draft, Error> {
    let entry = entry::hold(tx, id).await?;
    entry.check(who, act, language)?;
    let draft = draft::lock(tx, id, language).await?;
    if draft.version != version {
        return Err(Error::Stale {
            id: id.to_owned(),
            language: language.to_string(),
            given: version,
            last: draft.version,
        });
    }
    Ok(draft)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ASK, APPROVE, SEND_BACK, NOTE];
