//! Drafts: what is being written of an entry in a language, one for all who write it. Each write names the version that it was made on.
//!
//! Invariant: nothing that somebody has written is lost. A write that comes late is kept aside, with what has changed meanwhile; what another
//! has left without saving it is made a revision before it is written over; a request that was overtaken by a later one of the same sitting
//! changes nothing.

use crate::diff::{self, Change, Merge};
use crate::entry::{self, Entry};
use crate::error::Error;
use crate::language::Language;
use crate::relation::{self, Of};
use crate::revision;
use crate::rights::{Act, Editor};
use crate::schema::Part;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use store::{At, Client, Row, Transaction};

/// Versions back from the last one whose bodies are there still.
const STEPS_MAX: i64 = 50;
/// Characters of a sitting's name.
const SESSION_MAX: usize = 64;

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is in the draft.
    Autosave,
    /// It is a revision, too.
    Save,
    /// The first one.
    Make,
    /// It comes out of a file.
    Import,
    /// It is what a revision was.
    Restore { revision: i32 },
}

impl Keep {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Keep::Autosave => "autosave",
            Keep::Save => "save",
            Keep::Make => "make",
            Keep::Import => "import",
            Keep::Restore { .. } => "restore",
        }
    }
}

/// One form that is open, and how often it has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Made by the form when it is opened.
    pub id: String,
    /// Counts its writes up: of two the one with the higher number was made later, whichever came first.
    pub turn: i64,
}

impl Session {
    /// For what is written without a form.
    pub(crate) fn fresh() -> Self {
        Self { id: store::ids::random_base62(22), turn: 1 }
    }
}

/// A document that somebody has written.
#[derive(Clone, Debug)]
pub struct Write<'w> {
    /// The version that it was made on; 0: the language is begun.
    pub base: i64,
    pub body: &'w Value,
    pub keep: Keep,
    pub session: Session,
}

/// What came of a write.
#[derive(Clone, Debug)]
pub enum Written {
    /// The draft has it, under this version.
    Kept { version: i64, revision: i32 },
    /// Others have written meanwhile: it is kept aside, and nothing else was done. The transaction is to be committed all the same.
    Clash(Box<Clash>),
}

/// Two have written on from the same version.
#[derive(Clone, Debug, Serialize)]
pub struct Clash {
    /// What was there when `yours` was begun, as far as it is known.
    pub base: Value,
    /// What is there now, under which version, by whom and since when.
    pub theirs: Value,
    pub version: i64,
    pub author_name: String,
    pub changed_at: Timestamp,
    pub yours: Value,
    pub their_changes: Vec<Change>,
    pub your_changes: Vec<Change>,
    /// Ready to be written on `version` where it has no conflicts.
    pub merge: Merge,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub entry: String,
    pub language: Language,
    pub version: i64,
    pub body: Value,
    pub title: String,
    pub author_id: String,
    pub author_name: String,
    pub changed_at: Timestamp,
    pub state: State,
    /// The last revision, and the version that was saved last.
    pub revision: i32,
    pub saved_version: i64,
    pub asked_version: Option<i64>,
    pub approved_version: Option<i64>,
    pub published_revision: Option<i32>,
    pub published_version: Option<i64>,
    pub(crate) session: String,
    turn: i64,
    session_since: i64,
}

impl Draft {
    /// What `If-Match` names.
    pub fn etag(&self) -> String {
        etag(self.version)
    }
}

/// "\"7\""
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that an `If-Match` names; none where it names none.
pub fn version_of(etag: &str) -> Option<i64> {
    let digits = etag.trim().strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = digits.bytes().all(|it| it.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain)
}

/// How far a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Fans have never seen it, or do not any more.
    Draft,
    InReview,
    Approved,
    /// Fans see it as it is.
    Published,
    /// Fans see an older one.
    Changed,
}

impl State {
    pub const ALL: [State; 5] =
        [State::Draft, State::InReview, State::Approved, State::Published, State::Changed];

