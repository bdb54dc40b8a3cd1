//! Who operates, edits and scores: given and taken on the command line, by whoever can reach the database.

use crate::config::Config;
use crate::role;
use access::grant::{self, PlatformRole};
use access::{By, Email, user};
use anyhow::Context;

/// What becomes of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Give,
    Take,
}

/// Gives a user a role, or takes it; answers what is so now, as a sentence.
pub async fn change(
    config: &Config,
    email: &str,
    role: PlatformRole,
    change: Change,
) -> anyhow::Result<String> {
    let email = Email::parse(email).context("the address")?;
    let (database, store) = role::open_store(config).await?;
    let by = By::system("command line", jiff::Timestamp::now());
    let changed = store.run_tx("grants.change", async |tx| {
        let Some(user) = user::by_email(tx, &email).await? else {
            return Ok(None);
        };
        let is_new = match change {
            Change::Give => grant::give(tx, &user, role, &by).await?,
            Change::Take => grant::take(tx, &user, role, &by).await?,
        };
        Ok::<_, access::Error>(Some(is_new))
    });
    let changed = changed.await;
    store.close();
    database.stop().await;
    let word = role.word();
    match (changed?, change) {
        (None, _) => {
            anyhow::bail!("nobody has an account with that address: sign up at /console/sign-up first")
        }
        (Some(true), Change::Give) => Ok(format!("is {word} now")),
        (Some(false), Change::Give) => Ok(format!("was {word} already")),
        (Some(true), Change::Take) => Ok(format!("is no {word} any more")),
        (Some(false), Change::Take) => Ok(format!("was no {word}")),
    }
}
