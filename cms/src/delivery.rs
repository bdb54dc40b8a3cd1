//! Delivery: what fans read, in the language that is nearest to theirs.

use crate::entry::check_key;
use crate::error::Error;
use crate::language::Language;
use crate::schema::kind;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{At, Client, Row};

/// Documents that are asked for at once.
pub const DOCUMENTS_MAX: i64 = 100;

/// A document as fans read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub entry: String,
    pub kind: String,
    pub key: Option<String>,
    /// Which it is in: the one that was asked for, or what stands in for it.
    pub language: Language,
    pub published_at: Timestamp,
    /// Whole: the fields that all languages share, and those of this one.
    pub body: Value,
    /// `ETag`, with its quotes: another one whenever what is shown is another.
    pub etag: String,
    /// When it is shown, where that has a beginning or an end.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The highest comes first.
    pub priority: i16,
    /// What its caches are to keep it under: its own keys, and the ids of all that it names.
    pub keys: Vec<String>,
}

/// What a widget asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub kind: &'a str,
    /// Where it stands; none: wherever.
    pub slot: Option<&'a str>,
    /// On whose page; none: what is for all partners.
    pub partner: Option<&'a str>,
    /// In which place (ISO 3166-2) its reader is; none: nobody knows, so what is for some places only is not shown.
    pub place: Option<&'a str>,
    pub language: &'a Language,
    pub now: Timestamp,
    /// 1 to [`DOCUMENTS_MAX`].
    pub limit: i64,
}