    pub const fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::InReview => "in-review",
            State::Approved => "approved",
            State::Published => "published",
            State::Changed => "changed",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

const FIND: &str = "
    select entry, language, version, body, title, author_id, author_name, changed_at, state, revision, saved_version, asked_version,
        approved_version, published_revision, published_version, session, turn, session_since
    from cms.draft where entry = $1 and language = $2";

/// The draft in a language; none where nobody has begun it.
pub async fn find(client: &Client<'_>, entry: &str, language: &Language) -> Result<Option<Draft>, Error> {
    client.query_opt(FIND, &[&entry, &language.as_str()]).await?.as_ref().map(read).transpose()
}

const OF_ENTRIES: &str = "
    select entry, language, version, body, title, author_id, author_name, changed_at, state, revision, saved_version, asked_version,
        approved_version, published_revision, published_version, session, turn, session_since
    from cms.draft where entry = any($1) order by entry, language";

/// The drafts of some entries, in all languages.
pub async fn of_entries(client: &Client<'_>, entries: &[String]) -> Result<Vec<Draft>, Error> {
    client.query(OF_ENTRIES, &[&entries]).await?.iter().map(read).collect()
}

const LOCK: &str = "
    select entry, language, version, body, title, author_id, author_name, changed_at, state, revision, saved_version, asked_version,
        approved_version, published_revision, published_version, session, turn, session_since
    from cms.draft where entry = $1 and language = $2 for update";

/// The draft, which nobody else changes before the transaction ends.
pub(crate) async fn lock(tx: &Transaction<'_>, entry: &str, language: &Language) -> Result<Draft, Error> {
    let row = tx.query_opt(LOCK, &[&entry, &language.as_str()]).await?;
    let unknown = || Error::NotWritten { id: entry.to_owned(), language: language.to_string() };
    read(row.as_ref().ok_or_else(unknown)?)
}

/// Writes a document of an entry in a language.
pub async fn write(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    write: Write<'_>,
) -> Result<Written, Error> {
    let entry = entry::hold(tx, id).await?;
    entry.check(who, Act::Write, language)?;
    check_session(&write.session)?;
    refuse(entry.kind.check_draft(write.body, entry.part(language)))?;
    let row = tx.query_opt(LOCK, &[&id, &language.as_str()]).await?;
    let Some(row) = row else {
        if write.base != 0 {
            return Err(Error::NotWritten { id: id.to_owned(), language: language.to_string() });
        }
        if begin(tx, who, &entry, language, write.body, (write.keep, write.session.clone())).await? {
            return Ok(Written::Kept { version: 1, revision: 1 });
        }
        // Somebody else has begun it at this moment.
        let draft = lock(tx, id, language).await?;
        return over(tx, who, &entry, draft, write).await;
    };
    over(tx, who, &entry, read(&row)?, write).await
}

fn check_session(session: &Session) -> Result<(), Error> {
    if (1..=SESSION_MAX).contains(&session.id.len()) && session.id.bytes().all(|it| it.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::Session { max: SESSION_MAX })
    }
}

pub(crate) fn refuse(problems: Vec<crate::Problem>) -> Result<(), Error> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid { problems }) }
}

/// Writes over a draft that is there.
async fn over(
    tx: &Transaction<'_>,
    who: &Editor,
    entry: &Entry,
    draft: Draft,
    write: Write<'_>,
) -> Result<Written, Error> {
    let is_own = draft.session == write.session.id && draft.author_id == who.id();
    if write.base > draft.version {
        return Err(Error::NoSuchVersion { given: write.base, last: draft.version });
    }
    let kept = |draft: &Draft| Written::Kept { version: draft.version, revision: draft.revision };
    if is_own && write.session.turn <= draft.turn {
        return Ok(kept(&draft));
    }
    let is_on_last = write.base == draft.version || (is_own && write.base >= draft.session_since);
    if !is_on_last && draft.body != *write.body {
        return Ok(Written::Clash(Box::new(set_aside(tx, who, &draft, &write).await?)));
    }
    let names = diff::fields(&draft.body, write.body);
    who.rights.check_fields(entry.kind, names.iter().map(String::as_str))?;
    if names.is_empty() && !is_own && write.keep == Keep::Autosave {
        // Who writes nothing else is not its author.
        return Ok(kept(&draft));
    }
    let is_left_unsaved = !is_own && draft.version > draft.saved_version && !names.is_empty();
    let mut next = draft.clone();
    if is_left_unsaved {
        next.revision = revision::add(tx, &draft, revision::Made::left(&draft)).await?;
        next.saved_version = draft.version;
    }
    if !names.is_empty() {
        next.version += 1;
        next.body = write.body.clone();
        next.title = entry.kind.title(write.body);
    }
    next.session_since = if is_own { draft.session_since } else { draft.version };
    (next.session, next.turn) = (write.session.id.clone(), write.session.turn);
    (next.author_id, next.author_name) = (who.by.actor.id.clone(), who.by.actor.name.clone());
    next.changed_at = who.by.at;
    let is_new = next.version > next.saved_version || matches!(write.keep, Keep::Restore { .. });
    if write.keep != Keep::Autosave && is_new {
        next.revision = revision::add(tx, &next, revision::Made::by(who, write.keep)).await?;
        next.saved_version = next.version;
        let after = json!({ "language": next.language, "revision": next.revision, "changed": names });
        entry::record(tx, who, &format!("entry.{}", write.keep.word()), &entry.id, None, Some(after)).await?;
    }
    let is_localised = |it: &String| entry.kind.field(it).is_some_and(|it| it.is_localised);
    update(tx, entry, &next, names.iter().any(is_localised)).await?;
    if next.version > draft.version {
        step(tx, &next).await?;
        relation::replace(
            tx,
            Of::Draft,
            (&entry.id, &next.language),
            &entry.kind.relations(&next.body),
            &entry.kind.media(&next.body),
        )
        .await?;
    }
    tx.execute(LET_GO, &[&entry.id, &next.language.as_str(), &who.id(), &next.session]).await?;
    Ok(kept(&next))
}

