//! Holds whose time is over are dropped, so that nothing is kept apart for ever.

use crate::error::Error;
use crate::id::TransferId;
use crate::ledger::{Act, Transfer};
use crate::writer::Ledger;
use jiff::Timestamp;
use store::At;
use uuid::Uuid;

/// Holds that are looked for at a time.
const PAGE: i64 = 500;

const DUE: &str = "
    select id from wallet.hold where state = 'open' and until <= $1 and id > $2 order by id limit $3";

/// Drops all that are over now; says how many. One that is resolved meanwhile is left as it is.
pub async fn lapse_due(ledger: &Ledger, now: Timestamp) -> Result<u64, Error> {
    let (mut lapsed, mut after) = (0, Uuid::nil());
    loop {
        let params: store::Params<'_> = &[&At(now), &after, &PAGE];
        let rows = ledger.read(async |db| Ok(db.query(DUE, params).await?)).await?;
        let holds: Vec<Uuid> = rows.iter().map(|it| it.get("id")).collect();
        let Some(last) = holds.last() else { return Ok(lapsed) };
        after = *last;
        let lapse = |hold: &Uuid| {
            let hold = TransferId::of_uuid(*hold);
            let id = TransferId::following_from("lapse", &[&hold.to_string()]);
            ledger.make(Transfer::new(id, Act::Lapse { hold }))
        };
        for made in futures_util::future::join_all(holds.iter().map(lapse)).await {
            match made {
                Ok(_) => lapsed += 1,
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[DUE];
