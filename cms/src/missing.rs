//! What translators have to do: which languages an entry is not in, or in which it is behind its main one.

use crate::error::Error;
use serde::Serialize;
use store::{Client, Row};

/// Entries of a page.
pub const ENTRIES_MAX: i64 = 100;
/// Languages that are asked for at once.
pub const LANGUAGES_MAX: usize = 30;

/// An entry that fans read, and a language in which something is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub entry: String,
    pub kind: String,
    pub title: String,
    pub language: String,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nobody has begun it.
    Unwritten,
    /// It was never published.
    Unpublished,
    /// The words of the main language have changed since it was written.
    Behind,
}

// A page of entries, each at least once, with the languages in which something is missing: one statement.
const PAGE: &str = "
    select m.entry, m.kind, m.title, l.language, l.why
    from (
        select entry, kind, language, title, told_version from cms.draft
        where is_main and published_revision is not null and not is_trashed and kind = $1 and entry > $2
        order by entry limit $4
    ) m left join lateral (
        select w.language, case when d.entry is null then 'unwritten' when d.published_revision is null then 'unpublished' else 'behind' end as why
        from unnest($3::text[]) w (language) left join cms.draft d on d.entry = m.entry and d.language = w.language
        where w.language <> m.language
            and (d.entry is null or d.published_revision is null or d.main_version < m.told_version)
    ) l on true
    order by m.entry, l.language";

/// What is missing of the entries of a type that fans read, by id from after one; and where to go on, while there are any.
pub async fn page(
    client: &Client<'_>,
    kind: &str,
    languages: &[String],
    after: &str,
    limit: i64,
) -> Result<(Vec<Missing>, Option<String>), Error> {
    crate::schema::kind(kind)?;
    if languages.len() > LANGUAGES_MAX {
        return Err(Error::TooMany { what: "languages", max: LANGUAGES_MAX });
    }
    let rows = client.query(PAGE, &[&kind, &after, &languages, &limit.clamp(1, ENTRIES_MAX)]).await?;
    Ok((rows.iter().filter_map(read).collect(), rows.last().map(|it| it.get("entry"))))
}

// From one to the next along the index of languages, however many entries each has.
const LANGUAGES: &str = "
    with recursive next (language) as (
        (select min(language) from cms.draft where not is_trashed)
        union all
        select (select min(d.language) from cms.draft d where not d.is_trashed and d.language > n.language)
        from next n where n.language is not null
    )
    select language from next where language is not null limit $1";

/// The languages that anything is written in, [`LANGUAGES_MAX`] at most.
pub async fn languages(client: &Client<'_>) -> Result<Vec<String>, Error> {
    let rows = client.query(LANGUAGES, &[&(LANGUAGES_MAX as i64)]).await?;
    Ok(rows.iter().map(|it| it.get("language")).collect())
}

/// None of an entry that is in all languages.
fn read(row: &Row) -> Option<Missing> {
    let why = match row.get::<_, Option<&str>>("why")? {
        "unwritten" => Why::Unwritten,
        "unpublished" => Why::Unpublished,
        _ => Why::Behind,
    };
    Some(Missing {
        entry: row.get("entry"),
        kind: row.get("kind"),
        title: row.get("title"),
        language: row.get("language"),
        why,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PAGE, LANGUAGES];