const UPDATE: &str = "
    update cms.draft set version = $3, body = $4, title = $5, words = to_tsvector('simple', $6), author_id = $7, author_name = $8, session = $9,
        turn = $10, session_since = $11, revision = $12, saved_version = $13, changed_at = $14,
        told_version = case when $15 then $3 else told_version end,
        main_version = coalesce((select m.version from cms.draft m where m.entry = $1 and m.is_main), $3)
    where entry = $1 and language = $2";

async fn update(tx: &Transaction<'_>, entry: &Entry, next: &Draft, is_told: bool) -> Result<(), Error> {
    let params: store::Params<'_> = &[
        &next.entry,
        &next.language.as_str(),
        &next.version,
        &next.body,
        &next.title,
        &entry.kind.words(&next.body),
        &next.author_id,
        &next.author_name,
        &next.session,
        &next.turn,
        &next.session_since,
        &next.revision,
        &next.saved_version,
        &At(next.changed_at),
        &is_told,
    ];
    tx.execute(UPDATE, params).await?;
    Ok(())
}

const BEGIN: &str = "
    insert into cms.draft (entry, language, kind, is_main, version, body, title, words, author_id, author_name, session, turn, session_since,
        revision, saved_version, told_version, main_version, changed_at)
    values ($1, $2, $3, $4, 1, $5, $6, to_tsvector('simple', $7), $8, $9, $10, $11, 0, 1, 1, 1,
        coalesce((select m.version from cms.draft m where m.entry = $1 and m.is_main), 1), $12)
    on conflict (entry, language) do nothing";

/// The first document in a language; false where somebody else was first.
pub(crate) async fn begin(
    tx: &Transaction<'_>,
    who: &Editor,
    entry: &Entry,
    language: &Language,
    body: &Value,
    (keep, session): (Keep, Session),
) -> Result<bool, Error> {
    let part = entry.part(language);
    if part == Part::Other && !entry.kind.is_localised() {
        return Err(Error::NotLocalised { noun: entry.kind.facts.noun });
    }
    refuse(entry.kind.check_draft(body, part))?;
    let names = diff::fields(&json!({}), body);
    who.rights.check_fields(entry.kind, names.iter().map(String::as_str))?;
    let params: store::Params<'_> = &[
        &entry.id,
        &language.as_str(),
        &entry.kind.facts.name,
        &(part == Part::Main),
        body,
        &entry.kind.title(body),
        &entry.kind.words(body),
        &who.by.actor.id,
        &who.by.actor.name,
        &session.id,
        &session.turn,
        &At(who.by.at),
    ];
    if tx.execute(BEGIN, params).await? == 0 {
        return Ok(false);
    }
    let mut draft = lock(tx, &entry.id, language).await?;
    draft.revision = 0;
    let keep = if keep == Keep::Import { keep } else { Keep::Make };
    revision::add(tx, &draft, revision::Made::by(who, keep)).await?;
    step(tx, &draft).await?;
    relation::replace(
        tx,
        Of::Draft,
        (&entry.id, language),
        &entry.kind.relations(body),
        &entry.kind.media(body),
    )
    .await?;
    Ok(true)
}

const STEP: &str = "insert into cms.step (entry, language, version, body) values ($1, $2, $3, $4)";
const FORGET: &str = "delete from cms.step where entry = $1 and language = $2 and version <= $3";

async fn step(tx: &Transaction<'_>, draft: &Draft) -> Result<(), Error> {
    let language = draft.language.as_str();
    tx.execute(STEP, &[&draft.entry, &language, &draft.version, &draft.body]).await?;
    tx.execute(FORGET, &[&draft.entry, &language, &(draft.version - STEPS_MAX)]).await?;
    Ok(())
}

// Where the version itself is forgotten, the last revision before it.
const BASE: &str = "
    select body from (
        (select version, body from cms.step where entry = $1 and language = $2 and version = $3)
        union all
        (select version, body from cms.revision where entry = $1 and language = $2 and version <= $3 order by number desc limit 1)
    ) it order by version desc limit 1";

