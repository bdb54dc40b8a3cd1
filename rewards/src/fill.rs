//! What is put into a campaign's budget: once, however often it is asked for.

use crate::campaigns;
use crate::error::Error;
use crate::rewards::{Rewards, budget_of};
use jiff::Timestamp;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;
use wallet::{Amount, Asset, Books, Budget, Points, TransferId, holder};

/// Characters of why.
const WHY_MAX: usize = 500;
/// Those of a campaign that are shown.
const SHOWN_MAX: i64 = 20;

/// What is put into a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Whoever asks makes it, and asks again under the same one.
    pub id: TransferId,
    pub campaign: String,
    pub amount: Amount<Points>,
    pub why: String,
    /// Who asks.
    pub by: String,
}

/// Whether it was asked for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Now,
    Before,
}

/// One that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub id: TransferId,
    pub units: i64,
    pub why: String,
    pub by: String,
    pub asked_at: Timestamp,
    /// None: the ledger was not asked, or has not answered.
    pub filled_at: Option<Timestamp>,
}

const ASK: &str = "
    insert into rewards.budget_fill (id, campaign, units, why, by_id, asked_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do nothing";
const SAME: &str = "select campaign = $2 and units = $3 as is_same from rewards.budget_fill where id = $1";

/// Notes what is to be put into the budget of a campaign that is there, in the transaction that writes the log. [`Rewards::fill`] does it.
pub async fn ask(tx: &Transaction<'_>, fill: &Fill, now: Timestamp) -> Result<Asked, Error> {
    if !(1..=WHY_MAX).contains(&fill.why.chars().count()) {
        return Err(Error::Text { what: "why", max: WHY_MAX });
    }
    let held = campaigns::held(tx, &fill.campaign).await?;
    let (id, units) = (Uuid::from_u128(fill.id.number()), fill.amount.units());
    let params: store::Params<'_> = &[&id, &fill.campaign, &units, &fill.why, &fill.by, &At(now)];
    if tx.execute(ASK, params).await? == 1 {
        return match held.get("is_ended") {
            true => Err(Error::Ended { id: fill.campaign.clone() }),
            false => Ok(Asked::Now),
        };
    }
    match tx.query_one(SAME, &[&id, &fill.campaign, &units]).await?.get("is_same") {
        true => Ok(Asked::Before),
        false => Err(Error::Terms { what: "under this id something else was put into a budget" }),
    }
}

const OF_CAMPAIGN: &str = "
    select id, units, why, by_id, asked_at, filled_at from rewards.budget_fill where campaign = $1
    order by asked_at desc, id limit $2";

/// What was asked for last.
pub async fn of_campaign(client: &Client<'_>, campaign: &str) -> Result<Vec<Filled>, Error> {
    let rows = client.query(OF_CAMPAIGN, &[&campaign, &SHOWN_MAX]).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &Row) -> Filled {
    Filled {
        id: TransferId::of_number(row.get::<_, Uuid>("id").as_u128()),
        units: row.get("units"),
        why: row.get("why"),
        by: row.get("by_id"),
        asked_at: row.get::<_, At>("asked_at").0,
        filled_at: row.get::<_, Option<At>>("filled_at").map(|it| it.0),
    }
}

const DONE: &str = "update rewards.budget_fill set filled_at = $2 where id = $1 and filled_at is null";

impl Rewards {
    /// Puts what was asked for into the campaign's budget, out of the house's issuer: once under its id.
    pub async fn fill(&self, fill: &Fill, books: Books) -> Result<(), Error> {
        let now = self.clock.now();
        let owner = budget_of(&fill.campaign, books);
        let opened = self.store.run_tx("rewards.budget", async |tx| {
            let issuer = holder::issuer(tx, books, Points::CODE, now).await?;
            Ok::<_, Error>((issuer, Budget::<Points>::open(tx, &owner, now).await?))
        });
        let (issuer, budget) = opened.await?;
        budget.fill(self.ledger(), fill.id, issuer, fill.amount).await?;
        let id = Uuid::from_u128(fill.id.number());
        let done = async |tx: &Transaction<'_>| {
            tx.execute(DONE, &[&id, &At(now)]).await?;
            Ok::<_, Error>(())
        };
        self.store.run_tx("rewards.filled", done).await
    }
}

/// What is left in each of these campaigns' budgets, units: nothing where none was opened.
pub async fn left(client: &Client<'_>, books: Books, campaigns: &[&str]) -> Result<Vec<i64>, Error> {
    let mut all = Vec::with_capacity(campaigns.len());
    for campaign in campaigns {
        let owner = budget_of(campaign, books);
        let accounts = wallet::account::of_owner(client, &owner, wallet::Kind::Budget).await?;
        let of_points = accounts.iter().filter(|it| it.standing.asset == Points::CODE);
        all.push(of_points.map(|it| it.standing.available()).sum());
    }
    Ok(all)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ASK, SAME, OF_CAMPAIGN, DONE];
