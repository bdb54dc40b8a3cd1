//! Previews: a link by which somebody sees a draft as it is, until it ends.

use crate::delivery;
use crate::draft;
use crate::entry::{self, Entry};
use crate::error::Error;
use crate::language::Language;
use crate::member;
use crate::problem::Problem;
use crate::rights::{Act, Editor};
use crate::schema::Kind;
use access::Token;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{At, Client, Transaction};

/// How long a link is good at most.
pub const LASTS_MAX: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A draft as fans would see it.
#[derive(Clone)]
pub struct Preview {
    pub entry: Entry,
    pub language: Language,
    /// Of the language's draft.
    pub version: i64,
    /// With the shared fields of the main language's draft.
    pub body: Value,
    /// What keeps it from being published, as far as it alone says.
    pub problems: Vec<Problem>,
    /// What it names that fans do not see, and what that names: drafts that would be published with it.
    pub needs: Vec<Needed>,
}

/// A draft that another one needs.
#[derive(Clone)]
pub struct Needed {
    pub entry: Entry,
    /// The one that is asked for, else the entry's main one.
    pub language: Language,
    pub body: Value,
}

/// Drafts of a preview beside its own.
const NEEDS_MAX: usize = 20;

const MAKE: &str = "
    insert into cms.preview (token_sha256, entry, language, made_by, made_at, ends_at) values ($1, $2, $3, $4, $5, $6)";
const FORGET: &str = "delete from cms.preview where ends_at <= $1";

/// Makes a link to the draft of a language; its token is shown once.
pub async fn make(
    tx: &Transaction<'_>,
    who: &Editor,
    (id, language): (&str, &Language),
    lasts: SignedDuration,
) -> Result<Token, Error> {
    let entry = entry::hold(tx, id).await?;
    entry.check(who, Act::Preview, language)?;
    let (token, ends_at) = keep(tx, who, (id, language), lasts).await?;
    let after = json!({ "language": language, "until": ends_at.0 });
    entry::record(tx, who, "entry.preview", id, None, Some(after)).await?;
    Ok(token)
}

/// How long somebody who is at work on a draft looks at it.
pub const LOOK_LASTS: SignedDuration = SignedDuration::from_hours(1);

/// The same for who is at work on it and looks at it in the widget: for an hour, and nobody else is shown it, so that no log tells of it.
pub async fn look(
    tx: &Transaction<'_>,
    who: &Editor,
    (id, language): (&str, &Language),
) -> Result<Token, Error> {
    let entry = entry::hold(tx, id).await?;
    entry.check(who, Act::Read, language)?;
    let (token, _) = keep(tx, who, (id, language), LOOK_LASTS).await?;
    Ok(token)
}

async fn keep(
    tx: &Transaction<'_>,
    who: &Editor,
    (id, language): (&str, &Language),
    lasts: SignedDuration,
) -> Result<(Token, At), Error> {
    draft::find(tx, id, language)
        .await?
        .ok_or_else(|| Error::NotWritten { id: id.to_owned(), language: language.to_string() })?;
    let token = Token::new();
    let ends_at = At::after(who.by.at, lasts.clamp(SignedDuration::from_mins(1), LASTS_MAX));
    tx.execute(FORGET, &[&At(who.by.at)]).await?;
    let hash = token.sha256();
    let params: store::Params<'_> =
        &[&hash.as_slice(), &id, &language.as_str(), &who.id(), &At(who.by.at), &ends_at];
    tx.execute(MAKE, params).await?;
    Ok((token, ends_at))
}

const END: &str = "delete from cms.preview where entry = $1";

/// Ends all links to an entry's drafts.
pub async fn end(tx: &Transaction<'_>, who: &Editor, id: &str) -> Result<(), Error> {
    let entry = entry::find(tx, id).await?;
    entry.check(who, Act::Write, &entry.main_language)?;
    tx.execute(END, &[&id]).await?;
    entry::record(tx, who, "entry.preview-end", id, None, None).await
}

