//! Files: entries go out as JSON or CSV, and come in again, all of a file or nothing.
//!
//! What comes in is a write as any other: it says the version that it was made on, and what others have written since is not written over.

mod table;

pub use table::{csv, read_csv};

use crate::draft::{self, Draft, Keep, Session, Write, Written};
use crate::entry::{self, Entry, New};
use crate::error::Error;
use crate::language::Language;
use crate::rights::{Act, Editor};
use crate::schema::kind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use store::{Client, Row, Transaction};

/// Bytes of a file, and documents in it.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
pub const DOCUMENTS_MAX: usize = 1_000;
/// Entries that go out at once.
pub const ENTRIES_MAX: i64 = 500;

/// A document in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where in the file it is: "line 7", "entry 2, hi".
    pub place: String,
    /// None: it is new, or found by its key.
    pub id: Option<String>,
    pub kind: String,
    pub key: Option<String>,
    pub main_language: String,
    pub language: String,
    /// The one that it was made on; none where nobody has begun it.
    pub version: Option<i64>,
    pub body: Value,
}

/// What is wrong with a document of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub place: String,
    pub what: String,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

/// What was brought in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub made: usize,
    /// Documents of entries that there were, whether they differ or not.
    pub written: usize,
}

const ENTRIES: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry
    where kind = $1 and id > $2 and trashed_at is null order by id limit $3";

const THESE: &str = "
    select id, kind, key, main_language, made_by, made_at, trashed_at from cms.entry
    where id = any($1) and trashed_at is null order by id limit $2";

/// Entries of a type with their drafts in all languages, by id from after one, [`ENTRIES_MAX`] at most.
pub async fn export(
    client: &Client<'_>,
    who: &Editor,
    name: &str,
    after: &str,
) -> Result<Vec<(Entry, Vec<Draft>)>, Error> {
    kind(name)?;
    let rows = client.query(ENTRIES, &[&name, &after, &ENTRIES_MAX]).await?;
    whole(client, who, &rows).await
}

/// The same of these entries, such as what was searched for.
pub async fn export_these(
    client: &Client<'_>,
    who: &Editor,
    ids: &[String],
) -> Result<Vec<(Entry, Vec<Draft>)>, Error> {
    let rows = client.query(THESE, &[&ids, &ENTRIES_MAX]).await?;
    whole(client, who, &rows).await
}

async fn whole(client: &Client<'_>, who: &Editor, rows: &[Row]) -> Result<Vec<(Entry, Vec<Draft>)>, Error> {
    let entries: Vec<Entry> = rows.iter().map(entry::read).collect::<Result<_, Error>>()?;
    entries.iter().try_for_each(|it| it.check(who, Act::Read, &it.main_language))?;
    let ids: Vec<String> = entries.iter().map(|it| it.id.clone()).collect();
    let mut drafts: BTreeMap<String, Vec<Draft>> = BTreeMap::new();
    for it in draft::of_entries(client, &ids).await? {
        drafts.entry(it.entry.clone()).or_default().push(it);
    }
    let with_drafts = |it: Entry| {
        let of = drafts.remove(&it.id).unwrap_or_default();
        (it, of)
    };
    Ok(entries.into_iter().map(with_drafts).collect())
}

/// Entries as JSON: a list that [`read_json`] reads.
pub fn json(entries: &[(Entry, Vec<Draft>)]) -> Value {
    let whole = |(entry, drafts): &(Entry, Vec<Draft>)| {
        let documents = drafts
            .iter()
            .map(|it| (it.language.to_string(), json!({ "version": it.version, "body": it.body })));
        json!({
            "id": entry.id, "kind": entry.kind.facts.name, "key": entry.key, "main_language": entry.main_language,
            "documents": documents.collect::<serde_json::Map<_, _>>(),
        })
    };
    entries.iter().map(whole).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    id: Option<String>,
    kind: String,
    key: Option<String>,
    main_language: String,
    documents: BTreeMap<String, One>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    version: Option<i64>,
    body: Value,
}

