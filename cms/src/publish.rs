//! Publishing: what fans read, of an entry in a language. All that is asked for at once is done in one transaction, or nothing is.
//!
//! Invariant: what is published names nothing that is not. Who publishes something that does is told what else is to be published, and who
//! unpublishes something that others name is told by whom; either may be done with it. And what is published is whole: each language with the
//! fields that all share.

mod plan;

use crate::entry::TOGETHER_MAX;
use crate::error::Error;
use crate::language::Language;
use crate::rights::Editor;
use plan::Plan;
use serde::Serialize;
use store::{Client, Transaction};

/// Something that is to be published or not to be any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub entry: String,
    pub language: Language,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The draft, if it has this version still.
    Draft {
        version: i64,
    },
    /// What a revision was.
    Revision {
        number: i32,
    },
    Unpublish,
}

impl Step {
    pub fn draft(entry: &str, language: &Language, version: i64) -> Self {
        Self { entry: entry.to_owned(), language: language.clone(), what: What::Draft { version } }
    }

    pub fn revision(entry: &str, language: &Language, number: i32) -> Self {
        Self { entry: entry.to_owned(), language: language.clone(), what: What::Revision { number } }
    }

    pub fn unpublish(entry: &str, language: &Language) -> Self {
        Self { entry: entry.to_owned(), language: language.clone(), what: What::Unpublish }
    }
}

/// What becomes of others that a step depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cascade {
    /// It is refused with them.
    Refuse,
    /// They are published, or unpublished, with it.
    Include,
}

/// An entry that has to be published for another one to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Dependency {
    pub entry: String,
    pub kind: String,
    pub title: String,
    /// Who names it, and in which field.
    pub of: String,
    pub path: String,
}

/// Publishes the draft of a language, if it has this version still.
pub async fn publish(
    tx: &Transaction<'_>,
    who: &Editor,
    (entry, language): (&str, &Language),
    version: i64,
    cascade: Cascade,
) -> Result<(), Error> {
    carry_out(tx, who, &[Step::draft(entry, language, version)], cascade).await
}

/// Lets fans not see a language of an entry any more. Without its main language no other is shown either.
pub async fn unpublish(
    tx: &Transaction<'_>,
    who: &Editor,
    (entry, language): (&str, &Language),
    cascade: Cascade,
) -> Result<(), Error> {
    carry_out(tx, who, &[Step::unpublish(entry, language)], cascade).await
}

/// Does all of these, or none. What is wrong with themselves is told before what they need; of that, all is told at once.
pub async fn carry_out(
    tx: &Transaction<'_>,
    who: &Editor,
    steps: &[Step],
    cascade: Cascade,
) -> Result<(), Error> {
    let mut plan = Plan::default();
    let (mut next, mut unasked) = (steps.to_vec(), Vec::new());
    while !next.is_empty() {
        match plan.add(tx, who, next).await {
            // Whatever keeps one of those from being published: they are wanted first.
            Err(_) if !unasked.is_empty() => break,
            added => added?,
        }
        if plan.len() > TOGETHER_MAX {
            return Err(Error::TooMany { what: "documents to publish or unpublish", max: TOGETHER_MAX });
        }
        let missing = plan.missing(tx, cascade).await?;
        if cascade == Cascade::Refuse && !missing.dependencies.is_empty() {
            if unasked.is_empty() {
                plan.judge(tx).await?;
            }
            for it in missing.dependencies {
                if !unasked.iter().any(|there: &Dependency| there.entry == it.entry) {
                    unasked.push(it);
                }
            }
        }
        next = missing.steps;
    }
    if !unasked.is_empty() {
        return Err(Error::Unpublished { dependencies: unasked });
    }
    plan.judge(tx).await?;
    plan.write(tx, who).await
}

const SINCE: &str = "
    select d.published_version from cms.draft d
    join cms.revision r on r.entry = d.entry and r.language = d.language and r.number = $3
    where d.entry = $1 and d.language = $2 and d.published_version > r.version";

/// Refused where something newer than a revision is published: what was planned before would take its place.
pub(crate) async fn refuse_overtaken(
    tx: &Transaction<'_>,
    (entry, language): (&str, &Language),
    number: i32,
) -> Result<(), Error> {
    match tx.query_opt(SINCE, &[&entry, &language.as_str(), &number]).await? {
        None => Ok(()),
        Some(_) => Err(Error::Overtaken { id: entry.to_owned(), language: language.to_string(), number }),
    }
}

const LANGUAGES: &str = "
    select entry, language from cms.published where entry = any($1) order by entry, is_main, language";

/// In which languages entries are published; the main one of each last, as they can be unpublished.
pub async fn languages(client: &Client<'_>, entries: &[String]) -> Result<Vec<(String, Language)>, Error> {
    let rows = client.query(LANGUAGES, &[&entries]).await?;
    Ok(rows.iter().map(|it| (it.get("entry"), Language::kept(it.get("language")))).collect())
}

/// Every statement of these files, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    plan::STATEMENTS.iter().copied().chain([LANGUAGES, SINCE])
}