// An older request of the same sitting that comes late does not take a later one's place.
const ASIDE: &str = "
    insert into cms.aside as a (entry, language, author_id, session, author_name, base, turn, body, at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (entry, language, author_id, session)
    do update set body = excluded.body, turn = excluded.turn, at = excluded.at where a.turn < excluded.turn";

async fn set_aside(
    tx: &Transaction<'_>,
    who: &Editor,
    draft: &Draft,
    write: &Write<'_>,
) -> Result<Clash, Error> {
    let language = draft.language.as_str();
    let params: store::Params<'_> = &[
        &draft.entry,
        &language,
        &who.id(),
        &write.session.id,
        &who.by.actor.name,
        &write.base,
        &write.session.turn,
        write.body,
        &At(who.by.at),
    ];
    tx.execute(ASIDE, params).await?;
    clash(tx, draft, write.base, write.body).await
}

/// What somebody has made of a version against what the draft is by now: of an [`Aside`], say.
pub async fn clash(client: &Client<'_>, draft: &Draft, base: i64, yours: &Value) -> Result<Clash, Error> {
    let base = body_at(client, &draft.entry, &draft.language, base).await?;
    Ok(Clash {
        their_changes: diff::diff(&base, &draft.body),
        your_changes: diff::diff(&base, yours),
        merge: diff::merge(&base, &draft.body, yours),
        base,
        theirs: draft.body.clone(),
        version: draft.version,
        author_name: draft.author_name.clone(),
        changed_at: draft.changed_at,
        yours: yours.clone(),
    })
}

/// What a draft was under a version: of one that is long over, the last revision before it; of one that never was, an empty document.
pub async fn body_at(
    client: &Client<'_>,
    entry: &str,
    language: &Language,
    version: i64,
) -> Result<Value, Error> {
    let row = client.query_opt(BASE, &[&entry, &language.as_str(), &version]).await?;
    Ok(row.map_or_else(|| json!({}), |it| it.get("body")))
}

/// What somebody wrote too late, and has not brought in since.
#[derive(Clone, Debug, PartialEq)]
pub struct Aside {
    pub author_id: String,
    pub author_name: String,
    pub session: String,
    pub base: i64,
    pub body: Value,
    pub at: Timestamp,
}

const ASIDES: &str = "
    select author_id, author_name, session, base, body, at from cms.aside
    where entry = $1 and language = $2 order by at desc limit 100";

/// What is kept aside, the latest first.
pub async fn asides(client: &Client<'_>, entry: &str, language: &Language) -> Result<Vec<Aside>, Error> {
    let read = |row: &Row| Aside {
        author_id: row.get("author_id"),
        author_name: row.get("author_name"),
        session: row.get("session"),
        base: row.get("base"),
        body: row.get("body"),
        at: row.get::<_, At>("at").0,
    };
    Ok(client.query(ASIDES, &[&entry, &language.as_str()]).await?.iter().map(read).collect())
}

const LET_GO: &str =
    "delete from cms.aside where entry = $1 and language = $2 and author_id = $3 and session = $4";

/// Lets go what was kept aside of a sitting: one's own, or, for who may approve, anybody's. It stays in the audit log.
pub async fn let_go(
    tx: &Transaction<'_>,
    who: &Editor,
    id: &str,
    language: &Language,
    aside: &Aside,
) -> Result<(), Error> {
    let entry = entry::hold(tx, id).await?;
    let act = if aside.author_id == who.id() { Act::Write } else { Act::Approve };
    entry.check(who, act, language)?;
    if tx.execute(LET_GO, &[&id, &language.as_str(), &aside.author_id, &aside.session]).await? == 1 {
        let before = json!({ "language": language, "by": aside.author_id, "body": aside.body });
        entry::record(tx, who, "entry.let-go", id, Some(before), None).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<Draft, Error> {
    let entry: String = row.get("entry");
    let unreadable = || Error::Unreadable { what: entry.clone(), column: "state" };
    Ok(Draft {
        language: Language::kept(row.get("language")),
        version: row.get("version"),
        body: row.get("body"),
        title: row.get("title"),
        author_id: row.get("author_id"),
        author_name: row.get("author_name"),
        changed_at: row.get::<_, At>("changed_at").0,
        state: State::of(row.get("state")).ok_or_else(unreadable)?,
        revision: row.get("revision"),
        saved_version: row.get("saved_version"),
        asked_version: row.get("asked_version"),
        approved_version: row.get("approved_version"),
        published_revision: row.get("published_revision"),
        published_version: row.get("published_version"),
        session: row.get("session"),
        turn: row.get("turn"),
        session_since: row.get("session_since"),
        entry: entry.clone(),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[FIND, OF_ENTRIES, LOCK, UPDATE, BEGIN, STEP, FORGET, BASE, ASIDE, ASIDES, LET_GO];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_names_a_version() {
        assert_eq!(version_of(&etag(7)), Some(7));
        for text in ["7", "\"\"", "\"07\"", "\"-1\"", "\"+1\"", "*", "W/\"7\"", "\"99999999999999999999\""] {
            assert_eq!(version_of(text), None, "{text}");
        }
    }
}