// The language nearest to what is asked for, or the main one. One statement a page.
macro_rules! documents {
    ($which:literal, $chain:literal) => {
        concat!(
            "select m.entry, m.kind, m.key, m.revision, m.body, m.published_at, m.from_at, m.until_at, m.priority,
                l.language, l.revision as own_revision, l.body as own, l.published_at as own_at
            from cms.published m
            cross join lateral (
                select p.language, p.revision, p.body, p.published_at from cms.published p
                where p.entry = m.entry and (p.language = any(",
            $chain,
            ") or p.is_main) order by array_position(",
            $chain,
            ", p.language) nulls last limit 1
            ) l where m.is_main and ",
            $which
        )
    };
}

const OF_SLOT: &str = documents!(
    "m.kind = $2 and ($3::text is null or m.slot = $3)
        and (m.partners = '{}' or $4::text = any(m.partners)) and (m.places = '{}' or m.places && $5::text[])
        and (m.languages = '{}' or m.languages && $1::text[])
        and (m.from_at is null or m.from_at <= $6) and (m.until_at is null or m.until_at > $6)
    order by m.priority desc, m.published_at desc, m.entry limit $7",
    "$1::text[]"
);

/// What is shown to such a reader now, the highest priority first, then the newest.
pub async fn of(client: &Client<'_>, ask: &Ask<'_>) -> Result<Vec<Document>, Error> {
    kind(ask.kind)?;
    // What nothing is for.
    if [ask.slot, ask.partner, ask.place].into_iter().flatten().any(|it| it.contains('\0')) {
        return Ok(Vec::new());
    }
    let limit = ask.limit.clamp(1, DOCUMENTS_MAX);
    let places = ask.place.map(places).unwrap_or_default();
    let chain = ask.language.chain();
    let params: store::Params<'_> =
        &[&chain, &ask.kind, &ask.slot, &ask.partner, &places, &At(ask.now), &limit];
    client.query(OF_SLOT, params).await?.iter().map(read).collect()
}

const ABOUT: &str = documents!(
    "m.kind = $2 and m.about = any($3)
        and (m.partners = '{}' or $4::text = any(m.partners)) and (m.places = '{}' or m.places && $5::text[])
        and (m.languages = '{}' or m.languages && $1::text[])
        and (m.from_at is null or m.from_at <= $6) and (m.until_at is null or m.until_at > $6)
    order by m.priority desc, m.published_at desc, m.entry limit $7",
    "$1::text[]"
);

/// Of what is shown to such a reader now, that which is about one of these: matches ("mat_…") of previews and quizzes, players, teams and venues
/// as the feed names them. Where it stands does not count.
pub async fn about(client: &Client<'_>, ask: &Ask<'_>, subjects: &[String]) -> Result<Vec<Document>, Error> {
    kind(ask.kind)?;
    let limit = ask.limit.clamp(1, DOCUMENTS_MAX);
    let places = ask.place.map(places).unwrap_or_default();
    let chain = ask.language.chain();
    let params: store::Params<'_> =
        &[&chain, &ask.kind, &subjects, &ask.partner, &places, &At(ask.now), &limit];
    client.query(ABOUT, params).await?.iter().map(read).collect()
}

/// A document in each language that it is published in, and for whom it is: what open pages are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    pub main: Language,
    /// The main language's first.
    pub documents: Vec<Document>,
    /// Whether all partners, places and languages are meant.
    pub is_for_all: bool,
}

const EDITIONS: &str = "
    select m.entry, m.kind, m.key, m.revision, m.body, m.published_at, m.from_at, m.until_at, m.priority,
        m.language as main, m.partners = '{}' and m.places = '{}' and m.languages = '{}' as is_for_all,
        l.language, l.revision as own_revision, l.body as own, l.published_at as own_at
    from cms.published m join cms.published l on l.entry = m.entry
    where m.is_main and m.entry = any($1) order by m.entry, l.is_main desc, l.language limit $2";
/// Languages of [`DOCUMENTS_MAX`] entries that are read at once.
const LANGUAGES_MAX: i64 = 50;

/// Those of these entries that are published, in all of their languages, by entry.
pub async fn editions(client: &Client<'_>, ids: &[String]) -> Result<Vec<Edition>, Error> {
    let mut editions: Vec<Edition> = Vec::new();
    for row in client.query(EDITIONS, &[&ids, &(DOCUMENTS_MAX * LANGUAGES_MAX)]).await? {
        let document = read(&row)?;
        let is_same = |it: &Edition| it.documents.first().is_some_and(|it| it.entry == document.entry);
        match editions.last_mut().filter(|it| is_same(it)) {
            Some(edition) => edition.documents.push(document),
            None => editions.push(Edition {
                main: Language::kept(row.get("main")),
                documents: vec![document],
                is_for_all: row.get("is_for_all"),
            }),
        }
    }
    Ok(editions)
}

/// "IN-KA" is in "IN-KA" and in "IN".
fn places(place: &str) -> Vec<&str> {
    let country = place.split_once('-').map(|it| it.0);
    [Some(place), country].into_iter().flatten().collect()
}

const IDS_OF: &str = "select entry from cms.published where is_main and kind = $1 order by entry limit $2";

/// The published entries of a type, whomever they are for, in the order of their ids; `limit` at most.
pub async fn ids_of(client: &Client<'_>, name: &str, limit: i64) -> Result<Vec<String>, Error> {
    kind(name)?;
    let rows = client.query(IDS_OF, &[&name, &limit]).await?;
    Ok(rows.iter().map(|it| it.get("entry")).collect())
}

const OF_IDS: &str = documents!("m.entry = any($2) order by m.entry limit 100", "$1::text[]");

/// Those of these entries that are published, [`DOCUMENTS_MAX`] at most, whomever they are for: what others name, in one statement.
pub async fn of_ids(
    client: &Client<'_>,
    ids: &[String],
    language: &Language,
) -> Result<Vec<Document>, Error> {
    client.query(OF_IDS, &[&language.chain(), &ids]).await?.iter().map(read).collect()
}

/// One entry, if it is published.
pub async fn of_id(client: &Client<'_>, id: &str, language: &Language) -> Result<Option<Document>, Error> {
    if !store::ids::is_valid("ent", id) {
        return Ok(None);
    }
    Ok(of_ids(client, &[id.to_owned()], language).await?.pop())
}

const OF_KEY: &str = documents!("m.kind = $2 and m.key = $3", "$1::text[]");

/// The entry of a type that has a key, if it is published.
pub async fn of_key(
    client: &Client<'_>,
    name: &str,
    key: &str,
    language: &Language,
) -> Result<Option<Document>, Error> {
    kind(name)?;
    check_key(key)?;
    client.query_opt(OF_KEY, &[&language.chain(), &name, &key]).await?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Document, Error> {
    let of = kind(row.get("kind"))?;
    let (entry, key): (String, Option<String>) = (row.get("entry"), row.get("key"));
    let language: String = row.get("language");
    let body = of.merged(&row.get("body"), &row.get("own"));
    let mut keys: BTreeSet<String> = [entry.clone(), format!("kind:{}", of.facts.name)].into();
    keys.extend(key.as_ref().map(|key| format!("key:{}:{key}", of.facts.name)));
    keys.extend(body["slot"].as_str().map(|slot| format!("slot:{slot}")));
    keys.extend(of.relations(&body).into_iter().chain(of.media(&body)).map(|it| it.target));
    let parts = format!(
        "{entry}\0{}\0{language}\0{}",
        row.get::<_, i32>("revision"),
        row.get::<_, i32>("own_revision")
    );
    let hash = Sha256::digest(parts);
    let hash: String = hash.iter().take(16).map(|it| format!("{it:02x}")).collect();
    Ok(Document {
        kind: of.facts.name.to_owned(),
        key,
        language: Language::kept(&language),
        published_at: row.get::<_, At>("published_at").0.max(row.get::<_, At>("own_at").0),
        body,
        from: row.get::<_, Option<At>>("from_at").map(|it| it.0),
        until: row.get::<_, Option<At>>("until_at").map(|it| it.0),
        priority: row.get("priority"),
        etag: format!("\"{hash}\""),
        keys: keys.into_iter().collect(),
        entry,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_SLOT, ABOUT, EDITIONS, IDS_OF, OF_IDS, OF_KEY];