/// The documents of a file of JSON, of each entry its main language's first.
pub fn read_json(text: &str) -> Result<Vec<Document>, Error> {
    check_size(text)?;
    let refused = |what: String| Error::NotImported { faults: vec![Fault::new("the file", what)] };
    let entries: Vec<Whole> = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    let mut all = Vec::new();
    for (at, whole) in entries.into_iter().enumerate() {
        let mut documents: Vec<(String, One)> = whole.documents.into_iter().collect();
        documents.sort_by_key(|(language, _)| *language != whole.main_language);
        all.extend(documents.into_iter().map(|(language, one)| Document {
            place: format!("entry {}, {language}", at + 1),
            id: whole.id.clone(),
            kind: whole.kind.clone(),
            key: whole.key.clone(),
            main_language: whole.main_language.clone(),
            language,
            version: one.version,
            body: one.body,
        }));
    }
    Ok(all)
}

fn check_size(text: &str) -> Result<(), Error> {
    if text.len() <= BYTES_MAX {
        Ok(())
    } else {
        Err(Error::TooMany { what: "bytes of a file", max: BYTES_MAX })
    }
}

/// Brings in all of these, or none, with what is wrong with each.
pub async fn import(tx: &Transaction<'_>, who: &Editor, documents: &[Document]) -> Result<Imported, Error> {
    if documents.len() > DOCUMENTS_MAX {
        return Err(Error::TooMany { what: "documents of a file", max: DOCUMENTS_MAX });
    }
    let (mut done, mut faults, mut made) = (Imported::default(), Vec::new(), BTreeMap::new());
    for it in documents {
        match bring(tx, who, it, &mut made).await {
            Ok(true) => done.made += 1,
            Ok(false) => done.written += 1,
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => faults.push(Fault::new(&it.place, error.to_string())),
        }
    }
    if !faults.is_empty() {
        return Err(Error::NotImported { faults });
    }
    let after = json!({ "made": done.made, "written": done.written });
    entry::record(tx, who, "entry.import", "", None, Some(after)).await?;
    Ok(done)
}

/// The id of what was made under a place's entry, so that its other languages come to it. Answers whether it is a new entry.
async fn bring(
    tx: &Transaction<'_>,
    who: &Editor,
    it: &Document,
    made: &mut BTreeMap<(String, String), String>,
) -> Result<bool, Error> {
    let of = kind(&it.kind)?;
    let (main, language) = (exact(&it.main_language)?, exact(&it.language)?);
    who.rights.check(Act::Import, of, &language, &main)?;
    let name = it.key.as_ref().map(|key| (it.kind.clone(), key.clone()));
    let known = match (&it.id, &name) {
        (Some(id), _) => Some(id.clone()),
        (None, Some(name)) => match made.get(name) {
            Some(id) => Some(id.clone()),
            None => entry::by_key(tx, &name.0, &name.1).await?.map(|it| it.id),
        },
        (None, None) => None,
    };
    let Some(id) = known else {
        if language != main {
            return Err(Error::OfNobody { language: it.language.clone() });
        }
        let new = New { kind: &it.kind, key: it.key.as_deref(), main_language: &main, body: &it.body };
        let id = entry::make_as(tx, who, new, Keep::Import).await?;
        made.extend(name.map(|name| (name, id)));
        return Ok(true);
    };
    let there = entry::find(tx, &id).await?;
    if there.kind.facts.name != it.kind || there.main_language != main {
        return Err(Error::OtherEntry {
            id,
            kind: there.kind.facts.name,
            main_language: there.main_language.to_string(),
        });
    }
    let base = it.version.unwrap_or(0);
    let write = Write { base, body: &it.body, keep: Keep::Import, session: Session::fresh() };
    match draft::write(tx, who, &id, &language, write).await? {
        Written::Kept { .. } => Ok(false),
        Written::Clash(clash) => {
            let language = language.to_string();
            Err(Error::Stale { id, language, given: base, last: clash.version })
        }
    }
}

/// A language that is written as it is kept, so that nothing is in two spellings.
fn exact(tag: &str) -> Result<Language, Error> {
    let language = Language::parse(tag)?;
    if language.as_str() == tag { Ok(language) } else { Err(Error::Language { text: tag.to_owned() }) }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ENTRIES, THESE];