const OPEN: &str = "
    select p.entry, p.language, p.ends_at, p.made_by from cms.preview p join cms.entry e on e.id = p.entry
    where p.token_sha256 = $1 and p.ends_at > $2 and e.trashed_at is null";

/// What a link shows now; none where it is none, or over.
pub async fn open(client: &Client<'_>, token: &Token, now: Timestamp) -> Result<Option<Preview>, Error> {
    let Some(row) = client.query_opt(OPEN, &[&token.sha256().as_slice(), &At(now)]).await? else {
        return Ok(None);
    };
    // Who made it shows no more than they may read themselves.
    let rights = member::of_user(client, row.get("made_by")).await?;
    let kinds = rights.as_ref().and_then(|it| it.kinds.as_ref());
    show(client, row.get("entry"), &Language::kept(row.get("language")), kinds).await
}

/// Until when a link shows something; none where it is none, or over.
pub async fn ends_at(client: &Client<'_>, token: &Token, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let row = client.query_opt(OPEN, &[&token.sha256().as_slice(), &At(now)]).await?;
    Ok(row.map(|it| it.get::<_, At>("ends_at").0))
}

/// The draft of a language as fans would see it, with drafts of these types that it needs (none: of all); none where nobody has begun it.
pub async fn show(
    client: &Client<'_>,
    id: &str,
    language: &Language,
    kinds: Option<&BTreeSet<String>>,
) -> Result<Option<Preview>, Error> {
    let entry = entry::find(client, id).await?;
    let drafts = draft::of_entries(client, &[id.to_owned()]).await?;
    let of = |language: &Language| drafts.iter().find(|it| it.language == *language);
    let (Some(main), Some(own)) = (of(&entry.main_language), of(language)) else { return Ok(None) };
    let body = entry.kind.merged(&main.body, &own.body);
    let problems = entry.kind.check_whole(&body);
    let needs = needs(client, &entry, &body, language, kinds).await?;
    Ok(Some(Preview { language: language.clone(), version: own.version, body, problems, needs, entry }))
}

async fn needs(
    client: &Client<'_>,
    of: &Entry,
    body: &Value,
    language: &Language,
    kinds: Option<&BTreeSet<String>>,
) -> Result<Vec<Needed>, Error> {
    let named = |kind: &'static Kind, body: &Value| kind.relations(body).into_iter().map(|it| it.target);
    let mut seen = BTreeSet::from([of.id.clone()]);
    let mut ahead: Vec<String> = named(of.kind, body).collect();
    let mut found = Vec::new();
    while !ahead.is_empty() {
        ahead.retain(|it| seen.insert(it.clone()));
        ahead.truncate(NEEDS_MAX - found.len());
        for it in delivery::of_ids(client, &ahead, language).await? {
            ahead.retain(|id| *id != it.entry);
        }
        let mut next = Vec::new();
        for it in drafts(client, &ahead, language).await? {
            if kinds.is_none_or(|kinds| kinds.contains(it.entry.kind.facts.name)) {
                next.extend(named(it.entry.kind, &it.body));
                found.push(it);
            }
        }
        ahead = next;
    }
    Ok(found)
}

/// The drafts of entries, in a language or else in the main one of each.
async fn drafts(client: &Client<'_>, ids: &[String], language: &Language) -> Result<Vec<Needed>, Error> {
    let drafts = draft::of_entries(client, ids).await?;
    let mut found = Vec::new();
    for id in ids {
        let entry = match entry::find(client, id).await {
            Ok(entry) if entry.trashed_at.is_none() => entry,
            Ok(_) | Err(Error::UnknownEntry { .. }) => continue,
            Err(error) => return Err(error),
        };
        let of = |language: &Language| drafts.iter().find(|it| it.entry == *id && it.language == *language);
        let Some(main) = of(&entry.main_language) else { continue };
        let own = of(language).unwrap_or(main);
        let body = entry.kind.merged(&main.body, &own.body);
        found.push(Needed { language: own.language.clone(), body, entry });
    }
    Ok(found)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, FORGET, END, OPEN];
