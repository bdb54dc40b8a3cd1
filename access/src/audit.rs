//! The audit log: who did what, when, from where, and what it was before and after. It is only ever added to, in the transaction that does it.

use crate::Error;
use crate::user::User;
use crate::visitor::Visitor;
use jiff::Timestamp;
use serde_json::Value;
use store::{At, Client, Row, Transaction};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// `usr_…`, `key_…`, or a name of the system's own.
    pub id: String,
    /// What people call it: it stays in the log as it was then.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    User,
    /// A program, by its secret key.
    Key,
    Operator,
    /// The product by itself.
    System,
}

impl ActorKind {
    pub const fn word(self) -> &'static str {
        match self {
            ActorKind::User => "user",
            ActorKind::Key => "key",
            ActorKind::Operator => "operator",
            ActorKind::System => "system",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::User, Self::Key, Self::Operator, Self::System].into_iter().find(|it| it.word() == word)
    }
}

/// Who does something, from where and when.
#[derive(Clone, Debug)]
pub struct By {
    pub actor: Actor,
    /// None for what the product does by itself.
    pub visitor: Option<Visitor>,
    pub at: Timestamp,
}

impl By {
    pub fn user(user: &User, visitor: Visitor, at: Timestamp) -> Self {
        let actor = Actor { kind: ActorKind::User, id: user.id.clone(), name: user.name.clone() };
        Self { actor, visitor: Some(visitor), at }
    }

    /// A part of the product, such as `demo`.
    pub fn system(part: &str, at: Timestamp) -> Self {
        let actor = Actor { kind: ActorKind::System, id: part.to_owned(), name: part.to_owned() };
        Self { actor, visitor: None, at }
    }
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Deed<'a> {
    /// Whose matter it is; none for the platform's and for users' own.
    pub organisation_id: Option<&'a str>,
    /// `key.revoke`: the noun, a dot, the verb.
    pub action: &'a str,
    /// What it was done to: `key_…`.
    pub object: &'a str,
    /// Never with a secret in it, nor its hash.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl<'a> Deed<'a> {
    /// One that changes nothing that is worth showing.
    pub fn of(action: &'a str) -> Self {
        Self { action, ..Self::default() }
    }

    /// With what it was before and after.
    pub fn changing(self, before: Value, after: Value) -> Self {
        Self { before: Some(before), after: Some(after), ..self }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Counts up, with gaps.
    pub id: i64,
    pub at: Timestamp,
    pub actor: Actor,
    pub organisation_id: Option<String>,
    pub action: String,
    pub object: String,
    /// Empty, like the agent, for what the product did by itself.
    pub address: String,
    pub agent: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

const RECORD: &str = "
    insert into access.audit
        (at, actor_kind, actor_id, actor_name, organisation_id, action, object, address, agent, before, after)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Writes down what is done in this transaction.
pub async fn record(tx: &Transaction<'_>, by: &By, deed: &Deed<'_>) -> Result<(), Error> {
    let (address, agent) = match &by.visitor {
        Some(visitor) => (visitor.address.to_string(), visitor.agent.as_str()),
        None => Default::default(),
    };
    let params: store::Params<'_> = &[
        &At(by.at),
        &by.actor.kind.word(),
        &by.actor.id,
        &by.actor.name,
        &deed.organisation_id,
        &deed.action,
        &deed.object,
        &address,
        &agent,
        &deed.before,
        &deed.after,
    ];
    tx.execute(RECORD, params).await?;
    Ok(())
}

const RECORD_OWN: &str = "
    insert into access.audit (at, actor_kind, actor_id, actor_name, action, object, address, agent, after)
    select $2, 'user', id, name, $3, $4, $5, $6, $7 from access.user where id = $1";

/// Writes down what happened to a user's own account in this transaction.
pub(crate) async fn record_own(
    tx: &Transaction<'_>,
    user_id: &str,
    visitor: &Visitor,
    deed: &Deed<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let address = visitor.address.to_string();
    let params: store::Params<'_> =
        &[&user_id, &At(at), &deed.action, &deed.object, &address, &visitor.agent, &deed.after];
    tx.execute(RECORD_OWN, params).await?;
    Ok(())
}

const OF_USER: &str = "
    select id, at, actor_kind, actor_id, actor_name, organisation_id, action, object, address, agent, before, after
    from access.audit where actor_id = $1 and organisation_id is null order by id desc limit $2";

/// What a user did to the own account, and who tried to get in, the latest first.
pub async fn of_user(client: &Client<'_>, user_id: &str, count_max: i64) -> Result<Vec<Entry>, Error> {
    client.query(OF_USER, &[&user_id, &count_max]).await?.iter().map(entry).collect()
}

const LIST: &str = "
    select id, at, actor_kind, actor_id, actor_name, organisation_id, action, object, address, agent, before, after
    from access.audit
    where organisation_id = $1 and id < $2 and ($3 = '' or starts_with(action, $3) or object = $3 or actor_id = $3)
    order by id desc limit $4";

/// What was done in an organisation, the latest first, before a line (`i64::MAX`: from the end); `about` is empty, the beginning of an action,
/// or the id of an object or actor.
pub async fn list(
    client: &Client<'_>,
    organisation_id: &str,
    before: i64,
    about: &str,
    count_max: i64,
) -> Result<Vec<Entry>, Error> {
    client.query(LIST, &[&organisation_id, &before, &about, &count_max]).await?.iter().map(entry).collect()
}

const OF_NOUNS: &str = "
    select id, at, actor_kind, actor_id, actor_name, organisation_id, action, object, address, agent, before, after
    from access.audit
    where id < $2 and (split_part(action, '.', 1) = any($1) or organisation_id is null and split_part(action, '.', 1) = any($4))
    order by id desc limit $3";

/// What was done to some kinds of things, such as "refund", in whichever organisation; the latest first, before a line (`i64::MAX`: from the
/// end). `of_house` are kinds that are told where no organisation is meant alone. The log is read backwards until so many are found: for operators.
pub async fn of_nouns(
    client: &Client<'_>,
    (nouns, of_house): (&[&str], &[&str]),
    before: i64,
    count_max: i64,
) -> Result<Vec<Entry>, Error> {
    client.query(OF_NOUNS, &[&nouns, &before, &count_max, &of_house]).await?.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, Error> {
    let id: i64 = row.get("id");
    let unreadable =
        || Error::Unreadable { what: format!("line {id} of the audit log"), column: "actor_kind" };
    Ok(Entry {
        id,
        at: row.get::<_, At>("at").0,
        actor: Actor {
            kind: ActorKind::of_word(row.get("actor_kind")).ok_or_else(unreadable)?,
            id: row.get("actor_id"),
            name: row.get("actor_name"),
        },
        organisation_id: row.get("organisation_id"),
        action: row.get("action"),
        object: row.get("object"),
        address: row.get("address"),
        agent: row.get("agent"),
        before: row.get("before"),
        after: row.get("after"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[RECORD, RECORD_OWN, OF_USER, LIST, OF_NOUNS];
