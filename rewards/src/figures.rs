//! What came of a campaign so far, rule by rule.

use crate::error::Error;
use std::collections::BTreeMap;
use store::Client;

/// Of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of those that were paid, or are about to be.
    pub grants: i64,
    pub units: i64,
    /// Of those that were taken back, for they did not happen.
    pub taken: i64,
    /// How many were earned and not paid, by why.
    pub refused: BTreeMap<String, i64>,
}

const OF_RULES: &str = "
    select rule, state, coalesce(reason, '') as reason, count(*) as grants, sum(units)::bigint as units
    from rewards.grant where campaign = $1 group by rule, state, reason";

/// By the rule's id, of all versions together.
pub async fn of_rules(client: &Client<'_>, campaign: &str) -> Result<BTreeMap<String, Figures>, Error> {
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for row in client.query(OF_RULES, &[&campaign]).await? {
        let of = all.entry(row.get("rule")).or_default();
        let grants: i64 = row.get("grants");
        match row.get::<_, &str>("state") {
            "refused" => *of.refused.entry(row.get("reason")).or_default() += grants,
            "taken" => of.taken += grants,
            _ => {
                of.grants += grants;
                of.units += row.get::<_, i64>("units");
            }
        }
    }
    Ok(all)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_RULES];
