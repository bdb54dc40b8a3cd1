//! Of what an organisation was told.

use super::{Month, QuotaKind, Threshold};
use crate::Error;
use jiff::Timestamp;
use store::{At, Transaction};

const CROSS: &str = "
    insert into partners.limits_told (organisation_id, kind, threshold, month, at)
    select $1, $2, it.threshold, $4, $5 from unnest($3::text[]) as it (threshold)
    on conflict do nothing
    returning threshold";

/// Notes that an organisation has reached a threshold in a month. True once for each of them, however many processes find out at the same time: who
/// gets it puts the webhook's message and the letter into the same transaction. Whoever is told of the hard amount is not told of the soft one
/// afterwards.
pub async fn cross(
    tx: &Transaction<'_>,
    organisation_id: &str,
    kind: QuotaKind,
    threshold: Threshold,
    month: Month,
    now: Timestamp,
) -> Result<bool, Error> {
    // Always in this order: two transactions that both note both do not wait for one another.
    let reached: &[&str] = match threshold {
        Threshold::Soft => &["soft"],
        Threshold::Hard => &["hard", "soft"],
    };
    let params: store::Params<'_> = &[&organisation_id, &kind.word(), &reached, &month.to_string(), &At(now)];
    let noted = tx.query(CROSS, params).await?;
    Ok(noted.iter().any(|it| it.get::<_, &str>("threshold") == threshold.word()))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[CROSS];
