//! How many of a product a fan may buy: ever, and in a day of UTC.

use crate::error::Error;
use crate::product::Terms;
use std::collections::HashMap;
use store::{Client, Row, Transaction};

const OPEN_FAN: &str = "insert into rewards.fan (fan_id) values ($1) on conflict do nothing";
const LOCK_FAN: &str = "select fan_id from rewards.fan where fan_id = $1 for update";

/// How often a fan's row is made again that was forgotten meanwhile.
const TRIES_MAX: usize = 5;

/// One at a time does something for a fan, until the transaction ends.
pub(super) async fn lock_fan(tx: &Transaction<'_>, fan_id: &str) -> Result<(), Error> {
    for _ in 0..TRIES_MAX {
        tx.execute(OPEN_FAN, &[&fan_id]).await?;
        if tx.query_opt(LOCK_FAN, &[&fan_id]).await?.is_some() {
            return Ok(());
        }
    }
    Err(Error::Busy)
}

// Others who lock it find that it is gone, and make it anew.
const FORGET_FAN: &str = "
    delete from rewards.fan f where f.fan_id = $1
        and not exists (select 1 from rewards.judged j where j.fan_id = f.fan_id)";

/// Forgets the row that is locked, where nothing else is known of the fan.
pub(super) async fn forget_fan(tx: &Transaction<'_>, fan_id: &str) -> Result<(), Error> {
    tx.execute(FORGET_FAN, &[&fan_id]).await?;
    Ok(())
}

/// What was bought or reserved before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Had {
    pub(super) units: i64,
    /// The last day on which it was, counted from 1970-01-01, and what it was then.
    pub(super) day: i32,
    pub(super) day_units: i64,
}

impl Had {
    /// What may be bought still on a day; none: as many as there are.
    pub(super) fn left(&self, terms: &Terms, day: i32) -> Option<i64> {
        let today = if day <= self.day { self.day_units } else { 0 };
        let ever = terms.fan_max.map(|it| i64::from(it) - self.units);
        let in_day = terms.fan_day_max.map(|it| i64::from(it) - today);
        ever.into_iter().chain(in_day).min().map(|it| it.max(0))
    }
}

const HAD: &str = "
    select product, units, day, day_units from rewards.bought where fan_id = $1 and product = any($2)";

/// What a fan has had of products; nothing of those that are not named.
pub(super) async fn had(
    client: &Client<'_>,
    fan_id: &str,
    products: &[&str],
) -> Result<HashMap<String, Had>, Error> {
    let rows = client.query(HAD, &[&fan_id, &products]).await?;
    let had =
        |row: &Row| Had { units: row.get("units"), day: row.get("day"), day_units: row.get("day_units") };
    Ok(rows.iter().map(|row| (row.get("product"), had(row))).collect())
}

const COUNT: &str = "
    insert into rewards.bought as b (fan_id, product, units, day, day_units) values ($1, $2, $3, $4, $3)
    on conflict (fan_id, product) do update set units = b.units + excluded.units, day = excluded.day,
        day_units = case when b.day = excluded.day then b.day_units else 0 end + excluded.day_units";

/// Counts so many, if that is within the limits; answers the day on which they count. The fan is locked.
pub(super) async fn count(
    tx: &Transaction<'_>,
    (fan_id, product): (&str, &str),
    terms: &Terms,
    units: i64,
    today: i32,
) -> Result<i32, Error> {
    let had = had(tx, fan_id, &[product]).await?.remove(product).unwrap_or_default();
    // A clock that goes back begins no day anew.
    let day = today.max(had.day);
    if let Some(left) = had.left(terms, day)
        && units > left
    {
        return Err(Error::LimitReached { left });
    }
    tx.execute(COUNT, &[&fan_id, &product, &units, &day]).await?;
    Ok(day)
}

const GIVE_BACK: &str = "
    update rewards.bought set units = greatest(units - $3, 0),
        day_units = case when day = $4 then greatest(day_units - $3, 0) else day_units end
    where fan_id = $1 and product = $2";

/// What was counted on a day counts no more. The fan is locked.
pub(super) async fn give_back(
    tx: &Transaction<'_>,
    (fan_id, product): (&str, &str),
    units: i64,
    day: i32,
) -> Result<(), Error> {
    tx.execute(GIVE_BACK, &[&fan_id, &product, &units, &day]).await?;
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OPEN_FAN, LOCK_FAN, FORGET_FAN, HAD, COUNT, GIVE_BACK];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Between, Codes};
    use jiff::Timestamp;

    #[test]
    fn what_is_left_is_the_least_that_a_limit_leaves() {
        let had = Had { units: 3, day: 10, day_units: 2 };
        for (fan_max, fan_day_max, day, expected) in [
            (None, None, 10, None),
            (Some(5), None, 10, Some(2)),
            (Some(5), Some(3), 10, Some(1)),
            (Some(5), Some(3), 11, Some(2)),
            // A clock that went back: the day that was begun goes on.
            (None, Some(3), 9, Some(1)),
            (Some(2), None, 10, Some(0)),
        ] {
            let terms = Terms {
                name: "Cap".into(),
                description: String::new(),
                price: Some(1),
                fan_max,
                fan_day_max,
                valid_from: Timestamp::UNIX_EPOCH,
                valid_until: Timestamp::MAX,
                claim_seconds: None,
                between: Between::default(),
                codes: Codes::Made,
            };
            assert_eq!(had.left(&terms, day), expected, "{fan_max:?} {fan_day_max:?} {day}");
        }
    }
}
