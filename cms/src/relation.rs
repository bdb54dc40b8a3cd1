//! Which entries and pictures are named by which: kept with each draft and with what is published, so that nobody looks through documents.

use crate::error::Error;
use crate::language::Language;
use crate::media::uses;
use crate::schema::Reference;
use serde::Serialize;
use std::collections::BTreeSet;
use store::{Client, Row, Transaction};

/// Whose words name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Draft,
    Published,
}

impl Of {
    const fn word(self) -> &'static str {
        match self {
            Of::Draft => "draft",
            Of::Published => "published",
        }
    }
}

/// A document that names something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct User {
    pub entry: String,
    pub kind: String,
    pub language: String,
    pub title: String,
    /// Which of the entries or pictures that were asked for it names.
    pub target: String,
}

const CLEAR: &str = "delete from cms.relation where entry = $1 and language = $2 and of = $3";
const ADD: &str = "
    insert into cms.relation (entry, language, of, target, path)
    select $1, $2, $3, target, path from unnest($4::text[], $5::text[]) it (target, path)";

/// Notes what a document names, in place of what it named.
pub(crate) async fn replace(
    tx: &Transaction<'_>,
    of: Of,
    (entry, language): (&str, &Language),
    relations: &[Reference],
    media: &[Reference],
) -> Result<(), Error> {
    tx.execute(CLEAR, &[&entry, &language.as_str(), &of.word()]).await?;
    let all = relations.iter().chain(media);
    let (targets, paths): (Vec<&str>, Vec<&str>) =
        all.map(|it| (it.target.as_str(), it.path.as_str())).unzip();
    if !targets.is_empty() {
        tx.execute(ADD, &[&entry, &language.as_str(), &of.word(), &targets, &paths]).await?;
    }
    show(tx, of, (entry, language), media.iter().map(|it| it.target.clone()).collect()).await
}

/// Notes which pictures fans see: those are not thrown away. A draft keeps none.
async fn show(
    tx: &Transaction<'_>,
    of: Of,
    (entry, language): (&str, &Language),
    media: BTreeSet<String>,
) -> Result<(), Error> {
    if of == Of::Published {
        uses::set(tx, &format!("{entry}/{language}"), &media).await?;
    }
    Ok(())
}

pub(crate) async fn clear(
    tx: &Transaction<'_>,
    of: Of,
    (entry, language): (&str, &Language),
) -> Result<(), Error> {
    tx.execute(CLEAR, &[&entry, &language.as_str(), &of.word()]).await?;
    show(tx, of, (entry, language), BTreeSet::new()).await
}

const USERS: &str = "
    select distinct r.entry, d.kind, r.language, d.title, r.target
    from cms.relation r join cms.draft d on d.entry = r.entry and d.language = r.language
    where r.target = any($1) and r.of = $2 and r.entry <> r.target and not d.is_trashed
    order by r.entry, r.language, r.target limit $3";

/// Who names one of these entries or pictures.
pub async fn users(client: &Client<'_>, targets: &[String], of: Of, limit: i64) -> Result<Vec<User>, Error> {
    let read = |row: &Row| User {
        entry: row.get("entry"),
        kind: row.get("kind"),
        language: row.get("language"),
        title: row.get("title"),
        target: row.get("target"),
    };
    Ok(client.query(USERS, &[&targets, &of.word(), &limit]).await?.iter().map(read).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[CLEAR, ADD, USERS];
