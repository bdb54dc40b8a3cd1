//! Members of the newsroom: who is what.

use crate::entry;
use crate::error::Error;
use crate::language::Language;
use crate::rights::{Editor, Rights};
use crate::schema::kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{At, Client, Row, Transaction};

/// Somebody who works on content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// "usr_…"
    pub user_id: String,
    pub rights: Rights,
}

const OF_USER: &str = "select user_id, role, kinds, languages from cms.member where user_id = $1";

/// What a user may do; none: nothing. It is asked for each request: what was taken away is gone at once.
pub async fn of_user(client: &Client<'_>, user_id: &str) -> Result<Option<Rights>, Error> {
    let row = client.query_opt(OF_USER, &[&user_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.map(|it| it.rights))
}

const LIST: &str =
    "select user_id, role, kinds, languages from cms.member where user_id > $1 order by user_id limit $2";

/// Members, by id from after one.
pub async fn list(client: &Client<'_>, after: &str, limit: i64) -> Result<Vec<Member>, Error> {
    client.query(LIST, &[&after, &limit]).await?.iter().map(read).collect()
}

const ASSIGN: &str = "
    insert into cms.member (user_id, role, kinds, languages, changed_at) values ($1, $2, $3, $4, $5)
    on conflict (user_id) do update set role = excluded.role, kinds = excluded.kinds, languages = excluded.languages,
        changed_at = excluded.changed_at";

/// Makes a user a member, or another one. For admins whose own rights have no ends.
pub async fn assign(tx: &Transaction<'_>, who: &Editor, user_id: &str, rights: &Rights) -> Result<(), Error> {
    who.rights.check_members()?;
    rights.kinds.iter().flatten().try_for_each(|it| kind(it).map(drop))?;
    rights.languages.iter().flatten().try_for_each(|it| match Language::parse(it)? {
        language if language.as_str() == it => Ok(()),
        language => Err(Error::Language { text: format!("{it}: {language}") }),
    })?;
    let before = of_user(tx, user_id).await?;
    let list = |of: &Option<BTreeSet<String>>| of.as_ref().map(|it| it.iter().cloned().collect::<Vec<_>>());
    let params: store::Params<'_> =
        &[&user_id, &rights.role.word(), &list(&rights.kinds), &list(&rights.languages), &At(who.by.at)];
    tx.execute(ASSIGN, params).await?;
    entry::record(tx, who, "member.assign", user_id, before.as_ref().map(told), Some(told(rights))).await
}

const DISMISS: &str = "delete from cms.member where user_id = $1";

/// Takes all rights away from a user.
pub async fn dismiss(tx: &Transaction<'_>, who: &Editor, user_id: &str) -> Result<(), Error> {
    who.rights.check_members()?;
    let before = of_user(tx, user_id).await?;
    tx.execute(DISMISS, &[&user_id]).await?;
    entry::record(tx, who, "member.dismiss", user_id, before.as_ref().map(told), None).await
}

fn told(rights: &Rights) -> Value {
    json!({ "role": rights.role, "kinds": rights.kinds, "languages": rights.languages })
}

fn read(row: &Row) -> Result<Member, Error> {
    let set = |name: &str| row.get::<_, Option<Vec<String>>>(name).map(|it| it.into_iter().collect());
    let rights = Rights {
        role: row.get::<_, &str>("role").parse()?,
        kinds: set("kinds"),
        languages: set("languages"),
    };
    Ok(Member { user_id: row.get("user_id"), rights })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_USER, LIST, ASSIGN, DISMISS];
