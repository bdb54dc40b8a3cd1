//! What users may do on the platform, beside what organisations let their members do: operate it, edit, score.

use crate::audit::{self, By, Deed};
use crate::{Error, User};
use serde_json::json;
use store::{At, Client, Row, Transaction};

/// What somebody is on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlatformRole {
    /// Sees and mends what runs.
    Operator,
    Editor,
    Reviewer,
    Translator,
    Scorer,
}

impl PlatformRole {
    pub const ALL: [PlatformRole; 5] = [
        PlatformRole::Operator,
        PlatformRole::Editor,
        PlatformRole::Reviewer,
        PlatformRole::Translator,
        PlatformRole::Scorer,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            PlatformRole::Operator => "operator",
            PlatformRole::Editor => "editor",
            PlatformRole::Reviewer => "reviewer",
            PlatformRole::Translator => "translator",
            PlatformRole::Scorer => "scorer",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

const HAS: &str = "
    select 1 from access.grant g join access.user u on u.id = g.user_id
    where g.user_id = $1 and g.role = $2 and u.disabled_at is null";

/// Whether a user has a role. It is asked for each request: what was taken away is gone at once.
pub async fn has(client: &Client<'_>, user_id: &str, role: PlatformRole) -> Result<bool, Error> {
    Ok(client.query_opt(HAS, &[&user_id, &role.word()]).await?.is_some())
}

const OF_USER: &str = "select role from access.grant where user_id = $1 order by role";

/// The roles that a user has.
pub async fn of_user(client: &Client<'_>, user_id: &str) -> Result<Vec<PlatformRole>, Error> {
    let rows = client.query(OF_USER, &[&user_id]).await?;
    let role = |row: &Row| PlatformRole::of_word(row.get("role"));
    Ok(rows.iter().filter_map(role).collect())
}

const GIVE: &str =
    "insert into access.grant (user_id, role, granted_at) values ($1, $2, $3) on conflict do nothing";

/// Gives a user a role; false if it is there already.
pub async fn give(tx: &Transaction<'_>, user: &User, role: PlatformRole, by: &By) -> Result<bool, Error> {
    if tx.execute(GIVE, &[&user.id, &role.word(), &At(by.at)]).await? == 0 {
        return Ok(false);
    }
    let after = Some(json!({ "role": role.word() }));
    let deed = Deed { action: "grant.give", object: &user.id, after, ..Deed::default() };
    audit::record(tx, by, &deed).await?;
    Ok(true)
}

const TAKE: &str = "delete from access.grant where user_id = $1 and role = $2";

/// Takes a role away; false if the user has it not.
pub async fn take(tx: &Transaction<'_>, user: &User, role: PlatformRole, by: &By) -> Result<bool, Error> {
    if tx.execute(TAKE, &[&user.id, &role.word()]).await? == 0 {
        return Ok(false);
    }
    let before = Some(json!({ "role": role.word() }));
    let deed = Deed { action: "grant.take", object: &user.id, before, ..Deed::default() };
    audit::record(tx, by, &deed).await?;
    Ok(true)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HAS, OF_USER, GIVE, TAKE];
