//! Telling other processes whose accounts have changed: a hint, for those who show balances live. It is never waited for, and who hears
//! nothing shows what was, until the next look.

use crate::error::Error;
use crate::id::AccountId;
use std::collections::BTreeSet;
use std::time::Duration;
use store::{Store, Transaction};
use tokio::sync::mpsc;

/// What a listener of the store listens to; [`changed`] reads what it hears.
pub const CHANNEL: &str = "wallet_changed";

/// Ids in one notification, of 27 bytes each: PostgreSQL takes less than 8,000 bytes.
const IDS_MAX: usize = 280;

/// How often is told of what batches have changed, at most: a notification is a transaction of its own, and takes a lock that all of them want.
const PACE: Duration = Duration::from_millis(20);

const TELL: &str = "select pg_notify('wallet_changed', $1)";
// By itself, and not waited for until it is on the disk: there is nothing to be kept.
const TELL_SOON: &str =
    "select pg_notify('wallet_changed', $1), set_config('synchronous_commit', 'off', true)";

/// The accounts that a notification names.
pub fn changed(payload: &str) -> impl Iterator<Item = AccountId> {
    payload.split(' ').filter_map(AccountId::parse)
}

fn payload(ids: &[AccountId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Tells with a transaction: also of something beside balances that who has the wallet open shows.
pub async fn tell_in(tx: &Transaction<'_>, accounts: impl Iterator<Item = AccountId>) -> Result<(), Error> {
    let ids: Vec<AccountId> = accounts.collect();
    for some in ids.chunks(IDS_MAX) {
        tx.query(TELL, &[&payload(some)]).await?;
    }
    Ok(())
}

/// Tells of what batches have changed, all that has come together at once.
pub(crate) async fn tell(store: Store, mut changed: mpsc::Receiver<Vec<AccountId>>) {
    let mut waiting = Vec::new();
    while changed.recv_many(&mut waiting, IDS_MAX).await > 0 {
        let ids: BTreeSet<AccountId> = waiting.drain(..).flatten().collect();
        for some in ids.into_iter().collect::<Vec<_>>().chunks(IDS_MAX) {
            let payload = payload(some);
            if let Err(error) = store.run_one("wallet.tell", TELL_SOON, &[&payload]).await {
                tracing::warn!(%error, "open wallets were not told of a change");
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TELL, TELL_SOON];
