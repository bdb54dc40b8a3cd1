//! Who else has a form open.

use crate::error::Error;
use crate::language::Language;
use crate::rights::Editor;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::{At, Client, Row, Transaction};

/// Whoever has not been heard of for so long is gone. Forms say every ten seconds that they are open.
pub const SEEN: SignedDuration = SignedDuration::from_secs(30);
/// Bytes of a field's path and of a sitting's name.
const FIELD_MAX: usize = 200;
const SESSION_MAX: usize = 64;
/// Forms that are told of.
const FORMS_MAX: i64 = 50;

/// Somebody who has a form open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Present {
    pub session: String,
    pub user_id: String,
    pub name: String,
    /// The field that is being written: a JSON pointer.
    pub field: Option<String>,
    pub seen_at: Timestamp,
}

const SEE: &str = "
    insert into cms.presence (entry, language, session, user_id, name, field, seen_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (entry, language, session) do update set field = excluded.field, seen_at = excluded.seen_at
        where presence.user_id = excluded.user_id";
const FORGET: &str = "delete from cms.presence where seen_at < $1";

/// Notes that somebody has a form open, and where in it they are.
pub async fn see(
    tx: &Transaction<'_>,
    who: &Editor,
    (entry, language): (&str, &Language),
    session: &str,
    field: Option<&str>,
) -> Result<(), Error> {
    if !(1..=SESSION_MAX).contains(&session.len()) || !session.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(Error::Session { max: SESSION_MAX });
    }
    let field = field.filter(|it| it.len() <= FIELD_MAX && !it.chars().any(char::is_control));
    let actor = &who.by.actor;
    let params: store::Params<'_> =
        &[&entry, &language.as_str(), &session, &actor.id, &actor.name, &field, &At(who.by.at)];
    tx.execute(SEE, params).await?;
    tx.execute(FORGET, &[&At::after(who.by.at, -SEEN)]).await?;
    Ok(())
}

const LEAVE: &str =
    "delete from cms.presence where entry = $1 and language = $2 and session = $3 and user_id = $4";

/// Notes that a form was closed.
pub async fn leave(
    tx: &Transaction<'_>,
    who: &Editor,
    (entry, language): (&str, &Language),
    session: &str,
) -> Result<(), Error> {
    tx.execute(LEAVE, &[&entry, &language.as_str(), &session, &who.id()]).await?;
    Ok(())
}

const THERE: &str = "
    select session, user_id, name, field, seen_at from cms.presence
    where entry = $1 and language = $2 and seen_at >= $3 order by name, session limit $4";

/// Who has this open, by name.
pub async fn there(
    client: &Client<'_>,
    (entry, language): (&str, &Language),
    now: Timestamp,
) -> Result<Vec<Present>, Error> {
    let read = |row: &Row| Present {
        session: row.get("session"),
        user_id: row.get("user_id"),
        name: row.get("name"),
        field: row.get("field"),
        seen_at: row.get::<_, At>("seen_at").0,
    };
    let params: store::Params<'_> = &[&entry, &language.as_str(), &At::after(now, -SEEN), &FORMS_MAX];
    Ok(client.query(THERE, params).await?.iter().map(read).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SEE, FORGET, LEAVE, THERE];
